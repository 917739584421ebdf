//! Batches into a segment: sorted, in columns, with indexes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::sync::Arc;

use arrow_array::{BinaryArray, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::schema::types::ColumnPath;
use rustc_hash::{FxHashMap, FxHashSet};
use wakeful_model::{Loss, TraceId, canonical_text};
use wakeful_wire::otlp::{Batch, Group, decode_resource, decode_scope};

use super::SegmentError;
use super::builder::{RowBuilder, Shared, SharedValues};
use super::checksums::Summing;
use super::columns::{self, ColumnType, Promoted};
use super::losses;
use super::meta::{self, Catalog, CatalogService, Extras, RowGroupExtras, SegmentMeta};
use super::needles::{NeedlesBuilder, Place};
use super::promote::promote;
use super::trace_index::TraceIndexBuilder;
use super::{seal, zones};
use crate::call_counts::{CallCounter, CallRow};

/// Rows of a row group.
const ROW_GROUP_ROWS: usize = 1 << 17;

/// A page has at most so many rows, and so many bytes. A look-up decodes a page of every column, so smaller is
/// quicker; compression hardly minds.
const PAGE_ROWS: usize = 2048;
const PAGE_BYTES: usize = 16 << 10;

/// Where every row has a number or an id of its own, 4,096 of them take long to read and nothing is gained by having
/// them together. (Texts do not compress as well in small pages.)
const NUMBERS_PAGE_BYTES: usize = 8 << 10;

/// Rows after which the writer looks at the size of a page.
const WRITE_ROWS: usize = 256;

/// What of a segment's meta is not found in its rows.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) id: u64,
    pub(crate) level: u32,
    pub(crate) log: u64,
    pub(crate) written_unix_nanos: u64,
    pub(crate) replaces: Vec<u64>,
    /// What programs said that they lost. A merge has it from its inputs: in their rows, equal scopes have become one.
    pub(crate) losses: Vec<Loss>,
}

/// A row of one of the batches, with what it is sorted by.
struct Sorted {
    trace_start: u64,
    trace_id: TraceId,
    start: u64,
    duration: u64,
    batch: u32,
    row: u32,
}

/// Writes the spans of `batches`, of which there must be one, and gives back the sink.
///
/// The size of the file is not known before its end, so the meta in the footer has zero in its place.
pub(crate) fn write_segment<W: Write + Send>(
    out: W,
    batches: &[Arc<Batch>],
    origin: Origin,
) -> Result<W, SegmentError> {
    let (order, trace_count) = sort(batches);
    let promoted = promote(batches);
    let catalog = catalog(batches);
    let (shared, values) = share(batches, &catalog);
    let options = ArrowWriterOptions::new()
        .with_properties(properties(&promoted, trace_count as u64))
        // The columns' logical types say all that a reader needs; an Arrow schema would be 10 kB a segment.
        .with_skip_arrow_metadata(true);
    let mut writer =
        ArrowWriter::try_new_with_options(Summing::new(out), columns::schema(&promoted), options)?;
    let (resources, scopes) = (values.resources.clone(), values.scopes.clone());
    let mut builder = RowBuilder::new(&promoted, values);
    let mut traces = TraceIndexBuilder::default();
    let mut calls = CallCounter::default();
    let mut row_groups = Vec::new();
    let mut row_number = 0;
    for rows in order.chunks(ROW_GROUP_ROWS) {
        let mut needles =
            NeedlesBuilder::new(rows.len(), promoted.iter().map(|promoted| promoted.key.as_str()))?;
        let (mut seen_resources, mut seen_scopes) = (FxHashSet::default(), FxHashSet::default());
        for (sorted, number) in rows.iter().zip(0..) {
            let batch = &batches[sorted.batch as usize];
            let row = &batch.rows()[sorted.row as usize];
            let group = batch.operations()[row.operation as usize].group;
            let shared = shared[sorted.batch as usize][group as usize];
            let span = batch.view(row);
            builder.append(&span, shared, |place, key, value| {
                needles.insert(number, place, key, value);
            })?;
            for event in span.events().filter(|_| span.has_events) {
                event
                    .attributes()
                    .for_each(|(key, value)| needles.insert(number, Place::Event, key, value));
            }
            for link in span.links().filter(|_| span.has_links) {
                link.attributes()
                    .for_each(|(key, value)| needles.insert(number, Place::Link, key, value));
            }
            if seen_scopes.insert(shared.scope) {
                let scope = decode_scope(scopes.value(shared.scope as usize));
                for attribute in scope.attributes {
                    needles.insert_text(Place::Scope, &attribute.key, &canonical_text(&attribute.value));
                }
            }
            if seen_resources.insert(shared.resource) {
                let resource = decode_resource(resources.value(shared.resource as usize));
                for attribute in resource.attributes {
                    needles.insert_text(Place::Resource, &attribute.key, &canonical_text(&attribute.value));
                }
            }
            traces.push(sorted.trace_id, row_number);
            calls.push(CallRow {
                trace: sorted.trace_id,
                span: row.span_id,
                parent: row.parent_span_id,
                service: shared.service as u32,
                start: sorted.start,
                end: sorted.start.saturating_add(sorted.duration),
            });
            row_number += 1;
            if builder.is_full() {
                writer.write(&builder.finish()?)?;
            }
        }
        if builder.rows() > 0 {
            writer.write(&builder.finish()?)?;
        }
        writer.flush()?;
        row_groups.push(RowGroup {
            extent: extent(rows),
            needles: needles.finish()?,
            zones: zones::encode(rows.iter().map(|row| row.duration)),
        });
    }
    let rest = Rest {
        traces: traces.finish(),
        calls: calls.finish().encode(),
        row_groups,
        catalog,
    };
    finish(writer, batches, origin, rest)
}

