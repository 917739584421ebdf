//! Bytes that are left, and how far we are.

use super::ThriftError;

/// A position in a message.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() - self.offset
    }

    pub(super) fn error(&self, what: &'static str) -> ThriftError {
        ThriftError {
            what,
            offset: self.offset,
        }
    }

    /// The next `len` bytes; `what` is the error if they are not there.
    pub(super) fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], ThriftError> {
        let end = self
            .offset
            .checked_add(len)
            .filter(|end| *end <= self.bytes.len());
        let end = end.ok_or_else(|| self.error(what))?;
        let taken = &self.bytes[self.offset..end];
        self.offset = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], ThriftError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, "a number is cut off")?);
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, ThriftError> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// The byte that comes next, which stays.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.offset).copied()
    }

    /// An unsigned LEB128 number of at most 64 bits.
    pub(super) fn varint(&mut self) -> Result<u64, ThriftError> {
        let start = self.clone();
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(start.error("a variable-length number is longer than ten bytes"))
    }

    /// Checks that `len` elements of at least `size_min` bytes each can be there.
    pub(super) fn container(&self, len: u64, size_min: usize) -> Result<usize, ThriftError> {
        usize::try_from(len)
            .ok()
            .filter(|len| {
                len.checked_mul(size_min)
                    .is_some_and(|bytes| bytes <= self.remaining())
            })
            .ok_or_else(|| self.error("a container declares more elements than there are bytes"))
    }

    /// Text or bytes of a declared length.
    pub(super) fn string(&mut self, len: u64) -> Result<&'a [u8], ThriftError> {
        self.take(
            usize::try_from(len).unwrap_or(usize::MAX),
            "a string is longer than what is left",
        )
    }
}
