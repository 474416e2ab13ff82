//! A Worker under workerd itself, with no proxy before it: the configuration it is given.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::server::{Kind, Stage, fresh, io, variables};
use crate::Result;

/// The classes of hookswitch, and the names of their bindings.
const CLASSES: [(&str, &str); 7] = [
    ("Contact", "CONTACT"),
    ("Registry", "REGISTRY"),
    ("Idempotency", "IDEMPOTENCY"),
    ("Guard", "GUARD"),
    ("Ledger", "LEDGER"),
    ("Campaign", "CAMPAIGN"),
    ("Sender", "SENDER"),
];

/// Stages a Worker's modules and gives the command that serves them.
///
/// # Errors
/// When a file cannot be written.
pub fn command(stage: &Stage<'_>, kind: Kind, port: u16, twin_port: u16) -> Result<Command> {
    let folder = fresh(stage, kind)?;
    let disk = folder.join("objects");
    fs::create_dir_all(&disk).map_err(io(&disk))?;
    let mut modules = Vec::new();
    let mut put = |name: &str, text: &str| {
        modules.push(name.to_owned());
        fs::write(folder.join(name), text).map_err(io(&folder))
    };
    match kind {
        Kind::Signed => put("signed.js", include_str!("contestants/signed.js"))?,
        Kind::Sms => {
            put("sms.js", include_str!("contestants/sms.js"))?;
            put("signed.js", include_str!("contestants/signed.js"))?;
        }
        Kind::Counting => put("counting.js", include_str!("contestants/counting.js"))?,
        Kind::Hookswitch => {}
        Kind::Static | Kind::Express | Kind::Flask => {
            put("static.js", include_str!("contestants/static.js"))?;
        }
    }
    let is_hookswitch = matches!(kind, Kind::Hookswitch | Kind::Counting);
    if is_hookswitch {
        for name in ["index.js", "index_bg.wasm"] {
            fs::copy(stage.bundle.join(name), folder.join(name)).map_err(io(&stage.bundle))?;
            modules.push(name.to_owned());
        }
    }
    for (name, text) in [
        ("kv.js", include_str!("contestants/kv.js")),
        ("queue.js", include_str!("contestants/queue.js")),
    ] {
        fs::write(folder.join(name), text).map_err(io(&folder))?;
    }
    let classes: &[(&str, &str)] = match kind {
        Kind::Hookswitch | Kind::Counting => &CLASSES,
        Kind::Sms => &CLASSES[..1],
        _ => &[],
    };
    let text = configuration(&modules, classes, port, twin_port, &disk);
    let config = folder.join("config.capnp");
    fs::write(&config, text).map_err(io(&config))?;
    let mut command = Command::new(stage.project.path("node_modules/workerd/bin/workerd"));
    command
        .arg("serve")
        .arg(&config)
        .arg("--experimental")
        .env("PATH", crate::tools::path_with_node(stage.project));
    Ok(command)
}

fn configuration(
    modules: &[String],
    classes: &[(&str, &str)],
    port: u16,
    twin_port: u16,
    disk: &Path,
) -> String {
    let list = |items: Vec<String>| items.join(",\n    ");
    let modules = list(
        modules
            .iter()
            .map(|name| {
                let form = if name.ends_with(".wasm") {
                    "wasm"
                } else {
                    "esModule"
                };
                format!("(name = {name:?}, {form} = embed {name:?})")
            })
            .collect(),
    );
    let mut bindings: Vec<String> = variables(twin_port)
        .iter()
        .map(|(name, value)| format!("(name = {name:?}, text = {value:?})"))
        .collect();
    for (class, binding) in classes {
        bindings.push(format!(
            "(name = {binding:?}, durableObjectNamespace = {class:?})"
        ));
    }
    bindings.push("(name = \"PUBLISHED\", kvNamespace = \"kv\")".to_owned());
    bindings.push("(name = \"EVENTS\", queue = \"queue\")".to_owned());
    let bindings = list(bindings);
    let namespaces = list(
        classes
            .iter()
            .map(|(class, _)| {
                format!("(className = {class:?}, uniqueKey = {class:?}, enableSql = true)")
            })
            .collect(),
    );
    let storage = if classes.is_empty() {
        "none = void"
    } else {
        "localDisk = \"disk\""
    };
    format!(
        r#"using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "kv", worker = .kv),
    (name = "queue", worker = .queue),
    (name = "disk", disk = (path = {disk:?}, writable = true)),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [
    {modules}
  ],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["no_nodejs_compat", "no_nodejs_compat_v2"],
  bindings = [
    {bindings}
  ],
  durableObjectNamespaces = [
    {namespaces}
  ],
  durableObjectStorage = ({storage}),
);

const kv :Workerd.Worker = (
  modules = [(name = "kv.js", esModule = embed "kv.js")],
  compatibilityDate = "2026-11-01",
);

const queue :Workerd.Worker = (
  modules = [(name = "queue.js", esModule = embed "queue.js")],
  compatibilityDate = "2026-11-01",
);
"#
    )
}
