//! Where to send: a URL, read by the rules of "OpenTelemetry Protocol Exporter" (specification 1.50).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Uri};
use wakeful_wire::otlp::Signal;

use super::{Protocol, pairs};

/// A receiver's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    url: Uri,
    /// The URL is of a server for all signals: each signal has its own path below it.
    base: bool,
    /// Of the user and password that the URL had: what is said of an endpoint, or sent as its host, must not have them.
    authorization: Option<HeaderValue>,
}

/// Why a text is no endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL.
    #[error("is not a URL such as http://localhost:4317")]
    NotUrl,
    /// The scheme is not known.
    #[error("has a scheme that is neither http nor https")]
    Scheme,
    /// `https` without the feature.
    #[error("needs TLS; build wakeful with the feature `tls`")]
    NoTls,
}

impl Endpoint {
    /// A server for all signals: over HTTP, `/v1/traces` and the like are put behind the URL's path.
    ///
    /// # Errors
    /// If it is not a URL. Without a scheme it is taken as one of https, or of http where `insecure` says so.
    pub fn base(url: &str, insecure: bool) -> Result<Self, EndpointError> {
        Self::parse(url, insecure, true)
    }

    /// The address of one signal, whose path is used as it is.
    ///
    /// # Errors
    /// As for [`Endpoint::base`].
    pub fn exact(url: &str, insecure: bool) -> Result<Self, EndpointError> {
        Self::parse(url, insecure, false)
    }

    fn parse(url: &str, insecure: bool, base: bool) -> Result<Self, EndpointError> {
        let url = if url.contains("://") {
            url.to_owned()
        } else {
            format!("{}://{url}", if insecure { "http" } else { "https" })
        };
        let url: Uri = url.parse().map_err(|_| EndpointError::NotUrl)?;
        if url.host().is_none_or(str::is_empty) {
            return Err(EndpointError::NotUrl);
        }
        let (url, authorization) = split_user(url)?;
        let endpoint = Self {
            url,
            base,
            authorization,
        };
        match endpoint.url.scheme_str() {
            Some("http") => Ok(endpoint),
            Some("https") if cfg!(feature = "tls") => Ok(endpoint),
            Some("https") => Err(EndpointError::NoTls),
            _ => Err(EndpointError::Scheme),
        }
    }

    /// The protocol's own port on this machine.
    pub fn local(protocol: Protocol) -> Self {
        let port = match protocol {
            Protocol::Grpc => 4317,
            _ => 4318,
        };
        let authority = Authority::try_from(format!("localhost:{port}")).ok();
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = authority;
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
        Self {
            url: Uri::from_parts(parts).unwrap_or_default(),
            base: true,
            authorization: None,
        }
    }

