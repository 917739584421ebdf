//! What is measured.

use std::hint::black_box;

use fastrace::local::LocalSpan;
use tracing::{Span, info, info_span};

/// A span with three fields and a child with three, both entered and left: two spans.
#[inline(never)]
pub fn pair(number: u64) {
    let outer = info_span!("outer", number, user = "somebody", cached = true);
    let _outer = outer.enter();
    let inner = info_span!("inner", number, table = "orders", rows = 17);
    let _inner = inner.enter();
    black_box(number);
}

/// The same through fastrace's own interface.
#[inline(never)]
pub fn fastrace_pair(number: u64) {
    let _outer = LocalSpan::enter_with_local_parent("outer").with_properties(|| {
        [
            ("number", number.to_string().into()),
            ("user", std::borrow::Cow::Borrowed("somebody")),
            ("cached", std::borrow::Cow::Borrowed("true")),
        ]
    });
    let _inner = LocalSpan::enter_with_local_parent("inner").with_properties(|| {
        [
            ("number", number.to_string().into()),
            ("table", std::borrow::Cow::Borrowed("orders")),
            ("rows", std::borrow::Cow::Borrowed("17")),
        ]
    });
    black_box(number);
}

/// One poll, say.
#[inline(never)]
pub fn enter_exit(span: &Span) {
    let _entered = span.enter();
    black_box(span);
}

#[inline(never)]
pub fn event(number: u64) {
    info!(number, user = "somebody", "happened");
}

/// A level that nobody wants.
#[inline(never)]
pub fn disabled(number: u64) {
    let _span = tracing::trace_span!("unwanted", number);
}
