//! Once warm, recording through the subscriber allocates nothing, and a level that nobody wants never does.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tracing::{Span, field, info, info_span, trace_span};
use wakeful_subscriber::{Clock, FinishedSpan, LogRecord, Loss, Settings, Sink, recorder};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

#[allow(unsafe_code, reason = "a global allocator is unsafe by its nature")]
// SAFETY: everything is left to the system's allocator; the counter neither allocates nor has a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(act: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    act();
    ALLOCATIONS.get() - before
}

#[derive(Default)]
struct Count(u64);

impl Sink for Count {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        self.0 += 1 + span.events.clone().count() as u64;
    }
    fn log(&mut self, _record: &LogRecord<'_>) {}
    fn lost(&mut self, loss: &Loss<'_>) {
        panic!("{loss:?}");
    }
}

fn program(number: u64) {
    let outer = info_span!("outer", number, text = "some text", late = field::Empty);
    let _outer = outer.enter();
    outer.record("late", 0.5);
    let inner = info_span!("inner", shown = %number, debug = ?Some(number)).entered();
    info!(number, "said");
    let clone = Span::current();
    drop(inner);
    clone.follows_from(&outer);
}

#[test]
fn nothing_is_allocated_once_warm() {
    let (recorder, mut drain) = recorder(Settings {
        clock: Clock::manual(Arc::new(AtomicU64::new(1))),
        ..Settings::default()
    });
    tracing::subscriber::with_default(recorder.subscriber(), || {
        let mut count = Count::default();
        let mut both = |times: u64| {
            let writing = allocations(|| (0..times).for_each(program));
            let reading = allocations(|| {
                drain.drain(&mut count);
            });
            (writing, reading)
        };
        let (warming, _) = both(100);
        assert!(warming > 0, "the allocator is not counted");
        both(100);
        let (writing, reading) = both(100);
        assert_eq!(writing, 0, "writing 100 times allocated");
        assert_eq!(reading, 0, "reading 100 times allocated");
        assert_eq!(count.0, 300 * 3);
        assert_eq!(allocations(|| drop(trace_span!("unwanted", number = 1))), 0);
    });
}
