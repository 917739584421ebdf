//! The future of an answer.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderValue, Response};
use http_body::Body;
use pin_project_lite::pin_project;

use crate::TracedBody;
use crate::exchange::Exchange;

/// Tells the caller which trace its request became.
const TRACE_ID_HEADER: &str = "trace-id";

pin_project! {
    /// Waits for the answer, and hands its body to the request's span.
    #[derive(Debug)]
    pub struct TracedFuture<F> {
        #[pin]
        inner: F,
        // In a place of its own: most requests have none, and services move their futures.
        exchange: Option<Box<Exchange>>,
        tells_trace_id: bool,
    }
}

impl<F> TracedFuture<F> {
    pub(crate) fn new(inner: F, exchange: Option<Box<Exchange>>, tells_trace_id: bool) -> Self {
        Self {
            inner,
            exchange,
            tells_trace_id,
        }
    }
}

impl<F, B, E> Future for TracedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Display,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = {
            let _entered = this.exchange.as_deref().and_then(Exchange::enter);
            ready!(this.inner.poll(context))
        };
        let mut exchange = this.exchange.take();
        Poll::Ready(match answer {
            Ok(mut response) => {
                if let Some(exchange) = &mut exchange {
                    let is_empty = response.body().is_end_stream();
                    exchange.on_head(response.status(), response.headers(), is_empty);
                    if let Some(span) = exchange.recorder.span().filter(|_| *this.tells_trace_id) {
                        let id = format!("{:x}", span.context.trace_id.get());
                        // Hex digits are a header's value.
                        if let Ok(id) = HeaderValue::try_from(id) {
                            response.headers_mut().insert(TRACE_ID_HEADER, id);
                        }
                    }
                }
                Ok(response.map(|body| TracedBody::new(body, exchange)))
            }
            Err(error) => {
                if let Some(exchange) = &mut exchange {
                    exchange.on_error("service error", &error);
                }
                Err(error)
            }
        })
    }
}
