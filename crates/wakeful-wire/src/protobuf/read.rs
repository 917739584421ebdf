//! Reading protobuf's wire form, field by field, without copying.
//!
//! Every length is checked against what is there; nothing is allocated. Source: the protobuf encoding guide.

/// Why bytes are not a message of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed protobuf: {what} at byte {offset}")]
pub struct DecodeError {
    /// What was wrong.
    pub what: &'static str,
    /// Where, from the start of the message.
    pub offset: usize,
}

/// A cursor over the fields of one message.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where `bytes` begins in the whole payload, so that errors and ranges are of the payload.
    base: usize,
}

/// One field's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    /// Text, bytes or a nested message, and where it begins in the payload.
    Bytes(&'a [u8], usize),
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8], base: usize) -> Self {
        Self { bytes, at: 0, base }
    }

    /// The next field and its number; `None` at the end of the message.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, DecodeError> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let key = self.varint()?;
        let number = u32::try_from(key >> 3).map_err(|_| self.error("a field number out of range"))?;
        if number == 0 {
            return Err(self.error("field number zero"));
        }
        let field = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = self.varint()?;
                let start = self.at;
                let end = usize::try_from(length)
                    .ok()
                    .and_then(|length| start.checked_add(length));
                match end.and_then(|end| self.bytes.get(start..end)) {
                    Some(bytes) => {
                        self.at += bytes.len();
                        Field::Bytes(bytes, self.base + start)
                    }
                    None => return Err(self.error("a length beyond the end of its message")),
                }
            }
            5 => Field::Fixed32(u32::from_le_bytes(self.array()?)),
            _ => return Err(self.error("an unknown wire type")),
        };
        Ok(Some((number, field)))
    }

    /// The next of packed numbers; `None` at their end.
    #[cfg(feature = "decode")]
    pub(crate) fn next_packed(&mut self) -> Result<Option<u64>, DecodeError> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        self.varint().map(Some)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, DecodeError> {
        // Almost every key, length and number here is below 128.
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let &byte = self
                .bytes
                .get(self.at)
                .ok_or_else(|| self.error("a number that is cut off"))?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.error("a number of more than ten bytes"))
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.bytes.get(self.at..).and_then(|rest| rest.first_chunk::<N>()) {
            Some(array) => {
                self.at += N;
                Ok(*array)
            }
            None => Err(self.error("a number that is cut off")),
        }
    }

    /// How far the cursor has come within the message.
    #[cfg(feature = "decode")]
    #[inline]
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn error(&self, what: &'static str) -> DecodeError {
        DecodeError {
            what,
            offset: self.base + self.at,
        }
    }
}

/// Fields of a message that was checked before: an error cannot come, and would end the message.
impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Field<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        Fields::next(self).ok().flatten()
    }
}

impl<'a> Field<'a> {
    /// The bytes, or nothing if the field has another type: a field of the wrong type is an unknown field.
    #[inline]
    pub(crate) fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes, _) => bytes,
            _ => &[],
        }
    }

    /// The text, if it is UTF-8.
    #[inline]
    pub(crate) fn text(self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }

    /// A number of any width.
    #[inline]
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Varint(number) | Self::Fixed64(number) => number,
            Self::Fixed32(number) => u64::from(number),
            Self::Bytes(..) => 0,
        }
    }
}
