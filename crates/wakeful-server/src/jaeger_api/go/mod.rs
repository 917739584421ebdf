//! Reading parameters as Go's standard library does, with its error texts: Jaeger passes them on to its clients.

mod json;
mod number;
mod time;

pub(super) use crate::go_duration::parse_duration;
pub(super) use json::parse_string_map;
pub(super) use number::{parse_bool, parse_float, parse_hex, parse_i32, parse_i64, parse_int};
pub(super) use time::parse_time;
