//! Installing what the project's commands need, each thing once and only when asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::project::Project;
use crate::tools::{self, CargoTool, which};
use crate::{Failure, Result, run};

/// Something a command needs on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The standard library for `wasm32-unknown-unknown`.
    WasmTarget,
    /// The standard library's source: the bundle builds it anew, with unwinding panics.
    RustSource,
    /// rustfmt and clippy.
    Linters,
    /// wasm-bindgen and its test runner.
    WasmBindgen,
    /// Node, wrangler, esbuild and wasm-opt, in `node_modules`.
    Npm,
    /// Chrome or Chromium, and its driver.
    Chrome,
}

impl Need {
    /// Everything.
    pub const ALL: [Self; 6] = [
        Self::WasmTarget,
        Self::RustSource,
        Self::Linters,
        Self::WasmBindgen,
        Self::Npm,
        Self::Chrome,
    ];

    /// What building the bundle takes.
    pub const BUILD: [Self; 4] = [
        Self::WasmTarget,
        Self::RustSource,
        Self::WasmBindgen,
        Self::Npm,
    ];

    /// What the end-to-end tests take: pages are tried in a browser.
    pub const E2E: [Self; 5] = [
        Self::WasmTarget,
        Self::RustSource,
        Self::WasmBindgen,
        Self::Npm,
        Self::Chrome,
    ];

