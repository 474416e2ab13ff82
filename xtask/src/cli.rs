//! The command line. Parsed by hand: five commands do not pay for a parser's compile time.

use std::path::PathBuf;

use crate::bench::BenchOptions;
use crate::{Failure, Result};

/// What `cargo xtask help` prints.
pub const USAGE: &str = "\
cargo xtask setup
    Install whatever the other commands need. Does nothing twice.
cargo xtask build [--dev] [--outdir DIR] [--max-gzip KB]
    Build the Worker into DIR (build/) and print its size; fail above KB kilobytes (1000 bytes).
cargo xtask dev [--port 8787] [--twin-port 8788] [--no-twin] [--var KEY:VALUE]... [--persist-to DIR]
    Run the Worker under `wrangler dev`, beside a local Twilio twin.
cargo xtask test [--only native,browser,e2e,lint] [--deep]
    Run every test, or those of some layers; --deep takes longer and looks harder.
cargo xtask bench [--only menu,forged,sms,status,send] [--rounds 5] [--seconds 4] [--bundle DIR]
                  [--soak REQUESTS] [--check]
    Measure hookswitch beside hand-written Workers and Twilio's libraries, into docs/performance.md;
    --check only fails where a ratio is far over its goal.
cargo xtask bench flow [--bundle DIR]
    Measure what a flow of 129 states costs to publish and to step; fail where a bar is missed.
cargo xtask bench campaign [pace] [unpaced] [million] [kills]
    Measure bulk sending under workerd with the twin; fail where a bar is missed.
cargo xtask flow check|run|draw|walk ...
    Flows offline, by scripts; `cargo xtask flow help` says more.
cargo xtask doctor ...
    What is wrong with a deployment and its Twilio account; `cargo xtask doctor --help` says more.
cargo xtask rotate ...
    Exchange the account's Auth Token or API key; `cargo xtask rotate --help` says more.
cargo xtask lint PATH... [--format text|sarif] [--output FILE] [--only CHECK,...] [--strict]
    What goes wrong in code that calls Twilio, in six languages; `cargo xtask lint help` says more.
cargo xtask notes VERSION
    Print what CHANGELOG.md says of a version.
cargo xtask bundle
    What wrangler.toml calls to build the Worker.";

/// A parsed command line.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print the usage.
    Help,
    /// Install what is missing.
    Setup,
    /// Build the Worker and print its size.
    Build(BuildOptions),
    /// Build the Worker for wrangler.
    Bundle,
    /// Run the Worker and the twin.
    Dev(DevOptions),
    /// Run the tests.
    Test(TestOptions),
    /// Measure.
    Bench(BenchOptions),
    /// Measure a large flow, with this bundle or a fresh one.
    BenchFlow(Option<PathBuf>),
    /// Flows offline; the arguments are those of the program that does it.
    Flow(Vec<String>),
    /// A deployment's health, or its credentials; the arguments are those of the program that
    /// does it.
    Ops(Vec<String>),
    /// Code of others that calls Twilio; the arguments are those of the program that looks.
    Lint(Vec<String>),
    /// Print a version's release notes.
    Notes(String),
    /// Measure bulk sending; the figures asked for, none for all.
    BenchCampaign(Vec<String>),
}

/// Options of `build`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct BuildOptions {
    /// The quick, large development profile.
    pub dev: bool,
    /// Where the bundle goes, relative to the project's root; `build` when not given.
    pub outdir: Option<PathBuf>,
    /// The largest gzip size of the whole bundle that passes, in kilobytes of 1000 bytes.
    pub max_gzip_kb: Option<u64>,
}

/// Options of `dev`.
#[derive(Debug, PartialEq, Eq)]
pub struct DevOptions {
    /// The Worker's port.
    pub port: u16,
    /// The twin's port.
    pub twin_port: u16,
    /// Whether to run the twin; without it the Worker talks to Twilio itself.
    pub twin: bool,
    /// `(KEY, VALUE)` pairs that win over `.dev.vars`.
    pub vars: Vec<(String, String)>,
    /// Where the local KV, queues and Durable Objects live.
    pub persist_to: Option<PathBuf>,
}

impl Default for DevOptions {
    fn default() -> Self {
        Self {
            port: 8787,
            twin_port: 8788,
            twin: true,
            vars: Vec::new(),
            persist_to: None,
        }
    }
}

