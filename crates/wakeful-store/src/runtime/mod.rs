//! What programs reported of their runtimes: batches, kept as the frames that they came in.
//!
//! Batches are appended to a file, synced, and told as kept. A file begins with a *checkpoint* of each program that is alive: one
//! batch that folds into the program's state at that moment. So a program's state at any time is in one file, and old files can go
//! without taking anything with them that is still so. What is in a file, its index says: program, times, and where the
//! frame stands. `docs/storage.md` has the form of both.

mod decoded;
mod file;
mod files;
mod index;
mod live;
mod past;
mod program_id;
mod read;
mod store;
mod writer;

pub use program_id::{ParseProgramIdError, ProgramId};
pub use read::ProgramExtent;
pub use store::{RuntimeFrame, RuntimeStats, RuntimeStore};

pub(crate) use store::Setup;
