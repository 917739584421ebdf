//! Finding the segments of a folder when the store is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::OpenError;
use crate::cache::Cache;
use crate::manifest::Manifest;
use crate::segment::{self, Segment, SegmentMeta, Source};
use crate::stats::Counters;

/// What was found of a folder's segments.
pub(crate) struct Recovered {
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Logs up to this one are in segments.
    pub(crate) flushed: u64,
    /// Greater than the number of any segment.
    pub(crate) next_id: u64,
}

/// Opens the segments that the manifest lists. Others are what a crash left over, and are removed; but should part of
/// the manifest be lost, they are asked what they are, and the manifest is mended.
pub(crate) fn recover(
    folder: &Path,
    manifest: &mut Manifest,
    cache: &Arc<Cache>,
    counters: &Counters,
) -> Result<Recovered, OpenError> {
    let mut files = segment_files(folder)?;
    let ids = manifest.segments().keys().chain(files.keys());
    let mut recovered = Recovered {
        next_id: ids.max().map_or(1, |id| id + 1),
        flushed: manifest.flushed(),
        segments: Vec::new(),
    };
    let mut lost = Vec::new();
    for (id, meta) in manifest.segments() {
        let opened = match files.remove(id) {
            Some(path) => open(path, cache).ok_or("segment not readable"),
            None => Err("segment missing"),
        };
        match opened {
            Ok(segment) => recovered.segments.push(segment),
            Err(why) => lost.push((meta.clone(), why)),
        }
    }
    if manifest.is_sound() {
        for path in files.into_values() {
            tracing::info!(path = %path.display(), "removing a segment that was not finished, or replaced");
            std::fs::remove_file(&path).map_err(OpenError::io("remove", &path))?;
        }
    } else {
        if manifest.damaged() > 0 {
            counters.problem("manifest damaged", manifest.damaged());
        }
        for path in files.into_values() {
            tracing::warn!(
                path = %path.display(),
                "the manifest was cut off or damaged; a segment that it does not list is taken in"
            );
            match open(path, cache) {
                Some(segment) => recovered.segments.push(segment),
                // Half a segment is what a crash leaves, but this may be more than that.
                None if manifest.damaged() > 0 => counters.problem("segment not readable", 1),
                None => {}
            }
        }
        recovered.leave_out_doubles(&mut lost);
        let found = recovered.segments.iter().map(|segment| &segment.meta);
        let newest_log = found.clone().map(|meta| meta.log).max().unwrap_or_default();
        recovered.flushed = recovered.flushed.max(newest_log);
        // What is lost stays listed, so that it is told of until it is mended.
        let listed = found.chain(lost.iter().map(|(meta, _)| meta)).cloned();
        manifest
            .mend(listed, recovered.flushed)
            .map_err(OpenError::io("mend the manifest in", folder))?;
    }
    for (meta, why) in lost {
        let segment = segment::file_name(meta.id);
        tracing::error!(
            segment,
            spans = meta.spans,
            "{why}; its spans are missing from answers"
        );
        counters.problem(why, 1);
    }
    Ok(recovered)
}

impl Recovered {
    /// Leaves out segments whose spans are in others.
    fn leave_out_doubles(&mut self, lost: &mut Vec<(SegmentMeta, &'static str)>) {
        let replaces = self.segments.iter().flat_map(|segment| &segment.meta.replaces);
        let replaced: BTreeSet<u64> = replaces.copied().collect();
        self.segments
            .retain(|segment| !replaced.contains(&segment.meta.id));
        lost.retain(|(meta, _)| !replaced.contains(&meta.id));
        // Of two with the same newest log, the second was written in vain.
        let mut logs = BTreeSet::new();
        self.segments.retain(|segment| logs.insert(segment.meta.log));
    }
}

/// Files of segments, by number.
fn segment_files(folder: &Path) -> Result<BTreeMap<u64, PathBuf>, OpenError> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(OpenError::io("read", folder))? {
        let path = entry.map_err(OpenError::io("read", folder))?.path();
        // Only names that a store gives: other files are somebody else's.
        let name = path.file_name().and_then(|name| name.to_str());
        let id = name.and_then(|name| {
            u64::from_str_radix(name.strip_suffix(segment::SUFFIX)?.strip_suffix('.')?, 16).ok()
        });
        if let Some(id) = id.filter(|id| name == Some(&segment::file_name(*id))) {
            files.insert(id, path);
        }
    }
    Ok(files)
}

fn open(path: PathBuf, cache: &Arc<Cache>) -> Option<Arc<Segment>> {
    match Segment::open(Source::File(path.clone()), Arc::clone(cache)) {
        Ok(segment) => Some(Arc::new(segment)),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "cannot read a segment");
            None
        }
    }
}
