//! The list of segments: a file of frames, each an edit.
//!
//! An edit is one frame, appended and synced, so a merge replaces its inputs in one step. The file is rewritten, and
//! renamed into place, when most of it is history.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wakeful_wire::frame::{self, Item, Kind};

use crate::segment::SegmentMeta;

const FILE_NAME: &str = "manifest";

/// Edits beyond those that are needed before the file is rewritten.
const HISTORY_MAX: usize = 1024;

/// A change of the list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Edit {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) add: Vec<SegmentMeta>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) remove: Vec<u64>,
    /// Logs up to this one are in segments.
    #[serde(default)]
    pub(crate) flushed: u64,
}

/// Why an edit failed.
#[derive(Debug)]
pub(crate) enum CommitError {
    /// Nobody will read it.
    NotMade(std::io::Error),
    /// It may be read after a crash, so the files of the segments that it adds must stay. Should the store go on, it
    /// is as if it had not been made.
    Unsure(std::io::Error),
}

/// The list, and the file that holds it.
#[derive(Debug)]
pub(crate) struct Manifest {
    path: PathBuf,
    file: File,
    bytes: u64,
    edits: usize,
    segments: BTreeMap<u64, SegmentMeta>,
    flushed: u64,
    damaged: u64,
    /// Whether something stands behind the last sound frame.
    torn: bool,
    /// Whether a file that is read after a crash may hold something else than this list: then it is rewritten before
    /// another edit is made.
    unsure: bool,
}

impl Manifest {
    pub(crate) fn open(folder: &Path) -> std::io::Result<Self> {
        let path = folder.join(FILE_NAME);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(&path)?;
        let mut manifest = Self {
            path,
            file,
            bytes: 0,
            edits: 0,
            segments: BTreeMap::new(),
            flushed: 0,
            damaged: 0,
            torn: false,
            unsure: false,
        };
        manifest.read(&bytes);
        if manifest.damaged > 0 {
            // The damaged part is kept beside for who wants to look at it.
            std::fs::copy(&manifest.path, manifest.path.with_extension("damaged"))?;
        }
        Ok(manifest)
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut at = 0;
        let mut damaged_since = 0;
        while at < bytes.len() {
            match frame::read_at(bytes, at, frame::NO_KEY) {
                Item::Frame(frame) => {
                    match serde_json::from_slice(frame.payload) {
                        Ok(edit) => self.apply(edit),
                        Err(_) => damaged_since += 1,
                    }
                    self.damaged += std::mem::take(&mut damaged_since);
                    at = frame.end;
                    self.bytes = at as u64;
                }
                Item::Damaged { .. } | Item::Nothing => {
                    damaged_since += 1;
                    at = frame::find(bytes, at + 1, frame::NO_KEY).unwrap_or(bytes.len());
                }
            }
        }
        self.torn = self.bytes < bytes.len() as u64;
    }

    fn apply(&mut self, edit: Edit) {
        for id in edit.remove {
            self.segments.remove(&id);
        }
        self.segments
            .extend(edit.add.into_iter().map(|meta| (meta.id, meta)));
        self.flushed = self.flushed.max(edit.flushed);
        self.edits += 1;
    }

    /// Edits that could not be read when it was opened, though later ones could.
    pub(crate) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Whether every edit was read that may have been acted upon. What stands behind the last sound one may be an
    /// edit that was never whole, or one that was and is damaged; and without any edit the file may be a new one, or
    /// have lost all.
    pub(crate) fn is_sound(&self) -> bool {
        self.damaged == 0 && !self.torn && self.edits > 0
    }

    /// Segments by id.
    pub(crate) fn segments(&self) -> &BTreeMap<u64, SegmentMeta> {
        &self.segments
    }

    /// Logs up to this one are in segments.
    pub(crate) fn flushed(&self) -> u64 {
        self.flushed
    }

    /// Makes an edit; when this returns it is on disk.
    pub(crate) fn commit(&mut self, edit: &Edit) -> Result<(), CommitError> {
        if self.unsure || self.edits > HISTORY_MAX + 2 * self.segments.len() {
            self.rewrite().map_err(CommitError::NotMade)?;
        }
        let bytes = encode(edit).map_err(CommitError::NotMade)?;
        if let Err(error) = self.append(&bytes) {
            // It may be there all the same, and must not be taken for made.
            let cut_off = self.file.set_len(self.bytes).and_then(|()| self.file.sync_data());
            self.unsure = cut_off.is_err();
            return Err(match cut_off {
                Ok(()) => CommitError::NotMade(error),
                Err(_) => CommitError::Unsure(error),
            });
        }
        self.bytes += bytes.len() as u64;
        self.apply(edit.clone());
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(self.bytes))?;
        self.file.write_all(bytes)?;
        self.file.sync_data()
    }

    /// Takes another list for the one that was read, and forgets what was wrong with that.
    pub(crate) fn mend(
        &mut self,
        segments: impl Iterator<Item = SegmentMeta>,
        flushed: u64,
    ) -> std::io::Result<()> {
        self.segments = segments.map(|meta| (meta.id, meta)).collect();
        self.flushed = flushed;
        self.rewrite()
    }

    fn rewrite(&mut self) -> std::io::Result<()> {
        let edit = Edit {
            add: self.segments.values().cloned().collect(),
            remove: Vec::new(),
            flushed: self.flushed,
        };
        let bytes = encode(&edit)?;
        let new_path = self.path.with_extension("new");
        let mut file = File::create(&new_path)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&new_path, &self.path)?;
        self.file = file;
        self.bytes = bytes.len() as u64;
        self.edits = 1;
        // Until its name is durable, the file before it may be the one that is read.
        self.unsure = true;
        sync_folder_of(&self.path)?;
        self.unsure = false;
        Ok(())
    }
}

