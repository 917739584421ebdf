//! A program of spans: steps, each on one of a few threads.

use crate::random::Random;

/// How many threads a program has.
pub(crate) const THREADS: usize = 3;

/// One step. Numbers choose among what is there when the step runs, so any part of a program is a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) thread: usize,
    pub(crate) act: Act,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    New {
        callsite: u64,
        parent: Place,
        value: u64,
    },
    Clone(u64),
    Drop(u64),
    Enter(u64),
    /// Leaves any of the spans that this thread has entered.
    Exit(u64),
    Record {
        handle: u64,
        value: u64,
    },
    FollowsFrom(u64, u64),
    Event {
        callsite: u64,
        place: Place,
        value: u64,
    },
    /// Takes a handle of what is current, and records on it.
    Current(u64),
    /// Enters, panics, and is caught.
    Panic(u64),
    /// Ends the thread; what it has entered is left in the order of entering.
    EndThread,
}

/// Where a span or event belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Current,
    Root,
    Under(u64),
}

impl Place {
    fn random(random: &mut Random) -> Self {
        match random.below(8) {
            0 => Self::Root,
            1 | 2 => Self::Under(random.next()),
            _ => Self::Current,
        }
    }
}

pub(crate) fn generate(random: &mut Random) -> Vec<Step> {
    let steps = 4 + random.below(40);
    let mut thread = 0;
    (0..steps)
        .map(|_| {
            // Mostly the same thread goes on.
            if random.below(4) == 0 {
                thread = random.below(THREADS as u64) as usize;
            }
            let handle = random.next();
            let value = random.next();
            let act = match random.below(32) {
                0..8 => Act::New {
                    callsite: random.next(),
                    parent: Place::random(random),
                    value,
                },
                8..10 => Act::Clone(handle),
                10..14 => Act::Drop(handle),
                14..20 => Act::Enter(handle),
                20..24 => Act::Exit(handle),
                24..26 => Act::Record { handle, value },
                26 => Act::FollowsFrom(handle, value),
                27..29 => Act::Event {
                    callsite: random.next(),
                    place: Place::random(random),
                    value,
                },
                29 => Act::Current(value),
                30 => Act::Panic(handle),
                _ if random.below(4) == 0 => Act::EndThread,
                _ => Act::Drop(handle),
            };
            Step { thread, act }
        })
        .collect()
}
