//! The shapes that Jaeger's own tests have, and some more.

use expect_test::{Expect, expect};

use super::*;

/// Spans as `(parent, start, duration)`, the parent by number; the first one is the root.
fn check(spans: &[(Option<u32>, u64, u64)], expected: Expect) {
    let internal: Vec<_> = spans
        .iter()
        .map(|&(parent, start, duration)| (parent, start, duration, Kind::Internal))
        .collect();
    check_kinds(&internal, expected);
}

fn check_kinds(spans: &[(Option<u32>, u64, u64, Kind)], expected: Expect) {
    let children = Children::of(spans.len() as u32, |span| spans[span as usize].0);
    let timed = |span: u32| {
        let (_, start_unix_nanos, duration, kind) = spans[span as usize];
        Timed {
            start_unix_nanos,
            end_unix_nanos: start_unix_nanos + duration,
            kind,
        }
    };
    let sections = critical_path(0, timed, &children);
    let text = sections.iter().map(|section| {
        let Section {
            span,
            start_unix_nanos,
            end_unix_nanos,
        } = section;
        format!(
            "{} {start_unix_nanos}..{end_unix_nanos}\n",
            char::from(b'A' + *span as u8)
        )
    });
    expected.assert_eq(&text.collect::<String>());
}

#[test]
fn children_one_after_the_other_leave_the_gaps_to_the_parent() {
    check(
        &[(None, 1, 100), (Some(0), 20, 20), (Some(0), 50, 10)],
        expect![[r#"
            A 60..101
            C 50..60
            A 40..50
            B 20..40
            A 1..20
        "#]],
    );
}

#[test]
fn of_children_at_the_same_time_the_last_one_counts() {
    check(
        &[(None, 1, 100), (Some(0), 10, 40), (Some(0), 20, 40)],
        expect![[r#"
            A 60..101
            C 20..60
            A 1..20
        "#]],
    );
}

#[test]
fn what_lies_outside_its_parent_does_not_count_nor_does_what_is_below() {
    for child in [(40, 40), (30, 5), (1, 4), (1, 9)] {
        check(
            &[(None, 10, 20), (Some(0), child.0, child.1), (Some(1), 12, 5)],
            expect![[r#"
                A 10..30
            "#]],
        );
    }
}

#[test]
fn a_consumer_does_not_hold_its_producer_up() {
    check_kinds(
        &[
            (None, 1, 30, Kind::Producer),
            (Some(0), 10, 10, Kind::Consumer),
            (Some(1), 12, 2, Kind::Internal),
        ],
        expect![[r#"
            A 1..31
        "#]],
    );
}

#[test]
fn children_are_cut_to_their_parent() {
    check(
        &[(None, 1, 29), (Some(0), 15, 20), (Some(1), 10, 15)],
        expect![[r#"
            B 25..30
            C 15..25
            A 1..15
        "#]],
    );
    check(
        &[(None, 1, 29), (Some(0), 15, 20), (Some(1), 20, 20)],
        expect![[r#"
            C 20..30
            B 15..20
            A 1..15
        "#]],
    );
    check(
        &[(None, 10, 20), (Some(0), 5, 30)],
        expect![[r#"
            B 10..30
        "#]],
    );
}

#[test]
fn of_children_that_end_together_the_first_counts() {
    check(
        &[(None, 0, 10), (Some(0), 1, 9), (Some(0), 2, 8)],
        expect![[r#"
            B 1..10
            A 0..1
        "#]],
    );
}

#[test]
fn a_chain_and_a_fan_of_a_hundred_thousand_are_no_danger() {
    let many = 100_000;
    let chain = Children::of(many, |span| span.checked_sub(1));
    let nested = |span: u32| Timed {
        start_unix_nanos: u64::from(span),
        end_unix_nanos: u64::from(2 * many - span),
        kind: Kind::Internal,
    };
    assert_eq!(critical_path(0, nested, &chain).len(), 2 * many as usize - 1);
    let fan = Children::of(many, |span| (span > 0).then_some(0));
    let in_a_row = |span: u32| Timed {
        start_unix_nanos: u64::from(10 * span),
        end_unix_nanos: if span == 0 {
            u64::from(10 * many)
        } else {
            u64::from(10 * span + 9)
        },
        kind: Kind::Internal,
    };
    assert_eq!(critical_path(0, in_a_row, &fan).len(), 2 * many as usize - 1);
}
