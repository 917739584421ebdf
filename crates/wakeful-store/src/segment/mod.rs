//! Segments: what was flushed, as Parquet files that explain themselves (docs/storage.md).
//!
//! A file has the spans of one flush or merge, sorted so that a trace's spans are neighbours and traces stand by
//! their start. Behind the row groups, where Parquet readers do not look, are a trace index and, for each row group,
//! a filter of attribute values.

mod attributes;
mod builder;
mod calls;
mod checksums;
mod columns;
mod contents;
mod dictionary;
mod input;
mod key_order;
mod known_attributes;
mod longest;
mod losses;
mod meta;
mod needles;
mod open;
mod outline;
mod page_header;
mod pages;
mod places;
mod promote;
mod roots;
mod rows;
mod scan;
mod seal;
mod skeleton;
mod span_ids;
mod stages;
mod stretches;
mod trace_index;
mod write;
mod zones;

pub(crate) use contents::Contents;
pub(crate) use input::Source;
pub(crate) use known_attributes::Keys;
pub(crate) use longest::Longest;
pub(crate) use meta::{Catalog, SUFFIX, SegmentMeta, file_name};
pub(crate) use open::{Footer, Segment, TraceFilters};
pub(crate) use outline::{Outlines, Part as TracePart};
pub(crate) use pages::Dictionary;
pub(crate) use roots::{Root, RootSpan, Texts, root_of};
pub(crate) use scan::{Hit, Prospects};
pub(crate) use trace_index::TraceIndex;
pub(crate) use write::{Origin, write_segment};

use parquet::errors::ParquetError;

use crate::manifest::CommitError;

impl From<CommitError> for SegmentError {
    fn from(error: CommitError) -> Self {
        let (CommitError::NotMade(error) | CommitError::Unsure(error)) = error;
        Self::Io(error)
    }
}

/// Why a segment could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SegmentError {
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    #[error(transparent)]
    Arrow(#[from] arrow_schema::ArrowError),
    #[error(
        "its footer is not what was written: the file is cut off, has changed, or is of another version of wakeful; \
         restore it from a backup"
    )]
    FooterChanged,
    #[error("its footer is not wakeful's: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Format(&'static str),
    #[error("a bug of wakeful's; please report it with what stands before this on stderr")]
    Panicked,
}

impl SegmentError {
    /// Whether it came from the disk, which may be mended.
    pub(crate) fn is_io(&self) -> bool {
        match self {
            Self::Io(_) => true,
            Self::Parquet(ParquetError::External(source)) => source.is::<std::io::Error>(),
            _ => false,
        }
    }
}
