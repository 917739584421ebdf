//! What a program holds while it is recorded.

use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use wakeful_export::{Exporter, Lost};
use wakeful_subscriber::Recorder;
use wakeful_trace::TraceCollector;
use wakeful_trace::propagation::Propagator;

// Locks that may be read at once by many: a child of `fork` can read them, even if a thread did in the parent that is not there.

/// The exporter of the program's subscriber.
static GLOBAL: RwLock<Weak<Exporter>> = RwLock::new(Weak::new());
static PROPAGATOR: RwLock<Option<Propagator>> = RwLock::new(None);

/// Keeps recording and exporting alive. When it is dropped, what is left is sent within
/// [`Builder::shutdown_timeout`](crate::Builder::shutdown_timeout).
#[derive(Debug)]
#[must_use = "recording ends when the guard is dropped"]
pub struct Guard {
    exporter: Option<Arc<Exporter>>,
    collector: Option<Arc<dyn TraceCollector>>,
    recorder: Recorder,
    timeout: Duration,
}

impl Guard {
    pub(crate) fn new(exporter: Option<Exporter>, recorder: &Recorder, timeout: Duration) -> Self {
        let collector = exporter.is_some().then(|| recorder.collector());
        if let Some(exporter) = &exporter {
            let of = recorder.clone();
            exporter.sample_runtimes(move |telling, batch, locations| {
                wakeful_tokio::sample(&of, telling, batch, locations);
            });
        }
        Self {
            exporter: exporter.map(Arc::new),
            collector,
            recorder: recorder.clone(),
            timeout,
        }
    }

    /// What has the tasks of a thread recorded by this, in the place of what [`crate::init`] began.
    pub fn task_watch(&self) -> TaskWatch {
        TaskWatch(self.recorder.clone())
    }

    /// Makes it what [`crate::shutdown`] ends.
    pub(crate) fn make_global(&self) {
        if let Some(exporter) = &self.exporter {
            wakeful_tokio::install(&self.recorder);
            *GLOBAL.write().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(exporter);
            end_at_exit(self.timeout);
        }
    }

    pub(crate) fn exporter(&self) -> Option<&Exporter> {
        self.exporter.as_deref()
    }

    /// Takes spans made by hand ([`wakeful_trace::SpanRecorder`], `wakeful_tower::TraceLayer`): they go where those of `tracing`
    /// go. `None` if nothing is exported.
    pub fn collector(&self) -> Option<Arc<dyn TraceCollector>> {
        self.collector.clone()
    }

    /// What was lost so far.
    pub fn lost(&self) -> Lost {
        self.exporter
            .as_ref()
            .map(|exporter| exporter.lost())
            .unwrap_or_default()
    }

    /// Sends what was recorded so far and waits until it is received, or `timeout` is over.
    pub async fn flush(&self, timeout: Duration) -> Lost {
        match &self.exporter {
            Some(exporter) => exporter.flush(timeout).await,
            None => Lost::default(),
        }
    }

    /// Like [`Self::flush`], for code that is not async; it may block any thread.
    pub fn flush_blocking(&self, timeout: Duration) -> Lost {
        let exporter = self.exporter.as_ref();
        exporter
            .map(|exporter| exporter.flush_blocking(timeout))
            .unwrap_or_default()
    }

    /// Sends what is left, ends recording, and returns what was lost since the beginning.
    pub async fn shutdown(mut self, timeout: Duration) -> Lost {
        match self.exporter.take() {
            Some(exporter) => exporter.shutdown(timeout).await,
            None => Lost::default(),
        }
    }

    /// Like [`Self::shutdown`], for code that is not async; it may block any thread.
    pub fn shutdown_blocking(mut self, timeout: Duration) -> Lost {
        let exporter = self.exporter.take();
        exporter
            .map(|exporter| exporter.shutdown_blocking(timeout))
            .unwrap_or_default()
    }
}

/// Has the tasks of single threads recorded apart: for programs that are several services, each with a thread, a runtime and a
/// subscriber ([`crate::Builder::build`]) of its own.
#[derive(Debug, Clone)]
pub struct TaskWatch(Recorder);

impl TaskWatch {
    /// Begins on this thread, for as long as it lives. Only the first watch of a thread counts; whether this was it.
    pub fn begin_here(&self) -> bool {
        wakeful_tokio::install_here(&self.0)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(exporter) = self.exporter.take() {
            exporter.shutdown_blocking(self.timeout);
        }
    }
}

/// Has what is left sent when the program ends by `exit`, which drops no guard.
#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "there is no other way to be called when a program exits"
)]
pub(crate) fn end_at_exit(timeout: Duration) {
    use std::sync::Once;
    use std::sync::atomic::{AtomicU64, Ordering};

    static REGISTERED: Once = Once::new();
    static TIMEOUT_MILLIS: AtomicU64 = AtomicU64::new(0);

    extern "C" fn end() {
        if let Some(exporter) = global() {
            exporter.shutdown_blocking(Duration::from_millis(TIMEOUT_MILLIS.load(Ordering::Relaxed)));
        }
    }

    TIMEOUT_MILLIS.store(timeout.as_millis() as u64, Ordering::Relaxed);
    REGISTERED.call_once(|| {
        // SAFETY: `end` is a function of the program's own text and takes nothing. A panic in it would end the process, as one in any
        // function that C calls does, and the process is ending. What it reads of thread-locals copes with those that are gone. If
        // there is no room for it, it is not called, which is no harm.
        unsafe { libc::atexit(end) };
    });
}

#[cfg(not(unix))]
pub(crate) fn end_at_exit(_timeout: Duration) {}

/// The exporter of the program's subscriber, while its guard lives.
pub(crate) fn global() -> Option<Arc<Exporter>> {
    GLOBAL.read().unwrap_or_else(PoisonError::into_inner).upgrade()
}

pub(crate) fn set_propagator(propagator: Propagator) {
    *PROPAGATOR.write().unwrap_or_else(PoisonError::into_inner) = Some(propagator);
}

/// How the program writes contexts into requests and reads them: what `OTEL_PROPAGATORS` or the builder said, or W3C's headers.
pub fn propagator() -> Propagator {
    let propagator = PROPAGATOR.read().unwrap_or_else(PoisonError::into_inner);
    propagator.clone().unwrap_or_default()
}
