//! What an exporter is told: by the environment, in the words of OpenTelemetry's specification, or by a builder.

mod endpoint;
mod jaeger;
mod pairs;
mod read;
mod resource;
mod variables;

pub use endpoint::{Endpoint, EndpointError};
pub use jaeger::JaegerSettings;
pub use read::{Problem, read_environment};
pub use resource::ResourceAttributes;
pub use variables::{VARIABLES, Variable};

use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use wakeful_subscriber::Sampler;
use wakeful_trace::propagation::Propagator;

/// Everything that can be set. [`Settings::default`] is what holds without any variable.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `OTEL_SDK_DISABLED`: nothing is recorded or sent; log lines are still written.
    pub disabled: bool,
    /// Who sends.
    pub resource: ResourceAttributes,
    /// Which traces are recorded.
    pub sampler: Sampler,
    /// How contexts are written into and read from requests.
    pub propagator: Propagator,
    /// Where spans go.
    pub traces: SignalSettings,
    /// Where log records go.
    pub logs: SignalSettings,
    /// How much one span or log record may hold.
    pub limits: Limits,
    /// How spans and log records come from the rings to an exporter.
    pub processor: Processor,
    /// The agent of [`ExporterKind::JaegerAgent`].
    pub jaeger: JaegerSettings,
    /// A file that gets everything too, as frames.
    pub recording: Option<PathBuf>,
    /// What is told of tasks and runtimes.
    pub runtime: RuntimeSettings,
}

impl Default for Settings {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self {
            disabled: false,
            resource: ResourceAttributes::default(),
            sampler: Sampler::default(),
            propagator: Propagator::default(),
            traces: SignalSettings {
                exporters: vec![ExporterKind::Otlp],
                ..SignalSettings::new(5 * second)
            },
            logs: SignalSettings::new(second),
            limits: Limits::default(),
            processor: Processor::default(),
            jaeger: JaegerSettings::default(),
            recording: None,
            runtime: RuntimeSettings::default(),
        }
    }
}

/// Tasks, polls and wakes (docs/tokio.md).
#[derive(Debug, Clone)]
pub struct RuntimeSettings {
    /// Whether they are recorded and sent at all. By default they are, if the program lets its runtime be watched.
    pub enabled: bool,
    /// Where to: the whole URL of a backend's `/wakeful/v1/frames`. By default the HTTP port beside the receiver of spans: its own if
    /// that is spoken to by HTTP, 4318 beside 4317.
    pub endpoint: Option<Endpoint>,
    /// How much may be sent a second, about. What is counted by spawn location is exact whatever this is.
    pub bytes_per_second: usize,
    /// A poll that takes longer is told by itself, whatever it belongs to.
    pub long_poll: Duration,
}

impl Default for RuntimeSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            endpoint: None,
            bytes_per_second: 1_000_000,
            long_poll: Duration::from_millis(1),
        }
    }
}

/// How spans come from the rings to an exporter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Processor {
    /// Each span in a request of its own, as soon as it is over; on a thread of its own.
    Simple,
    /// In batches; on a thread of its own, with a runtime of its own.
    #[default]
    Batch,
    /// In batches; as a task of the Tokio runtime in which it is started, or like [`Processor::Batch`] if there is none.
    BatchOnRuntime,
}

impl Processor {
    /// Every processor.
    pub const ALL: [Self; 3] = [Self::Simple, Self::Batch, Self::BatchOnRuntime];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Batch => "batch-span-processor",
            Self::BatchOnRuntime => "batch-span-processor-experimental-async-runtime",
        }
    }

    /// The processor of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|processor| processor.name() == name)
    }
}

/// What an exporter is (`OTEL_TRACES_EXPORTER`, `OTEL_LOGS_EXPORTER`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExporterKind {
    /// Sends to [`SignalSettings::otlp`].
    Otlp,
    /// Sends to [`Settings::jaeger`]; spans alone: log records find nobody there.
    JaegerAgent,
    /// Writes requests as OTLP/JSON to standard output, one a line.
    Console,
}

