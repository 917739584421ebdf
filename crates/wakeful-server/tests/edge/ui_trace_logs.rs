//! The events of a trace page by page, and traces of which only a part is shown.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use wakeful_model::Span;
use wakeful_server::{Limits, Listener, ServerOptions};

use crate::server::{TestServer, options};
use crate::ui_trace::{Case, Columns, lines};

const TRACE: &str = "0102030405060708090a0b0c0d0e0f10";

/// 700 spans with five events each, of which many are at the same time.
fn with_events() -> Vec<u8> {
    let event = |span: u64, number: u64| {
        json!({
            "timeUnixNano": (1_000 + (span * 7 + number * 13) % 50).to_string(),
            "name": format!("{span}/{number}"),
            "attributes": [{"key": "level", "value": {"stringValue": "WARN"}}],
        })
    };
    let span = |span: u64| {
        json!({
            "traceId": TRACE, "spanId": format!("{:016x}", span + 1), "name": "s", "kind": 1,
            "startTimeUnixNano": (1_000 + span).to_string(), "endTimeUnixNano": "9000",
            "events": (0..5).map(|number| event(span, number)).collect::<Vec<_>>(),
        })
    };
    let spans: Vec<Json> = (0..700).map(span).collect();
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]});
    serde_json::to_vec(&body).unwrap()
}

/// The names of all events, a list for each page.
async fn pages(server: &TestServer) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/api/ui/trace/{TRACE}/logs?{cursor}");
        let lines = lines(&server.get(Listener::Query, &path).await);
        let (end, logs) = lines.split_last().unwrap();
        assert_eq!((&end["type"], &end["complete"]), (&"end".into(), &true.into()));
        assert!(
            logs.iter()
                .all(|log| log["type"] == "log" && log["level"] == "WARN")
        );
        pages.push(
            logs.iter()
                .map(|log| log["name"].as_str().unwrap().to_owned())
                .collect(),
        );
        match end["cursor"].as_str() {
            Some(next) => cursor = format!("cursor={next}"),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn pages_of_events_have_each_once() {
    let server = TestServer::start().await;
    let sent = with_events();
    let headers = [("content-type", "application/json")];
    // Roots in the order of their starts: the row is the span's number.
    let mut expected: Vec<(u64, u64, u64)> = (0..700)
        .flat_map(|span| (0..5).map(move |number| ((span * 7 + number * 13) % 50, span, number)))
        .collect();
    expected.sort_unstable();
    let expected: Vec<String> = expected
        .iter()
        .map(|(_, span, number)| format!("{span}/{number}"))
        .collect();
    // Once in the tail, then also in a segment, then also in another one.
    for _ in 0..3 {
        let answer = server
            .post(Listener::OtlpHttp, "/v1/traces", &headers, &sent)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let pages = pages(&server).await;
        let lengths: Vec<_> = pages.iter().map(Vec::len).collect();
        assert_eq!(lengths, [1_000, 1_000, 1_000, 500]);
        assert_eq!(pages.concat(), expected);
        server.store.flush().await.unwrap();
    }
    server.stop().await;
}

#[tokio::test]
async fn points_are_the_times_of_events_by_row() {
    let server = TestServer::start().await;
    let sent = with_events();
    let headers = [("content-type", "application/json")];
    for _ in ["in the tail", "also in a segment"] {
        server
            .post(Listener::OtlpHttp, "/v1/traces", &headers, &sent)
            .await;
        let path = format!("/api/ui/trace/{TRACE}/points?rows=3-4");
        let points = Columns::read(&server.get(Listener::Query, &path).await.body);
        let expected = [3_u64, 4].map(|span| {
            let times: BTreeSet<u64> = (0..5).map(|number| (span * 7 + number * 13) % 50).collect();
            times.into_iter().map(move |time| (span as u32, time as f64, 1))
        });
        let times = points.floats("time").into_iter();
        let found: Vec<_> = points
            .numbers("row")
            .into_iter()
            .zip(times)
            .zip(points.numbers("log"))
            .collect();
        let expected: Vec<_> = expected
            .into_iter()
            .flatten()
            .map(|(row, time, log)| ((row, time), log))
            .collect();
        assert_eq!(found, expected);
        server.store.flush().await.unwrap();
    }
    server.stop().await;
}

#[tokio::test]
async fn points_of_a_row_with_very_many_are_thinned_out_over_all_of_its_time() {
    let server = TestServer::start().await;
    let events = (0..100_000_u64)
        .map(|number| json!({"timeUnixNano": (1_000 + number * 10).to_string(), "name": "e"}));
    let span = json!({
        "traceId": TRACE, "spanId": "00000000000000aa", "name": "s", "kind": 1,
        "startTimeUnixNano": "1000", "endTimeUnixNano": "1001000", "events": events.collect::<Vec<_>>(),
    });
    let body = json!({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]});
    let headers = [("content-type", "application/json")];
    let answer = server
        .post(
            Listener::OtlpHttp,
            "/v1/traces",
            &headers,
            &serde_json::to_vec(&body).unwrap(),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let path = format!("/api/ui/trace/{TRACE}/points");
    let times = Columns::read(&server.get(Listener::Query, &path).await.body).floats("time");
    assert!((2_000..=2_049).contains(&times.len()), "{} points", times.len());
    assert_eq!(times.first(), Some(&0.0));
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] < 1_000.0), "no gap");
    assert!(times.last().is_some_and(|last| *last > 999_000.0));
    server.stop().await;
}

