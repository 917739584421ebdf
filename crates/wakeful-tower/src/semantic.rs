//! What OpenTelemetry's conventions say about a request (semantic conventions 1.37: "HTTP spans", "RPC spans").

use http::{HeaderMap, Request, StatusCode, Version, header};
use wakeful_trace::{MetaValue, SpanRecorder};

use crate::Protocol;

/// Sets what is known when a request comes in or goes out.
pub(crate) fn of_request<B>(protocol: Protocol, request: &Request<B>, recorder: &mut SpanRecorder) {
    let Some(metadata) = recorder.metadata_mut() else {
        return;
    };
    let mut set = |key: &'static str, value: MetaValue| {
        metadata.insert(key, value);
    };
    match protocol {
        Protocol::Http => {
            set("http.request.method", request.method().as_str().to_owned().into());
            set("url.path", request.uri().path().to_owned().into());
            if let Some(scheme) = request.uri().scheme_str() {
                set("url.scheme", scheme.to_owned().into());
            }
        }
        Protocol::Grpc => {
            set("rpc.system", "grpc".into());
            // The path is `/package.Service/Method`.
            if let Some((service, method)) = request.uri().path().trim_start_matches('/').rsplit_once('/') {
                set("rpc.service", service.to_owned().into());
                set("rpc.method", method.to_owned().into());
            }
        }
    }
    set("network.protocol.version", version(request.version()).into());
    let text = |name| request.headers().get(name)?.to_str().ok().map(str::to_owned);
    let host = request
        .uri()
        .authority()
        .map(ToString::to_string)
        .or_else(|| text(header::HOST));
    if let Some(host) = host {
        let (address, port) = split_port(&host);
        set("server.address", address.to_owned().into());
        if let Some(port) = port {
            set("server.port", i64::from(port).into());
        }
    }
    if let Some(agent) = text(header::USER_AGENT) {
        set("user_agent.original", agent.into());
    }
}

/// Sets what the head of the answer says.
pub(crate) fn of_response(protocol: Protocol, status: StatusCode, recorder: &mut SpanRecorder) {
    if protocol == Protocol::Http {
        recorder.set_metadata("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            recorder.set_metadata("error.type", status.as_str().to_owned());
        }
    }
}

/// Sets the status of a gRPC call, from the headers or the trailers.
pub(crate) fn of_grpc_status(headers: &HeaderMap, recorder: &mut SpanRecorder) {
    let code = headers
        .get("grpc-status")
        .and_then(|code| code.to_str().ok()?.parse::<i64>().ok());
    if let Some(code) = code {
        recorder.set_metadata("rpc.grpc.status_code", code);
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// `[::1]:80` and `host:80`; an address without a port stays whole.
fn split_port(authority: &str) -> (&str, Option<u16>) {
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.rsplit_once(':') {
        Some((address, port)) if !address.contains(':') || address.ends_with(']') => {
            port.parse().map_or((host, None), |port| (address, Some(port)))
        }
        _ => (host, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_from_an_address() {
        for (authority, expected) in [
            ("example.org", ("example.org", None)),
            ("example.org:8080", ("example.org", Some(8080))),
            ("user:secret@example.org:1", ("example.org", Some(1))),
            ("[::1]:4317", ("[::1]", Some(4317))),
            ("[::1]", ("[::1]", None)),
            ("example.org:http", ("example.org:http", None)),
        ] {
            assert_eq!(split_port(authority), expected);
        }
    }
}
