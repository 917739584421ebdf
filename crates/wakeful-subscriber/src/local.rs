//! What a thread has to itself: its ring, its stack of entered spans, and small stores that spare it shared ones.

use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

use tracing_core::Metadata;
use wakeful_trace::SpanContext;
use wakeful_trace::current::entered_since;

use crate::core::{Core, Known};
use crate::current;
use crate::fork;
use crate::ids::{SpanIdBlock, TraceIdSource};
use crate::loss::LossCause;
use crate::record::PLAIN_BYTES;
use crate::ring::Writer;
use crate::slots::{Cache, Context, SlotId};
use crate::stack::Stack;
use crate::tasks::OpenPoll;
use crate::thread::Thread;
use crate::unwritten::Unwritten;

/// One thread's part of one recorder.
#[derive(Debug)]
pub(crate) struct Local {
    core: Arc<Core>,
    epoch: u32,
    pub(crate) thread: Arc<Thread>,
    writer: Option<Writer>,
    /// Records to refuse before asking for a ring again.
    refusals: u32,
    pub(crate) stack: Stack,
    /// The latest record of the ring.
    ticks: u64,
    pub(crate) slots: Cache,
    pub(crate) span_ids: SpanIdBlock,
    pub(crate) trace_ids: TraceIdSource,
    /// Polls that go on, the innermost last.
    pub(crate) polls: Vec<OpenPoll>,
    /// What happened to tasks while there was no room in the ring.
    pub(crate) unwritten: Unwritten,
    /// How many recorded spans were ever entered.
    pub(crate) entered: u64,
    callsites: Box<[Option<(usize, Known)>]>,
    scratch: Vec<u8>,
}

/// Callsites that a thread remembers, by address.
const CALLSITES: usize = 128;
/// How many records a thread without a ring refuses before it asks again.
const REFUSALS: u32 = 64;
/// A scratch buffer that grew past this is not kept.
const SCRATCH_BYTES_MAX: usize = 64 << 10;

/// Where the part of the recorder that was used last is.
#[derive(Clone, Copy)]
struct Last {
    /// Kept alive by the local part, so no other recorder comes to have this address.
    core: *const Core,
    epoch: u32,
    local: *const RefCell<Local>,
}

const NOWHERE: Last = Last {
    core: ptr::null(),
    epoch: 0,
    local: ptr::null(),
};

/// All parts of a thread, by recorder; each in a place of its own, so that it stays there.
struct Locals(RefCell<Vec<Part>>);

/// The recorder it is of, and the part.
type Part = (*const Core, Rc<RefCell<Local>>);

thread_local! {
    static LAST: Cell<Last> = const { Cell::new(NOWHERE) };
    static LOCALS: Locals = const { Locals(RefCell::new(Vec::new())) };
}

impl Drop for Locals {
    fn drop(&mut self) {
        LAST.set(NOWHERE);
        for (_, local) in self.0.get_mut() {
            if let Ok(mut local) = local.try_borrow_mut() {
                local.end();
            }
        }
    }
}

/// Calls `act` with this thread's part of the recorder. `None` if the thread is ending and has none any more, or if it is in
/// use: a memory allocator traced while the recorder allocated.
#[inline]
pub(crate) fn with<R>(core: &Arc<Core>, act: impl FnOnce(&mut Local) -> R) -> Option<R> {
    let last = LAST.get();
    if ptr::eq(last.core, Arc::as_ptr(core)) && last.epoch == fork::epoch() {
        // SAFETY: `LAST` leads into an `Rc` of `LOCALS`, which is kept until `Locals::drop` has cleared `LAST`, or `find` has
        // removed it and set `LAST`; both happen on this thread, and `find` keeps those whose core is held elsewhere too, as
        // this one's is by our caller.
        let local = unsafe { &*last.local };
        return Some(act(&mut *local.try_borrow_mut().ok()?));
    }
    let local = find(core)?;
    // SAFETY: as above; `find` has just set `LAST` to it.
    let local = unsafe { &*local };
    Some(act(&mut *local.try_borrow_mut().ok()?))
}

