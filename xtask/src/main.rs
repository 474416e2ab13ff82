//! Entry point of `cargo xtask`.

use std::process::ExitCode;

use xtask::cli::{self, Command};
use xtask::project::Project;
use xtask::{bench, bundle, campaign_bench, dev, handed, notes, setup, suite};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = cli::parse(&arguments).and_then(|command| {
        let project = Project::here();
        match command {
            Command::Help => {
                println!("{}", cli::USAGE);
                Ok(())
            }
            Command::Setup => setup::ensure(&project, &setup::Need::ALL),
            Command::Build(options) => bundle::build(&project, &options),
            Command::Bench(options) => bench::run(&project, &options),
            Command::BenchFlow(bundle) => bench::flow::run(&project, bundle.as_deref()),
            Command::Bundle => bundle::for_wrangler(&project),
            Command::Flow(arguments) => handed::run(&project, handed::FLOW, &arguments),
            Command::Lint(arguments) => handed::run(&project, handed::LINT, &arguments),
            Command::Notes(version) => notes::run(&project, &version),
            Command::Ops(arguments) => handed::run(&project, handed::OPS, &arguments),
            Command::Dev(options) => dev::run(&project, &options),
            Command::Test(options) => suite::run(&project, &options),
            Command::BenchCampaign(figures) => campaign_bench::run(&project, &figures),
        }
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Empty when the command has already said why.
            if !failure.to_string().is_empty() {
                eprintln!("xtask: {failure}");
            }
            ExitCode::from(failure.code())
        }
    }
}
