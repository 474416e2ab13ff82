//! `cargo xtask flow`, `lint`, `doctor` and `rotate`: programs of their own, so that xtask does not
//! wait for what they are made of.

use crate::project::Project;
use crate::{Failure, Result, tools};

/// Flows offline: `hookswitch-studio`.
pub const FLOW: &str = "hookswitch-studio";
/// The linter of code that calls Twilio: `hookswitch-lint`.
pub const LINT: &str = "hookswitch-lint";

/// A deployment's health and credentials: `hookswitch-ops`.
pub const OPS: &str = "hookswitch-ops";

/// Hands the arguments on to the program of this package. Paths are those of the caller's folder.
///
/// # Errors
/// When the program cannot be built, or found something: its exit code is this one's.
pub fn run(project: &Project, package: &str, arguments: &[String]) -> Result<()> {
    let mut cargo = tools::cargo();
    cargo
        .args(["run", "--quiet", "--package", package])
        .arg("--manifest-path")
        .arg(project.path("Cargo.toml"))
        .arg("--")
        .args(arguments);
    let status = cargo
        .status()
        .map_err(|error| Failure::new(format!("cannot start `cargo`: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        // It has said why.
        code => {
            Err(Failure::new("").with_code(code.and_then(|c| u8::try_from(c).ok()).unwrap_or(1)))
        }
    }
}
