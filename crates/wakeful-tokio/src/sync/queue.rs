//! What a channel has besides who waits for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wakeful_model::runtime::{StateAttribute, StateValue};

/// What is counted of a channel by those who use it.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// How many messages have room; `None` for any number.
    capacity_max: Option<u64>,
    sent: AtomicU64,
    received: AtomicU64,
    /// Room that permits have.
    reserved: AtomicU64,
    senders: AtomicU64,
    /// The receiver takes no more.
    is_closed: AtomicBool,
}

/// A channel at one moment. Counts that change meanwhile may be those of the moment before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QueueState {
    capacity_max: Option<u64>,
    pub(super) sent: u64,
    received: u64,
    reserved: u64,
    senders: u64,
    is_closed: bool,
}

impl Queue {
    /// A channel with one sender.
    pub(super) fn new(capacity_max: Option<usize>) -> Self {
        Self {
            capacity_max: capacity_max.map(|max| max as u64),
            senders: AtomicU64::new(1),
            ..Self::default()
        }
    }

    #[inline]
    pub(super) fn sent(&self) {
        self.sent.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes messages that the receiver has taken, which is one of its kind, so nobody else writes.
    #[inline]
    pub(super) fn received(&self, messages: u64) {
        let count = self.received.load(Ordering::Relaxed);
        self.received.store(count + messages, Ordering::Relaxed);
    }

    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    /// The receiver is gone, and with it the messages that waited for it.
    pub(super) fn receiver_gone(&self) {
        self.close();
        self.received
            .store(self.sent.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(super) fn add_sender(&self) {
        self.senders.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn sender_gone(&self) {
        self.senders.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn state(&self) -> QueueState {
        QueueState {
            capacity_max: self.capacity_max,
            // First, so that what was received was sent.
            received: self.received.load(Ordering::Relaxed),
            sent: self.sent.load(Ordering::Relaxed),
            reserved: self.reserved.load(Ordering::Relaxed),
            senders: self.senders.load(Ordering::Relaxed),
            is_closed: self.is_closed.load(Ordering::Relaxed),
        }
    }
}

impl AsRef<Self> for Queue {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// Room for a message that a permit has, until this is dropped.
#[derive(Debug)]
pub(super) struct Room<Q: AsRef<Queue>>(Q);

impl<Q: AsRef<Queue>> Room<Q> {
    pub(super) fn new(queue: Q) -> Self {
        queue.as_ref().reserved.fetch_add(1, Ordering::Relaxed);
        Self(queue)
    }

    /// A message takes its place.
    pub(super) fn fill(self) {
        self.0.as_ref().sent();
    }
}

impl<Q: AsRef<Queue>> Drop for Room<Q> {
    fn drop(&mut self) {
        self.0.as_ref().reserved.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Room for several messages, of which what is left is given back when this is dropped.
#[derive(Debug)]
pub(super) struct Rooms<'a> {
    queue: &'a Queue,
    left: u64,
}

impl<'a> Rooms<'a> {
    pub(super) fn new(queue: &'a Queue, messages: usize) -> Self {
        let left = messages as u64;
        queue.reserved.fetch_add(left, Ordering::Relaxed);
        Self { queue, left }
    }

    /// Room for one of them.
    pub(super) fn next(&mut self) -> Option<Room<&'a Queue>> {
        self.left = self.left.checked_sub(1)?;
        Some(Room(self.queue))
    }
}

impl Drop for Rooms<'_> {
    fn drop(&mut self) {
        self.queue.reserved.fetch_sub(self.left, Ordering::Relaxed);
    }
}

impl QueueState {
    /// What it says of itself.
    pub(super) fn attributes(&self) -> Vec<StateAttribute> {
        let messages = self.sent.saturating_sub(self.received);
        let used = messages.saturating_add(self.reserved);
        let int =
            |key: &str, value: u64| attribute(key, StateValue::Int(i64::try_from(value).unwrap_or(i64::MAX)));
        let room = self.capacity_max.map(|max| {
            [
                int("capacity", max.saturating_sub(used)),
                int("max_capacity", max),
            ]
        });
        let others = [
            int("messages", messages),
            int("senders", self.senders),
            attribute("closed", StateValue::Bool(self.is_closed)),
        ];
        room.into_iter().flatten().chain(others).collect()
    }
}

/// One value of a state, without a unit.
pub(super) fn attribute(key: &str, value: StateValue) -> StateAttribute {
    StateAttribute {
        key: key.to_owned(),
        value,
        unit: String::new(),
    }
}
