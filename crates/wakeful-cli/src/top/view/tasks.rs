//! The list of tasks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use wakeful_live::{Task, TaskState};
use wakeful_model::runtime::TaskKind;

use super::columns::{self, Columns, LOCATION_MIN, longest, longest_location};
use super::list::{self, List};
use super::nothing;
use crate::top::app::App;
use crate::top::draw::{self, bold, boxed, duration, duration_or_unknown, field, within};
use crate::top::order::{self, Group, TASK_COLUMNS};
use crate::top::style::{Role, Styles};

/// Which columns leave when it gets narrow: fields, kind, scheduled, idle, name.
const LEAVING: [usize; 5] = [11, 9, 6, 7, 3];
const LOCATION: usize = 10;
const NAME_MAX: usize = 24;
/// From this width on a state is a word beside its sign.
const WORDS_MIN: u16 = 100;

/// Draws the list.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    if app.grouped {
        draw_groups(app, frame, area);
        return;
    }
    let keys = order::tasks(app);
    let styles = *app.styles();
    let (range, selected) = app.tasks.window(&keys, list::room(&styles, area));
    let shown: Vec<&Task> = keys[range].iter().filter_map(|id| app.live().task(*id)).collect();
    let words = area.width >= WORDS_MIN;

    let id = longest(&shown, 3, 20, |task| task.start.id.to_string().len());
    let state = if styles.utf8 && words { 12 } else { 6 };
    let name = longest(&shown, 5, NAME_MAX, |task| task.start.name.chars().count());
    let widths = [6, id, state, name, 7, 7, 7, 7, 7, 8, LOCATION_MIN, 12];
    let location = longest_location(&shown, app.wide, |task| task.location.as_deref());
    let columns =
        Columns::new(&TASK_COLUMNS, widths).fit(list::width(&styles, area), &LEAVING, LOCATION, location);
    let row = |task: &&Task| {
        let cells = columns.row(|column, width| cell(app, &styles, task, column, width, words));
        (cells, task.end.is_some())
    };
    let list = columns.list(&app.tasks, shown.iter().map(row).collect(), selected);
    let block = boxed(&styles, title(app, &styles, keys.len()));
    if keys.is_empty() {
        nothing::draw(app, frame, area, block, "tasks");
        return;
    }
    list.draw(&styles, frame, area, block);
}

fn title(app: &App, styles: &Styles, shown: usize) -> Line<'static> {
    let count = |state| {
        app.live()
            .tasks()
            .filter(|task| task.state() == Some(state))
            .count()
    };
    let all = app.live().tasks().count();
    let mut spans = vec![bold(format!("Tasks ({all}) "))];
    for (state, word) in [
        (TaskState::Running, "Running"),
        (TaskState::Scheduled, "Scheduled"),
        (TaskState::Idle, "Idle"),
    ] {
        let (sign, style) = styles.state_sign(state);
        spans.push(Span::styled(sign, style));
        spans.push(Span::raw(format!(" {word} ({}) ", count(state))));
    }
    if !app.filter.is_empty() {
        spans.push(bold(format!("/ filter: {} ({shown}) ", app.filter)));
    }
    Line::from(spans)
}

fn cell(app: &App, styles: &Styles, task: &Task, column: usize, width: usize, words: bool) -> Line<'static> {
    match column {
        0 => match app.findings_of(task.start.id).len() {
            0 => Line::default(),
            count => {
                let sign = Span::styled(styles.warning_sign(), styles.role(Role::Warning));
                Line::from(vec![sign, Span::raw(format!(" {count}"))])
            }
        },
        1 => Line::raw(task.start.id.to_string()),
        2 => state(styles, task, words),
        3 => Line::raw(within(styles, &task.start.name, width)),
        4 => Line::from(duration(styles, task.total_nanos())).right_aligned(),
        5 => Line::from(duration_or_unknown(styles, task.busy_nanos())).right_aligned(),
        6 => Line::from(duration_or_unknown(styles, task.scheduled_nanos())).right_aligned(),
        7 => Line::from(duration_or_unknown(styles, task.idle_nanos())).right_aligned(),
        8 => {
            let polls = task.polls_count().map(|polls| polls.to_string());
            Line::raw(polls.unwrap_or_else(|| draw::UNKNOWN.to_owned())).right_aligned()
        }
        9 => Line::raw(task.start.kind.name()),
        LOCATION => columns::location(styles, task.location.as_deref(), width),
        _ => fields(styles, task),
    }
}

/// A state as a sign, and a word where there is room.
pub(super) fn state(styles: &Styles, task: &Task, words: bool) -> Line<'static> {
    let Some(state) = task.state() else {
        return Line::raw(draw::UNKNOWN);
    };
    let (sign, style) = styles.state_sign(state);
    match words && styles.utf8 {
        true => Line::styled(format!("{sign} {}", state.name()), style),
        false => Line::styled(sign, style),
    }
}

/// What has no column of its own.
pub(super) fn fields(styles: &Styles, task: &Task) -> Line<'static> {
    let target = match task.start.kind {
        TaskKind::Blocking => "tokio::task::blocking",
        _ => "tokio::task",
    };
    let sizes = [
        ("size.bytes", task.start.stored_bytes.or(task.start.future_bytes)),
        (
            "original_size.bytes",
            task.start
                .future_bytes
                .filter(|bytes| Some(*bytes) != task.start.stored_bytes),
        ),
    ];
    let mut spans: Vec<Span<'static>> = field(styles, "target", target.to_owned()).into();
    for (key, bytes) in sizes {
        if let Some(bytes) = bytes {
            spans.extend(field(styles, key, bytes.to_string()));
        }
    }
    if !task.start.type_name.is_empty() {
        spans.extend(field(styles, "fn", task.start.type_name.clone()));
    }
    Line::from(spans)
}

fn draw_groups(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let groups = order::groups(app);
    let styles = *app.styles();
    let keys: Vec<_> = groups.iter().map(|group| group.first).collect();
    let (range, selected) = app.tasks.window(&keys, list::room(&styles, area));
    let row = |group: &Group| {
        let warned = match group.findings {
            0 => Line::default(),
            count => Line::styled(
                format!("{} {count}", styles.warning_sign()),
                styles.role(Role::Warning),
            ),
        };
        let cells = vec![
            warned,
            Line::raw(group.alive.to_string()).right_aligned(),
            Line::raw(group.done.to_string()).right_aligned(),
            Line::from(duration(&styles, group.oldest_nanos)).right_aligned(),
            Line::from(duration(&styles, group.busy_nanos)).right_aligned(),
            Line::raw(group.polls.to_string()).right_aligned(),
            Line::raw(group.location.clone()),
        ];
        (cells, group.alive == 0)
    };
    let list = List {
        columns: vec![
            ("Warn", 6),
            ("Alive", 7),
            ("Done", 7),
            ("Oldest", 7),
            ("Busy", 7),
            ("Polls", 9),
            ("Spawned at", 20),
        ],
        sorted: Some((1, true)),
        rows: groups[range].iter().map(row).collect(),
        selected,
    };
    let title = bold(format!("Tasks by spawn location ({}) ", keys.len()));
    list.draw(&styles, frame, area, boxed(&styles, title));
}
