//! Questions to the engine, a few at a time over all APIs: each takes memory of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;
use wakeful_query::Engine;

use crate::blocking;

/// Questions at one time for each processor: while one waits for the disk, another may count.
const QUESTIONS_A_THREAD: usize = 2;

/// The engine behind the bound on questions; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Queries {
    engine: Engine,
    slots: Arc<Semaphore>,
}

/// Why a question was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("the server is stopping")]
    Stopping,
    #[error(transparent)]
    Failed(#[from] blocking::Failed),
}

impl Queries {
    pub(crate) fn new(engine: Engine) -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            engine,
            slots: Arc::new(Semaphore::new(QUESTIONS_A_THREAD * threads)),
        }
    }

    /// Runs `question` on a blocking thread, once it is its turn.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Engine) -> T + Send + 'static,
    ) -> Result<T, Unanswered> {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.map_err(|_| Unanswered::Stopping)?;
        let engine = self.engine.clone();
        let work = move || {
            // The slot goes with the work: a request that is aborted leaves its work running.
            let _slot = slot;
            question(&engine)
        };
        Ok(blocking::run(work).await?)
    }
}

/// Held by whoever waits for an answer; its [`Wanted`] know when it is gone.
#[derive(Debug, Default)]
pub(crate) struct Asker(Arc<AtomicBool>);

/// Tells long work whether anybody still waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Asker {
    /// What the work is given.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted(Arc::clone(&self.0))
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Wanted {
    /// Whether somebody still waits.
    pub(crate) fn is_so(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use wakeful_store::{Backend, Store, StoreOptions};

    use super::*;

    #[tokio::test]
    async fn so_many_questions_run_at_one_time_and_no_more() {
        let store = Store::open(StoreOptions::new(Backend::Memory)).unwrap();
        let queries = Queries::new(Engine::new(store));
        let bound = queries.slots.available_permits();
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let (go_on, wait) = std::sync::mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let asked: Vec<_> = (0..=bound)
            .map(|_| {
                let (queries, begun, wait) = (queries.clone(), begun.clone(), Arc::clone(&wait));
                tokio::spawn(async move {
                    queries
                        .run(move |_| {
                            begun.send(()).unwrap();
                            wait.lock().unwrap().recv().unwrap();
                        })
                        .await
                })
            })
            .collect();
        for _ in 0..bound {
            begins.recv().await.unwrap();
        }
        // All have had their turn to ask; the last one waits.
        assert_eq!(queries.slots.available_permits(), 0);
        assert!(begins.try_recv().is_err());
        (0..=bound).for_each(|_| go_on.send(()).unwrap());
        begins.recv().await.unwrap();
        for answer in asked {
            assert_eq!(answer.await.unwrap(), Ok(()));
        }
    }

    #[test]
    fn work_learns_that_its_asker_is_gone() {
        let asker = Asker::default();
        let wanted = asker.wanted();
        assert!(wanted.is_so());
        drop(asker);
        assert!(!wanted.is_so());
    }
}
