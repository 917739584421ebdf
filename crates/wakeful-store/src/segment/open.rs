//! An open segment: where it is, what it says of itself, and what of it is kept in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Fields};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, RowSelection};
use parquet::arrow::{FieldLevels, ProjectionMask, parquet_to_arrow_field_levels, parquet_to_arrow_schema};
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::reader::{ChunkReader, Length};
use parquet::schema::types::SchemaDescriptor;
use wakeful_model::{Loss, TraceId};

use super::SegmentError;
use super::checksums::Checksums;
use super::columns;
use super::contents::Contents;
use super::dictionary::with_dictionaries;
use super::input::{Input, Source};
use super::losses;
use super::meta::{self, Extras, RowGroupExtras, SegmentMeta};
use super::needles::Needles;
use super::pages::Pages;
use super::rows::filled;
use super::seal;
use super::trace_index::{self, ENTRY_BYTES, TraceIndex};
use crate::ReadError;
use crate::cache::{Cache, Cached, Part};

/// What it takes to read anything of a segment.
#[derive(Debug)]
pub(crate) struct Footer {
    pub(super) metadata: Arc<ParquetMetaData>,
    /// All columns, as Arrow has them; what rows share as dictionaries.
    pub(super) fields: Fields,
    /// The columns that have a value: the others need no reading.
    pub(super) filled: FieldLevels,
    /// What of it is kept when it is not.
    pub(super) contents: Arc<Contents>,
}

impl Footer {
    fn read(input: &Input, extras: &Extras, metadata: ParquetMetaData) -> Result<Self, SegmentError> {
        let catalog = serde_json::from_str(field(&metadata, meta::CATALOG_KEY)?)?;
        let checksums = load_checksums(input, extras)?;
        let schema = metadata.file_metadata().schema_descr();
        let fields = parquet_to_arrow_schema(schema, None)?.fields;
        let fields = with_dictionaries(&fields, &columns::SHARED);
        let filled = filled(&metadata, 0..metadata.num_row_groups());
        let filled = parquet_to_arrow_field_levels(schema, filled, Some(&fields))?;
        let contents = Contents::new(catalog, checksums, &fields);
        Ok(Self {
            fields,
            filled,
            metadata: Arc::new(metadata),
            contents: Arc::new(contents),
        })
    }

    pub(super) fn schema(&self) -> &SchemaDescriptor {
        self.metadata.file_metadata().schema_descr()
    }

    pub(crate) fn size_bytes(&self) -> usize {
        // Twice: all, and those that have a value.
        self.metadata.memory_size() + 2 * self.fields.size()
    }
}

/// Of each row group of a segment, whether a trace may be in it.
#[derive(Debug)]
pub(crate) struct TraceFilters {
    filters: Vec<Sbbf>,
    bytes: usize,
}

impl TraceFilters {
    pub(crate) fn size_bytes(&self) -> usize {
        self.bytes
    }

    fn may_contain(&self, trace: TraceId) -> bool {
        let trace = trace.to_bytes();
        self.filters.iter().any(|filter| filter.check(trace.as_slice()))
    }
}

/// A segment that can be read. Its file is removed with the last handle once it is retired.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) meta: SegmentMeta,
    /// What programs said that they lost, with spans that are here.
    pub(crate) losses: Vec<Loss>,
    extras: Extras,
    /// Of each row group, where the filter of its trace ids stands: offset and length.
    trace_filters: Vec<(u64, u64)>,
    source: Source,
    cache: Arc<Cache>,
    retired: AtomicBool,
}

impl Segment {
    pub(crate) fn open(source: Source, cache: Arc<Cache>) -> Result<Self, SegmentError> {
        let input = source.open()?;
        let metadata = load_metadata(&input)?;
        if field(&metadata, meta::FORMAT_KEY)? != meta::FORMAT {
            return Err(SegmentError::Format("it is of another version of wakeful"));
        }
        let mut meta: SegmentMeta = serde_json::from_str(field(&metadata, meta::META_KEY)?)?;
        meta.bytes = input.len();
        let extras: Extras = serde_json::from_str(field(&metadata, meta::EXTRAS_KEY)?)?;
        let losses = losses::decode(field(&metadata, meta::LOSSES_KEY)?)?;
        if extras.row_groups.len() != metadata.num_row_groups() {
            return Err(SegmentError::Format("its footer does not fit its row groups"));
        }
        let trace_filters = trace_filters(&metadata)?;
        let footer = Footer::read(&input, &extras, metadata)?;
        let retired = AtomicBool::new(false);
        let segment = Self {
            meta,
            losses,
            extras,
            trace_filters,
            source,
            cache,
            retired,
        };
        segment.keep_footer(&Arc::new(footer));
        Ok(segment)
    }

    /// A part of it that was read before, if it is still kept.
    pub(crate) fn cached(&self, part: Part) -> Option<Cached> {
        self.cache.get(self.meta.id, part)
    }

