//! What a recorder is made from.

use std::fmt;
use std::io;

use tracing_core::LevelFilter;
use tracing_subscriber::filter::Targets;

use crate::clock::Clock;
use crate::sampler::Sampler;

/// How a recorder records. Every field has a default that suits a service.
#[derive(Debug)]
pub struct Settings {
    /// Which spans are recorded, and which events on them, by target and level; `RUST_LOG` has no say here.
    /// By default from `info` up.
    pub spans: Targets,
    /// Which traces are recorded.
    pub sampler: Sampler,
    /// How trace ids are made.
    pub trace_ids: TraceIds,
    /// Whether events inside a recorded span are handed out with it. By default they are.
    pub span_events: bool,
    /// Events that are kept of one span; later ones are dropped and counted. OpenTelemetry's default is 128.
    pub span_events_max: u32,
    /// Links that are kept of one span; later ones are dropped and counted. OpenTelemetry's default is 128.
    pub span_links_max: u32,
    /// Which events are handed out as log records, inside spans or not. By default none.
    pub log_records: Option<Targets>,
    /// Lines that the subscriber writes itself. By default none. The layer writes none: put `fmt` beside it.
    pub log_lines: Option<LogLines>,
    /// The ring of a new thread, bytes; rounded up to a power of two of at least 4,096.
    pub ring_bytes_min: usize,
    /// What the ring of a busy thread may grow to, bytes; 2 MiB at most.
    pub ring_bytes_max: usize,
    /// All rings of the recorder together, bytes. A thread past that is not recorded, and counted.
    pub rings_bytes_max: usize,
    /// Spans made by hand that wait for the drain, bytes; later ones are dropped and counted.
    pub explicit_spans_bytes_max: usize,
    /// Spans that are open at a time.
    pub open_spans_max: u32,
    /// Whether the drain is woken whenever a span closes; otherwise when a ring is half full.
    pub wake_at_close: bool,
    /// Where times come from.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            spans: Targets::new().with_default(LevelFilter::INFO),
            sampler: Sampler::default(),
            trace_ids: TraceIds::Random,
            span_events: true,
            span_events_max: 128,
            span_links_max: 128,
            log_records: None,
            log_lines: None,
            ring_bytes_min: 8 << 10,
            ring_bytes_max: 1 << 20,
            rings_bytes_max: 32 << 20,
            explicit_spans_bytes_max: 32 << 20,
            open_spans_max: 1 << 20,
            wake_at_close: false,
            clock: Clock::detect(),
        }
    }
}

/// How trace ids are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TraceIds {
    /// 128 random bits.
    #[default]
    Random,
    /// The seconds of Unix time in the high 32 bits, the rest random, as AWS X-Ray requires.
    XRay,
}

/// Lines for people or machines, one for each event, written on the thread that made it.
pub struct LogLines {
    /// Which events are written; what `RUST_LOG` says.
    pub filter: Targets,
    /// What a line looks like.
    pub format: LineFormat,
    /// Whether a line is written too when a span closes, with its busy and idle time.
    pub close_lines: bool,
    /// Whether levels are coloured, and names dimmed, by terminal escapes; [`LineFormat::Text`] alone.
    pub colours: bool,
    /// Where to. What it traces itself is recorded and makes no lines: those would wait for the one that is being written.
    pub writer: Box<dyn io::Write + Send>,
}

impl fmt::Debug for LogLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLines")
            .field("filter", &self.filter)
            .field("format", &self.format)
            .field("close_lines", &self.close_lines)
            .field("colours", &self.colours)
            .finish_non_exhaustive()
    }
}

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineFormat {
    /// As `tracing_subscriber::fmt` writes it by default.
    #[default]
    Text,
    /// A JSON object, with the span's fields and those that it inherits.
    Json,
}
