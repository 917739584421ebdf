//! The JSON of Jaeger's own HTTP API (`/api/…`, not `/api/v3/…`): borrowed views that serialise straight from the
//! model, so that a trace of 100,000 spans is never built a second time in memory.
//!
//! The form is that of Jaeger 2.20 (`internal/uimodel` there). Two things are better than there: `flags` is kept,
//! and a number that JSON has no form for is a text and not an error.

mod envelope;
mod span;
mod tag;
mod trace;

pub use envelope::{DependencyView, Envelope, ErrorView, OperationView};
pub use trace::TraceView;

/// A trace id as Jaeger writes it: sixteen digits if the high half is zero, else thirty-two.
pub fn trace_id_text(id: u128) -> String {
    if id >> 64 == 0 {
        format!("{id:016x}")
    } else {
        format!("{id:032x}")
    }
}

#[cfg(test)]
mod tests {
    use wakeful_model::{
        Attribute, Event, Kind, Link, Resource, Scope, Span, SpanBatch, SpanId, Status, StatusCode, Trace,
        TraceId, Value,
    };

    use super::{Envelope, TraceView};
    use crate::json::to_vec;
    use crate::otlp::TracesData;

    const ANSWERS: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/captured/jaeger-answers/empty-and-errors"
    );

    /// The trace that the captured requests to `/api/transform` have.
    fn trace() -> Trace {
        let span = Span {
            trace_id: TraceId::parse("0102030405060708090a0b0c0d0e0f10").unwrap(),
            span_id: SpanId::parse("0102030405060708").unwrap(),
            parent_span_id: None,
            trace_state: String::new(),
            flags: 0,
            name: "op".to_owned(),
            kind: Kind::Server,
            start_unix_nanos: 1_768_471_200_000_001_500,
            end_unix_nanos: 1_768_471_200_250_002_500,
            attributes: vec![
                Attribute::new("n", 9_007_199_254_740_993_i64),
                Attribute::new("b", Value::Bytes(vec![0, 1, 255])),
                Attribute::new("m", Value::Map(vec![Attribute::new("x", 1.5)])),
            ],
            dropped_attributes_count: 0,
            events: vec![Event {
                time_unix_nanos: 1_768_471_200_100_000_999,
                name: "ev".to_owned(),
                attributes: vec![Attribute::new("k", true)],
                dropped_attributes_count: 0,
            }],
            dropped_events_count: 0,
            links: vec![Link {
                trace_id: TraceId::new(u128::MAX),
                span_id: SpanId::parse("eeeeeeeeeeeeeeee").ok(),
                trace_state: "a=b".to_owned(),
                flags: 0,
                attributes: vec![Attribute::new("l", "v")],
                dropped_attributes_count: 0,
            }],
            dropped_links_count: 0,
            status: Status {
                code: StatusCode::Error,
                message: "bad".to_owned(),
            },
            resource: 0,
            scope: 0,
        };
        let resource = Resource {
            attributes: vec![Attribute::new("service.name", "svc")],
            ..Resource::default()
        };
        let scope = Scope {
            name: "lib".to_owned(),
            version: "1".to_owned(),
            ..Scope::default()
        };
        let batch = SpanBatch {
            spans: vec![span],
            resources: vec![resource],
            scopes: vec![scope],
        };
        Trace {
            id: batch.spans[0].trace_id,
            batch,
        }
    }

    fn captured(name: &str) -> String {
        std::fs::read_to_string(format!("{ANSWERS}/{name}")).unwrap()
    }

    /// Tags of an answer that has `trace` alone.
    fn shown(trace: &Trace) -> serde_json::Value {
        serde_json::from_slice(&to_vec(&TraceView::new(trace), false).unwrap()).unwrap()
    }

    #[test]
    fn the_bytes_are_jaegers() {
        for (pretty, name) in [
            (false, "answers/005-post-transform.json"),
            (true, "answers/006-post-transform-prettyPrint-true.json"),
        ] {
            let trace = trace();
            let answer = to_vec(&Envelope::of([TraceView::new(&trace)], 0), pretty).unwrap();
            assert_eq!(String::from_utf8(answer).unwrap(), captured(name));
        }
    }

    #[test]
    fn otlp_json_is_what_was_sent() {
        let answer = to_vec(&TracesData::new([&trace()]), false).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let sent: serde_json::Value = serde_json::from_str(&captured("request-082.json")).unwrap();
        assert_eq!(answer, sent);
    }

    #[test]
    fn numbers_that_json_lacks_are_text() {
        let mut trace = trace();
        trace.batch.spans[0].attributes = vec![Attribute::new("x", f64::NEG_INFINITY)];
        assert_eq!(shown(&trace)["spans"][0]["tags"][2]["value"], "-Infinity");
    }

    #[test]
    fn a_link_to_the_parent_says_what_the_parent_is() {
        let mut trace = trace();
        let span = &mut trace.batch.spans[0];
        span.parent_span_id = span.links[0].span_id;
        span.links[0].trace_id = Some(span.trace_id);
        let references = shown(&trace)["spans"][0]["references"].clone();
        assert_eq!(references.as_array().unwrap().len(), 1);
        assert_eq!(references[0]["refType"], "FOLLOWS_FROM");
    }

    #[test]
    fn resources_that_look_alike_are_one_process() {
        let mut trace = trace();
        let other = trace.batch.spans[0].clone();
        trace.batch.resources.push(Resource {
            schema_url: "v1".to_owned(),
            ..trace.batch.resources[0].clone()
        });
        trace.batch.spans.push(Span {
            resource: 1,
            flags: 0x101,
            ..other
        });
        let answer = shown(&trace);
        assert_eq!(answer["processes"].as_object().unwrap().len(), 1);
        assert_eq!(answer["spans"][1]["processID"], "p1");
        assert_eq!(answer["spans"][1]["flags"], 1);
    }
}
