//! Locks: deadlocks, waits and holds, now and in a range of time.

use serde_json::{Value as Json, json};
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Holder, LocationIndex, ResourceId, ResourceStart, ResourceState, RuntimeBatch, TaskId,
};

use crate::runtime::{BEGIN, SECOND, ask, json, places, program, send, sums, table, task};
use crate::server::TestServer;

/// Two tasks, each with a lock that the other waits for.
fn deadlock(now: u64) -> RuntimeBatch {
    let lock = |id: u64, line: u32| ResourceStart {
        id: ResourceId(id),
        start_unix_nanos: BEGIN,
        kind: "Sync".to_owned(),
        concrete_type: "Mutex".to_owned(),
        location: Some(LocationIndex(line)),
        ..ResourceStart::default()
    };
    let held = |id: u64, task: u64| ResourceState {
        resource: ResourceId(id),
        at_unix_nanos: now,
        holders: vec![Holder {
            task: Some(TaskId(task)),
            since_unix_nanos: BEGIN + 5_000_000,
            ..Holder::default()
        }],
        waiters: 1,
        ..ResourceState::default()
    };
    let wait = |id: u64, resource: u64, task: u64| AsyncOp {
        id: AsyncOpId(id),
        resource: ResourceId(resource),
        task: Some(TaskId(task)),
        source: "Mutex::lock".to_owned(),
        start_unix_nanos: BEGIN + 6_000_000,
        polls: 1,
        ..AsyncOp::default()
    };
    RuntimeBatch {
        resource: program(),
        from_unix_nanos: now - SECOND,
        to_unix_nanos: now,
        locations: places(),
        task_starts: vec![task(1, "one", None), task(2, "two", None)],
        task_sums: vec![sums(1, 1, 1_000), sums(2, 1, 1_000)],
        resource_starts: vec![lock(7, 0), lock(8, 1)],
        resource_states: vec![held(7, 1), held(8, 2)],
        async_ops: vec![wait(1, 8, 1), wait(2, 7, 2)],
        ..RuntimeBatch::default()
    }
}

#[tokio::test]
async fn a_deadlock_is_named_with_both_tasks_and_both_locks() {
    let server = TestServer::start().await;
    send(&server, &[deadlock(BEGIN + SECOND)]).await;
    let found = json(&server, "findings").await;
    let finding = &found["findings"][0];
    assert_eq!(finding["name"], "deadlock");
    assert_eq!(
        (&finding["tasks"], &finding["resources"]),
        (&json!(["1", "2"]), &json!(["8", "7"]))
    );
    let message = finding["message"].as_str().unwrap();
    for part in ["task 1", "task 2", "src/main.rs:10", "src/main.rs:20"] {
        assert!(message.contains(part), "{message}");
    }

    let tasks = table(&server, "tasks?filter=warn:deadlock&sort=id").await;
    assert_eq!(tasks.whole("id"), [1, 2]);
    let one = json(&server, "tasks/1").await;
    assert_eq!(one["holds"][0]["resource"], "7");
    assert_eq!(
        (&one["waitsFor"][0]["resource"], &one["waitsFor"][0]["holder"]),
        (&json!("8"), &json!("2"))
    );

    let resources = table(&server, "resources?sort=id").await;
    assert_eq!(resources.whole("id"), [7, 8]);
    assert_eq!(resources.whole("holder"), [1, 2]);
    assert_eq!(resources.floats("waiting"), [1.0, 1.0]);
    let lock = json(&server, "resources/7").await;
    assert_eq!(lock["holders"][0]["task"]["id"], "1");
    assert_eq!(lock["waiters"][0]["task"]["id"], "2");
    assert_eq!(lock["waitsFor"]["cycle"], true);
    assert_eq!(lock["waitsFor"]["nodes"].as_array().unwrap().len(), 4);
    let lane = table(&server, &format!("resources/7/lane?from={BEGIN}")).await;
    // One held it, the other one waits.
    assert_eq!(lane.numbers("kind"), [10, 11]);
    assert_eq!(lane.whole("task"), [1, 2]);
    assert_eq!(
        (&*lane.facts["waitTimes"], &*lane.facts["holdTimes"]),
        ("null", "null")
    );
    server.stop().await;
}

