//! A received `ExportTraceServiceRequest`: checked, mended where needed, and indexed.

use std::ops::Range;

use bytes::Bytes;
use wakeful_model::{Kind, Loss, Resource, Scope, Span, SpanBatch, SpanId, StatusCode, TraceId};

use super::check::{self, Rejected};
use super::fields;
use super::intern::Interner;
use super::loss;
use super::view::{SpanView, attributes_of, to_attributes};
use super::{encode, mend};
use crate::protobuf::{DecodeError, Field, Fields};

/// An encoded request that can be relied on: every text is UTF-8, every span has valid ids, a name and a service,
/// and none ends before it starts.
///
/// The bytes are the truth; the rest is an index into them, so that keeping a span costs its bytes and 64 more.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    payload: Bytes,
    trace_ids: Vec<TraceId>,
    rows: Vec<Row>,
    operations: Vec<Operation>,
    groups: Vec<Group>,
    rejected: Rejected,
}

/// One span of a batch, as far as it is asked for most often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Unix nanoseconds.
    pub start_unix_nanos: u64,
    /// Nanoseconds.
    pub duration_nanos: u64,
    /// The span's id.
    pub span_id: SpanId,
    /// The parent's id.
    pub parent_span_id: Option<SpanId>,
    /// Where the encoded span begins in the payload.
    pub offset: u32,
    /// How many bytes it has.
    pub length: u32,
    /// Index into [`Batch::operations`].
    pub operation: u32,
    /// How it ended.
    pub status: StatusCode,
}

/// Spans of one service, name and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Index into [`Batch::groups`].
    pub group: u32,
    /// The name's place in the payload.
    name: Range<u32>,
    /// Span kind.
    pub kind: Kind,
}

/// Spans of one resource and scope: places in the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    service: Range<u32>,
    resource: Range<u32>,
    resource_schema_url: Range<u32>,
    scope: Range<u32>,
    scope_schema_url: Range<u32>,
}

impl Group {
    /// Whether both groups of a batch are of one resource, which stands in the payload once.
    pub fn has_resource_of(&self, other: &Self) -> bool {
        self.resource == other.resource && self.resource_schema_url == other.resource_schema_url
    }
}

impl Batch {
    /// Checks, mends and indexes an encoded `ExportTraceServiceRequest`.
    ///
    /// Spans without valid ids are left out and counted. What Jaeger mends at its door is mended alike: no or an
    /// empty service or span name, text that is not UTF-8, an end before the start; a warning on the span says so.
    ///
    /// # Errors
    /// If the bytes are not such a message; nothing of it can be kept then.
    pub fn decode(payload: Bytes) -> Result<Self, DecodeError> {
        let mut index = Index::default();
        index.request(&payload)?;
        if !index.to_mend {
            return Ok(Self {
                payload,
                ..index.batch
            });
        }
        let rejected = index.batch.rejected;
        let mended = encode::encode_request(&mend::decode_and_mend(&payload));
        let mended = Self::decode(Bytes::from(mended))?;
        Ok(Self { rejected, ..mended })
    }

    /// Encodes spans that came in another form, mending them as [`Batch::decode`] does.
    ///
    /// # Errors
    /// Values nested too deep; `SpanBatch`es that a decoder of this crate made have none.
    pub fn encode(spans: &SpanBatch) -> Result<Self, DecodeError> {
        Self::decode(Bytes::from(encode::encode_request(spans)))
    }

    /// The encoded request.
    pub fn payload(&self) -> &Bytes {
        &self.payload
    }

    /// How many spans it has.
    pub fn spans(&self) -> usize {
        self.rows.len()
    }

    /// What could not be kept.
    pub fn rejected(&self) -> Rejected {
        self.rejected
    }

    /// The trace of each row.
    pub fn trace_ids(&self) -> &[TraceId] {
        &self.trace_ids
    }

    /// Its spans, in the order of the payload.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Services, names and kinds in it; the same one may occur in several groups.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Resources and scopes in it.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Bytes that the index takes, beside the payload.
    pub fn index_bytes(&self) -> usize {
        self.rows.len() * (size_of::<Row>() + size_of::<TraceId>())
            + self.operations.len() * size_of::<Operation>()
            + self.groups.len() * size_of::<Group>()
    }

