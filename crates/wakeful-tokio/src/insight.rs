//! How deep this program can look into its runtimes, and what would take it deeper.

use wakeful_model::runtime::{Gap, Insight, RuntimeBatch};

use crate::hooks;

/// Says it in a batch that has something of a runtime.
pub(crate) fn sample(batch: &mut RuntimeBatch, has_spans: bool) {
    if batch.runtimes.is_empty() {
        return;
    }
    batch.insight = match (has_spans, hooks::are_set()) {
        (true, _) => Insight::Tracing,
        (false, true) => Insight::Hooks,
        (false, false) => Insight::Stable,
    };
    batch.gaps = gaps(batch.insight);
}

fn gaps(insight: Insight) -> Vec<Gap> {
    let gap = |missing: &str, remedy: &str| Gap {
        missing: missing.to_owned(),
        remedy: remedy.to_owned(),
    };
    let channels = gap(
        "channels of tokio::sync::mpsc",
        "use those of wakeful::sync::mpsc",
    );
    if insight == Insight::Tracing {
        return vec![channels];
    }
    let tasks = match (insight, cfg!(tokio_unstable)) {
        (Insight::Hooks, _) => None,
        (_, true) => Some(gap(
            "tasks that were spawned by tokio::spawn",
            "build the runtime by #[wakeful::main], or call wakeful::instrument(&mut builder) before builder.build()",
        )),
        (_, false) => Some(gap(
            "tasks that were spawned by tokio::spawn",
            "spawn them by wakeful::spawn, or build with RUSTFLAGS=\"--cfg tokio_unstable\"",
        )),
    };
    let (wakes, locks) = match cfg!(tokio_unstable) {
        true => (
            "spawn them by wakeful::spawn, or turn on Tokio's feature `tracing`",
            "use those of wakeful::sync: Mutex, RwLock, Semaphore, mpsc; or turn on Tokio's feature `tracing`",
        ),
        false => (
            "spawn them by wakeful::spawn",
            "use those of wakeful::sync: Mutex, RwLock, Semaphore, mpsc",
        ),
    };
    let others = [
        gap("wakes of tasks that were spawned by tokio::spawn", wakes),
        gap("locks and channels of tokio::sync, and who waits for them", locks),
    ];
    tasks.into_iter().chain(others).collect()
}
