//! `wakeful top` attached to a console, as a script sees it.

use std::time::Duration;

use expect_test::{Expect, expect};
use tokio::net::TcpListener;
use wakeful_console::{Feed, Server, ServerOptions};
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, Holder, Insight, Location, LocationIndex, ResourceId, ResourceStart, ResourceState,
    RuntimeBatch, TaskId, TaskStart, TaskSums,
};

use crate::process::{Reserved, wakeful};

const SECOND: u64 = 1_000_000_000;

/// Two tasks that hold a lock each, and wait for the other's.
fn deadlocked() -> RuntimeBatch {
    let locations = [1, 2, 10, 11].map(|line| Location {
        file: "src/main.rs".to_owned(),
        line,
        column: 5,
    });
    let mut batch = RuntimeBatch {
        to_unix_nanos: 5 * SECOND,
        insight: Insight::Hooks,
        locations: locations.into(),
        ..RuntimeBatch::default()
    };
    for (at, name) in ["left", "right"].into_iter().enumerate() {
        let (id, other) = (at as u64 + 1, 2 - at as u64);
        batch.task_starts.push(TaskStart {
            id: TaskId(id),
            start_unix_nanos: SECOND,
            name: name.to_owned(),
            location: Some(LocationIndex(at as u32)),
            ..TaskStart::default()
        });
        batch.task_sums.push(TaskSums {
            task: TaskId(id),
            polls: 2,
            busy_nanos: 12_100_000,
            last_poll_start_unix_nanos: Some(2 * SECOND),
            last_poll_end_unix_nanos: Some(2 * SECOND + 100),
            ..TaskSums::default()
        });
        batch.resource_starts.push(ResourceStart {
            id: ResourceId(id),
            start_unix_nanos: SECOND,
            kind: "Sync".to_owned(),
            concrete_type: "Mutex".to_owned(),
            location: Some(LocationIndex(at as u32 + 2)),
            ..ResourceStart::default()
        });
        batch.resource_states.push(ResourceState {
            resource: ResourceId(id),
            at_unix_nanos: 5 * SECOND,
            holders: vec![Holder {
                task: Some(TaskId(id)),
                since_unix_nanos: SECOND,
                ..Holder::default()
            }],
            waiters: 1,
            ..ResourceState::default()
        });
        batch.async_ops.push(AsyncOp {
            id: AsyncOpId(id),
            resource: ResourceId(other),
            task: Some(TaskId(id)),
            source: "Mutex::lock".to_owned(),
            start_unix_nanos: 2 * SECOND,
            polls: 1,
            ..AsyncOp::default()
        });
    }
    batch
}

/// What `top` prints of a program that tells this.
fn check(batch: &RuntimeBatch, arguments: &[&str], expected: Expect) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = ServerOptions {
        publish_interval: Duration::from_millis(50),
        ..ServerOptions::default()
    };
    let feed = Feed::new(&options).unwrap();
    feed.push(batch);
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(Server::new(feed, &options).run(listener, std::future::pending()));
    let said = wakeful(&["top", &address])
        .args(arguments)
        .envs([
            ("COLUMNS", "100"),
            ("LINES", "16"),
            ("LANG", "C.UTF-8"),
            ("NO_COLOR", "1"),
        ])
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    let text = String::from_utf8(said.stdout).unwrap();
    expected.assert_eq(&text.replace(&address, "http://ADDRESS"));
}

#[test]
fn once_as_a_screen() {
    check(
        &deadlocked(),
        &["--once"],
        expect![[r#"
            connection: http://ADDRESS/ (CONNECTED)  insight: tracing  lost: 0  live
            views: t = tasks, r = resources, u = runtime, Enter = details, / = filter, ? = help, q = quit
            ╭Warnings──────────────────────────────────────────────────────────────────────────────────────────╮
            │⚠ deadlock: task 1 (left) of src/main.rs:1 holds Mutex of src/main.rs:10 and waits for Mutex      │
            │⚠   of src/main.rs:11;                                                                            │
            │⚠   task 2 (right) of src/main.rs:2 holds Mutex of src/main.rs:11 and waits for Mutex of          │
            │⚠   src/main.rs:10                                                                                │
            ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
            ╭Tasks (2) ▶ Running (0) ⏫ Scheduled (0) ⏸ Idle (2) ──────────────────────────────────────────────╮
            │   Warn   ID  State        Name  Total▿  Busy    Sched   Idle    Polls   Kind     Location        │
            │   ⚠ 1    1   ⏸ idle       left     4.0s  12.1ms     0ns    4.0s       2 task     src/main.rs:1:5 │
            │   ⚠ 1    2   ⏸ idle       right    4.0s  12.1ms     0ns    4.0s       2 task     src/main.rs:2:5 │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
        "#]],
    );
}

#[test]
fn once_as_lines() {
    check(
        &deadlocked(),
        &["--json", "-A", "contention"],
        expect![[r#"
        {"busy_ns":12100000,"id":1,"idle_ns":3987900000,"kind":"task","live_wakers":1,"location":"src/main.rs:1:5","name":"left","polls":2,"scheduled_ns":0,"state":"idle","total_ns":4000000000,"type":"task"}
        {"busy_ns":12100000,"id":2,"idle_ns":3987900000,"kind":"task","live_wakers":1,"location":"src/main.rs:2:5","name":"right","polls":2,"scheduled_ns":0,"state":"idle","total_ns":4000000000,"type":"task"}
        {"concrete_type":"Mutex","holders":[1],"id":1,"internal":false,"kind":"Sync","location":"src/main.rs:10:5","name":"","parent":null,"total_ns":4000000000,"type":"resource","waiters":1}
        {"concrete_type":"Mutex","holders":[2],"id":2,"internal":false,"kind":"Sync","location":"src/main.rs:11:5","name":"","parent":null,"total_ns":4000000000,"type":"resource","waiters":1}
        {"lint":"deadlock","location":"src/main.rs:11:5","remedy":"take the locks in the same order everywhere, or hold one at a time","resources":[2,1],"since_unix_ns":2000000000,"tasks":[1,2],"text":"task 1 (left) of src/main.rs:1 holds Mutex of src/main.rs:10 and waits for Mutex of src/main.rs:11; task 2 (right) of src/main.rs:2 holds Mutex of src/main.rs:11 and waits for Mutex of src/main.rs:10","type":"finding"}
    "#]],
    );
}

#[test]
fn nobody_there() {
    let nobody = Reserved::new();
    let address = format!("http://{}", nobody.address);
    let said = wakeful(&["top", &address, "--once"]).output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    let text = String::from_utf8(said.stderr).unwrap();
    assert!(
        text.contains("start the program, or give the address of its console"),
        "{text}"
    );
}
