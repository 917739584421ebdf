//! What a recorder appends is what a receiver reads, in either form.

#![allow(clippy::unwrap_used, clippy::panic)]

use expect_test::{Expect, expect};
use wakeful_model::intervals::{self, Interval};
use wakeful_model::{Kind, Resource, Scope, SpanBatch, SpanId, StatusCode, TraceId, Value};
use wakeful_wire::otlp::{
    Batch, Items, LogHead, Request, Signal, SpanHead, ValueRef, decode_json, encode_resource, encode_scope,
    request_to_json,
};

fn trace_id(number: u128) -> TraceId {
    TraceId::new(number).unwrap()
}

fn span_id(number: u64) -> SpanId {
    SpanId::new(number).unwrap()
}

fn head(name: &str) -> SpanHead<'_> {
    SpanHead {
        trace_id: trace_id(0x0af7),
        span_id: span_id(0xb7),
        parent_span_id: Some(span_id(0xb6)),
        trace_state: "vendor=1",
        flags: 0x101,
        name,
        kind: Kind::Server,
        start_unix_nanos: 1_700_000_000_000_000_000,
        end_unix_nanos: 1_700_000_000_000_000_900,
    }
}

const VALUES: [(&str, ValueRef<'static>); 7] = [
    ("text", ValueRef::Str("two\nlines \"quoted\"")),
    ("empty", ValueRef::Str("")),
    ("yes", ValueRef::Bool(true)),
    ("number", ValueRef::Int(-3)),
    ("ratio", ValueRef::Double(0.5)),
    ("none", ValueRef::Double(f64::NAN)),
    ("raw", ValueRef::Bytes(&[0, 255])),
];

fn full_span(items: &mut Items) {
    items.span(&head("GET /"), |span| {
        for (key, value) in VALUES {
            span.attributes().attribute(key, value);
        }
        span.attributes().texts("chain", ["first", ""].into_iter());
        let active = [Interval { start: 0, end: 10 }, Interval { start: 500, end: 900 }];
        span.intervals(&active, 3, 410, 490);
        span.dropped_attributes(1);
        span.event(1_700_000_000_000_000_100, "retry", |event| {
            event.attribute("attempt", ValueRef::Int(2));
            4
        });
        span.dropped_events(2);
        span.link(trace_id(7), span_id(8), "", 1, |link| {
            link.attribute("why", ValueRef::Str("follows"));
            0
        });
        span.dropped_links(3);
        span.status(StatusCode::Error, "declined");
    });
}

fn request(items: Items) -> Request {
    items.into_request(
        &encode_resource(|of| of.attribute("service.name", ValueRef::Str("shop"))),
        &encode_scope("wakeful", "1.0", |of| {
            of.attribute("wakeful.lost.spans", ValueRef::Int(5));
        }),
    )
}

fn read(request: &Request) -> SpanBatch {
    let batch = Batch::decode(request.as_ref().to_vec().into()).unwrap();
    let mut model = SpanBatch::default();
    let spans: Vec<_> = batch
        .rows()
        .iter()
        .filter_map(|row| batch.read_into(row, &mut model))
        .collect();
    model.spans = spans;
    model
}

fn check_json(signal: Signal, items: Items, expected: Expect) {
    let json = request_to_json(signal, request(items).as_ref()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    expected.assert_eq(&format!("{value:#}"));
}

#[test]
fn a_span_is_read_as_it_was_written() {
    let mut items = Items::default();
    full_span(&mut items);
    let batch = read(&request(items));
    let [span] = batch.spans.as_slice() else {
        panic!("{batch:?}")
    };
    assert_eq!(
        batch.resources,
        [Resource {
            attributes: vec![wakeful_model::Attribute::new("service.name", "shop")],
            ..Resource::default()
        }]
    );
    assert_eq!(
        batch.scopes,
        [Scope {
            name: "wakeful".to_owned(),
            version: "1.0".to_owned(),
            attributes: vec![wakeful_model::Attribute::new("wakeful.lost.spans", 5_i64)],
            ..Scope::default()
        }]
    );
    assert_eq!(span.name, "GET /");
    assert_eq!(span.parent_span_id, Some(span_id(0xb6)));
    assert_eq!(
        (span.flags, span.kind, span.trace_state.as_str()),
        (0x101, Kind::Server, "vendor=1")
    );
    assert_eq!(span.duration_nanos(), 900);
    assert_eq!(span.attributes.len(), 12);
    assert_eq!(
        span.attribute("chain"),
        Some(&Value::Array(vec!["first".into(), "".into()]))
    );
    assert_eq!(span.attribute("number"), Some(&Value::Int(-3)));
    assert_eq!(span.attribute(intervals::BUSY_KEY), Some(&Value::Int(410)));
    assert_eq!(span.attribute(intervals::IDLE_KEY), Some(&Value::Int(490)));
    assert_eq!(span.attribute(intervals::JOINED_KEY), Some(&Value::Int(3)));
    let Some(Value::Bytes(packed)) = span.attribute(intervals::KEY) else {
        panic!()
    };
    assert_eq!(
        intervals::unpack(packed).map(|i| i.end).collect::<Vec<_>>(),
        [10, 900]
    );
    assert_eq!(span.events[0].dropped_attributes_count, 4);
    assert_eq!(span.links[0].span_id, Some(span_id(8)));
    assert_eq!(
        (
            span.dropped_attributes_count,
            span.dropped_events_count,
            span.dropped_links_count
        ),
        (1, 2, 3)
    );
    assert_eq!(span.status.message, "declined");
}

#[test]
fn both_forms_say_the_same() {
    let mut items = Items::default();
    full_span(&mut items);
    items.span(&head(&"long".repeat(10_000)), |_| {});
    let request = request(items);
    let json = request_to_json(Signal::Traces, request.as_ref()).unwrap();
    let (from_json, rejected) = decode_json(json.as_bytes()).unwrap();
    assert_eq!(rejected.total(), 0);
    // NaN is not equal to itself, its text is.
    assert_eq!(format!("{from_json:?}"), format!("{:?}", read(&request)));
}

#[test]
fn a_resource_beyond_the_room_moves_the_spans() {
    let long = "x".repeat(5000);
    let mut items = Items::default();
    full_span(&mut items);
    let resource = encode_resource(|of| of.attribute("service.name", ValueRef::Str(&long)));
    let batch = read(&items.into_request(&resource, &encode_scope("", "", |_| {})));
    assert_eq!(batch.resources[0].service_name(), long);
    assert_eq!(batch.spans[0].name, "GET /");
}

#[test]
fn a_log_record_in_json() {
    let mut items = Items::default();
    let head = LogHead {
        time_unix_nanos: 1_700_000_000_000_000_000,
        observed_unix_nanos: 1_700_000_000_000_000_001,
        severity: 9,
        severity_text: "INFO",
        body: Some(ValueRef::Str("hello")),
        event_name: "greeting",
        span: Some((trace_id(1), span_id(2))),
        flags: 1,
    };
    items.log(&head, |log| {
        log.attribute("target", ValueRef::Str("shop"));
        6
    });
    check_json(
        Signal::Logs,
        items,
        expect![[r#"
            {
              "resourceLogs": [
                {
                  "resource": {
                    "attributes": [
                      {
                        "key": "service.name",
                        "value": {
                          "stringValue": "shop"
                        }
                      }
                    ]
                  },
                  "scopeLogs": [
                    {
                      "logRecords": [
                        {
                          "attributes": [
                            {
                              "key": "target",
                              "value": {
                                "stringValue": "shop"
                              }
                            }
                          ],
                          "body": {
                            "stringValue": "hello"
                          },
                          "droppedAttributesCount": 6,
                          "eventName": "greeting",
                          "flags": 1,
                          "observedTimeUnixNano": "1700000000000000001",
                          "severityNumber": 9,
                          "severityText": "INFO",
                          "spanId": "0000000000000002",
                          "timeUnixNano": "1700000000000000000",
                          "traceId": "00000000000000000000000000000001"
                        }
                      ],
                      "scope": {
                        "attributes": [
                          {
                            "key": "wakeful.lost.spans",
                            "value": {
                              "intValue": "5"
                            }
                          }
                        ],
                        "name": "wakeful",
                        "version": "1.0"
                      }
                    }
                  ]
                }
              ]
            }"#]],
    );
}

#[test]
fn what_is_no_request_is_refused() {
    for bytes in [&b"\x0a\x05ab"[..], b"\x0a\x04\x0a\x02\x0a\x05", b"\x08\x01"] {
        assert!(request_to_json(Signal::Traces, bytes).is_err(), "{bytes:?}");
    }
}
