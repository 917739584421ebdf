//! Lines for people and for machines.

use std::io::Write;
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use tracing::{Level, debug, debug_span, error, info, info_span};
use tracing_subscriber::filter::Targets;
use wakeful_subscriber::{LineFormat, LogLines, Settings, recorder};

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs `program`; the lines must be `expected` but for times and ids.
fn check(format: LineFormat, close_lines: bool, colours: bool, program: impl FnOnce(), expected: Expect) {
    let written = Written::default();
    let (recorder, _drain) = recorder(Settings {
        log_lines: Some(LogLines {
            filter: Targets::new().with_default(Level::DEBUG),
            format,
            close_lines,
            colours,
            writer: Box::new(written.clone()),
        }),
        ..Settings::default()
    });
    tracing::subscriber::with_default(recorder.subscriber(), program);
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    if format == LineFormat::Json {
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
    let lines = text.lines().map(|line| without_times(line) + "\n");
    expected.assert_eq(&lines.collect::<String>().replace('\x1b', "ESC"));
}

/// Times are `TIME`, ids `ID`, durations `DURATION`.
fn without_times(line: &str) -> String {
    let mut line = line.to_owned();
    if let Some(at) = line.find("Z") {
        let start = at.saturating_sub(26);
        line.replace_range(start..=at, "TIME");
    }
    for (before, end) in [("\"trace_id\":\"", '"'), ("\"span_id\":\"", '"')] {
        if let Some(at) = line.find(before) {
            let start = at + before.len();
            let length = line[start..].find(end).unwrap();
            line.replace_range(start..start + length, "ID");
        }
    }
    for before in ["time.busy=", "time.idle=", "time.busy\":\"", "time.idle\":\""] {
        if let Some(at) = line.find(before) {
            let start = at + before.len();
            let length = line[start..].find([' ', '"']).unwrap_or(line.len() - start);
            line.replace_range(start..start + length, "DURATION");
        }
    }
    line
}

fn program() {
    info!("outside");
    let request = info_span!("request", request_id = 42, path = "/orders").entered();
    let inner = debug_span!("query", table = "orders", rows = tracing::field::Empty).entered();
    inner.record("rows", 3);
    debug!(took_ms = 1.5, cached = false, "queried \"orders\"");
    drop(inner);
    error!(target: "elsewhere", code = ?Some(7), "failed");
    drop(request);
}

#[test]
fn text_is_as_fmt_writes_it() {
    check(
        LineFormat::Text,
        false,
        false,
        program,
        expect![[r#"
            TIME  INFO recording::lines: outside
            TIME DEBUG request{request_id=42 path="/orders"}:query{table="orders" rows=3}: recording::lines: queried "orders" took_ms=1.5 cached=false
            TIME ERROR request{request_id=42 path="/orders"}: elsewhere: failed code=Some(7)
        "#]],
    );
}

#[test]
fn json_has_the_span_and_what_it_inherits() {
    check(
        LineFormat::Json,
        false,
        false,
        program,
        expect![[r#"
            {"timestamp":"TIME","level":"INFO","fields":{"message":"outside"},"target":"recording::lines"}
            {"timestamp":"TIME","level":"DEBUG","fields":{"message":"queried \"orders\"","took_ms":1.5,"cached":false},"target":"recording::lines","trace_id":"ID","span_id":"ID","span":{"table":"orders","rows":3,"name":"query"},"spans":[{"request_id":42,"path":"/orders","name":"request"},{"table":"orders","rows":3,"name":"query"}]}
            {"timestamp":"TIME","level":"ERROR","fields":{"message":"failed","code":"Some(7)"},"target":"elsewhere","trace_id":"ID","span_id":"ID","span":{"request_id":42,"path":"/orders","name":"request"},"spans":[{"request_id":42,"path":"/orders","name":"request"}]}
        "#]],
    );
}

#[test]
fn a_line_is_written_at_the_close_when_wanted() {
    for (format, expected) in [
        (
            LineFormat::Text,
            expect![[r#"
                TIME  INFO outer{n=1}:inner: recording::lines: close time.busy=DURATION time.idle=DURATION
                TIME  INFO outer{n=1}: recording::lines: close time.busy=DURATION time.idle=DURATION
            "#]],
        ),
        (
            LineFormat::Json,
            expect![[r#"
                {"timestamp":"TIME","level":"INFO","fields":{"message":"close","time.busy":"DURATION","time.idle":"DURATION"},"target":"recording::lines","trace_id":"ID","span_id":"ID","span":{"name":"inner"},"spans":[{"n":1,"name":"outer"},{"name":"inner"}]}
                {"timestamp":"TIME","level":"INFO","fields":{"message":"close","time.busy":"DURATION","time.idle":"DURATION"},"target":"recording::lines","trace_id":"ID","span_id":"ID","span":{"n":1,"name":"outer"},"spans":[{"n":1,"name":"outer"}]}
            "#]],
        ),
    ] {
        let program = || info_span!("outer", n = 1).in_scope(|| info_span!("inner").in_scope(|| {}));
        check(format, true, false, program, expected);
    }
}

#[test]
fn terminals_are_not_steered() {
    let program = || info!(value = %"\x1b[2J", quoted = "\x1b]0;x\x07", "bell\x07 and \u{9b}1m");
    check(
        LineFormat::Text,
        false,
        false,
        program,
        expect![[r#"
            TIME  INFO recording::lines: bell\u{7} and \u{9b}1m value=\u{1b}[2J quoted="\u{1b}]0;x\u{7}"
        "#]],
    );
    check(
        LineFormat::Json,
        false,
        false,
        program,
        expect![[r#"
            {"timestamp":"TIME","level":"INFO","fields":{"message":"bell\u0007 and \u009b1m","value":"\u001b[2J","quoted":"\u001b]0;x\u0007"},"target":"recording::lines"}
        "#]],
    );
}

#[test]
fn colours_are_terminal_escapes() {
    check(
        LineFormat::Text,
        false,
        true,
        || info_span!("s", a = 1).in_scope(|| info!("hello")),
        expect![[r#"
            ESC[2mTIMEESC[0m ESC[32m INFOESC[0m ESC[1msESC[0mESC[1m{ESC[0mESC[3maESC[0mESC[2m=ESC[0m1ESC[1m}ESC[0mESC[2m:ESC[0m ESC[2mrecording::linesESC[0mESC[2m:ESC[0m hello
        "#]],
    );
}

/// A writer that traces, as one over a socket may.
struct Tracing(Written);

impl Write for Tracing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        info_span!("sends").in_scope(|| info!("sent"));
        self.0.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_writer_that_traces_makes_no_lines_of_its_own() {
    let written = Written::default();
    let (recorder, _drain) = recorder(Settings {
        log_lines: Some(LogLines {
            filter: Targets::new().with_default(Level::DEBUG),
            format: LineFormat::Text,
            close_lines: true,
            colours: false,
            writer: Box::new(Tracing(written.clone())),
        }),
        ..Settings::default()
    });
    // On a thread of its own: one that waits for itself would keep the test for ever.
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tracing::subscriber::with_default(recorder.subscriber(), || {
            info!("one");
            info!("two");
        });
        ended.send(()).unwrap();
    });
    end.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let ends: Vec<_> = text
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(ends, ["one", "two"]);
}
