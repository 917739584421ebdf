//! Names and values of attributes, for whoever types a search.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use wakeful_model::canonical_text;
use wakeful_wire::otlp::{Batch, ValueView, decode_resource};

use crate::segment::{Keys, Segment, SegmentError};
use crate::state::Snapshot;
use crate::{ReadError, Store};

/// Different values that are counted at most.
const VALUES_MAX: usize = 1 << 16;

/// Names of attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeKeys {
    /// Of spans.
    pub of_spans: BTreeSet<String>,
    /// Of resources.
    pub of_resources: BTreeSet<String>,
}

/// Values of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeValues {
    /// Canonical texts, the most frequent first (of spans by spans, of resources by the places that have them).
    pub values: Vec<String>,
    /// Whether all spans and resources were looked at. (Those of events, links and scopes never are.)
    pub complete: bool,
}

/// How much may be looked at for a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// For so long.
    pub time: Duration,
    /// So many spans.
    pub spans: u64,
}

impl Store {
    /// Names of attributes; of segments that have a service, if one is given. Those that were received last come from
    /// as many spans as the budget has time for. Segments that cannot be read are told beside. Blocks.
    pub fn known_attribute_keys(
        &self,
        service: Option<&str>,
        budget: Budget,
    ) -> (AttributeKeys, Vec<ReadError>) {
        self.read(|snapshot| snapshot.known_keys(service, budget))
    }

    /// Values of an attribute that `is_wanted`, those that were stored last first looked at. Segments that cannot be read
    /// are told beside. Blocks.
    pub fn known_attribute_values(
        &self,
        key: &str,
        service: Option<&str>,
        is_wanted: impl Fn(&str) -> bool,
        budget: Budget,
    ) -> (AttributeValues, Vec<ReadError>) {
        self.read(|snapshot| snapshot.known_values(key, service, is_wanted, budget))
    }
}

impl Snapshot {
    fn newest_segments(&self, service: Option<&str>) -> Vec<&Arc<Segment>> {
        let has = |segment: &&Arc<Segment>| service.is_none_or(|service| segment.may_have_service(service));
        let mut segments: Vec<_> = self.segments.iter().filter(has).collect();
        segments.sort_by_key(|segment| Reverse(segment.meta.start_max));
        segments
    }

    fn newest_batches(&self) -> impl Iterator<Item = &Arc<Batch>> {
        let tails = self.tails.iter().rev();
        tails.flat_map(|(_, batches)| batches.iter().rev())
    }

    fn known_keys(&self, service: Option<&str>, budget: Budget) -> (AttributeKeys, Vec<ReadError>) {
        let mut found = AttributeKeys::default();
        let mut problems = Vec::new();
        for segment in self.newest_segments(service) {
            match segment.known_keys() {
                Ok(keys) => {
                    let Keys {
                        of_spans,
                        of_resources,
                    } = &*keys;
                    add_all(&mut found.of_spans, of_spans.keys());
                    add_all(&mut found.of_resources, of_resources.keys());
                }
                Err(error) => problems.push(segment.read_error(&error)),
            }
        }
        let mut meter = Meter::new(budget);
        for batch in self.newest_batches() {
            if !meter.goes_on(batch.spans() as u64) {
                break;
            }
            each_of_batch(
                batch,
                service,
                |key, _| add_one(&mut found.of_spans, key),
                |key, _| add_one(&mut found.of_resources, key),
            );
        }
        (found, problems)
    }

