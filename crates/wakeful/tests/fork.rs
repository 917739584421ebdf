//! A child of `fork`, which has none of the exporter's threads.
#![cfg(unix)]
#![allow(unsafe_code, reason = "`fork` itself")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::{Duration, Instant};

use wakeful::LogFormat;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_child_does_not_wait_for_what_only_its_parent_has() {
    let folder = tempfile::tempdir().unwrap();
    let (_dispatch, guard) = wakeful::builder()
        .variables(|_| None)
        .log_format(LogFormat::None)
        .without_exporters()
        .recording(folder.path().join("work.wakeful"))
        .build()
        .unwrap();
    // SAFETY: the child calls what is tested, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        guard.flush_blocking(10 * PATIENCE);
        guard.shutdown_blocking(10 * PATIENCE);
        // SAFETY: ends the child without running what belongs to the parent's test.
        unsafe { libc::_exit(7) };
    }
    let deadline = Instant::now() + PATIENCE;
    let mut status = 0;
    // SAFETY: the status has room for what is written, and the child is ours.
    while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == 0 {
        if Instant::now() > deadline {
            // SAFETY: the child is ours, and not yet waited for.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("the child waits");
        }
        std::thread::yield_now();
    }
    assert!(
        libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 7,
        "{status}"
    );
    assert!(guard.shutdown_blocking(PATIENCE).is_nothing());
}
