//! What the server's layer costs a request that brings no context: the same service without and with it, in turns.
//!
//! `cargo bench -p wakeful-tower`

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark's report")]

use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Empty;
use tower::{Layer as _, Service, service_fn};
use wakeful_tower::{MetricFamily, Protocol, RequestMetrics, TraceLayer};
use wakeful_trace::RingBufferTraceCollector;

const REQUESTS: u32 = 100_000;
const ROUNDS: u32 = 15;

/// What a browser or a service sends.
fn headers() -> HeaderMap {
    let headers = [
        ("host", "localhost:8080"),
        ("user-agent", "Mozilla/5.0"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip"),
        ("authorization", "Bearer token"),
        ("x-forwarded-for", "10.0.0.1"),
        ("x-request-id", "7"),
        ("connection", "keep-alive"),
    ];
    headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect()
}

fn call<S, B>(service: &mut S, headers: &HeaderMap)
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let mut answer = pin!(service.call(request));
    let polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(black_box(polled).is_ready());
}

/// The time of one round, a request.
fn round<S, B>(service: &mut S, headers: &HeaderMap) -> Duration
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    let since = Instant::now();
    for _ in 0..REQUESTS {
        call(service, headers);
    }
    since.elapsed() / REQUESTS
}

fn main() {
    let answer =
        || service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())));
    let layer = || {
        TraceLayer::new("request", Protocol::Http).with_collector(Arc::new(RingBufferTraceCollector::new(1)))
    };
    let mut bare = answer();
    let mut traced = layer().layer(answer());
    let mut counted = layer()
        .with_metrics(RequestMetrics::new(MetricFamily::HttpServer))
        .layer(answer());
    let mut sampled = layer().layer(answer());
    let headers = headers();
    let mut with_context = headers.clone();
    with_context.insert("uber-trace-id", "34f3495:36e34:0:1".parse().unwrap());

    // The best of many rounds, taken in turns, so that what disturbs one disturbs all.
    let mut best = [Duration::MAX; 4];
    for _ in 0..ROUNDS {
        let times = [
            round(&mut bare, &headers),
            round(&mut traced, &headers),
            round(&mut counted, &headers),
            round(&mut sampled, &with_context),
        ];
        best = std::array::from_fn(|at| best[at].min(times[at]));
    }
    let [without, rest @ ..] = best;
    println!(
        "a request of {} headers, answered without a layer: {} ns",
        headers.len(),
        without.as_nanos()
    );
    for (what, time) in ["no context", "no context, counted", "sampled, recorded"]
        .into_iter()
        .zip(rest)
    {
        println!(
            "{what}: {} ns, {} ns more, {:.2} times",
            time.as_nanos(),
            time.saturating_sub(without).as_nanos(),
            time.as_secs_f64() / without.as_secs_f64()
        );
    }
}
