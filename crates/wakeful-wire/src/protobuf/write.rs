//! Writing protobuf's wire form.

/// Appends fields to a buffer.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Goes on behind what is in `bytes`.
    pub(crate) fn behind(bytes: Vec<u8>) -> Self {
        Self { bytes }
    }

    /// How much there is.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What was written.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// The key of a field with a length, and that length.
    pub(crate) fn header(&mut self, number: u32, length: usize) {
        self.key(number, 2);
        self.varint(length as u64);
    }

    fn key(&mut self, number: u32, wire_type: u32) {
        self.varint(u64::from(number << 3 | wire_type));
    }

    pub(crate) fn varint_field(&mut self, number: u32, value: u64) {
        self.key(number, 0);
        self.varint(value);
    }

    pub(crate) fn fixed64_field(&mut self, number: u32, value: u64) {
        self.key(number, 1);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn bytes(&mut self, number: u32, bytes: &[u8]) {
        self.header(number, bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    /// Lets `write` append raw bytes.
    pub(crate) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
    }

    // Proto3 leaves out what has its default value.

    pub(crate) fn number(&mut self, number: u32, value: u64) {
        if value != 0 {
            self.varint_field(number, value);
        }
    }

    pub(crate) fn fixed64(&mut self, number: u32, value: u64) {
        if value != 0 {
            self.fixed64_field(number, value);
        }
    }

    pub(crate) fn fixed32(&mut self, number: u32, value: u32) {
        if value != 0 {
            self.key(number, 5);
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    pub(crate) fn text(&mut self, number: u32, text: &str) {
        if !text.is_empty() {
            self.bytes(number, text.as_bytes());
        }
    }

    /// Writes a nested message whose length fits into one byte, most likely.
    #[inline]
    pub(crate) fn message<R>(&mut self, number: u32, write: impl FnOnce(&mut Self) -> R) -> R {
        self.message_of::<1, R>(number, write)
    }

    /// Writes a nested message. `ROOM` bytes are left for its length; the message moves if that was a wrong guess.
    #[inline]
    pub(crate) fn message_of<const ROOM: usize, R>(
        &mut self,
        number: u32,
        write: impl FnOnce(&mut Self) -> R,
    ) -> R {
        self.key(number, 2);
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; ROOM]);
        let result = write(self);
        let length = self.bytes.len() - at - ROOM;
        self.set_length(at, ROOM, length);
        result
    }

    fn set_length(&mut self, at: usize, room: usize, length: usize) {
        let takes = varint_bytes(length as u64);
        if takes != room {
            let start = at + room;
            if takes > room {
                self.bytes.resize(self.bytes.len() + takes - room, 0);
            }
            self.bytes.copy_within(start..start + length, at + takes);
            self.bytes.truncate(at + takes + length);
        }
        let mut rest = length;
        for byte in &mut self.bytes[at..at + takes] {
            *byte = rest as u8 | 0x80;
            rest >>= 7;
        }
        self.bytes[at + takes - 1] &= 0x7f;
    }
}

/// How many bytes a number takes.
pub(crate) fn varint_bytes(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const ROOM: usize>(length: usize, head: &[u8]) {
        let mut out = Writer::behind(vec![9]);
        out.message_of::<ROOM, _>(1, |out| out.bytes.resize(out.bytes.len() + length, 7));
        assert_eq!(out.bytes[..head.len()], *head, "{length} in {ROOM}");
        assert_eq!(out.bytes[head.len()..], vec![7; length]);
    }

    #[test]
    fn a_message_moves_when_its_length_was_guessed_wrong() {
        check::<1>(0, &[9, 10, 0]);
        check::<1>(127, &[9, 10, 127]);
        check::<1>(128, &[9, 10, 0x80, 1]);
        check::<2>(3, &[9, 10, 3]);
        check::<2>(16_383, &[9, 10, 0xff, 0x7f]);
        check::<2>(16_384, &[9, 10, 0x80, 0x80, 1]);
    }
}
