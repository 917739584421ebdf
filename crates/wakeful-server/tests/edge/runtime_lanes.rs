//! A task's time, drawn: what it did, who woke it, and who held the worker meanwhile.

use serde_json::{Value as Json, json};
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Insight, Location, LocationIndex, LocationSums, Poll, ResourceId, ResourceStart,
    Runtime, RuntimeBatch, RuntimeId, RuntimeMetrics, TaskEnd, TaskEndKind, TaskId, TaskStart, TaskSums,
    Thread, ThreadId, Wake, WakeSource, WakerSums, WorkerMetrics,
};
use wakeful_model::{Attribute, Kind, Span, SpanBatch, SpanId, Status, TraceId, Value, intervals};
use wakeful_server::Listener;
use wakeful_wire::otlp::Batch;

use crate::runtime::{BEGIN, SECOND, ask, program, program_id, send, table};
use crate::server::TestServer;
use crate::ui_trace::{self, Columns};

const MS: u64 = 1_000_000;
const US: u64 = 1_000;

fn poll(task: u64, thread: u64, start: u64, nanos: u64, scheduled: u64) -> Poll {
    Poll {
        task: TaskId(task),
        thread: ThreadId(thread),
        start_unix_nanos: BEGIN + start,
        duration_nanos: nanos,
        scheduled_nanos: Some(scheduled),
    }
}

/// hds' program: two steps with a sleep of 100 ms between them; beside it, on the same worker, a task that is in the way when the timer
/// goes off.
fn two_steps() -> RuntimeBatch {
    let place = |line| Location {
        file: "src/main.rs".to_owned(),
        line,
        column: 5,
    };
    let start = |id: u64, at: u64, name: &str| TaskStart {
        id: TaskId(id),
        start_unix_nanos: BEGIN + at,
        location: Some(LocationIndex(0)),
        name: name.to_owned(),
        runtime: Some(RuntimeId(1)),
        ..TaskStart::default()
    };
    let sums = |id: u64, first: u64, last: u64, nanos: u64, polls: u64| TaskSums {
        task: TaskId(id),
        polls,
        busy_nanos: 61 * US,
        scheduled_nanos: Some(9 * US),
        first_poll_unix_nanos: Some(BEGIN + first),
        last_poll_start_unix_nanos: Some(BEGIN + last),
        last_poll_end_unix_nanos: Some(BEGIN + last + nanos),
        wakers: Some(WakerSums {
            wakes: 1,
            last_wake_unix_nanos: Some(BEGIN + 100 * MS),
            ..WakerSums::default()
        }),
        ..TaskSums::default()
    };
    let worker = |id, number| Thread {
        id: ThreadId(id),
        name: "tokio-worker".to_owned(),
        runtime: Some(RuntimeId(1)),
        worker: Some(number),
    };
    RuntimeBatch {
        resource: program(),
        from_unix_nanos: BEGIN,
        to_unix_nanos: BEGIN + SECOND,
        insight: Insight::Stable,
        runtimes: vec![Runtime {
            id: RuntimeId(1),
            name: "main".to_owned(),
            workers: 2,
            ..Runtime::default()
        }],
        threads: vec![worker(3, 0), worker(4, 1)],
        locations: vec![place(7), place(12)],
        task_starts: vec![start(17, 0, "two steps"), start(21, 50 * MS, "in the way")],
        task_sums: vec![
            sums(17, 10 * US, 100 * MS + 9 * US, 41 * US, 2),
            sums(21, 100 * MS - US, 100 * MS - US, 8 * US, 1),
        ],
        task_ends: vec![TaskEnd {
            id: TaskId(17),
            end_unix_nanos: BEGIN + 100 * MS + 50 * US,
            kind: TaskEndKind::Completed,
        }],
        polls: vec![
            poll(17, 3, 10 * US, 20 * US, 10 * US),
            poll(21, 3, 100 * MS - US, 8 * US, 0),
            poll(17, 3, 100 * MS + 9 * US, 41 * US, 9 * US),
            poll(21, 4, 300 * MS, 12 * MS, 0),
        ],
        wakes: vec![Wake {
            task: TaskId(17),
            at_unix_nanos: BEGIN + 100 * MS,
            by: WakeSource::Driver,
            thread: Some(ThreadId(3)),
        }],
        resource_starts: vec![ResourceStart {
            id: ResourceId(5),
            concrete_type: "Sleep".to_owned(),
            ..ResourceStart::default()
        }],
        async_ops: vec![AsyncOp {
            id: AsyncOpId(1),
            resource: ResourceId(5),
            task: Some(TaskId(17)),
            source: "sleep 100 ms".to_owned(),
            location: Some(LocationIndex(1)),
            start_unix_nanos: BEGIN + 20 * US,
            end_unix_nanos: Some(BEGIN + 100 * MS + 10 * US),
            ..AsyncOp::default()
        }],
        location_sums: vec![LocationSums {
            location: Some(LocationIndex(0)),
            to_unix_nanos: BEGIN + SECOND,
            alive: 1,
            started: 2,
            ended: 1,
            polls: 4,
            longest_poll_nanos: 12 * MS,
            ..LocationSums::default()
        }],
        metrics: [(1, 0), (2, SECOND / 2)]
            .map(|(seconds, busy)| RuntimeMetrics {
                runtime: RuntimeId(1),
                at_unix_nanos: BEGIN + seconds * SECOND / 2,
                alive_tasks: Some(2),
                workers: vec![WorkerMetrics {
                    thread: Some(ThreadId(3)),
                    busy_nanos: Some(busy / 4),
                    ..WorkerMetrics::default()
                }],
                ..RuntimeMetrics::default()
            })
            .to_vec(),
        ..RuntimeBatch::default()
    }
}

