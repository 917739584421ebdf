//! `X-Amzn-Trace-Id` (AWS X-Ray, "Tracing header").

use super::error::{HeaderError, HeaderProblem};
use super::headers::{Headers, read_single};
use super::short_text::ShortText;
use crate::{SpanContext, SpanId, TraceFlags, TraceId};

const HEADER: &str = "x-amzn-trace-id";
const FORM: HeaderProblem = HeaderProblem::Form {
    expected: "Root=1-{8 hex digits}-{24};Parent={16};Sampled={0 or 1}",
};

/// `Self`, `Lineage` and unknown fields are passed over. A header without a parent names no span: it is no context.
pub(super) fn extract<H: Headers + ?Sized>(headers: &H) -> Result<Option<SpanContext>, HeaderError> {
    read_single(headers, HEADER, |value| {
        let (mut trace_id, mut span_id, mut sampled) = (None, None, false);
        for field in value.split(';').map(str::trim_ascii) {
            match field.split_once('=') {
                Some(("Root", root)) => trace_id = Some(parse_root(root)?),
                Some(("Parent", parent)) => span_id = Some(SpanId::parse(parent).map_err(HeaderProblem::Id)?),
                Some(("Sampled", state)) => sampled = state == "1",
                _ => {}
            }
        }
        let trace_id = trace_id.ok_or(FORM)?;
        let flags = TraceFlags::default().with_sampled(sampled);
        Ok(span_id.map(|span_id| SpanContext::new(trace_id, span_id, flags)))
    })
    .map(Option::flatten)
}

pub(super) fn inject(context: &SpanContext, set: &mut dyn FnMut(&str, &str)) {
    let id = context.trace_id.get();
    let (seconds, rest) = (id >> 96, id & ((1 << 96) - 1));
    let value = ShortText::of(format_args!(
        "Root=1-{seconds:08x}-{rest:024x};Parent={};Sampled={}",
        context.span_id,
        u8::from(context.is_sampled())
    ));
    set(HEADER, value.as_str());
}

/// Version, epoch seconds and the random rest; joined, the last two are the trace id.
fn parse_root(root: &str) -> Result<TraceId, HeaderProblem> {
    let mut parts = root.split('-');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("1"), Some(seconds), Some(rest), None) if seconds.len() == 8 && rest.len() == 24 => {
            TraceId::parse(&[seconds, rest].concat()).map_err(HeaderProblem::Id)
        }
        _ => Err(FORM),
    }
}
