//! What a receiver answers, as far as a sender heeds it.

use std::time::Duration;

use crate::protobuf::{DecodeError, Field, Fields};

/// Which of the collectors' services a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
}

/// An `ExportTraceServiceResponse` or `ExportLogsServiceResponse`: the partial success in it, if there is one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Spans or log records that were refused.
    pub rejected: u64,
    /// Why, or a warning if nothing was refused; empty if all is well.
    pub message: String,
}

impl Answer {
    /// Reads the protobuf form.
    ///
    /// # Errors
    /// If the bytes are no such message.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut answer = Self::default();
        let mut response = Fields::new(bytes, 0);
        while let Some((number, field)) = response.next()? {
            let (1, Field::Bytes(partial, base)) = (number, field) else {
                continue;
            };
            let mut partial = Fields::new(partial, base);
            while let Some((number, field)) = partial.next()? {
                match number {
                    // A negative count would be nonsense: it is none.
                    1 => answer.rejected = i64::try_from(field.number()).unwrap_or_default() as u64,
                    2 => answer.message = String::from_utf8_lossy(field.bytes()).into_owned(),
                    _ => {}
                }
            }
        }
        Ok(answer)
    }
}

/// The message of a `google.rpc.Status`, if the bytes are one and it has one.
pub fn status_message(status: &[u8]) -> Option<String> {
    const MESSAGE: u32 = 2;
    let mut fields = Fields::new(status, 0);
    let mut message = None;
    while let Some((number, field)) = fields.next().ok()? {
        if let (MESSAGE, Field::Bytes(bytes, _)) = (number, field) {
            message = Some(std::str::from_utf8(bytes).ok()?.to_owned());
        }
    }
    message
}

/// How long a receiver asks a sender to wait, from a `google.rpc.Status` (`grpc-status-details-bin`, or the body of a refusal
/// by HTTP) that has a `google.rpc.RetryInfo` among its details.
pub fn retry_delay(status: &[u8]) -> Option<Duration> {
    const DETAILS: u32 = 3;
    Fields::new(status, 0)
        .filter(|(number, _)| *number == DETAILS)
        .find_map(|(_, any)| {
            let of = |wanted| {
                Fields::new(any.bytes(), 0)
                    .find(|(number, _)| *number == wanted)
                    .map(|(_, field)| field)
            };
            if !of(1)?.text().ends_with("google.rpc.RetryInfo") {
                return None;
            }
            let (_, delay) = Fields::new(of(2)?.bytes(), 0).find(|(number, _)| *number == 1)?;
            let (mut seconds, mut nanos) = (0, 0);
            for (number, field) in Fields::new(delay.bytes(), 0) {
                match number {
                    1 => seconds = field.number(),
                    2 => nanos = field.number(),
                    _ => {}
                }
            }
            // A negative delay reads as an absurdly long one; it means none.
            let seconds = i64::try_from(seconds).ok().filter(|seconds| *seconds >= 0)?;
            Some(Duration::new(
                seconds as u64,
                u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?,
            ))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_success_is_read() {
        let check = |bytes: &[u8], rejected, message: &str| {
            let message = message.to_owned();
            assert_eq!(Answer::decode(bytes), Ok(Answer { rejected, message }));
        };
        check(b"", 0, "");
        check(b"\x0a\x00", 0, "");
        check(b"\x0a\x08\x08\x07\x12\x04full", 7, "full");
        check(b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, "");
        assert!(Answer::decode(b"\x0a\x08\x08").is_err());
        assert!(Answer::decode(b"<html>").is_err());
    }

    #[test]
    fn a_hint_to_wait_is_read() {
        let info = b"\x0a\x05\x08\x02\x10\xe8\x07";
        let mut any = b"\x0a\x28type.googleapis.com/google.rpc.RetryInfo\x12\x07".to_vec();
        any.extend_from_slice(info);
        let mut status = b"\x08\x0e\x12\x04busy\x1a".to_vec();
        status.push(any.len() as u8);
        status.extend_from_slice(&any);
        assert_eq!(retry_delay(&status), Some(Duration::new(2, 1000)));
        assert_eq!(status_message(&status), Some("busy".to_owned()));
        assert_eq!(status_message(b"busy"), None);
        assert_eq!(retry_delay(b"\x08\x0e"), None);
        assert_eq!(retry_delay(&status[..20]), None);
    }
}