/// Looks this thread's part up, or makes it.
#[cold]
fn find(core: &Arc<Core>) -> Option<*const RefCell<Local>> {
    LOCALS
        .try_with(|locals| {
            let mut locals = locals.0.try_borrow_mut().ok()?;
            let at = locals
                .iter()
                .position(|(known, _)| ptr::eq(*known, Arc::as_ptr(core)));
            let at = match at {
                Some(at) => at,
                None => {
                    // Parts of recorders that nobody else has any more.
                    locals.retain(|(_, local)| {
                        let Ok(mut local) = local.try_borrow_mut() else {
                            return true;
                        };
                        let used = Arc::strong_count(&local.core) > 1;
                        if !used {
                            local.end();
                        }
                        used
                    });
                    let local = Rc::new(RefCell::new(Local::new(core.clone())));
                    locals.push((Arc::as_ptr(core), local));
                    locals.len() - 1
                }
            };
            let local = &locals.get(at)?.1;
            let epoch = fork::epoch();
            if let Ok(mut local) = local.try_borrow_mut() {
                local.follow_fork(epoch);
            }
            LAST.set(Last {
                core: Arc::as_ptr(core),
                epoch,
                local: Rc::as_ptr(local),
            });
            Some(Rc::as_ptr(local))
        })
        .ok()
        .flatten()
}

/// Whether this thread's locals are gone.
pub(crate) fn is_ending() -> bool {
    LOCALS.try_with(|_| ()).is_err()
}

impl Local {
    fn new(core: Arc<Core>) -> Self {
        let process = core.process();
        let thread = Arc::new(Thread::current());
        process.rings.add_thread(&thread);
        Self {
            epoch: process.epoch,
            writer: process.rings.first(&thread).map(Writer::new),
            refusals: 0,
            stack: Stack::default(),
            ticks: 0,
            slots: Cache::new(),
            span_ids: SpanIdBlock::default(),
            trace_ids: TraceIdSource::new(),
            polls: Vec::with_capacity(4),
            unwritten: Unwritten::default(),
            entered: 0,
            callsites: vec![None; CALLSITES].into_boxed_slice(),
            scratch: Vec::with_capacity(256),
            thread,
            core,
        }
    }

    /// In a child of `fork`: another ring, other ids; spans that are entered stay entered, but are the parent's to record.
    fn follow_fork(&mut self, epoch: u32) {
        if self.epoch == epoch {
            return;
        }
        let process = self.core.process();
        self.epoch = epoch;
        self.thread = Arc::new(Thread::current());
        process.rings.add_thread(&self.thread);
        // The parent's ring goes on there; here nobody reads it.
        self.writer = process.rings.first(&self.thread).map(Writer::new);
        self.span_ids = SpanIdBlock::default();
        self.trace_ids = TraceIdSource::new();
        self.stack.forget_records();
    }

    /// The thread ends.
    fn end(&mut self) {
        self.write_unwritten();
        self.count_unwritten();
        self.slots.clear(&self.core.slots);
        self.writer = None;
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// What to do with a callsite.
    #[inline]
    pub(crate) fn know(&mut self, metadata: &'static Metadata<'static>) -> Known {
        let address = ptr::from_ref(metadata) as usize;
        // Metadata is over a hundred bytes long, so nearby ones differ here.
        let place = &mut self.callsites[(address >> 5 ^ address >> 13) % CALLSITES];
        match place {
            Some((known_address, known)) if *known_address == address => *known,
            _ => {
                let known = self.core.know(metadata);
                *place = Some((address, known));
                known
            }
        }
    }

    /// An empty buffer to encode fields into, which runs code of the program; hand it back with [`Self::keep_scratch`].
    #[inline]
    pub(crate) fn take_scratch(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.scratch)
    }

