//! OTLP protobuf of real clients, and of nobody.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use wakeful_model::{Attribute, Kind, Resource, Scope, Span, SpanBatch, SpanId, Status, TraceId, Value};
use wakeful_wire::otlp::Batch;

/// Every captured `*-traces.bin` that is plain protobuf.
fn captured() -> Vec<(PathBuf, Bytes)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/captured/otlp");
    let mut found = Vec::new();
    for program in std::fs::read_dir(root).unwrap() {
        for transport in std::fs::read_dir(program.unwrap().path()).unwrap() {
            let folder = transport.unwrap().path();
            let name = folder.file_name().unwrap().to_str().unwrap();
            if name.contains("gzip") || name.contains("json") {
                continue;
            }
            for file in std::fs::read_dir(&folder).unwrap() {
                let path = file.unwrap().path();
                if path.to_str().unwrap().ends_with("-traces.bin") {
                    found.push((path.clone(), Bytes::from(std::fs::read(&path).unwrap())));
                }
            }
        }
    }
    assert!(found.len() >= 20, "found {} payloads only", found.len());
    found
}

#[test]
fn what_real_clients_send_is_taken_as_it_is_and_survives_a_round_trip() {
    for (path, payload) in captured() {
        let batch = Batch::decode(payload.clone()).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert!(batch.spans() > 0, "{path:?}");
        assert_eq!(batch.rejected().total(), 0, "{path:?}");
        assert_eq!(batch.payload(), &payload, "{path:?} was mended without need");
        let model = batch.to_model();
        for (row, span) in batch.rows().iter().zip(&model.spans) {
            let operation = &batch.operations()[row.operation as usize];
            assert_eq!(batch.name(operation), span.name);
            assert_eq!(
                batch.service(batch.group_of(row)),
                model.resource(span).service_name()
            );
            assert_eq!(row.duration_nanos, span.duration_nanos());
        }
        // NaN is not equal to itself, so texts are compared.
        let again = Batch::encode(&model).unwrap().to_model();
        assert_eq!(format!("{again:?}"), format!("{model:?}"), "{path:?}");
    }
}

/// A batch of one span, changed by `change`.
fn one_span(change: impl FnOnce(&mut Span, &mut Resource)) -> SpanBatch {
    let mut resource = Resource {
        attributes: vec![Attribute::new("service.name", "s")],
        ..Resource::default()
    };
    let mut span = Span {
        trace_id: TraceId::new(1).unwrap(),
        span_id: SpanId::new(2).unwrap(),
        parent_span_id: None,
        trace_state: String::new(),
        flags: 0,
        name: "op".to_owned(),
        kind: Kind::Server,
        start_unix_nanos: 1_000_000_000,
        end_unix_nanos: 1_000_000_500,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status: Status::default(),
        resource: 0,
        scope: 0,
    };
    change(&mut span, &mut resource);
    SpanBatch {
        spans: vec![span],
        resources: vec![resource],
        scopes: vec![Scope::default()],
    }
}

/// Encodes a span and says what became of it: service, name, duration, warnings.
fn check_mended(change: impl FnOnce(&mut Span, &mut Resource), expected: &str) {
    let model = Batch::encode(&one_span(change)).unwrap().to_model();
    let span = &model.spans[0];
    let found = format!(
        "{} {} {} {:?}",
        model.resource(span).service_name(),
        span.name,
        span.duration_nanos(),
        span.warnings().collect::<Vec<_>>()
    );
    assert_eq!(found, expected);
}

#[test]
fn what_jaeger_mends_is_mended_and_said() {
    check_mended(|_, _| {}, "s op 500 []");
    check_mended(
        |span, _| span.name.clear(),
        r#"s empty-span-name 500 ["the span had no name; empty-span-name stands in its place"]"#,
    );
    check_mended(
        |_, resource| resource.attributes.clear(),
        r#"missing-service-name op 500 ["no usable service.name was sent; missing-service-name stands in its place"]"#,
    );
    check_mended(
        |_, resource| resource.attributes[0].value = Value::Int(7),
        r#"service-name-wrong-type op 500 ["no usable service.name was sent; service-name-wrong-type stands in its place"]"#,
    );
    check_mended(
        |_, resource| resource.attributes[0].value = "".into(),
        r#"empty-service-name op 500 ["no usable service.name was sent; empty-service-name stands in its place"]"#,
    );
    check_mended(|span, _| span.end_unix_nanos = span.start_unix_nanos, "s op 0 []");
    check_mended(
        |span, _| span.end_unix_nanos = 0,
        r#"s op 1 ["Negative duration detected, sanitizing end timestamp. Original end timestamp: 1970-01-01 00:00:00 +0000 UTC, adjusted to: 1970-01-01 00:00:01.000000001 +0000 UTC"]"#,
    );
}

