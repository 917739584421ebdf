//! `baggage` (W3C Baggage): what a caller passes along for everyone after it.

use std::borrow::Cow;

use super::error::{HeaderError, HeaderProblem};
use super::headers::{Headers, text};
use super::short_text::ShortText;

const HEADER: &str = "baggage";
/// What any platform must pass along (§3.3.2); more is cut, so that baggage cannot grow from hop to hop.
const ENTRIES_MAX: usize = 64;
const BYTES_MAX: usize = 8192;

/// Entries by key, in the order in which they were set; usually none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baggage(Vec<BaggageEntry>);

/// One entry of the baggage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaggageEntry {
    /// The key, a token of RFC 9110.
    pub key: String,
    /// The value, decoded.
    pub value: String,
    /// Properties as they stood in the header, without the first `;`; usually empty.
    pub properties: String,
}

impl Baggage {
    /// The entries, first set first.
    pub fn entries(&self) -> &[BaggageEntry] {
        &self.0
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        let entry = self.0.iter().find(|entry| entry.key == key)?;
        Some(&entry.value)
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sets `key` to `value`, in place of what it was.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.put(BaggageEntry {
            key: key.into(),
            value: value.into(),
            properties: String::new(),
        });
    }

    fn put(&mut self, entry: BaggageEntry) {
        match self.0.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => *known = entry,
            None => self.0.push(entry),
        }
    }
}

pub(super) fn extract<H: Headers + ?Sized>(
    headers: &H,
    baggage: &mut Baggage,
    problems: &mut Vec<HeaderError>,
) {
    let mut bytes = 0;
    headers.each_value(HEADER, &mut |value| {
        let list = match text(value) {
            Ok(list) => list,
            Err(problem) => return problems.push(HeaderError::new(HEADER, problem)),
        };
        for member in list
            .split(',')
            .map(str::trim_ascii)
            .filter(|member| !member.is_empty())
        {
            bytes += member.len() + 1;
            if bytes > BYTES_MAX || baggage.0.len() >= ENTRIES_MAX {
                let limit = "64 entries or 8,192 bytes; the rest is left out";
                return add_once(problems, HeaderProblem::TooLong { limit });
            }
            match parse_member(member) {
                Some(entry) => baggage.put(entry),
                None => {
                    let expected = "key=value[;property],…";
                    add_once(problems, HeaderProblem::Form { expected });
                }
            }
        }
    });
}

/// A caller may send thousands of members that are none; each problem is named once.
fn add_once(problems: &mut Vec<HeaderError>, problem: HeaderProblem) {
    let error = HeaderError::new(HEADER, problem);
    if !problems.contains(&error) {
        problems.push(error);
    }
}

pub(super) fn inject(baggage: &Baggage, set: &mut dyn FnMut(&str, &str)) {
    let mut list = String::new();
    for entry in baggage
        .entries()
        .iter()
        .filter(|entry| is_token(&entry.key))
        .take(ENTRIES_MAX)
    {
        let before = list.len();
        if before > 0 {
            list.push(',');
        }
        list.push_str(&entry.key);
        list.push('=');
        list.push_str(&percent_encode(&entry.value));
        if !entry.properties.is_empty() {
            list.push(';');
            list.push_str(&entry.properties);
        }
        if list.len() > BYTES_MAX {
            list.truncate(before);
        }
    }
    if !list.is_empty() {
        set(HEADER, &list);
    }
}

fn parse_member(member: &str) -> Option<BaggageEntry> {
    let (pair, properties) = member.split_once(';').unwrap_or((member, ""));
    let (key, value) = pair.split_once('=')?;
    let key = key.trim_ascii();
    is_token(key).then(|| BaggageEntry {
        key: key.to_owned(),
        value: percent_decode(value.trim_ascii()).into_owned(),
        properties: properties.trim_ascii().to_owned(),
    })
}

/// A token of RFC 9110, §5.6.2.
fn is_token(key: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !key.is_empty() && key.bytes().all(allowed)
}

/// Decodes `%XX`; a percent sign without two hex digits stays as it is, and so does a value that would not be UTF-8.
pub(super) fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = after
            .first_chunk::<2>()
            .filter(|digits| byte == b'%' && digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        decoded.push(code.unwrap_or(byte));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(decoded).map_or(Cow::Borrowed(text), Cow::Owned)
}

/// Encodes what is not a `baggage-octet` (§3.3.1.3), and the percent sign itself.
pub(super) fn percent_encode(text: &str) -> Cow<'_, str> {
    let plain =
        |byte: u8| matches!(byte, b'!' | b'#'..=b'$' | b'&'..=b'+' | b'-'..=b':' | b'<'..=b'[' | b']'..=b'~');
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(ShortText::of(format_args!("%{byte:02X}")).as_str());
        }
    }
    Cow::Owned(encoded)
}