    /// The same batch over an equal payload that rests elsewhere.
    ///
    /// # Panics
    /// In debug builds, if the payloads differ.
    pub fn with_payload(mut self, payload: Bytes) -> Self {
        debug_assert_eq!(self.payload, payload);
        self.payload = payload;
        self.trace_ids.shrink_to_fit();
        self.rows.shrink_to_fit();
        self
    }

    /// The encoded span of a row of this batch.
    pub fn view(&self, row: &Row) -> SpanView<'_> {
        SpanView::new(self.slice(&(row.offset..row.offset + row.length)))
    }

    /// The name of an operation of this batch.
    pub fn name(&self, operation: &Operation) -> &str {
        self.text(&operation.name)
    }

    /// The service of a group of this batch.
    pub fn service(&self, group: &Group) -> &str {
        self.text(&group.service)
    }

    /// The resource of a group of this batch.
    pub fn resource(&self, group: &Group) -> Resource {
        read_resource(self.slice(&group.resource), self.text(&group.resource_schema_url))
    }

    /// The scope of a group of this batch.
    pub fn scope(&self, group: &Group) -> Scope {
        read_scope(self.slice(&group.scope), self.text(&group.scope_schema_url))
    }

    /// What the programs that sent it say that they lost (`docs/loss.md`).
    pub fn losses(&self) -> impl Iterator<Item = Loss> + '_ {
        self.groups.iter().flat_map(|group| {
            let scope = self.slice(&group.scope);
            loss::read(scope).map(|line| line.of(self.service(group)))
        })
    }

    /// The resource of a group, as an encoded `ResourceSpans` without spans; read it with [`decode_resource`].
    ///
    /// [`decode_resource`]: super::decode_resource
    pub fn encoded_resource(&self, group: &Group) -> Vec<u8> {
        let (resource, url) = (
            self.slice(&group.resource),
            self.slice(&group.resource_schema_url),
        );
        encode::shared(
            fields::RESOURCE_SPANS_RESOURCE,
            resource,
            fields::RESOURCE_SPANS_SCHEMA_URL,
            url,
        )
    }

    /// The scope of a group, as an encoded `ScopeSpans` without spans; read it with [`decode_scope`].
    ///
    /// [`decode_scope`]: super::decode_scope
    pub fn encoded_scope(&self, group: &Group) -> Vec<u8> {
        let (scope, url) = (self.slice(&group.scope), self.slice(&group.scope_schema_url));
        encode::shared(
            fields::SCOPE_SPANS_SCOPE,
            scope,
            fields::SCOPE_SPANS_SCHEMA_URL,
            url,
        )
    }

    /// The group of a row of this batch.
    pub fn group_of(&self, row: &Row) -> &Group {
        &self.groups[self.operations[row.operation as usize].group as usize]
    }

    /// The span of a row of this batch, its resource and scope added to `batch`.
    pub fn read_into(&self, row: &Row, batch: &mut SpanBatch) -> Option<Span> {
        let group = self.group_of(row);
        let resource = batch.intern_resource(self.resource(group));
        let scope = batch.intern_scope(self.scope(group));
        self.view(row).to_model(resource, scope)
    }

    /// All spans as plain data.
    pub fn to_model(&self) -> SpanBatch {
        let mut batch = SpanBatch::default();
        let mut interner = Interner::default();
        let mut groups = vec![None; self.groups.len()];
        for row in &self.rows {
            let group = self.operations[row.operation as usize].group as usize;
            let (resource, scope) = *groups[group].get_or_insert_with(|| {
                let group = &self.groups[group];
                (
                    interner.resource(&mut batch, self.resource(group)),
                    interner.scope(&mut batch, self.scope(group)),
                )
            });
            batch.spans.extend(self.view(row).to_model(resource, scope));
        }
        batch
    }

    fn slice(&self, range: &Range<u32>) -> &[u8] {
        self.payload
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    fn text(&self, range: &Range<u32>) -> &str {
        std::str::from_utf8(self.slice(range)).unwrap_or_default()
    }
}

