//! `wakeful serve --scrape`: programs with a console have a history too.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use wakeful_console::{Feed, Server, ServerOptions};
use wakeful_model::runtime::{RuntimeBatch, TaskId, TaskStart, TaskSums};

use crate::process::{Reserved, Running};

const SECOND: u64 = 1_000_000_000;
const BEGUN: u64 = 1_700_000_000 * SECOND;

/// A task after so many seconds, one poll each.
fn after(seconds: u64) -> RuntimeBatch {
    RuntimeBatch {
        from_unix_nanos: BEGUN + (seconds - 1) * SECOND,
        to_unix_nanos: BEGUN + seconds * SECOND,
        task_starts: vec![TaskStart {
            id: TaskId(7),
            start_unix_nanos: BEGUN,
            name: "accept".to_owned(),
            ..TaskStart::default()
        }],
        task_sums: vec![TaskSums {
            task: TaskId(7),
            polls: seconds,
            last_poll_start_unix_nanos: Some(BEGUN + seconds * SECOND - 20),
            last_poll_end_unix_nanos: Some(BEGUN + seconds * SECOND - 10),
            ..TaskSums::default()
        }],
        ..RuntimeBatch::default()
    }
}

/// Looks until there is what is looked for.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within a minute");
        std::thread::yield_now();
    }
}

/// How often the task of a program was polled.
fn polls(server: &Running, program: &str, at: &str) -> Option<u64> {
    server.get(&format!("/api/ui/tasks/7?program={program}{at}"))["polls"].as_u64()
}

/// Waits until a program besides one was polled so often; returns its id.
fn await_polls(server: &Running, other: Option<&str>, expected: u64) -> String {
    until(|| {
        let answer = server.get("/api/ui/programs");
        let mut programs = answer["programs"]
            .as_array()?
            .iter()
            .filter_map(|it| it["id"].as_str());
        let program = programs.find(|id| Some(*id) != other)?;
        (polls(server, program, "") == Some(expected)).then(|| program.to_owned())
    })
}

/// A program whose console is at an address; it ends when the runtime is dropped.
fn begin(address: SocketAddr) -> (Runtime, Feed) {
    let options = ServerOptions {
        publish_interval: Duration::from_millis(20),
        ..ServerOptions::default()
    };
    let runtime = Runtime::new().unwrap();
    let feed = Feed::new(&options).unwrap();
    // The one before it may take a while to leave.
    let listener = until(|| runtime.block_on(TcpListener::bind(address)).ok());
    runtime.spawn(Server::new(feed.clone(), &options).run(listener, std::future::pending()));
    (runtime, feed)
}

#[test]
fn a_program_with_a_console_is_kept_after_its_end_and_told_from_the_next() {
    let reserved = Reserved::new();
    let address = reserved.address;
    let (ends, feed) = begin(address);
    let folder = TempDir::new().unwrap();
    let console = format!("http://{address}");
    let arguments = [
        "--data-dir",
        folder.path().to_str().unwrap(),
        "--scrape",
        &console,
    ];
    let server = Running::start("serve", &arguments);
    let mut first = String::new();
    for second in 1..=3 {
        feed.push(&after(second));
        // The next second is told when this one is kept.
        first = await_polls(&server, None, second);
    }
    ends.shutdown_background();
    drop(feed);

    let (_goes_on, feed) = begin(address);
    feed.push(&after(9));
    let next = await_polls(&server, Some(&first), 9);
    // Within the second second, which the answer has the whole of.
    let at = format!("&at={}", BEGUN + SECOND + SECOND / 2);
    assert_eq!(
        (polls(&server, &first, ""), polls(&server, &first, &at)),
        (Some(3), Some(2))
    );
    assert_eq!(polls(&server, &next, ""), Some(9));
    let programs = server.get("/api/ui/programs");
    assert_eq!(programs["programs"][0]["service"], format!("{console}/"));
}
