//! Bytes to the model and back, a folder for each format; everything behind a decoder sees plain data.
//!
//! No decoder trusts a length: sizes are checked against what is there before anything is allocated, nesting is
//! bounded, and an error says what was wrong and at which byte.
//!
//! Features (all on unless told otherwise): `encode` is what a program needs that only sends, OTLP requests written span by
//! span, frames around them, and the Jaeger agent's datagrams; `console` is tokio-console's protocol, both ways; `decode` is the rest.

#[cfg(feature = "console")]
pub mod console;
#[cfg(feature = "encode")]
pub mod frame;
#[cfg(feature = "decode")]
pub mod inflate;
#[cfg(feature = "encode")]
pub mod jaeger;
#[cfg(feature = "decode")]
pub mod json;
#[cfg(feature = "encode")]
pub mod otlp;
#[cfg(feature = "encode")]
mod protobuf;
#[cfg(feature = "encode")]
pub mod runtime;
#[cfg(feature = "decode")]
mod thrift;

#[cfg(feature = "decode")]
pub use thrift::ThriftError;
