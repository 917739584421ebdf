//! Screens of a recorded stock program, as text, and the keys that lead to them.

use std::path::Path;

use expect_test::{ExpectFile, expect_file};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use wakeful_console::Target;
use wakeful_live::Linter;
use wakeful_model::Resource;
use wakeful_wire::console::{Message as _, Reader, Update};

use super::app::{App, Command, Connection};
use super::config::Settings;
use super::once;
use super::source::News;
use super::style::Styles;
use crate::args::{FirstView, Palette, RetainFor};

/// What `examples/console-stock` told within five updates.
const RECORDED: &str = "../../testdata/captured/console/stock.updates";

/// The program as it was recorded.
fn app(utf8: bool) -> App {
    let settings = Settings {
        target: Target::default(),
        retain_for: RetainFor::default(),
        linter: Linter::default(),
        styles: Styles {
            palette: Palette::Off,
            utf8,
            durations: true,
            terminated: true,
        },
    };
    let mut app = App::new(settings, FirstView::Tasks);
    app.hear(News::Connection(Connection::Connected));
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDED)).unwrap();
    let mut reader = Reader::new(Resource::default());
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let length = length(&mut rest);
        let (message, behind) = rest.split_at(length);
        rest = behind;
        let batch = reader.update(Update::decode(message).unwrap());
        app.hear(News::Batch(Box::new(batch)));
    }
    app
}

fn length(bytes: &mut &[u8]) -> usize {
    let mut length = 0;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        length |= usize::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            break;
        }
    }
    length
}

fn press(app: &mut App, keys: &str) -> Option<Command> {
    let mut last = None;
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            '\x08' => KeyCode::Backspace,
            key => KeyCode::Char(key),
        };
        last = app.key(KeyEvent::new(code, KeyModifiers::NONE));
    }
    last
}

/// Types keys, and compares the screen.
fn check(keys: &str, size: (u16, u16), expected: ExpectFile) {
    let mut app = app(true);
    press(&mut app, keys);
    expected.assert_eq(&once::text(&mut app, size).unwrap());
}

#[test]
fn the_list_of_tasks() {
    check("", (80, 24), expect_file!["screens/tasks-80.txt"]);
    check("", (120, 40), expect_file!["screens/tasks-120.txt"]);
    check("", (200, 50), expect_file!["screens/tasks-200.txt"]);
    check("", (59, 24), expect_file!["screens/too-small.txt"]);
}

#[test]
fn sorted_filtered_and_grouped() {
    // By id, the lowest first.
    check("hhhi", (80, 24), expect_file!["screens/tasks-by-id.txt"]);
    check(
        "/state:idle counter\n",
        (80, 24),
        expect_file!["screens/tasks-filtered.txt"],
    );
    check("o", (120, 24), expect_file!["screens/tasks-grouped.txt"]);
}

#[test]
fn one_task() {
    check("/lost\nj\n", (80, 24), expect_file!["screens/task-80.txt"]);
    check("/lost\nj\n", (200, 50), expect_file!["screens/task-200.txt"]);
}

#[test]
fn resources() {
    check("r", (80, 24), expect_file!["screens/resources-80.txt"]);
    check("r", (120, 40), expect_file!["screens/resources-120.txt"]);
    check(
        "r/mutex\nj\n",
        (120, 30),
        expect_file!["screens/resource-120.txt"],
    );
}

#[test]
fn what_a_stock_program_does_not_tell() {
    check("u", (80, 24), expect_file!["screens/runtime-unknown.txt"]);
    check("?", (80, 24), expect_file!["screens/help.txt"]);
}

#[test]
fn ascii_and_no_colours() {
    let mut app = app(false);
    press(&mut app, "j");
    let list = once::text(&mut app, (100, 30)).unwrap();
    press(&mut app, "\n");
    let screens = list + &once::text(&mut app, (100, 30)).unwrap();
    assert!(screens.is_ascii(), "{screens}");
    expect_file!["screens/ascii.txt"].assert_eq(&screens);
}

#[test]
fn keys_quit_and_pause() {
    let mut app = app(true);
    assert_eq!(press(&mut app, "q"), Some(Command::Quit));
    let control = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(app.key(control), Some(Command::Quit));
    // Letters of a filter are no keys.
    assert_eq!(press(&mut app, "/q"), None);
    press(&mut app, "\x08\n ");
    assert!(app.is_paused());
    let shown = once::text(&mut app, (80, 24)).unwrap();
    app.hear(News::Anew);
    // What is paused stays as it was.
    assert_eq!(once::text(&mut app, (80, 24)).unwrap(), shown);
    press(&mut app, " ");
    assert!(!app.is_paused());
    assert_eq!(app.live().folds(), 0);
}

#[test]
fn ten_thousand_tasks_are_drawn() {
    use wakeful_model::runtime::{RuntimeBatch, TaskId, TaskStart, TaskSums};
    let mut app = app(true);
    let start = |id| TaskStart {
        id: TaskId(id),
        ..TaskStart::default()
    };
    let sums = |id| TaskSums {
        task: TaskId(id),
        polls: id,
        ..TaskSums::default()
    };
    app.hear(News::Batch(Box::new(RuntimeBatch {
        task_starts: (100_000..110_000).map(start).collect(),
        task_sums: (100_000..110_000).map(sums).collect(),
        ..RuntimeBatch::default()
    })));
    press(&mut app, "G");
    let text = once::text(&mut app, (120, 40)).unwrap();
    assert!(text.contains("Tasks (100"), "{text}");
    assert!(text.contains(">>"), "{text}");
}
