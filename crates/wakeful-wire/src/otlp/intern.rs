//! Resources and scopes of a batch in the making, told apart by their encoded form.

use std::collections::HashMap;

use wakeful_model::{Resource, Scope, SpanBatch};

use super::common::write_resource;
use super::encode::write_scope;
use super::fields;
use crate::protobuf::Writer;

/// The numbers of what spans of a batch share. A client chooses how many resources and scopes there are: to compare
/// each with all that are known would take minutes where there are many.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    resources: HashMap<Vec<u8>, u32>,
    scopes: HashMap<Vec<u8>, u32>,
}

impl Interner {
    /// The index of `resource`, which is added to the batch if it is new.
    pub(crate) fn resource(&mut self, batch: &mut SpanBatch, resource: Resource) -> u32 {
        let mut key = Writer::default();
        key.message(fields::RESOURCE_SPANS_RESOURCE, |out| {
            write_resource(out, &resource);
        });
        key.text(fields::RESOURCE_SPANS_SCHEMA_URL, &resource.schema_url);
        let known = self.resources.entry(key.into_bytes());
        *known.or_insert_with(|| add(&mut batch.resources, resource))
    }

    /// The index of `scope`, which is added to the batch if it is new.
    pub(crate) fn scope(&mut self, batch: &mut SpanBatch, scope: Scope) -> u32 {
        let mut key = Writer::default();
        key.message(fields::SCOPE_SPANS_SCOPE, |out| write_scope(out, &scope));
        key.text(fields::SCOPE_SPANS_SCHEMA_URL, &scope.schema_url);
        let known = self.scopes.entry(key.into_bytes());
        *known.or_insert_with(|| add(&mut batch.scopes, scope))
    }
}

fn add<T>(list: &mut Vec<T>, item: T) -> u32 {
    list.push(item);
    list.len() as u32 - 1
}
