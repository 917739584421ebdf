//! A span as a plain record, and what belongs to it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use crate::{MetaValue, Metadata, SpanContext, SpanId, TraceCollector};

/// One operation of a trace: a plain record, with no timing and no sending of its own.
///
/// A span that is dropped without [`export`](Self::export) is lost; [`SpanRecorder`](crate::SpanRecorder) stamps and
/// exports by itself, and is the better choice for code that runs now. Use the record for what is known afterwards, such as
/// the operators of a query that kept their own times.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What is done.
    pub name: Cow<'static, str>,
    /// Its ids, flags, state and collector.
    pub context: SpanContext,
    /// The span that it is part of; `None` for the first of a trace.
    pub parent_span_id: Option<SpanId>,
    /// Which end of a call it is.
    pub kind: SpanKind,
    /// When it began.
    pub start: Option<SystemTime>,
    /// When it ended.
    pub end: Option<SystemTime>,
    /// How it ended.
    pub status: SpanStatus,
    /// What is known of it.
    pub metadata: Metadata,
    /// What happened in it.
    pub events: Vec<SpanEvent>,
    /// Spans elsewhere that it has to do with. Children do not inherit them.
    pub links: Vec<SpanLink>,
}

/// Which end of a call a span is (OpenTelemetry specification 1.57, "SpanKind").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpanKind {
    /// Neither.
    #[default]
    Internal,
    /// Answers a request from elsewhere.
    Server,
    /// Sends a request and waits for the answer.
    Client,
    /// Hands a message over, without waiting for what becomes of it.
    Producer,
    /// Works on a message that was handed over.
    Consumer,
}

/// How a span ended. The first that is set stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpanStatus {
    /// Nobody said.
    #[default]
    Unknown,
    /// As it should.
    Ok,
    /// In a failure.
    Err,
}

/// Something that happened at one instant of a span.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanEvent {
    /// When.
    pub time: SystemTime,
    /// What.
    pub message: Cow<'static, str>,
    /// What is known of it.
    pub metadata: Metadata,
}

/// A span that another one has to do with, beyond being its child.
#[derive(Debug, Clone, PartialEq)]
pub struct SpanLink {
    /// The span linked to. Its collector is not kept.
    pub context: SpanContext,
    /// What the link means.
    pub metadata: Metadata,
}

impl SpanEvent {
    /// An event of this instant.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            time: SystemTime::now(),
            message: message.into(),
            metadata: Metadata::default(),
        }
    }

    /// Adds a value.
    pub fn set_metadata(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<MetaValue>) {
        self.metadata.insert(key, value);
    }
}

impl Span {
    pub(crate) fn new(name: Cow<'static, str>, context: SpanContext, parent_span_id: Option<SpanId>) -> Self {
        Self {
            name,
            context,
            parent_span_id,
            kind: SpanKind::default(),
            start: None,
            end: None,
            status: SpanStatus::default(),
            metadata: Metadata::default(),
            events: Vec::new(),
            links: Vec::new(),
        }
    }

    /// The first span of a new, sampled trace.
    pub fn root(name: impl Into<Cow<'static, str>>, collector: Arc<dyn TraceCollector>) -> Self {
        Self::new(name.into(), SpanContext::root(collector), None)
    }

    /// A span within this one.
    pub fn child(&self, name: impl Into<Cow<'static, str>>) -> Self {
        self.context.child(name)
    }

    /// Adds an event.
    pub fn event(&mut self, event: SpanEvent) {
        self.events.push(event);
    }

    /// Notes `message` as an event, and that all went well unless a status is set already.
    pub fn ok(&mut self, message: impl Into<Cow<'static, str>>) {
        self.event(SpanEvent::new(message));
        self.status(SpanStatus::Ok);
    }

    /// Notes `message` as an event, and that it failed unless a status is set already.
    pub fn error(&mut self, message: impl Into<Cow<'static, str>>) {
        self.event(SpanEvent::new(message));
        self.status(SpanStatus::Err);
    }

    /// Sets the status, unless one is set already.
    pub fn status(&mut self, status: SpanStatus) {
        if self.status == SpanStatus::Unknown {
            self.status = status;
        }
    }

    /// Links to another span.
    pub fn link(&mut self, context: &SpanContext) {
        self.link_with(context, Metadata::default());
    }

    /// Links to another span and says what the link means.
    pub fn link_with(&mut self, context: &SpanContext, metadata: Metadata) {
        let context = SpanContext {
            collector: None,
            ..context.clone()
        };
        self.links.push(SpanLink { context, metadata });
    }

    /// Bytes that it takes up in memory, for queues that are bounded by them.
    pub fn size(&self) -> usize {
        let of_event =
            |event: &SpanEvent| size_of::<SpanEvent>() + event.message.len() + event.metadata.size();
        let of_link = |link: &SpanLink| size_of::<SpanLink>() + link.metadata.size();
        size_of::<Self>()
            + self.name.len()
            + self.metadata.size()
            + self.events.iter().map(of_event).sum::<usize>()
            + self.links.iter().map(of_link).sum::<usize>()
    }

    /// Hands the span to its collector, if it has one. What the collector gets carries no collector.
    pub fn export(mut self) {
        if let Some(collector) = self.context.collector.take() {
            collector.export(self);
        }
    }
}
