//! The rows of a trace as an Arrow IPC stream, batch by batch.

use std::sync::Arc;

use arrow_array::types::{UInt16Type, UInt32Type};
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, PrimitiveArray, RecordBatch, StringArray, UInt16Array,
    UInt32Array,
};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use rustc_hash::FxHashMap;
use wakeful_store::{Marks, SkeletonSpan};

use super::layout::Shown;
use super::trace_cache::Opened;
use super::trace_loss::TraceLoss;

/// The page draws while the next batch is on its way.
const BATCH_ROWS_MAX: u32 = 65_536;

const ORPHAN: u32 = 1 << 6;
const HAS_EVENTS: u32 = 1 << 8;
const HAS_LINKS: u32 = 1 << 10;
const HAS_INTERVALS: u32 = 1 << 11;
const HAS_WARNINGS: u32 = 1 << 13;
const PLACEHOLDER: u32 = 1 << 14;
const CRITICAL: u32 = 1 << 15;
const BUSY_SHARE_SHIFT: u32 = 16;
const JOINED: u32 = 1 << 24;

/// A trace on its way to the page.
pub(super) struct Columns {
    opened: Arc<Opened>,
    schema: Arc<Schema>,
    names: ArrayRef,
    services: ArrayRef,
    /// The service of each resource, and behind them that of parents that are missing.
    service_of_resource: Vec<u16>,
    writer: StreamWriter<Vec<u8>>,
    next_row: u32,
    /// How many parts of the critical path belong to rows before the next one.
    critical_parts: usize,
    is_finished: bool,
}

impl Columns {
    /// The columns of a trace, from the first row on.
    pub(super) fn new(opened: Arc<Opened>, loss: &TraceLoss) -> Result<Self, ArrowError> {
        let (services, service_of_resource) = services(&opened);
        let count = services.iter().filter(|service| !service.is_empty()).count();
        let names = opened.skeleton.names.iter().cloned();
        let missing = (0..opened.layout.placeholders()).filter_map(|number| opened.layout.missing(number));
        let names = names.chain(missing.map(|missing| missing.id.to_string()));
        let schema = Arc::new(Schema::new_with_metadata(fields(), facts(&opened, count, loss)));
        Ok(Self {
            names: Arc::new(StringArray::from_iter_values(names)),
            services: Arc::new(StringArray::from(services)),
            service_of_resource,
            writer: StreamWriter::try_new(Vec::new(), &schema)?,
            schema,
            opened,
            next_row: 0,
            critical_parts: 0,
            is_finished: false,
        })
    }

    /// The next bytes of the stream; `None` after the last.
    pub(super) fn next_bytes(&mut self) -> Result<Option<Vec<u8>>, ArrowError> {
        if self.is_finished {
            return Ok(None);
        }
        let last_row = self
            .opened
            .layout
            .rows()
            .min(self.next_row.saturating_add(BATCH_ROWS_MAX));
        if last_row > self.next_row {
            let batch = self.batch(last_row)?;
            // Batches share their dictionaries, so each of those is sent once.
            self.writer.write(&batch)?;
        }
        if last_row == self.opened.layout.rows() {
            self.writer.finish()?;
            self.is_finished = true;
        }
        Ok(Some(std::mem::take(self.writer.get_mut())))
    }

    /// The rows up to `last`, which then are done.
    fn batch(&mut self, last: u32) -> Result<RecordBatch, ArrowError> {
        let rows = (last - self.next_row) as usize;
        let mut start = Vec::with_capacity(rows);
        let mut dur = Vec::with_capacity(rows);
        let mut parent = Vec::with_capacity(rows);
        let mut name = Vec::with_capacity(rows);
        let mut service = Vec::with_capacity(rows);
        let mut flags = Vec::with_capacity(rows);
        let Opened { skeleton, layout, .. } = &*self.opened;
        let base = layout.start_unix_nanos;
        for row in self.next_row..last {
            let Some(shown) = layout.shown(row, skeleton) else {
                break;
            };
            let (start_unix_nanos, end_unix_nanos) = shown.extent();
            start.push((start_unix_nanos - base) as f64);
            dur.push(end_unix_nanos.saturating_sub(start_unix_nanos) as f64);
            parent.push(layout.parent(row));
            let parts_before = self.critical_parts;
            while layout
                .critical
                .get(self.critical_parts)
                .is_some_and(|part| part.row == row)
            {
                self.critical_parts += 1;
            }
            match shown {
                Shown::Span(span) => {
                    name.push(span.name);
                    service.push(self.service_of_resource[span.resource as usize]);
                    let mut bits = flags_of(span);
                    bits |= if !self.opened.is_cut && layout.is_orphan(row, skeleton) {
                        ORPHAN
                    } else {
                        0
                    };
                    bits |= if self.critical_parts > parts_before {
                        CRITICAL
                    } else {
                        0
                    };
                    flags.push(bits);
                }
                Shown::Missing(_) => {
                    let number = layout.node(row).unwrap_or_default() as usize - skeleton.spans.len();
                    name.push((skeleton.names.len() + number) as u32);
                    service.push(self.service_of_resource.last().copied().unwrap_or_default());
                    flags.push(PLACEHOLDER);
                }
            }
        }
        self.next_row = last;
        let name = PrimitiveArray::<UInt32Type>::from(name);
        let service: UInt16Array = PrimitiveArray::<UInt16Type>::from(service);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Float64Array::from(start)),
            Arc::new(Float64Array::from(dur)),
            Arc::new(UInt32Array::from(parent)),
            Arc::new(DictionaryArray::try_new(name, Arc::clone(&self.names))?),
            Arc::new(DictionaryArray::try_new(service, Arc::clone(&self.services))?),
            Arc::new(UInt32Array::from(flags)),
        ];
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

