//! The hooks of a runtime: every task's start, polls and end, where Tokio is built with `--cfg tokio_unstable`.

use tokio::runtime::Builder;

/// Has every task of the runtime that is built be watched, as far as the build of Tokio allows: with `--cfg tokio_unstable` by its
/// hooks; without there are none, and this changes nothing. The batch says which it is ([`wakeful_model::runtime::Insight`]).
///
/// A builder has one hook of a kind, and a later one replaces it. So call this last, and hand hooks of your own to
/// `instrument_with` (there with `tokio_unstable`), which calls both: what was set on the builder before is gone, since a builder
/// cannot be asked for it.
pub fn instrument(builder: &mut Builder) -> &mut Builder {
    #[cfg(tokio_unstable)]
    let builder = instrument_with(builder, Hooks::default());
    builder
}

#[cfg(tokio_unstable)]
pub(crate) use unstable::are_set;
#[cfg(tokio_unstable)]
pub use unstable::{Hooks, instrument_with};

/// Whether a runtime has our hooks.
#[cfg(not(tokio_unstable))]
pub(crate) fn are_set() -> bool {
    false
}

#[cfg(tokio_unstable)]
mod unstable {
    use std::cell::Cell;
    use std::fmt;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tokio::runtime::{Builder, Handle, TaskMeta, worker_index};
    use wakeful_model::runtime::{TaskEndKind, TaskKind};
    use wakeful_subscriber::{NewTask, Recorder};

    use crate::global::with_recorder;
    use crate::id;

    static ARE_SET: AtomicBool = AtomicBool::new(false);

    type Hook = Box<dyn Fn(&TaskMeta<'_>) + Send + Sync>;

    /// Hooks of the application, to be called beside ours.
    #[derive(Default)]
    #[must_use = "hooks do nothing until they are handed to `instrument_with`"]
    pub struct Hooks {
        spawn: Option<Hook>,
        terminate: Option<Hook>,
        before_poll: Option<Hook>,
        after_poll: Option<Hook>,
    }

    impl fmt::Debug for Hooks {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Hooks").finish_non_exhaustive()
        }
    }

    impl Hooks {
        /// In place of `Builder::on_task_spawn`.
        pub fn on_task_spawn(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
            self.spawn = Some(Box::new(hook));
            self
        }

        /// In place of `Builder::on_task_terminate`.
        pub fn on_task_terminate(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
            self.terminate = Some(Box::new(hook));
            self
        }

        /// In place of `Builder::on_before_task_poll`.
        pub fn on_before_task_poll(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
            self.before_poll = Some(Box::new(hook));
            self
        }

        /// In place of `Builder::on_after_task_poll`.
        pub fn on_after_task_poll(mut self, hook: impl Fn(&TaskMeta<'_>) + Send + Sync + 'static) -> Self {
            self.after_poll = Some(Box::new(hook));
            self
        }
    }

    pub(crate) fn are_set() -> bool {
        ARE_SET.load(Ordering::Relaxed)
    }

    /// Says which worker this thread is, at its first poll and now and then: a thread may come to be another's.
    fn say_worker(recorder: &Recorder) {
        thread_local! {
            static POLLS: Cell<u8> = const { Cell::new(0) };
        }
        let is_due = POLLS.try_with(|polls| polls.replace(polls.get().wrapping_add(1)) == 0);
        if is_due == Ok(true)
            && let (Ok(runtime), Some(worker)) = (Handle::try_current(), worker_index())
        {
            recorder.set_worker(id::runtime(runtime.id()), worker as u32);
        }
    }

    /// [`super::instrument`] beside hooks of the application's own.
    pub fn instrument_with(builder: &mut Builder, hooks: Hooks) -> &mut Builder {
        ARE_SET.store(true, Ordering::Relaxed);
        let Hooks {
            spawn,
            terminate,
            before_poll,
            after_poll,
        } = hooks;
        builder
            .on_task_spawn(move |task| {
                if let Some(hook) = &spawn {
                    hook(task);
                }
                with_recorder(|recorder| {
                    let new = NewTask {
                        id: id::task(task.id()),
                        location: task.spawned_at().into(),
                        name: "",
                        kind: TaskKind::Task,
                        runtime: None,
                        type_name: "",
                        future_bytes: None,
                        stored_bytes: None,
                    };
                    recorder.task_start(&new, recorder.spawn_point());
                });
            })
            .on_before_task_poll(move |task| {
                if let Some(hook) = &before_poll {
                    hook(task);
                }
                with_recorder(|recorder| {
                    say_worker(recorder);
                    recorder.begin_poll(id::task(task.id()), 0);
                });
            })
            .on_after_task_poll(move |task| {
                with_recorder(|recorder| recorder.end_poll(id::task(task.id()), None));
                if let Some(hook) = &after_poll {
                    hook(task);
                }
            })
            .on_task_terminate(move |task| {
                with_recorder(|recorder| recorder.task_end(id::task(task.id()), TaskEndKind::Unknown));
                if let Some(hook) = &terminate {
                    hook(task);
                }
            })
    }
}
