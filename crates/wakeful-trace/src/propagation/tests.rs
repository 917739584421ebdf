//! Vectors of the specifications, bad input, and round trips.

use expect_test::{Expect, expect};

use super::*;
use crate::{SpanId, TraceFlags, TraceId, TraceState};

/// What `formats` read in `headers`, a line a fact.
fn check(formats: &[Format], headers: &[(&str, &str)], expected: Expect) {
    let found = Propagator::new(formats.iter().copied()).extract(headers);
    let mut lines = Vec::new();
    if let Some(context) = &found.context {
        let sampled = if context.is_sampled() {
            "sampled"
        } else {
            "unsampled"
        };
        lines.push(format!("{} {} {sampled}", context.trace_id, context.span_id));
        if !context.trace_state.is_empty() {
            lines.push(format!("state {}", context.trace_state.as_str()));
        }
    }
    lines.extend(found.decision.map(|decision| format!("decision {decision}")));
    for entry in found.baggage.entries() {
        lines.push(format!(
            "baggage {}={:?} {}",
            entry.key, entry.value, entry.properties
        ));
    }
    lines.extend(found.problems.iter().map(ToString::to_string));
    expected.assert_eq(&lines.join("\n"));
}

const W3C: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[test]
fn trace_context_is_read_by_the_letter() {
    let of =
        |value: &'static str, expected| check(&[Format::TraceContext], &[("Traceparent", value)], expected);
    of(
        W3C,
        expect!["0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled"],
    );
    of(
        " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02\t",
        expect!["0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 unsampled"],
    );
    of(
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings",
        expect!["0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled"],
    );
    for wrong in [
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "é0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00",
    ] {
        of(
            wrong,
            expect!["header traceparent has not the form 00-{32 lower-case hex digits}-{16}-{2}"],
        );
    }
    of(
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        expect!["header traceparent: an id is never zero"],
    );
    of("", expect![""]);
    check(
        &[Format::TraceContext],
        &[("traceparent", W3C), ("traceparent", W3C)],
        expect!["header traceparent stands more than once"],
    );
}

