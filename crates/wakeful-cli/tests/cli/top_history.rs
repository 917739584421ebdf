//! `wakeful top` on a server: what programs told, now and in the past.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{SystemTime, UNIX_EPOCH};

use expect_test::{Expect, expect};
use tempfile::TempDir;
use wakeful_console::{Feed, Server, ServerOptions};
use wakeful_model::runtime::{Insight, RuntimeBatch, TaskEnd, TaskEndKind, TaskId, TaskStart, TaskSums};
use wakeful_model::{Attribute, Resource};

use crate::process::{Running, wakeful};
use crate::runtime::send;

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3_600 * SECOND;

/// What a program told at a time: tasks that began then, and those that ended.
fn told(service: &str, at: u64, begun: &[(u64, &str)], ended: &[u64]) -> RuntimeBatch {
    let start = |(id, name): &(u64, &str)| TaskStart {
        id: TaskId(*id),
        start_unix_nanos: at,
        name: (*name).to_owned(),
        ..TaskStart::default()
    };
    let sums = |(id, _): &(u64, &str)| TaskSums {
        task: TaskId(*id),
        polls: 2,
        busy_nanos: 12_100_000,
        last_poll_start_unix_nanos: Some(at + 1),
        last_poll_end_unix_nanos: Some(at + 2),
        ..TaskSums::default()
    };
    let end = |id: &u64| TaskEnd {
        id: TaskId(*id),
        end_unix_nanos: at,
        kind: TaskEndKind::Completed,
    };
    RuntimeBatch {
        resource: Resource {
            attributes: vec![
                Attribute::new("service.name", service),
                Attribute::new("process.pid", 4711),
            ],
            ..Resource::default()
        },
        from_unix_nanos: at,
        to_unix_nanos: at + SECOND,
        insight: Insight::Hooks,
        task_starts: begun.iter().map(start).collect(),
        task_sums: begun.iter().map(sums).collect(),
        task_ends: ended.iter().map(end).collect(),
        ..RuntimeBatch::default()
    }
}

/// A server that keeps what two programs told two hours ago, and one of them an hour ago.
fn server(folder: &TempDir) -> Running {
    let server = Running::start("serve", &["--data-dir", folder.path().to_str().unwrap()]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_nanos()).unwrap();
    for batch in [
        told("shop", now - 2 * HOUR, &[(1, "root"), (2, "early")], &[]),
        told("till", now - 2 * HOUR, &[(1, "count")], &[]),
        // Not on the hour, so that it is "1h00m ago" for a while.
        told("shop", now - HOUR - 20 * SECOND, &[(3, "late")], &[2]),
    ] {
        send(&server, &batch);
    }
    server
}

/// What `top` prints, and how it says no.
fn check(address: &str, arguments: &[&str], expected: Expect) {
    let said = wakeful(&["top", address])
        .args(arguments)
        .envs([
            ("COLUMNS", "100"),
            ("LINES", "15"),
            ("LANG", "C.UTF-8"),
            ("NO_COLOR", "1"),
        ])
        .output()
        .unwrap();
    let text = String::from_utf8([said.stdout, said.stderr].concat()).unwrap();
    let text = text.replace(address.trim_end_matches('/'), "http://ADDRESS");
    // What the connection says of its end depends on who is first.
    let text = match text.split_once(": client error") {
        Some((said, _)) => format!("{said}\n"),
        None => text,
    };
    expected.assert_eq(&steady(&text));
}

