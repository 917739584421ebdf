//! The receiving end: OpenTelemetry's own gRPC stubs, and an HTTP server that answers what a test wants.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tonic::codec::CompressionEncoding;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status};
use wakeful_model::runtime::RuntimeBatch;
use wakeful_model::{Span, SpanBatch};
use wakeful_wire::frame::{self, Item};
use wakeful_wire::otlp::{Batch, decode_json};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// One request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arrival {
    /// Path and query over HTTP, the service's name over gRPC.
    pub(crate) path: String,
    /// In lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Spans with their resources and scopes.
    pub(crate) traces: SpanBatch,
    /// Bodies of log records.
    pub(crate) logs: Vec<String>,
    /// What came of runtimes.
    pub(crate) runtime: Option<RuntimeBatch>,
    /// Attributes of each log record.
    pub(crate) log_attributes: Vec<Vec<(String, String)>>,
}

impl Arrival {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name)?;
        Some(&header.1)
    }

    pub(crate) fn service(&self) -> &str {
        self.traces.resources.first().map_or("", |it| it.service_name())
    }
}

/// Everything that came.
#[derive(Debug, Default, Clone)]
pub(crate) struct Arrivals(Arc<(Mutex<Vec<Arrival>>, Condvar)>);

impl Arrivals {
    fn push(&self, arrival: Arrival) {
        self.0.0.lock().unwrap().push(arrival);
        self.0.1.notify_all();
    }

    pub(crate) fn all(&self) -> Vec<Arrival> {
        self.0.0.lock().unwrap().clone()
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        self.all().into_iter().flat_map(|it| it.traces.spans).collect()
    }

    /// Waits until `enough` says so.
    pub(crate) fn wait(&self, what: &str, enough: impl Fn(&[Arrival]) -> bool) -> Vec<Arrival> {
        let (arrivals, changed) = &*self.0;
        let waiting = arrivals.lock().unwrap();
        let (arrivals, timeout) = changed
            .wait_timeout_while(waiting, PATIENCE, |arrivals| !enough(arrivals))
            .unwrap();
        assert!(
            !timeout.timed_out(),
            "{what} did not come; there are {arrivals:#?}"
        );
        arrivals.clone()
    }
}

/// A gRPC receiver made of OpenTelemetry's generated stubs.
#[derive(Debug)]
pub(crate) struct Grpc {
    pub(crate) address: SocketAddr,
    pub(crate) arrivals: Arrivals,
    runtime: Option<tokio::runtime::Runtime>,
}

#[derive(Debug, Clone)]
struct Stub(Arrivals);

fn headers<T>(request: &Request<T>) -> Vec<(String, String)> {
    let headers = request.metadata().clone().into_headers();
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap_or_default().to_owned())
    };
    headers.iter().map(text).collect()
}

#[tonic::async_trait]
impl TraceService for Stub {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let headers = headers(&request);
        let bytes = prost::Message::encode_to_vec(request.get_ref());
        self.0.push(Arrival {
            path: "TraceService".to_owned(),
            headers,
            traces: decode(&bytes),
            ..Arrival::default()
        });
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl LogsService for Stub {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let headers = headers(&request);
        let arrival = logs(request.into_inner());
        self.0.push(Arrival {
            path: "LogsService".to_owned(),
            headers,
            ..arrival
        });
        Ok(Response::new(ExportLogsServiceResponse::default()))
    }
}

/// Reads log records with the stock types.
fn logs(request: ExportLogsServiceRequest) -> Arrival {
    let scopes = request.resource_logs.into_iter().flat_map(|of| of.scope_logs);
    let records: Vec<_> = scopes.flat_map(|of| of.log_records).collect();
    let text = |value: &dyn std::fmt::Debug| format!("{value:?}");
    Arrival {
        logs: records.iter().map(|record| text(&record.body)).collect(),
        log_attributes: records
            .iter()
            .map(|record| {
                let pair = |pair: &opentelemetry_proto::tonic::common::v1::KeyValue| {
                    (pair.key.clone(), text(&pair.value))
                };
                record.attributes.iter().map(pair).collect()
            })
            .collect(),
        ..Arrival::default()
    }
}

/// Reads spans as wakeful's server does.
pub(crate) fn decode(bytes: &[u8]) -> SpanBatch {
    let batch = Batch::decode(bytes.to_vec().into()).unwrap();
    let mut model = SpanBatch::default();
    let rows = batch.rows().iter();
    let spans: Vec<Span> = rows.filter_map(|row| batch.read_into(row, &mut model)).collect();
    model.spans = spans;
    model
}

impl Grpc {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn start_at(address: SocketAddr) -> Self {
        Self::start_with(address, Server::builder())
    }

    /// By TLS, with a certificate of `localhost`'s.
    pub(crate) fn start_tls(tls: ServerTlsConfig) -> Self {
        let server = Server::builder().tls_config(tls).unwrap();
        Self::start_with("127.0.0.1:0".parse().unwrap(), server)
    }

