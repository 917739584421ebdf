//! What a span costs the program that makes it: wakeful beside its peers, in one run.
//!
//! `cargo run --release --manifest-path benches/recorder/Cargo.toml`
//!
//! Every peer runs in a process of its own with its subscriber as the global default, in turns, so that a slow spell of the
//! machine meets all of them. Work comes in bursts that fit into every queue; between them the reading side may catch up, so
//! nothing is lost and nobody is fast by dropping. A figure is the lower quartile of the bursts of the best turn.

mod bursts;
mod peers;
mod work;

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use bursts::Figures;
use peers::Peer;

const TURNS: usize = 5;

fn main() -> Result<()> {
    if let Some(name) = std::env::args().skip(1).find(|argument| argument != "--bench") {
        let peer = Peer::ALL.into_iter().find(|peer| peer.name() == name);
        let peer = peer.with_context(|| format!("no peer is called {name}"))?;
        println!("{}", peer.run()?.to_line());
        return Ok(());
    }
    let mut best = BTreeMap::new();
    for _ in 0..TURNS {
        for (order, peer) in Peer::ALL.into_iter().enumerate() {
            let figures = in_process_of_its_own(peer)?;
            let entry = best.entry(order).or_insert((peer, figures));
            entry.1 = entry.1.best_of(figures);
        }
    }
    print(&best.into_values().collect::<Vec<_>>());
    Ok(())
}

fn in_process_of_its_own(peer: Peer) -> Result<Figures> {
    let output = Command::new(std::env::current_exe()?).arg(peer.name()).output()?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(
        output.status.success(),
        "{} failed: {}",
        peer.name(),
        String::from_utf8_lossy(&output.stderr)
    );
    Figures::from_line(text.trim())
}

fn print(figures: &[(Peer, Figures)]) {
    let of = |name: &str| figures.iter().find(|(peer, _)| peer.name() == name).map(|(_, figures)| *figures);
    let otel = of("tracing-opentelemetry").map_or(f64::NAN, |figures| figures.span);
    println!("nanoseconds; a span has 3 fields, is entered and left; half of them are children");
    println!(
        "{:<24}{:>8}{:>9}{:>12}{:>8}{:>13}{:>14}{:>10}",
        "", "span", "ratio", "enter+exit", "event", "2 threads", "reader CPU", "lost"
    );
    for (peer, it) in figures {
        println!(
            "{:<24}{:>8.1}{:>8.1}x{:>12.1}{:>8.1}{:>12.2}x{:>14.1}{:>10}",
            peer.name(),
            it.span,
            otel / it.span,
            it.enter_exit,
            it.event,
            it.two_threads,
            it.reader,
            it.lost,
        );
    }
}
