//! The trace's context in HTTP headers, in and out.

use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Span;
use wakeful::SpanExt as _;
use wakeful::propagation::Baggage;

/// Writes `span`'s context into the headers of a request that it is about to send.
pub(crate) fn inject(span: &Span, headers: &mut HeaderMap) {
    let Some(context) = span.context() else {
        return;
    };
    wakeful::propagator().inject(&context, &Baggage::default(), |name, value| {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    });
}

/// Makes the caller's span, if it sent one, the parent of `span`, which must not have been entered yet.
pub(crate) fn adopt(span: &Span, headers: &HeaderMap) {
    let caller = wakeful::propagator().extract(headers);
    for problem in &caller.problems {
        tracing::debug!(%problem, "the caller's context was not taken over");
    }
    if let Some(context) = caller.context {
        span.set_parent(context);
    }
}
