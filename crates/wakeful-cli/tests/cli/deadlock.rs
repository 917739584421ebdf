//! A program whose tasks wait for each other for ever, as the terminal and the page's API tell of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Barrier;
use wakeful::console::{Feed, Server, ServerOptions};
use wakeful::sync::Mutex;
use wakeful::{Endpoint, Guard, LogFormat, Protocol};

use crate::process::{Running, wakeful};

const PATIENCE: Duration = Duration::from_secs(60);

/// A program that reports to a server, and lets consoles attach.
struct Program {
    _guard: Guard,
    _runtime: Runtime,
    console: String,
}

impl Program {
    fn start(server: &Running) -> Self {
        let options = ServerOptions::default();
        let feed = Feed::new(&options).unwrap();
        let receiver = format!("http://{}", server.address("otlp-http"));
        let (_, guard) = wakeful::builder()
            .variables(|_| None)
            .log_format(LogFormat::None)
            .service_name("forks")
            .endpoint(Endpoint::base(&receiver, true).unwrap())
            .export(|settings| settings.traces.otlp.protocol = Some(Protocol::HttpProtobuf))
            .console_feed(feed.clone())
            .build()
            .unwrap();
        let watch = guard.task_watch();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .on_thread_start(move || assert!(watch.begin_here()))
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let console = format!("http://{}", listener.local_addr().unwrap());
        runtime.spawn(Server::new(feed, &options).run(listener, std::future::pending()));
        runtime.block_on(runtime.spawn(quarrel())).unwrap();
        Self {
            _guard: guard,
            _runtime: runtime,
            console,
        }
    }

    /// What `wakeful top` prints.
    fn top(&self, arguments: &[&str]) -> String {
        let said = wakeful(&["top", &self.console])
            .args(arguments)
            .envs([
                ("COLUMNS", "300"),
                ("LINES", "24"),
                ("LANG", "C.UTF-8"),
                ("NO_COLOR", "1"),
            ])
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap()
    }

    /// The deadlock that `wakeful top` finds.
    fn found_by_top(&self) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines = self.top(&["--json"]);
            let values = lines
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            if let Some(found) = values.into_iter().find(|value| value["lint"] == "deadlock") {
                return found;
            }
            assert!(Instant::now() < deadline, "no deadlock in {lines}");
        }
    }
}

/// Two tasks that take two forks in opposite order.
async fn quarrel() {
    let forks = Arc::new([Mutex::new(()), Mutex::new(())]);
    let both = Arc::new(Barrier::new(2));
    for (at, name) in ["left-first", "right-first"].into_iter().enumerate() {
        let (forks, both) = (forks.clone(), both.clone());
        wakeful::spawn_named(name, async move {
            let _first = forks[at].lock().await;
            both.wait().await;
            let _second = forks[1 - at].lock().await;
        });
    }
}

#[test]
fn a_deadlock_is_named_in_the_terminal_and_by_the_api() {
    let folder = TempDir::new().unwrap();
    let server = Running::start("serve", &["--data-dir", folder.path().to_str().unwrap()]);
    let program = Program::start(&server);
    let found = program.found_by_top();
    let text = found["text"].as_str().unwrap();
    for part in [
        "(left-first) of crates/wakeful-cli/tests/cli/deadlock.rs:",
        "(right-first) of crates/wakeful-cli/tests/cli/deadlock.rs:",
        " holds Mutex of crates/wakeful-cli/tests/cli/deadlock.rs:",
        " and waits for Mutex of crates/wakeful-cli/tests/cli/deadlock.rs:",
    ] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(
        (
            found["tasks"].as_array().unwrap().len(),
            found["resources"].as_array().unwrap().len()
        ),
        (2, 2)
    );
    let screen = program.top(&["--once"]);
    let mut parts = text.split("; ");
    assert!(parts.all(|part| screen.contains(part)), "{screen}");

    let programs = server.await_get("/api/ui/programs", |answer| answer["total"] == 1);
    let id = programs["programs"][0]["id"].as_str().unwrap();
    let is_there = |answer: &Value| {
        let findings = answer["findings"].as_array();
        findings.is_some_and(|all| all.iter().any(|finding| finding["name"] == "deadlock"))
    };
    let answer = server.await_get(&format!("/api/ui/findings?program={id}"), is_there);
    // The same words for the same thing, whichever way they came.
    assert_eq!(answer["findings"][0]["message"], text);
}
