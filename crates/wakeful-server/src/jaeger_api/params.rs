//! The parameters of a request, read as Go reads them.

use super::error::ApiError;
use super::go;

/// Names and values of a query string, in its order.
#[derive(Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query string; what is not valid UTF-8 in it is replaced.
    pub(super) fn parse(query: Option<&str>) -> Self {
        Self(
            form_urlencoded::parse(query.unwrap_or_default().as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The first value of `name`; empty if there is none.
    pub(super) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The first value of the first of `names` that has one, with the name that it came under: the last name, if
    /// none has.
    pub(super) fn get_any<'a, const N: usize>(&self, names: [&'a str; N]) -> (&str, &'a str) {
        let found = names
            .into_iter()
            .map(|name| (self.get(name), name))
            .find(|(value, _)| !value.is_empty());
        found.unwrap_or(("", names.last().copied().unwrap_or_default()))
    }

    /// Every value of `name`.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether `name` occurs at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Whether the answer is to be indented: `prettyPrint` may be anything but `false`.
    pub(super) fn pretty(&self) -> bool {
        !matches!(self.get("prettyPrint"), "" | "false")
    }

    /// The first value of `name`, read by `read`; `None` if it is absent or empty.
    pub(super) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ApiError> {
        match self.get(name) {
            "" => Ok(None),
            text => match read(text) {
                Ok(value) => Ok(Some(value)),
                Err(why) => Err(ApiError::bad_request(format!(
                    "unable to parse param '{name}': {why}"
                ))),
            },
        }
    }

    /// Whether `raw` asks for the trace without adjustments.
    pub(super) fn raw(&self) -> Result<bool, ApiError> {
        Ok(self.read("raw", go::parse_bool)?.unwrap_or(false))
    }
}
