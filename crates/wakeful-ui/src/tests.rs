//! The page names its files, and each is there.

use super::{FILES, asset, index};

/// The files that the page names, by the attributes that name them.
fn named() -> Vec<&'static str> {
    let named = index()
        .split_terminator(['"'])
        .filter_map(|text| text.strip_prefix("./"));
    named.collect()
}

#[test]
fn the_page_can_be_served_below_any_path() {
    assert_eq!(index().matches("<base href=\"/\">").count(), 1);
}

#[test]
fn every_file_that_the_page_names_is_there() {
    for path in named() {
        assert!(asset(path).is_some(), "{path} is missing");
    }
}

#[test]
fn files_have_what_a_server_says_of_them() {
    for (path, asset) in FILES {
        assert!(!asset.bytes.is_empty(), "{path} is empty");
        assert_ne!(
            asset.content_type, "application/octet-stream",
            "{path} has no media type"
        );
        assert_eq!(asset.immutable, path.starts_with("assets/"), "{path}");
        if let Some(gzip) = asset.gzip {
            assert_eq!(
                gzip.get(..2),
                Some([0x1f, 0x8b].as_slice()),
                "{path} is not gzipped"
            );
        }
    }
}

#[test]
fn the_page_runs_nothing_inline() {
    for script in index().split("<script").skip(1) {
        assert!(
            script.trim_start().starts_with("src=") || script.contains(" src="),
            "an inline script: {script}"
        );
    }
    assert!(
        !index().contains("<style") && !index().contains(" style="),
        "an inline style"
    );
}

#[test]
fn the_page_is_small() {
    let sent = FILES
        .iter()
        .map(|(_, asset)| asset.gzip.unwrap_or(asset.bytes).len());
    let bytes: usize = sent.sum();
    // Of these a search loads 46 kB and a trace some 100; the pages about a program come when they are asked for.
    assert!(bytes <= 180_000, "all files take {bytes} bytes, compressed");
}