/// A row group that was written, with what is to stand behind it.
struct RowGroup {
    extent: RowGroupExtras,
    needles: Vec<u8>,
    zones: Vec<u8>,
}

/// What is to stand behind the row groups.
struct Rest {
    traces: Vec<u8>,
    calls: Vec<u8>,
    row_groups: Vec<RowGroup>,
    catalog: Catalog,
}

/// Puts the indexes behind the row groups, and the footer behind them.
fn finish<W: Write + Send>(
    mut writer: ArrowWriter<Summing<W>>,
    batches: &[Arc<Batch>],
    origin: Origin,
    rest: Rest,
) -> Result<W, SegmentError> {
    let put = |writer: &mut ArrowWriter<Summing<W>>, bytes: &[u8]| {
        let offset = writer.bytes_written() as u64;
        writer.write_all(bytes).map(|()| (offset, bytes.len() as u64))
    };
    let traces = put(&mut writer, &rest.traces)?;
    let calls = put(&mut writer, &rest.calls)?;
    let mut extents = Vec::new();
    for row_group in rest.row_groups {
        extents.push(RowGroupExtras {
            needles: put(&mut writer, &row_group.needles)?,
            zones: put(&mut writer, &row_group.zones)?,
            ..row_group.extent
        });
    }
    // What is buffered has to be summed up too.
    writer.sync()?;
    let (table, checksums) = writer.inner().table();
    put(&mut writer, &table)?;
    writer.sync()?;
    writer.inner_mut().hold();
    let extras = Extras {
        traces,
        calls,
        row_groups: extents,
        checksums,
    };
    let of_all = |of: fn(&RowGroupExtras) -> u64| extras.row_groups.iter().map(of);
    let segment = SegmentMeta {
        id: origin.id,
        level: origin.level,
        spans: batches.iter().map(|batch| batch.spans() as u64).sum(),
        bytes: 0,
        payload_bytes: batches.iter().map(|batch| batch.payload().len() as u64).sum(),
        start_min: of_all(|group| group.start_min).min().unwrap_or_default(),
        start_max: of_all(|group| group.start_max).max().unwrap_or_default(),
        end_max: of_all(|group| group.end_max).max().unwrap_or_default(),
        trace_start_max: of_all(|group| group.trace_start_max).max().unwrap_or_default(),
        written_unix_nanos: origin.written_unix_nanos,
        log: origin.log,
        replaces: origin.replaces,
    };
    for (key, value) in [
        (meta::FORMAT_KEY, meta::FORMAT.to_owned()),
        (meta::META_KEY, serde_json::to_string(&segment)?),
        (meta::EXTRAS_KEY, serde_json::to_string(&extras)?),
        (meta::CATALOG_KEY, serde_json::to_string(&rest.catalog)?),
        (meta::LOSSES_KEY, losses::encode(origin.losses)?),
    ] {
        writer.append_key_value_metadata(KeyValue::new(key.to_owned(), value));
    }
    // This writes the footer.
    let (mut out, footer) = writer.into_inner()?.into_parts();
    out.write_all(&seal::seal(footer)?)?;
    Ok(out)
}

