//! The settings of `wakeful top`: tokio-console's, by its names.

use std::time::Duration;

use clap::{ArgAction, Args, ValueEnum};
use wakeful_live::Lint;

/// What one asks `top` for. What is not given stands in `console.toml`, or has its default.
#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// A program's console, http://HOST:6669 or file://localhost/PATH, or a wakeful server, http://HOST:16686
    /// [default: http://127.0.0.1:6669]
    #[arg(value_name = "TARGET_ADDR")]
    pub(crate) target: Option<String>,
    /// Of a server: the program, by service, process id, or id
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) program: Option<String>,
    /// Of a server: what was so long ago, as `10m`
    #[arg(long, value_name = "TIME", value_parser = wakeful_console::parse_duration)]
    pub(crate) at: Option<Duration>,
    /// Lints to warn of, separated by commas [default: all]
    #[arg(short = 'W', long = "warn", value_name = "LINT", value_delimiter = ',')]
    pub(crate) warn: Vec<Lint>,
    /// Lints not to warn of, separated by commas, or `all`
    #[arg(short = 'A', long = "allow", value_name = "LINT", value_delimiter = ',')]
    pub(crate) allow: Vec<Allowed>,
    /// How long to show tasks and resources that are gone, as `6s` or `1m 30s`, or `none` to keep them [default: 6s]
    #[arg(long, value_name = "TIME")]
    pub(crate) retain_for: Option<RetainFor>,
    /// The terminal's language, whose end says whether it can show UTF-8
    #[arg(long, value_name = "LANG", env = "LANG")]
    pub(crate) lang: Option<String>,
    /// Show ASCII characters alone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) ascii_only: Option<bool>,
    /// Show no colours, as NO_COLOR does
    #[arg(long, action = ArgAction::SetTrue)]
    pub(crate) no_colors: bool,
    /// What the terminal says of its colours: `truecolor` or `24bit`
    #[arg(long, value_name = "COLORTERM", env = "COLORTERM")]
    pub(crate) colorterm: Option<String>,
    /// How many colours to use
    #[arg(long, value_enum, value_name = "PALETTE")]
    pub(crate) palette: Option<Palette>,
    /// Do not colour durations by their unit
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) no_duration_colors: Option<bool>,
    /// Do not colour what is gone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(crate) no_terminated_colors: Option<bool>,
    /// Print the screen once, as text, and end
    #[arg(long, conflicts_with = "json")]
    pub(crate) once: bool,
    /// Print tasks, resources and findings once, a line of JSON each, and end
    #[arg(long)]
    pub(crate) json: bool,
    /// The screen that is shown first
    #[arg(long, value_enum, value_name = "VIEW", default_value_t = FirstView::Tasks)]
    pub(crate) view: FirstView,
}

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
pub(crate) enum Palette {
    /// Eight
    #[value(name = "8")]
    #[serde(rename = "8")]
    Eight,
    /// Eight, and eight bright ones
    #[value(name = "16")]
    #[serde(rename = "16")]
    Sixteen,
    /// 256
    #[value(name = "256")]
    #[serde(rename = "256")]
    Indexed,
    /// 24 bits
    #[value(name = "all")]
    #[serde(rename = "all")]
    All,
    /// None
    #[value(name = "off")]
    #[serde(rename = "off")]
    Off,
}

/// A screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FirstView {
    /// The list of tasks
    Tasks,
    /// The list of resources
    Resources,
    /// Workers and queues
    Runtime,
    /// Of a server: spans and events as they come
    Spans,
    /// Of a server: the latest traces
    Traces,
}

/// A lint not to warn of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    All,
    Lint(Lint),
}

impl std::str::FromStr for Allowed {
    type Err = wakeful_live::UnknownLint;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "all" => Ok(Self::All),
            name => name.parse().map(Self::Lint),
        }
    }
}

/// How long what is gone stays; `None` for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RetainFor(pub(crate) Option<u64>);

impl Default for RetainFor {
    fn default() -> Self {
        Self(Some(6_000_000_000))
    }
}

impl std::str::FromStr for RetainFor {
    type Err = wakeful_console::DurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "none" => Ok(Self(None)),
            text => {
                let nanos = wakeful_console::parse_duration(text)?.as_nanos();
                Ok(Self(Some(u64::try_from(nanos).unwrap_or(u64::MAX))))
            }
        }
    }
}
