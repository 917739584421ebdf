//! Which attributes get a column of their own in a segment.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use wakeful_wire::otlp::{Batch, ValueView};

use super::columns::{ColumnType, Promoted};

/// An attribute is dense if one in so many spans has it.
const DENSE: usize = 20;

/// At most so many columns: each costs the footer and the reader something.
const COLUMNS_MAX: usize = 48;

/// So many spans are looked at, evenly spread.
const SAMPLE: usize = 8192;

/// The dense attributes of the batches, sorted by key; of a key with several types, the commonest type.
pub(super) fn promote(batches: &[Arc<Batch>]) -> Vec<Promoted> {
    let spans: usize = batches.iter().map(|batch| batch.spans()).sum();
    let step = spans.div_ceil(SAMPLE).max(1);
    let mut counts: FxHashMap<(&str, ColumnType), usize> = FxHashMap::default();
    let mut sampled = 0;
    let mut skip = 0;
    for batch in batches {
        let rows = batch.rows();
        while skip < rows.len() {
            sampled += 1;
            for (key, value) in batch.view(&rows[skip]).attributes() {
                if let Some(column_type) = column_type(value) {
                    *counts.entry((key, column_type)).or_default() += 1;
                }
            }
            skip += step;
        }
        skip -= rows.len();
    }
    let mut dense: Vec<_> = counts
        .into_iter()
        .filter(|(_, count)| count * DENSE >= sampled)
        .collect();
    // By key, the commonest type first; then one type a key.
    dense.sort_unstable_by(|((a_key, a_type), a), ((b_key, b_type), b)| {
        a_key.cmp(b_key).then(b.cmp(a)).then(a_type.cmp(b_type))
    });
    dense.dedup_by_key(|((key, _), _)| *key);
    dense.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    dense.truncate(COLUMNS_MAX);
    let mut promoted: Vec<_> = dense
        .into_iter()
        .map(|((key, column_type), _)| Promoted {
            key: key.to_owned(),
            column_type,
        })
        .collect();
    promoted.sort_unstable();
    promoted
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
