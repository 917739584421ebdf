//! The files that there are.

use std::sync::{Arc, PoisonError, RwLock};

use super::file::RuntimeFile;

/// Files by number; the last one may still be written.
pub(super) type List = Arc<Vec<Arc<RuntimeFile>>>;

/// The current list.
#[derive(Debug, Default)]
pub(super) struct Files {
    list: RwLock<List>,
}

impl Files {
    pub(super) fn new(list: Vec<Arc<RuntimeFile>>) -> Self {
        Self {
            list: RwLock::new(Arc::new(list)),
        }
    }

    pub(super) fn list(&self) -> List {
        Arc::clone(&self.list.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn push(&self, file: Arc<RuntimeFile>) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut list).push(file);
    }

    /// Takes out the oldest.
    pub(super) fn pop(&self) -> Option<Arc<RuntimeFile>> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        (!list.is_empty()).then(|| Arc::make_mut(&mut list).remove(0))
    }
}
