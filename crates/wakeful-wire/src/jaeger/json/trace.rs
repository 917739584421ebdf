//! A whole trace: its spans, and the processes that they share.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use wakeful_model::{Resource, Trace, Value, canonical_text};

use super::span::{Sequence, SpanView};
use super::tag::Tag;
use super::trace_id_text;

/// The attribute that becomes a process's name.
const SERVICE_NAME_KEY: &str = "service.name";

/// A trace in the order of its spans, with resources that look alike joined into one numbered process.
#[derive(Debug)]
pub struct TraceView<'a> {
    trace: &'a Trace,
    /// The process of each resource, from 1; 0 if no span has that resource.
    process_of: Vec<usize>,
    /// The resource that each process was made of.
    processes: Vec<&'a Resource>,
}

impl<'a> TraceView<'a> {
    /// Numbers the processes of `trace` in the order of its spans.
    pub fn new(trace: &'a Trace) -> Self {
        let resources = &trace.batch.resources;
        let mut view = Self {
            trace,
            process_of: vec![0; resources.len()],
            processes: Vec::new(),
        };
        let mut known: HashMap<Vec<(&str, u8, _)>, usize> = HashMap::new();
        for span in &trace.batch.spans {
            let resource = span.resource as usize;
            if view.process_of[resource] == 0 {
                let number = *known.entry(process_key(&resources[resource])).or_insert_with(|| {
                    view.processes.push(&resources[resource]);
                    view.processes.len()
                });
                view.process_of[resource] = number;
            }
        }
        view
    }
}

/// What Jaeger tells processes apart by: the attributes with their types, in order.
fn process_key(resource: &Resource) -> Vec<(&str, u8, Cow<'_, str>)> {
    let attributes = resource.attributes.iter();
    attributes
        .map(|attribute| {
            let kind = match attribute.value {
                Value::Bool(_) => 1,
                Value::Int(_) => 2,
                Value::Double(_) => 3,
                Value::Bytes(_) => 4,
                _ => 0,
            };
            (attribute.key.as_str(), kind, canonical_text(&attribute.value))
        })
        .collect()
}

impl Serialize for TraceView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let batch = &self.trace.batch;
        let spans = || {
            batch.spans.iter().map(|span| SpanView {
                span,
                scope: batch.scope(span),
                process: self.process_of[span.resource as usize],
            })
        };
        let mut out = serializer.serialize_struct("Trace", 4)?;
        out.serialize_field("traceID", &trace_id_text(self.trace.id.get()))?;
        out.serialize_field("spans", &Sequence(spans))?;
        out.serialize_field("processes", &Processes(&self.processes))?;
        out.serialize_field("warnings", &None::<()>)?;
        out.end()
    }
}

/// The processes by number.
struct Processes<'a>(&'a [&'a Resource]);

impl Serialize for Processes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(Some(self.0.len()))?;
        for (index, resource) in self.0.iter().enumerate() {
            out.serialize_entry(&format_args!("p{}", index + 1), &ProcessView(resource))?;
        }
        out.end()
    }
}

/// A resource as a process.
struct ProcessView<'a>(&'a Resource);

impl Serialize for ProcessView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let resource = self.0;
        let tags = || {
            resource
                .attributes
                .iter()
                .filter(|attribute| attribute.key != SERVICE_NAME_KEY)
                .map(Tag::from)
        };
        let mut out = serializer.serialize_struct("Process", 2)?;
        out.serialize_field("serviceName", resource.service_name())?;
        out.serialize_field("tags", &Sequence(tags))?;
        out.end()
    }
}
