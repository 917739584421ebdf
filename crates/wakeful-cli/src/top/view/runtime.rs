//! Workers and queues.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use wakeful_live::RuntimeState;
use wakeful_model::runtime::{RuntimeMetrics, WorkerMetrics};

use super::nothing;
use crate::top::app::App;
use crate::top::draw::{UNKNOWN, bold, boxed};
use crate::top::style::{Role, Styles};

/// What a bar of a worker takes.
const BAR: usize = 16;
/// Seconds in a line of the past.
const PAST: usize = 60;

/// Draws all runtimes.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let styles = app.styles();
    let mut lines = Vec::new();
    for runtime in app.live().runtimes() {
        runtime_lines(styles, runtime, &mut lines);
    }
    if lines.is_empty() {
        nothing::draw(
            app,
            frame,
            area,
            boxed(styles, bold("Runtime")),
            "workers and queues",
        );
        return;
    }
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    frame.render_widget(text.block(boxed(styles, bold("Runtime"))), area);
}

fn runtime_lines(styles: &Styles, state: &RuntimeState, lines: &mut Vec<Line<'static>>) {
    let runtime = &state.runtime;
    let name = match runtime.name.is_empty() {
        true => runtime.id.to_string(),
        false => format!("\"{}\"", runtime.name),
    };
    lines.push(Line::from(vec![
        bold(format!("runtime {name} ")),
        Span::raw(match runtime.workers {
            1 => format!("{}, 1 worker", runtime.flavor.name()),
            workers => format!("{}, {workers} workers", runtime.flavor.name()),
        }),
    ]));
    let Some(now) = state.metrics.back() else {
        lines.push(Line::raw("  no figures yet"));
        return;
    };
    type Figure = fn(&RuntimeMetrics) -> Option<u64>;
    let figures: [(&str, Figure); 5] = [
        ("tasks alive", |it| it.alive_tasks),
        ("global queue", |it| it.global_queue_depth),
        ("blocking threads", |it| it.blocking_threads),
        ("idle blocking threads", |it| it.idle_blocking_threads),
        ("blocking queue", |it| it.blocking_queue_depth),
    ];
    for (name, figure) in figures {
        let past: Vec<Option<u64>> = state.metrics.iter().rev().take(PAST).rev().map(figure).collect();
        let value = figure(now).map_or(UNKNOWN.to_owned(), |value| value.to_string());
        let line = sparks(styles, &past);
        lines.push(Line::raw(format!("  {name:<22}{value:>8}  {line}")));
    }
    let before = state
        .metrics
        .len()
        .checked_sub(2)
        .and_then(|at| state.metrics.get(at));
    for worker in &now.workers {
        let former = before.and_then(|before| before.workers.iter().find(|it| it.worker == worker.worker));
        let passed = before.map_or(0, |before| now.at_unix_nanos.saturating_sub(before.at_unix_nanos));
        lines.push(worker_line(styles, worker, former, passed));
    }
}

fn worker_line(
    styles: &Styles,
    now: &WorkerMetrics,
    before: Option<&WorkerMetrics>,
    passed: u64,
) -> Line<'static> {
    let known = |value: Option<u64>| value.map_or(UNKNOWN.to_owned(), |value| value.to_string());
    let busy = before
        .and_then(|before| now.busy_nanos?.checked_sub(before.busy_nanos?))
        .and_then(|busy| (busy * 100).checked_div(passed))
        .map(|percent| percent.min(100));
    let filled = busy.map_or(0, |percent| percent as usize * BAR / 100);
    let (full, empty) = (styles.sign("█", "#"), styles.sign("░", "."));
    Line::from(vec![
        Span::raw(format!("  worker {:<4} ", now.worker)),
        Span::styled(full.repeat(filled), styles.role(Role::Running)),
        Span::raw(empty.repeat(BAR - filled)),
        Span::raw(format!(
            "  busy {:>4}  parks {}  queue {}  steals {}",
            busy.map_or(UNKNOWN.to_owned(), |percent| format!("{percent}%")),
            known(now.parks),
            known(now.local_queue_depth),
            known(now.steals),
        )),
    ])
}

/// A line of the past, scaled to its greatest value.
fn sparks(styles: &Styles, past: &[Option<u64>]) -> String {
    let levels: &[char] = match styles.utf8 {
        true => &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        false => &['.', ':', '=', '#'],
    };
    let most = past.iter().copied().flatten().max().unwrap_or(0).max(1);
    let top = levels.len() as u64 - 1;
    past.iter()
        .map(|value| value.map_or(' ', |value| levels[(value * top).div_ceil(most) as usize]))
        .collect()
}
