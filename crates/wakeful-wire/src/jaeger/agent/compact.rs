//! Writing Thrift's compact protocol: variable-length numbers, field ids as differences, bools inside the field's head.
//!
//! Source: Thrift's `thrift-compact-protocol.md`.

/// The type of a field or element, by its number on the wire.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    True = 1,
    False = 2,
    I32 = 5,
    I64 = 6,
    Double = 7,
    Bytes = 8,
    List = 9,
    Struct = 12,
}

/// Appends values to a message.
#[derive(Debug, Default)]
pub(super) struct CompactWriter {
    bytes: Vec<u8>,
}

/// The id of the last field of a struct, from which the next one's is told; new for each struct.
#[derive(Debug, Default)]
pub(super) struct LastField(u8);

impl LastField {
    /// Behind a batch's first field, its process.
    pub(super) const PROCESS: Self = Self(1);
}

impl CompactWriter {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Appends what is encoded already.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn zigzag(&mut self, number: i64) {
        self.varint((number << 1 ^ number >> 63) as u64);
    }

    /// The envelope of a call that nobody answers.
    pub(super) fn oneway_message(&mut self, method: &str) {
        const PROTOCOL_ID: u8 = 0x82;
        const ONEWAY_OF_VERSION_1: u8 = 4 << 5 | 1;
        self.bytes.extend([PROTOCOL_ID, ONEWAY_OF_VERSION_1]);
        // A sequence number answers to nothing without an answer.
        self.varint(1);
        self.text(method.as_bytes());
    }

    /// The head of a field; ids of a struct must grow, by less than 16.
    pub(super) fn field(&mut self, last: &mut LastField, id: u8, kind: Type) {
        self.bytes.push((id - last.0) << 4 | kind as u8);
        last.0 = id;
    }

    pub(super) fn end_struct(&mut self) {
        self.bytes.push(0);
    }

    /// The head of a list of so many structs.
    pub(super) fn structs(&mut self, count: usize) {
        match u8::try_from(count) {
            Ok(count @ 0..15) => self.bytes.push(count << 4 | Type::Struct as u8),
            _ => {
                self.bytes.push(0xf0 | Type::Struct as u8);
                self.varint(count as u64);
            }
        }
    }

    fn text(&mut self, text: &[u8]) {
        self.varint(text.len() as u64);
        self.bytes.extend_from_slice(text);
    }

    pub(super) fn i32(&mut self, last: &mut LastField, id: u8, number: i32) {
        self.field(last, id, Type::I32);
        self.zigzag(i64::from(number));
    }

    pub(super) fn i64(&mut self, last: &mut LastField, id: u8, number: i64) {
        self.field(last, id, Type::I64);
        self.zigzag(number);
    }

    pub(super) fn double(&mut self, last: &mut LastField, id: u8, number: f64) {
        self.field(last, id, Type::Double);
        self.bytes.extend(number.to_le_bytes());
    }

    pub(super) fn bool(&mut self, last: &mut LastField, id: u8, value: bool) {
        self.field(last, id, if value { Type::True } else { Type::False });
    }

    /// A string or binary, which look the same.
    pub(super) fn bytes(&mut self, last: &mut LastField, id: u8, bytes: &[u8]) {
        self.field(last, id, Type::Bytes);
        self.text(bytes);
    }
}
