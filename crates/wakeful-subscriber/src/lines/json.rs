//! Lines for machines: the keys of `tracing_subscriber::fmt`'s JSON, and the ids of trace and span.

use std::fmt::{self, Write};

use super::{Line, What, escape, time};
use crate::callsite::{Callsite, Role};
use crate::field::{FieldValue, RawField, RawFields, Texts};

pub(super) fn write(out: &mut String, line: &Line<'_>) -> fmt::Result {
    out.push_str("{\"timestamp\":\"");
    time::timestamp(out, line.time)?;
    write!(out, "\",\"level\":\"{}\",\"fields\":{{", line.level)?;
    match line.what {
        What::Event {
            callsite,
            fields: bytes,
        } => fields(out, callsite, bytes, false)?,
        What::Close { busy, idle } => {
            out.push_str("\"message\":\"close\",\"time.busy\":\"");
            time::duration(out, busy)?;
            out.push_str("\",\"time.idle\":\"");
            time::duration(out, idle)?;
            out.push('"');
        }
    }
    out.push_str("},\"target\":");
    escape::json(out, line.target)?;
    if line.trace_id != 0 {
        write!(out, ",\"trace_id\":\"{:032x}\"", line.trace_id)?;
    }
    if line.span_id != 0 {
        write!(out, ",\"span_id\":\"{:016x}\"", line.span_id)?;
    }
    if let Some(innermost) = line.spans.last() {
        out.push_str(",\"span\":");
        span(out, innermost.callsite, &innermost.fields)?;
        out.push_str(",\"spans\":[");
        for (at, each) in line.spans.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            span(out, each.callsite, &each.fields)?;
        }
        out.push(']');
    }
    out.push('}');
    Ok(())
}

fn span(out: &mut String, callsite: &Callsite, bytes: &[u8]) -> fmt::Result {
    out.push('{');
    fields(out, callsite, bytes, true)?;
    if out.ends_with('{') {
        out.push_str("\"name\":");
    } else {
        out.push_str(",\"name\":");
    }
    escape::json(out, callsite.metadata.name())?;
    out.push('}');
    Ok(())
}

/// Each name once: the last value of it. `name` is the span's own.
fn fields(out: &mut String, callsite: &Callsite, bytes: &[u8], of_span: bool) -> fmt::Result {
    let schema = callsite.schema;
    let mut raw = RawFields(bytes);
    let mut first = true;
    while let Some((index, field)) = raw.next() {
        let Some(described) = schema.fields.get(usize::from(index)) else {
            continue;
        };
        let same = |later: u16| {
            let later = schema.fields.get(usize::from(later));
            later.is_some_and(|later| later.canonical == described.canonical)
        };
        let hidden = matches!(described.role, Role::Log(_)) || of_span && described.name == "name";
        if hidden || raw.any_later(same) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(',');
        }
        escape::json(out, described.name)?;
        out.push(':');
        match field {
            RawField::Plain(plain) => value(out, plain)?,
            RawField::Error { message, sources } => {
                escape::json(out, message)?;
                out.push(',');
                escape::json(out, &described.chain_name)?;
                out.push(':');
                list(out, sources)?;
            }
        }
    }
    Ok(())
}

fn list(out: &mut String, texts: Texts<'_>) -> fmt::Result {
    out.push('[');
    for (at, text) in texts.enumerate() {
        if at > 0 {
            out.push(',');
        }
        escape::json(out, text)?;
    }
    out.push(']');
    Ok(())
}

fn value(out: &mut String, value: FieldValue<'_>) -> fmt::Result {
    match value {
        FieldValue::I64(number) => write!(out, "{number}"),
        FieldValue::U64(number) => write!(out, "{number}"),
        // Most readers keep numbers as doubles, and would round these.
        FieldValue::I128(number) => write!(out, "\"{number}\""),
        FieldValue::U128(number) => write!(out, "\"{number}\""),
        FieldValue::F64(number) if number.is_finite() => write!(out, "{number:?}"),
        // JSON has no such numbers.
        FieldValue::F64(_) => out.write_str("null"),
        FieldValue::Bool(truth) => write!(out, "{truth}"),
        FieldValue::Str(text) | FieldValue::Formatted(text) => escape::json(out, text),
        FieldValue::Bytes(bytes) => {
            out.push('[');
            for (at, byte) in bytes.iter().enumerate() {
                write!(out, "{}{byte}", if at > 0 { "," } else { "" })?;
            }
            out.push(']');
            Ok(())
        }
        FieldValue::List(texts) => list(out, texts),
    }
}
