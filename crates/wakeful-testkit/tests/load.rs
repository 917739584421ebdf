//! The sender and the comparison, against a server that is told how to misbehave.

#![cfg(feature = "load")]
#![allow(clippy::unwrap_used, reason = "a test's helper fails the test")]

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, combinators::WithTrailers};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use wakeful_testkit::load::{Api, Question, SendOptions, Target, Verdict, ask, send, verify};
use wakeful_testkit::{Plan, Shape};

/// What a server does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// Refuses every request once before it takes it.
    RefusesFirst,
    /// Acknowledges every fifth request and forgets it.
    Forgets,
    /// Keeps every fifth request twice.
    KeepsTwice,
}

#[derive(Debug)]
struct Server {
    fault: Fault,
    requests: AtomicU32,
    traces: Mutex<HashMap<String, Vec<String>>>,
}

type Answer = Response<WithTrailers<Full<Bytes>, std::future::Ready<Option<Result<HeaderMap, Infallible>>>>>;

impl Server {
    async fn start(fault: Fault) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(Self {
            fault,
            requests: AtomicU32::new(0),
            traces: Mutex::default(),
        });
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let server = Arc::clone(&server);
                let service = hyper::service::service_fn(move |request| Arc::clone(&server).answer(request));
                let serve = async move {
                    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    builder.serve_connection(TokioIo::new(stream), service).await
                };
                tokio::spawn(async move { drop(serve.await) });
            }
        });
        address
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Answer, Infallible> {
        let (head, body) = request.into_parts();
        if head.method == Method::GET {
            return Ok(self.tell(head.uri.path().rsplit('/').next().unwrap()));
        }
        let body = body.collect().await.unwrap().to_bytes();
        let grpc = head.uri.path().ends_with("/Export");
        let kept = self.keep(&body.slice(if grpc { 5.. } else { 0.. }));
        Ok(if grpc {
            grpc_answer(kept)
        } else {
            http_answer(kept)
        })
    }

    fn keep(&self, body: &[u8]) -> bool {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        let times = match self.fault {
            Fault::RefusesFirst if request.is_multiple_of(2) => return false,
            Fault::Forgets if request.is_multiple_of(5) => 0,
            Fault::KeepsTwice if request.is_multiple_of(5) => 2,
            _ => 1,
        };
        let body = ExportTraceServiceRequest::decode(body).unwrap();
        let scopes = body
            .resource_spans
            .into_iter()
            .flat_map(|resource| resource.scope_spans);
        let mut traces = self.traces.lock().unwrap();
        for span in scopes.flat_map(|scope| scope.spans) {
            let ids = traces.entry(hex(&span.trace_id)).or_default();
            ids.extend(std::iter::repeat_n(hex(&span.span_id), times));
        }
        true
    }

    fn tell(&self, trace: &str) -> Answer {
        let traces = self.traces.lock().unwrap();
        let ids = traces.get(trace).map(Vec::as_slice).unwrap_or_default();
        let spans: Vec<_> = ids.iter().map(|id| serde_json::json!({ "spanID": id })).collect();
        let status = if spans.is_empty() {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::OK
        };
        response(
            status,
            serde_json::json!({ "data": [{ "spans": spans }] })
                .to_string()
                .into(),
            None,
        )
    }
}

fn response(status: StatusCode, body: Bytes, trailers: Option<HeaderMap>) -> Answer {
    let trailers = std::future::ready(trailers.map(Ok));
    Response::builder()
        .status(status)
        .body(Full::new(body).with_trailers(trailers))
        .unwrap()
}

fn grpc_answer(kept: bool) -> Answer {
    let status = HeaderValue::from_static(if kept { "0" } else { "14" });
    let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), status)]);
    response(StatusCode::OK, Bytes::from_static(&[0; 5]), Some(trailers))
}

fn http_answer(kept: bool) -> Answer {
    response(
        if kept {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        Bytes::new(),
        None,
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const SPANS: u64 = 20_000;

/// Sends a load to a server with that fault, compares, and hands both results to `expected`.
async fn check(
    target: fn(SocketAddr) -> Target,
    shape: Shape,
    fault: Fault,
    expected: impl Fn(Verdict) -> bool,
) {
    let address = Server::start(fault).await;
    let options = SendOptions {
        target: target(address),
        plan: Plan {
            shape,
            ..Plan::default()
        },
        spans: SPANS,
        connections: 3,
        spans_per_second: None,
        window: None,
    };
    let report = send(options).await.unwrap();
    assert!(
        report.spans_acknowledged >= SPANS,
        "{} acknowledged",
        report.spans_acknowledged
    );
    assert_eq!(report.refusals > 0, fault == Fault::RefusesFirst);
    assert_eq!(report.lost, None);
    let verdict = verify(&Api::new(format!("http://{address}")), &report.ledger, 1)
        .await
        .unwrap();
    assert_eq!(verdict.traces, report.ledger.entries().len() as u64);
    assert_eq!(verdict.foreign, 0);
    let lost_and_found = verdict.found + verdict.lost;
    assert_eq!(lost_and_found, report.spans_acknowledged);
    assert!(expected(verdict), "{fault:?}: {verdict:?}");
}

#[tokio::test]
async fn what_a_good_server_keeps_is_found_by_every_way_in() {
    for shape in [Shape::Collector, Shape::Sdk] {
        check(Target::Grpc, shape, Fault::None, |verdict| verdict.is_clean()).await;
        check(Target::Http, shape, Fault::None, |verdict| verdict.is_clean()).await;
    }
}

#[tokio::test]
async fn what_is_refused_is_sent_again() {
    check(Target::Grpc, Shape::Collector, Fault::RefusesFirst, |verdict| {
        verdict.is_clean()
    })
    .await;
    check(Target::Http, Shape::Collector, Fault::RefusesFirst, |verdict| {
        verdict.is_clean()
    })
    .await;
}

#[tokio::test]
async fn what_is_forgotten_or_kept_twice_is_counted() {
    check(Target::Grpc, Shape::Collector, Fault::Forgets, |verdict| {
        verdict.lost > SPANS / 10
    })
    .await;
    check(Target::Grpc, Shape::Collector, Fault::KeepsTwice, |verdict| {
        verdict.twice > SPANS / 10
    })
    .await;
}

#[tokio::test]
async fn questions_are_timed_and_empty_answers_counted() {
    let address = Server::start(Fault::Forgets).await;
    let options = SendOptions {
        target: Target::Grpc(address),
        plan: Plan::default(),
        spans: SPANS,
        connections: 1,
        spans_per_second: None,
        window: None,
    };
    let report = send(options).await.unwrap();
    let api = Api::new(format!("http://{address}"));
    let answered = ask(
        &api,
        &report.ledger,
        Question::ById,
        std::time::Duration::from_secs(60),
    )
    .await
    .unwrap();
    assert_eq!(answered.latencies.count(), 1_000);
    assert!((100..400).contains(&answered.empty), "{} empty", answered.empty);
}

#[tokio::test]
async fn a_server_that_is_away_is_named() {
    let target = Target::Grpc(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)));
    let options = SendOptions {
        target,
        plan: Plan::default(),
        spans: 1,
        connections: 1,
        spans_per_second: None,
        window: None,
    };
    let error = send(options).await.unwrap_err().to_string();
    assert!(
        error.contains("127.0.0.1:1") && error.contains("is the server running?"),
        "{error}"
    );
}
