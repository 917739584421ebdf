//! The records in a ring: whole words, the first of which says what follows.
//!
//! | word | holds |
//! |---|---|
//! | 0 | length in words (16 bits), kind (8), marks (8), the span's slot (32) |
//! | 1 | ticks |
//! | 2 | span id; 0 for an event outside spans |
//!
//! What comes after depends on the kind, see the constructors.

use wakeful_model::runtime::{Location, Place};

use crate::ring::WORD_BYTES;
use crate::slots::{Context, NONE};

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    New = 1,
    Enter = 2,
    Exit = 3,
    Close = 4,
    /// Fields that were recorded after creation.
    Record = 5,
    Event = 6,
    /// A link to another span.
    Link = 7,
    /// A remote parent that was set after creation.
    Parent = 8,
    /// A task was spawned; in this and the following kinds its id stands in place of a span's.
    TaskStart = 16,
    TaskEnd = 17,
    /// A poll that is over.
    Poll = 18,
    Wake = 19,
    /// Polls that had no room of their own.
    Polls = 20,
}

/// Bits of a record's header.
pub(crate) mod mark {
    /// New, Parent: the trace is not recorded, so the span is dropped at its end unless that changes.
    pub(crate) const UNSAMPLED: u8 = 1;
    /// New, Record, Event: an error is among the fields.
    pub(crate) const HAS_ERROR: u8 = 2;
    /// Event: hand it out with the span.
    pub(crate) const FOR_SPAN: u8 = 4;
    /// Event: hand it out as a log record.
    pub(crate) const FOR_LOG: u8 = 8;
    /// New: the parent is a span of another process.
    pub(crate) const REMOTE_PARENT: u8 = 16;
    /// Poll: a span was entered during it.
    pub(crate) const ENTERED_SPAN: u8 = 16;
    /// Poll: the task's wakes are counted.
    pub(crate) const WATCHED: u8 = 32;
    /// Poll: it may have been the drop of the task's future.
    pub(crate) const UNSURE: u8 = 64;
    /// TaskEnd: the task's span is closed, so what looked like its last poll was the drop of its future.
    pub(crate) const BY_CLOSE: u8 = 64;
    /// TaskStart, TaskEnd: what is left is a kind's number.
    pub(crate) const KIND: u8 = 15;
}

/// Marks of Wake: who woke the task.
pub(crate) const BY_TASK: u8 = 1;
pub(crate) const BY_DRIVER: u8 = 2;
pub(crate) const BY_THREAD: u8 = 3;

/// Words of Enter, Exit and Close.
pub(crate) const PLAIN_WORDS: usize = 3;
/// Bytes of Enter, Exit and Close.
pub(crate) const PLAIN_BYTES: usize = PLAIN_WORDS * WORD_BYTES;

/// Words of New, but for the fields.
pub(crate) const NEW_WORDS: usize = 8;

/// Words of TaskStart, but for the name.
pub(crate) const TASK_START_WORDS: usize = 15;

/// The words of the longest header, and what fills the fields up to a word.
pub(crate) const HEADER_BYTES_MAX: usize = 9 * WORD_BYTES;

/// What every record begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    /// Bits of [`mark`].
    pub(crate) marks: u8,
    pub(crate) slot: u32,
    pub(crate) ticks: u64,
    pub(crate) span_id: u64,
}

impl Head {
    #[inline]
    fn word(self, words: usize, body_bytes: usize) -> u64 {
        let words = words + body_bytes.div_ceil(WORD_BYTES);
        u64::from(words as u16)
            | (self.kind as u64) << 16
            | u64::from(self.marks) << 24
            | u64::from(self.slot) << 32
    }
}

fn halves(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
}

/// Enter, Exit, Close.
#[inline]
pub(crate) fn plain(kind: Kind, slot: u32, ticks: u64, span_id: u64) -> [u64; PLAIN_WORDS] {
    let head = Head {
        kind,
        marks: 0,
        slot,
        ticks,
        span_id,
    };
    [head.word(PLAIN_WORDS, 0), ticks, span_id]
}

