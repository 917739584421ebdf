//! `Batch` and `Process`: spans with the resource that they share.

use wakeful_model::{Attribute, Resource, Scope, SpanBatch, Value, Warnings};

use super::span::read_span;
use super::tags::{keep_last_of_each_key, position, read_tags};
use super::{read_structs, required};
use crate::otlp::Rejected;
use crate::thrift::{Kind, Reader, ThriftError};

/// The bytes of a span with ids, times and a short name.
const SPAN_SIZE_USUAL: usize = 64;

/// `struct Batch { 1: required Process process, 2: required list<Span> spans, 3: seqNo, 4: stats }`
pub(super) fn read_batch<'a, R: Reader<'a>>(reader: &mut R) -> Result<(SpanBatch, Rejected), ThriftError> {
    let (mut process, mut spans) = (None, None);
    let mut rejected = Rejected::default();
    let mut last_id = 0;
    while let Some(field) = reader.field(&mut last_id)? {
        match (field.id, field.kind) {
            (1, Kind::Struct) => process = Some(read_process(reader)?),
            (2, Kind::List) => {
                let read = |reader: &mut R| read_span(reader, &mut rejected);
                spans = Some(read_structs(reader, SPAN_SIZE_USUAL, read)?);
            }
            _ => reader.skip_field(field.kind)?,
        }
    }
    let (resource, warnings) = required(reader, process, "a batch without its process")?;
    let mut spans = required(reader, spans, "a batch without its spans")?;
    for span in &mut spans {
        warnings.iter().for_each(|warning| span.add_warning(warning));
    }
    Ok((
        SpanBatch {
            spans,
            resources: vec![resource],
            scopes: vec![Scope::default()],
        },
        rejected,
    ))
}

/// `struct Process { 1: required string serviceName, 2: optional list<Tag> tags }`, and what there is to warn of
/// on its spans.
fn read_process<'a>(reader: &mut impl Reader<'a>) -> Result<(Resource, Warnings), ThriftError> {
    let mut service_name = None;
    let mut tags = Vec::new();
    let mut warnings = Warnings::default();
    let mut last_id = 0;
    while let Some(field) = reader.field(&mut last_id)? {
        match (field.id, field.kind) {
            (1, Kind::Bytes) => service_name = Some(reader.bytes()?),
            (2, Kind::List) => tags = read_tags(reader, "resource attribute", &mut warnings)?,
            _ => reader.skip_field(field.kind)?,
        }
    }
    let service_name = required(reader, service_name, "a process without its serviceName")?;

    let mut attributes = Vec::with_capacity(tags.len() + 1);
    if !service_name.is_empty() {
        let name = match std::str::from_utf8(service_name) {
            Ok(name) => name.into(),
            Err(_) => {
                warnings.push("the service's name was not UTF-8; its bytes are kept");
                Value::Bytes(service_name.to_vec())
            }
        };
        attributes.push(Attribute::new("service.name", name));
    }
    attributes.extend(tags);
    keep_last_of_each_key(&mut attributes);
    rename(&mut attributes, "hostname", "host.name");
    rename_client_version(&mut attributes);
    Ok((
        Resource {
            attributes,
            ..Resource::default()
        },
        warnings,
    ))
}

/// Gives an attribute OpenTelemetry's name, unless there is one of that name already.
fn rename(attributes: &mut [Attribute], from: &str, to: &str) {
    if let (Some(found), None) = (position(attributes, from), position(attributes, to)) {
        to.clone_into(&mut attributes[found].key);
    }
}

/// `jaeger.version: Python-4.8.0` becomes `opencensus.exporterversion: Jaeger-Python-4.8.0`.
fn rename_client_version(attributes: &mut [Attribute]) {
    const FROM: &str = "jaeger.version";
    const TO: &str = "opencensus.exporterversion";
    if let (Some(found), None) = (position(attributes, FROM), position(attributes, TO))
        && let Some(version) = attributes[found].value.as_str()
    {
        attributes[found] = Attribute::new(TO, format!("Jaeger-{version}"));
    }
}
