//! What a span costs on its way into a request: our writer beside opentelemetry-proto's structures, encoded by prost.
//!
//! `cargo bench -p wakeful-wire --bench encode` measures both in turn and prints the ratio of their medians.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use wakeful_model::{Kind, SpanId, TraceId};
use wakeful_wire::otlp::{Items, SpanHead, ValueRef, encode_resource, encode_scope};

const SPANS: u64 = 512;
const ROUNDS: usize = 400;
const START: u64 = 1_700_000_000_000_000_000;

fn main() {
    assert_eq!(ours().len(), theirs().len(), "both write the same fields");
    let (mut our_nanos, mut their_nanos) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        our_nanos.push(nanos_a_span(ours));
        their_nanos.push(nanos_a_span(theirs));
    }
    let (ours, theirs) = (median(our_nanos), median(their_nanos));
    println!("wakeful-wire            {ours:6.1} ns a span");
    println!("opentelemetry-proto     {theirs:6.1} ns a span");
    println!("ratio                   {:6.1}", theirs / ours);
}

fn nanos_a_span(encode: fn() -> Vec<u8>) -> f64 {
    let start = Instant::now();
    black_box(encode());
    start.elapsed().as_nanos() as f64 / SPANS as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn ours() -> Vec<u8> {
    let mut items = Items::default();
    for id in 1..=SPANS {
        let head = SpanHead {
            trace_id: TraceId::new(u128::from(id)).unwrap(),
            span_id: SpanId::new(id).unwrap(),
            parent_span_id: SpanId::new(id + 1),
            trace_state: "",
            flags: 1,
            name: black_box("GET /checkout"),
            kind: Kind::Server,
            start_unix_nanos: START,
            end_unix_nanos: START + id,
        };
        items.span(&head, |span| {
            let mut span = span.attributes();
            span.attribute("http.request.method", ValueRef::Str(black_box("GET")));
            span.attribute("http.response.status_code", ValueRef::Int(200));
            span.attribute("price", ValueRef::Double(129.95));
        });
    }
    let request = items.into_request(
        &encode_resource(|of| of.attribute("service.name", ValueRef::Str("shop"))),
        &encode_scope("wakeful", "1", |_| {}),
    );
    request.as_ref().to_vec()
}

fn theirs() -> Vec<u8> {
    let text = |text: &str| any_value::Value::StringValue(text.to_owned());
    let pair = |key: &str, value| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    };
    let spans = (1..=SPANS).map(|id| Span {
        trace_id: u128::from(id).to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        parent_span_id: (id + 1).to_be_bytes().to_vec(),
        flags: 1,
        name: black_box("GET /checkout").to_owned(),
        kind: 2,
        start_time_unix_nano: START,
        end_time_unix_nano: START + id,
        attributes: vec![
            pair("http.request.method", text(black_box("GET"))),
            pair("http.response.status_code", any_value::Value::IntValue(200)),
            pair("price", any_value::Value::DoubleValue(129.95)),
        ],
        ..Span::default()
    });
    let scope_spans = ScopeSpans {
        scope: Some(InstrumentationScope {
            name: "wakeful".to_owned(),
            version: "1".to_owned(),
            ..InstrumentationScope::default()
        }),
        spans: spans.collect(),
        ..ScopeSpans::default()
    };
    let resource = Resource {
        attributes: vec![pair("service.name", text("shop"))],
        ..Resource::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![scope_spans],
            ..ResourceSpans::default()
        }],
    };
    request.encode_to_vec()
}
