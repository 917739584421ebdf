//! Checking a request once, so that nothing behind it has to.

use wakeful_model::{SpanId, TraceId};

use super::fields;
use crate::protobuf::{DecodeError, Field, Fields};

/// Values nested deeper than this are refused (protobuf libraries stop at about 100 messages).
const NESTING_MAX: u32 = 32;

/// Spans of a request that cannot be kept, by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rejected {
    /// Spans whose trace id is not sixteen bytes, or zero.
    pub bad_trace_id: u64,
    /// Spans whose span id is not eight bytes, or zero.
    pub bad_span_id: u64,
}

impl Rejected {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.bad_trace_id + self.bad_span_id
    }
}

/// What a checked span says of itself, as far as the index needs it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Checked<'a> {
    pub(super) trace_id: &'a [u8],
    pub(super) span_id: &'a [u8],
    pub(super) parent_span_id: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) name_at: usize,
    pub(super) kind: u64,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) status: u64,
    /// Some text in it is not UTF-8.
    pub(super) bad_text: bool,
}

impl Checked<'_> {
    pub(super) fn ids(&self, rejected: &mut Rejected) -> Option<(TraceId, SpanId)> {
        let Some(trace_id) = TraceId::from_bytes(self.trace_id) else {
            rejected.bad_trace_id += 1;
            return None;
        };
        let Some(span_id) = SpanId::from_bytes(self.span_id) else {
            rejected.bad_span_id += 1;
            return None;
        };
        Some((trace_id, span_id))
    }
}

/// Checks a `Span` message through and through.
pub(super) fn span(bytes: &[u8], base: usize) -> Result<Checked<'_>, DecodeError> {
    let mut span = Checked::default();
    let mut fields_of = Fields::new(bytes, base);
    while let Some((number, field)) = fields_of.next()? {
        match (number, field) {
            (fields::SPAN_TRACE_ID, Field::Bytes(bytes, _)) => span.trace_id = bytes,
            (fields::SPAN_ID, Field::Bytes(bytes, _)) => span.span_id = bytes,
            (fields::SPAN_PARENT_ID, Field::Bytes(bytes, _)) => span.parent_span_id = bytes,
            (fields::SPAN_NAME, Field::Bytes(bytes, at)) => {
                span.name = bytes;
                span.name_at = at;
                span.bad_text |= not_text(bytes);
            }
            (fields::SPAN_TRACE_STATE, Field::Bytes(bytes, _)) => span.bad_text |= not_text(bytes),
            (fields::SPAN_KIND, field) => span.kind = field.number(),
            (fields::SPAN_START, field) => span.start = field.number(),
            (fields::SPAN_END, field) => span.end = field.number(),
            (fields::SPAN_ATTRIBUTE, Field::Bytes(bytes, at)) => span.bad_text |= pair(bytes, at, 0)?,
            (fields::SPAN_EVENT, Field::Bytes(bytes, at)) => {
                span.bad_text |= described(bytes, at, fields::EVENT_ATTRIBUTE, &[fields::EVENT_NAME])?;
            }
            (fields::SPAN_LINK, Field::Bytes(bytes, at)) => {
                span.bad_text |= described(bytes, at, fields::LINK_ATTRIBUTE, &[fields::LINK_TRACE_STATE])?;
            }
            (fields::SPAN_STATUS, Field::Bytes(bytes, at)) => {
                let mut status = Fields::new(bytes, at);
                while let Some((number, field)) = status.next()? {
                    match (number, field) {
                        (fields::STATUS_MESSAGE, Field::Bytes(bytes, _)) => span.bad_text |= not_text(bytes),
                        (fields::STATUS_CODE, field) => span.status = field.number(),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(span)
}

/// Checks a message of attributes and texts; says whether some text is not UTF-8.
pub(super) fn described(
    bytes: &[u8],
    base: usize,
    attribute: u32,
    texts: &[u32],
) -> Result<bool, DecodeError> {
    let mut bad_text = false;
    let mut fields_of = Fields::new(bytes, base);
    while let Some((number, field)) = fields_of.next()? {
        if let Field::Bytes(bytes, at) = field {
            if number == attribute {
                bad_text |= pair(bytes, at, 0)?;
            } else if texts.contains(&number) {
                bad_text |= not_text(bytes);
            }
        }
    }
    Ok(bad_text)
}

fn pair(bytes: &[u8], base: usize, depth: u32) -> Result<bool, DecodeError> {
    let mut bad_text = false;
    let mut fields_of = Fields::new(bytes, base);
    while let Some((number, field)) = fields_of.next()? {
        match (number, field) {
            (fields::PAIR_KEY, Field::Bytes(bytes, _)) => bad_text |= not_text(bytes),
            (fields::PAIR_VALUE, Field::Bytes(bytes, at)) => bad_text |= value(bytes, at, depth)?,
            _ => {}
        }
    }
    Ok(bad_text)
}

fn value(bytes: &[u8], base: usize, depth: u32) -> Result<bool, DecodeError> {
    let mut bad_text = false;
    let mut fields_of = Fields::new(bytes, base);
    while let Some((number, field)) = fields_of.next()? {
        match (number, field) {
            (fields::VALUE_STRING, Field::Bytes(bytes, _)) => bad_text |= not_text(bytes),
            (fields::VALUE_ARRAY | fields::VALUE_MAP, Field::Bytes(..)) if depth == NESTING_MAX => {
                return Err(fields_of.error("values nested more than 32 deep"));
            }
            (fields::VALUE_ARRAY, Field::Bytes(bytes, at)) => {
                bad_text |= items(bytes, at, |bytes, at| value(bytes, at, depth + 1))?;
            }
            (fields::VALUE_MAP, Field::Bytes(bytes, at)) => {
                bad_text |= items(bytes, at, |bytes, at| pair(bytes, at, depth + 1))?;
            }
            _ => {}
        }
    }
    Ok(bad_text)
}

fn items(
    bytes: &[u8],
    base: usize,
    check: impl Fn(&[u8], usize) -> Result<bool, DecodeError>,
) -> Result<bool, DecodeError> {
    let mut bad_text = false;
    let mut fields_of = Fields::new(bytes, base);
    while let Some((number, field)) = fields_of.next()? {
        if let (fields::LIST_ITEM, Field::Bytes(bytes, at)) = (number, field) {
            bad_text |= check(bytes, at)?;
        }
    }
    Ok(bad_text)
}

#[inline]
pub(super) fn not_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err()
}