/// Rows by the start of their trace here, trace, and start; and how many traces there are.
fn sort(batches: &[Arc<Batch>]) -> (Vec<Sorted>, usize) {
    let mut trace_starts: FxHashMap<TraceId, u64> = FxHashMap::default();
    for batch in batches {
        for (trace, row) in batch.trace_ids().iter().zip(batch.rows()) {
            let first = trace_starts.entry(*trace).or_insert(u64::MAX);
            *first = row.start_unix_nanos.min(*first);
        }
    }
    let mut order = Vec::with_capacity(batches.iter().map(|batch| batch.spans()).sum());
    for (batch, number) in batches.iter().zip(0..) {
        order.extend(
            batch
                .trace_ids()
                .iter()
                .zip(batch.rows())
                .zip(0..)
                .map(|((trace, row), index)| Sorted {
                    trace_start: trace_starts[trace],
                    trace_id: *trace,
                    start: row.start_unix_nanos,
                    duration: row.duration_nanos,
                    batch: number,
                    row: index,
                }),
        );
    }
    order.sort_by_key(|row| (row.trace_start, row.trace_id, row.start));
    (order, trace_starts.len())
}

/// What spans have in common: by batch and group, and the values.
fn share(batches: &[Arc<Batch>], catalog: &Catalog) -> (Vec<Vec<Shared>>, SharedValues) {
    let names = || catalog.services.iter().map(|service| service.name.as_str());
    let numbers: FxHashMap<&str, i32> = names().zip(0..).collect();
    let (mut resources, mut scopes) = (Distinct::default(), Distinct::default());
    let of_batch = |batch: &Arc<Batch>| {
        let mut before: Option<(&Group, i32)> = None;
        let groups = batch.groups().iter().map(|group| {
            // Groups of one resource are neighbours, and it may be large.
            let resource = match before {
                Some((other, resource)) if group.has_resource_of(other) => resource,
                _ => resources.number(batch.encoded_resource(group)),
            };
            before = Some((group, resource));
            Shared {
                // A group without spans is in no catalogue, and no row asks for it.
                service: numbers.get(batch.service(group)).copied().unwrap_or_default(),
                resource,
                scope: scopes.number(batch.encoded_scope(group)),
            }
        });
        groups.collect()
    };
    let groups = batches.iter().map(of_batch).collect();
    let values = SharedValues {
        services: StringArray::from_iter_values(names()),
        resources: resources.into_values(),
        scopes: scopes.into_values(),
    };
    (groups, values)
}

/// Different values, numbered as they are met. Clients choose them, so the hash is one that they do not know.
#[derive(Default)]
struct Distinct(HashMap<Vec<u8>, i32>);

impl Distinct {
    fn number(&mut self, value: Vec<u8>) -> i32 {
        let next = self.0.len() as i32;
        *self.0.entry(value).or_insert(next)
    }

    fn into_values(self) -> BinaryArray {
        let mut values: Vec<_> = self.0.into_iter().collect();
        values.sort_unstable_by_key(|(_, number)| *number);
        BinaryArray::from_iter_values(values.into_iter().map(|(value, _)| value))
    }
}

/// What a row group spans.
fn extent(rows: &[Sorted]) -> RowGroupExtras {
    let of_all = |of: fn(&Sorted) -> u64| rows.iter().map(of);
    RowGroupExtras {
        rows: rows.len() as u32,
        needles: (0, 0),
        zones: (0, 0),
        start_min: of_all(|row| row.start).min().unwrap_or_default(),
        start_max: of_all(|row| row.start).max().unwrap_or_default(),
        end_max: of_all(|row| row.start.saturating_add(row.duration))
            .max()
            .unwrap_or_default(),
        // Rows are sorted by it.
        trace_start_max: rows.last().map_or(0, |row| row.trace_start),
        duration_max: of_all(|row| row.duration).max().unwrap_or_default(),
    }
}

