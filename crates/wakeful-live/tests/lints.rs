//! What linters find in what programs tell, and what they do not.

#![allow(clippy::unwrap_used)]

mod support;

use expect_test::expect;
use support::{Program, SECOND};
use wakeful_model::runtime::TaskKind;

#[test]
fn the_lints_of_tokio_console() {
    let mut program = Program::new();
    program.task(1, "selfish").woken(10, 6).polled(10, 1_000);
    program.task(2, "fair").woken(10, 5).polled(10, 1_000);
    program.task(3, "lost").polled(1, 1_000).wakers(2, 2);
    program.task(4, "idle").polled(1, 1_000).wakers(2, 1);
    program.task(5, "busy").running_since(3 * SECOND);
    program.task(6, "boxed").sizes(20_000, 8);
    program.task(7, "large").sizes(1_024, 1_024);
    program.task(8, "small").sizes(1_023, 1_023);
    // Nothing but a box can be wrong with what has a thread of its own.
    program
        .task(9, "blocking")
        .kind(TaskKind::Blocking)
        .running_since(3 * SECOND);
    program.task(10, "done").polled(1, 1_000).wakers(2, 2).ended();
    // What is unknown is not wrong.
    program.task(11, "unseen");
    program.check(expect![[r#"
        long-poll (3.0 s): task 5 (busy) of src/main.rs:5 has kept its worker for 3.00 s in one poll
        large-future (5.0 s): task 7 (large) of src/main.rs:7 takes 1024 bytes
        auto-boxed-future (5.0 s): task 6 (boxed) of src/main.rs:6 was put into a box by the runtime because of its 20000 bytes
        never-yielded (3.0 s): task 5 (busy) of src/main.rs:5 has been in its first poll for 3.00 s
        lost-waker (5.0 s): task 3 (lost) of src/main.rs:3 waits, but nobody has a waker for it, so it will never be woken
        self-wakes (5.0 s): task 1 (selfish) of src/main.rs:1 woke itself for 60 % of its wakes
    "#]]);
}

#[test]
fn polls_and_waits_that_are_long() {
    let mut program = Program::new();
    program
        .task(1, "told one by one")
        .one_poll(2 * SECOND, 12_000_000, Some(1_000));
    program
        .task(2, "short")
        .one_poll(2 * SECOND, 9_000_000, Some(9_000_000));
    program
        .task(3, "waited")
        .one_poll(2 * SECOND, 1_000, Some(45_000_000));
    program
        .task(4, "told in sums")
        .polled(10, 1_000)
        .polled(12, 60_000_000);
    program.task(5, "now").running_since(20_000_000).polls_before(7);
    program.check(expect![[r#"
        long-wait (2.0 s): task 3 (waited) of src/main.rs:3 was woken and waited 45.0 ms for a worker
        long-poll (2.0 s): task 4 (told in sums) of src/main.rs:4 kept its worker for 30.0 ms in one poll
        long-poll (2.0 s): task 1 (told one by one) of src/main.rs:1 kept its worker for 12.0 ms in one poll
        long-poll (0.0 s): task 5 (now) of src/main.rs:5 has kept its worker for 20.0 ms in one poll
    "#]]);
    // A minute later nobody wants to know.
    program.tick(90 * SECOND);
    program.check(expect![[r#"
        long-poll (90.0 s): task 5 (now) of src/main.rs:5 has kept its worker for 90.0 s in one poll
    "#]]);
}

#[test]
fn locks_that_are_fought_over() {
    let mut program = Program::new();
    program.task(1, "a").polled(5, 1_000);
    program.task(2, "b").polled(5, 1_000);
    program.task(3, "c").polled(5, 1_000);
    program.lock(1, "Mutex", 10).counted(0).counted(600_000_000);
    program.lock(2, "Mutex", 11).counted(0).counted(400_000_000);
    program.lock(3, "Semaphore", 12);
    program.wait(1, 3, 300_000_000).wait(2, 3, 200_000_000);
    program.lock(4, "Mutex", 13);
    program.wait(3, 4, 300_000_000);
    program.check(expect![[r#"
        contention (4.0 s): Mutex of src/main.rs:10 is fought over: tasks waited 600 ms for it in 1.00 s
        contention (0.3 s): Semaphore of src/main.rs:12 is fought over: 2 tasks wait for it, the first for 300 ms
    "#]]);
}

#[test]
fn tasks_that_become_ever_more() {
    let leak = |spawned: u64, ended: u64| {
        let mut program = Program::new();
        for second in 0..8 {
            program.pass(10 * SECOND);
            program
                .site(20, 10 + second * (spawned - ended), spawned, ended)
                .tick(0);
        }
        program
    };
    leak(50, 0).check(expect![[r#"
        task-leak (70.0 s): tasks of src/main.rs:20 become ever more: 360 alive, 350 more in 70.0 s
    "#]]);
    leak(50, 10).check(expect![[r#"
        task-leak (70.0 s): tasks of src/main.rs:20 become ever more: 290 alive, 280 more in 70.0 s
    "#]]);
    // Two samples may be equal; a pool that was filled and stays as it is does not leak.
    let steps = |steps: [u64; 8]| {
        let mut program = Program::new();
        for alive in steps {
            program.pass(10 * SECOND).site(20, alive, 50, 0).tick(0);
        }
        program
    };
    steps([10, 60, 60, 110, 160, 160, 210, 260]).check(expect![[r#"
        task-leak (70.0 s): tasks of src/main.rs:20 become ever more: 260 alive, 250 more in 70.0 s
    "#]]);
    steps([10, 500, 500, 500, 500, 500, 500, 500]).check(expect![""]);
    // Many come, and most go.
    leak(500, 450).check(expect![""]);
    // Too few to tell.
    leak(5, 0).check(expect![""]);
}