fn fields() -> Vec<Field> {
    let texts = |key: DataType| DataType::Dictionary(Box::new(key), Box::new(DataType::Utf8));
    [
        ("start", DataType::Float64),
        ("dur", DataType::Float64),
        ("parent", DataType::UInt32),
        ("name", texts(DataType::UInt32)),
        ("service", texts(DataType::UInt16)),
        ("flags", DataType::UInt32),
    ]
    .map(|(name, data_type)| Field::new(name, data_type, false))
    .into()
}

/// What is said about the whole trace.
fn facts(opened: &Opened, services: usize, loss: &TraceLoss) -> std::collections::HashMap<String, String> {
    let Opened { skeleton, layout, .. } = opened;
    let message = opened.message();
    let duration = layout.end_unix_nanos.saturating_sub(layout.start_unix_nanos);
    let facts = [
        ("id", skeleton.trace_id.to_string()),
        ("base", layout.start_unix_nanos.to_string()),
        ("durationNanos", duration.to_string()),
        ("services", services.to_string()),
        ("depth", layout.depth.to_string()),
        ("spans", skeleton.spans.len().to_string()),
        ("errors", layout.errors.to_string()),
        // Whether a parent is missing, or left out with others, is not known of a trace that is cut.
        (
            "orphans",
            if opened.is_cut { 0 } else { layout.orphans }.to_string(),
        ),
        ("cut", opened.is_cut.to_string()),
        ("warnings", layout.warnings.to_string()),
        ("lost", loss.lost.to_string()),
        ("rev", opened.rev.clone()),
        ("complete", message.is_none().to_string()),
    ];
    let message = message.map(|message| ("message", message));
    // Hardly any trace has some.
    let times = (!loss.times.is_empty()).then(|| serde_json::to_string(&loss.times));
    let times = times.and_then(Result::ok).map(|times| ("losses", times));
    facts
        .into_iter()
        .chain(message)
        .chain(times)
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The names of services, each once, and the place of each resource's name among them. Behind those is the place of
/// the empty name, if a row needs it. The format's bound is far above what a trace has; services past it share the last
/// place.
fn services(opened: &Opened) -> (Vec<String>, Vec<u16>) {
    let Opened { skeleton, layout, .. } = opened;
    let mut is_used = vec![false; skeleton.resources.len()];
    for span in &skeleton.spans {
        is_used[span.resource as usize] = true;
    }
    let mut names: Vec<String> = Vec::new();
    let mut known: FxHashMap<&str, u16> = FxHashMap::default();
    let mut place = |name| {
        *known.entry(name).or_insert_with(|| {
            let place = u16::try_from(names.len()).unwrap_or(u16::MAX);
            if names.len() <= usize::from(u16::MAX) {
                names.push(String::from(name));
            }
            place
        })
    };
    let used = skeleton.resources.iter().zip(is_used);
    let mut places: Vec<_> = used
        .map(|(resource, is_used)| {
            if is_used {
                place(resource.service_name())
            } else {
                0
            }
        })
        .collect();
    if layout.placeholders() > 0 {
        places.push(place(""));
    }
    (names, places)
}

fn flags_of(span: &SkeletonSpan) -> u32 {
    let bit = |mark: Marks, bit: u32| if span.marks.contains(mark) { bit } else { 0 };
    (span.status as u32)
        | (span.kind as u32) << 2
        | bit(Marks::EVENTS, HAS_EVENTS)
        | bit(Marks::LINKS, HAS_LINKS)
        | bit(Marks::INTERVALS, HAS_INTERVALS)
        | bit(Marks::WARNINGS, HAS_WARNINGS)
        | bit(Marks::JOINED, JOINED)
        | u32::from(span.busy_share) << BUSY_SHARE_SHIFT
}
