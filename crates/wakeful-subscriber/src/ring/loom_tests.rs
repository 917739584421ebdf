//! Every order of the steps of a writer and a reader. Run with `RUSTFLAGS="--cfg loom" cargo test -p wakeful-subscriber --lib loom`.

use super::*;

#[test]
fn a_reader_sees_whole_records_in_order_and_every_refusal_is_known() {
    loom::model(|| {
        let ring = Arc::new(Ring::new(Memory::new(64).unwrap(), Arc::new(Thread::current())));
        let mut writer = Writer::new(ring.clone());
        let mut reader = Reader::new(ring);
        let written = loom::thread::spawn(move || {
            // Two words each: the ring has room for four, so the fifth depends on the reader.
            (0..5)
                .filter(|&number| writer.write([2, number], &[], 0).is_ok())
                .collect::<Vec<_>>()
        });
        let mut read = Vec::new();
        let mut take = |reader: &mut Reader| {
            reader.look();
            while let Some(record) = reader.peek() {
                read.push(u64::from_ne_bytes(record[8..16].try_into().unwrap()));
                let bytes = record.len();
                reader.step(bytes);
            }
            reader.release();
        };
        take(&mut reader);
        take(&mut reader);
        let written = written.join().unwrap();
        take(&mut reader);
        assert!(reader.is_done());
        assert_eq!(read, written);
        assert!(written.len() >= 4);
    });
}