/// The rows of a lane: kind, start and length in microseconds, and label.
fn rows(columns: &Columns, lane: u64) -> Vec<(u32, f64, f64, String)> {
    let (lanes, kinds) = (columns.whole("lane"), columns.numbers("kind"));
    let (starts, durations, labels) = (
        columns.floats("start"),
        columns.floats("dur"),
        columns.texts("label"),
    );
    let all = (0..columns.rows()).filter(|row| lanes[*row] == lane);
    all.map(|row| {
        (
            kinds[row],
            starts[row] / 1e3,
            durations[row] / 1e3,
            labels[row].clone(),
        )
    })
    .collect()
}

fn fact(columns: &Columns, name: &str) -> Json {
    serde_json::from_str(&columns.facts[name]).unwrap()
}

const POLL: u32 = 1;
const SCHEDULED: u32 = 2;
const IDLE: u32 = 3;
const NOT_POLLED: u32 = 4;
const BLOCKED: u32 = 9;

#[tokio::test]
async fn two_steps_and_a_sleep_are_two_polls_one_wake_and_a_hundred_milliseconds_idle() {
    let server = TestServer::start().await;
    send(&server, &[two_steps()]).await;
    let lane = table(
        &server,
        &format!("tasks/17/lane?from={BEGIN}&to={}&px=8000", BEGIN + 101 * MS),
    )
    .await;
    let kinds: Vec<Json> = fact(&lane, "lanes")
        .as_array()
        .unwrap()
        .iter()
        .map(|lane| lane["kind"].clone())
        .collect();
    assert_eq!(kinds, ["task", "wakes", "worker", "blame"]);
    let text = |text: &str| text.to_owned();
    assert_eq!(
        rows(&lane, 0),
        [
            (NOT_POLLED, 0.0, 10.0, text("")),
            (POLL, 10.0, 20.0, text("")),
            (IDLE, 30.0, 99_970.0, text("sleep 100 ms src/main.rs:12:5")),
            (SCHEDULED, 100_000.0, 9.0, text("")),
            (POLL, 100_009.0, 41.0, text("")),
        ]
    );
    assert_eq!(
        fact(&lane, "sums"),
        json!({"polls": 2, "wakes": 1, "busy": 61_000, "polled": 61_000, "scheduled": 9_000, "idle": 99_970_000, "notPolled": 10_000})
    );
    // The wake came from the driver, and led to the second poll.
    assert_eq!(rows(&lane, 1), [(5, 100_000.0, 0.0, text(""))]);
    let wake = 5;
    assert_eq!(
        (
            lane.numbers("by")[wake],
            lane.numbers("other")[wake],
            lane.numbers("other")[4]
        ),
        (4, 4, wake as u32)
    );
    // Another task was on the worker meanwhile.
    assert_eq!(
        fact(&lane, "blame"),
        json!([{"task": "21", "name": "in the way", "location": "src/main.rs:7:5", "thread": "3", "worker": "worker 0", "polls": 1, "nanos": 7_000, "share": 7.0 / 9.0, "span": null}])
    );
    let blame = lane.rows() - 1;
    assert_eq!(
        (
            lane.numbers("kind")[blame],
            lane.whole("task")[blame],
            lane.numbers("other")[blame]
        ),
        (6, 21, 3)
    );
    server.stop().await;
}