fn catalog(batches: &[Arc<Batch>]) -> Catalog {
    let mut services: BTreeMap<&str, BTreeSet<(&str, u8)>> = BTreeMap::new();
    for batch in batches {
        for operation in batch.operations() {
            let service = batch.service(&batch.groups()[operation.group as usize]);
            services
                .entry(service)
                .or_default()
                .insert((batch.name(operation), operation.kind as u8));
        }
    }
    let services = services.into_iter().map(|(name, operations)| CatalogService {
        name: name.to_owned(),
        operations: operations
            .into_iter()
            .map(|(name, kind)| (name.to_owned(), kind))
            .collect(),
    });
    Catalog {
        services: services.collect(),
    }
}

fn properties(promoted: &[Promoted], traces: u64) -> WriterProperties {
    let column = |name: &str| ColumnPath::from(name);
    let mut properties = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_2_0)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_data_page_size_limit(PAGE_BYTES)
        .set_write_batch_size(WRITE_ROWS)
        .set_dictionary_page_size_limit(256 << 10)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_statistics_truncate_length(Some(32))
        .set_column_bloom_filter_enabled(column(columns::TRACE_ID), true)
        .set_column_bloom_filter_fpp(column(columns::TRACE_ID), 0.01)
        .set_column_bloom_filter_max_ndv(column(columns::TRACE_ID), traces.max(1));
    // Ids do not repeat enough for a dictionary to pay, but a trace's spans stand together; times and durations are
    // best as differences.
    for (name, encoding) in [
        (columns::TRACE_ID, Encoding::DELTA_BYTE_ARRAY),
        (columns::SPAN_ID, Encoding::PLAIN),
        (columns::PARENT_SPAN_ID, Encoding::PLAIN),
        (columns::START, Encoding::DELTA_BINARY_PACKED),
        (columns::DURATION, Encoding::DELTA_BINARY_PACKED),
    ] {
        properties = properties
            .set_column_dictionary_enabled(column(name), false)
            .set_column_encoding(column(name), encoding)
            .set_column_data_page_size_limit(column(name), NUMBERS_PAGE_BYTES);
    }
    // Events and links have times and ids in them: no two are the same.
    for name in [columns::EVENTS, columns::LINKS] {
        properties = properties
            .set_column_dictionary_enabled(column(name), false)
            .set_column_encoding(column(name), Encoding::DELTA_LENGTH_BYTE_ARRAY);
    }
    // What rows share stands in a tail once: without a dictionary, each row would have it anew.
    for name in columns::SHARED {
        properties = properties.set_column_dictionary_page_size_limit(column(name), usize::MAX);
    }
    // A dictionary of varied values would be as large as the values, and a look-up would have to read all of it.
    for promoted in promoted.iter().filter(|promoted| promoted.varied) {
        let encoding = match promoted.column_type {
            ColumnType::String => Encoding::DELTA_BYTE_ARRAY,
            ColumnType::Int => Encoding::DELTA_BINARY_PACKED,
            ColumnType::Double => Encoding::BYTE_STREAM_SPLIT,
            ColumnType::Bool => continue,
        };
        let path = column(&promoted.column());
        if promoted.column_type != ColumnType::String {
            properties = properties.set_column_data_page_size_limit(path.clone(), NUMBERS_PAGE_BYTES);
        }
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, encoding);
    }
    // Dictionaries and differences leave little to compress, and a reader pays for every compressed column: only
    // where values are long or new is it worth it. Level 3 would gain nothing more.
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let varied = promoted
        .iter()
        .filter(|promoted| promoted.varied && promoted.column_type != ColumnType::Int)
        .map(|promoted| column(&promoted.column()));
    let long = [columns::PARENT_SPAN_ID, columns::EVENTS, columns::LINKS].map(column);
    let values = [columns::STRINGS, columns::DOUBLES, columns::OTHERS]
        .map(|name| ColumnPath::new([name, "entries", "value"].map(str::to_owned).to_vec()));
    for path in varied.chain(long).chain(values) {
        properties = properties.set_column_compression(path, zstd);
    }
    properties
        .set_created_by(concat!("wakeful ", env!("CARGO_PKG_VERSION")).to_owned())
        .build()
}
