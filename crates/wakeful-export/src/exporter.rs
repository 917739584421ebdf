//! The exporter that a program holds: started once, flushed and ended by hand or when it is dropped.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::Dispatch;
use wakeful_model::runtime::{LocationTable, RuntimeBatch, Telling};
use wakeful_subscriber::Drain;

use crate::destination::StartError;
use crate::driver;
use crate::lost::Lost;
use crate::pipeline::Pipeline;
use crate::settings::{Processor, Settings};

/// How long a driver on the program's runtime has to show that it lives before a thread does its work.
const SIGN_OF_LIFE: Duration = Duration::from_millis(50);
/// What is allowed past a deadline for the answer to come: without it what was lost at the end is not counted, and on a busy machine
/// who answers may have to wait for a processor.
const GRACE: Duration = Duration::from_secs(1);

/// Nobody waits longer, and sums of times stay far from the end of time.
const TIMEOUT_MAX: Duration = Duration::from_secs(86_400);

/// Ships what a recorder writes, in the background, until it is told to end.
///
/// Nothing here blocks a runtime: the blocking calls work on any thread, also on the only one of a current-thread runtime,
/// because the work is done elsewhere or taken over.
#[derive(Debug)]
pub struct Exporter {
    pipeline: Arc<Pipeline>,
    on_runtime: bool,
}

impl Exporter {
    /// Starts it. Call it within the runtime that [`Processor::BatchOnRuntime`] is to use.
    ///
    /// # Errors
    /// If a certificate cannot be read, the recording cannot be opened, or there is no thread to be had. That no receiver
    /// listens is no error: it may come.
    pub fn start(settings: &Settings, drain: Drain) -> Result<Self, StartError> {
        let batching = settings.processor != Processor::Simple;
        let pipeline = Pipeline::new(settings, batching, drain)?;
        let runtime = match settings.processor {
            Processor::BatchOnRuntime => Handle::try_current().ok(),
            Processor::Simple | Processor::Batch => None,
        };
        match &runtime {
            Some(runtime) => driver::start_on(runtime, pipeline.clone(), 0),
            None => driver::start_thread(pipeline.clone(), 0).map_err(StartError::Thread)?,
        }
        Ok(Self {
            pipeline,
            on_runtime: runtime.is_some(),
        })
    }

    /// Says outages and recoveries to that subscriber from now on; before, and without it, to the program's global one.
    pub fn report_to(&self, dispatch: &Dispatch) {
        self.pipeline.reporter.report_to(dispatch);
    }

    /// Has `sample` add to each batch of runtime data, about once a second, what is looked at only then: figures of runtimes, the
    /// state of locks. After a batch was lost it is asked for everything that exists. It runs on the exporter's thread and must not block.
    pub fn sample_runtimes(
        &self,
        sample: impl Fn(Telling, &mut RuntimeBatch, &mut LocationTable) + Send + 'static,
    ) {
        self.pipeline.sample_runtimes(sample);
    }

    /// Shows each batch of runtime data to `tap` too, as it is sent; from now on they are made even if nobody receives them. It runs
    /// on the exporter's thread and must not block.
    pub fn tap_runtimes(&self, tap: impl Fn(&RuntimeBatch) + Send + 'static) {
        self.pipeline.tap_runtimes(tap);
    }

    /// What was lost so far.
    pub fn lost(&self) -> Lost {
        self.pipeline.lost()
    }

    /// How many spans a receiver has taken so far, or the system where nobody answers (Jaeger's agent).
    pub fn sent_spans(&self) -> u64 {
        self.pipeline.sent_spans()
    }

    /// How many spans were cut to fit into a datagram; each says so in its attribute `wakeful.cut_bytes`.
    pub fn cut_spans(&self) -> u64 {
        self.pipeline.cut_spans()
    }

    /// Sends what was recorded so far and blocks until it is received, or the time is over. Returns what was lost since the
    /// beginning.
    pub fn flush_blocking(&self, timeout: Duration) -> Lost {
        self.ask_blocking(timeout, false)
    }

    /// Sends what there is, ends the exporter, and blocks until that is done or the time is over: what could not be sent then
    /// is lost, and counted. Returns what was lost since the beginning.
    pub fn shutdown_blocking(&self, timeout: Duration) -> Lost {
        self.ask_blocking(timeout, true)
    }

    /// Like [`Self::flush_blocking`], without blocking the caller's thread.
    pub async fn flush(&self, timeout: Duration) -> Lost {
        self.ask_elsewhere(timeout, false).await
    }

    /// Like [`Self::shutdown_blocking`], without blocking the caller's thread.
    pub async fn shutdown(&self, timeout: Duration) -> Lost {
        self.ask_elsewhere(timeout, true).await
    }

    fn ask_blocking(&self, timeout: Duration, last: bool) -> Lost {
        ask_blocking(&self.pipeline, self.on_runtime, timeout, last)
    }

    /// Waits on a thread, because the driver's runtime may be one that nobody turns.
    async fn ask_elsewhere(&self, timeout: Duration, last: bool) -> Lost {
        if !self.pipeline.is_of_this_process() {
            return Lost::default();
        }
        let (reply, answer) = oneshot::channel();
        let (pipeline, on_runtime) = (self.pipeline.clone(), self.on_runtime);
        let thread = std::thread::Builder::new().name("wakeful-shutdown".to_owned());
        let waiting = thread.spawn(move || {
            // Who asked may have gone.
            let _ = reply.send(ask_blocking(&pipeline, on_runtime, timeout, last));
        });
        match waiting {
            Ok(_) => answer.await.unwrap_or_else(|_| self.lost()),
            Err(_) => self.ask_blocking(timeout, last),
        }
    }
}

fn ask_blocking(pipeline: &Arc<Pipeline>, on_runtime: bool, timeout: Duration, last: bool) -> Lost {
    if !pipeline.is_of_this_process() {
        // A child of `fork` has none of our threads, and what they had locked stays so.
        return Lost::default();
    }
    let timeout = timeout.min(TIMEOUT_MAX);
    let (reply, answer) = mpsc::sync_channel(1);
    let turns = pipeline.turns();
    pipeline.ask(Instant::now() + timeout, last, move |lost| {
        // Who asked may have gone.
        let _ = reply.send(lost);
    });
    if on_runtime {
        if let Ok(lost) = answer.recv_timeout(SIGN_OF_LIFE.min(timeout)) {
            return lost;
        }
        if pipeline.turns() == turns
            && let Some(generation) = pipeline.take_over()
        {
            // Without a thread the time runs out below, and what is left is not counted as lost but not sent either.
            let _ = driver::start_thread(pipeline.clone(), generation);
        }
    }
    answer
        .recv_timeout(timeout + GRACE)
        .unwrap_or_else(|_| pipeline.lost())
}
