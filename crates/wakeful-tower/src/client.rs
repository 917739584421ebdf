//! The layer around a client.

use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderName, HeaderValue, Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use wakeful_trace::propagation::{Baggage, Propagator};
use wakeful_trace::{SpanContext, SpanKind, SpanRecorder};

use crate::exchange::Exchange;
use crate::{Protocol, RequestMetrics, TracedBody, TracedFuture, semantic};

/// Writes the context of a request into its headers, and records a span for the call.
///
/// The context is the [`SpanContext`] in the request's extensions, or without one the current one ([`SpanContext::current`]):
/// that of the `tracing` span, say, in which the client is called.
/// [`Baggage`] in the extensions goes along. An unsampled context is passed on without a span.
#[derive(Debug, Clone)]
pub struct ClientLayer {
    settings: Arc<Settings>,
}

#[derive(Debug, Clone)]
struct Settings {
    name: Cow<'static, str>,
    protocol: Protocol,
    propagator: Propagator,
    metrics: Option<RequestMetrics>,
}

/// A client within a [`ClientLayer`].
#[derive(Debug, Clone)]
pub struct ClientService<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl ClientLayer {
    /// A layer whose spans are called `name`; it writes W3C's headers unless told otherwise.
    pub fn new(name: impl Into<Cow<'static, str>>, protocol: Protocol) -> Self {
        Self {
            settings: Arc::new(Settings {
                name: name.into(),
                protocol,
                propagator: Propagator::default(),
                metrics: None,
            }),
        }
    }

    /// Writes the headers of these formats.
    #[must_use]
    pub fn with_propagator(mut self, propagator: Propagator) -> Self {
        Arc::make_mut(&mut self.settings).propagator = propagator;
        self
    }

    /// Counts every request, recorded or not.
    #[must_use]
    pub fn with_metrics(mut self, metrics: RequestMetrics) -> Self {
        Arc::make_mut(&mut self.settings).metrics = Some(metrics);
        self
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = ClientService<S>;

    fn layer(&self, inner: S) -> ClientService<S> {
        ClientService {
            inner,
            settings: Arc::clone(&self.settings),
        }
    }
}

impl Settings {
    fn begin<B>(&self, request: &mut Request<B>) -> Option<Box<Exchange>> {
        let given = request.extensions().get::<SpanContext>().cloned();
        let caller = given.or_else(SpanContext::current);
        let span = caller
            .as_ref()
            .filter(|context| context.is_recorded())
            .map(|context| {
                let mut span = context.child(self.name.clone());
                span.kind = SpanKind::Client;
                span
            });
        let outgoing = span.as_ref().map(|span| span.context.clone()).or(caller);
        if let Some(context) = &outgoing {
            self.inject(context, request);
        }
        if span.is_none() && self.metrics.is_none() {
            return None;
        }
        let mut recorder = SpanRecorder::new(span);
        semantic::of_request(self.protocol, request, &mut recorder);
        let target = (request.method().clone(), request.uri().clone());
        Some(Box::new(Exchange::new(
            self.protocol,
            recorder,
            self.metrics.clone(),
            target,
            outgoing,
        )))
    }

    fn inject<B>(&self, context: &SpanContext, request: &mut Request<B>) {
        let baggage = request.extensions().get::<Baggage>().cloned().unwrap_or_default();
        let headers = request.headers_mut();
        self.propagator.inject(context, &baggage, |name, value| {
            match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                (Ok(name), Ok(value)) => {
                    headers.insert(name, value);
                }
                // Ids always fit; a key of the baggage may be no header's name.
                _ => tracing::debug!(name, "context left out: not a header"),
            }
        });
    }
}

impl<S, B, R> Service<Request<B>> for ClientService<S>
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
        TracedFuture::new(answer, exchange, false)
    }
}
