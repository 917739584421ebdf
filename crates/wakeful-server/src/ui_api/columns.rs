//! The rows of a trace as an Arrow IPC stream.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, UInt32Builder};
use arrow_array::types::{UInt16Type, UInt32Type};
use arrow_array::{Array, DictionaryArray, PrimitiveArray, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Field, Schema};
use rustc_hash::FxHashMap;
use wakeful_model::Trace;

use super::layout::{Layout, Row, Shown};

/// The page draws while the next batch is on its way.
const BATCH_ROWS_MAX: usize = 65_536;

/// `parent` of a root.
const NO_PARENT: u32 = u32::MAX;

const ORPHAN: u32 = 1 << 6;
const HAS_EVENTS: u32 = 1 << 8;
const HAS_LINKS: u32 = 1 << 10;
const HAS_WARNINGS: u32 = 1 << 13;
const PLACEHOLDER: u32 = 1 << 14;

/// Writes a trace's columns; `problems` says what is missing of it.
pub(super) fn write(trace: &Trace, layout: &Layout, problems: &[String]) -> Result<Vec<u8>, ArrowError> {
    let columns = Columns::of(trace, layout);
    let services = columns
        .services
        .texts
        .iter()
        .filter(|service| !service.is_empty())
        .count();
    let placeholders = layout.rows.len() - trace.batch.spans.len();
    let arrays: Vec<(&str, Arc<dyn Array>)> = vec![
        ("start", columns.start),
        ("dur", columns.dur),
        ("parent", columns.parent),
        ("name", columns.names.finish_wide()?),
        ("service", columns.services.finish_narrow()?),
        ("flags", columns.flags),
    ];
    let fields: Vec<Field> = arrays
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), false))
        .collect();
    let facts = [
        ("id", trace.id.to_string()),
        ("base", layout.start_unix_nanos.to_string()),
        (
            "durationNanos",
            layout
                .end_unix_nanos
                .saturating_sub(layout.start_unix_nanos)
                .to_string(),
        ),
        ("services", services.to_string()),
        ("depth", layout.depth.to_string()),
        ("spans", (layout.rows.len() - placeholders).to_string()),
        ("errors", layout.errors.to_string()),
        ("orphans", layout.orphans.to_string()),
        ("warnings", layout.warnings.to_string()),
        ("rev", layout.rev()),
        ("complete", problems.is_empty().to_string()),
    ];
    let message = (!problems.is_empty()).then(|| ("message", problems.join("; ")));
    let facts = facts
        .into_iter()
        .chain(message)
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, facts));
    let batch = RecordBatch::try_new(
        Arc::clone(&schema),
        arrays.into_iter().map(|(_, array)| array).collect(),
    )?;
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    for first in (0..batch.num_rows()).step_by(BATCH_ROWS_MAX) {
        // Slices share their dictionaries, so each of those is sent once.
        writer.write(&batch.slice(first, BATCH_ROWS_MAX.min(batch.num_rows() - first)))?;
    }
    writer.into_inner()
}

struct Columns {
    start: Arc<dyn Array>,
    dur: Arc<dyn Array>,
    parent: Arc<dyn Array>,
    flags: Arc<dyn Array>,
    names: Texts,
    services: Texts,
}

impl Columns {
    fn of(trace: &Trace, layout: &Layout) -> Self {
        let rows = layout.rows.len();
        let mut start = Float64Builder::with_capacity(rows);
        let mut dur = Float64Builder::with_capacity(rows);
        let mut parent = UInt32Builder::with_capacity(rows);
        let mut flags = UInt32Builder::with_capacity(rows);
        let mut names = Texts::with_capacity(rows);
        let mut services = Texts::with_capacity(rows);
        for row in &layout.rows {
            start.append_value((row.start_unix_nanos - layout.start_unix_nanos) as f64);
            dur.append_value(row.end_unix_nanos.saturating_sub(row.start_unix_nanos) as f64);
            parent.append_value(row.parent.unwrap_or(NO_PARENT));
            flags.append_value(flags_of(trace, row));
            match row.shown {
                Shown::Span(index) => {
                    let span = &trace.batch.spans[index as usize];
                    names.push(&span.name);
                    services.push(trace.batch.resource(span).service_name());
                }
                Shown::Missing(id) => {
                    names.push(&id.to_string());
                    services.push("");
                }
            }
        }
        Self {
            start: Arc::new(start.finish()),
            dur: Arc::new(dur.finish()),
            parent: Arc::new(parent.finish()),
            flags: Arc::new(flags.finish()),
            names,
            services,
        }
    }
}

fn flags_of(trace: &Trace, row: &Row) -> u32 {
    let Shown::Span(index) = row.shown else {
        return PLACEHOLDER;
    };
    let span = &trace.batch.spans[index as usize];
    let bit = |set: bool, bit: u32| if set { bit } else { 0 };
    (span.status.code as u32)
        | (span.kind as u32) << 2
        | bit(row.orphan, ORPHAN)
        | bit(!span.events.is_empty(), HAS_EVENTS)
        | bit(!span.links.is_empty(), HAS_LINKS)
        | bit(span.warnings().next().is_some(), HAS_WARNINGS)
}

/// A column of texts that repeat.
#[derive(Debug, Default)]
struct Texts {
    texts: Vec<String>,
    known: FxHashMap<String, u32>,
    keys: Vec<u32>,
}

impl Texts {
    fn with_capacity(rows: usize) -> Self {
        Self {
            keys: Vec::with_capacity(rows),
            ..Self::default()
        }
    }

    fn push(&mut self, text: &str) {
        let key = match self.known.get(text) {
            Some(key) => *key,
            None => {
                let key = self.texts.len() as u32;
                self.known.insert(text.to_owned(), key);
                self.texts.push(text.to_owned());
                key
            }
        };
        self.keys.push(key);
    }

    fn finish_wide(self) -> Result<Arc<dyn Array>, ArrowError> {
        let keys = PrimitiveArray::<UInt32Type>::from_iter_values(self.keys);
        Ok(Arc::new(DictionaryArray::try_new(
            keys,
            Arc::new(StringArray::from(self.texts)),
        )?))
    }

    /// With keys of 16 bits. The format's bound is far above what a trace has; services past it share the last key.
    fn finish_narrow(mut self) -> Result<Arc<dyn Array>, ArrowError> {
        self.texts.truncate(usize::from(u16::MAX) + 1);
        let keys = self
            .keys
            .into_iter()
            .map(|key| u16::try_from(key).unwrap_or(u16::MAX));
        let keys = PrimitiveArray::<UInt16Type>::from_iter_values(keys);
        Ok(Arc::new(DictionaryArray::try_new(
            keys,
            Arc::new(StringArray::from(self.texts)),
        )?))
    }
}
