//! One large trace, for what shows traces: as deep, as wide and as uneven as real ones.

use std::hash::{Hash, Hasher as _};

use bytes::Bytes;
use rustc_hash::FxHasher;

use crate::big_trace_span::{self as encoded, BigSpan};
use crate::catalogue::{self, OPERATIONS};
use crate::generator::{Request, TraceShare, span_id};
use crate::message::Message;
use crate::random::{Random, mix};
use crate::template::PREFIX;

/// The services that take part.
const SERVICES: usize = 12;
/// The deepest span, counting the root as one.
const DEPTH_MAX: u32 = 12;
/// How long the trace takes for each of its spans.
const NANOS_PER_SPAN: u64 = 50_000;
/// How many spans a request has at most.
const SPANS_PER_REQUEST: usize = 2_000;

/// Siblings of one operation, such as the rows of a loop: how often all children of a span are such, and how many
/// there are.
const LOOPS: f64 = 0.3;
const LOOP_MIN: u64 = 20;
const LOOP_MAX: u64 = 400;
/// Which share of spans without children has failed.
const FAILED: f64 = 0.001;
/// Which share of spans links to an earlier one.
const WITH_LINK: f64 = 0.002;

/// Which trace is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BigTracePlan {
    /// What chance is made of.
    pub seed: u64,
    /// How many spans, at least one.
    pub spans: u64,
    /// When it starts, Unix time.
    pub start_unix_nanos: u64,
}

impl BigTracePlan {
    /// How long it takes, in nanoseconds.
    pub fn duration_nanos(&self) -> u64 {
        self.spans.max(1) * NANOS_PER_SPAN
    }

    /// Its id, which no other plan has.
    pub fn trace_id(&self) -> u128 {
        let mut hasher = FxHasher::default();
        self.hash(&mut hasher);
        let low = mix(hasher.finish()).max(1);
        u128::from(mix(low)) << 64 | u128::from(low)
    }
}

/// The requests of one trace, parents before their children: twelve services, up to twelve levels, loops of twenty to
/// four hundred equal siblings, one failure in a thousand spans without children, among them one that took a nanosecond
/// (from twenty spans on), events, links, and active intervals on every tenth span.
#[derive(Debug)]
pub struct BigTrace {
    plan: BigTracePlan,
    random: Random,
    /// Spans whose subtree is to be made; the next one is the last.
    waiting: Vec<Branch>,
    made: u64,
    brief_failure_made: bool,
}

/// A span with all that will be below it.
#[derive(Debug, Clone, Copy)]
struct Branch {
    parent: Option<u32>,
    level: u32,
    /// Spans, itself included.
    spans: u64,
    service: usize,
    operation: usize,
    role: Role,
    start_nanos: u64,
    end_nanos: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Server,
    Internal,
    /// Has one child, the server's span in another service.
    Client,
}

impl BigTrace {
    /// The trace of a plan, always the same.
    pub fn new(plan: BigTracePlan) -> Self {
        let root = Branch {
            parent: None,
            level: 1,
            spans: plan.spans.max(1),
            service: 0,
            operation: 3,
            role: Role::Server,
            start_nanos: 0,
            end_nanos: plan.duration_nanos(),
        };
        Self {
            plan,
            random: Random::new(plan.seed),
            waiting: vec![root],
            made: 0,
            brief_failure_made: false,
        }
    }

    /// Makes the next span and notes what is below it.
    fn next_span(&mut self) -> Option<BigSpan> {
        let branch = self.waiting.pop()?;
        let index = self.made as u32;
        self.made += 1;
        if branch.spans > 1 {
            let first_child = self.waiting.len();
            self.add_children(index, branch);
            self.waiting[first_child..].reverse();
        }
        Some(self.span(index, branch))
    }

    fn add_children(&mut self, index: u32, branch: Branch) {
        let spans = branch.spans - 1;
        if branch.role == Role::Client {
            let service = (branch.service + 1 + self.random.below(3)) % SERVICES;
            let operation = self.random.below(4);
            self.add_child(
                index,
                branch,
                (service, operation, Role::Server),
                spans,
                (0.1, 0.9),
            );
        } else if branch.level + 1 == DEPTH_MAX
            || ((LOOP_MIN..LOOP_MAX).contains(&spans) && self.random.chance(LOOPS))
        {
            let operation = 4 + self.random.below(3);
            for number in 0..spans {
                let window = (number as f64 / spans as f64, (number as f64 + 0.9) / spans as f64);
                self.add_child(
                    index,
                    branch,
                    (branch.service, operation, Role::Internal),
                    1,
                    window,
                );
            }
        } else {
            self.add_mixed_children(index, branch, spans);
        }
    }

