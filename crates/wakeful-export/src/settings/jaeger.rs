//! Where Jaeger's agent is, and how much it is sent.

use std::num::{NonZeroU16, NonZeroU32};

use wakeful_wire::jaeger::agent::DATAGRAM_BYTES_MAX;

/// A Jaeger agent, which takes spans over UDP in Thrift's compact protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JaegerSettings {
    /// Its name or address, looked up once.
    pub host: String,
    /// Its port.
    pub port: NonZeroU16,
    /// Datagrams a second: what comes quicker waits.
    pub messages_per_second_max: NonZeroU32,
    /// Bytes of a datagram; a span that has more is cut.
    pub datagram_bytes_max: usize,
}

impl Default for JaegerSettings {
    fn default() -> Self {
        const PORT: NonZeroU16 = NonZeroU16::new(6831).unwrap();
        const MESSAGES_PER_SECOND_MAX: NonZeroU32 = NonZeroU32::new(1000).unwrap();
        Self {
            host: "localhost".to_owned(),
            port: PORT,
            messages_per_second_max: MESSAGES_PER_SECOND_MAX,
            datagram_bytes_max: DATAGRAM_BYTES_MAX,
        }
    }
}
