//! IPv4 addresses that a client sent as a number.

use std::net::Ipv4Addr;

use wakeful_model::{Attribute, SpanBatch, Value};

/// The attributes that old Jaeger clients fill with a packed address.
const KEYS: [&str; 2] = ["ip", "peer.ipv4"];

/// Writes them with dots.
pub(super) fn write_dotted(batch: &mut SpanBatch) {
    let of_resources = batch
        .resources
        .iter_mut()
        .flat_map(|resource| &mut resource.attributes);
    let of_spans = batch.spans.iter_mut().flat_map(|span| &mut span.attributes);
    for Attribute { key, value } in of_resources.chain(of_spans) {
        if KEYS.contains(&key.as_str()) {
            // The low 32 bits count: some clients send the address as a signed number.
            let packed = match *value {
                Value::Int(number) => number as u32,
                Value::Double(number) => number as i64 as u32,
                _ => continue,
            };
            *value = Value::String(Ipv4Addr::from_bits(packed).to_string());
        }
    }
}
