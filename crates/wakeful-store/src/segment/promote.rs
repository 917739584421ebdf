//! Which attributes get a column of their own in a segment.

use std::cmp::Reverse;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use wakeful_wire::otlp::{Batch, ValueView};

use super::columns::{ColumnType, Promoted};

/// An attribute is dense if one in so many spans has it.
const DENSE: usize = 20;

/// An attribute is varied if one in so many of its values is new.
const VARIED: usize = 20;

/// At most so many columns: each costs the footer and the reader something.
const COLUMNS_MAX: usize = 48;

/// So many spans are looked at, evenly spread.
const SAMPLE: usize = 8192;

/// The dense attributes of the batches, sorted by key; of a key with several types, the commonest type.
pub(super) fn promote(batches: &[Arc<Batch>]) -> Vec<Promoted> {
    let spans: usize = batches.iter().map(|batch| batch.spans()).sum();
    let step = spans.div_ceil(SAMPLE).max(1);
    let mut counts: FxHashMap<(&str, ColumnType), Count> = FxHashMap::default();
    let mut sampled = 0;
    let mut skip = 0;
    for batch in batches {
        let rows = batch.rows();
        while skip < rows.len() {
            sampled += 1;
            for (key, value) in batch.view(&rows[skip]).attributes() {
                if let Some(column_type) = column_type(value) {
                    counts.entry((key, column_type)).or_default().add(value);
                }
            }
            skip += step;
        }
        skip -= rows.len();
    }
    let mut dense: Vec<_> = counts
        .into_iter()
        .filter(|(_, count)| count.values * DENSE >= sampled)
        .collect();
    // By key, the commonest type first; then one type a key.
    dense.sort_unstable_by_key(|((key, column_type), count)| (*key, Reverse(count.values), *column_type));
    dense.dedup_by_key(|((key, _), _)| *key);
    dense.sort_by_key(|(_, count)| Reverse(count.values));
    dense.truncate(COLUMNS_MAX);
    let promoted = dense.into_iter().map(|((key, column_type), count)| Promoted {
        key: key.to_owned(),
        column_type,
        varied: count.distinct.len() * VARIED >= count.values,
    });
    let mut promoted: Vec<_> = promoted.collect();
    promoted.sort_unstable();
    promoted
}

/// How often a key was met, and with how many different values.
#[derive(Default)]
struct Count {
    values: usize,
    distinct: FxHashSet<u64>,
}

impl Count {
    fn add(&mut self, value: ValueView<'_>) {
        self.values += 1;
        let hash = match value {
            ValueView::String(text) => FxBuildHasher.hash_one(text),
            ValueView::Int(value) => value as u64,
            ValueView::Double(value) => value.to_bits(),
            _ => 0,
        };
        self.distinct.insert(hash);
    }
}

fn column_type(value: ValueView<'_>) -> Option<ColumnType> {
    match value {
        ValueView::String(_) => Some(ColumnType::String),
        ValueView::Int(_) => Some(ColumnType::Int),
        ValueView::Double(_) => Some(ColumnType::Double),
        ValueView::Bool(_) => Some(ColumnType::Bool),
        ValueView::Empty | ValueView::Bytes(_) | ValueView::Array(_) | ValueView::Map(_) => None,
    }
}
