//! What clients really sent: the skeleton of a trace says what the whole trace says.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wakeful_model::{Resource, Span, Trace, Value, WARNINGS_KEY, intervals};
use wakeful_query::{Engine, adjust};
use wakeful_server::Listener;

use crate::captured::{send_jaeger, send_otlp};
use crate::server::TestServer;
use crate::ui_trace::{Columns, lines};

/// Everything that a row says of a span, in words. Jaeger's clients repeat ids, so rows are told apart by all of it.
type Rows = BTreeMap<String, usize>;

fn count(rows: impl Iterator<Item = String>) -> Rows {
    let mut counted = Rows::new();
    rows.for_each(|row| *counted.entry(row).or_default() += 1);
    counted
}

/// The rows of a trace that was read whole.
fn of_whole(trace: &Trace) -> Rows {
    let row = |span: &Span| {
        let has = |is: bool, name: &'static str| if is { name } else { "" };
        let busy_nanos = match (
            span.attribute(intervals::KEY),
            span.attribute(intervals::BUSY_KEY),
        ) {
            (Some(Value::Bytes(packed)), _) => {
                intervals::unpack(packed).map(|part| part.end - part.start).sum()
            }
            (_, Some(Value::Int(nanos))) => u64::try_from(*nanos).unwrap_or_default(),
            _ => 0,
        };
        let resource: &Resource = trace.batch.resource(span);
        format!(
            "{} in {} {}..{} {:?} of {:?} kind {} status {}{}{}{}{}{}",
            span.span_id,
            span.parent_span_id.map(|id| id.to_string()).unwrap_or_default(),
            span.start_unix_nanos,
            span.end_unix_nanos,
            span.name,
            resource.service_name(),
            span.kind as u32,
            span.status.code as u32,
            has(!span.events.is_empty(), " events"),
            has(!span.links.is_empty(), " links"),
            has(span.attribute(intervals::KEY).is_some(), " intervals"),
            has(span.attribute(WARNINGS_KEY).is_some(), " warnings"),
            has(busy_nanos > 0, " busy"),
        )
    };
    count(trace.batch.spans.iter().map(row))
}

/// The rows as the page gets them.
async fn of_page(server: &TestServer, id: &str, form: &str) -> Rows {
    let ask = async |path: String| {
        let answer = server.get(Listener::Query, &path).await;
        assert_eq!(
            answer.status,
            200,
            "{path}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        answer
    };
    let columns = Columns::read(&ask(format!("/api/ui/trace/{id}?{form}")).await.body);
    let rows: Vec<_> = (0..columns.rows()).map(|row| row.to_string()).collect();
    let ids = ask(format!("/api/ui/trace/{id}/ids?rows={}&{form}", rows.join(",")))
        .await
        .json();
    let ids: Vec<&str> = ids["ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    let base: u64 = columns.facts["base"].parse().unwrap();
    let (starts, durations) = (columns.floats("start"), columns.floats("dur"));
    let (parents, flags) = (columns.numbers("parent"), columns.numbers("flags"));
    let (names, services) = (columns.texts("name"), columns.texts("service"));
    let is_span = |row: &usize| flags[*row] >> 14 & 1 == 0;
    let row = |row: usize| {
        let bit = |bit: u32, name: &'static str| if flags[row] >> bit & 1 == 1 { name } else { "" };
        let start = base + starts[row] as u64;
        format!(
            "{} in {} {}..{} {:?} of {:?} kind {} status {}{}{}{}{}{}",
            ids[row],
            ids.get(parents[row] as usize).copied().unwrap_or_default(),
            start,
            start + durations[row] as u64,
            names[row],
            services[row],
            flags[row] >> 2 & 7,
            flags[row] & 3,
            bit(8, " events"),
            bit(10, " links"),
            bit(11, " intervals"),
            bit(13, " warnings"),
            if flags[row] >> 16 & 0xff > 0 { " busy" } else { "" },
        )
    };
    let spans = (0..columns.rows()).filter(is_span);
    assert_eq!(spans.clone().count().to_string(), columns.facts["spans"], "{id}");
    count(spans.map(row))
}

async fn ids(server: &TestServer) -> Vec<String> {
    let path = "/api/ui/search?start=0&end=9000000000000000&limit=1500";
    let lines = lines(&server.get(Listener::Query, path).await);
    let (end, others) = lines.split_last().unwrap();
    assert_eq!(
        (&end["complete"], &end["truncated"]),
        (&true.into(), &false.into())
    );
    let traces = others.iter().filter(|line| line["type"] == "trace");
    traces
        .map(|line: &Json| line["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn rows_say_what_whole_traces_say() {
    let server = TestServer::start().await;
    send_otlp(&server).await;
    send_jaeger(&server).await;
    let engine = Engine::new(server.store.clone());
    let ids = ids(&server).await;
    assert!(ids.len() > 50, "{} traces", ids.len());
    for from in ["the tail", "segments"] {
        for id in &ids {
            let whole = || engine.trace(id.parse().unwrap()).unwrap().unwrap();
            let (mut mended, mut tidy) = (whole(), whole());
            adjust::mend(&mut mended);
            adjust::tidy(&mut tidy);
            assert_eq!(
                of_page(&server, id, "raw=0").await,
                of_whole(&mended),
                "{id} from {from}"
            );
            assert_eq!(
                of_page(&server, id, "raw=1").await,
                of_whole(&tidy),
                "{id} from {from}, raw"
            );
        }
        server.store.flush().await.unwrap();
    }
    server.stop().await;
}
