//! What tasks do, from the drain's records to batches of one second.
//!
//! [`Fold`] counts everything, by task and by spawn location, and keeps single polls as far as the budget of bytes goes: those
//! in which a recorded span was entered and long ones first. A batch is what it has once a second.

mod budget;
mod deliveries;
mod destination;
mod fold;
mod sums;
mod task;
mod watch;

pub(crate) use destination::{FrameDestination, Sent};
pub(crate) use fold::Fold;
pub(crate) use watch::RuntimeWatch;
