//! A channel whose senders wait for room.

use std::fmt;
use std::future::Future;
use std::iter::FusedIterator;
use std::panic::Location;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::mpsc as inner;

use super::error::{SendError, SendTimeoutError, TryRecvError, TrySendError};
use super::{Call, Channel, ReceiverSide, SenderSide, receiving};
use crate::sync::queue::{Queue, Room, Rooms};
use crate::sync::resource::waited;

/// `tokio::sync::mpsc::channel`, watched: with room for so many messages.
///
/// # Panics
/// With room for none, as Tokio's.
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    channel_named("", buffer)
}

/// [`channel`] with a name, which is shown beside where it was made.
///
/// # Panics
/// With room for no message, as Tokio's.
#[track_caller]
pub fn channel_named<T>(name: &str, buffer: usize) -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = inner::channel(buffer);
    let channel = Channel::new("mpsc::channel", name, Location::caller(), Some(buffer));
    let sender = Sender {
        inner: sender,
        side: SenderSide::first(&channel),
    };
    let receiver = Receiver {
        inner: receiver,
        side: ReceiverSide::new(channel),
    };
    (sender, receiver)
}

/// Sends messages into a [`channel`].
pub struct Sender<T> {
    inner: inner::Sender<T>,
    side: SenderSide,
}

/// A sender that does not keep the channel open.
pub struct WeakSender<T> {
    inner: inner::WeakSender<T>,
    channel: Channel,
}

/// Takes messages out of a [`channel`].
pub struct Receiver<T> {
    inner: inner::Receiver<T>,
    side: ReceiverSide,
}

/// Room for one message; it is given back when this is dropped.
pub struct Permit<'a, T> {
    inner: inner::Permit<'a, T>,
    room: Room<&'a Queue>,
}

/// Room for several messages, a [`Permit`] each; what was not taken is given back when this is dropped.
pub struct PermitIterator<'a, T> {
    inner: inner::PermitIterator<'a, T>,
    rooms: Rooms<'a>,
}

/// Room for one message, and the sender; the room is given back when this is dropped.
pub struct OwnedPermit<T> {
    inner: inner::OwnedPermit<T>,
    side: SenderSide,
    room: Room<Arc<Queue>>,
}

impl<T> Sender<T> {
    /// Sends a message, as soon as there is room for it.
    ///
    /// # Errors
    /// If the receiver is closed; the message comes back.
    #[track_caller]
    pub fn send(&self, message: T) -> impl Future<Output = Result<(), SendError<T>>> {
        let call = Call::new("Sender::send", Location::caller());
        async move {
            waited(&self.side.resource, call, self.inner.send(message)).await?;
            self.side.queue.sent();
            Ok(())
        }
    }

