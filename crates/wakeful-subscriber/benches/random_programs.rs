//! As many random programs as are asked for, a million by default; see `tests/reference`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that takes too long for every run"
)]

#[path = "../tests/reference/check.rs"]
mod check;
#[path = "../tests/reference/outcome.rs"]
mod outcome;
#[path = "../tests/reference/program.rs"]
mod program;
#[path = "../tests/reference/random.rs"]
mod random;
#[path = "../tests/reference/recorded.rs"]
mod recorded;
#[path = "../tests/reference/registry.rs"]
mod registry;
#[path = "../tests/reference/world.rs"]
mod world;

fn main() {
    let count = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(1_000_000);
    let seed = random::seed();
    println!("{count} programs from WAKEFUL_SEED={seed}");
    check::check_many(seed, count);
    println!("{count} programs are the same through the subscriber, the layer and the registry");
}
