//! Waking the drain.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

type Hook = Box<dyn Fn() + Send + Sync>;

/// Rung by threads that record, heard by the drain. Ringing again before it was heard costs next to nothing.
#[derive(Default)]
pub(crate) struct Doorbell {
    rung: AtomicBool,
    /// Held between looking at `rung` and sleeping, so that no ring falls in between.
    asleep: Mutex<()>,
    changed: Condvar,
    hook: OnceLock<Hook>,
}

impl Doorbell {
    pub(crate) fn is_rung(&self) -> bool {
        self.rung.load(Ordering::Relaxed)
    }

    /// What was published before is seen by a drain that hears this.
    pub(crate) fn ring(&self) {
        // An exchange even if it is rung: it orders what was published before [`Self::hear`] of the turn that comes.
        if self.rung.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Some(hook) = self.hook.get() {
            hook();
        }
        drop(self.lock());
        self.changed.notify_one();
    }

    /// Begins a turn: whoever publishes after this rings again.
    pub(crate) fn hear(&self) {
        self.rung.swap(false, Ordering::AcqRel);
    }

    /// Sleeps until it is rung or `timeout` is over; whether it was rung.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut asleep = self.lock();
        while !self.rung.load(Ordering::Acquire) {
            let left = match deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(3600),
            };
            if left.is_zero() {
                return false;
            }
            asleep = self
                .changed
                .wait_timeout(asleep, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// Only the first hook counts.
    pub(crate) fn set_hook(&self, hook: Hook) -> bool {
        self.hook.set(hook).is_ok()
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.asleep.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Doorbell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doorbell")
            .field("rung", &self.rung)
            .finish_non_exhaustive()
    }
}
