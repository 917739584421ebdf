//! The key that frames of a folder's logs are sealed with.
//!
//! A slot has bytes of strangers between its frames: what is left of older payloads. Whoever sends spans could put
//! there what looks like a frame, had frames no key; the key is made by chance, once a folder, and never leaves it.

use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{Error, ErrorKind, Write};
use std::path::Path;

use crate::manifest::sync_folder_of;

const FILE_NAME: &str = "log.key";

/// The key stands there so many times, so that a flipped bit costs one copy and not the logs.
const COPIES: usize = 4;

/// The key of a folder, made if there is none yet.
pub(crate) fn read_or_make(folder: &Path) -> std::io::Result<u64> {
    match std::fs::read(folder.join(FILE_NAME)) {
        Ok(bytes) => parse(&bytes).ok_or_else(|| {
            let text = format!(
                "{FILE_NAME} is damaged, so what was not flushed cannot be read; remove it to go on without"
            );
            Error::new(ErrorKind::InvalidData, text)
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => make(folder),
        Err(error) => Err(error),
    }
}

/// The copy that another one confirms.
fn parse(bytes: &[u8]) -> Option<u64> {
    let copies: Vec<u64> = bytes
        .as_chunks()
        .0
        .iter()
        .map(|copy| u64::from_le_bytes(*copy))
        .collect();
    let confirmed = |key: &&u64| copies.iter().filter(|copy| copy == key).count() > 1;
    copies.iter().find(confirmed).copied()
}

fn make(folder: &Path) -> std::io::Result<u64> {
    // The standard library's hashers are keyed by the system's randomness.
    let key = RandomState::new().build_hasher().finish();
    let new_path = folder.join(FILE_NAME).with_extension("new");
    let mut file = File::create(&new_path)?;
    file.write_all(&key.to_le_bytes().repeat(COPIES))?;
    file.sync_all()?;
    let path = folder.join(FILE_NAME);
    std::fs::rename(&new_path, &path)?;
    sync_folder_of(&path)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stays_and_survives_a_flipped_bit() {
        let folder = tempfile::tempdir().unwrap();
        let key = read_or_make(folder.path()).unwrap();
        assert_eq!(read_or_make(folder.path()).unwrap(), key);
        let path = folder.path().join(FILE_NAME);
        let mut bytes = std::fs::read(&path).unwrap();
        for byte in 0..bytes.len() {
            bytes[byte] ^= 4;
            std::fs::write(&path, &bytes).unwrap();
            assert_eq!(read_or_make(folder.path()).unwrap(), key, "byte {byte}");
            bytes[byte] ^= 4;
        }
        assert_ne!(read_or_make(tempfile::tempdir().unwrap().path()).unwrap(), key);
        std::fs::write(&path, b"short").unwrap();
        assert!(read_or_make(folder.path()).is_err());
    }
}
