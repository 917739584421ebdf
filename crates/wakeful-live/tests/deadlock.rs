//! Circles are found, and nothing that looks like one.

#![allow(clippy::unwrap_used)]

mod support;

use expect_test::{Expect, expect};
use support::{Program, SECOND};

/// Four tasks, each polled for the last time two seconds ago, and three locks.
fn program() -> Program {
    let mut program = Program::new();
    for (id, name) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        program.task(id, name).polled(3, 1_000).wakers(1, 0);
    }
    program
}

fn check(tell: impl FnOnce(&mut Program), expected: Expect) {
    let mut program = program();
    tell(&mut program);
    program.check(expected);
}

#[test]
fn two_locks_in_opposite_order() {
    let tell = |program: &mut Program| {
        program.lock(1, "Mutex", 10).held_by(&[1], 2 * SECOND);
        program.lock(2, "Mutex", 11).held_by(&[2], 2 * SECOND);
        program.wait(1, 2, SECOND).wait(2, 1, SECOND);
    };
    check(
        tell,
        expect![[r#"
        deadlock (1.0 s): task 1 (a) of src/main.rs:1 holds Mutex of src/main.rs:10 and waits for Mutex of src/main.rs:11; task 2 (b) of src/main.rs:2 holds Mutex of src/main.rs:11 and waits for Mutex of src/main.rs:10
    "#]],
    );
}

#[test]
fn three_in_a_circle_and_one_that_waits_for_it() {
    let tell = |program: &mut Program| {
        program.lock(1, "Mutex", 10).held_by(&[1], 2 * SECOND);
        program.lock(2, "RwLock", 11).held_by(&[2, 4], 2 * SECOND);
        program.lock(3, "Semaphore", 12).held_by(&[3], 2 * SECOND);
        program.wait(1, 2, SECOND).wait(2, 3, SECOND).wait(3, 1, SECOND);
        program.wait(4, 1, SECOND);
    };
    check(
        tell,
        expect![[r#"
        deadlock (1.0 s): task 1 (a) of src/main.rs:1 holds Mutex of src/main.rs:10 and waits for RwLock of src/main.rs:11; task 2 (b) of src/main.rs:2 holds RwLock of src/main.rs:11 and waits for Semaphore of src/main.rs:12; task 3 (c) of src/main.rs:3 holds Semaphore of src/main.rs:12 and waits for Mutex of src/main.rs:10
        contention (1.0 s): Mutex of src/main.rs:10 is fought over: 2 tasks wait for it, the first for 1.00 s
    "#]],
    );
}

#[test]
fn a_lock_that_is_taken_twice() {
    let held = |seconds: u64| {
        move |program: &mut Program| {
            program.lock(1, "Mutex", 10).held_by(&[1], seconds * SECOND);
            program.wait(1, 1, seconds * SECOND);
            program.tick(0);
        }
    };
    // Another branch of a join may still let it go.
    check(held(4), expect![""]);
    let mut program = program();
    program
        .lock(1, "Mutex", 10)
        .held_by(&[1], 2 * SECOND)
        .wait(1, 1, SECOND);
    program.tick(11 * SECOND);
    program.check(expect![[r#"
        deadlock (12.0 s): task 1 (a) of src/main.rs:1 holds Mutex of src/main.rs:10 and waits for Mutex of src/main.rs:10
    "#]]);
}

/// What correct programs look like at one moment or another.
#[test]
fn correct_ways_to_lock() {
    let quiet = |what: &str, tell: &dyn Fn(&mut Program)| {
        let mut program = program();
        tell(&mut program);
        println!("{what}");
        let silent = expect![""];
        program.check(silent);
    };
    quiet("one holds, one waits", &|it| {
        it.lock(1, "Mutex", 10)
            .held_by(&[1], SECOND)
            .wait(2, 1, SECOND / 20);
    });
    quiet("a chain: the last one can move", &|it| {
        it.lock(1, "Mutex", 10).held_by(&[1], SECOND);
        it.lock(2, "Mutex", 11).held_by(&[2], SECOND);
        it.wait(2, 1, SECOND / 20).wait(3, 2, SECOND / 20);
    });
    quiet("opposite orders that met a moment ago", &|it| {
        it.lock(1, "Mutex", 10).held_by(&[1], SECOND / 5);
        it.lock(2, "Mutex", 11).held_by(&[2], SECOND / 5);
        it.wait(1, 2, SECOND / 10).wait(2, 1, SECOND / 10);
    });
    quiet("a semaphore of which one holder can move", &|it| {
        it.lock(1, "Semaphore", 10).held_by(&[1, 3], SECOND);
        it.lock(2, "Mutex", 11).held_by(&[2], SECOND);
        it.wait(1, 2, SECOND / 20).wait(2, 1, SECOND);
    });
    quiet("readers beside each other", &|it| {
        it.lock(1, "RwLock", 10).held_by(&[1, 2], SECOND);
        it.lock(2, "RwLock", 11).held_by(&[1, 2], SECOND);
        it.wait(3, 1, SECOND / 20).wait(4, 2, SECOND / 20);
    });
    quiet("a wait with a timer beside it", &|it| {
        it.lock(1, "Mutex", 10).held_by(&[1], 2 * SECOND);
        it.lock(2, "Mutex", 11).held_by(&[2], 2 * SECOND);
        it.lock(3, "Sleep", 12);
        it.wait(1, 2, SECOND).wait(2, 1, SECOND).wait(2, 3, SECOND);
    });
    quiet("a wait within a timeout of which only a waker is seen", &|it| {
        it.lock(1, "Mutex", 10).held_by(&[1], 2 * SECOND);
        it.lock(2, "Mutex", 11).held_by(&[2], 2 * SECOND);
        it.wait(1, 2, SECOND).wait(2, 1, SECOND);
        it.task(2, "b").polled(3, 1_000).wakers(2, 0);
    });
    quiet("a holder outside all tasks", &|it| {
        it.lock(1, "Mutex", 10).held_by(&[99], 2 * SECOND);
        it.wait(1, 1, SECOND / 20);
    });
    quiet("a holder that was polled since", &|it| {
        it.lock(1, "Mutex", 10).held_by(&[1], 2 * SECOND);
        it.lock(2, "Mutex", 11).held_by(&[2], 2 * SECOND);
        it.wait(1, 2, SECOND).wait(2, 1, SECOND);
        it.task(2, "b").running_since(1_000);
    });
    quiet("channels are no locks", &|it| {
        it.lock(1, "mpsc", 10).held_by(&[1], 2 * SECOND);
        it.lock(2, "mpsc", 11).held_by(&[2], 2 * SECOND);
        it.wait(1, 2, SECOND).wait(2, 1, SECOND);
    });
    quiet("a task that has ended", &|it| {
        it.lock(1, "Mutex", 10).held_by(&[1], 2 * SECOND);
        it.lock(2, "Mutex", 11).held_by(&[2], 2 * SECOND);
        it.wait(1, 2, SECOND).wait(2, 1, SECOND);
        it.task(2, "b").ended();
    });
}
