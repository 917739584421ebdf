//! Reading: which programs there are, their batches, and their states.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use wakeful_live::Live;
use wakeful_model::runtime::RuntimeBatch;
use wakeful_wire::runtime;

use super::ProgramId;
use super::file::RuntimeFile;
use super::index::{Entry, Extent};
use super::past::Origin;
use super::store::{RuntimeStore, Shared, told};
use crate::ReadError;

/// What is kept of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgramExtent {
    /// The program.
    pub id: ProgramId,
    /// Where what is kept of it begins, Unix nanoseconds.
    pub from_unix_nanos: u64,
    /// Where it ends.
    pub to_unix_nanos: u64,
    /// Bytes of its frames.
    pub bytes: u64,
}

impl RuntimeStore {
    /// Every program of which something is kept, the one that reported last first.
    pub fn programs(&self) -> Vec<ProgramExtent> {
        let mut all: BTreeMap<ProgramId, Extent> = BTreeMap::new();
        for file in self.shared.files.list().iter() {
            for (id, extent) in file.extents().iter() {
                all.entry(*id)
                    .and_modify(|whole| {
                        whole.from = whole.from.min(extent.from);
                        whole.to = whole.to.max(extent.to);
                        whole.bytes += extent.bytes;
                    })
                    .or_insert(*extent);
            }
        }
        let of = |(id, extent): (ProgramId, Extent)| ProgramExtent {
            id,
            from_unix_nanos: extent.from,
            to_unix_nanos: extent.to,
            bytes: extent.bytes,
        };
        let mut programs: Vec<_> = all.into_iter().map(of).collect();
        programs.sort_by_key(|program| (std::cmp::Reverse(program.to_unix_nanos), program.id));
        programs
    }

    /// What is kept of one program.
    pub fn program(&self, id: ProgramId) -> Option<ProgramExtent> {
        self.programs().into_iter().find(|program| program.id == id)
    }

    /// Answers from the state of a program at a time (Unix nanoseconds), or after the latest that is kept; `None` if nothing is kept
    /// of it from before that. The state has the whole of the batch that the time lies in. Tasks that went up to `retain_nanos` before the
    /// time are in it, as far as they are remembered at all. Blocks.
    pub fn with_program<T>(
        &self,
        id: ProgramId,
        at: Option<u64>,
        retain_nanos: u64,
        answer: impl FnOnce(&Live) -> T,
    ) -> Option<T> {
        if let Some(live) = self.shared.live.get(id)
            && at.is_none_or(|at| at >= live.now_unix_nanos())
        {
            return Some(answer(&live));
        }
        let at = at.unwrap_or(u64::MAX);
        let list = self.shared.files.list();
        let has = |file: &&Arc<RuntimeFile>, before: u64| {
            file.extents()
                .get(&id)
                .is_some_and(|extent| extent.from <= before)
        };
        let newest = list.iter().rposition(|file| has(&file, at))?;
        // A file further back has those that ended shortly before the newest one began.
        let retained = at
            .min(list[newest].extents().get(&id)?.to)
            .saturating_sub(retain_nanos);
        let oldest = list
            .iter()
            .rposition(|file| has(&file, retained))
            .unwrap_or(newest);
        let is_of_it = |entry: &Entry| entry.program == id && entry.from <= at;
        let last = list[newest]
            .entries()
            .ok()?
            .iter()
            .rfind(|entry| is_of_it(entry))?
            .offset;
        let origin = Origin {
            program: id,
            first_file: list[oldest].number,
            last: (list[newest].number, last),
        };
        if let Some(known) = self.shared.past.get(origin) {
            return Some(answer(&known));
        }
        let mut program = Live::default();
        let mut problems = Vec::new();
        for (number, file) in list[oldest..=newest].iter().enumerate() {
            // Later files' checkpoints say again what is folded already.
            let wanted = |entry: &Entry| is_of_it(entry) && (number == 0 || !entry.is_checkpoint);
            problems.extend(
                self.shared
                    .each_frame(file, wanted, |_, batch| program.fold(batch)),
            );
        }
        told(&self.shared.counters, &problems);
        if program.folds() == 0 {
            return None;
        }
        let program = Arc::new(program);
        if problems.is_empty() {
            self.shared.past.put(origin, Arc::clone(&program));
        }
        Some(answer(&program))
    }

