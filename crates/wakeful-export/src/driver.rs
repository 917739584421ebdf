//! Turns a pipeline: on a thread of its own, or as a task of the program's runtime.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Handle};
use tracing::dispatcher;
use tracing::instrument::WithSubscriber as _;

use crate::destination::Outcome;
use crate::pipeline::{Pipeline, Ticket, Turn};
use crate::runtime::Sent;

/// Starts a driver on an OS thread with a runtime of its own. It is traced by nobody.
pub(crate) fn start_thread(pipeline: Arc<Pipeline>, generation: u64) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new()
        .name("wakeful-export".to_owned())
        .spawn(move || {
            let silence = pipeline.silence.clone();
            let drive = drive(pipeline, generation).with_subscriber(silence.clone());
            // While any thread has a subscriber of its own, `tracing` looks for one on every thread; so this one has it only while it
            // works. But where Tokio traces its runtimes, it would trace this one too.
            match cfg!(tokio_unstable) {
                true => dispatcher::with_default(&silence, || runtime.block_on(drive)),
                false => runtime.block_on(drive),
            }
            // A name that is still being looked up must not keep the program.
            dispatcher::with_default(&silence, || runtime.shutdown_background());
        })?;
    Ok(())
}

/// Starts a driver as a task of a runtime. If that ends before the program, a thread goes on.
pub(crate) fn start_on(runtime: &Handle, pipeline: Arc<Pipeline>, generation: u64) {
    let successor = Successor {
        pipeline: pipeline.clone(),
        generation,
    };
    let silence = pipeline.silence.clone();
    let driver = async move {
        let _successor = successor;
        drive(pipeline, generation).await;
    };
    runtime.spawn(driver.with_subscriber(silence));
}

/// Hands over to a thread when it is dropped before the end.
struct Successor {
    pipeline: Arc<Pipeline>,
    generation: u64,
}

impl Drop for Successor {
    fn drop(&mut self) {
        if self.pipeline.is_current(self.generation)
            && let Some(generation) = self.pipeline.take_over()
        {
            // Without a thread nothing can be sent any more; the rings count what they lose.
            let _ = start_thread(self.pipeline.clone(), generation);
        }
    }
}

async fn drive(pipeline: Arc<Pipeline>, generation: u64) {
    loop {
        let changed = pipeline.changed.notified();
        match pipeline.turn(generation) {
            Turn::Go(tickets, wait) => {
                for ticket in tickets {
                    let export = export(pipeline.clone(), ticket);
                    tokio::spawn(export.with_current_subscriber());
                }
                if let Some(frames) = pipeline.take_frames(generation) {
                    let send = send_frames(pipeline.clone(), generation, frames);
                    tokio::spawn(send.with_current_subscriber());
                }
                if wait == Duration::ZERO {
                    tokio::task::yield_now().await;
                } else {
                    // Either way there is something to look at.
                    let _ = tokio::time::timeout(wait, changed).await;
                }
            }
            Turn::Over => return,
        }
    }
}

/// How long a second's worth of runtime data is worth sending.
const FRAMES_TIMEOUT: Duration = Duration::from_secs(10);

async fn send_frames(pipeline: Arc<Pipeline>, generation: u64, frames: Bytes) {
    let lost = Sent {
        is_lost: true,
        is_wanted: true,
    };
    let sent = match &pipeline.frames {
        Some(destination) => {
            let mut stop = pipeline.stop_signal();
            let send = destination.send(frames, &mut stop, &pipeline.reporter);
            tokio::time::timeout(FRAMES_TIMEOUT, send).await.unwrap_or(lost)
        }
        None => lost,
    };
    pipeline.frames_done(generation, sent);
}

/// Sends a request to one destination and tells how that ended.
async fn export(pipeline: Arc<Pipeline>, ticket: Ticket) {
    let send = send(pipeline.clone(), ticket.clone());
    let outcome = match tokio::spawn(send.with_current_subscriber()).await {
        Ok(outcome) => outcome,
        // The runtime ends: whoever takes over sends it again.
        Err(error) if error.is_cancelled() => return,
        Err(_) => Outcome::Failed,
    };
    pipeline.done(&ticket, outcome);
}

async fn send(pipeline: Arc<Pipeline>, ticket: Ticket) -> Outcome {
    let Ticket { signal, shipment, .. } = ticket;
    let Some(destination) = pipeline.destinations(signal).get(shipment.to) else {
        return Outcome::Failed;
    };
    let mut stop = pipeline.stop_signal();
    let send = destination.send(
        signal,
        shipment.bytes,
        shipment.count,
        &mut stop,
        &pipeline.reporter,
    );
    let timeout = pipeline.export_timeout(signal);
    tokio::time::timeout(timeout, send).await.unwrap_or_else(|_| {
        destination.gave_up(shipment.count, &pipeline.reporter);
        Outcome::Failed
    })
}
