//! `wakeful top`: a program's tasks and resources in the terminal, as tokio-console shows them and more.

mod address;
mod app;
mod config;
mod draw;
mod durations;
mod keys;
mod once;
mod order;
mod past;
mod screen;
mod server;
mod source;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod traces;
mod view;

use std::time::Duration;

use anyhow::Context as _;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use tokio::sync::{mpsc, watch};

use crate::args::TopArgs;
use app::{App, Command};
use config::Settings;
use source::{News, Source, Wanted};

/// No more redraws than so often.
const REDRAW_EVERY: Duration = Duration::from_millis(100);
/// How many batches may wait to be folded: a program sends one a second.
const NEWS_MAX: usize = 16;

/// Shows a program until the user quits.
pub(crate) fn run(args: TopArgs) -> anyhow::Result<()> {
    let settings = Settings::gather(&args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the async runtime; raise the limits on threads and open files")?;
    let printed = args.once || args.json;
    runtime.block_on(async {
        let (news_in, news) = mpsc::channel(NEWS_MAX);
        let (wanted, is_wanted) = watch::channel(Wanted::default());
        let source = Source::new(settings.address.clone(), news_in, is_wanted);
        let mut app = App::new(settings, args.view);
        let watching = tokio::spawn(source.run());
        let ended = match printed {
            true => once::print(&mut app, news, wanted, args.json).await,
            false => interact(&mut app, news, wanted).await,
        };
        watching.abort();
        ended
    })
}

/// Draws, and obeys keys.
async fn interact(
    app: &mut App,
    mut news: mpsc::Receiver<News>,
    wanted: watch::Sender<Wanted>,
) -> anyhow::Result<()> {
    // Restores the terminal in the end, after a panic too.
    let mut terminal =
        ratatui::try_init().context("cannot draw here; print the screen with --once, or use a terminal")?;
    let mut events = keyboard();
    let mut redraw = tokio::time::interval(REDRAW_EVERY);
    redraw.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut stale = true;
    let ended = loop {
        tokio::select! {
            // A key shows at once.
            event = events.recv() => match event {
                Some(Event::Key(key)) if key.kind == KeyEventKind::Press => match app.key(key) {
                    Some(Command::Quit) => break Ok(()),
                    Some(Command::Copy(text)) => copy(&text),
                    None => want(app, &wanted),
                },
                Some(_) => {}
                None => break Ok(()),
            },
            Some(news) = news.recv() => {
                app.hear(news);
                want(app, &wanted);
                stale = true;
                continue;
            }
            _ = redraw.tick() => if !std::mem::take(&mut stale) {
                continue;
            },
        }
        if let Err(error) = terminal.draw(|frame| screen::draw(app, frame)) {
            break Err(error).context("cannot draw");
        }
    };
    ratatui::restore();
    ended
}

/// Tells the source what is wanted, if that is something else now.
fn want(app: &App, wanted: &watch::Sender<Wanted>) {
    wanted.send_if_modified(|known| {
        let is_other = *known != app.wanted;
        known.clone_from(&app.wanted);
        is_other
    });
}

/// Reads keys on a thread of its own: reading blocks.
fn keyboard() -> mpsc::Receiver<Event> {
    let (sender, receiver) = mpsc::channel(64);
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if sender.blocking_send(event).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Hands a text to the terminal's clipboard (OSC 52), which works through ssh.
fn copy(text: &str) {
    use std::io::Write as _;

    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    let mut stdout = std::io::stdout();
    // A terminal that cannot do it ignores it.
    let _ = write!(stdout, "\x1b]52;c;{text}\x07").and_then(|()| stdout.flush());
}
