//! One file of batches.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use wakeful_wire::frame::{self, Item, Kind};
use wakeful_wire::runtime;

use super::index::{self, Entry, Extents};
use super::store::unix_nanos;
use crate::ReadError;
use crate::manifest::sync_folder_of;

const PREFIX: &str = "runtime-";
const SUFFIX: &str = "frames";
const INDEX_SUFFIX: &str = "index";

/// How the name of a file ends that has not all of its first part yet.
const NEW_SUFFIX: &str = "new";

/// A file that can be read, and perhaps is still written.
#[derive(Debug)]
pub(super) struct RuntimeFile {
    pub(super) number: u64,
    /// What its frames are sealed with.
    key: u64,
    place: Place,
    written: RwLock<Written>,
    /// Retention has taken it: that it cannot be read is no damage.
    removed: AtomicBool,
}

#[derive(Debug)]
enum Place {
    Disk(PathBuf),
    Memory(RwLock<Vec<Bytes>>),
}

#[derive(Debug, Default)]
struct Written {
    bytes: u64,
    /// When something was last written, Unix nanoseconds of our own clock: those of programs may be anywhere.
    heard_unix_nanos: u64,
    extents: Arc<Extents>,
    /// `None` where the index has them.
    entries: Option<Arc<Vec<Entry>>>,
}

impl RuntimeFile {
    /// A new one, on disk or in memory, and what writes to it. On disk it has another name until it appears: a file that a crash left
    /// without its checkpoints would hide what stands in the one before it.
    pub(super) fn create(
        folder: Option<&Path>,
        number: u64,
        key: u64,
    ) -> std::io::Result<(Self, Option<File>)> {
        let (place, file) = match folder {
            Some(folder) => {
                let path = folder.join(file_name(number, SUFFIX));
                let file = File::create(path.with_extension(NEW_SUFFIX))?;
                (Place::Disk(path), Some(file))
            }
            None => (Place::Memory(RwLock::default()), None),
        };
        let written = Written {
            entries: Some(Arc::default()),
            ..Written::default()
        };
        let created = Self {
            number,
            key,
            place,
            written: RwLock::new(written),
            removed: AtomicBool::new(false),
        };
        Ok((created, file))
    }

    /// Gives it its name: its first part is whole.
    pub(super) fn appear(&self) -> std::io::Result<()> {
        let Place::Disk(path) = &self.place else {
            return Ok(());
        };
        std::fs::rename(path.with_extension(NEW_SUFFIX), path)?;
        sync_folder_of(path)
    }

    /// Takes away one whose first part could not be written.
    pub(super) fn discard(&self) -> std::io::Result<()> {
        let Place::Disk(path) = &self.place else {
            return Ok(());
        };
        remove_if_there(&path.with_extension(NEW_SUFFIX))?;
        remove_if_there(path)
    }

    /// One that another process has left, with what of it cannot be read. Without a sound index it is read through, and gets one.
    pub(super) fn open(path: PathBuf, number: u64, key: u64) -> std::io::Result<(Self, Vec<ReadError>)> {
        let mut problems = Vec::new();
        let metadata = path.metadata()?;
        let bytes = metadata.len();
        let index = read_index(&path, key).filter(|entries| {
            let end = entries
                .last()
                .map_or(0, |last| last.offset + u64::from(last.bytes));
            end <= bytes
        });
        let is_indexed = index.is_some();
        let entries = match index {
            Some(entries) => entries,
            None => scan(&path, &std::fs::read(&path)?, key, &mut problems),
        };
        let mut extents = Extents::new();
        for entry in &entries {
            index::extend(&mut extents, entry);
        }
        let heard = metadata.modified()?.duration_since(UNIX_EPOCH);
        let written = Written {
            bytes,
            heard_unix_nanos: heard.map_or(0, |since| since.as_nanos() as u64),
            extents: Arc::new(extents),
            entries: (!is_indexed).then(|| Arc::new(entries)),
        };
        let opened = Self {
            number,
            key,
            place: Place::Disk(path),
            written: RwLock::new(written),
            removed: AtomicBool::new(false),
        };
        // What cannot be indexed can be read all the same, on a full disk for one.
        if let Err(error) = opened.seal() {
            tracing::warn!(%error, "cannot write an index of runtime data; it stays in memory");
        }
        Ok((opened, problems))
    }

