//! tokio-console's protocol: a stock tokio-console 0.1.14, or `wakeful top`, attaches to the program.
//!
//! [`main`](macro@crate::main) lets them attach at 127.0.0.1:6669, or where `TOKIO_CONSOLE_BIND` says. [`init`](crate::init),
//! [`try_init`](crate::try_init) and [`layer`](crate::layer) do so if that variable is set, and
//! [`Builder::console`](crate::Builder::console) in any case. An address that cannot be had is said in a warning, and the program goes on.
//!
//! ```no_run
//! use wakeful::console::ServerOptions;
//!
//! // 127.0.0.1:6669, or what the five variables of console-subscriber say.
//! let _wakeful = wakeful::builder().console(ServerOptions::from_env()?).try_init()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub use wakeful_console::{DurationError, Feed, Server, ServerError, ServerOptions, VariableError};
use wakeful_export::Exporter;

use crate::Builder;

const BIND: &str = "TOKIO_CONSOLE_BIND";

/// What a builder was told of consoles.
#[derive(Debug, Default)]
pub(crate) enum Setting {
    /// Nothing.
    #[default]
    Unsaid,
    /// Nobody attaches.
    Off,
    /// A server of its own.
    Serve(ServerOptions),
    /// A server that others feed too.
    Feed(Feed),
    /// The variables say what cannot be.
    Wrong(VariableError),
}

impl Setting {
    /// What the variables say.
    pub(crate) fn by_variables(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        ServerOptions::from_variables(variable).map_or_else(Self::Wrong, Self::Serve)
    }

    /// For a recorder that becomes the program's: the variable turns it on.
    pub(crate) fn or_by_variable(self, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let is_set = || variable(BIND).is_some_and(|bind| !bind.is_empty());
        match self {
            Self::Unsaid if is_set() => Self::by_variables(variable),
            said => said,
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Feed(_))
    }

    /// Shows consoles what the exporter sees of runtimes. What prevents it is no error of the program, so it is only said.
    pub(crate) fn attach(self, exporter: Option<&Exporter>) -> Option<String> {
        let feed = match (self, exporter) {
            (Self::Wrong(error), _) => return Some(error.to_string()),
            (Self::Feed(feed), Some(_)) => feed,
            (Self::Serve(options), Some(_)) => match Server::spawn(&options) {
                Ok(feed) => feed,
                Err(error) => return Some(error.to_string()),
            },
            _ => return None,
        };
        exporter?.tap_runtimes(move |batch| feed.push(batch));
        None
    }
}

impl Builder {
    /// Lets tokio-console attach, at the address that `options` name. If that cannot be had, a warning says so.
    pub fn console(mut self, options: ServerOptions) -> Self {
        self.console = Setting::Serve(options);
        self
    }

    /// Tells a console that others feed too: for a program that is several services with a recorder each. [`Server::spawn`] makes the feed.
    pub fn console_feed(mut self, feed: Feed) -> Self {
        self.console = Setting::Feed(feed);
        self
    }

    /// [`Self::console`] with what console-subscriber's variables say.
    pub(crate) fn console_by_variables(mut self) -> Self {
        self.console = Setting::by_variables(&self.lookup);
        self
    }

    /// Lets nobody attach, whatever `TOKIO_CONSOLE_BIND` says.
    pub fn without_console(mut self) -> Self {
        self.console = Setting::Off;
        self
    }
}