    /// Shows the state of a program after each batch that ends in a range of time (Unix nanoseconds), until `visit` has seen enough. What
    /// cannot be read is left out and counted. Blocks.
    pub fn each_state(
        &self,
        id: ProgramId,
        within: &RangeInclusive<u64>,
        mut visit: impl FnMut(&Live) -> ControlFlow<()>,
    ) {
        // It has the whole of the batch that the range begins in; a program that began within it has nothing from before.
        let before = self.with_program(id, Some(*within.start()), 0, Live::clone);
        let mut is_over = before
            .as_ref()
            .filter(|live| within.contains(&live.now_unix_nanos()))
            .is_some_and(|live| visit(live).is_break());
        let mut program = before.unwrap_or_default();
        self.each_batch(id, within, |batch| {
            let is_new =
                batch.to_unix_nanos > program.now_unix_nanos() && within.contains(&batch.to_unix_nanos);
            if !is_over && is_new {
                program.fold(batch);
                is_over = visit(&program).is_break();
            }
        });
    }

    /// Answers from the latest state of a program, if that is in memory.
    pub fn with_latest<T>(&self, id: ProgramId, answer: impl FnOnce(&Live) -> T) -> Option<T> {
        self.shared.live.get(id).map(|live| answer(&live))
    }

    /// The last batch that is kept of a program. Blocks.
    pub fn last_batch(&self, id: ProgramId) -> Option<RuntimeBatch> {
        let list = self.shared.files.list();
        let newest = list.iter().rfind(|file| file.extents().contains_key(&id))?;
        let last = newest
            .entries()
            .ok()?
            .iter()
            .rfind(|entry| entry.program == id)?
            .offset;
        let mut found = None;
        let problems = self.shared.each_frame(
            newest,
            |entry| entry.offset == last,
            |_, batch| found = Some(batch.clone()),
        );
        told(&self.shared.counters, &problems);
        found
    }

    /// Shows each batch of a program that tells of something in a range of time (Unix nanoseconds), in the order in which they came.
    /// What cannot be read is told beside. Blocks.
    pub fn each_batch(
        &self,
        id: ProgramId,
        within: &RangeInclusive<u64>,
        mut visit: impl FnMut(&RuntimeBatch),
    ) -> Vec<ReadError> {
        let mut problems = Vec::new();
        for file in self.shared.files.list().iter() {
            let extents = file.extents();
            let may_have = extents
                .get(&id)
                .is_some_and(|extent| extent.earliest <= *within.end() && extent.to >= *within.start());
            if !may_have {
                continue;
            }
            let wanted = |entry: &Entry| entry.program == id && entry.overlaps(within);
            problems.extend(self.shared.each_frame(file, wanted, |_, batch| visit(batch)));
        }
        told(&self.shared.counters, &problems);
        problems
    }
}

impl Shared {
    /// The state of a program after everything that is kept of it, of the newest file that has some of it: that begins with its state, or
    /// is the one in which the program began. Nothing if nothing is kept.
    pub(super) fn recall(&self, id: ProgramId) -> Option<Live> {
        let list = self.files.list();
        let newest = list.iter().rfind(|file| file.extents().contains_key(&id))?;
        let mut program = Live::default();
        let problems = self.each_frame(
            newest,
            |entry| entry.program == id,
            |_, batch| program.fold(batch),
        );
        told(&self.counters, &problems);
        (program.folds() > 0).then_some(program)
    }

