//! The stock OpenTelemetry exporters, in every protocol and compression, into a running server.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{
    Compression, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _, WithTonicConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};

use crate::process::Running;

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

/// A span with something in every place.
fn span(trace_id: u128) -> SpanData {
    let start = UNIX_EPOCH + Duration::from_nanos(1_768_471_200_000_001_234);
    let mut events = SpanEvents::default();
    events
        .events
        .push(Event::new("checked", start, vec![KeyValue::new("ok", true)], 0));
    SpanData {
        span_context: SpanContext::new(
            TraceId::from(trace_id),
            SpanId::from(0x00f0_67aa_0ba9_02b7),
            TraceFlags::SAMPLED,
            false,
            TraceState::from_key_value([("vendor", "1")]).unwrap(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Server,
        name: Cow::Borrowed("POST /checkout"),
        start_time: start,
        end_time: start + Duration::from_millis(12),
        attributes: vec![
            KeyValue::new("http.response.status_code", 503_i64),
            KeyValue::new("price", 129.95),
        ],
        dropped_attributes_count: 0,
        events,
        links: SpanLinks::default(),
        status: Status::error("declined"),
        instrumentation_scope: InstrumentationScope::builder("shop").with_version("1.2").build(),
    }
}

async fn check(server: &Running, mut exporter: SpanExporter, name: &str, trace_id: u128) {
    exporter.set_resource(
        &Resource::builder_empty()
            .with_service_name(name.to_owned())
            .build(),
    );
    let exported = exporter.export(vec![span(trace_id)]).await;
    assert!(exported.is_ok(), "{name}: {exported:?}");
    let answer = server.get(&format!("/api/traces/{trace_id:032x}"));
    let [trace] = answer["data"].as_array().unwrap().as_slice() else {
        panic!("{name}: {answer}")
    };
    let [span] = trace["spans"].as_array().unwrap().as_slice() else {
        panic!("{name}: {answer}")
    };
    assert_eq!(span["operationName"], "POST /checkout", "{name}");
    assert_eq!(span["startTime"], 1_768_471_200_000_001_u64, "{name}");
    assert_eq!(span["duration"], 12_000, "{name}");
    let tags = span["tags"].as_array().unwrap();
    for (key, value) in [
        ("http.response.status_code", serde_json::json!(503)),
        ("price", serde_json::json!(129.95)),
        ("error", serde_json::json!(true)),
        ("otel.status_description", serde_json::json!("declined")),
        ("otel.scope.name", serde_json::json!("shop")),
        ("w3c.tracestate", serde_json::json!("vendor=1")),
    ] {
        assert!(
            tags.iter().any(|tag| tag["key"] == key && tag["value"] == value),
            "{name}: {key} in {tags:?}"
        );
    }
    assert_eq!(span["logs"].as_array().unwrap().len(), 1, "{name}");
    assert_eq!(trace["processes"]["p1"]["serviceName"], name);
}

const COMPRESSIONS: [Option<Compression>; 3] = [None, Some(Compression::Gzip), Some(Compression::Zstd)];

#[tokio::test]
async fn grpc() {
    let server = Running::start("serve", &["--backend", "memory"]);
    let endpoint = format!("http://{}", server.address("otlp-grpc"));
    for (index, compression) in COMPRESSIONS.into_iter().enumerate() {
        let mut builder = SpanExporter::builder().with_tonic().with_endpoint(&endpoint);
        if let Some(compression) = compression {
            builder = builder.with_compression(compression);
        }
        let name = format!("grpc-{compression:?}");
        check(&server, builder.build().unwrap(), &name, TRACE + index as u128).await;
    }
}

#[tokio::test]
async fn http() {
    let server = Running::start("serve", &["--backend", "memory"]);
    let endpoint = format!("http://{}/v1/traces", server.address("otlp-http"));
    let mut trace_id = TRACE;
    for protocol in [Protocol::HttpBinary, Protocol::HttpJson] {
        for compression in COMPRESSIONS {
            let mut builder = SpanExporter::builder()
                .with_http()
                .with_endpoint(&endpoint)
                .with_protocol(protocol);
            if let Some(compression) = compression {
                builder = builder.with_compression(compression);
            }
            trace_id += 1;
            let name = format!("{protocol:?}-{compression:?}");
            check(&server, builder.build().unwrap(), &name, trace_id).await;
        }
    }
}

#[tokio::test]
async fn an_exporter_meets_a_limit_and_goes_on() {
    let server = Running::start("serve", &["--backend", "memory", "--max-message-bytes", "1kB"]);
    let endpoint = format!("http://{}", server.address("otlp-grpc"));
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&endpoint)
        .build()
        .unwrap();
    let many: Vec<SpanData> = (0..100).map(|index| span(TRACE + index)).collect();
    let refused = exporter.export(many).await;
    assert!(
        format!("{refused:?}").contains("ResourceExhausted"),
        "{refused:?}"
    );
    assert!(exporter.export(vec![span(TRACE)]).await.is_ok());
}
