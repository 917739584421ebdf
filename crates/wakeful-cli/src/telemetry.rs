//! What this program says about itself: log lines on stderr, and spans where somebody asks for them.

use std::cell::Cell;
use std::io::{IsTerminal as _, stderr};
use std::net::{IpAddr, ToSocketAddrs as _, UdpSocket};
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use wakeful::{Endpoint, ExporterKind, Guard, LogFormat, SignalSettings};
use wakeful_server::Listener;

use crate::args::{Command, Port, PortArgs};

/// What is left to send must not keep who waits for the end.
const LAST_EXPORT: Duration = Duration::from_millis(1500);

/// Starts it. `RUST_LOG` chooses which lines there are (default `info`). Spans are sent if a flag or variable says where to, but
/// never to this server: telling that one span came would be the next span to tell of.
pub(crate) fn start(command: &Command) -> anyhow::Result<Guard> {
    let ports = match command {
        Command::Serve(args) => Some(&args.server.ports),
        Command::Demo(args) => Some(&args.server.ports),
        Command::Get(_) | Command::Top(_) | Command::DemoProgram(_) => None,
    };
    let builder = match command {
        Command::Serve(args) => args.server.telemetry.builder(),
        Command::Demo(args) => args.server.telemetry.builder(),
        // A client's span is the service's to record, and the shop has exporters of its own.
        Command::Get(_) | Command::DemoProgram(_) => wakeful::builder().without_exporters(),
        // Its screen is no place for log lines.
        Command::Top(_) => wakeful::builder().without_exporters().log_format(LogFormat::None),
    };
    let own = ports.map(OwnPorts::of);
    let refused = Rc::new(Cell::new(None));
    let refusal = Rc::clone(&refused);
    let guard = builder
        .export(move |settings| {
            let is_named = settings
                .resource
                .get("service.name")
                .is_some_and(|name| !name.starts_with("unknown_service"));
            if !is_named {
                settings.resource.set("service.name", "wakeful");
            }
            for signal in [&mut settings.traces, &mut settings.logs] {
                let own = own.as_ref().and_then(|own| own.among(signal));
                if own.is_some() || signal.otlp.endpoint.is_none() {
                    signal.exporters.retain(|kind| *kind != ExporterKind::Otlp);
                }
                refusal.set(own.or(refusal.get()));
            }
        })
        // The demo's program has one, at the address of the same variable.
        .without_console()
        .log_writer(stderr())
        .log_colours(stderr().is_terminal())
        .shutdown_timeout(LAST_EXPORT)
        .try_init()
        .context("cannot say anything about this program itself")?;
    if let Some(port) = refused.get() {
        tracing::warn!(
            port,
            "this server does not send its own spans to itself; give --tracing-endpoint of another one"
        );
    }
    Ok(guard)
}

/// Where this server is about to take spans.
struct OwnPorts {
    host: String,
    ports: Vec<u16>,
}

impl OwnPorts {
    fn of(ports: &PortArgs) -> Self {
        let listeners = [Listener::OtlpGrpc, Listener::OtlpHttp].map(|listener| ports.port(listener));
        let at = |port| match port {
            // A free port is none that somebody could have written down.
            Port::At(port) => Some(port).filter(|port| *port > 0),
            Port::Off => None,
        };
        Self {
            host: ports.listen_host.clone(),
            ports: listeners.into_iter().filter_map(at).collect(),
        }
    }

    /// The port of this server that a signal would go to.
    fn among(&self, signal: &SignalSettings) -> Option<u16> {
        let endpoint = signal.otlp.endpoint.as_ref()?;
        self.is(endpoint).then(|| endpoint.port())
    }

    fn is(&self, endpoint: &Endpoint) -> bool {
        if !self.ports.contains(&endpoint.port()) {
            return false;
        }
        let listening = addresses(&self.host);
        let everywhere = listening.iter().any(IpAddr::is_unspecified);
        let mut receivers = addresses(endpoint.host()).into_iter();
        receivers
            .any(|receiver| listening.contains(&receiver) || (everywhere && is_of_this_machine(receiver)))
    }
}

/// Of a name that cannot be looked up there are none.
fn addresses(host: &str) -> Vec<IpAddr> {
    let found = (host, 0).to_socket_addrs();
    found.map_or_else(
        |_| Vec::new(),
        |found| found.map(|address| address.ip()).collect(),
    )
}

/// Only such an address can be listened on.
fn is_of_this_machine(address: IpAddr) -> bool {
    address.is_unspecified() || UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_this_server_is_known_as_such() {
        let check = |host: &str, endpoint: &str, expected: bool| {
            let own = OwnPorts {
                host: host.to_owned(),
                ports: vec![4317, 4318],
            };
            let endpoint = Endpoint::base(endpoint, true).unwrap();
            assert_eq!(own.is(&endpoint), expected, "{endpoint:?} at {host}");
        };
        check("127.0.0.1", "http://127.0.0.1:4317", true);
        check("127.0.0.1", "http://localhost:4318", true);
        check("localhost", "127.0.0.1:4317", true);
        check("0.0.0.0", "http://127.0.0.1:4317", true);
        check("0.0.0.0", "http://127.0.0.2:4317", true);
        check("127.0.0.1", "http://127.0.0.2:4317", false);
        check("127.0.0.1", "http://127.0.0.1:4319", false);
        // For documentation alone, so it is nobody's.
        check("0.0.0.0", "http://192.0.2.1:4317", false);
    }
}
