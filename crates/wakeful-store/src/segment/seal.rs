//! Whether a segment's footer is what was written.
//!
//! What stands behind the table of checksums, Parquet's index of pages and its footer, is sealed: behind the footer's
//! last field stand how many bytes are sealed and their CRC32C. Parquet's readers know where the last field ends and
//! look no further; a footer that is signed has its signature in the same place (Parquet format, `Encryption.md`,
//! "Plaintext footer mode"). The seal is found from the end of the file alone, so that nothing of a damaged footer
//! has to be believed.

use std::io::{self, ErrorKind};

use parquet::file::reader::{ChunkReader, Length};

use super::SegmentError;
use super::input::Input;

/// The number of sealed bytes, and the CRC32C of those, of that number and of the last bytes; little endian.
const SEAL_BYTES: usize = 8;

/// A Parquet file ends with the length of its footer (four bytes, little endian) and `PAR1`.
const END_BYTES: usize = 8;

/// Seals the last bytes of a Parquet file, its footer among them.
pub(super) fn seal(mut bytes: Vec<u8>) -> io::Result<Vec<u8>> {
    let malformed = || io::Error::new(ErrorKind::InvalidData, "a Parquet file that does not end as one");
    let sealed = bytes.len().checked_sub(END_BYTES).ok_or_else(malformed)?;
    let (length, magic) = bytes[sealed..].split_first_chunk().ok_or_else(malformed)?;
    let length = u32::from_le_bytes(*length).checked_add(SEAL_BYTES as u32);
    let mut end = length.ok_or_else(malformed)?.to_le_bytes().to_vec();
    end.extend_from_slice(magic);
    let count = u32::try_from(sealed).map_err(|_| malformed())?.to_le_bytes();
    bytes.truncate(sealed);
    let sum = sum_of(&bytes, &count, &end);
    bytes.extend_from_slice(&count);
    bytes.extend_from_slice(&sum);
    bytes.extend_from_slice(&end);
    Ok(bytes)
}

/// Compares a file's last bytes with their seal.
pub(super) fn check(input: &Input) -> Result<(), SegmentError> {
    let bytes = input.len();
    let end_at = bytes
        .checked_sub((SEAL_BYTES + END_BYTES) as u64)
        .ok_or(SegmentError::FooterChanged)?;
    let end = input.get_bytes(end_at, SEAL_BYTES + END_BYTES)?;
    let (Some((count, rest)), Some(end)) = (end.split_first_chunk(), end.get(SEAL_BYTES..)) else {
        return Err(SegmentError::FooterChanged);
    };
    let sealed = u64::from(u32::from_le_bytes(*count));
    let sealed_at = end_at.checked_sub(sealed).ok_or(SegmentError::FooterChanged)?;
    let sealed = input.get_bytes(sealed_at, sealed as usize)?;
    if rest.starts_with(&sum_of(&sealed, count, end)) {
        Ok(())
    } else {
        Err(SegmentError::FooterChanged)
    }
}

fn sum_of(sealed: &[u8], count: &[u8], end: &[u8]) -> [u8; 4] {
    let sum = crc32c::crc32c_append(crc32c::crc32c(sealed), count);
    crc32c::crc32c_append(sum, end).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::segment::Source;

    fn checked(file: &[u8]) -> bool {
        let input = Source::Memory(Bytes::copy_from_slice(file)).open().unwrap();
        check(&input).is_ok()
    }

    #[test]
    fn every_changed_bit_and_every_cut_breaks_the_seal() {
        let mut file = b"rows, which have checksums of their own".to_vec();
        let rows = file.len();
        let footer = b"indexes and fields";
        let end = [&(footer.len() as u32).to_le_bytes(), b"PAR1".as_slice()].concat();
        file.extend(seal([footer.as_slice(), &end].concat()).unwrap());
        assert!(checked(&file));
        let (length, magic) = file[file.len() - 8..].split_at(4);
        assert_eq!(
            (length, magic),
            ([footer.len() as u8 + 8, 0, 0, 0].as_slice(), b"PAR1".as_slice())
        );
        for bit in 0..file.len() * 8 {
            let mut damaged = file.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(checked(&damaged), bit / 8 < rows, "bit {bit}");
        }
        for length in 0..file.len() {
            assert!(!checked(&file[..length]), "cut to {length} bytes");
        }
        assert!(seal(b"PAR1".to_vec()).is_err());
    }
}
