//! The events and links of a finished span.

use wakeful_trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

use super::sink::code_attributes;
use crate::callsite::{Callsite, LogRole, Role};
use crate::field::{FieldValue, Fields, RawField, RawFields, Texts};

/// Something that happened during a span.
#[derive(Debug)]
pub struct Event<'a> {
    /// Where it was made.
    pub callsite: &'static Callsite,
    /// When, nanoseconds of Unix time.
    pub unix_nanos: u64,
    /// Its message; `exception` for an error without one (what `#[instrument(err)]` writes); else the callsite's name.
    pub name: &'a str,
    /// What the program recorded on it.
    pub fields: Fields<'a>,
    /// An error among its fields.
    pub exception: Option<Exception<'a>>,
    /// How many values were cut short or left out because they were too long for a record.
    pub cut: u32,
    pub(crate) log: LogOrigin<'a>,
}

impl<'a> Event<'a> {
    /// Every attribute, named as tracing-opentelemetry 0.34 does: level, target, fields, exception, code.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, FieldValue<'a>)> {
        let target = self.log.target.unwrap_or(self.callsite.metadata.target());
        let exception = self.exception.into_iter().flat_map(Exception::attributes);
        let log_line = self
            .log
            .line
            .map(|line| ("code.line.number", FieldValue::I64(line)));
        let log_code = [
            self.log
                .file
                .map(|file| ("code.file.path", FieldValue::Str(file))),
            self.log
                .module
                .map(|module| ("code.module.name", FieldValue::Str(module))),
            log_line,
        ];
        let code = (!self.callsite.schema.is_log).then(|| code_attributes(self.callsite));
        [
            ("level", FieldValue::Str(self.callsite.level().as_str())),
            ("target", FieldValue::Str(target)),
        ]
        .into_iter()
        .chain(self.fields.clone())
        .chain(exception)
        .chain(log_code.into_iter().flatten())
        .chain(code.into_iter().flatten())
    }
}

/// An error that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception<'a> {
    /// What it says.
    pub message: &'a str,
    /// What its sources say, the nearest first; `None` if only its text is known.
    pub sources: Option<Texts<'a>>,
}

impl<'a> Exception<'a> {
    /// `exception.message` and `exception.stacktrace`, as tracing-opentelemetry 0.34 writes them.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, FieldValue<'a>)> {
        let sources = self
            .sources
            .map(|sources| ("exception.stacktrace", FieldValue::List(sources)));
        [("exception.message", FieldValue::Formatted(self.message))]
            .into_iter()
            .chain(sources)
    }
}

/// Where a record of the `log` crate says it comes from.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LogOrigin<'a> {
    pub(crate) target: Option<&'a str>,
    pub(crate) module: Option<&'a str>,
    pub(crate) file: Option<&'a str>,
    pub(crate) line: Option<i64>,
}

/// What an event's fields mean together.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EventFields<'a> {
    pub(crate) message: Option<FieldValue<'a>>,
    /// The text field `error` of an event without a message.
    pub(crate) error: Option<&'a str>,
    pub(crate) exception: Option<Exception<'a>>,
    pub(crate) log: LogOrigin<'a>,
}

impl<'a> EventFields<'a> {
    pub(crate) fn read(callsite: &Callsite, bytes: &'a [u8]) -> Self {
        let mut read = Self::default();
        for (index, value) in RawFields(bytes) {
            if let RawField::Error { message, sources } = value {
                let sources = Some(sources);
                read.exception = Some(Exception { message, sources });
            }
            let Some(field) = callsite.schema.fields.get(usize::from(index)) else {
                continue;
            };
            match (field.role, value) {
                (Role::Message, RawField::Plain(message)) => read.message = Some(message),
                (Role::Message, RawField::Error { message, .. }) => {
                    read.message = Some(FieldValue::Formatted(message));
                }
                (Role::Error, RawField::Plain(FieldValue::Str(text) | FieldValue::Formatted(text))) => {
                    read.error = Some(text);
                }
                (Role::Log(role), value) => read.log.set(role, value),
                _ => {}
            }
        }
        if read.message.is_some() {
            read.error = None;
        }
        if let Some(message) = read.error {
            let sources = None;
            read.exception = Some(Exception { message, sources });
        }
        read
    }
}

