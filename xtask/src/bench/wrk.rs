//! The load: wrk, with requests from a file, and what it says at its end.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use super::cpu;
use super::figures::Round;
use super::operation::Operation;
use super::request::Post;
use super::server::{Server, Stage, io};
use crate::{Failure, Result, run};

/// Connections that are kept busy.
const CONNECTIONS: &str = "8";

/// Sends requests for this long, and accounts for them.
///
/// # Errors
/// When wrk fails, or any answer has another status than the operation's.
pub fn run(
    server: &Server,
    requests: &[Post],
    operation: Operation,
    length: Duration,
    stage: &Stage<'_>,
) -> Result<Round> {
    let script = stage.folder.join("wrk.lua");
    fs::write(&script, include_str!("wrk.lua")).map_err(io(&script))?;
    let file = stage
        .folder
        .join(format!("{}.requests", server.kind.name()));
    let mut lines = String::new();
    for post in requests {
        let (name, value) = &post.header;
        let _ = writeln!(
            lines,
            "{}\t{name}\t{value}\t{}\t{}",
            post.path, post.content_type, post.body
        );
    }
    fs::write(&file, lines).map_err(io(&file))?;
    let mut wrk = Command::new("wrk");
    wrk.args(["-t", "1", "-c", CONNECTIONS, "--latency"])
        .args(["-d", &format!("{}s", length.as_secs())])
        .arg("-s")
        .arg(&script)
        .arg(format!("http://127.0.0.1:{}", server.port))
        .arg("--")
        .arg(&file)
        .arg(operation.status().to_string());
    let before = cpu::used_micros(server.group_id());
    let text = run::output(&mut wrk).ok_or_else(|| Failure::new("wrk failed"))?;
    let used = cpu::used_micros(server.group_id()) - before;
    let failed = || {
        Failure::new(format!(
            "{} under {}: wrk says\n{text}",
            server.kind.name(),
            operation.name()
        ))
    };
    let said = parse(&text).ok_or_else(failed)?;
    if said.wrong > 0 || said.requests == 0 {
        return Err(failed());
    }
    if operation == Operation::Sms && said.requests > requests.len() as u64 {
        return Err(Failure::new(
            "a round sent more than its different requests: shorten it",
        ));
    }
    Ok(Round {
        requests: said.requests,
        per_second: said.per_second,
        cpu_micros: used as f64 / said.requests as f64,
        p50_millis: said.p50,
        p99_millis: said.p99,
    })
}

#[derive(Debug, PartialEq)]
struct Said {
    requests: u64,
    per_second: f64,
    p50: f64,
    p99: f64,
    wrong: u64,
}

/// The line that `wrk.lua` prints at the end: `bench` and five numbers.
fn parse(text: &str) -> Option<Said> {
    let line = text.lines().find_map(|line| line.strip_prefix("bench "))?;
    let mut numbers = line.split(' ').map(str::parse::<f64>);
    let mut next = || numbers.next()?.ok();
    Some(Said {
        requests: next()? as u64,
        per_second: next()?,
        p50: next()?,
        p99: next()?,
        wrong: next()? as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_last_line_is_what_counts() {
        let text = "Running 4s test\nbench 8000 2000.5 1.25 9.5 0\n";
        let said = Said {
            requests: 8000,
            per_second: 2000.5,
            p50: 1.25,
            p99: 9.5,
            wrong: 0,
        };
        assert_eq!(parse(text), Some(said));
        assert_eq!(parse("bench 1 2"), None);
    }
}
