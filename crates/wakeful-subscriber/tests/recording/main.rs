//! What is recorded: programs, and the spans that are handed out.

mod fields;
mod life;
mod lines;
mod logs;
mod rendered;
mod sampling;
mod status;
