//! One current context: what the layers read and write is what `tracing` spans and spans made by hand run under.

#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use expect_test::{Expect, expect};
use http::{HeaderMap, Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing::Instrument as _;
use wakeful_subscriber::{Drain, FinishedSpan, LogRecord, Loss, Settings, Sink, SpanExt as _, recorder};
use wakeful_tower::{ClientLayer, Protocol, TraceLayer};
use wakeful_trace::propagation::Propagator;
use wakeful_trace::{Span, SpanContext, SpanExt as _, SpanId, SpanRecorder, TraceId};

/// Name, id and parent of every span, made by hand or by `tracing`.
#[derive(Default)]
struct Seen(Vec<(String, TraceId, SpanId, Option<SpanId>)>);

impl Sink for Seen {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        self.0.push((
            span.name.to_owned(),
            span.trace_id,
            span.span_id,
            span.parent_span_id,
        ));
    }

    fn explicit_span(&mut self, span: &Span) {
        let (trace_id, span_id) = (span.context.trace_id, span.context.span_id);
        self.0
            .push((span.name.to_string(), trace_id, span_id, span.parent_span_id));
    }

    fn log(&mut self, _: &LogRecord<'_>) {}
    fn lost(&mut self, _: &Loss<'_>) {}
}

/// Waits until there are as many spans: a connection drops its answer's body a moment after the client has all of it.
async fn check(drain: &mut Drain, spans: usize, expected: Expect) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut seen = Seen::default();
    drain.finish(&mut seen);
    while seen.0.len() < spans && std::time::Instant::now() < deadline {
        tokio::task::yield_now().await;
        drain.finish(&mut seen);
    }
    let name = |id: SpanId| {
        let found = seen.0.iter().find(|(_, _, known, _)| *known == id);
        found.map_or_else(|| format!("{id}"), |(name, ..)| name.clone())
    };
    let mut lines: Vec<_> = seen
        .0
        .iter()
        .map(|(own, trace_id, _, parent)| {
            let parent = parent.map(|id| format!(" < {}", name(id))).unwrap_or_default();
            format!("{own}{parent} of {:x}", trace_id.get())
        })
        .collect();
    lines.sort();
    expected.assert_eq(&lines.join("\n"));
}

#[tracing::instrument]
async fn look_up() {
    tokio::task::yield_now().await;
    let context = tracing::Span::current().context();
    let mut by_hand = SpanRecorder::new(context.child_span("by hand"));
    by_hand.ok("found");
    // A task goes on under the span that it was given.
    let task = async {
        tokio::task::yield_now().await;
        tracing::info_span!("in a task").in_scope(|| {});
    };
    tokio::spawn(task.in_current_span()).await.unwrap();
}

async fn call(address: SocketAddr, headers: &[(&str, &str)]) -> HeaderMap {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(async move {
        // The connection ends with its sender.
        let _ = connection.await;
    });
    let mut request = Request::get("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = sender
        .send_request(request.body(Empty::<Bytes>::new()).unwrap())
        .await
        .unwrap();
    let headers = answer.headers().clone();
    answer.into_body().collect().await.unwrap();
    headers
}

const SAMPLED: (&str, &str) = ("uber-trace-id", "abc:def:0:1");
const UNSAMPLED: (&str, &str) = ("uber-trace-id", "abc:def:0:0");

#[tokio::test]
async fn axum_handlers_run_under_the_request() {
    let (recorder, mut drain) = recorder(Settings::default());
    let _default = tracing::subscriber::set_default(recorder.subscriber());
    let layer = TraceLayer::new("request", Protocol::Http).with_collector(recorder.collector());
    let app = Router::new().route("/", get(look_up)).layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let headers = call(address, &[SAMPLED]).await;
    assert_eq!(headers["trace-id"], "abc");
    check(
        &mut drain,
        4,
        expect![[r#"
        by hand < look_up of abc
        in a task < look_up of abc
        look_up < request of abc
        request < 0000000000000def of abc"#]],
    )
    .await;
    call(address, &[UNSAMPLED]).await;
    check(&mut drain, 0, expect![""]).await;
}

#[tokio::test]
async fn hyper_services_run_under_the_request() {
    let (recorder, mut drain) = recorder(Settings::default());
    let _default = tracing::subscriber::set_default(recorder.subscriber());
    let layer = TraceLayer::new("request", Protocol::Http).with_collector(recorder.collector());
    let service = layer.layer(service_fn(async |_: Request<hyper::body::Incoming>| {
        look_up().await;
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serve = async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let connection = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            let service = TowerToHyperService::new(service.clone());
            connection
                .serve_connection(TokioIo::new(stream), service)
                .await
                .unwrap();
        }
    };
    // The server's own span is no parent of the requests'.
    tokio::spawn(serve.instrument(tracing::info_span!("server")));
    call(address, &[SAMPLED]).await;
    check(
        &mut drain,
        4,
        expect![[r#"
        by hand < look_up of abc
        in a task < look_up of abc
        look_up < request of abc
        request < 0000000000000def of abc"#]],
    )
    .await;
    call(address, &[UNSAMPLED]).await;
    check(&mut drain, 0, expect![""]).await;
}

/// Without a collector the layer makes no span: the caller's is the parent itself.
#[tokio::test]
async fn without_a_collector_the_caller_is_the_parent() {
    let (recorder, mut drain) = recorder(Settings::default());
    let _default = tracing::subscriber::set_default(recorder.subscriber());
    let service = TraceLayer::new("request", Protocol::Http).layer(service_fn(async |_: Request<()>| {
        tracing::info_span!("handler").in_scope(|| {});
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    }));
    let request = Request::get("/").header(SAMPLED.0, SAMPLED.1).body(()).unwrap();
    service.oneshot(request).await.unwrap();
    check(&mut drain, 1, expect!["handler < 0000000000000def of abc"]).await;
}

#[tokio::test]
async fn a_client_takes_the_current_span_on() {
    let (recorder, mut drain) = recorder(Settings::default());
    let _default = tracing::subscriber::set_default(recorder.subscriber());
    let sent = Arc::new(std::sync::Mutex::new(HeaderMap::new()));
    let headers = Arc::clone(&sent);
    let client = ClientLayer::new("call", Protocol::Http).layer(service_fn(move |request: Request<()>| {
        *headers.lock().unwrap() = request.headers().clone();
        std::future::ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    }));
    let outer = tracing::info_span!("outer");
    let trace_id = outer.context().unwrap().trace_id;
    client
        .oneshot(Request::get("/").body(()).unwrap())
        .instrument(outer)
        .await
        .unwrap();
    let told: SpanContext = Propagator::default()
        .extract(&*sent.lock().unwrap())
        .context
        .unwrap();
    assert_eq!(told.trace_id, trace_id);
    let mut seen = Seen::default();
    drain.finish(&mut seen);
    let call = seen.0.iter().find(|(name, ..)| name == "call").unwrap();
    let outer = seen.0.iter().find(|(name, ..)| name == "outer").unwrap();
    assert_eq!((call.2, call.3), (told.span_id, Some(outer.2)));
}
