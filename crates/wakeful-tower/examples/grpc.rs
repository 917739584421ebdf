//! gRPC with tonic: a server within [`TraceLayer`], a client within [`ClientLayer`], and the spans of a call on both ends.
//!
//! `cargo run -p wakeful-tower --example grpc` starts a health service, asks it, and prints what was recorded.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::Layer as _;
use wakeful_tower::{ClientLayer, Protocol, TraceLayer};
use wakeful_trace::{SpanContext, TraceCollector};

/// Answers health checks, each in a span of its own.
pub(crate) async fn serve(
    listener: TcpListener,
    collector: Arc<dyn TraceCollector>,
) -> Result<(), tonic::transport::Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter
        .set_service_status("shop", tonic_health::ServingStatus::Serving)
        .await;
    Server::builder()
        .layer(TraceLayer::new("grpc", Protocol::Grpc).with_collector(collector))
        .add_service(health)
        .serve_with_incoming(TcpIncoming::from(listener))
        .await
}

/// Asks how a service is, as a part of the work that `context` stands for.
pub(crate) async fn ask(
    server: SocketAddr,
    service: &str,
    context: SpanContext,
) -> Result<tonic_health::pb::HealthCheckResponse, tonic::Status> {
    let channel = Channel::builder(format!("http://{server}").parse().map_err(unreachable)?);
    let channel = channel.connect().await.map_err(unreachable)?;
    let channel = ClientLayer::new("ask", Protocol::Grpc).layer(channel);
    let mut request = tonic::Request::new(HealthCheckRequest {
        service: service.to_owned(),
    });
    // The layer takes it from here, as from the extensions of any HTTP request.
    request.extensions_mut().insert(context);
    let answer = HealthClient::new(channel).check(request).await?;
    Ok(answer.into_inner())
}

fn unreachable(error: impl std::fmt::Display) -> tonic::Status {
    tonic::Status::unavailable(error.to_string())
}

#[tokio::main]
#[allow(
    dead_code,
    clippy::print_stdout,
    reason = "the program; the test uses the rest"
)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let collector = Arc::new(wakeful_trace::RingBufferTraceCollector::new(100));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(serve(listener, collector.clone()));
    let answer = ask(address, "shop", SpanContext::root(collector.clone())).await?;
    println!("{answer:?}");
    for span in collector.spans() {
        println!("{:?} {} {:?}", span.kind, span.name, span.metadata);
    }
    Ok(())
}
