//! Pieces of text that several screens draw.

use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders};
use wakeful_model::runtime::{Location, StateAttribute, StateValue, TaskId};

use super::durations;
use super::style::{Role, Styles};

/// What cannot be known.
pub(crate) const UNKNOWN: &str = "n/a";

/// Text in bold.
pub(crate) fn bold<'a>(text: impl Into<std::borrow::Cow<'a, str>>) -> Span<'a> {
    Span::styled(text, Style::new().add_modifier(Modifier::BOLD))
}

/// A duration in the colour of its unit.
pub(crate) fn duration(styles: &Styles, nanos: u64) -> Span<'static> {
    let (text, unit) = durations::short(nanos, styles.utf8);
    Span::styled(text, styles.role(Role::Unit(unit)))
}

/// A duration, if it is known.
pub(crate) fn duration_or_unknown(styles: &Styles, nanos: Option<u64>) -> Span<'static> {
    nanos.map_or(Span::raw(UNKNOWN), |nanos| duration(styles, nanos))
}

/// A box around something, with a title. ASCII has lines above alone.
pub(crate) fn boxed<'a>(styles: &Styles, title: impl Into<Line<'a>>) -> Block<'a> {
    match styles.utf8 {
        true => Block::new()
            .borders(Borders::ALL)
            .border_set(border::ROUNDED)
            .title(title),
        false => Block::new()
            .borders(Borders::TOP)
            .border_set(ASCII_BORDER)
            .title(title),
    }
}

const ASCII_BORDER: border::Set<'_> = border::Set {
    top_left: "-",
    top_right: "-",
    bottom_left: "-",
    bottom_right: "-",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// A location without the path of the registry: `<cargo>/tokio-1.54.1/src/lib.rs:3:9`.
pub(crate) fn location(location: &Location) -> String {
    let text = location.to_string();
    let parts: Vec<&str> = text.split(['/', '\\']).collect();
    let registry = parts
        .windows(2)
        .position(|pair| pair == ["registry", "src"] || pair == ["git", "checkouts"]);
    match registry.and_then(|at| parts.get(at + 3..)) {
        Some(rest) if !rest.is_empty() => format!("<cargo>/{}", rest.join("/")),
        _ => text,
    }
}

/// The end of a location that fits, from the start of a folder or file on: `…/server.rs:90:5`.
pub(crate) fn location_within(styles: &Styles, text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let mark = styles.sign("…/", ".../");
    let left = room.saturating_sub(mark.chars().count());
    let tail = text
        .char_indices()
        .filter(|(_, letter)| *letter == '/')
        .map(|(at, _)| &text[at + 1..])
        .find(|tail| tail.chars().count() <= left);
    if let Some(tail) = tail {
        return format!("{mark}{tail}");
    }
    // Not even the file's name: its end, where the line is.
    let skip = text.chars().count().saturating_sub(room.saturating_sub(1));
    let end: String = text.chars().skip(skip).collect();
    format!("{}{end}", styles.sign("…", "~"))
}

/// The id of a resource or an operation: one that wakeful gave is shown as those of tasks are, not by 19 digits.
pub(crate) fn number(id: u64) -> String {
    TaskId(id).to_string()
}

/// A text that fits.
pub(crate) fn within(styles: &Styles, text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{kept}{}", styles.sign("…", "~"))
}

/// `key=value`, in two colours.
pub(crate) fn field<'a>(styles: &Styles, key: &str, value: String) -> [Span<'a>; 3] {
    [
        Span::styled(key.to_owned(), styles.role(Role::Key)),
        Span::raw("="),
        Span::styled(format!("{value} "), styles.role(Role::Value)),
    ]
}

/// What a resource or an operation says of itself.
pub(crate) fn attributes(styles: &Styles, attributes: &[StateAttribute]) -> Line<'static> {
    let spans = attributes.iter().flat_map(|attribute| {
        let value = match &attribute.value {
            StateValue::Text(text) => text.clone(),
            StateValue::Bool(yes) => yes.to_string(),
            StateValue::Int(number) => number.to_string(),
        };
        field(styles, &attribute.key, format!("{value}{}", attribute.unit))
    });
    Line::from_iter(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Palette;

    const STYLES: Styles = Styles {
        palette: Palette::Off,
        utf8: true,
        durations: false,
        terminated: false,
    };

    #[test]
    fn registries_are_left_out() {
        let check = |file: &str, expected| {
            let file = file.to_owned();
            let found = location(&Location {
                file,
                line: 3,
                column: 9,
            });
            assert_eq!(found, expected);
        };
        check("src/main.rs", "src/main.rs:3:9");
        check(
            "/home/me/.cargo/registry/src/index-1949cf8c6b5b557f/tokio-1.54.1/src/lib.rs",
            "<cargo>/tokio-1.54.1/src/lib.rs:3:9",
        );
        check(
            r"C:\Users\me\.cargo\registry\src\index-1949cf8c6b5b557f\tokio-1.54.1\src\lib.rs",
            "<cargo>/tokio-1.54.1/src/lib.rs:3:9",
        );
    }

    #[test]
    fn locations_keep_their_end() {
        let check = |room, expected: &str| {
            let found = location_within(&STYLES, "crates/shop/src/server.rs:90:5", room);
            assert_eq!(found, expected);
            assert!(found.chars().count() <= room);
        };
        check(30, "crates/shop/src/server.rs:90:5");
        check(29, "…/shop/src/server.rs:90:5");
        check(18, "…/server.rs:90:5");
        check(10, "…r.rs:90:5");
    }
}
