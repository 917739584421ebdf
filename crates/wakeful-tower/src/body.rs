//! The body of an answer, watched to its last frame.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::exchange::Exchange;

pin_project! {
    /// A body that ends its request's span when the last frame has passed, or when it is dropped.
    #[derive(Debug)]
    pub struct TracedBody<B> {
        #[pin]
        inner: B,
        // `None` for requests that are neither recorded nor counted.
        exchange: Option<Box<Exchange>>,
    }
}

impl<B> TracedBody<B> {
    pub(crate) fn new(inner: B, exchange: Option<Box<Exchange>>) -> Self {
        Self { inner, exchange }
    }
}

impl<B> Body for TracedBody<B>
where
    B: Body,
    B::Error: Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        let polled = {
            let _entered = this.exchange.as_deref().and_then(Exchange::enter);
            ready!(this.inner.as_mut().poll_frame(context))
        };
        if let Some(exchange) = this.exchange {
            match &polled {
                None => exchange.on_end(),
                Some(Err(error)) => exchange.on_error("body error", error),
                Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
                    (Some(data), _) => exchange.on_data(data.remaining(), this.inner.is_end_stream()),
                    (None, Some(trailers)) => exchange.on_trailers(trailers),
                    (None, None) => {}
                },
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An empty body, for services that make one themselves.
impl<B: Default> Default for TracedBody<B> {
    fn default() -> Self {
        Self::new(B::default(), None)
    }
}
