//! Opens every port before anything starts.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};

use tokio::net::{TcpListener, UdpSocket};
use wakeful_server::{Listener, Sockets};

use crate::args::{Port, PortArgs};

/// Ports that could not be opened: all of them, so that nobody has to try once for each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\nerror: "))]
pub(crate) struct ListenErrors(Vec<ListenError>);

#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error(
        "port {port} ({title}) is in use by another program; stop that one, or choose another port with {flag}",
        title = .listener.title(),
        flag = PortArgs::flag(*.listener)
    )]
    Taken { listener: Listener, port: u16 },
    #[error(
        "port {port} ({title}) needs more rights than this user has; choose one above 1023 with {flag}",
        title = .listener.title(),
        flag = PortArgs::flag(*.listener)
    )]
    Forbidden { listener: Listener, port: u16 },
    #[error("{host} is not an address of this machine ({source}); choose another with --listen-host")]
    Host { host: String, source: io::Error },
    #[error(
        "cannot open port {port} ({title}): {source}; choose another with {flag} or --listen-host",
        title = .listener.title(),
        flag = PortArgs::flag(*.listener)
    )]
    Other {
        listener: Listener,
        port: u16,
        source: io::Error,
    },
}

/// Open ports, and where they are.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    pub(crate) sockets: Sockets,
    pub(crate) addresses: Vec<(Listener, SocketAddr)>,
}

/// Opens all ports that are not off.
pub(crate) async fn bind_all(ports: &PortArgs) -> Result<Bound, ListenErrors> {
    let mut bound = Bound::default();
    let mut errors = Vec::new();
    for listener in Listener::ALL {
        let Port::At(port) = ports.port(listener) else {
            continue;
        };
        match bound.bind(listener, &ports.listen_host, port).await {
            Ok(()) => {}
            // The same for every port.
            Err(error @ ListenError::Host { .. }) => return Err(ListenErrors(vec![error])),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(bound)
    } else {
        Err(ListenErrors(errors))
    }
}

impl Bound {
    async fn bind(&mut self, listener: Listener, host: &str, port: u16) -> Result<(), ListenError> {
        let address = resolve(host, port).map_err(|source| ListenError::Host {
            host: host.to_owned(),
            source,
        })?;
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ListenError::Taken { listener, port },
            io::ErrorKind::PermissionDenied => ListenError::Forbidden { listener, port },
            io::ErrorKind::AddrNotAvailable => ListenError::Host {
                host: host.to_owned(),
                source,
            },
            _ => ListenError::Other {
                listener,
                port,
                source,
            },
        };
        let sockets = &mut self.sockets;
        let opened = match listener {
            Listener::OtlpGrpc => open_tcp(&mut sockets.otlp_grpc, address).await,
            Listener::OtlpHttp => open_tcp(&mut sockets.otlp_http, address).await,
            Listener::JaegerCompact => open_udp(&mut sockets.jaeger_compact, address).await,
            Listener::JaegerBinary => open_udp(&mut sockets.jaeger_binary, address).await,
            Listener::JaegerHttp => open_tcp(&mut sockets.jaeger_http, address).await,
            Listener::Query => open_tcp(&mut sockets.query, address).await,
            Listener::Health => open_tcp(&mut sockets.health, address).await,
            Listener::Metrics => open_tcp(&mut sockets.metrics, address).await,
        };
        self.addresses.push((listener, opened.map_err(failed)?));
        Ok(())
    }
}

async fn open_tcp(place: &mut Option<TcpListener>, address: SocketAddr) -> io::Result<SocketAddr> {
    let socket = TcpListener::bind(address).await?;
    place.insert(socket).local_addr()
}

async fn open_udp(place: &mut Option<UdpSocket>, address: SocketAddr) -> io::Result<SocketAddr> {
    let socket = UdpSocket::bind(address).await?;
    place.insert(socket).local_addr()
}

/// An address of a host by number or name; IPv4 first, because that is where clients of `localhost` look.
fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let found: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    let first = found
        .iter()
        .find(|address| address.is_ipv4())
        .or_else(|| found.first());
    first
        .copied()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}
