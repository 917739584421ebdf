//! wakeful's web page, built into the binary.
//!
//! The page is written in TypeScript (`ui/`) and built by this crate's build script; [`asset`] gives its files, identity
//! and gzipped. This crate knows no HTTP framework: whoever serves the page chooses headers from what [`Asset`] says.
//! Programs that want wakeful's data ask its APIs; they have no use for this crate.
//!
//! ```
//! let page = wakeful_ui::index();
//! assert!(page.contains(r#"<base href="/">"#), "the server writes its base path here");
//! assert!(wakeful_ui::asset("assets/no-such-file.js").is_none());
//! ```

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

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

/// The file at a path without a leading slash. The page itself is [`index`].
pub fn asset(path: &str) -> Option<Asset> {
    let at = FILES.binary_search_by_key(&path, |(name, _)| name).ok()?;
    FILES.get(at).map(|(_, asset)| *asset)
}

/// The page itself, for `/` and for every path that is neither a file nor an API. Its `<base href="/">` is to be replaced
/// by the path below which it is served.
pub fn index() -> &'static str {
    INDEX
}

#[cfg(test)]
mod tests;
