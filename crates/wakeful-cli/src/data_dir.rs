//! Where data rests unless somebody chooses.

use std::path::PathBuf;

use anyhow::Context as _;

/// `wakeful` in the platform's data folder.
pub(crate) fn default() -> anyhow::Result<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "wakeful");
    let folders = folders.context("this user has no home folder; say where data goes with --data-dir")?;
    Ok(folders.data_dir().to_owned())
}
