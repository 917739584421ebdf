//! B3, Zipkin's format, in one header and in several (openzipkin/b3-propagation).

use super::error::{HeaderError, HeaderProblem};
use super::headers::{Headers, read_single};
use super::short_text::ShortText;
use crate::{ParseIdError, SpanContext, SpanId, TraceFlags, TraceId};

const SINGLE: &str = "b3";
const TRACE_ID: &str = "x-b3-traceid";
const SPAN_ID: &str = "x-b3-spanid";
const PARENT_SPAN_ID: &str = "x-b3-parentspanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";
const FORM: HeaderProblem = HeaderProblem::Form {
    expected: "{trace id}-{span id}-{sampling}-{parent id}",
};

/// The single header. Without a sampling state the decision is left to us, and we say no: it has been asked for nowhere.
pub(super) fn extract_single<H: Headers + ?Sized>(
    headers: &H,
    decision: &mut Option<bool>,
) -> Result<Option<SpanContext>, HeaderError> {
    read_single(headers, SINGLE, |value| {
        let mut parts = value.split('-');
        let first = parts.next().unwrap_or_default();
        let Some(span_id) = parts.next() else {
            *decision = Some(sampling(first)?);
            return Ok(None);
        };
        let sampled = parts.next().map_or(Ok(false), sampling)?;
        if let Some(parent) = parts.next() {
            check_parent(parent)?;
        }
        if parts.next().is_some() {
            return Err(FORM);
        }
        context(first, span_id, sampled).map(Some)
    })
    .map(Option::flatten)
}

/// The several headers. `X-B3-Flags: 1` asks for debugging, which samples.
pub(super) fn extract_multi<H: Headers + ?Sized>(
    headers: &H,
    decision: &mut Option<bool>,
) -> Result<Option<SpanContext>, HeaderError> {
    let debug = read_single(headers, FLAGS, |value| Ok(value == "1"))?.unwrap_or(false);
    let sampled = read_single(headers, SAMPLED, sampling)?;
    let trace_id = read_single(headers, TRACE_ID, |id| {
        TraceId::parse(id).map_err(HeaderProblem::Id)
    })?;
    let span_id = read_single(headers, SPAN_ID, |id| {
        SpanId::parse(id).map_err(HeaderProblem::Id)
    })?;
    read_single(headers, PARENT_SPAN_ID, check_parent)?;
    let (trace_id, span_id) = match (trace_id, span_id) {
        (Some(trace_id), Some(span_id)) => (trace_id, span_id),
        (None, None) => {
            *decision = if debug { Some(true) } else { sampled.or(*decision) };
            return Ok(None);
        }
        (None, Some(_)) => return Err(HeaderError::new(TRACE_ID, HeaderProblem::Missing)),
        (Some(_), None) => return Err(HeaderError::new(SPAN_ID, HeaderProblem::Missing)),
    };
    let flags = TraceFlags::default().with_sampled(debug || sampled.unwrap_or(false));
    Ok(Some(SpanContext::new(trace_id, span_id, flags)))
}

pub(super) fn inject_single(context: &SpanContext, set: &mut dyn FnMut(&str, &str)) {
    let value = ShortText::of(format_args!(
        "{}-{}-{}",
        context.trace_id,
        context.span_id,
        u8::from(context.is_sampled())
    ));
    set(SINGLE, value.as_str());
}

pub(super) fn inject_multi(context: &SpanContext, set: &mut dyn FnMut(&str, &str)) {
    set(
        TRACE_ID,
        ShortText::of(format_args!("{}", context.trace_id)).as_str(),
    );
    set(
        SPAN_ID,
        ShortText::of(format_args!("{}", context.span_id)).as_str(),
    );
    set(SAMPLED, if context.is_sampled() { "1" } else { "0" });
}

fn context(trace_id: &str, span_id: &str, sampled: bool) -> Result<SpanContext, HeaderProblem> {
    Ok(SpanContext::new(
        TraceId::parse(trace_id).map_err(HeaderProblem::Id)?,
        SpanId::parse(span_id).map_err(HeaderProblem::Id)?,
        TraceFlags::default().with_sampled(sampled),
    ))
}

/// `true` and `false` are an old spelling that is still sent.
fn sampling(state: &str) -> Result<bool, HeaderProblem> {
    match state {
        "1" | "d" | "true" => Ok(true),
        "0" | "false" => Ok(false),
        _ => Err(HeaderProblem::Form {
            expected: "0, 1 or d for the sampling state",
        }),
    }
}

fn check_parent(id: &str) -> Result<(), HeaderProblem> {
    match SpanId::parse(id) {
        Ok(_) | Err(ParseIdError::Zero) => Ok(()),
        Err(error) => Err(HeaderProblem::Id(error)),
    }
}
