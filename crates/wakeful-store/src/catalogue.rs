//! Services and their operations: what flushes and merges wrote down of them, and what the tail has.

use std::collections::{BTreeMap, BTreeSet};

use wakeful_model::Kind;

use crate::segment::{Catalog, Segment};
use crate::state::Snapshot;
use crate::{ReadError, Store};

impl Store {
    /// Names of all services. Segments that cannot be read are told beside. Blocks.
    pub fn services(&self) -> (BTreeSet<String>, Vec<ReadError>) {
        self.read(Snapshot::services)
    }

    /// Names of the operations of a service (of all, if `None`), and of which kinds there are spans of each. Segments
    /// that cannot be read are told beside. Blocks.
    pub fn operations(&self, service: Option<&str>) -> (BTreeMap<String, BTreeSet<Kind>>, Vec<ReadError>) {
        self.read(|snapshot| snapshot.operations(service))
    }
}

impl Snapshot {
    fn services(&self) -> (BTreeSet<String>, Vec<ReadError>) {
        let mut services = BTreeSet::new();
        // Most were met before; those cost no copy.
        let mut add = |name: &str| {
            if !services.contains(name) {
                services.insert(name.to_owned());
            }
        };
        let problems = self.each_catalog(|catalog| {
            catalog.services.iter().for_each(|service| add(&service.name));
        });
        for batch in self.batches() {
            batch.groups().iter().for_each(|group| add(batch.service(group)));
        }
        (services, problems)
    }

    fn operations(&self, service: Option<&str>) -> (BTreeMap<String, BTreeSet<Kind>>, Vec<ReadError>) {
        let mut operations: BTreeMap<String, BTreeSet<Kind>> = BTreeMap::new();
        let mut add = |name: &str, kind| match operations.get_mut(name) {
            Some(kinds) => {
                kinds.insert(kind);
            }
            None => {
                operations.insert(name.to_owned(), BTreeSet::from([kind]));
            }
        };
        let is_asked = |name: &str| service.is_none_or(|asked| asked == name);
        let problems = self.each_catalog(|catalog| {
            let services = catalog.services.iter().filter(|service| is_asked(&service.name));
            services.for_each(|service| service.operations().for_each(|(name, kind)| add(name, kind)));
        });
        for batch in self.batches() {
            for operation in batch.operations() {
                if is_asked(batch.service(&batch.groups()[operation.group as usize])) {
                    add(batch.name(operation), operation.kind);
                }
            }
        }
        (operations, problems)
    }

    fn each_catalog(&self, mut each: impl FnMut(&Catalog)) -> Vec<ReadError> {
        let mut problems = Vec::new();
        for segment in self.segments.iter() {
            match segment.contents() {
                Ok(contents) => each(contents.catalog()),
                Err(error) => problems.push(segment.read_error(&error)),
            }
        }
        problems
    }
}

impl Segment {
    /// Whether it has spans of the service; also if that cannot be known.
    pub(crate) fn may_have_service(&self, service: &str) -> bool {
        let contents = self.contents();
        contents.map_or(true, |contents| contents.catalog().service(service).is_some())
    }
}
