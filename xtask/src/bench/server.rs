//! The servers that are compared: what each is, how it starts, what it costs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::request::{ACCOUNT, TOKEN};
use super::{operation, workerd};
use crate::group::Group;
use crate::project::Project;
use crate::{Failure, Result, http, run, tools};

/// How long a server has to answer once it is started.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// (a) A JavaScript Worker that reads nothing: the floor.
    Static,
    /// (b) A hand-written JavaScript Worker.
    Signed,
    /// (b) with one call of a SQLite Durable Object.
    Sms,
    /// (c) Express and Twilio's library, in Node.
    Express,
    /// (d) Flask and Twilio's library, under gunicorn.
    Flask,
    /// (e) This project.
    Hookswitch,
    /// (e) with everything counted that is billed.
    Counting,
}

impl Kind {
    /// The name in progress lines and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Signed => "signed",
            Self::Sms => "signed-sms",
            Self::Express => "express",
            Self::Flask => "flask",
            Self::Hookswitch => "hookswitch",
            Self::Counting => "counting",
        }
    }

    /// The name in tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Static => "(a) static JavaScript Worker",
            Self::Signed => "(b) hand-written JavaScript Worker",
            Self::Sms => "(b) the same with a Durable Object",
            Self::Express => "(c) Express + twilio-node",
            Self::Flask => "(d) Flask + twilio-python, gunicorn",
            Self::Hookswitch | Self::Counting => "(e) hookswitch",
        }
    }
}

/// Where things are staged and taken from.
pub struct Stage<'a> {
    /// The checkout.
    pub project: &'a Project,
    /// A folder of the benchmark's own.
    pub folder: PathBuf,
    /// hookswitch's bundle.
    pub bundle: PathBuf,
}

/// A running server, ended when dropped.
pub struct Server {
    /// Which it is.
    pub kind: Kind,
    /// Its port on loopback.
    pub port: u16,
    group: Group,
    /// The Twilio twin that hookswitch sends to.
    _twin: Option<Group>,
}

