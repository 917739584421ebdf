//! What the compiler does not hold: directions between crates, and how files look.

mod crates;
mod files;
mod words;

use crate::shell;

/// Fails with every complaint at once.
fn check(what: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{what}:\n  {}", complaints.join("\n  "));
}

/// Every file that is the project's own, with its text; captured payloads and binary files are not.
fn sources() -> Vec<(String, String)> {
    let root = shell::root();
    let listed = shell::read(
        std::process::Command::new("git")
            .args(["ls-files", "--cached", "--others", "--exclude-standard"])
            .current_dir(&root),
    );
    let listed = listed.expect("git lists the files");
    let own = listed.lines().filter(|path| !path.starts_with("testdata/"));
    // A file that is deleted and not yet committed is listed, and cannot be read.
    own.filter_map(|path| Some((path.to_owned(), std::fs::read_to_string(root.join(path)).ok()?)))
        .collect()
}
