//! Writing fields straight into a ring, where that is possible.

use std::error::Error;
use std::fmt;

use tracing_core::field::{Field, Visit};

use super::{HEADER_BYTES, tag};

/// Appends fields to a piece of a ring. Values that the program formats make it give up, since that code may trace, and the ring
/// would be written under our hands; so do values that are too long.
#[derive(Debug)]
pub(crate) struct DirectEncoder<'a> {
    out: &'a mut [u8],
    length: usize,
    gave_up: bool,
}

impl<'a> DirectEncoder<'a> {
    pub(crate) fn new(out: &'a mut [u8]) -> Self {
        Self {
            out,
            length: 0,
            gave_up: false,
        }
    }

    /// How many bytes were written; `None` if it gave up, and nothing of it must be used.
    pub(crate) fn finish(self) -> Option<usize> {
        (!self.gave_up).then_some(self.length)
    }

    #[inline]
    fn put<const BYTES: usize>(&mut self, field: &Field, tag: u8, value: [u8; BYTES], text: &[u8]) {
        let end = self.length + HEADER_BYTES + BYTES + text.len();
        // Past these, an index could be mistaken for a special one.
        let Some(out) = self.out.get_mut(self.length..end).filter(|_| field.index() < 256) else {
            self.gave_up = true;
            return;
        };
        let [low, high] = (field.index() as u16).to_ne_bytes();
        out[..HEADER_BYTES].copy_from_slice(&[low, high, tag]);
        out[HEADER_BYTES..HEADER_BYTES + BYTES].copy_from_slice(&value);
        out[HEADER_BYTES + BYTES..].copy_from_slice(text);
        self.length = end;
    }
}

impl Visit for DirectEncoder<'_> {
    #[inline]
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, tag::I64, value.to_ne_bytes(), &[]);
    }

    #[inline]
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, tag::U64, value.to_ne_bytes(), &[]);
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, tag::I128, value.to_ne_bytes(), &[]);
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.put(field, tag::U128, value.to_ne_bytes(), &[]);
    }

    #[inline]
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, tag::F64, value.to_ne_bytes(), &[]);
    }

    #[inline]
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, if value { tag::TRUE } else { tag::FALSE }, [], &[]);
    }

    #[inline]
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(
            field,
            tag::STR,
            (value.len() as u32).to_ne_bytes(),
            value.as_bytes(),
        );
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.put(field, tag::BYTES, (value.len() as u32).to_ne_bytes(), value);
    }

    fn record_error(&mut self, _field: &Field, _value: &(dyn Error + 'static)) {
        self.gave_up = true;
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {
        self.gave_up = true;
    }
}
