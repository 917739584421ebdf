//! OTLP over HTTP: `POST /v1/traces`, as protobuf or JSON; wakeful's own frames have a path beside it.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use serde::Serialize;
use tower_http::cors::{AllowHeaders, CorsLayer};
use wakeful_wire::otlp::Rejected;

use super::content_encoding::content_encoding;
use super::{frames, protobuf};
use crate::ingest::{Format, Ingest, RETRY_AFTER, Refusal};
use crate::plain::{header_text, not_found};
use crate::{Reason, Receiver, body, plain};

/// The routes of the OTLP HTTP port. Web pages of the given origins may send too; by default none may.
pub(crate) fn router(ingest: Ingest, cors_allow_origins: &[HeaderValue]) -> Router {
    let router = Router::new()
        .route("/v1/traces", post(export).fallback(method_not_allowed))
        .route(
            frames::PATH,
            post(frames::export).fallback(frames::method_not_allowed),
        )
        .fallback(unknown)
        .with_state(ingest);
    match cors(cors_allow_origins) {
        Some(cors) => router.layer(cors),
        None => router,
    }
}

fn cors(origins: &[HeaderValue]) -> Option<CorsLayer> {
    let cors = CorsLayer::new()
        .allow_methods([http::Method::POST])
        .allow_headers(AllowHeaders::mirror_request());
    match origins {
        [] => None,
        [any] if any == "*" => Some(cors.allow_origin(tower_http::cors::Any)),
        list => Some(cors.allow_origin(list.to_vec())),
    }
}

async fn export(State(ingest): State<Ingest>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Some(form) = Form::of(&head.headers) else {
        ingest
            .counters()
            .refused_message(Receiver::OtlpHttp, Reason::ContentType);
        let text = "415 unsupported media type, supported: [application/json, application/x-protobuf]";
        return bare(StatusCode::UNSUPPORTED_MEDIA_TYPE, text);
    };
    let encoding = match content_encoding(&head.headers) {
        Ok(encoding) => encoding,
        Err(unknown) => {
            ingest
                .counters()
                .refused_message(Receiver::OtlpHttp, Reason::Encoding);
            return form.error(StatusCode::BAD_REQUEST, 3, &unknown.to_string());
        }
    };
    let bytes_max = ingest.limits().http_message_bytes_max;
    let kept = async {
        let received = body::read(body, 0, bytes_max, &ingest).await?;
        ingest
            .keep(Receiver::OtlpHttp, form.format(), encoding, received, bytes_max)
            .await
    };
    match kept.await {
        Ok(kept) => form.success(kept.rejected),
        Err(refusal) => {
            ingest
                .counters()
                .refused_message(Receiver::OtlpHttp, refusal.reason());
            form.refused(&refusal)
        }
    }
}

async fn method_not_allowed(State(ingest): State<Ingest>) -> Response {
    ingest
        .counters()
        .refused_message(Receiver::OtlpHttp, Reason::NotServed);
    bare(
        StatusCode::METHOD_NOT_ALLOWED,
        "405 method not allowed, supported: [POST]",
    )
}

/// Logs and metrics, which are not kept, and everything else that is not a trace.
async fn unknown(State(ingest): State<Ingest>, uri: Uri) -> Response {
    ingest
        .counters()
        .refused_message(Receiver::OtlpHttp, Reason::NotServed);
    let signal = match uri.path() {
        "/v1/logs" => ("logs", "OTEL_LOGS_EXPORTER=none"),
        "/v1/metrics" => ("metrics", "OTEL_METRICS_EXPORTER=none"),
        _ => return not_found().await,
    };
    let (what, setting) = signal;
    plain::text(
        StatusCode::NOT_FOUND,
        format!(
            "404 page not found: {what} are not kept, traces alone are; set {setting} where they come from"
        ),
    )
}

fn bare(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain")], text).into_response()
}

/// What a request is written in, and so its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Protobuf,
    Json,
}

impl Form {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let media_type = header_text(headers, header::CONTENT_TYPE);
        match media_type.split(';').next().unwrap_or_default().trim() {
            text if text.eq_ignore_ascii_case("application/x-protobuf") => Some(Self::Protobuf),
            text if text.eq_ignore_ascii_case("application/json") => Some(Self::Json),
            _ => None,
        }
    }

    fn format(self) -> Format {
        match self {
            Self::Protobuf => Format::OtlpProtobuf,
            Self::Json => Format::OtlpJson,
        }
    }

    fn success(self, rejected: Rejected) -> Response {
        let body = match self {
            Self::Protobuf => protobuf::export_response(rejected),
            Self::Json => json(&ExportResponse {
                partial_success: PartialSuccess::of(rejected),
            }),
        };
        (StatusCode::OK, self.content_type(), body).into_response()
    }

    fn refused(self, refusal: &Refusal) -> Response {
        let text = refusal.to_string();
        match refusal {
            Refusal::TooLarge { .. } => self.error(StatusCode::PAYLOAD_TOO_LARGE, 8, &text),
            Refusal::Malformed(_) => self.error(StatusCode::BAD_REQUEST, 3, &text),
            Refusal::Failed(_) => self.error(StatusCode::INTERNAL_SERVER_ERROR, 13, &text),
            Refusal::Incomplete(_) | Refusal::Busy | Refusal::Store(_) | Refusal::Stopping => {
                let mut response = self.error(StatusCode::SERVICE_UNAVAILABLE, 14, &text);
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, RETRY_AFTER.as_secs().into());
                response
            }
        }
    }

    /// A `google.rpc.Status` in the request's form.
    fn error(self, status: StatusCode, code: u8, message: &str) -> Response {
        let body = match self {
            Self::Protobuf => protobuf::status(code, message, None),
            Self::Json => json(&JsonStatus { code, message }),
        };
        (status, self.content_type(), body).into_response()
    }

    fn content_type(self) -> [(header::HeaderName, &'static str); 1] {
        let value = match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        };
        [(header::CONTENT_TYPE, value)]
    }
}

#[derive(Serialize)]
struct JsonStatus<'a> {
    code: u8,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportResponse {
    partial_success: PartialSuccess,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct PartialSuccess {
    /// 64-bit integers are text in protobuf's JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected_spans: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

impl PartialSuccess {
    fn of(rejected: Rejected) -> Self {
        match rejected.total() {
            0 => Self::default(),
            spans => Self {
                rejected_spans: Some(spans.to_string()),
                error_message: Some(protobuf::rejection_text(rejected)),
            },
        }
    }
}

/// These types hold nothing that JSON cannot say, so an error has nothing to report.
fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
