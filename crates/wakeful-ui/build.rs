//! Builds the web page in `OUT_DIR` and writes the table of its files.
//!
//! Sources are copied first, because a build script may write nowhere else. What npm installed there stays until the
//! lock file changes. A machine without npm gets a page that says how to get the real one, never a failed build.

// Cargo is spoken to by printing.
#![allow(clippy::print_stdout)]

#[path = "build/npm.rs"]
mod npm;
#[path = "build/table.rs"]
mod table;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What the page is built from; everything else in `ui` is for its tests and development.
const SOURCES: &[&str] = &[
    ".npmrc",
    "dev",
    "index.html",
    "package-lock.json",
    "package.json",
    "public",
    "src",
    "tsconfig.json",
    "vite.config.ts",
];

fn main() -> Result<(), Box<dyn Error>> {
    let ui = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("ui");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", ui.join(source).display());
    }
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=unbuilt.html");
    println!("cargo::rerun-if-env-changed=WAKEFUL_UI_DIST");
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    table::write(&page(&ui, &out)?, &out.join("assets.rs"))?;
    Ok(())
}

/// The folder with the finished page.
fn page(ui: &Path, out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    if let Some(dist) = env::var_os("WAKEFUL_UI_DIST").map(PathBuf::from) {
        println!("cargo::rerun-if-changed={}", dist.display());
        if !dist.join("index.html").is_file() {
            let dist = dist.display();
            return Err(format!(
                "WAKEFUL_UI_DIST={dist} has no index.html; set it to the output of `npm run build`"
            )
            .into());
        }
        return Ok(dist.canonicalize()?);
    }
    if env::var_os("DOCS_RS").is_some() {
        return unbuilt(out, "documentation is built without it");
    }
    match npm::build(ui, SOURCES, &out.join("ui")) {
        Ok(dist) => Ok(dist),
        Err(reason) => {
            println!("cargo::warning=the web page was not built: {reason}");
            // A file that never exists: the next build tries again.
            println!("cargo::rerun-if-changed={}", out.join("never").display());
            unbuilt(out, &reason)
        }
    }
}

/// A folder with a page that says why there is no other.
fn unbuilt(out: &Path, reason: &str) -> Result<PathBuf, Box<dyn Error>> {
    let folder = out.join("unbuilt");
    fs::create_dir_all(&folder)?;
    let reason = reason.replace('&', "&amp;").replace('<', "&lt;");
    fs::write(
        folder.join("index.html"),
        fs::read_to_string("unbuilt.html")?.replace("{reason}", &reason),
    )?;
    Ok(folder)
}