impl Server {
    /// Starts a server and waits until it answers.
    ///
    /// # Errors
    /// When it does not start, or what it needs cannot be installed.
    pub fn start(stage: &Stage<'_>, kind: Kind) -> Result<Server> {
        let port = free_port()?;
        let (mut command, twin) = match kind {
            Kind::Express => (express(stage, port)?, None),
            Kind::Flask => (flask(stage, port)?, None),
            Kind::Static | Kind::Signed | Kind::Sms => {
                (workerd::command(stage, kind, port, 0)?, None)
            }
            Kind::Hookswitch | Kind::Counting => {
                let twin_port = free_port()?;
                let twin = twin(stage, twin_port, port)?;
                (workerd::command(stage, kind, port, twin_port)?, Some(twin))
            }
        };
        let folder = stage.folder.join(kind.name());
        let log = fs::File::create(folder.join("log")).map_err(io(&folder))?;
        command
            .stdout(log.try_clone().map_err(io(&folder))?)
            .stderr(log);
        let mut group = run::spawn(&mut command)?;
        let start = Instant::now();
        while !http::answers(port, "/") {
            let ended = group.try_wait().is_ok_and(|status| status.is_some());
            if ended || start.elapsed() > PATIENCE {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                return Err(Failure::new(format!(
                    "{} does not answer:\n{log}",
                    kind.name()
                )));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(Server {
            kind,
            port,
            group,
            _twin: twin,
        })
    }

    /// The process group to account for.
    pub fn group_id(&self) -> i32 {
        self.group.id()
    }
}

fn free_port() -> Result<u16> {
    http::free_port().map_err(|error| Failure::new(format!("no free port: {error}")))
}

/// Names the file or folder that could not be used.
pub fn io(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| Failure::new(format!("{path}: {error}"))
}

/// A fresh folder of a server's own.
pub fn fresh(stage: &Stage<'_>, kind: Kind) -> Result<PathBuf> {
    let folder = stage.folder.join(kind.name());
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(io(&folder))?;
    }
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    Ok(folder)
}

/// The environment of a server that is no Worker.
fn environment(command: &mut Command, port: u16) {
    command
        .env("PORT", port.to_string())
        .env("PUBLIC_BASE_URL", format!("http://127.0.0.1:{port}"))
        .env("TWILIO_AUTH_TOKEN", TOKEN)
        .env("SALES_PHONE", "+14155550111")
        .env("SUPPORT_PHONE", "+14155550112");
}

fn express(stage: &Stage<'_>, port: u16) -> Result<Command> {
    let folder = stage.folder.join(Kind::Express.name());
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    for (name, text) in [
        ("server.js", include_str!("contestants/express/server.js")),
        (
            "package.json",
            include_str!("contestants/express/package.json"),
        ),
        (
            "package-lock.json",
            include_str!("contestants/express/package-lock.json"),
        ),
    ] {
        fs::write(folder.join(name), text).map_err(io(&folder))?;
    }
    let node = tools::node(stage.project);
    if !folder.join("node_modules/twilio").is_dir() {
        println!("xtask: installing Express and twilio-node (about 20 seconds)");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"])
            .env("PATH", tools::path_with_node(stage.project))
            .current_dir(&folder);
        run::logged(&mut npm, "npm ci", &stage.folder.join("npm.log"))?;
    }
    let mut command = Command::new(node);
    environment(&mut command, port);
    command
        .arg("server.js")
        .env("NODE_ENV", "production")
        .current_dir(&folder);
    Ok(command)
}

fn flask(stage: &Stage<'_>, port: u16) -> Result<Command> {
    let folder = stage.folder.join(Kind::Flask.name());
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    for (name, text) in [
        ("app.py", include_str!("contestants/flask/app.py")),
        (
            "requirements.txt",
            include_str!("contestants/flask/requirements.txt"),
        ),
    ] {
        fs::write(folder.join(name), text).map_err(io(&folder))?;
    }
    let gunicorn = folder.join("venv/bin/gunicorn");
    if !gunicorn.is_file() {
        println!("xtask: installing Flask, gunicorn and twilio-python (about 30 seconds)");
        let log = stage.folder.join("pip.log");
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "venv"]).current_dir(&folder);
        run::logged(&mut venv, "python3 -m venv", &log)?;
        let mut pip = Command::new(folder.join("venv/bin/pip"));
        pip.args(["install", "--quiet", "-r", "requirements.txt"])
            .current_dir(&folder);
        run::logged(&mut pip, "pip install", &log)?;
    }
    let mut command = Command::new(gunicorn);
    environment(&mut command, port);
    command
        .args(["--workers", "2", "--threads", "4"])
        .args(["--bind", &format!("127.0.0.1:{port}")])
        .args(["--keep-alive", "60", "app:application"])
        .current_dir(&folder);
    Ok(command)
}

/// The Twilio twin, so that a send has someone to send to.
fn twin(stage: &Stage<'_>, port: u16, worker: u16) -> Result<Group> {
    let mut build = tools::cargo();
    build
        .args(["build", "--quiet", "--package", "hookswitch-twin"])
        .current_dir(stage.project.root());
    run::shown(&mut build)?;
    let mut command = Command::new(stage.project.target().join("debug/hookswitch-twin"));
    command
        .args(["--port", &port.to_string()])
        .args(["--account-sid", ACCOUNT, "--auth-token", TOKEN])
        .args(["--worker", &format!("http://127.0.0.1:{worker}")])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    run::spawn(&mut command)
}

/// The variables of hookswitch.
pub fn variables(twin_port: u16) -> Vec<(&'static str, String)> {
    vec![
        ("TWILIO_ACCOUNT_SID", ACCOUNT.to_owned()),
        ("TWILIO_AUTH_TOKEN", TOKEN.to_owned()),
        ("TWILIO_PHONE_NUMBER", operation::NUMBER.to_owned()),
        ("API_KEYS", "bench:bench-key".to_owned()),
        ("SALES_PHONE", "+14155550111".to_owned()),
        ("SUPPORT_PHONE", "+14155550112".to_owned()),
        (
            "TWILIO_ORIGIN",
            format!("http://127.0.0.1:{twin_port}/{{product}}"),
        ),
    ]
}