    /// The name in progress lines, and how long it takes on a small machine.
    fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::WasmTarget => ("Rust's wasm32-unknown-unknown target", "seconds"),
            Self::RustSource => ("Rust's standard library source", "seconds"),
            Self::Linters => ("rustfmt and clippy", "seconds"),
            Self::WasmBindgen => ("wasm-bindgen", "about 1 minute"),
            Self::Npm => ("Node, wrangler, esbuild and wasm-opt", "about 20 seconds"),
            Self::Chrome => ("Chromium and its driver", "about 1 minute"),
        }
    }

    /// Needs of one lane are installed one after the other, the lanes at the same time.
    fn lane(self) -> Lane {
        match self {
            Self::Npm => Lane::Npm,
            Self::Chrome => Lane::System,
            _ => Lane::Rust,
        }
    }

    fn is_met(self, project: &Project) -> Result<bool> {
        match self {
            Self::WasmTarget => {
                let mut rustc = Command::new("rustc");
                rustc.args(["--print", "target-libdir", "--target", tools::WASM]);
                Ok(run::output(&mut rustc).is_some_and(|folder| Path::new(&folder).is_dir()))
            }
            Self::RustSource => {
                let sysroot = run::output(Command::new("rustc").args(["--print", "sysroot"]));
                Ok(sysroot.is_some_and(|root| {
                    Path::new(&root)
                        .join("lib/rustlib/src/rust/library/Cargo.lock")
                        .is_file()
                }))
            }
            Self::Linters => Ok(["fmt", "clippy"]
                .iter()
                .all(|tool| run::output(tools::cargo().args([tool, "--version"])).is_some())),
            Self::WasmBindgen => CargoTool::WasmBindgen.is_present(project),
            Self::Npm => Ok(node_modules_match(project)),
            Self::Chrome => Ok(which("chromedriver").is_some() && chrome().is_some()),
        }
    }

    fn install(self, project: &Project) -> Result<()> {
        match self {
            Self::WasmTarget => rustup(&["target", "add", tools::WASM]),
            Self::RustSource => rustup(&["component", "add", "rust-src"]),
            Self::Linters => rustup(&["component", "add", "rustfmt", "clippy"]),
            Self::WasmBindgen => cargo_install(project, CargoTool::WasmBindgen),
            Self::Npm => npm_ci(project),
            Self::Chrome => install_chrome(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Rust,
    Npm,
    System,
}

/// Installs whichever of these are missing; says what it does and how long it took, and
/// nothing when there is nothing to do.
///
/// # Errors
/// The first thing that could not be installed, with what to do about it.
pub fn ensure(project: &Project, needs: &[Need]) -> Result<()> {
    match unmet(project, needs).into_iter().next() {
        None => Ok(()),
        Some((_, failure)) => Err(failure),
    }
}

/// As [`ensure`], but tries each need and gives back those that stay unmet.
#[must_use]
pub fn unmet(project: &Project, needs: &[Need]) -> Vec<(Need, Failure)> {
    let lane = |lane: Lane| {
        let mut failures = Vec::new();
        for need in needs.iter().filter(|need| need.lane() == lane) {
            if let Err(failure) = meet(project, *need) {
                failures.push((*need, failure));
            }
        }
        failures
    };
    thread::scope(|scope| {
        let others = [Lane::Npm, Lane::System].map(|other| scope.spawn(move || lane(other)));
        let mut failures = lane(Lane::Rust);
        for other in others {
            failures.extend(other.join().unwrap_or_default());
        }
        failures
    })
}

fn meet(project: &Project, need: Need) -> Result<()> {
    if need.is_met(project)? {
        return Ok(());
    }
    let (what, estimate) = need.describe();
    println!("xtask: installing {what} ({estimate})");
    let start = Instant::now();
    need.install(project)
        .map_err(|failure| Failure::new(format!("installing {what}: {failure}")))?;
    if !need.is_met(project)? {
        return Err(Failure::new(format!(
            "installed {what}, but it does not work: remove it and run `cargo xtask setup`"
        )));
    }
    println!(
        "xtask: {what}: ready after {:.1} s",
        start.elapsed().as_secs_f32()
    );
    Ok(())
}

fn rustup(arguments: &[&str]) -> Result<()> {
    let command = format!("rustup {}", arguments.join(" "));
    if which("rustup").is_none() {
        return Err(Failure::new(format!(
            "this Rust was not installed by rustup: bring it with your package manager, or \
             install rustup (https://rustup.rs) and run `{command}`"
        )));
    }
    run::logged(
        Command::new("rustup").args(arguments),
        &command,
        &log("rustup")?,
    )
}

fn cargo_install(project: &Project, tool: CargoTool) -> Result<()> {
    let build = tools::cache()?.join("target");
    let package = format!("{}@{}", tool.package(), tool.version(project)?);
    let mut cargo = tools::cargo();
    // A debug build takes a third of the time, and the tool then half a second more per use.
    cargo
        .args(["install", "--debug", "--locked", "--force", "--root"])
        .arg(tool.folder(project)?)
        .arg(&package)
        .env("CARGO_TARGET_DIR", &build)
        .current_dir(tools::cache().and_then(create)?);
    run::logged(&mut cargo, tool.package(), &log(tool.package())?)?;
    let _ = fs::remove_dir_all(build);
    Ok(())
}

/// The lock file that `node_modules` was installed from, kept beside what it installed.
fn stamp(project: &Project) -> PathBuf {
    project.path("node_modules/.hookswitch-lock.json")
}

fn node_modules_match(project: &Project) -> bool {
    let lock = fs::read(project.path("package-lock.json")).ok();
    lock.is_some()
        && lock == fs::read(stamp(project)).ok()
        && run::output(Command::new(tools::node(project)).arg("--version")).is_some()
}

fn npm_ci(project: &Project) -> Result<()> {
    if which("npm").is_none() {
        return Err(Failure::new(
            "there is no npm: install Node 20 or later (https://nodejs.org), which brings it",
        ));
    }
    // The system's Node may be older than wrangler asks for; what runs wrangler is the
    // pinned one that this installs, so npm's warnings about it are left out.
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(project.root());
    run::logged(&mut npm, "npm ci", &log("npm")?)?;
    fs::copy(project.path("package-lock.json"), stamp(project))
        .map(drop)
        .map_err(|error| Failure::new(format!("{}: {error}", stamp(project).display())))
}

/// The Chrome or Chromium that is there.
fn chrome() -> Option<PathBuf> {
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]
    .iter()
    .find_map(which)
    .or_else(|| {
        let app = Path::new("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");
        app.is_file().then(|| app.to_path_buf())
    })
}

fn install_chrome() -> Result<()> {
    let by_hand = |command: &str| {
        Failure::new(format!(
            "the browser tests need Chrome and chromedriver: run `{command}`, or leave them \
             out with `cargo xtask test --only native,e2e,lint`"
        ))
    };
    if which("apt-get").is_some() {
        let install = "apt-get install -y --no-install-recommends chromium chromium-driver";
        return ["apt-get update", install]
            .iter()
            .try_for_each(|command| apt(command))
            .map_err(|_| by_hand("sudo apt-get install chromium chromium-driver"));
    }
    if which("brew").is_some() {
        let command = "brew install --cask chromedriver";
        return run::logged(
            Command::new("brew").args(command.split(' ').skip(1)),
            command,
            &log("brew")?,
        )
        .map_err(|_| by_hand(command));
    }
    Err(by_hand(
        "your package manager for chromium and chromedriver",
    ))
}

/// Runs apt-get as root, without ever asking for a password.
fn apt(command: &str) -> Result<()> {
    // `setsid` leaves our process group: half an installation, cut short by a Ctrl-C, is
    // worse than one that nobody waits for.
    let mut apt = Command::new("setsid");
    apt.arg("--wait").env("DEBIAN_FRONTEND", "noninteractive");
    if run::output(Command::new("id").arg("-u")).as_deref() != Some("0") {
        apt.args(["sudo", "-n"]);
    }
    apt.args(command.split(' '));
    run::logged(&mut apt, command, &log("apt")?)
}

fn log(name: &str) -> Result<PathBuf> {
    Ok(tools::cache()?.join("logs").join(format!("{name}.log")))
}

fn create(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder)
        .map(|()| folder.clone())
        .map_err(|error| Failure::new(format!("{}: {error}", folder.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_of_a_build_is_one_of_setups() {
        for need in Need::BUILD {
            assert!(Need::ALL.contains(&need), "{need:?}");
        }
    }

    #[test]
    fn node_modules_of_another_lock_file_do_not_match() {
        // A checkout with a lock file but nothing installed.
        let folder = std::env::temp_dir().join(format!("xtask-setup-{}", std::process::id()));
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        fs::write(folder.join("package-lock.json"), "{}").unwrap();
        let project = Project::at(&folder);
        assert!(!node_modules_match(&project));
        fs::write(stamp(&project), "{\"other\": 1}").unwrap();
        assert!(!node_modules_match(&project));
        fs::remove_dir_all(folder).unwrap();
    }
}
