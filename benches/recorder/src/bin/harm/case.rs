//! What is compared.

use std::fmt;
use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
pub use wakeful::Processor;

use crate::work::End;

/// Where the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runtime {
    Multi,
    OneWorker,
    CurrentThread,
}

impl Runtime {
    pub const ALL: [Self; 3] = [Self::Multi, Self::OneWorker, Self::CurrentThread];

    pub fn name(self) -> &'static str {
        match self {
            Self::Multi => "multi-thread",
            Self::OneWorker => "one worker",
            Self::CurrentThread => "current-thread",
        }
    }

    pub fn build(self) -> Result<tokio::runtime::Runtime> {
        let mut builder = match self {
            Self::Multi | Self::OneWorker => tokio::runtime::Builder::new_multi_thread(),
            Self::CurrentThread => tokio::runtime::Builder::new_current_thread(),
        };
        if self == Self::OneWorker {
            builder.worker_threads(1);
        }
        Ok(builder.enable_all().build()?)
    }
}

/// What receives the spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receiver {
    /// Nobody listens.
    None,
    /// Accepts and never answers.
    Silent,
    /// Answers after a second.
    Slow,
    /// Resets every connection.
    Resetting,
    /// Answers at once.
    Good,
}

impl Receiver {
    pub const ALL: [Self; 5] = [Self::None, Self::Silent, Self::Slow, Self::Resetting, Self::Good];

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "no receiver",
            Self::Silent => "silent",
            Self::Slow => "slow",
            Self::Resetting => "resets",
            Self::Good => "good",
        }
    }
}

/// One program.
#[derive(Debug, Clone, Copy)]
pub enum Case {
    Untraced(Runtime),
    Traced(Processor, Runtime, Receiver),
}

impl Case {
    /// Whether it is one in which tracing must do no harm.
    pub fn is_harmful(self) -> bool {
        matches!(self, Self::Traced(_, _, receiver) if receiver != Receiver::Good)
    }

    /// Whether what the program counted as lost is all that did not arrive.
    pub fn is_counted(self, end: End) -> bool {
        match self {
            Self::Untraced(_) => end.lost == 0,
            // Some were received, and the bench does not look into requests.
            Self::Traced(_, _, Receiver::Slow | Receiver::Good) => end.lost <= end.spans,
            Self::Traced(..) => end.lost == end.spans,
        }
    }

    pub fn runtime(self) -> Runtime {
        match self {
            Self::Untraced(runtime) | Self::Traced(_, runtime, _) => runtime,
        }
    }

    /// As arguments of the process that runs it, with the receiver's address.
    pub fn to_arguments(self, address: impl FnOnce(Receiver) -> SocketAddr) -> Vec<String> {
        let texts: Vec<String> = match self {
            Self::Untraced(runtime) => vec![runtime.name().into()],
            Self::Traced(processor, runtime, receiver) => vec![
                runtime.name().into(),
                processor.name().into(),
                receiver.name().into(),
                address(receiver).to_string(),
            ],
        };
        [vec!["case".to_owned()], texts].concat()
    }

    /// The case and the address of its receiver; `None` if the arguments are not of a case.
    pub fn from_arguments(arguments: &[String]) -> Result<Option<(Self, Option<SocketAddr>)>> {
        let Some(("case", texts)) = arguments
            .split_first()
            .map(|(first, rest)| (first.as_str(), rest))
        else {
            return Ok(None);
        };
        let runtime = |name: &str| {
            let runtime = Runtime::ALL.into_iter().find(|it| it.name() == name);
            runtime.context("no such runtime")
        };
        Ok(Some(match texts {
            [of] => (Self::Untraced(runtime(of)?), None),
            [of, processor, receiver, address] => {
                let processor = Processor::from_name(processor).context("no such processor")?;
                let receiver = Receiver::ALL.into_iter().find(|it| it.name() == receiver);
                let receiver = receiver.context("no such receiver")?;
                (
                    Self::Traced(processor, runtime(of)?, receiver),
                    Some(address.parse()?),
                )
            }
            _ => bail!("a case is a runtime, or a runtime, a processor, a receiver and its address"),
        }))
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Untraced(runtime) => format!("{}, no tracing", runtime.name()),
            Self::Traced(processor, runtime, receiver) => {
                let processor = match processor {
                    Processor::Simple => "simple",
                    Processor::Batch => "batch",
                    Processor::BatchOnRuntime => "batch on runtime",
                };
                format!("{}, {processor}, {}", runtime.name(), receiver.name())
            }
        };
        f.pad(&text)
    }
}
