//! What searches of both APIs have in common.

use std::ops::RangeInclusive;
use std::time::{SystemTime, UNIX_EPOCH};

use wakeful_model::{Kind, Trace};
use wakeful_query::adjust;

use super::error::ApiError;

/// The most traces that one search may ask for: an answer is built in memory.
const TRACES_MAX: usize = 10_000;

/// How many traces a search that does not say finds.
pub(super) const TRACES_DEFAULT: usize = 100;

/// Checks how many traces are asked for. Jaeger answers 500 here; the fault is the client's.
pub(super) fn trace_limit(asked: i64) -> Result<usize, ApiError> {
    match usize::try_from(asked) {
        Ok(limit @ 1..=TRACES_MAX) => Ok(limit),
        Ok(1..) => Err(ApiError::bad_request(format!(
            "search depth {asked} is too large; ask for at most {TRACES_MAX} traces"
        ))),
        _ => Err(ApiError::bad_request(
            "search depth must be greater than 0 and less than max traces",
        )),
    }
}

/// A range of Unix nanoseconds; empty if it ends before it starts, or before 1970.
pub(super) fn range(start: i128, end: i128) -> RangeInclusive<u64> {
    let clamp = |nanos: i128| u64::try_from(nanos.max(0)).unwrap_or(u64::MAX);
    let start = if end < 0 { 1 } else { clamp(start) };
    start..=clamp(end)
}

/// Least and greatest duration of a span, if they are bounds at all: to Jaeger zero is none, less than zero is no
/// least duration, and nothing is shorter than a greatest duration below zero.
pub(super) fn duration_bounds(min: i64, max: i64) -> (Option<u64>, Option<u64>) {
    match u64::try_from(max) {
        Ok(max) => (
            u64::try_from(min).ok().filter(|&min| min > 0),
            Some(max).filter(|&max| max > 0),
        ),
        Err(_) => (Some(1), Some(0)),
    }
}

/// A kind by its name in lower case: `None` if none is asked for, an error if there is none of that name, and so no
/// operation has it. A client that did not say a kind cannot be asked for.
pub(super) fn kind(name: &str) -> Result<Option<Kind>, NoSuchKind> {
    match name {
        "" => Ok(None),
        _ => Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .map(Some)
            .ok_or(NoSuchKind),
    }
}

/// There is no span kind of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NoSuchKind;

/// Brings traces into the form in which they are shown.
pub(super) fn prepare(traces: &mut [Trace], raw: bool) {
    let prepare = if raw { adjust::tidy } else { adjust::adjust };
    traces.iter_mut().for_each(prepare);
}

/// Now, in Unix nanoseconds.
pub(super) fn now_unix_nanos() -> i128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as i128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_bounded_and_say_so() {
        assert_eq!(trace_limit(20), Ok(20));
        assert_eq!(trace_limit(0).unwrap_err().status, 400);
        assert!(
            trace_limit(1 << 40)
                .unwrap_err()
                .message
                .ends_with("at most 10000 traces")
        );
    }

    #[test]
    fn durations_below_zero_bound_as_in_jaeger() {
        assert_eq!(duration_bounds(-5, 0), (None, None));
        assert_eq!(duration_bounds(5, 7), (Some(5), Some(7)));
        assert_eq!(duration_bounds(0, -1), (Some(1), Some(0)));
    }

    #[test]
    fn ranges_never_wrap() {
        assert_eq!(range(-5, 7), 0..=7);
        assert_eq!(range(0, i128::MAX), 0..=u64::MAX);
        assert!(range(-5, -1).is_empty());
    }
}