    #[inline]
    pub(crate) fn keep_scratch(&mut self, mut scratch: Vec<u8>) {
        if scratch.capacity() <= SCRATCH_BYTES_MAX {
            scratch.clear();
            self.scratch = scratch;
        }
    }

    /// A time for a record: `now`, but not before the ring's latest.
    #[inline]
    pub(crate) fn next_ticks(&mut self, now: u64) -> u64 {
        self.ticks = self.ticks.max(now);
        self.ticks
    }

    /// Writes a record, and keeps room for the exits of all spans that are entered. Whether it was written; if not, it is
    /// counted, and so are `spans`.
    #[inline]
    pub(crate) fn write<const WORDS: usize>(&mut self, words: [u64; WORDS], body: &[u8], spans: u64) -> bool {
        self.write_keeping(words, body, self.stack.recorded(), spans)
    }

    /// Whether there is still no room for a record of so many words, after one was refused: then it need not be made at all.
    /// Goes over to [`Self::write`] now and then, which looks for another ring.
    #[inline]
    pub(crate) fn is_full(&mut self, words: usize) -> bool {
        let keep_bytes = self.stack.recorded() * PLAIN_BYTES;
        self.refusals > 0
            && self
                .writer
                .as_mut()
                .is_none_or(|writer| !writer.has_room(words, keep_bytes))
    }

    /// Counts a record that was not made because [`Self::is_full`] said so, and `spans`.
    pub(crate) fn refuse(&mut self, spans: u64) {
        self.refusals = self.refusals.saturating_sub(1);
        let cause = self.full();
        self.thread.loss.add(cause, 1, spans);
    }

    /// Why a record that finds no room is lost.
    fn full(&self) -> LossCause {
        match self.writer {
            Some(_) => LossCause::RingFull,
            None => LossCause::NoRing,
        }
    }

    /// Writes an event, which may be one that is to be handed out as a log record.
    #[inline]
    pub(crate) fn write_event<const WORDS: usize>(&mut self, words: [u64; WORDS], body: &[u8], is_log: bool) {
        match self.try_write_keeping(words, body, self.stack.recorded()) {
            Ok(()) => {}
            Err(cause) if is_log => self.thread.loss.add_log(cause),
            Err(cause) => self.thread.loss.add(cause, 1, 0),
        }
    }

    /// Writes the enter of a span if there is room for its exit too.
    #[inline]
    pub(crate) fn write_enter<const WORDS: usize>(&mut self, words: [u64; WORDS]) -> bool {
        let written = self.write_keeping(words, &[], self.stack.recorded() + 1, 0);
        self.entered += u64::from(written);
        written
    }

    #[inline]
    fn write_keeping<const WORDS: usize>(
        &mut self,
        words: [u64; WORDS],
        body: &[u8],
        exits: usize,
        spans: u64,
    ) -> bool {
        match self.try_write_keeping(words, body, exits) {
            Ok(()) => true,
            Err(cause) => {
                self.thread.loss.add(cause, 1, spans);
                false
            }
        }
    }

    /// Writes a record that the caller keeps in another way if there is no room.
    #[inline]
    pub(crate) fn try_write<const WORDS: usize>(&mut self, words: [u64; WORDS]) -> Result<(), LossCause> {
        self.try_write_keeping(words, &[], self.stack.recorded())
    }

    #[inline]
    fn try_write_keeping<const WORDS: usize>(
        &mut self,
        words: [u64; WORDS],
        body: &[u8],
        exits: usize,
    ) -> Result<(), LossCause> {
        let keep_bytes = exits * PLAIN_BYTES;
        if let Some(writer) = &mut self.writer
            && writer.write(words, body, keep_bytes).is_ok()
        {
            self.after_write();
            return Ok(());
        }
        self.write_to_another(words, body, keep_bytes)
    }

