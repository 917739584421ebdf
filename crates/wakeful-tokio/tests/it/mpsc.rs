//! Channels: the same as Tokio's for who uses them, and seen.

use std::fmt::Write;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use expect_test::{Expect, expect};
use wakeful_tokio::sync::mpsc;

use crate::support::{current_thread, resource_named, runtime, seen, waits, watch};

/// Runs a program on Tokio's channels and on ours. It must come to the same.
macro_rules! check {
    (|$mpsc:ident, $says:ident| $program:block, $expected:expr) => {
        let expected: Expect = $expected;
        {
            use tokio::sync::mpsc as $mpsc;
            let mut $says = String::new();
            current_thread().block_on(async { $program });
            expected.assert_eq(&$says);
        }
        {
            use wakeful_tokio::sync::mpsc as $mpsc;
            let mut $says = String::new();
            current_thread().block_on(async { $program });
            expected.assert_eq(&$says);
        }
    };
}

#[test]
fn there_is_room_for_so_many_messages() {
    check!(
        |mpsc, says| {
            let (sender, mut receiver) = mpsc::channel(2);
            for number in 1..=3 {
                writeln!(says, "{:?}, room {}", sender.try_send(number), sender.capacity()).unwrap();
            }
            writeln!(
                says,
                "{} wait, room for {}",
                receiver.len(),
                receiver.max_capacity()
            )
            .unwrap();
            let other = sender.clone();
            let waiting = tokio::spawn(async move { other.send(4).await });
            tokio::task::yield_now().await;
            writeln!(says, "sent {}", waiting.is_finished()).unwrap();
            for _ in 0..3 {
                writeln!(says, "{:?}", receiver.recv().await).unwrap();
            }
            writeln!(says, "{:?}, {:?}", waiting.await.unwrap(), receiver.try_recv()).unwrap();
            writeln!(says, "{} and {}", sender.strong_count(), sender.weak_count()).unwrap();
            drop(sender);
            writeln!(says, "{:?}, {:?}", receiver.recv().await, receiver.try_recv()).unwrap();
        },
        expect![[r#"
            Ok(()), room 1
            Ok(()), room 0
            Err("Full(..)"), room 0
            2 wait, room for 2
            sent false
            Some(1)
            Some(2)
            Some(4)
            Ok(()), Err(Empty)
            1 and 0
            None, Err(Disconnected)
        "#]]
    );
}

#[test]
fn permits_keep_room() {
    check!(
        |mpsc, says| {
            let (sender, mut receiver) = mpsc::channel::<u32>(1);
            let permit = sender.reserve().await.unwrap();
            writeln!(says, "{:?}", sender.try_reserve().map(drop)).unwrap();
            drop(permit);
            sender.try_reserve().unwrap().send(1);
            let sender = match sender.try_reserve_owned() {
                Err(mpsc::error::TrySendError::Full(sender)) => sender,
                other => unreachable!("{other:?}"),
            };
            writeln!(says, "{:?}", receiver.recv().await).unwrap();
            let permit = sender.reserve_owned().await.unwrap();
            let sender = permit.send(2).clone().reserve_owned();
            let mut sender = Box::pin(sender);
            let polled = poll_fn(|context| Poll::Ready(sender.as_mut().poll(context).is_ready())).await;
            writeln!(says, "has room {polled}, {:?}", receiver.recv().await).unwrap();
            let sender = sender.await.unwrap().release();
            writeln!(says, "room {}", sender.capacity()).unwrap();
        },
        expect![[r#"
            Err("Full(..)")
            Some(1)
            has room false, Some(2)
            room 1
        "#]]
    );
}

#[test]
fn room_is_waited_for_within_a_time_and_kept_for_several() {
    check!(
        |mpsc, says| {
            let (sender, mut receiver) = mpsc::channel(3);
            let long = Duration::from_secs(60);
            writeln!(says, "{:?}", sender.send_timeout(1, long).await).unwrap();
            let mut permits = sender.reserve_many(2).await.unwrap();
            writeln!(says, "{} permits, room {}", permits.len(), sender.capacity()).unwrap();
            let late = sender.send_timeout(2, Duration::ZERO).await;
            writeln!(says, "{late:?}, {:?}", sender.try_reserve_many(1).map(drop)).unwrap();
            permits.next().unwrap().send(3);
            drop(permits);
            writeln!(says, "room {}", sender.capacity()).unwrap();
            let two = sender.try_reserve_many(2).map(Iterator::count);
            writeln!(says, "{two:?}, {:?}", sender.reserve_many(4).await.map(drop)).unwrap();
            let one = sender.try_reserve_many(1).unwrap();
            one.for_each(|permit| permit.send(4));
            let mut buffer = Vec::new();
            receiver.recv_many(&mut buffer, 3).await;
            receiver.close();
            writeln!(says, "{buffer:?}, {:?}", sender.send_timeout(5, long).await).unwrap();
        },
        expect![[r#"
            Ok(())
            2 permits, room 0
            Err("Timeout(..)"), Err("Full(..)")
            room 1
            Err("Full(..)"), Err(SendError { .. })
            [1, 3, 4], Err("Closed(..)")
        "#]]
    );
}

#[test]
fn room_that_permits_have_is_told_until_it_is_used_or_given_back() {
    let (sender, _receiver) = {
        let _one = watch();
        mpsc::channel_named("rooms", 5)
    };
    let mut permits = sender.try_reserve_many(4).unwrap();
    let kept = permits.next().unwrap();
    permits.next().unwrap().send(1);
    seen(
        "rooms",
        &expect![
            "mpsc::channel rooms: capacity=1 max_capacity=5 messages=1 senders=1 closed=false; 0 wait: "
        ],
    );
    drop(permits);
    seen(
        "rooms",
        &expect![
            "mpsc::channel rooms: capacity=3 max_capacity=5 messages=1 senders=1 closed=false; 0 wait: "
        ],
    );
    drop(kept);
    seen(
        "rooms",
        &expect![
            "mpsc::channel rooms: capacity=4 max_capacity=5 messages=1 senders=1 closed=false; 0 wait: "
        ],
    );
}

#[test]
fn a_closed_channel_gives_what_it_has() {
    check!(
        |mpsc, says| {
            let (sender, mut receiver) = mpsc::channel(4);
            let weak = sender.downgrade();
            sender.send("one").await.unwrap();
            receiver.close();
            writeln!(says, "{} {}", sender.is_closed(), receiver.is_closed()).unwrap();
            writeln!(
                says,
                "{:?} {:?}",
                sender.send("two").await,
                sender.try_send("three")
            )
            .unwrap();
            sender.closed().await;
            writeln!(says, "{:?} {:?}", receiver.recv().await, receiver.recv().await).unwrap();
            writeln!(
                says,
                "{}",
                weak.upgrade().is_some_and(|other| other.same_channel(&sender))
            )
            .unwrap();
            drop(sender);
            writeln!(says, "{}", weak.upgrade().is_none()).unwrap();
        },
        expect![[r#"
            true true
            Err(SendError { .. }) Err("Closed(..)")
            Some("one") None
            true
            true
        "#]]
    );
}

#[test]
fn many_messages_come_at_once_and_by_hand() {
    check!(
        |mpsc, says| {
            let (sender, mut receiver) = mpsc::channel(8);
            for number in 0..5 {
                sender.send(number).await.unwrap();
            }
            let mut buffer = Vec::new();
            let count = receiver.recv_many(&mut buffer, 3).await;
            let more = poll_fn(|context| receiver.poll_recv_many(context, &mut buffer, 1)).await;
            let last = poll_fn(|context| receiver.poll_recv(context)).await;
            writeln!(says, "{count} {more} {buffer:?} {last:?}").unwrap();
            let none = poll_fn(|context| Poll::Ready(receiver.poll_recv(context).is_pending())).await;
            writeln!(says, "waits {none}, empty {}", receiver.is_empty()).unwrap();
        },
        expect![[r#"
            3 1 [0, 1, 2, 3] Some(4)
            waits true, empty true
        "#]]
    );
}

#[test]
fn a_channel_without_a_bound() {
    check!(
        |mpsc, says| {
            let (sender, mut receiver) = mpsc::unbounded_channel();
            for number in 0..4 {
                sender.send(number).unwrap();
            }
            let mut buffer = Vec::new();
            let count = receiver.recv_many(&mut buffer, 2).await;
            writeln!(
                says,
                "{count} {buffer:?} {:?} {}",
                receiver.recv().await,
                receiver.len()
            )
            .unwrap();
            let weak = sender.downgrade();
            writeln!(says, "{} {}", sender.strong_count(), weak.weak_count()).unwrap();
            receiver.close();
            writeln!(says, "{:?} {:?}", sender.send(5), receiver.try_recv()).unwrap();
            drop(sender);
            writeln!(says, "{:?} {}", receiver.recv().await, weak.upgrade().is_none()).unwrap();
        },
        expect![[r#"
            2 [0, 1] Some(2) 1
            1 1
            Err(SendError { .. }) Ok(3)
            None true
        "#]]
    );
}

#[test]
fn who_waits_on_which_side_is_seen() {
    let runtime = {
        // Only one test at a time may use the recorder.
        let _one = watch();
        runtime()
    };
    let line = line!() + 1;
    let (orders, mut kitchen) = mpsc::channel_named("orders", 1);
    let _within = runtime.enter();
    let (serve, served) = tokio::sync::oneshot::channel();
    let cook = wakeful_tokio::spawn_named("cook", async move {
        kitchen.recv().await.unwrap();
        served.await.unwrap();
        while kitchen.recv().await.is_some() {}
    });
    seen(
        "orders",
        &expect![
            "mpsc::channel orders: capacity=1 max_capacity=1 messages=0 senders=1 closed=false; 1 wait: Receiver::recv polls=1"
        ],
    );
    let (one, watch) = watch();
    let at = watch.until(|batches| {
        let id = resource_named(batches, "orders")?;
        let op = waits(batches, id).pop()?;
        let batch = batches
            .iter()
            .find(|batch| batch.async_ops.iter().any(|it| it.id == op.id))?;
        let called_at = batch.location(op.location?)?.to_string();
        let batch = batches
            .iter()
            .find(|batch| batch.resource_starts.iter().any(|it| it.id == id))?;
        let start = batch.resource_starts.iter().find(|it| it.id == id)?;
        let task = op.task?.0;
        Some((task, called_at, batch.location(start.location?)?.to_string()))
    });
    drop(one);
    assert_eq!(at.0.to_string(), cook.id().to_string());
    assert!(at.1.contains("tests/it/mpsc.rs:"), "{}", at.1);
    assert!(at.2.contains(&format!("tests/it/mpsc.rs:{line}:")), "{}", at.2);

    let waiter = wakeful_tokio::spawn_named("waiter", async move {
        for dish in ["soup", "bread", "tea"] {
            orders.send(dish).await.unwrap();
        }
    });
    seen(
        "orders",
        &expect![
            "mpsc::channel orders: capacity=0 max_capacity=1 messages=1 senders=1 closed=false; 1 wait: Sender::send polls=1"
        ],
    );
    serve.send(()).unwrap();
    runtime.block_on(async {
        waiter.await.unwrap();
        cook.await.unwrap();
    });
    let (_one, watch) = crate::support::watch();
    watch.until(|batches| {
        let id = resource_named(batches, "orders")?;
        let mut ends = batches.iter().flat_map(|batch| &batch.resource_ends);
        ends.find(|end| end.id == id)?;
        // Every wait that was told of has come to an end.
        waits(batches, id).is_empty().then_some(())
    });
}

#[test]
fn a_channel_that_is_closed_is_seen_closed() {
    let (sender, receiver) = {
        let _one = watch();
        mpsc::unbounded_channel_named("letters")
    };
    sender.send(1).unwrap();
    let other = sender.clone();
    seen(
        "letters",
        &expect!["mpsc::unbounded_channel letters: messages=1 senders=2 closed=false; 0 wait: "],
    );
    drop((receiver, other));
    seen(
        "letters",
        &expect!["mpsc::unbounded_channel letters: messages=0 senders=1 closed=true; 0 wait: "],
    );
}
