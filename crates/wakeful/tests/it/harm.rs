//! No receiver, however it misbehaves, makes the program wait.

use std::time::{Duration, Instant};

use wakeful::Processor;

use crate::exporters::builder;
use crate::processors::Place;
use crate::receiver::Peer;

const SPANS: u64 = 600;
const SHUTDOWN: Duration = Duration::from_millis(700);
/// Less than a single attempt at sending may take, and more than a busy machine needs for anything here.
const HANG: Duration = Duration::from_secs(8);

/// Answers a request as a server does: in spans, with a little work.
async fn request() {
    for _ in 0..SPANS / 2 {
        let span = tracing::info_span!("request");
        let _entered = span.enter();
        tracing::info_span!("work").in_scope(|| {});
    }
    tokio::task::yield_now().await;
}

fn check(processor: Processor, place: Place, peer: Peer, in_async: bool) {
    let name = format!("{processor:?} {place:?} {peer:?} async={in_async}");
    let url = format!("http://{}", peer.start());
    let protocol = if peer == Peer::Slow {
        "http/protobuf"
    } else {
        "grpc"
    };
    let runtime = place.runtime().unwrap();
    let body = async move {
        let begin = Instant::now();
        let (dispatch, guard) = builder(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_BSP_SCHEDULE_DELAY", "10"),
        ])
        .processor(processor)
        .build()
        .unwrap();
        {
            let _default = tracing::dispatcher::set_default(&dispatch);
            let mut request = Box::pin(request());
            std::future::poll_fn(|context| request.as_mut().poll(context)).await;
        }
        let answered = begin.elapsed();
        let begin = Instant::now();
        let lost = match in_async {
            true => guard.shutdown(SHUTDOWN).await,
            false => guard.shutdown_blocking(SHUTDOWN),
        };
        (answered, begin.elapsed(), lost)
    };
    let (answered, ended, lost) =
        runtime.block_on(async { tokio::task::LocalSet::new().run_until(body).await });
    assert!(answered < HANG, "{name}: answered after {answered:?}");
    assert!(ended < SHUTDOWN + HANG, "{name}: ended after {ended:?}");
    if peer == Peer::Slow {
        assert!(lost.spans() <= SPANS, "{name}: {lost}");
    } else {
        assert_eq!(lost.spans(), SPANS, "{name}: {lost}");
    }
}

#[test]
fn no_receiver_makes_the_program_wait() {
    for peer in Peer::ALL {
        for place in Place::RUNTIMES {
            for processor in Processor::ALL {
                for in_async in [true, false] {
                    check(processor, place, peer, in_async);
                }
            }
        }
    }
}
