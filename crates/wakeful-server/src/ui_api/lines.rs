//! Lines of JSON that are sent while more are being found.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use serde::Serialize;
use tokio::sync::mpsc;

/// What may wait for a slow reader; past that, only what must be said is.
const WAITING_MAX: usize = 16;

/// The writing and the reading end.
pub(super) fn channel() -> (Lines, Unbegun) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let lines = Lines {
        sender,
        begun: false,
        buffer: Vec::new(),
    };
    (lines, Unbegun(receiver))
}

/// The writing end, on a blocking thread; it never waits for the reader.
#[derive(Debug)]
pub(super) struct Lines {
    sender: mpsc::Sender<Bytes>,
    begun: bool,
    buffer: Vec<u8>,
}

impl Lines {
    /// Sends a line at once, unless the reader is behind: then it is left out.
    pub(super) fn say_if_heard(&mut self, line: &impl Serialize) {
        // The last place is kept for [`Lines::finish`].
        if self.sender.capacity() > 1 {
            self.add(line);
            self.send();
        }
    }

    /// Adds a line to those that [`Lines::finish`] sends.
    pub(super) fn add(&mut self, line: &impl Serialize) {
        // Lines hold nothing that JSON cannot say, and a buffer takes everything.
        if serde_json::to_writer(&mut self.buffer, line).is_ok() {
            self.buffer.push(b'\n');
        }
    }

    /// Sends what was added.
    pub(super) fn finish(mut self) {
        self.send();
    }

    /// Whether somebody still reads.
    pub(super) fn are_wanted(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Whether anything was sent.
    pub(super) fn have_begun(&self) -> bool {
        self.begun
    }

    fn send(&mut self) {
        // Fails only if nobody reads any more.
        self.begun |= self
            .sender
            .try_send(std::mem::take(&mut self.buffer).into())
            .is_ok();
    }
}

/// The reading end, before the first line.
#[derive(Debug)]
pub(super) struct Unbegun(mpsc::Receiver<Bytes>);

/// The reading end, from the first line on.
#[derive(Debug)]
pub(super) struct Begun {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Bytes>,
}

impl Unbegun {
    /// Waits for the first line; `None` if the writer ended without one.
    pub(super) async fn begun(mut self) -> Option<Begun> {
        let first = self.0.recv().await;
        first.map(|first| Begun {
            first: Some(first),
            rest: self.0,
        })
    }
}

impl Begun {
    /// As the body of an answer.
    pub(super) fn into_body(self) -> Body {
        Body::new(self)
    }
}

impl HttpBody for Begun {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => ready!(self.rest.poll_recv(context)),
        };
        Poll::Ready(next.map(|lines| Ok(Frame::data(lines))))
    }
}
