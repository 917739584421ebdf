//! How deep this program can look into its runtimes, and what would take it deeper.

use wakeful_model::runtime::{Gap, Insight, RuntimeBatch};

use crate::hooks;

/// Says it in a batch that has something of a runtime.
pub(crate) fn sample(batch: &mut RuntimeBatch) {
    if batch.runtimes.is_empty() {
        return;
    }
    batch.insight = if hooks::are_set() {
        Insight::Hooks
    } else {
        Insight::Stable
    };
    batch.gaps = gaps(hooks::are_set());
}

fn gaps(has_hooks: bool) -> Vec<Gap> {
    let gap = |missing: &str, remedy: &str| Gap {
        missing: missing.to_owned(),
        remedy: remedy.to_owned(),
    };
    let tasks = match (has_hooks, cfg!(tokio_unstable)) {
        (true, _) => None,
        (false, true) => Some(gap(
            "tasks that were spawned by tokio::spawn",
            "build the runtime by #[wakeful::main], or call wakeful::instrument(&mut builder) before builder.build()",
        )),
        (false, false) => Some(gap(
            "tasks that were spawned by tokio::spawn",
            "spawn them by wakeful::spawn, or build with RUSTFLAGS=\"--cfg tokio_unstable\"",
        )),
    };
    let others = [
        gap(
            "wakes of tasks that were spawned by tokio::spawn",
            "spawn them by wakeful::spawn",
        ),
        gap(
            "locks of tokio::sync, and who waits for them",
            "use those of wakeful::sync: Mutex, RwLock, Semaphore",
        ),
    ];
    tasks.into_iter().chain(others).collect()
}
