//! One span and what hangs on it.

use wakeful_trace::{SpanId, TraceId};

use crate::warnings::{MORE, WARNINGS_MAX};
use crate::{Attribute, Value, WARNINGS_KEY};

/// A unit of work: what was done, when, as part of what.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id, unique within the trace (Zipkin's shared spans excepted).
    pub span_id: SpanId,
    /// The span it was part of; `None` for a root.
    pub parent_span_id: Option<SpanId>,
    /// W3C `tracestate`, verbatim.
    pub trace_state: String,
    /// W3C trace flags in the low 8 bits; bits 8 and 9 say whether the parent is remote.
    pub flags: u32,
    /// The operation.
    pub name: String,
    /// Its role towards other spans.
    pub kind: Kind,
    /// When it began, Unix time.
    pub start_unix_nanos: u64,
    /// When it ended, Unix time; never before its start.
    pub end_unix_nanos: u64,
    /// What describes it, in the client's order.
    pub attributes: Vec<Attribute>,
    /// How many attributes the client dropped.
    pub dropped_attributes_count: u32,
    /// What happened during it, in the client's order.
    pub events: Vec<Event>,
    /// How many events the client dropped.
    pub dropped_events_count: u32,
    /// Other spans it is related to.
    pub links: Vec<Link>,
    /// How many links the client dropped.
    pub dropped_links_count: u32,
    /// How it ended.
    pub status: Status,
    /// Index into [`crate::SpanBatch::resources`].
    pub resource: u32,
    /// Index into [`crate::SpanBatch::scopes`].
    pub scope: u32,
}

impl Span {
    /// How long it took, in nanoseconds.
    pub fn duration_nanos(&self) -> u64 {
        self.end_unix_nanos.saturating_sub(self.start_unix_nanos)
    }

    /// The value of the first attribute of that name.
    pub fn attribute(&self, key: &str) -> Option<&Value> {
        self.attributes
            .iter()
            .find(|attribute| attribute.key == key)
            .map(|attribute| &attribute.value)
    }

    /// What was repaired or adjusted, in sentences.
    pub fn warnings(&self) -> impl Iterator<Item = &str> {
        let list = match self.attribute(WARNINGS_KEY) {
            Some(Value::Array(list)) => list.as_slice(),
            _ => &[],
        };
        list.iter().filter_map(Value::as_str)
    }

    /// Notes a repair or an adjustment on the span, unless it stands there already: a trace that was read from a file
    /// has been adjusted before. Of a great many the first ones are kept.
    pub fn add_warning(&mut self, sentence: impl Into<String>) {
        let mut sentence = sentence.into();
        if self.warnings().any(|known| known == sentence) {
            return;
        }
        match self.warnings().count() {
            0..WARNINGS_MAX => {}
            WARNINGS_MAX => MORE.clone_into(&mut sentence),
            _ => return,
        }
        let sentence = Value::String(sentence);
        match self
            .attributes
            .iter_mut()
            .find(|attribute| attribute.key == WARNINGS_KEY)
        {
            Some(Attribute {
                value: Value::Array(list),
                ..
            }) => list.push(sentence),
            Some(attribute) => {
                attribute.value = Value::Array(vec![std::mem::take(&mut attribute.value), sentence]);
            }
            None => self
                .attributes
                .push(Attribute::new(WARNINGS_KEY, Value::Array(vec![sentence]))),
        }
    }
}

impl From<Vec<Value>> for Value {
    fn from(list: Vec<Value>) -> Self {
        Self::Array(list)
    }
}

/// A span's role (OTLP `SpanKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Kind {
    /// The client did not say.
    #[default]
    Unspecified = 0,
    /// Work within one service.
    Internal = 1,
    /// Answers a request from elsewhere.
    Server = 2,
    /// Asks another service and waits.
    Client = 3,
    /// Hands work over without waiting.
    Producer = 4,
    /// Takes over such work.
    Consumer = 5,
}

impl Kind {
    /// Every kind, by its OTLP number.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::Internal,
        Self::Server,
        Self::Client,
        Self::Producer,
        Self::Consumer,
    ];

    /// The kind of an OTLP number; unknown numbers are [`Kind::Unspecified`].
    pub fn from_otlp(number: u64) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|n| Self::ALL.get(n).copied())
            .unwrap_or_default()
    }

    /// Lower-case English name; empty for [`Kind::Unspecified`], as Jaeger has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }
}

/// How a span ended (OTLP `Status`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Success or failure, if the client said.
    pub code: StatusCode,
    /// Why it failed.
    pub message: String,
}

/// OTLP `StatusCode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum StatusCode {
    /// The client did not say.
    #[default]
    Unset = 0,
    /// The client says it succeeded.
    Ok = 1,
    /// It failed.
    Error = 2,
}

impl StatusCode {
    /// The code of an OTLP number; unknown numbers are [`StatusCode::Unset`].
    pub fn from_otlp(number: u64) -> Self {
        match number {
            1 => Self::Ok,
            2 => Self::Error,
            _ => Self::Unset,
        }
    }
}

/// Something that happened at one instant during a span.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When, Unix time.
    pub time_unix_nanos: u64,
    /// What.
    pub name: String,
    /// What describes it.
    pub attributes: Vec<Attribute>,
    /// How many attributes the client dropped.
    pub dropped_attributes_count: u32,
}

/// A span's relation to another span, of this trace or another.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// The other span's trace; `None` if the client sent zeros.
    pub trace_id: Option<TraceId>,
    /// The other span; `None` if the client sent zeros.
    pub span_id: Option<SpanId>,
    /// The other span's W3C `tracestate`.
    pub trace_state: String,
    /// The other span's W3C trace flags.
    pub flags: u32,
    /// What describes the relation.
    pub attributes: Vec<Attribute>,
    /// How many attributes the client dropped.
    pub dropped_attributes_count: u32,
}
