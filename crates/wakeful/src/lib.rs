//! One line in a program, and its `tracing` spans, events and logs arrive in any OpenTelemetry backend: cheaply, without ever
//! making the program wait, and with everything counted that is lost.
//!
//! ```no_run
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // Log lines on stdout under RUST_LOG, spans to http://localhost:4317.
//!     let _wakeful = wakeful::try_init()?;
//!     tracing::info_span!("work").in_scope(|| tracing::info!("hello"));
//!     Ok(())
//! }
//! ```
//!
//! Keep the [`Guard`] in `main`: when it goes, what is left is sent, within a deadline. The variables of OpenTelemetry
//! (`OTEL_SERVICE_NAME`, `OTEL_EXPORTER_OTLP_ENDPOINT`, …) are heeded; `docs/exporting.md` lists them all. [`builder()`] sets
//! things in code, and [`layer()`] puts the recorder beside other layers of a `tracing_subscriber::Registry`.
//!
//! # The recipe
//!
//! A service's name, the propagation of contexts, spans by OTLP and logs on stdout:
//!
//! ```
//! use tracing::Instrument as _;
//! use wakeful::SpanExt as _;
//! use wakeful::propagation::Propagator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), wakeful::InitError> {
//! let _wakeful = wakeful::builder()
//!     .service_name("mini-redis")
//!     .propagator(Propagator::default())
//!     .try_init()?;
//!
//! // A request comes in: its caller's span is the parent of ours.
//! let mut request = http::Request::new(());
//! # let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
//! # request.headers_mut().insert("traceparent", parent.parse().unwrap());
//! let span = tracing::info_span!("request", otel.kind = "server");
//! if let Some(caller) = wakeful::propagator().extract(request.headers()).context {
//!     span.set_parent(caller);
//! }
//! async { tracing::info!("answered") }.instrument(span.clone()).await;
//!
//! // A request goes out: ours is the caller's.
//! let context = span.context().unwrap();
//! let mut outgoing = http::HeaderMap::new();
//! wakeful::propagator().inject(&context, &Default::default(), |name, value| {
//!     let name: http::HeaderName = name.parse().unwrap();
//!     outgoing.insert(name, value.parse().unwrap());
//! });
//! assert!(outgoing["traceparent"].to_str().unwrap().starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
//! let trace_id = context.trace_id;
//! assert_eq!(trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
//! # Ok(())
//! # }
//! ```
//!
//! # Tasks
//!
//! [`main`](macro@main) in the place of `tokio::main` does what [`init`] does and watches the runtime: its tasks, their polls and who woke them.
//! [`spawn`], [`JoinSet`] and [`sync`] are drop-ins for Tokio's that show more than a stable Tokio shows by itself; `docs/tokio.md` says what.
//!
//! ```no_run
//! #[wakeful::main]
//! async fn main() {
//!     let answer = wakeful::spawn_named("answer", async { 42 }).await;
//!     assert_eq!(answer.unwrap(), 42);
//! }
//! ```
//!
//! What would have no effect is an error: a runtime without workers has no number of them.
//!
//! ```compile_fail
//! #[wakeful::main(flavor = "current_thread", worker_threads = 2)]
//! async fn main() {}
//! ```
//!
//! # Features
//!
//! `log` (on by default): records of the `log` crate. `clap`: `Args`. `console`: tokio-console attaches to the program. `http`: contexts in `http::HeaderMap`. `tls`: https. `json`: OTLP as JSON. `zstd`:
//! compression with zstd.

#[cfg(feature = "clap")]
mod args;
mod builder;
#[cfg(feature = "console")]
pub mod console;
mod error;
mod guard;
mod output;
mod runtime;

use std::time::Duration;

#[cfg(feature = "clap")]
pub use args::Args;
pub use builder::{Builder, LogFormat, builder};
pub use error::InitError;
pub use guard::{Guard, TaskWatch, propagator};
pub use wakeful_export::settings::{
    BatchSettings, Compression, Endpoint, EndpointError, ExporterKind, JaegerSettings, Limits, OtlpSettings,
    Protocol, ResourceAttributes, RuntimeSettings, Settings as ExportSettings, SignalSettings, VARIABLES,
    Variable,
};
pub use wakeful_export::{AsyncExporter, LogTraceCollector, Lost, LostCause, LostCount, Processor};
#[cfg(feature = "clap")]
pub use wakeful_export::{JaegerTag, TracesArgs, TracesExporter};
pub use wakeful_macros::main;
pub use wakeful_subscriber::{
    Layer, RootSampler, Sampler, Settings as RecorderSettings, SpanExt, Subscriber, TraceIds,
};
#[cfg(tokio_unstable)]
pub use wakeful_tokio::{Hooks, instrument_with};
pub use wakeful_tokio::{
    JoinSet, Watched, block_on, instrument, spawn, spawn_blocking, spawn_local, spawn_named, sync, watch,
    watch_runtime,
};
pub use wakeful_trace::{
    SpanContext, SpanId, SpanRecorder, TraceCollector, TraceFlags, TraceId, TraceState, propagation,
};

/// What the macros call.
#[doc(hidden)]
pub mod __private {
    pub use crate::runtime::run;
}

/// Starts recording and exporting as the environment says, and makes that the program's subscriber.
///
/// # Panics
/// If it cannot start; [`try_init`] says why instead.
pub fn init() -> Guard {
    builder().init()
}

/// Starts recording and exporting as the environment says, and makes that the program's subscriber.
///
/// # Errors
/// If the program has a subscriber already, or what the environment says cannot be done: a certificate that cannot be read,
/// for example. That no receiver listens is no error: it may come.
pub fn try_init() -> Result<Guard, InitError> {
    builder().try_init()
}

/// A layer that records beside others on a `Registry`, exporting as the environment says. It writes no log lines: put `fmt`
/// beside it.
///
/// # Errors
/// As for [`try_init`].
///
/// # Examples
/// ```
/// use tracing_subscriber::layer::SubscriberExt as _;
///
/// let (layer, _wakeful) = wakeful::layer()?;
/// let subscriber = tracing_subscriber::registry().with(layer);
/// # drop(subscriber);
/// # Ok::<(), wakeful::InitError>(())
/// ```
pub fn layer() -> Result<(Layer, Guard), InitError> {
    builder().layer()
}

/// Sends what is left of what [`init`] or [`try_init`] records and ends it, within `timeout`, from wherever it is called. Returns
/// what was lost since the beginning, and nothing lost if nothing was begun.
pub async fn shutdown(timeout: Duration) -> Lost {
    match guard::global() {
        Some(exporter) => exporter.shutdown(timeout).await,
        None => Lost::default(),
    }
}

/// Like [`shutdown`], for code that is not async. It may block any thread, also that of a current-thread runtime.
pub fn shutdown_blocking(timeout: Duration) -> Lost {
    guard::global().map_or_else(Lost::default, |exporter| exporter.shutdown_blocking(timeout))
}
