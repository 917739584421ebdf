//! Opens the page where there is a browser.

use std::env;

/// Opens `url`, unless somebody said no or nobody could see it.
pub(super) fn open(url: &str, no_open: bool) {
    if no_open || env::var_os("CI").is_some() || !has_display() {
        return;
    }
    if let Err(error) = open::that_detached(url) {
        tracing::info!(%error, "cannot open a browser; open the page by hand");
    }
}

/// Other systems than Linux and its like always have a desktop.
fn has_display() -> bool {
    let desktop_always = cfg!(any(target_os = "macos", target_os = "windows"));
    desktop_always
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| env::var_os(name).is_some())
}
