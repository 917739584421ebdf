//! The server, as the published client and ours see it, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use console_api::instrument::instrument_client::InstrumentClient;
use console_api::instrument::{
    InstrumentRequest, PauseRequest, ResumeRequest, StateRequest, TaskDetailsRequest, Update,
};
use console_api::tasks::task_details::PollTimesHistogram;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;
use tonic::Streaming;
use tonic::transport::Channel;
use wakeful_console::{Client, Feed, Server, ServerOptions};
use wakeful_live::{Live, TaskState};
use wakeful_model::Resource;
use wakeful_model::runtime::{
    AsyncOp, AsyncOpId, DurationHistogram, Holder, Insight, Location, LocationIndex, ResourceId,
    ResourceStart, ResourceState, RuntimeBatch, TaskEnd, TaskEndKind, TaskId, TaskStart, TaskSums,
};

/// What takes longer than this does not come.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server that publishes a hundred times a second.
struct Served {
    feed: Feed,
    address: String,
    _stop: oneshot::Sender<()>,
}

async fn serve() -> Served {
    let options = ServerOptions {
        publish_interval: Duration::from_millis(10),
        ..ServerOptions::default()
    };
    let feed = Feed::new(&options).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = Server::new(feed.clone(), &options);
    tokio::spawn(server.run(listener, async { drop(stopped.await) }));
    Served {
        feed,
        address,
        _stop: stop,
    }
}

/// Tasks that are idle as far as hooks can tell: no wakers are known.
fn tasks(ids: std::ops::Range<u64>) -> RuntimeBatch {
    let mut poll_times = DurationHistogram::default();
    poll_times.record(1_000_000);
    let start = |id| TaskStart {
        id: TaskId(id),
        start_unix_nanos: 1_000_000_000,
        name: format!("task-{id}"),
        location: Some(LocationIndex(0)),
        stored_bytes: Some(64),
        ..TaskStart::default()
    };
    let sums = |id| TaskSums {
        task: TaskId(id),
        polls: 1,
        busy_nanos: 1_000_000,
        last_poll_start_unix_nanos: Some(2_000_000_000),
        last_poll_end_unix_nanos: Some(2_001_000_000),
        poll_times: poll_times.clone(),
        ..TaskSums::default()
    };
    RuntimeBatch {
        to_unix_nanos: 5_000_000_000,
        insight: Insight::Hooks,
        locations: vec![Location {
            file: "src/main.rs".to_owned(),
            line: 9,
            column: 5,
        }],
        task_starts: ids.clone().map(start).collect(),
        task_sums: ids.map(sums).collect(),
        ..RuntimeBatch::default()
    }
}

fn end(id: u64) -> RuntimeBatch {
    let mut batch = tasks(1..1);
    batch.task_ends.push(TaskEnd {
        id: TaskId(id),
        end_unix_nanos: 4_000_000_000,
        kind: TaskEndKind::Completed,
    });
    batch
}

async fn next<T>(stream: &mut Streaming<T>) -> T {
    let message = tokio::time::timeout(DEADLINE, stream.message()).await;
    message.expect("in time").unwrap().expect("a message")
}

/// The next update that tells of tasks.
async fn news(stream: &mut Streaming<Update>) -> Update {
    loop {
        let update = next(stream).await;
        if !update.task_update.as_ref().unwrap().stats_update.is_empty() {
            return update;
        }
    }
}

async fn attach(served: &Served) -> InstrumentClient<Channel> {
    InstrumentClient::connect(served.address.clone()).await.unwrap()
}

