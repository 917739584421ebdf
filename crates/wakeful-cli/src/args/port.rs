//! A port as a setting.

use std::fmt;
use std::str::FromStr;

/// Where a listener is, or that it is not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Port {
    /// 0 means any that is free.
    At(u16),
    Off,
}

/// Neither a port nor `off`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("give a port from 1 to 65535, 0 for any free one, or `off`")]
pub(crate) struct NoPort;

impl FromStr for Port {
    type Err = NoPort;

    fn from_str(text: &str) -> Result<Self, NoPort> {
        match text {
            "off" => Ok(Self::Off),
            number => number.parse().map(Self::At).map_err(|_| NoPort),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(port) => port.fmt(f),
            Self::Off => f.write_str("off"),
        }
    }
}