pub(super) fn read_resource(bytes: &[u8], schema_url: &str) -> Resource {
    let mut resource = Resource {
        attributes: to_attributes(attributes_of(bytes, fields::RESOURCE_ATTRIBUTE)),
        dropped_attributes_count: 0,
        schema_url: schema_url.to_owned(),
    };
    for (number, field) in Fields::new(bytes, 0) {
        if number == fields::RESOURCE_DROPPED_ATTRIBUTES {
            resource.dropped_attributes_count = field.number() as u32;
        }
    }
    resource
}

pub(super) fn read_scope(bytes: &[u8], schema_url: &str) -> Scope {
    let mut scope = Scope {
        attributes: to_attributes(attributes_of(bytes, fields::SCOPE_ATTRIBUTE)),
        schema_url: schema_url.to_owned(),
        ..Scope::default()
    };
    for (number, field) in Fields::new(bytes, 0) {
        match number {
            fields::SCOPE_NAME => field.text().clone_into(&mut scope.name),
            fields::SCOPE_VERSION => field.text().clone_into(&mut scope.version),
            fields::SCOPE_DROPPED_ATTRIBUTES => scope.dropped_attributes_count = field.number() as u32,
            _ => {}
        }
    }
    scope
}

/// Reads what [`Batch::encoded_resource`] gave.
pub(super) fn decode_resource(bytes: &[u8]) -> Resource {
    let (resource, url) = split(
        bytes,
        fields::RESOURCE_SPANS_RESOURCE,
        fields::RESOURCE_SPANS_SCHEMA_URL,
    );
    read_resource(resource, url)
}

/// Reads what [`Batch::encoded_scope`] gave.
pub(super) fn decode_scope(bytes: &[u8]) -> Scope {
    let (scope, url) = split(bytes, fields::SCOPE_SPANS_SCOPE, fields::SCOPE_SPANS_SCHEMA_URL);
    read_scope(scope, url)
}

fn split(bytes: &[u8], message: u32, text: u32) -> (&[u8], &str) {
    Fields::new(bytes, 0).fold((&[][..], ""), |(nested, url), (number, field)| match number {
        number if number == message => (field.bytes(), url),
        number if number == text => (nested, field.text()),
        _ => (nested, url),
    })
}

/// The index in the making.
#[derive(Default)]
struct Index {
    batch: Batch,
    /// Something in it has to be mended, or left out.
    to_mend: bool,
}

impl Index {
    fn request(&mut self, payload: &[u8]) -> Result<(), DecodeError> {
        let mut request = Fields::new(payload, 0);
        if u32::try_from(payload.len()).is_err() {
            return Err(request.error("a message of more than 4 GiB"));
        }
        // A span of 500 bytes is usual, one of 64 rare: an estimate that avoids most growing.
        self.batch.rows.reserve(payload.len() / 400);
        self.batch.trace_ids.reserve(payload.len() / 400);
        while let Some((number, field)) = request.next()? {
            if let (fields::REQUEST_RESOURCE_SPANS, Field::Bytes(bytes, at)) = (number, field) {
                self.resource_spans(bytes, at)?;
            }
        }
        Ok(())
    }

    fn resource_spans(&mut self, bytes: &[u8], base: usize) -> Result<(), DecodeError> {
        // The resource and the schema may stand behind the spans, so they are looked for first.
        let mut group = Group {
            service: 0..0,
            resource: 0..0,
            resource_schema_url: 0..0,
            scope: 0..0,
            scope_schema_url: 0..0,
        };
        let mut found = Fields::new(bytes, base);
        while let Some((number, field)) = found.next()? {
            match (number, field) {
                (fields::RESOURCE_SPANS_RESOURCE, Field::Bytes(resource, at)) => {
                    self.to_mend |= check::described(resource, at, fields::RESOURCE_ATTRIBUTE, &[])?;
                    group.resource = range(resource, at);
                    group.service = service_name(resource, at);
                }
                (fields::RESOURCE_SPANS_SCHEMA_URL, Field::Bytes(url, at)) => {
                    self.to_mend |= check::not_text(url);
                    group.resource_schema_url = range(url, at);
                }
                _ => {}
            }
        }
        self.to_mend |= group.service.is_empty();
        let mut found = Fields::new(bytes, base);
        while let Some((number, field)) = found.next()? {
            if let (fields::RESOURCE_SPANS_SCOPE_SPANS, Field::Bytes(bytes, at)) = (number, field) {
                self.scope_spans(bytes, at, group.clone())?;
            }
        }
        Ok(())
    }

