//! The web page's files, as the server wants them.

use wakeful_server::{Asset, Assets};

/// The page that is built into this binary.
pub(crate) fn assets() -> Assets {
    Assets {
        index: wakeful_ui::index(),
        find,
    }
}

fn find(path: &str) -> Option<Asset> {
    let asset = wakeful_ui::asset(path)?;
    Some(Asset {
        bytes: asset.bytes,
        gzip: asset.gzip,
        content_type: asset.content_type,
        etag: asset.etag,
        immutable: asset.immutable,
    })
}
