//! What the programs of a trace lost in its time, beside its columns.

use std::collections::BTreeSet;

use serde::Serialize;
use wakeful_query::Engine;

use super::trace_cache::Opened;
use crate::program_loss;

/// More are told as one, each service's for itself.
const TIMES_MAX: usize = 200;

/// What the programs of a trace lost within its time.
#[derive(Debug, Default)]
pub(super) struct TraceLoss {
    /// How much is missing.
    pub(super) lost: u64,
    /// When, and why.
    pub(super) times: Vec<Time>,
}

/// A time in which a program lost something, as far as it is the trace's time too.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Time {
    service: String,
    cause: String,
    thread: String,
    missing: u64,
    /// Nanoseconds from the trace's start.
    start: u64,
    /// Nanoseconds.
    dur: u64,
}

impl TraceLoss {
    pub(super) fn of(engine: &Engine, opened: &Opened) -> Self {
        let layout = &opened.layout;
        let (first, last) = (layout.start_unix_nanos, layout.end_unix_nanos);
        let mut losses = engine.store().losses(first..=last);
        if losses.is_empty() {
            return Self::default();
        }
        let resources = opened.skeleton.resources.iter();
        let services: BTreeSet<&str> = resources.map(wakeful_model::Resource::service_name).collect();
        losses.retain(|loss| services.contains(loss.service.as_str()));
        if losses.len() > TIMES_MAX {
            losses = wakeful_model::Loss::joined(losses, |loss| {
                loss.thread.clear();
                loss.cause.clear();
            });
        }
        losses.sort_by_key(|loss| loss.from_unix_nanos);
        let times = losses.into_iter().map(|loss| {
            let start = loss.from_unix_nanos.clamp(first, last);
            Time {
                missing: loss.missing(),
                start: start - first,
                dur: loss.until_unix_nanos.clamp(first, last) - start,
                cause: program_loss::cause(&loss.cause).map_or(loss.cause, |cause| cause.why.to_owned()),
                service: loss.service,
                thread: loss.thread,
            }
        });
        let times: Vec<_> = times.collect();
        Self {
            lost: times.iter().fold(0, |sum, time| sum.saturating_add(time.missing)),
            times,
        }
    }
}
