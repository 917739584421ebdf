//! Where frames of runtime data go: a backend's `POST /wakeful/v1/frames`, a recording.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use wakeful_wire::otlp::Signal;

use crate::destination::StartError;
use crate::otlp::{Failure, Otlp, Stop};
use crate::outage::{Outage, Reporter};
use crate::recording::Recording;
use crate::settings::{Endpoint, ExporterKind, OtlpSettings, Protocol, Settings};

/// The path of a backend that keeps runtime data.
const PATH: &str = "/wakeful/v1/frames";

/// What is sent, in messages.
const WHAT: &str = "runtime data";

/// Takes frames.
#[derive(Debug)]
pub(crate) struct FrameDestination {
    backend: Option<Backend>,
    recording: Option<(Arc<Recording>, Outage)>,
}

#[derive(Debug)]
struct Backend {
    otlp: Otlp,
    outage: Outage,
    /// It has said that it does not keep such data.
    is_refusing: AtomicBool,
}

impl FrameDestination {
    /// What the settings say; `None` if nobody wants frames.
    pub(crate) fn new(
        settings: &Settings,
        recording: Option<&Arc<Recording>>,
    ) -> Result<Option<Self>, StartError> {
        let spans_go_by_otlp = settings.traces.exporters.contains(&ExporterKind::Otlp);
        let endpoint = match &settings.runtime.endpoint {
            Some(endpoint) => Some(endpoint.clone()),
            None if spans_go_by_otlp => beside(&settings.traces.otlp),
            None => None,
        };
        let backend = endpoint.map(|endpoint| Backend::new(endpoint, &settings.traces.otlp));
        let backend = backend.transpose()?;
        let recording = recording.map(|recording| {
            let outage = Outage::new(WHAT, recording.path());
            (recording.clone(), outage)
        });
        let is_wanted = settings.runtime.enabled && (backend.is_some() || recording.is_some());
        Ok(is_wanted.then_some(Self { backend, recording }))
    }

    /// Sends frames until they are received or given up. Whether more is wanted.
    pub(crate) async fn send(&self, frames: Bytes, stop: &mut Stop, reporter: &Reporter) -> Sent {
        let (mut is_lost, mut is_wanted) = (false, false);
        if let Some((recording, outage)) = &self.recording {
            is_wanted = true;
            match recording.append(&frames) {
                Ok(()) => outage.succeeded(reporter),
                Err(error) => {
                    outage.failed(reporter, &Failure::Write(error).to_string());
                    outage.lost(1);
                    is_lost = true;
                }
            }
        }
        if let Some(backend) = &self.backend
            && !backend.is_refusing.load(Ordering::Relaxed)
        {
            is_lost |= !backend.send(frames, stop, reporter).await;
            is_wanted |= !backend.is_refusing.load(Ordering::Relaxed);
        }
        Sent { is_lost, is_wanted }
    }

    /// Forgets what belongs to a runtime that is no more.
    pub(crate) fn leave_runtime(&self) {
        if let Some(backend) = &self.backend {
            backend.otlp.forget_connections();
        }
    }
}

/// How sending ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The frames did not arrive.
    pub(crate) is_lost: bool,
    /// Further ones are wanted.
    pub(crate) is_wanted: bool,
}

impl Backend {
    fn new(endpoint: Endpoint, like: &OtlpSettings) -> Result<Self, StartError> {
        let settings = OtlpSettings {
            endpoint: Some(endpoint),
            protocol: Some(Protocol::HttpProtobuf),
            ..like.clone()
        };
        // The URL is exact, so that the signal does not matter.
        let otlp = Otlp::new(Signal::Traces, &settings)?;
        let outage = Outage::new(WHAT, otlp.url().to_string());
        Ok(Self {
            otlp,
            outage,
            is_refusing: AtomicBool::new(false),
        })
    }

    async fn send(&self, frames: Bytes, stop: &mut Stop, reporter: &Reporter) -> bool {
        let on_failure = |failure: &Failure| self.outage.failed(reporter, &failure.to_string());
        match self.otlp.send(frames, stop, &on_failure).await {
            Ok(_) => {
                self.outage.succeeded(reporter);
                true
            }
            Err(Failure::NoSuchPath { .. }) => {
                self.is_refusing.store(true, Ordering::Relaxed);
                reporter.keeps_no_runtime_data(&self.otlp.url().to_string());
                false
            }
            Err(failure) => {
                on_failure(&failure);
                self.outage.lost(1);
                false
            }
        }
    }
}

/// The backend's HTTP port beside its receiver of spans: the same one, or 4318 beside 4317.
fn beside(otlp: &OtlpSettings) -> Option<Endpoint> {
    let usual = otlp.endpoint.as_ref().and_then(Endpoint::usual_protocol);
    let protocol = otlp.protocol.or(usual).unwrap_or(Protocol::Grpc);
    let endpoint = otlp.endpoint.clone().unwrap_or_else(|| Endpoint::local(protocol));
    let port = match (protocol, endpoint.port()) {
        (Protocol::Grpc, 4317) => 4318,
        // Where such a receiver's HTTP port is cannot be known.
        (Protocol::Grpc, _) => return None,
        (_, port) => port,
    };
    endpoint.elsewhere(port, PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_go_to_the_http_port_beside_the_receiver_of_spans() {
        let check = |url: Option<&str>, protocol, expected: Option<&str>| {
            let settings = OtlpSettings {
                endpoint: url.map(|url| Endpoint::base(url, true).unwrap()),
                protocol,
                ..OtlpSettings::default()
            };
            let url = beside(&settings).map(|endpoint| endpoint.url(Protocol::HttpProtobuf, Signal::Traces));
            assert_eq!(url.map(|url| url.to_string()).as_deref(), expected);
        };
        check(None, None, Some("http://localhost:4318/wakeful/v1/frames"));
        check(
            Some("http://a:4317"),
            None,
            Some("http://a:4318/wakeful/v1/frames"),
        );
        check(
            Some("http://a:4318/otlp"),
            None,
            Some("http://a:4318/wakeful/v1/frames"),
        );
        check(
            Some("http://a:9"),
            Some(Protocol::HttpProtobuf),
            Some("http://a:9/wakeful/v1/frames"),
        );
        check(Some("http://a:9"), Some(Protocol::Grpc), None);
        check(
            Some("http://[::1]:4317"),
            None,
            Some("http://[::1]:4318/wakeful/v1/frames"),
        );
    }
}
