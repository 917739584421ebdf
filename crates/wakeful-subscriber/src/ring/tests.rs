//! A ring on one thread, against a queue.

use std::collections::VecDeque;

use super::*;

fn ring(capacity: usize) -> (Writer, Reader) {
    let ring = Arc::new(Ring::new(
        Memory::new(capacity).unwrap(),
        Arc::new(Thread::current()),
    ));
    (Writer::new(ring.clone()), Reader::new(ring))
}

/// A record whose first two bytes are its length, as the reader expects.
fn write(writer: &mut Writer, number: u64, bytes: usize, keep: usize) -> Result<(), Refused> {
    let body = vec![number as u8; bytes];
    let words = (2 + bytes.div_ceil(WORD_BYTES)) as u64;
    writer.write([words, number], &body, keep)
}

#[test]
fn what_is_written_is_read_in_order_whatever_the_lengths() {
    for capacity in [64, 256, 4096] {
        let (mut writer, mut reader) = ring(capacity);
        let mut expected = VecDeque::new();
        let mut random = 7_u64;
        let mut refused = 0;
        for number in 0..20_000 {
            random = random
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let bytes = (random >> 33) as usize % (capacity / 4);
            match write(&mut writer, number, bytes, 0) {
                Ok(()) => expected.push_back((number, bytes)),
                Err(Refused::Full) => refused += 1,
                Err(Refused::TooLong) => assert!(bytes.next_multiple_of(8) + 16 > capacity / 4),
            }
            if random >> 60 < 2 {
                reader.look();
                while let Some(record) = reader.peek() {
                    let (number, bytes) = expected.pop_front().unwrap();
                    assert_eq!(record[8..16], number.to_ne_bytes());
                    assert!(record[16..16 + bytes].iter().all(|&byte| byte == number as u8));
                    let length = record.len();
                    reader.step(length);
                }
                assert!(expected.is_empty());
                reader.release();
            }
        }
        assert!(refused > 0, "a ring of {capacity} bytes was never full");
    }
}

#[test]
fn a_body_that_is_written_in_place_is_published_or_forgotten() {
    let (mut writer, mut reader) = ring(4096);
    writer.body(2, 0).unwrap()[..3].copy_from_slice(b"abc");
    writer.publish([3, 1], 3, 0).unwrap();
    // Nothing of this one is ever seen.
    writer.body(2, 0).unwrap()[..3].copy_from_slice(b"xyz");
    write(&mut writer, 2, 1, 0).unwrap();
    reader.look();
    let first = reader.peek().unwrap();
    assert_eq!((first.len(), &first[16..19]), (24, b"abc".as_slice()));
    reader.step(24);
    assert_eq!(reader.peek().unwrap()[16], 2);
    reader.step(24);
    assert!(reader.peek().is_none());
    // As much as a body may take must be free, though less would fit.
    let (mut small, _reader) = ring(256);
    assert!(small.body(2, 0).is_none());
    assert!(write(&mut small, 3, 40, 0).is_ok());
}

#[test]
fn what_must_stay_free_stays_free() {
    let (mut writer, reader) = ring(256);
    let mut kept = 0;
    while write(&mut writer, 0, 0, kept + 16).is_ok() {
        kept += 16;
    }
    // Nothing more than what was kept fits, and all of it does.
    assert_eq!(kept, 128);
    for _ in 0..kept / 16 {
        write(&mut writer, 1, 0, 0).unwrap();
    }
    assert_eq!(write(&mut writer, 1, 0, 0), Err(Refused::Full));
    assert!(reader.peek().is_none());
}

#[test]
fn a_budget_is_kept_and_memory_is_used_again() {
    let rings = Rings::new(4 << 10, 64 << 10, 3 * (5 << 10));
    let thread = Arc::new(Thread::current());
    let taken: Vec<_> = std::iter::from_fn(|| rings.first(&thread)).collect();
    assert_eq!(taken.len(), 3);
    assert!(rings.bigger(4 << 10, &thread).is_none());
    let mut version = 0;
    assert_eq!(rings.added(&mut version).0.len(), 3);
    for ring in taken {
        rings.give_back(ring).unwrap();
    }
    // The free small ones make way for the sizes that are asked for.
    assert!(rings.bigger(4 << 10, &thread).is_none());
    assert!(rings.first(&thread).is_some());
}
