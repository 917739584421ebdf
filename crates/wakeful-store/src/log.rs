//! The write-ahead log: what was received, until it rests in a segment.
//!
//! A log is the frames of one tail, told from others by their sequence number. Logs are written into slots, files
//! that are used again once their log is flushed: writing over blocks that a file already has spares the file
//! system its journal, which makes a sync several times quicker and cheaper (docs/performance.md). What an older log
//! left in a slot has a smaller sequence, and is passed over.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use wakeful_wire::frame::{self, Item, Kind};
use wakeful_wire::otlp::Batch;

use crate::log_key;
use crate::manifest::sync_folder_of;

const SUFFIX: &str = "wal";

#[derive(Debug)]
struct Slot {
    path: PathBuf,
    file: File,
    /// The newest log in it; zero if there is none.
    sequence: u64,
}

/// The open log and the slots.
#[derive(Debug)]
pub(crate) struct Log {
    folder: PathBuf,
    /// What frames are sealed with.
    key: u64,
    slots: Vec<Slot>,
    /// Index of the slot that is written; `None` until something is.
    current: Option<usize>,
    sequence: u64,
    offset: u64,
    /// Bytes behind the offset in which a failed write may have left frames.
    spoiled: u64,
    slot_bytes: u64,
}

/// Logs that were not flushed when the last process ended.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    /// By sequence.
    pub(crate) logs: BTreeMap<u64, Vec<Arc<Batch>>>,
    /// Frames that could not be read, by reason; a torn last one is not among them.
    pub(crate) unreadable: BTreeMap<&'static str, u64>,
}