impl<'a> LogOrigin<'a> {
    fn set(&mut self, role: LogRole, value: RawField<'a>) {
        match role {
            LogRole::Target => self.target = value.text(),
            LogRole::ModulePath => self.module = value.text(),
            LogRole::File => self.file = value.text(),
            LogRole::Line => {
                self.line = match value {
                    RawField::Plain(FieldValue::U64(line)) => i64::try_from(line).ok(),
                    _ => None,
                }
            }
        }
    }
}

/// The events of a span, in the order of time.
#[derive(Debug, Clone)]
pub struct Events<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) callsites: &'a [&'static Callsite],
    pub(crate) count: u32,
}

/// What stands before an event's fields.
const EVENT_HEADER_BYTES: usize = 8 + 4 + 4 + 4;

impl Events<'_> {
    pub(crate) fn push(out: &mut Vec<u8>, unix_nanos: u64, callsite: u32, cut: u32, fields: &[u8]) {
        out.extend_from_slice(&unix_nanos.to_ne_bytes());
        out.extend_from_slice(&callsite.to_ne_bytes());
        out.extend_from_slice(&cut.to_ne_bytes());
        out.extend_from_slice(&(fields.len() as u32).to_ne_bytes());
        out.extend_from_slice(fields);
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        let (header, rest) = self.bytes.split_first_chunk::<EVENT_HEADER_BYTES>()?;
        let word =
            |at: usize| u32::from_ne_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let (fields, rest) = rest.split_at_checked(word(16) as usize)?;
        self.bytes = rest;
        self.count = self.count.saturating_sub(1);
        let callsite = *self.callsites.get(word(8) as usize)?;
        let unix_nanos = u64::from_ne_bytes(*header.first_chunk()?);
        let read = EventFields::read(callsite, fields);
        let name = match (read.message, read.error) {
            (Some(FieldValue::Str(text) | FieldValue::Formatted(text)), _) => text,
            (_, Some(_)) => "exception",
            _ => callsite.metadata.name(),
        };
        Some(Event {
            callsite,
            unix_nanos,
            name,
            fields: Fields::new(fields, callsite.schema, false).without_exception(read.error.is_some()),
            exception: read.exception,
            cut: word(12),
            log: read.log,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.count as usize, Some(self.count as usize))
    }
}

impl ExactSizeIterator for Events<'_> {}

/// The spans that a span follows from or is linked to, in the order in which it was said.
#[derive(Debug, Clone)]
pub struct Links<'a> {
    pub(crate) bytes: &'a [u8],
}

/// Beside the eight trace flags of a link: the linked span is of another process.
pub(crate) const FLAG_REMOTE: u32 = 1 << 8;

/// Trace id, span id, flags, length of the trace state.
const LINK_HEADER_BYTES: usize = 16 + 8 + 4 + 4;

impl Links<'_> {
    pub(crate) fn push(out: &mut Vec<u8>, trace_id: u128, span_id: u64, flags: u32, trace_state: &[u8]) {
        out.extend_from_slice(&trace_id.to_ne_bytes());
        out.extend_from_slice(&span_id.to_ne_bytes());
        out.extend_from_slice(&flags.to_ne_bytes());
        out.extend_from_slice(&(trace_state.len() as u32).to_ne_bytes());
        out.extend_from_slice(trace_state);
    }
}

impl Iterator for Links<'_> {
    type Item = SpanContext;

    fn next(&mut self) -> Option<SpanContext> {
        let (header, rest) = self.bytes.split_first_chunk::<LINK_HEADER_BYTES>()?;
        let (trace_id, header) = header.split_first_chunk::<16>()?;
        let (span_id, header) = header.split_first_chunk::<8>()?;
        let (flags, header) = header.split_first_chunk::<4>()?;
        let flags = u32::from_ne_bytes(*flags);
        let length = u32::from_ne_bytes(*header.first_chunk()?) as usize;
        let (trace_state, rest) = rest.split_at_checked(length)?;
        self.bytes = rest;
        Some(SpanContext {
            trace_id: TraceId::new(u128::from_ne_bytes(*trace_id))?,
            span_id: SpanId::new(u64::from_ne_bytes(*span_id))?,
            flags: TraceFlags::from_bits(flags as u8),
            trace_state: TraceState::from_header(std::str::from_utf8(trace_state).unwrap_or_default()),
            is_remote: flags & FLAG_REMOTE != 0,
            collector: None,
        })
    }
}
