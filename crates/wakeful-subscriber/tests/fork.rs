//! A child of `fork` records for itself, under ids of its own.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]
#![allow(unsafe_code, reason = "`fork` itself")]

use std::collections::HashSet;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tracing::dispatcher::{self, Dispatch};
use tracing::{Level, info, info_span, subscriber};
use tracing_subscriber::filter::Targets;
use wakeful_subscriber::{FinishedSpan, LineFormat, LogLines, LogRecord, Loss, Settings, Sink, recorder};

#[derive(Default)]
struct Seen {
    names: Vec<String>,
    ids: HashSet<u64>,
    lost: u64,
}

impl Sink for Seen {
    fn span(&mut self, span: &FinishedSpan<'_>) {
        self.names.push(span.name.to_owned());
        assert!(self.ids.insert(span.span_id.get()));
    }
    fn log(&mut self, _record: &LogRecord<'_>) {}
    fn lost(&mut self, loss: &Loss<'_>) {
        self.lost += loss.records;
    }
}

#[test]
fn a_child_has_its_own_spans_and_ids() {
    let (recorder, mut drain) = recorder(Settings::default());
    subscriber::with_default(recorder.subscriber(), || {
        info_span!("before");
        let open = info_span!("open at the fork").entered();
        let mut pipe = [0; 2];
        // SAFETY: the array has room for two descriptors.
        assert_eq!(unsafe { libc::pipe(pipe.as_mut_ptr()) }, 0);
        // SAFETY: the child touches nothing that another thread may have locked, and leaves by `_exit`.
        let child = unsafe { libc::fork() };
        let in_child = child == 0;
        let name = if in_child { "of the child" } else { "of the parent" };
        for _ in 0..100 {
            info_span!(target: "fork", "span", otel.name = name);
        }
        drop(open);
        let mut seen = Seen::default();
        drain.finish(&mut seen);
        if in_child {
            // SAFETY: the descriptor is the pipe's and is not used elsewhere.
            let mut out = unsafe { std::fs::File::from_raw_fd(pipe[1]) };
            let all_own = seen.names.iter().all(|name| name == "of the child");
            let mut text = format!("{} {all_own} {}", seen.names.len(), seen.lost);
            for id in seen.ids {
                text += &format!(" {id}");
            }
            let _ = out.write_all(text.as_bytes());
            drop(out);
            // SAFETY: ends the child without running what belongs to the parent's test.
            unsafe { libc::_exit(0) };
        }
        // SAFETY: the parent does not write; the descriptors are used once.
        let mut from_child = unsafe {
            libc::close(pipe[1]);
            std::fs::File::from_raw_fd(pipe[0])
        };
        let mut text = String::new();
        (&mut from_child).take(1 << 20).read_to_string(&mut text).unwrap();
        // SAFETY: waits for our own child.
        unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        let words: Vec<&str> = text.split(' ').collect();
        assert_eq!(
            words[..3],
            ["100", "true", "0"],
            "the child had the parent's spans, or lost its own"
        );
        assert!(
            words[3..]
                .iter()
                .all(|id| !seen.ids.contains(&id.parse().unwrap()))
        );
        assert_eq!(seen.names.len(), 102);
        assert_eq!(
            seen.names.iter().filter(|name| *name == "of the parent").count(),
            100
        );
    });
}

/// Takes so long over a line that a fork falls into one.
struct Slow;

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        (0..200).for_each(|_| std::thread::yield_now());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_child_writes_log_lines_although_other_threads_did_so_when_it_was_forked() {
    let lines = LogLines {
        filter: Targets::new().with_default(Level::INFO),
        format: LineFormat::Text,
        close_lines: false,
        colours: false,
        writer: Box::new(Slow),
    };
    let (recorder, _drain) = recorder(Settings {
        log_lines: Some(lines),
        ..Settings::default()
    });
    let dispatch = Dispatch::new(recorder.subscriber());
    let (written, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let writers = || {
            dispatcher::with_default(&dispatch, || {
                while !ended.load(Ordering::Relaxed) {
                    info!("of the parent");
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        };
        for _ in 0..2 {
            scope.spawn(writers);
        }
        let statuses = dispatcher::with_default(&dispatch, || {
            let fork = |_| {
                // Others are writing, and have got round to it since the last fork.
                let before = written.load(Ordering::Relaxed);
                while written.load(Ordering::Relaxed) == before {
                    std::thread::yield_now();
                }
                // SAFETY: what the child does is what is tested; it leaves by `_exit`.
                let child = unsafe { libc::fork() };
                if child == 0 {
                    info!("of the child");
                    // SAFETY: ends the child without running what belongs to the parent's test.
                    unsafe { libc::_exit(0) };
                }
                wait(child)
            };
            (0..10).map(fork).collect::<Vec<_>>()
        });
        ended.store(true, Ordering::Relaxed);
        assert_eq!(statuses, [0; 10]);
    });
}

/// Waits until a child ends, and ends it if that takes too long; returns its status.
fn wait(child: libc::pid_t) -> libc::c_int {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut status = 0;
    // SAFETY: the child is our own and was not waited for; the pointer is to a number of ours.
    while unsafe { libc::waitpid(child, &mut status, libc::WNOHANG) } == 0 {
        if Instant::now() > deadline {
            // SAFETY: as above.
            unsafe { libc::kill(child, libc::SIGKILL) };
        }
        std::thread::yield_now();
    }
    status
}