#[tokio::test]
async fn holds_that_were_timed_are_counted_by_how_long_they_took() {
    let server = TestServer::start().await;
    let held = |second: u64, nanos: &[u64]| {
        let mut batch = deadlock(BEGIN + second * SECOND);
        let times = &mut batch.resource_states[0].hold_times;
        nanos.iter().for_each(|nanos| times.record(*nanos));
        batch
    };
    send(
        &server,
        &[held(1, &[3_000_000, 5_000_000]), held(2, &[80_000_000])],
    )
    .await;
    let holds = async |resource: u64, from: u64| -> Json {
        let lane = table(&server, &format!("resources/{resource}/lane?from={from}")).await;
        serde_json::from_str(&lane.facts["holdTimes"]).unwrap()
    };
    let all = holds(7, BEGIN).await;
    assert_eq!(
        (&all["counts"], &all["max"]),
        (&json!([1, 1, 1]), &json!(80_000_000))
    );
    assert_eq!(holds(7, BEGIN + 2 * SECOND).await["counts"], json!([1]));
    assert_eq!(holds(8, BEGIN).await, Json::Null);
    let list = table(&server, "resources?sort=-holdP99").await;
    let columns = (list.whole("id"), list.floats("holdP99"), list.floats("waitP99"));
    assert_eq!(columns.0, [7, 8]);
    // The middle of a bucket that is an eighth wide.
    assert!((75e6..=80e6).contains(&columns.1[0]), "{columns:?}");
    assert!(
        [columns.1[1], columns.2[0], columns.2[1]]
            .iter()
            .all(|it| it.is_nan())
    );
    server.stop().await;
}

#[tokio::test]
async fn what_was_wrong_is_found_in_a_range_of_time() {
    let server = TestServer::start().await;
    // Two tasks wait for each other for two seconds, until one of them gives up.
    let mut given_up = deadlock(BEGIN + 3 * SECOND);
    given_up.async_ops[0].end_unix_nanos = Some(BEGIN + 2_500_000_000);
    given_up.resource_states[0].holders.clear();
    let quiet = RuntimeBatch {
        resource: program(),
        from_unix_nanos: BEGIN + 3 * SECOND,
        to_unix_nanos: BEGIN + 4 * SECOND,
        ..RuntimeBatch::default()
    };
    let batches = [
        deadlock(BEGIN + SECOND),
        deadlock(BEGIN + 2 * SECOND),
        given_up,
        quiet,
    ];
    send(&server, &batches).await;
    let deadlocks = async |path: String| -> Vec<Json> {
        let mut findings = json(&server, &path).await["findings"].as_array().unwrap().clone();
        findings.retain(|finding| finding["name"] == "deadlock");
        findings
    };
    // The seconds in which it was found last.
    let found = async |from: u64, to: u64| -> Vec<u64> {
        let (from, to) = (BEGIN + from * SECOND, BEGIN + to * SECOND);
        let findings = deadlocks(format!("findings?from={from}&to={to}")).await;
        let last = |it: &Json| it["lastUnixNanos"].as_str().unwrap().parse::<u64>().unwrap();
        findings.iter().map(|it| (last(it) - BEGIN) / SECOND).collect()
    };
    assert!(deadlocks("findings".to_owned()).await.is_empty());
    assert_eq!(found(0, 4).await, [2]);
    assert_eq!(found(0, 1).await, [1]);
    assert!(found(3, 4).await.is_empty());
    let long = ask(&server, &format!("findings?from=0&to={BEGIN}")).await;
    assert_eq!(long.status, 400);
    assert!(long.text().contains("an hour is the longest"), "{}", long.text());
    server.stop().await;
}

#[tokio::test]
async fn waits_that_ended_are_counted_by_how_long_they_took() {
    let server = TestServer::start().await;
    let mut batch = deadlock(BEGIN + SECOND);
    batch.async_ops[0].end_unix_nanos = Some(BEGIN + 9_000_000);
    send(&server, &[batch]).await;
    let waits = async |resource: u64, from: u64| -> Json {
        let lane = table(&server, &format!("resources/{resource}/lane?from={from}")).await;
        serde_json::from_str(&lane.facts["waitTimes"]).unwrap()
    };
    let ended = waits(8, BEGIN).await;
    assert_eq!(
        (&ended["counts"], &ended["max"]),
        (&json!([1]), &json!(3_000_000))
    );
    assert_eq!(waits(8, BEGIN + 10_000_000).await, Json::Null);
    assert_eq!(waits(7, BEGIN).await, Json::Null);
    server.stop().await;
}