    /// Shows the frames of a file that are wanted; none of one that retention has taken meanwhile.
    pub(super) fn each_frame(
        &self,
        file: &RuntimeFile,
        wanted: impl Fn(&Entry) -> bool,
        mut visit: impl FnMut(&Entry, &RuntimeBatch),
    ) -> Vec<ReadError> {
        let entries = match file.entries() {
            Ok(entries) => entries,
            Err(_) if file.is_removed() => return Vec::new(),
            Err(problem) => return vec![problem],
        };
        let mut problems = Vec::new();
        let mut reader = None;
        for entry in entries.iter().filter(|entry| wanted(entry)) {
            let place = (file.number, entry.offset);
            if let Some(batch) = self.decoded.get(place) {
                visit(entry, &batch);
                continue;
            }
            if reader.is_none() {
                match file.reader() {
                    Ok(opened) => reader = Some(opened),
                    Err(_) if file.is_removed() => return problems,
                    Err(problem) => return vec![problem],
                }
            }
            let Some(reader) = &mut reader else { continue };
            let decoded = reader
                .payload(entry)
                .and_then(|payload| runtime::decode(&payload).map_err(|error| reader.damaged(entry, error)));
            match decoded {
                Ok(batch) => {
                    let batch = Arc::new(batch);
                    visit(entry, &batch);
                    self.decoded.put(place, entry.bytes, batch);
                }
                Err(problem) => problems.push(problem),
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use wakeful_model::runtime::RuntimeBatch;

    use super::super::{RuntimeFrame, Setup};
    use super::*;

    #[test]
    fn what_retention_took_meanwhile_is_no_damage() {
        let folder = tempfile::tempdir().unwrap();
        let setup = Setup {
            folder: Some(folder.path().to_owned()),
            ack: crate::Ack::Memory,
            retention_bytes: None,
            retention_time: None,
        };
        let store = RuntimeStore::open(setup, Arc::default()).unwrap();
        let batch = RuntimeBatch {
            to_unix_nanos: 1,
            ..RuntimeBatch::default()
        };
        let mut payload = Vec::new();
        runtime::encode(&batch, &mut payload);
        let frame = RuntimeFrame {
            payload: payload.into(),
            batch,
        };
        let waiting = tokio::runtime::Builder::new_current_thread().build().unwrap();
        waiting.block_on(store.append(vec![frame])).unwrap();
        store.close();
        let file = Arc::clone(&store.shared.files.list()[0]);
        let read = || store.shared.each_frame(&file, |_| true, |_, _| ());
        // The one that a reader has open, and then the one that it had in its list.
        std::fs::remove_file(folder.path().join("runtime-0000000000000001.frames")).unwrap();
        assert_eq!(read().len(), 1);
        file.remove().unwrap();
        assert_eq!(read(), []);
    }

    /// Says how many programs were known when it was dropped.
    struct Told(RuntimeStore, std::sync::mpsc::Sender<usize>);

    impl Drop for Told {
        fn drop(&mut self) {
            self.1.send(self.0.programs().len()).unwrap();
        }
    }

    #[test]
    fn room_is_given_back_when_frames_are_kept_and_not_when_their_sender_goes() {
        let setup = Setup {
            folder: None,
            ack: crate::Ack::Memory,
            retention_bytes: None,
            retention_time: None,
        };
        let store = RuntimeStore::open(setup, Arc::default()).unwrap();
        let frame = RuntimeFrame {
            payload: bytes::Bytes::new(),
            batch: RuntimeBatch::default(),
        };
        let (sender, dropped) = std::sync::mpsc::channel();
        let mut append = Box::pin(store.append_holding(vec![frame], Told(store.clone(), sender)));
        // It is sent with the first poll.
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        drop(append.as_mut().poll(&mut context));
        drop(append);
        let patience = std::time::Duration::from_secs(30);
        assert_eq!(dropped.recv_timeout(patience), Ok(1));
    }
}
