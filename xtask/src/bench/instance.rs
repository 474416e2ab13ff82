//! What a cold start costs: compiling the module and making an instance of it, in CPU time.
//! Measured in Node, whose V8 is workerd's; a Worker cannot see a clock while it starts.

use std::process::Command;

use super::figures::median;
use super::server::Stage;
use crate::{Failure, Result, run, tools};

/// Milliseconds of CPU, medians.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Instance {
    /// `new WebAssembly.Module`.
    pub compile: f64,
    /// `new WebAssembly.Instance`.
    pub instantiate: f64,
}

const SCRIPT: &str = r"
const bytes = require('fs').readFileSync(process.argv[1]);
const cpu = (work) => {
  const start = process.cpuUsage();
  const made = work();
  const used = process.cpuUsage(start);
  return [made, (used.user + used.system) / 1000];
};
const [module, compile] = cpu(() => new WebAssembly.Module(bytes));
const imports = {};
for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
  imports[from] ??= {};
  imports[from][name] = kind === 'function' ? () => {}
    : kind === 'tag' ? WebAssembly.JSTag
    : new WebAssembly.Memory({ initial: 1 });
}
const [, instantiate] = cpu(() => new WebAssembly.Instance(module, imports));
console.log(compile, instantiate);
";

/// Runs [`SCRIPT`] a few times, each in a process of its own.
///
/// # Errors
/// When Node does not run it.
pub fn measure(stage: &Stage<'_>) -> Result<Instance> {
    let mut rounds = Vec::new();
    for _ in 0..9 {
        let mut node = Command::new(tools::node(stage.project));
        node.args(["-e", SCRIPT])
            .arg(stage.bundle.join("index_bg.wasm"));
        let text = run::output(&mut node)
            .ok_or_else(|| Failure::new("Node does not instantiate the module"))?;
        let parsed = text
            .split_once(' ')
            .and_then(|(compile, instantiate)| {
                Some((
                    compile.parse::<f64>().ok()?,
                    instantiate.parse::<f64>().ok()?,
                ))
            })
            .ok_or_else(|| Failure::new(format!("not two numbers: {text}")))?;
        rounds.push(parsed);
    }
    Ok(Instance {
        compile: median(rounds.iter().map(|round| round.0)),
        instantiate: median(rounds.iter().map(|round| round.1)),
    })
}
