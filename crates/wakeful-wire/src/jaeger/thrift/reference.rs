//! `SpanRef`: the parent, or a link.

use wakeful_model::{Attribute, Link, SpanId, TraceId};

use super::required;
use crate::thrift::{Kind, Reader, ThriftError};

/// The bytes of a reference.
pub(super) const REFERENCE_SIZE_USUAL: usize = 32;

const CHILD_OF: i32 = 0;
const FOLLOWS_FROM: i32 = 1;

/// `struct SpanRef { 1: required SpanRefType refType, 2: required i64 traceIdLow, 3: required i64 traceIdHigh,
/// 4: required i64 spanId }`
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference {
    kind: i32,
    trace_id: u128,
    span_id: u64,
}

impl Reference {
    pub(super) fn read<'a>(reader: &mut impl Reader<'a>) -> Result<Option<Self>, ThriftError> {
        let (mut kind, mut low, mut high, mut span_id) = (None, None, None, None);
        let mut last_id = 0;
        while let Some(field) = reader.field(&mut last_id)? {
            match (field.id, field.kind) {
                (1, Kind::I32) => kind = Some(reader.i32()?),
                (2, Kind::I64) => low = Some(reader.i64()?),
                (3, Kind::I64) => high = Some(reader.i64()?),
                (4, Kind::I64) => span_id = Some(reader.i64()?),
                _ => reader.skip_field(field.kind)?,
            }
        }
        let low = required(reader, low, "a reference without its traceIdLow")?;
        let high = required(reader, high, "a reference without its traceIdHigh")?;
        Ok(Some(Self {
            kind: required(reader, kind, "a reference without its refType")?,
            trace_id: trace_id(high, low),
            span_id: required(reader, span_id, "a reference without its spanId")? as u64,
        }))
    }

    fn to_link(self) -> Link {
        let relation = if self.kind == CHILD_OF {
            "child_of"
        } else {
            "follows_from"
        };
        Link {
            trace_id: TraceId::new(self.trace_id),
            span_id: SpanId::new(self.span_id),
            trace_state: String::new(),
            flags: 0,
            attributes: vec![Attribute::new("opentracing.ref_type", relation)],
            dropped_attributes_count: 0,
        }
    }
}

/// The two halves of an id on the wire as one number.
pub(super) fn trace_id(high: i64, low: i64) -> u128 {
    u128::from(high as u64) << 64 | u128::from(low as u64)
}

/// The parent of a span that names none but has references within its own trace: the first `CHILD_OF`, otherwise
/// the first `FOLLOWS_FROM`; zero if there is neither.
pub(super) fn parent_of(references: &[Reference], trace_id: u128) -> u64 {
    let first = |kind| {
        references
            .iter()
            .find(|r| r.trace_id == trace_id && r.kind == kind)
    };
    first(CHILD_OF)
        .or_else(|| first(FOLLOWS_FROM))
        .map_or(0, |reference| reference.span_id)
}

/// Every reference but the one to the parent.
pub(super) fn links(references: &[Reference], parent: u64) -> Vec<Link> {
    let is_parent = |r: &Reference| r.kind == CHILD_OF && r.span_id == parent;
    references
        .iter()
        .filter(|r| !is_parent(r))
        .map(|r| r.to_link())
        .collect()
}
