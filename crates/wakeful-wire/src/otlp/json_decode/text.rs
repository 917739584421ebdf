//! JSON text as the parser will have it: UTF-8, and no half of a surrogate pair.

use std::borrow::Cow;

use memchr::memchr;
use memchr::memmem;

/// What stands for a character that cannot be read, as an escape as long as the one that it replaces.
const REPLACEMENT: &[u8; 6] = br"\ufffd";

/// The bytes as text in which what is not UTF-8, and every lone surrogate escape, has become U+FFFD.
///
/// JavaScript writes lone surrogates for text that was cut in the middle of an emoji, and parsers refuse them. An
/// escape is replaced by one of its length, so an error's line and column stay true.
pub(super) fn mend(body: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(body) {
        Cow::Borrowed(text) => match mend_surrogates(text.as_bytes()) {
            Some(mended) => Cow::Owned(String::from_utf8_lossy(&mended).into_owned()),
            None => Cow::Borrowed(text),
        },
        Cow::Owned(text) => Cow::Owned(match mend_surrogates(text.as_bytes()) {
            Some(mended) => String::from_utf8_lossy(&mended).into_owned(),
            None => text,
        }),
    }
}

/// `None` if nothing is to be mended.
fn mend_surrogates(text: &[u8]) -> Option<Vec<u8>> {
    // Nearly no request has such an escape, and this look is quicker than the walk below.
    if memmem::find(text, br"\ud").is_none() && memmem::find(text, br"\uD").is_none() {
        return None;
    }
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(backslash) = memchr(b'\\', &text[at..]) {
        let here = at + backslash;
        let pair = (escaped_unit(text, here), escaped_unit(text, here + 6));
        at = here
            + match pair {
                (None, _) => 2, // the backslash and what it escapes, which may be a backslash
                (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
                (Some(0xd800..0xe000), _) => {
                    mended.get_or_insert_with(|| text.to_vec())[here..here + 6].copy_from_slice(REPLACEMENT);
                    6
                }
                (Some(_), _) => 6,
            };
        if at > text.len() {
            break;
        }
    }
    mended
}

/// The UTF-16 unit whose escape, `\uXXXX`, begins at `at`.
fn escaped_unit(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix(br"\u")?;
    digits.iter().try_fold(0_u16, |unit, digit| {
        let digit = (*digit as char).to_digit(16)?;
        Some(unit << 4 | digit as u16)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], expected: &str) {
        assert_eq!(mend(body), expected, "{}", String::from_utf8_lossy(body));
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_stay() {
        check(br#""\ud83d\ude00""#, r#""\ud83d\ude00""#);
        check(br#""\uD83D\uDE00 \ude00""#, r#""\uD83D\uDE00 \ufffd""#);
        check(br#""\ud83dx""#, r#""\ufffdx""#);
        check(br#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#);
        check(br#""\ud83d\u0041""#, r#""\ufffd\u0041""#);
        check(br#""\\ud800 \\\ud800""#, r#""\\ud800 \\\ufffd""#);
        check(br#""\ud80"#, r#""\ud80"#);
        check(br#""\ud800\"#, r#""\ufffd\"#);
        check(b"\"\xff\\ud800\"", "\"\u{fffd}\\ufffd\"");
    }

    #[test]
    fn sound_text_is_not_copied() {
        assert!(matches!(
            mend(br#"{"a":"\u00e9 \ud83d\ude00"}"#),
            Cow::Borrowed(_)
        ));
    }
}
