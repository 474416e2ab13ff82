//! The Worker under workerd and the twin, on ports and storage of their own.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use serde_json::Value;
use xtask::group::Group;
use xtask::http::free_port;
use xtask::project::Project;
use xtask::wrangler::DevServer;

use crate::launch::launch;
use crate::request::Request;
use crate::twin::Twin;
use crate::{API_KEY, AUTH_TOKEN, PHONE_NUMBER, account_sid, stage};

/// How a stack differs from the usual one.
#[derive(Debug, Clone)]
#[must_use]
pub struct Options {
    vars: Vec<(String, String)>,
    config: String,
    changes: Vec<(&'static str, &'static str)>,
    twin: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            vars: Vec::new(),
            config: String::new(),
            changes: Vec::new(),
            twin: true,
        }
    }
}

impl Options {
    /// Sets a variable or secret of the Worker; the last one of a name wins.
    pub fn var(mut self, key: &str, value: &str) -> Self {
        self.vars.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a variable or secret that stacks usually have unset.
    pub fn without(self, key: &str) -> Self {
        self.var(key, "")
    }

    /// Adds to the project's `wrangler.toml` what is a comment there.
    pub fn config(mut self, toml: &str) -> Self {
        self.config.push_str(toml);
        self
    }

    /// Changes a line of the project's `wrangler.toml`, which must be there.
    pub fn change(mut self, from: &'static str, to: &'static str) -> Self {
        self.changes.push((from, to));
        self
    }

    /// No twin: Twilio refuses every connection.
    pub fn without_twin(mut self) -> Self {
        self.twin = false;
        self
    }
}

/// A running Worker with its twin. Dropping it ends both and removes their files, unless the
/// test is failing: then the logs' place is printed.
#[derive(Debug)]
pub struct Stack {
    worker: Mutex<Option<Group>>,
    twin: Mutex<Option<Group>>,
    /// The Worker's variables and secrets, as they are now.
    vars: Mutex<Vec<(String, String)>>,
    server: DevServer,
    twin_port: u16,
    folder: PathBuf,
}

/// The stack that tests share unless they kill or reconfigure it. It starts once, costs
/// seconds, and ends with the test process.
///
/// # Panics
/// When it does not start.
pub fn shared() -> &'static Stack {
    static SHARED: OnceLock<Stack> = OnceLock::new();
    SHARED.get_or_init(|| Stack::start(&Options::default()))
}

impl Stack {
    /// Starts a Worker and a twin of their own, and returns when both answer.
    ///
    /// # Panics
    /// When one of them does not, or there is no bundle to run.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        let project = Project::here();
        let folder = new_folder(&project);
        let stage = folder.join("stage");
        let bundle = bundle(&project);
        stage::lay(&stage, project.root(), &bundle, &options.config)
            .unwrap_or_else(|error| panic!("staging {}: {error}", bundle.display()));
        let config = stage.join("wrangler.toml");
        for (from, to) in &options.changes {
            let text = fs::read_to_string(&config).unwrap();
            assert!(text.contains(from), "wrangler.toml has no {from}");
            fs::write(&config, text.replace(from, to)).unwrap();
        }
        let env_file = folder.join("no.env");
        fs::write(&env_file, "").unwrap();

