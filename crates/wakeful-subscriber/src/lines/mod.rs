//! Log lines, written by the subscriber itself, since no layer can stand on it.

mod escape;
mod json;
mod text;
mod time;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use tracing_core::Level;
use tracing_subscriber::filter::Targets;

use crate::callsite::Callsite;
use crate::core::Core;
use crate::drain::EventFields;
use crate::settings::{LineFormat, LogLines};
use crate::slots::{Cold, Slot, SlotId, Times};

/// Lines longer than this leave no buffer of their size behind.
const BUFFER_BYTES_MAX: usize = 64 << 10;

/// Writes lines.
pub(crate) struct Lines {
    pub(crate) filter: Targets,
    format: LineFormat,
    pub(crate) close_lines: bool,
    colours: bool,
    writer: Mutex<Box<dyn std::io::Write + Send>>,
}

/// What a line says.
struct Line<'a> {
    time: SystemTime,
    level: Level,
    target: &'a str,
    /// From the root to the innermost.
    spans: &'a [SpanOfLine],
    trace_id: u128,
    span_id: u64,
    what: What<'a>,
}

enum What<'a> {
    Event {
        callsite: &'static Callsite,
        fields: &'a [u8],
    },
    Close {
        busy: Duration,
        idle: Duration,
    },
}

/// A span around an event: its fields are copied, so that no lock is held while writing.
struct SpanOfLine {
    callsite: &'static Callsite,
    fields: Vec<u8>,
}

thread_local! {
    static BUFFER: RefCell<String> = const { RefCell::new(String::new()) };
    /// A line is being written on this thread.
    static WRITING: Cell<bool> = const { Cell::new(false) };
    /// The right to write lines, while this thread forks.
    static HELD: RefCell<Option<RwLockWriteGuard<'static, ()>>> = const { RefCell::new(None) };
}

/// Read by all who write a line, and written by who forks. So no fork falls into a line: its thread is not there in the child to let
/// go of the writer's lock, nor of those that the writer has of its own, as standard output does.
static LINES: RwLock<()> = RwLock::new(());

/// Before a fork: waits for lines that are being written.
pub(crate) fn hold_lines() {
    // A `Write` that forks goes on in the child, and lets go of its own line there too.
    if WRITING.get() {
        return;
    }
    let _ = HELD.try_with(|held| {
        if let Ok(mut held) = held.try_borrow_mut() {
            *held = Some(LINES.write().unwrap_or_else(PoisonError::into_inner));
        }
    });
}

/// After it, in the parent and in the child.
pub(crate) fn let_go_of_lines() {
    let _ = HELD.try_with(|held| held.try_borrow_mut().map(|mut held| held.take()));
}

impl Lines {
    pub(crate) fn new(settings: LogLines) -> Self {
        Self {
            filter: settings.filter,
            format: settings.format,
            close_lines: settings.close_lines,
            colours: settings.colours,
            writer: Mutex::new(settings.writer),
        }
    }

    /// The line of an event in the span, if there is one around it.
    pub(crate) fn event(
        &self,
        core: &Core,
        callsite: &'static Callsite,
        slot: Option<(SlotId, &Slot)>,
        fields: &[u8],
    ) {
        let spans = slot.map(|(_, slot)| self.spans(core, slot)).unwrap_or_default();
        let context = slot.map(|(_, slot)| slot.context()).unwrap_or_default();
        let read = EventFields::read(callsite, fields);
        self.write(&Line {
            time: SystemTime::now(),
            level: callsite.level(),
            target: read.log.target.unwrap_or(callsite.metadata.target()),
            spans: &spans,
            trace_id: context.trace_id,
            span_id: context.span_id,
            what: What::Event { callsite, fields },
        });
    }

    /// The line of a span that ends, if such are wanted.
    pub(crate) fn close(&self, core: &Core, slot: &Slot) {
        let Some(callsite) = slot.callsite() else {
            return;
        };
        let metadata = callsite.metadata;
        if !self.close_lines || !self.filter.would_enable(metadata.target(), metadata.level()) {
            return;
        }
        let times = slot.cold().times.ended(core.clock.ticks());
        let spans = self.spans(core, slot);
        let context = slot.context();
        self.write(&Line {
            time: SystemTime::now(),
            level: callsite.level(),
            target: metadata.target(),
            spans: &spans,
            trace_id: context.trace_id,
            span_id: context.span_id,
            what: What::Close {
                busy: core.clock.duration(times.busy),
                idle: core.clock.duration(times.idle),
            },
        });
    }

    /// The spans around an event that lines show, from the root.
    fn spans(&self, core: &Core, innermost: &Slot) -> Vec<SpanOfLine> {
        let mut spans = Vec::new();
        let mut next = Some(innermost);
        while let Some(slot) = next {
            if let Some(callsite) = slot.callsite()
                && self
                    .filter
                    .would_enable(callsite.metadata.target(), &callsite.level())
            {
                let fields = slot.cold().fields.clone();
                spans.push(SpanOfLine { callsite, fields });
            }
            next = core.slots.get(SlotId::from_raw(slot.kept_parent()));
        }
        spans.reverse();
        spans
    }

    fn write(&self, line: &Line<'_>) {
        // What the program's `Write` traces makes no line: that would wait for the writer that waits for it.
        let Some(_writing) = Writing::begin() else {
            return;
        };
        // Taken, not borrowed: the program's `Write` may trace.
        let mut buffer = BUFFER.try_with(RefCell::take).unwrap_or_default();
        buffer.clear();
        // Writing to a string cannot fail.
        let _: fmt::Result = match self.format {
            LineFormat::Text => text::write(&mut buffer, line, self.colours),
            LineFormat::Json => json::write(&mut buffer, line),
        };
        buffer.push('\n');
        let line = LINES.read().unwrap_or_else(PoisonError::into_inner);
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Like `fmt`: a log that cannot be written has nowhere to say so.
        let _ = writer.write_all(buffer.as_bytes()).and_then(|()| writer.flush());
        drop((writer, line));
        if buffer.capacity() <= BUFFER_BYTES_MAX {
            let _ = BUFFER.try_with(|kept| kept.replace(buffer));
        }
    }
}

/// Until it is dropped, no other line begins on this thread.
struct Writing;

impl Writing {
    fn begin() -> Option<Self> {
        let is_nested = WRITING.replace(true);
        (!is_nested).then_some(Self)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        WRITING.set(false);
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl Cold {
    /// Forgets a span that has ended.
    pub(crate) fn clear(&mut self) {
        self.trace_state = Default::default();
        self.times = Times::default();
        self.fields.clear();
        self.fields.shrink_to(1024);
    }
}

impl Times {
    pub(crate) fn enter(&mut self, now: u64) {
        if self.depth == 0 {
            self.idle += now.saturating_sub(self.since);
            self.since = now;
        }
        self.depth += 1;
    }

    pub(crate) fn exit(&mut self, now: u64) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth == 0 {
            self.busy += now.saturating_sub(self.since);
            self.since = now;
        }
    }

    /// With the time since the last exit, or enter if it was never left, as `fmt` counts it.
    fn ended(mut self, now: u64) -> Self {
        let rest = now.saturating_sub(self.since);
        if self.depth == 0 {
            self.idle += rest;
        } else {
            self.busy += rest;
        }
        self
    }
}
