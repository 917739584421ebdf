//! A large trace, read by an independent decoder.

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::collections::{HashMap, HashSet};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use wakeful_testkit::{BigTrace, BigTracePlan};

const START: u64 = 1_760_000_000_000_000_000;

fn plan(spans: u64) -> BigTracePlan {
    BigTracePlan {
        seed: 1,
        spans,
        start_unix_nanos: START,
    }
}

fn spans(plan: BigTracePlan) -> Vec<Span> {
    let requests =
        BigTrace::new(plan).map(|request| ExportTraceServiceRequest::decode(request.protobuf()).unwrap());
    requests
        .flat_map(|request| request.resource_spans)
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .collect()
}

#[test]
fn a_trace_of_any_size_is_one_tree_within_its_times() {
    for size in [1, 2, 19, 100, 30_000] {
        let all = spans(plan(size));
        assert_eq!(all.len() as u64, size);
        let by_id: HashMap<&[u8], &Span> = all.iter().map(|span| (span.span_id.as_slice(), span)).collect();
        assert_eq!(by_id.len() as u64, size, "ids are the spans' own");
        assert_eq!(
            all.iter().filter(|span| span.parent_span_id.is_empty()).count(),
            1
        );
        for span in all.iter().filter(|span| !span.parent_span_id.is_empty()) {
            let parent = by_id[span.parent_span_id.as_slice()];
            assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            assert!(
                span.start_time_unix_nano >= parent.start_time_unix_nano,
                "{span:?} in {parent:?}"
            );
            assert!(
                span.end_time_unix_nano <= parent.end_time_unix_nano,
                "{span:?} in {parent:?}"
            );
        }
    }
}

#[test]
fn it_has_what_a_page_must_show() {
    let all = spans(plan(30_000));
    let parents: HashMap<&[u8], &[u8]> = all
        .iter()
        .map(|span| (span.span_id.as_slice(), span.parent_span_id.as_slice()))
        .collect();
    let level = |span: &Span| {
        std::iter::successors(parents.get(span.span_id.as_slice()), |id| parents.get(*id)).count()
    };
    assert_eq!(all.iter().map(level).max(), Some(12));

    let mut siblings: HashMap<(&[u8], &str), usize> = HashMap::new();
    for span in &all {
        *siblings.entry((&span.parent_span_id, &span.name)).or_default() += 1;
    }
    assert!(siblings.values().filter(|count| **count >= 20).count() > 10);

    let failed: Vec<_> = all
        .iter()
        .filter(|span| span.status.as_ref().is_some_and(|status| status.code == 2))
        .collect();
    assert!((5..100).contains(&failed.len()), "{} failures", failed.len());
    let is_brief = |span: &&Span| span.end_time_unix_nano - span.start_time_unix_nano == 1;
    assert_eq!(failed.iter().copied().filter(is_brief).count(), 1);

    let has_key = |span: &Span, key: &str| span.attributes.iter().any(|attribute| attribute.key == key);
    assert!(all.iter().any(|span| !span.links.is_empty()));
    assert!(all.iter().any(|span| !span.events.is_empty()));
    assert!(all.iter().any(|span| has_key(span, "wakeful.intervals")));
}

#[test]
fn the_same_plan_gives_the_same_trace_and_another_one_another() {
    let bytes = |plan| {
        BigTrace::new(plan)
            .map(|request| request.protobuf())
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(plan(5_000)), bytes(plan(5_000)));
    let other = BigTracePlan {
        seed: 2,
        ..plan(5_000)
    };
    let ids: HashSet<u128> = [plan(5_000), plan(5_001), other]
        .map(|plan| plan.trace_id())
        .into();
    assert_eq!(ids.len(), 3);
}
