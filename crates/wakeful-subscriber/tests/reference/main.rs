//! Random programs of spans, through the Subscriber, the Layer, and a plain Registry with a layer that notes what happens:
//! all three must tell the same. A million of them: `cargo bench -p wakeful-subscriber --bench random_programs -- 1000000`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod check;
mod outcome;
mod program;
mod random;
mod recorded;
mod registry;
mod world;

#[test]
fn random_programs_give_what_the_registry_gives() {
    let seed = random::seed();
    println!("seed {seed}");
    check::check_many(seed, 3_000);
}
