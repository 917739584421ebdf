//! Requests through the layers: what span, which headers, and which counts each of them leaves behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helper fails the test")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{HeaderMap, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full};
use tower::{Layer, ServiceExt, service_fn};
use wakeful_tower::{
    ClientLayer, IncomingContext, MetricFamily, Protocol, RequestMetrics, TraceLayer, TracedBody,
};
use wakeful_trace::propagation::{Baggage, Format, Propagator};
use wakeful_trace::{MetaValue, RingBufferTraceCollector, Span, SpanContext, SpanExt, SpanId, SpanRecorder};

/// A body made of these frames; it says that it is at its end only when asked for one more, as a stream does.
#[derive(Default)]
struct Frames(VecDeque<Result<Frame<Bytes>, String>>);

impl Body for Frames {
    type Data = Bytes;
    type Error = String;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, String>>> {
        Poll::Ready(self.0.pop_front())
    }
}

fn data(text: &'static str) -> Result<Frame<Bytes>, String> {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

fn trailers(status: &str) -> Result<Frame<Bytes>, String> {
    let trailers: HeaderMap = [("grpc-status".parse().unwrap(), status.parse().unwrap())]
        .into_iter()
        .collect();
    Ok(Frame::trailers(trailers))
}

/// A layer with everything on, and what it leaves behind.
struct Bench {
    collector: Arc<RingBufferTraceCollector>,
    metrics: RequestMetrics,
    protocol: Protocol,
}

impl Bench {
    fn new(protocol: Protocol) -> Self {
        let family = match protocol {
            Protocol::Http => MetricFamily::HttpServer,
            Protocol::Grpc => MetricFamily::GrpcServer,
        };
        Self {
            collector: Arc::new(RingBufferTraceCollector::new(100)),
            metrics: RequestMetrics::new(family),
            protocol,
        }
    }

    fn layer(&self) -> TraceLayer {
        TraceLayer::new("request", self.protocol)
            .with_collector(self.collector.clone())
            .with_metrics(self.metrics.clone())
    }

    /// Sends a sampled request that is answered by `status` and `frames`, of which `read` are read (all if `None`).
    async fn answer(&self, status: u16, frames: Vec<Result<Frame<Bytes>, String>>, read: Option<usize>) {
        let answer = Mutex::new(Some(Frames(frames.into())));
        let service = self.layer().layer(service_fn(async |_: Request<Empty<Bytes>>| {
            let body = answer.lock().unwrap().take().unwrap();
            Ok::<_, Infallible>(Response::builder().status(status).body(body).unwrap())
        }));
        let mut body = service.oneshot(sampled("/a")).await.unwrap().into_body();
        for _ in 0..read.unwrap_or(usize::MAX) {
            match body.frame().await {
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
    }

    fn check(&self, expected: Expect) {
        let mut lines = Vec::new();
        for span in self.collector.spans() {
            let events: Vec<_> = span.events.iter().map(|event| event.message.as_ref()).collect();
            lines.push(format!("{:?}: {}", span.status, events.join(", ")));
        }
        let counters = self.metrics.prometheus();
        let counters = counters.lines().filter(|line| line.contains("_requests_total{"));
        lines.extend(counters.map(|line| line.split("status=").nth(1).unwrap_or(line).to_owned()));
        expected.assert_eq(&lines.join("\n"));
    }
}

fn sampled(path: &str) -> Request<Empty<Bytes>> {
    let request = Request::get(path).header("uber-trace-id", "34f3495:36e34:0:1");
    request.body(Empty::new()).unwrap()
}

#[tokio::test]
async fn a_plain_answer_is_ok() {
    let bench = Bench::new(Protocol::Http);
    bench.answer(200, vec![data("one"), data("two")], None).await;
    bench.check(expect![[r#"
        Ok: response head, response body frame, response body frame
        "ok"} 1"#]]);
    let span = &bench.collector.spans()[0];
    assert_eq!(format!("{:x}", span.context.trace_id.get()), "34f3495");
    assert_eq!(span.parent_span_id.map(SpanId::get), Some(0x36e34));
    assert_eq!(span.events[1].metadata.get("size"), Some(&MetaValue::Int(3)));
    assert_eq!(
        span.metadata.get("http.response.status_code"),
        Some(&MetaValue::Int(200))
    );
}

#[tokio::test]
async fn failures_are_told_as_soon_as_they_are_known() {
    for (status, expected) in [
        (
            404,
            expect![[r#"
                Err: response head, path not found
                "client_error"} 1"#]],
        ),
        (
            405,
            expect![[r#"
                Err: response head, method not allowed
                "client_error"} 1"#]],
        ),
        (
            400,
            expect![[r#"
                Err: response head, client error
                "client_error"} 1"#]],
        ),
        (
            302,
            expect![[r#"
                Err: response head, unexpected response
                "unexpected_response"} 1"#]],
        ),
        (
            503,
            expect![[r#"
                Err: response head, server error
                "server_error"} 1"#]],
        ),
    ] {
        let bench = Bench::new(Protocol::Http);
        bench.answer(status, vec![], None).await;
        bench.check(expected);
    }
}

#[tokio::test]
async fn grpc_tells_in_its_trailers() {
    for (code, expected) in [
        (
            "0",
            expect![[r#"
                Ok: response head, response body frame, response trailers
                "ok"} 1"#]],
        ),
        (
            "5",
            expect![[r#"
                Err: response head, response body frame, response trailers, client error
                "client_error"} 1"#]],
        ),
        (
            "14",
            expect![[r#"
                Err: response head, response body frame, response trailers, server error
                "server_error"} 1"#]],
        ),
    ] {
        let bench = Bench::new(Protocol::Grpc);
        bench
            .answer(200, vec![data("message"), trailers(code)], None)
            .await;
        bench.check(expected);
        let code = code.parse().unwrap();
        let span = &bench.collector.spans()[0];
        assert_eq!(
            span.metadata.get("rpc.grpc.status_code"),
            Some(&MetaValue::Int(code))
        );
    }
}

#[tokio::test]
async fn trailers_cannot_make_a_failure_good() {
    let bench = Bench::new(Protocol::Grpc);
    bench.answer(500, vec![trailers("0")], None).await;
    bench.check(expect![[r#"
        Err: response head, server error, response trailers
        "server_error"} 1"#]]);
}

#[tokio::test]
async fn an_answer_that_nobody_reads_to_its_end_is_aborted() {
    let bench = Bench::new(Protocol::Http);
    bench.answer(200, vec![data("one"), data("two")], Some(0)).await;
    bench.answer(200, vec![data("one"), data("two")], Some(1)).await;
    let grpc = Bench::new(Protocol::Grpc);
    grpc.answer(200, vec![data("message"), trailers("0")], Some(1))
        .await;
    bench.check(expect![[r#"
        Unknown: response head, cancelled
        Unknown: response head, response body frame, cancelled
        "aborted"} 2"#]]);
    grpc.check(expect![[r#"
        Unknown: response head, response body frame, cancelled
        "aborted"} 1"#]]);
}

#[tokio::test]
async fn a_request_that_is_dropped_before_its_answer_is_aborted() {
    let bench = Bench::new(Protocol::Http);
    let service = bench.layer().layer(service_fn(async |_: Request<Empty<Bytes>>| {
        std::future::pending::<Result<Response<Frames>, Infallible>>().await
    }));
    let mut answer = Box::pin(service.oneshot(sampled("/a")));
    assert!(std::future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context).is_pending())).await);
    drop(answer);
    bench.check(expect![[r#"
        Unknown: cancelled
        "aborted"} 1"#]]);
}

#[tokio::test]
async fn a_service_or_a_body_that_fails_is_an_error() {
    let bench = Bench::new(Protocol::Http);
    let failing = bench.layer().layer(service_fn(async |_: Request<Empty<Bytes>>| {
        Err::<Response<Frames>, _>("no such table".to_owned())
    }));
    assert!(failing.oneshot(sampled("/a")).await.is_err());
    bench
        .answer(200, vec![data("one"), Err("connection reset".into())], None)
        .await;
    bench.check(expect![[r#"
        Err: service error: no such table
        Err: response head, response body frame, body error: connection reset
        "server_error"} 2"#]]);
}

#[tokio::test]
async fn an_empty_body_and_one_that_says_its_end_are_ok() {
    let bench = Bench::new(Protocol::Http);
    let empty = bench.layer().layer(service_fn(async |_: Request<Empty<Bytes>>| {
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    }));
    // Nobody need ask for a frame of it.
    drop(empty.oneshot(sampled("/a")).await.unwrap());
    let full = bench.layer().layer(service_fn(async |_: Request<Empty<Bytes>>| {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"all"))))
    }));
    let mut body = full.oneshot(sampled("/a")).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().is_ok());
    drop(body);
    bench.check(expect![[r#"
        Ok: response head
        Ok: response head, response body frame
        "ok"} 2"#]]);
}

/// The service's own timeout is a failure; one around the layer is a caller who goes away.
#[tokio::test]
async fn a_timeout_inside_is_an_error_and_one_outside_a_cancellation() {
    let soon = Duration::from_millis(1);
    let inside = Bench::new(Protocol::Http);
    let service = inside.layer().layer(service_fn(async |_: Request<Empty<Bytes>>| {
        let answer = std::future::pending::<Response<Frames>>();
        tokio::time::timeout(soon, answer).await
    }));
    assert!(service.oneshot(sampled("/a")).await.is_err());
    inside.check(expect![[r#"
        Err: service error: deadline has elapsed
        "server_error"} 1"#]]);

    let outside = Bench::new(Protocol::Http);
    let service = outside
        .layer()
        .layer(service_fn(async |_: Request<Empty<Bytes>>| {
            std::future::pending::<Result<Response<Frames>, Infallible>>().await
        }));
    assert!(
        tokio::time::timeout(soon, service.oneshot(sampled("/a")))
            .await
            .is_err()
    );
    outside.check(expect![[r#"
        Unknown: cancelled
        "aborted"} 1"#]]);
}

#[tokio::test]
async fn a_span_lasts_until_its_body_is_dropped() {
    let bench = Bench::new(Protocol::Http);
    let service = bench.layer().layer(service_fn(async |_: Request<Empty<Bytes>>| {
        let frames = [data("one"), data("two")].into();
        Ok::<_, Infallible>(Response::new(Frames(frames)))
    }));
    let begun = SystemTime::now();
    let mut body = service.oneshot(sampled("/a")).await.unwrap().into_body();
    while body.frame().await.is_some() {}
    let read = SystemTime::now();
    assert!(bench.collector.spans().is_empty());
    drop(body);
    let span = bench.collector.spans().remove(0);
    let (start, end) = (span.start.unwrap(), span.end.unwrap());
    assert!(begun <= start && read <= end, "{begun:?} {read:?} {span:?}");
    let times: Vec<_> = span.events.iter().map(|event| event.time).collect();
    assert!(
        times.is_sorted() && times.iter().all(|time| (start..=end).contains(time)),
        "{span:?}"
    );
}

#[tokio::test]
async fn a_long_stream_does_not_make_a_long_span() {
    let bench = Bench::new(Protocol::Http);
    bench
        .answer(200, (0..1_000).map(|_| data("x")).collect(), None)
        .await;
    let span = &bench.collector.spans()[0];
    assert_eq!(span.events.len(), 129);
    assert_eq!(
        span.metadata.get("response.frames.not_listed"),
        Some(&MetaValue::Int(872))
    );
}

/// What a handler finds, and what comes back, for a request with these headers.
async fn handled(layer: TraceLayer, headers: &[(&str, &str)]) -> String {
    let seen = Mutex::new(String::new());
    let service = layer.layer(service_fn(async |request: Request<Empty<Bytes>>| {
        let extensions = request.extensions();
        let own = extensions.get::<SpanContext>();
        let external = extensions.get::<IncomingContext>();
        *seen.lock().unwrap() = format!(
            "span {}, caller {}, user {}",
            own.map_or("none".to_owned(), |own| format!("in {:x}", own.trace_id.get())),
            external.map_or("none".to_owned(), |caller| format!(
                "{:x}",
                caller.0.span_id.get()
            )),
            extensions
                .get::<Baggage>()
                .and_then(|baggage| baggage.get("user"))
                .unwrap_or("none"),
        );
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"body"))))
    }));
    let mut request = Request::get("/a");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = service
        .oneshot(request.body(Empty::new()).unwrap())
        .await
        .unwrap();
    let trace_id = response
        .headers()
        .get("trace-id")
        .map(|id| id.to_str().unwrap().to_owned());
    let seen = seen.lock().unwrap().clone();
    format!("{seen}, trace-id {}", trace_id.as_deref().unwrap_or("none"))
}

#[tokio::test]
async fn a_handler_finds_its_context_only_if_the_request_is_recorded() {
    let bench = Bench::new(Protocol::Http);
    let sampled = ("uber-trace-id", "abc:11:0:1");
    let unsampled = ("uber-trace-id", "abc:11:0:0");
    let user = ("baggage", "user=7");
    expect!["span in abc, caller 11, user 7, trace-id abc"]
        .assert_eq(&handled(bench.layer(), &[sampled, user]).await);
    expect!["span none, caller 11, user 7, trace-id none"]
        .assert_eq(&handled(bench.layer(), &[unsampled, user]).await);
    expect!["span none, caller none, user none, trace-id none"].assert_eq(&handled(bench.layer(), &[]).await);
    expect!["span none, caller none, user none, trace-id none"]
        .assert_eq(&handled(bench.layer(), &[("uber-trace-id", "junk")]).await);
    assert_eq!(bench.collector.spans().len(), 1);

    let uncollected = TraceLayer::new("request", Protocol::Http);
    expect!["span none, caller 11, user none, trace-id none"]
        .assert_eq(&handled(uncollected, &[sampled]).await);
}

#[tokio::test]
async fn a_debug_header_begins_a_trace_that_can_be_found() {
    let bench = Bench::new(Protocol::Http);
    let answer = handled(bench.layer(), &[("jaeger-debug-id", "find me")]).await;
    let span = &bench.collector.spans()[0];
    assert_eq!(span.parent_span_id, None);
    assert_eq!(
        span.metadata.get("jaeger-debug-id"),
        Some(&MetaValue::from("find me"))
    );
    assert!(
        answer.ends_with(&format!("trace-id {:x}", span.context.trace_id.get())),
        "{answer}"
    );
}

#[tokio::test]
async fn traces_can_begin_at_the_server() {
    let bench = Bench::new(Protocol::Http);
    handled(bench.layer().starting_traces(), &[]).await;
    handled(
        bench.layer().starting_traces(),
        &[("uber-trace-id", "abc:11:0:0")],
    )
    .await;
    assert_eq!(bench.collector.spans().len(), 1);
    assert_eq!(bench.collector.spans()[0].parent_span_id, None);
}

#[tokio::test]
async fn a_client_writes_the_context_of_its_own_span() {
    let collector = Arc::new(RingBufferTraceCollector::new(10));
    let context = SpanContext::root(collector.clone());
    let layer = ClientLayer::new("call", Protocol::Http)
        .with_propagator(Propagator::new([Format::TraceContext, Format::Jaeger]));
    let send = async |context: Option<SpanContext>| {
        let sent = Mutex::new(HeaderMap::new());
        let client = layer.layer(service_fn(async |request: Request<Empty<Bytes>>| {
            *sent.lock().unwrap() = request.headers().clone();
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }));
        let mut request = Request::get("http://example.org:8080/a")
            .body(Empty::new())
            .unwrap();
        if let Some(context) = context {
            request.extensions_mut().insert(context);
        }
        client.oneshot(request).await.unwrap();
        sent.into_inner().unwrap()
    };

    let headers = send(Some(context.clone())).await;
    let span: Span = collector.spans().remove(0);
    assert_eq!(span.parent_span_id, Some(context.span_id));
    assert_eq!(span.metadata.get("server.port"), Some(&MetaValue::Int(8080)));
    let found = Propagator::default().extract(&headers).context.unwrap();
    assert_eq!(
        (found.trace_id, found.span_id),
        (context.trace_id, span.context.span_id)
    );
    assert!(headers.contains_key("uber-trace-id"));

    // Unsampled: told to the other side, and not recorded.
    let unsampled = SpanContext {
        flags: context.flags.with_sampled(false),
        ..context.clone()
    };
    let headers = send(Some(unsampled)).await;
    let found = Propagator::default().extract(&headers).context.unwrap();
    assert_eq!((found.span_id, found.is_sampled()), (context.span_id, false));
    assert!(send(None).await.is_empty());
    assert_eq!(collector.spans().len(), 1);
}

/// Client and server as two programs would be: sockets between them, one trace across them.
#[tokio::test]
async fn one_trace_crosses_a_socket() {
    let bench = Bench::new(Protocol::Http);
    let handler = async |request: axum::extract::Request| {
        let context: Option<&SpanContext> = request.extensions().get();
        drop(SpanRecorder::new(context.child_span("my work")));
        "done"
    };
    let app = axum::Router::new()
        .route("/work", axum::routing::get(handler))
        .layer(bench.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });

    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(hyper_util::rt::TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let client_spans = Arc::new(RingBufferTraceCollector::new(10));
    let mut request = Request::get(format!("http://{address}/work"))
        .body(Empty::<Bytes>::new())
        .unwrap();
    request
        .extensions_mut()
        .insert(SpanContext::root(client_spans.clone()));
    let sender = tokio::sync::Mutex::new(sender);
    let client = ClientLayer::new("call", Protocol::Http).layer(service_fn(async |request| {
        sender.lock().await.send_request(request).await
    }));
    let response: Response<TracedBody<_>> = client.oneshot(request).await.unwrap();
    let trace_id = response.headers()["trace-id"].to_str().unwrap().to_owned();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "done");
    server.abort();

    let call = client_spans.spans().remove(0);
    let served = bench.collector.spans();
    let names: Vec<_> = served.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["my work", "request"]);
    assert_eq!(served[1].parent_span_id, Some(call.context.span_id));
    assert_eq!(served[0].parent_span_id, Some(served[1].context.span_id));
    assert_eq!(trace_id, format!("{:x}", call.context.trace_id.get()));
}
