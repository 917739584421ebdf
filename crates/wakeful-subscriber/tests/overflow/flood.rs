//! Spans faster than they are read.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use tracing::{Dispatch, Span, info, info_span};
use tracing_subscriber::filter::Targets;
use wakeful_subscriber::{FinishedSpan, LogRecord, Loss, LossCause, Settings, Sink, recorder};

/// What went in and what came out.
#[derive(Debug, Default)]
pub(crate) struct Sum {
    pub(crate) created_spans: u64,
    pub(crate) received_spans: u64,
    pub(crate) lost_spans: u64,
    pub(crate) open_spans: u64,
    pub(crate) created_logs: u64,
    pub(crate) received_logs: u64,
    pub(crate) lost_logs: u64,
}

impl Sum {
    pub(crate) fn check(&self) {
        assert_eq!(
            self.created_spans,
            self.received_spans + self.lost_spans,
            "spans do not add up: {self:?}"
        );
        assert_eq!(self.open_spans, 0, "{self:?}");
        assert_eq!(
            self.created_logs,
            self.received_logs + self.lost_logs,
            "log records do not add up: {self:?}"
        );
    }
}

#[derive(Default)]
struct Counted {
    sum: Sum,
    ids: HashSet<u64>,
}

impl Sink for Counted {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        self.sum.received_spans += 1;
        // A few, so that the set does not slow the drain down.
        if span.span_id.get().is_multiple_of(64) {
            assert!(self.ids.insert(span.span_id.get()), "a span came twice");
        }
        assert!(span.end_unix_nanos >= span.start_unix_nanos);
    }
    fn log(&mut self, _record: &LogRecord<'_>) {
        self.sum.received_logs += 1;
    }
    fn lost(&mut self, loss: &Loss<'_>) {
        assert_ne!(loss.cause, LossCause::Misplaced, "{loss:?}");
        assert!(loss.until_unix_nanos >= loss.since_unix_nanos);
        self.sum.lost_spans += loss.spans;
        self.sum.lost_logs += loss.logs;
    }
}

/// `threads` make spans for `duration` and hand every eighth to another thread to close; the drain pauses between turns.
pub(crate) fn flood(threads: usize, duration: Duration, ring_bytes: usize, pause: Duration) -> Sum {
    let (recorder, mut drain) = recorder(Settings {
        ring_bytes_min: ring_bytes,
        ring_bytes_max: ring_bytes,
        log_records: Some(Targets::new().with_default(tracing::Level::INFO)),
        ..Settings::default()
    });
    let dispatch = Dispatch::new(recorder.subscriber());
    let (spans, logs) = (AtomicU64::new(0), AtomicU64::new(0));
    let ended = AtomicBool::new(false);
    let begun = Instant::now();
    let mut counted = Counted::default();
    std::thread::scope(|scope| {
        let (senders, receivers): (Vec<Sender<Span>>, Vec<Receiver<Span>>) =
            (0..threads).map(|_| channel()).unzip();
        let mut writers = Vec::new();
        for (number, receiver) in receivers.into_iter().enumerate() {
            let next = senders[(number + 1) % threads].clone();
            let (dispatch, spans, logs) = (&dispatch, &spans, &logs);
            writers.push(scope.spawn(move || {
                tracing::dispatcher::with_default(dispatch, || {
                    let (made, said) = write(begun + duration, &next, &receiver);
                    spans.fetch_add(made, Ordering::Relaxed);
                    logs.fetch_add(said, Ordering::Relaxed);
                    drop(next);
                    // What others still send.
                    receiver.iter().for_each(drop);
                });
            }));
        }
        drop(senders);
        let ended = &ended;
        let (drain, counted) = (&mut drain, &mut counted);
        let reader = scope.spawn(move || {
            while !ended.load(Ordering::Acquire) {
                drain.drain(counted);
                if !pause.is_zero() {
                    std::thread::park_timeout(pause);
                }
            }
            counted.sum.open_spans = drain.finish(counted).open;
        });
        for writer in writers {
            writer.join().unwrap();
        }
        ended.store(true, Ordering::Release);
        reader.join().unwrap();
    });
    Sum {
        created_spans: spans.into_inner(),
        created_logs: logs.into_inner(),
        ..counted.sum
    }
}

/// How many spans were made and events said.
fn write(deadline: Instant, next: &Sender<Span>, receiver: &Receiver<Span>) -> (u64, u64) {
    let (mut spans, mut logs) = (0_u64, 0);
    while Instant::now() < deadline {
        for _ in 0..100 {
            let outer = info_span!("outer", number = spans, text = "some text");
            let inner = outer.in_scope(|| info_span!("inner", number = spans));
            spans += 2;
            if spans.is_multiple_of(8) {
                inner.in_scope(|| info!("said"));
                logs += 1;
            }
            // Its parent stays open until the other thread drops it.
            if spans.is_multiple_of(16) {
                let _ = next.send(inner);
            }
            while let Ok(received) = receiver.try_recv() {
                drop(received);
            }
        }
    }
    (spans, logs)
}
