//! What `cargo xtask test --deep` does beyond running the tests with more cases: steps, one after
//! the other, in a box of time. A new one is a line in [`STEPS`].
//!
//! What must never happen: a step that the time did not reach, taken for one that passed.

use std::io;
use std::time::{Duration, Instant};

use crate::cli::TestOptions;
use crate::project::Project;
use crate::suite::{Report, cargo_test, counted};
use crate::tally::Tally;
use crate::{Failure, Result, deny};

/// For all steps together: no step begins after it.
const BOX: Duration = Duration::from_secs(15 * 60);

/// A part of the deep run.
struct Step {
    /// Its name in the summary.
    name: &'static str,
    /// Does it, and counts the tests it ran.
    run: fn(&Project, &mut Tally) -> Result<()>,
}

/// In the order in which they run. Each ends by itself: what it may take is said beside it.
const STEPS: [Step; 3] = [
    // A million broken templates, expressions and definitions: 400 seconds at most.
    Step {
        name: "flows",
        run: |project, tally| fuzz(project, "hookswitch-studio", "fuzz", tally),
    },
    // Every parser: twelve seconds each, four minutes together.
    Step {
        name: "parsers",
        run: |project, tally| fuzz(project, "hookswitch-fuzz", "stable", tally),
    },
    // Licences, sources, advisories: seconds.
    Step {
        name: "deny",
        run: |project, _| deny::check(project),
    },
];

/// Runs the steps.
pub(crate) fn run(project: &Project) -> Vec<Report> {
    within(BOX, &STEPS, project)
}

fn within(limit: Duration, steps: &[Step], project: &Project) -> Vec<Report> {
    let begin = Instant::now();
    let one = |step: &Step| {
        let start = Instant::now();
        let mut tally = Tally::default();
        println!("\nxtask: deep, {}", step.name);
        let outcome = if begin.elapsed() < limit {
            (step.run)(project, &mut tally)
        } else {
            let minutes = limit.as_secs() / 60;
            Err(Failure::new(format!("left out: {minutes} minutes were up")))
        };
        Report::new(step.name, tally, start.elapsed(), outcome)
    };
    steps.iter().map(one).collect()
}

/// Broken inputs, optimized: they take ten times as long when nothing is.
fn fuzz(project: &Project, package: &str, test: &str, tally: &mut Tally) -> Result<()> {
    let mut cargo = cargo_test(project);
    cargo
        .args(["--package", package, "--test", test])
        .args(["--profile", "deep"])
        .env("HOOKSWITCH_FUZZ", "1")
        // The figures are what it is for.
        .args(["--", "--nocapture"]);
    counted(&mut cargo, &TestOptions::default(), tally, io::stdout())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSES: Step = Step {
        name: "passes",
        run: |_, tally| {
            tally.passed += 1;
            Ok(())
        },
    };

    #[test]
    fn a_step_that_the_time_does_not_reach_is_a_failure() {
        let project = Project::here();
        let reports = within(Duration::ZERO, &[PASSES], &project);
        assert!(reports.iter().all(Report::failed));
        let reports = within(Duration::from_secs(60), &[PASSES], &project);
        assert!(!reports.iter().any(Report::failed));
    }
}