        let twin_port = free_port().unwrap();
        let port = free_port().unwrap();
        let server = DevServer {
            config,
            port,
            persist_to: Some(folder.join("persist")),
            env_file: Some(env_file),
            vars: Vec::new(),
            scratch: folder.join("scratch"),
        };
        let stack = Self {
            worker: Mutex::new(None),
            twin: Mutex::new(None),
            vars: Mutex::new(vars(options, twin_port)),
            server,
            twin_port,
            folder,
        };
        if options.twin {
            *lock(&stack.twin) = Some(stack.launch_twin());
        }
        stack.restart();
        stack
    }

    fn launch_twin(&self) -> Group {
        let mut command = Twin::command();
        command
            .args(["--port", &self.twin_port.to_string()])
            .args(["--account-sid", &account_sid()])
            .args(["--auth-token", AUTH_TOKEN])
            .args(["--worker", &self.worker_url()]);
        let log = self.folder.join("twin.log");
        launch(&mut command, "twin", self.twin_port, &log)
    }

    /// Where the Worker listens, as in `http://127.0.0.1:8787`.
    #[must_use]
    pub fn worker_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.server.port)
    }

    /// Where the twin listens.
    #[must_use]
    pub fn twin_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.twin_port)
    }

    /// A plain request to the Worker, by nobody in particular.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, &self.worker_url(), target)
    }

    /// A request to the Worker's API with the API key.
    pub fn api(&self, method: &str, target: &str) -> Request {
        self.request(method, target)
            .header("Authorization", &format!("Bearer {API_KEY}"))
    }

    /// GET from the Worker's API.
    pub fn get(&self, target: &str) -> Request {
        self.api("GET", target)
    }

    /// POST of a JSON value to the Worker's API.
    pub fn post(&self, target: &str, body: &Value) -> Request {
        self.api("POST", target).json(body)
    }

    /// PUT of a JSON value to the Worker's API.
    pub fn put(&self, target: &str, body: &Value) -> Request {
        self.api("PUT", target).json(body)
    }

    /// A webhook request to the Worker, not yet signed: see [`Request::signed`].
    pub fn webhook(&self, target: &str) -> Request {
        self.request("POST", target)
    }

    /// A request to the twin's own controls.
    pub fn twin(&self, method: &str, target: &str) -> Request {
        Request::new(method, &self.twin_url(), target)
    }

    /// `kill -9` of workerd and of the wrangler that runs it. Requests in flight get no answer.
    pub fn kill_worker(&self) {
        if let Some(mut group) = lock(&self.worker).take() {
            group.kill();
        }
    }

    /// Starts the Worker again after [`Stack::kill_worker`], on the same port and storage.
    ///
    /// # Panics
    /// When it does not answer.
    pub fn restart(&self) {
        self.kill_worker();
        let project = Project::here();
        let server = DevServer {
            vars: lock(&self.vars).clone(),
            ..self.server.clone()
        };
        let mut command = server.command(&project);
        command.current_dir(self.folder.join("stage"));
        let log = self.folder.join("worker.log");
        *lock(&self.worker) = Some(launch(&mut command, "Worker", self.server.port, &log));
    }

    /// Changes variables and secrets, as a deployment of new ones does; `None` deletes one.
    pub fn deploy(&self, changes: &[(String, Option<String>)]) {
        let mut vars = lock(&self.vars);
        vars.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let set = changes.iter().cloned();
        vars.extend(set.filter_map(|(name, value)| Some((name, value?))));
        drop(vars);
        self.restart();
    }

    /// A folder that lives as long as the stack.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// The SQLite files of one class of Durable Objects. They are the Worker's while it runs.
    ///
    /// # Panics
    /// When the Worker has stored nothing yet.
    #[must_use]
    pub fn storage(&self, class: &str) -> Vec<PathBuf> {
        let folder = self
            .folder
            .join(format!("persist/v3/do/hookswitch-{class}"));
        let entries =
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let files = entries.map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|is| is == "sqlite"))
            .collect()
    }

    /// Bytes of memory that the Worker's processes hold, wrangler's own not counted.
    #[must_use]
    pub fn worker_memory(&self) -> u64 {
        let pages = self
            .workerds()
            .into_iter()
            .filter_map(|stat| field(&stat, 21));
        pages.sum::<u64>() * 4_096
    }

    /// Processor time that workerd and the twin have taken so far.
    #[must_use]
    pub fn processor_time(&self) -> (Duration, Duration) {
        let taken = |stat: &String| Some(field(stat, 11)? + field(stat, 12)?);
        // The kernel counts in hundredths of a second (`USER_HZ`, proc(5)).
        let time = |ticks: u64| Duration::from_millis(ticks * 10);
        let worker = self.workerds().iter().filter_map(taken).sum();
        let twin = lock(&self.twin).as_ref().map(Group::id);
        let twin = twin.and_then(|id| fs::read_to_string(format!("/proc/{id}/stat")).ok());
        let twin = twin.and_then(|stat| taken(&stat.rsplit_once(')')?.1.to_owned()));
        (time(worker), time(twin.unwrap_or(0)))
    }

    /// What the kernel says of each workerd of this stack, behind its name.
    fn workerds(&self) -> Vec<String> {
        let group = lock(&self.worker)
            .as_ref()
            .and_then(|group| u64::try_from(group.id()).ok());
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let stats = processes.filter_map(|process| {
            let stat = fs::read_to_string(process.path().join("stat")).ok()?;
            let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
            let ours = group.is_some() && field(rest, 2) == group;
            (name == "workerd" && ours).then(|| rest.to_owned())
        });
        stats.collect()
    }

    /// Whatever the Worker and wrangler have written so far.
    #[must_use]
    pub fn worker_log(&self) -> String {
        fs::read_to_string(self.folder.join("worker.log")).unwrap_or_default()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.kill_worker();
        if let Some(mut twin) = lock(&self.twin).take() {
            twin.kill();
        }
        if std::thread::panicking() {
            eprintln!("the stack's logs: {}", self.folder.display());
        } else {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// A number of a line of `/proc/…/stat`, counted behind the name.
fn field(stat: &str, at: usize) -> Option<u64> {
    stat.split_whitespace().nth(at)?.parse().ok()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn new_folder(project: &Project) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    // A measurement may want them in memory, where no disk is measured along.
    let stacks = std::env::var_os("HOOKSWITCH_STACKS")
        .map_or_else(|| project.path("target/e2e/stacks"), PathBuf::from);
    let folder = stacks.join(format!("{}-{number}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn bundle(project: &Project) -> PathBuf {
    let bundle = std::env::var_os("HOOKSWITCH_BUNDLE")
        .map_or_else(|| project.path("target/e2e/bundle"), PathBuf::from);
    assert!(
        bundle.join("index.js").is_file(),
        "no bundle in {}: run `cargo xtask test --only e2e`",
        bundle.display()
    );
    bundle
}

/// What every Worker of a stack is configured with, and then the test's own.
fn vars(options: &Options, twin_port: u16) -> Vec<(String, String)> {
    let origin = format!("http://127.0.0.1:{twin_port}/{{product}}");
    let usual = [
        ("TWILIO_ACCOUNT_SID", account_sid()),
        ("TWILIO_AUTH_TOKEN", AUTH_TOKEN.to_owned()),
        ("TWILIO_ORIGIN", origin),
        ("TWILIO_PHONE_NUMBER", PHONE_NUMBER.to_owned()),
        ("TWILIO_WHATSAPP_NUMBER", "whatsapp:+14155238886".to_owned()),
        ("TWILIO_VERIFY_SID", format!("VA{}", "e2".repeat(16))),
        ("SALES_PHONE", "+12025550143".to_owned()),
        ("SUPPORT_PHONE", "+12025550178".to_owned()),
        ("API_KEYS", format!("e2e:{API_KEY}")),
        ("HOOKSWITCH_TEST_ROUTES", "1".to_owned()),
    ];
    let mut vars: Vec<(String, String)> = usual
        .map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .filter(|(key, _)| !options.vars.iter().any(|(own, _)| own == key))
        .collect();
    vars.extend(
        options
            .vars
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .cloned(),
    );
    vars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tests_own_variables_replace_the_usual_ones() {
        let options = Options::default()
            .var("SALES_PHONE", "+12025550100")
            .without("TWILIO_AUTH_TOKEN");
        let vars = vars(&options, 1234);
        let get = |key: &str| {
            let mut values = vars.iter().filter(|(name, _)| name == key);
            (
                values.next().map(|(_, value)| value.as_str()),
                values.count(),
            )
        };
        assert_eq!(get("SALES_PHONE"), (Some("+12025550100"), 0));
        assert_eq!(get("TWILIO_AUTH_TOKEN"), (None, 0));
        assert_eq!(
            get("TWILIO_ORIGIN").0,
            Some("http://127.0.0.1:1234/{product}")
        );
    }
}
