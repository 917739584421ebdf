//! Spans as the Jaeger agent takes them over UDP: one-way calls of `emitBatch` in Thrift's compact protocol, each in a datagram
//! of its own.
//!
//! Source: `jaeger.thrift` and `agent.thrift` of `jaeger-idl`.

mod compact;
mod span;
mod tags;

use compact::{CompactWriter, LastField, Type};
use span::OtlpSpan;
use tags::{Cut, Tag, TagValue, read_tag, write_tags};

use crate::otlp::fields;
use crate::protobuf::Fields;

/// The longest payload of a UDP datagram over IPv4 is 65,507 bytes; Jaeger's agent reads 65,000.
pub const DATAGRAM_BYTES_MAX: usize = 65_000;

/// To how many bytes the texts of a span are cut that is too large, one after the other until it fits.
const CUTS: [usize; 4] = [16 << 10, 2 << 10, 256, 32];

/// Turns requests into datagrams, and numbers them, so that a receiver can tell what is missing.
#[derive(Debug)]
pub struct AgentEncoder {
    datagram_bytes_max: usize,
    seq_no: i64,
}

/// A message to the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// What goes into one datagram.
    pub bytes: Vec<u8>,
    /// How many spans it holds.
    pub spans: u64,
}

/// What a request became.
#[derive(Debug, Default)]
pub struct Datagrams {
    /// In the order of the request's spans.
    pub datagrams: Vec<Datagram>,
    /// Spans whose texts were cut, or logs left out, so that they fit; each says so in `wakeful.cut_bytes`.
    pub cut_spans: u64,
    /// Spans that fit into no datagram even so.
    pub too_large_spans: u64,
}

impl AgentEncoder {
    /// An encoder whose datagrams have at most that many bytes.
    pub fn new(datagram_bytes_max: usize) -> Self {
        Self {
            datagram_bytes_max,
            seq_no: 0,
        }
    }

    /// Turns an encoded `ExportTraceServiceRequest`, such as [`crate::otlp::Items`] makes, into datagrams.
    pub fn encode(&mut self, request: &[u8]) -> Datagrams {
        let mut made = Datagrams::default();
        for (_, of_resource) in Fields::new(request, 0) {
            let mut head = encode_head(&[]);
            let mut spans = Vec::new();
            for (number, field) in Fields::new(of_resource.bytes(), 0) {
                match number {
                    fields::RESOURCE_SPANS_RESOURCE => head = encode_head(field.bytes()),
                    fields::RESOURCE_SPANS_SCOPE_SPANS => {
                        let of_scope = Fields::new(field.bytes(), 0);
                        let of_scope = of_scope.filter(|(number, _)| *number == fields::SCOPE_SPANS_SPAN);
                        spans.extend(of_scope.map(|(_, span)| span.bytes()));
                    }
                    _ => {}
                }
            }
            self.pack(&head, &spans, &mut made);
        }
        made
    }

    /// Packs spans behind their head into as many datagrams as it takes.
    fn pack(&mut self, head: &[u8], spans: &[&[u8]], made: &mut Datagrams) {
        // The list's head, the number of the batch, and three ends of structs.
        const AROUND_BYTES_MAX: usize = 24;
        let room = self
            .datagram_bytes_max
            .saturating_sub(head.len() + AROUND_BYTES_MAX);
        let (mut body, mut count) = (Vec::new(), 0);
        for span in spans {
            let Some(span) = fitted(&OtlpSpan::read(span), room, made) else {
                made.too_large_spans += 1;
                continue;
            };
            if body.len() + span.len() > room {
                made.datagrams.push(self.datagram(head, &body, count));
                (body, count) = (Vec::new(), 0);
            }
            body.extend(span);
            count += 1;
        }
        if count > 0 {
            made.datagrams.push(self.datagram(head, &body, count));
        }
    }

    /// `struct Batch { 1: Process process, 2: list<Span> spans, 3: seqNo }`, of which `head` is what comes before the spans.
    fn datagram(&mut self, head: &[u8], spans: &[u8], count: usize) -> Datagram {
        let mut out = CompactWriter::default();
        out.raw(head);
        let mut last = LastField::PROCESS;
        out.field(&mut last, 2, Type::List);
        out.structs(count);
        out.raw(spans);
        out.i64(&mut last, 3, self.seq_no);
        self.seq_no += 1;
        // The batch, and the arguments.
        out.end_struct();
        out.end_struct();
        Datagram {
            bytes: out.into_bytes(),
            spans: count as u64,
        }
    }
}

/// A span's bytes, cut until they fit.
fn fitted(span: &OtlpSpan<'_>, room: usize, made: &mut Datagrams) -> Option<Vec<u8>> {
    let whole = span.encode(usize::MAX, true);
    if whole.len() <= room {
        return Some(whole);
    }
    let cut = CUTS.iter().map(|bytes| span.encode(*bytes, true));
    let mut cut = cut.chain(CUTS.iter().map(|bytes| span.encode(*bytes, false)));
    let fits = cut.find(|encoded| encoded.len() <= room)?;
    made.cut_spans += 1;
    Some(fits)
}

/// The message's envelope, the beginning of the batch, and the process: `struct Process { 1: serviceName, 2: list<Tag> tags }`.
fn encode_head(resource: &[u8]) -> Vec<u8> {
    let attributes = Fields::new(resource, 0).filter(|(number, _)| *number == fields::RESOURCE_ATTRIBUTE);
    let mut tags: Vec<Tag<'_>> = attributes
        .filter_map(|(_, pair)| read_tag(pair.bytes()))
        .collect();
    let service = tags.iter().position(|(key, _)| *key == "service.name");
    let service = service.map(|at| tags.remove(at).1);
    let service = match &service {
        Some(TagValue::Text(name)) => name,
        _ => "unknown_service",
    };
    let mut out = CompactWriter::default();
    let cut = &mut Cut {
        value_bytes_max: CUTS[1],
        bytes: 0,
    };
    out.oneway_message("emitBatch");
    out.field(&mut LastField::default(), 1, Type::Struct);
    out.field(&mut LastField::default(), 1, Type::Struct);
    let last = &mut LastField::default();
    out.bytes(last, 1, cut.text(service).as_bytes());
    out.field(last, 2, Type::List);
    write_tags(&mut out, &tags, cut);
    out.end_struct();
    out.into_bytes()
}

#[cfg(all(test, feature = "decode"))]
mod tests;
