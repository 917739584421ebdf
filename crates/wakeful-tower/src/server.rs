//! The layer around a server's handlers.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use wakeful_trace::{Span, SpanContext, SpanKind, SpanRecorder, TraceCollector};

use crate::exchange::Exchange;
use crate::{HeaderRules, IncomingContext, Protocol, RequestMetrics, TracedBody, TracedFuture, semantic};

/// Records a span for each request that comes with a sampled context, from its head to the last frame of the answer.
///
/// The handler finds the [`SpanContext`] of that span in the request's extensions, and [`IncomingContext`] whenever the
/// caller sent one. While the handler and the answer's body run, the span's context is also the current one
/// ([`SpanContext::current`]), so that the first `#[instrument]` span inside is its child; if nothing is recorded here, it is the
/// caller's, so that a caller that does not record silences what is below. The answer has the header `trace-id` if a span was made.
#[derive(Debug, Clone)]
pub struct TraceLayer {
    settings: Arc<Settings>,
}

#[derive(Debug, Clone)]
struct Settings {
    name: Cow<'static, str>,
    protocol: Protocol,
    headers: HeaderRules,
    metrics: Option<RequestMetrics>,
    collector: Option<Arc<dyn TraceCollector>>,
    starts_traces: bool,
}

/// A service within a [`TraceLayer`].
#[derive(Debug, Clone)]
pub struct TraceService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl TraceLayer {
    /// A layer whose spans are called `name`. It records nothing until it has a collector, and counts nothing until it has
    /// metrics.
    pub fn new(name: impl Into<Cow<'static, str>>, protocol: Protocol) -> Self {
        Self {
            settings: Arc::new(Settings {
                name: name.into(),
                protocol,
                headers: HeaderRules::default(),
                metrics: None,
                collector: None,
                starts_traces: false,
            }),
        }
    }

    /// Sends the spans to `collector`, and those of the handlers that take the context on.
    #[must_use]
    pub fn with_collector(self, collector: Arc<dyn TraceCollector>) -> Self {
        self.with(|settings| settings.collector = Some(collector))
    }

    /// Counts every request, recorded or not.
    #[must_use]
    pub fn with_metrics(self, metrics: RequestMetrics) -> Self {
        self.with(|settings| settings.metrics = Some(metrics))
    }

    /// Reads other headers than the default ones.
    #[must_use]
    pub fn with_headers(self, rules: HeaderRules) -> Self {
        self.with(|settings| settings.headers = rules)
    }

    /// Begins a trace for each request that brings no context; otherwise such a request is not recorded.
    #[must_use]
    pub fn starting_traces(self) -> Self {
        self.with(|settings| settings.starts_traces = true)
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = TraceService<S>;

    fn layer(&self, inner: S) -> TraceService<S> {
        TraceService {
            inner,
            settings: Arc::clone(&self.settings),
        }
    }
}

impl Settings {
    /// Reads the headers, leaves in the extensions what a handler may want, and begins the span.
    fn begin<B>(&self, request: &mut Request<B>) -> Option<Box<Exchange>> {
        let asked_for_more = self.metrics.is_some() || self.starts_traces;
        if !asked_for_more && !self.headers.concern(request.headers()) {
            return None;
        }
        let incoming = self.headers.read(request.headers());
        if let [problem, others @ ..] = incoming.problems.as_slice() {
            // One line a request, whatever a caller sends: it may be anybody's.
            tracing::warn!(path = request.uri().path(), others = others.len(), "{problem}");
        }
        if !incoming.baggage.is_empty() {
            request.extensions_mut().insert(incoming.baggage);
        }
        if let Some(context) = &incoming.context {
            request.extensions_mut().insert(IncomingContext(context.clone()));
        }
        let span = self.span(incoming.context.as_ref(), incoming.debug_id, incoming.decision);
        if span.is_none() && self.metrics.is_none() && incoming.context.is_none() {
            return None;
        }
        let mut recorder = SpanRecorder::new(span);
        if let Some(span) = recorder.span() {
            request.extensions_mut().insert(span.context.clone());
            semantic::of_request(self.protocol, request, &mut recorder);
        }
        let target = (request.method().clone(), request.uri().clone());
        Some(Box::new(Exchange::new(
            self.protocol,
            recorder,
            self.metrics.clone(),
            target,
            incoming.context,
        )))
    }

    fn span(
        &self,
        caller: Option<&SpanContext>,
        debug_id: Option<String>,
        decision: Option<bool>,
    ) -> Option<Span> {
        let collector = Arc::clone(self.collector.as_ref()?);
        let mut span = match (caller, debug_id) {
            (Some(caller), _) if caller.is_sampled() => {
                caller.clone().with_collector(collector).child(self.name.clone())
            }
            (Some(_), _) => return None,
            (None, Some(id)) => {
                let mut span = Span::root(self.name.clone(), collector);
                span.metadata.insert("jaeger-debug-id", id);
                span
            }
            (None, None) if self.starts_traces && decision != Some(false) => {
                Span::root(self.name.clone(), collector)
            }
            (None, None) => return None,
        };
        span.kind = SpanKind::Server;
        Some(span)
    }
}

impl<S, B, R> Service<Request<B>> for TraceService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display,
    R: Body,
{
    type Response = Response<TracedBody<R>>;
    type Error = S::Error;
    type Future = TracedFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let exchange = self.settings.begin(&mut request);
        let answer = {
            let _entered = exchange.as_deref().and_then(Exchange::enter);
            self.inner.call(request)
        };
        TracedFuture::new(answer, exchange, true)
    }
}
