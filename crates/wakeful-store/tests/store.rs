//! The store with captured payloads: what goes in comes out, wherever it rests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use wakeful_model::{
    Attribute, Kind, Resource, Scope, Span, SpanBatch, SpanId, Status, StatusCode, Trace, TraceId, Value,
    canonical_text,
};
use wakeful_store::{Backend, OpenError, Predicate, ReadBounds, SpanFilter, Store};
use wakeful_wire::otlp::Batch;

mod support;

use support::{crash_copy, folder, options, runtime};

/// Requests of the shop story, from several languages.
fn payloads() -> Vec<Bytes> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/captured/otlp");
    let mut found = Vec::new();
    for folder in [
        "rust-shop/grpc",
        "go-shop/http",
        "go-shop/http-nonfinite",
        "python-shop/grpc",
        "node-shop/http-proto",
    ] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.to_str().unwrap().ends_with("-traces.bin") {
                found.push(Bytes::from(std::fs::read(path).unwrap()));
            }
        }
    }
    assert!(found.len() > 8);
    found
}

/// What the traces of the payloads are, by id, as a text that does not depend on the order of spans.
fn expected(payloads: &[Bytes]) -> BTreeMap<TraceId, Vec<String>> {
    let mut traces: BTreeMap<TraceId, Vec<String>> = BTreeMap::new();
    for payload in payloads {
        let model = Batch::decode(payload.clone()).unwrap().to_model();
        for span in &model.spans {
            let shared = (model.resource(span), model.scope(span));
            traces.entry(span.trace_id).or_default().push(text(span, &shared));
        }
    }
    traces.values_mut().for_each(|spans| spans.sort());
    traces
}

fn text(span: &wakeful_model::Span, shared: &impl std::fmt::Debug) -> String {
    let span = wakeful_model::Span {
        resource: 0,
        scope: 0,
        ..span.clone()
    };
    format!("{span:?} {shared:?}")
}

fn found(store: &Store, ids: &[TraceId]) -> BTreeMap<TraceId, Vec<String>> {
    let (traces, problems) = store.traces(ids);
    assert_eq!(problems, []);
    let texts = |Trace { id, batch }: Trace| {
        let mut spans: Vec<_> = batch
            .spans
            .iter()
            .map(|span| text(span, &(batch.resource(span), batch.scope(span))))
            .collect();
        spans.sort();
        (id, spans)
    };
    traces.into_iter().map(texts).collect()
}

#[test]
fn every_field_survives_the_tail_a_flush_and_a_restart() {
    let folder = folder();
    let payloads = payloads();
    let expected = expected(&payloads);
    let ids: Vec<_> = expected.keys().copied().collect();
    let runtime = runtime();
    for backend in [Backend::Memory, Backend::File(folder.path().to_owned())] {
        let store = Store::open(options(backend.clone())).unwrap();
        // A flush in the middle: traces lie in the tail and in a segment.
        for (number, payload) in payloads.iter().enumerate() {
            runtime
                .block_on(store.append(Batch::decode(payload.clone()).unwrap()))
                .unwrap();
            if number == payloads.len() / 2 {
                runtime.block_on(store.flush()).unwrap();
            }
        }
        assert_eq!(found(&store, &ids), expected, "{backend:?}, tail and segment");
        runtime.block_on(store.flush()).unwrap();
        assert_eq!((store.stats().segments, store.stats().tail_spans), (2, 0));
        assert_eq!(found(&store, &ids), expected, "{backend:?}, two segments");
        store.close();
    }
    let store = Store::open(options(Backend::File(folder.path().to_owned()))).unwrap();
    assert_eq!(found(&store, &ids), expected, "reopened");
}

#[test]
fn what_was_not_flushed_is_replayed_once() {
    let folder = folder();
    let payloads = payloads();
    let expected = expected(&payloads);
    let ids: Vec<_> = expected.keys().copied().collect();
    let store = Store::open(options(Backend::File(folder.path().to_owned()))).unwrap();
    let runtime = runtime();
    for payload in &payloads {
        runtime
            .block_on(store.append(Batch::decode(payload.clone()).unwrap()))
            .unwrap();
    }
    let copy = crash_copy(folder.path());
    for round in 0..3 {
        let store = Store::open(options(Backend::File(copy.path().to_owned()))).unwrap();
        assert_eq!(found(&store, &ids), expected, "start {round}");
        assert_eq!(store.stats().problems, []);
        store.close();
    }
}

#[test]
fn a_second_process_is_told_whose_the_folder_is() {
    let folder = folder();
    let _store = Store::open(options(Backend::File(folder.path().to_owned()))).unwrap();
    let error = Store::open(options(Backend::File(folder.path().to_owned()))).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
}

