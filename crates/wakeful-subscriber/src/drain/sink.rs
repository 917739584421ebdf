//! What the reading side hands out, and to whom.

use wakeful_model::intervals::Interval;
use wakeful_model::runtime::{TaskEnd, Wake};
use wakeful_model::{Kind, StatusCode};
use wakeful_trace::{Span, SpanId, TraceFlags, TraceId};

use super::{Events, Exception, FinishedPoll, Links, RunningPoll, StartedTask, SummedPolls};
use crate::callsite::Callsite;
use crate::field::{FieldValue, Fields};
use crate::loss::Loss;
use crate::thread::Thread;

/// Takes what [`crate::Drain`] reads. Everything is borrowed: copy or encode what must stay.
pub trait Sink {
    /// A span is over; each is handed out once.
    fn span(&mut self, span: &FinishedSpan<'_>);

    /// A span that the program made by hand and handed to the recorder ([`wakeful_trace::TraceCollector`]). Whoever gives no
    /// recorder away as a collector gets none.
    fn explicit_span(&mut self, _span: &Span) {}

    /// An event, inside or outside spans; only with [`crate::Settings::log_records`].
    fn log(&mut self, record: &LogRecord<'_>);

    /// Something could not be recorded. Counts are since the last time, so they add up.
    fn lost(&mut self, loss: &Loss<'_>);

    /// A task was spawned; also told after its first poll, if that is on another thread.
    fn task_start(&mut self, _task: &StartedTask<'_>) {}

    /// A task is gone; may be told twice.
    fn task_end(&mut self, _end: &TaskEnd) {}

    /// A poll is over.
    fn poll(&mut self, _poll: &FinishedPoll<'_>) {}

    /// Polls are over that are known by their sums alone, since the ring was full.
    fn summed_polls(&mut self, _polls: &SummedPolls) {}

    /// A poll goes on at the end of a turn of the drain.
    fn running_poll(&mut self, _poll: &RunningPoll<'_>) {}

    /// A task was woken.
    fn wake(&mut self, _wake: &Wake) {}

    /// The wall clock was set; spans that were open keep the old clock's times.
    fn clock_step(&mut self, _step: &ClockStep) {}
}

/// A span that is over.
#[derive(Debug)]
pub struct FinishedSpan<'a> {
    /// Where it was made.
    pub callsite: &'static Callsite,
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span it was part of; `None` for a root.
    pub parent_span_id: Option<SpanId>,
    /// Whether the parent is of another process.
    pub parent_is_remote: bool,
    /// The trace flags, as children inherit them.
    pub flags: TraceFlags,
    /// W3C `tracestate`; usually empty.
    pub trace_state: &'a str,
    /// The name: the callsite's, or that of the field `otel.name`.
    pub name: &'a str,
    /// Its role towards other spans (`otel.kind`); [`Kind::Internal`] if it was not said.
    pub kind: Kind,
    /// How it ended.
    pub status: Status<'a>,
    /// When it was created, nanoseconds of Unix time.
    pub start_unix_nanos: u64,
    /// When it was closed, nanoseconds of Unix time; never before its start.
    pub end_unix_nanos: u64,
    /// What the program recorded on it. [`Self::attributes`] has these and the standard ones.
    pub fields: Fields<'a>,
    /// The last error that was recorded on it or on one of its events.
    pub exception: Option<Exception<'a>>,
    /// What happened during it, in the order of time.
    pub events: Events<'a>,
    /// Spans that it follows from or is linked to.
    pub links: Links<'a>,
    /// When it was entered: ordered, without overlap, nanoseconds since its start.
    pub intervals: &'a [Interval],
    /// The length of the union of all times in which it was entered; exact also when intervals were joined.
    pub busy_nanos: u64,
    /// How many intervals were joined with a neighbour, because there were too many.
    pub joined: u64,
    /// Events that were dropped because the span had too many ([`crate::Settings::span_events_max`]).
    pub dropped_events: u32,
    /// Links that were dropped because the span had too many ([`crate::Settings::span_links_max`]).
    pub dropped_links: u32,
    /// How many values were cut short or left out because they were too long for a record.
    pub cut: u32,
    /// The thread that created it.
    pub thread: &'a Thread,
}

impl<'a> FinishedSpan<'a> {
    /// Every attribute, named and ordered as tracing-opentelemetry 0.34 does: code, thread, target, fields, exception.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, FieldValue<'a>)> {
        let exception = self.exception.into_iter().flat_map(Exception::attributes);
        code_attributes(self.callsite)
            .chain(self.thread.attributes())
            .chain([("target", FieldValue::Str(self.callsite.metadata.target()))])
            .chain(self.fields.clone())
            .chain(exception)
    }
}

/// `code.*`: where a callsite is.
pub(crate) fn code_attributes<'a>(callsite: &Callsite) -> impl Iterator<Item = (&'a str, FieldValue<'a>)> {
    let metadata = callsite.metadata;
    let file = metadata
        .file()
        .map(|file| ("code.file.path", FieldValue::Str(file)));
    let module = metadata
        .module_path()
        .map(|module| ("code.module.name", FieldValue::Str(module)));
    let line = metadata
        .line()
        .map(|line| ("code.line.number", FieldValue::I64(i64::from(line))));
    file.into_iter().chain(module).chain(line)
}

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status<'a> {
    /// Success or failure, if it was said.
    pub code: StatusCode,
    /// Why it failed; empty if it was not said.
    pub message: &'a str,
}

/// An event as a log record.
#[derive(Debug)]
pub struct LogRecord<'a> {
    /// Where it was made. For records of the `log` crate see [`Self::target`].
    pub callsite: &'static Callsite,
    /// When, nanoseconds of Unix time.
    pub unix_nanos: u64,
    /// The target; of a record of the `log` crate its own one.
    pub target: &'a str,
    /// The text; empty if it has none.
    pub message: FieldValue<'a>,
    /// What the program recorded on it.
    pub fields: Fields<'a>,
    /// An error among its fields.
    pub exception: Option<Exception<'a>>,
    /// The trace of the span in which it happened.
    pub trace_id: Option<TraceId>,
    /// The span in which it happened.
    pub span_id: Option<SpanId>,
    /// The trace flags of that span.
    pub flags: TraceFlags,
    /// The source file.
    pub file: Option<&'a str>,
    /// The line in it.
    pub line: Option<u32>,
    /// The Rust module.
    pub module: Option<&'a str>,
    /// How many values were cut short or left out because they were too long for a record.
    pub cut: u32,
    /// The thread on which it happened.
    pub thread: &'a Thread,
}

/// The wall clock was set while the program ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockStep {
    /// When it was noticed, by the new clock, nanoseconds of Unix time.
    pub at_unix_nanos: u64,
    /// How far it went; negative if it was set back.
    pub step_nanos: i64,
}

/// What one turn of the drain did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drained {
    /// Records that were read.
    pub records: u64,
    /// Bytes of the rings that were read.
    pub bytes: u64,
    /// Finished spans that were handed out.
    pub spans: u64,
    /// Log records that were handed out.
    pub logs: u64,
    /// Spans that are open now, as far as the records tell.
    pub open: u64,
    /// More is waiting already: come again at once.
    pub more: bool,
}
