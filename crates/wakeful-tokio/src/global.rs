//! The recorder that is told of tasks: one for the program, or one for what a thread does.

use std::cell::OnceCell;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use wakeful_model::runtime::TaskId;
use wakeful_subscriber::Recorder;

static RECORDER: OnceLock<Recorder> = OnceLock::new();

thread_local! {
    static HERE: OnceCell<Recorder> = const { OnceCell::new() };
}

/// Has the program's tasks recorded from now on. Only the first recorder counts; whether this was it.
pub fn install(recorder: &Recorder) -> bool {
    RECORDER.set(recorder.clone()).is_ok()
}

/// Has what is spawned on this thread recorded by that recorder, in the place of the program's: for programs that are several
/// services, each with a thread and a recorder. Only the first one counts; whether this was it.
pub fn install_here(recorder: &Recorder) -> bool {
    HERE.try_with(|here| here.set(recorder.clone()).is_ok())
        .unwrap_or_default()
}

/// Calls `act` with the recorder, if there is one and somebody listens.
#[inline]
pub(crate) fn with_recorder<R>(act: impl FnOnce(&Recorder) -> R) -> Option<R> {
    HERE.try_with(|here| {
        let recorder = here.get().or_else(|| RECORDER.get())?;
        recorder.wants_tasks().then(|| act(recorder))
    })
    .ok()
    .flatten()
}

/// Whether what was made while `of` was the recorder is told by `recorder`. The program's tells of what was made before there was any.
pub(crate) fn belongs_to(of: Option<&Recorder>, recorder: &Recorder) -> bool {
    of.or_else(|| RECORDER.get()).is_some_and(|of| of.is(recorder))
}

/// The task that is polled on this thread, if it is one that is watched.
#[inline]
pub(crate) fn current_task() -> Option<TaskId> {
    with_recorder(Recorder::current_task).flatten()
}

/// Nanoseconds since some moment of this process, at least 1, for durations that a step of the wall clock must not change.
pub(crate) fn monotonic_nanos() -> u64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    let since = BEGIN.get_or_init(Instant::now).elapsed();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// The time for what is rare enough to ask the system.
pub(crate) fn unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