    /// Sends a message if there is room for it.
    ///
    /// # Errors
    /// If there is none, or the receiver is closed; the message comes back.
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.inner.try_send(message)?;
        self.side.queue.sent();
        Ok(())
    }

    /// Sends a message as soon as there is room for it, if that is within a time.
    ///
    /// # Errors
    /// If there was no room in time, or the receiver is closed; the message comes back.
    ///
    /// # Panics
    /// When it is polled outside a runtime with timers, as Tokio's.
    #[track_caller]
    pub fn send_timeout(
        &self,
        message: T,
        timeout: Duration,
    ) -> impl Future<Output = Result<(), SendTimeoutError<T>>> {
        let call = Call::new("Sender::send_timeout", Location::caller());
        async move {
            let sending = self.inner.send_timeout(message, timeout);
            waited(&self.side.resource, call, sending).await?;
            self.side.queue.sent();
            Ok(())
        }
    }

    /// Sends a message from outside a runtime, and blocks the thread until there is room.
    ///
    /// # Errors
    /// If the receiver is closed; the message comes back.
    ///
    /// # Panics
    /// Within a runtime.
    #[track_caller]
    pub fn blocking_send(&self, message: T) -> Result<(), SendError<T>> {
        self.inner.blocking_send(message)?;
        self.side.queue.sent();
        Ok(())
    }

    /// Waits for room, and keeps it.
    ///
    /// # Errors
    /// If the receiver is closed.
    #[track_caller]
    pub fn reserve(&self) -> impl Future<Output = Result<Permit<'_, T>, SendError<()>>> {
        let call = Call::new("Sender::reserve", Location::caller());
        async move {
            let inner = waited(&self.side.resource, call, self.inner.reserve()).await?;
            Ok(self.permit(inner))
        }
    }

    /// Keeps room for a message, if there is some.
    ///
    /// # Errors
    /// If there is none, or the receiver is closed.
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        Ok(self.permit(self.inner.try_reserve()?))
    }

    /// Waits for room for several messages, and keeps it.
    ///
    /// # Errors
    /// If the receiver is closed, or the channel never has as much room.
    #[track_caller]
    pub fn reserve_many(
        &self,
        permits: usize,
    ) -> impl Future<Output = Result<PermitIterator<'_, T>, SendError<()>>> {
        let call = Call::new("Sender::reserve_many", Location::caller());
        async move {
            let inner = waited(&self.side.resource, call, self.inner.reserve_many(permits)).await?;
            Ok(self.permits(inner))
        }
    }

    /// Keeps room for several messages, if there is as much.
    ///
    /// # Errors
    /// If there is not, or the receiver is closed.
    pub fn try_reserve_many(&self, permits: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        Ok(self.permits(self.inner.try_reserve_many(permits)?))
    }

    fn permits<'a>(&'a self, inner: inner::PermitIterator<'a, T>) -> PermitIterator<'a, T> {
        PermitIterator {
            rooms: Rooms::new(&self.side.queue, inner.len()),
            inner,
        }
    }

    fn permit<'a>(&'a self, inner: inner::Permit<'a, T>) -> Permit<'a, T> {
        Permit {
            inner,
            room: Room::new(&*self.side.queue),
        }
    }

    /// Waits for room, and keeps it and the sender.
    ///
    /// # Errors
    /// If the receiver is closed.
    #[track_caller]
    pub fn reserve_owned(self) -> impl Future<Output = Result<OwnedPermit<T>, SendError<()>>> {
        let call = Call::new("Sender::reserve_owned", Location::caller());
        async move {
            let Self { inner, side } = self;
            let inner = waited(&side.resource, call, inner.reserve_owned()).await?;
            Ok(OwnedPermit::new(inner, side))
        }
    }

    /// Keeps room for a message and the sender, if there is some.
    ///
    /// # Errors
    /// If there is none, or the receiver is closed; the sender comes back.
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let Self { inner, side } = self;
        match inner.try_reserve_owned() {
            Ok(inner) => Ok(OwnedPermit::new(inner, side)),
            Err(TrySendError::Full(inner)) => Err(TrySendError::Full(Self { inner, side })),
            Err(TrySendError::Closed(inner)) => Err(TrySendError::Closed(Self { inner, side })),
        }
    }

    /// Waits until the receiver is closed.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        let call = Call::idle("Sender::closed", Location::caller());
        async move { waited(&self.side.resource, call, self.inner.closed()).await }
    }

    /// Whether the receiver is closed.
    pub fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    /// How many more messages have room now.
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// How many messages have room at most.
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
    }

    /// Whether both send into the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.inner.same_channel(&other.inner)
    }

    /// A sender that does not keep the channel open.
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender {
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

impl<T> WeakSender<T> {
    /// A sender, if the channel still has one.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        let inner = self.inner.upgrade()?;
        Some(Sender {
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

impl<T> Receiver<T> {
    /// The next message, as soon as there is one; `None` when there are no more and none can come.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
        let call = receiving("Receiver::recv");
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
        let call = receiving("Receiver::recv_many");
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
        self.side.polled(polled, count, receiving("Receiver::poll_recv"))
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
            .polled(polled, count, receiving("Receiver::poll_recv_many"))
    }

    /// Lets nobody send any more. What was sent, and what permits have room for, can still be received.
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

    /// How many more messages have room now.
    pub fn capacity(&self) -> usize {
        self.inner.capacity()
    }

    /// How many messages have room at most.
    pub fn max_capacity(&self) -> usize {
        self.inner.max_capacity()
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

impl<T> Permit<'_, T> {
    /// Sends a message into the room that was kept for it.
    pub fn send(self, message: T) {
        let Self { inner, room } = self;
        inner.send(message);
        room.fill();
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Permit<'a, T>> {
        Some(Permit {
            inner: self.inner.next()?,
            room: self.rooms.next()?,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}

impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> OwnedPermit<T> {
    fn new(inner: inner::OwnedPermit<T>, side: SenderSide) -> Self {
        Self {
            inner,
            room: Room::new(side.queue.clone()),
            side,
        }
    }

    /// Sends a message into the room that was kept for it, and gives the sender back.
    pub fn send(self, message: T) -> Sender<T> {
        let Self { inner, side, room } = self;
        let inner = inner.send(message);
        room.fill();
        Sender { inner, side }
    }

    /// Gives the room back, and the sender.
    pub fn release(self) -> Sender<T> {
        let Self { inner, side, .. } = self;
        Sender {
            inner: inner.release(),
            side,
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            side: self.side.clone(),
        }
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            channel: self.channel.clone(),
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
