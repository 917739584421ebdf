//! The demo program.
