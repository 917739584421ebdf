//! The header of a Parquet page: Thrift's compact protocol, as far as it takes.
//!
//! Parquet's crate reads headers only inside its own page reader, which makes compression contexts for every column
//! of every look-up. Source: `parquet.thrift` 2.12 (`PageHeader`), and Thrift's `thrift-compact-protocol.md`.

use parquet::basic::Encoding;

/// What stands before a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    pub(super) kind: PageKind,
    pub(super) uncompressed_bytes: usize,
    /// As it rests, without this header.
    pub(super) compressed_bytes: usize,
}

/// The kinds of pages that wakeful writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageKind {
    Dictionary {
        values: u32,
        encoding: Encoding,
    },
    DataV2 {
        values: u32,
        nulls: u32,
        rows: u32,
        encoding: Encoding,
        definition_levels_bytes: u32,
        repetition_levels_bytes: u32,
        is_compressed: bool,
    },
}

impl PageHeader {
    /// Reads the header at the beginning of `bytes`, and says how long it is. `None` if it is none that wakeful
    /// writes.
    pub(super) fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut reader = Reader { bytes };
        let (mut page_type, mut uncompressed, mut compressed) = (None, None, None);
        let (mut dictionary, mut data) = (Numbers::default(), Numbers::default());
        reader.each_field(0, &mut |reader, id, field| {
            match id {
                1 => page_type = Some(reader.number()?),
                2 => uncompressed = Some(reader.number()?),
                3 => compressed = Some(reader.number()?),
                7 => dictionary = reader.numbers()?,
                8 => data = reader.numbers()?,
                _ => reader.skip(field, 0)?,
            }
            Some(())
        })?;
        let kind = match page_type? {
            2 => PageKind::Dictionary {
                values: dictionary.get(1)?,
                encoding: encoding(dictionary.get(2)?)?,
            },
            3 => PageKind::DataV2 {
                values: data.get(1)?,
                nulls: data.get(2)?,
                rows: data.get(3)?,
                encoding: encoding(data.get(4)?)?,
                definition_levels_bytes: data.get(5)?,
                repetition_levels_bytes: data.get(6)?,
                is_compressed: data.get(7) != Some(0),
            },
            _ => return None,
        };
        let header = Self {
            kind,
            uncompressed_bytes: uncompressed?.try_into().ok()?,
            compressed_bytes: compressed?.try_into().ok()?,
        };
        Some((header, bytes.len() - reader.bytes.len()))
    }
}

/// Encodings by their number in `parquet.thrift`.
fn encoding(number: u32) -> Option<Encoding> {
    Some(match number {
        0 => Encoding::PLAIN,
        3 => Encoding::RLE,
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        7 => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        9 => Encoding::BYTE_STREAM_SPLIT,
        _ => return None,
    })
}

/// The numbers and truth values of a struct, by the ids of their fields.
#[derive(Default)]
struct Numbers([Option<u32>; 8]);

impl Numbers {
    fn get(&self, id: usize) -> Option<u32> {
        self.0.get(id).copied().flatten()
    }
}

/// Structs within structs, beyond which nothing is read.
const DEPTH_MAX: u32 = 8;

/// The types of fields (compact protocol, "Struct encoding").
const STOP: u8 = 0;
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const STRUCT: u8 = 12;

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Calls `each` with the id and the type of every field of a struct.
    fn each_field(
        &mut self,
        depth: u32,
        each: &mut dyn FnMut(&mut Reader<'a>, i64, u8) -> Option<()>,
    ) -> Option<()> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            let field = head & 0x0f;
            if field == STOP {
                return Some(());
            }
            // The difference to the field before, or the id itself where that is too large.
            id = match head >> 4 {
                0 => self.number()?,
                difference => id + i64::from(difference),
            };
            each(self, id, field)?;
        }
    }

    fn numbers(&mut self) -> Option<Numbers> {
        let mut numbers = Numbers::default();
        self.each_field(1, &mut |reader, id, field| {
            let number = match field {
                TRUE => 1,
                FALSE => 0,
                I32 => reader.number()?.try_into().ok()?,
                _ => return reader.skip(field, 1),
            };
            if let Some(slot) = usize::try_from(id).ok().and_then(|id| numbers.0.get_mut(id)) {
                *slot = Some(number);
            }
            Some(())
        })?;
        Some(numbers)
    }

    fn skip(&mut self, field: u8, depth: u32) -> Option<()> {
        match field {
            TRUE | FALSE => Some(()),
            BYTE..=I64 => self.varint().map(drop),
            DOUBLE => self.take(8),
            BINARY => {
                let length = self.varint()?;
                self.take(length.try_into().ok()?)
            }
            STRUCT => self.each_field(depth + 1, &mut |reader, _, field| reader.skip(field, depth + 1)),
            // Page headers have no lists, sets or maps.
            _ => None,
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }

    fn take(&mut self, count: usize) -> Option<()> {
        self.bytes = self.bytes.get(count..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A number in zigzag form.
    fn number(&mut self) -> Option<i64> {
        let number = self.varint()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_what_is_none_is_refused() {
        // Type 3, sizes 100 and 60; field 8: 10 values, 2 nulls, 9 rows, encoding 8, levels of 3 and 0 bytes, not
        // compressed.
        let data = [
            0x15, 6, 0x15, 200, 1, 0x15, 120, 0x5c, 0x15, 20, 0x15, 4, 0x15, 18, 0x15, 16, 0x15, 6, 0x15, 0,
            0x12, 0, 0,
        ];
        let (header, length) = PageHeader::read(&[&data[..], &[9, 9]].concat()).unwrap();
        let expected = PageHeader {
            kind: PageKind::DataV2 {
                values: 10,
                nulls: 2,
                rows: 9,
                encoding: Encoding::RLE_DICTIONARY,
                definition_levels_bytes: 3,
                repetition_levels_bytes: 0,
                is_compressed: false,
            },
            uncompressed_bytes: 100,
            compressed_bytes: 60,
        };
        assert_eq!((header, length), (expected, data.len()));
        for cut in 0..data.len() {
            assert_eq!(PageHeader::read(&data[..cut]), None, "cut to {cut} bytes");
        }
        // A size below zero, structs without end, and a kind that wakeful does not write.
        assert_eq!(PageHeader::read(&[0x15, 4, 0x15, 1, 0x15, 0, 0]), None);
        assert_eq!(PageHeader::read(&[0x9c; 100]), None);
        assert_eq!(PageHeader::read(&[0x15, 0, 0x15, 0, 0x15, 0, 0]), None);
    }
}
