//! The few protobuf messages that receivers answer with.

use std::time::Duration;

use wakeful_wire::otlp::Rejected;

/// `google.rpc.Status`, with `google.rpc.RetryInfo` among its details if the sender may try again.
pub(super) fn status(code: u8, message: &str, retry_after: Option<Duration>) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    number(&mut out, 1, code.into());
    bytes(&mut out, 2, message.as_bytes());
    if let Some(delay) = retry_after {
        let mut duration = Vec::new();
        number(&mut duration, 1, delay.as_secs());
        let mut retry_info = Vec::new();
        bytes(&mut retry_info, 1, &duration);
        let mut any = Vec::new();
        bytes(&mut any, 1, b"type.googleapis.com/google.rpc.RetryInfo");
        bytes(&mut any, 2, &retry_info);
        bytes(&mut out, 3, &any);
    }
    out
}

/// `ExportTraceServiceResponse`. Its `partial_success` is there even if nothing was rejected, because Jaeger
/// writes it.
pub(super) fn export_response(rejected: Rejected) -> Vec<u8> {
    let mut partial = Vec::new();
    if rejected.total() > 0 {
        number(&mut partial, 1, rejected.total());
        bytes(&mut partial, 2, rejection_text(rejected).as_bytes());
    }
    let mut out = Vec::new();
    bytes(&mut out, 1, &partial);
    out
}

/// Why spans were rejected, for the sender's log.
pub(super) fn rejection_text(rejected: Rejected) -> String {
    let Rejected {
        bad_trace_id,
        bad_span_id,
    } = rejected;
    format!("spans without a valid trace id: {bad_trace_id}; without a valid span id: {bad_span_id}")
}

fn number(out: &mut Vec<u8>, field: u8, value: u64) {
    out.push(field << 3);
    varint(out, value);
}

fn bytes(out: &mut Vec<u8>, field: u8, value: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend_from_slice(value);
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_what_jaeger_answers() {
        assert_eq!(export_response(Rejected::default()), [0x0a, 0x00]);
    }

    #[test]
    fn rejected_spans_are_counted_and_explained() {
        let answer = export_response(Rejected {
            bad_trace_id: 300,
            bad_span_id: 0,
        });
        assert_eq!(answer[..5], [0x0a, answer.len() as u8 - 2, 0x08, 0xac, 0x02]);
        assert!(answer.ends_with(b"without a valid trace id: 300; without a valid span id: 0"));
    }

    #[test]
    fn a_status_that_can_be_retried_says_when() {
        let status = status(14, "no", Some(Duration::from_secs(5)));
        assert!(status.starts_with(&[0x08, 14, 0x12, 2, b'n', b'o', 0x1a]));
        assert!(status.ends_with(&[0x12, 4, 0x0a, 2, 0x08, 5]));
    }
}
