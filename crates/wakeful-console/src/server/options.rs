//! console-subscriber's settings.

use std::path::PathBuf;
use std::time::Duration;

use crate::{DurationError, parse_duration};

/// How a program lets tokio-console attach. The defaults are console-subscriber's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerOptions {
    /// `TOKIO_CONSOLE_BIND`: a host and a port.
    pub bind: String,
    /// `TOKIO_CONSOLE_PUBLISH_INTERVAL`: between two updates.
    pub publish_interval: Duration,
    /// `TOKIO_CONSOLE_RETENTION`: for how long tasks and resources that are gone are kept for clients that attach later.
    pub retention: Duration,
    /// `TOKIO_CONSOLE_RECORD_PATH`: a file for all batches, as frames, which wakeful reads.
    pub record_path: Option<PathBuf>,
    /// `TOKIO_CONSOLE_BUFFER_CAPACITY`: how many new tasks, resources and operations are taken from one batch; the rest is dropped
    /// and counted.
    pub buffer_capacity: usize,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1:6669".to_owned(),
            publish_interval: Duration::from_secs(1),
            retention: Duration::from_secs(3_600),
            record_path: None,
            buffer_capacity: 102_400,
        }
    }
}

/// A variable says something that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariableError {
    /// It is not a time.
    #[error("{name}: {source}")]
    Duration {
        /// The variable.
        name: &'static str,
        /// What is wrong.
        source: DurationError,
    },
    /// It is not a number.
    #[error("{name}: `{value}` is not a number above 0; give one like 102400")]
    Number {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
    },
}

impl ServerOptions {
    /// Reads the five variables of console-subscriber.
    ///
    /// # Errors
    ///
    /// One says something that cannot be.
    pub fn from_env() -> Result<Self, VariableError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same from anywhere.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, VariableError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let duration = |name, default| match set(name) {
            None => Ok(default),
            Some(value) => parse_duration(&value).map_err(|source| VariableError::Duration { name, source }),
        };
        let default = Self::default();
        let number = |name, default| match set(name) {
            None => Ok(default),
            Some(value) => match value.parse() {
                Ok(number) if number > 0 => Ok(number),
                _ => Err(VariableError::Number { name, value }),
            },
        };
        let publish_interval = duration("TOKIO_CONSOLE_PUBLISH_INTERVAL", default.publish_interval)?;
        Ok(Self {
            bind: set("TOKIO_CONSOLE_BIND").unwrap_or(default.bind),
            // A timer cannot fire all the time.
            publish_interval: publish_interval.max(Duration::from_millis(1)),
            retention: duration("TOKIO_CONSOLE_RETENTION", default.retention)?,
            record_path: set("TOKIO_CONSOLE_RECORD_PATH").map(PathBuf::from),
            buffer_capacity: number("TOKIO_CONSOLE_BUFFER_CAPACITY", default.buffer_capacity)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(set: &[(&str, &str)], expected: Expect) {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        let said = match ServerOptions::from_variables(variable) {
            Ok(options) => format!("{options:?}"),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&said);
    }

    #[test]
    fn the_five_variables_are_honoured() {
        check(
            &[],
            expect![[
                r#"ServerOptions { bind: "127.0.0.1:6669", publish_interval: 1s, retention: 3600s, record_path: None, buffer_capacity: 102400 }"#
            ]],
        );
        let all = [
            ("TOKIO_CONSOLE_BIND", "[::1]:7001"),
            ("TOKIO_CONSOLE_PUBLISH_INTERVAL", "250ms"),
            ("TOKIO_CONSOLE_RETENTION", "10min"),
            ("TOKIO_CONSOLE_RECORD_PATH", "/tmp/console.rec"),
            ("TOKIO_CONSOLE_BUFFER_CAPACITY", "7"),
        ];
        check(
            &all,
            expect![[
                r#"ServerOptions { bind: "[::1]:7001", publish_interval: 250ms, retention: 600s, record_path: Some("/tmp/console.rec"), buffer_capacity: 7 }"#
            ]],
        );
        check(
            &[("TOKIO_CONSOLE_RETENTION", "soon")],
            expect!["TOKIO_CONSOLE_RETENTION: `soon` is not a time; give one like 6s, 500ms or `1m 30s`"],
        );
        check(
            &[("TOKIO_CONSOLE_BUFFER_CAPACITY", "0")],
            expect!["TOKIO_CONSOLE_BUFFER_CAPACITY: `0` is not a number above 0; give one like 102400"],
        );
    }
}
