//! Compressing messages: fast rather than small, because the program's CPU is dearer than its network.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::GzEncoder;

use crate::settings::Compression;

/// The encoding's name in headers; `None` if there is none.
pub(super) fn name(compression: Compression) -> Option<&'static str> {
    match compression {
        Compression::None => None,
        Compression::Gzip => Some("gzip"),
        Compression::Zstd => Some("zstd"),
    }
}

/// Compresses a message.
pub(super) fn compress(compression: Compression, message: Bytes) -> io::Result<Bytes> {
    match compression {
        Compression::None => Ok(message),
        Compression::Gzip => {
            let mut out = GzEncoder::new(Vec::with_capacity(message.len() / 3), flate2::Compression::fast());
            out.write_all(&message)?;
            out.finish().map(Bytes::from)
        }
        #[cfg(feature = "zstd")]
        Compression::Zstd => zstd::bulk::compress(&message, 1).map(Bytes::from),
        #[cfg(not(feature = "zstd"))]
        Compression::Zstd => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "zstd needs a build with the feature `zstd` of wakeful",
        )),
    }
}
