//! The figures as a table, as charts, and as a verdict.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use super::chart::{self, Bar};
use super::counts::Counts;
use super::figures::{Round, median, spread};
use super::instance::Instance;
use super::server::{Kind, io};
use super::{BenchOptions, Measured, price};
use crate::project::Project;
use crate::size::{BundleSize, kilobytes};
use crate::{Failure, Result, run};

/// The generated part of docs/performance.md is between these.
const BEGIN: &str = "<!-- Written by `cargo xtask bench`; do not edit. -->";
const END: &str = "<!-- End of what `cargo xtask bench` writes. -->";
/// How far over its goal a ratio may be in continuous integration: a machine's mood moves
/// ratios of one run by some percent, a mistake by more than this.
const MARGIN: f64 = 1.35;

/// Everything that one run measured.
pub struct Outcome {
    /// Each operation on each server.
    pub measured: Vec<Measured>,
    /// The bundle.
    pub sizes: BundleSize,
    /// Cold start.
    pub instance: Instance,
    /// What is billed.
    pub counts: Vec<Counts>,
    /// Memory over many requests.
    pub soak: Option<Soak>,
}

/// Memory after so many requests, in the order measured.
pub struct Soak {
    /// Requests so far and resident bytes.
    pub memory: Vec<(u64, u64)>,
}

fn cpu(measured: &Measured) -> f64 {
    middle(measured, |round| round.cpu_micros)
}

fn middle(measured: &Measured, figure: impl Fn(&Round) -> f64) -> f64 {
    median(measured.rounds.iter().map(figure))
}

/// hookswitch's CPU time by the other's: the median over rounds of each round's ratio, so
/// that what slows the machine for a while slows both.
fn ratio(ours: &Measured, other: &Measured) -> f64 {
    let rounds = ours.rounds.iter().zip(&other.rounds);
    median(rounds.map(|(ours, other)| ours.cpu_micros / other.cpu_micros))
}

/// hookswitch's measurement of an operation, and the others.
fn by_operation(outcome: &Outcome) -> Vec<(&Measured, Vec<&Measured>)> {
    let ours = outcome
        .measured
        .iter()
        .filter(|measured| measured.kind == Kind::Hookswitch);
    ours.map(|ours| {
        let others = outcome
            .measured
            .iter()
            .filter(|other| other.operation == ours.operation && other.kind != Kind::Hookswitch);
        (ours, others.collect())
    })
    .collect()
}

/// The tables, in Markdown.
pub fn text(outcome: &Outcome) -> String {
    let mut text = String::from(
        "| operation | server | CPU µs per request | ± % | hookswitch is | goal | requests/s | p50 ms | p99 ms | MB |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (ours, others) in by_operation(outcome) {
        for measured in others.iter().copied().chain([ours]) {
            let is_ours = measured.kind == Kind::Hookswitch;
            let goal = ours.operation.goal(measured.kind);
            let _ = writeln!(
                text,
                "| {} | {} | {:.0} | {:.0} | {} | {} | {:.0} | {:.2} | {:.2} | {:.0} |",
                measured.operation.title(),
                measured.kind.title(),
                cpu(measured),
                spread(measured.rounds.iter().map(|round| round.cpu_micros)),
                if is_ours {
                    String::new()
                } else {
                    format!("× {:.2}", ratio(ours, measured))
                },
                goal.map(|goal| format!("≤ {goal:.2}")).unwrap_or_default(),
                middle(measured, |round| round.per_second),
                middle(measured, |round| round.p50_millis),
                middle(measured, |round| round.p99_millis),
                measured.memory as f64 / 1e6,
            );
        }
    }
    bill(&mut text, outcome);
    let _ = writeln!(
        text,
        "\nBundle: {} raw, {} gzip. Cold start, in CPU time: {:.1} ms to compile the module, {:.1} ms to make an \
         instance (goal ≤ 15 ms).",
        kilobytes(outcome.sizes.whole.raw),
        kilobytes(outcome.sizes.whole.gzip),
        outcome.instance.compile,
        outcome.instance.instantiate
    );
    if let Some(soak) = &outcome.soak
        && let (Some(warm), Some(last)) = (soak.memory.get(1), soak.memory.last())
    {
        let _ = writeln!(
            text,
            "\nMemory of workerd and the isolate: {:.1} MB after {} requests, {:.1} MB after {}.",
            warm.1 as f64 / 1e6,
            warm.0,
            last.1 as f64 / 1e6,
            last.0
        );
    }
    text
}

fn bill(text: &mut String, outcome: &Outcome) {
    let _ = writeln!(
        text,
        "\n| operation | sub-requests | object calls | KV | statements | rows read | rows written | $ per million |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    for counts in &outcome.counts {
        let measured = outcome.measured.iter().find(|measured| {
            measured.kind == Kind::Hookswitch && measured.operation == counts.operation
        });
        let dollars = measured.map_or_else(String::new, |measured| {
            format!("{:.2}", price::of_a_million(counts, cpu(measured)))
        });
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {dollars} |",
            counts.operation.title(),
            counts.fetches,
            counts.objects,
            counts.kv,
            counts.statements,
            counts.read,
            counts.written,
        );
    }
    let _ = writeln!(
        text,
        "\nPrices: {}, read {}; what the plan includes is left out.",
        price::SOURCE,
        price::DATE
    );
}

