//! Values that nobody shows twice, in a file that only its owner may read, until the rotation is
//! over.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use hookswitch::rotation::Kind;
use serde::{Deserialize, Serialize};

/// What the file holds.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// What is rotated.
    pub kind: Kind,
    /// The account.
    pub account: String,
    /// The old token, or the old key's SID.
    pub old: String,
    /// The new token, or the new key's SID.
    pub new: String,
    /// The new key's secret; empty for a token.
    #[serde(default)]
    pub secret: String,
}

/// Reads the file; `None` when there is none.
///
/// # Errors
/// When it is there and cannot be read: it is never overwritten then.
pub fn read(path: &Path) -> Result<Option<Kept>, String> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let kept = serde_json::from_str(&text);
    kept.map(Some)
        .map_err(|_| format!("{} cannot be read", path.display()))
}

/// Writes the file: whole, or not at all.
///
/// # Errors
/// Those of the file system.
pub fn write(path: &Path, kept: &Kept) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    let text = serde_json::to_string(kept).unwrap_or_default();
    let fresh = path.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&fresh).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&fresh, path).map_err(failed)
}

/// Deletes the file.
///
/// # Errors
/// Those of the file system, but for its not being there.
pub fn forget(path: &Path) -> Result<(), String> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_is_for_its_owner_alone_and_can_be_forgotten_twice() {
        let path = std::env::temp_dir().join(format!("ops-keep-{}", std::process::id()));
        assert!(read(&path).unwrap().is_none());
        let kept = Kept {
            kind: Kind::AuthToken,
            account: "AC1".to_owned(),
            old: "a".to_owned(),
            new: "b".to_owned(),
            secret: String::new(),
        };
        write(&path, &kept).unwrap();
        write(&path, &kept).unwrap();
        assert_eq!(read(&path).unwrap().unwrap().new, "b");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&path, "broken").unwrap();
        assert!(read(&path).is_err());
        forget(&path).unwrap();
        forget(&path).unwrap();
    }
}
