//! Numbers of tasks and runtimes.

use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use wakeful_model::runtime::{RuntimeId, TaskId};

/// Takes the one number that an id of Tokio's hashes. They have no accessor for it but their text, which would be made at every poll.
#[derive(Default)]
struct Number(u64);

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Not how numbers come today; whatever comes, equal ids stay equal.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

fn number(id: impl Hash) -> u64 {
    let mut number = Number::default();
    id.hash(&mut number);
    number.finish()
}

#[inline]
pub(crate) fn task(id: tokio::task::Id) -> TaskId {
    TaskId(number(id))
}

pub(crate) fn runtime(id: tokio::runtime::Id) -> RuntimeId {
    RuntimeId(number(id))
}

/// A number for what Tokio gives none.
pub(crate) fn next() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(TaskId::OWN_FIRST);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_s_number_is_the_one_that_tokio_shows() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let shown = runtime.block_on(async {
            let handle = tokio::spawn(async {});
            (task(handle.id()).to_string(), handle.id().to_string())
        });
        assert_eq!(shown.0, shown.1);
        assert_eq!(
            super::runtime(runtime.handle().id()).to_string(),
            runtime.handle().id().to_string()
        );
        assert!(next() < next());
    }
}