#[tokio::test]
async fn rows_are_found_by_span_ids() {
    let case = Case::start_with(options(), 300).await;
    let ids = case.get("/ids?rows=0,7,299").await.json();
    let ids: Vec<&str> = ids["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    let found = case
        .get(&format!("/rows?ids={},{},ffffffffffffffff", ids[2], ids[1]))
        .await
        .json();
    assert_eq!(found, json!({"rows": [299, 7, null]}));
    let path = format!("/api/ui/trace/{}/rows?ids=nonsense", case.id);
    let refused = case.server.get(Listener::Query, &path).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["parameter"]),
        (400, &json!("ids"))
    );
    case.server.stop().await;
}

/// The rows of spans, and the ids of those; `part` is `&part=…`, or empty.
async fn shown(case: &Case, columns: &Columns, part: &str) -> (Vec<u32>, BTreeSet<String>) {
    let is_placeholder = |flags: &u32| flags >> 14 & 1 == 1;
    let rows: Vec<u32> = (0..)
        .zip(&columns.numbers("flags"))
        .filter(|(_, flags)| !is_placeholder(flags))
        .map(|(row, _)| row)
        .collect();
    let mut ids = BTreeSet::new();
    for rows in rows.chunks(500) {
        let rows: Vec<String> = rows.iter().map(u32::to_string).collect();
        let path = format!("/ids?rows={}{part}", rows.join(","));
        let answer = case.get(&path).await.json();
        let answer = answer["ids"].as_array().unwrap().iter();
        ids.extend(answer.map(|id| id.as_str().unwrap().to_owned()));
    }
    (rows, ids)
}

#[tokio::test]
async fn of_a_part_of_a_trace_beyond_the_limit_all_is_shown_or_as_much_as_there_may_be() {
    let limits = Limits {
        trace_spans_max: 600,
        ..Limits::default()
    };
    let case = Case::start_with(ServerOptions { limits, ..options() }, 3_000).await;
    let mut spans: Vec<&Span> = case.sent.spans.iter().collect();
    spans.sort_by_key(|span| (span.start_unix_nanos, span.span_id));
    let check = async |from: u64, to: u64, said: &str| {
        let part = format!("&part={from}-{to}");
        let columns = Columns::read(&case.get(&format!("?{part}")).await.body);
        assert_eq!(columns.facts["message"], format!("600 of 3,000 spans: {said}"));
        let (_, ids) = shown(&case, &columns, &part).await;
        let ends = |span: &Span| span.start_unix_nanos + span.duration_nanos();
        let inside = spans
            .iter()
            .filter(|span| span.start_unix_nanos <= to && ends(span) >= from);
        let inside: Vec<String> = inside.map(|span| span.span_id.to_string()).collect();
        let there = inside.iter().filter(|id| ids.contains(*id)).count();
        assert_eq!(
            there,
            inside.len().min(450),
            "of the part, three quarters of the limit"
        );
        // Where the trace begins and ends stays.
        let (first, last) = (spans[0].span_id.to_string(), spans[2_999].span_id.to_string());
        assert!(ids.contains(&first) && ids.contains(&last));
    };
    let start = |place: usize| spans[place].start_unix_nanos;
    for _ in ["in the tail", "in a segment"] {
        let whole =
            "all of the part that was asked for; of the rest the earliest, the latest and the longest";
        check(start(1_500), start(1_600), whole).await;
        let cut = "of the part that was asked for, and of the rest, the earliest, the latest and the longest";
        check(start(500), start(2_500), cut).await;
        case.server.store.flush().await.unwrap();
    }
    let path = format!("/api/ui/trace/{}?part=7-1", case.id);
    let refused = case.server.get(Listener::Query, &path).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["parameter"]),
        (400, &json!("part"))
    );
    case.server.stop().await;
}

#[tokio::test]
async fn of_a_trace_beyond_the_limit_the_earliest_the_latest_and_the_longest_are_shown() {
    let limits = Limits {
        trace_spans_max: 600,
        ..Limits::default()
    };
    let case = Case::start_with(ServerOptions { limits, ..options() }, 3_000).await;
    let mut spans: Vec<&Span> = case.sent.spans.iter().collect();
    spans.sort_by_key(|span| (span.start_unix_nanos, span.span_id));
    let mut others = spans.split_off(200);
    let latest = others.split_off(others.len() - 200);
    others.sort_by_key(|span| std::cmp::Reverse(span.duration_nanos()));
    others.truncate(200);
    let kept: BTreeMap<String, &Span> = [spans, latest, others]
        .concat()
        .into_iter()
        .map(|span| (span.span_id.to_string(), span))
        .collect();
    for _ in ["in the tail", "in a segment"] {
        let columns = case.columns().await;
        assert_eq!(columns.facts["complete"], "false");
        assert_eq!(
            (&*columns.facts["cut"], &*columns.facts["orphans"]),
            ("true", "0")
        );
        assert!(columns.numbers("flags").iter().all(|flags| flags >> 6 & 1 == 0));
        assert_eq!(
            columns.facts["message"],
            "600 of 3,000 spans: the earliest, the latest and the longest"
        );
        assert_eq!(columns.facts["spans"], "600");
        let (rows, ids) = shown(&case, &columns, "").await;
        assert_eq!(ids, kept.keys().cloned().collect());
        // Only rows that are there are found.
        let found = Columns::read(&case.get("/find?q=upstream").await.body).numbers("row");
        assert!(!found.is_empty() && found.iter().all(|row| rows.contains(row)));
        let row = rows[300];
        let span = case.get(&format!("/span/{row}")).await.json();
        assert_eq!(span["name"], kept[span["spanId"].as_str().unwrap()].name);
        case.server.store.flush().await.unwrap();
    }
    case.server.stop().await;
}
