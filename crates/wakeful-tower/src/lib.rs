//! Tower layers that carry a trace through HTTP and gRPC.
//!
//! [`TraceLayer`] stands around a server's handlers: it reads the caller's context from the headers, puts the
//! [`SpanContext`] of a new span into the request's extensions, and records that span until the last frame of the answer
//! has left. [`ClientLayer`] stands around a client: it takes the [`SpanContext`] that the request carries, records a span
//! for the call, and writes the context into the headers. Both count requests in [`RequestMetrics`].
//!
//! Without context in its headers a request is not recorded and costs next to nothing; a debug header asks for a trace.
//!
//! ```
//! use std::sync::Arc;
//! use axum::{Router, extract::Request, routing::get};
//! use wakeful_tower::{Protocol, TraceLayer};
//! use wakeful_trace::{RingBufferTraceCollector, SpanContext, SpanExt, SpanRecorder};
//!
//! async fn handler(request: Request) -> &'static str {
//!     // Take the span context that the layer left, and record a piece of work under it.
//!     let context: Option<&SpanContext> = request.extensions().get();
//!     let _recorder = SpanRecorder::new(context.child_span("my work"));
//!     "done"
//! }
//!
//! let collector = Arc::new(RingBufferTraceCollector::new(100));
//! let app: Router = Router::new()
//!     .route("/", get(handler))
//!     .layer(TraceLayer::new("http", Protocol::Http).with_collector(collector));
//! ```
//!
//! The same with hyper alone, where a handler is a function of the request:
//!
//! ```
//! use http::{Request, Response};
//! use http_body_util::Full;
//! use hyper::body::{Bytes, Incoming};
//! use hyper_util::service::TowerToHyperService;
//! use tower::{Layer, service_fn};
//! use wakeful_tower::{Protocol, TraceLayer};
//! use wakeful_trace::{SpanContext, SpanExt, SpanRecorder};
//!
//! async fn handle(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
//!     let context = request.extensions().get::<SpanContext>();
//!     let mut recorder = SpanRecorder::new(context.child_span("my work"));
//!     recorder.ok("done");
//!     Ok(Response::default())
//! }
//!
//! let service = TraceLayer::new("http", Protocol::Http).layer(service_fn(handle));
//! let for_hyper = TowerToHyperService::new(service); // give this to `serve_connection`
//! ```
//!
//! [`SpanContext`]: wakeful_trace::SpanContext

mod body;
mod client;
mod exchange;
mod future;
mod headers;
mod metrics;
mod outcome;
mod semantic;
mod server;

pub use body::TracedBody;
pub use client::{ClientLayer, ClientService};
pub use future::TracedFuture;
pub use headers::{HeaderRules, Incoming, IncomingContext};
pub use metrics::{MetricFamily, RequestMetrics};
pub use outcome::Outcome;
pub use server::{TraceLayer, TraceService};

/// What is spoken over HTTP, and so where a failure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Plain HTTP: the status code tells.
    Http,
    /// gRPC: `grpc-status` tells, in the headers or the trailers.
    Grpc,
}
