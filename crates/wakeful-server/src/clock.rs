//! The wall clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, Unix nanoseconds.
pub(crate) fn now_unix_nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
