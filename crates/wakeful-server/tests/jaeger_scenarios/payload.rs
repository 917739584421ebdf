//! Payload files, decoded as the receiver of their port does.

use bytes::Bytes;
use serde_json::Value;
use wakeful_wire::inflate::{Encoding, inflate};
use wakeful_wire::jaeger;
use wakeful_wire::otlp::{self, Batch};

use crate::scenario::captured;

/// The payload of `send` as a batch, or why no receiver takes it.
pub(crate) fn decode(send: &str, to: &str) -> Result<Batch, String> {
    let path = captured().join(send);
    let bytes = std::fs::read(&path).unwrap();
    let about: Value = serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap();
    let encoding = match about["compression"].as_str() {
        Some("gzip") => Encoding::Gzip,
        None => Encoding::Identity,
        Some(other) => return Err(format!("no payload is compressed with {other}")),
    };
    let bytes = inflate(encoding, Bytes::from(bytes), 64 << 20).map_err(|error| error.to_string())?;
    let is_json = about["headers"].as_array().into_iter().flatten().any(|header| {
        header[0] == "content-type"
            && header[1]
                .as_str()
                .is_some_and(|value| value.starts_with("application/json"))
    });

    let mut words = to.split(' ');
    let decoded = match (words.next(), words.next(), is_json) {
        (Some("udp"), Some("6831"), _) => {
            jaeger::decode_agent(&bytes, jaeger::Protocol::Compact).map_err(|error| error.to_string())
        }
        (Some("udp"), Some("6832"), _) => {
            jaeger::decode_agent(&bytes, jaeger::Protocol::Binary).map_err(|error| error.to_string())
        }
        (Some("http"), Some("14268"), _) => jaeger::decode_batch(&bytes).map_err(|error| error.to_string()),
        (Some("http"), Some("4318"), true) if to.ends_with("/v1/traces") => {
            otlp::decode_json(&bytes).map_err(|error| error.to_string())
        }
        (Some("http" | "grpc"), Some("4317" | "4318"), _) if send.ends_with("-traces.bin") => {
            return Batch::decode(bytes).map_err(|error| error.to_string());
        }
        _ => Err(format!("nothing here takes {to}")),
    };
    let (spans, _) = decoded?;
    Batch::encode(&spans).map_err(|error| error.to_string())
}
