//! Ships what wakeful's recorder wrote to any OpenTelemetry receiver, without ever harming the program.
//!
//! [`Exporter`] reads a recorder's rings ([`wakeful_subscriber::Drain`]), encodes spans and log records as they come, and sends
//! them in batches by OTLP: over gRPC or HTTP, compressed, again and again while a receiver is away. It waits for nobody: what
//! finds no room is lost, and [`Lost`] says how much and why, to the program at the end and to the receiver with the next batch.
//! [`Settings`] says everything else; [`read_environment`] takes it from the `OTEL_…` variables.
//!
//! [`AsyncExporter`] is for programs that make their spans by hand alone, and `TracesArgs` (feature `clap`) has the options of those
//! that send to Jaeger's agent.
//!
//! Applications use the crate `wakeful`, which puts a recorder and an exporter together.
//!
//! ```
//! use std::time::Duration;
//! use wakeful_export::{Exporter, Settings, read_environment};
//!
//! let mut settings = Settings::default();
//! for problem in read_environment(&mut settings, |name| std::env::var(name).ok()) {
//!     eprintln!("{problem}");
//! }
//! # settings.traces.exporters.clear();
//! let (recorder, drain) = wakeful_subscriber::recorder(wakeful_subscriber::Settings::default());
//! let exporter = Exporter::start(&settings, drain)?;
//! tracing::subscriber::with_default(recorder.subscriber(), || {
//!     tracing::info_span!("work").in_scope(|| {});
//! });
//! assert!(exporter.shutdown_blocking(Duration::from_secs(1)).is_nothing());
//! # Ok::<(), wakeful_export::StartError>(())
//! ```

mod async_exporter;
mod destination;
mod driver;
mod encode;
mod encode_explicit;
mod exporter;
mod intake;
mod jaeger;
mod log_collector;
mod lost;
mod otlp;
mod outage;
mod pipeline;
mod queue;
mod recording;
mod runtime;
pub mod settings;
mod shipments;
#[cfg(feature = "clap")]
mod traces_args;

pub use async_exporter::AsyncExporter;
pub use destination::StartError;
pub use exporter::Exporter;
pub use log_collector::LogTraceCollector;
pub use lost::{Lost, LostCause, LostCount};
pub use otlp::OtlpError;
pub use settings::{Processor, Settings, read_environment};
#[cfg(feature = "clap")]
pub use traces_args::{JaegerTag, JaegerTagError, TracesArgs, TracesExporter};