#[tokio::test]
async fn a_wait_for_a_lock_says_who_let_go_of_it() {
    let server = TestServer::start().await;
    let mut batch = two_steps();
    batch.resource_starts[0].concrete_type = "Mutex".to_owned();
    batch.async_ops[0].source = "Mutex::lock".to_owned();
    batch.async_ops[0].is_ready = true;
    batch.wakes[0].by = WakeSource::Task(TaskId(21));
    send(&server, &[batch]).await;
    let path = format!("tasks/17/lane?from={BEGIN}&to={}&px=8000", BEGIN + 101 * MS);
    let lane = table(&server, &path).await;
    let label = "Mutex::lock src/main.rs:12:5, until task 21 in the way let go";
    assert_eq!(rows(&lane, 0)[2], (BLOCKED, 30.0, 99_970.0, label.to_owned()));
    server.stop().await;
}

fn span(id: u64, name: &str, start: u64, end: u64, active: &[(u64, u64)]) -> Span {
    let mut packed = Vec::new();
    let active = active.iter().map(|(from, to)| intervals::Interval {
        start: from - start,
        end: to - start,
    });
    intervals::pack(&active.collect::<Vec<_>>(), &mut packed);
    Span {
        trace_id: TraceId::from_bytes(&[7; 16]).unwrap(),
        span_id: SpanId::from_bytes(&id.to_be_bytes()).unwrap(),
        parent_span_id: None,
        trace_state: String::new(),
        flags: 0,
        name: name.to_owned(),
        kind: Kind::Server,
        start_unix_nanos: BEGIN + start,
        end_unix_nanos: BEGIN + end,
        attributes: vec![
            Attribute::new("thread.id", 3),
            Attribute::new(intervals::KEY, Value::Bytes(packed)),
        ],
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status: Status::default(),
        resource: 0,
        scope: 0,
    }
}

async fn send_spans(server: &TestServer, spans: Vec<Span>) {
    let batch = SpanBatch {
        spans,
        resources: vec![program()],
        scopes: vec![wakeful_model::Scope::default()],
    };
    let batch = Batch::encode(&batch).unwrap();
    ui_trace::send(server, batch.payload()).await;
}

