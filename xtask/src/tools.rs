//! Where the build's tools are. Cargo-installed tools live in a cache outside the project,
//! one folder per version, so that checkouts share them; npm's live in `node_modules`.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::project::Project;
use crate::{Failure, Result, run};

/// The Worker's target.
pub const WASM: &str = "wasm32-unknown-unknown";

/// A program that `cargo install` brings, at the version that `Cargo.lock` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CargoTool {
    /// Must have the version of the crate `wasm-bindgen` to the patch.
    WasmBindgen,
}

impl CargoTool {
    /// The crate to install.
    #[must_use]
    pub fn package(self) -> &'static str {
        match self {
            Self::WasmBindgen => "wasm-bindgen-cli",
        }
    }

    /// The programs that the project uses of it.
    #[must_use]
    pub fn programs(self) -> &'static [&'static str] {
        match self {
            Self::WasmBindgen => &["wasm-bindgen", "wasm-bindgen-test-runner"],
        }
    }

    /// The version to install, from `Cargo.lock`.
    ///
    /// # Errors
    /// When `Cargo.lock` does not name the library that the tool goes with.
    pub fn version(self, project: &Project) -> Result<String> {
        project.locked_version(match self {
            Self::WasmBindgen => "wasm-bindgen",
        })
    }

    /// The folder that the tool's `bin` folder is in.
    ///
    /// # Errors
    /// When `Cargo.lock` or the home directory is unknown.
    pub fn folder(self, project: &Project) -> Result<PathBuf> {
        let folder = format!("{}-{}", self.package(), self.version(project)?);
        Ok(cache()?.join(folder))
    }

    /// The path of one of its programs.
    ///
    /// # Errors
    /// As [`CargoTool::folder`].
    pub fn program(self, project: &Project, program: &str) -> Result<PathBuf> {
        Ok(self.folder(project)?.join("bin").join(program))
    }

    /// Whether each program answers `--version` with the right version.
    ///
    /// # Errors
    /// As [`CargoTool::folder`].
    pub fn is_present(self, project: &Project) -> Result<bool> {
        let version = self.version(project)?;
        for program in self.programs() {
            let path = self.program(project, program)?;
            let said = run::output(Command::new(path).arg("--version"));
            if said.and_then(|said| said.split_whitespace().last().map(str::to_owned))
                != Some(version.clone())
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The cache of tools: `HOOKSWITCH_TOOLS`, else `hookswitch/tools` in the user's cache folder.
///
/// # Errors
/// When none of `HOOKSWITCH_TOOLS`, `XDG_CACHE_HOME` and `HOME` is set.
pub fn cache() -> Result<PathBuf> {
    let folder = |name| env::var_os(name).filter(|value: &OsString| !value.is_empty());
    if let Some(tools) = folder("HOOKSWITCH_TOOLS") {
        return Ok(tools.into());
    }
    folder("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| folder("HOME").map(|home| Path::new(&home).join(".cache")))
        .map(|cache| cache.join("hookswitch").join("tools"))
        .ok_or_else(|| Failure::new("HOME is not set: set HOOKSWITCH_TOOLS to a folder for tools"))
}

/// A program that npm installed.
#[must_use]
pub fn npm_program(project: &Project, program: &str) -> PathBuf {
    project.path("node_modules/.bin").join(program)
}

/// The pinned Node.
#[must_use]
pub fn node(project: &Project) -> PathBuf {
    project.path("node_modules/node/bin/node")
}

/// `PATH` with the pinned Node before any other: npm's programs are scripts that ask for `node`.
#[must_use]
pub fn path_with_node(project: &Project) -> OsString {
    let old = env::var_os("PATH").unwrap_or_default();
    let mut folders = vec![project.path("node_modules/node/bin")];
    folders.extend(env::split_paths(&old));
    env::join_paths(folders).unwrap_or(old)
}

/// Cargo, the one that runs this program when there is one.
#[must_use]
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Finds a program on `PATH`.
#[must_use]
pub fn which(program: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program.as_ref()))
        .find(|candidate| candidate.is_file())
}
