//! The present of a program's runtimes, folded from what it reports.
//!
//! A [`Live`] takes [`RuntimeBatch`](wakeful_model::runtime::RuntimeBatch)es and knows which tasks there are, what they have come to,
//! which resources they hold and wait for. A [`Linter`] looks at it and says what is wrong, where, since when, and what to do.
//!
//! One for the terminal, for the server and for tokio-console's protocol; it knows no sockets and draws nothing. Whoever wants the
//! past asks the store for batches and folds them up to that moment.
//!
//! ```
//! use wakeful_live::{Linter, Live, TaskState};
//! use wakeful_model::runtime::{RuntimeBatch, TaskId, TaskStart, TaskSums};
//!
//! let mut live = Live::default();
//! live.fold(&RuntimeBatch {
//!     to_unix_nanos: 5_000_000_000,
//!     task_starts: vec![TaskStart { id: TaskId(7), start_unix_nanos: 1_000_000_000, ..TaskStart::default() }],
//!     task_sums: vec![TaskSums {
//!         task: TaskId(7),
//!         polls: 1,
//!         last_poll_start_unix_nanos: Some(2_000_000_000),
//!         ..TaskSums::default()
//!     }],
//!     ..RuntimeBatch::default()
//! });
//! let task = live.task(TaskId(7)).unwrap();
//! assert_eq!(task.state(), Some(TaskState::Running));
//! let findings = Linter::default().check(&live);
//! assert!(findings.iter().any(|finding| finding.lint.name() == "never-yielded"));
//! ```

mod checkpoint;
mod forget;
mod lint;
mod live;
mod resource;
mod site;
mod task;
mod weight;

pub use lint::{Finding, Lint, Linter, Thresholds, UnknownLint};
pub use live::{Live, RuntimeState};
pub use resource::{AsyncOp, Holding, Resource};
pub use site::Site;
pub use task::{Slow, Task, TaskState};
pub use weight::BYTES_MAX;