    /// Keeps a part that was read.
    pub(crate) fn keep(&self, part: Part, value: Cached) {
        self.cache.put(self.meta.id, part, value);
    }

    /// Traces that have spans here.
    pub(crate) fn traces(&self) -> u64 {
        self.extras.traces.1 / ENTRY_BYTES as u64
    }

    /// What may be kept of all segments together, in bytes.
    pub(crate) fn kept_bytes_max(&self) -> usize {
        self.cache.bytes_max()
    }

    /// The error as others are told of it.
    pub(crate) fn read_error(&self, error: &SegmentError) -> ReadError {
        ReadError {
            segment: meta::file_name(self.meta.id),
            why: error.to_string(),
        }
    }

    pub(crate) fn row_groups(&self) -> &[RowGroupExtras] {
        &self.extras.row_groups
    }

    /// The file goes with the last handle.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Whether spans of the trace may be here; `false` is certain.
    pub(crate) fn may_contain(&self, trace: TraceId) -> Result<bool, SegmentError> {
        let filters = match self.cached(Part::TraceFilters) {
            Some(Cached::TraceFilters(filters)) => filters,
            _ => {
                let bytes: u64 = self.trace_filters.iter().map(|(_, length)| length).sum();
                // Where they cannot be kept, it costs less to ask the index.
                if !self.cache.has_room(bytes as usize) {
                    return Ok(true);
                }
                let input = self.input(&*self.contents()?)?;
                let filters = self.trace_filters.iter().map(|(offset, length)| {
                    self.check_extent((*offset, *length))?;
                    Ok(Sbbf::from_bytes(&input.get_bytes(*offset, *length as usize)?)?)
                });
                let filters = Arc::new(TraceFilters {
                    filters: filters.collect::<Result<_, SegmentError>>()?,
                    bytes: bytes as usize,
                });
                self.keep(Part::TraceFilters, Cached::TraceFilters(Arc::clone(&filters)));
                filters
            }
        };
        Ok(filters.may_contain(trace))
    }

    /// First rows and counts that may be of the trace, ascending.
    pub(crate) fn rows_of(&self, trace: TraceId) -> Result<Vec<(u32, u32)>, SegmentError> {
        if !self.may_contain(trace)? {
            return Ok(Vec::new());
        }
        let (offset, length) = self.extras.traces;
        let index = match self.cached(Part::Traces) {
            Some(Cached::Traces(index)) => index,
            _ => {
                let index = TraceIndex::new(&self.read_extra((offset, length))?);
                let index = Arc::new(index.ok_or(SegmentError::Format("its trace index is cut off"))?);
                self.keep(Part::Traces, Cached::Traces(Arc::clone(&index)));
                index
            }
        };
        let (start, end) = index.leaves_of(trace);
        let leaves = self.read_extra((offset + start as u64, (end - start) as u64))?;
        Ok(trace_index::find(&leaves, trace).collect())
    }

    /// The number of a row group's first row within the segment.
    pub(super) fn first_row(&self, row_group: usize) -> u32 {
        self.row_groups()[..row_group]
            .iter()
            .map(|group| group.rows)
            .sum()
    }

    /// The filter of a row group's attributes.
    pub(crate) fn needles(&self, row_group: usize) -> Result<Needles<Input>, SegmentError> {
        let (offset, length) = self.extras.row_groups[row_group].needles;
        self.check_extent((offset, length))?;
        Ok(Needles::new(self.input(&*self.contents()?)?, offset, length))
    }

    /// The zones of a row group, encoded.
    pub(super) fn zones(&self, row_group: usize) -> Result<Bytes, SegmentError> {
        self.read_extra(self.extras.row_groups[row_group].zones)
    }

    /// The calls between its services, encoded.
    pub(super) fn encoded_calls(&self) -> Result<Bytes, SegmentError> {
        self.read_extra(self.extras.calls)
    }

    fn read_extra(&self, extent: (u64, u64)) -> Result<Bytes, SegmentError> {
        self.check_extent(extent)?;
        let input = self.input(&*self.contents()?)?;
        Ok(input.get_bytes(extent.0, extent.1 as usize)?)
    }

    /// Before room is made for what a footer claims.
    fn check_extent(&self, extent: (u64, u64)) -> Result<(), SegmentError> {
        check_extent(self.meta.bytes, extent)
    }

    /// What it has, for all that takes no columns.
    pub(crate) fn contents(&self) -> Result<Arc<Contents>, SegmentError> {
        if let Some(Cached::Contents(contents)) = self.cached(Part::Contents) {
            return Ok(contents);
        }
        Ok(Arc::clone(&self.footer()?.contents))
    }

    /// What it takes to read anything.
    pub(crate) fn footer(&self) -> Result<Arc<Footer>, SegmentError> {
        if let Some(Cached::Footer(footer)) = self.cached(Part::Footer) {
            return Ok(footer);
        }
        let input = self.source.open()?;
        let footer = Footer::read(&input, &self.extras, load_metadata(&input)?)?;
        let footer = Arc::new(footer);
        self.keep_footer(&footer);
        Ok(footer)
    }

