//! `cargo xtask test`: every layer of tests, and one line that sums them.
//!
//! What must never happen: success when a layer that was asked for did not run.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bundle::{self, Profile};
use crate::cli::{Layer, TestOptions};
use crate::project::Project;
use crate::setup::{self, Need};
use crate::tally::Tally;
use crate::tools::{self, CargoTool, which};
use crate::{Failure, Result, deep, run, schemathesis};

/// The largest gzip size of the release bundle, in kilobytes of 1000 bytes. The goal is 700: with
/// Studio's executions, gap recovery, doctors, rotation, sessions and metrics in it the bundle is
/// some 146 KB over it (docs/performance.md).
const BUDGET_KB: u64 = 863;
/// Where the release bundle for the end-to-end tests goes; `build/` is wrangler's.
const BUNDLE: &str = "target/e2e/bundle";
/// Where the end-to-end tests keep storage and logs; those of a failed test stay until the
/// next run.
const STACKS: &str = "target/e2e/stacks";

/// Runs the layers, prints what each came to, and ends with `N passed, N failed`.
///
/// # Errors
/// An empty failure, all said, when anything failed, no test ran, or a layer could not run.
pub fn run(project: &Project, options: &TestOptions) -> Result<()> {
    let chosen = |layer: &Layer| options.only.is_empty() || options.only.contains(layer);
    let layers: Vec<Layer> = Layer::ALL.into_iter().filter(chosen).collect();
    let unmet = setup::unmet(project, &needs(&layers));

    let mut reports = Vec::new();
    for layer in layers {
        let start = Instant::now();
        println!("\nxtask: {} tests", layer.name());
        let mut tally = Tally::default();
        let missing = unmet
            .iter()
            .find(|(need, _)| layer_needs(layer).contains(need));
        let outcome = match missing {
            Some((_, failure)) => Err(Failure::new(format!("left out: {failure}"))),
            None => run_layer(project, options, layer, &mut tally),
        };
        reports.push(Report::new(layer.name(), tally, start.elapsed(), outcome));
    }
    if options.deep && chosen(&Layer::Native) {
        reports.extend(deep::run(project));
    }
    close(&reports)
}

fn layer_needs(layer: Layer) -> &'static [Need] {
    match layer {
        Layer::Native => &[],
        Layer::Lint => &[Need::WasmTarget, Need::Linters],
        Layer::Browser => &[Need::WasmTarget, Need::WasmBindgen, Need::Chrome],
        Layer::E2e => &Need::E2E,
    }
}

fn needs(layers: &[Layer]) -> Vec<Need> {
    let wanted = |need: &Need| {
        layers
            .iter()
            .any(|layer| layer_needs(*layer).contains(need))
    };
    Need::ALL.into_iter().filter(wanted).collect()
}

fn run_layer(
    project: &Project,
    options: &TestOptions,
    layer: Layer,
    tally: &mut Tally,
) -> Result<()> {
    match layer {
        Layer::Lint => lint(project),
        Layer::Native => {
            let mut cargo = cargo_test(project);
            cargo.args(["--workspace", "--exclude", "hookswitch-e2e"]);
            counted(&mut cargo, options, tally, io::stdout())?;
            Ok(())
        }
        Layer::Browser => {
            let driver = which("chromedriver").unwrap_or_default();
            let runner = CargoTool::WasmBindgen.program(project, "wasm-bindgen-test-runner")?;
            let mut cargo = cargo_test(project);
            cargo
                .args(["--package", "hookswitch", "--test", "browser"])
                .args(["--target", tools::WASM])
                // Without the feature `platform`, whose imports only workerd has.
                .arg("--no-default-features")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
                .env("CHROMEDRIVER", driver)
                .env("WASM_BINDGEN_TEST_ONLY_WEB", "1")
                .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
                .env("WASM_BINDGEN_TEST_TIMEOUT", "120")
                // Else a failed test is followed by the runner's own back trace.
                .env("RUST_BACKTRACE", "0");
            // The runner knows no `--include-ignored`.
            counted(&mut cargo, &TestOptions::default(), tally, io::stdout())
        }
        Layer::E2e => {
            let _ = std::fs::remove_dir_all(project.path(STACKS));
            bundle::compile(project, Profile::Release, BUNDLE.as_ref())?;
            bundle::report_size(&project.path(BUNDLE), Some(BUDGET_KB))?;
            run::shown(
                tools::cargo()
                    .args(["build", "--package", "hookswitch-twin"])
                    .args(["--package", "hookswitch-ops"])
                    .current_dir(project.root()),
            )?;
            let mut cargo = cargo_test(project);
            cargo
                .args(["--package", "hookswitch-e2e"])
                .env("HOOKSWITCH_BUNDLE", project.path(BUNDLE))
                .env(
                    "HOOKSWITCH_OPS",
                    project.target().join("debug/hookswitch-ops"),
                )
                .env(
                    "HOOKSWITCH_TWIN",
                    project.target().join("debug/hookswitch-twin"),
                );
            if options.deep {
                cargo.env("HOOKSWITCH_SCHEMATHESIS", schemathesis::ensure()?);
            }
            counted(&mut cargo, options, tally, io::stdout())
        }
    }
}

