//! What is known of a segment without reading it.

use serde::{Deserialize, Serialize};
use wakeful_model::Kind;

use super::checksums::ChecksumExtent;

/// A segment's identity and extent. It stands in the manifest and, so that a segment explains itself, in its footer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SegmentMeta {
    /// Names the file; grows with each segment of a store.
    pub(crate) id: u64,
    /// How many merges its spans have been through.
    pub(crate) level: u32,
    /// Rows.
    pub(crate) spans: u64,
    /// Size of the file.
    pub(crate) bytes: u64,
    /// Size of its spans as OTLP: what it takes to have them in memory.
    pub(crate) payload_bytes: u64,
    /// Earliest and latest start of a span, Unix nanoseconds.
    pub(crate) start_min: u64,
    pub(crate) start_max: u64,
    /// Latest end of a span, Unix nanoseconds.
    pub(crate) end_max: u64,
    /// Latest start of a trace's earliest span here: no trace that is only here began later.
    pub(crate) trace_start_max: u64,
    /// When it was written, Unix nanoseconds.
    pub(crate) written_unix_nanos: u64,
    /// The segment holds this log and all before it that no earlier segment holds.
    pub(crate) log: u64,
    /// The segments that were merged into this one, and into those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) replaces: Vec<u64>,
}

/// The file of a segment.
pub(crate) fn file_name(id: u64) -> String {
    format!("{id:016x}.{SUFFIX}")
}

/// How the names of segments end.
pub(crate) const SUFFIX: &str = "parquet";

/// Where in the file stands what Parquet readers skip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extras {
    /// The trace index: offset and length.
    pub(crate) traces: (u64, u64),
    /// The calls between services: offset and length.
    pub(crate) calls: (u64, u64),
    /// For each row group.
    pub(crate) row_groups: Vec<RowGroupExtras>,
    pub(crate) checksums: ChecksumExtent,
}

/// One row group's extent and needles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RowGroupExtras {
    pub(crate) rows: u32,
    /// Offset and length of the needles filter.
    pub(crate) needles: (u64, u64),
    /// Offset and length of the zones of durations.
    pub(crate) zones: (u64, u64),
    pub(crate) start_min: u64,
    pub(crate) start_max: u64,
    pub(crate) end_max: u64,
    pub(crate) trace_start_max: u64,
    /// Longest duration of a span, nanoseconds.
    pub(crate) duration_max: u64,
}

/// Services of a segment and their operations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Catalog {
    pub(crate) services: Vec<CatalogService>,
}

/// One service of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CatalogService {
    pub(crate) name: String,
    /// Names and kinds (OTLP's numbers), sorted.
    pub(crate) operations: Vec<(String, u8)>,
}

impl CatalogService {
    pub(crate) fn operations(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.operations
            .iter()
            .map(|(name, kind)| (name.as_str(), Kind::from_otlp(u64::from(*kind))))
    }
}

impl Catalog {
    pub(crate) fn size_bytes(&self) -> usize {
        let of_service = |service: &CatalogService| {
            let operations = service.operations.iter();
            size_of::<CatalogService>()
                + service.name.len()
                + operations
                    .map(|(name, _)| size_of::<(String, u8)>() + name.len())
                    .sum::<usize>()
        };
        self.services.iter().map(of_service).sum()
    }

    pub(crate) fn service(&self, name: &str) -> Option<&CatalogService> {
        self.services.iter().find(|service| service.name == name)
    }
}

/// Keys of a segment's footer.
pub(crate) const META_KEY: &str = "wakeful.segment";
pub(crate) const EXTRAS_KEY: &str = "wakeful.extras";
pub(crate) const CATALOG_KEY: &str = "wakeful.catalog";
pub(crate) const LOSSES_KEY: &str = "wakeful.losses";
pub(crate) const FORMAT_KEY: &str = "wakeful.format";

/// The version of the layout.
pub(crate) const FORMAT: &str = "3";