impl Log {
    /// Reads what is not `flushed`, and opens a new log behind it. Slots have `slot_bytes` reserved.
    pub(crate) fn open(folder: &Path, flushed: u64, slot_bytes: u64) -> std::io::Result<(Self, Replay)> {
        let key = log_key::read_or_make(folder)?;
        let mut replay = Replay::default();
        let mut slots = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            // Only names that a store gives: other files are somebody else's, a copy of a slot among them.
            if !is_slot(&path) {
                continue;
            }
            let sequence = read_slot(&std::fs::read(&path)?, key, flushed, &mut replay);
            let file = OpenOptions::new().write(true).open(&path)?;
            slots.push(Slot { path, file, sequence });
        }
        let newest = slots
            .iter()
            .map(|slot| slot.sequence)
            .max()
            .unwrap_or(0)
            .max(flushed);
        let log = Self {
            folder: folder.to_owned(),
            key,
            slots,
            current: None,
            sequence: newest + 1,
            offset: 0,
            spoiled: 0,
            slot_bytes,
        };
        Ok((log, replay))
    }

    /// The number of the log that is written now.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What its frames are sealed with.
    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    /// Bytes that slots take on disk.
    pub(crate) fn bytes(&self) -> u64 {
        self.slots
            .iter()
            .filter_map(|slot| slot.file.metadata().ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    /// Writes frames; `sync` makes them durable. After an error the log is as if this had not been called. A log that
    /// was empty takes a slot whose log is `flushed`, or a new one.
    pub(crate) fn write(&mut self, frames: &[u8], sync: bool, flushed: u64) -> std::io::Result<()> {
        let current = match self.current {
            Some(current) => current,
            None => self.take_slot(flushed)?,
        };
        self.wipe(current)?;
        let slot = &mut self.slots[current];
        if let Err(error) = slot.write(self.offset, frames, sync) {
            let end = slot.file.metadata().map_or(u64::MAX, |metadata| metadata.len());
            self.spoiled = end.saturating_sub(self.offset).min(frames.len() as u64);
            // If this fails too, it is tried again before anything else is written.
            let _ = self.wipe(current);
            return Err(error);
        }
        self.offset += frames.len() as u64;
        Ok(())
    }

    /// Takes back what a failed write left: its senders were told that it is not kept, and are likely to send it
    /// again.
    fn wipe(&mut self, current: usize) -> std::io::Result<()> {
        if self.spoiled > 0 {
            let zeros = vec![0; self.spoiled as usize];
            self.slots[current].write(self.offset, &zeros, true)?;
            self.spoiled = 0;
        }
        Ok(())
    }

    fn take_slot(&mut self, flushed: u64) -> std::io::Result<usize> {
        let free = self.slots.iter().position(|slot| slot.sequence <= flushed);
        let current = match free {
            Some(slot) => slot,
            None => {
                self.slots.push(self.new_slot()?);
                self.slots.len() - 1
            }
        };
        self.slots[current].sequence = self.sequence;
        self.current = Some(current);
        self.offset = 0;
        Ok(current)
    }

    /// Ends this log; what is written next is of another.
    pub(crate) fn rotate(&mut self) {
        if let Some(current) = self.current {
            // If it fails again, what was refused may come back after a crash.
            let _ = self.wipe(current);
        }
        self.sequence += 1;
        self.current = None;
        self.spoiled = 0;
    }

    /// Removes slots whose log is `flushed`, but for `kept` of them, which the next logs take.
    pub(crate) fn trim(&mut self, flushed: u64, mut kept: usize) {
        let current = self.current.map(|current| self.slots[current].path.clone());
        // A slot that cannot be removed stays free.
        self.slots.retain(|slot| {
            let is_free = slot.sequence <= flushed && Some(&slot.path) != current.as_ref();
            if is_free && kept > 0 {
                kept -= 1;
                return true;
            }
            !(is_free && std::fs::remove_file(&slot.path).is_ok())
        });
        self.current = current.and_then(|path| self.slots.iter().position(|slot| slot.path == path));
    }

    fn new_slot(&self) -> std::io::Result<Slot> {
        let path = (0_u64..)
            .map(|number| self.folder.join(slot_name(number)))
            .find(|path| self.slots.iter().all(|slot| slot.path != *path))
            .unwrap_or_default();
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(true)
            .open(&path)?;
        // Reserving blocks beforehand is quicker than growing the file, and finds a full disk before data is lost.
        match fs4::FileExt::allocate(&file, self.slot_bytes) {
            Ok(()) => {}
            // Some file systems cannot; the file grows then.
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => {}
            Err(error) => {
                drop(std::fs::remove_file(&path));
                return Err(error);
            }
        }
        file.sync_all()?;
        sync_folder_of(&path)?;
        Ok(Slot {
            path,
            file,
            sequence: 0,
        })
    }
}

fn slot_name(number: u64) -> String {
    format!("log-{number}.{SUFFIX}")
}

fn is_slot(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let number = name
        .strip_prefix("log-")
        .and_then(|name| name.strip_suffix(SUFFIX)?.strip_suffix('.'));
    let number = number.and_then(|number| number.parse().ok());
    number.is_some_and(|number| slot_name(number) == name)
}

impl Slot {
    fn write(&mut self, offset: u64, bytes: &[u8], sync: bool) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(bytes)?;
        if sync {
            self.file.sync_data()?;
        }
        Ok(())
    }
}

