//! Jaeger's agent: Thrift messages in UDP datagrams.
//!
//! Nobody waits for an answer, so nothing slows a sender down: what cannot be taken is dropped and counted.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use socket2::SockRef;
use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use wakeful_wire::jaeger::Protocol;

use crate::body::Received;
use crate::ingest::{Encoding, Format, Ingest};
use crate::{Reason, Receiver};

/// The largest payload that UDP over IPv4 can carry; clients stay below 65,000.
const DATAGRAM_BYTES_MAX: usize = 65_507;

/// What the system may hold for us while we are busy; it grants what `net.core.rmem_max` allows.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;

/// Datagrams that wait to be decoded; their bytes are bounded by what may be in flight.
const WAITING_MAX: usize = 4096;

/// Appends that share the syncs of the log: with one at a time, each datagram would pay for its own.
const APPENDS_MAX: usize = 64;

/// How long to wait after the system could not give a datagram.
const RECEIVE_PAUSE: Duration = Duration::from_millis(10);

/// What a protocol's datagrams are counted under.
pub(crate) fn receiver(protocol: Protocol) -> Receiver {
    match protocol {
        Protocol::Compact => Receiver::JaegerCompact,
        Protocol::Binary => Receiver::JaegerBinary,
    }
}

/// Receives datagrams until `shutdown` ends, and returns when all that came before it are kept, or have had
/// [`crate::Limits::drain_timeout`] for it.
pub(crate) async fn run(
    socket: UdpSocket,
    protocol: Protocol,
    ingest: Ingest,
    shutdown: impl Future<Output = ()> + Send,
) {
    if let Err(error) = SockRef::from(&socket).set_recv_buffer_size(SOCKET_BUFFER_BYTES) {
        tracing::debug!(%error, "cannot raise the receive buffer of a UDP port");
    }
    let receiver = receiver(protocol);
    let (queue, waiting) = mpsc::channel(WAITING_MAX);
    let (late, is_late) = oneshot::channel();
    let mut keeper = tokio::spawn(keep_all(waiting, protocol, receiver, ingest.clone(), is_late));
    tokio::select! {
        () = receive(&socket, receiver, &ingest, &queue) => {}
        () = shutdown => {}
    }
    take_waiting(&socket, receiver, &ingest, &queue);
    drop(queue);
    let in_time = tokio::time::timeout(ingest.limits().drain_timeout, &mut keeper).await;
    drop(late);
    let ended = match in_time {
        Ok(ended) => ended,
        Err(_) => keeper.await,
    };
    if let Err(error) = ended {
        tracing::error!(%error, "the agent's port failed");
    }
}

async fn receive(socket: &UdpSocket, receiver: Receiver, ingest: &Ingest, queue: &mpsc::Sender<Received>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX + 1];
    loop {
        let received = socket.recv_from(&mut buffer).await;
        let failed = received.is_err();
        take(received, &buffer, receiver, ingest, queue);
        if failed {
            // An error that stays must not keep a worker spinning.
            tokio::time::sleep(RECEIVE_PAUSE).await;
        }
    }
}

/// What the system already has when the port is closed.
fn take_waiting(socket: &UdpSocket, receiver: Receiver, ingest: &Ingest, queue: &mpsc::Sender<Received>) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX + 1];
    for _ in 0..WAITING_MAX {
        let received = socket.try_recv_from(&mut buffer);
        if received
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        {
            return;
        }
        take(received, &buffer, receiver, ingest, queue);
    }
}

fn take(
    received: io::Result<(usize, SocketAddr)>,
    buffer: &[u8],
    receiver: Receiver,
    ingest: &Ingest,
    queue: &mpsc::Sender<Received>,
) {
    let length = match received {
        Ok((length, _)) => length,
        // Nothing that a datagram can cause ends the port: some systems report other hosts' ICMP answers here.
        Err(error) => {
            tracing::debug!(%error, "cannot receive a datagram");
            return;
        }
    };
    let Ok(hold) = ingest.take(length) else {
        ingest.counters().refused_message(receiver, Reason::Busy);
        return;
    };
    let received = Received {
        bytes: Bytes::copy_from_slice(&buffer[..length]),
        hold: Some(hold),
    };
    if queue.try_send(received).is_err() {
        ingest.counters().refused_message(receiver, Reason::Busy);
    }
}

/// Keeps what is waiting; what is left when the sender of `late` is gone is dropped and counted.
async fn keep_all(
    mut waiting: mpsc::Receiver<Received>,
    protocol: Protocol,
    receiver: Receiver,
    ingest: Ingest,
    late: oneshot::Receiver<()>,
) {
    let mut appends = JoinSet::new();
    tokio::select! {
        () = append_all(&mut waiting, &mut appends, protocol, receiver, &ingest) => return,
        _ = late => {}
    }
    while appends.try_join_next().is_some() {}
    let under_way = appends.len();
    appends.shutdown().await;
    let left = under_way + std::iter::from_fn(|| waiting.try_recv().ok()).count();
    for _ in 0..left {
        ingest.counters().refused_message(receiver, Reason::Stopping);
    }
    tracing::warn!(datagrams = left, "not kept in time and dropped");
}

async fn append_all(
    waiting: &mut mpsc::Receiver<Received>,
    appends: &mut JoinSet<()>,
    protocol: Protocol,
    receiver: Receiver,
    ingest: &Ingest,
) {
    let slots = Arc::new(Semaphore::new(APPENDS_MAX));
    while let Some(received) = waiting.recv().await {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else {
            break;
        };
        while appends.try_join_next().is_some() {}
        let ingest = ingest.clone();
        appends.spawn(async move {
            let format = Format::JaegerAgent(protocol);
            let kept = ingest
                .keep(receiver, format, Encoding::Identity, received, DATAGRAM_BYTES_MAX)
                .await;
            if let Err(refusal) = kept {
                ingest.counters().refused_message(receiver, refusal.reason());
                tracing::debug!(%refusal, receiver = receiver.name(), "a datagram is dropped");
            }
            drop(slot);
        });
    }
    while appends.join_next().await.is_some() {}
}