/// As many resources and scopes as spans: if each were compared with all others, this would take minutes.
#[test]
fn a_resource_and_a_scope_for_each_span_take_no_longer_than_spans_do() {
    const SPANS: u32 = 100_000;
    let mut batch = one_span(|span, _| span.name.clear());
    let span = batch.spans[0].clone();
    let number = |number: u32| vec![Attribute::new("number", Value::Int(i64::from(number)))];
    batch.resources = (0..SPANS)
        .map(|of| Resource {
            attributes: [number(of), batch.resources[0].attributes.clone()].concat(),
            ..Resource::default()
        })
        .collect();
    batch.scopes = (0..SPANS)
        .map(|of| Scope {
            attributes: number(of),
            ..Scope::default()
        })
        .collect();
    batch.spans = (0..SPANS)
        .map(|of| Span {
            resource: of,
            scope: of,
            ..span.clone()
        })
        .collect();
    let began = Instant::now();
    let encoded = Batch::encode(&batch).unwrap();
    let read = encoded.to_model();
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(encoded.groups().len(), SPANS as usize);
    assert!((read.resources, read.scopes) == (batch.resources, batch.scopes));
}

#[test]
fn text_that_is_not_utf8_is_kept_as_bytes() {
    let batch = one_span(|span, _| {
        "opXX".clone_into(&mut span.name);
        span.attributes = vec![Attribute::new("kXX", "v"), Attribute::new("k", "vXX")];
    });
    let mut payload = Batch::encode(&batch).unwrap().payload().to_vec();
    while let Some(at) = payload.windows(2).position(|pair| pair == b"XX") {
        payload[at..at + 2].copy_from_slice(b"\xff\xfe");
    }
    let batch = Batch::decode(Bytes::from(payload)).unwrap();
    let span = &batch.to_model().spans[0];
    assert_eq!(span.name, "invalid-span-name");
    assert_eq!(
        span.attribute("invalid-tag-key-1"),
        Some(&Value::Bytes(b"k\xff\xfe:v".to_vec()))
    );
    assert_eq!(span.attribute("k"), Some(&Value::Bytes(b"v\xff\xfe".to_vec())));
    assert_eq!(
        span.attribute("invalid-span-name"),
        Some(&Value::Bytes(b"op\xff\xfe".to_vec()))
    );
    assert_eq!(span.warnings().count(), 3);
}

#[test]
fn spans_without_valid_ids_are_counted_and_the_others_kept() {
    let mut batch = one_span(|_, _| {});
    batch.spans.push(Span {
        span_id: SpanId::new(3).unwrap(),
        ..batch.spans[0].clone()
    });
    let payload = Batch::encode(&batch).unwrap().payload().to_vec();
    let at = payload
        .windows(8)
        .position(|bytes| bytes == 3_u64.to_be_bytes())
        .unwrap();
    let mut bad = payload.clone();
    bad[at + 7] = 0;
    let batch = Batch::decode(Bytes::from(bad)).unwrap();
    assert_eq!((batch.spans(), batch.rejected().bad_span_id), (1, 1));
    assert_eq!(batch.to_model().spans.len(), 1);
}

#[test]
fn nesting_is_bounded() {
    let nest = |depth| {
        let value = (0..depth).fold(Value::Int(1), |value, _| Value::Array(vec![value]));
        Batch::encode(&one_span(|span, _| {
            span.attributes = vec![Attribute::new("deep", value)];
        }))
    };
    assert!(nest(32).is_ok());
    assert_eq!(nest(33).unwrap_err().what, "values nested more than 32 deep");
}

/// Marsaglia's xorshift: enough for test data.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let payloads = captured();
    let mut refused = 0;
    for round in 0..10_000 {
        let bytes = if round % 2 == 0 {
            (0..random.below(200))
                .map(|_| random.below(256) as u8)
                .collect::<Vec<_>>()
        } else {
            let (_, payload) = &payloads[random.below(payloads.len())];
            let mut bytes = payload[..payload.len().min(4_000)].to_vec();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] = random.below(256) as u8;
            }
            bytes
        };
        match Batch::decode(Bytes::from(bytes)) {
            Ok(batch) => drop(batch.to_model()),
            Err(_) => refused += 1,
        }
    }
    assert!((1_000..10_000).contains(&refused), "{refused} refused");
}
