//! Spans that Jaeger's clients sent in Thrift, against what Jaeger says that they are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use wakeful_model::{Attribute, Resource, Span, SpanBatch, TraceId, WARNINGS_KEY};
use wakeful_wire::jaeger::{Protocol, decode_agent, decode_batch};
use wakeful_wire::otlp::{Rejected, decode_json};

fn decode(payload: &[u8], to: &str) -> SpanBatch {
    let (batch, rejected) = match to.split_whitespace().nth(1) {
        Some("6831") => decode_agent(payload, Protocol::Compact),
        Some("6832") => decode_agent(payload, Protocol::Binary),
        Some("14268") => decode_batch(payload),
        port => panic!("{port:?}"),
    }
    .unwrap();
    assert_eq!(rejected, Rejected::default());
    batch
}

/// Spans by their id, with their resources, in a form in which ours and Jaeger's are comparable.
type Comparable = BTreeMap<String, (Resource, Span)>;

fn comparable(batch: &SpanBatch, trace_id: TraceId) -> Comparable {
    let spans = batch.spans.iter().filter(|span| span.trace_id == trace_id);
    spans
        .map(|span| {
            let (mut resource, mut span) = (batch.resource(span).clone(), span.clone());
            // Jaeger moves what describes the SDK to the resource before it shows a span.
            let of_sdk = |attribute: &mut Attribute| attribute.key.starts_with("telemetry.");
            resource.attributes.extend(span.attributes.extract_if(.., of_sdk));
            // Jaeger sorts what it shows: attributes, and events too, by name.
            sort(&mut resource.attributes);
            sort(&mut span.attributes);
            span.attributes.retain(|attribute| attribute.key != WARNINGS_KEY);
            span.events
                .iter_mut()
                .for_each(|event| sort(&mut event.attributes));
            span.events.sort_by(|a, b| a.name.cmp(&b.name));
            // Jaeger 2.20.0 takes a span without duration for one with a negative duration.
            if span.end_unix_nanos == span.start_unix_nanos + 1 {
                span.end_unix_nanos = span.start_unix_nanos;
            }
            // It drops the sampled flag, which its later versions keep.
            span.flags = 0;
            (span.resource, span.scope) = (0, 0);
            (span.span_id.to_string(), (resource, span))
        })
        .collect()
}

fn sort(attributes: &mut [Attribute]) {
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
}

#[test]
fn spans_are_what_jaeger_says_they_are() {
    let mut compared = BTreeSet::new();
    for scenario in support::scenarios(|path| path.starts_with("jaeger/") && !path.contains("grpc-proto")) {
        let batches: Vec<_> = scenario
            .sent
            .iter()
            .map(|(payload, to)| decode(payload, to))
            .collect();
        for (request, answer) in &scenario.answered {
            let Some(id) = request
                .strip_prefix("GET /api/v3/traces/")
                .and_then(|id| TraceId::parse(id).ok())
            else {
                continue;
            };
            let answer = serde_json::to_vec(&answer["result"]).unwrap();
            let (theirs, rejected) = decode_json(&answer).unwrap();
            assert_eq!(rejected.total(), 0);
            let ours = batches
                .iter()
                .flat_map(|batch| comparable(batch, id))
                .collect::<Comparable>();
            let theirs = comparable(&theirs, id);
            assert!(!theirs.is_empty());
            let ids = |spans: &Comparable| spans.keys().cloned().collect::<Vec<_>>();
            assert_eq!(ids(&ours), ids(&theirs), "{}: {request}", scenario.name);
            for (ours, theirs) in ours.values().zip(theirs.values()) {
                assert_eq!(ours, theirs, "{}: {request}", scenario.name);
            }
            compared.insert(scenario.name.clone());
        }
    }
    assert_eq!(compared.len(), 10, "{compared:?}");
}

