//! Programs, tasks and resources, from the frames that a program sends to what the page gets.

use serde_json::{Value as Json, json};
use wakeful_model::runtime::{
    Gap, Insight, Location, LocationIndex, LocationSums, Loss, Runtime, RuntimeBatch, RuntimeId,
    RuntimeMetrics, TaskEnd, TaskEndKind, TaskId, TaskKind, TaskStart, TaskSums, WakerSums, WorkerMetrics,
};
use wakeful_model::{Attribute, Resource};
use wakeful_server::Listener;
use wakeful_store::ProgramId;
use wakeful_wire::frame::{self, Kind, NO_KEY};
use wakeful_wire::runtime;

use crate::client::{self, Answer};
use crate::server::TestServer;
use crate::ui_trace::Columns;

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const BEGIN: u64 = 1_700_000_000 * SECOND;

/// The program that all tests here tell of.
pub(crate) fn program() -> Resource {
    Resource {
        attributes: vec![
            Attribute::new("service.name", "shop"),
            Attribute::new("service.instance.id", "one"),
            Attribute::new("process.pid", 4711),
        ],
        ..Resource::default()
    }
}

pub(crate) fn program_id() -> String {
    ProgramId::of(&program()).to_string()
}

pub(crate) fn frames(batches: &[RuntimeBatch]) -> Vec<u8> {
    let mut body = Vec::new();
    for batch in batches {
        let mut payload = Vec::new();
        runtime::encode(batch, &mut payload);
        frame::write(&mut body, Kind::RuntimeBatch, 0, NO_KEY, &payload).unwrap();
    }
    body
}

pub(crate) async fn post(server: &TestServer, body: &[u8]) -> Answer {
    let headers = [("content-type", "application/octet-stream")];
    server
        .post(Listener::OtlpHttp, "/wakeful/v1/frames", &headers, body)
        .await
}

pub(crate) async fn send(server: &TestServer, batches: &[RuntimeBatch]) {
    let answer = post(server, &frames(batches)).await;
    assert_eq!((answer.status, answer.text()), (200, ""));
}

/// Asks about the program.
pub(crate) async fn ask(server: &TestServer, path: &str) -> Answer {
    let sign = if path.contains('?') { '&' } else { '?' };
    let path = format!("/api/ui/{path}{sign}program={}", program_id());
    server.get(Listener::Query, &path).await
}

pub(crate) async fn table(server: &TestServer, path: &str) -> Columns {
    let answer = ask(server, path).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    Columns::read(&answer.body)
}

