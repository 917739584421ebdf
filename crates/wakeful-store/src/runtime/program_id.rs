//! Which program a batch is of.

use std::fmt;
use std::str::FromStr;

use wakeful_model::{Resource, canonical_text};

/// What tells one process from all others, as far as it says.
const IDENTITY: [&str; 6] = [
    "service.namespace",
    "service.name",
    "service.instance.id",
    "host.name",
    "process.pid",
    "process.creation.time",
];

/// A program: one process of one service. Written as 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProgramId(pub u64);

impl ProgramId {
    /// The program that a resource describes: FNV-1a over the attributes that name it, so that it is the same everywhere and always.
    pub fn of(resource: &Resource) -> Self {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let mut add = |text: &str| {
            // A byte that no UTF-8 text has ends each part.
            for byte in text.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        };
        for key in IDENTITY {
            let value = resource.attribute(key);
            add(&value.map_or_else(String::new, |value| canonical_text(value).into_owned()));
        }
        Self(hash)
    }
}

impl fmt::Display for ProgramId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A text that is not 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a program's id is 16 hex digits, as `programs` lists them")]
pub struct ParseProgramIdError;

impl FromStr for ProgramId {
    type Err = ParseProgramIdError;

    fn from_str(text: &str) -> Result<Self, ParseProgramIdError> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_hex);
        number.map(Self).ok_or(ParseProgramIdError)
    }
}

#[cfg(test)]
mod tests {
    use wakeful_model::Attribute;

    use super::*;

    fn id(attributes: &[(&str, &str)]) -> String {
        let attributes = attributes
            .iter()
            .map(|(key, value)| Attribute::new(*key, *value))
            .collect();
        let resource = Resource {
            attributes,
            ..Resource::default()
        };
        ProgramId::of(&resource).to_string()
    }

    #[test]
    fn a_process_is_told_by_what_names_it_and_nothing_else() {
        let one = [("service.name", "shop"), ("process.pid", "7")];
        assert_eq!(id(&one), "63c65d24c11cb93c");
        assert_eq!(id(&[one[1], one[0], ("telemetry.sdk.name", "wakeful")]), id(&one));
        assert_ne!(id(&[one[0], ("process.pid", "8")]), id(&one));
        assert_ne!(id(&[("service.name", "shop7")]), id(&one));
    }

    #[test]
    fn its_text_reads_back() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(text.parse::<ProgramId>().ok().map(|id| id.0), expected, "{text}");
        };
        check("00000000000000ff", Some(255));
        check("ff", None);
        check("+0000000000000ff", None);
        check("", None);
    }
}