/// With `raw=true` Jaeger shows attributes in the order in which it stored them.
#[test]
fn attributes_are_in_jaegers_order() {
    let mut compared = 0;
    for scenario in support::scenarios(|path| path.starts_with("jaeger/") && !path.contains("grpc-proto")) {
        let batches: Vec<_> = scenario
            .sent
            .iter()
            .map(|(payload, to)| decode(payload, to))
            .collect();
        let spans: BTreeMap<_, _> = batches
            .iter()
            .flat_map(|batch| {
                batch
                    .spans
                    .iter()
                    .map(|span| (span.span_id.to_string(), (span, batch.resource(span))))
            })
            .collect();
        let raw = scenario
            .answered
            .iter()
            .filter(|(request, _)| request.ends_with("raw=true"));
        for theirs in raw.flat_map(|(_, answer)| answer["data"].as_array().into_iter().flatten()) {
            for span in theirs["spans"].as_array().unwrap() {
                let (ours, resource) = spans[span["spanID"].as_str().unwrap()];
                let what = format!("{}: {}", scenario.name, ours.name);
                assert_in_order(&ours.attributes, &span["tags"], &what);
                let process = &theirs["processes"][span["processID"].as_str().unwrap()];
                assert_in_order(&resource.attributes, &process["tags"], &what);
                compared += 1;
            }
        }
    }
    assert!(compared > 50, "{compared}");
}

fn assert_in_order(ours: &[Attribute], theirs: &Json, what: &str) {
    // The name of the service is not among the tags there, and theirs has some made up from other fields.
    let ours = ours
        .iter()
        .map(|attribute| attribute.key.as_str())
        .filter(|key| *key != "service.name");
    let ours: Vec<_> = ours.collect();
    let theirs = theirs
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["key"].as_str().unwrap());
    let theirs: Vec<_> = theirs.filter(|key| ours.contains(key)).collect();
    assert_eq!(ours, theirs, "{what}");
}

/// Writes the binary protocol's values one after another.
#[derive(Debug, Clone, Default)]
struct Binary(Vec<u8>);

impl Binary {
    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn field(self, kind: u8, id: u8) -> Self {
        self.raw(&[kind, 0, id])
    }

    fn i32(self, id: u8, value: i32) -> Self {
        self.field(8, id).raw(&value.to_be_bytes())
    }

    fn i64(self, id: u8, value: i64) -> Self {
        self.field(10, id).raw(&value.to_be_bytes())
    }

    fn text(self, id: u8, text: &[u8]) -> Self {
        self.field(11, id)
            .raw(&(text.len() as i32).to_be_bytes())
            .raw(text)
    }

    /// A list of structs, each of which gets its end.
    fn structs(self, id: u8, structs: &[Self]) -> Self {
        let list = self
            .field(15, id)
            .raw(&[12])
            .raw(&(structs.len() as i32).to_be_bytes());
        structs
            .iter()
            .fold(list, |list, each| list.raw(&each.0).raw(&[0]))
    }

    fn tag(key: &[u8], value: &[u8]) -> Self {
        Self::default().text(1, key).i32(2, 0).text(3, value)
    }

    fn span(trace_id: i64, span_id: i64) -> Self {
        let ids = Self::default()
            .i64(1, trace_id)
            .i64(2, 0)
            .i64(3, span_id)
            .i64(4, 0);
        ids.text(5, b"operation").i32(7, 1).i64(8, 1_000).i64(9, 5)
    }

    fn batch(process_tags: &[Self], spans: &[Self]) -> Self {
        let process = Self::default()
            .field(12, 1)
            .text(1, b"service")
            .structs(2, process_tags)
            .raw(&[0]);
        process.structs(2, spans).raw(&[0])
    }

    fn message(head: &[u8], batch: &Self) -> Vec<u8> {
        Self::default().raw(head).field(12, 1).raw(&batch.0).raw(&[0]).0
    }
}

const STRICT: &[u8] = b"\x80\x01\x00\x04\x00\x00\x00\x09emitBatch\x00\x00\x00\x00";

