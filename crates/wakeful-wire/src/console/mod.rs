//! The protocol of tokio-console (package `rs.tokio.console`, console-api 0.9), both ways.
//!
//! [`Update`], [`TaskDetails`] and [`State`] are the messages, as plain data that reads and writes itself. [`Reader`] turns a
//! stream of updates into [`RuntimeBatch`](wakeful_model::runtime::RuntimeBatch)es, in which ids are never used twice and fields have their
//! names. The schema stands in `proto/console`.

mod entities;
pub mod hdr;
mod message;
mod reader;
mod update;

pub use crate::protobuf::DecodeError;
pub use entities::{
    AsyncOp, AsyncOpStats, Attribute, DurationHistogram, Field, FieldName, FieldValue, Location, Metadata,
    PollOp, PollStats, Resource, ResourceKind, ResourceStats, Task, TaskStats,
};
pub use message::Message;
pub use reader::Reader;
pub use update::{
    AsyncOpUpdate, ResourceUpdate, State, TaskDetails, TaskDetailsRequest, TaskUpdate, Temporality, Update,
};

/// The attribute by which our servers say which task holds a resource: the id of its span, or that of a task that wakeful has numbered as it
/// is shown.
pub const HOLDER_ATTRIBUTE: &str = "holder";

/// The field in which our servers send the id of a task that wakeful has numbered, as it is shown (`w1`). As `task.id`, which has to be a
/// number, tokio-console would show all 19 digits of it; so it shows none, and this among the fields.
pub const OWN_ID_FIELD: &str = "id";

/// The service and the paths of its calls.
pub mod path {
    /// The service's name.
    pub const SERVICE: &str = "rs.tokio.console.instrument.Instrument";
    /// Everything, then what changed, once an interval.
    pub const WATCH_UPDATES: &str = "/rs.tokio.console.instrument.Instrument/WatchUpdates";
    /// The histograms of one task.
    pub const WATCH_TASK_DETAILS: &str = "/rs.tokio.console.instrument.Instrument/WatchTaskDetails";
    /// Whether updates are paused.
    pub const WATCH_STATE: &str = "/rs.tokio.console.instrument.Instrument/WatchState";
    /// Stops updates.
    pub const PAUSE: &str = "/rs.tokio.console.instrument.Instrument/Pause";
    /// Lets them go on.
    pub const RESUME: &str = "/rs.tokio.console.instrument.Instrument/Resume";
}
