//! `POST /api/transform`: OTLP JSON in, Jaeger's JSON out, nothing kept. Jaeger's page opens files with it.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;
use wakeful_model::{SpanBatch, Trace, TraceId};
use wakeful_query::adjust;
use wakeful_wire::jaeger::json::{Envelope, TraceView};
use wakeful_wire::json::to_vec;
use wakeful_wire::otlp;

use super::error::{ApiError, answer_legacy};
use super::params::Params;
use crate::ingest::Refusal;
use crate::queries::Queries;
use crate::{Ingest, Reason, body};

/// Answers with the traces of the body.
pub(super) async fn transform(
    State(queries): State<Queries>,
    State(ingest): State<Ingest>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Response {
    // It counts as what is received, though nothing of it is kept.
    let bytes_max = ingest.limits().http_message_bytes_max;
    let body = body::read(body, 0, bytes_max, &ingest).await;
    let body = body.map_err(|refusal| ApiError::new(status(&refusal), refusal.to_string()));
    answer_legacy(&queries, move |_, _| {
        let malformed = |why: String| ApiError::bad_request(format!("cannot unmarshal OTLP : {why}"));
        let (batch, rejected) =
            otlp::decode_json(&body?.bytes).map_err(|error| malformed(error.to_string()))?;
        if rejected.total() > 0 {
            return Err(malformed(format!(
                "{} spans have no valid trace id or span id",
                rejected.total()
            )));
        }
        let mut traces = split(batch);
        traces.iter_mut().for_each(adjust::tidy);
        let views: Vec<_> = traces.iter().map(TraceView::new).collect();
        Ok(to_vec(
            &Envelope::of(views, 0),
            Params::parse(query.as_deref()).pretty(),
        )?)
    })
    .await
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal.reason() {
        Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Reason::Malformed => StatusCode::BAD_REQUEST,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// The traces of a batch, in the order in which they first occur, each with the resources and scopes that it uses.
fn split(batch: SpanBatch) -> Vec<Trace> {
    let SpanBatch {
        spans,
        resources,
        scopes,
    } = batch;
    let mut place_of: HashMap<TraceId, usize> = HashMap::new();
    let mut resource_of = HashMap::new();
    let mut scope_of = HashMap::new();
    let mut traces: Vec<Trace> = Vec::new();
    for mut span in spans {
        let place = *place_of.entry(span.trace_id).or_insert_with(|| {
            traces.push(Trace {
                id: span.trace_id,
                batch: SpanBatch::default(),
            });
            traces.len() - 1
        });
        let batch = &mut traces[place].batch;
        span.resource = *resource_of.entry((place, span.resource)).or_insert_with(|| {
            batch.resources.push(resources[span.resource as usize].clone());
            batch.resources.len() as u32 - 1
        });
        span.scope = *scope_of.entry((place, span.scope)).or_insert_with(|| {
            batch.scopes.push(scopes[span.scope as usize].clone());
            batch.scopes.len() as u32 - 1
        });
        batch.spans.push(span);
    }
    traces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_falls_into_its_traces_with_what_they_use() {
        let span = |trace: u8, service: &str| {
            let span =
                format!(r#"{{"traceId":"{trace:032x}","spanId":"0000000000000001","name":"{service}"}}"#);
            format!(
                r#"{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}}]}},
                    "scopeSpans":[{{"spans":[{span}]}}]}}"#
            )
        };
        let body = format!(
            r#"{{"resourceSpans":[{},{},{}]}}"#,
            span(2, "a"),
            span(1, "b"),
            span(2, "c")
        );
        let (batch, _) = otlp::decode_json(body.as_bytes()).unwrap();
        let traces = split(batch);
        let shown: Vec<Vec<_>> = traces
            .iter()
            .map(|trace| {
                trace
                    .batch
                    .spans
                    .iter()
                    .map(|span| trace.batch.resource(span).service_name())
                    .collect()
            })
            .collect();
        assert_eq!(shown, [vec!["a", "c"], vec!["b"]]);
        assert_eq!(traces[1].batch.resources.len(), 1);
    }
}
