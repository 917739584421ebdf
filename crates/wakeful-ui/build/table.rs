//! Writes the files of the page as Rust.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

/// Writes `INDEX` and `FILES`, sorted by path, for the page in `dist`.
pub(crate) fn write(dist: &Path, to: &Path) -> io::Result<()> {
    let mut paths = Vec::new();
    collect(dist, &mut paths)?;
    paths.sort();
    let mut table = format!(
        "const INDEX: &str = include_str!({:?});\n",
        dist.join("index.html")
    );
    table.push_str("static FILES: &[(&str, Asset)] = &[\n");
    for path in paths {
        let name = path
            .strip_prefix(dist)
            .map_err(io::Error::other)?
            .to_string_lossy()
            .replace('\\', "/");
        if name == "index.html" {
            continue;
        }
        let gzip = twin(&path).filter(|twin| twin.is_file());
        let gzip = gzip.map_or_else(
            || "None".to_owned(),
            |gzip| format!("Some(include_bytes!({gzip:?}))"),
        );
        let etag = etag(&fs::read(&path)?);
        // Names under `assets/` carry a hash of what is in them.
        let immutable = name.starts_with("assets/");
        let content_type = content_type(&name);
        let _ = writeln!(
            table,
            "    ({name:?}, Asset {{ bytes: include_bytes!({path:?}), gzip: {gzip}, content_type: {content_type:?}, \
             etag: {etag:?}, immutable: {immutable} }}),"
        );
    }
    table.push_str("];\n");
    fs::write(to, table)
}

/// All files below a folder but the compressed twins.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_none_or(|extension| extension != "gz") {
            paths.push(path);
        }
    }
    Ok(())
}

/// Where the same file is, compressed.
fn twin(path: &Path) -> Option<PathBuf> {
    let mut name = path.file_name()?.to_owned();
    name.push(".gz");
    Some(path.with_file_name(name))
}

/// Changes with the content. The hash may differ from one Rust release to the next, which costs a browser one request.
fn etag(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("{:016x}", hasher.finish())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