/// New: ids, parent, callsite, flags; then the fields.
#[inline]
pub(crate) fn new_span(
    head: Head,
    context: Context,
    parent_span_id: u64,
    callsite: u32,
    cut: u32,
    field_bytes: usize,
) -> [u64; NEW_WORDS] {
    [
        head.word(NEW_WORDS, field_bytes),
        head.ticks,
        head.span_id,
        (context.trace_id >> 64) as u64,
        context.trace_id as u64,
        parent_span_id,
        halves(callsite, field_bytes as u32),
        halves(u32::from(context.flags.trace_flags().bits()), cut),
    ]
}

/// Record: fields of a span.
pub(crate) fn record(head: Head, cut: u32, fields: &[u8]) -> [u64; 4] {
    [
        head.word(4, fields.len()),
        head.ticks,
        head.span_id,
        halves(fields.len() as u32, cut),
    ]
}

/// Event: the trace around it, callsite, flags; then the fields.
pub(crate) fn event(head: Head, context: Context, callsite: u32, cut: u32, fields: &[u8]) -> [u64; 7] {
    [
        head.word(7, fields.len()),
        head.ticks,
        head.span_id,
        (context.trace_id >> 64) as u64,
        context.trace_id as u64,
        halves(callsite, fields.len() as u32),
        halves(u32::from(context.flags.trace_flags().bits()), cut),
    ]
}

/// Link, Parent: another span's ids and flags; then its trace state.
pub(crate) fn other_span(head: Head, other: Context, flags: u32, trace_state: &[u8]) -> [u64; 7] {
    [
        head.word(7, trace_state.len()),
        head.ticks,
        head.span_id,
        (other.trace_id >> 64) as u64,
        other.trace_id as u64,
        other.span_id,
        halves(flags, trace_state.len() as u32),
    ]
}

/// TaskStart: the times, ids and addresses that `tasks.rs` lists; then the name.
pub(crate) fn task_start(head: Head, words: [u64; 11], name: &[u8]) -> [u64; TASK_START_WORDS] {
    let [a, b, c, d, e, f, g, h, i, j, k] = words;
    let length = name.len() as u64;
    [
        head.word(TASK_START_WORDS, name.len()),
        head.ticks,
        head.span_id,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        length,
    ]
}

/// Marks the address of a place that the runtime told of, which is even like that of any other.
const TOLD: u64 = 1;

/// A place as a word of a record.
pub(crate) fn place_word(place: Place) -> u64 {
    match place {
        Place::Caller(place) => std::ptr::from_ref(place) as u64,
        Place::Told(place) => std::ptr::from_ref(place) as u64 | TOLD,
    }
}

