//! Where requests go: a receiver, standard output, a file.

use std::io::{self, Write as _};
use std::num::NonZeroU16;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use wakeful_wire::frame;
use wakeful_wire::otlp::{Signal, request_to_json};

use crate::jaeger::JaegerAgent;
use crate::otlp::{Failure, Otlp, OtlpError, Stop};
use crate::outage::{Outage, Reporter};
use crate::recording::Recording;
use crate::settings::{ExporterKind, JaegerSettings, Settings, SignalSettings};

/// Why an exporter cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A receiver cannot be reached as it is set.
    #[error(transparent)]
    Otlp(#[from] OtlpError),
    /// The Jaeger agent's address.
    #[error("cannot send to the Jaeger agent at {host}:{port}: {source}; give a host that can be looked up")]
    Jaeger {
        /// Its host.
        host: String,
        /// Its UDP port.
        port: NonZeroU16,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The recording's file.
    #[error("cannot write a recording to {}: {source}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The exporter's thread.
    #[error("cannot start the exporter's thread: {0}")]
    Thread(#[source] io::Error),
}

/// Takes requests of one signal.
#[derive(Debug)]
pub(crate) struct Destination {
    kind: Kind,
    outage: Outage,
}

#[derive(Debug)]
enum Kind {
    Otlp(Otlp),
    JaegerAgent(JaegerAgent),
    Console,
    Recording(Arc<Recording>),
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was received, all but that many of its items.
    Received { rejected: u64 },
    /// It was taken, all but that many of its items, which nobody took.
    Partly { failed: u64 },
    /// It was refused as a whole.
    Refused,
    /// It was not even tried: too much waits for a destination that is slower than others.
    NoRoom,
    /// Nobody took it.
    Failed,
}

impl Outcome {
    /// Of two destinations' outcomes the one that loses more.
    pub(crate) fn worst(self, other: Self) -> Self {
        match (self, other) {
            (Self::Received { rejected: a }, Self::Received { rejected: b }) => {
                Self::Received { rejected: a.max(b) }
            }
            (Self::Partly { failed: a }, Self::Partly { failed: b }) => Self::Partly { failed: a.max(b) },
            (one, other) if one.rank() < other.rank() => other,
            (one, _) => one,
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Received { .. } => 0,
            Self::Partly { .. } => 1,
            Self::Refused => 2,
            Self::NoRoom => 3,
            Self::Failed => 4,
        }
    }
}

impl Destination {
    /// Everything that takes a signal, by its settings.
    pub(crate) fn all(
        signal: Signal,
        settings: &Settings,
        recording: Option<&Arc<Recording>>,
    ) -> Result<Vec<Self>, StartError> {
        let of_signal = match signal {
            Signal::Traces => &settings.traces,
            Signal::Logs => &settings.logs,
        };
        let mut all = of_signal
            .exporters
            .iter()
            .map(|kind| Self::new(signal, *kind, of_signal, &settings.jaeger))
            .collect::<Result<Vec<_>, _>>()?;
        all.extend(recording.map(|recording| Self {
            kind: Kind::Recording(recording.clone()),
            outage: Outage::new(what(signal), recording.path()),
        }));
        Ok(all)
    }

    fn new(
        signal: Signal,
        kind: ExporterKind,
        settings: &SignalSettings,
        jaeger: &JaegerSettings,
    ) -> Result<Self, StartError> {
        let (kind, to) = match kind {
            ExporterKind::Otlp => {
                let otlp = Otlp::new(signal, &settings.otlp)?;
                let to = otlp.url().to_string();
                (Kind::Otlp(otlp), to)
            }
            ExporterKind::JaegerAgent => {
                let agent = JaegerAgent::new(jaeger, settings.batch.export_timeout);
                let agent = agent.map_err(|source| StartError::Jaeger {
                    host: jaeger.host.clone(),
                    port: jaeger.port,
                    source,
                })?;
                let to = format!("the Jaeger agent at {}", agent.address());
                (Kind::JaegerAgent(agent), to)
            }
            ExporterKind::Console => (Kind::Console, "standard output".to_owned()),
        };
        Ok(Self {
            kind,
            outage: Outage::new(what(signal), to),
        })
    }

    /// Sends a request of `count` items until it is received or given up.
    pub(crate) async fn send(
        &self,
        signal: Signal,
        request: Bytes,
        count: u64,
        stop: &mut Stop,
        reporter: &Reporter,
    ) -> Outcome {
        let on_failure = |failure: &Failure| self.outage.failed(reporter, &failure.to_string());
        let sent = match &self.kind {
            Kind::JaegerAgent(agent) => return self.send_datagrams(agent, &request, reporter).await,
            Kind::Otlp(otlp) => otlp.send(request, stop, &on_failure).await,
            Kind::Console => console(signal, &request),
            Kind::Recording(recording) => record(signal, &request, recording),
        };
        match sent {
            Ok(answer) => {
                self.outage.succeeded(reporter);
                let rejected = answer.rejected.min(count);
                if rejected > 0 || !answer.message.is_empty() {
                    self.outage.refused(reporter, rejected, &answer.message);
                }
                Outcome::Received { rejected }
            }
            Err(failure) => {
                on_failure(&failure);
                self.outage.lost(count);
                if failure.is_refusal() {
                    Outcome::Refused
                } else {
                    Outcome::Failed
                }
            }
        }
    }

    async fn send_datagrams(&self, agent: &JaegerAgent, request: &[u8], reporter: &Reporter) -> Outcome {
        let not_sent = agent.send(request).await;
        if not_sent.spans == 0 {
            self.outage.succeeded(reporter);
        } else {
            self.outage.failed(reporter, &not_sent.why);
            self.outage.lost(not_sent.spans);
        }
        Outcome::Partly {
            failed: not_sent.spans,
        }
    }

    /// Writes a request if the destination is on this machine, where nobody has to be waited for; whether that was done.
    pub(crate) fn write(&self, signal: Signal, request: &[u8]) -> bool {
        match &self.kind {
            Kind::Console => console(signal, request).is_ok(),
            Kind::Recording(recording) => record(signal, request, recording).is_ok(),
            Kind::Otlp(_) | Kind::JaegerAgent(_) => false,
        }
    }

    /// How many spans were cut because there was no room for all of them.
    pub(crate) fn cut_spans(&self) -> u64 {
        match &self.kind {
            Kind::JaegerAgent(agent) => agent.cut_spans(),
            Kind::Otlp(_) | Kind::Console | Kind::Recording(_) => 0,
        }
    }

    /// A request of so many items was not tried.
    pub(crate) fn had_no_room(&self, count: u64) {
        self.outage.lost(count);
    }

    /// The time for a request is over.
    pub(crate) fn gave_up(&self, count: u64, reporter: &Reporter) {
        self.outage
            .failed(reporter, "no answer in the time that an export has");
        self.outage.lost(count);
    }

    /// Forgets what belongs to a runtime that is no more.
    pub(crate) fn leave_runtime(&self) {
        if let Kind::Otlp(otlp) = &self.kind {
            otlp.forget_connections();
        }
    }
}

fn what(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "spans",
        Signal::Logs => "log records",
    }
}

type Sent = Result<wakeful_wire::otlp::Answer, Failure>;

fn console(signal: Signal, request: &[u8]) -> Sent {
    let mut line = request_to_json(signal, request)?;
    line.push('\n');
    io::stdout().write_all(line.as_bytes()).map_err(Failure::Write)?;
    Ok(wakeful_wire::otlp::Answer::default())
}

/// Appends a frame. A recording is a file of frames, one request each; `sequence` has no meaning in it.
fn record(signal: Signal, request: &[u8], recording: &Recording) -> Sent {
    let kind = match signal {
        Signal::Traces => frame::Kind::OtlpTraces,
        Signal::Logs => frame::Kind::OtlpLogs,
    };
    let mut bytes = Vec::with_capacity(frame::framed_bytes(request.len()));
    let framed = frame::write(&mut bytes, kind, 0, frame::NO_KEY, request).map_err(io::Error::from);
    framed
        .and_then(|_| recording.append(&bytes))
        .map_err(Failure::Write)?;
    Ok(wakeful_wire::otlp::Answer::default())
}
