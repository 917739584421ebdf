//! Slots on real threads.

use std::collections::HashSet;
use std::sync::Arc;

use super::*;

#[test]
fn no_slot_is_had_twice_though_threads_free_what_others_took() {
    let slots = Arc::new(Slots::new(4_096));
    let (sender, receiver) = std::sync::mpsc::channel::<u32>();
    let receiver = Arc::new(std::sync::Mutex::new(receiver));
    let threads: Vec<_> = (0..4)
        .map(|number| {
            let (slots, sender, receiver) = (slots.clone(), sender.clone(), receiver.clone());
            std::thread::spawn(move || {
                let mut cache = Cache::new();
                for _ in 0..50_000 {
                    let Some(index) = cache.take(&slots) else { continue };
                    let slot = slots.at(index).unwrap();
                    // Nobody else has it: what was stored stays.
                    slot.begin(beginning(number));
                    std::hint::spin_loop();
                    assert_eq!(slot.ticks(), number);
                    sender.send(index).unwrap();
                    if let Ok(index) = receiver.lock().unwrap().try_recv() {
                        cache.give(&slots, index);
                    }
                }
                cache.clear(&slots);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mut cache = Cache::new();
    let kept: HashSet<u32> = receiver.lock().unwrap().try_iter().collect();
    let mut seen = kept.clone();
    while let Some(index) = cache.take(&slots) {
        assert!(
            seen.insert(index),
            "slot {index} is free twice, or free and in use"
        );
    }
    assert_eq!(seen.len(), 4_096, "slots were lost");
}

#[test]
fn an_old_id_leads_nowhere() {
    let slots = Slots::new(256);
    let index = Cache::new().take(&slots).unwrap();
    let slot = slots.at(index).unwrap();
    slot.begin(beginning(0));
    let id = slots.id(index, slot);
    assert!(slots.get(id).is_some());
    slot.end();
    assert!(slots.get(id).is_none());
    assert!(slots.get(SlotId::NOWHERE).is_none());
}
