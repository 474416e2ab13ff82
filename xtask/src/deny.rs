//! cargo-deny over the whole tree, as `deny.toml` says.

use std::process::Command;

use crate::project::Project;
use crate::{Failure, Result, run, tools};

/// Known to read this project's `deny.toml`.
const VERSION: &str = "0.20.2";

/// Licences, bans and sources, which need no network; advisories where their database can be
/// had, and a line that says so where it cannot.
///
/// # Errors
/// When cargo-deny cannot be had or finds something.
pub fn check(project: &Project) -> Result<()> {
    let program = program()?;
    let deny = |offline: bool, checks: &[&str]| {
        let mut command = Command::new(&program);
        if offline {
            command.arg("--offline");
        }
        command.arg("check").args(checks);
        command.current_dir(project.root());
        command
    };
    run::shown(&mut deny(true, &["licenses", "bans", "sources"]))?;
    // Fetching and checking are two things: a database that is not to be had is no finding.
    let mut fetch = Command::new(&program);
    fetch
        .args(["fetch", "db"])
        .current_dir(project.root())
        .env("GIT_TERMINAL_PROMPT", "0");
    if run::output(&mut fetch).is_none() {
        println!(
            "xtask: the advisory database cannot be fetched here: advisories were not checked"
        );
        return Ok(());
    }
    run::shown(&mut deny(false, &["advisories"]))
}

/// The program: on `PATH`, in the cache of tools, or built into it (some five minutes, once).
fn program() -> Result<std::path::PathBuf> {
    if let Some(found) = tools::which("cargo-deny") {
        return Ok(found);
    }
    let folder = tools::cache()?.join(format!("cargo-deny-{VERSION}"));
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        run::logged(
            tools::cargo()
                // Unoptimized is quick enough, and builds in half the time.
                .args(["install", "--locked", "--debug", "--version", VERSION])
                .arg("cargo-deny")
                .arg("--root")
                .arg(&folder),
            "building cargo-deny",
            &folder.join("build.log"),
        )?;
    }
    if program.is_file() {
        Ok(program)
    } else {
        Err(Failure::new("cargo-deny was installed and is not there"))
    }
}