/// Formatting and clippy. No tests, so it adds nothing to the count unless it fails.
fn lint(project: &Project) -> Result<()> {
    let clippy = |arguments: &[&str]| {
        let mut cargo = tools::cargo();
        cargo.arg("clippy").args(arguments);
        cargo.args(["--", "-D", "warnings"]);
        cargo
    };
    let mut format = tools::cargo();
    format.args(["fmt", "--all", "--check"]);
    let native = clippy(&["--workspace", "--all-targets"]);
    let wasm = clippy(&["--package", "hookswitch", "--lib", "--target", tools::WASM]);
    let checks = [
        ("cargo fmt", format),
        ("clippy", native),
        ("clippy on wasm32", wasm),
    ];
    let mut failed = Vec::new();
    for (name, mut check) in checks {
        if run::shown(check.current_dir(project.root())).is_err() {
            failed.push(name);
        }
    }
    match failed.as_slice() {
        [] => Ok(()),
        names => Err(Failure::new(format!("{} failed", names.join(", ")))),
    }
}

pub(crate) fn cargo_test(project: &Project) -> Command {
    let mut cargo = tools::cargo();
    cargo
        .args(["test", "--no-fail-fast"])
        .current_dir(project.root());
    cargo
}

/// Runs a test command, copies its output to `shown` as it comes, and adds up its closing
/// lines.
pub(crate) fn counted(
    cargo: &mut Command,
    options: &TestOptions,
    tally: &mut Tally,
    mut shown: impl Write,
) -> Result<()> {
    if options.deep {
        cargo
            .env("HOOKSWITCH_DEEP", "1")
            .env("PROPTEST_CASES", "4096")
            .args(["--", "--include-ignored"]);
    }
    cargo.stdout(Stdio::piped());
    let mut group = run::spawn(cargo)?;
    if let Some(stdout) = group.child().stdout.take() {
        let failed = |error| Failure::new(format!("reading the tests' output: {error}"));
        let mut reader = BufReader::new(stdout);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).map_err(failed)? > 0 {
            // Nobody reading our output is no reason to lose the count.
            let _ = shown.write_all(&line);
            if let Some(counts) = Tally::of_line(&String::from_utf8_lossy(&line)) {
                *tally += counts;
            }
            line.clear();
        }
    }
    let status = group
        .wait()
        .map_err(|error| Failure::new(format!("waiting for the tests: {error}")))?;
    if tally.is_empty() {
        return Err(Failure::new(format!("no test ran ({status})")));
    }
    if !status.success() && tally.failed == 0 {
        return Err(Failure::new(format!("the test command failed ({status})")));
    }
    Ok(())
}

/// What a layer, or a step of the deep run, came to.
pub(crate) struct Report {
    name: &'static str,
    tally: Tally,
    time: Duration,
    trouble: Option<String>,
}

