//! Lines for people, as `tracing_subscriber::fmt` writes them by default.

use std::fmt::{self, Write};

use tracing_core::Level;

use super::{Line, What, escape, time};
use crate::callsite::{Callsite, Role};
use crate::drain::EventFields;
use crate::field::{FieldValue, RawField, RawFields, Texts};

/// Terminal styles, or nothing.
#[derive(Clone, Copy)]
struct Style {
    on: bool,
}

impl Style {
    fn write(self, out: &mut String, code: &str, text: &str) -> fmt::Result {
        if self.on {
            write!(out, "\x1b[{code}m{text}\x1b[0m")
        } else {
            out.write_str(text)
        }
    }
}

const BOLD: &str = "1";
const DIM: &str = "2";
const ITALIC: &str = "3";

pub(super) fn write(out: &mut String, line: &Line<'_>, colours: bool) -> fmt::Result {
    let style = Style { on: colours };
    let mut stamp = String::new();
    time::timestamp(&mut stamp, line.time)?;
    style.write(out, DIM, &stamp)?;
    let (level, code) = level(line.level);
    out.push(' ');
    style.write(out, code, level)?;
    out.push(' ');
    for span in line.spans {
        style.write(out, BOLD, span.callsite.metadata.name())?;
        if RawFields(&span.fields).next().is_some() {
            style.write(out, BOLD, "{")?;
            fields(out, span.callsite, &span.fields, style)?;
            style.write(out, BOLD, "}")?;
        }
        style.write(out, DIM, ":")?;
    }
    if !line.spans.is_empty() {
        out.push(' ');
    }
    let mut target = String::new();
    escape::terminal(&mut target, line.target)?;
    style.write(out, DIM, &target)?;
    style.write(out, DIM, ":")?;
    out.push(' ');
    match line.what {
        What::Event {
            callsite,
            fields: bytes,
        } => event(out, callsite, bytes, style),
        What::Close { busy, idle } => {
            out.push_str("close ");
            style.write(out, ITALIC, "time.busy")?;
            style.write(out, DIM, "=")?;
            time::duration(out, busy)?;
            out.push(' ');
            style.write(out, ITALIC, "time.idle")?;
            style.write(out, DIM, "=")?;
            time::duration(out, idle)
        }
    }
}

fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::ERROR => ("ERROR", "31"),
        Level::WARN => (" WARN", "33"),
        Level::INFO => (" INFO", "32"),
        Level::DEBUG => ("DEBUG", "34"),
        _ => ("TRACE", "35"),
    }
}

fn event(out: &mut String, callsite: &Callsite, bytes: &[u8], style: Style) -> fmt::Result {
    let message = EventFields::read(callsite, bytes).message;
    if let Some(message) = message {
        value(out, message, false)?;
        if has_others(callsite, bytes) {
            out.push(' ');
        }
    }
    fields(out, callsite, bytes, style)
}

fn is_shown(callsite: &Callsite, index: u16) -> bool {
    let field = callsite.schema.fields.get(usize::from(index));
    field.is_some_and(|field| !matches!(field.role, Role::Message | Role::Log(_)))
}

fn has_others(callsite: &Callsite, bytes: &[u8]) -> bool {
    RawFields(bytes).any(|(index, _)| is_shown(callsite, index))
}

fn fields(out: &mut String, callsite: &Callsite, bytes: &[u8], style: Style) -> fmt::Result {
    let mut first = true;
    let mut separate = |out: &mut String| {
        if !std::mem::take(&mut first) {
            out.push(' ');
        }
    };
    for (index, field) in RawFields(bytes).filter(|(index, _)| is_shown(callsite, *index)) {
        separate(out);
        let name = callsite.schema.fields[usize::from(index)].name;
        style.write(out, ITALIC, name)?;
        style.write(out, DIM, "=")?;
        match field {
            RawField::Plain(plain) => value(out, plain, true)?,
            RawField::Error { message, sources } => {
                escape::terminal(out, message)?;
                if sources.clone().next().is_some() {
                    out.push(' ');
                    style.write(out, ITALIC, name)?;
                    style.write(out, ITALIC, ".sources")?;
                    style.write(out, DIM, "=")?;
                    list(out, sources)?;
                }
            }
        }
    }
    Ok(())
}

fn list(out: &mut String, texts: Texts<'_>) -> fmt::Result {
    out.push('[');
    for (at, text) in texts.enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        escape::terminal(out, text)?;
    }
    out.push(']');
    Ok(())
}

fn value(out: &mut String, value: FieldValue<'_>, quoted: bool) -> fmt::Result {
    match value {
        FieldValue::I64(number) => write!(out, "{number}"),
        FieldValue::U64(number) => write!(out, "{number}"),
        FieldValue::I128(number) => write!(out, "{number}"),
        FieldValue::U128(number) => write!(out, "{number}"),
        FieldValue::F64(number) => write!(out, "{number:?}"),
        FieldValue::Bool(truth) => write!(out, "{truth}"),
        FieldValue::Str(text) if quoted => write!(out, "{text:?}"),
        FieldValue::Str(text) | FieldValue::Formatted(text) => escape::terminal(out, text),
        FieldValue::Bytes(bytes) => write!(out, "{bytes:02x?}"),
        FieldValue::List(texts) => list(out, texts),
    }
}
