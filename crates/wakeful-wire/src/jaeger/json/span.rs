//! A span with its references, tags and logs.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use wakeful_model::{Event, Link, Scope, Span, SpanId, StatusCode, TraceId, WARNINGS_KEY};

use super::tag::Tag;
use super::trace_id_text;

/// The attribute of a link that says what kind of reference it is.
const REFERENCE_TYPE_KEY: &str = "opentracing.ref_type";
/// The field of a log that an event's name becomes.
const EVENT_NAME_KEY: &str = "event";
/// The W3C trace flags among a span's flags.
const TRACE_FLAGS_MASK: u32 = 0xff;

/// A span of a trace whose processes are numbered.
pub(super) struct SpanView<'a> {
    pub(super) span: &'a Span,
    pub(super) scope: &'a Scope,
    /// `p1` and so on.
    pub(super) process: usize,
}

impl SpanView<'_> {
    /// Every tag: the scope's, the attributes, then those that stand for fields that Jaeger's spans do not have.
    fn tags(&self) -> impl Iterator<Item = Tag<'_>> {
        let Self { span, scope, .. } = self;
        let has_warnings = span.warnings().next().is_some();
        let failed = span.status.code == StatusCode::Error;
        let code = match span.status.code {
            StatusCode::Unset => "",
            StatusCode::Ok => "OK",
            StatusCode::Error => "ERROR",
        };
        let before = [
            ("otel.scope.name", scope.name.as_str()),
            ("otel.scope.version", &scope.version),
        ];
        let after = [
            ("otel.status_description", span.status.message.as_str()),
            ("w3c.tracestate", &span.trace_state),
        ];
        texts(before)
            .chain(
                span.attributes
                    .iter()
                    .filter(move |attribute| !(has_warnings && attribute.key == WARNINGS_KEY))
                    .map(Tag::from),
            )
            .chain(texts([
                ("span.kind", span.kind.name()),
                ("otel.status_code", code),
            ]))
            .chain(failed.then(|| Tag::bool("error", true)))
            .chain(texts(after))
    }

    /// The parent, then the links; a link to the parent says what kind of reference the parent is.
    fn references(&self) -> impl Iterator<Item = Reference> {
        let span = self.span;
        let to_parent = move |link: &Link| {
            span.parent_span_id.is_some()
                && link.span_id == span.parent_span_id
                && link.trace_id == Some(span.trace_id)
        };
        let parent = span.parent_span_id.map(|id| Reference {
            kind: span
                .links
                .iter()
                .rfind(|&link| to_parent(link))
                .map_or(CHILD_OF, reference_type),
            trace_id: span.trace_id.get(),
            span_id: id.get(),
        });
        let links = span
            .links
            .iter()
            .filter(move |&link| !to_parent(link))
            .map(|link| Reference {
                kind: reference_type(link),
                trace_id: link.trace_id.map_or(0, TraceId::get),
                span_id: link.span_id.map_or(0, SpanId::get),
            });
        parent.into_iter().chain(links)
    }
}

/// Tags of those texts that are not empty.
fn texts<'a, const N: usize>(pairs: [(&'a str, &'a str); N]) -> impl Iterator<Item = Tag<'a>> {
    pairs
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(key, text)| Tag::text(key, text))
}

impl Serialize for SpanView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let span = self.span;
        let flags = span.flags & TRACE_FLAGS_MASK;
        let mut out = serializer.serialize_struct("Span", 10 + usize::from(flags != 0))?;
        out.serialize_field("traceID", &trace_id_text(span.trace_id.get()))?;
        out.serialize_field("spanID", &span.span_id.to_string())?;
        if flags != 0 {
            out.serialize_field("flags", &flags)?;
        }
        out.serialize_field("operationName", &span.name)?;
        out.serialize_field("references", &Sequence(|| self.references()))?;
        out.serialize_field("startTime", &(span.start_unix_nanos / 1000))?;
        out.serialize_field("duration", &(span.duration_nanos() / 1000))?;
        out.serialize_field("tags", &Sequence(|| self.tags()))?;
        out.serialize_field("logs", &Sequence(|| span.events.iter().map(LogView)))?;
        out.serialize_field("processID", &format_args!("p{}", self.process))?;
        match span.warnings().next() {
            Some(_) => out.serialize_field("warnings", &Sequence(|| span.warnings()))?,
            None => out.serialize_field("warnings", &None::<()>)?,
        }
        out.end()
    }
}

const CHILD_OF: &str = "CHILD_OF";
const FOLLOWS_FROM: &str = "FOLLOWS_FROM";

fn reference_type(link: &Link) -> &'static str {
    let attribute = link
        .attributes
        .iter()
        .find(|attribute| attribute.key == REFERENCE_TYPE_KEY);
    match attribute.and_then(|attribute| attribute.value.as_str()) {
        Some("child_of") => CHILD_OF,
        _ => FOLLOWS_FROM,
    }
}

/// A relation to another span.
struct Reference {
    kind: &'static str,
    trace_id: u128,
    span_id: u64,
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Reference", 3)?;
        out.serialize_field("refType", self.kind)?;
        out.serialize_field("traceID", &trace_id_text(self.trace_id))?;
        out.serialize_field("spanID", &format_args!("{:016x}", self.span_id))?;
        out.end()
    }
}

/// An event as a log.
struct LogView<'a>(&'a Event);

impl LogView<'_> {
    fn fields(&self) -> impl Iterator<Item = Tag<'_>> {
        let event = self.0;
        let named =
            !event.name.is_empty() && event.attributes.iter().all(|field| field.key != EVENT_NAME_KEY);
        let name = named.then(|| Tag::text(EVENT_NAME_KEY, &event.name));
        name.into_iter().chain(event.attributes.iter().map(Tag::from))
    }
}

impl Serialize for LogView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Log", 2)?;
        out.serialize_field("timestamp", &(self.0.time_unix_nanos / 1000))?;
        out.serialize_field("fields", &Sequence(|| self.fields()))?;
        out.end()
    }
}

/// A list that is written from an iterator, made anew each time.
pub(super) struct Sequence<F>(pub(super) F);

impl<F, I> Serialize for Sequence<F>
where
    F: Fn() -> I,
    I: Iterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0())
    }
}
