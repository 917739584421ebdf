//! Mending what Jaeger mends at its door (`internal/jptrace/sanitizer`), and saying so on the span.
//!
//! This is the slow path: it decodes the whole request, and only for requests in which something is wrong.

use wakeful_model::{Attribute, Resource, Scope, Span, SpanBatch, Utc, Value, Warnings};

use super::batch::{read_resource, read_scope};
use super::fields;
use super::intern::Interner;
use super::view::{SpanView, ValueView, messages};
use crate::protobuf::{Field, Fields};

const MISSING_SERVICE_NAME: &str = "missing-service-name";
const EMPTY_SERVICE_NAME: &str = "empty-service-name";
const SERVICE_NAME_WRONG_TYPE: &str = "service-name-wrong-type";
const EMPTY_SPAN_NAME: &str = "empty-span-name";
const INVALID_SPAN_NAME: &str = "invalid-span-name";
const INVALID_TAG_KEY: &str = "invalid-tag-key";

/// Decodes a request whose structure was checked, leaving out spans without valid ids.
pub(super) fn decode_and_mend(payload: &[u8]) -> SpanBatch {
    let mut batch = SpanBatch::default();
    let mut interner = Interner::default();
    for resource_spans in messages(payload, fields::REQUEST_RESOURCE_SPANS) {
        let mut resource = Resource::default();
        let mut schema_url = String::new();
        let mut warnings = Warnings::default();
        for (number, field) in Fields::new(resource_spans, 0) {
            match number {
                fields::RESOURCE_SPANS_RESOURCE => {
                    resource = read_resource(field.bytes(), "");
                    let attributes = fields::RESOURCE_ATTRIBUTE;
                    resource.attributes =
                        mended_attributes(field.bytes(), attributes, "resource attribute", &mut warnings);
                }
                fields::RESOURCE_SPANS_SCHEMA_URL => schema_url = lossy(field),
                _ => {}
            }
        }
        resource.schema_url = schema_url;
        mend_service_name(&mut resource, &mut warnings);
        let resource = interner.resource(&mut batch, resource);
        for scope_spans in messages(resource_spans, fields::RESOURCE_SPANS_SCOPE_SPANS) {
            let mut warnings = warnings.clone();
            let scope = mended_scope(scope_spans, &mut warnings);
            let scope = interner.scope(&mut batch, scope);
            for bytes in messages(scope_spans, fields::SCOPE_SPANS_SPAN) {
                if let Some(span) = SpanView::new(bytes).to_model(resource, scope) {
                    batch.spans.push(mended_span(bytes, span, &warnings));
                }
            }
        }
    }
    batch
}

fn mend_service_name(resource: &mut Resource, warnings: &mut Warnings) {
    let named = resource
        .attributes
        .iter_mut()
        .find(|attribute| attribute.key == "service.name");
    let stand_in = match &named {
        None => MISSING_SERVICE_NAME,
        Some(Attribute {
            value: Value::String(name),
            ..
        }) if name.is_empty() => EMPTY_SERVICE_NAME,
        Some(Attribute {
            value: Value::String(_),
            ..
        }) => return,
        Some(_) => SERVICE_NAME_WRONG_TYPE,
    };
    match named {
        Some(attribute) => attribute.value = stand_in.into(),
        None => resource.attributes.push(Attribute::new("service.name", stand_in)),
    }
    warnings.push(format!(
        "no usable service.name was sent; {stand_in} stands in its place"
    ));
}

fn mended_scope(scope_spans: &[u8], warnings: &mut Warnings) -> Scope {
    let mut scope = Scope::default();
    let mut schema_url = String::new();
    for (number, field) in Fields::new(scope_spans, 0) {
        match number {
            fields::SCOPE_SPANS_SCOPE => {
                scope = read_scope(field.bytes(), "");
                for (number, field) in Fields::new(field.bytes(), 0) {
                    match number {
                        fields::SCOPE_NAME => scope.name = lossy(field),
                        fields::SCOPE_VERSION => scope.version = lossy(field),
                        _ => {}
                    }
                }
                let attributes = fields::SCOPE_ATTRIBUTE;
                scope.attributes = mended_attributes(field.bytes(), attributes, "scope attribute", warnings);
            }
            fields::SCOPE_SPANS_SCHEMA_URL => schema_url = lossy(field),
            _ => {}
        }
    }
    scope.schema_url = schema_url;
    scope
}