pub(crate) async fn json(server: &TestServer, path: &str) -> Json {
    let answer = ask(server, path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

pub(crate) fn places() -> Vec<Location> {
    let place = |line| Location {
        file: "src/main.rs".to_owned(),
        line,
        column: 5,
    };
    vec![place(10), place(20)]
}

pub(crate) fn task(id: u64, name: &str, parent: Option<u64>) -> TaskStart {
    TaskStart {
        id: TaskId(id),
        start_unix_nanos: BEGIN + id * 1_000_000,
        parent: parent.map(TaskId),
        location: Some(LocationIndex(if parent.is_none() { 0 } else { 1 })),
        name: name.to_owned(),
        runtime: Some(RuntimeId(1)),
        ..TaskStart::default()
    }
}

pub(crate) fn sums(id: u64, polls: u64, busy: u64) -> TaskSums {
    let start = BEGIN + id * 1_000_000;
    let mut sums = TaskSums {
        task: TaskId(id),
        polls,
        busy_nanos: busy,
        scheduled_nanos: Some(3_000),
        first_poll_unix_nanos: Some(start),
        last_poll_start_unix_nanos: Some(start + 500),
        last_poll_end_unix_nanos: Some(start + 900),
        wakers: Some(WakerSums {
            wakes: polls,
            self_wakes: 1,
            clones: 3,
            drops: 2,
            last_wake_unix_nanos: Some(start + 400),
        }),
        ..TaskSums::default()
    };
    (0..polls).for_each(|_| sums.poll_times.record(busy / polls));
    sums
}

/// A program with a root, two children of which one is gone, and a task that is being polled.
fn family() -> RuntimeBatch {
    let running = TaskSums {
        last_poll_start_unix_nanos: Some(BEGIN + SECOND / 2),
        ..sums(4, 2, 9_000_000)
    };
    RuntimeBatch {
        resource: program(),
        from_unix_nanos: BEGIN,
        to_unix_nanos: BEGIN + SECOND,
        insight: Insight::Stable,
        gaps: vec![Gap {
            missing: "tasks of other crates".to_owned(),
            remedy: "#[wakeful::main]".to_owned(),
        }],
        runtimes: vec![Runtime {
            id: RuntimeId(1),
            name: "main".to_owned(),
            workers: 2,
            ..Runtime::default()
        }],
        locations: places(),
        task_starts: vec![
            task(1, "root", None),
            task(2, "accept", Some(1)),
            task(3, "gone", Some(1)),
            TaskStart {
                kind: TaskKind::Blocking,
                ..task(4, "busy", None)
            },
        ],
        task_sums: vec![
            sums(1, 4, 80_000),
            sums(2, 1, 20_000),
            sums(3, 1, 20_000),
            running,
        ],
        task_ends: vec![TaskEnd {
            id: TaskId(3),
            end_unix_nanos: BEGIN + SECOND / 2,
            kind: TaskEndKind::Dropped,
        }],
        location_sums: vec![LocationSums {
            location: Some(LocationIndex(1)),
            to_unix_nanos: BEGIN + SECOND,
            alive: 1,
            started: 2,
            ended: 1,
            polls: 7_000,
            busy_nanos: 20_000,
            longest_poll_nanos: 10_000,
            ..LocationSums::default()
        }],
        metrics: vec![RuntimeMetrics {
            runtime: RuntimeId(1),
            at_unix_nanos: BEGIN + SECOND,
            alive_tasks: Some(3),
            workers: vec![WorkerMetrics::default()],
            ..RuntimeMetrics::default()
        }],
        losses: vec![Loss {
            cause: "ring_full".to_owned(),
            polls: 5,
            ..Loss::default()
        }],
        ..RuntimeBatch::default()
    }
}

#[tokio::test]
async fn a_program_is_listed_with_what_it_can_see() {
    let server = TestServer::start().await;
    let nothing = server.get(Listener::Query, "/api/ui/programs").await.json();
    assert_eq!(nothing, json!({"programs": [], "total": 0}));
    send(&server, &[family()]).await;
    let found = server.get(Listener::Query, "/api/ui/programs").await.json();
    let expected = json!({
        "id": program_id(), "service": "shop", "instance": "one", "pid": "4711", "live": false,
        "fromUnixNanos": BEGIN.to_string(), "toUnixNanos": (BEGIN + SECOND).to_string(), "tasksAlive": 3, "lost": 5,
        "insight": {"depth": "stable", "missing": [{"what": "tasks of other crates", "add": "#[wakeful::main]"}]},
        "runtimes": [{"id": "1", "name": "main", "flavor": "unknown", "workers": 2}],
    });
    assert_eq!(found["programs"], json!([expected]));
    server.stop().await;
}

#[tokio::test]
async fn tasks_are_listed_filtered_sorted_and_grouped() {
    let server = TestServer::start().await;
    send(&server, &[family()]).await;
    let all = table(&server, "tasks?sort=id").await;
    assert_eq!(all.whole("id"), [1, 2, 3, 4]);
    assert_eq!(all.texts("name"), ["root", "accept", "gone", "busy"]);
    assert_eq!(all.numbers("state"), [0, 0, 3, 2]);
    assert_eq!(all.numbers("ended"), [0, 0, 3, 0]);
    assert_eq!(all.texts("kind"), ["task", "task", "task", "blocking"]);
    assert_eq!(all.texts("location")[1], "src/main.rs:20:5");
    assert_eq!(all.floats("polls"), [4.0, 1.0, 1.0, 2.0]);
    assert_eq!(all.floats("busy")[..3], [80_000.0, 20_000.0, 20_000.0]);
    // It has been polled for half a second.
    assert_eq!(all.floats("busy")[3], 9_000_000.0 + SECOND as f64 / 2.0);
    // Four polls of 20 µs, one of them; two of 4.5 ms.
    assert_eq!(all.numbers("poll2"), [4, 1, 1, 0]);
    assert_eq!(all.numbers("poll4"), [0, 0, 0, 2]);
    let facts = |name: &str| all.facts[name].as_str();
    assert_eq!(
        [
            facts("tasks"),
            facts("running"),
            facts("idle"),
            facts("done"),
            facts("lost")
        ],
        ["3", "1", "2", "1", "5"]
    );

    let check = async |query: &str, expected: &[u64]| {
        let found = table(&server, &format!("tasks?{query}")).await;
        assert_eq!(found.whole("id"), expected, "{query}");
    };
    check("filter=acc", &[2]).await;
    check("filter=state:idle&sort=-polls", &[1, 2]).await;
    check("filter=busy%3E1ms", &[4]).await;
    check("sort=-id&offset=1&limit=2", &[3, 2]).await;
    // The one that went, left the list.
    check("sort=id&retain=0", &[1, 2, 4]).await;
    check(&format!("at={}&sort=id", BEGIN + SECOND), &[1, 2, 3, 4]).await;

    let groups = table(&server, "tasks?group=location").await;
    assert_eq!(groups.texts("location"), ["src/main.rs:20:5"]);
    assert_eq!(groups.floats("polls"), [7_000.0]);
    assert_eq!(
        (groups.floats("alive"), groups.floats("started")),
        (vec![1.0], vec![2.0])
    );
    server.stop().await;
}

#[tokio::test]
async fn one_task_says_all_that_is_known() {
    let server = TestServer::start().await;
    send(&server, &[family()]).await;
    let root = json(&server, "tasks/1").await;
    assert_eq!(root["name"], "root");
    assert_eq!(
        (&root["polls"], &root["busy"], &root["scheduled"]),
        (&json!(4), &json!(80_000), &json!(3_000))
    );
    assert_eq!(
        root["wakers"],
        json!({"live": 1, "clones": 3, "drops": 2, "wakes": 4, "selfWakes": 1, "lastWakeUnixNanos": (BEGIN + 1_000_400).to_string()})
    );
    assert_eq!(root["pollTimes"]["counts"], json!([4]));
    assert_eq!(root["scheduledTimes"], Json::Null);
    assert_eq!(root["childrenTotal"], 2);
    assert_eq!(root["children"][1]["ended"], "dropped");
    assert_eq!(root["parent"], Json::Null);
    let child = json(&server, "tasks/2").await;
    assert_eq!(
        child["parent"],
        json!({"id": "1", "name": "root", "location": "src/main.rs:10:5", "state": "idle", "ended": null})
    );
    let unknown = ask(&server, "tasks/99").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("no task 99"), "{}", unknown.text());
    server.stop().await;
}

#[tokio::test]
async fn news_of_tasks_come_to_who_watches() {
    let server = TestServer::start().await;
    send(&server, &[family()]).await;
    let path = format!("/api/ui/watch?topics=tasks&program={}", program_id());
    let mut lines = client::lines(server.addresses[&Listener::Query], &path)
        .await
        .unwrap();
    assert_eq!(lines.status, 200);
    let all = lines.next().await.unwrap();
    let ids = |line: &Json| -> Vec<String> {
        let rows = line["changed"].as_array().unwrap().iter();
        let mut ids: Vec<String> = rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&all), ["1", "2", "3", "4"]);
    assert_eq!(
        all["counts"],
        json!({"tasks": 3, "running": 1, "scheduled": 0, "idle": 2, "done": 1})
    );
    assert_eq!(all["more"], false);
    // The task that has been polled for half a second is one that never yielded, or has a long poll.
    let later = RuntimeBatch {
        from_unix_nanos: BEGIN + SECOND,
        to_unix_nanos: BEGIN + 8 * SECOND,
        task_starts: vec![task(5, "new", Some(1))],
        task_sums: vec![sums(1, 5, 50_000)],
        task_ends: Vec::new(),
        location_sums: Vec::new(),
        ..family()
    };
    send(&server, &[later]).await;
    let news = loop {
        let line = lines.next().await.unwrap();
        if line["type"] == "tasks" {
            break line;
        }
    };
    assert!(
        ids(&news).contains(&"1".to_owned()) && ids(&news).contains(&"5".to_owned()),
        "{news}"
    );
    assert!(!ids(&news).contains(&"2".to_owned()), "{news}");
    // It went more than six seconds ago.
    assert_eq!(news["gone"], json!(["3"]));
    server.stop().await;
}

