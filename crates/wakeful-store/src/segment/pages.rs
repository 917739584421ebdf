//! Pages of a segment, as Parquet's decoders want them.
//!
//! A look-up reads one page of each of some thirty columns. Parquet's own page reader makes two compression contexts
//! and a list of pages for each of them, and reads dictionaries anew; this one does not.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use parquet::arrow::arrow_reader::RowGroups;
use parquet::basic::Compression;
use parquet::column::page::{Page, PageIterator, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::page_index::offset_index::PageLocation;
use parquet::file::reader::ChunkReader as _;

use super::input::Input;
use super::page_header::{PageHeader, PageKind};
use crate::cache::{Cache, Cached, Part};

/// Some row groups of a segment.
#[derive(Debug, Clone)]
pub(super) struct Pages {
    pub(super) input: Arc<Input>,
    pub(super) metadata: Arc<ParquetMetaData>,
    /// Their numbers, ascending.
    pub(super) groups: Vec<usize>,
    /// Keeps dictionaries of the segment, by its id.
    pub(super) cache: Arc<Cache>,
    pub(super) segment: u64,
}

impl RowGroups for Pages {
    fn num_rows(&self) -> usize {
        self.row_groups().map(|group| group.num_rows() as usize).sum()
    }

    fn column_chunks(&self, column: usize) -> Result<Box<dyn PageIterator>> {
        Ok(Box::new(ColumnPages {
            pages: self.clone(),
            column,
            next: 0,
        }))
    }

    fn row_groups(&self) -> Box<dyn Iterator<Item = &RowGroupMetaData> + '_> {
        Box::new(self.groups.iter().map(|group| self.metadata.row_group(*group)))
    }

    fn metadata(&self) -> &ParquetMetaData {
        &self.metadata
    }
}

/// One column of the row groups.
struct ColumnPages {
    pages: Pages,
    column: usize,
    next: usize,
}

impl PageIterator for ColumnPages {}

impl Iterator for ColumnPages {
    type Item = Result<Box<dyn PageReader>>;

    fn next(&mut self) -> Option<Self::Item> {
        let group = *self.pages.groups.get(self.next)?;
        self.next += 1;
        let chunk = ChunkPages::new(self.pages.clone(), group, self.column);
        Some(chunk.map(|chunk| Box::new(chunk) as Box<dyn PageReader>))
    }
}

/// One column of one row group.
struct ChunkPages {
    pages: Pages,
    group: usize,
    column: usize,
    /// The dictionary is still to be read.
    dictionary: bool,
    next: usize,
}

impl ChunkPages {
    fn new(pages: Pages, group: usize, column: usize) -> Result<Self> {
        let mut chunk = Self {
            pages,
            group,
            column,
            dictionary: false,
            next: 0,
        };
        let (start, _) = chunk.metadata().byte_range();
        // What stands before the first page can only be a dictionary.
        chunk.dictionary = chunk
            .locations()?
            .first()
            .is_some_and(|first| first.offset as u64 > start);
        Ok(chunk)
    }

    fn metadata(&self) -> &ColumnChunkMetaData {
        self.pages.metadata.row_group(self.group).column(self.column)
    }

    fn locations(&self) -> Result<&[PageLocation]> {
        let index = self.pages.metadata.offset_index();
        index
            .and_then(|index| Some(index.get(self.group)?.get(self.column)?.page_locations.as_slice()))
            .ok_or_else(|| ParquetError::General("its footer has no index of pages".to_owned()))
    }

    fn read_dictionary(&self) -> Result<Page> {
        let (start, _) = self.metadata().byte_range();
        let part = Part::Dictionary(start);
        if let Some(Cached::Dictionary(page)) = self.pages.cache.get(self.pages.segment, part) {
            return Ok(page.to_page());
        }
        let first = self
            .locations()?
            .first()
            .map_or(start, |first| first.offset as u64);
        let (header, buffer) = self.read(start, first.saturating_sub(start))?;
        let PageKind::Dictionary { values, encoding } = header.kind else {
            return Err(ParquetError::General(
                "a page is not the dictionary that it should be".to_owned(),
            ));
        };
        let dictionary = Dictionary {
            buffer,
            values,
            encoding,
        };
        let page = dictionary.to_page();
        self.pages
            .cache
            .put(self.pages.segment, part, Cached::Dictionary(dictionary));
        Ok(page)
    }

    fn read_data(&self, location: &PageLocation) -> Result<Page> {
        let (header, buffer) = self.read(location.offset as u64, location.compressed_page_size as u64)?;
        let PageKind::DataV2 {
            values,
            nulls,
            rows,
            encoding,
            definition_levels_bytes,
            repetition_levels_bytes,
            ..
        } = header.kind
        else {
            return Err(ParquetError::General(
                "a page has no data where it should".to_owned(),
            ));
        };
        Ok(Page::DataPageV2 {
            buf: buffer,
            num_values: values,
            encoding,
            num_nulls: nulls,
            num_rows: rows,
            def_levels_byte_len: definition_levels_bytes,
            rep_levels_byte_len: repetition_levels_bytes,
            is_compressed: false,
            statistics: None,
        })
    }

