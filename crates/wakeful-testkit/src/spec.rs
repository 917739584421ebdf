//! What a generated trace is like before it has ids: its tree, its times relative to its start, its errors.

use crate::catalogue::{OPERATIONS, PROCESSES, SERVICES};
use crate::random::Random;

/// Spans a trace, median; with [`SIZE_SIGMA`] the mean is ten.
const SIZE_MEDIAN: f64 = 7.0;
const SIZE_SIGMA: f64 = 0.85;
/// The longest trace of the mix.
pub(crate) const SIZE_MAX: usize = 200;
/// The deepest span, counting the root as one.
const DEPTH_MAX: u32 = 8;
/// Span durations: median 0.9 ms, 99th percentile 163 ms.
const DURATION_MEDIAN_NANOS: f64 = 900_000.0;
const DURATION_SIGMA: f64 = 2.235;
/// Which share of traces has an error, and how often the caller of a failed span fails too.
const FAILED_TRACES: f64 = 0.08;
const FAILS_TOO: f64 = 0.62;

/// One span of a trace that has no ids yet.
#[derive(Debug, Clone)]
pub(crate) struct SpanSpec {
    /// Index of the parent, always before this one; `None` for the root.
    pub(crate) parent: Option<u32>,
    pub(crate) service: usize,
    pub(crate) process: usize,
    pub(crate) operation: usize,
    /// After the trace's start.
    pub(crate) start_nanos: u64,
    pub(crate) duration_nanos: u64,
    pub(crate) failed: bool,
}

/// Draws how many spans a trace has.
pub(crate) fn draw_size(random: &mut Random) -> usize {
    (random.log_normal(SIZE_MEDIAN, SIZE_SIGMA).round() as usize).clamp(1, SIZE_MAX)
}

/// Draws a trace of `size` spans, at least one. Every span lies within its parent.
pub(crate) fn draw_trace(random: &mut Random, size: usize) -> Vec<SpanSpec> {
    // The i-th span has the i-th longest duration, and parents come before their children: so children fit, and the
    // durations of all spans are still a plain draw.
    let mut durations: Vec<u64> = (0..size)
        .map(|_| random.log_normal(DURATION_MEDIAN_NANOS, DURATION_SIGMA) as u64 + 1_000)
        .collect();
    durations.sort_unstable_by(|a, b| b.cmp(a));

    let processes: [usize; SERVICES] = std::array::from_fn(|_| random.below(PROCESSES));
    let mut spans: Vec<SpanSpec> = Vec::with_capacity(size);
    let mut depths: Vec<u32> = Vec::with_capacity(size);
    for (index, duration_nanos) in durations.into_iter().enumerate() {
        let parent = (index > 0).then(|| draw_parent(random, &spans, &depths));
        let (service, earliest, slack, depth) = match parent {
            Some(at) => {
                let parent = &spans[at];
                let service = draw_callee(random, parent.service);
                (
                    service,
                    parent.start_nanos,
                    parent.duration_nanos - duration_nanos,
                    depths[at] + 1,
                )
            }
            None => (random.below(SERVICES), 0, 0, 1),
        };
        depths.push(depth);
        spans.push(SpanSpec {
            parent: parent.map(|at| at as u32),
            service,
            process: processes[service],
            operation: random.below(OPERATIONS),
            start_nanos: earliest + (random.fraction() * slack as f64) as u64,
            duration_nanos,
            failed: false,
        });
    }
    if random.chance(FAILED_TRACES) {
        fail(random, &mut spans);
    }
    spans
}

/// One of the last few spans, so that traces are deep as well as wide.
fn draw_parent(random: &mut Random, spans: &[SpanSpec], depths: &[u32]) -> usize {
    let mut at = spans.len() - 1 - random.below(spans.len().min(4));
    while depths[at] >= DEPTH_MAX {
        at = spans[at].parent.map_or(0, |parent| parent as usize);
    }
    at
}

/// Half of all calls stay in their service; the others go to one of three that it always calls.
fn draw_callee(random: &mut Random, caller: usize) -> usize {
    if random.chance(0.5) {
        caller
    } else {
        (caller * 3 + 1 + random.below(3)) % SERVICES
    }
}

fn fail(random: &mut Random, spans: &mut [SpanSpec]) {
    let mut at = random.below(spans.len());
    spans[at].failed = true;
    while let Some(parent) = spans[at].parent
        && random.chance(FAILS_TOO)
    {
        at = parent as usize;
        spans[at].failed = true;
    }
}
