//! Makes requests without end.

use std::hash::{Hash, Hasher as _};

use bytes::Bytes;
use rustc_hash::FxHasher;

use crate::catalogue;
use crate::random::{Random, mix};
use crate::spec::{self, SpanSpec};
use crate::template::{self, PREFIX, Template, Values};

/// How many spans are encoded before the first request is made; requests repeat their outlines after that, never
/// their ids, times, paths, sizes or users.
const POOL_SPANS: usize = 64 * 512;

/// How spans are spread over requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    /// Whole traces under up to sixty resources, as a collector sends them.
    #[default]
    Collector,
    /// One process a request, as SDKs send them.
    Sdk,
}

/// What is to be generated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Plan {
    /// What chance is made of.
    pub seed: u64,
    /// How spans are spread over requests.
    pub shape: Shape,
    /// How many spans a request has at most.
    pub spans_per_request: usize,
    /// One trace of so many spans, again and again, in place of the mix of traces.
    pub trace_of: Option<usize>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            seed: 1,
            shape: Shape::default(),
            spans_per_request: 512,
            trace_of: None,
        }
    }
}

/// A request, ready to be sent.
#[derive(Debug, Clone)]
pub struct Request {
    grpc: Bytes,
    /// How many spans it has.
    pub spans: usize,
    /// What it has of which trace.
    pub traces: Vec<TraceShare>,
}

impl Request {
    /// A request of a gRPC message with its prefix.
    pub(crate) fn new(grpc: Bytes, spans: usize, traces: Vec<TraceShare>) -> Self {
        Self { grpc, spans, traces }
    }

    /// An `ExportTraceServiceRequest` as a gRPC message with its five-byte prefix.
    pub fn grpc(&self) -> Bytes {
        self.grpc.clone()
    }

    /// The `ExportTraceServiceRequest` itself.
    pub fn protobuf(&self) -> Bytes {
        self.grpc.slice(PREFIX..)
    }
}

/// How many spans of a trace are in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceShare {
    /// The trace.
    pub trace_id: u128,
    /// How many of its spans.
    pub spans: u32,
    /// When the trace starts, Unix time.
    pub start_unix_nanos: u64,
    /// The service of its root span.
    pub service: &'static str,
}

/// The id of the span of that index in a trace; the root has index 0.
pub fn span_id(trace_id: u128, index: u32) -> u64 {
    // Zero is no id. The odd factor keeps ids of one trace distinct.
    mix((trace_id as u64).wrapping_add(u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15))).max(1)
}

/// The value of `user.id` on every span of a trace, and of no other trace.
pub fn user_id(trace_id: u128) -> String {
    format!("user-{:012x}", trace_id as u64 & 0xffff_ffff_ffff)
}

/// Traces that are made together: all their requests, in order.
#[derive(Debug)]
struct Round {
    requests: Vec<Template>,
    traces: Vec<&'static str>,
}

/// One trace of the round being made.
#[derive(Debug, Clone, Copy)]
struct Trace {
    id: u128,
    start_unix_nanos: u64,
    /// What the template's times are multiplied by, so that no two traces take equally long.
    stretch: f64,
}

/// Makes seeded requests: 20 services of 10 operations and 3 processes; traces of 10 spans on average (log-normal,
/// 1 to 200, up to 8 deep); 11 attributes a span, 6 a resource, about 540 bytes a span; an event on 10.4 % of spans,
/// errors on 1.3 %; durations of 0.9 ms at the median and 163 ms at the 99th percentile.
#[derive(Debug)]
pub struct Generator {
    random: Random,
    rounds: Vec<Round>,
    round: usize,
    request: usize,
    traces: Vec<Trace>,
}

