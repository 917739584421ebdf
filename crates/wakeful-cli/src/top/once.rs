//! The screen as text, once: for scripts, for tests, and for whoever has no terminal.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, bail};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use super::app::{App, Connection};
use super::screen;
use super::source::{News, Wanted};
use crate::top::draw;

/// How long a program may take to tell something.
const WAIT: Duration = Duration::from_secs(10);
/// A screen that is not drawn on a terminal has this size.
const SIZE: (u16, u16) = (120, 40);

/// Prints what a program is doing.
pub(crate) async fn print(
    app: &mut App,
    mut news: mpsc::Receiver<News>,
    wanted: watch::Sender<Wanted>,
    json: bool,
) -> anyhow::Result<()> {
    let told = tokio::time::timeout(WAIT, async {
        while !app.is_told() {
            match news.recv().await {
                Some(news) => app.hear(news),
                None => bail!("nothing more comes"),
            }
            super::want(app, &wanted);
            if let Some(why) = app.why_not_printed() {
                bail!("{why}");
            }
            if let Connection::Waiting { said, .. } = &app.connection {
                bail!("{said}");
            }
        }
        Ok(())
    });
    match told.await {
        Ok(told) => told?,
        // A program that has nothing to tell is quiet.
        Err(_) if app.live().folds() > 0 => {}
        Err(_) => bail!(
            "{} tells nothing within {} s",
            app.settings.address,
            WAIT.as_secs()
        ),
    }
    let text = if json { lines(app)? } else { text(app, size())? };
    std::io::stdout()
        .write_all(text.as_bytes())
        .context("cannot write to stdout")
}

fn size() -> (u16, u16) {
    let read = |name| std::env::var(name).ok()?.parse().ok();
    let known = read("COLUMNS").zip(read("LINES"));
    known
        .or_else(|| ratatui::crossterm::terminal::size().ok())
        .unwrap_or(SIZE)
}

/// The screen, without what is empty at the ends of lines.
pub(crate) fn text(app: &mut App, (width, height): (u16, u16)) -> anyhow::Result<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height))?;
    terminal.draw(|frame| screen::draw(app, frame))?;
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..height {
        let mut line = String::new();
        let mut skip = 0_usize;
        for x in 0..width {
            let symbol = buffer[(x, y)].symbol();
            // A wide sign takes the cell behind it too.
            if skip == 0 {
                line.push_str(symbol);
                skip = ratatui::text::Span::raw(symbol).width().saturating_sub(1);
            } else {
                skip -= 1;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    Ok(text)
}

/// A line of JSON for each task, resource and finding.
fn lines(app: &App) -> anyhow::Result<String> {
    let live = app.live();
    let mut values = Vec::new();
    for task in live.tasks() {
        values.push(json!({
            "type": "task",
            "id": task.start.id.0,
            "name": task.start.name,
            "kind": task.start.kind.name(),
            "state": task.state().map(wakeful_live::TaskState::name),
            "location": task.location.as_deref().map(draw::location),
            "total_ns": task.total_nanos(),
            "busy_ns": task.busy_nanos(),
            "scheduled_ns": task.scheduled_nanos(),
            "idle_ns": task.idle_nanos(),
            "polls": task.polls_count(),
            "live_wakers": task.live_wakers(),
        }));
    }
    for resource in live.resources() {
        values.push(json!({
            "type": "resource",
            "id": resource.start.id.0,
            "parent": resource.start.parent.map(|parent| parent.0),
            "kind": resource.start.kind,
            "concrete_type": resource.start.concrete_type,
            "name": resource.start.name,
            "location": resource.location.as_deref().map(draw::location),
            "internal": resource.start.is_internal,
            "total_ns": resource.total_nanos(),
            "waiters": resource.waiters,
            "holders": resource.holders.iter().map(|it| it.task.map(|task| task.0)).collect::<Vec<_>>(),
        }));
    }
    for finding in app.findings() {
        values.push(json!({
            "type": "finding",
            "lint": finding.lint.name(),
            "tasks": finding.tasks.iter().map(|task| task.0).collect::<Vec<_>>(),
            "resources": finding.resources.iter().map(|it| it.0).collect::<Vec<_>>(),
            "location": finding.location.as_deref().map(draw::location),
            "since_unix_ns": finding.since_unix_nanos,
            "text": finding.text,
            "remedy": finding.remedy,
        }));
    }
    let mut text = String::new();
    for value in values {
        text.push_str(&serde_json::to_string(&value)?);
        text.push('\n');
    }
    Ok(text)
}
