//! What a backend gets of tasks, by real sockets; and `#[wakeful::main]`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tracing::Instrument as _;
use wakeful::{Endpoint, Guard, Protocol};
use wakeful_model::runtime::{Insight, Poll, RuntimeBatch};
use wakeful_model::{Value, intervals};

use crate::ends::example;
use crate::exporters::builder;
use crate::receiver::{Http, PATIENCE, Reply};

/// Runs a program on a thread of its own whose spans and tasks go to `receiver`, tasks to `frames` if there is one.
fn run(receiver: &Http, frames: Option<&Http>, program: impl FnOnce(&Guard, &Runtime) + Send + 'static) {
    let url = receiver.url();
    let frames =
        frames.map(|frames| Endpoint::exact(&format!("{}/wakeful/v1/frames", frames.url()), true).unwrap());
    let thread = std::thread::spawn(move || {
        let (dispatch, guard) = builder(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)])
            .export(|settings| {
                settings.traces.otlp.protocol = Some(Protocol::HttpProtobuf);
                settings.runtime.endpoint = frames;
            })
            .build()
            .unwrap();
        assert!(guard.task_watch().begin_here());
        let runtime = Builder::new_current_thread()
            .enable_all()
            .name("main")
            .build()
            .unwrap();
        tracing::dispatcher::with_default(&dispatch, || program(&guard, &runtime));
        assert!(guard.shutdown_blocking(PATIENCE).is_nothing());
    });
    thread.join().unwrap();
}

#[test]
fn polls_of_a_span_arrive_beside_it_and_add_up_to_its_busy_time() {
    let receiver = Http::start(|_| Reply::ok());
    run(&receiver, None, |_, runtime| {
        let work = async {
            for _ in 0..5 {
                let until = Instant::now() + Duration::from_millis(3);
                while Instant::now() < until {}
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let work = work.instrument(tracing::info_span!("work"));
        wakeful::block_on(runtime, async {
            wakeful::spawn_named("worker", work).await.unwrap();
        });
    });

    let arrivals = receiver.arrivals.all();
    let of_frames = |path: &str| path == "/wakeful/v1/frames";
    assert!(
        arrivals
            .iter()
            .all(|it| of_frames(&it.path) == it.runtime.is_some())
    );
    let batches: Vec<&RuntimeBatch> = arrivals.iter().filter_map(|it| it.runtime.as_ref()).collect();
    let [first, ..] = batches.as_slice() else {
        panic!("no batch")
    };
    assert_eq!(first.resource.service_name(), "shop");
    assert_eq!(first.runtimes[0].name, "main");
    assert_eq!(first.metrics[0].workers.len(), 1);
    assert!(first.gaps.iter().any(|gap| gap.remedy.contains("wakeful::spawn")));
    assert_eq!(first.insight, Insight::Stable);

    let mut starts = batches.iter().flat_map(|batch| &batch.task_starts);
    let task = starts.find(|start| start.name == "worker").unwrap().id;
    let polls = batches.iter().flat_map(|batch| &batch.polls);
    let polls: Vec<&Poll> = polls.filter(|poll| poll.task == task).collect();
    assert_eq!(polls.len(), 6);
    let threads = batches.iter().flat_map(|batch| &batch.threads);
    assert!(
        threads
            .clone()
            .any(|thread| thread.id == polls[0].thread && thread.worker == Some(0))
    );

    let spans = receiver.arrivals.spans();
    let [span] = spans.as_slice() else {
        panic!("one span: {spans:#?}")
    };
    let (Some(Value::Int(busy)), Some(Value::Bytes(packed))) = (
        span.attribute(intervals::BUSY_KEY),
        span.attribute(intervals::KEY),
    ) else {
        panic!("no active intervals: {span:?}")
    };
    let polled: u64 = polls.iter().map(|poll| poll.duration_nanos).sum();
    let ratio = polled as f64 / *busy as f64;
    assert!((0.99..1.01).contains(&ratio), "{polled} polled, {busy} busy");
    assert_eq!(
        span.attribute("thread.id"),
        Some(&Value::Int(polls[0].thread.0 as i64))
    );
    let mut active: Vec<_> = intervals::unpack(packed).collect();
    // `Instrumented` enters its span once more when it is dropped, after the last poll.
    active.pop();
    assert_eq!(active.len(), polls.len());
    for interval in active {
        let start = span.start_unix_nanos + interval.start;
        let end = span.start_unix_nanos + interval.end;
        let is_within = |poll: &&Poll| poll.start_unix_nanos <= start && end <= poll.end_unix_nanos();
        assert!(polls.iter().any(is_within), "{interval:?} in none of {polls:#?}");
    }
}

#[test]
fn a_backend_that_keeps_no_runtime_data_is_asked_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let jaeger = Http::start(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Reply {
            status: 404,
            ..Reply::default()
        }
    });
    let receiver = Http::start(|_| Reply::ok());
    run(&receiver, Some(&jaeger), |guard, runtime| {
        for _ in 0..3 {
            wakeful::block_on(runtime, async { wakeful::spawn(async {}).await.unwrap() });
            tracing::info_span!("work").in_scope(|| {});
            guard.flush_blocking(PATIENCE);
        }
    });
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(receiver.arrivals.spans().len(), 3);
}

/// Parentheses that are not those of arguments; that this compiles is all that is wanted.
mod parentheses {
    #[allow(dead_code, reason = "it begins wakeful for the whole process")]
    #[wakeful::main(flavor = "current_thread")]
    pub(crate) async fn main() -> Result<(), (u8, u8)> {
        Ok(())
    }
}

/// What `#[wakeful::main]` makes of a function can be called like any other; it begins wakeful for the whole process, so it is run in
/// one of its own: `examples/tasks.rs`.
#[test]
fn a_main_is_watched() {
    let receiver = Http::start(|_| Reply::ok());
    let status = std::process::Command::new(example("tasks"))
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .env("TOKIO_CONSOLE_BIND", "127.0.0.1:0")
        .status()
        .unwrap();
    assert!(status.success());
    let arrivals = receiver.arrivals.all();
    let batches = arrivals.iter().filter_map(|it| it.runtime.as_ref());
    let mut names: Vec<String> = batches
        .flat_map(|batch| &batch.task_starts)
        .map(|start| format!("{} {}", start.kind.name(), start.name))
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["block_on ", "task answer"]);
}
