//! A request as a recorder makes it: spans or log records one by one, then what they share, before them.

use super::fields;
use super::record::{AttributeWriter, LogHead, SpanHead, SpanWriter, write_log};
use crate::protobuf::{Writer, varint_bytes};

/// Room before the items for resource, scope and lengths; past it the items move once.
const ROOM_BYTES: usize = 1024;

/// Spans or log records of one resource and scope, encoded, in the order in which they came.
///
/// An `ExportTraceServiceRequest` and an `ExportLogsServiceRequest` differ below the records alone, so both are made here;
/// the caller keeps the two apart.
#[derive(Debug)]
pub struct Items {
    out: Writer,
    count: usize,
}

impl Default for Items {
    fn default() -> Self {
        Self {
            out: Writer::behind(vec![0; ROOM_BYTES]),
            count: 0,
        }
    }
}

impl Items {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Bytes that they take.
    pub fn encoded_bytes(&self) -> usize {
        self.out.len() - ROOM_BYTES
    }

    /// Appends a span; `write` appends what it has beside its head.
    pub fn span(&mut self, head: &SpanHead<'_>, write: impl FnOnce(&mut SpanWriter<'_>)) {
        // Nearly every span takes 128 to 16,383 bytes.
        self.out.message_of::<2, _>(fields::SCOPE_SPANS_SPAN, |out| {
            write(&mut SpanWriter::begin(out, head));
        });
        self.count += 1;
    }

    /// Appends a log record; `write` appends its attributes and returns how many it left out.
    pub fn log(&mut self, head: &LogHead<'_>, write: impl FnOnce(&mut AttributeWriter<'_>) -> u32) {
        self.out
            .message_of::<2, _>(fields::SCOPE_SPANS_SPAN, |out| write_log(out, head, write));
        self.count += 1;
    }

    /// The whole request. `resource` comes from [`encode_resource`], `scope` from [`encode_scope`].
    pub fn into_request(self, resource: &[u8], scope: &[u8]) -> Request {
        let items = self.encoded_bytes();
        let field = |length: usize| 1 + varint_bytes(length as u64) + length;
        let of_scope = field(scope.len()) + items;
        let of_resource = field(resource.len()) + field(of_scope);
        let mut head = Writer::default();
        head.header(fields::REQUEST_RESOURCE_SPANS, of_resource);
        head.bytes(fields::RESOURCE_SPANS_RESOURCE, resource);
        head.header(fields::RESOURCE_SPANS_SCOPE_SPANS, of_scope);
        head.bytes(fields::SCOPE_SPANS_SCOPE, scope);
        let head = head.into_bytes();
        let mut bytes = self.out.into_bytes();
        let mut start = ROOM_BYTES;
        if head.len() > ROOM_BYTES {
            let more = head.len() - ROOM_BYTES;
            bytes.splice(0..0, std::iter::repeat_n(0, more));
            start += more;
        }
        start -= head.len();
        bytes[start..start + head.len()].copy_from_slice(&head);
        Request { bytes, start }
    }
}

/// An encoded request.
#[derive(Debug)]
pub struct Request {
    bytes: Vec<u8>,
    start: usize,
}

impl AsRef<[u8]> for Request {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// Encodes a `Resource`; `write` appends its attributes.
pub fn encode_resource(write: impl FnOnce(&mut AttributeWriter<'_>)) -> Vec<u8> {
    let mut out = Writer::default();
    write(&mut AttributeWriter::new(&mut out, fields::RESOURCE_ATTRIBUTE));
    out.into_bytes()
}

/// Encodes an `InstrumentationScope`; `write` appends its attributes.
pub fn encode_scope(name: &str, version: &str, write: impl FnOnce(&mut AttributeWriter<'_>)) -> Vec<u8> {
    let mut out = Writer::default();
    out.text(fields::SCOPE_NAME, name);
    out.text(fields::SCOPE_VERSION, version);
    write(&mut AttributeWriter::new(&mut out, fields::SCOPE_ATTRIBUTE));
    out.into_bytes()
}
