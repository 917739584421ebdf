//! What is kept of a program as frames, and folded again: as `wakeful top` does.

use wakeful_live::Live;
use wakeful_model::runtime::RuntimeBatch;
use wakeful_server::Listener;
use wakeful_store::ProgramId;
use wakeful_testkit::{RuntimePlan, RuntimeProgram};
use wakeful_wire::frame::{self, Item, NO_KEY};
use wakeful_wire::runtime;

use crate::runtime::{SECOND, send};
use crate::server::TestServer;

/// Asks for batches of the program.
async fn ask(server: &TestServer, parameters: &str) -> Vec<RuntimeBatch> {
    let id = ProgramId::of(&RuntimeProgram::resource());
    let path = format!("/api/ui/frames?program={id}{parameters}");
    let answer = server.get(Listener::Query, &path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let mut batches = Vec::new();
    let mut at = 0;
    while let Item::Frame(frame) = frame::read_at(&answer.body, at, NO_KEY) {
        batches.push(runtime::decode(frame.payload).unwrap());
        at = frame.end;
    }
    assert_eq!(at, answer.body.len());
    batches
}

/// Everything that is known of tasks and spawn locations.
fn state(batches: &[RuntimeBatch]) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut live = Live::default();
    batches.iter().for_each(|batch| live.fold(batch));
    let tasks: Vec<_> = live
        .tasks()
        .filter(|task| task.end.is_none())
        .map(|task| (task.start.clone(), task.sums.clone(), task.location.clone()))
        .collect();
    let mut sites: Vec<_> = live
        .sites()
        .map(|site| {
            (
                site.location.as_deref().map(ToString::to_string),
                site.started,
                site.polls,
            )
        })
        .collect();
    sites.sort();
    (live.now_unix_nanos(), tasks, sites)
}

#[tokio::test]
async fn frames_fold_into_the_state_at_any_time_and_go_on() {
    let server = TestServer::start().await;
    let plan = RuntimePlan {
        tasks: 20,
        polls_a_second: 200,
        ..RuntimePlan::default()
    };
    let told: Vec<RuntimeBatch> = RuntimeProgram::new(plan).take(90).collect();
    send(&server, &told[..80]).await;

    // A minute of batches behind the state before them.
    let mut known = ask(&server, "").await;
    assert_eq!(known.len(), 60);
    assert_eq!(state(&known), state(&told[..80]));
    // A program that is shorter than that is told from its beginning.
    let at = told[9].from_unix_nanos;
    let early = ask(&server, &format!("&to={at}")).await;
    assert_eq!(state(&early), state(&told[..10]));
    let at = told[70].from_unix_nanos + SECOND / 2;
    let late = ask(&server, &format!("&to={at}")).await;
    assert_eq!(state(&late), state(&told[..71]));
    // Single polls come with the batches.
    let polls = |batches: &[RuntimeBatch]| batches.iter().map(|batch| batch.polls.len()).sum::<usize>();
    assert_eq!(polls(&late), polls(&told[11..71]));

    // Whoever has those asks for what came since.
    let after = |batches: &[RuntimeBatch]| format!("&after={}", batches.last().unwrap().from_unix_nanos);
    assert_eq!(ask(&server, &after(&known)).await, []);
    send(&server, &told[80..]).await;
    known.extend(ask(&server, &after(&known)).await);
    assert_eq!(known.len(), 70);
    assert_eq!(state(&known), state(&told));
}

#[tokio::test]
async fn a_time_before_the_program_is_named() {
    let server = TestServer::start().await;
    let told: Vec<RuntimeBatch> = RuntimeProgram::new(RuntimePlan::default()).take(1).collect();
    send(&server, &told).await;
    let id = ProgramId::of(&RuntimeProgram::resource());
    let path = format!("/api/ui/frames?program={id}&to=1");
    let answer = server.get(Listener::Query, &path).await;
    assert_eq!(answer.status, 400);
    let message = answer.json()["error"]["message"].to_string();
    assert!(
        message.contains("nothing is stored from before that time"),
        "{message}"
    );
}
