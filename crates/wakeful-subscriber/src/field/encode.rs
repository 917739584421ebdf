//! Writing fields: the visitor that `tracing` hands values to.

use std::error::Error;
use std::fmt::{self, Write as _};

use tracing_core::field::{Field, Visit};

use super::{HEADER_BYTES, tag};

/// An index past every callsite's fields: what a span has beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Special {
    /// The status, set by hand: a byte for the code, then the message.
    Status = u16::MAX,
    /// The trace state.
    TraceState = u16::MAX - 1,
}

/// Fields past this index are dropped and counted; `tracing` itself allows 32.
const INDEX_MAX: usize = 1 << 15;

/// The longest value of fixed size.
const VALUE_BYTES_MAX: usize = 16;

/// Appends fields to a buffer, at most `bytes_max` of them.
#[derive(Debug)]
pub(crate) struct Encoder<'a> {
    out: &'a mut Vec<u8>,
    bytes_max: usize,
    /// How many values were cut short or left out because they did not fit.
    pub(crate) cut: u32,
    /// Whether an error was among the values.
    pub(crate) has_error: bool,
}

impl<'a> Encoder<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, bytes_max: usize) -> Self {
        let bytes_max = out.len() + bytes_max;
        Self {
            out,
            bytes_max,
            cut: 0,
            has_error: false,
        }
    }

    /// Writes index, tag and a value of fixed size.
    #[inline]
    fn fixed<const BYTES: usize>(&mut self, index: usize, tag: u8, value: [u8; BYTES]) {
        if index >= INDEX_MAX || self.out.len() + HEADER_BYTES + BYTES > self.bytes_max {
            self.cut += 1;
            return;
        }
        // Put together first, so that the buffer is asked for room once.
        let mut field = [0; HEADER_BYTES + VALUE_BYTES_MAX];
        let [low, high] = (index as u16).to_ne_bytes();
        field[..HEADER_BYTES].copy_from_slice(&[low, high, tag]);
        field[HEADER_BYTES..HEADER_BYTES + BYTES].copy_from_slice(&value);
        self.out.extend_from_slice(&field[..HEADER_BYTES + BYTES]);
    }

    #[inline]
    fn text(&mut self, index: usize, tag: u8, text: &[u8]) {
        if index >= INDEX_MAX || self.out.len() + 7 + text.len() > self.bytes_max {
            return self.text_cut(index, tag, text);
        }
        let [low, high] = (index as u16).to_ne_bytes();
        let [a, b, c, d] = (text.len() as u32).to_ne_bytes();
        self.out.reserve(HEADER_BYTES + 4 + text.len());
        self.out.extend_from_slice(&[low, high, tag, a, b, c, d]);
        self.out.extend_from_slice(text);
    }

    #[cold]
    fn text_cut(&mut self, index: usize, tag: u8, text: &[u8]) {
        self.cut += 1;
        if index >= INDEX_MAX || self.out.len() + 7 >= self.bytes_max {
            return;
        }
        let mut end = text.len().min(self.bytes_max - self.out.len() - 7);
        if tag != tag::BYTES {
            // Not within a character: continuation bytes are 10xxxxxx.
            while end > 0 && end < text.len() && text[end] & 0xc0 == 0x80 {
                end -= 1;
            }
        }
        self.out.extend_from_slice(&(index as u16).to_ne_bytes());
        self.out.push(tag);
        self.out.extend_from_slice(&(end as u32).to_ne_bytes());
        self.out.extend_from_slice(&text[..end]);
    }

    /// Writes what `value` formats to, straight into the buffer.
    fn formatted(&mut self, index: usize, value: fmt::Arguments<'_>) {
        if index >= INDEX_MAX || self.out.len() + 7 > self.bytes_max {
            self.cut += 1;
            return;
        }
        self.out.extend_from_slice(&(index as u16).to_ne_bytes());
        self.out.push(tag::FORMATTED);
        self.length_prefixed(value);
    }

    /// Writes the text's length and the text; the caller has left room for the length.
    fn length_prefixed(&mut self, value: fmt::Arguments<'_>) {
        let at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        let mut writer = Bounded {
            out: self.out,
            bytes_max: self.bytes_max,
            cut: false,
        };
        // A `Debug` that fails leaves what it wrote before; there is nobody to tell.
        let _ = writer.write_fmt(value);
        self.cut += u32::from(writer.cut);
        let length = (self.out.len() - at - 4) as u32;
        self.out[at..at + 4].copy_from_slice(&length.to_ne_bytes());
    }

    /// Writes a value that is no field of the callsite.
    pub(crate) fn special(&mut self, special: Special, bytes: &[u8]) {
        if self.out.len() + 7 + bytes.len() > self.bytes_max {
            self.cut += 1;
            return;
        }
        self.out.extend_from_slice(&(special as u16).to_ne_bytes());
        self.out.push(tag::BYTES);
        self.out.extend_from_slice(&(bytes.len() as u32).to_ne_bytes());
        self.out.extend_from_slice(bytes);
    }
}

impl Visit for Encoder<'_> {
    #[inline]
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fixed(field.index(), tag::I64, value.to_ne_bytes());
    }

    #[inline]
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fixed(field.index(), tag::U64, value.to_ne_bytes());
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.fixed(field.index(), tag::I128, value.to_ne_bytes());
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.fixed(field.index(), tag::U128, value.to_ne_bytes());
    }

    #[inline]
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fixed(field.index(), tag::F64, value.to_ne_bytes());
    }

    #[inline]
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fixed(field.index(), if value { tag::TRUE } else { tag::FALSE }, []);
    }

    #[inline]
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.index(), tag::STR, value.as_bytes());
    }

    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.text(field.index(), tag::BYTES, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        if field.index() >= INDEX_MAX || self.out.len() + 11 > self.bytes_max {
            self.cut += 1;
            return;
        }
        self.out.extend_from_slice(&(field.index() as u16).to_ne_bytes());
        self.has_error = true;
        self.out.push(tag::ERROR);
        let at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        let mut next = Some(value);
        while let Some(error) = next {
            if self.out.len() + 4 > self.bytes_max {
                self.cut += 1;
                break;
            }
            self.length_prefixed(format_args!("{error}"));
            next = error.source();
        }
        let length = (self.out.len() - at - 4) as u32;
        self.out[at..at + 4].copy_from_slice(&length.to_ne_bytes());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.formatted(field.index(), format_args!("{value:?}"));
    }
}

/// Takes text until the buffer is full.
struct Bounded<'a> {
    out: &'a mut Vec<u8>,
    bytes_max: usize,
    cut: bool,
}

impl fmt::Write for Bounded<'_> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.bytes_max - self.out.len();
        if text.len() <= room {
            self.out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        self.cut = true;
        let mut end = room;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.out.extend_from_slice(&text.as_bytes()[..end]);
        // Stops the formatting: nothing more would fit.
        Err(fmt::Error)
    }
}