#[test]
fn a_message_may_be_strict_or_not_and_others_after_it_are_ignored() {
    let one = Binary::message(STRICT, &Binary::batch(&[], &[Binary::span(1, 2)]));
    let not_strict = b"\x00\x00\x00\x09emitBatch\x01\x00\x00\x00\x07";
    let other = Binary::message(not_strict, &Binary::batch(&[], &[Binary::span(1, 3)]));
    for (datagram, expected) in [
        (one.clone(), 2),
        (other.clone(), 3),
        ([one.clone(), other.clone()].concat(), 2),
        ([other, one].concat(), 3),
    ] {
        let (batch, _) = decode_agent(&datagram, Protocol::Binary).unwrap();
        assert_eq!(
            batch
                .spans
                .iter()
                .map(|span| span.span_id.get())
                .collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[test]
fn spans_with_zero_ids_are_counted_and_the_others_kept() {
    let batch = Binary::batch(
        &[],
        &[
            Binary::span(0, 1),
            Binary::span(1, 0),
            Binary::span(1, 1),
            Binary::span(0, 0),
        ],
    );
    let (batch, rejected) = decode_batch(&batch.0).unwrap();
    assert_eq!(
        (batch.spans.len(), rejected),
        (
            1,
            Rejected {
                bad_trace_id: 2,
                bad_span_id: 1
            }
        )
    );
}

#[test]
fn unknown_fields_are_passed_over() {
    let known = Binary::span(1, 2);
    let nested = |levels: usize| {
        Binary::default()
            .raw(&[12, 0, 1].repeat(levels))
            .raw(&vec![0; levels])
    };
    let (map, uuid) = (
        b"\x0b\x08\x00\x00\x00\x01\x00\x00\x00\x01k\x00\x00\x00\x05",
        [7; 16],
    );
    let unknown = known
        .clone()
        .field(13, 77)
        .raw(map)
        .field(16, 78)
        .raw(&uuid)
        .field(12, 79)
        .raw(&nested(60).0)
        .raw(&[0]);
    // A known id of another type is as good as unknown.
    let unknown = unknown
        .text(10, b"no list of tags")
        .field(14, 80)
        .raw(&[2, 0, 0, 0, 2, 1, 0]);
    let spans = |span: Binary| decode_batch(&Binary::batch(&[], &[span]).0).map(|(batch, _)| batch.spans);
    assert_eq!(spans(unknown).unwrap(), spans(known.clone()).unwrap());

    let error = spans(known.field(12, 79).raw(&nested(64).0).raw(&[0]))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("malformed Thrift: nested deeper than 64 levels at byte "),
        "{error}"
    );
}

#[test]
fn text_that_is_not_utf8_is_kept_as_bytes() {
    let bad = b"\xff\xfe";
    let span = Binary::span(1, 2)
        .structs(10, &[Binary::tag(b"k", bad), Binary::tag(bad, b"v")])
        .text(5, bad);
    let (batch, _) = decode_batch(&Binary::batch(&[Binary::tag(b"p", bad)], &[span]).0).unwrap();
    let span = &batch.spans[0];
    let bytes = |bytes: &[u8]| Some(wakeful_model::Value::Bytes(bytes.to_vec()));
    assert_eq!(span.attribute("k").cloned(), bytes(bad));
    assert_eq!(span.attribute("invalid-tag-key-1").cloned(), bytes(b"\xff\xfe:v"));
    assert_eq!(
        (span.name.as_str(), span.attribute("invalid-span-name").cloned()),
        ("invalid-span-name", bytes(bad))
    );
    assert_eq!(batch.resource(span).attribute("p").cloned(), bytes(bad));
    assert_eq!(span.warnings().count(), 4);
}

#[test]
fn times_out_of_range_are_the_nearest_in_range() {
    for (start, duration, expected) in [
        (1_000, 5, (1_000_000, 1_005_000)),
        (1_000, -5, (1_000_000, 995_000)),
        (-1, 0, (0, 0)),
        (i64::MAX, i64::MAX, (u64::MAX, u64::MAX)),
    ] {
        let span = Binary::span(1, 2).i64(8, start).i64(9, duration);
        let (batch, _) = decode_batch(&Binary::batch(&[], &[span]).0).unwrap();
        assert_eq!(
            (batch.spans[0].start_unix_nanos, batch.spans[0].end_unix_nanos),
            expected
        );
    }
}

#[test]
fn references_are_the_parent_and_links() {
    let reference = |kind, trace_id, span_id| {
        Binary::default()
            .i32(1, kind)
            .i64(2, trace_id)
            .i64(3, 0)
            .i64(4, span_id)
    };
    let check = |parent: i64, references: &[Binary], expected_parent: u64, expected_links: &[(u64, &str)]| {
        let span = Binary::span(1, 2).i64(4, parent).structs(6, references);
        let (batch, _) = decode_batch(&Binary::batch(&[], &[span]).0).unwrap();
        let span = &batch.spans[0];
        assert_eq!(
            span.parent_span_id.map_or(0, wakeful_model::SpanId::get),
            expected_parent
        );
        let links = span.links.iter().map(|link| {
            (
                link.span_id.unwrap().get(),
                link.attributes[0].value.as_str().unwrap(),
            )
        });
        assert_eq!(links.collect::<Vec<_>>(), expected_links);
    };
    let (child, follows) = ("child_of", "follows_from");
    check(0, &[], 0, &[]);
    check(9, &[reference(0, 1, 9)], 9, &[]);
    check(0, &[reference(1, 1, 8), reference(0, 1, 9)], 9, &[(8, follows)]);
    check(
        0,
        &[reference(1, 1, 8), reference(1, 1, 7)],
        8,
        &[(8, follows), (7, follows)],
    );
    check(0, &[reference(0, 5, 9)], 0, &[(9, child)]);
    check(9, &[reference(0, 1, 9), reference(0, 1, 8)], 9, &[(8, child)]);
}

#[test]
fn an_error_says_what_and_where() {
    let check = |datagram: &[u8], protocol, expected: &str| {
        let error = decode_agent(datagram, protocol).unwrap_err().to_string();
        assert_eq!(error, expected, "{datagram:?}");
    };
    use Protocol::{Binary as Fixed, Compact};
    let compact = |rest: &[u8]| [b"\x82\x81\x01\x09emitBatch", rest].concat();
    check(b"", Compact, "malformed Thrift: a number is cut off at byte 0");
    check(b"", Fixed, "malformed Thrift: a number is cut off at byte 0");
    check(
        b"hello",
        Compact,
        "malformed Thrift: not a message of the compact protocol at byte 0",
    );
    check(
        STRICT,
        Compact,
        "malformed Thrift: a binary message where a compact one belongs; send it to the binary port at byte 0",
    );
    check(
        &compact(b""),
        Fixed,
        "malformed Thrift: a compact message where a binary one belongs; send it to the compact port at byte 0",
    );
    check(
        b"\x82\x82\x01\x00",
        Compact,
        "malformed Thrift: unknown version of the compact protocol at byte 2",
    );
    check(
        &compact(b"\x00"),
        Compact,
        "malformed Thrift: emitBatch without its batch at byte 14",
    );
    check(
        &compact(b"\x1c\x00"),
        Compact,
        "malformed Thrift: a batch without its process at byte 15",
    );
    check(
        &compact(b"\x1c\x1c\x00"),
        Compact,
        "malformed Thrift: a process without its serviceName at byte 16",
    );
    check(
        &compact(b"\x1c\x1c\x18\x01s\x00\x19\xfc\xff\xff\xff\xff\x07"),
        Compact,
        "malformed Thrift: a container declares more elements than there are bytes at byte 26",
    );
    check(
        &compact(b"\x1c\x1c\x18\xff\xff\xff\xff\x0fs"),
        Compact,
        "malformed Thrift: a string is longer than what is left at byte 21",
    );
    check(
        &compact(b"\x1c\x1c\x18\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"),
        Compact,
        "malformed Thrift: a variable-length number is longer than ten bytes at byte 16",
    );
    check(
        b"\x82\x81\x01\x0femitZipkinBatch\x00",
        Compact,
        "the agent's method \"emitZipkinBatch\" is not supported; send Jaeger spans with emitBatch",
    );
    check(
        &Binary::message(
            STRICT,
            &Binary::default()
                .field(12, 1)
                .text(1, b"s")
                .raw(&[0])
                .field(15, 2)
                .raw(b"\x0c\x7f\xff\xff\xff"),
        ),
        Fixed,
        "malformed Thrift: a container declares more elements than there are bytes at byte 44",
    );
    check(
        &Binary::message(STRICT, &Binary::default().field(11, 3).raw(b"\xff\xff\xff\xff")),
        Fixed,
        "malformed Thrift: negative size at byte 27",
    );
}
