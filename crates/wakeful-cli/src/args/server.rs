//! What `serve` and `demo` have in common.

use clap::Args;
use wakeful_server::Limits;

use super::{PortArgs, StorageArgs};
use crate::units::parse_bytes;

#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    /// Say that the server is ready in one line of JSON, with every port
    #[arg(long)]
    pub(crate) ready_json: bool,
    #[command(flatten)]
    pub(crate) ports: PortArgs,
    #[command(flatten)]
    pub(crate) storage: StorageArgs,
    #[command(flatten)]
    pub(crate) edge: EdgeArgs,
    #[command(flatten, next_help_heading = "Log lines and spans of the server itself")]
    pub(crate) telemetry: wakeful::Args,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Requests")]
pub(crate) struct EdgeArgs {
    /// Largest message, after inflating [default: 4MiB by gRPC, 20MiB by HTTP]
    #[arg(long, value_name = "BYTES", env = "WAKEFUL_MAX_MESSAGE_BYTES", value_parser = parse_bytes)]
    max_message_bytes: Option<u64>,
    /// Origin whose web pages may send to the OTLP HTTP port, or `*`; may be given more than once
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "WAKEFUL_CORS_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    pub(crate) cors_allow_origin: Vec<String>,
    /// Path of the web page and its API, for a proxy that gives it one
    #[arg(long, value_name = "PATH", env = "WAKEFUL_BASE_PATH", default_value = "/", value_parser = base_path)]
    pub(crate) base_path: String,
}

impl EdgeArgs {
    /// What the server refuses to exceed.
    pub(crate) fn limits(&self) -> Limits {
        let default = Limits::default();
        let Some(bytes) = self.max_message_bytes else {
            return default;
        };
        // A gRPC message's length has 32 bits, and so has a place in a stored one.
        let bytes = usize::try_from(bytes)
            .unwrap_or(usize::MAX)
            .min(u32::MAX as usize);
        Limits {
            grpc_message_bytes_max: bytes,
            http_message_bytes_max: bytes,
            // A message counts twice while it is inflated, and must always fit.
            in_flight_bytes_max: default.in_flight_bytes_max.max(bytes.saturating_mul(3)),
            ..default
        }
    }
}

fn base_path(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '~');
    if text.starts_with('/') && !text.contains("//") && text.chars().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("give a path that begins with a slash, of letters, digits and -_.~".to_owned())
    }
}
