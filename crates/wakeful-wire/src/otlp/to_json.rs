//! OTLP/JSON from OTLP's protobuf form (opentelemetry-proto 1.9, "JSON Protobuf Encoding"): ids in hex, 64-bit numbers as text,
//! enums as numbers. Written from one form to the other by a table of fields, without the data in between.

use std::fmt::Write as _;

use wakeful_model::{base64_text, float_text, write_json_string};

use super::answer::Signal;
use crate::protobuf::{DecodeError, Field, Fields};

/// Messages deeper within each other than this are refused.
const NESTING_MAX: u32 = 64;

/// What a field of a message holds, and so how it is written.
#[derive(Clone, Copy)]
enum Form {
    Text,
    /// A trace or span id.
    Hex,
    Base64,
    Bool,
    /// A whole number of up to 32 bits, or an enum.
    Number,
    /// A signed whole number of 64 bits.
    Long,
    /// A time.
    UnsignedLong,
    Double,
    Message(&'static [Row]),
}

/// Number, name, whether there may be several, form.
struct Row(u32, &'static str, bool, Form);

const ONE: bool = false;
const MANY: bool = true;

static VALUE: [Row; 7] = [
    Row(1, "stringValue", ONE, Form::Text),
    Row(2, "boolValue", ONE, Form::Bool),
    Row(3, "intValue", ONE, Form::Long),
    Row(4, "doubleValue", ONE, Form::Double),
    Row(
        5,
        "arrayValue",
        ONE,
        Form::Message(&[Row(1, "values", MANY, Form::Message(&VALUE))]),
    ),
    Row(
        6,
        "kvlistValue",
        ONE,
        Form::Message(&[Row(1, "values", MANY, Form::Message(&PAIR))]),
    ),
    Row(7, "bytesValue", ONE, Form::Base64),
];

static PAIR: [Row; 2] = [
    Row(1, "key", ONE, Form::Text),
    Row(2, "value", ONE, Form::Message(&VALUE)),
];

static RESOURCE: [Row; 2] = [
    Row(1, "attributes", MANY, Form::Message(&PAIR)),
    Row(2, "droppedAttributesCount", ONE, Form::Number),
];

static SCOPE: [Row; 4] = [
    Row(1, "name", ONE, Form::Text),
    Row(2, "version", ONE, Form::Text),
    Row(3, "attributes", MANY, Form::Message(&PAIR)),
    Row(4, "droppedAttributesCount", ONE, Form::Number),
];

static EVENT: [Row; 4] = [
    Row(1, "timeUnixNano", ONE, Form::UnsignedLong),
    Row(2, "name", ONE, Form::Text),
    Row(3, "attributes", MANY, Form::Message(&PAIR)),
    Row(4, "droppedAttributesCount", ONE, Form::Number),
];

static LINK: [Row; 6] = [
    Row(1, "traceId", ONE, Form::Hex),
    Row(2, "spanId", ONE, Form::Hex),
    Row(3, "traceState", ONE, Form::Text),
    Row(4, "attributes", MANY, Form::Message(&PAIR)),
    Row(5, "droppedAttributesCount", ONE, Form::Number),
    Row(6, "flags", ONE, Form::Number),
];

static STATUS: [Row; 2] = [
    Row(2, "message", ONE, Form::Text),
    Row(3, "code", ONE, Form::Number),
];

static SPAN: [Row; 16] = [
    Row(1, "traceId", ONE, Form::Hex),
    Row(2, "spanId", ONE, Form::Hex),
    Row(3, "traceState", ONE, Form::Text),
    Row(4, "parentSpanId", ONE, Form::Hex),
    Row(16, "flags", ONE, Form::Number),
    Row(5, "name", ONE, Form::Text),
    Row(6, "kind", ONE, Form::Number),
    Row(7, "startTimeUnixNano", ONE, Form::UnsignedLong),
    Row(8, "endTimeUnixNano", ONE, Form::UnsignedLong),
    Row(9, "attributes", MANY, Form::Message(&PAIR)),
    Row(10, "droppedAttributesCount", ONE, Form::Number),
    Row(11, "events", MANY, Form::Message(&EVENT)),
    Row(12, "droppedEventsCount", ONE, Form::Number),
    Row(13, "links", MANY, Form::Message(&LINK)),
    Row(14, "droppedLinksCount", ONE, Form::Number),
    Row(15, "status", ONE, Form::Message(&STATUS)),
];

static LOG: [Row; 11] = [
    Row(1, "timeUnixNano", ONE, Form::UnsignedLong),
    Row(11, "observedTimeUnixNano", ONE, Form::UnsignedLong),
    Row(2, "severityNumber", ONE, Form::Number),
    Row(3, "severityText", ONE, Form::Text),
    Row(5, "body", ONE, Form::Message(&VALUE)),
    Row(6, "attributes", MANY, Form::Message(&PAIR)),
    Row(7, "droppedAttributesCount", ONE, Form::Number),
    Row(8, "flags", ONE, Form::Number),
    Row(9, "traceId", ONE, Form::Hex),
    Row(10, "spanId", ONE, Form::Hex),
    Row(12, "eventName", ONE, Form::Text),
];

static TRACES_REQUEST: &[Row] = &[Row(
    1,
    "resourceSpans",
    MANY,
    Form::Message(&[
        Row(1, "resource", ONE, Form::Message(&RESOURCE)),
        Row(
            2,
            "scopeSpans",
            MANY,
            Form::Message(&[
                Row(1, "scope", ONE, Form::Message(&SCOPE)),
                Row(2, "spans", MANY, Form::Message(&SPAN)),
                Row(3, "schemaUrl", ONE, Form::Text),
            ]),
        ),
        Row(3, "schemaUrl", ONE, Form::Text),
    ]),
)];

static LOGS_REQUEST: &[Row] = &[Row(
    1,
    "resourceLogs",
    MANY,
    Form::Message(&[
        Row(1, "resource", ONE, Form::Message(&RESOURCE)),
        Row(
            2,
            "scopeLogs",
            MANY,
            Form::Message(&[
                Row(1, "scope", ONE, Form::Message(&SCOPE)),
                Row(2, "logRecords", MANY, Form::Message(&LOG)),
                Row(3, "schemaUrl", ONE, Form::Text),
            ]),
        ),
        Row(3, "schemaUrl", ONE, Form::Text),
    ]),
)];

/// Writes an encoded request as JSON, in one line.
///
/// # Errors
/// If the bytes are no protobuf message, or text in them is not UTF-8.
pub fn request_to_json(signal: Signal, request: &[u8]) -> Result<String, DecodeError> {
    let rows = match signal {
        Signal::Traces => TRACES_REQUEST,
        Signal::Logs => LOGS_REQUEST,
    };
    // JSON takes about twice the bytes.
    let mut out = String::with_capacity(request.len() * 2);
    write_message(&mut out, rows, request, 0, 0)?;
    Ok(out)
}

fn write_message(
    out: &mut String,
    rows: &[Row],
    bytes: &[u8],
    base: usize,
    depth: u32,
) -> Result<(), DecodeError> {
    if depth > NESTING_MAX {
        return Err(Fields::new(bytes, base).error("messages nested too deep"));
    }
    out.push('{');
    let mut comma = false;
    for Row(wanted, name, many, form) in rows {
        let mut found = false;
        // Messages are short lists of fields: looking through them once a row is cheaper than a map.
        let mut fields = Fields::new(bytes, base);
        while let Some((number, field)) = fields.next()? {
            if number != *wanted {
                continue;
            }
            if std::mem::replace(&mut found, true) {
                if !many {
                    return Err(fields.error("a field that is there twice"));
                }
                out.push(',');
            } else {
                if std::mem::replace(&mut comma, true) {
                    out.push(',');
                }
                let _ = write!(out, "\"{name}\":{}", if *many { "[" } else { "" });
            }
            write_field(out, *form, field, &fields, depth)?;
        }
        if found && *many {
            out.push(']');
        }
    }
    out.push('}');
    Ok(())
}

fn write_field(
    out: &mut String,
    form: Form,
    field: Field<'_>,
    at: &Fields<'_>,
    depth: u32,
) -> Result<(), DecodeError> {
    // Writing to a `String` cannot fail.
    let _ = match form {
        Form::Text => {
            let text = std::str::from_utf8(field.bytes()).map_err(|_| at.error("text that is not UTF-8"))?;
            write_json_string(out, text);
            Ok(())
        }
        Form::Hex => {
            out.push('"');
            for byte in field.bytes() {
                let _ = write!(out, "{byte:02x}");
            }
            out.push('"');
            Ok(())
        }
        Form::Base64 => write!(out, "\"{}\"", base64_text(field.bytes())),
        Form::Bool => write!(out, "{}", field.number() != 0),
        Form::Number => write!(out, "{}", field.number()),
        Form::Long => write!(out, "\"{}\"", field.number() as i64),
        Form::UnsignedLong => write!(out, "\"{}\"", field.number()),
        Form::Double => {
            let value = f64::from_bits(field.number());
            let quote = if value.is_finite() { "" } else { "\"" };
            write!(out, "{quote}{}{quote}", float_text(value))
        }
        Form::Message(rows) => match field {
            Field::Bytes(bytes, base) => return write_message(out, rows, bytes, base, depth + 1),
            _ => return Err(at.error("a number in the place of a message")),
        },
    };
    Ok(())
}
