//! OTLP in JSON: of real clients, of clients with odd values, and of nobody.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

mod support;

use std::fmt::Write as _;

use wakeful_model::{Attribute, Span, SpanBatch, TraceId, Value};
use wakeful_wire::inflate::{Encoding, inflate};
use wakeful_wire::otlp::{Rejected, decode_json};

/// What real clients sent is what Jaeger says that they sent.
#[test]
fn spans_are_what_jaeger_says_they_are() {
    let mut compared = 0;
    for scenario in support::scenarios(|path| path.contains("http-json") && path.ends_with("-traces.bin")) {
        let sent: Vec<_> = scenario
            .sent
            .iter()
            .map(|(payload, _)| decode_json(payload).unwrap().0)
            .collect();
        for (request, answer) in &scenario.answered {
            let id = request
                .strip_prefix("GET /api/v3/traces/")
                .and_then(|id| TraceId::parse(id).ok());
            let Some(id) = id else { continue };
            let (theirs, _) = decode_json(&serde_json::to_vec(&answer["result"]).unwrap()).unwrap();
            let ours: Vec<_> = sent.iter().flat_map(|batch| shown(batch, id)).collect();
            for span in shown(&theirs, id) {
                assert!(
                    ours.contains(&span),
                    "{}: {request}\n{span}\nis not among\n{ours:#?}",
                    scenario.name
                );
                compared += 1;
            }
            assert_eq!(
                ours.len(),
                shown(&theirs, id).len(),
                "{}: {request}",
                scenario.name
            );
        }
    }
    assert!(compared >= 25, "{compared}");
}

/// The spans of a trace with their resources and scopes, in a form in which ours and Jaeger's are comparable.
fn shown(batch: &SpanBatch, trace_id: TraceId) -> Vec<String> {
    let spans = batch.spans.iter().filter(|span| span.trace_id == trace_id);
    spans
        .map(|span| {
            let (mut resource, mut scope) = (batch.resource(span).clone(), batch.scope(span).clone());
            let mut span = span.clone();
            // Jaeger sorts what it shows, repeats warnings, and leaves out schemas.
            sort(&mut resource.attributes);
            sort(&mut scope.attributes);
            sort(&mut span.attributes);
            span.attributes
                .retain(|attribute| attribute.key != wakeful_model::WARNINGS_KEY);
            span.events
                .iter_mut()
                .for_each(|event| sort(&mut event.attributes));
            span.events.sort_by(|a, b| a.name.cmp(&b.name));
            span.links.iter_mut().for_each(|link| sort(&mut link.attributes));
            (resource.schema_url, scope.schema_url) = (String::new(), String::new());
            // Jaeger 2.20.0 takes a span without duration for one with a negative duration.
            if span.end_unix_nanos == span.start_unix_nanos + 1 {
                span.end_unix_nanos = span.start_unix_nanos;
            }
            (span.resource, span.scope) = (0, 0);
            format!("{span:?} {resource:?} {scope:?}")
        })
        .collect()
}

fn sort(attributes: &mut [Attribute]) {
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
}

#[test]
fn every_captured_request_is_read_whole() {
    for (path, payload) in support::payloads(&["http-json"]) {
        if !path.ends_with("-traces.bin") {
            continue;
        }
        let encoding = if path.contains("gzip") {
            Encoding::Gzip
        } else {
            Encoding::Identity
        };
        let payload = inflate(encoding, payload.into(), 1 << 20).unwrap();
        let (batch, rejected) = decode_json(&payload).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(rejected, Rejected::default(), "{path}");
        assert!(!batch.spans.is_empty(), "{path}");
        for span in &batch.spans {
            assert!(!batch.resource(span).service_name().is_empty(), "{path}");
            assert!(!span.name.is_empty() && span.start_unix_nanos > 0, "{path}");
        }
    }
}

