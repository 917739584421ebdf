//! The latest traces of a program.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use super::list::{self, List};
use crate::top::app::App;
use crate::top::draw::{bold, boxed, duration, within};
use crate::top::durations;
use crate::top::style::Role;
use crate::top::traces::TraceFacts;

const COLUMNS: [(&str, usize); 6] = [
    ("Start", 13),
    ("Duration", 8),
    ("Spans", 6),
    ("Depth", 5),
    ("Errors", 6),
    ("Root", 20),
];

/// Draws the list, the newest first.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let styles = *app.styles();
    let Some(traces) = app.traces.list.clone() else {
        draw_unknown(app, frame, area, "Traces");
        return;
    };
    let keys = app.trace_ids();
    let (range, selected) = app.traces.rows.window(&keys, list::room(&styles, area));
    let room = list::width(&styles, area);
    let row = |trace: &TraceFacts| {
        let errors = match trace.errors {
            0 => Span::raw(""),
            count => Span::styled(count.to_string(), styles.role(Role::Error)),
        };
        let cells = vec![
            Line::raw(durations::time_of_day(trace.start_unix_nanos)),
            Line::from(duration(&styles, trace.duration_nanos)).right_aligned(),
            Line::raw(trace.spans.to_string()).right_aligned(),
            Line::raw(trace.depth.to_string()).right_aligned(),
            Line::from(errors).right_aligned(),
            Line::raw(within(&styles, &trace.title, room.saturating_sub(43))),
        ];
        (cells, false)
    };
    let list = List {
        columns: COLUMNS.to_vec(),
        sorted: None,
        rows: traces[range].iter().map(row).collect(),
        selected,
    };
    let title = bold(format!("Traces ({}) ", traces.len()));
    list.draw(&styles, frame, area, boxed(&styles, title));
}

/// Says why there is nothing to see.
pub(super) fn draw_unknown(app: &App, frame: &mut Frame<'_>, area: Rect, title: &'static str) {
    let text = match app.programs {
        None => {
            "n/a: a console tells nothing of spans; give the address of the server that the program sends them to, as http://HOST:16686"
        }
        Some(_) => "not told yet",
    };
    let text = Paragraph::new(text).wrap(Wrap { trim: true });
    frame.render_widget(text.block(boxed(app.styles(), bold(title))), area);
}
