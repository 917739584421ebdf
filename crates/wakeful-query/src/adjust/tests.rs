//! Traces before and after, a span a line: `id<parent kind start-end @host key=value … !warning`.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use wakeful_model::{
    Attribute, Event, Kind, Link, Resource, Span, SpanBatch, SpanId, Status, Trace, TraceId, Value,
    canonical_text,
};

use super::{adjust, tidy};

fn parse(text: &str) -> Trace {
    let id = TraceId::new(0xabc).unwrap();
    let mut batch = SpanBatch::default();
    batch.scopes.push(wakeful_model::Scope::default());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        let (span_id, parent) = words.next().unwrap().split_once('<').unwrap();
        let kind = words.next().unwrap();
        let (start, end) = words.next().unwrap().split_once('-').unwrap();
        let (mut attributes, mut resource) = (Vec::new(), Resource::default());
        for word in words {
            match word.split_once('=') {
                None => resource
                    .attributes
                    .push(Attribute::new("host.name", word.strip_prefix('@').unwrap())),
                Some((key, value)) => {
                    attributes.push(match value.parse::<i64>() {
                        Ok(number) => Attribute::new(key, number),
                        Err(_) if value == "NaN" => Attribute::new(key, f64::NAN),
                        Err(_) => Attribute::new(key, value),
                    });
                }
            }
        }
        let resource = batch.intern_resource(resource);
        batch.spans.push(Span {
            trace_id: id,
            span_id: SpanId::parse(span_id).unwrap(),
            parent_span_id: SpanId::parse(parent).ok(),
            trace_state: String::new(),
            flags: 0,
            name: String::new(),
            kind: Kind::ALL
                .into_iter()
                .find(|known| known.name() == kind)
                .unwrap_or_default(),
            start_unix_nanos: start.parse().unwrap(),
            end_unix_nanos: end.parse().unwrap(),
            attributes,
            dropped_attributes_count: 0,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status: Status::default(),
            resource,
            scope: 0,
        });
    }
    Trace { id, batch }
}

fn show(trace: &Trace) -> String {
    let mut out = String::new();
    for span in &trace.batch.spans {
        let parent = span
            .parent_span_id
            .map_or("".to_owned(), |id| format!("{:x}", id.get()));
        let kind = if span.kind == Kind::Unspecified {
            "-"
        } else {
            span.kind.name()
        };
        write!(out, "{:x}<{parent} {kind}", span.span_id.get()).unwrap();
        write!(out, " {}-{}", span.start_unix_nanos, span.end_unix_nanos).unwrap();
        for Attribute { key, value } in &trace.batch.resource(span).attributes {
            match key.as_str() {
                "host.name" => write!(out, " @{}", canonical_text(value)).unwrap(),
                _ => write!(out, " @{key}={}", canonical_text(value)).unwrap(),
            }
        }
        for Attribute { key, value } in &span.attributes {
            if !matches!(value, Value::Array(_)) {
                write!(out, " {key}={}", canonical_text(value)).unwrap();
            }
        }
        for warning in span.warnings() {
            write!(out, " !{warning}").unwrap();
        }
        out.push('\n');
    }
    out
}

fn check(input: &str, adjusted: Expect) {
    let mut trace = parse(input);
    adjust(&mut trace);
    adjusted.assert_eq(&show(&trace));
}

