//! Every order of the steps of threads that count, free and take slots. Run as those of the ring.

use loom::sync::Arc;

use super::*;

/// A slot in use, with as many handles.
fn used(slots: &Slots, handles: u32) -> u32 {
    let index = Cache::new().take(slots).unwrap();
    let slot = slots.at(index).unwrap();
    slot.begin(beginning(0));
    for _ in 1..handles {
        slot.keep();
    }
    index
}

#[test]
fn one_thread_closes_and_sees_what_others_did() {
    loom::model(|| {
        let slots = Arc::new(Slots::new(2));
        let index = used(&slots, 2);
        let other = {
            let slots = slots.clone();
            loom::thread::spawn(move || {
                let slot = slots.at(index).unwrap();
                slot.set_ticks(7);
                // A child that comes and goes while the handle is held.
                slot.keep();
                assert!(!slot.release());
                let last = slot.release();
                assert!(!last || slot.ticks() == 7);
                last
            })
        };
        let slot = slots.at(index).unwrap();
        let last = slot.release();
        assert!(
            !last || slot.ticks() == 7,
            "closed before the other thread's record"
        );
        assert!(last != other.join().unwrap(), "closed by none or by both");
    });
}

#[test]
fn a_context_is_whole_while_it_changes() {
    loom::model(|| {
        let slots = Arc::new(Slots::new(2));
        let index = used(&slots, 1);
        let writer = {
            let slots = slots.clone();
            loom::thread::spawn(move || {
                let both = u128::from(1_u64) << 64 | 1;
                let slot = slots.at(index).unwrap();
                let context = Context {
                    trace_id: both,
                    ..Context::default()
                };
                slot.set_context(context, Default::default());
            })
        };
        // One look, as a reader in a loop would be looked at for ever.
        let context = slots.at(index).unwrap().try_context();
        assert!(context.is_none_or(|context| context.trace_id == 0 || context.trace_id == 1 << 64 | 1));
        writer.join().unwrap();
    });
}

#[test]
fn free_slots_are_traded_without_loss() {
    loom::model(|| {
        let slots = Arc::new(Slots::new(2));
        let mut cache = Cache::new();
        let (a, b) = (cache.take(&slots).unwrap(), cache.take(&slots).unwrap());
        let other = {
            let slots = slots.clone();
            loom::thread::spawn(move || {
                slots.give_back(a);
                Cache::new().take(&slots)
            })
        };
        slots.give_back(b);
        let mine = Cache::new().take(&slots);
        let theirs = other.join().unwrap();
        assert!(
            mine.is_some() && theirs.is_some() && mine != theirs,
            "{mine:?} {theirs:?}"
        );
    });
}

#[test]
fn closed_slots_are_taken_once() {
    loom::model(|| {
        let slots = Arc::new(Slots::new(2));
        let mut cache = Cache::new();
        let (a, b) = (cache.take(&slots).unwrap(), cache.take(&slots).unwrap());
        let other = {
            let slots = slots.clone();
            loom::thread::spawn(move || slots.push_closed(a))
        };
        slots.push_closed(b);
        let mut taken = Vec::new();
        slots.take_closed(&mut taken);
        other.join().unwrap();
        slots.take_closed(&mut taken);
        taken.sort_unstable();
        assert_eq!(taken, [a, b]);
    });
}
