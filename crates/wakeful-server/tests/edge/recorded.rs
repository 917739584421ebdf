//! Jaeger's recorded refusals and answers, port by port.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use wakeful_server::Listener;

use crate::client;
use crate::server::TestServer;

#[tokio::test]
async fn every_port_refuses_as_jaeger_does() {
    let text = include_str!("../../../../testdata/captured/jaeger-answers/ports/scenario.json");
    let scenario: Value = serde_json::from_str(text).unwrap();
    let server = TestServer::start().await;
    let mut asked = 0;
    for step in scenario["steps"].as_array().unwrap() {
        let listener = match step["port"].as_u64() {
            Some(4318) => Listener::OtlpHttp,
            Some(14268) => Listener::JaegerHttp,
            Some(13133) => Listener::Health,
            _ => continue,
        };
        asked += 1;
        check(&server, listener, step).await;
    }
    assert_eq!(asked, 35, "steps of the scenario that concern these ports");
    server.stop().await;
}

async fn check(server: &TestServer, listener: Listener, step: &Value) {
    let (method, path) = step["request"].as_str().unwrap().split_once(' ').unwrap();
    let headers: Vec<(&str, &str)> = step["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .collect();
    let body = match (&step["body"], &step["body_base64"]) {
        (Value::String(text), _) => text.as_bytes().to_vec(),
        (_, Value::String(text)) => STANDARD.decode(text).unwrap(),
        _ => Vec::new(),
    };
    let answer = client::http(server.addresses[&listener], method, path, &headers, &body)
        .await
        .unwrap();
    let name = format!("{:?} {} {}", listener, step["request"], step["body"]);
    // Jaeger refuses a whole request for one wrong id; we refuse that span alone, and say so.
    if body.starts_with(b"{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":") {
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.json()["partialSuccess"]["rejectedSpans"], "1", "{name}");
        return;
    }
    assert_eq!(
        answer.status,
        step["status"].as_u64().unwrap() as u16,
        "{name}: {:?}",
        answer.body
    );
    assert_eq!(
        answer.header("content-type"),
        step["content_type"].as_str().unwrap(),
        "{name}"
    );
    match (&step["answer"], &step["answer_base64"]) {
        // What cannot be read is refused in our own words, because Jaeger's are those of Go's parsers; what cannot
        // be asked for is refused in Jaeger's.
        (Value::String(text), _) if says_why(text) => assert!(answer.text().len() > 20, "{name}"),
        (_, Value::String(_)) if answer.status == 400 => assert!(answer.body.len() > 10, "{name}"),
        // To Jaeger's words about logs and metrics the remedy is added.
        (Value::String(text), _) if text == "404 page not found\n" && path.starts_with("/v1/") => {
            assert!(
                answer.text().starts_with(text.trim_end()),
                "{name}: {}",
                answer.text()
            );
        }
        (Value::String(text), _) if step["compare"] == "exact" => assert_eq!(answer.text(), text, "{name}"),
        (_, Value::String(text)) => assert_eq!(STANDARD.encode(&answer.body), *text, "{name}"),
        _ => {}
    }
}

fn says_why(text: &str) -> bool {
    text.starts_with("{\"code\":") || text.starts_with("Unable to process request body")
}
