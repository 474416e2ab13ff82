//! `cargo xtask dev`: the Worker and the Twilio twin, until Ctrl-C.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::bundle::{self, Profile};
use crate::cli::DevOptions;
use crate::group::Group;
use crate::project::Project;
use crate::setup::{self, Need};
use crate::wrangler::DevServer;
use crate::{Failure, Result, dev_vars, http, run, tools};

/// How long the Worker and the twin have to answer once they are started.
const PATIENCE: Duration = Duration::from_secs(120);

/// Sets up, builds, runs, and returns when asked to end by Ctrl-C, SIGTERM or SIGHUP.
///
/// # Errors
/// When something cannot be built or started, or ends by itself.
pub fn run(project: &Project, options: &DevOptions) -> Result<()> {
    check_port(options.port, "--port")?;
    if options.twin {
        check_port(options.twin_port, "--twin-port")?;
    }
    setup::ensure(project, &Need::BUILD)?;
    let (mut vars, wrote) = dev_vars::read_or_write(&project.path(".dev.vars"))?;
    if wrote {
        println!("xtask: wrote .dev.vars with made-up values");
    }
    vars.extend(options.vars.iter().cloned());
    println!("xtask: building the Worker (development profile)");
    bundle::compile(project, Profile::Dev, "build".as_ref())?;
    if options.twin {
        println!("xtask: building the Twilio twin");
        run::shown(
            tools::cargo()
                .args(["build", "--quiet", "--package", "hookswitch-twin"])
                .current_dir(project.root()),
        )?;
    }

    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::SeqCst))
        .map_err(|error| Failure::new(format!("cannot listen for Ctrl-C: {error}")))?;

    let mut servers = Vec::new();
    if options.twin {
        servers.push(twin(project, options, &vars)?);
    }
    servers.push(worker(project, options)?);
    let key = vars.iter().rfind(|(name, _)| name == "CONSOLE_KEY");
    let key = key.map(|(_, key)| key.as_str());
    watch(&mut servers, &stop, key)
    // Dropping the servers ends whatever they started.
}

fn check_port(port: u16, option: &str) -> Result<()> {
    if http::is_free(port) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "port {port} is in use: choose another with `{option}`"
    )))
}

struct Server {
    name: &'static str,
    port: u16,
    group: Group,
    answers: bool,
}

fn twin(project: &Project, options: &DevOptions, vars: &[(String, String)]) -> Result<Server> {
    // The last one wins, as `--var` comes after `.dev.vars`.
    let value = |key: &str| {
        vars.iter()
            .rfind(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
            .ok_or_else(|| Failure::new(format!(".dev.vars has no {key}, which the twin needs")))
    };
    let mut command = std::process::Command::new(project.target().join("debug/hookswitch-twin"));
    command
        .args(["--port", &options.twin_port.to_string()])
        .args(["--account-sid", value("TWILIO_ACCOUNT_SID")?])
        .args(["--auth-token", value("TWILIO_AUTH_TOKEN")?])
        .args(["--worker", &address(options.port)]);
    Ok(Server {
        name: "Twilio twin",
        port: options.twin_port,
        group: run::spawn(&mut command)?,
        answers: false,
    })
}

fn worker(project: &Project, options: &DevOptions) -> Result<Server> {
    let mut vars = options.vars.clone();
    if options.twin && !vars.iter().any(|(key, _)| key == "TWILIO_ORIGIN") {
        let origin = format!("{}/{{product}}", address(options.twin_port));
        vars.push(("TWILIO_ORIGIN".to_owned(), origin));
    }
    let server = DevServer {
        config: project.path("wrangler.toml"),
        port: options.port,
        persist_to: options.persist_to.clone(),
        env_file: None,
        vars,
        scratch: project.path(".wrangler/scratch"),
    };
    let mut command = server.command(project);
    command
        .env(bundle::KEEP_LAST, "1")
        .current_dir(project.root());
    Ok(Server {
        name: "Worker",
        port: options.port,
        group: run::spawn(&mut command)?,
        answers: false,
    })
}

fn watch(servers: &mut [Server], stop: &AtomicBool, console_key: Option<&str>) -> Result<()> {
    let start = Instant::now();
    let mut announced = false;
    while !stop.load(Ordering::SeqCst) {
        for server in servers.iter_mut() {
            ended(server)?;
            server.answers = server.answers || http::answers(server.port, "/");
        }
        if !announced && servers.iter().all(|server| server.answers) {
            announced = true;
            announce(servers, console_key);
        }
        if !announced && start.elapsed() > PATIENCE {
            return Err(Failure::new(format!(
                "no answer within {} s of starting",
                PATIENCE.as_secs()
            )));
        }
        sleep(Duration::from_millis(100));
    }
    println!("xtask: ending");
    Ok(())
}

fn ended(server: &mut Server) -> Result<()> {
    let status = server
        .group
        .try_wait()
        .map_err(|error| Failure::new(format!("the {}: {error}", server.name)))?;
    let Some(status) = status else {
        return Ok(());
    };
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Err(
        Failure::new(format!("the {} ended by itself ({status})", server.name))
            .with_code(code.unwrap_or(1)),
    )
}

fn announce(servers: &[Server], console_key: Option<&str>) {
    println!();
    for server in servers.iter().rev() {
        println!("xtask: {:<12} {}", server.name, address(server.port));
    }
    if let (Some(key), Some(worker)) = (console_key, servers.last()) {
        let url = address(worker.port);
        println!("xtask: {:<12} {url}/console, key {key}", "console");
    }
    println!("xtask: Ctrl-C ends everything\n");
}

fn address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
