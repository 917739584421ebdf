//! Where a segment's bytes are, and reading them.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};

use super::checksums::Checksums;
use crate::cache::Cache;

/// Where a segment's bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    File(PathBuf),
    Memory(Bytes),
}

impl Source {
    /// Opens it anew, to read what no checksum covers.
    pub(super) fn open(&self) -> std::io::Result<Input> {
        let bytes = match self {
            Self::File(path) => Store::File(Arc::new(File::open(path)?)),
            Self::Memory(bytes) => Store::Memory(bytes.clone()),
        };
        Ok(Input {
            bytes,
            checksums: None,
        })
    }

    /// Opens it, or takes the file of the segment that is open already. What is read is compared with the checksums.
    pub(super) fn open_kept(
        &self,
        segment: u64,
        cache: &Cache,
        checksums: Arc<Checksums>,
    ) -> std::io::Result<Input> {
        let bytes = match self {
            Self::File(path) => Store::File(cache.file(segment, || File::open(path))?),
            Self::Memory(bytes) => Store::Memory(bytes.clone()),
        };
        Ok(Input {
            bytes,
            checksums: Some(checksums),
        })
    }
}

/// An open source.
#[derive(Debug)]
pub(crate) struct Input {
    bytes: Store,
    checksums: Option<Arc<Checksums>>,
}

#[derive(Debug)]
enum Store {
    /// Others may read of it, too: its cursor is nobody's.
    File(Arc<File>),
    Memory(Bytes),
}

impl Length for Input {
    fn len(&self) -> u64 {
        match &self.bytes {
            Store::File(file) => Length::len(&**file),
            Store::Memory(bytes) => bytes.len() as u64,
        }
    }
}

impl ChunkReader for Input {
    type T = Box<dyn Read>;

    /// What Parquet reads so is the footer, which no checksum covers, of a file that was opened for that.
    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        Ok(match &self.bytes {
            Store::File(file) => Box::new(file.get_read(start)?),
            Store::Memory(bytes) => Box::new(bytes.get_read(start)?),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        let blocks = self
            .checksums
            .as_ref()
            .and_then(|checksums| Some((checksums, checksums.blocks_of(start, length as u64)?)));
        let Some((checksums, (blocks_start, blocks_end))) = blocks else {
            return self.bytes.read(start, length);
        };
        let blocks = self
            .bytes
            .read(blocks_start, (blocks_end - blocks_start) as usize)?;
        checksums
            .check(blocks_start, &blocks)
            .map_err(|damaged| ParquetError::External(Box::new(damaged)))?;
        let skip = (start - blocks_start) as usize;
        Ok(blocks.slice(skip..skip + length))
    }
}

impl Store {
    fn read(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        match self {
            Self::File(file) => read_at(file, start, length),
            Self::Memory(bytes) => bytes.get_bytes(start, length),
        }
    }
}

/// Bytes in one system call, which leaves the file's cursor alone.
#[cfg(unix)]
fn read_at(file: &File, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
    let mut bytes = vec![0; length];
    std::os::unix::fs::FileExt::read_exact_at(file, &mut bytes, start)?;
    Ok(Bytes::from(bytes))
}

/// Elsewhere reading moves the cursor, so readers take turns.
#[cfg(not(unix))]
fn read_at(file: &File, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    file.get_bytes(start, length)
}
