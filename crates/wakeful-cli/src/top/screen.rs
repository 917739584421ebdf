//! The whole screen: where it is attached, which keys there are, what is wrong, and the view.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use wakeful_live::Lint;

use super::app::{App, Connection, View};
use super::draw::{bold, boxed, within};
use super::durations;
use super::past::now_unix_nanos;
use super::style::Role;
use super::view;

/// Less is no use.
const WIDTH_MIN: u16 = 60;
const HEIGHT_MIN: u16 = 15;
/// From this width on, details stand beside their list.
const BESIDE_MIN: u16 = 160;
/// From this width on, there is room for more keys than those that are always there.
const HINTS_MIN: u16 = 100;
/// Warnings that are shown before the list has to wait.
const WARNINGS_MAX: usize = 6;

/// Draws everything.
pub(crate) fn draw(app: &mut App, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        let text = format!("wakeful top needs {WIDTH_MIN}x{HEIGHT_MIN} characters; make the terminal larger");
        frame.render_widget(Paragraph::new(text), area);
        return;
    }
    let warnings = match app.view {
        View::Tasks | View::Resources => warnings(app, area.width),
        _ => Vec::new(),
    };
    let warnings_height = match warnings.len() {
        0 => 0,
        lines => lines as u16 + if app.styles().utf8 { 2 } else { 1 },
    };
    let [head, hints, warned, body] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(warnings_height),
        Constraint::Min(3),
    ])
    .areas(area);
    frame.render_widget(Paragraph::new(connection(app)), head);
    frame.render_widget(Paragraph::new(keys(app, area.width)), hints);
    if !warnings.is_empty() {
        let block = boxed(app.styles(), bold("Warnings"));
        frame.render_widget(Paragraph::new(warnings).block(block), warned);
    }
    body_of(app, frame, body);
    if app.help {
        view::help::draw(app, frame, area);
    }
}

fn body_of(app: &mut App, frame: &mut Frame<'_>, area: Rect) {
    let beside = area.width >= BESIDE_MIN;
    let [list, detail] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(area);
    match app.view {
        View::Tasks => view::tasks::draw(app, frame, area),
        View::Task(task) if beside => {
            view::tasks::draw(app, frame, list);
            view::task::draw(app, frame, detail, task);
        }
        View::Task(task) => view::task::draw(app, frame, area, task),
        View::Resources => view::resources::draw(app, frame, area),
        View::Resource(resource) => view::resource::draw(app, frame, area, resource),
        View::Runtime => view::runtime::draw(app, frame, area),
        View::Programs => view::programs::draw(app, frame, area),
        View::Spans => view::spans::draw(app, frame, area),
        View::Traces => view::traces::draw(app, frame, area),
        View::Trace(id) => view::trace::draw(app, frame, area, id),
    }
}

/// Where it is attached, and how much it sees there.
fn connection(app: &App) -> Line<'static> {
    let styles = app.styles();
    let mut spans = vec![Span::raw(format!("connection: {} ", app.settings.address))];
    spans.push(match &app.connection {
        Connection::Connected => Span::styled("(CONNECTED)", styles.role(Role::Good)),
        Connection::Connecting => Span::styled("(CONNECTING)", styles.role(Role::Warning)),
        Connection::Waiting { again_after, .. } => {
            let text = format!("(RECONNECTING IN {:.1} s)", again_after.as_secs_f64());
            Span::styled(text, styles.role(Role::Warning))
        }
    });
    let past = past(app);
    if let Some(program) = app.program() {
        spans.push(Span::raw(format!("  {}", program.title())));
    }
    if let Some(past) = &past {
        spans.push(Span::styled(format!("  {past}"), styles.role(Role::Warning)));
    }
    let live = app.live();
    if live.folds() > 0 {
        spans.push(Span::raw(format!("  insight: {}  ", live.insight().name())));
        let lost: u64 = live
            .losses()
            .filter(|loss| loss.cause != "budget")
            .map(|loss| loss.polls + loss.wakes + loss.tasks + loss.others)
            .sum();
        let style = if lost > 0 {
            styles.role(Role::Error)
        } else {
            Style::new()
        };
        spans.push(Span::styled(format!("lost: {lost}"), style));
        spans.push(match app.is_paused() {
            true => Span::styled("  PAUSED", styles.role(Role::Error)),
            false if past.is_some() => Span::raw(""),
            false => Span::raw("  live"),
        });
    }
    if let Connection::Waiting { said, .. } = &app.connection {
        spans.push(Span::raw(format!("   {said}")));
    }
    Line::from(spans)
}

/// Which time is shown, if it is not the present.
fn past(app: &App) -> Option<String> {
    let program = app.program()?;
    let (at, ended) = match app.wanted.at_unix_nanos {
        Some(at) => (at, ""),
        None if program.live => return None,
        None => (program.to_unix_nanos, "ended "),
    };
    let (ago, _) = durations::short(now_unix_nanos().saturating_sub(at), app.styles().utf8);
    let time = durations::time_of_day(at);
    Some(format!("{ended}{}Z, {ago} ago", &time[.."HH:MM:SS".len()]))
}

