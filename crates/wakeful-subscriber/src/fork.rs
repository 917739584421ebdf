//! Noticing that this process is a child of `fork`.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// How often this process and its parents before it were forked, seen from the child.
static FORKS: AtomicU32 = AtomicU32::new(1);

/// A number that is another one in a child. Never 0.
#[inline]
pub(crate) fn epoch() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Has the child count.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        #[cfg(unix)]
        // SAFETY: the handler does nothing but an atomic addition, which is allowed in the child of a process with threads.
        // If there is no memory to register it, a forked child repeats ids; nothing else depends on it.
        unsafe {
            libc::pthread_atfork(None, None, Some(count));
        }
    });
}

#[cfg(unix)]
unsafe extern "C" fn count() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}
