//! Jaeger's JSON, read back: files that its page, its API or ours gave (`{"data": […]}`), and single traces.
//!
//! Everything that [`super::json`] writes comes back, so that a trace that is read and written again is the same text:
//! tags that stand for fields of OpenTelemetry's become those fields. What the form lacks stays lost: nanoseconds,
//! attributes of links, dropped counts.

mod document;
mod span;

use wakeful_model::SpanBatch;

use crate::otlp::{Interner, Rejected};
use document::{Document, TraceDocument};

/// Why bytes are not Jaeger's JSON.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// They are not JSON, or something in it has the wrong type; the text ends with line and column.
    #[error("malformed Jaeger JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// There is neither a list of traces nor a trace.
    #[error(
        "the document has no \"data\" and no \"spans\"; give {{\"data\": [trace, …]}} or one trace of that list"
    )]
    NoTraces,
    /// A span names a process that is not there.
    #[error("{path}: there is no process {process:?} in the trace's \"processes\"")]
    Process {
        /// Where, such as `data[0].spans[3].processID`.
        path: String,
        /// Its name there.
        process: String,
    },
}

/// Reads a document of Jaeger's HTTP API: `{"data": [trace, …]}`, a list of traces, or one trace.
///
/// Spans whose trace or span id is no number in hex, or zero, are left out and counted.
///
/// # Errors
/// See [`JsonError`].
pub fn decode_json(body: &[u8]) -> Result<(SpanBatch, Rejected), JsonError> {
    let mut batch = SpanBatch::default();
    let mut interner = Interner::default();
    let mut rejected = Rejected::default();
    let is_list = body.trim_ascii_start().starts_with(b"[");
    let traces = if is_list {
        serde_json::from_slice::<Vec<TraceDocument<'_>>>(body)?
    } else {
        let Document {
            data,
            spans,
            processes,
        } = serde_json::from_slice(body)?;
        match data {
            Some(data) => data,
            None if spans.is_some() => vec![TraceDocument { spans, processes }],
            None => return Err(JsonError::NoTraces),
        }
    };
    for (index, trace) in traces.into_iter().enumerate() {
        span::add(trace, index, &mut batch, &mut interner, &mut rejected)?;
    }
    Ok((batch, rejected))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn refused(text: &str, expected: &Expect) {
        expected.assert_eq(&decode_json(text.as_bytes()).unwrap_err().to_string());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        refused(
            r#"{"data": [{"spans": 5}]}"#,
            &expect![
                "malformed Jaeger JSON: invalid type: integer `5`, expected a sequence at line 1 column 21"
            ],
        );
        refused(
            r#"{"resourceSpans": []}"#,
            &expect![[
                r#"the document has no "data" and no "spans"; give {"data": [trace, …]} or one trace of that list"#
            ]],
        );
        refused(
            r#"{"spans": [{"traceID": "1", "spanID": "2", "processID": "p9"}]}"#,
            &expect![[r#"data[0].spans[0].processID: there is no process "p9" in the trace's "processes""#]],
        );
    }

    #[test]
    fn spans_without_ids_are_counted() {
        let body = r#"[{"spans": [
            {"traceID": "0", "spanID": "2"}, {"traceID": "1", "spanID": "x"}, {"traceID": "1", "spanID": "2"}]}]"#;
        let (batch, rejected) = decode_json(body.as_bytes()).unwrap();
        assert_eq!(
            (batch.spans.len(), rejected.bad_trace_id, rejected.bad_span_id),
            (1, 1, 1)
        );
    }
}