impl Report {
    pub(crate) fn new(
        name: &'static str,
        mut tally: Tally,
        time: Duration,
        outcome: Result<()>,
    ) -> Self {
        let trouble = outcome.err().map(|failure| failure.to_string());
        if trouble.is_some() {
            tally += Tally::FAILURE;
        }
        Self {
            name,
            tally,
            time,
            trouble,
        }
    }
}

#[cfg(test)]
impl Report {
    /// Whether it counts against the run.
    pub(crate) fn failed(&self) -> bool {
        self.tally.failed > 0
    }
}

/// Prints the reports and the line that sums them.
fn close(reports: &[Report]) -> Result<()> {
    let mut sum = Tally::default();
    println!();
    for report in reports {
        println!("xtask: {}", summary(report));
        sum += report.tally;
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    // A run of the linters alone counts no test and is none.
    let tests = reports
        .iter()
        .any(|report| report.name != Layer::Lint.name());
    if sum.failed > 0 || (tests && sum.passed == 0) {
        return Err(Failure::new(""));
    }
    Ok(())
}

fn summary(report: &Report) -> String {
    let Tally {
        passed,
        failed,
        ignored,
    } = report.tally;
    let trouble = match &report.trouble {
        Some(trouble) => format!(": {trouble}"),
        None => String::new(),
    };
    format!(
        "{:<8} {:>6.1} s, {passed} passed, {failed} failed, {ignored} ignored{trouble}",
        report.name,
        report.time.as_secs_f32()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(layer: Layer, passed: u64, failed: u64, outcome: Result<()>) -> Report {
        let tally = Tally {
            passed,
            failed,
            ignored: 0,
        };
        Report::new(layer.name(), tally, Duration::ZERO, outcome)
    }

    fn sh(script: &str) -> (Tally, Result<()>) {
        let mut tally = Tally::default();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let outcome = counted(
            &mut command,
            &TestOptions::default(),
            &mut tally,
            io::sink(),
        );
        (tally, outcome)
    }

    #[test]
    fn a_run_passes_only_when_every_layer_ran_and_nothing_failed() {
        let passed = || report(Layer::Native, 3, 0, Ok(()));
        assert!(close(&[passed(), report(Layer::Lint, 0, 0, Ok(()))]).is_ok());
        assert!(close(&[passed(), report(Layer::E2e, 3, 1, Ok(()))]).is_err());
        let left_out = Err(Failure::new("left out: no Chrome"));
        assert!(close(&[passed(), report(Layer::Browser, 0, 0, left_out)]).is_err());
        assert!(close(&[report(Layer::Native, 0, 0, Ok(()))]).is_err());
    }

    #[test]
    fn a_command_that_runs_no_test_is_a_failure_even_when_it_succeeds() {
        assert!(sh("echo hello").1.is_err());
        assert!(
            sh("echo 'test result: ok. 0 passed; 0 failed; 0 ignored'")
                .1
                .is_err()
        );
    }

    #[test]
    fn a_command_that_fails_without_a_failed_test_is_a_failure() {
        let (tally, outcome) =
            sh("echo 'test result: ok. 2 passed; 0 failed; 0 ignored'; exit 101");
        assert_eq!(tally.passed, 2);
        assert!(outcome.is_err());
    }

    #[test]
    fn failed_tests_are_counted_once() {
        let line = "test result: FAILED. 2 passed; 1 failed; 0 ignored";
        let (tally, outcome) = sh(&format!("echo '{line}'; exit 101"));
        assert!(outcome.is_ok());
        assert_eq!((tally.passed, tally.failed), (2, 1));
    }

    #[test]
    fn the_end_to_end_tests_need_what_a_build_needs_and_a_browser() {
        assert_eq!(needs(&[Layer::Native]), []);
        let e2e = needs(&[Layer::E2e]);
        assert!(Need::BUILD.iter().all(|need| e2e.contains(need)));
        assert!(e2e.contains(&Need::Chrome));
        assert!(needs(&Layer::ALL).contains(&Need::Chrome));
    }
}
