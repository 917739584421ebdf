//! No harm: what tracing costs an HTTP server whose receiver misbehaves, beside no tracing at all, in one run.
//!
//! `cargo run --release --manifest-path benches/recorder/Cargo.toml --bin harm [ROUNDS]`
//!
//! Every case (a processor, a runtime, a receiver) is a process with a server and its clients, and so is the program without tracing. All of
//! them live through the whole run, stopped but for one: they work in slices of a tenth of a second, each case between two slices of the
//! untraced program on the same runtime. What a case does in the background it does in its own slices. A ratio is that of a slice to the mean
//! of both neighbours; the middle one of all rounds is printed, with the middle half of them.

mod case;
mod child;
mod receiver;
mod server;
mod work;

use anyhow::{Context, Result};

use case::{Case, Processor, Receiver, Runtime};
use child::Child;
use receiver::Receivers;
use work::{Slice, Summary};

/// Slices of each case.
const ROUNDS: usize = 11;
/// The first answer comes within that time, milliseconds.
const FIRST_MILLIS_MAX: f64 = 100.0;
/// Of the requests without tracing.
const RATE_MIN: f64 = 0.95;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(case) = Case::from_arguments(&arguments)? {
        return server::run(case);
    }
    let rounds = match arguments.first() {
        Some(rounds) => rounds.parse().context("the argument is a number of rounds")?,
        None => ROUNDS,
    };
    let receivers = Receivers::start()?;
    println!(
        "{:<44}{:>9}{:>8}{:>16}{:>8}{:>10}{:>11}{:>11}  {}",
        "", "first ms", "rate", "middle half", "CPU", "end, ms", "spans", "lost", "harm"
    );
    let mut harmed = 0;
    for runtime in Runtime::ALL {
        harmed += compare(runtime, &receivers, rounds)?;
    }
    println!("{harmed} cases of 36 do harm");
    Ok(())
}

/// Runs all cases of one runtime beside the program without tracing; returns how many do harm.
fn compare(runtime: Runtime, receivers: &Receivers, rounds: usize) -> Result<usize> {
    let mut untraced = Child::start(Case::Untraced(runtime), receivers)?;
    let cases = Processor::ALL
        .into_iter()
        .flat_map(|processor| Receiver::ALL.map(|receiver| Case::Traced(processor, runtime, receiver)));
    let mut children = cases
        .map(|case| Ok((case, Child::start(case, receivers)?, Vec::new())))
        .collect::<Result<Vec<_>>>()?;
    for _ in 0..rounds {
        let mut before = untraced.slice()?;
        for (_, child, slices) in &mut children {
            let slice = child.slice()?;
            let after = untraced.slice()?;
            slices.push(slice.ratio_to(Slice::mean(before, after)));
            before = after;
        }
    }
    untraced.end()?;
    let mut harmed = 0;
    for (case, child, slices) in children {
        let first_millis = child.first_millis();
        let end = child.end()?;
        let (rate, cpu) = (
            Summary::of(&slices, |it| it.rate),
            Summary::of(&slices, |it| it.cpu),
        );
        let mut harm = Vec::new();
        if first_millis >= FIRST_MILLIS_MAX {
            harm.push("late first answer");
        }
        if rate.middle < RATE_MIN {
            harm.push("slower");
        }
        if !end.is_in_time() {
            harm.push("late end");
        }
        if !case.is_counted(end) {
            harm.push("lost unseen");
        }
        let is_judged = case.is_harmful();
        harmed += usize::from(is_judged && !harm.is_empty());
        let verdict = match (is_judged, harm.is_empty()) {
            (false, _) => "not judged".to_owned(),
            (true, true) => "none".to_owned(),
            (true, false) => harm.join(", "),
        };
        println!(
            "{:<44}{:>9.1}{:>8.3}{:>16}{:>8.3}{:>10.0}{:>11}{:>11}  {verdict}",
            case.to_string(),
            first_millis,
            rate.middle,
            format!("{:.3} to {:.3}", rate.lower, rate.upper),
            cpu.middle,
            end.millis,
            end.spans,
            end.lost,
        );
    }
    Ok(harmed)
}