/// Fails when a ratio is over its goal by more than [`MARGIN`].
///
/// # Errors
/// Naming each ratio that is.
pub fn check(outcome: &Outcome) -> Result<()> {
    let mut over = Vec::new();
    for (ours, others) in by_operation(outcome) {
        for other in others {
            let Some(goal) = ours.operation.goal(other.kind) else {
                continue;
            };
            let ratio = ratio(ours, other);
            if ratio > goal * MARGIN {
                over.push(format!(
                    "{}: {ratio:.2} of the CPU time of {}, the goal is {goal:.2}",
                    ours.operation.title(),
                    other.kind.title()
                ));
            }
        }
    }
    if over.is_empty() {
        println!("xtask: every ratio is within its goal and a margin of {MARGIN}");
        return Ok(());
    }
    Err(Failure::new(format!(
        "too slow: {}. `cargo xtask bench` has the figures",
        over.join("; ")
    )))
}

/// Writes the tables between the marks in docs/performance.md, and a chart of each operation.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(project: &Project, outcome: &Outcome, options: &BenchOptions) -> Result<()> {
    let folder = project.path("docs/performance");
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    let mut charts = String::new();
    for (ours, others) in by_operation(outcome) {
        if others.is_empty() {
            continue;
        }
        let bars: Vec<Bar> = others
            .iter()
            .copied()
            .chain([ours])
            .map(|measured| Bar {
                label: measured.kind.title().to_owned(),
                value: cpu(measured),
                ours: measured.kind == Kind::Hookswitch,
            })
            .collect();
        let name = format!("{}.svg", ours.operation.name());
        let title = format!("CPU time per request: {}", ours.operation.title());
        let path = folder.join(&name);
        fs::write(&path, chart::bars(&title, "µs", &bars)).map_err(io(&path))?;
        let _ = writeln!(charts, "![{title}](performance/{name})\n");
    }
    let path = project.path("docs/performance.md");
    let old = fs::read_to_string(&path).map_err(io(&path))?;
    let generated = format!(
        "{BEGIN}\n\n{}\n\n{charts}{}\n{END}",
        machine(project, options),
        text(outcome)
    );
    let new = match (old.split_once(BEGIN), old.split_once(END)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{generated}{after}"),
        _ => format!("{old}\n{generated}\n"),
    };
    fs::write(&path, new).map_err(io(&path))?;
    println!("xtask: wrote {} and its charts", path.display());
    Ok(())
}

/// What it was measured on, with which versions.
fn machine(project: &Project, options: &BenchOptions) -> String {
    let first = |program: &str, argument: &str| {
        let text = run::output(Command::new(program).arg(argument)).unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("an unknown processor", |rest| {
            rest.trim_start_matches(['\t', ' ', ':'])
        });
    let cores = info
        .lines()
        .filter(|line| line.starts_with("processor"))
        .count();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default();
    let workerd = project.path("node_modules/workerd/bin/workerd");
    let node = project.path("node_modules/node/bin/node");
    format!(
        "{model}, {cores} cores, load average {load} at the end; {}, {}, Node {}, {}. Medians of {} rounds of {} s \
         each after a warm-up, servers in turn (A B A B), 8 connections.",
        first("rustc", "--version"),
        first(&workerd.to_string_lossy(), "--version"),
        first(&node.to_string_lossy(), "--version"),
        first("python3", "--version"),
        options.rounds,
        options.seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::operation::Operation;
    use crate::size::Size;

    fn outcome(ours: f64, other: f64) -> Outcome {
        let measured = |kind, cpu_micros| Measured {
            operation: Operation::Menu,
            kind,
            rounds: vec![
                Round {
                    requests: 1000,
                    per_second: 1000.0,
                    cpu_micros,
                    p50_millis: 1.0,
                    p99_millis: 2.0,
                };
                3
            ],
            memory: 50_000_000,
        };
        let size = Size {
            raw: 1_000_000,
            gzip: 400_000,
        };
        Outcome {
            measured: vec![
                measured(Kind::Signed, other),
                measured(Kind::Hookswitch, ours),
            ],
            sizes: BundleSize {
                wasm: size,
                whole: size,
            },
            instance: Instance {
                compile: 10.0,
                instantiate: 1.0,
            },
            counts: Vec::new(),
            soak: None,
        }
    }

    #[test]
    fn a_ratio_over_its_goal_and_margin_fails_and_is_named() {
        assert!(check(&outcome(90.0, 100.0)).is_ok());
        assert!(check(&outcome(120.0, 100.0)).is_ok());
        let failure = check(&outcome(130.0, 100.0)).unwrap_err().to_string();
        assert!(failure.contains("signed menu step: 1.30"), "{failure}");
    }

    #[test]
    fn the_table_has_the_ratio_and_the_goal() {
        let text = text(&outcome(80.0, 100.0));
        assert!(text.contains("| × 0.80 | ≤ 0.90 |"), "{text}");
    }
}
