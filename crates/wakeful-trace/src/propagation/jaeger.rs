//! `uber-trace-id` and `uberctx-KEY` (Jaeger's client libraries, "Propagation Format").

use std::borrow::Cow;

use super::baggage::{Baggage, percent_decode, percent_encode};
use super::error::{HeaderError, HeaderProblem};
use super::headers::{Headers, read_single, text};
use super::short_text::ShortText;
use crate::{ParseIdError, SpanContext, SpanId, TraceFlags, TraceId};

/// The header that carries the context unless a program chose another.
pub const DEFAULT_CONTEXT_HEADER: &str = "uber-trace-id";
const BAGGAGE_PREFIX: &str = "uberctx-";
const FORM: HeaderProblem = HeaderProblem::Form {
    expected: "{trace id}:{span id}:{parent id}:{flags} in hex",
};

pub(super) fn extract<H: Headers + ?Sized>(
    headers: &H,
    name: &str,
) -> Result<Option<SpanContext>, HeaderError> {
    read_single(headers, name, |value| {
        // Some clients encode the colons.
        let value = if value.contains('%') {
            Cow::Owned(value.replace("%3A", ":").replace("%3a", ":"))
        } else {
            Cow::Borrowed(value)
        };
        parse(&value)
    })
}

/// The parent's id, which is deprecated, is read so that a wrong one is noticed, and not kept: our parent is the span.
fn parse(value: &str) -> Result<SpanContext, HeaderProblem> {
    let mut parts = value.split(':');
    let mut part = || parts.next().ok_or(FORM);
    let (trace_id, span_id, parent_id, flags) = (part()?, part()?, part()?, part()?);
    if parts.next().is_some() {
        return Err(FORM);
    }
    match SpanId::parse(parent_id) {
        Ok(_) | Err(ParseIdError::Zero) => {}
        Err(error) => return Err(HeaderProblem::Id(error)),
    }
    // `from_str_radix` alone would take a sign.
    if !flags.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(HeaderProblem::NotHex);
    }
    let flags = u8::from_str_radix(flags, 16).map_err(|_| FORM)?;
    Ok(SpanContext::new(
        TraceId::parse(trace_id).map_err(HeaderProblem::Id)?,
        SpanId::parse(span_id).map_err(HeaderProblem::Id)?,
        // Bit 1 is Jaeger's debug flag, which means something else in the W3C's flags; alone it does not sample.
        TraceFlags::default().with_sampled(flags & 1 != 0),
    ))
}

pub(super) fn inject(context: &SpanContext, name: &str, set: &mut dyn FnMut(&str, &str)) {
    let value = ShortText::of(format_args!(
        "{}:{}:0:{}",
        context.trace_id,
        context.span_id,
        u8::from(context.is_sampled())
    ));
    set(name, value.as_str());
}

pub(super) fn extract_baggage<H: Headers + ?Sized>(headers: &H, baggage: &mut Baggage) {
    headers.each_header(&mut |name, value| {
        let key = name
            .split_at_checked(BAGGAGE_PREFIX.len())
            .filter(|(prefix, key)| prefix.eq_ignore_ascii_case(BAGGAGE_PREFIX) && !key.is_empty());
        if let (Some((_, key)), Ok(value)) = (key, text(value)) {
            baggage.set(key, percent_decode(value));
        }
    });
}

pub(super) fn inject_baggage(baggage: &Baggage, set: &mut dyn FnMut(&str, &str)) {
    for entry in baggage.entries() {
        set(
            &format!("{BAGGAGE_PREFIX}{}", entry.key),
            &percent_encode(&entry.value),
        );
    }
}
