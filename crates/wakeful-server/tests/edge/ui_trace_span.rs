//! Everything about one span: what it has from others, and what is too long to be sent at once.

use serde_json::{Value as Json, json};
use wakeful_server::Listener;

use crate::client::Answer;
use crate::server::TestServer;

const TRACE: &str = "0102030405060708090a0b0c0d0e0f10";

/// Bytes of a value that are sent at once.
const CUT_AT: usize = 64 << 10;

fn text(key: &str, value: &str) -> Json {
    json!({"key": key, "value": {"stringValue": value}})
}

fn span(id: u64, parent: u64, attributes: &[Json]) -> Json {
    let parent = if parent == 0 {
        String::new()
    } else {
        format!("{parent:016x}")
    };
    json!({
        "traceId": TRACE, "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": format!("span {id}"), "kind": 1,
        "startTimeUnixNano": (1_000 + id).to_string(), "endTimeUnixNano": "9000", "attributes": attributes,
    })
}

/// A server with spans that stand in the order of their ids.
async fn server(spans: Vec<Json>) -> TestServer {
    let server = TestServer::start().await;
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", "shop"), text("long", &"r".repeat(CUT_AT + 1))]},
        "scopeSpans": [{
            "scope": {"name": "library", "attributes": [text("long", &"s".repeat(CUT_AT + 2))]},
            "spans": spans,
        }],
    }]});
    let headers = [("content-type", "application/json")];
    let body = serde_json::to_vec(&body).unwrap();
    let answer = server
        .post(Listener::OtlpHttp, "/v1/traces", &headers, &body)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    server
}

