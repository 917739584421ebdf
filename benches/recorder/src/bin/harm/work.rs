//! What a program tells of its work.

use std::time::Duration;

use anyhow::{Context, Result};

/// How long a shutdown may take.
pub const SHUTDOWN: Duration = Duration::from_millis(500);
/// What it takes to come back from it.
const GRACE_MILLIS: f64 = 150.0;

/// Requests a second, and CPU microseconds a request of server, clients and all; or both as ratios.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    pub rate: f64,
    pub cpu: f64,
}

impl Slice {
    pub fn mean(one: Self, other: Self) -> Self {
        Self {
            rate: (one.rate + other.rate) / 2.0,
            cpu: (one.cpu + other.cpu) / 2.0,
        }
    }

    pub fn ratio_to(self, other: Self) -> Self {
        Self {
            rate: self.rate / other.rate,
            cpu: self.cpu / other.cpu,
        }
    }
}

/// How a program ended.
#[derive(Debug, Clone, Copy)]
pub struct End {
    /// How long the shutdown took.
    pub millis: f64,
    /// Spans that were made.
    pub spans: u64,
    /// Those that the program counted as lost.
    pub lost: u64,
}

impl End {
    pub fn is_in_time(self) -> bool {
        self.millis < SHUTDOWN.as_secs_f64() * 1e3 + GRACE_MILLIS
    }
}

/// The middle of some figures, and the middle half of them.
#[derive(Debug, Clone, Copy)]
pub struct Summary {
    pub lower: f64,
    pub middle: f64,
    pub upper: f64,
}

impl Summary {
    pub fn of(slices: &[Slice], figure: impl Fn(&Slice) -> f64) -> Self {
        let mut figures: Vec<f64> = slices.iter().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = figures.len().saturating_sub(1) as f64;
            figures.get((last * share).round() as usize).copied()
        };
        let [lower, middle, upper] = [0.25, 0.5, 0.75].map(|share| at(share).unwrap_or(f64::NAN));
        Self { lower, middle, upper }
    }
}

/// Numbers in a line, as programs tell them.
pub fn numbers<const COUNT: usize>(line: &str) -> Result<[f64; COUNT]> {
    let numbers: Vec<f64> = line
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    numbers
        .try_into()
        .ok()
        .with_context(|| format!("not {COUNT} numbers: {line:?}"))
}
