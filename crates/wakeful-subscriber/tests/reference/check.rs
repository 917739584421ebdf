//! Comparing, and making a failing program small.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::outcome::Outcome;
use crate::program::{Step, generate};
use crate::random::Random;
use crate::recorded::Recorded;
use crate::registry::Reference;
use crate::world::World;

/// Everything that programs run through; used for many of them, so that what one leaves behind would show in the next.
struct Bench {
    world: World,
    reference: Reference,
    subscriber: Recorded,
    layer: Recorded,
}

impl Bench {
    fn new() -> Self {
        let clock = Arc::new(AtomicU64::new(1 << 40));
        Self {
            reference: Reference::new(clock.clone()),
            subscriber: Recorded::by_subscriber(clock.clone()),
            layer: Recorded::by_layer(clock.clone()),
            world: World::new(clock),
        }
    }

    fn expected(&mut self, program: &[Step]) -> Outcome {
        let begun = self.world.run(&self.reference.dispatch, program);
        self.reference.take(begun)
    }

    /// What differs, if anything does.
    fn difference(&mut self, program: &[Step]) -> Option<String> {
        let expected = self.expected(program);
        let begun = self.world.run(&self.subscriber.dispatch, program);
        let recorded = self.subscriber.take(begun);
        let begun = self.world.run(&self.layer.dispatch, program);
        let layered = self.layer.take(begun);
        let compare = |name: &str, outcome: &Outcome| {
            (*outcome != expected)
                .then(|| format!("{name} gives\n{outcome:#?}\nbut the registry\n{expected:#?}"))
        };
        compare("the subscriber", &recorded).or_else(|| compare("the layer", &layered))
    }
}

/// Whether a program fails with everything new: a difference or a panic.
fn fails(program: &[Step]) -> Option<String> {
    let program = program.to_vec();
    let result = std::panic::catch_unwind(move || Bench::new().difference(&program));
    result.unwrap_or_else(|_| Some("a panic".to_owned()))
}

/// Runs `count` programs from a seed; panics with the smallest failing one that is found.
pub(crate) fn check_many(seed: u64, count: u64) {
    let mut bench = Bench::new();
    let mut spans = 0;
    for number in 0..count {
        let program = generate(&mut Random(
            seed.wrapping_add(number.wrapping_mul(0x1234_5678_9abc_def1)),
        ));
        spans += program.len();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| bench.difference(&program)));
        match result {
            Ok(None) => {}
            Ok(Some(difference)) => fail(seed, number, program, difference),
            Err(_) => fail(seed, number, program, "a panic, see above".to_owned()),
        }
    }
    assert!(spans > 0);
}

fn fail(seed: u64, number: u64, program: Vec<Step>, difference: String) {
    let mut smallest = program;
    let mut difference = difference;
    // Leaves out ever smaller parts, as long as the rest still fails.
    let mut part = smallest.len() / 2;
    while part > 0 {
        let mut at = 0;
        while at < smallest.len() {
            let mut shorter = smallest.clone();
            shorter.drain(at..(at + part).min(shorter.len()));
            match fails(&shorter) {
                Some(found) => {
                    smallest = shorter;
                    difference = found;
                }
                None => at += part,
            }
        }
        part /= 2;
    }
    panic!("program {number} of WAKEFUL_SEED={seed}, made small: {smallest:#?}\n{difference}");
}