fn with_value(value: &str) -> Value {
    let body = span(&format!(r#""attributes":[{{"key":"k","value":{value}}}]"#));
    let (mut batch, _) = decode_json(body.as_bytes()).unwrap_or_else(|error| panic!("{value}: {error}"));
    batch.spans.remove(0).attributes.remove(0).value
}

/// A request with one span of those fields and ids.
fn span(fields: &str) -> String {
    let ids = r#""traceId":"0AF7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331""#;
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{ids},{fields}}}]}}]}}]}}"#)
}

#[test]
fn a_value_is_kept_however_it_is_written() {
    let check = |value: &str, expected: Value| {
        // NaN is not equal to itself, so texts are compared.
        assert_eq!(
            format!("{:?}", with_value(value)),
            format!("{expected:?}"),
            "{value}"
        );
    };
    check("null", Value::Empty);
    check("{}", Value::Empty);
    check(r#"{"unknownValue":[1,{"a":2}]}"#, Value::Empty);
    check(r#"{"stringValue":"a\u00e9\n"}"#, "aé\n".into());
    check(r#"{"stringValue":"cut \ud83d"}"#, "cut \u{fffd}".into());
    check(r#"{"string_value":"old"}"#, "old".into());
    check(r#"{"stringValue":5}"#, Value::Int(5));
    check(r#"{"stringValue":null}"#, Value::Empty);
    check(r#"{"boolValue":true}"#, true.into());
    check(r#"{"boolValue":"false"}"#, false.into());
    check(r#"{"boolValue":"perhaps"}"#, "perhaps".into());
    check(r#"{"intValue":"-9223372036854775808"}"#, Value::Int(i64::MIN));
    check(r#"{"intValue":9223372036854775807}"#, Value::Int(i64::MAX));
    check(
        r#"{"intValue":9223372036854775808}"#,
        Value::Double(9_223_372_036_854_775_808.0),
    );
    check(
        r#"{"intValue":"9223372036854775808"}"#,
        Value::Double(9_223_372_036_854_775_808.0),
    );
    check(r#"{"intValue":1.7976931348623157e+308}"#, Value::Double(f64::MAX));
    check(
        r#"{"intValue":-9223372036854775809}"#,
        Value::Double(-9_223_372_036_854_775_808.0),
    );
    check(r#"{"intValue":2e3}"#, Value::Int(2000));
    check(r#"{"intValue":1.5}"#, Value::Double(1.5));
    check(r#"{"intValue":"many"}"#, "many".into());
    check(r#"{"intValue":null}"#, Value::Empty);
    check(r#"{"doubleValue":1}"#, Value::Double(1.0));
    check(r#"{"doubleValue":"2.5"}"#, Value::Double(2.5));
    check(r#"{"doubleValue":"NaN"}"#, Value::Double(f64::NAN));
    check(r#"{"doubleValue":"-Infinity"}"#, Value::Double(f64::NEG_INFINITY));
    check(r#"{"doubleValue":null}"#, Value::Empty);
    check(r#"{"bytesValue":"AAH+/w=="}"#, Value::Bytes(vec![0, 1, 254, 255]));
    check(r#"{"bytesValue":"AAH-_w"}"#, Value::Bytes(vec![0, 1, 254, 255]));
    check(r#"{"bytesValue":"not base64!"}"#, "not base64!".into());
    check(r#"{"arrayValue":{}}"#, Value::Array(Vec::new()));
    check(
        r#"{"arrayValue":{"values":[{"intValue":"1"},{},{"stringValue":"x"}]}}"#,
        Value::Array(vec![Value::Int(1), Value::Empty, "x".into()]),
    );
    check(
        r#"{"kvlistValue":{"values":[{"key":"a","value":{"boolValue":true}},{"key":"b"}]}}"#,
        Value::Map(vec![Attribute::new("a", true), Attribute::new("b", Value::Empty)]),
    );
}

#[test]
fn nesting_ends_at_a_depth_and_the_rest_is_kept() {
    for (open, close) in [
        (r#"{"arrayValue":{"values":["#, "]}}"),
        (r#"{"kvlistValue":{"values":[{"key":"k","value":"#, "}]}}"),
    ] {
        let mut nested = with_value(&format!("{}{{}}{}", open.repeat(10_000), close.repeat(10_000)));
        let mut depth = 0;
        nested = loop {
            depth += 1;
            nested = match nested {
                Value::Array(mut items) => items.remove(0),
                Value::Map(mut entries) => entries.remove(0).value,
                inner => break inner,
            };
        };
        assert_eq!((depth, nested), (25, "<nested deeper than 24 levels>".into()));
    }
}

#[test]
fn a_span_is_read_however_it_is_written() {
    let check = |fields: &str, show: &dyn Fn(&Span) -> String, expected: &str| {
        let (batch, rejected) =
            decode_json(span(fields).as_bytes()).unwrap_or_else(|error| panic!("{fields}: {error}"));
        assert_eq!(rejected, Rejected::default(), "{fields}");
        assert_eq!(show(&batch.spans[0]), expected, "{fields}");
    };
    let times = |span: &Span| format!("{} {}", span.start_unix_nanos, span.end_unix_nanos);
    check(
        r#""startTimeUnixNano":"1","endTimeUnixNano":18446744073709551615"#,
        &times,
        "1 18446744073709551615",
    );
    check(
        r#""start_time_unix_nano":1.5e9,"endTimeUnixNano":"-1""#,
        &times,
        "1500000000 0",
    );
    check(
        r#""startTimeUnixNano":null,"endTimeUnixNano":{"low":1}"#,
        &times,
        "0 0",
    );
    let kind = |span: &Span| format!("{:?}", span.kind);
    check(r#""kind":2"#, &kind, "Server");
    check(r#""kind":"SPAN_KIND_CONSUMER""#, &kind, "Consumer");
    check(r#""kind":"3""#, &kind, "Client");
    check(r#""kind":99"#, &kind, "Unspecified");
    check(r#""kind":"SPAN_KIND_ODD""#, &kind, "Unspecified");
    let status = |span: &Span| format!("{:?} {:?}", span.status.code, span.status.message);
    check(
        r#""status":{"code":2,"message":"why"}"#,
        &status,
        r#"Error "why""#,
    );
    check(
        r#""status":{"code":"STATUS_CODE_OK","later":[]}"#,
        &status,
        r#"Ok """#,
    );
    check(r#""status":null"#, &status, r#"Unset """#);
    let parent = |span: &Span| format!("{:?} {}", span.parent_span_id, span.warnings().count());
    check(
        r#""parentSpanId":"00F067AA0BA902B7""#,
        &parent,
        "Some(SpanId(00f067aa0ba902b7)) 0",
    );
    check(r#""parentSpanId":"""#, &parent, "None 0");
    check(r#""parentSpanId":"0000000000000000""#, &parent, "None 0");
    check(r#""parentSpanId":"xyz""#, &parent, "None 1");
    let rest = |span: &Span| {
        let counts = [
            span.dropped_attributes_count,
            span.dropped_events_count,
            span.dropped_links_count,
        ];
        format!("{} {} {counts:?}", span.trace_state, span.flags)
    };
    let counts = r#""droppedAttributesCount":1,"droppedEventsCount":"2","dropped_links_count":99999999999"#;
    check(
        &format!(r#""traceState":"a=b","flags":257,{counts}"#),
        &rest,
        "a=b 257 [1, 2, 4294967295]",
    );
    let events = |span: &Span| format!("{:?}", span.events);
    check(
        r#""events":[{"timeUnixNano":"7","name":"e","attributes":null,"droppedAttributesCount":3},null]"#,
        &events,
        "[Event { time_unix_nanos: 7, name: \"e\", attributes: [], dropped_attributes_count: 3 }, \
         Event { time_unix_nanos: 0, name: \"\", attributes: [], dropped_attributes_count: 0 }]",
    );
    let links = |span: &Span| {
        format!(
            "{:?}",
            span.links
                .iter()
                .map(|l| (l.trace_id, l.span_id))
                .collect::<Vec<_>>()
        )
    };
    check(
        r#""links":[{"traceId":"0AF7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"},{"spanId":"?"}]"#,
        &links,
        "[(Some(TraceId(0af7651916cd43dd8448eb211c80319c)), Some(SpanId(b7ad6b7169203331))), (None, None)]",
    );
}

#[test]
fn a_bad_id_costs_its_span_alone() {
    let mut spans = String::new();
    for (trace_id, span_id) in [
        (r#""00000000000000000000000000000001""#, r#""0000000000000001""#),
        (r#""00000000000000000000000000000000""#, r#""0000000000000001""#),
        (r#""1""#, r#""0000000000000001""#),
        (r#""g0000000000000000000000000000001""#, r#""0000000000000001""#),
        (r#""00000000000000000000000000000001""#, r#""""#),
        (r#""00000000000000000000000000000001""#, "1"),
        (r#""00000000000000000000000000000001""#, r#""0000000000000002""#),
    ] {
        write!(spans, r#"{{"traceId":{trace_id},"spanId":{span_id}}},"#).unwrap();
    }
    let body = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#,
        spans.trim_end_matches(',')
    );
    let (batch, rejected) = decode_json(body.as_bytes()).unwrap();
    assert_eq!(
        rejected,
        Rejected {
            bad_trace_id: 3,
            bad_span_id: 2
        }
    );
    assert_eq!(
        batch
            .spans
            .iter()
            .map(|span| span.span_id.get())
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn a_resource_may_follow_its_spans() {
    let ids = r#""traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331""#;
    let entry = |name: &str| {
        format!(
            r#"{{"scopeSpans":[{{"spans":[{{{ids}}}],"schemaUrl":"s","scope":{{"name":"{name}","version":"1"}}}},null],
                "schemaUrl":"r","resource":{{"droppedAttributesCount":4,
                "attributes":[{{"key":"service.name","value":{{"stringValue":"{name}"}}}}]}}}}"#
        )
    };
    let body = format!(
        r#"{{"later":{{"a":[1]}},"resourceSpans":[{},{}]}}"#,
        entry("one"),
        entry("two")
    );
    let (batch, _) = decode_json(body.as_bytes()).unwrap();
    let of = |span| {
        let (resource, scope) = (batch.resource(span), batch.scope(span));
        assert_eq!(
            (resource.dropped_attributes_count, resource.schema_url.as_str()),
            (4, "r")
        );
        assert_eq!((scope.version.as_str(), scope.schema_url.as_str()), ("1", "s"));
        (resource.service_name(), scope.name.as_str())
    };
    assert_eq!(
        batch.spans.iter().map(of).collect::<Vec<_>>(),
        [("one", "one"), ("two", "two")]
    );
}

#[test]
fn an_error_says_where() {
    let check = |body: &str, expected: &str| {
        let error = decode_json(body.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, format!("malformed OTLP JSON: {expected}"), "{body}");
    };
    check("", "EOF while parsing a value at line 1 column 0");
    check(
        "[]",
        "invalid type: sequence, expected an ExportTraceServiceRequest (an object) at line 1 column 2",
    );
    check("{} x", "trailing characters at line 1 column 4");
    check(
        "{\n\"resourceSpans\": [{\"scopeSpans\": 5}]}",
        "invalid type: integer `5`, expected a list of scopeSpans at line 2 column 34",
    );
    check(
        r#"{"resourceSpans":[{"resource":"me"}]}"#,
        r#"invalid type: string "me", expected a resource (an object) at line 1 column 34"#,
    );
    check(
        r#"{"resourceSpans":[{"#,
        "EOF while parsing an object at line 1 column 19",
    );
    check(r#"{"x":"\ud800\q"}"#, "invalid escape at line 1 column 14");
}

#[test]
fn a_huge_string_is_one_value() {
    let text = "é\\n".repeat(1_000_000);
    assert_eq!(
        with_value(&format!(r#"{{"stringValue":"{text}"}}"#)),
        "é\n".repeat(1_000_000).into()
    );
}
