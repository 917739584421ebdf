//! Watches Tokio: tasks, polls, who woke them, runtimes, and locks with their holders and waiters.
//!
//! Everything here is a drop-in for what Tokio has and behaves as that does: [`spawn()`] is `tokio::spawn`, [`JoinSet`] is
//! `tokio::task::JoinSet`, [`sync::Mutex`] is `tokio::sync::Mutex`. While nobody listens, it costs an atomic load. [`watch`] looks
//! at a future by itself; [`instrument`] sets the hooks of a `runtime::Builder` where the build of Tokio has some.
//!
//! Applications use the crate `wakeful`, which calls [`install`] and [`sample`].
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let task = wakeful_tokio::spawn_named("answer", async { 42 });
//! assert_eq!(task.await.unwrap(), 42);
//! # });
//! ```

mod global;
mod hooks;
mod id;
mod insight;
mod join_set;
mod runtimes;
mod spans;
mod spawn;
pub mod sync;
mod watched;

pub use global::{install, install_here};
#[cfg(tokio_unstable)]
pub use hooks::Hooks;
pub use hooks::instrument;
#[cfg(tokio_unstable)]
pub use hooks::instrument_with;
pub use join_set::JoinSet;
pub use runtimes::watch_runtime;
pub use spans::read_spans;
pub use spawn::{block_on, spawn, spawn_blocking, spawn_local, spawn_named, watch};
pub use watched::Watched;

use wakeful_model::runtime::{LocationTable, RuntimeBatch, Telling};
use wakeful_subscriber::Recorder;

/// Adds to a recorder's batch what is looked at only when one is made: runtimes with their figures, the states of locks, and how
/// deep the program can look.
pub fn sample(
    recorder: &Recorder,
    telling: Telling,
    batch: &mut RuntimeBatch,
    locations: &mut LocationTable,
) {
    runtimes::sample(recorder, batch);
    sync::sample(recorder, telling, batch, locations);
    let has_spans = spans::sample(recorder, telling, batch, locations);
    insight::sample(batch, has_spans);
}
