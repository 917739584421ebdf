//! The screens, one a file.

mod columns;
pub(crate) mod help;
mod histogram;
mod list;
mod nothing;
pub(crate) mod programs;
pub(crate) mod resource;
pub(crate) mod resources;
pub(crate) mod runtime;
pub(crate) mod spans;
pub(crate) mod task;
pub(crate) mod tasks;
pub(crate) mod trace;
pub(crate) mod traces;
