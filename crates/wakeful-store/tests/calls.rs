//! Calls between services: what was counted at flushes and merges is what a look at every span counts.

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

#[allow(dead_code, reason = "shared with tests that need more of it")]
mod support;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::{Duration, Instant};

use support::{folder, options, runtime};
use wakeful_model::{Attribute, Kind, Resource, Scope, Span, SpanBatch, SpanId, Status, TraceId};
use wakeful_store::{Backend, Store};
use wakeful_wire::otlp::Batch;

const SERVICES: u64 = 5;

/// So many flushes are merged at once.
const FLUSHES: u64 = 17;

const TRACES: u64 = 400;

/// Numbers that look like chance, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// A span, as far as calls go.
#[derive(Clone, Copy)]
struct Sent {
    trace: u64,
    span: u64,
    /// Zero: none. Some parents are missing.
    parent: u64,
    service: u64,
    start: u64,
}

const DURATION_NANOS: u64 = 50;

/// Traces that begin one after the other, of several services.
fn traces(dice: &mut Dice) -> Vec<Vec<Sent>> {
    let trace = |trace: u64| {
        let spans = 1 + dice.below(12);
        let span = |span| Sent {
            trace,
            span,
            parent: if dice.below(10) == 0 {
                999
            } else {
                dice.below(span)
            },
            service: dice.below(SERVICES),
            start: trace * 100 + span,
        };
        (1..=spans).map(span).collect()
    };
    (1..=TRACES).map(trace).collect()
}

fn batch(spans: &[Sent]) -> Batch {
    let mut batch = SpanBatch::default();
    let scope = batch.intern_scope(Scope::default());
    for sent in spans {
        let service = format!("service-{}", sent.service);
        let resource = batch.intern_resource(Resource {
            attributes: vec![Attribute::new("service.name", service.as_str())],
            ..Resource::default()
        });
        batch.spans.push(Span {
            trace_id: TraceId::new(u128::from(sent.trace)).unwrap(),
            span_id: SpanId::new(sent.span).unwrap(),
            parent_span_id: SpanId::new(sent.parent),
            trace_state: String::new(),
            flags: 0,
            name: "call".to_owned(),
            kind: Kind::Internal,
            start_unix_nanos: sent.start,
            end_unix_nanos: sent.start + DURATION_NANOS,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status: Status::default(),
            resource,
            scope,
        });
    }
    Batch::encode(&batch).unwrap()
}

type Counts = BTreeMap<(String, String), u64>;

/// Looks at every span of the traces that began and ended within.
fn counted(traces: &[Vec<Sent>], within: &RangeInclusive<u64>) -> Counts {
    let mut counts = Counts::new();
    for trace in traces {
        let start = trace.iter().map(|sent| sent.start).min().unwrap();
        let end = trace.iter().map(|sent| sent.start).max().unwrap() + DURATION_NANOS;
        if start <= *within.start() || end >= *within.end() {
            continue;
        }
        for child in trace {
            let parent = trace.iter().find(|parent| parent.span == child.parent);
            if let Some(parent) = parent {
                let name = |service| format!("service-{service}");
                let calls = counts.entry((name(parent.service), name(child.service)));
                *calls.or_default() += 1;
            }
        }
    }
    counts
}

fn told(store: &Store, within: &RangeInclusive<u64>) -> Counts {
    let (calls, problems) = store.calls(within.clone());
    assert_eq!(problems, []);
    let mut counts = Counts::new();
    for call in calls {
        *counts.entry((call.parent, call.child)).or_default() += call.count;
    }
    counts
}

fn open(folder: &Path) -> Store {
    Store::open(options(Backend::File(folder.to_owned()))).unwrap()
}

/// Sends batches with a flush after each but the last, and asks before the merge, after it, and after a restart.
fn check(batches: Vec<Batch>, traces: &[Vec<Sent>], ranges: &[RangeInclusive<u64>]) {
    let folder = folder();
    let store = open(folder.path());
    let ask = |store: &Store, when: &str| {
        for within in ranges {
            let expected = counted(traces, within);
            assert!(expected.len() > 1, "{within:?} has hardly any call");
            assert_eq!(told(store, within), expected, "{within:?} {when}");
        }
    };
    let (last, flushed) = batches.split_last().unwrap();
    for batch in flushed {
        runtime().block_on(store.append(batch.clone())).unwrap();
        runtime().block_on(store.flush()).unwrap();
    }
    runtime().block_on(store.append(last.clone())).unwrap();
    ask(&store, "in segments and the tail");
    let deadline = Instant::now() + Duration::from_secs(60);
    while store.stats().merges == 0 {
        assert!(Instant::now() < deadline, "no merge");
        std::thread::park_timeout(Duration::from_millis(10));
    }
    ask(&store, "merged");
    drop(store);
    ask(&open(folder.path()), "opened again");
}

#[test]
fn calls_are_the_same_however_a_trace_is_spread_over_flushes() {
    let mut dice = Dice(1);
    let traces = traces(&mut dice);
    let mut batches = vec![Vec::new(); FLUSHES as usize + 1];
    for sent in traces.iter().flatten() {
        batches[dice.below(FLUSHES + 1) as usize].push(*sent);
    }
    let batches = batches.iter().map(|spans| batch(spans)).collect();
    check(batches, &traces, &[0..=u64::MAX]);
}

#[test]
fn a_range_that_cuts_segments_counts_the_traces_within_it() {
    let traces = traces(&mut Dice(2));
    let batches = traces.chunks((TRACES / FLUSHES) as usize);
    let batches = batches.map(|traces| batch(&traces.concat())).collect();
    let ranges = [
        0..=u64::MAX,
        5_000..=30_000,
        10_101..=11_300,
        0..=20_000,
        20_000..=u64::MAX,
    ];
    check(batches, &traces, &ranges);
}