async fn watch(client: &mut InstrumentClient<Channel>) -> Streaming<Update> {
    client
        .watch_updates(InstrumentRequest {})
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn a_stock_client_sees_everything_then_what_changes() {
    let served = serve().await;
    served.feed.push(&tasks(1..3));
    let mut client = attach(&served).await;
    let mut updates = watch(&mut client).await;

    let update = news(&mut updates).await;
    let found = update.task_update.unwrap();
    assert_eq!(found.new_tasks.len(), 2);
    let location = found.new_tasks[0].location.as_ref().unwrap();
    assert_eq!(location.to_string(), "src/main.rs:9:5");
    // An idle task of which no wakers are known is not lost.
    let stats = &found.stats_update[&1];
    assert_eq!((stats.waker_clones, stats.waker_drops), (1, 0));
    let metadata = update.new_metadata.unwrap().metadata;
    assert_eq!(metadata[0].metadata.as_ref().unwrap().target, "tokio::task");

    served.feed.push(&end(2));
    let found = news(&mut updates).await.task_update.unwrap();
    assert!(found.new_tasks.is_empty());
    assert_eq!(found.stats_update.len(), 1);
    assert_eq!(found.stats_update[&2].dropped_at.unwrap().seconds, 4);
}

/// The future of `block_on` has a number that Tokio never gives: 19 digits, which nobody can read.
#[tokio::test]
async fn a_stock_client_sees_ids_that_can_be_read() {
    let served = serve().await;
    let mut batch = tasks(7..8);
    let main = TaskId(TaskId::OWN_FIRST + 4);
    batch.task_starts.push(TaskStart {
        id: main,
        ..TaskStart::default()
    });
    batch.resource_starts.push(ResourceStart::default());
    batch.resource_states.push(ResourceState {
        holders: [TaskId(7), main]
            .map(|task| Holder {
                task: Some(task),
                ..Holder::default()
            })
            .into(),
        ..ResourceState::default()
    });
    served.feed.push(&batch);
    let mut client = attach(&served).await;
    let update = news(&mut watch(&mut client).await).await;
    let tasks = update.task_update.unwrap().new_tasks;
    let ids = tasks.iter().map(|task| &task.fields[0]);
    let resources = update.resource_update.unwrap().stats_update;
    let holders = resources[&0]
        .attributes
        .iter()
        .map(|it| it.field.as_ref().unwrap());
    let shown: Vec<String> = ids.chain(holders).map(ToString::to_string).collect();
    assert_eq!(shown, ["task.id=7", "id=w5", "holder=7", "holder=w5"]);
}

#[tokio::test]
async fn histograms_come_until_the_task_ends() {
    let served = serve().await;
    served.feed.push(&tasks(1..2));
    let mut client = attach(&served).await;
    let request = |id: u64| TaskDetailsRequest { id: Some(id.into()) };
    let unknown = client.watch_task_details(request(9)).await.unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::NotFound);

    let mut details = client.watch_task_details(request(1)).await.unwrap().into_inner();
    let found = next(&mut details).await;
    let Some(PollTimesHistogram::Histogram(histogram)) = found.poll_times_histogram else {
        panic!("{found:?}")
    };
    let read = hdrhistogram::serialization::Deserializer::new()
        .deserialize::<u64, _>(&mut &histogram.raw_histogram[..])
        .unwrap();
    assert_eq!(read.len(), 1);
    assert!(read.max().abs_diff(1_000_000) < 130_000, "{}", read.max());
    served.feed.push(&end(1));
    let rest = async { while details.message().await.unwrap().is_some() {} };
    tokio::time::timeout(DEADLINE, rest)
        .await
        .expect("the end in time");
}

#[tokio::test]
async fn a_client_that_pauses_stops_no_other() {
    let served = serve().await;
    served.feed.push(&tasks(1..2));
    let (mut one, mut other) = (attach(&served).await, attach(&served).await);
    let mut states = one.watch_state(StateRequest {}).await.unwrap().into_inner();
    assert_eq!(next(&mut states).await.temporality, 0);
    let (mut to_one, mut to_other) = (watch(&mut one).await, watch(&mut other).await);
    news(&mut to_one).await;
    news(&mut to_other).await;

    one.pause(PauseRequest {}).await.unwrap();
    assert_eq!(next(&mut states).await.temporality, 1);
    served.feed.push(&tasks(2..3));
    assert_eq!(news(&mut to_other).await.task_update.unwrap().new_tasks.len(), 1);

    one.resume(ResumeRequest {}).await.unwrap();
    assert_eq!(next(&mut states).await.temporality, 0);
    // What happened meanwhile is told then.
    assert_eq!(news(&mut to_one).await.task_update.unwrap().new_tasks.len(), 1);
}

