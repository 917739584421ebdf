//! Resources, attributes and values of the model to OTLP's protobuf form.

use wakeful_model::{Attribute, Resource, Value};

use super::fields;
use crate::protobuf::Writer;

pub(crate) fn write_resource(out: &mut Writer, resource: &Resource) {
    write_attributes(out, fields::RESOURCE_ATTRIBUTE, &resource.attributes);
    out.number(
        fields::RESOURCE_DROPPED_ATTRIBUTES,
        u64::from(resource.dropped_attributes_count),
    );
}

pub(crate) fn write_attributes(out: &mut Writer, number: u32, attributes: &[Attribute]) {
    for attribute in attributes {
        out.message(number, |out| {
            out.text(fields::PAIR_KEY, &attribute.key);
            out.message(fields::PAIR_VALUE, |out| write_value(out, &attribute.value));
        });
    }
}

pub(crate) fn write_value(out: &mut Writer, value: &Value) {
    match value {
        Value::Empty => {}
        // An alternative of a `oneof` is written even if it is its type's default.
        Value::String(text) => out.bytes(fields::VALUE_STRING, text.as_bytes()),
        Value::Bool(value) => out.varint_field(fields::VALUE_BOOL, u64::from(*value)),
        Value::Int(value) => out.varint_field(fields::VALUE_INT, *value as u64),
        Value::Double(value) => out.fixed64_field(fields::VALUE_DOUBLE, value.to_bits()),
        Value::Bytes(bytes) => out.bytes(fields::VALUE_BYTES, bytes),
        Value::Array(items) => out.message(fields::VALUE_ARRAY, |out| {
            for item in items {
                out.message(fields::LIST_ITEM, |out| write_value(out, item));
            }
        }),
        Value::Map(entries) => {
            out.message(fields::VALUE_MAP, |out| {
                write_attributes(out, fields::LIST_ITEM, entries);
            });
        }
    }
}
