//! The search page's half of its API, over real sockets.

use std::io::Cursor;

use arrow_array::cast::AsArray;
use arrow_array::types::UInt32Type;
use arrow_ipc::reader::StreamReader;
use expect_test::expect;
use serde_json::{Value as Json, json};
use wakeful_server::Listener;

use crate::client::{self, Answer};
use crate::server::TestServer;

const NOW: u64 = 1_795_248_471_000_000_000;

/// A span in OTLP's JSON.
fn span(trace: u32, span: u32, parent: u32, name: &str, start: u64, nanos: u64, failed: bool) -> Json {
    let parent = if parent == 0 {
        String::new()
    } else {
        format!("{parent:016x}")
    };
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "parentSpanId": parent, "name": name,
        "startTimeUnixNano": (NOW + start).to_string(), "endTimeUnixNano": (NOW + start + nanos).to_string(),
        "status": if failed { json!({"code": 2}) } else { json!({}) },
        "attributes": [
            {"key": "http.status_code", "value": {"intValue": if failed { "500" } else { "200" }}},
            {"key": "number", "value": {"intValue": trace.to_string()}},
        ],
    })
}

/// Five traces of `shop`: the n-th began n seconds after [`NOW`], took 6 - n ms, and has n spans.
async fn with_five() -> TestServer {
    let server = TestServer::start().await;
    let mut spans = Vec::new();
    for n in 1..=5_u32 {
        let start = u64::from(n) * 1_000_000_000;
        for id in 1..=n {
            let (parent, nanos) = if id == 1 {
                (0, (6 - u64::from(n)) * 1_000_000)
            } else {
                (1, 1000)
            };
            let name = if id == 1 {
                format!("op-{}", 6 - n)
            } else {
                "child".to_owned()
            };
            spans.push(span(n, 16 * n + id, parent, &name, start, nanos, n == 2));
        }
    }
    // The root's id is 1 above, so that children find it.
    for span in &mut spans {
        if span["parentSpanId"] == "" {
            span["spanId"] = json!("0000000000000001");
        }
    }
    let body = json!({"resourceSpans": [{
        "resource": {"attributes": [
            {"key": "service.name", "value": {"stringValue": "shop"}},
            {"key": "host.name", "value": {"stringValue": "one"}},
        ]},
        "scopeSpans": [{"spans": spans}],
    }]});
    let headers = [("content-type", "application/json")];
    let answer = server
        .post(
            Listener::OtlpHttp,
            "/v1/traces",
            &headers,
            body.to_string().as_bytes(),
        )
        .await;
    assert_eq!(answer.status, 200);
    server
}

async fn get(server: &TestServer, path: &str) -> Answer {
    server.get(Listener::Query, &format!("/api/ui/{path}")).await
}

async fn lines(server: &TestServer, path: &str) -> (Vec<Json>, Json) {
    let answer = get(server, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let mut lines: Vec<Json> = answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Json| line["type"] != "progress")
        .collect();
    let end = lines.pop().unwrap();
    assert_eq!(end["type"], "end");
    (lines, end)
}

/// The last digits of the ids.
fn ids(traces: &[Json]) -> String {
    let id = |trace: &Json| trace["id"].as_str().unwrap()[31..].to_owned();
    traces.iter().map(id).collect()
}

#[tokio::test]
async fn every_order_goes_on_where_a_page_ended() {
    let server = with_five().await;
    for state in ["in the tail", "in a segment"] {
        let check = async |sort: &str, expected: &str| {
            let (first, end) = lines(&server, &format!("search?service=shop&sort={sort}&limit=2")).await;
            assert_eq!(end["truncated"], true, "{sort} {state}");
            let cursor = end["cursor"].as_str().unwrap();
            let (rest, end) = lines(
                &server,
                &format!("search?service=shop&sort={sort}&limit=4&cursor={cursor}"),
            )
            .await;
            assert_eq!(ids(&first) + &ids(&rest), expected, "{sort} {state}");
            assert_eq!((end.get("cursor"), &end["truncated"]), (None, &json!(false)));
            let matches = (sort != "newest").then(|| json!(5));
            assert_eq!(end.get("matches"), matches.as_ref(), "{sort}");
        };
        check("newest", "54321").await;
        check("oldest", "12345").await;
        check("longest", "12345").await;
        check("shortest", "54321").await;
        check("most-spans", "54321").await;
        check("least-spans", "12345").await;
        check("most-errors", "21345").await;
        check("least-errors", "13452").await;
        check("name", "54321").await;
        check("name-desc", "12345").await;
        server.store.flush().await.unwrap();
    }
    server.stop().await;
}

