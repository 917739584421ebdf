//! A program that records spans and ends in a way of one's choice, for the tests: `ends return 1000` says on stdout how many
//! spans it made. `ends burst 10` makes as many as it can for ten seconds, with the smallest rings, and says what was lost.

use std::io::{Write as _, stdin};
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let how = arguments.next().unwrap_or_default();
    let count = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(1);
    if how == "burst" {
        burst(Duration::from_secs(count));
        return ExitCode::SUCCESS;
    }
    if how == "record" {
        record(count, arguments.next().unwrap_or_default());
        return ExitCode::SUCCESS;
    }
    let _wakeful = wakeful::init();
    for number in 0..count {
        tracing::info_span!("work", number).in_scope(|| {});
    }
    say(&format!("created {count}"));
    match how.as_str() {
        "return" => ExitCode::SUCCESS,
        "exit" => std::process::exit(0),
        #[expect(clippy::panic, reason = "a way to end")]
        "panic" => panic!("as asked"),
        "sigterm" => wait_for_sigterm(),
        "killed" => {
            // Whoever started this ends it, or closes its standard input.
            let _ = stdin().read_line(&mut String::new());
            ExitCode::FAILURE
        }
        _ => ExitCode::FAILURE,
    }
}

/// As services do: the signal ends the main function.
fn wait_for_sigterm() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.and_then(|runtime| {
        runtime.block_on(async {
            let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            say("ready");
            signal.recv().await;
            Ok(())
        })
    });
    if ended.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Into a file, a few spans at a time.
fn record(count: u64, path: String) {
    let guard = wakeful::builder()
        .log_format(wakeful::LogFormat::None)
        .without_exporters()
        .recording(path)
        .init();
    for number in 0..count {
        tracing::info_span!("work", number).in_scope(|| {});
        if number % 3 == 2 {
            guard.flush_blocking(Duration::from_secs(60));
        }
    }
}

fn burst(duration: Duration) {
    const THREADS: u64 = 2;
    let guard = wakeful::builder()
        .log_format(wakeful::LogFormat::None)
        .recorder(|settings| {
            settings.ring_bytes_min = 4096;
            settings.ring_bytes_max = 4096;
        })
        .init();
    let end = Instant::now() + duration;
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            std::thread::spawn(move || {
                let mut created = 0_u64;
                while Instant::now() < end {
                    for number in 0..100 {
                        tracing::info_span!("work", number).in_scope(|| {});
                    }
                    created += 100;
                }
                created
            })
        })
        .collect();
    let created: u64 = threads.into_iter().filter_map(|thread| thread.join().ok()).sum();
    let lost = guard.shutdown_blocking(Duration::from_secs(20));
    say(&format!("created {created}"));
    say(&format!("lost {}", lost.spans()));
    say(&lost.to_string());
}

fn say(line: &str) {
    // Nothing is left to tell if stdout is closed.
    let _ = writeln!(std::io::stdout(), "{line}");
}
