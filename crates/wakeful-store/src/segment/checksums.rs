//! Whether what is read of a segment is what was written.
//!
//! The CRC32C of every block of a file stands in a table behind the indexes. (Parquet has room for a checksum of
//! each page, but its writer leaves it empty.) Bytes are read by whole blocks and compared before anybody sees them.
//! The footer, which stands behind the table, has a seal of its own (`seal.rs`).

use std::io::{self, Write};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Small enough that reading a page by whole blocks costs little more than the page.
const BLOCK_BYTES: u64 = 2048;

/// Where the table stands, and what it covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChecksumExtent {
    /// Offset and length of the table: four bytes a block.
    pub(crate) table: (u64, u64),
    /// The table's own CRC32C.
    pub(crate) table_crc32c: u32,
    /// From the beginning of the file.
    pub(crate) covered_bytes: u64,
    pub(crate) block_bytes: u64,
}

/// Passes on what is written, and sums up its blocks; what is to be sealed is held back.
#[derive(Debug)]
pub(super) struct Summing<W> {
    out: W,
    sums: Vec<u32>,
    /// Of the block that is not full yet.
    sum: u32,
    bytes: u64,
    held: Option<Vec<u8>>,
}

impl<W> Summing<W> {
    pub(super) fn new(out: W) -> Self {
        Self {
            out,
            sums: Vec::new(),
            sum: 0,
            bytes: 0,
            held: None,
        }
    }

    /// Holds back what is written from here on.
    pub(super) fn hold(&mut self) {
        self.held.get_or_insert_default();
    }

    /// What was passed on to, and what was held back.
    pub(super) fn into_parts(self) -> (W, Vec<u8>) {
        (self.out, self.held.unwrap_or_default())
    }

    /// The table of everything that was written so far, and where it will stand if it is written next.
    pub(super) fn table(&self) -> (Vec<u8>, ChecksumExtent) {
        let last = (!self.bytes.is_multiple_of(BLOCK_BYTES)).then_some(self.sum);
        let sums = self.sums.iter().copied().chain(last);
        let table: Vec<u8> = sums.flat_map(u32::to_le_bytes).collect();
        let extent = ChecksumExtent {
            table: (self.bytes, table.len() as u64),
            table_crc32c: crc32c::crc32c(&table),
            covered_bytes: self.bytes,
            block_bytes: BLOCK_BYTES,
        };
        (table, extent)
    }

    fn add(&mut self, mut written: &[u8]) {
        while !written.is_empty() {
            let room = (BLOCK_BYTES - self.bytes % BLOCK_BYTES) as usize;
            let (now, rest) = written.split_at(room.min(written.len()));
            self.sum = crc32c::crc32c_append(self.sum, now);
            self.bytes += now.len() as u64;
            if now.len() == room {
                self.sums.push(std::mem::take(&mut self.sum));
            }
            written = rest;
        }
    }
}

impl<W: Write> Write for Summing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(held) = &mut self.held {
            held.extend_from_slice(bytes);
            return Ok(bytes.len());
        }
        let written = self.out.write(bytes)?;
        self.add(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Bytes that are not those that were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "its bytes from {start} to {end} have changed since they were written; restore the file from a backup"
)]
pub(crate) struct Damaged {
    start: u64,
    end: u64,
}

/// A table as it is read back.
#[derive(Debug)]
pub(crate) struct Checksums {
    table: Bytes,
    covered_bytes: u64,
    block_bytes: u64,
}

impl Checksums {
    /// `None` if the table is not the one that was written.
    pub(super) fn new(extent: &ChecksumExtent, table: Bytes) -> Option<Self> {
        let sound = crc32c::crc32c(&table) == extent.table_crc32c
            && extent.block_bytes > 0
            && table.len() as u64 == extent.covered_bytes.div_ceil(extent.block_bytes) * 4;
        sound.then_some(Self {
            table,
            covered_bytes: extent.covered_bytes,
            block_bytes: extent.block_bytes,
        })
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.table.len()
    }

    /// Start and end of the blocks that hold the bytes; `None` if they are not all covered.
    pub(super) fn blocks_of(&self, start: u64, length: u64) -> Option<(u64, u64)> {
        let end = start
            .checked_add(length)
            .filter(|end| *end <= self.covered_bytes)?;
        let blocks_end = end.next_multiple_of(self.block_bytes).min(self.covered_bytes);
        Some((start - start % self.block_bytes, blocks_end))
    }

    /// Compares whole blocks that were read from `start`.
    pub(super) fn check(&self, start: u64, blocks: &[u8]) -> Result<(), Damaged> {
        let first = (start / self.block_bytes) as usize;
        let sums = self.table.chunks_exact(4).skip(first);
        let blocks = blocks.chunks(self.block_bytes as usize);
        for ((block, sum), number) in blocks.zip(sums).zip(first as u64..) {
            if crc32c::crc32c(block).to_le_bytes() != *sum {
                let start = number * self.block_bytes;
                let end = start + block.len() as u64;
                return Err(Damaged { start, end });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_is_noticed_in_its_block_alone() {
        let bytes: Vec<u8> = (0..5_000_u32).map(|n| (n % 251) as u8).collect();
        let mut out = Summing::new(Vec::new());
        bytes.chunks(777).for_each(|chunk| out.write_all(chunk).unwrap());
        let (table, extent) = out.table();
        let sums = Checksums::new(&extent, table.clone().into()).unwrap();
        assert_eq!(sums.blocks_of(2_047, 2), Some((0, 4_096)));
        assert_eq!(sums.blocks_of(4_999, 1), Some((4_096, 5_000)));
        assert_eq!(sums.blocks_of(4_999, 2), None);
        assert_eq!(sums.check(0, &bytes), Ok(()));
        assert_eq!(sums.check(4_096, &bytes[4_096..]), Ok(()));
        let mut damaged = bytes;
        damaged[3_000] ^= 1;
        let (start, end) = (2_048, 4_096);
        assert_eq!(sums.check(0, &damaged), Err(Damaged { start, end }));
        assert_eq!(sums.check(0, &damaged[..2_048]), Ok(()));
        assert!(Checksums::new(&extent, table[4..].to_vec().into()).is_none());
    }
}
