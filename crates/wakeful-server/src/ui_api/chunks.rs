//! Bodies that are made while they are sent.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::blocking;

/// Parts that may wait for the reader.
const WAITING_MAX: usize = 2;

/// A reader that takes nothing for so long is given up where a thread waits for it.
const READER_TIMEOUT: Duration = Duration::from_secs(30);

/// A body of parts that `next` makes, one after the other, on a blocking thread; none is held while the reader is slow.
pub(super) fn body<T: Send + 'static>(mut maker: T, next: fn(&mut T) -> io::Result<Option<Vec<u8>>>) -> Body {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        loop {
            let made = blocking::run(move || {
                let part = next(&mut maker);
                (maker, part)
            });
            let part = match made.await {
                Ok((still, part)) => {
                    maker = still;
                    part
                }
                Err(failed) => {
                    // The reader sees that the body is cut off.
                    let _gone = sender.send(Err(io::Error::other(failed))).await;
                    return;
                }
            };
            let Some(part) = part.transpose() else { return };
            let failed = part.is_err();
            if sender.send(part.map(Bytes::from)).await.is_err() || failed {
                return;
            }
        }
    });
    Body::new(Chunks(receiver))
}

/// The two ends of a body that a blocking thread writes.
pub(super) fn channel() -> (Writer, Body) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let writer = Writer {
        sender,
        runtime: Handle::current(),
    };
    (writer, Body::new(Chunks(receiver)))
}

/// The writing end for tasks.
pub(super) type Sender = mpsc::Sender<io::Result<Bytes>>;

/// The two ends of a body that a task writes.
pub(super) fn lines() -> (Sender, Body) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    (sender, Body::new(Chunks(receiver)))
}

/// The writing end.
#[derive(Debug)]
pub(super) struct Writer {
    sender: Sender,
    runtime: Handle,
}

impl Writer {
    /// Hands a part over, waiting for the reader; `false` if there is none any more. Blocks.
    pub(super) fn write(&self, part: Vec<u8>) -> bool {
        let send = self.sender.send_timeout(Ok(part.into()), READER_TIMEOUT);
        self.runtime.block_on(send).is_ok()
    }

    /// Cuts the body off, so that nobody takes it for the whole. Blocks.
    pub(super) fn fail(self, why: String) {
        let send = self
            .sender
            .send_timeout(Err(io::Error::other(why)), READER_TIMEOUT);
        // If nobody reads any more, nobody needs to know.
        let _gone = self.runtime.block_on(send);
    }
}

#[derive(Debug)]
struct Chunks(mpsc::Receiver<io::Result<Bytes>>);

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0
            .poll_recv(context)
            .map(|part| part.map(|part| part.map(Frame::data)))
    }
}
