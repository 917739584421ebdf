//! Records `tracing` spans, events and logs.
#![allow(unsafe_code, dead_code)]

mod callsite;
mod clock;
mod drain;
mod field;
mod loss;
mod recorder;
mod sampler;
mod settings;
mod sync;
mod thread;

pub use callsite::Callsite;
pub use clock::Clock;
pub use drain::{
    ClockStep, Drain, Drained, Event, Events, Exception, FinishedSpan, Links, LogRecord, Sink, Status,
};
pub use field::{FieldValue, Fields, Texts};
pub use loss::{Loss, LossCause};
pub use recorder::{Recorder, recorder};
pub use sampler::{RootSampler, Sampler};
pub use settings::{LineFormat, LogLines, Settings, TraceIds};
pub use thread::Thread;
