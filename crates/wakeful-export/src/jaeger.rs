//! The Jaeger agent, over UDP. Nobody answers: what is handed to the system counts as sent.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use socket2::SockRef;
use wakeful_wire::jaeger::agent::{AgentEncoder, Datagrams};

use crate::settings::JaegerSettings;

/// What the socket's buffer is asked to hold: bursts of large datagrams.
const SEND_BUFFER_BYTES: usize = 2 << 20;

/// An agent, by its address of when the program started.
#[derive(Debug)]
pub(crate) struct JaegerAgent {
    socket: UdpSocket,
    to: SocketAddr,
    /// Between two datagrams at least.
    pause: Duration,
    /// What one request may take.
    timeout: Duration,
    encoder: Mutex<AgentEncoder>,
    /// When the next datagram may go.
    next: Mutex<Instant>,
    cut_spans: AtomicU64,
}

/// Spans of a request that were not sent, and why the last of them was not.
#[derive(Debug, Default)]
pub(crate) struct NotSent {
    pub(crate) spans: u64,
    pub(crate) why: String,
}

impl NotSent {
    fn add(&mut self, spans: u64, why: String) {
        self.spans += spans;
        self.why = why;
    }
}

impl JaegerAgent {
    /// Looks the agent up, once. `timeout` is what one request may take.
    pub(crate) fn new(settings: &JaegerSettings, timeout: Duration) -> io::Result<Self> {
        let mut addresses = (settings.host.as_str(), settings.port.get()).to_socket_addrs()?;
        let to = addresses
            .next()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))?;
        let from: SocketAddr = match to {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(from)?;
        socket.connect(to)?;
        socket.set_nonblocking(true)?;
        grow_send_buffer(&SockRef::from(&socket));
        Ok(Self {
            socket,
            to,
            pause: Duration::from_secs(1) / settings.messages_per_second_max.get(),
            timeout,
            encoder: Mutex::new(AgentEncoder::new(settings.datagram_bytes_max)),
            next: Mutex::new(Instant::now()),
            cut_spans: AtomicU64::new(0),
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.to
    }

    /// Spans that were cut to fit into a datagram.
    pub(crate) fn cut_spans(&self) -> u64 {
        self.cut_spans.load(Ordering::Relaxed)
    }

    fn encode(&self, request: &[u8]) -> Datagrams {
        let mut encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
        encoder.encode(request)
    }

    /// Sends a request as datagrams, no quicker than the agent is to be sent them.
    pub(crate) async fn send(&self, request: &[u8]) -> NotSent {
        let deadline = Instant::now() + self.timeout;
        let made = self.encode(request);
        self.cut_spans.fetch_add(made.cut_spans, Ordering::Relaxed);
        let mut not_sent = NotSent::default();
        if made.too_large_spans > 0 {
            let why = "a span is larger than a datagram; give it fewer attributes, or send by OTLP";
            not_sent.add(made.too_large_spans, why.to_owned());
        }
        for datagram in made.datagrams {
            let Some(turn) = self.turn(deadline) else {
                let why = "more datagrams than TRACES_JAEGER_MAX_MSGS_PER_SECOND allows; raise it";
                not_sent.add(datagram.spans, why.to_owned());
                continue;
            };
            tokio::time::sleep_until(turn.into()).await;
            // Without waiting: a socket that has no room says so, and the datagram is lost as it would be on its way.
            if let Err(error) = self.socket.send(&datagram.bytes) {
                not_sent.add(datagram.spans, error.to_string());
            }
        }
        not_sent
    }

    /// When the next datagram may go; `None` if that is after the deadline.
    fn turn(&self, deadline: Instant) -> Option<Instant> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = (*next).max(Instant::now());
        if turn > deadline {
            return None;
        }
        *next = turn + self.pause;
        Some(turn)
    }
}

/// Asks for a larger buffer, for less if that is refused, and never for less than there is.
fn grow_send_buffer(socket: &SockRef<'_>) {
    let has = socket.send_buffer_size().unwrap_or(0);
    let mut asked = SEND_BUFFER_BYTES;
    while asked > has && socket.set_send_buffer_size(asked).is_err() {
        asked /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_buffer_grows_and_never_shrinks() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let socket = SockRef::from(&socket);
        socket.set_send_buffer_size(10_000).unwrap();
        let small = socket.send_buffer_size().unwrap();
        grow_send_buffer(&socket);
        let grown = socket.send_buffer_size().unwrap();
        assert!(grown > small, "{small} {grown}");
        grow_send_buffer(&socket);
        assert!(socket.send_buffer_size().unwrap() >= grown);
    }

    #[test]
    fn turns_are_apart_and_end_at_the_deadline() {
        let settings = JaegerSettings {
            host: "127.0.0.1".to_owned(),
            messages_per_second_max: 10.try_into().unwrap(),
            ..JaegerSettings::default()
        };
        let agent = JaegerAgent::new(&settings, Duration::from_secs(1)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(3600);
        let first = agent.turn(deadline).unwrap();
        let second = agent.turn(deadline).unwrap();
        assert!(second - first >= Duration::from_millis(100));
        assert_eq!(agent.turn(first), None);
        // Who did not take a turn does not cost the next one time.
        let third = agent.turn(deadline).unwrap();
        assert!(third - second >= Duration::from_millis(100));
    }
}
