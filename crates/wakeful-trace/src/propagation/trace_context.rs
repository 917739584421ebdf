//! `traceparent` and `tracestate` (W3C Trace Context, level 2, §3).

use super::error::{HeaderError, HeaderProblem};
use super::headers::{Headers, read_single, text};
use super::short_text::ShortText;
use crate::{ParseIdError, SpanContext, SpanId, TraceFlags, TraceId, TraceState};

const TRACE_PARENT: &str = "traceparent";
const TRACE_STATE: &str = "tracestate";
/// `00-` trace id `-` parent id `-` flags.
const VERSION_0_LENGTH: usize = 55;
const FORM: HeaderProblem = HeaderProblem::Form {
    expected: "00-{32 lower-case hex digits}-{16}-{2}",
};
/// The most members of a trace state (§3.3.1.1).
const MEMBERS_MAX: usize = 32;

pub(super) fn extract<H: Headers + ?Sized>(headers: &H) -> Result<Option<SpanContext>, HeaderError> {
    let Some(mut context) = read_single(headers, TRACE_PARENT, parse_trace_parent)? else {
        return Ok(None);
    };
    // A vendor's bad state costs the state, not the trace (§3.3).
    context.trace_state = read_trace_state(headers).unwrap_or_default();
    Ok(Some(context))
}

pub(super) fn inject(context: &SpanContext, set: &mut dyn FnMut(&str, &str)) {
    // Of the flags, only the bits that version 00 defines may be sent (§3.2.2.5.3).
    let flags = context.flags.bits() & (TraceFlags::SAMPLED.bits() | TraceFlags::RANDOM_TRACE_ID.bits());
    let parent = ShortText::of(format_args!(
        "00-{}-{}-{flags:02x}",
        context.trace_id, context.span_id
    ));
    set(TRACE_PARENT, parent.as_str());
    if !context.trace_state.is_empty() {
        set(TRACE_STATE, context.trace_state.as_str());
    }
}

fn parse_trace_parent(value: &str) -> Result<SpanContext, HeaderProblem> {
    // Later versions may add to the end, after a dash (§3.2.4).
    let (known, more) = value.split_at_checked(VERSION_0_LENGTH).ok_or(FORM)?;
    let mut parts = known.split('-');
    let mut hex = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits).ok_or(FORM)?;
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if part.bytes().all(lower) {
            Ok(part)
        } else {
            Err(FORM)
        }
    };
    let (version, trace_id, span_id, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
    let grown = more.starts_with('-') || more.is_empty();
    if version == "ff" || !grown || (version == "00" && !more.is_empty()) {
        return Err(FORM);
    }
    let bad_id = |error: ParseIdError| HeaderProblem::Id(error);
    Ok(SpanContext::new(
        TraceId::parse(trace_id).map_err(bad_id)?,
        SpanId::parse(span_id).map_err(bad_id)?,
        TraceFlags::from_bits(u8::from_str_radix(flags, 16).map_err(|_| FORM)?),
    ))
}

/// Several headers are one list (RFC 9110, §5.3).
fn read_trace_state<H: Headers + ?Sized>(headers: &H) -> Option<TraceState> {
    let mut joined = String::new();
    let mut readable = true;
    headers.each_value(TRACE_STATE, &mut |value| match text(value) {
        Ok(part) => {
            if !joined.is_empty() && !part.is_empty() {
                joined.push(',');
            }
            joined.push_str(part);
        }
        Err(_) => readable = false,
    });
    (readable && is_trace_state(&joined)).then(|| TraceState::from_header(&joined))
}

/// Whether every member is `key=value` by the grammar of §3.3.1, and no key stands twice.
fn is_trace_state(list: &str) -> bool {
    let mut keys = Vec::new();
    for member in list
        .split(',')
        .map(str::trim_ascii)
        .filter(|member| !member.is_empty())
    {
        let Some((key, value)) = member.split_once('=') else {
            return false;
        };
        if !is_key(key) || !is_value(value) || keys.contains(&key) || keys.len() == MEMBERS_MAX {
            return false;
        }
        keys.push(key);
    }
    true
}

fn is_key(key: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@')
    };
    let begins = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    key.len() <= 256 && key.bytes().next().is_some_and(begins) && key.bytes().all(allowed)
}

fn is_value(value: &str) -> bool {
    let allowed = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    !value.is_empty() && value.len() <= 256 && value.bytes().all(allowed)
}
