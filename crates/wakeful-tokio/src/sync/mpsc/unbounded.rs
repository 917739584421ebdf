//! A channel with room for any number of messages.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::task::{Context, Poll};

use tokio::sync::mpsc as inner;

use super::error::{SendError, TryRecvError};
use super::{Call, Channel, ReceiverSide, SenderSide, receiving};
use crate::sync::resource::waited;

/// `tokio::sync::mpsc::unbounded_channel`, watched.
#[track_caller]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    unbounded_channel_named("")
}

/// [`unbounded_channel`] with a name, which is shown beside where it was made.
#[track_caller]
pub fn unbounded_channel_named<T>(name: &str) -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (sender, receiver) = inner::unbounded_channel();
    let channel = Channel::new("mpsc::unbounded_channel", name, Location::caller(), None);
    let sender = UnboundedSender {
        inner: sender,
        side: SenderSide::first(&channel),
    };
    let receiver = UnboundedReceiver {
        inner: receiver,
        side: ReceiverSide::new(channel),
    };
    (sender, receiver)
}

/// Sends messages into an [`unbounded_channel`].
pub struct UnboundedSender<T> {
    inner: inner::UnboundedSender<T>,
    side: SenderSide,
}

/// A sender that does not keep the channel open.
pub struct WeakUnboundedSender<T> {
    inner: inner::WeakUnboundedSender<T>,
    channel: Channel,
}

/// Takes messages out of an [`unbounded_channel`].
pub struct UnboundedReceiver<T> {
    inner: inner::UnboundedReceiver<T>,
    side: ReceiverSide,
}

impl<T> UnboundedSender<T> {
    /// Sends a message.
    ///
    /// # Errors
    /// If the receiver is closed; the message comes back.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.inner.send(message)?;
        self.side.queue.sent();
        Ok(())
    }

    /// Waits until the receiver is closed.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let call = Call::idle("UnboundedSender::closed", Location::caller());
        async move { waited(&self.side.resource, call, self.inner.closed()).await }
    }

    /// Whether the receiver is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Whether both send into the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// A sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender {
            inner: self.inner.downgrade(),
            channel: (*self.side).clone(),
        }
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> WeakUnboundedSender<T> {
    /// A sender, if the channel still has one.
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        let inner = self.inner.upgrade()?;
        Some(UnboundedSender {
            inner,
            side: SenderSide::another(&self.channel),
        })
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.inner.strong_count()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.inner.weak_count()
    }
}

impl<T> UnboundedReceiver<T> {
    /// The next message, as soon as there is one; `None` when there are no more and none can come.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        let call = receiving("UnboundedReceiver::recv");
        async move {
            self.side.polling = None;
            let channel = &self.side.channel;
            let message = waited(&channel.resource, call, self.inner.recv()).await;
            channel.queue.received(u64::from(message.is_some()));
            message
        }
    }

    /// Adds up to `limit` messages to a buffer, as soon as there are some; 0 when there are no more and none can come.
    #[track_caller]
    pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
        let call = receiving("UnboundedReceiver::recv_many");
        async move {
            self.side.polling = None;
            let channel = &self.side.channel;
            let count = waited(&channel.resource, call, self.inner.recv_many(buffer, limit)).await;
            channel.queue.received(count as u64);
            count
        }
    }

    /// The next message, if there is one.
    ///
    /// # Errors
    /// If there is none, or none can come any more.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let message = self.inner.try_recv()?;
        self.side.channel.queue.received(1);
        Ok(message)
    }

    /// [`Self::recv`] from outside a runtime: blocks the thread.
    ///
    /// # Panics
    /// Within a runtime.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        let message = self.inner.blocking_recv();
        self.side.channel.queue.received(u64::from(message.is_some()));
        message
    }

    /// [`Self::recv_many`] from outside a runtime: blocks the thread.
    ///
    /// # Panics
    /// Within a runtime.
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        let count = self.inner.blocking_recv_many(buffer, limit);
        self.side.channel.queue.received(count as u64);
        count
    }

    /// [`Self::recv`] by hand.
    #[track_caller]
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Option<T>> {
        let polled = self.inner.poll_recv(context);
        let count = |message: &Option<T>| u64::from(message.is_some());
        self.side
            .polled(polled, count, receiving("UnboundedReceiver::poll_recv"))
    }

    /// [`Self::recv_many`] by hand.
    #[track_caller]
    pub fn poll_recv_many(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        let polled = self.inner.poll_recv_many(context, buffer, limit);
        let count = |count: &usize| *count as u64;
        self.side
            .polled(polled, count, receiving("UnboundedReceiver::poll_recv_many"))
    }

    /// Lets nobody send any more. What was sent can still be received.
    pub fn close(&mut self) {
        self.inner.close();
        self.side.channel.queue.close();
    }

    /// Whether nobody can send any more.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// Whether no message waits.
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }

    /// How many messages wait.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.inner.sender_strong_count()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.inner.sender_weak_count()
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            side: self.side.clone(),
        }
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            channel: self.channel.clone(),
        }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