/// Traces of which a span meets the filter, found by looking at every decoded span.
fn naive(filter: &SpanFilter) -> BTreeSet<TraceId> {
    let models: Vec<_> = payloads()
        .into_iter()
        .map(|payload| Batch::decode(payload).unwrap().to_model())
        .collect();
    let spans = models
        .iter()
        .flat_map(|model| model.spans.iter().map(move |span| (model, span)));
    let matches = |(model, span): &(&SpanBatch, &Span)| {
        let clause = |predicate: &Predicate| match predicate {
            Predicate::Attribute { key, text } => {
                let resource = &model.resource(span).attributes;
                let events = span.events.iter().flat_map(|event| &event.attributes);
                let all = span.attributes.iter().chain(resource).chain(events);
                all.into_iter()
                    .any(|a| a.key == *key && canonical_text(&a.value) == text.as_str())
            }
            Predicate::Kind(kind) => span.kind == *kind,
            Predicate::Status(code) => span.status.code == *code,
            Predicate::StatusNot(code) => span.status.code != *code,
            Predicate::StatusMessage(text) => span.status.message == *text,
            Predicate::ScopeName(text) => model.scope(span).name == *text,
            other => panic!("not in this test: {other:?}"),
        };
        filter
            .service
            .as_ref()
            .is_none_or(|service| model.resource(span).service_name() == service)
            && filter.name.as_ref().is_none_or(|name| span.name == *name)
            && filter.started_within.contains(&span.start_unix_nanos)
            && filter.duration.contains(&span.duration_nanos())
            && filter.clauses.iter().all(|any| any.iter().any(clause))
    };
    spans.filter(matches).map(|(_, span)| span.trace_id).collect()
}

/// Searches tail and segments alike, and compares with a look at every span.
fn check_search(filter: SpanFilter, least: usize) {
    let runtime = runtime();
    let expected = naive(&filter);
    assert!(
        expected.len() >= least,
        "{filter:?}: {} traces only",
        expected.len()
    );
    for flushes in [0, 1, 3] {
        let store = Store::open(options(Backend::Memory)).unwrap();
        let payloads = payloads();
        for (number, payload) in payloads.iter().enumerate() {
            runtime
                .block_on(store.append(Batch::decode(payload.clone()).unwrap()))
                .unwrap();
            if flushes > 0 && (number + 1) % payloads.len().div_ceil(flushes) == 0 {
                runtime.block_on(store.flush()).unwrap();
            }
        }
        let answer = store.search(&filter, 100, |_| true);
        assert_eq!(answer.problems, []);
        assert!(!answer.truncated);
        assert!(
            answer
                .traces
                .is_sorted_by_key(|(id, start)| (std::cmp::Reverse(*start), *id))
        );
        let found: BTreeSet<_> = answer.traces.iter().map(|(id, _)| *id).collect();
        assert_eq!(found, expected, "{filter:?}, {flushes} flushes");
        for limit in 1..answer.traces.len() {
            let newest = store.search(&filter, limit, |_| true);
            assert_eq!(
                (newest.traces.as_slice(), newest.truncated),
                (&answer.traces[..limit], true),
                "{filter:?}"
            );
        }
    }
}

fn tag(key: &str, text: &str) -> SpanFilter {
    let predicate = Predicate::Attribute {
        key: key.to_owned(),
        text: text.to_owned(),
    };
    SpanFilter {
        clauses: vec![vec![predicate]],
        ..SpanFilter::default()
    }
}

#[test]
fn searches_find_the_same_in_tail_and_segment() {
    let service = |name: &str| SpanFilter {
        service: Some(name.to_owned()),
        ..SpanFilter::default()
    };
    check_search(SpanFilter::default(), 10);
    check_search(service("shop-frontend"), 4);
    check_search(service("nobody"), 0);
    check_search(
        SpanFilter {
            name: Some("POST /orders".to_owned()),
            ..service("shop-orders")
        },
        3,
    );
    check_search(
        SpanFilter {
            name: Some("POST /orders".to_owned()),
            ..service("shop-frontend")
        },
        0,
    );
    check_search(tag("db.namespace", "shop"), 3);
    check_search(tag("db.namespace", "Shop"), 0);
    check_search(tag("http.response.status_code", "201"), 1);
    check_search(tag("service.name", "shop-orders"), 3);
    check_search(tag("exception.type", "nobody"), 0);
    check_search(
        SpanFilter {
            duration: 200_000_000..=u64::MAX,
            ..SpanFilter::default()
        },
        3,
    );
    check_search(
        SpanFilter {
            started_within: 0..=1_768_471_201_000_000_000,
            ..SpanFilter::default()
        },
        1,
    );
    for predicate in [
        Predicate::Kind(Kind::Producer),
        Predicate::Status(StatusCode::Error),
        Predicate::StatusNot(StatusCode::Error),
        Predicate::ScopeName("shop.instrumentation".to_owned()),
    ] {
        check_search(
            SpanFilter {
                clauses: vec![vec![predicate]],
                ..SpanFilter::default()
            },
            1,
        );
    }
    let event = Predicate::Attribute {
        key: "exception.type".to_owned(),
        text: "TimeoutError".to_owned(),
    };
    let either = vec![event, Predicate::Kind(Kind::Consumer)];
    check_search(
        SpanFilter {
            clauses: vec![either],
            ..SpanFilter::default()
        },
        1,
    );
}