#[test]
fn trace_state_is_one_list_and_a_bad_one_costs_only_itself() {
    let of = |states: &[&'static str], expected| {
        let mut headers = vec![("traceparent", W3C)];
        headers.extend(states.iter().map(|state| ("tracestate", *state)));
        check(&[Format::TraceContext], &headers, expected);
    };
    of(
        &["rojo=00f067aa0ba902b7", "congo=t61rcWkgMzE"],
        expect![[r#"
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled
            state rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"#]],
    );
    for wrong in ["no equals sign", "UPPER=1", "a=1,a=2", "a=", "a=b=c", "=1"] {
        of(
            &[wrong],
            expect!["0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled"],
        );
    }
}

#[test]
fn jaeger_s_header_has_four_parts_of_any_width() {
    let of = |value: &'static str, expected| check(&[Format::Jaeger], &[("uber-trace-id", value)], expected);
    of(
        "343:4325345:3434:F",
        expect!["00000000000000000000000000000343 0000000004325345 sampled"],
    );
    of(
        "34f3495%3A36e34%3A0%3a1",
        expect!["000000000000000000000000034f3495 0000000000036e34 sampled"],
    );
    of(
        "1:2:0000:2",
        expect!["00000000000000000000000000000001 0000000000000002 unsampled"],
    );
    of(
        "1:2:3",
        expect!["header uber-trace-id has not the form {trace id}:{span id}:{parent id}:{flags} in hex"],
    );
    of(
        "1:2:3:4:5",
        expect!["header uber-trace-id has not the form {trace id}:{span id}:{parent id}:{flags} in hex"],
    );
    of("0:2:3:1", expect!["header uber-trace-id: an id is never zero"]);
    of("1:00:3:1", expect!["header uber-trace-id: an id is never zero"]);
    of(
        "0af7651916cd43dd8448eb211c80319c:b7ad6b7169203331:ffffffffffffffff:ff",
        expect!["0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled"],
    );
    for wrong in ["1:x:3:1", "x:2:3:1", "1:2:x:1", "1:-2:3:1"] {
        of(
            wrong,
            expect!["header uber-trace-id: an id is written in hex digits alone"],
        );
    }
    of(
        "1::3:1",
        expect!["header uber-trace-id: an id has 1 to 16 hex digits, not 0"],
    );
    of(
        "1:2:10000000000000000:1",
        expect!["header uber-trace-id: an id has 1 to 16 hex digits, not 17"],
    );
    of(
        "1:2:3:100",
        expect!["header uber-trace-id has not the form {trace id}:{span id}:{parent id}:{flags} in hex"],
    );
    of(
        "1:2:3:",
        expect!["header uber-trace-id has not the form {trace id}:{span id}:{parent id}:{flags} in hex"],
    );
    of(
        "1:2:3:+1",
        expect!["header uber-trace-id has a part that is not hex digits"],
    );
    check(
        &[Format::Jaeger],
        &[
            ("UberCtx-Session", "a%20b"),
            ("uberctx-", "nothing"),
            ("other", "x"),
        ],
        expect![[r#"baggage Session="a b" "#]],
    );
}

#[test]
fn b3_in_one_header() {
    let of = |value: &'static str, expected| check(&[Format::B3], &[("b3", value)], expected);
    of(
        "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90",
        expect!["80f198ee56343ba864fe8b2a57d3eff7 e457b5a2e4d86bd1 sampled"],
    );
    of(
        "64fe8b2a57d3eff7-e457b5a2e4d86bd1-d",
        expect!["000000000000000064fe8b2a57d3eff7 e457b5a2e4d86bd1 sampled"],
    );
    of(
        "64fe8b2a57d3eff7-e457b5a2e4d86bd1",
        expect!["000000000000000064fe8b2a57d3eff7 e457b5a2e4d86bd1 unsampled"],
    );
    of("0", expect!["decision false"]);
    of("d", expect!["decision true"]);
    of(
        "7",
        expect!["header b3 has not the form 0, 1 or d for the sampling state"],
    );
    of(
        "1-2-1-3-4",
        expect!["header b3 has not the form {trace id}-{span id}-{sampling}-{parent id}"],
    );
    of(
        "1-2-1-z",
        expect!["header b3: an id is written in hex digits alone"],
    );
}

#[test]
fn b3_in_several_headers() {
    let of = |headers: &[(&str, &str)], expected| check(&[Format::B3Multi], headers, expected);
    let (trace, span) = (("X-B3-TraceId", "ee25"), ("X-B3-SpanId", "e457"));
    of(
        &[trace, span, ("X-B3-Sampled", "1"), ("X-B3-ParentSpanId", "5")],
        expect!["0000000000000000000000000000ee25 000000000000e457 sampled"],
    );
    of(
        &[trace, span, ("X-B3-Sampled", "true")],
        expect!["0000000000000000000000000000ee25 000000000000e457 sampled"],
    );
    of(
        &[trace, span],
        expect!["0000000000000000000000000000ee25 000000000000e457 unsampled"],
    );
    of(
        &[trace, span, ("X-B3-Sampled", "0"), ("X-B3-Flags", "1")],
        expect!["0000000000000000000000000000ee25 000000000000e457 sampled"],
    );
    of(&[("X-B3-Sampled", "0")], expect!["decision false"]);
    of(
        &[trace],
        expect!["header x-b3-spanid is missing beside the others of its format"],
    );
    of(
        &[span],
        expect!["header x-b3-traceid is missing beside the others of its format"],
    );
    of(
        &[trace, span, ("X-B3-Sampled", "0"), ("X-B3-Flags", "0")],
        expect!["0000000000000000000000000000ee25 000000000000e457 unsampled"],
    );
    of(
        &[trace, span, ("X-B3-Sampled", "false"), ("X-B3-ParentSpanId", "0")],
        expect!["0000000000000000000000000000ee25 000000000000e457 unsampled"],
    );
    of(
        &[("X-B3-TraceId", "0"), span],
        expect!["header x-b3-traceid: an id is never zero"],
    );
    of(
        &[trace, ("X-B3-SpanId", "0")],
        expect!["header x-b3-spanid: an id is never zero"],
    );
    of(
        &[trace, ("X-B3-SpanId", "e457b5a2e4d86bd1e")],
        expect!["header x-b3-spanid: an id has 1 to 16 hex digits, not 17"],
    );
    of(
        &[trace, span, ("X-B3-ParentSpanId", "nobody")],
        expect!["header x-b3-parentspanid: an id is written in hex digits alone"],
    );
    of(
        &[trace, span, ("X-B3-Sampled", "maybe")],
        expect!["header x-b3-sampled has not the form 0, 1 or d for the sampling state"],
    );
}

#[test]
fn x_ray_s_root_and_parent() {
    let of = |value: &'static str, expected| check(&[Format::XRay], &[("X-Amzn-Trace-Id", value)], expected);
    of(
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        expect!["5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 sampled"],
    );
    of(
        "Self=1-1-1; Sampled=?; Parent=53995c3f42cd8ad8; Root=1-5759e988-bd862e3fe1be46a994272793; Lineage=x",
        expect!["5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 unsampled"],
    );
    of("Root=1-5759e988-bd862e3fe1be46a994272793", expect![""]);
    of(
        "Root=2-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8",
        expect![
            "header x-amzn-trace-id has not the form Root=1-{8 hex digits}-{24};Parent={16};Sampled={0 or 1}"
        ],
    );
}

#[test]
fn baggage_keeps_what_it_can_read() {
    let of = |headers: &[(&str, &str)], expected| check(&[Format::Baggage], headers, expected);
    of(
        &[
            (
                "baggage",
                "userId=Am%C3%A9lie,serverNode = DF%2028 ;ttl=5 , bad member",
            ),
            ("Baggage", "userId=x,odd=%zz%ff"),
        ],
        expect![[r#"
            baggage userId="x" 
            baggage serverNode="DF 28" ttl=5
            baggage odd="%zz%ff" 
            header baggage has not the form key=value[;property],…"#]],
    );
    let many = (0..70).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
    let found = Propagator::default().extract(&[("baggage", many.as_str())][..]);
    assert_eq!((found.baggage.entries().len(), found.problems.len()), (64, 1));
}

#[test]
fn the_last_format_wins_and_a_bad_one_does_not_hide_a_good_one() {
    check(
        &[Format::TraceContext, Format::Jaeger],
        &[("traceparent", W3C), ("uber-trace-id", "1:2:0:0")],
        expect!["00000000000000000000000000000001 0000000000000002 unsampled"],
    );
    check(
        &[Format::TraceContext, Format::Jaeger],
        &[("traceparent", W3C), ("uber-trace-id", "junk")],
        expect![[r#"
            0af7651916cd43dd8448eb211c80319c b7ad6b7169203331 sampled
            header uber-trace-id has not the form {trace id}:{span id}:{parent id}:{flags} in hex"#]],
    );
    let not_text = [("traceparent", [0xff_u8])];
    let found = Propagator::default().extract(&not_text[..]);
    assert_eq!(found.problems[0].to_string(), "header traceparent is not text");
}

#[test]
fn what_each_format_writes_it_reads() {
    let mut context = SpanContext::new(
        TraceId::parse("5759e988bd862e3fe1be46a994272793").unwrap(),
        SpanId::parse("00c0ffee").unwrap(),
        TraceFlags::SAMPLED,
    );
    let mut baggage = Baggage::default();
    baggage.set("user", "Amélie, 100 %");
    let mut written = Vec::new();
    for format in Format::ALL {
        for sampled in [true, false] {
            context.flags = context.flags.with_sampled(sampled);
            context.trace_state = match format {
                Format::TraceContext => TraceState::from_header("a=1"),
                _ => TraceState::default(),
            };
            let propagator = Propagator::new([format]);
            let mut headers = Vec::new();
            propagator.inject(&context, &baggage, |name, value| {
                headers.push((name.to_owned(), value.to_owned()));
            });
            let read = propagator.extract(&headers[..]);
            assert!(read.problems.is_empty(), "{format:?}: {:?}", read.problems);
            match format {
                Format::Baggage => assert_eq!(read.baggage, baggage),
                _ => assert_eq!(read.context, Some(context.clone().remote()), "{format:?}"),
            }
            if sampled {
                written.extend(
                    headers
                        .into_iter()
                        .map(|(name, value)| format!("{name}: {value}")),
                );
            }
        }
    }
    expect![[r#"
        traceparent: 00-5759e988bd862e3fe1be46a994272793-0000000000c0ffee-01
        tracestate: a=1
        baggage: user=Am%C3%A9lie%2C%20100%20%25
        b3: 5759e988bd862e3fe1be46a994272793-0000000000c0ffee-1
        x-b3-traceid: 5759e988bd862e3fe1be46a994272793
        x-b3-spanid: 0000000000c0ffee
        x-b3-sampled: 1
        uber-trace-id: 5759e988bd862e3fe1be46a994272793:0000000000c0ffee:0:1
        uberctx-user: Am%C3%A9lie%2C%20100%20%25
        x-amzn-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Parent=0000000000c0ffee;Sampled=1"#]]
    .assert_eq(&written.join("\n"));
}

#[test]
fn an_unknown_name_says_which_there_are() {
    assert_eq!("b3multi".parse(), Ok(Format::B3Multi));
    assert_eq!(
        "B3".parse::<Format>().unwrap_err().to_string(),
        r#""B3" is no propagator: use one of tracecontext, baggage, b3, b3multi, jaeger, xray"#
    );
}

/// Any bytes may come in a header.
#[test]
fn random_values_are_read_without_a_panic() {
    let mut state = 1_u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let letters = b"0123456789abcdef-:;,=%x\xc3\xa9 dRootPaentSmpl";
    let names = [
        "traceparent",
        "tracestate",
        "baggage",
        "b3",
        "x-b3-traceid",
        "x-b3-spanid",
        "uber-trace-id",
        "uberctx-k",
        "x-amzn-trace-id",
    ];
    for _ in 0..20_000 {
        let headers: Vec<(&str, Vec<u8>)> = names
            .iter()
            .map(|name| {
                (
                    *name,
                    (0..next() % 80)
                        .map(|_| letters[next() % letters.len()])
                        .collect(),
                )
            })
            .collect();
        let _ = Propagator::new(Format::ALL).extract(&headers[..]);
    }
}