#[tokio::test]
async fn a_body_is_taken_whole_or_not_at_all() {
    let server = TestServer::start().await;
    let check = async |body: Vec<u8>, status: u16, part: &str| {
        let answer = post(&server, &body).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, status, "{text}");
        assert!(text.contains(part), "{text}");
    };
    let good = frames(&[family()]);
    let mut damaged = frames(&[family(), family()]);
    let last = damaged.len() - 40;
    damaged[last] ^= 1;
    check(
        damaged,
        400,
        &format!("the frame at byte {}: checksum mismatch", good.len()),
    )
    .await;
    check(good[..good.len() - 16].to_vec(), 400, "cut off").await;
    check(b"nonsense".to_vec(), 400, "there is none").await;
    let mut other = Vec::new();
    frame::write(&mut other, Kind::OtlpTraces, 0, NO_KEY, b"").unwrap();
    check(other, 400, "/v1/traces").await;
    let mut malformed = Vec::new();
    frame::write(&mut malformed, Kind::RuntimeBatch, 0, NO_KEY, &[0xff; 20]).unwrap();
    check(malformed, 400, "the frame at byte 0").await;
    let ahead = RuntimeBatch {
        to_unix_nanos: u64::MAX,
        ..family()
    };
    check(frames(&[ahead]), 400, "set the clock").await;
    check(vec![0; (20 << 20) + 1], 413, "--max-message-bytes").await;
    let nothing = server.get(Listener::Query, "/api/ui/programs").await.json();
    assert_eq!(nothing["total"], 0);
    check(Vec::new(), 200, "").await;
    check(good.clone(), 200, "").await;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &good).unwrap();
    let headers = [("content-encoding", "gzip")];
    let body = encoder.finish().unwrap();
    let answer = server
        .post(Listener::OtlpHttp, "/wakeful/v1/frames", &headers, &body)
        .await;
    assert_eq!(answer.status, 200);
    let get = server.get(Listener::OtlpHttp, "/wakeful/v1/frames").await;
    assert_eq!(get.status, 405);
    server
        .await_figure(
            "wakeful_receiver_accepted_messages_total{receiver=\"frames\"}",
            3.0,
        )
        .await;
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_a_remedy() {
    let server = TestServer::start().await;
    send(&server, &[family()]).await;
    let check = async |path: &str, status: u16, parameter: &str, part: &str| {
        let answer = ask(&server, path).await;
        assert_eq!(
            answer.status,
            status,
            "{path}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        let error = &answer.json()["error"];
        assert_eq!(
            error["parameter"].as_str().unwrap_or_default(),
            parameter,
            "{path}"
        );
        assert!(
            error["message"].as_str().unwrap().contains(part),
            "{path}: {error}"
        );
    };
    check("tasks?filter=acc%20state:asleep", 400, "filter", "state:idle").await;
    check("tasks?sort=size", 400, "sort", "longest").await;
    check("tasks?limit=1000000", 400, "limit", "100000").await;
    check("tasks?group=colour", 400, "group", "group=location").await;
    check("tasks?at=yesterday", 400, "at", "Unix nanoseconds").await;
    check("tasks?at=5", 404, "", &BEGIN.to_string()).await;
    check("tasks/1/lane?from=9&to=5", 400, "from", "later").await;
    check("resources?sort=colour", 400, "sort", "longestWait").await;
    check("resources/1", 404, "", "no resource 1").await;
    check("runtime?runtime=main", 400, "runtime", "number").await;
    check("watch", 400, "topics", "topics=tasks").await;
    let none = server.get(Listener::Query, "/api/ui/tasks").await;
    assert_eq!(none.json()["error"]["parameter"], "program");
    let unknown = server
        .get(Listener::Query, "/api/ui/tasks?program=00000000000000ff")
        .await;
    assert_eq!(unknown.status, 404);
    server.stop().await;
}
