//! Spans and events of a program as they come, the newest last.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::top::app::App;
use crate::top::draw::{bold, boxed, duration, field};
use crate::top::durations;
use crate::top::style::{Role, Styles};
use crate::top::traces::SpanFacts;

/// Draws as many lines as there is room for.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let styles = app.styles();
    let Some(spans) = &app.traces.latest else {
        super::traces::draw_unknown(app, frame, area, "Spans & events");
        return;
    };
    let block = boxed(styles, bold("Spans & events, newest last "));
    let room = usize::from(block.inner(area).height);
    let mut lines: Vec<(u64, Line<'_>)> = Vec::new();
    for (depth, span) in spans {
        lines.push((span.start_unix_nanos, span_line(styles, *depth, span)));
        for event in &span.events {
            let mut line = vec![
                Span::raw(format!("{}  ", durations::time_of_day(event.at_unix_nanos))),
                Span::raw(format!("{}{} ", "  ".repeat(*depth + 1), styles.sign("•", "*"))),
            ];
            line.extend(
                event
                    .fields
                    .iter()
                    .flat_map(|(key, value)| field(styles, key, value.clone())),
            );
            lines.push((event.at_unix_nanos, Line::from(line)));
        }
    }
    lines.sort_by_key(|(at, _)| *at);
    let skip = lines.len().saturating_sub(room);
    let lines: Vec<Line<'_>> = lines.into_iter().skip(skip).map(|(_, line)| line).collect();
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

/// Whether an attribute was added by what recorded the span, rather than by the program.
fn is_of_recorder(key: &str) -> bool {
    let prefixes = ["otel.", "code.", "thread.", "wakeful.", "internal."];
    let names = ["busy_ns", "idle_ns", "target", "span.kind"];
    names.contains(&key) || prefixes.iter().any(|prefix| key.starts_with(prefix))
}

fn span_line<'a>(styles: &Styles, depth: usize, span: &'a SpanFacts) -> Line<'a> {
    let time = durations::time_of_day(span.start_unix_nanos);
    let style = if span.is_error {
        styles.role(Role::Error)
    } else {
        Style::new()
    };
    let mut line = vec![
        Span::raw(format!("{time}  {}", "  ".repeat(depth))),
        Span::styled(format!("{}: {} ", span.service, span.operation), style),
        duration(styles, span.duration_nanos),
        Span::raw(" "),
    ];
    let said = span.attributes.iter().filter(|(key, _)| !is_of_recorder(key));
    line.extend(said.flat_map(|(key, value)| field(styles, key, value.clone())));
    Line::from(line)
}
