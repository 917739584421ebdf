//! Noticing that this process is a child of `fork`.

use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

#[cfg(unix)]
use crate::{callsite, lines};

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
        // SAFETY: the handlers take nothing and do not unwind. That of the child adds to an atomic number and lets go of locks that
        // its own thread took, which is allowed in the child of a process with threads. If there is no memory to register them, a
        // forked child repeats ids, and may find the table of callsites or the writer of log lines locked.
        unsafe {
            libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child));
        }
    });
}

#[cfg(unix)]
unsafe extern "C" fn before() {
    // In this order: the program's writer of lines may trace, and so need the table.
    lines::hold_lines();
    callsite::hold_table();
}

#[cfg(unix)]
unsafe extern "C" fn after_in_parent() {
    callsite::let_go_of_table();
    lines::let_go_of_lines();
}

#[cfg(unix)]
unsafe extern "C" fn after_in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
    callsite::let_go_of_table();
    lines::let_go_of_lines();
}