/// The stock client refuses messages of more than 4 MiB.
#[tokio::test]
async fn a_first_snapshot_comes_in_parts() {
    let served = serve().await;
    served.feed.push(&tasks(1..60_001));
    let mut client = attach(&served).await;
    let mut updates = watch(&mut client).await;
    let (mut tasks, mut parts) = (0, 0);
    while tasks < 60_000 {
        let found = news(&mut updates).await.task_update.unwrap();
        // A task without figures in the same message would not be shown.
        let figures = &found.stats_update;
        assert!(
            found
                .new_tasks
                .iter()
                .all(|task| figures.contains_key(&task.id.unwrap().id))
        );
        tasks += found.new_tasks.len();
        parts += 1;
    }
    assert_eq!(tasks, 60_000);
    assert!(parts > 4, "{parts}");
}

#[tokio::test]
async fn our_client_sees_what_our_server_tells() {
    let served = serve().await;
    let mut batch = tasks(1..2);
    batch.resource_starts.push(ResourceStart {
        id: ResourceId(7),
        start_unix_nanos: 1_000_000_000,
        kind: "Sync".to_owned(),
        concrete_type: "Mutex".to_owned(),
        target: "tokio::sync::mutex".to_owned(),
        location: Some(LocationIndex(0)),
        ..ResourceStart::default()
    });
    // The future of `block_on`, which has a number that Tokio never gives.
    let main = TaskId(TaskId::OWN_FIRST + 4);
    batch.task_starts.push(TaskStart {
        id: main,
        start_unix_nanos: 1_000_000_000,
        ..TaskStart::default()
    });
    batch.resource_states.push(ResourceState {
        resource: ResourceId(7),
        holders: vec![Holder {
            task: Some(main),
            ..Holder::default()
        }],
        ..ResourceState::default()
    });
    batch.async_ops.push(AsyncOp {
        id: AsyncOpId(8),
        resource: ResourceId(7),
        task: Some(TaskId(1)),
        source: "Mutex::lock".to_owned(),
        start_unix_nanos: 3_000_000_000,
        polls: 1,
        ..AsyncOp::default()
    });
    served.feed.push(&batch);
    let client = Client::connect(&served.address.parse().unwrap()).await.unwrap();
    let mut updates = client.updates(Resource::default()).await.unwrap();
    let mut live = Live::default();
    live.fold(&updates.next().await.unwrap().unwrap());
    let task = live.task(TaskId(1)).unwrap();
    let seen = (task.start.name.as_str(), task.state());
    assert_eq!(seen, ("task-1", Some(TaskState::Idle)));
    let lock = live.resources().next().unwrap();
    assert_eq!(lock.start.concrete_type, "Mutex");
    let holders: Vec<_> = lock.holders.iter().map(|holder| holder.task).collect();
    assert_eq!(holders, [Some(main)]);
    let op = live.async_ops().next().unwrap();
    assert_eq!((op.op.task, op.op.resource), (Some(TaskId(1)), lock.start.id));

    client.watch_details(TaskId(1), &mut updates).await.unwrap();
    let details = async {
        while live
            .task(TaskId(1))
            .unwrap()
            .sums
            .as_ref()
            .unwrap()
            .poll_times
            .count()
            == 0
        {
            live.fold(&updates.next().await.unwrap().unwrap());
        }
    };
    tokio::time::timeout(DEADLINE, details)
        .await
        .expect("details in time");
}

#[tokio::test]
async fn who_is_not_there_or_speaks_otherwise_is_named() {
    let check = async |address: String, expected: &str| {
        let error = match Client::connect(&address.parse().unwrap()).await {
            Ok(client) => client.updates(Resource::default()).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains(expected), "{error}");
    };
    // Bound and not listened on: nobody is there, and nobody else gets the port.
    let gone = TcpSocket::new_v4().unwrap();
    gone.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    check(address, "start the program, or give the address of its console").await;
    // An HTTP/1 server that says no.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let foreign = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt as _;
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    check(foreign, "the connection broke").await;
}