    /// Tells readers of frames that were written; in memory, these are the frames.
    pub(super) fn publish(&self, frames: Bytes, entries: &[Entry]) {
        if let Place::Memory(parts) = &self.place {
            parts
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .push(frames.clone());
        }
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        written.bytes += frames.len() as u64;
        written.heard_unix_nanos = unix_nanos();
        // Both are copied only while a reader holds them.
        let extents = Arc::make_mut(&mut written.extents);
        entries.iter().for_each(|entry| index::extend(extents, entry));
        if let Some(list) = &mut written.entries {
            Arc::make_mut(list).extend_from_slice(entries);
        }
    }

    /// Nothing more is written: the index goes to disk, and out of memory.
    pub(super) fn seal(&self) -> std::io::Result<()> {
        let Place::Disk(path) = &self.place else {
            return Ok(());
        };
        let entries = self.written().entries.clone();
        if let Some(entries) = entries {
            write_index(path, self.key, &entries)?;
            self.written
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .entries = None;
        }
        Ok(())
    }

    /// Bytes of its frames.
    pub(super) fn bytes(&self) -> u64 {
        self.written().bytes
    }

    /// When something was last written, Unix nanoseconds of our own clock.
    pub(super) fn heard_unix_nanos(&self) -> u64 {
        self.written().heard_unix_nanos
    }

    /// Whether retention has taken it from the disk.
    pub(super) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }

    /// What it has of each program.
    pub(super) fn extents(&self) -> Arc<Extents> {
        Arc::clone(&self.written().extents)
    }

    /// Its frames, in the order in which they came.
    pub(super) fn entries(&self) -> Result<Arc<Vec<Entry>>, ReadError> {
        if let Some(entries) = &self.written().entries {
            return Ok(Arc::clone(entries));
        }
        match &self.place {
            Place::Disk(path) => read_index(path, self.key)
                .map(Arc::new)
                .ok_or_else(|| self.problem("its index cannot be read; it is made anew at the next start")),
            Place::Memory(_) => Ok(Arc::default()),
        }
    }

    /// Opens it for reading frames.
    pub(super) fn reader(&self) -> Result<Reader<'_>, ReadError> {
        let file = match &self.place {
            Place::Disk(path) => Some(File::open(path).map_err(|error| self.problem(error.to_string()))?),
            Place::Memory(_) => None,
        };
        Ok(Reader { of: self, file })
    }

    /// Takes it from the disk; who has it open goes on.
    pub(super) fn remove(&self) -> std::io::Result<()> {
        self.removed.store(true, Ordering::Release);
        let Place::Disk(path) = &self.place else {
            return Ok(());
        };
        remove_if_there(path)?;
        remove_if_there(&path.with_extension(INDEX_SUFFIX))
    }

    fn written(&self) -> std::sync::RwLockReadGuard<'_, Written> {
        self.written.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn problem(&self, why: impl Into<String>) -> ReadError {
        ReadError {
            segment: file_name(self.number, SUFFIX),
            why: why.into(),
        }
    }
}

/// A file that is open.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    of: &'a RuntimeFile,
    file: Option<File>,
}

