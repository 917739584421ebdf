//! One task.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use wakeful_live::Task;
use wakeful_model::runtime::{DurationHistogram, TaskId, WakeSource};

use super::{histogram, tasks};
use crate::top::app::App;
use crate::top::draw::{self, bold, boxed, duration, duration_or_unknown};
use crate::top::style::{Role, Styles};

/// What the box of wakers takes.
const WAKERS_WIDTH: u16 = 40;
const WAKES_MAX: usize = 4;

/// Draws what is known of a task.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect, id: TaskId) {
    let styles = app.styles();
    let Some(task) = app.live().task(id) else {
        let text = format!("task {id} is gone; Esc goes back to the list");
        frame.render_widget(Paragraph::new(text).block(boxed(styles, bold("Task"))), area);
        return;
    };
    let warnings: Vec<Line<'_>> = app
        .findings_of(id)
        .map(|finding| {
            Line::from(vec![
                Span::styled(format!("{} ", styles.warning_sign()), styles.role(Role::Warning)),
                bold(finding.lint.name()),
                Span::raw(format!(": {}; {}", finding.text, finding.remedy)),
            ])
        })
        .collect();
    let width = usize::from(area.width.saturating_sub(2)).max(1);
    let lines: usize = warnings.iter().map(|line| line.width().div_ceil(width)).sum();
    let warnings_height = if warnings.is_empty() { 0 } else { lines as u16 + 2 };
    let [warned, facts, times, rest] = Layout::vertical([
        Constraint::Length(warnings_height.min(area.height / 3)),
        Constraint::Length(10),
        Constraint::Length(histogram::HEIGHT),
        Constraint::Min(0),
    ])
    .areas(area);
    if !warnings.is_empty() {
        let block = boxed(styles, bold("Warnings"));
        let text = Paragraph::new(warnings).wrap(Wrap { trim: false });
        frame.render_widget(text.block(block), warned);
    }
    let [overview, wakers] = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(WAKERS_WIDTH.min(area.width / 2)),
    ])
    .areas(facts);
    let room = usize::from(overview.width).saturating_sub(12);
    frame.render_widget(
        Paragraph::new(facts_of(app, task, room)).block(boxed(styles, bold("Task"))),
        overview,
    );
    frame.render_widget(
        Paragraph::new(wakers_of(app, task)).block(boxed(styles, bold("Waker"))),
        wakers,
    );
    let [polls, scheduled] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(times);
    let none = DurationHistogram::default();
    let sums = task.sums.as_ref();
    let poll_times = sums.map_or(&none, |sums| &sums.poll_times);
    let scheduled_times = sums.map_or(&none, |sums| &sums.scheduled_times);
    histogram::draw(styles, frame, polls, "Poll Times", poll_times);
    histogram::draw(styles, frame, scheduled, "Scheduled Times", scheduled_times);
    frame.render_widget(
        Paragraph::new(tasks::fields(styles, task))
            .wrap(Wrap { trim: true })
            .block(boxed(styles, bold("Fields"))),
        rest,
    );
}

fn facts_of(app: &App, task: &Task, room: usize) -> Vec<Line<'static>> {
    let styles = app.styles();
    let total = task.total_nanos();
    let part = |name: &'static str, nanos: Option<u64>| {
        let mut spans = vec![bold(name), duration_or_unknown(styles, nanos)];
        if let Some(nanos) = nanos {
            let percent = nanos as f64 * 100.0 / (total.max(1)) as f64;
            spans.push(Span::raw(format!(" ({percent:.2}%)")));
        }
        Line::from(spans)
    };
    let mut id = vec![bold("ID: "), Span::raw(format!("{} ", task.start.id))];
    id.extend(tasks::state(styles, task, true).spans.into_iter().map(|span| {
        let style = tasks::state(styles, task, true).style;
        span.style(style)
    }));
    let location = task
        .location
        .as_deref()
        .map_or_else(|| draw::UNKNOWN.to_owned(), draw::location);
    let mut lines = vec![
        Line::from(id),
        Line::from(vec![bold("Name: "), Span::raw(name_or_none(task))]),
        Line::from(vec![
            bold("Location: "),
            Span::raw(draw::location_within(styles, &location, room)),
        ]),
        Line::from(vec![bold("Total Time: "), duration(styles, total)]),
        part("Busy: ", task.busy_nanos()),
        part("Scheduled: ", task.scheduled_nanos()),
        part("Idle: ", task.idle_nanos()),
    ];
    if let Some(parent) = task.start.parent {
        let name = app.live().task(parent).map(|parent| parent.start.name.clone());
        let name = name
            .filter(|name| !name.is_empty())
            .map(|name| format!(" ({name})"));
        lines.push(Line::from(vec![
            bold("Spawned by: "),
            Span::raw(format!("task {parent}{}", name.unwrap_or_default())),
        ]));
    }
    lines
}

fn name_or_none(task: &Task) -> String {
    match task.start.name.is_empty() {
        true => "-".to_owned(),
        false => task.start.name.clone(),
    }
}

fn wakers_of(app: &App, task: &Task) -> Vec<Line<'static>> {
    let styles = app.styles();
    let Some(wakers) = task.sums.as_ref().and_then(|sums| sums.wakers.as_ref()) else {
        return unknown_wakers(app, styles);
    };
    let mut lines = vec![
        Line::from(vec![
            bold("Current wakers: "),
            Span::raw(task.live_wakers().unwrap_or(0).to_string()),
        ]),
        Line::from(vec![
            bold("  Clones: "),
            Span::raw(format!("{}, ", wakers.clones)),
            bold("Drops: "),
            Span::raw(wakers.drops.to_string()),
        ]),
        Line::from(vec![
            bold("Woken: "),
            Span::raw(format!("{} times", wakers.wakes)),
        ]),
    ];
    let now = app.live().now_unix_nanos();
    if let Some(at) = wakers.last_wake_unix_nanos {
        let since = duration(styles, now.saturating_sub(at));
        lines.push(Line::from(vec![bold("Last woken: "), since, Span::raw(" ago")]));
    }
    if wakers.self_wakes > 0 {
        let percent = task.self_wake_percent().unwrap_or(0);
        let text = format!("{} times ({percent}%)", wakers.self_wakes);
        lines.push(Line::from(vec![bold("Self Wakes: "), Span::raw(text)]));
    }
    for wake in task.wakes.iter().rev().take(WAKES_MAX) {
        let by = match wake.by {
            WakeSource::Unknown => "unknown".to_owned(),
            WakeSource::Driver => "timer or socket".to_owned(),
            WakeSource::Thread => "another thread".to_owned(),
            WakeSource::Task(by) if by == wake.task => "itself".to_owned(),
            WakeSource::Task(by) => format!("task {by}"),
        };
        let since = duration(styles, now.saturating_sub(wake.at_unix_nanos));
        let arrow = styles.sign("↑", "by");
        lines.push(Line::from(vec![
            Span::raw(format!("  {arrow} {by}, ")),
            since,
            Span::raw(" ago"),
        ]));
    }
    lines
}

/// The reason that the program gives.
fn unknown_wakers(app: &App, _: &Styles) -> Vec<Line<'static>> {
    let mut lines = vec![Line::raw("n/a: this program does not see its wakers")];
    let gaps = app
        .live()
        .gaps()
        .iter()
        .filter(|gap| gap.missing.contains("wake"));
    lines.extend(gaps.map(|gap| Line::raw(gap.remedy.clone())));
    lines
}
