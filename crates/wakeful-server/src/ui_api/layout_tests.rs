//! What the rows of small trees are.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use wakeful_model::{Kind, Resource, Scope, Span, SpanBatch, SpanId, Status, Trace, TraceId};

use super::{Layout, Shown};

/// A span of each `(id, parent, start, end)`; parent 0 is none.
fn trace(spans: &[(u64, u64, u64, u64)]) -> Trace {
    let id: TraceId = "0102030405060708090a0b0c0d0e0f10".parse().unwrap();
    let span_id = |id: u64| format!("{id:016x}").parse::<SpanId>().ok();
    let spans = spans.iter().map(|&(id_number, parent, start, end)| Span {
        trace_id: id,
        span_id: span_id(id_number).unwrap(),
        parent_span_id: span_id(parent),
        trace_state: String::new(),
        flags: 0,
        name: format!("span {id_number}"),
        kind: Kind::Internal,
        start_unix_nanos: start,
        end_unix_nanos: end,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status: Status::default(),
        resource: 0,
        scope: 0,
    });
    let batch = SpanBatch {
        spans: spans.collect(),
        resources: vec![Resource::default()],
        scopes: vec![Scope::default()],
    };
    Trace { id, batch }
}

fn check(spans: &[(u64, u64, u64, u64)], expected: Expect) {
    let trace = trace(spans);
    let layout = Layout::of(&trace);
    let mut text = format!("depth {} orphans {}\n", layout.depth, layout.orphans);
    for (index, row) in layout.rows.iter().enumerate() {
        let name = match row.shown {
            Shown::Span(span) => trace.batch.spans[span as usize].name.clone(),
            Shown::Missing(id) => format!("missing {id}"),
        };
        let parent = row.parent.map_or(String::new(), |parent| format!(" in {parent}"));
        let orphan = if row.orphan { " orphan" } else { "" };
        let (start, end) = (row.start_unix_nanos, row.end_unix_nanos);
        writeln!(text, "{index} {name} {start}..{end}{parent}{orphan}").unwrap();
    }
    expected.assert_eq(&text);
}

#[test]
fn children_stand_by_start_below_their_parent() {
    check(
        &[(1, 0, 0, 100), (4, 1, 50, 60), (2, 1, 10, 40), (3, 2, 20, 30)],
        expect![[r#"
            depth 3 orphans 0
            0 span 1 0..100
            1 span 2 10..40 in 0
            2 span 3 20..30 in 1
            3 span 4 50..60 in 0
        "#]],
    );
}

#[test]
fn a_missing_parent_covers_its_children_and_is_no_level() {
    check(
        &[(1, 9, 10, 20), (2, 9, 15, 40), (3, 2, 16, 17)],
        expect![[r#"
            depth 2 orphans 2
            0 missing 0000000000000009 10..40
            1 span 1 10..20 in 0 orphan
            2 span 2 15..40 in 0 orphan
            3 span 3 16..17 in 2
        "#]],
    );
}

#[test]
fn a_circle_and_a_span_within_itself_are_shown_all_the_same() {
    check(
        &[(1, 2, 10, 20), (2, 1, 5, 8), (3, 3, 7, 9)],
        expect![[r#"
            depth 2 orphans 0
            0 span 3 7..9
            1 span 2 5..8
            2 span 1 10..20 in 1
        "#]],
    );
}

#[test]
fn a_chain_of_a_hundred_thousand_is_no_danger() {
    let spans: Vec<_> = (1..=100_000).map(|id| (id, id - 1, id, id + 1)).collect();
    assert_eq!(Layout::of(&trace(&spans)).depth, 100_000);
}