    /// Room in the ring for the bytes behind `words` words; see [`Writer::body`].
    #[inline]
    pub(crate) fn body(&mut self, words: usize) -> Option<&mut [u8]> {
        let keep_bytes = self.stack.recorded() * PLAIN_BYTES;
        self.writer.as_mut()?.body(words, keep_bytes)
    }

    /// Publishes what stands in [`Self::body`]; whether it was published.
    #[inline]
    pub(crate) fn publish<const WORDS: usize>(&mut self, words: [u64; WORDS], body_bytes: usize) -> bool {
        let keep_bytes = self.stack.recorded() * PLAIN_BYTES;
        let writer = self.writer.as_mut();
        let published = writer.is_some_and(|writer| writer.publish(words, body_bytes, keep_bytes).is_ok());
        if published {
            self.after_write();
        }
        published
    }

    #[inline]
    fn after_write(&mut self) {
        if self.writer.as_mut().is_some_and(Writer::is_half_full) {
            self.ring_doorbell();
        }
    }

    /// Writes the exit of a span, for which room was kept.
    #[inline]
    pub(crate) fn write_exit<const WORDS: usize>(&mut self, words: [u64; WORDS]) {
        if !self.write_close(words) {
            self.thread.loss.add(LossCause::RingFull, 1, 0);
        }
    }

    /// Writes the close of a span; if there is no room, that is no loss: the caller hands the slot itself over.
    #[inline]
    pub(crate) fn write_close<const WORDS: usize>(&mut self, words: [u64; WORDS]) -> bool {
        let keep_bytes = self.stack.recorded() * PLAIN_BYTES;
        match &mut self.writer {
            Some(writer) => writer.write(words, &[], keep_bytes).is_ok(),
            None => false,
        }
    }

    /// Goes over to bigger rings until one takes the record; or to a first one, if there was none.
    #[cold]
    fn write_to_another<const WORDS: usize>(
        &mut self,
        words: [u64; WORDS],
        body: &[u8],
        keep_bytes: usize,
    ) -> Result<(), LossCause> {
        self.ring_doorbell();
        let cause = self.full();
        if let Some(left) = self.refusals.checked_sub(1) {
            self.refusals = left;
            return Err(cause);
        }
        loop {
            let rings = &self.core.process().rings;
            let ring = match &self.writer {
                Some(writer) => rings.bigger(writer.capacity(), &self.thread),
                None => rings.first(&self.thread),
            };
            let Some(ring) = ring else {
                self.refusals = REFUSALS;
                return Err(cause);
            };
            // The ring before is finished, so the drain reads it to its end.
            let mut writer = Writer::new(ring);
            let written = writer.write(words, body, keep_bytes);
            self.writer = Some(writer);
            if written.is_ok() {
                return Ok(());
            }
        }
    }

    pub(crate) fn ring_doorbell(&self) {
        let doorbell = &self.core.process().doorbell;
        if !doorbell.is_rung() {
            doorbell.ring();
        }
    }

    /// A span was closed.
    #[inline]
    pub(crate) fn after_close(&self) {
        if self.core.wake_at_close {
            self.core.process().doorbell.ring();
        }
    }

    /// Puts a span on the stack and tells the profiler.
    #[inline]
    pub(crate) fn push(&mut self, id: SlotId, context: Context, recorded: bool) {
        if self.stack.push(id, context, recorded) {
            current::publish(context.trace_id, context.span_id);
        }
    }

    /// Tells the profiler what is current now.
    #[inline]
    pub(crate) fn publish_current(&self) {
        let context = self.stack.current().map(|entry| entry.context);
        let Context {
            trace_id, span_id, ..
        } = context.unwrap_or_default();
        current::publish(trace_id, span_id);
    }

    /// The context within the current span that was entered by hand, if there is one: it is what spans are made under.
    #[inline]
    pub(crate) fn entered_context(&self) -> Option<SpanContext> {
        entered_since(self.stack.entered())
    }

    pub(crate) fn current(&self) -> Option<SlotId> {
        self.stack.current().map(|entry| entry.id)
    }
}