/// A trace of so many spans, each with the given attributes.
fn trace_of(number: u128, spans: u64, attributes: &[Attribute]) -> Batch {
    let mut batch = SpanBatch::default();
    let resource = batch.intern_resource(Resource {
        attributes: vec![Attribute::new("service.name", "store")],
        ..Resource::default()
    });
    let scope = batch.intern_scope(Scope::default());
    batch.spans = (1..=spans)
        .map(|id| Span {
            trace_id: TraceId::new(number).unwrap(),
            span_id: SpanId::new(id).unwrap(),
            parent_span_id: None,
            trace_state: String::new(),
            flags: 0,
            name: "work".to_owned(),
            kind: Kind::Internal,
            start_unix_nanos: number as u64 * 1000 + id,
            end_unix_nanos: number as u64 * 1000 + id + 1,
            attributes: attributes.to_vec(),
            dropped_attributes_count: 0,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status: Status::default(),
            resource,
            scope,
        })
        .collect();
    Batch::encode(&batch).unwrap()
}

#[test]
fn values_of_one_key_keep_their_order_whatever_their_types() {
    let key = |value: Value| Attribute::new("key", value);
    let lists = [
        vec![
            key(Value::Bool(true)),
            key(Value::Int(7)),
            key("text".into()),
            key(Value::Int(6)),
        ],
        vec![key("text".into()), key(Value::Int(7)), key(Value::Bool(true))],
        vec![
            key(Value::Double(0.5)),
            Attribute::new("a", 1_i64),
            key("text".into()),
        ],
        vec![
            key(Value::Bytes(vec![1])),
            key("b".into()),
            key("a".into()),
            key(Value::Bool(false)),
        ],
    ];
    let store = Store::open(options(Backend::Memory)).unwrap();
    let runtime = runtime();
    for (number, list) in (1..).zip(&lists) {
        runtime.block_on(store.append(trace_of(number, 1, list))).unwrap();
    }
    for place in ["tail", "segment"] {
        for (number, list) in (1..).zip(&lists) {
            let (traces, _) = store.traces(&[TraceId::new(number).unwrap()]);
            assert_eq!(
                traces[0].batch.spans[0].attributes, *list,
                "list {number} in the {place}"
            );
        }
        runtime.block_on(store.flush()).unwrap();
    }
}

#[test]
fn an_answer_has_no_more_traces_than_its_bytes() {
    let store = Store::open(options(Backend::Memory)).unwrap();
    let runtime = runtime();
    let ballast = [Attribute::new("ballast", "x".repeat(1000).as_str())];
    let wanted: Vec<_> = (1..=10).map(|number| TraceId::new(number).unwrap()).collect();
    for place in ["tail", "segment"] {
        for number in 1..=10 {
            runtime
                .block_on(store.append(trace_of(number, 2, &ballast)))
                .unwrap();
        }
        // Spans are counted where they are: in the second round a trace has two in each place.
        let of_trace = if place == "tail" { 2_400 } else { 4_800 };
        for (bytes_max, expected) in [(0, 1), (3 * of_trace, 3), (u64::MAX, 10)] {
            let bounds = ReadBounds {
                together_bytes: bytes_max,
                ..ReadBounds::NONE
            };
            let read = store.traces_within(&wanted, bounds);
            let ids: Vec<_> = read.traces.iter().map(|trace| trace.id).collect();
            assert_eq!(ids, wanted[..expected], "{place}, {bytes_max} bytes");
            assert_eq!((read.left_out, read.too_large.len()), (10 - expected, 0));
        }
        let bounds = |alone_bytes| ReadBounds {
            alone_bytes,
            ..ReadBounds::NONE
        };
        assert_eq!(store.traces_within(&wanted, bounds(of_trace)).traces.len(), 10);
        let read = store.traces_within(&wanted, bounds(of_trace / 3));
        assert_eq!((read.traces.len(), read.left_out), (0, 0));
        let too_large: Vec<_> = read.too_large.iter().map(|(id, _)| *id).collect();
        assert_eq!(too_large, wanted);
        runtime.block_on(store.flush()).unwrap();
    }
}