    fn scope_spans(&mut self, bytes: &[u8], base: usize, mut group: Group) -> Result<(), DecodeError> {
        let mut found = Fields::new(bytes, base);
        while let Some((number, field)) = found.next()? {
            match (number, field) {
                (fields::SCOPE_SPANS_SCOPE, Field::Bytes(scope, at)) => {
                    let texts = [fields::SCOPE_NAME, fields::SCOPE_VERSION];
                    self.to_mend |= check::described(scope, at, fields::SCOPE_ATTRIBUTE, &texts)?;
                    group.scope = range(scope, at);
                }
                (fields::SCOPE_SPANS_SCHEMA_URL, Field::Bytes(url, at)) => {
                    self.to_mend |= check::not_text(url);
                    group.scope_schema_url = range(url, at);
                }
                _ => {}
            }
        }
        // A group without spans takes no room.
        let index = self.batch.groups.len() as u32;
        let mut group = Some(group);
        let first_operation = self.batch.operations.len();
        let mut found = Fields::new(bytes, base);
        let mut names: Vec<(&[u8], u64)> = Vec::new();
        while let Some((number, field)) = found.next()? {
            if let (fields::SCOPE_SPANS_SPAN, Field::Bytes(bytes, at)) = (number, field) {
                let span = check::span(bytes, at)?;
                let Some((trace_id, span_id)) = span.ids(&mut self.batch.rejected) else {
                    self.to_mend = true;
                    continue;
                };
                self.to_mend |= span.bad_text || span.name.is_empty() || span.end < span.start;
                // A scope has a handful of operations: the latest few are looked through, most recent first.
                let known = names
                    .iter()
                    .rev()
                    .take(16)
                    .position(|known| *known == (span.name, span.kind));
                let operation = match known {
                    Some(back) => first_operation + names.len() - 1 - back,
                    None => {
                        names.push((span.name, span.kind));
                        self.batch.operations.push(Operation {
                            group: index,
                            name: range(span.name, span.name_at),
                            kind: Kind::from_otlp(span.kind),
                        });
                        self.batch.operations.len() - 1
                    }
                };
                self.batch.groups.extend(group.take());
                self.batch.trace_ids.push(trace_id);
                self.batch.rows.push(Row {
                    start_unix_nanos: span.start,
                    duration_nanos: span.end.saturating_sub(span.start),
                    span_id,
                    parent_span_id: SpanId::from_bytes(span.parent_span_id),
                    offset: at as u32,
                    length: bytes.len() as u32,
                    operation: operation as u32,
                    status: StatusCode::from_otlp(span.status),
                });
            }
        }
        Ok(())
    }
}

/// Payloads are under 4 GiB, which was checked first.
fn range(bytes: &[u8], at: usize) -> Range<u32> {
    at as u32..(at + bytes.len()) as u32
}

/// Where the text of `service.name` stands; empty if there is none.
fn service_name(resource: &[u8], base: usize) -> Range<u32> {
    for (number, field) in Fields::new(resource, base) {
        let (fields::RESOURCE_ATTRIBUTE, Field::Bytes(pair, at)) = (number, field) else {
            continue;
        };
        let (mut key, mut text) = (&[][..], 0..0);
        for (number, field) in Fields::new(pair, at) {
            match (number, field) {
                (fields::PAIR_KEY, Field::Bytes(bytes, _)) => key = bytes,
                (fields::PAIR_VALUE, Field::Bytes(value, at)) => {
                    text = Fields::new(value, at)
                        .find_map(|(number, field)| match (number, field) {
                            (fields::VALUE_STRING, Field::Bytes(bytes, at)) => Some(range(bytes, at)),
                            _ => None,
                        })
                        .unwrap_or(0..0);
                }
                _ => {}
            }
        }
        if key == b"service.name" {
            return text;
        }
    }
    0..0
}
