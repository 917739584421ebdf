//! What `--help` says: settings are a public interface, so each change shows here.

use expect_test::{ExpectFile, expect_file};

use crate::process::output;

fn check(arguments: &[&str], expected: ExpectFile) {
    let said = output(arguments);
    assert!(said.status.success(), "{said:?}");
    expected.assert_eq(&String::from_utf8(said.stdout).unwrap());
}

#[test]
fn of_the_binary() {
    check(&["--help"], expect_file!["golden/help.txt"]);
}

#[test]
fn of_serve() {
    check(&["serve", "--help"], expect_file!["golden/serve.txt"]);
}

#[test]
fn of_demo() {
    check(&["demo", "--help"], expect_file!["golden/demo.txt"]);
}

#[test]
fn of_get() {
    check(&["get", "--help"], expect_file!["golden/get.txt"]);
}

#[test]
fn of_top() {
    check(&["top", "--help"], expect_file!["golden/top.txt"]);
}

#[test]
fn wrong_settings_name_the_remedy() {
    let check = |arguments: &[&str], part: &str| {
        let said = output(arguments);
        let text = String::from_utf8(said.stderr).unwrap();
        assert_eq!(said.status.code(), Some(2), "{text}");
        assert!(text.contains(part), "{text}");
    };
    check(
        &["serve", "--query-port", "99999"],
        "give a port from 1 to 65535, 0 for any free one, or `off`",
    );
    check(
        &["serve", "--tail-bytes", "64mb"],
        "give a size like 67108864, 64MiB or 2GB",
    );
    check(
        &["serve", "--retention-time", "1y"],
        "give a time like 10s, 15m, 36h or 7d",
    );
    check(
        &["serve", "--base-path", "jaeger"],
        "give a path that begins with a slash",
    );
}