fn encode(edit: &Edit) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let payload = serde_json::to_vec(edit)?;
    frame::write(&mut bytes, Kind::ManifestEdit, 0, frame::NO_KEY, &payload)?;
    Ok(bytes)
}

/// Makes a file's name durable.
pub(crate) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    // Windows cannot open a folder as a file, and does not need to.
    if cfg!(unix)
        && let Some(folder) = path.parent()
    {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(id: u64) -> SegmentMeta {
        SegmentMeta {
            id,
            level: 0,
            spans: 1,
            bytes: 1,
            payload_bytes: 1,
            start_min: 0,
            start_max: 0,
            end_max: 0,
            trace_start_max: 0,
            written_unix_nanos: 0,
            log: id,
            replaces: Vec::new(),
        }
    }

    fn ids(manifest: &Manifest) -> Vec<u64> {
        manifest.segments().keys().copied().collect()
    }

    #[test]
    fn edits_survive_and_a_torn_one_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(folder.path()).unwrap();
        manifest
            .commit(&Edit {
                add: vec![segment(1)],
                remove: vec![],
                flushed: 1,
            })
            .unwrap();
        manifest
            .commit(&Edit {
                add: vec![segment(2)],
                remove: vec![],
                flushed: 2,
            })
            .unwrap();
        let two = manifest.bytes;
        manifest
            .commit(&Edit {
                add: vec![segment(3)],
                remove: vec![1, 2],
                flushed: 2,
            })
            .unwrap();
        drop(manifest);
        let path = folder.path().join(FILE_NAME);
        let whole = std::fs::read(&path).unwrap();
        for length in two..whole.len() as u64 {
            std::fs::write(&path, &whole[..length as usize]).unwrap();
            let mut manifest = Manifest::open(folder.path()).unwrap();
            assert_eq!(
                (ids(&manifest), manifest.damaged()),
                (vec![1, 2], 0),
                "cut at {length}"
            );
            manifest
                .commit(&Edit {
                    add: vec![segment(4)],
                    remove: vec![],
                    flushed: 3,
                })
                .unwrap();
            assert_eq!(ids(&Manifest::open(folder.path()).unwrap()), [1, 2, 4]);
        }
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(ids(&Manifest::open(folder.path()).unwrap()), [3]);
    }

    #[test]
    fn a_damaged_edit_is_told_from_a_torn_one() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(folder.path()).unwrap();
        for id in 1..=3 {
            manifest
                .commit(&Edit {
                    add: vec![segment(id)],
                    remove: vec![],
                    flushed: id,
                })
                .unwrap();
        }
        let path = folder.path().join(FILE_NAME);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let manifest = Manifest::open(folder.path()).unwrap();
        assert_eq!((ids(&manifest), manifest.damaged()), (vec![2, 3], 1));
    }

    #[test]
    fn history_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(folder.path()).unwrap();
        for id in 1..=HISTORY_MAX as u64 + 10 {
            manifest
                .commit(&Edit {
                    add: vec![segment(id)],
                    remove: vec![id - 1],
                    flushed: id,
                })
                .unwrap();
        }
        assert!(manifest.bytes < 10_000, "{} bytes", manifest.bytes);
        let again = Manifest::open(folder.path()).unwrap();
        assert_eq!(
            (ids(&again), again.flushed()),
            (vec![HISTORY_MAX as u64 + 10], HISTORY_MAX as u64 + 10)
        );
    }

    fn add(id: u64) -> Edit {
        Edit {
            add: vec![segment(id)],
            remove: vec![],
            flushed: id,
        }
    }

    /// What is written to `/dev/null` is taken, but can be neither synced nor cut off.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_edit_that_may_be_on_disk_is_taken_back_before_another_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::open(folder.path()).unwrap();
        manifest.commit(&add(1)).unwrap();
        manifest.file = OpenOptions::new().write(true).open("/dev/null").unwrap();
        let failed = manifest.commit(&add(2)).unwrap_err();
        assert!(matches!(failed, CommitError::Unsure(_)), "{failed:?}");
        assert_eq!(ids(&manifest), [1]);
        // The disk has it all the same.
        let path = folder.path().join(FILE_NAME);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.extend(encode(&add(2)).unwrap());
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(ids(&Manifest::open(folder.path()).unwrap()), [1, 2]);
        manifest.commit(&add(3)).unwrap();
        assert_eq!(ids(&Manifest::open(folder.path()).unwrap()), [1, 3]);
    }
}
