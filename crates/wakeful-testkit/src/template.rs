//! Requests encoded once, with notes of where their ids, times and chance values stand.
//!
//! Encoding is what makes a generator slow; all that differs between two requests of one template has a fixed
//! length, so a copy and a few writes a span make a new one.

use std::collections::BTreeMap;

use crate::catalogue::{self, PROCESSES, SERVICES};
use crate::generator::Shape;
use crate::message::{Message, Value, put_varint3};
use crate::random::Random;
use crate::spec::SpanSpec;

/// The five bytes before a gRPC message: not compressed, and its length.
pub(crate) const PREFIX: usize = 5;

/// Which share of spans has an event.
const WITH_EVENT: f64 = 0.104;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A request without its ids, times and chance values.
#[derive(Debug)]
pub(crate) struct Template {
    /// A gRPC message with its prefix.
    pub(crate) bytes: Vec<u8>,
    pub(crate) spans: Vec<Places>,
}

/// One span of a template: what it is in its trace, and where its values stand in the template's bytes.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// Index of the trace among the traces that are made together.
    pub(crate) trace: u32,
    /// Index of the span in its trace.
    pub(crate) index: u32,
    pub(crate) parent: Option<u32>,
    pub(crate) start_nanos: u64,
    pub(crate) duration_nanos: u64,
    trace_id: usize,
    span_id: usize,
    parent_id: usize,
    start: usize,
    end: usize,
    user: usize,
    path: usize,
    bytes: usize,
    event: Option<usize>,
}

/// The values of one span.
#[derive(Debug)]
pub(crate) struct Values {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    pub(crate) parent_id: u64,
    pub(crate) start_unix_nanos: u64,
    pub(crate) end_unix_nanos: u64,
    pub(crate) user: u64,
    /// What the span's path and size are made of.
    pub(crate) chance: u64,
}

impl Places {
    /// Writes `values` into a copy of the template's bytes.
    pub(crate) fn fill(&self, bytes: &mut [u8], values: &Values) {
        bytes[self.trace_id..][..16].copy_from_slice(&values.trace_id.to_be_bytes());
        bytes[self.span_id..][..8].copy_from_slice(&values.span_id.to_be_bytes());
        if self.parent.is_some() {
            bytes[self.parent_id..][..8].copy_from_slice(&values.parent_id.to_be_bytes());
        }
        bytes[self.start..][..8].copy_from_slice(&values.start_unix_nanos.to_le_bytes());
        bytes[self.end..][..8].copy_from_slice(&values.end_unix_nanos.to_le_bytes());
        put_hex(&mut bytes[self.user..][..12], values.user);
        put_hex(&mut bytes[self.path..][..8], values.chance);
        put_varint3(
            &mut bytes[self.bytes..][..3],
            (values.chance >> 32) as u32 & 0x1f_ffff,
        );
        if let Some(event) = self.event {
            bytes[event..][..8].copy_from_slice(&values.end_unix_nanos.to_le_bytes());
        }
    }

    fn moved(mut self, by: usize) -> Self {
        for place in [
            &mut self.trace_id,
            &mut self.span_id,
            &mut self.parent_id,
            &mut self.start,
            &mut self.end,
            &mut self.user,
            &mut self.path,
            &mut self.bytes,
        ] {
            *place += by;
        }
        self.event = self.event.map(|event| event + by);
        self
    }
}

/// Encodes `traces` into requests of at most `spans_max` spans.
pub(crate) fn encode(
    random: &mut Random,
    traces: &[Vec<SpanSpec>],
    shape: Shape,
    spans_max: usize,
) -> Vec<Template> {
    let all = traces.iter().enumerate().flat_map(|(trace, spans)| {
        spans
            .iter()
            .enumerate()
            .map(move |(index, span)| (trace, index, span))
    });
    let mut processes: BTreeMap<usize, Vec<(usize, usize, &SpanSpec)>> = BTreeMap::new();
    match shape {
        Shape::Collector => {
            let all: Vec<_> = all.collect();
            all.chunks(spans_max)
                .map(|chunk| request(random, chunk))
                .collect()
        }
        Shape::Sdk => {
            for span in all {
                processes.entry(process(span.2)).or_default().push(span);
            }
            processes
                .values()
                .flat_map(|spans| spans.chunks(spans_max))
                .map(|chunk| request(random, chunk))
                .collect()
        }
    }
}

fn process(span: &SpanSpec) -> usize {
    span.service * PROCESSES + span.process
}

