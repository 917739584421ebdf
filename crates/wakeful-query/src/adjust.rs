//! What a trace needs before it is shown: Jaeger's adjusters, in Jaeger's order.
//!
//! Every step is at most `n log n` in the spans and none recurses over the tree, so a chain of 100,000 spans is
//! no danger. What a step changes or doubts, it notes on the span ([`wakeful_model::Span::add_warning`]).

mod duplicates;
mod duration_text;
mod ip_addresses;
mod library;
mod links;
mod shared_ids;
pub(crate) mod skeleton;
mod skew;
mod sort;
#[cfg(test)]
mod tests;

use wakeful_model::{SpanBatch, Trace};

pub use skew::{Doubt, doubts};

/// Brings a trace into the form that Jaeger's clients expect.
///
/// What [`mend`] does, and attributes are sorted by name, of which the last one of a name stays.
pub fn adjust(trace: &mut Trace) {
    duplicates::remove(&mut trace.batch);
    shared_ids::make_unique(&mut trace.batch.spans);
    sort::sort_collections(&mut trace.batch);
    // Again: a retry may have its attributes in another order.
    finish(trace);
}

/// Brings a trace into the form in which people see it, with attributes as the client gave them.
///
/// On top of [`tidy`]: server spans that share their id with the client's get one of their own, events are sorted by
/// time, spans are checked for clock skew (noted, never corrected, as in Jaeger's default configuration), numeric IP
/// addresses are written with dots, attributes of the SDK move to the resource, and links to nowhere are dropped.
pub fn mend(trace: &mut Trace) {
    duplicates::remove(&mut trace.batch);
    shared_ids::make_unique(&mut trace.batch.spans);
    sort::sort_events(&mut trace.batch);
    finish(trace);
}

/// What [`mend`] does to a span regardless of others: for spans that were read without their trace.
pub fn mend_apart(batch: &mut SpanBatch) {
    sort::sort_events(batch);
    ip_addresses::write_dotted(batch);
    library::move_to_resource(batch);
    links::drop_empty(batch);
}

fn finish(trace: &mut Trace) {
    tidy(trace);
    skew::note_skew(&mut trace.batch);
    ip_addresses::write_dotted(&mut trace.batch);
    library::move_to_resource(&mut trace.batch);
    links::drop_empty(&mut trace.batch);
}

/// The least that a trace needs, also where it is asked for raw: exact copies of a span, which a sender's retry
/// leaves, are one span; and the spans stand by start, then id, whatever order they were stored in.
pub fn tidy(trace: &mut Trace) {
    duplicates::remove(&mut trace.batch);
    sort::sort_spans(&mut trace.batch.spans);
}