/// The place of a word.
///
/// # Safety
/// The word must be one that [`place_word`] has made in this process, or in the one that it was forked from.
pub(crate) unsafe fn place(word: u64) -> Place {
    if word & TOLD == 0 {
        // SAFETY: it is the address of a `&'static` of that type, which is there and at the same address.
        Place::Caller(unsafe { &*(word as *const std::panic::Location<'static>) })
    } else {
        // SAFETY: as above.
        Place::Told(unsafe { &*((word & !TOLD) as *const Location) })
    }
}

/// TaskEnd.
pub(crate) fn task_end(head: Head) -> [u64; 3] {
    [head.word(3, 0), head.ticks, head.span_id]
}

/// Poll: when it began, and when the task was woken for it.
#[inline]
pub(crate) fn poll(head: Head, start_ticks: u64, woken_ticks: u64) -> [u64; 5] {
    [
        head.word(5, 0),
        head.ticks,
        head.span_id,
        start_ticks,
        woken_ticks,
    ]
}

/// Poll of a task whose wakers are counted: wakes, wakes by itself, clones, drops.
#[inline]
pub(crate) fn poll_of_watched(head: Head, start_ticks: u64, woken_ticks: u64, counts: [u32; 4]) -> [u64; 7] {
    let marks = head.marks | mark::WATCHED;
    [
        Head { marks, ..head }.word(7, 0),
        head.ticks,
        head.span_id,
        start_ticks,
        woken_ticks,
        halves(counts[0], counts[1]),
        halves(counts[2], counts[3]),
    ]
}

/// Polls: how many, how long in all, and the longest.
pub(crate) fn polls(head: Head, polls: u64, busy_ticks: u64, longest_ticks: u64) -> [u64; 6] {
    [
        head.word(6, 0),
        head.ticks,
        head.span_id,
        polls,
        busy_ticks,
        longest_ticks,
    ]
}

/// Wake: the task that did it, if one did.
#[inline]
pub(crate) fn wake(head: Head, by_task: u64) -> [u64; 4] {
    [head.word(4, 0), head.ticks, head.span_id, by_task]
}

/// A record as the drain reads it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a>(&'a [u8]);

impl<'a> Record<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn word(self, at: usize) -> u64 {
        self.0
            .get(at * WORD_BYTES..)
            .and_then(|bytes| bytes.first_chunk())
            .map_or(0, |bytes| u64::from_ne_bytes(*bytes))
    }

    #[inline]
    pub(crate) fn kind(self) -> Option<Kind> {
        Some(match (self.word(0) >> 16) as u8 {
            1 => Kind::New,
            2 => Kind::Enter,
            3 => Kind::Exit,
            4 => Kind::Close,
            5 => Kind::Record,
            6 => Kind::Event,
            7 => Kind::Link,
            8 => Kind::Parent,
            16 => Kind::TaskStart,
            17 => Kind::TaskEnd,
            18 => Kind::Poll,
            19 => Kind::Wake,
            20 => Kind::Polls,
            _ => return None,
        })
    }

    pub(crate) fn has(self, mark: u8) -> bool {
        self.marks() & mark != 0
    }

    pub(crate) fn marks(self) -> u8 {
        (self.word(0) >> 24) as u8
    }

    /// `None` for an event that belongs to no recorded span.
    #[inline]
    pub(crate) fn slot(self) -> Option<u32> {
        let slot = (self.word(0) >> 32) as u32;
        (slot != NONE).then_some(slot)
    }

    #[inline]
    pub(crate) fn ticks(self) -> u64 {
        self.word(1)
    }

    #[inline]
    pub(crate) fn span_id(self) -> u64 {
        self.word(2)
    }

    /// New, Event, Link, Parent.
    pub(crate) fn trace_id(self) -> u128 {
        u128::from(self.word(3)) << 64 | u128::from(self.word(4))
    }

    /// New: the parent's. Link, Parent: the other span's.
    pub(crate) fn other_span_id(self) -> u64 {
        self.word(5)
    }

    pub(crate) fn split(self, at: usize) -> (u32, u32) {
        let word = self.word(at);
        (word as u32, (word >> 32) as u32)
    }

    pub(crate) fn body(self, words: usize, length: u32) -> &'a [u8] {
        self.0
            .get(words * WORD_BYTES..)
            .and_then(|body| body.get(..length as usize))
            .unwrap_or_default()
    }

    /// New, Record, Event.
    pub(crate) fn fields(self) -> Fields<'a> {
        match self.kind() {
            Some(Kind::New) => self.described(6, NEW_WORDS),
            Some(Kind::Event) => self.described(5, 7),
            _ => {
                let (length, cut) = self.split(3);
                Fields {
                    callsite: 0,
                    flags: 0,
                    cut,
                    bytes: self.body(4, length),
                }
            }
        }
    }

    fn described(self, at: usize, words: usize) -> Fields<'a> {
        let (callsite, length) = self.split(at);
        let (flags, cut) = self.split(at + 1);
        Fields {
            callsite,
            flags: flags as u8,
            cut,
            bytes: self.body(words, length),
        }
    }

    /// Link, Parent: the flags, of which the low eight bits are the trace's, and the trace state.
    pub(crate) fn flags_and_trace_state(self) -> (u32, &'a [u8]) {
        let (flags, length) = self.split(6);
        (flags, self.body(7, length))
    }
}

/// The fields of a record and what they belong to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a> {
    /// New, Event.
    pub(crate) callsite: u32,
    /// New, Event: the trace flags.
    pub(crate) flags: u8,
    pub(crate) cut: u32,
    pub(crate) bytes: &'a [u8],
}
