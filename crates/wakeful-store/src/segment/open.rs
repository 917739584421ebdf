//! An open segment: where it is, what it says of itself, and what of it is kept in memory.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::reader::{ChunkReader, Length};
use wakeful_model::TraceId;

use super::SegmentError;
use super::columns;
use super::meta::{self, Catalog, Extras, RowGroupExtras, SegmentMeta};
use super::needles::Needles;
use super::trace_index::{ENTRY_BYTES, TraceIndex};
use crate::ReadError;
use crate::cache::{Cache, Cached, Part};

/// Where a segment's bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    File(PathBuf),
    Memory(Bytes),
}

/// A segment that can be read. Its file is removed with the last handle once it is retired.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) meta: SegmentMeta,
    pub(crate) catalog: Catalog,
    extras: Extras,
    /// Of each row group, whether a trace may be in it.
    trace_filters: Vec<Sbbf>,
    source: Source,
    cache: Arc<Cache>,
    retired: AtomicBool,
}

impl Segment {
    pub(crate) fn open(source: Source, cache: Arc<Cache>) -> Result<Self, SegmentError> {
        let input = source.open()?;
        let metadata = load_metadata(&input)?;
        let footer = |key: &str| {
            let pairs = metadata.metadata().file_metadata().key_value_metadata();
            let value = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == key)?.value.as_deref());
            value.ok_or(SegmentError::Format("its footer lacks what wakeful writes there"))
        };
        if footer(meta::FORMAT_KEY)? != meta::FORMAT {
            return Err(SegmentError::Format("it is of a later version of wakeful"));
        }
        let mut meta: SegmentMeta = serde_json::from_str(footer(meta::META_KEY)?)?;
        meta.bytes = input.len();
        let extras: Extras = serde_json::from_str(footer(meta::EXTRAS_KEY)?)?;
        let catalog = serde_json::from_str(footer(meta::CATALOG_KEY)?)?;
        if extras.row_groups.len() != metadata.metadata().num_row_groups() {
            return Err(SegmentError::Format("its footer does not fit its row groups"));
        }
        let column = metadata
            .parquet_schema()
            .columns()
            .iter()
            .position(|column| column.name() == columns::TRACE_ID)
            .ok_or(SegmentError::Format("it has no trace ids"))?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(input, metadata.clone());
        let trace_filters = (0..extras.row_groups.len())
            .map(|group| {
                let filter = reader.get_row_group_column_bloom_filter(group, column)?;
                filter.ok_or(SegmentError::Format("it has no filter of trace ids"))
            })
            .collect::<Result<_, _>>()?;
        let retired = AtomicBool::new(false);
        let segment = Self {
            meta,
            catalog,
            extras,
            trace_filters,
            source,
            cache,
            retired,
        };
        segment.keep(Part::Footer, Cached::Footer(metadata));
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
    pub(crate) fn may_contain(&self, trace: TraceId) -> bool {
        self.trace_filters
            .iter()
            .any(|filter| filter.check(trace.to_bytes().as_slice()))
    }

    /// First rows and counts that may be of the trace, ascending.
    pub(crate) fn rows_of(&self, trace: TraceId) -> Result<Vec<(u32, u32)>, SegmentError> {
        if !self.may_contain(trace) {
            return Ok(Vec::new());
        }
        let index = match self.cached(Part::Traces) {
            Some(Cached::Traces(index)) => index,
            _ => {
                let bytes = self.read_extra(self.extras.traces)?;
                let index = TraceIndex::new(bytes.to_vec());
                let index = Arc::new(index.ok_or(SegmentError::Format("its trace index is cut off"))?);
                self.keep(Part::Traces, Cached::Traces(Arc::clone(&index)));
                index
            }
        };
        Ok(index.find(trace).collect())
    }

    /// The filter of a row group's attributes.
    pub(crate) fn needles(&self, row_group: usize) -> Result<Needles<Input>, SegmentError> {
        let (offset, length) = self.extras.row_groups[row_group].needles;
        let input = self.source.open()?;
        check_extent(&input, (offset, length))?;
        Ok(Needles::new(input, offset, length))
    }

    fn read_extra(&self, (offset, length): (u64, u64)) -> Result<Bytes, SegmentError> {
        let input = self.source.open()?;
        check_extent(&input, (offset, length))?;
        Ok(input.get_bytes(offset, length as usize)?)
    }

    /// A reader of its rows, to be given a projection and a selection.
    pub(crate) fn reader(&self) -> Result<ParquetRecordBatchReaderBuilder<Input>, SegmentError> {
        let (input, metadata) = self.input()?;
        Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(
            input, metadata,
        ))
    }

    /// Its bytes and what its footer says, for readers of another kind.
    pub(super) fn input(&self) -> Result<(Input, ArrowReaderMetadata), SegmentError> {
        let input = self.source.open()?;
        let metadata = match self.cached(Part::Footer) {
            Some(Cached::Footer(metadata)) => metadata,
            _ => {
                let metadata = load_metadata(&input)?;
                self.keep(Part::Footer, Cached::Footer(metadata.clone()));
                metadata
            }
        };
        Ok((input, metadata))
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

fn check_extent(input: &Input, (offset, length): (u64, u64)) -> Result<(), SegmentError> {
    match offset.checked_add(length) {
        Some(end) if end <= input.len() => Ok(()),
        _ => Err(SegmentError::Format("its footer points behind its end")),
    }
}

fn load_metadata(input: &Input) -> Result<ArrowReaderMetadata, SegmentError> {
    let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Required);
    Ok(ArrowReaderMetadata::load(input, options)?)
}

impl Source {
    fn open(&self) -> std::io::Result<Input> {
        match self {
            Self::File(path) => File::open(path).map(Input::File),
            Self::Memory(bytes) => Ok(Input::Memory(bytes.clone())),
        }
    }
}

/// An open source; a file is opened anew for each question, so that no two threads share its cursor.
#[derive(Debug)]
pub(crate) enum Input {
    File(File),
    Memory(Bytes),
}

impl Length for Input {
    fn len(&self) -> u64 {
        match self {
            Self::File(file) => Length::len(file),
            Self::Memory(bytes) => bytes.len() as u64,
        }
    }
}

impl ChunkReader for Input {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(match self {
            Self::File(file) => Box::new(file.get_read(start)?),
            Self::Memory(bytes) => Box::new(bytes.get_read(start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        match self {
            Self::File(file) => read_at(file, start, length),
            Self::Memory(bytes) => bytes.get_bytes(start, length),
        }
    }
}

/// A page in one system call, where the general way clones the file and moves its cursor.
#[cfg(unix)]
fn read_at(file: &File, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
    let mut bytes = vec![0; length];
    std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, start)?;
    Ok(Bytes::from(bytes))
}

#[cfg(not(unix))]
fn read_at(file: &File, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
    file.get_bytes(start, length)
}
