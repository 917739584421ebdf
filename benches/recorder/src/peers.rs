//! Who is measured.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Result;
use fastrace::collector::{Config, Reporter, SpanRecord};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};
use tracing::{Subscriber, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;
use wakeful_subscriber::{Drain, FinishedSpan, LogRecord, Loss, Settings, Sink, Waker, recorder};

use crate::bursts::{Figures, PAIRS, pause, thread_cpu, time, two_threads};
use crate::work;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    Nothing,
    WakefulSubscriber,
    WakefulLayer,
    TracingOpentelemetry,
    Fastrace,
    Registry,
    Fmt,
}

impl Peer {
    pub const ALL: [Self; 7] = [
        Self::Nothing,
        Self::WakefulSubscriber,
        Self::WakefulLayer,
        Self::TracingOpentelemetry,
        Self::Fastrace,
        Self::Registry,
        Self::Fmt,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "disabled level",
            Self::WakefulSubscriber => "wakeful subscriber",
            Self::WakefulLayer => "wakeful layer",
            Self::TracingOpentelemetry => "tracing-opentelemetry",
            Self::Fastrace => "fastrace",
            Self::Registry => "registry alone",
            Self::Fmt => "fmt to a sink",
        }
    }

    pub fn run(self) -> Result<Figures> {
        match self {
            Self::Nothing => {
                let (recorder, _drain) = recorder(Settings::default());
                install(recorder.subscriber())?;
                let span = time(100_000, work::disabled, || {});
                let nan = f64::NAN;
                Ok(Figures {
                    span,
                    enter_exit: nan,
                    event: nan,
                    two_threads: nan,
                    reader: nan,
                    lost: 0,
                })
            }
            Self::WakefulSubscriber => {
                let (recorder, drain) = recorder(Settings::default());
                install(recorder.subscriber())?;
                Ok(with_drain(drain))
            }
            Self::WakefulLayer => {
                let (recorder, drain) = recorder(Settings::default());
                install(Registry::default().with(recorder.layer()))?;
                Ok(with_drain(drain))
            }
            Self::TracingOpentelemetry => {
                let provider = SdkTracerProvider::builder()
                    .with_span_processor(BatchSpanProcessor::builder(Discard).build())
                    .build();
                let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
                install(Registry::default().with(layer))?;
                Ok(measure(pause, || (0.0, 0)))
            }
            Self::Fastrace => Ok(fastrace()),
            Self::Registry => {
                install(Registry::default())?;
                Ok(measure(pause, || (0.0, 0)))
            }
            Self::Fmt => {
                install(tracing_subscriber::fmt().with_writer(std::io::sink).finish())?;
                Ok(measure(pause, || (0.0, 0)))
            }
        }
    }
}

fn install(subscriber: impl Subscriber + Send + Sync) -> Result<()> {
    Ok(tracing::subscriber::set_global_default(subscriber)?)
}

/// `end` tells the reader's CPU nanoseconds a span and what was lost.
fn measure(between: impl Fn() + Sync, end: impl FnOnce() -> (f64, u64)) -> Figures {
    // Warm up: rings grow, callsites are registered.
    time(PAIRS, work::pair, &between);
    let pair = time(PAIRS, work::pair, &between);
    let span = info_span!("polled");
    let enter_exit = time(PAIRS, |_| work::enter_exit(&span), &between);
    let event = info_span!("around").in_scope(|| time(100, work::event, &between));
    let two_threads = two_threads(pair, work::pair, &between);
    drop(span);
    between();
    let (reader, lost) = end();
    Figures {
        span: pair / 2.0,
        enter_exit,
        event,
        two_threads,
        reader,
        lost,
    }
}

/// Reads everything of each span, as an exporter does.
#[derive(Default)]
struct Reading {
    lost: u64,
    spans: Arc<AtomicU64>,
}

impl Sink for Reading {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        span.attributes().for_each(|attribute| {
            std::hint::black_box(attribute);
        });
        self.spans.fetch_add(1, Ordering::Relaxed);
    }

    fn log(&mut self, _record: &LogRecord<'_>) {}

    fn lost(&mut self, loss: &Loss<'_>) {
        self.lost += loss.records;
    }
}

/// The drain on its thread, until it is told to end.
struct Draining {
    waker: Waker,
    turns: Arc<AtomicU64>,
    ending: Arc<AtomicBool>,
    thread: JoinHandle<(f64, u64)>,
}

impl Draining {
    fn begin(mut drain: Drain) -> Self {
        let ending = Arc::new(AtomicBool::new(false));
        let waker = drain.waker();
        let turns = Arc::new(AtomicU64::new(0));
        let (told, counted) = (ending.clone(), turns.clone());
        let thread = std::thread::spawn(move || {
            let mut reading = Reading::default();
            let mut records = 0;
            while !told.load(Ordering::Acquire) {
                records += drain.drain(&mut reading).records;
                counted.fetch_add(1, Ordering::Release);
                drain.wait(Duration::from_millis(1));
            }
            records += drain.finish(&mut reading).records;
            // Of a span there are a new, an enter, an exit and a close.
            (thread_cpu().as_nanos() as f64 / (records as f64 / 4.0), reading.lost)
        });
        Self {
            waker,
            turns,
            ending,
            thread,
        }
    }

    /// Wakes the reader, and waits until it has read and sleeps again.
    fn catch_up(waker: &Waker, turns: &AtomicU64) {
        let begun = turns.load(Ordering::Acquire);
        waker.wake();
        pause();
        while turns.load(Ordering::Acquire) == begun {
            pause();
        }
    }

    fn end(self) -> (f64, u64) {
        self.ending.store(true, Ordering::Release);
        self.waker.wake();
        self.thread.join().unwrap_or((f64::NAN, 0))
    }
}

fn with_drain(drain: Drain) -> Figures {
    let draining = Draining::begin(drain);
    let (waker, turns) = (draining.waker.clone(), draining.turns.clone());
    let between = move || Draining::catch_up(&waker, &turns);
    measure(between, || draining.end())
}

#[derive(Debug)]
struct Discard;

impl SpanExporter for Discard {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        std::hint::black_box(batch.len());
        Ok(())
    }
}

struct DiscardReports;

impl Reporter for DiscardReports {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        std::hint::black_box(spans.len());
    }
}

fn fastrace() -> Figures {
    fastrace::set_reporter(DiscardReports, Config::default());
    // Fastrace hands spans over when their local root ends, so each burst has one.
    let burst = || {
        let root = fastrace::Span::root("root", fastrace::prelude::SpanContext::random());
        let _guard = root.set_local_parent();
        (0..PAIRS).for_each(work::fastrace_pair);
    };
    time(1, |_| burst(), pause);
    let pair = time(1, |_| burst(), pause) / PAIRS as f64;
    let two_threads = two_threads(
        pair,
        |number| {
            // The whole burst at its first turn, so that both threads have roots of their own.
            if number == 0 {
                burst();
            }
        },
        pause,
    );
    Figures {
        span: pair / 2.0,
        enter_exit: f64::NAN,
        event: f64::NAN,
        two_threads,
        reader: 0.0,
        lost: 0,
    }
}
