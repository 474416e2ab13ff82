//! The size of a bundle: what is uploaded, as it is and as gzip.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Failure, Result};

/// A bundle's sizes in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// As on disk.
    pub raw: u64,
    /// After gzip at its best level.
    pub gzip: u64,
}

/// Sizes of the files that a deploy uploads.
#[derive(Debug, Clone, Copy)]
pub struct BundleSize {
    /// `index_bg.wasm`.
    pub wasm: Size,
    /// `index_bg.wasm` and `index.js`.
    pub whole: Size,
}

/// Measures the bundle in this folder.
///
/// # Errors
/// When one of its files cannot be read.
pub fn measure(bundle: &Path) -> Result<BundleSize> {
    let read = |name: &str| {
        let path = bundle.join(name);
        fs::read(&path)
            .and_then(|bytes| of(&bytes))
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))
    };
    let wasm = read("index_bg.wasm")?;
    let script = read("index.js")?;
    Ok(BundleSize {
        wasm,
        whole: Size {
            raw: wasm.raw + script.raw,
            gzip: wasm.gzip + script.gzip,
        },
    })
}

/// The sizes of one file.
///
/// # Errors
/// Those of a writer to memory: none.
pub fn of(bytes: &[u8]) -> std::io::Result<Size> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(Size {
        raw: bytes.len() as u64,
        gzip: encoder.finish()?.len() as u64,
    })
}

/// Kilobytes of 1000 bytes, with one decimal, as in `271.4 KB`.
#[must_use]
pub fn kilobytes(bytes: u64) -> String {
    format!("{}.{} KB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_of_a_repetitive_file_is_smaller_and_counts_its_header() {
        let size = of(&[b'a'; 10_000]).unwrap();
        assert_eq!(size.raw, 10_000);
        assert!((20..100).contains(&size.gzip), "{}", size.gzip);
    }

    #[test]
    fn kilobytes_are_of_1000_bytes_and_rounded_down() {
        assert_eq!(kilobytes(0), "0.0 KB");
        assert_eq!(kilobytes(450_999), "450.9 KB");
    }
}
