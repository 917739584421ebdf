//! Where log lines go, and what says which of them.

use std::io::{self, IsTerminal as _, Write};

use tracing_subscriber::filter::{LevelFilter, Targets};
use wakeful_subscriber::{LineFormat, LogLines};

use crate::LogFormat;

/// Lines in that form, on standard output if nothing else is said.
pub(crate) fn lines(
    format: LogFormat,
    filter: Targets,
    writer: Option<Box<dyn Write + Send>>,
    colours: Option<bool>,
) -> Option<LogLines> {
    let format = match format {
        LogFormat::Text => LineFormat::Text,
        LogFormat::Json => LineFormat::Json,
        LogFormat::None => return None,
    };
    // https://no-color.org
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Some(LogLines {
        filter,
        format,
        close_lines: false,
        colours: !no_color && colours.unwrap_or_else(|| writer.is_none() && io::stdout().is_terminal()),
        writer: writer.unwrap_or_else(|| Box::new(io::stdout())),
    })
}

/// Reads `RUST_LOG`; what is wrong with it comes beside the filter that holds instead.
pub(crate) fn filter(text: Option<&str>) -> (Targets, Option<String>) {
    let default = Targets::new().with_default(LevelFilter::INFO);
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return (default, None);
    };
    match text.parse::<Targets>() {
        Ok(targets) => (targets, None),
        Err(error) => {
            let problem = format!(
                "RUST_LOG={text:?} is not a list such as `info,my_crate=debug` ({error}); using info"
            );
            (default, Some(problem))
        }
    }
}

/// Says what is wrong with the settings where no subscriber is there yet to say it.
pub(crate) fn complain(problems: &[String]) {
    for problem in problems {
        // Nothing is left to tell if stderr is closed.
        let _ = writeln!(io::stderr(), "warning: {problem}");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_filter_that_is_none_is_named() {
        let check = |text, filter: &str, complains: bool| {
            let (found, problem) = super::filter(text);
            assert_eq!(found, filter.parse().unwrap(), "{text:?}");
            assert_eq!(problem.is_some(), complains, "{problem:?}");
        };
        check(None, "info", false);
        check(Some(" "), "info", false);
        check(Some("warn,mine=trace"), "warn,mine=trace", false);
        check(Some("mine=loud"), "info", true);
    }
}