/// How one signal is sent.
#[derive(Debug, Clone)]
pub struct SignalSettings {
    /// By what; by nothing if empty.
    pub exporters: Vec<ExporterKind>,
    /// Where to, by OTLP.
    pub otlp: OtlpSettings,
    /// How much at a time.
    pub batch: BatchSettings,
}

impl SignalSettings {
    fn new(delay: Duration) -> Self {
        Self {
            exporters: Vec::new(),
            otlp: OtlpSettings::default(),
            batch: BatchSettings {
                delay,
                ..BatchSettings::default()
            },
        }
    }
}

/// Batches (`OTEL_BSP_…`, `OTEL_BLRP_…`).
#[derive(Debug, Clone)]
pub struct BatchSettings {
    /// How long the first of a batch waits for others.
    pub delay: Duration,
    /// How many may wait; what comes then is lost, and counted. `None`: [`QUEUE_ITEMS_MAX`] wait here, and further spans
    /// in the recorder's rings, until these are full too.
    pub queue_items_max: Option<usize>,
    /// How many a request has at most.
    pub batch_items_max: usize,
    /// How long one request may take, with everything that is tried again.
    pub export_timeout: Duration,
    /// How many requests may be on their way at once.
    pub concurrent_exports_max: usize,
}

/// How many spans or log records wait if nobody says otherwise (the specification's default).
pub const QUEUE_ITEMS_MAX: usize = 2048;

impl BatchSettings {
    /// How many may wait.
    pub(crate) fn queue_max(&self) -> usize {
        self.queue_items_max.unwrap_or(QUEUE_ITEMS_MAX)
    }
}

impl Default for BatchSettings {
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(5),
            queue_items_max: None,
            batch_items_max: 512,
            export_timeout: Duration::from_secs(30),
            concurrent_exports_max: 1,
        }
    }
}

/// Where and how to send by OTLP (`OTEL_EXPORTER_OTLP_…`).
#[derive(Debug, Clone)]
pub struct OtlpSettings {
    /// The receiver; by default the protocol's port on this machine.
    pub endpoint: Option<Endpoint>,
    /// How it is spoken to; by default what the endpoint's port is for, else gRPC.
    pub protocol: Option<Protocol>,
    /// What each request carries beside.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// How messages are compressed.
    pub compression: Compression,
    /// A gRPC endpoint without a scheme is one without TLS.
    pub insecure: bool,
    /// A file of certificates (PEM) of authorities to trust instead of the system's.
    pub certificate: Option<PathBuf>,
    /// A file with this client's certificate chain (PEM).
    pub client_certificate: Option<PathBuf>,
    /// A file with this client's private key (PEM).
    pub client_key: Option<PathBuf>,
}

impl Default for OtlpSettings {
    fn default() -> Self {
        Self {
            endpoint: None,
            protocol: None,
            headers: Vec::new(),
            timeout: Duration::from_secs(10),
            compression: Compression::None,
            insecure: false,
            certificate: None,
            client_certificate: None,
            client_key: None,
        }
    }
}

/// OTLP's transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// gRPC, usually on 4317.
    Grpc,
    /// Protobuf over HTTP, usually on 4318.
    HttpProtobuf,
    /// JSON over HTTP, usually on 4318.
    #[cfg(feature = "json")]
    HttpJson,
}

/// How a message is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, at its fastest.
    Gzip,
    /// zstd at level 1; only with the feature `zstd`.
    Zstd,
}

/// How much a span or log record may hold; what is beyond is cut or left out, and counted on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Characters of a span's attribute that is text.
    pub span_value_chars_max: usize,
    /// Attributes of a span.
    pub span_attributes_max: usize,
    /// Events of a span.
    pub span_events_max: usize,
    /// Links of a span.
    pub span_links_max: usize,
    /// Attributes of an event.
    pub event_attributes_max: usize,
    /// Characters of a log record's attribute that is text.
    pub log_value_chars_max: usize,
    /// Attributes of a log record.
    pub log_attributes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            span_value_chars_max: usize::MAX,
            span_attributes_max: 128,
            span_events_max: 128,
            span_links_max: 128,
            event_attributes_max: 128,
            log_value_chars_max: usize::MAX,
            log_attributes_max: 128,
        }
    }
}