/// A group of tests that run the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Formatting and clippy, native and wasm32.
    Lint,
    /// `cargo test` on this machine.
    Native,
    /// `wasm-bindgen-test` in headless Chromium.
    Browser,
    /// The built Worker under workerd, over HTTP.
    E2e,
}

impl Layer {
    /// All layers, in the order in which they run.
    pub const ALL: [Self; 4] = [Self::Native, Self::Browser, Self::E2e, Self::Lint];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Native => "native",
            Self::Browser => "browser",
            Self::E2e => "e2e",
        }
    }
}

/// Options of `test`.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TestOptions {
    /// The layers asked for; empty means all.
    pub only: Vec<Layer>,
    /// More cases of each property, and the tests marked `#[ignore]`.
    pub deep: bool,
}

/// Reads the arguments after `cargo xtask`.
///
/// # Errors
/// A failure with exit code 2 that names the argument and shows the usage.
pub fn parse(arguments: &[String]) -> Result<Command> {
    let mut arguments = arguments.iter().map(String::as_str);
    let command = match arguments.next() {
        None | Some("help" | "--help" | "-h") => return Ok(Command::Help),
        Some(name) => name,
    };
    let mut rest = Arguments { rest: arguments };
    match command {
        "setup" => rest.none().map(|()| Command::Setup),
        "bundle" => rest.none().map(|()| Command::Bundle),
        "build" => build(&mut rest).map(Command::Build),
        "dev" => dev(&mut rest).map(Command::Dev),
        "test" => test(&mut rest).map(Command::Test),
        "bench" => bench_of(rest),
        "notes" => match (rest.rest.next(), rest.rest.next()) {
            (Some(version), None) => Ok(Command::Notes(version.to_owned())),
            _ => Err(usage("notes takes one version")),
        },
        "doctor" | "rotate" => {
            let rest = rest.rest.map(str::to_owned);
            Ok(Command::Ops(
                std::iter::once(command.to_owned()).chain(rest).collect(),
            ))
        }
        "lint" => Ok(Command::Lint(rest.rest.map(str::to_owned).collect())),
        "flow" => Ok(Command::Flow(rest.rest.map(str::to_owned).collect())),
        other => Err(usage(&format!("there is no command `{other}`"))),
    }
}

/// `bench campaign` and the names of its figures, or the options of `bench`.
fn bench_of<'a>(rest: Arguments<impl Iterator<Item = &'a str>>) -> Result<Command> {
    let mut words = rest.rest.peekable();
    if words.next_if_eq(&"flow").is_some() {
        let options = bench(&mut Arguments { rest: words })?;
        return Ok(Command::BenchFlow(options.bundle));
    }
    if words.next_if_eq(&"campaign").is_none() {
        return bench(&mut Arguments { rest: words }).map(Command::Bench);
    }
    let figures: Vec<String> = words.map(str::to_owned).collect();
    let known = ["pace", "unpaced", "million", "kills"];
    match figures
        .iter()
        .find(|figure| !known.contains(&figure.as_str()))
    {
        Some(figure) => Err(usage(&format!("there is no figure `{figure}`"))),
        None => Ok(Command::BenchCampaign(figures)),
    }
}

fn build<'a>(rest: &mut Arguments<impl Iterator<Item = &'a str>>) -> Result<BuildOptions> {
    let mut options = BuildOptions::default();
    while let Some((name, inline)) = rest.next_option() {
        match name {
            "--dev" => options.dev = true,
            "--outdir" => options.outdir = Some(rest.value(name, inline)?.into()),
            "--max-gzip" => options.max_gzip_kb = Some(number(name, rest.value(name, inline)?)?),
            _ => return Err(unknown(name)),
        }
    }
    Ok(options)
}

fn dev<'a>(rest: &mut Arguments<impl Iterator<Item = &'a str>>) -> Result<DevOptions> {
    let mut options = DevOptions::default();
    while let Some((name, inline)) = rest.next_option() {
        match name {
            "--port" => options.port = number(name, rest.value(name, inline)?)?,
            "--twin-port" => options.twin_port = number(name, rest.value(name, inline)?)?,
            "--no-twin" => options.twin = false,
            "--var" => {
                let pair = rest.value(name, inline)?;
                let (key, value) = pair
                    .split_once(':')
                    .ok_or_else(|| usage(&format!("--var wants KEY:VALUE, not `{pair}`")))?;
                options.vars.push((key.to_owned(), value.to_owned()));
            }
            "--persist-to" => options.persist_to = Some(rest.value(name, inline)?.into()),
            _ => return Err(unknown(name)),
        }
    }
    Ok(options)
}

