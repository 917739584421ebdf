//! Which keys there are.

use ratatui::Frame;
use ratatui::layout::{Constraint, Flex, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::top::app::App;
use crate::top::draw::{bold, boxed};

const KEYS: [(&str, &str); 19] = [
    ("t, r, u", "tasks, resources, runtime"),
    ("s, x", "of a server: spans and events, traces"),
    ("up, down, j, k", "select a row"),
    ("gg, G", "the first row, the last one"),
    ("PgUp, PgDn", "twenty rows"),
    ("left, right, h, l", "choose the column to sort by"),
    ("i", "sort the other way round"),
    ("Enter", "details; of an async op, its task"),
    ("Esc", "back"),
    ("/", "filter by words, state: kind: loc: warn: name:"),
    ("o", "group tasks by spawn location"),
    ("w", "locations at full length"),
    ("y", "copy the id"),
    ("p", "of a server: its programs"),
    ("[, ], {, }", "of a server: back, on, by ten seconds or minutes"),
    ("0", "of a server: the present"),
    ("Space", "pause this screen alone, or go on"),
    ("?", "close this"),
    ("q, Ctrl-c, Ctrl-d", "quit"),
];

/// Draws it over everything.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let lines: Vec<Line<'_>> = KEYS
        .iter()
        .map(|(keys, does)| Line::from(vec![bold(format!("{keys:>18}  ")), Span::raw(*does)]))
        .collect();
    let [area] = Layout::horizontal([Constraint::Length(70.min(area.width))])
        .flex(Flex::Center)
        .areas(area);
    let [area] = Layout::vertical([Constraint::Length((lines.len() as u16 + 2).min(area.height))])
        .flex(Flex::Center)
        .areas(area);
    frame.render_widget(Clear, area);
    frame.render_widget(
        Paragraph::new(lines).block(boxed(app.styles(), bold("Keys"))),
        area,
    );
}
