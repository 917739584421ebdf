//! `tokio::sync::mpsc`, watched: how many messages wait, which senders wait for room, and whether the receiver waits, and where.
//!
//! Everything behaves as Tokio's own, which it is made of. A message costs two counts more; who has to wait costs a lock and two
//! looks at the clock. Threads that wait in `blocking_send` and `blocking_recv` are not seen waiting.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let (orders, mut kitchen) = wakeful_tokio::sync::mpsc::channel_named("orders", 8);
//! orders.send("soup").await.unwrap();
//! assert_eq!(kitchen.recv().await, Some("soup"));
//! # });
//! ```

mod bounded;
mod unbounded;

use std::ops::Deref;
use std::panic::Location;
use std::sync::Arc;
use std::task::Poll;

pub use bounded::{
    OwnedPermit, Permit, PermitIterator, Receiver, Sender, WeakSender, channel, channel_named,
};
pub use tokio::sync::mpsc::error;
pub use unbounded::{
    UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel, unbounded_channel_named,
};

use super::queue::Queue;
use super::resource::{Call, OpenWait, Place, Resource};

/// What both ends of a channel share of what is known of it.
#[derive(Debug, Clone)]
struct Channel {
    resource: Arc<Resource>,
    queue: Arc<Queue>,
}

impl Channel {
    fn new(concrete_type: &'static str, name: &str, at: Place, capacity_max: Option<usize>) -> Self {
        let queue = Arc::new(Queue::new(capacity_max));
        Self {
            resource: Resource::channel(concrete_type, name, at, queue.clone()),
            queue,
        }
    }
}

/// The channel, and one of its senders, for as long as this is there.
#[derive(Debug)]
struct SenderSide(Channel);

impl SenderSide {
    /// The first sender, which the channel is made with.
    fn first(channel: &Channel) -> Self {
        Self(channel.clone())
    }

    /// Another one.
    fn another(channel: &Channel) -> Self {
        channel.queue.add_sender();
        Self(channel.clone())
    }
}

impl Clone for SenderSide {
    fn clone(&self) -> Self {
        Self::another(&self.0)
    }
}

impl Drop for SenderSide {
    fn drop(&mut self) {
        self.queue.sender_gone();
    }
}

impl Deref for SenderSide {
    type Target = Channel;

    fn deref(&self) -> &Channel {
        &self.0
    }
}

/// The channel, and its receiver, for as long as this is there.
#[derive(Debug)]
struct ReceiverSide {
    channel: Channel,
    /// A wait of who polls by hand, which goes on until there is a message.
    polling: Option<OpenWait>,
}

impl ReceiverSide {
    fn new(channel: Channel) -> Self {
        Self {
            channel,
            polling: None,
        }
    }

    /// How `poll_recv` and its kin end, which came to `polled` with so many messages.
    fn polled<T>(&mut self, polled: Poll<T>, messages: impl FnOnce(&T) -> u64, call: Call) -> Poll<T> {
        let Poll::Ready(ready) = &polled else {
            match &mut self.polling {
                Some(wait) => wait.polled(false),
                None => self.polling = Some(self.channel.resource.wait(call)),
            }
            return polled;
        };
        if let Some(mut wait) = self.polling.take() {
            wait.polled(true);
        }
        self.channel.queue.received(messages(ready));
        polled
    }
}

impl Drop for ReceiverSide {
    fn drop(&mut self) {
        self.channel.queue.receiver_gone();
    }
}

/// What a receiver of either kind calls.
#[track_caller]
fn receiving(source: &'static str) -> Call {
    Call::idle(source, Location::caller())
}
