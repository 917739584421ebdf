//! The same spans by each processor, on every runtime and without one.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tracing::Instrument as _;
use wakeful::Processor;

use crate::exporters::builder;
use crate::receiver::{Grpc, PATIENCE};

/// Where a program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Multi,
    OneWorker,
    CurrentThread,
    NoRuntime,
}

impl Place {
    pub(crate) const RUNTIMES: [Self; 3] = [Self::Multi, Self::OneWorker, Self::CurrentThread];

    pub(crate) fn runtime(self) -> Option<Runtime> {
        let mut builder = match self {
            Self::Multi => Builder::new_multi_thread(),
            Self::OneWorker => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(1);
                builder
            }
            Self::CurrentThread => Builder::new_current_thread(),
            Self::NoRuntime => return None,
        };
        Some(builder.enable_all().build().unwrap())
    }
}

const SPANS: usize = 1200;

fn record() {
    for number in 0..SPANS / 2 {
        tracing::info_span!("outer", number).in_scope(|| {
            tracing::info_span!("inner").in_scope(|| {});
        });
    }
}

/// How a program ends recording.
#[derive(Debug, Clone, Copy)]
enum End {
    Async,
    Blocking,
    Drop,
}

fn check(processor: Processor, place: Place, end: End) {
    let name = format!("{processor:?} {place:?} {end:?}");
    let receiver = Grpc::start();
    let url = receiver.url();
    let begin = move || {
        builder(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ])
        .processor(processor)
        .shutdown_timeout(PATIENCE)
        .build()
        .unwrap()
    };
    match place.runtime() {
        None => {
            let (dispatch, guard) = begin();
            tracing::dispatcher::with_default(&dispatch, record);
            drop(guard);
        }
        Some(runtime) => {
            let body = async move {
                let (dispatch, guard) = begin();
                tracing::dispatcher::with_default(&dispatch, record);
                match end {
                    End::Async => assert!(guard.shutdown(PATIENCE).await.is_nothing()),
                    // Also on the one thread that the exporter may depend on.
                    End::Blocking => assert!(guard.shutdown_blocking(PATIENCE).is_nothing()),
                    End::Drop => drop(guard),
                }
            };
            // In a task: with one worker nothing else can run while it blocks.
            runtime.block_on(async {
                tokio::spawn(body.in_current_span()).await.unwrap();
            });
        }
    }
    let mut ids: Vec<_> = receiver
        .arrivals
        .spans()
        .iter()
        .map(|span| span.span_id)
        .collect();
    ids.sort_unstable();
    // What was on its way when a thread took over may come twice.
    ids.dedup();
    assert_eq!(ids.len(), SPANS, "{name}");
    let arrivals = receiver.arrivals.all();
    let longest = arrivals.iter().map(|it| it.traces.spans.len()).max();
    let expected = if processor == Processor::Simple { 1 } else { 512 };
    assert_eq!(longest, Some(expected), "{name}");
}

#[test]
fn the_same_spans_arrive() {
    for processor in Processor::ALL {
        check(processor, Place::NoRuntime, End::Drop);
        for place in Place::RUNTIMES {
            for end in [End::Async, End::Blocking, End::Drop] {
                check(processor, place, end);
            }
        }
    }
}

#[test]
fn the_exporter_outlives_the_runtime_that_it_ran_on() {
    let receiver = Grpc::start();
    let url = receiver.url();
    let runtime = Place::CurrentThread.runtime().unwrap();
    let (dispatch, guard) = runtime.block_on(async {
        builder(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ])
        .processor(Processor::BatchOnRuntime)
        .export(|settings| settings.traces.batch.delay = Duration::from_millis(50))
        .build()
        .unwrap()
    });
    drop(runtime);
    tracing::dispatcher::with_default(&dispatch, || {
        tracing::info_span!("later").in_scope(|| {});
    });
    let arrived = receiver.arrivals.wait("the span", |all| !all.is_empty());
    assert_eq!(arrived[0].traces.spans[0].name, "later");
    drop(guard);
}
