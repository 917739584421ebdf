//! The page's questions about one trace: the same answers from the tail and from segments, and those that a plain look
//! at the spans gives.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_ipc::reader::StreamReader;
use serde_json::Value as Json;
use wakeful_model::{Span, SpanBatch, StatusCode, Value, canonical_text, intervals};
use wakeful_server::{Listener, ServerOptions};
use wakeful_testkit::{BigTrace, BigTracePlan};
use wakeful_wire::otlp::Batch;

use crate::client::Answer;
use crate::server::{TestServer, options};

const SPANS: u64 = 3_000;

/// A server with one generated trace, and what was sent.
pub(crate) struct Case {
    pub(crate) server: TestServer,
    pub(crate) id: String,
    pub(crate) sent: SpanBatch,
}

impl Case {
    /// What was sent, by id.
    pub(crate) fn by_id(&self) -> BTreeMap<String, &Span> {
        let spans = self.sent.spans.iter();
        spans.map(|span| (span.span_id.to_string(), span)).collect()
    }

    pub(crate) async fn start() -> Self {
        Self::start_with(options(), SPANS).await
    }

    pub(crate) async fn start_with(options: ServerOptions, spans: u64) -> Self {
        let server = TestServer::start_with(options).await;
        let plan = plan(spans);
        let mut sent = Vec::new();
        for request in BigTrace::new(plan) {
            send(&server, &request.protobuf()).await;
            sent.extend_from_slice(&request.protobuf());
        }
        Self {
            server,
            id: format!("{:032x}", plan.trace_id()),
            sent: Batch::decode(sent.into()).unwrap().to_model(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let path = format!("/api/ui/trace/{}{path}", self.id);
        let answer = self.server.get(Listener::Query, &path).await;
        assert_eq!(answer.status, 200, "{path}: {:?}", answer.body);
        answer
    }

    pub(crate) async fn columns(&self) -> Columns {
        Columns::read(&self.get("").await.body)
    }

    /// Span ids, by row.
    pub(crate) async fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for row in 0..self.columns().await.rows() {
            let span = self.get(&format!("/span/{row}")).await.json();
            ids.push(span["spanId"].as_str().unwrap().to_owned());
        }
        ids
    }
}

pub(crate) fn plan(spans: u64) -> BigTracePlan {
    BigTracePlan {
        seed: 1,
        spans,
        start_unix_nanos: 1_760_000_000_000_000_000,
    }
}

pub(crate) async fn send(server: &TestServer, request: &[u8]) {
    let headers = [("content-type", "application/x-protobuf")];
    let answer = server
        .post(Listener::OtlpHttp, "/v1/traces", &headers, request)
        .await;
    assert_eq!(answer.status, 200);
}

/// An Arrow stream, read.
pub(crate) struct Columns {
    pub(crate) facts: std::collections::HashMap<String, String>,
    batches: Vec<RecordBatch>,
}

impl Columns {
    pub(crate) fn read(body: &[u8]) -> Self {
        let reader = StreamReader::try_new(Cursor::new(body), None).unwrap();
        Self {
            facts: reader.schema().metadata().clone(),
            batches: reader.map(Result::unwrap).collect(),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    pub(crate) fn floats(&self, name: &str) -> Vec<f64> {
        let arrays = self
            .batches
            .iter()
            .map(|batch| batch[name].as_primitive::<Float64Type>());
        arrays.flat_map(|array| array.values().to_vec()).collect()
    }

    pub(crate) fn numbers(&self, name: &str) -> Vec<u32> {
        let arrays = self.batches.iter().map(|batch| &batch[name]);
        let numbers = arrays.flat_map(|array| match array.as_primitive_opt::<UInt8Type>() {
            Some(bytes) => bytes.values().iter().map(|byte| u32::from(*byte)).collect(),
            None => array.as_primitive::<UInt32Type>().values().to_vec(),
        });
        numbers.collect()
    }

    /// Whole numbers of two bytes or of eight.
    pub(crate) fn whole(&self, name: &str) -> Vec<u64> {
        let arrays = self.batches.iter().map(|batch| &batch[name]);
        let numbers = arrays.flat_map(|array| match array.as_primitive_opt::<UInt16Type>() {
            Some(short) => short.values().iter().map(|number| u64::from(*number)).collect(),
            None => array.as_primitive::<UInt64Type>().values().to_vec(),
        });
        numbers.collect()
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        let arrays = self.batches.iter().map(|batch| &batch[name]);
        let texts = arrays.flat_map(|array| {
            let texts = array.as_any_dictionary().values().as_string::<i32>();
            let keys: Vec<usize> = match array.as_dictionary_opt::<UInt16Type>() {
                Some(narrow) => narrow
                    .keys()
                    .values()
                    .iter()
                    .map(|key| usize::from(*key))
                    .collect(),
                None => {
                    let wide = array.as_dictionary::<UInt32Type>();
                    wide.keys().values().iter().map(|key| *key as usize).collect()
                }
            };
            keys.into_iter()
                .map(|key| texts.value(key).to_owned())
                .collect::<Vec<_>>()
        });
        texts.collect()
    }
}

#[tokio::test]
async fn the_tail_and_a_segment_answer_alike() {
    let case = Case::start().await;
    let questions = [
        "",
        "?raw=1",
        "/critical",
        "/find?q=upstream+-url",
        "/find?q=cache.hit%3Dtrue",
        "/find?q=%7B%20status%20=%20error%20%26%26%20duration%20%3E%201ms%20%7D",
        "/find?q=%7B%20.thread.id%20=%207%20%7D",
        "/attribute?key=url.path",
        "/attribute?key=host.name",
        "/attributes",
        "/intervals",
        "/logs",
        "/span/7",
        "/span/2999",
        "/span/1500/value?path=attributes/0",
    ];
    let mut before = Vec::new();
    for question in questions {
        before.push(case.get(question).await.body);
    }
    case.server.store.flush().await.unwrap();
    for (question, before) in questions.iter().zip(before) {
        let after = case.get(question).await.body;
        assert!(before == after, "{question}: another answer from a segment");
    }
    case.server.stop().await;
}

#[tokio::test]
async fn columns_say_what_the_spans_say() {
    let case = Case::start().await;
    case.server.store.flush().await.unwrap();
    let columns = case.columns().await;
    let ids = case.ids().await;
    assert_eq!(
        (columns.rows() as u64, columns.facts["spans"].as_str()),
        (SPANS, "3000")
    );
    let base: u64 = columns.facts["base"].parse().unwrap();
    let spans = case.by_id();
    let (starts, durations) = (columns.floats("start"), columns.floats("dur"));
    let (parents, flags) = (columns.numbers("parent"), columns.numbers("flags"));
    let (names, services) = (columns.texts("name"), columns.texts("service"));
    for (row, id) in ids.iter().enumerate() {
        let span = spans[id];
        assert_eq!(base + starts[row] as u64, span.start_unix_nanos);
        assert_eq!(durations[row] as u64, span.duration_nanos());
        assert_eq!(names[row], span.name);
        assert_eq!(services[row], case.sent.resource(span).service_name());
        match span.parent_span_id {
            Some(parent) => assert_eq!(ids[parents[row] as usize], parent.to_string()),
            None => assert_eq!(parents[row], u32::MAX),
        }
        assert!(parents[row] == u32::MAX || (parents[row] as usize) < row);
        let bit = |bit: u32| flags[row] >> bit & 1 == 1;
        assert_eq!(flags[row] & 3, span.status.code as u32);
        assert_eq!(flags[row] >> 2 & 7, span.kind as u32);
        assert_eq!(bit(8), !span.events.is_empty());
        assert_eq!(bit(10), !span.links.is_empty());
        assert_eq!(bit(11), span.attribute(intervals::KEY).is_some());
        assert!(!bit(6) && !bit(13) && !bit(14));
        if let Some(Value::Int(busy)) = span.attribute(intervals::BUSY_KEY) {
            let share = f64::from(flags[row] >> 16 & 0xff) / 255.0;
            let expected = *busy as f64 / span.duration_nanos().max(1) as f64;
            assert!((share - expected).abs() < 0.01, "{share} {expected}");
        }
    }
    let errors = case
        .sent
        .spans
        .iter()
        .filter(|span| span.status.code == StatusCode::Error);
    assert_eq!(columns.facts["errors"], errors.count().to_string());

    let critical = Columns::read(&case.get("/critical").await.body);
    let on_path: BTreeSet<u32> = critical.numbers("row").into_iter().collect();
    let flagged = (0..).zip(&flags).filter(|(_, flags)| *flags >> 15 & 1 == 1);
    assert_eq!(on_path, flagged.map(|(row, _)| row).collect());
    // One root that everything waits for: the path is as long as the trace.
    let total: f64 = critical.floats("dur").iter().sum();
    assert_eq!(total.to_string(), columns.facts["durationNanos"]);

    let found = Columns::read(&case.get("/intervals?rows=100-1999").await.body);
    let mut expected = Vec::new();
    for (row, id) in (0_u32..).zip(&ids).skip(100).take(1_900) {
        if let Some(Value::Bytes(packed)) = spans[id].attribute(intervals::KEY) {
            let start = spans[id].start_unix_nanos - base;
            let of_row = intervals::unpack(packed);
            expected.extend(
                of_row.map(|part| (row, (start + part.start) as f64, (part.end - part.start) as f64)),
            );
        }
    }
    let rows = found.numbers("row").into_iter();
    let found: Vec<_> = rows
        .zip(found.floats("start"))
        .zip(found.floats("dur"))
        .map(|((a, b), c)| (a, b, c))
        .collect();
    assert_eq!(found, expected);
    case.server.stop().await;
}

#[tokio::test]
async fn values_logs_and_files_hold_everything() {
    let case = Case::start().await;
    case.server.store.flush().await.unwrap();
    let ids = case.ids().await;
    let spans = case.by_id();

    for key in ["url.path", "error.type", "thread.id", "service.version"] {
        let found = Columns::read(&case.get(&format!("/attribute?key={key}")).await.body);
        let found: Vec<_> = found
            .numbers("row")
            .into_iter()
            .zip(found.texts("value"))
            .collect();
        let expected = (0_u32..).zip(&ids).filter_map(|(row, id)| {
            let own = spans[id]
                .attribute(key)
                .or_else(|| case.sent.resource(spans[id]).attribute(key));
            Some((row, canonical_text(own?).into_owned()))
        });
        assert_eq!(found, expected.collect::<Vec<_>>(), "{key}");
        assert!(!found.is_empty(), "{key}");
    }
    let keys = case.get("/attributes").await.json();
    let keys: Vec<&str> = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap())
        .collect();
    assert!(
        keys.is_sorted() && keys.contains(&"url.path") && keys.contains(&"host.name"),
        "{keys:?}"
    );

    let events: usize = case.sent.spans.iter().map(|span| span.events.len()).sum();
    let lines = lines(&case.get("/logs").await);
    let (end, logs) = lines.split_last().unwrap();
    assert_eq!((logs.len(), &end["complete"]), (events, &true.into()));
    assert!(end.get("cursor").is_none());
    let times: Vec<u64> = logs
        .iter()
        .map(|log| log["timeUnixNanos"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(times.is_sorted());

    let json = case.get("/download?format=otlp").await;
    let (again, _) = wakeful_wire::otlp::decode_json(&json.body).unwrap();
    let by_id = |batch: &SpanBatch| {
        batch
            .spans
            .iter()
            .map(|span| (span.span_id, span.name.clone()))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(by_id(&again), by_id(&case.sent));
    let csv = case.get("/download?format=csv").await;
    assert_eq!(csv.text().lines().count() as u64, SPANS + 1);
    assert!(
        csv.text()
            .starts_with("trace_id,span_id,parent_span_id,service,operation,kind,start_unix_nanos")
    );
    assert!(csv.header("content-disposition").ends_with(".csv\""));
    case.server.stop().await;
}

pub(crate) fn lines(answer: &Answer) -> Vec<Json> {
    answer
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_growing_trace_has_another_revision() {
    let server = TestServer::start().await;
    let plan = plan(2_500);
    let requests: Vec<_> = BigTrace::new(plan).collect();
    let [first, rest] = requests.as_slice() else {
        panic!("two requests")
    };
    send(&server, &first.protobuf()).await;
    let case = Case {
        server,
        id: format!("{:032x}", plan.trace_id()),
        sent: SpanBatch::default(),
    };
    let rev = case.columns().await.facts["rev"].clone();
    case.get(&format!("/span/0?rev={rev}")).await;
    // What is sent twice is there once.
    let intervals = case.get("/intervals").await.body;
    send(&case.server, &first.protobuf()).await;
    assert!(case.get("/intervals").await.body == intervals);
    assert_eq!(case.columns().await.facts["spans"], "2000");
    send(&case.server, &rest.protobuf()).await;
    let grown = case.columns().await;
    assert_eq!(grown.facts["spans"], "2500");
    assert_ne!(grown.facts["rev"], rev);
    for question in [
        "/span/0",
        "/find?q=x",
        "/logs",
        "/intervals",
        "/attributes",
        "/attribute?key=x",
        "/critical",
    ] {
        let sign = if question.contains('?') { '&' } else { '?' };
        let path = format!("/api/ui/trace/{}{question}{sign}rev={rev}", case.id);
        // Rows that a page still shows can be asked about; those that the server does not know, not.
        assert_eq!(
            case.server.get(Listener::Query, &path).await.status,
            200,
            "{path}"
        );
        let unknown = format!("{path}0");
        assert_eq!(
            case.server.get(Listener::Query, &unknown).await.status,
            409,
            "{unknown}"
        );
    }
    case.server.stop().await;
}

#[tokio::test]
async fn links_are_told_at_both_ends_and_missing_parents_have_rows() {
    let case = Case::start().await;
    let ids = case.ids().await;
    let row_of = |id: &str| ids.iter().position(|known| known == id).unwrap();
    let linked = case.sent.spans.iter().filter(|span| !span.links.is_empty());
    let mut links = 0;
    for span in linked {
        let target = span.links[0].span_id.unwrap().to_string();
        let target = case.get(&format!("/span/{}", row_of(&target))).await.json();
        let from: Vec<_> = target["referencedBy"]
            .as_array()
            .unwrap()
            .iter()
            .map(|by| &by["row"])
            .collect();
        assert!(
            from.contains(&&row_of(&span.span_id.to_string()).into()),
            "{target}"
        );
        links += 1;
    }
    assert!(links > 0);
    case.server.stop().await;

    let server = TestServer::start().await;
    let plan = plan(2_500);
    send(&server, &BigTrace::new(plan).last().unwrap().protobuf()).await;
    let case = Case {
        server,
        id: format!("{:032x}", plan.trace_id()),
        sent: SpanBatch::default(),
    };
    let columns = case.columns().await;
    let flags = columns.numbers("flags");
    let count = |bit: u32| flags.iter().filter(|flags| *flags >> bit & 1 == 1).count();
    let placeholders = count(14);
    assert!(placeholders > 0);
    assert_eq!(columns.rows(), 500 + placeholders);
    assert_eq!(
        (columns.facts["spans"].as_str(), &columns.facts["orphans"]),
        ("500", &count(6).to_string())
    );
    // Jaeger says of each that its parent is not there.
    assert_eq!(columns.facts["warnings"], columns.facts["orphans"]);
    let row = flags.iter().position(|flags| flags >> 14 & 1 == 1).unwrap();
    let placeholder = case.get(&format!("/span/{row}")).await.json();
    assert_eq!(placeholder["placeholder"], true);
    assert_eq!(placeholder["spanId"], columns.texts("name")[row]);
    let raw = Columns::read(&case.get("?raw=1").await.body);
    assert_eq!(
        (raw.facts["warnings"].as_str(), raw.facts["spans"].as_str()),
        ("0", "500")
    );
    case.server.stop().await;
}

#[tokio::test]
async fn wrong_questions_are_told_what_is_wrong() {
    let case = Case::start().await;
    for (question, status, part) in [
        ("/span/3000", 404, "no such row"),
        ("/span/x", 400, "row"),
        ("/span/1/value?path=attributes/99", 400, "path"),
        ("/intervals?rows=7", 400, "rows=0-99"),
        ("/download?format=xml", 400, "format=csv"),
        ("/logs?cursor=x", 400, "cursor"),
        ("?raw=maybe", 400, "raw=1"),
        ("/find", 400, "q"),
        ("/find?q=%7B%20span.a=1%20%7D", 400, "write .a in place of span.a"),
        ("/find?q=%7B%20name=1%20%7D", 400, r#""parameter":"q","column":8"#),
        ("/attribute", 400, "key"),
    ] {
        let path = format!("/api/ui/trace/{}{question}", case.id);
        let answer = case.server.get(Listener::Query, &path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/json", "{path}");
        assert!(answer.text().contains(part), "{path}: {}", answer.text());
    }
    case.server.stop().await;
}