    /// The header of user and password, if the URL had them.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Another path on another port of the same host.
    pub(crate) fn elsewhere(&self, port: u16, path: &'static str) -> Option<Self> {
        let host = self.url.host()?;
        let mut parts = self.url.clone().into_parts();
        parts.authority = Some(Authority::try_from(format!("{host}:{port}")).ok()?);
        parts.path_and_query = Some(PathAndQuery::from_static(path));
        Some(Self {
            url: Uri::from_parts(parts).ok()?,
            base: false,
            authorization: self.authorization.clone(),
        })
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(&self) -> bool {
        self.url.scheme() == Some(&Scheme::HTTPS)
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        let host = self.url.host().unwrap_or_default();
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    /// The port: the URL's, or its scheme's.
    pub fn port(&self) -> u16 {
        self.url
            .port_u16()
            .unwrap_or(if self.is_tls() { 443 } else { 80 })
    }

    /// The protocol that the port is for, if it is one of OTLP's.
    pub fn usual_protocol(&self) -> Option<Protocol> {
        match self.port() {
            4317 => Some(Protocol::Grpc),
            4318 => Some(Protocol::HttpProtobuf),
            _ => None,
        }
    }

    /// The URL to which requests for a signal go.
    pub fn url(&self, protocol: Protocol, signal: Signal) -> Uri {
        let path = match (protocol, signal) {
            // Whatever the path of a gRPC endpoint is, it has no meaning.
            (Protocol::Grpc, Signal::Traces) => {
                "/opentelemetry.proto.collector.trace.v1.TraceService/Export".to_owned()
            }
            (Protocol::Grpc, Signal::Logs) => {
                "/opentelemetry.proto.collector.logs.v1.LogsService/Export".to_owned()
            }
            (_, signal) if self.base => {
                let name = match signal {
                    Signal::Traces => "traces",
                    Signal::Logs => "logs",
                };
                format!("{}/v1/{name}", self.url.path().trim_end_matches('/'))
            }
            _ => return self.url.clone(),
        };
        let mut parts = self.url.clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(path).ok();
        Uri::from_parts(parts).unwrap_or_else(|_| self.url.clone())
    }
}

/// Takes user and password out of a URL; they are sent as a header (RFC 7617).
fn split_user(url: Uri) -> Result<(Uri, Option<HeaderValue>), EndpointError> {
    let Some((user, host)) = url.authority().and_then(|all| all.as_str().rsplit_once('@')) else {
        return Ok((url, None));
    };
    let user = pairs::percent_decode(user).map_err(|_| EndpointError::NotUrl)?;
    let authorization = format!("Basic {}", STANDARD.encode(user));
    let mut authorization = HeaderValue::try_from(authorization).map_err(|_| EndpointError::NotUrl)?;
    authorization.set_sensitive(true);
    let host = Authority::try_from(host).map_err(|_| EndpointError::NotUrl)?;
    let mut parts = url.into_parts();
    parts.authority = Some(host);
    let url = Uri::from_parts(parts).map_err(|_| EndpointError::NotUrl)?;
    Ok((url, Some(authorization)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint: Result<Endpoint, EndpointError>, protocol: Protocol, signal: Signal, expected: &str) {
        let url = match endpoint {
            Ok(endpoint) => endpoint.url(protocol, signal).to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(url, expected);
    }

    #[test]
    fn a_base_gets_a_path_and_an_exact_url_keeps_its_own() {
        use Protocol::{Grpc, HttpProtobuf};
        use Signal::{Logs, Traces};
        let base = |url| Endpoint::base(url, true);
        let exact = |url| Endpoint::exact(url, true);
        check(
            base("http://a:4318"),
            HttpProtobuf,
            Traces,
            "http://a:4318/v1/traces",
        );
        check(
            base("http://a:4318/"),
            HttpProtobuf,
            Logs,
            "http://a:4318/v1/logs",
        );
        check(
            base("http://a/otlp/"),
            HttpProtobuf,
            Traces,
            "http://a/otlp/v1/traces",
        );
        check(exact("http://a:4318"), HttpProtobuf, Traces, "http://a:4318/");
        check(exact("http://a/x?y=1"), HttpProtobuf, Traces, "http://a/x?y=1");
        check(
            exact("a:4317"),
            Grpc,
            Traces,
            "http://a:4317/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        );
        check(
            Ok(Endpoint::local(Grpc)),
            Grpc,
            Logs,
            "http://localhost:4317/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        );
        check(
            base("ftp://a"),
            Grpc,
            Traces,
            "has a scheme that is neither http nor https",
        );
        check(
            base("http://"),
            Grpc,
            Traces,
            "is not a URL such as http://localhost:4317",
        );
        assert_eq!(base("http://[::1]:4317").unwrap().host(), "::1");
    }

    #[test]
    fn user_and_password_are_a_header_and_no_part_of_the_address() {
        let endpoint = Endpoint::base("http://ada:p%40ss@collector:4318/otlp", true).unwrap();
        assert_eq!(endpoint.host(), "collector");
        let url = endpoint.url(Protocol::HttpProtobuf, Signal::Traces);
        assert_eq!(url.to_string(), "http://collector:4318/otlp/v1/traces");
        assert_eq!(endpoint.authorization().unwrap(), "Basic YWRhOnBAc3M=");
        assert!(!format!("{endpoint:?}").contains("YWRhOnBAc3M"));
        let beside = endpoint.elsewhere(4318, "/frames").unwrap();
        assert_eq!(beside.authorization(), endpoint.authorization());
    }

    #[test]
    fn without_a_scheme_it_is_secure_unless_told_otherwise() {
        assert_eq!(Endpoint::base("a:1", true).map(|it| it.is_tls()), Ok(false));
        let secure = Endpoint::base("a:1", false).map(|it| it.is_tls());
        let expected = if cfg!(feature = "tls") {
            Ok(true)
        } else {
            Err(EndpointError::NoTls)
        };
        assert_eq!(secure, expected);
    }
}
