//! Which files are read.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

use crate::language::Language;

/// A file beyond this is no code that a person wrote, in bytes.
const MAX_FILE: u64 = 1_000_000;
/// Code of others, whether or not .gitignore says so.
const OTHERS: [&str; 4] = [
    "node_modules",
    "vendor",
    "site-packages",
    "bower_components",
];

/// The files below these paths, sorted. What `.gitignore` and `.ignore` name, hidden files and
/// code of others are left out; a file that is named itself is not.
///
/// # Errors
/// A sentence that names the path, when one is not there or cannot be read.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for path in paths {
        let found = fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if found.is_file() {
            files.push(path.clone());
            continue;
        }
        let mut walk = WalkBuilder::new(path);
        walk.require_git(false).filter_entry(|entry| {
            let others = |name| entry.file_name() == name;
            entry.depth() == 0 || !OTHERS.into_iter().any(others)
        });
        for entry in walk.build() {
            let entry = entry.map_err(|error| error.to_string())?;
            if entry.file_type().is_some_and(|kind| kind.is_file()) {
                files.push(entry.into_path());
            }
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// A file's text and language; `None` when no rules are for it.
///
/// # Errors
/// Why it was left out.
pub fn read(path: &Path) -> Result<Option<(String, Language)>, String> {
    let Some(language) = Language::of(path) else {
        return Ok(None);
    };
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > MAX_FILE {
        return Err(format!("larger than {MAX_FILE} bytes"));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    Ok(Some((text, language)))
}

/// The path as reports have it: relative where it was given so, `/` between its parts.
#[must_use]
pub fn shown(path: &Path) -> String {
    let path = path.strip_prefix(".").unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}
