//! A request without context: no span, and not one allocation more than without the layer.

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use allocation_counter::measure;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Empty;
use tower::{Layer as _, Service, service_fn};
use wakeful_tower::{Protocol, TraceLayer};
use wakeful_trace::RingBufferTraceCollector;

fn call<S, B>(service: &mut S) -> u64
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    let request = Request::get("/health")
        .header("user-agent", "curl")
        .header("x-request-id", "7");
    let request = request.body(()).unwrap();
    let mut request = Some(request);
    let counted = measure(|| {
        let mut answer = pin!(service.call(request.take().unwrap()));
        assert!(
            answer
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    });
    counted.count_total
}

#[test]
fn nothing_is_recorded_or_allocated() {
    let collector = Arc::new(RingBufferTraceCollector::new(10));
    let answer =
        || service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())));
    let mut bare = answer();
    let mut traced = TraceLayer::new("request", Protocol::Http)
        .with_collector(collector.clone())
        .layer(answer());
    for _ in 0..3 {
        assert_eq!(call(&mut traced), call(&mut bare));
    }
    assert!(collector.spans().is_empty());
}
