//! One resource, and the operations on it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use wakeful_live::{AsyncOp, Resource};
use wakeful_model::runtime::{ResourceId, TaskId};

use super::list::{self, List};
use super::resources::type_text;
use crate::top::app::App;
use crate::top::draw::{self, bold, boxed, duration, duration_or_unknown};
use crate::top::order::{self, OP_COLUMNS};
use crate::top::table;

/// Which columns leave when it gets narrow: attributes, parent, polls.
const LEAVING: [usize; 3] = [8, 1, 7];

/// Draws what is known of a resource.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect, id: ResourceId) {
    let styles = *app.styles();
    let Some(resource) = app.live().resource(id) else {
        let text = format!("resource {id} is gone; Esc goes back to the list");
        frame.render_widget(Paragraph::new(text).block(boxed(&styles, bold("Resource"))), area);
        return;
    };
    let [facts, attributes, ops] =
        Layout::vertical([Constraint::Length(8), Constraint::Length(3), Constraint::Min(3)]).areas(area);
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(facts);
    let room = usize::from(left.width).saturating_sub(12);
    frame.render_widget(
        Paragraph::new(facts_of(app, resource, room)).block(boxed(&styles, bold("Resource"))),
        left,
    );
    frame.render_widget(
        Paragraph::new(holders_of(app, resource))
            .wrap(Wrap { trim: true })
            .block(boxed(&styles, bold("Held by"))),
        right,
    );
    frame.render_widget(
        Paragraph::new(draw::attributes(&styles, &resource.attributes))
            .block(boxed(&styles, bold("Attributes"))),
        attributes,
    );
    draw_ops(app, frame, ops, id);
}

fn facts_of(app: &App, it: &Resource, room: usize) -> Vec<Line<'static>> {
    let styles = app.styles();
    let fact = |name: &'static str, text: String| Line::from(vec![bold(name), Span::raw(text)]);
    let location = it
        .location
        .as_deref()
        .map_or_else(|| draw::UNKNOWN.to_owned(), draw::location);
    let visibility = if it.start.is_internal {
        "internal"
    } else {
        "public"
    };
    let parent = it.start.parent.map_or_else(
        || "n/a".to_owned(),
        |parent| {
            let of = app
                .live()
                .resource(parent)
                .map(|parent| format!(" ({})", type_text(parent)));
            format!("{}{}", draw::number(parent.0), of.unwrap_or_default())
        },
    );
    vec![
        fact(
            "ID: ",
            format!("{} {} {visibility}", draw::number(it.start.id.0), it.start.kind),
        ),
        fact("Type: ", format!("{}::{}", it.start.target, type_text(it))),
        fact("Parent: ", parent),
        fact("Location: ", draw::location_within(styles, &location, room)),
        Line::from(vec![bold("Total Time: "), duration(styles, it.total_nanos())]),
    ]
}

/// Who has it, and how much it was fought over.
fn holders_of(app: &App, it: &Resource) -> Vec<Line<'static>> {
    let styles = app.styles();
    let now = app.live().now_unix_nanos();
    let mut lines: Vec<Line<'static>> = it
        .holders
        .iter()
        .map(|holder| {
            let who = holder
                .task
                .map_or_else(|| "outside any task".to_owned(), |task| task_text(app, task));
            let at = holder
                .location
                .as_deref()
                .map(|it| format!(" at {}", draw::location(it)));
            let how = if holder.how.is_empty() {
                String::new()
            } else {
                format!(" ({})", holder.how)
            };
            Line::from(vec![
                Span::raw(format!("{who}{how} for ")),
                duration(styles, now.saturating_sub(holder.since_unix_nanos)),
                Span::raw(at.unwrap_or_default()),
            ])
        })
        .collect();
    match &it.contention {
        Some(contention) => {
            if lines.is_empty() {
                lines.push(Line::raw("nobody"));
            }
            lines.push(Line::from(vec![
                bold("Taken: "),
                Span::raw(format!(
                    "{} times, after a wait {}",
                    contention.acquisitions, contention.contended
                )),
            ]));
            lines.push(Line::from(vec![
                bold("Waited: "),
                duration(styles, contention.waited_nanos),
                bold("  Held: "),
                duration_or_unknown(styles, contention.held_nanos),
            ]));
        }
        None if lines.is_empty() => lines.push(Line::raw("n/a: this program does not tell who holds what")),
        None => {}
    }
    lines.push(Line::from(vec![
        bold("Waiting: "),
        Span::raw(it.waiters.to_string()),
    ]));
    lines
}

fn task_text(app: &App, id: TaskId) -> String {
    let name = app.live().task(id).map(|task| task.start.name.clone());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{id} ({name})"),
        None => id.to_string(),
    }
}

fn draw_ops(app: &mut App, frame: &mut Frame<'_>, area: Rect, id: ResourceId) {
    let styles = *app.styles();
    let keys = order::async_ops(app, id);
    let (range, selected) = app.async_ops.window(&keys, list::room(&styles, area));
    let shown: Vec<&AsyncOp> = keys[range]
        .iter()
        .filter_map(|key| app.live().async_op(*key))
        .collect();
    let mut widths = [7, 7, 20, 22, 7, 7, 7, 7, 16];
    let columns = table::fitting(&mut widths, &LEAVING, list::width(&styles, area));
    let row = |it: &&AsyncOp| {
        let cell = |column: &usize| match column {
            0 => Line::raw(draw::number(it.op.id.0)),
            1 => Line::raw(
                it.op
                    .parent
                    .map_or_else(|| "n/a".to_owned(), |id| draw::number(id.0)),
            ),
            2 => Line::raw(
                it.op
                    .task
                    .map_or_else(|| "n/a".to_owned(), |task| task_text(app, task)),
            ),
            3 => Line::raw(it.op.source.clone()),
            4 => Line::from(duration(&styles, it.total_nanos())).right_aligned(),
            5 => Line::from(duration(&styles, it.busy_nanos())).right_aligned(),
            6 => Line::from(duration(&styles, it.idle_nanos())).right_aligned(),
            7 => Line::raw(it.op.polls.to_string()).right_aligned(),
            _ => draw::attributes(&styles, &it.op.attributes),
        };
        (columns.iter().map(cell).collect(), it.op.end_unix_nanos.is_some())
    };
    let list = List {
        columns: columns
            .iter()
            .map(|column| (OP_COLUMNS[*column], widths[*column]))
            .collect(),
        sorted: columns
            .iter()
            .position(|column| *column == app.async_ops.column)
            .map(|at| (at, app.async_ops.descending)),
        rows: shown.iter().map(row).collect(),
        selected,
    };
    let title = bold(format!("Async Ops ({}) ", keys.len()));
    list.draw(&styles, frame, area, boxed(&styles, title));
}
