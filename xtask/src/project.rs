//! Where things are: the project's root, its lock file, its build directories.

use std::path::{Path, PathBuf};

use crate::{Failure, Result};

/// The project's folders and pinned versions.
#[derive(Debug, Clone)]
pub struct Project {
    root: PathBuf,
}

impl Project {
    /// The checkout that this program was built from.
    #[must_use]
    pub fn here() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::at(manifest.parent().unwrap_or(manifest))
    }

    /// The checkout at this folder.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// The folder with the workspace's `Cargo.toml`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path below the root.
    #[must_use]
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// Cargo's target folder of native code (`CARGO_TARGET_DIR` or `target/`).
    #[must_use]
    pub fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.path("target"), |dir| self.root.join(dir))
    }

    /// The exact version of a package in `Cargo.lock`.
    ///
    /// # Errors
    /// When the lock file cannot be read or does not name the package.
    pub fn locked_version(&self, package: &str) -> Result<String> {
        let path = self.path("Cargo.lock");
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
        version_in_lock(&text, package)
            .map(str::to_owned)
            .ok_or_else(|| Failure::new(format!("Cargo.lock names no package `{package}`")))
    }
}

fn version_in_lock<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines();
    lines.find(|line| *line == name)?;
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.2.1\"\n\n\
                        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.129\"\n";

    #[test]
    fn a_locked_version_is_that_of_the_package_with_exactly_that_name() {
        assert_eq!(version_in_lock(LOCK, "wasm-bindgen"), Some("0.2.129"));
        assert_eq!(version_in_lock(LOCK, "wasm"), None);
    }

    #[test]
    fn this_checkout_locks_the_crates_that_tools_must_match() {
        let project = Project::here();
        for package in ["wasm-bindgen", "worker"] {
            project.locked_version(package).unwrap();
        }
    }
}
