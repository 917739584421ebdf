//! OTLP over gRPC: `TraceService/Export`.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use super::grpc::{self, Status};
use super::protobuf;
use crate::ingest::{Format, Ingest};
use crate::{Reason, Receiver, body};

const SERVICE: &str = "opentelemetry.proto.collector.trace.v1.TraceService";
const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

/// The routes of the OTLP gRPC port.
pub(crate) fn router(ingest: Ingest) -> Router {
    Router::new()
        .route(EXPORT, any(export))
        .fallback(unknown)
        .with_state(ingest)
}

async fn export(State(ingest): State<Ingest>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if let Err(status) = grpc::check(&head) {
        ingest
            .counters()
            .refused_message(Receiver::OtlpGrpc, Reason::NotServed);
        return status.into_response();
    }
    let bytes_max = ingest.limits().grpc_message_bytes_max;
    let refused = |reason, status| {
        ingest.counters().refused_message(Receiver::OtlpGrpc, reason);
        grpc::answer(Err(status))
    };
    let received = match body::read(body, grpc::PREFIX_BYTES, bytes_max, &ingest).await {
        Ok(received) => received,
        Err(refusal) => return refused(refusal.reason(), Status::from(&refusal)),
    };
    let (encoding, message) = match grpc::message(&head.headers, received) {
        Ok(message) => message,
        Err(status) => return refused(status.reason(), status),
    };
    match ingest
        .keep(
            Receiver::OtlpGrpc,
            Format::OtlpProtobuf,
            encoding,
            message,
            bytes_max,
        )
        .await
    {
        Ok(kept) => grpc::answer(Ok(protobuf::export_response(kept.rejected))),
        Err(refusal) => refused(refusal.reason(), Status::from(&refusal)),
    }
}

/// Logs, metrics and everything else that is not a trace.
async fn unknown(State(ingest): State<Ingest>, request: Request) -> Response {
    ingest
        .counters()
        .refused_message(Receiver::OtlpGrpc, Reason::NotServed);
    let (head, _) = request.into_parts();
    match grpc::check(&head) {
        Ok(()) => grpc::answer(Err(Status::unknown(head.uri.path(), &[SERVICE]))),
        Err(status) => status.into_response(),
    }
}
