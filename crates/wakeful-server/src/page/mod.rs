//! The web page: assets as they are handed to the server, under a strict policy.

mod policy;
mod serve;

use std::fmt;

pub(crate) use serve::Page;

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Its content.
    pub bytes: &'static [u8],
    /// The same, compressed with gzip.
    pub gzip: Option<&'static [u8]>,
    /// Its media type.
    pub content_type: &'static str,
    /// Changes with its content; without quotes.
    pub etag: &'static str,
    /// Whether its name changes with its content, so that browsers need not ask again.
    pub immutable: bool,
}

/// The page's files.
#[derive(Clone, Copy)]
pub struct Assets {
    /// What every path gives that is not a file; its `<base href="/">` is replaced by the base path.
    pub index: &'static str,
    /// The file of a path without a leading slash.
    pub find: fn(&str) -> Option<Asset>,
}

impl fmt::Debug for Assets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assets")
            .field("index_bytes", &self.index.len())
            .finish_non_exhaustive()
    }
}