fn request(random: &mut Random, spans: &[(usize, usize, &SpanSpec)]) -> Template {
    let mut body = Message(vec![0; PREFIX]);
    let mut places = Vec::with_capacity(spans.len());
    for id in 0..SERVICES * PROCESSES {
        let mut scope_spans = Message::default();
        let mut scope = Message::default();
        scope.bytes(1, b"http-server");
        scope.bytes(2, b"0.9.1");
        scope_spans.bytes(1, &scope.0);
        let mut here = Vec::new();
        for &(trace, index, spec) in spans.iter().filter(|(_, _, spec)| process(spec) == id) {
            let (message, span_places) = span(random, trace as u32, index as u32, spec);
            let at = scope_spans.bytes(2, &message.0);
            here.push(span_places.moved(at));
        }
        if here.is_empty() {
            continue;
        }
        let mut resource_spans = Message::default();
        resource_spans.bytes(1, &catalogue::resource(id / PROCESSES, id % PROCESSES).0);
        let scope_at = resource_spans.bytes(2, &scope_spans.0);
        let at = body.bytes(1, &resource_spans.0) + scope_at;
        places.extend(here.into_iter().map(|span| span.moved(at)));
    }
    let mut bytes = body.0;
    let length = (bytes.len() - PREFIX) as u32;
    bytes[1..PREFIX].copy_from_slice(&length.to_be_bytes());
    Template { bytes, spans: places }
}

/// A `Span` of eleven attributes.
fn span(random: &mut Random, trace: u32, index: u32, spec: &SpanSpec) -> (Message, Places) {
    const SERVER: u64 = 2;
    const INTERNAL: u64 = 1;
    let service = catalogue::service(spec.service);
    let mut span = Message::default();
    let trace_id = span.bytes(1, &[0; 16]);
    let span_id = span.bytes(2, &[0; 8]);
    let parent_id = if spec.parent.is_some() {
        span.bytes(4, &[0; 8])
    } else {
        0
    };
    span.bytes(5, catalogue::operation(spec.service, spec.operation).as_bytes());
    span.varint(6, if spec.operation < 4 { SERVER } else { INTERNAL });
    let start = span.fixed64(7, 0);
    let end = span.fixed64(8, 0);

    let path_prefix = format!("/{service}/api/v1/regions/eu-central/items/");
    let method = ["GET", "POST", "PUT"][spec.operation % 3];
    span.attribute(9, "http.request.method", &Value::Text(method));
    span.attribute(9, "http.route", &Value::Text(&format!("{path_prefix}{{id}}")));
    let path =
        span.attribute(9, "url.path", &Value::Text(&format!("{path_prefix}00000000"))) + path_prefix.len();
    span.attribute(
        9,
        "http.response.status_code",
        &Value::Int(if spec.failed { 500 } else { 200 }),
    );
    span.attribute(
        9,
        "server.address",
        &Value::Text(&format!("{service}.shop.svc.cluster.local")),
    );
    span.attribute(9, "server.port", &Value::Int(8080));
    let peer = format!("10.{}.{}.{}", spec.service, spec.process, random.below(250));
    span.attribute(9, "network.peer.address", &Value::Text(&peer));
    let user = span.attribute(9, "user.id", &Value::Text("user-000000000000")) + "user-".len();
    span.attribute(9, "thread.id", &Value::Int(1 + random.below(64) as u64));
    let bytes = span.attribute(9, "http.response.body.size", &Value::Int(1 << 20));
    if spec.failed {
        span.attribute(9, "error.type", &Value::Text("upstream_timeout"));
    } else {
        span.attribute(9, "app.cache.hit", &Value::Bool(random.chance(0.7)));
    }

    let event = random.chance(WITH_EVENT).then(|| {
        let mut event = Message::default();
        let time = event.fixed64(1, 0);
        event.bytes(2, b"cache miss");
        event.attribute(3, "cache.shard", &Value::Int(random.below(16) as u64));
        span.bytes(11, &event.0) + time
    });
    if spec.failed {
        let mut status = Message::default();
        status.bytes(2, b"upstream did not answer in time");
        status.varint(3, 2);
        span.bytes(15, &status.0);
    }
    // Sampled, and the parent is known to be local.
    span.fixed32(16, 0x101);

    let places = Places {
        trace,
        index,
        parent: spec.parent,
        start_nanos: spec.start_nanos,
        duration_nanos: spec.duration_nanos,
        trace_id,
        span_id,
        parent_id,
        start,
        end,
        user,
        path,
        bytes,
        event,
    };
    (span, places)
}

/// Writes the lowest digits of `value` that there is place for.
fn put_hex(place: &mut [u8], value: u64) {
    for (digit, byte) in place.iter_mut().rev().enumerate() {
        *byte = HEX[(value >> (4 * digit)) as usize & 0xf];
    }
}
