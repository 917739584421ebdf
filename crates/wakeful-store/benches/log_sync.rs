//! What a sync costs, by the file that is written: one that grows, one with reserved blocks, one that is written over.
//! The log is written as in the last column (docs/decisions/0004).
//!
//! `cargo bench -p wakeful-store --bench log_sync [FOLDER]`

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program of its own, to be looked at"
)]

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

/// What eight senders of 512 spans wait for together, and one of them alone.
const SIZES: [usize; 2] = [2_200_000, 275_000];
const WRITES: usize = 200;

fn main() {
    let folder = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with("--"));
    let folder = tempfile::tempdir_in(folder.unwrap_or_else(|| ".".to_owned())).unwrap();
    println!(
        "{:>9} bytes  {:>22}  {:>22}  {:>22}",
        "", "growing", "reserved", "written over"
    );
    for size in SIZES {
        let path = folder.path().join("log");
        let open = || {
            OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(true)
                .open(&path)
                .unwrap()
        };
        let growing = measure(&mut open(), size);
        let mut file = open();
        fs4::FileExt::allocate(&file, (size * WRITES) as u64).unwrap();
        file.sync_all().unwrap();
        let reserved = measure(&mut file, size);
        // The same file again: its blocks have been written.
        let written_over = measure(&mut file, size);
        println!("{size:>9} bytes  {growing:>22}  {reserved:>22}  {written_over:>22}");
    }
}

/// Median time of a write with its sync, and bytes a second.
fn measure(file: &mut File, size: usize) -> String {
    let bytes = vec![0x5a; size];
    file.seek(SeekFrom::Start(0)).unwrap();
    let started = Instant::now();
    let mut times: Vec<Duration> = (0..WRITES)
        .map(|_| {
            let started = Instant::now();
            file.write_all(&bytes).unwrap();
            file.sync_data().unwrap();
            started.elapsed()
        })
        .collect();
    let rate = (size * WRITES) as f64 / 1e6 / started.elapsed().as_secs_f64();
    times.sort_unstable();
    format!("{:.2} ms, {rate:.0} MB/s", times[WRITES / 2].as_secs_f64() * 1e3)
}