#[test]
fn spans_stand_by_start_then_id_and_attributes_by_name() {
    check(
        "3< - 5-6 b=2 a=1 b=3
         2< - 5-6
         1< - 1-9",
        expect![[r#"
            1< - 1-9
            2< - 5-6
            3< - 5-6 a=1 b=3
        "#]],
    );
}

#[test]
fn a_retried_span_is_one_span_whatever_the_order_of_its_attributes() {
    check(
        "1< server 1-9 a=1 b=NaN
         1< server 1-9 b=NaN a=1
         1< server 1-9 a=1 b=NaN",
        expect![[r#"
            1< server 1-9 a=1 b=NaN
        "#]],
    );
}

#[test]
fn spans_that_differ_and_share_an_id_both_stay() {
    check(
        "1< - 1-9 a=1
         1< - 1-9 a=2",
        expect![[r#"
            1< - 1-9 a=1
            1< - 1-9 a=2 !duplicate span IDs; skipping clock skew adjustment
        "#]],
    );
}

#[test]
fn a_server_span_under_its_clients_id_gets_its_own_and_the_children() {
    check(
        "1< client 1-9
         1< server 2-8
         1< server 2-8
         2<1 - 3-4",
        expect![[r#"
            1< client 1-9
            910a2dec89025cc1<1 server 2-8
            2<910a2dec89025cc1 - 3-4
        "#]],
    );
}

#[test]
fn skew_is_noted_down_the_tree_and_times_stay() {
    check(
        "1< - 1000-2000 @a
         2<1 - 500-700 @b
         3<2 - 500-600 @b
         4<1 - 900-3000 @a
         5<1 - 900-3000 @c
         6<99 - 1-2 @a",
        expect![[r#"
            6<99 - 1-2 @a !parent span ID=0000000000000099 is not in the trace; skipping clock skew adjustment
            2<1 - 500-700 @b !clock skew adjustment disabled; not applying calculated delta of 900ns
            3<2 - 500-600 @b !clock skew adjustment disabled; not applying calculated delta of 900ns
            4<1 - 900-3000 @a
            5<1 - 900-3000 @c !clock skew adjustment disabled; not applying calculated delta of 100ns
            1< - 1000-2000 @a
        "#]],
    );
}

#[test]
fn packed_addresses_get_their_dots() {
    check(
        "1< - 1-2 ip=-1062731519 peer.ipv4=2130706433 peer.port=80
         2<1 - 1-2 ip=localhost",
        expect![[r#"
            1< - 1-2 ip=192.168.1.1 peer.ipv4=127.0.0.1 peer.port=80
            2<1 - 1-2 ip=localhost
        "#]],
    );
}

#[test]
fn attributes_of_the_sdk_move_to_the_resource() {
    check(
        "1< - 1-2 @a telemetry.sdk.name=x
         2<1 - 1-2 @a telemetry.sdk.name=y",
        expect![[r#"
            1< - 1-2 @a @telemetry.sdk.name=x
            2<1 - 1-2 @a @telemetry.sdk.name=x telemetry.sdk.name=y !conflicting values between Span and Resource for attribute telemetry.sdk.name
        "#]],
    );
}

#[test]
fn links_to_nowhere_are_dropped_and_events_stand_by_time() {
    let mut trace = parse("1< - 1-2");
    let span = &mut trace.batch.spans[0];
    let link = |trace_id| Link {
        trace_id,
        span_id: None,
        trace_state: String::new(),
        flags: 0,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
    };
    span.links = vec![link(None), link(TraceId::new(7))];
    let event = |time, name: &str| Event {
        time_unix_nanos: time,
        name: name.to_owned(),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
    };
    span.events = vec![event(2, "a"), event(1, "b")];
    adjust(&mut trace);
    let span = &trace.batch.spans[0];
    assert_eq!(span.links, [link(TraceId::new(7))]);
    assert_eq!(span.warnings().collect::<Vec<_>>(), ["Invalid span link removed"]);
    assert_eq!(span.events, [event(1, "b"), event(2, "a")]);
}

#[test]
fn tidying_an_adjusted_trace_changes_nothing() {
    let mut once = parse(
        "1< client 1000-2000 @a
         1< server 500-700 @b telemetry.sdk.name=x
         2<1 - 510-520 @b ip=1",
    );
    adjust(&mut once);
    let mut again = once.clone();
    tidy(&mut again);
    assert_eq!(again, once);
}

#[test]
fn a_long_chain_and_many_copies_are_no_danger() {
    let mut trace = parse("1< - 1-2 @a");
    let first = trace.batch.spans[0].clone();
    trace.batch.spans = (1..=100_000_u64)
        .map(|n| Span {
            span_id: SpanId::new(n).unwrap(),
            parent_span_id: SpanId::new(n - 1),
            ..first.clone()
        })
        .chain(std::iter::repeat_n(first.clone(), 100_000))
        .collect();
    adjust(&mut trace);
    assert_eq!(trace.batch.spans.len(), 100_000);
}
