//! Keeping a stranger's text from steering the terminal.

use std::fmt::{self, Write};

/// Writes text with control characters spelled out, but for tab and newline.
pub(super) fn terminal(out: &mut String, text: &str) -> fmt::Result {
    if !text.chars().any(is_control) {
        return out.write_str(text);
    }
    for character in text.chars() {
        if is_control(character) {
            write!(out, "{}", character.escape_unicode())?;
        } else {
            out.push(character);
        }
    }
    Ok(())
}

fn is_control(character: char) -> bool {
    character.is_control() && character != '\n' && character != '\t'
}

/// Writes text as a JSON string.
pub(super) fn json(out: &mut String, text: &str) -> fmt::Result {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // C1 controls are legal in JSON, but this may be read in a terminal.
            control if control.is_control() => write!(out, "\\u{:04x}", control as u32)?,
            other => out.push(other),
        }
    }
    out.push('"');
    Ok(())
}
