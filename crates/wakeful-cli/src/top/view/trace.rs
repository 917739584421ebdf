//! One trace: its spans as a tree, each with a bar.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use wakeful_trace::TraceId;

use super::list::{self, List};
use crate::top::app::App;
use crate::top::draw::{bold, boxed, duration, field, within};
use crate::top::durations;
use crate::top::style::{Role, Styles};
use crate::top::traces::SpanFacts;

/// What the details of a span take.
const DETAILS_HEIGHT: u16 = 8;

/// Draws the tree, and what is known of the selected span below it.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect, id: TraceId) {
    let styles = *app.styles();
    let Some(spans) = app.traces.spans_of(id).map(<[_]>::to_vec) else {
        match app.traces.is_too_large(id) {
            true => {
                let text = format!("trace {id} is too large for a terminal; open it in the server's page");
                frame.render_widget(Paragraph::new(text).block(boxed(&styles, bold("Trace"))), area);
            }
            false => super::traces::draw_unknown(app, frame, area, "Trace"),
        }
        return;
    };
    let [tree, details] = Layout::vertical([
        Constraint::Min(5),
        Constraint::Length(DETAILS_HEIGHT.min(area.height / 2)),
    ])
    .areas(area);
    let keys = app.span_ids(id);
    let (range, selected) = app.traces.span_rows.window(&keys, list::room(&styles, tree));
    let scale = Scale::of(&spans);
    let room = list::width(&styles, tree);
    let name = room * 2 / 5;
    let bar = room.saturating_sub(name + 8 + 2);
    let row = |(depth, span): &(usize, SpanFacts)| {
        let indent = "  ".repeat((*depth).min(name / 4));
        let text = format!("{indent}{}: {}", span.service, span.operation);
        let style = styles.role(if span.is_error { Role::Error } else { Role::Running });
        let cells = vec![
            Line::raw(within(&styles, &text, name)),
            Line::from(duration(&styles, span.duration_nanos)).right_aligned(),
            Line::from(Span::styled(scale.bar(&styles, span, bar), style)),
        ];
        (cells, false)
    };
    let whole = durations::short(scale.nanos, styles.utf8).0;
    let axis = format!("0ns{whole:>width$}", width = bar.saturating_sub(3));
    let shown = List {
        columns: vec![("Span", name), ("Duration", 8), (&axis, bar)],
        sorted: None,
        rows: spans[range].iter().map(row).collect(),
        selected,
    };
    let title = format!("Trace {} ({} spans) ", id, spans.len());
    shown.draw(&styles, frame, tree, boxed(&styles, bold(title)));
    let chosen = app.traces.span_rows.selected();
    let span = spans
        .iter()
        .map(|(_, span)| span)
        .find(|span| Some(span.id) == chosen);
    let text = match span {
        Some(span) => details_of(&styles, span),
        None => vec![Line::raw("select a span with the arrow keys")],
    };
    let text = Paragraph::new(text).wrap(Wrap { trim: true });
    frame.render_widget(text.block(boxed(&styles, bold("Span"))), details);
}

fn details_of(styles: &Styles, span: &SpanFacts) -> Vec<Line<'static>> {
    let fields = |all: &[(String, String)]| -> Vec<Span<'static>> {
        let fields = all
            .iter()
            .flat_map(|(key, value)| field(styles, key, value.clone()));
        fields.collect()
    };
    let mut lines = vec![
        Line::from(vec![
            bold(format!("{}: {} ", span.service, span.operation)),
            Span::raw(format!(
                "{} {}",
                span.id,
                durations::time_of_day(span.start_unix_nanos)
            )),
        ]),
        Line::from(fields(&span.attributes)),
    ];
    for event in &span.events {
        let after = event.at_unix_nanos.saturating_sub(span.start_unix_nanos);
        let mut line = vec![
            Span::raw(format!("{} after ", styles.sign("•", "*"))),
            duration(styles, after),
            Span::raw(" "),
        ];
        line.extend(fields(&event.fields));
        lines.push(Line::from(line));
    }
    lines
}

/// The time that all spans take together.
#[derive(Debug)]
struct Scale {
    start: u64,
    nanos: u64,
}

impl Scale {
    fn of(spans: &[(usize, SpanFacts)]) -> Self {
        let spans = || spans.iter().map(|(_, span)| span);
        let start = spans().map(|span| span.start_unix_nanos).min().unwrap_or(0);
        let end = spans()
            .map(|span| span.start_unix_nanos.saturating_add(span.duration_nanos))
            .max();
        Self {
            start,
            nanos: end.unwrap_or(0).saturating_sub(start),
        }
    }

    /// When a span was, in so many characters; one at least.
    fn bar(&self, styles: &Styles, span: &SpanFacts, width: usize) -> String {
        let place = |nanos: u64| {
            let share = nanos as f64 / self.nanos.max(1) as f64;
            (share * width as f64) as usize
        };
        let begin = span.start_unix_nanos.saturating_sub(self.start);
        let from = place(begin).min(width.saturating_sub(1));
        let to = place(begin.saturating_add(span.duration_nanos)).clamp(from + 1, width.max(from + 1));
        format!("{}{}", " ".repeat(from), styles.sign("█", "#").repeat(to - from))
    }
}