fn test<'a>(rest: &mut Arguments<impl Iterator<Item = &'a str>>) -> Result<TestOptions> {
    let mut options = TestOptions::default();
    while let Some((name, inline)) = rest.next_option() {
        match name {
            "--deep" => options.deep = true,
            "--only" => {
                for layer in rest.value(name, inline)?.split(',') {
                    let layer = Layer::ALL
                        .into_iter()
                        .find(|known| known.name() == layer)
                        .ok_or_else(|| usage(&format!("there is no test layer `{layer}`")))?;
                    options.only.push(layer);
                }
            }
            _ => return Err(unknown(name)),
        }
    }
    Ok(options)
}

fn bench<'a>(rest: &mut Arguments<impl Iterator<Item = &'a str>>) -> Result<BenchOptions> {
    let mut options = BenchOptions::default();
    while let Some((name, inline)) = rest.next_option() {
        match name {
            "--only" => {
                let names = rest.value(name, inline)?.split(',');
                options.only.extend(names.map(str::to_owned));
            }
            "--rounds" => options.rounds = number(name, rest.value(name, inline)?)?,
            "--seconds" => options.seconds = number(name, rest.value(name, inline)?)?,
            "--bundle" => options.bundle = Some(rest.value(name, inline)?.into()),
            "--soak" => options.soak = number(name, rest.value(name, inline)?)?,
            "--check" => options.check = true,
            _ => return Err(unknown(name)),
        }
    }
    Ok(options)
}

struct Arguments<I> {
    rest: I,
}

impl<'a, I: Iterator<Item = &'a str>> Arguments<I> {
    /// The next argument, split at `=` when it is `--name=value`.
    fn next_option(&mut self) -> Option<(&'a str, Option<&'a str>)> {
        let argument = self.rest.next()?;
        Some(match argument.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (argument, None),
        })
    }

    fn value(&mut self, name: &str, inline: Option<&'a str>) -> Result<&'a str> {
        inline
            .or_else(|| self.rest.next())
            .ok_or_else(|| usage(&format!("{name} wants a value")))
    }

    fn none(&mut self) -> Result<()> {
        match self.rest.next() {
            None => Ok(()),
            Some(argument) => Err(unknown(argument)),
        }
    }
}

fn number<N: std::str::FromStr>(name: &str, text: &str) -> Result<N> {
    text.parse()
        .map_err(|_| usage(&format!("{name} wants a number, not `{text}`")))
}

fn unknown(argument: &str) -> Failure {
    usage(&format!("there is no option `{argument}` here"))
}

fn usage(message: &str) -> Failure {
    Failure::new(format!("{message}\n\n{USAGE}")).with_code(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(&arguments)
    }

    #[test]
    fn dev_takes_ports_and_any_number_of_vars_whose_values_may_hold_colons() {
        let command = parsed("dev --port=9000 --twin-port 9001 --var A:1 --var URL:http://x:1/y");
        let expected = DevOptions {
            port: 9000,
            twin_port: 9001,
            vars: vec![
                ("A".into(), "1".into()),
                ("URL".into(), "http://x:1/y".into()),
            ],
            ..DevOptions::default()
        };
        assert_eq!(command.unwrap(), Command::Dev(expected));
    }

    #[test]
    fn test_takes_a_list_of_layers() {
        let Command::Test(options) = parsed("test --only native,e2e --deep").unwrap() else {
            panic!("not a test command");
        };
        assert_eq!(options.only, [Layer::Native, Layer::E2e]);
        assert!(options.deep);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_exit_code_2() {
        for line in [
            "tset",
            "setup now",
            "dev --prot 1",
            "dev --port many",
            "dev --var KEY",
            "test --only brower",
            "build --outdir",
        ] {
            assert_eq!(parsed(line).unwrap_err().code(), 2, "{line}");
        }
    }
}
