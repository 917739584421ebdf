//! Where a program's console is.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use http::Uri;

/// The address of a program's console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A host, by name or number, and a port.
    Tcp {
        /// Without brackets.
        host: String,
        /// 6669 unless told otherwise.
        port: u16,
    },
    /// A Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Target {
    /// Where consoles listen.
    pub const PORT: u16 = 6669;

    /// What stands in a request's URL.
    pub(super) fn authority(&self) -> String {
        match self {
            Self::Tcp { host, port } if host.contains(':') => format!("[{host}]:{port}"),
            Self::Tcp { host, port } => format!("{host}:{port}"),
            #[cfg(unix)]
            Self::Unix(_) => "localhost".to_owned(),
        }
    }
}

impl Default for Target {
    fn default() -> Self {
        Self::Tcp {
            host: "127.0.0.1".to_owned(),
            port: Self::PORT,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { .. } => write!(f, "http://{}/", self.authority()),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "file://localhost{}", path.display()),
        }
    }
}

/// Why a text is not the address of a console.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is not the form of an address.
    #[error(
        "`{0}` is not an address; give one like http://127.0.0.1:6669 or file://localhost/run/console.sock"
    )]
    Malformed(String),
    /// TLS.
    #[error("consoles do not speak https; give http, and bring it here through a tunnel (ssh -L) or a proxy")]
    Https,
    /// The path of a socket that is elsewhere.
    #[error("a socket in the file system must be on this machine; give file://localhost/PATH")]
    Elsewhere,
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || TargetError::Malformed(text.to_owned());
        #[cfg(unix)]
        if let Some(rest) = text.strip_prefix("file://") {
            let (host, path) = rest.split_at(rest.find('/').ok_or_else(malformed)?);
            return match host {
                "" | "localhost" => Ok(Self::Unix(PathBuf::from(path))),
                _ => Err(TargetError::Elsewhere),
            };
        }
        let uri: Uri = text.parse().map_err(|_| malformed())?;
        match uri.scheme_str() {
            Some("https") => return Err(TargetError::Https),
            Some("http") | None => {}
            Some(_) => return Err(malformed()),
        }
        let host = uri.host().ok_or_else(malformed)?;
        if !matches!(uri.path(), "" | "/") {
            return Err(malformed());
        }
        Ok(Self::Tcp {
            host: host.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: uri.port_u16().unwrap_or(Self::PORT),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_those_of_tokio_console() {
        let check = |text: &str, expected: &str| {
            let shown = match text.parse::<Target>() {
                Ok(target) => target.to_string(),
                Err(error) => error.to_string(),
            };
            assert_eq!(shown, expected);
        };
        check("http://127.0.0.1:7001", "http://127.0.0.1:7001/");
        check("http://web-1", "http://web-1:6669/");
        check("localhost:7001", "http://localhost:7001/");
        check("http://[::1]:7001/", "http://[::1]:7001/");
        check("file:///run/c.sock", "file://localhost/run/c.sock");
        check("file://localhost/run/c.sock", "file://localhost/run/c.sock");
        check(
            "file://web-1/run/c.sock",
            "a socket in the file system must be on this machine; give file://localhost/PATH",
        );
        check(
            "https://web-1:6669",
            "consoles do not speak https; give http, and bring it here through a tunnel (ssh -L) or a proxy",
        );
        check(
            "ftp://web-1",
            "`ftp://web-1` is not an address; give one like http://127.0.0.1:6669 or file://localhost/run/console.sock",
        );
    }
}