#[tokio::test]
async fn traceql_boxes_and_explanations() {
    let server = with_five().await;
    let traceql = "search?q=%7B%20status%20%3D%20error%20%26%26%20duration%20%3E%201ms%20%7D";
    let (traces, end) = lines(&server, traceql).await;
    assert_eq!(ids(&traces), "2");
    assert_eq!(end["query"], "{ status = error && duration >= 1000001ns }");

    let (start, end) = (NOW + 2_000_000_000, NOW + 4_000_000_000);
    let (traces, _) = lines(&server, &format!("search?box={start},{end},3000000,9000000")).await;
    assert_eq!(ids(&traces), "32");

    let (traces, end) = lines(
        &server,
        "search?service=shop&tag=number:9&minDuration=1ms&explain=1",
    )
    .await;
    assert_eq!(ids(&traces), "");
    assert_eq!(end["explain"], json!([{"drop": "tags.number", "traces": 5}]));
    let (_, end) = lines(&server, "search?service=shop&explain=1").await;
    assert_eq!(end.get("explain"), None);

    let wrong = get(&server, "search?q=%7B%20name%20!%3D%20%22x%22%20%7D").await;
    assert_eq!(wrong.status, 400);
    expect![[r#"{"error":{"message":"name can be compared by = alone","parameter":"q","column":8}}"#]]
        .assert_eq(wrong.text());
    server.stop().await;
}

#[tokio::test]
async fn heat_counts_all_matches() {
    let server = with_five().await;
    let (start, end) = (NOW / 1000, (NOW + 10_000_000_000) / 1000);
    let answer = get(
        &server,
        &format!("search/heat?service=shop&start={start}&end={end}&limit=1&x=10&y=4"),
    )
    .await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        "application/vnd.apache.arrow.stream"
    );
    let reader = StreamReader::try_new(Cursor::new(&answer.body), None).unwrap();
    let facts = reader.schema().metadata().clone();
    assert_eq!(
        (
            facts["traces"].as_str(),
            facts["minNanos"].as_str(),
            facts["maxNanos"].as_str()
        ),
        ("5", "1000000", "5000000")
    );
    assert_eq!((facts["complete"].as_str(), facts.get("message")), ("true", None));
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let sum = |column: &str| -> u32 {
        let columns = batches.iter().map(|batch| batch.column_by_name(column).unwrap());
        columns
            .flat_map(|array| array.as_primitive::<UInt32Type>().values().iter().copied())
            .sum()
    };
    assert_eq!((sum("count"), sum("errors")), (5, 1));
    assert_eq!(get(&server, "search/heat?x=0").await.status, 400);
    server.stop().await;
}

#[tokio::test]
async fn names_and_values_are_completed() {
    let server = with_five().await;
    for _ in ["in the tail", "in a segment"] {
        let keys = get(&server, "attributes?prefix=H&service=shop").await;
        expect![[
            r#"{"attributes":[{"key":"http.status_code","scope":"span"},{"key":"host.name","scope":"resource"}]}"#
        ]]
        .assert_eq(keys.text());
        let values = get(&server, "attribute-values?key=http.status_code").await;
        expect![[r#"{"values":["200","500"],"complete":true}"#]].assert_eq(values.text());
        let values = get(&server, "attribute-values?key=host.name&prefix=ON").await;
        expect![[r#"{"values":["one"],"complete":true}"#]].assert_eq(values.text());
        let values = get(&server, "attribute-values?key=number&service=nobody").await;
        expect![[r#"{"values":[],"complete":true}"#]].assert_eq(values.text());
        server.store.flush().await.unwrap();
    }
    assert_eq!(get(&server, "attribute-values").await.status, 400);
    server.stop().await;
}

#[tokio::test]
async fn pasted_ids_are_found() {
    let server = TestServer::start().await;
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let recent = json!({"resourceSpans": [{"scopeSpans": [{"spans": [{
        "traceId": "000000000000000000000000000000aa", "spanId": "00000000000000bb", "name": "pay",
        "startTimeUnixNano": now.to_string(), "endTimeUnixNano": now.to_string(),
        "attributes": [{"key": "jaeger-debug-id", "value": {"stringValue": "my-bug"}}],
    }]}]}]});
    let headers = [("content-type", "application/json")];
    server
        .post(
            Listener::OtlpHttp,
            "/v1/traces",
            &headers,
            recent.to_string().as_bytes(),
        )
        .await;
    for _ in ["in the tail", "in a segment"] {
        let kind = async |id: &str| {
            let answer = get(&server, &format!("lookup?id={id}")).await.json();
            let hits = answer["hits"].as_array().unwrap().clone();
            hits.iter()
                .map(|hit| {
                    format!(
                        "{} {}",
                        hit["kind"].as_str().unwrap(),
                        hit["operation"].as_str().unwrap()
                    )
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(kind("00000000000000bb").await, ["span pay"]);
        assert_eq!(kind("000000000000000000000000000000aa").await, ["trace pay"]);
        assert_eq!(kind("my-bug").await, ["debug pay"]);
        assert_eq!(kind("nothing").await, [""; 0]);
        server.store.flush().await.unwrap();
    }
    let nothing = get(&server, "lookup?id=00000000000000bc").await.json();
    assert_eq!(
        nothing["looked"],
        json!(["trace ids", "span ids of the last 24 h", "debug ids"])
    );
    server.stop().await;
}

#[tokio::test]
async fn what_was_refused_is_told_with_its_remedy() {
    let server = TestServer::start().await;
    assert_eq!(
        get(&server, "loss").await.text(),
        r#"{"lost":0,"kept":0,"causes":[]}"#
    );
    let headers = [("content-type", "application/x-protobuf")];
    for _ in 0..2 {
        let answer = server
            .post(Listener::OtlpHttp, "/v1/traces", &headers, b"no message")
            .await;
        assert_eq!(answer.status, 400);
    }
    let logs = server.post(Listener::OtlpHttp, "/v1/logs", &headers, b"").await;
    assert_eq!(logs.status, 404);
    assert!(logs.text().contains("OTEL_LOGS_EXPORTER=none"), "{}", logs.text());
    let loss = get(&server, "loss").await.json();
    assert_eq!(
        (&loss["lost"], loss["causes"].as_array().unwrap().len()),
        (&json!(3), 2)
    );
    let cause = &loss["causes"][0];
    assert_eq!(cause["cause"], "a message could not be read, by OTLP HTTP");
    assert_eq!(
        (&cause["records"], &cause["source"]),
        (&json!(2), &json!("server"))
    );
    let first: u64 = cause["firstUnixNanos"].as_str().unwrap().parse().unwrap();
    let before = get(&server, &format!("loss?to={}", first - 1)).await.json();
    assert_eq!(before["lost"], 0);
    server.stop().await;
}

/// Jaeger's answers to questions for whole traces, which its page offers as files.
fn answers() -> Vec<(String, Vec<u8>)> {
    let root = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../testdata/captured/jaeger-answers"
    );
    let mut found = Vec::new();
    for scenario in std::fs::read_dir(root).unwrap() {
        let Ok(files) = std::fs::read_dir(scenario.unwrap().path().join("answers")) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            // Answers to one trace's id, as a file has it.
            if !name.contains("-traces-") || name.contains("raw") || name.contains("service") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let json: Option<Json> = serde_json::from_slice(&bytes).ok();
            let spans = json.and_then(|json| json["data"][0]["spans"].as_array().map(Vec::len));
            if spans.is_some_and(|spans| spans > 0) {
                found.push((path.display().to_string(), bytes));
            }
        }
    }
    found.sort();
    assert!(found.len() > 20, "{}", found.len());
    found
}

async fn upload(server: &TestServer, body: &[u8]) -> Answer {
    server.post(Listener::Query, "/api/ui/upload", &[], body).await
}

#[tokio::test]
async fn a_trace_that_was_downloaded_comes_back_the_same() {
    for (name, answer) in answers() {
        let server = TestServer::start().await;
        let kept = upload(&server, &answer).await;
        assert_eq!(kept.status, 200, "{name}: {}", kept.text());
        let kept = kept.json();
        assert_eq!(kept["format"], "jaeger-json");
        let id = kept["traces"][0].as_str().unwrap().to_owned();
        let path = format!("/api/traces/{id}");
        let downloaded = server.get(Listener::Query, &path).await;
        server.stop().await;
        // An empty store of another server.
        let server = TestServer::start().await;
        let again = upload(&server, &downloaded.body).await.json();
        assert_eq!(
            again["spans"],
            downloaded.json()["data"][0]["spans"].as_array().unwrap().len()
        );
        let same = server.get(Listener::Query, &path).await;
        assert_eq!(same.text(), downloaded.text(), "{name}");
        server.stop().await;
    }
}

#[tokio::test]
async fn files_of_every_form_are_taken() {
    let server = TestServer::start().await;
    let request = |trace: u32| {
        let spans = json!([span(trace, 1, 0, "one", 0, 5, false)]);
        json!({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).to_string()
    };
    let protobuf = include_bytes!("../../../../testdata/captured/otlp/rust-shop/grpc/001-traces.bin");
    let check = async |body: &[u8], format: &str| {
        let answer = upload(&server, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let answer = answer.json();
        assert_eq!(answer["format"], format);
        answer
    };
    check(request(1).as_bytes(), "otlp-json").await;
    let lines = check(
        format!("{}\n\n{}\n", request(2), request(3)).as_bytes(),
        "otlp-jsonl",
    )
    .await;
    assert_eq!((&lines["spans"], &lines["keptSeconds"]), (&json!(2), &Json::Null));
    assert_eq!(
        lines["traces"],
        json!([format!("{:032x}", 2), format!("{:032x}", 3)])
    );
    check(protobuf, "otlp-protobuf").await;
    let sample = "wakeful_receiver_accepted_messages_total{receiver=\"upload\"}";
    assert_eq!(server.figure(sample).await, 3.0);

    let refuse = async |body: &[u8], part: &str| {
        let answer = upload(&server, body).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(part), "{}", answer.text());
    };
    refuse(b"", "has no spans").await;
    refuse(b"{}", "has no spans").await;
    refuse(b"{\"data\": [{\"spans\": 5}]}", "line 1 column 21").await;
    refuse(
        format!("{}\n{{\"resourceSpans\": 7}}\n", request(4)).as_bytes(),
        "line 2 of the file",
    )
    .await;
    refuse(b"plain text", "").await;
    let large = vec![b' '; (20 << 20) + 1];
    let answer = upload(&server, &large).await;
    assert_eq!(answer.status, 413);
    assert!(answer.text().contains("--max-message-bytes"), "{}", answer.text());
    let address = server.addresses[&Listener::Query];
    let elsewhere = [("sec-fetch-site", "cross-site")];
    let answer = client::http(
        address,
        "POST",
        "/api/ui/upload",
        &elsewhere,
        request(9).as_bytes(),
    )
    .await;
    assert_eq!(answer.unwrap().status, 403);
    server.stop().await;
}

#[tokio::test]
async fn health_tells_of_its_parts_if_asked() {
    let server = TestServer::start().await;
    let health = server.get(Listener::Health, "/status?verbose").await.json();
    let jaegers: Json = serde_json::from_str(include_str!(
        "../../../../testdata/captured/jaeger-answers/ports/answers/001-status-verbose.json"
    ))
    .unwrap();
    let keys = |json: &Json| json.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&health), keys(&jaegers));
    let pipeline = |json: &Json| json["components"]["pipeline:traces"].clone();
    assert_eq!(keys(&pipeline(&health)), keys(&pipeline(&jaegers)));
    for part in keys(&pipeline(&health)["components"]) {
        let of_jaegers = &pipeline(&jaegers)["components"][&part];
        assert_eq!(
            keys(&pipeline(&health)["components"][&part]),
            keys(of_jaegers),
            "{part}"
        );
    }
    let plain = server.get(Listener::Health, "/status").await.json();
    assert!(plain.get("components").is_none(), "{plain}");
    server.stop().await;
}
