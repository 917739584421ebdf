//! Consoles attach to programs.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::runtime::Builder;
use wakeful::console::{Feed, Server, ServerOptions};
use wakeful_console::Client;
use wakeful_live::{Lint, Linter, Live, TaskState};
use wakeful_model::Resource;

use crate::ends::example;
use crate::exporters::builder;
use crate::receiver::PATIENCE;

#[test]
fn who_attaches_sees_a_program_that_sends_nothing_anywhere() {
    let options = ServerOptions {
        publish_interval: Duration::from_millis(10),
        ..ServerOptions::default()
    };
    let feed = Feed::new(&options).unwrap();
    let served = feed.clone();
    let program = std::thread::spawn(move || {
        let (_, guard) = builder(&[])
            .without_exporters()
            .console_feed(feed)
            .build()
            .unwrap();
        assert!(guard.task_watch().begin_here());
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        wakeful::block_on(&runtime, async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(Server::new(served, &options).run(listener, std::future::pending()));
            let _sleeper = wakeful::spawn_named("sleeper", tokio::time::sleep(PATIENCE * 10));
            let client = Client::connect(&address.parse().unwrap()).await.unwrap();
            let mut updates = client.updates(Resource::default()).await.unwrap();
            let mut live = Live::default();
            let is_idle = |live: &Live| {
                let mut tasks = live.tasks();
                tasks.any(|it| it.start.name == "sleeper" && it.state() == Some(TaskState::Idle))
            };
            let watching = async {
                while !is_idle(&live) {
                    live.fold(&updates.next().await.unwrap().unwrap());
                }
            };
            tokio::time::timeout(PATIENCE, watching)
                .await
                .expect("the sleeper in time");
            let mut findings = Linter::default().check(&live).into_iter();
            assert!(findings.all(|finding| finding.lint != Lint::LostWaker));
        });
        assert!(guard.shutdown_blocking(PATIENCE).is_nothing());
    });
    program.join().unwrap();
}

/// `examples/tasks.rs` has `#[wakeful::main]`, which lets consoles attach.
#[test]
fn an_address_that_is_taken_is_a_warning() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let run = |bind: &str| {
        let ended = Command::new(example("tasks"))
            .env("OTEL_TRACES_EXPORTER", "none")
            .env("OTEL_LOGS_EXPORTER", "none")
            .env("TOKIO_CONSOLE_BIND", bind)
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    let said = run(&taken.local_addr().unwrap().to_string());
    assert!(said.contains("WARN"), "{said}");
    assert!(
        said.contains("choose another address with TOKIO_CONSOLE_BIND"),
        "{said}"
    );
    let said = run("127.0.0.1:0");
    assert!(!said.contains("WARN"), "{said}");
}