    fn start_with(address: SocketAddr, mut server: Server) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let arrivals = Arrivals::default();
        let stub = Stub(arrivals.clone());
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move {
            let incoming = tonic::transport::server::TcpIncoming::from(listener);
            let traces = TraceServiceServer::new(stub.clone())
                .accept_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Zstd);
            server
                .add_service(traces)
                .add_service(LogsServiceServer::new(stub))
                .serve_with_incoming(incoming)
                .await
                .unwrap();
        });
        Self {
            address,
            arrivals,
            runtime: Some(runtime),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Grpc {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// What an HTTP server says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
    /// How long it takes to say it.
    pub(crate) after: Duration,
}

impl Reply {
    pub(crate) fn ok() -> Self {
        Self {
            status: 200,
            ..Self::default()
        }
    }
}

/// An HTTP receiver that answers the n-th request as it is told.
#[derive(Debug)]
pub(crate) struct Http {
    pub(crate) address: SocketAddr,
    pub(crate) arrivals: Arrivals,
}

impl Http {
    pub(crate) fn start(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let arrivals = Arrivals::default();
        let (reply, count) = (Arc::new(reply), Arc::new(Mutex::new(0)));
        let kept = arrivals.clone();
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let (reply, count, arrivals) = (reply.clone(), count.clone(), kept.clone());
                std::thread::spawn(move || {
                    let reply = move || {
                        let mut count = count.lock().unwrap();
                        *count += 1;
                        reply(*count - 1)
                    };
                    converse(stream.try_clone().unwrap(), stream, &arrivals, reply);
                });
            }
        });
        Self { address, arrivals }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Reads requests and answers them until the client goes.
pub(crate) fn converse(
    reading: impl Read,
    mut writing: impl Write,
    arrivals: &Arrivals,
    reply: impl Fn() -> Reply,
) {
    let mut reading = BufReader::new(reading);
    while let Some(arrival) = read_request(&mut reading) {
        let reply = reply();
        if (200..300).contains(&reply.status) {
            arrivals.push(arrival);
        }
        take(reply.after);
        let mut head = format!(
            "HTTP/1.1 {} x\r\ncontent-length: {}\r\n",
            reply.status,
            reply.body.len()
        );
        for (name, value) in &reply.headers {
            head += &format!("{name}: {value}\r\n");
        }
        let sent = writing
            .write_all(format!("{head}\r\n").as_bytes())
            .and_then(|()| writing.write_all(&reply.body))
            .and_then(|()| writing.flush());
        if sent.is_err() {
            return;
        }
    }
}

fn read_request(reading: &mut impl std::io::BufRead) -> Option<Arrival> {
    let mut line = String::new();
    reading.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reading.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut arrival = Arrival {
        path,
        headers,
        ..Arrival::default()
    };
    let length = arrival.header("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reading.read_exact(&mut body).ok()?;
    let body = match arrival.header("content-encoding") {
        Some("gzip") => {
            let mut plain = Vec::new();
            let mut inflated = flate2::read::GzDecoder::new(&body[..]).take(100 << 20);
            std::io::copy(&mut inflated, &mut plain).unwrap();
            plain
        }
        Some("zstd") => zstd::bulk::decompress(&body, 100 << 20).unwrap(),
        _ => body,
    };
    if arrival.path.ends_with("/logs") {
        let request: ExportLogsServiceRequest = prost::Message::decode(&body[..]).unwrap();
        let logs = logs(request);
        arrival.logs = logs.logs;
        arrival.log_attributes = logs.log_attributes;
    } else if arrival.path.ends_with("/frames") {
        let Item::Frame(frame) = frame::read_at(&body, 0, frame::NO_KEY) else {
            panic!("no frame")
        };
        assert_eq!((frame.kind, frame.end), (frame::Kind::RuntimeBatch, body.len()));
        arrival.runtime = Some(wakeful_wire::runtime::decode(frame.payload).unwrap());
    } else if arrival.header("content-type") == Some("application/json") {
        let (batch, rejected) = decode_json(&body).unwrap();
        assert_eq!(rejected.total(), 0);
        arrival.traces = batch;
    } else {
        arrival.traces = decode(&body);
    }
    Some(arrival)
}

/// Takes that long: a receiver that is slow, or a program that has other things to do.
pub(crate) fn take(duration: Duration) {
    let (_sender, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv_timeout(duration);
}

/// A port that is taken, so that no other test gets it, and on which nobody listens until somebody binds it again.
fn port_of_nobody() -> SocketAddr {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap();
    // Kept as long as the test's process.
    std::mem::forget(socket);
    address
}

/// A peer that is no receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    /// Nobody listens.
    None,
    /// Accepts and never says a word.
    Silent,
    /// Answers, by HTTP, after a while.
    Slow,
    /// Resets every connection.
    Resetting,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::None, Self::Silent, Self::Slow, Self::Resetting];

    /// Starts it; it lives as long as the test's process.
    pub(crate) fn start(self) -> SocketAddr {
        if self == Self::None {
            return port_of_nobody();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        match self {
            Self::None => {}
            Self::Silent => {
                std::thread::spawn(move || {
                    let streams: Vec<TcpStream> = listener.incoming().filter_map(Result::ok).collect();
                    drop(streams);
                });
            }
            Self::Slow => {
                let slow = Http::start(|_| Reply {
                    after: Duration::from_millis(300),
                    ..Reply::ok()
                });
                return slow.address;
            }
            Self::Resetting => {
                std::thread::spawn(move || {
                    for stream in listener.incoming().filter_map(Result::ok) {
                        // What is unread when a socket closes makes the kernel reset it.
                        let mut byte = [0];
                        let _ = (&stream).read(&mut byte);
                    }
                });
            }
        }
        address
    }
}