fn keys(app: &App, width: u16) -> Line<'static> {
    if app.filter_edited {
        return Line::from(vec![
            bold("/"),
            Span::raw(app.filter.clone()),
            Span::styled(" ", reversed()),
        ]);
    }
    let mut views = vec![("t", "tasks"), ("r", "resources"), ("u", "runtime")];
    if app.programs.is_some() {
        views.extend([("s", "spans"), ("x", "traces"), ("p", "programs")]);
    }
    let rest = match app.view {
        View::Tasks | View::Resources => [("Enter", "details"), ("/", "filter")],
        View::Task(_) | View::Resource(_) | View::Trace(_) => [("Esc", "back"), ("y", "copy id")],
        View::Runtime | View::Spans => [("Space", "pause"), ("t", "back")],
        View::Programs | View::Traces => [("Enter", "show"), ("y", "copy id")],
    };
    let rest = rest.into_iter().filter(|_| width >= HINTS_MIN);
    let always = [("?", "help"), ("q", "quit")];
    // Those that are always there have their room first.
    let needed = |hint: &(&str, &str)| hint.0.len() + hint.1.len() + " = , ".len();
    let title = "views: ";
    let mut room = usize::from(width) + ", ".len() - always.iter().map(needed).sum::<usize>();
    let has_title = title.len() + views.iter().map(needed).sum::<usize>() <= room;
    room -= if has_title { title.len() } else { 0 };
    let fitting = views.into_iter().chain(rest).filter(|hint| {
        let fits = needed(hint) <= room;
        room -= if fits { needed(hint) } else { 0 };
        fits
    });
    let mut spans = vec![Span::raw(if has_title { title } else { "" })];
    for (key, does) in fitting.chain(always) {
        spans.extend([bold(key), Span::raw(format!(" = {does}, "))]);
    }
    if let Some(last) = spans.last_mut() {
        *last = Span::raw(last.content.trim_end_matches(", ").to_owned());
    }
    Line::from(spans)
}

fn reversed() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// The lines of a text, each divided at spaces into as many as it takes.
fn wrapped(text: &str, room: usize) -> impl Iterator<Item = String> {
    text.lines().flat_map(move |line| {
        let mut rows: Vec<String> = Vec::new();
        for word in line.split(' ') {
            match rows.last_mut() {
                Some(row) if row.chars().count() + 1 + word.chars().count() <= room => {
                    row.push(' ');
                    row.push_str(word);
                }
                _ => rows.push(word.to_owned()),
            }
        }
        rows
    })
}

/// What is wrong: circles and locks one by one, the rest by kind.
fn warnings(app: &App, width: u16) -> Vec<Line<'static>> {
    let styles = app.styles();
    let room = usize::from(width).saturating_sub(7);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut push = |role, text: String| {
        let sign = Span::styled(format!("{} ", styles.warning_sign()), styles.role(role));
        lines.push(Line::from(vec![sign, Span::raw(within(styles, &text, room))]));
    };
    for finding in app.findings() {
        match finding.lint {
            Lint::Deadlock => {
                // Whole, over as many lines as it takes: nothing matters more.
                let text = finding.text.replace("; ", ";\n");
                for (at, line) in wrapped(&format!("deadlock: {text}"), room.saturating_sub(2)).enumerate() {
                    push(Role::Error, format!("{}{line}", if at == 0 { "" } else { "  " }));
                }
            }
            Lint::Contention | Lint::TaskLeak => push(
                Role::Warning,
                format!("{}: {}", finding.lint.name(), finding.text),
            ),
            _ => {}
        }
    }
    for lint in Lint::ALL {
        let count = app
            .findings()
            .iter()
            .filter(|finding| finding.lint == lint)
            .count();
        let does = match lint {
            Lint::SelfWakes => "with mostly their own wakes",
            Lint::LostWaker => "that nobody has a waker for",
            Lint::NeverYielded => "that never yielded",
            Lint::AutoBoxedFuture => "boxed by the runtime because of their size",
            Lint::LargeFuture => "with large futures",
            Lint::LongPoll => "with long polls",
            Lint::LongWait => "with long waits for a worker",
            Lint::Contention | Lint::TaskLeak | Lint::Deadlock => continue,
        };
        let tasks = if count == 1 { "task" } else { "tasks" };
        if count > 0 {
            push(Role::Warning, format!("{count} {tasks} {does} ({})", lint.name()));
        }
    }
    if lines.len() > WARNINGS_MAX {
        let more = lines.len() - (WARNINGS_MAX - 1);
        lines.truncate(WARNINGS_MAX - 1);
        lines.push(Line::raw(format!(
            "  and {more} more: sort by Warn, or see a task's details"
        )));
    }
    lines
}