impl Reader<'_> {
    /// The payload of a frame.
    pub(super) fn payload(&mut self, entry: &Entry) -> Result<Bytes, ReadError> {
        let bytes = self
            .frame(entry)
            .map_err(|error| self.of.problem(error.to_string()))?;
        match frame::read_at(&bytes, 0, self.of.key) {
            Item::Frame(frame) => {
                let start = frame::HEADER_BYTES;
                Ok(bytes.slice(start..start + frame.payload.len()))
            }
            Item::Damaged { why, .. } => Err(self.damaged(entry, why)),
            Item::Nothing => Err(self.damaged(entry, "no frame stands there")),
        }
    }

    pub(super) fn damaged(&self, entry: &Entry, why: impl std::fmt::Display) -> ReadError {
        self.of
            .problem(format!("the frame at byte {}: {why}", entry.offset))
    }

    fn frame(&mut self, entry: &Entry) -> std::io::Result<Bytes> {
        let length = entry.bytes as usize;
        if let Some(file) = &mut self.file {
            let mut bytes = vec![0; length];
            file.seek(SeekFrom::Start(entry.offset))?;
            file.read_exact(&mut bytes)?;
            return Ok(bytes.into());
        }
        let Place::Memory(parts) = &self.of.place else {
            return Ok(Bytes::new());
        };
        let parts = parts.read().unwrap_or_else(PoisonError::into_inner);
        let mut start = 0;
        for part in parts.iter() {
            let at = (entry.offset - start) as usize;
            if at < part.len() {
                return Ok(part.slice(at..(at + length).min(part.len())));
            }
            start += part.len() as u64;
        }
        Ok(Bytes::new())
    }
}

/// The files of a folder, by number. What a crash left of others is taken away.
pub(super) fn list(folder: &Path) -> std::io::Result<Vec<(u64, PathBuf)>> {
    let (mut files, mut rest) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(number) = number(&path, SUFFIX) {
            files.push((number, path));
        } else if number(&path, NEW_SUFFIX).is_some()
            || number(&path, INDEX_SUFFIX).is_some() && !path.with_extension(SUFFIX).exists()
        {
            rest.push(path);
        }
    }
    for path in rest {
        if let Err(error) = std::fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "cannot remove what a crash left of a file of runtime data");
        }
    }
    files.sort_unstable();
    Ok(files)
}

/// The number of a file whose name ends so, if that is a name that a store gives: others are somebody else's.
fn number(path: &Path, suffix: &str) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    let digits = name
        .strip_prefix(PREFIX)?
        .strip_suffix(suffix)?
        .strip_suffix('.')?;
    let number = u64::from_str_radix(digits, 16).ok()?;
    (file_name(number, suffix) == name).then_some(number)
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn file_name(number: u64, suffix: &str) -> String {
    format!("{PREFIX}{number:016x}.{suffix}")
}

fn read_index(path: &Path, key: u64) -> Option<Vec<Entry>> {
    let bytes = std::fs::read(path.with_extension(INDEX_SUFFIX)).ok()?;
    match frame::read_at(&bytes, 0, key) {
        Item::Frame(frame) if frame.kind == Kind::RuntimeIndex => index::read(frame.payload),
        _ => None,
    }
}

/// Writes the index of a file; one that is not whole is no index, so nothing has to be renamed.
fn write_index(path: &Path, key: u64, entries: &[Entry]) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, Kind::RuntimeIndex, 0, key, &index::write(entries))?;
    let path = path.with_extension(INDEX_SUFFIX);
    let mut file = File::create(&path)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    sync_folder_of(&path)
}

/// Reads a file through. A torn frame at its end was never acknowledged, and is left out in silence.
fn scan(path: &Path, bytes: &[u8], key: u64, problems: &mut Vec<ReadError>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = 0;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    while let Some(found) = frame::find(bytes, at, key) {
        let mut damage = (found > at).then(|| (at, "bytes between frames are no frame".to_owned()));
        match frame::read_at(bytes, found, key) {
            Item::Frame(frame) => {
                let length = (frame.end - found) as u32;
                let is_checkpoint = frame.kind == Kind::RuntimeCheckpoint;
                match runtime::decode(frame.payload) {
                    Ok(batch) => entries.push(Entry::of(&batch, found as u64, length, is_checkpoint)),
                    Err(error) => damage = Some((found, error.to_string())),
                }
                at = frame.end;
            }
            Item::Damaged { why, end, .. } => {
                // With another frame behind it, it was whole once.
                if frame::find(bytes, end, key).is_some() {
                    damage = Some((found, why.to_owned()));
                }
                at = end;
            }
            Item::Nothing => break,
        }
        problems.extend(damage.map(|(at, why)| ReadError {
            segment: name.to_string(),
            why: format!("the frame at byte {at}: {why}"),
        }));
    }
    entries
}