    /// Children of different sizes: one after the other, or, as of a request that fans out, at the same time.
    fn add_mixed_children(&mut self, index: u32, branch: Branch, spans: u64) {
        let children_max = 2 + spans.isqrt().min(120) / (1 + u64::from(branch.level) / 4);
        let mut weights: Vec<f64> = (0..children_max.min(spans))
            .map(|_| 0.05 + self.random.fraction().powi(3))
            .collect();
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        let fans_out = self.random.chance(0.25);
        let (mut left, mut at) = (spans, 0.0);
        for (number, weight) in weights.iter().enumerate() {
            let others = (weights.len() - 1 - number) as u64;
            let size = match others {
                0 => left,
                _ => ((spans as f64 * weight) as u64).clamp(1, left - others),
            };
            left -= size;
            let window = if fans_out {
                let begin = self.random.fraction() * 0.3;
                (begin, begin + 0.2 + self.random.fraction() * 0.5)
            } else {
                (at, at + weight * 0.95)
            };
            at += weight;
            let role = if size > 1 && branch.level + 2 < DEPTH_MAX && self.random.chance(0.4) {
                Role::Client
            } else {
                Role::Internal
            };
            let operation = 4 + self.random.below(OPERATIONS - 4);
            self.add_child(index, branch, (branch.service, operation, role), size, window);
        }
    }

    /// Adds a child that takes a part of its parent's time, given as shares of it.
    fn add_child(
        &mut self,
        index: u32,
        branch: Branch,
        (service, operation, role): (usize, usize, Role),
        spans: u64,
        (from, to): (f64, f64),
    ) {
        let length = (branch.end_nanos - branch.start_nanos) as f64;
        let at = |share: f64| branch.start_nanos + (length * (0.02 + 0.96 * share)) as u64;
        self.waiting.push(Branch {
            parent: Some(index),
            level: branch.level + 1,
            spans,
            service,
            operation,
            role,
            start_nanos: at(from),
            end_nanos: at(to).clamp(at(from), branch.end_nanos),
        });
    }

    fn span(&mut self, index: u32, branch: Branch) -> BigSpan {
        let is_leaf = branch.spans == 1;
        let is_brief_failure = is_leaf && !self.brief_failure_made && self.made > self.plan.spans / 2;
        self.brief_failure_made |= is_brief_failure;
        let end_nanos = match is_brief_failure {
            true => branch.start_nanos + 1,
            false => branch.end_nanos,
        };
        let kind = match branch.role {
            Role::Internal => 1,
            Role::Server => 2,
            Role::Client => 3,
        };
        let trace_id = self.plan.trace_id();
        let link = self
            .random
            .chance(WITH_LINK)
            .then(|| self.random.below(index as usize + 1) as u32);
        BigSpan {
            trace_id,
            id: span_id(trace_id, index),
            parent_id: branch.parent.map(|parent| span_id(trace_id, parent)),
            service: branch.service,
            name: catalogue::operation(branch.service, branch.operation),
            kind,
            start_unix_nanos: self.plan.start_unix_nanos + branch.start_nanos,
            end_unix_nanos: self.plan.start_unix_nanos + end_nanos,
            failed: is_brief_failure || (is_leaf && self.random.chance(FAILED)),
            link: link.map(|earlier| span_id(trace_id, earlier)),
            chance: self.random.next(),
        }
    }
}

impl Iterator for BigTrace {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        let mut by_service: [Message; SERVICES] = std::array::from_fn(|_| Message::default());
        let mut spans = 0;
        while spans < SPANS_PER_REQUEST
            && let Some(span) = self.next_span()
        {
            by_service[span.service].bytes(2, &encoded::encode(&span).0);
            spans += 1;
        }
        if spans == 0 {
            return None;
        }
        let mut body = Message(vec![0; PREFIX]);
        for (service, spans) in by_service
            .iter()
            .enumerate()
            .filter(|(_, spans)| !spans.0.is_empty())
        {
            body.bytes(1, &encoded::resource_spans(service, spans).0);
        }
        let length = (body.0.len() - PREFIX) as u32;
        body.0[1..PREFIX].copy_from_slice(&length.to_be_bytes());
        let share = TraceShare {
            trace_id: self.plan.trace_id(),
            spans: spans as u32,
            start_unix_nanos: self.plan.start_unix_nanos,
            service: catalogue::service(0),
        };
        Some(Request::new(Bytes::from(body.0), spans, vec![share]))
    }
}
