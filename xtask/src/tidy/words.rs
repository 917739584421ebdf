//! What no file says.

use super::{check, sources};

/// This file has to name them.
const HERE: &str = "xtask/src/tidy/words.rs";

/// A word, and what to do instead.
const WORDS: &[(&str, &str)] = &[
    ("TODO", "do it, or open an issue"),
    ("FIXME", "fix it, or open an issue"),
    ("todo!(", "do it"),
    ("unimplemented!(", "implement it"),
    (
        "\"resolved\": \"http",
        "write the lock file with npm's omit-lockfile-registry-resolved",
    ),
];

#[test]
fn no_file_says_what_none_should() {
    let mut complaints = Vec::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| path != HERE) {
        for (word, instead) in WORDS {
            let lines = text.lines().enumerate().filter(|(_, line)| line.contains(word));
            complaints.extend(lines.map(|(at, _)| format!("{path}:{} says {word:?}: {instead}", at + 1)));
        }
    }
    check("forbidden words", &complaints);
}