    fn known_values(
        &self,
        key: &str,
        service: Option<&str>,
        is_wanted: impl Fn(&str) -> bool,
        budget: Budget,
    ) -> (AttributeValues, Vec<ReadError>) {
        let mut counts = Counts {
            counts: FxHashMap::default(),
            is_wanted,
            complete: true,
        };
        let mut problems = Vec::new();
        let mut meter = Meter::new(budget);
        for batch in self.newest_batches() {
            if !meter.goes_on(batch.spans() as u64) {
                counts.complete = false;
                break;
            }
            let counts = std::cell::RefCell::new(&mut counts);
            let add = |found: &str, value: &str| {
                if found == key {
                    counts.borrow_mut().add(value);
                }
            };
            each_of_batch(
                batch,
                service,
                |found, value| {
                    if found == key {
                        add(found, &canonical_text(&value.to_model()));
                    }
                },
                |found, value| add(found, value),
            );
        }
        for segment in self.newest_segments(service) {
            if let Err(error) = counts.add_segment(segment, key, service, &mut meter) {
                counts.complete = false;
                problems.push(segment.read_error(&error));
            }
        }
        let mut values: Vec<_> = counts.counts.into_iter().collect();
        values.sort_unstable_by(|(one, of_one), (other, of_other)| (of_other, one).cmp(&(of_one, other)));
        let values = AttributeValues {
            values: values.into_iter().map(|(value, _)| value).collect(),
            complete: counts.complete,
        };
        (values, problems)
    }
}

/// How much of a budget is left.
struct Meter {
    budget: Budget,
    started: Instant,
    spans: u64,
}

impl Meter {
    fn new(budget: Budget) -> Self {
        Self {
            budget,
            started: Instant::now(),
            spans: 0,
        }
    }

    /// Takes the next spans, if there is something left; the first are always taken.
    fn goes_on(&mut self, spans: u64) -> bool {
        let goes_on =
            self.spans == 0 || (self.spans < self.budget.spans && self.started.elapsed() < self.budget.time);
        self.spans += if goes_on { spans } else { 0 };
        goes_on
    }
}

struct Counts<F> {
    counts: FxHashMap<String, u64>,
    is_wanted: F,
    complete: bool,
}

impl<F: Fn(&str) -> bool> Counts<F> {
    fn add(&mut self, value: &str) {
        if let Some(count) = self.counts.get_mut(value) {
            *count += 1;
        } else if (self.is_wanted)(value) {
            if self.counts.len() < VALUES_MAX {
                self.counts.insert(value.to_owned(), 1);
            } else {
                self.complete = false;
            }
        }
    }

    fn add_segment(
        &mut self,
        segment: &Segment,
        key: &str,
        service: Option<&str>,
        meter: &mut Meter,
    ) -> Result<(), SegmentError> {
        let keys = segment.known_keys()?;
        let of_resources = keys.of_resources.get(key).into_iter().flatten();
        of_resources.for_each(|value| self.add(value));
        let Some(standing) = keys.of_spans.get(key) else {
            return Ok(());
        };
        // The last rows are of the traces that began last.
        for (row_group, extent) in segment.row_groups().iter().enumerate().rev() {
            if !meter.goes_on(extent.rows.into()) {
                self.complete = false;
                return Ok(());
            }
            segment.known_values(row_group, key, *standing, service, |value| self.add(value))?;
        }
        Ok(())
    }
}

/// Tells attributes of the spans of a batch, and those of its resources by canonical text.
fn each_of_batch(
    batch: &Batch,
    service: Option<&str>,
    mut of_span: impl FnMut(&str, ValueView<'_>),
    mut of_resource: impl FnMut(&str, &str),
) {
    let wanted: Vec<bool> = batch
        .groups()
        .iter()
        .map(|group| service.is_none_or(|service| batch.service(group) == service))
        .collect();
    for row in batch.rows() {
        if wanted[batch.operations()[row.operation as usize].group as usize] {
            batch
                .view(row)
                .attributes()
                .for_each(|(key, value)| of_span(key, value));
        }
    }
    for (group, wanted) in batch.groups().iter().zip(wanted) {
        if wanted {
            for attribute in decode_resource(&batch.encoded_resource(group)).attributes {
                of_resource(&attribute.key, &canonical_text(&attribute.value));
            }
        }
    }
}

fn add_all<'a>(set: &mut BTreeSet<String>, keys: impl Iterator<Item = &'a String>) {
    keys.for_each(|key| add_one(set, key));
}

fn add_one(set: &mut BTreeSet<String>, key: &str) {
    if !set.contains(key) {
        set.insert(key.to_owned());
    }
}
