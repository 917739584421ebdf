//! Traces that are told apart by a number, and the check that a store has some of them, whole and once.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;
use std::time::{Duration, Instant};

use wakeful_model::{Attribute, Kind, Resource, Scope, Span, SpanBatch, SpanId, Status, TraceId};
use wakeful_store::{Backend, SpanFilter, Store, StoreOptions};
use wakeful_wire::otlp::Batch;

use crate::support::{options, runtime};

/// Spans of a trace.
pub(crate) const SPANS: u64 = 3;

/// Numbers are smaller than this.
const NUMBERS: u64 = 1000;

pub(crate) fn trace_id(number: u64) -> TraceId {
    TraceId::new(u128::from(number)).unwrap()
}

/// Some spans of a trace, with so many bytes of ballast each.
pub(crate) fn part(number: u64, spans: impl IntoIterator<Item = u64>, ballast: usize) -> Batch {
    let mut batch = SpanBatch::default();
    let resource = batch.intern_resource(Resource {
        attributes: vec![Attribute::new("service.name", "faults")],
        ..Resource::default()
    });
    let scope = batch.intern_scope(Scope::default());
    batch.spans = spans
        .into_iter()
        .map(|span| Span {
            trace_id: trace_id(number),
            span_id: SpanId::new(number * 16 + span + 1).unwrap(),
            parent_span_id: None,
            trace_state: String::new(),
            flags: 0,
            name: "work".to_owned(),
            kind: Kind::Internal,
            start_unix_nanos: 1_768_000_000_000_000_000 + number * 1_000_000 + span,
            end_unix_nanos: 1_768_000_000_000_000_000 + number * 1_000_000 + 1000,
            attributes: vec![Attribute::new("ballast", noise(number, ballast).as_str())],
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

/// A whole trace.
pub(crate) fn whole(number: u64) -> Batch {
    part(number, 0..SPANS, 8)
}

/// Text that does not compress well.
fn noise(seed: u64, bytes: usize) -> String {
    let mut state = seed;
    let mut letter = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        char::from(b'!' + ((state >> 33) % 90) as u8)
    };
    (0..bytes).map(|_| letter()).collect()
}

/// Opens a store in a folder, to be flushed when told to alone.
pub(crate) fn open(folder: &Path) -> Store {
    open_with(folder, 64 << 10)
}

/// The same, with a bound of the tail.
pub(crate) fn open_with(folder: &Path, tail_bytes_max: usize) -> Store {
    let options = StoreOptions {
        tail_bytes_max,
        ..options(Backend::File(folder.to_owned()))
    };
    Store::open(options).unwrap()
}

pub(crate) fn append(store: &Store, numbers: impl IntoIterator<Item = u64>) {
    let runtime = runtime();
    for number in numbers {
        runtime.block_on(store.append(whole(number))).unwrap();
    }
}

pub(crate) fn flush(store: &Store) {
    runtime().block_on(store.flush()).unwrap();
}

/// Checks what a store answers, and that it has counted these problems.
pub(crate) fn check(
    store: &Store,
    expected: impl IntoIterator<Item = u64>,
    problems: &[(&str, u64)],
    when: impl Display,
) {
    let counted = store.stats().problems;
    let counted: Vec<_> = counted
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count))
        .collect();
    assert_eq!(counted, problems, "{when}");
    check_answers(store, expected, when);
}

/// Checks that a store has exactly these traces, each whole and once, in every way to ask for them.
pub(crate) fn check_answers(store: &Store, expected: impl IntoIterator<Item = u64>, when: impl Display) {
    let expected: BTreeMap<u64, Vec<u64>> = expected
        .into_iter()
        .map(|number| (number, (1..=SPANS).map(|span| number * 16 + span).collect()))
        .collect();
    assert_eq!(found(store), expected, "{when}");
    assert_eq!(store.stats().spans, expected.len() as u64 * SPANS, "{when}");
    let searched = store.search(&SpanFilter::default(), NUMBERS as usize, |_| true);
    assert_eq!(searched.problems, [], "{when}");
    let searched: Vec<_> = searched.traces.iter().map(|(id, _)| *id).collect();
    let newest_first: Vec<_> = expected.keys().rev().map(|number| trace_id(*number)).collect();
    assert_eq!(searched, newest_first, "{when}");
}

/// Span ids by number of the trace.
pub(crate) fn found(store: &Store) -> BTreeMap<u64, Vec<u64>> {
    let wanted: Vec<_> = (1..NUMBERS).map(trace_id).collect();
    let (traces, problems) = store.traces(&wanted);
    assert_eq!(problems, []);
    traces
        .iter()
        .map(|trace| (trace.id.get() as u64, span_ids(&trace.batch)))
        .collect()
}

/// Ids of the spans, in order.
pub(crate) fn span_ids(batch: &SpanBatch) -> Vec<u64> {
    let mut ids: Vec<_> = batch.spans.iter().map(|span| span.span_id.get()).collect();
    ids.sort_unstable();
    ids
}

/// Waits for something, not for ever.
pub(crate) fn poll(patience: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + patience;
    while !done() {
        assert!(Instant::now() < deadline, "waited {patience:?} for {what}");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}
