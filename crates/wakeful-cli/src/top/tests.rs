//! Screens of a recorded stock program, as text, and the keys that lead to them.

use std::path::Path;

use expect_test::{ExpectFile, expect_file};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use wakeful_live::Linter;
use wakeful_model::Resource;
use wakeful_wire::console::{Message as _, Reader, Update};

use super::address::Address;
use super::app::{App, Command, Connection, View};
use super::config::Settings;
use super::once;
use super::server::Program;
use super::source::News;
use super::style::Styles;
use crate::args::{FirstView, Palette, RetainFor};

/// What `examples/console-stock` told within five updates.
const RECORDED: &str = "../../testdata/captured/console/stock.updates";

/// The program as it was recorded.
fn app(utf8: bool) -> App {
    retaining(utf8, RetainFor::default())
}

fn retaining(utf8: bool, retain_for: RetainFor) -> App {
    let settings = Settings {
        address: Address::default(),
        program: None,
        back: None,
        retain_for,
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
    app.hear(News::Anew(Vec::new()));
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

/// A program of a server, which told of itself from the 100th to the 1,000th second.
fn kept(id: u64, live: bool) -> Program {
    let facts = serde_json::json!({
        "id": format!("{id:016x}"), "service": "shop", "pid": "4711", "live": live, "tasksAlive": 3,
        "fromUnixNanos": (100 * SECOND).to_string(), "toUnixNanos": (1_000 * SECOND).to_string(),
        "insight": {"depth": "hooks"},
    });
    serde_json::from_value(facts).unwrap()
}

const SECOND: u64 = 1_000_000_000;

#[test]
fn keys_go_through_a_servers_history() {
    let mut app = app(true);
    // A console has none.
    press(&mut app, "[p");
    assert_eq!((app.wanted.at_unix_nanos, app.view), (None, View::Tasks));

    app.hear(News::Programs(vec![kept(7, true), kept(8, false)]));
    assert_eq!(
        app.program().map(|it| it.id.to_string()).as_deref(),
        Some("0000000000000007")
    );
    let mut check = |keys, seconds: Option<u64>| {
        press(&mut app, keys);
        assert_eq!(app.wanted.at_unix_nanos, seconds.map(|at| at * SECOND), "{keys}");
    };
    check("[", Some(990));
    check("[", Some(980));
    check("]", Some(990));
    check("]", None);
    check("{", Some(400));
    // No further than the first that is kept.
    check("{", Some(100));
    check("0", None);
    check("[}", None);
}

#[test]
fn one_of_several_programs_is_chosen() {
    let mut app = app(true);
    app.hear(News::Programs(vec![kept(7, true), kept(8, true)]));
    assert_eq!((app.view, app.wanted.program), (View::Programs, None));
    press(&mut app, "jj\n");
    assert_eq!(app.view, View::Tasks);
    assert_eq!(
        app.program().map(|it| it.id.to_string()).as_deref(),
        Some("0000000000000008")
    );
    press(&mut app, "p");
    expect_file!["screens/programs.txt"].assert_eq(&once::text(&mut app, (80, 24)).unwrap());
}

#[test]
fn what_is_over_stays_for_as_long_as_it_should() {
    use wakeful_model::runtime::{RuntimeBatch, TaskEnd, TaskId};
    let check = |retain_for: &str, after_nanos, is_there| {
        let mut app = retaining(true, retain_for.parse().unwrap());
        let task = app
            .live()
            .tasks()
            .find(|task| task.end.is_none())
            .unwrap()
            .start
            .id;
        let now = app.live().now_unix_nanos();
        let ended = |id: TaskId| TaskEnd {
            id,
            end_unix_nanos: now,
            ..TaskEnd::default()
        };
        for (to_unix_nanos, task_ends) in [(now, vec![ended(task)]), (now + after_nanos, Vec::new())] {
            let batch = RuntimeBatch {
                to_unix_nanos,
                task_ends,
                ..RuntimeBatch::default()
            };
            app.hear(News::Batch(Box::new(batch)));
        }
        assert_eq!(
            app.live().task(task).is_some(),
            is_there,
            "{retain_for} {after_nanos}"
        );
    };
    check("6s", 5 * SECOND, true);
    check("6s", 6 * SECOND, false);
    check("2m", 119 * SECOND, true);
    check("none", 3_600 * SECOND, true);
}

/// A trace of three spans, in Jaeger's form.
const TRACE: &str = r#"{"data": [{"traceID": "4bf92f3577b34da6a3ce929d0e0e4736", "processes": {"p1": {"serviceName": "shop"}}, "spans": [
    {"spanID": "0000000000000001", "operationName": "checkout", "references": [], "startTime": 1795248471024000, "duration": 5210,
     "tags": [{"key": "items", "value": 3}], "logs": [], "processID": "p1"},
    {"spanID": "0000000000000002", "operationName": "reserve", "references": [{"refType": "CHILD_OF", "spanID": "0000000000000001"}],
     "startTime": 1795248471024500, "duration": 700, "tags": [], "processID": "p1",
     "logs": [{"timestamp": 1795248471024900, "fields": [{"key": "event", "value": "locked"}]}]},
    {"spanID": "0000000000000003", "operationName": "pay", "references": [{"refType": "CHILD_OF", "spanID": "0000000000000001"}],
     "startTime": 1795248471026000, "duration": 3000, "tags": [{"key": "error", "value": true}], "logs": [], "processID": "p1"}]}]}"#;

/// The trace as a search finds it.
const FOUND: &str = r#"{"type": "trace", "id": "4bf92f3577b34da6a3ce929d0e0e4736", "rootService": "shop", "rootOperation": "checkout",
    "startUnixNanos": "1795248471024000000", "durationNanos": 5210000, "spans": 3, "errors": 1, "depth": 2}"#;

#[test]
fn spans_and_traces() {
    use super::traces::{TracesTold, read_list, read_spans};
    let mut app = app(true);
    press(&mut app, "s");
    // A console tells nothing of them.
    expect_file!["screens/spans-unknown.txt"].assert_eq(&once::text(&mut app, (80, 15)).unwrap());

    app.hear(News::Programs(vec![kept(7, true)]));
    app.hear(News::Traces(TracesTold::Latest(
        read_spans(TRACE.as_bytes()).unwrap(),
    )));
    expect_file!["screens/spans-80.txt"].assert_eq(&once::text(&mut app, (80, 15)).unwrap());
    press(&mut app, "x");
    app.hear(News::Traces(TracesTold::List(
        read_list(FOUND.as_bytes()).unwrap(),
    )));
    expect_file!["screens/traces-80.txt"].assert_eq(&once::text(&mut app, (80, 15)).unwrap());
    press(&mut app, "j\n");
    let View::Trace(id) = app.view else {
        panic!("{:?}", app.view)
    };
    app.hear(News::Traces(TracesTold::One(
        id,
        read_spans(TRACE.as_bytes()).unwrap(),
    )));
    press(&mut app, "jj");
    expect_file!["screens/trace-80.txt"].assert_eq(&once::text(&mut app, (80, 24)).unwrap());
    expect_file!["screens/trace-160.txt"].assert_eq(&once::text(&mut app, (160, 24)).unwrap());
    app.settings.styles.utf8 = false;
    let ascii = once::text(&mut app, (80, 24)).unwrap();
    assert!(ascii.is_ascii(), "{ascii}");
    press(&mut app, "\x1b");
    assert_eq!(app.view, View::Traces);
}
