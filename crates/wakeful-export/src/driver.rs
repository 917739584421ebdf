//! Turns a pipeline: on a thread of its own, or as a task of the program's runtime.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinSet;
use tracing::instrument::WithSubscriber as _;
use tracing::subscriber::{NoSubscriber, with_default};

use crate::destination::Outcome;
use crate::pipeline::{Pipeline, Ticket, Turn};
use crate::runtime::Sent;

/// Starts a driver on an OS thread with a runtime of its own. It is traced by nobody.
pub(crate) fn start_thread(pipeline: Arc<Pipeline>, generation: u64) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new()
        .name("wakeful-export".to_owned())
        .spawn(move || {
            with_default(NoSubscriber::new(), || {
                runtime.block_on(drive(pipeline, generation));
                // A name that is still being looked up must not keep the program.
                runtime.shutdown_background();
            });
        })?;
    Ok(())
}

/// Starts a driver as a task of a runtime. If that ends before the program, a thread goes on.
pub(crate) fn start_on(runtime: &Handle, pipeline: Arc<Pipeline>, generation: u64) {
    let successor = Successor {
        pipeline: pipeline.clone(),
        generation,
    };
    let driver = async move {
        let _successor = successor;
        drive(pipeline, generation).await;
    };
    runtime.spawn(driver.with_subscriber(NoSubscriber::new()));
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
                    tokio::spawn(export.with_subscriber(NoSubscriber::new()));
                }
                if let Some(frames) = pipeline.take_frames(generation) {
                    let send = send_frames(pipeline.clone(), generation, frames);
                    tokio::spawn(send.with_subscriber(NoSubscriber::new()));
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

/// Sends a request to all destinations at once, so that none waits for another.
async fn export(pipeline: Arc<Pipeline>, ticket: Ticket) {
    let mut sends = JoinSet::new();
    for at in 0..pipeline.destinations(ticket.signal).len() {
        let send = send_to(pipeline.clone(), ticket.clone(), at);
        sends.spawn(send.with_subscriber(NoSubscriber::new()));
    }
    // Of several destinations the worst counts, so that no loss is hidden.
    let mut outcome = Outcome::Received { rejected: 0 };
    while let Some(sent) = sends.join_next().await {
        outcome = match sent {
            Ok(sent) => worst(outcome, sent),
            // The runtime ends: whoever takes over sends it again.
            Err(error) if error.is_cancelled() => return,
            Err(_) => worst(outcome, Outcome::Failed),
        };
    }
    pipeline.done(&ticket, outcome);
}

async fn send_to(pipeline: Arc<Pipeline>, ticket: Ticket, at: usize) -> Outcome {
    let Some(destination) = pipeline.destinations(ticket.signal).get(at) else {
        return Outcome::Failed;
    };
    let mut stop = pipeline.stop_signal();
    let send = destination.send(
        ticket.signal,
        ticket.request.clone(),
        ticket.count,
        &mut stop,
        &pipeline.reporter,
    );
    let timeout = pipeline.export_timeout(ticket.signal);
    tokio::time::timeout(timeout, send).await.unwrap_or_else(|_| {
        destination.gave_up(ticket.count, &pipeline.reporter);
        Outcome::Failed
    })
}

fn worst(one: Outcome, other: Outcome) -> Outcome {
    match (one, other) {
        (Outcome::Received { rejected: a }, Outcome::Received { rejected: b }) => {
            Outcome::Received { rejected: a.max(b) }
        }
        (Outcome::Partly { failed: a }, Outcome::Partly { failed: b }) => {
            Outcome::Partly { failed: a.max(b) }
        }
        (Outcome::Received { .. }, worse) | (worse, Outcome::Received { .. }) => worse,
        (Outcome::Partly { .. }, worse) | (worse, _) => worse,
    }
}
