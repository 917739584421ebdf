//! `/api/dependencies` where a part of what is stored cannot be read.

use std::path::PathBuf;

use serde_json::{Value as Json, json};
use wakeful_server::Listener;
use wakeful_store::{Backend, Store, StoreOptions};

use crate::server::{TestServer, options};

/// A call from one service to another, as a trace of two spans.
fn call(trace: u32, from: &str, to: &str) -> Json {
    let spans = |service: &str, span: u32, parent: &str| {
        json!({
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]},
            "scopeSpans": [{"spans": [{
                "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "parentSpanId": parent,
                "name": "call", "startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": "1700000000000000002",
            }]}],
        })
    };
    json!({"resourceSpans": [spans(from, 1, ""), spans(to, 2, "0000000000000001")]})
}

#[tokio::test]
async fn what_could_not_be_read_is_told_beside_the_calls_that_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(Backend::File(folder.path().to_owned()))).unwrap();
    let server = TestServer::start_over(store, options()).await;
    let segments = || -> Vec<PathBuf> {
        let all = std::fs::read_dir(folder.path()).unwrap();
        let paths = all.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|it| it == "parquet"))
            .collect()
    };
    let json_headers = [("content-type", "application/json")];
    let mut damaged = None;
    for (trace, from, to) in [(1, "shop", "carts"), (2, "shop", "payment")] {
        let body = call(trace, from, to).to_string();
        let sent = server
            .post(Listener::OtlpHttp, "/v1/traces", &json_headers, body.as_bytes())
            .await;
        assert_eq!(sent.status, 200, "{}", sent.text());
        server.store.flush().await.unwrap();
        damaged = damaged.or_else(|| segments().into_iter().next());
    }
    // Its rows and indexes; the footer is known already.
    let damaged = damaged.unwrap();
    let mut bytes = std::fs::read(&damaged).unwrap();
    let half = bytes.len() / 2;
    bytes[4..half].iter_mut().for_each(|byte| *byte ^= 1);
    std::fs::write(&damaged, bytes).unwrap();

    let path = "/api/dependencies?endTs=1700000001000&lookback=2000";
    let answer = server.get(Listener::Query, path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let expected = json!([{"parent": "shop", "child": "payment", "callCount": 1}]);
    assert_eq!(answer["data"], expected, "{answer}");
    let name = damaged.file_name().unwrap().to_str().unwrap();
    let told = answer["errors"][0]["msg"].as_str().unwrap();
    assert!(told.contains(name) && told.contains("restore"), "{told}");
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer}");
    // A service without calls has that beside it, too.
    let path = "/api/dependencies?endTs=1700000001000&lookback=2000&service=nobody";
    let none = server.get(Listener::Query, path).await.json();
    assert_eq!(none["data"], json!([]));
    assert_eq!(none["errors"].as_array().unwrap().len(), 1);
    server.stop().await;
}
