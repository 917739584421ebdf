//! Records `tracing` spans, events and logs into per-thread rings, and hands them out finished.
//!
//! [`recorder()`] makes two sides. The writing side, [`Recorder`], is installed as a [`Subscriber`] (the fast way) or as a
//! [`Layer`] on a `Registry`, where other layers are wanted. Each thread writes what happens to spans into a byte ring of its
//! own, so it never waits for anything; a ring that is full refuses the newest record and counts it. The reading side,
//! [`Drain`], merges the rings and hands finished spans and log records to a [`Sink`], and what was lost, by thread and cause.
//!
//! Nothing here knows a network, protobuf or an async runtime. Applications use the crate `wakeful`, which drains and exports.
//! [`SpanExt`] joins spans to traces that cross services. A span of `tracing` is a child of the innermost context that was
//! entered ([`wakeful_trace::SpanContext::enter`]); and spans made by hand go the same way as the others, because the recorder is
//! a [`wakeful_trace::TraceCollector`].
//!
//! What may be relied on:
//!
//! - Spans behave as on the Registry: a span ends when its last handle and its last child are gone, on whatever thread.
//! - Every span that was created is handed out, counted as lost, or still open.
//! - Once warm, recording through the subscriber allocates nothing and takes no lock, but for log lines and trace states.
#![allow(
    unsafe_code,
    reason = "rings share bytes between a writer and a reader without locks; slots and thread-local parts are reached by address"
)]

mod callsite;
mod clock;
mod core;
mod current;
mod doorbell;
mod drain;
mod events;
mod explicit;
mod field;
mod fork;
mod ids;
mod layer;
mod lines;
mod local;
mod loss;
mod new_span;
mod record;
mod recorder;
mod ring;
mod runtime_reader;
mod sampler;
mod settings;
mod silence;
mod slots;
mod span_ext;
mod stack;
mod subscriber;
mod sync;
mod tasks;
mod thread;
mod unwritten;

pub use callsite::Callsite;
pub use clock::Clock;
pub use current::current_span;
pub use drain::{
    ClockStep, Drain, Drained, Event, Events, Exception, FinishedPoll, FinishedSpan, Links, LogRecord,
    RunningPoll, Sink, StartedTask, Status, SummedPolls, Waker,
};
pub use field::{FieldValue, Fields, Texts};
pub use layer::Layer;
pub use loss::{Loss, LossCause};
pub use recorder::{Recorder, recorder};
pub use runtime_reader::RuntimeReader;
pub use sampler::{RootSampler, Sampler};
pub use settings::{LineFormat, LogLines, Settings, TraceIds};
pub use span_ext::SpanExt;
pub use subscriber::Subscriber;
pub use tasks::{NewTask, SpawnPoint, WakerCounts, WakingThread};
pub use thread::Thread;