impl Generator {
    /// Encodes the outlines, which takes a moment.
    pub fn new(plan: Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let spans_max = plan.spans_per_request.max(1);
        let mut rounds = Vec::new();
        let mut encoded = 0;
        while encoded < POOL_SPANS {
            let traces = match (plan.trace_of, plan.shape) {
                (Some(size), _) => vec![spec::draw_trace(&mut random, size.max(1))],
                (None, Shape::Collector) => draw_traces(&mut random, spans_max),
                // Enough that most processes have a full request.
                (None, Shape::Sdk) => draw_traces(&mut random, POOL_SPANS / 2),
            };
            encoded += traces.iter().map(Vec::len).sum::<usize>();
            rounds.push(Round {
                requests: template::encode(&mut random, &traces, plan.shape, spans_max),
                traces: traces
                    .iter()
                    .map(|spans| catalogue::service(spans[0].service))
                    .collect(),
            });
        }
        // Ids come from the whole plan: two loads into one store share none unless they are the same load.
        let mut ids = FxHasher::default();
        plan.hash(&mut ids);
        let random = Random::new(mix(ids.finish()));
        Self {
            random,
            rounds,
            round: 0,
            request: 0,
            traces: Vec::new(),
        }
    }

    /// The next request, of traces that end about `now_unix_nanos`.
    pub fn next(&mut self, now_unix_nanos: u64) -> Request {
        let round = &self.rounds[self.round];
        if self.request == 0 {
            let random = &mut self.random;
            self.traces.clear();
            self.traces
                .extend(round.traces.iter().map(|_| draw_instance(random, now_unix_nanos)));
        }
        let template = &round.requests[self.request];
        let request = fill(template, &self.traces, &round.traces);
        self.request += 1;
        if self.request == round.requests.len() {
            self.request = 0;
            self.round = (self.round + 1) % self.rounds.len();
        }
        request
    }

    /// Whether the last request ended the traces that it and those before it had spans of.
    pub fn is_between_traces(&self) -> bool {
        self.request == 0
    }
}

fn draw_traces(random: &mut Random, spans: usize) -> Vec<Vec<SpanSpec>> {
    let mut traces = Vec::new();
    let mut left = spans;
    while left > 0 {
        let size = spec::draw_size(random).min(left);
        traces.push(spec::draw_trace(random, size));
        left -= size;
    }
    traces
}

fn draw_instance(random: &mut Random, now_unix_nanos: u64) -> Trace {
    const SPREAD_NANOS: f64 = 50e6;
    let id = u128::from(random.next()) << 64 | u128::from(random.next());
    let start_unix_nanos = now_unix_nanos - (random.fraction() * SPREAD_NANOS) as u64;
    Trace {
        id,
        start_unix_nanos,
        stretch: 0.5 + random.fraction(),
    }
}

fn fill(template: &Template, traces: &[Trace], services: &[&'static str]) -> Request {
    let mut bytes = template.bytes.clone();
    // A request has at most some hundred traces, next to each other in the round.
    let first = template.spans.iter().map(|span| span.trace).min().unwrap_or(0);
    let last = template.spans.iter().map(|span| span.trace).max().unwrap_or(0);
    let mut shares = vec![0_u32; (last - first + 1) as usize];
    for span in &template.spans {
        shares[(span.trace - first) as usize] += 1;
        let trace = &traces[span.trace as usize];
        let id = span_id(trace.id, span.index);
        let stretched = |nanos: u64| (nanos as f64 * trace.stretch) as u64;
        let start = trace.start_unix_nanos + stretched(span.start_nanos);
        let values = Values {
            trace_id: trace.id,
            span_id: id,
            parent_id: span.parent.map_or(0, |parent| span_id(trace.id, parent)),
            start_unix_nanos: start,
            end_unix_nanos: start + stretched(span.duration_nanos),
            user: trace.id as u64,
            chance: mix(id),
        };
        span.fill(&mut bytes, &values);
    }
    let traces = (first..)
        .zip(&shares)
        .filter(|(_, spans)| **spans > 0)
        .map(|(at, spans)| {
            let trace = &traces[at as usize];
            TraceShare {
                trace_id: trace.id,
                spans: *spans,
                start_unix_nanos: trace.start_unix_nanos,
                service: services[at as usize],
            }
        })
        .collect();
    Request {
        grpc: bytes.into(),
        spans: template.spans.len(),
        traces,
    }
}
