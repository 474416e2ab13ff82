//! `wrangler dev`, with nothing that reaches beyond this machine.

use std::path::PathBuf;
use std::process::Command;

use crate::project::Project;
use crate::tools;

/// How to run the Worker locally.
#[derive(Debug, Clone)]
pub struct DevServer {
    /// The configuration; its folder is where paths in it start.
    pub config: PathBuf,
    /// The loopback port to listen on.
    pub port: u16,
    /// Where KV, queues and Durable Objects live; wrangler's own choice when not given.
    pub persist_to: Option<PathBuf>,
    /// Read instead of the `.dev.vars` beside the configuration.
    pub env_file: Option<PathBuf>,
    /// Variables and secrets, which win over those of any file.
    pub vars: Vec<(String, String)>,
    /// Where wrangler keeps its logs, cache and registry of running Workers.
    pub scratch: PathBuf,
}

impl DevServer {
    /// The command, not yet started. It needs `node_modules`.
    #[must_use]
    pub fn command(&self, project: &Project) -> Command {
        let mut wrangler = Command::new(tools::node(project));
        wrangler
            .arg(project.path("node_modules/wrangler/bin/wrangler.js"))
            .args(["dev", "--local", "--ip", "127.0.0.1"])
            .args(["--port", &self.port.to_string(), "--inspector-port", "0"])
            .arg("--show-interactive-dev-session=false")
            .arg("--config")
            .arg(&self.config);
        if let Some(folder) = &self.persist_to {
            wrangler.arg("--persist-to").arg(folder);
        }
        if let Some(file) = &self.env_file {
            wrangler.arg("--env-file").arg(file);
        }
        for (key, value) in &self.vars {
            wrangler.args(["--var", &format!("{key}:{value}")]);
        }
        wrangler
            // The real host in request.url, whatever routes are configured.
            .arg("--infer-origin-from-routes=false")
            .env("PATH", tools::path_with_node(project))
            .env("WRANGLER_SEND_METRICS", "false")
            // The banner is what asks npm for a newer version.
            .env("WRANGLER_HIDE_BANNER", "true")
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .env("X_LOCAL_EXPLORER", "false")
            .env("X_LOCAL_OBSERVABILITY", "false")
            .env("WRANGLER_LOG_PATH", self.scratch.join("logs"))
            .env("WRANGLER_CACHE_DIR", self.scratch.join("cache"))
            .env("WRANGLER_REGISTRY_PATH", self.scratch.join("registry"));
        wrangler
    }
}
