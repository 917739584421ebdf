//! How a request ended, by status code and `grpc-status`.

use http::{HeaderMap, StatusCode};

/// How a request ended, the least severe first: what comes later can only make it worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// As it should.
    Ok,
    /// There is nothing at that path: 404, or gRPC's 12 (unimplemented).
    PathNotFound,
    /// The path does not know the method: 405.
    MethodNotAllowed,
    /// The caller's fault.
    ClientError,
    /// Nothing that a server should answer: 1xx, or 3xx but for 304.
    Unexpected,
    /// The server's fault.
    ServerError,
}

impl Outcome {
    /// By the head of an answer.
    pub fn of_head(status: StatusCode, headers: &HeaderMap) -> Self {
        match status.as_u16() {
            200..=299 | 304 => Self::of_grpc_status(headers).unwrap_or(Self::Ok),
            404 => Self::PathNotFound,
            405 => Self::MethodNotAllowed,
            400..=499 | 501 => Self::ClientError,
            500..=599 => Self::ServerError,
            _ => Self::Unexpected,
        }
    }

    /// By `grpc-status` in headers or trailers (gRPC, "Status codes and their use"); `None` if it is not there.
    pub fn of_grpc_status(headers: &HeaderMap) -> Option<Self> {
        let status = headers.get("grpc-status")?;
        let code = status.to_str().ok().and_then(|code| code.parse::<u32>().ok());
        Some(match code {
            Some(0) => Self::Ok,
            // Calls to paths that nobody serves end so: their names must not become labels.
            Some(12) => Self::PathNotFound,
            Some(1 | 3 | 5 | 6 | 7 | 9 | 10 | 11 | 16) => Self::ClientError,
            _ => Self::ServerError,
        })
    }

    /// The value of the metrics' label `status`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::PathNotFound | Self::MethodNotAllowed | Self::ClientError => "client_error",
            Self::Unexpected => "unexpected_response",
            Self::ServerError => "server_error",
        }
    }

    /// What a span's event says of it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::PathNotFound => "path not found",
            Self::MethodNotAllowed => "method not allowed",
            Self::ClientError => "client error",
            Self::Unexpected => "unexpected response",
            Self::ServerError => "server error",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grpc(status: &str) -> HeaderMap {
        [("grpc-status".parse().unwrap(), status.parse().unwrap())]
            .into_iter()
            .collect()
    }

    #[test]
    fn every_status_code_has_its_outcome() {
        let of = |code| Outcome::of_head(StatusCode::from_u16(code).unwrap(), &HeaderMap::new());
        for (codes, outcome) in [
            (vec![200, 201, 204, 206, 299, 304], Outcome::Ok),
            (vec![404], Outcome::PathNotFound),
            (vec![405], Outcome::MethodNotAllowed),
            (vec![400, 401, 403, 409, 429, 499, 501], Outcome::ClientError),
            (vec![500, 502, 503, 504, 599], Outcome::ServerError),
            (
                vec![100, 101, 300, 301, 302, 307, 308, 600, 999],
                Outcome::Unexpected,
            ),
        ] {
            for code in codes {
                assert_eq!(of(code), outcome, "{code}");
            }
        }
    }

    #[test]
    fn every_grpc_status_has_its_outcome() {
        let of = |status: &str| Outcome::of_grpc_status(&grpc(status)).unwrap();
        assert_eq!(of("0"), Outcome::Ok);
        assert_eq!(of("12"), Outcome::PathNotFound);
        for code in ["1", "3", "5", "6", "7", "9", "10", "11", "16"] {
            assert_eq!(of(code), Outcome::ClientError, "{code}");
        }
        for code in ["2", "4", "8", "13", "14", "15", "17", "-1", "what"] {
            assert_eq!(of(code), Outcome::ServerError, "{code}");
        }
        assert_eq!(Outcome::of_grpc_status(&HeaderMap::new()), None);
    }

    #[test]
    fn a_failed_status_code_outweighs_grpc() {
        assert_eq!(Outcome::of_head(StatusCode::OK, &grpc("5")), Outcome::ClientError);
        assert_eq!(
            Outcome::of_head(StatusCode::BAD_GATEWAY, &grpc("0")),
            Outcome::ServerError
        );
    }
}
