//! What it takes to draw a task's time, and that of all workers, out of a million polls that are stored.
//!
//! `cargo bench -p wakeful-query --bench runtime_lanes`; prints milliseconds.

#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::time::Instant;

use wakeful_model::runtime::TaskId;
use wakeful_query::runtime::{Gathered, Window, of_task, of_workers};
use wakeful_store::{Backend, ProgramId, RuntimeFrame, Store, StoreOptions};
use wakeful_testkit::{RuntimePlan, RuntimeProgram};

const SECONDS: u64 = 100;
const QUESTIONS: u64 = 400;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(StoreOptions::new(Backend::File(folder.path().to_owned()))).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let plan = RuntimePlan::default();
    let begun = Instant::now();
    for batch in RuntimeProgram::new(plan).take(SECONDS as usize) {
        let mut payload = Vec::new();
        wakeful_wire::runtime::encode(&batch, &mut payload);
        let frame = RuntimeFrame {
            payload: payload.into(),
            batch,
        };
        runtime.block_on(store.runtime().append(vec![frame])).unwrap();
    }
    let stats = store.runtime().stats();
    let polls = plan.polls_a_second * SECONDS;
    println!(
        "{polls} polls and wakes in {} bytes, kept in {:.0?}",
        stats.bytes,
        begun.elapsed()
    );

    let program = ProgramId::of(&RuntimeProgram::resource());
    for (what, nanos) in [
        ("0.1 s", 100_000_000),
        ("1 s", 1_000_000_000),
        ("10 s", 10_000_000_000_u64),
    ] {
        measure(&format!("a task, {what}"), |number| {
            let (window, task) = (window(plan, number, nanos), TaskId(1 + number % plan.tasks));
            let gathered = Gathered::read(store.runtime(), program, window, Some(task));
            let lanes = store
                .runtime()
                .with_program(program, Some(window.to), nanos, |live| {
                    of_task(live, &gathered, task, window, 1_600).lanes.len()
                });
            assert!(lanes.is_some());
        });
        measure(&format!("all workers, {what}"), |number| {
            let window = window(plan, number, nanos);
            let gathered = Gathered::read(store.runtime(), program, window, None);
            let lanes = store.runtime().with_program(program, Some(window.to), 0, |live| {
                of_workers(live, &gathered, None, window, 1_600).lanes.len()
            });
            assert_eq!(lanes, Some(plan.workers as usize));
        });
    }
}

/// A window somewhere in the time that is stored, nowhere near the one before.
fn window(plan: RuntimePlan, number: u64, nanos: u64) -> Window {
    let room = SECONDS * 1_000_000_000 - nanos;
    let from = plan.start_unix_nanos + number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % room;
    Window {
        from,
        to: from + nanos,
    }
}

fn measure(what: &str, ask: impl Fn(u64)) {
    let mut times: Vec<f64> = (0..QUESTIONS)
        .map(|number| {
            let begun = Instant::now();
            ask(number);
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() as f64 * part) as usize).min(times.len() - 1)];
    println!(
        "{what:<20} p50 {:7.2} ms   p99 {:7.2} ms   most {:7.2} ms",
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