#[tokio::test]
async fn a_span_opens_into_the_polls_that_it_was_made_of() {
    let server = TestServer::start().await;
    send(&server, &[two_steps()]).await;
    let (start, end) = (12 * US, 100 * MS + 48 * US);
    let active = [(start, 30 * US), (100 * MS + 9 * US, end)];
    // The task that was in the way meanwhile has a span too, with another one inside.
    let (from, to) = (100 * MS - US, 100 * MS + 7 * US);
    let others = [
        span(2, "request", from, to, &[(from, to)]),
        span(3, "hash", from + US, to - US, &[(from + US, to - US)]),
        span(4, "elsewhere", from + US, to - 2 * US, &[]),
    ];
    let mut spans = vec![span(1, "steps", start, end, &active)];
    spans.extend(others);
    send_spans(&server, spans).await;
    let path = format!("/api/ui/trace/{}/span/0/lanes?px=8000", "07".repeat(16));
    let answer = server.get(Listener::Query, &path).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let lanes = Columns::read(&answer.body);
    assert_eq!(
        (
            &*lanes.facts["task"],
            &*lanes.facts["program"],
            &*lanes.facts["ambiguous"],
            &*lanes.facts["why"],
            &*lanes.facts["shift"]
        ),
        ("17", &*program_id(), "false", "", "0")
    );
    assert_eq!(
        rows(&lanes, 0)
            .iter()
            .map(|(kind, start, nanos, _)| (*kind, *start, *nanos))
            .collect::<Vec<_>>(),
        [(0, 0.0, 18.0), (0, 99_997.0, 39.0)]
    );
    // What was before the span is left out.
    assert_eq!(rows(&lanes, 1).len(), 4);
    let sums = fact(&lanes, "sums");
    assert_eq!(
        (&sums["polls"], &sums["wakes"], &sums["busy"], &sums["scheduled"]),
        (&json!(2), &json!(1), &json!(57_000), &json!(9_000))
    );
    // The polls, as far as they lie in the span, are its busy time.
    assert_eq!(sums["polled"], 57_000);
    // Who held the worker is named with what it did there.
    let blamed = &fact(&lanes, "blame")[0];
    assert_eq!(
        (&blamed["task"], &blamed["span"]["operation"]),
        (&json!("21"), &json!("hash"))
    );
    // And from the task back to the span.
    let task = ask(&server, "tasks/17").await.json();
    assert_eq!(task["spans"][0]["operation"], "steps");
    assert_eq!(task["spansComplete"], true);
    let other = ask(&server, "tasks/21").await.json();
    let served = other["spans"].as_array().unwrap().iter();
    let mut served: Vec<&str> = served.map(|span| span["operation"].as_str().unwrap()).collect();
    served.sort_unstable();
    assert_eq!(served, ["hash", "request"]);
    // Tasks by what they served.
    let ids = async |filter: &str| {
        table(&server, &format!("tasks?filter={filter}&sort=id"))
            .await
            .whole("id")
    };
    assert_eq!(ids("span:STEP").await, [17]);
    assert_eq!(ids("span:hash").await, [21]);
    assert!(ids("span:hash%20span:steps").await.is_empty());
    assert!(!ids("-span:hash").await.contains(&21));
    server.stop().await;
}

#[tokio::test]
async fn a_span_without_a_task_says_why() {
    let server = TestServer::start().await;
    send_spans(&server, vec![span(1, "alone", 0, MS, &[(0, MS)])]).await;
    let path = format!("/api/ui/trace/{}/span/0/lanes", "07".repeat(16));
    let lanes = Columns::read(&server.get(Listener::Query, &path).await.body);
    assert_eq!(lanes.facts["task"], "");
    assert!(
        lanes.facts["why"].contains("#[wakeful::main]"),
        "{:?}",
        lanes.facts
    );
    assert_eq!(lanes.rows(), 1);
    let missing = server
        .get(Listener::Query, &path.replace("span/0", "span/9"))
        .await;
    assert_eq!(missing.status, 404);
    server.stop().await;
}

#[tokio::test]
async fn workers_are_lanes_and_their_figures_a_series() {
    let server = TestServer::start().await;
    send(&server, &[two_steps()]).await;
    let range = format!("from={BEGIN}&to={}", BEGIN + SECOND);
    let lanes = table(&server, &format!("runtime?{range}&px=1000")).await;
    let names: Vec<Json> = fact(&lanes, "lanes")
        .as_array()
        .unwrap()
        .iter()
        .map(|lane| lane["name"].clone())
        .collect();
    assert_eq!(names, ["worker 0", "worker 1"]);
    let label = |task: &str| task.to_owned();
    let polls = rows(&lanes, 0);
    // Two polls are within one pixel of a millisecond.
    assert_eq!(
        polls,
        [
            (POLL, 10.0, 20.0, label("two steps")),
            (POLL, 99_999.0, 51.0, label(""))
        ]
    );
    assert_eq!(lanes.numbers("count"), [1, 2, 1]);
    // The long one is marked.
    assert_eq!(lanes.numbers("flags"), [0, 16, 1]);
    assert_eq!(fact(&lanes, "marks").as_array().unwrap().len(), 2);

    let series = ask(&server, &format!("runtime/series?{range}&points=2"))
        .await
        .json();
    assert_eq!(series["stepNanos"], SECOND / 2);
    assert_eq!(series["tasksAlive"], json!([null, 2]));
    assert_eq!(series["polls"], json!([null, 4]));
    assert_eq!(series["pollMax"], json!([null, 12 * MS]));
    assert_eq!(series["workers"][0]["busy"], json!([null, 0.25]));
    assert_eq!(series["workers"][0]["steals"], json!([null, null]));
    assert_eq!(series["pollHeat"]["counts"][0], json!([0, 1, 2, 0, 0, 1, 0, 0]));
    server.stop().await;
}
