//! What a receiver makes of the datagrams.

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use expect_test::{Expect, expect};
use wakeful_model::{Kind, SpanId, StatusCode, TraceId};

use super::*;
use crate::jaeger::{Protocol, decode_agent};
use crate::otlp::{Items, SpanHead, SpanWriter, ValueRef, encode_resource, encode_scope};

fn head(name: &str) -> SpanHead<'_> {
    SpanHead {
        trace_id: TraceId::new(0xff00_0000_0000_0000).unwrap(),
        span_id: SpanId::new(u64::MAX).unwrap(),
        parent_span_id: SpanId::new(7),
        trace_state: "vendor=1",
        flags: 1,
        name,
        kind: Kind::Server,
        start_unix_nanos: 1_700_000_000_000_001_999,
        end_unix_nanos: 1_700_000_000_002_001_999,
    }
}

fn request(items: Items) -> Vec<u8> {
    let resource = encode_resource(|resource| {
        resource.attribute("service.name", ValueRef::Str("iox-conductor"));
        resource.attribute("hostname", ValueRef::Str("worker-1"));
    });
    let scope = encode_scope("wakeful", "1", |_| {});
    items.into_request(&resource, &scope).as_ref().to_vec()
}

fn span(write: impl FnOnce(&mut SpanWriter<'_>)) -> Vec<u8> {
    let mut items = Items::default();
    items.span(&head("query"), write);
    request(items)
}

/// What a receiver makes of the datagrams.
fn check(request: &[u8], expected: Expect) {
    let made = AgentEncoder::new(DATAGRAM_BYTES_MAX).encode(request);
    let mut lines = Vec::new();
    for datagram in &made.datagrams {
        let (batch, rejected) = decode_agent(&datagram.bytes, Protocol::Compact).unwrap();
        assert_eq!(rejected, crate::otlp::Rejected::default());
        assert_eq!(batch.spans.len() as u64, datagram.spans);
        let pairs = |attributes: &[wakeful_model::Attribute]| {
            let pairs = attributes.iter().map(|it| format!(" {}={:?}", it.key, it.value));
            pairs.collect::<String>()
        };
        lines.push(format!("process{}", pairs(&batch.resources[0].attributes)));
        for span in &batch.spans {
            lines.push(format!(
                "{} {} {} < {:?} {:?} {:?} {:?} {}+{}{}",
                span.name,
                span.trace_id,
                span.span_id,
                span.parent_span_id.map(|id| id.to_string()),
                span.kind,
                span.status.code,
                span.status.message,
                span.start_unix_nanos,
                span.end_unix_nanos - span.start_unix_nanos,
                pairs(&span.attributes),
            ));
            for event in &span.events {
                lines.push(format!(
                    "  event {:?} at {}{}",
                    event.name,
                    event.time_unix_nanos,
                    pairs(&event.attributes)
                ));
            }
            for link in &span.links {
                lines.push(format!("  link {:?} {:?}", link.trace_id, link.span_id));
            }
        }
    }
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn every_part_of_a_span_arrives() {
    let request = span(|out| {
        let attributes = &mut out.attributes();
        attributes.attribute("rows", ValueRef::Int(-3));
        attributes.attribute("ratio", ValueRef::Double(0.5));
        attributes.attribute("cached", ValueRef::Bool(false));
        attributes.attribute("bytes", ValueRef::Bytes(&[1, 2]));
        attributes.texts("tables", ["a", "b\""].into_iter());
        out.event(1_700_000_000_001_000_000, "parsed", |event| {
            event.attribute("tokens", ValueRef::Int(9));
            0
        });
        let linked = (TraceId::new(u128::MAX - 1).unwrap(), SpanId::new(1).unwrap());
        out.link(linked.0, linked.1, "", 0, |_| 0);
        out.status(StatusCode::Error, "no such table");
    });
    check(
        &request,
        expect![[r#"
        process service.name=String("iox-conductor") host.name=String("worker-1")
        query 0000000000000000ff00000000000000 ffffffffffffffff < Some("0000000000000007") Server Error "no such table" 1700000000000001000+2000000 bytes=Bytes([1, 2]) cached=Bool(false) tables=String("[\"a\",\"b\\\"\"]") rows=Int(-3) w3c.tracestate=String("vendor=1") ratio=Double(0.5)
          event "parsed" at 1700000000001000000 tokens=Int(9)
          link Some(TraceId(fffffffffffffffffffffffffffffffe)) Some(SpanId(0000000000000001))"#]],
    );
}

#[test]
fn a_status_does_not_take_the_place_of_a_tag() {
    let ok = span(|out| out.status(StatusCode::Ok, ""));
    check(
        &ok,
        expect![[r#"
        process service.name=String("iox-conductor") host.name=String("worker-1")
        query 0000000000000000ff00000000000000 ffffffffffffffff < Some("0000000000000007") Server Ok "" 1700000000000001000+2000000 ok=Bool(true) w3c.tracestate=String("vendor=1")"#]],
    );
    let set_by_hand = span(|out| {
        out.attributes().attribute("error", ValueRef::Str("mine"));
        out.status(StatusCode::Error, "");
    });
    check(
        &set_by_hand,
        expect![[r#"
        process service.name=String("iox-conductor") host.name=String("worker-1")
        query 0000000000000000ff00000000000000 ffffffffffffffff < Some("0000000000000007") Server Error "" 1700000000000001000+2000000 error=String("mine") w3c.tracestate=String("vendor=1")"#]],
    );
}

/// The first bytes of a packet that `opentelemetry-jaeger` sends.
#[test]
fn a_datagram_begins_as_other_clients_do() {
    let made = AgentEncoder::new(DATAGRAM_BYTES_MAX).encode(&span(|_| {}));
    let begins = b"\x82\x81\x01\x09emitBatch\x1c\x1c\x18\x0diox-conductor";
    assert_eq!(&made.datagrams[0].bytes[..begins.len()], begins);
}

#[test]
fn many_spans_take_many_datagrams() {
    let mut items = Items::default();
    for number in 0..2_000 {
        items.span(&head("query"), |out| {
            out.attributes().attribute("number", ValueRef::Int(number));
        });
    }
    let request = request(items);
    for max in [2_000, 65_000] {
        let made = AgentEncoder::new(max).encode(&request);
        assert!(made.datagrams.iter().all(|datagram| datagram.bytes.len() <= max));
        assert_eq!(
            made.datagrams.iter().map(|datagram| datagram.spans).sum::<u64>(),
            2_000
        );
        // None is smaller than it need be, but for the last.
        let all = &made.datagrams[..made.datagrams.len() - 1];
        assert!(
            all.iter().all(|datagram| datagram.bytes.len() > max - 200),
            "{max}"
        );
        assert_eq!((made.cut_spans, made.too_large_spans), (0, 0));
        let mut numbers = Vec::new();
        for datagram in &made.datagrams {
            let (batch, _) = decode_agent(&datagram.bytes, Protocol::Compact).unwrap();
            numbers.extend(
                batch
                    .spans
                    .iter()
                    .filter_map(|span| span.attribute("number").cloned()),
            );
        }
        assert!(numbers.into_iter().eq((0..2_000).map(wakeful_model::Value::Int)));
    }
}

/// What does not fit is cut, says so, and is counted; nothing takes others with it.
#[test]
fn large_spans_are_cut() {
    let check = |write: &dyn Fn(&mut SpanWriter<'_>), cut: u64, too_large: u64| {
        let mut items = Items::default();
        items.span(&head("before"), |_| {});
        items.span(&head("large"), |out| write(out));
        items.span(&head("behind"), |_| {});
        let made = AgentEncoder::new(DATAGRAM_BYTES_MAX).encode(&request(items));
        assert_eq!((made.cut_spans, made.too_large_spans), (cut, too_large));
        let spans: Vec<_> = made
            .datagrams
            .iter()
            .flat_map(|datagram| decode_agent(&datagram.bytes, Protocol::Compact).unwrap().0.spans)
            .collect();
        assert_eq!(spans.len() as u64, 3 - too_large);
        let large = spans.iter().find(|span| span.name == "large");
        large.and_then(|span| span.attribute("wakeful.cut_bytes").cloned())
    };
    let text = "é".repeat(50_000);
    let one = check(
        &|out| out.attributes().attribute("text", ValueRef::Str(&text)),
        1,
        0,
    );
    assert_eq!(one, Some(wakeful_model::Value::Int(100_000 - (16 << 10))));
    let binary = vec![0; 100_000];
    let one = check(
        &|out| out.attributes().attribute("binary", ValueRef::Bytes(&binary)),
        1,
        0,
    );
    assert_eq!(one, Some(wakeful_model::Value::Int(100_000)));
    let logs = check(
        &|out| (0..10_000).for_each(|_| out.event(1, "an event", |_| 0)),
        1,
        0,
    );
    assert!(matches!(logs, Some(wakeful_model::Value::Int(80_000..))));
    let keys: Vec<String> = (0..10_000).map(|number| format!("attribute-{number}")).collect();
    let none = check(
        &|out| {
            keys.iter()
                .for_each(|key| out.attributes().attribute(key, ValueRef::Int(1)));
        },
        0,
        1,
    );
    assert_eq!(none, None);
    let fits = check(
        &|out| out.attributes().attribute("text", ValueRef::Str(&text[..60_000])),
        0,
        0,
    );
    assert_eq!(fits, None);
}
