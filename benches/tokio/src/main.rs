//! What watching Tokio costs: wakeful beside its peers, in one run.
//!
//! `cd benches/tokio && cargo run --release`, in the folder because its `.cargo/config.toml` has `--cfg tokio_unstable`.
//!
//! Every measurement runs in a process of its own, in turns, so that a slow spell of the machine meets all peers. Polls and
//! spawns come in bursts that fit into every queue, and are timed by the CPU clock of the thread that polls; a figure is the lower
//! quartile of the bursts of the best turn. What the other threads of the process take is told apart.

mod clocks;
mod peers;
mod work;

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use peers::Peer;
use work::Measurement;

const TURNS: usize = 3;

type Figures = BTreeMap<(Measurement, Peer), Vec<f64>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [measurement, peer] = arguments.as_slice() {
        let measurement = by_name(&Measurement::ALL, Measurement::name, measurement)?;
        let figures = measurement.take(by_name(&Peer::ALL, Peer::name, peer)?)?;
        let words: Vec<String> = figures.iter().map(f64::to_string).collect();
        println!("{}", words.join(" "));
        return Ok(());
    }
    let mut best = Figures::new();
    for turn in 0..TURNS {
        for measurement in Measurement::ALL {
            if turn > 0 && measurement != Measurement::Cost {
                continue;
            }
            for peer in Peer::ALL.into_iter().filter(|peer| measurement.is_for(*peer)) {
                let figures = in_process_of_its_own(measurement, peer)?;
                let best = best.entry((measurement, peer)).or_insert_with(|| figures.clone());
                for (best, figure) in best.iter_mut().zip(figures) {
                    *best = best.min(figure);
                }
            }
        }
    }
    print(&best);
    Ok(())
}

fn by_name<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, name: &str) -> Result<T> {
    let found = all.iter().copied().find(|it| name_of(*it) == name);
    found.with_context(|| format!("nothing is called {name:?}; without arguments everything runs"))
}

fn in_process_of_its_own(measurement: Measurement, peer: Peer) -> Result<Vec<f64>> {
    let output = Command::new(std::env::current_exe()?)
        .args([measurement.name(), peer.name()])
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(
        output.status.success(),
        "{} of {} failed: {}",
        measurement.name(),
        peer.name(),
        String::from_utf8_lossy(&output.stderr)
    );
    let numbers = text.split_whitespace().map(str::parse);
    numbers.collect::<Result<_, _>>().context("a figure is no number")
}

fn print(figures: &Figures) {
    let of = |measurement, peer| figures.get(&(measurement, peer)).map_or(&[][..], Vec::as_slice);
    let wakeful = |measurement, at: usize| {
        more(
            of(measurement, Peer::WakefulHooks),
            of(measurement, Peer::Tokio),
            at,
        )
    };
    println!(
        "nanoseconds and bytes more than with Tokio alone, and how many times wakeful's with hooks that is"
    );
    println!(
        "{:<24}{:>10}{:>8}{:>14}{:>8}{:>22}{:>14}{:>8}",
        "", "a poll", "ratio", "a spawned task", "ratio", "other threads, a poll", "an idle task", "ratio"
    );
    for peer in Peer::ALL {
        let (cost, idle) = (of(Measurement::Cost, peer), of(Measurement::Idle, peer));
        let (no_cost, no_idle) = (
            of(Measurement::Cost, Peer::Tokio),
            of(Measurement::Idle, Peer::Tokio),
        );
        if peer == Peer::Tokio {
            println!(
                "{:<24}{:>10.1}{:>8}{:>14.1}{:>8}{:>22.1}{:>14.0}",
                "Tokio alone, all of it", cost[0], "", cost[1], "", cost[2], idle[0]
            );
            continue;
        }
        let (poll, spawn) = (more(cost, no_cost, 0), more(cost, no_cost, 1));
        let bytes = more(idle, no_idle, 0);
        println!(
            "{:<24}{:>10.1}{:>7.1}x{:>14.1}{:>7.1}x{:>22.1}{:>14.0}{:>7.1}x",
            peer.name(),
            poll,
            poll / wakeful(Measurement::Cost, 0),
            spawn,
            spawn / wakeful(Measurement::Cost, 1),
            more(cost, no_cost, 2),
            bytes,
            bytes / wakeful(Measurement::Idle, 0),
        );
    }
    println!();
    for ((_, peer), figures) in figures.iter().filter(|((it, _), _)| *it == Measurement::Rate) {
        let [polls_per_second, bytes_per_second, uncounted] = figures[..] else {
            continue;
        };
        println!(
            "{:<24}{polls_per_second:>12.0} polls/s {bytes_per_second:>14.0} bytes/s{}",
            peer.name(),
            if uncounted.is_nan() {
                String::new()
            } else {
                format!("   polls missing in the sums: {uncounted}")
            },
        );
    }
}

fn more(of: &[f64], than: &[f64], at: usize) -> f64 {
    match (of.get(at), than.get(at)) {
        (Some(of), Some(than)) => of - than,
        _ => f64::NAN,
    }
}
