//! Spans by the million, and the book that is kept of them: for wakeful's own tests and benchmarks.
//!
//! A [`Generator`] writes seeded OTLP requests that look like a shop of twenty services, at a cost far below what any
//! server pays to read them. A [`Ledger`] remembers what was sent and what was acknowledged, so that a server can be
//! asked for it after a crash. With the feature `load`, [`load`] sends them; `wakeful-load` is its program.
//!
//! ```
//! use wakeful_testkit::{Generator, Plan};
//!
//! let mut generator = Generator::new(Plan::default());
//! let request = generator.next(1_700_000_000_000_000_000);
//! assert_eq!(request.spans, 512);
//! ```

mod big_trace;
mod big_trace_span;
mod catalogue;
mod generator;
mod ledger;
mod message;
mod random;
mod runtime_program;
mod spec;
mod template;

#[cfg(feature = "load")]
pub mod load;
pub mod process;

pub use big_trace::{BigTrace, BigTracePlan};
pub use generator::{Generator, Plan, Request, Shape, TraceShare, span_id, user_id};
pub use ledger::{Entry, Ledger, LedgerError};
pub use runtime_program::{RuntimePlan, RuntimeProgram};