/// Times and ids of programs are different each time.
fn steady(text: &str) -> String {
    let word = |word: &str| {
        let bare = word.trim_matches(['╮', '─', '│', '\n']);
        let has = |length, is: fn(char) -> bool| bare.len() == length && bare.chars().all(is);
        let is_time = has(12, |c| c.is_ascii_digit() || ":.".contains(c));
        if is_time || (bare.len() == 10 && bare.ends_with("Z,")) {
            word.replace(bare, &"T".repeat(bare.len()))
        } else if has(16, |c| c.is_ascii_hexdigit()) {
            word.replace(bare, "ID")
        } else if has(19, |c| c.is_ascii_digit()) {
            word.replace(bare, "NANOS")
        } else {
            word.to_owned()
        }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_program_is_shown_as_it_was() {
    let folder = TempDir::new().unwrap();
    let server = server(&folder);
    let address = format!("http://{}", server.address("query"));
    check(
        &address,
        &["--once", "--program", "shop"],
        expect![[r#"
        connection: http://ADDRESS/ (CONNECTED)  shop 4711  ended TTTTTTTTTT 1h00m ago  insight: hoo
        t = tasks, r = resources, u = runtime, s = spans, x = traces, p = programs, ? = help, q = quit
        ╭Tasks (3) ▶ Running (0) ⏫ Scheduled (0) ⏸ Idle (2) ──────────────────────────────────────────────╮
        │   Warn   ID  State        Name  Total▿  Busy    Sched   Idle    Polls   Kind     Location        │
        │          1   ⏸ idle       root   59m41s  12.1ms     n/a  59m40s       2 task     n/a             │
        │          2   ⏹ done       early  59m40s  12.1ms     n/a  59m39s       2 task     n/a             │
        │          3   ⏸ idle       late     1.0s  12.1ms     n/a 987.9ms       2 task     n/a             │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        │                                                                                                  │
        ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
    "#]],
    );
    check(
        &address,
        &["--once", "--program", "shop", "--at", "90m"],
        expect![[r#"
            connection: http://ADDRESS/ (CONNECTED)  shop 4711  TTTTTTTTTT 1h30m ago  insight: hooks  lo
            t = tasks, r = resources, u = runtime, s = spans, x = traces, p = programs, ? = help, q = quit
            ╭Tasks (2) ▶ Running (0) ⏫ Scheduled (0) ⏸ Idle (2) ──────────────────────────────────────────────╮
            │   Warn   ID  State        Name  Total▿  Busy    Sched   Idle    Polls   Kind     Location        │
            │          1   ⏸ idle       root     1.0s  12.1ms     n/a 987.9ms       2 task     n/a             │
            │          2   ⏸ idle       early    1.0s  12.1ms     n/a 987.9ms       2 task     n/a             │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
        "#]],
    );
    check(
        &address,
        &["--json", "--program", "till"],
        expect![[r#"
        {"busy_ns":12100000,"id":1,"idle_ns":987900000,"kind":"task","live_wakers":null,"location":null,"name":"count","polls":2,"scheduled_ns":null,"state":"idle","total_ns":1000000000,"type":"task"}
    "#]],
    );
    check(
        &address,
        &["--once", "--program", "shop", "--at", "3h"],
        expect![[r#"
            error: nothing is stored from before that time; there is from NANOS
        "#]],
    );
    // Which of the two is meant, nobody can know.
    check(
        &address,
        &["--once"],
        expect![[r#"
        error: choose one of the server's programs with --program: ID (till 4711), ID (shop 4711)
    "#]],
    );
    check(
        &address,
        &["--once", "--program", "bank"],
        expect![[r#"
        error: choose one of the server's programs with --program: ID (till 4711), ID (shop 4711)
    "#]],
    );
}

/// Two spans of the shop, of late.
fn send_trace(server: &Running) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let span = |id: u64, parent: &str, name: &str, from: u128, to: u128| {
        serde_json::json!({
            "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": format!("{id:016x}"), "parentSpanId": parent, "name": name,
            "startTimeUnixNano": (now - from).to_string(), "endTimeUnixNano": (now - to).to_string(),
        })
    };
    let body = serde_json::json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"spans": [
            span(1, "", "checkout", 9_000_000_000, 4_000_000_000),
            span(2, "0000000000000001", "pay", 8_000_000_000, 5_000_000_000),
        ]}],
    }]})
    .to_string();
    let mut stream = TcpStream::connect(server.address("otlp-http")).unwrap();
    write!(
        stream,
        "POST /v1/traces HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.split(' ').nth(1), Some("200"), "{answer}");
}

#[test]
fn spans_of_a_program_are_shown() {
    let folder = TempDir::new().unwrap();
    let server = server(&folder);
    send_trace(&server);
    let address = format!("http://{}", server.address("query"));
    check(
        &address,
        &["--once", "--program", "shop", "--view", "traces"],
        expect![[r#"
            connection: http://ADDRESS/ (CONNECTED)  shop 4711  ended TTTTTTTTTT 1h00m ago  insight: hoo
            t = tasks, r = resources, u = runtime, s = spans, x = traces, p = programs, ? = help, q = quit
            ╭Traces (1) ───────────────────────────────────────────────────────────────────────────────────────╮
            │   Start         Duration Spans  Depth Errors Root                                                │
            │   TTTTTTTTTTTT      5.0s      2     2        shop: checkout                                      │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
        "#]],
    );
    check(
        &address,
        &["--once", "--program", "shop", "--view", "spans"],
        expect![[r#"
            connection: http://ADDRESS/ (CONNECTED)  shop 4711  ended TTTTTTTTTT 1h00m ago  insight: hoo
            t = tasks, r = resources, u = runtime, s = spans, x = traces, p = programs, ? = help, q = quit
            ╭Spans & events, newest last ──────────────────────────────────────────────────────────────────────╮
            │TTTTTTTTTTTT  shop: checkout 5.0s                                                                 │
            │TTTTTTTTTTTT    shop: pay 3.0s                                                                    │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            │                                                                                                  │
            ╰──────────────────────────────────────────────────────────────────────────────────────────────────╯
        "#]],
    );
}

#[test]
fn a_console_has_no_history() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = ServerOptions::default();
    let feed = Feed::new(&options).unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    runtime.spawn(Server::new(feed, &options).run(listener, std::future::pending()));
    check(
        &address,
        &["--once", "--at", "10m"],
        expect![[r#"
        error: cannot ask http://ADDRESS/ what it keeps of programs; is it a wakeful server?
    "#]],
    );
    check(
        "file://localhost/run/c.sock",
        &["--once", "--at", "10m"],
        expect![[r#"
            error: only a server has --program and --at; give its address, as http://HOST:16686
        "#]],
    );
}

/// Somebody else's page.
#[test]
fn who_is_neither_is_named() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime
        .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
        .unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let page = axum::Router::new().route("/{*path}", axum::routing::get(async || "{}"));
    runtime.spawn(async { axum::serve(listener, page).await });
    check(
        &address,
        &["--once"],
        expect![[r#"
        error: http://ADDRESS/ is neither a program's console nor a wakeful server; give the address of one
    "#]],
    );
}