    fn keep_footer(&self, footer: &Arc<Footer>) {
        self.keep(Part::Footer, Cached::Footer(Arc::clone(footer)));
        self.keep(Part::Contents, Cached::Contents(Arc::clone(&footer.contents)));
    }

    fn input(&self, contents: &Contents) -> Result<Input, SegmentError> {
        let checksums = Arc::clone(&contents.checksums);
        Ok(self.source.open_kept(self.meta.id, &self.cache, checksums)?)
    }

    /// The pages of some row groups.
    pub(super) fn pages(&self, footer: &Footer, groups: Vec<usize>) -> Result<Pages, SegmentError> {
        Ok(Pages {
            input: Arc::new(self.input(&footer.contents)?),
            metadata: Arc::clone(&footer.metadata),
            groups,
            cache: Arc::clone(&self.cache),
            segment: self.meta.id,
        })
    }

    /// Reads columns of rows of some row groups, so many at a time; without a selection, all rows.
    pub(super) fn read(
        &self,
        footer: &Footer,
        groups: Vec<usize>,
        selection: Option<RowSelection>,
        mask: ProjectionMask,
        batch_rows: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + use<>, SegmentError> {
        let levels = parquet_to_arrow_field_levels(footer.schema(), mask, Some(&footer.fields))?;
        self.read_levels(footer, groups, selection, &levels, batch_rows)
    }

    /// The same, of columns as the levels say.
    pub(super) fn read_levels(
        &self,
        footer: &Footer,
        groups: Vec<usize>,
        mut selection: Option<RowSelection>,
        levels: &FieldLevels,
        batch_rows: usize,
    ) -> Result<impl Iterator<Item = Result<RecordBatch, ArrowError>> + use<>, SegmentError> {
        // A reader each: in a batch of rows of two row groups, dictionaries would become a value for each row.
        let readers = groups.into_iter().map(|group| {
            let rows = self.row_groups()[group].rows as usize;
            let selection = selection.as_mut().map(|all| all.split_off(rows));
            let pages = self.pages(footer, vec![group])?;
            let reader =
                ParquetRecordBatchReader::try_new_with_row_groups(levels, &pages, batch_rows, selection)?;
            Ok(reader)
        });
        let readers: Vec<_> = readers.collect::<Result<_, SegmentError>>()?;
        Ok(readers.into_iter().flatten())
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.cache.forget(self.meta.id);
        if let (true, Source::File(path)) = (self.retired.load(Ordering::Relaxed), &self.source)
            && let Err(error) = std::fs::remove_file(path)
        {
            tracing::warn!(path = %path.display(), %error, "cannot remove a retired segment; remove it by hand");
        }
    }
}

fn check_extent(bytes: u64, (offset, length): (u64, u64)) -> Result<(), SegmentError> {
    match offset.checked_add(length) {
        Some(end) if end <= bytes => Ok(()),
        _ => Err(SegmentError::Format("its footer points behind its end")),
    }
}

fn load_metadata(input: &Input) -> Result<ParquetMetaData, SegmentError> {
    // Before Parquet's parser sees it: lengths that have changed might ask for any amount of memory.
    seal::check(input)?;
    let reader = ParquetMetaDataReader::new().with_offset_index_policy(PageIndexPolicy::Required);
    Ok(reader.parse_and_finish(input)?)
}

/// A text of the footer.
fn field<'a>(metadata: &'a ParquetMetaData, key: &str) -> Result<&'a str, SegmentError> {
    let pairs = metadata.file_metadata().key_value_metadata();
    let value = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == key)?.value.as_deref());
    value.ok_or(SegmentError::Format("its footer lacks what wakeful writes there"))
}

fn load_checksums(input: &Input, extras: &Extras) -> Result<Checksums, SegmentError> {
    let (offset, length) = extras.checksums.table;
    check_extent(input.len(), (offset, length))?;
    let table = input.get_bytes(offset, length as usize)?;
    let checksums = Checksums::new(&extras.checksums, table);
    checksums.ok_or(SegmentError::Format(
        "its checksums have changed since they were written",
    ))
}

/// Where the filters of trace ids stand.
fn trace_filters(metadata: &ParquetMetaData) -> Result<Vec<(u64, u64)>, SegmentError> {
    let schema = metadata.file_metadata().schema_descr();
    let column = schema
        .columns()
        .iter()
        .position(|column| column.name() == columns::TRACE_ID)
        .ok_or(SegmentError::Format("it has no trace ids"))?;
    let extents = metadata.row_groups().iter().map(|group| {
        let chunk = group.column(column);
        let extent = chunk.bloom_filter_offset().zip(chunk.bloom_filter_length());
        extent.map(|(offset, length)| (offset as u64, length as u64))
    });
    extents
        .map(|extent| extent.ok_or(SegmentError::Format("it has no filter of trace ids")))
        .collect()
}
