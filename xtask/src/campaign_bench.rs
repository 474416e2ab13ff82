//! `cargo xtask bench campaign`: bulk sending under workerd, with the twin.

use crate::Result;
use crate::bundle::{self, Profile};
use crate::project::Project;
use crate::setup::{self, Need};
use crate::{run as process, tools};

/// The bundle that is measured: the release one, as deployed.
const BUNDLE: &str = "target/bench/bundle";
/// Where the Workers' storage is kept, when the machine has it: a disk's sync would be
/// measured otherwise. A process that is killed loses nothing of either.
const MEMORY: &str = "/dev/shm";

/// Bulk sending: pace, throughput, a million recipients, kills.
///
/// # Errors
/// When something cannot be built, or a bar is missed.
pub fn run(project: &Project, figures: &[String]) -> Result<()> {
    setup::ensure(project, &Need::ALL)?;
    bundle::compile(project, Profile::Release, BUNDLE.as_ref())?;
    process::shown(
        tools::cargo()
            .args(["build", "--release", "--package", "hookswitch-twin"])
            .current_dir(project.root()),
    )?;
    let mut cargo = tools::cargo();
    cargo
        .args([
            "run",
            "--quiet",
            "--package",
            "hookswitch-e2e",
            "--example",
            "campaign",
            "--",
        ])
        .args(figures)
        .env("HOOKSWITCH_BUNDLE", project.path(BUNDLE))
        .env(
            "HOOKSWITCH_TWIN",
            project.target().join("release/hookswitch-twin"),
        )
        .current_dir(project.root());
    if std::path::Path::new(MEMORY).is_dir() {
        cargo.env("HOOKSWITCH_STACKS", format!("{MEMORY}/hookswitch-bench"));
    }
    process::shown(&mut cargo)
}
