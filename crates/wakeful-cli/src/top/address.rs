//! What `top` is attached to: a program's console, or a server that keeps what programs tell.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use wakeful_console::{Target, TargetError};

/// An address. Many may be either: what answers there tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The console that may be there.
    pub(crate) console: Option<Target>,
    /// Where the server's page is, if there may be one; ends with a slash.
    pub(crate) page: Option<String>,
}

impl Default for Address {
    fn default() -> Self {
        Self::of(Target::default())
    }
}

impl Address {
    /// The address of a server alone; `None` if no server can be there.
    pub(crate) fn of_server(self) -> Option<Self> {
        let page = Some(self.page?);
        Some(Self { console: None, page })
    }

    fn of(console: Target) -> Self {
        let is_http = matches!(console, Target::Tcp { .. });
        Self {
            page: is_http.then(|| console.to_string()),
            console: Some(console),
        }
    }
}

impl FromStr for Address {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let malformed = match text.parse() {
            Ok(console) => return Ok(Self::of(console)),
            Err(error) => error,
        };
        // A page below a path, as behind a proxy.
        let page = text.parse::<Uri>().ok();
        let page = page.filter(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
        let page = page.filter(|uri| uri.query().is_none()).ok_or(malformed)?;
        Ok(Self {
            console: None,
            page: Some(format!("{}/", page.to_string().trim_end_matches('/'))),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.console, &self.page) {
            (Some(console), _) => console.fmt(f),
            (None, page) => f.write_str(page.as_deref().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_of_consoles_and_of_pages() {
        let check = |text: &str, console: Option<&str>, page: Option<&str>| {
            let address: Address = text.parse().unwrap();
            let found = address.console.as_ref().map(ToString::to_string);
            assert_eq!(
                (found.as_deref(), address.page.as_deref()),
                (console, page),
                "{text}"
            );
        };
        let http = Some("http://web-1:16686/");
        check("http://web-1:16686", http, http);
        check("web-1:16686", http, http);
        check("http://web-1/traces/", None, Some("http://web-1/traces/"));
        #[cfg(unix)]
        check(
            "file://localhost/run/c.sock",
            Some("file://localhost/run/c.sock"),
            None,
        );
        for text in ["https://web-1", "https://web-1/traces", "ftp://web-1"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
