//! What programs reported of their runtimes, after the program has ended, and after the server was killed.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use tempfile::TempDir;
use wakeful_testkit::{RuntimePlan, RuntimeProgram};
use wakeful_wire::frame::{self, Kind, NO_KEY};
use wakeful_wire::runtime;

use crate::process::Running;

/// Sends a second of the program, and waits until it is acknowledged.
pub(crate) fn send(server: &Running, batch: &wakeful_model::runtime::RuntimeBatch) {
    let (mut payload, mut body) = (Vec::new(), Vec::new());
    runtime::encode(batch, &mut payload);
    frame::write(&mut body, Kind::RuntimeBatch, 0, NO_KEY, &payload).unwrap();
    let mut stream = TcpStream::connect(server.address("otlp-http")).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /wakeful/v1/frames HTTP/1.0\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
    )
    .unwrap();
    stream.write_all(&body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.split(' ').nth(1), Some("200"), "{answer}");
}

#[test]
fn tasks_of_a_program_that_is_gone_are_there_after_the_server_was_killed() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--data-dir", folder.path().to_str().unwrap()];
    let mut server = Running::start("serve", &arguments);
    let plan = RuntimePlan {
        tasks: 20,
        polls_a_second: 200,
        ..RuntimePlan::default()
    };
    let seconds: Vec<_> = RuntimeProgram::new(plan).take(5).collect();
    seconds.iter().for_each(|second| send(&server, second));
    let programs = server.get("/api/ui/programs");
    let id = programs["programs"][0]["id"].as_str().unwrap().to_owned();
    let third = plan.start_unix_nanos + 2_500_000_000;
    let questions = [
        format!("/api/ui/tasks/7?program={id}"),
        format!("/api/ui/tasks/7?program={id}&at={third}"),
        format!("/api/ui/runtime/series?program={id}"),
        "/api/ui/programs".to_owned(),
    ];
    let answers =
        |server: &Running| -> Vec<Value> { questions.iter().map(|question| server.get(question)).collect() };
    let before = answers(&server);
    let polls = |answer: &Value| answer["polls"].as_u64().unwrap();
    assert!(
        polls(&before[1]) > 0 && polls(&before[0]) > polls(&before[1]),
        "{before:?}"
    );
    for signal in ["KILL", "TERM", "KILL"] {
        server.signal(signal);
        server.end();
        server = Running::start("serve", &arguments);
        assert_eq!(answers(&server), before, "after {signal}");
    }
}