/// Reads the frames of a slot whose logs are not `flushed`; returns the greatest sequence in it.
fn read_slot(bytes: &[u8], key: u64, flushed: u64, replay: &mut Replay) -> u64 {
    let mut at = 0;
    let mut newest = 0;
    // Damage counts only if a later frame of the same log shows that the log went on behind it.
    let mut damage: Vec<(u64, &'static str)> = Vec::new();
    while at < bytes.len() {
        match frame::read_at(bytes, at, key) {
            Item::Frame(frame) => {
                newest = newest.max(frame.sequence);
                if frame.sequence > flushed {
                    for (_, why) in damage
                        .drain(..)
                        .filter(|(of, _)| *of == 0 || *of == frame.sequence)
                    {
                        *replay.unreadable.entry(why).or_default() += 1;
                    }
                    match read_batch(frame.kind, frame.payload) {
                        Ok(batch) => replay
                            .logs
                            .entry(frame.sequence)
                            .or_default()
                            .push(Arc::new(batch)),
                        Err(why) => *replay.unreadable.entry(why).or_default() += 1,
                    }
                } else {
                    damage.clear();
                }
                at = frame.end;
            }
            Item::Damaged { sequence, why, end } => {
                newest = newest.max(sequence);
                damage.push((sequence, why));
                // The payload may be cut short by a frame that was written over it.
                at = frame::find(bytes, at + frame::HEADER_BYTES, key).unwrap_or(end);
            }
            Item::Nothing => {
                if bytes[at..]
                    .iter()
                    .take(frame::HEADER_BYTES)
                    .any(|byte| *byte != 0)
                {
                    damage.push((0, "damaged header"));
                }
                at = frame::find(bytes, at + 1, key).unwrap_or(bytes.len());
            }
        }
    }
    newest
}

fn read_batch(kind: Kind, payload: &[u8]) -> Result<Batch, &'static str> {
    match kind {
        Kind::OtlpTraces => Batch::decode(Bytes::copy_from_slice(payload)).map_err(|_| "malformed payload"),
        Kind::OtlpLogs
        | Kind::RuntimeBatch
        | Kind::ManifestEdit
        | Kind::RuntimeCheckpoint
        | Kind::RuntimeIndex => Err("not a frame of a log"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frames of empty requests, told apart by how many there are.
    fn frames(log: &Log, sequence: u64, count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            frame::write(&mut bytes, Kind::OtlpTraces, sequence, log.key(), b"").unwrap();
        }
        bytes
    }

    fn replayed(folder: &Path) -> Vec<(u64, usize)> {
        let (_, replay) = Log::open(folder, 0, 4096).unwrap();
        assert!(replay.unreadable.is_empty(), "{:?}", replay.unreadable);
        let logs = replay.logs.iter();
        logs.map(|(sequence, frames)| (*sequence, frames.len())).collect()
    }

    /// Makes writing fail after some bytes of what is to be written are there, as a disk does that is full.
    fn fail_after(log: &mut Log, written: &[u8]) -> File {
        let offset = log.offset;
        let slot = &mut log.slots[0];
        slot.write(offset, written, false).unwrap();
        let read_only = File::open(&slot.path).unwrap();
        std::mem::replace(&mut slot.file, read_only)
    }

    #[test]
    fn what_was_refused_is_not_replayed() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = Log::open(folder.path(), 0, 4096).unwrap();
        let two = frames(&log, 1, 2);
        log.write(&two, true, 0).unwrap();
        let refused = frames(&log, 1, 5);
        // The last of the five is not whole.
        let writable = fail_after(&mut log, &refused[..refused.len() - 8]);
        log.write(&refused, true, 0).unwrap_err();
        let one = frames(&log, 1, 1);
        log.write(&one, true, 0).unwrap_err();
        log.slots[0].file = writable;
        let one = frames(&log, 1, 1);
        log.write(&one, true, 0).unwrap();
        assert_eq!(replayed(folder.path()), [(1, 3)]);
        let one = frames(&log, 1, 1);
        log.write(&one, true, 0).unwrap();
        assert_eq!(replayed(folder.path()), [(1, 4)]);
    }

    #[test]
    fn files_of_other_names_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = Log::open(folder.path(), 0, 4096).unwrap();
        let two = frames(&log, 1, 2);
        log.write(&two, true, 0).unwrap();
        let slot = std::fs::read(folder.path().join("log-0.wal")).unwrap();
        let others = ["saved.wal", "log-0.old.wal", "log-00.wal"].map(|name| folder.path().join(name));
        others
            .iter()
            .for_each(|path| std::fs::write(path, &slot).unwrap());
        assert_eq!(replayed(folder.path()), [(1, 2)]);
        let (mut log, _) = Log::open(folder.path(), 1, 4096).unwrap();
        log.trim(1, 0);
        for path in &others {
            assert!(std::fs::read(path).unwrap() == slot, "{}", path.display());
        }
        assert!(!folder.path().join("log-0.wal").exists());
    }

    #[test]
    fn a_write_that_is_not_synced_is_taken_back() {
        let folder = tempfile::tempdir().unwrap();
        let (mut log, _) = Log::open(folder.path(), 0, 4096).unwrap();
        let two = frames(&log, 1, 2);
        log.write(&two, true, 0).unwrap();
        let three = frames(&log, 1, 3);
        log.slots[0].write(log.offset, &three, false).unwrap();
        log.spoiled = three.len() as u64;
        log.wipe(0).unwrap();
        assert_eq!(replayed(folder.path()), [(1, 2)]);
    }
}