async fn ask(server: &TestServer, question: &str) -> Answer {
    let path = format!("/api/ui/trace/{TRACE}/span/{question}");
    let answer = server.get(Listener::Query, &path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer
}

#[tokio::test]
async fn a_span_inherits_what_it_has_not_itself_from_the_nearest_that_has_it() {
    let server = server(vec![
        span(
            1,
            0,
            &[text("request_id", "7"), text("user", "root's"), text("url", "/")],
        ),
        span(
            2,
            1,
            &[
                text("user", "middle's"),
                json!({"key": "busy_ns", "value": {"intValue": "5"}}),
            ],
        ),
        span(3, 2, &[text("url", "/own")]),
        span(4, 1, &[text("sibling", "of no concern")]),
    ])
    .await;
    let inherited = async |row: u32| ask(&server, &row.to_string()).await.json()["inherited"].clone();
    assert_eq!(
        inherited(2).await,
        json!([
            {"from": {"row": 1, "name": "span 2"}, "key": "user", "type": "string", "value": "middle's"},
            {"from": {"row": 0, "name": "span 1"}, "key": "request_id", "type": "string", "value": "7"},
        ])
    );
    assert_eq!(inherited(0).await, json!([]));
    assert_eq!(ask(&server, "2/value?path=inherited/1").await.text(), "7");
    server.stop().await;
}

#[tokio::test]
async fn long_lists_are_continued() {
    let attributes: Vec<_> = (0..2_500)
        .map(|number| text(&format!("key {number}"), "v"))
        .collect();
    let events = (0..1_200).map(|number| json!({"timeUnixNano": "1500", "name": number.to_string()}));
    let mut long = span(1, 0, &attributes);
    long["events"] = events.collect();
    let exactly: Vec<_> = (0..1_000).map(|number| text(&number.to_string(), "v")).collect();
    let server = server(vec![long, span(2, 1, &exactly)]).await;
    let names = |list: &Json, name: &str| -> Vec<String> {
        let items = list.as_array().unwrap().iter();
        items
            .map(|item| item[name].as_str().unwrap().to_owned())
            .collect()
    };
    let (mut keys, mut events) = (Vec::new(), Vec::new());
    for from in ["", "?from=1000", "?from=2000", "?from=3000"] {
        let part = ask(&server, &format!("0{from}")).await.json();
        assert_eq!(
            (&part["attributesTotal"], &part["eventsTotal"]),
            (&2_500.into(), &1_200.into())
        );
        let (some_keys, some_events) = (names(&part["attributes"], "key"), names(&part["events"], "name"));
        assert!(some_keys.len() <= 1_000 && some_events.len() <= 1_000);
        keys.extend(some_keys);
        events.extend(some_events);
    }
    let count = |to: usize| 0..to;
    assert_eq!(
        keys,
        count(2_500)
            .map(|number| format!("key {number}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(
        events,
        count(1_200).map(|number| number.to_string()).collect::<Vec<_>>()
    );
    // What stands behind the first part has the same place in a path.
    assert_eq!(ask(&server, "0/value?path=attributes/2499").await.text(), "v");
    let whole = ask(&server, "1").await.json();
    assert_eq!(names(&whole["attributes"], "key").len(), 1_000);
    assert!(whole.get("attributesTotal").is_none() && whole.get("eventsTotal").is_none());
    server.stop().await;
}

#[tokio::test]
async fn long_values_are_cut_and_given_whole_on_demand() {
    // Two bytes each, the first of them at an odd place: a cut in the middle would not be text.
    let wide = format!("a{}", "é".repeat(CUT_AT / 2));
    let list = json!({"arrayValue": {"values": (0..40_000).map(|_| json!({"stringValue": "xyz"})).collect::<Vec<_>>()}});
    let map = json!({"kvlistValue": {"values": [text("long", &"m".repeat(CUT_AT)), text("left", "out")]}});
    let attributes = [
        text("fits", &"f".repeat(CUT_AT)),
        text("wide", &wide),
        json!({"key": "list", "value": list}),
        json!({"key": "map", "value": map}),
        // 80,000 bytes, in base64.
        json!({"key": "bytes", "value": {"bytesValue": "qqqq".repeat(80_000 / 3 + 1)}}),
    ];
    let mut long = span(1, 0, &attributes);
    let inner = |letter: &str| [text("short", "s"), text("long", &letter.repeat(CUT_AT + 3))];
    long["events"] = json!([{"timeUnixNano": "1500", "name": "e", "attributes": inner("e")}]);
    long["links"] = json!([{"traceId": TRACE, "spanId": "00000000000000aa", "attributes": inner("l")}]);
    let server = server(vec![long, span(2, 1, &[])]).await;
    let shown = ask(&server, "0").await.json();
    let attribute = |place: usize| &shown["attributes"][place];

    assert_eq!(attribute(0)["value"].as_str().unwrap().len(), CUT_AT);
    assert!(attribute(0).get("cut").is_none() && attribute(0).get("bytes").is_none());
    let check = async |found: &Json, row: u32, path: &str, whole: &str| {
        assert_eq!(
            (&found["cut"], &found["bytes"]),
            (&true.into(), &whole.len().into()),
            "{path}"
        );
        let beginning = found["value"].as_str().unwrap();
        assert!(
            beginning.len() <= CUT_AT && beginning.len() > CUT_AT - 2,
            "{path}"
        );
        assert!(whole.starts_with(beginning), "{path}");
        let answer = ask(&server, &format!("{row}/value?path={path}")).await;
        assert!(answer.text() == whole, "{path}: {} bytes", answer.body.len());
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    };
    check(attribute(1), 0, "attributes/1", &wide).await;
    check(attribute(4), 0, "attributes/4", &"aaaaaa".repeat(80_000 / 3 + 1)).await;
    check(
        &shown["events"][0]["attributes"][1],
        0,
        "events/0/attributes/1",
        &"e".repeat(CUT_AT + 3),
    )
    .await;
    check(
        &shown["links"][0]["attributes"][1],
        0,
        "links/0/attributes/1",
        &"l".repeat(CUT_AT + 3),
    )
    .await;
    check(&shown["resource"][1], 0, "resource/1", &"r".repeat(CUT_AT + 1)).await;
    check(
        &shown["scope"]["attributes"][0],
        0,
        "scope/attributes/0",
        &"s".repeat(CUT_AT + 2),
    )
    .await;
    let below = ask(&server, "1").await.json();
    check(&below["inherited"][1], 1, "inherited/1", &wide).await;

    // Lists and maps are cut between and within their items, and given whole as JSON.
    let items = attribute(2)["value"].as_array().unwrap();
    assert!(items.len() < 40_000 && attribute(2)["cut"] == true);
    let whole = ask(&server, "0/value?path=attributes/2").await.json();
    assert_eq!(whole, Json::from(vec!["xyz"; 40_000]));
    let entries = attribute(3)["value"].as_array().unwrap();
    assert_eq!((entries.len(), &attribute(3)["cut"]), (1, &true.into()));
    let whole = ask(&server, "0/value?path=attributes/3").await.json();
    assert_eq!(whole, json!({"long": "m".repeat(CUT_AT), "left": "out"}));
    server.stop().await;
}
