//! How files look: documented, short, coloured in one place.

use super::{check, sources};

/// Past this many lines a file has a second concept.
const LINES_MAX: usize = 600;

/// Where colours are defined; everything else uses their names.
const TOKENS: &str = "theme/tokens.css";

#[test]
fn every_rust_file_says_what_it_is() {
    let complaints: Vec<String> = sources()
        .into_iter()
        .filter(|(path, text)| path.ends_with(".rs") && !text.starts_with("//!") && !is_generated(text))
        .map(|(path, _)| format!("{path} does not begin with //!"))
        .collect();
    check("module documentation", &complaints);
}

#[test]
fn no_file_is_long() {
    let is_code = |path: &str| {
        [".rs", ".ts", ".tsx", ".css"]
            .iter()
            .any(|end| path.ends_with(end))
    };
    let complaints: Vec<String> = sources()
        .into_iter()
        .filter(|(path, text)| is_code(path) && !is_generated(text))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{path} has {lines} lines; split it by concept ({LINES_MAX} at most)"))
        .collect();
    check("length of files", &complaints);
}

#[test]
fn colours_stand_among_the_tokens_alone() {
    let complaints: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| is_style(path))
        .flat_map(|(path, text)| {
            let coloured = |(_, line): &(usize, &str)| has_colour(line, path.ends_with(".css"));
            let found: Vec<_> = text
                .lines()
                .enumerate()
                .filter(coloured)
                .map(|(at, _)| at + 1)
                .collect();
            found
                .into_iter()
                .map(move |line| format!("{path}:{line} has a colour; name it in {TOKENS}"))
        })
        .collect();
    check("colours", &complaints);
}

fn is_generated(text: &str) -> bool {
    text.lines().take(3).any(|line| line.contains("@generated"))
}

fn is_style(path: &str) -> bool {
    let shown = path.starts_with("crates/wakeful-ui/ui/src/")
        && !path.contains(".test.")
        && !path.contains("/testing/");
    shown && [".css", ".ts", ".tsx"].iter().any(|end| path.ends_with(end)) && !path.ends_with(TOKENS)
}

/// Whether a line of code, not of comment, has a colour's value.
fn has_colour(line: &str, css: bool) -> bool {
    let code = line.trim_start();
    if ["//", "/*", "*"].iter().any(|comment| code.starts_with(comment)) {
        return false;
    }
    let function = ["rgb(", "rgba(", "hsl(", "hsla(", "oklch(", "oklab("]
        .iter()
        .any(|function| {
            // A function that reads colours has the same name in a pattern, followed by no number.
            code.match_indices(function).any(|(at, found)| {
                code[at + found.len()..]
                    .trim_start()
                    .starts_with(|c: char| c.is_ascii_digit())
            })
        });
    function
        || code
            .match_indices('#')
            .any(|(at, _)| is_hex_colour(code, at, css))
}

/// `#` and three to eight hex digits; in scripts only right after a quote, where no private field can stand.
fn is_hex_colour(code: &str, at: usize, css: bool) -> bool {
    let digits = code[at + 1..].chars().take_while(char::is_ascii_hexdigit).count();
    let ends = code[at + 1 + digits..]
        .chars()
        .next()
        .is_none_or(|next| !next.is_ascii_alphanumeric() && next != '-');
    let quoted = code[..at].ends_with(['"', '\'', '`']);
    // In CSS a selector has the same form: `#app {`.
    let value = code[..at].contains(':');
    matches!(digits, 3 | 4 | 6 | 8) && ends && if css { value } else { quoted }
}

#[test]
fn colours_are_told_from_fields_selectors_and_comments() {
    let check = |line, css, expected| assert_eq!(has_colour(line, css), expected, "{line}");
    check("  color: #fff;", true, true);
    check("  color: rgb(1 2 3);", true, true);
    check("  color: var(--text);", true, false);
    check("#facade { top: 0 }", true, false);
    check("/* #fff */", true, false);
    check("const c = '#ff00aa';", false, true);
    check("  this.#cab = 1;", false, false);
    check("const form = /rgb\\(/;", false, false);
}
