//! What the rows of small trees are.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use wakeful_model::{Kind, Resource, SpanId, StatusCode};
use wakeful_query::Parents;
use wakeful_store::{Marks, Skeleton, SkeletonSpan};

use super::{Layout, NO_ROW, Shown};

/// A span of each `(id, parent, start, end)`, by start; parent 0 is none.
fn skeleton(spans: &[(u64, u64, u64, u64)]) -> Skeleton {
    let spans = spans
        .iter()
        .zip(0..)
        .map(|(&(id, parent, start, end), name)| SkeletonSpan {
            span_id: SpanId::new(id).unwrap(),
            parent_span_id: SpanId::new(parent),
            start_unix_nanos: start,
            end_unix_nanos: end,
            name,
            resource: 0,
            kind: Kind::Internal,
            status: StatusCode::Unset,
            marks: Marks::NONE,
            busy_share: 0,
        });
    let mut spans: Vec<_> = spans.collect();
    spans.sort_by_key(|span| (span.start_unix_nanos, span.span_id));
    Skeleton {
        is_window_cut: false,
        trace_id: "0102030405060708090a0b0c0d0e0f10".parse().unwrap(),
        stored: spans.len() as u64,
        names: spans
            .iter()
            .map(|span| format!("span {}", span.span_id.get()))
            .collect(),
        spans,
        resources: vec![Resource::default()],
    }
}

fn layout(skeleton: &Skeleton) -> Layout {
    Layout::of(skeleton, &Parents::of(&skeleton.spans))
}

fn check(spans: &[(u64, u64, u64, u64)], expected: Expect) {
    let skeleton = skeleton(spans);
    let layout = layout(&skeleton);
    let mut text = format!("depth {} orphans {}\n", layout.depth, layout.orphans);
    for row in 0..layout.rows() {
        let shown = layout.shown(row, &skeleton).unwrap();
        let name = match shown {
            Shown::Span(span) => format!("span {}", span.span_id.get()),
            Shown::Missing(missing) => format!("missing {}", missing.id),
        };
        let parent = match layout.parent(row) {
            NO_ROW => String::new(),
            parent => format!(" in {parent}"),
        };
        let orphan = if layout.is_orphan(row, &skeleton) {
            " orphan"
        } else {
            ""
        };
        let (start, end) = shown.extent();
        let critical = layout.critical.iter().filter(|part| part.row == row);
        let critical =
            critical.map(|part| format!(" critical {}..{}", part.start_unix_nanos, part.end_unix_nanos));
        let critical = critical.collect::<String>();
        writeln!(text, "{row} {name} {start}..{end}{parent}{orphan}{critical}").unwrap();
    }
    expected.assert_eq(&text);
}

#[test]
fn children_stand_by_start_below_their_parent() {
    check(
        &[(1, 0, 0, 100), (4, 1, 50, 60), (2, 1, 10, 40), (3, 2, 20, 30)],
        expect![[r#"
            depth 3 orphans 0
            0 span 1 0..100 critical 0..10 critical 40..50 critical 60..100
            1 span 2 10..40 in 0 critical 10..20 critical 30..40
            2 span 3 20..30 in 1 critical 20..30
            3 span 4 50..60 in 0 critical 50..60
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
    assert_eq!(layout(&skeleton(&spans)).depth, 100_000);
}
