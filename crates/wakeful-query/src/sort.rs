//! The orders in which traces are listed, and places in them.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use wakeful_model::TraceId;
use wakeful_store::Outline;

/// In which order traces are listed; equal ones by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Those that began last first.
    #[default]
    Newest,
    /// Those that began first first.
    Oldest,
    /// By the time from the first start to the last end.
    Longest,
    /// The reverse of [`Sort::Longest`].
    Shortest,
    /// By the number of spans.
    MostSpans,
    /// The reverse of [`Sort::MostSpans`].
    LeastSpans,
    /// By the number of spans that failed.
    MostErrors,
    /// The reverse of [`Sort::MostErrors`].
    LeastErrors,
    /// By the service of the root, then its name, by bytes.
    Name,
    /// The reverse of [`Sort::Name`].
    NameDescending,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Newest,
        Self::Oldest,
        Self::Longest,
        Self::Shortest,
        Self::MostSpans,
        Self::LeastSpans,
        Self::MostErrors,
        Self::LeastErrors,
        Self::Name,
        Self::NameDescending,
    ];

    /// Its name in the page's address.
    pub fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Longest => "longest",
            Self::Shortest => "shortest",
            Self::MostSpans => "most-spans",
            Self::LeastSpans => "least-spans",
            Self::MostErrors => "most-errors",
            Self::LeastErrors => "least-errors",
            Self::Name => "name",
            Self::NameDescending => "name-desc",
        }
    }

    /// Whether it needs to know what traces are called.
    pub(crate) fn is_by_name(self) -> bool {
        matches!(self, Self::Name | Self::NameDescending)
    }

    /// Where a trace stands in this order.
    pub(crate) fn place(self, outline: &Outline) -> Place {
        let ascending = Key::Number;
        let descending = |number: u64| Key::Number(u64::MAX - number);
        let name = || {
            let root = outline.root.as_ref();
            root.map_or_else(String::new, |(service, name)| format!("{service}\0{name}"))
        };
        let key = match self {
            Self::Newest => descending(outline.start_unix_nanos),
            Self::Oldest => ascending(outline.start_unix_nanos),
            Self::Longest => descending(outline.duration_nanos()),
            Self::Shortest => ascending(outline.duration_nanos()),
            Self::MostSpans => descending(outline.spans.into()),
            Self::LeastSpans => ascending(outline.spans.into()),
            Self::MostErrors => descending(outline.errors.into()),
            Self::LeastErrors => ascending(outline.errors.into()),
            Self::Name => Key::Name(name()),
            Self::NameDescending => Key::NameDescending(Reverse(name())),
        };
        Place {
            sort: self.name(),
            key,
            id: outline.trace,
        }
    }
}

impl FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|sort| sort.name() == text);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("{text:?} is not an order; the orders are {names}")
        })
    }
}

/// What comes first is less.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(u64),
    Name(String),
    NameDescending(Reverse<String>),
}

/// The place of a trace in an order: what comes after it stays the same, whatever else arrives. As text it is a cursor,
/// `ORDER.KEY.ID`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    sort: &'static str,
    key: Key,
    id: TraceId,
}

impl Place {
    /// Of a trace among the newest.
    pub(crate) fn among_newest(id: TraceId, start_unix_nanos: u64) -> Self {
        Self {
            sort: Sort::Newest.name(),
            key: Key::Number(u64::MAX - start_unix_nanos),
            id,
        }
    }

    /// The trace's start and id, among the newest.
    pub(crate) fn of_newest(&self) -> Option<(u64, TraceId)> {
        match self.key {
            Key::Number(number) if self.sort == Sort::Newest.name() => Some((u64::MAX - number, self.id)),
            _ => None,
        }
    }

    /// The trace.
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// Whether it is a place in this order.
    pub fn is_of(&self, sort: Sort) -> bool {
        self.sort == sort.name()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.", self.sort)?;
        match &self.key {
            Key::Number(number) => write!(f, "{number}")?,
            // Names are anything, so their bytes stand in hex.
            Key::Name(name) | Key::NameDescending(Reverse(name)) => {
                name.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))?;
            }
        }
        write!(f, ".{}", self.id)
    }
}

/// The text is not a [`Place`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor of this search; take it from the answer before, or leave it out to begin at the start")]
pub struct NotAPlace;

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        let mut parts = text.split('.');
        let (Some(sort), Some(key), Some(id), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NotAPlace);
        };
        let sort: Sort = sort.parse().map_err(|_| NotAPlace)?;
        let key = match sort {
            Sort::Name => Key::Name(from_hex(key)?),
            Sort::NameDescending => Key::NameDescending(Reverse(from_hex(key)?)),
            _ => Key::Number(key.parse().map_err(|_| NotAPlace)?),
        };
        Ok(Self {
            sort: sort.name(),
            key,
            id: TraceId::parse(id).map_err(|_| NotAPlace)?,
        })
    }
}

fn from_hex(text: &str) -> Result<String, NotAPlace> {
    let digit = |byte: u8| (byte as char).to_digit(16).ok_or(NotAPlace);
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return Err(NotAPlace);
    }
    let bytes = pairs
        .iter()
        .map(|[high, low]| Ok((digit(*high)? << 4 | digit(*low)?) as u8))
        .collect::<Result<_, _>>()?;
    String::from_utf8(bytes).map_err(|_| NotAPlace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_from_its_text() {
        let outline = Outline {
            trace: TraceId::new(7).unwrap(),
            start_unix_nanos: 5,
            end_unix_nanos: 9,
            spans: 3,
            errors: 1,
            root: Some(("shop.eu".into(), "GET /ä".into())),
        };
        for sort in Sort::ALL {
            let place = sort.place(&outline);
            assert!(place.is_of(sort));
            assert_eq!(place.to_string().parse(), Ok(place.clone()), "{place}");
            assert_eq!(sort.name().parse(), Ok(sort));
        }
        for text in [
            "",
            "newest",
            "newest.1",
            "newest.x.07",
            "name.1.07",
            "odd.1.07",
            "newest.1.0",
            "newest.1.07.x",
        ] {
            assert_eq!(text.parse::<Place>(), Err(NotAPlace), "{text}");
        }
    }
}