    /// A page's header, and what follows it, decompressed.
    fn read(&self, start: u64, length: u64) -> Result<(PageHeader, Bytes)> {
        let bytes = self.pages.input.get_bytes(start, length as usize)?;
        let malformed = || ParquetError::General(format!("there is no page of wakeful's at {start}"));
        let (header, header_bytes) = PageHeader::read(&bytes).ok_or_else(malformed)?;
        let end = header_bytes
            .checked_add(header.compressed_bytes)
            .filter(|end| *end <= bytes.len())
            .ok_or_else(malformed)?;
        let body = bytes.slice(header_bytes..end);
        // Levels are never compressed.
        let (levels, is_compressed) = match header.kind {
            PageKind::Dictionary { .. } => (0, true),
            PageKind::DataV2 {
                definition_levels_bytes,
                repetition_levels_bytes,
                is_compressed,
                ..
            } => (
                definition_levels_bytes as usize + repetition_levels_bytes as usize,
                is_compressed,
            ),
        };
        if levels > body.len() || levels > header.uncompressed_bytes {
            return Err(malformed());
        }
        match self.metadata().compression() {
            Compression::UNCOMPRESSED => Ok((header, body)),
            Compression::ZSTD(_) if !is_compressed => Ok((header, body)),
            Compression::ZSTD(_) => Ok((header, decompress(&body, levels, header.uncompressed_bytes)?)),
            other => Err(ParquetError::NYI(format!(
                "pages compressed with {other}, which wakeful does not write"
            ))),
        }
    }
}

/// A dictionary that was read.
#[derive(Debug, Clone)]
pub(crate) struct Dictionary {
    buffer: Bytes,
    values: u32,
    encoding: parquet::basic::Encoding,
}

impl Dictionary {
    pub(crate) fn size_bytes(&self) -> usize {
        self.buffer.len()
    }

    fn to_page(&self) -> Page {
        Page::DictionaryPage {
            buf: self.buffer.clone(),
            num_values: self.values,
            encoding: self.encoding,
            is_sorted: false,
        }
    }
}

thread_local! {
    /// Making a context costs more than what a page takes.
    static ZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

/// Pages are written much smaller, but one row may be large.
const PAGE_BYTES_MAX: usize = 1 << 30;

/// The first `plain` bytes as they are, and the rest decompressed.
fn decompress(body: &[u8], plain: usize, bytes: usize) -> Result<Bytes> {
    if bytes > PAGE_BYTES_MAX {
        return Err(ParquetError::General(format!("a page claims {bytes} bytes")));
    }
    let (plain, compressed) = body.split_at(plain);
    let mut buffer = Vec::with_capacity(bytes);
    buffer.extend_from_slice(plain);
    if bytes > plain.len() {
        ZSTD.with_borrow_mut(|context| {
            let context = match context {
                Some(context) => context,
                empty => empty.insert(zstd::bulk::Decompressor::new()?),
            };
            let mut cursor = std::io::Cursor::new(&mut buffer);
            cursor.set_position(plain.len() as u64);
            context.decompress_to_buffer(compressed, &mut cursor)
        })?;
    }
    if buffer.len() == bytes {
        Ok(Bytes::from(buffer))
    } else {
        Err(ParquetError::General(format!(
            "a page has {} bytes and claims {bytes}",
            buffer.len()
        )))
    }
}

impl Iterator for ChunkPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for ChunkPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        if std::mem::take(&mut self.dictionary) {
            return self.read_dictionary().map(Some);
        }
        let page = self.locations()?.get(self.next);
        let page = page.map(|location| self.read_data(location)).transpose()?;
        self.next += 1;
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        let metadata = |num_rows, is_dict| {
            Some(PageMetadata {
                num_rows,
                num_levels: None,
                is_dict,
            })
        };
        if self.dictionary {
            return Ok(metadata(None, true));
        }
        let locations = self.locations()?;
        let Some(page) = locations.get(self.next) else {
            return Ok(None);
        };
        let end = locations.get(self.next + 1).map_or_else(
            || self.pages.metadata.row_group(self.group).num_rows(),
            |next| next.first_row_index,
        );
        Ok(metadata(Some((end - page.first_row_index) as usize), false))
    }

    fn skip_next_page(&mut self) -> Result<()> {
        if !std::mem::take(&mut self.dictionary) {
            self.next += 1;
        }
        Ok(())
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        // Pages that an index lists begin with a row.
        Ok(true)
    }
}