fn mended_span(bytes: &[u8], mut span: Span, shared_warnings: &Warnings) -> Span {
    let mut warnings = shared_warnings.clone();
    span.attributes = mended_attributes(bytes, fields::SPAN_ATTRIBUTE, "attribute", &mut warnings);
    for (number, field) in Fields::new(bytes, 0) {
        match number {
            fields::SPAN_NAME if std::str::from_utf8(field.bytes()).is_err() => {
                INVALID_SPAN_NAME.clone_into(&mut span.name);
                span.attributes.push(Attribute::new(
                    INVALID_SPAN_NAME,
                    Value::Bytes(field.bytes().to_vec()),
                ));
                warnings.push("the span's name was not UTF-8; its bytes are kept as an attribute");
            }
            fields::SPAN_TRACE_STATE => span.trace_state = lossy(field),
            fields::SPAN_STATUS => {
                for (number, field) in Fields::new(field.bytes(), 0) {
                    if number == fields::STATUS_MESSAGE {
                        span.status.message = lossy(field);
                    }
                }
            }
            _ => {}
        }
    }
    for (event, bytes) in span.events.iter_mut().zip(messages(bytes, fields::SPAN_EVENT)) {
        event.attributes =
            mended_attributes(bytes, fields::EVENT_ATTRIBUTE, "event attribute", &mut warnings);
        for (number, field) in Fields::new(bytes, 0) {
            if number == fields::EVENT_NAME {
                event.name = lossy(field);
            }
        }
    }
    for (link, bytes) in span.links.iter_mut().zip(messages(bytes, fields::SPAN_LINK)) {
        link.attributes = mended_attributes(bytes, fields::LINK_ATTRIBUTE, "link attribute", &mut warnings);
        for (number, field) in Fields::new(bytes, 0) {
            if number == fields::LINK_TRACE_STATE {
                link.trace_state = lossy(field);
            }
        }
    }
    if span.name.is_empty() {
        EMPTY_SPAN_NAME.clone_into(&mut span.name);
        warnings.push(format!(
            "the span had no name; {EMPTY_SPAN_NAME} stands in its place"
        ));
    }
    if span.end_unix_nanos < span.start_unix_nanos {
        let end = span.start_unix_nanos.saturating_add(1);
        warnings.push(format!(
            "Negative duration detected, sanitizing end timestamp. Original end timestamp: {}, adjusted to: {}",
            utc(span.end_unix_nanos),
            utc(end)
        ));
        span.end_unix_nanos = end;
    }
    warnings.into_iter().for_each(|warning| span.add_warning(warning));
    span
}

/// Attributes of which a value that is not UTF-8 becomes bytes, and a key that is not becomes `invalid-tag-key-N`
/// with key and value as bytes.
fn mended_attributes(bytes: &[u8], number: u32, what: &str, warnings: &mut Warnings) -> Vec<Attribute> {
    let mut invalid_keys = 0;
    let mut attributes = Vec::new();
    for pair in messages(bytes, number) {
        let (mut key, mut value) = (&[][..], Value::Empty);
        for (number, field) in Fields::new(pair, 0) {
            match number {
                fields::PAIR_KEY => key = field.bytes(),
                fields::PAIR_VALUE => value = mended_value(field.bytes()),
                _ => {}
            }
        }
        match std::str::from_utf8(key) {
            Ok(text) => {
                if matches!(
                    (&value, ValueView::new(raw_value(pair))),
                    (Value::Bytes(_), ValueView::String(_))
                ) {
                    warnings.push(format!(
                        "the value of {what} {text:?} was not UTF-8; it is kept as bytes"
                    ));
                }
                attributes.push(Attribute::new(text, value));
            }
            Err(_) => {
                invalid_keys += 1;
                let name = format!("{INVALID_TAG_KEY}-{invalid_keys}");
                warnings.push(format!(
                    "the key of an {what} was not UTF-8; it is kept as {name}"
                ));
                let mut bytes = key.to_vec();
                bytes.push(b':');
                match &value {
                    Value::Bytes(value) => bytes.extend_from_slice(value),
                    value => bytes.extend_from_slice(wakeful_model::canonical_text(value).as_bytes()),
                }
                attributes.push(Attribute::new(name, Value::Bytes(bytes)));
            }
        }
    }
    attributes
}

fn raw_value(pair: &[u8]) -> &[u8] {
    messages(pair, fields::PAIR_VALUE).last().unwrap_or_default()
}

/// A value of which text that is not UTF-8 becomes bytes, nested or not.
fn mended_value(bytes: &[u8]) -> Value {
    Fields::new(bytes, 0).fold(Value::Empty, |value, (number, field)| match (number, field) {
        (fields::VALUE_STRING, Field::Bytes(bytes, _)) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => Value::Bytes(bytes.to_vec()),
        },
        (fields::VALUE_ARRAY, Field::Bytes(bytes, _)) => {
            Value::Array(messages(bytes, fields::LIST_ITEM).map(mended_value).collect())
        }
        (fields::VALUE_MAP, Field::Bytes(bytes, _)) => {
            // Warnings are given for attributes alone; what stands inside a map is mended without a word.
            Value::Map(mended_attributes(
                bytes,
                fields::LIST_ITEM,
                "entry",
                &mut Warnings::default(),
            ))
        }
        (1..=7, _) => ValueView::new(bytes).to_model(),
        _ => value,
    })
}

fn lossy(field: Field<'_>) -> String {
    String::from_utf8_lossy(field.bytes()).into_owned()
}

/// A time as Go prints it: `2026-01-15 10:00:00.123456789 +0000 UTC`.
fn utc(unix_nanos: u64) -> String {
    let Utc {
        year,
        month,
        day,
        hour,
        minute,
        second,
        nanos,
    } = Utc::of(unix_nanos);
    let fraction = if nanos == 0 {
        String::new()
    } else {
        format!(".{nanos:09}")
    };
    format!(
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{} +0000 UTC",
        fraction.trim_end_matches('0')
    )
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn times_are_printed_as_go_does() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 +0000 UTC");
        assert_eq!(utc(1_709_210_096_120_000_000), "2024-02-29 12:34:56.12 +0000 UTC");
        assert_eq!(
            utc(4_102_444_799_000_000_001),
            "2099-12-31 23:59:59.000000001 +0000 UTC"
        );
    }
}
