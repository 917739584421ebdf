//! The screens, one a file.

mod columns;
pub(crate) mod help;
mod histogram;
mod list;
pub(crate) mod resource;
pub(crate) mod resources;
pub(crate) mod runtime;
pub(crate) mod task;
pub(crate) mod tasks;
