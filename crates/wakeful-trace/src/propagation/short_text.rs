//! A short text on the stack, so that writing a context into headers allocates nothing.

use std::fmt;

/// Room for the longest context header, B3's single one with a parent (69 bytes) or X-Ray's (74).
const CAPACITY: usize = 80;

pub(super) struct ShortText {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl ShortText {
    /// What `parts` say, cut at the capacity.
    pub(super) fn of(parts: fmt::Arguments<'_>) -> Self {
        let mut text = Self {
            bytes: [0; CAPACITY],
            len: 0,
        };
        // Every caller writes fixed-width ids, which fit: see the capacity.
        let fitted = fmt::write(&mut text, parts);
        debug_assert!(fitted.is_ok(), "a context header is longer than {CAPACITY} bytes");
        text
    }

    pub(super) fn as_str(&self) -> &str {
        // `write_str` copies whole `str`s alone, so this never falls back.
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl fmt::Write for ShortText {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = self.len + part.len();
        self.bytes
            .get_mut(self.len..end)
            .ok_or(fmt::Error)?
            .copy_from_slice(part.as_bytes());
        self.len = end;
        Ok(())
    }
}
