//! `cargo xtask bench`: hookswitch beside what a team would write otherwise, on one machine,
//! in turn, under the same requests signed as Twilio signs.
//!
//! What is compared is CPU time per request, from the kernel's own accounting of each
//! server's processes: it is what the platform bills, and the one figure that a busy machine
//! does not turn upside down. What must never happen: a figure of a server that answered
//! wrongly (each answer is checked before, and every status during the measurement).

mod chart;
mod counts;
mod cpu;
mod figures;
pub mod flow;
mod instance;
mod operation;
mod price;
mod report;
mod request;
mod server;
mod workerd;
mod wrk;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bundle::{self, Profile};
use crate::project::Project;
use crate::setup::{self, Need};
use crate::tools::which;
use crate::{Failure, Result, size};

use figures::Round;
use operation::Operation;
use server::{Kind, Server};

/// Options of `bench`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchOptions {
    /// The operations to measure, by name; empty means all.
    pub only: Vec<String>,
    /// Measured rounds of each server and operation.
    pub rounds: u32,
    /// Seconds of each round.
    pub seconds: u32,
    /// A bundle to measure as it is, instead of a fresh one.
    pub bundle: Option<PathBuf>,
    /// Fail when a ratio is far over its goal, and write nothing: for continuous integration.
    pub check: bool,
    /// Requests for the memory test, 0 for none.
    pub soak: u64,
}

impl Default for BenchOptions {
    fn default() -> Self {
        Self {
            only: Vec::new(),
            rounds: 5,
            seconds: 4,
            bundle: None,
            check: false,
            soak: 0,
        }
    }
}

/// One operation on one server, with its rounds.
#[derive(Debug, Clone)]
struct Measured {
    operation: Operation,
    kind: Kind,
    rounds: Vec<Round>,
    /// Resident memory after the last round, in bytes.
    memory: u64,
}

/// Measures, prints, and writes docs/performance.md and its charts.
///
/// # Errors
/// When a tool is missing, a server does not start or answers wrongly, or a check fails.
pub fn run(project: &Project, options: &BenchOptions) -> Result<()> {
    let operations = operations(options)?;
    setup::ensure(project, &Need::BUILD)?;
    if which("wrk").is_none() {
        return Err(Failure::new(
            "wrk is missing: install it (Debian, Ubuntu: `apt install wrk`)",
        ));
    }
    let folder = project.target().join("bench");
    let bundle = match &options.bundle {
        Some(bundle) => project.root().join(bundle),
        None => {
            bundle::compile(project, Profile::Release, Path::new("target/bench/bundle"))?;
            project.path("target/bench/bundle")
        }
    };
    let stage = server::Stage {
        project,
        folder,
        bundle,
    };
    let mut measured = Vec::new();
    for operation in operations {
        measured.extend(measure(&stage, operation, options)?);
    }
    let outcome = report::Outcome {
        sizes: size::measure(&stage.bundle)?,
        instance: instance::measure(&stage)?,
        counts: counts::measure(&stage)?,
        soak: match options.soak {
            0 => None,
            requests => Some(soak(&stage, requests)?),
        },
        measured,
    };
    print!("{}", report::text(&outcome));
    if options.check {
        return report::check(&outcome);
    }
    report::write(project, &outcome, options)
}

fn operations(options: &BenchOptions) -> Result<Vec<Operation>> {
    if options.only.is_empty() {
        return Ok(if options.check {
            vec![Operation::Menu, Operation::Forged]
        } else {
            Operation::ALL.to_vec()
        });
    }
    options
        .only
        .iter()
        .map(|name| {
            Operation::named(name)
                .ok_or_else(|| Failure::new(format!("there is no operation `{name}`")).with_code(2))
        })
        .collect()
}

/// Every server that takes part, in turn, round by round: A B A B.
fn measure(
    stage: &server::Stage<'_>,
    operation: Operation,
    options: &BenchOptions,
) -> Result<Vec<Measured>> {
    let kinds = operation.servers(options.check);
    let mut servers = Vec::new();
    for kind in kinds {
        let server = Server::start(stage, *kind)?;
        operation.verify(&server)?;
        servers.push((server, Vec::new()));
    }
    let path = operation.path(&servers.iter().map(|(server, _)| server).collect::<Vec<_>>())?;
    for round in 0..=options.rounds {
        for (server, rounds) in &mut servers {
            // The first round warms up: compilers, caches, storage files.
            let measured = wrk::run(
                server,
                &operation.requests(server, &path, round),
                operation,
                Duration::from_secs(options.seconds.into()),
                stage,
            )?;
            if round > 0 {
                println!(
                    "xtask: {:<8} {:<10} round {round}: {:>7.1} µs CPU, {:>7.0}/s, p50 {:.2} ms, p99 {:.2} ms",
                    operation.name(),
                    server.kind.name(),
                    measured.cpu_micros,
                    measured.per_second,
                    measured.p50_millis,
                    measured.p99_millis
                );
                rounds.push(measured);
            }
        }
    }
    Ok(servers
        .into_iter()
        .map(|(server, rounds)| Measured {
            operation,
            kind: server.kind,
            rounds,
            memory: cpu::memory(server.group_id()),
        })
        .collect())
}

/// Memory of an isolate before and after many requests, once warm.
fn soak(stage: &server::Stage<'_>, requests: u64) -> Result<report::Soak> {
    let server = Server::start(stage, Kind::Hookswitch)?;
    let path = Operation::Menu.path(&[&server])?;
    let lines = Operation::Menu.requests(&server, &path, 0);
    let mut memory = Vec::new();
    let mut done = 0;
    while done < requests {
        let round = wrk::run(
            &server,
            &lines,
            Operation::Menu,
            Duration::from_secs(10),
            stage,
        )?;
        done += round.requests;
        memory.push((done, cpu::memory(server.group_id())));
        println!(
            "xtask: soak {done}: {} KB",
            cpu::memory(server.group_id()) / 1000
        );
    }
    Ok(report::Soak { memory })
}
