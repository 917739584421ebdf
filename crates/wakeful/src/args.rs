//! The options that a program takes over into its own command line.

use clap::ValueEnum;
use tracing_subscriber::filter::LevelFilter;

use crate::{Builder, Endpoint, EndpointError, LogFormat, Processor, builder};

/// Options for tracing, to flatten into a program's own.
///
/// ```
/// use clap::Parser as _;
///
/// #[derive(clap::Parser)]
/// struct Cli {
///     #[command(flatten)]
///     wakeful: wakeful::Args,
/// }
///
/// let cli = Cli::parse_from(["program", "--tracing-level=debug", "--tracing-span-processor=simple"]);
/// let _builder = cli.wakeful.builder().service_name("program");
/// ```
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Which spans are recorded; RUST_LOG is for log lines alone
    #[arg(long, value_name = "LEVEL", env = "TRACING_LEVEL", default_value = "info")]
    tracing_level: Level,
    /// How spans come from the recorder to the exporter
    #[arg(
        long,
        value_name = "PROCESSOR",
        env = "TRACING_SPAN_PROCESSOR",
        default_value = "batch-span-processor"
    )]
    tracing_span_processor: SpanProcessor,
    /// Receiver of spans, such as http://localhost:4317; wins over OTEL_EXPORTER_OTLP_ENDPOINT
    #[arg(long, value_name = "URL", value_parser = endpoint)]
    tracing_endpoint: Option<Endpoint>,
    /// What log lines look like
    #[arg(long, value_name = "FORMAT", env = "LOG_FORMAT", default_value = "text")]
    log_format: Format,
}

impl Args {
    /// A builder to which the options were told.
    pub fn builder(&self) -> Builder {
        self.apply(builder())
    }

    /// Tells the options to a builder.
    pub fn apply(&self, builder: Builder) -> Builder {
        let builder = match &self.tracing_endpoint {
            Some(endpoint) => builder.endpoint(endpoint.clone()),
            None => builder,
        };
        builder
            .tracing_level(self.tracing_level.filter())
            .processor(self.tracing_span_processor.0)
            .log_format(self.log_format.0)
    }
}

/// Without a scheme it is a plain one: who types a flag means a machine nearby.
fn endpoint(text: &str) -> Result<Endpoint, EndpointError> {
    Endpoint::base(text, true)
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl Level {
    fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct SpanProcessor(Processor);

impl ValueEnum for SpanProcessor {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(Processor::Simple),
            Self(Processor::Batch),
            Self(Processor::BatchOnRuntime),
        ]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        Some(clap::builder::PossibleValue::new(self.0.name()))
    }
}

#[derive(Debug, Clone, Copy)]
struct Format(LogFormat);

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(LogFormat::Text),
            Self(LogFormat::Json),
            Self(LogFormat::None),
        ]
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let name = match self.0 {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
            LogFormat::None => "none",
        };
        Some(clap::builder::PossibleValue::new(name))
    }
}
