//! `cargo xtask bench flow`: what a large flow costs under workerd, in CPU time: to check, to
//! publish, to begin and to step. Fails where a bar is missed.

use std::path::Path;

use super::cpu;
use super::operation::{NUMBER, voice};
use super::request::{self, Post, TOKEN};
use super::server::{Kind, Server, Stage};
use crate::bundle::{self, Profile};
use crate::project::Project;
use crate::setup::{self, Need};
use crate::{Failure, Result};

/// States of the flow: as many as the largest public one has.
const STATES: usize = 129;
/// Microseconds that a publication may take.
const PUBLISH: u64 = 50_000;
/// Microseconds that a step may take.
const STEP: u64 = 1_000;
/// Widgets that the measured step goes through.
const WIDGETS: u64 = 6;

/// Measures and prints.
///
/// # Errors
/// When the server answers wrongly, or a bar is missed.
pub fn run(project: &Project, bundle: Option<&Path>) -> Result<()> {
    setup::ensure(project, &Need::BUILD)?;
    let bundle = match bundle {
        Some(bundle) => project.root().join(bundle),
        None => {
            bundle::compile(project, Profile::Release, Path::new("target/bench/bundle"))?;
            project.path("target/bench/bundle")
        }
    };
    let stage = Stage {
        project,
        folder: project.target().join("bench"),
        bundle,
    };
    let server = Server::start(&stage, Kind::Hookswitch)?;
    let api = |method, path: &str, body: String| {
        let post = Post {
            path: path.to_owned(),
            header: ("Idempotency-Key", "none".to_owned()),
            content_type: "application/json",
            body,
        };
        good(request::exchange(server.port, method, path, Some(&post))?)
    };
    let check = cost(&server, 200, |_| {
        api("POST", "/v1/flows/large/check", document(0)).map(drop)
    })?;
    // Every one differs: the same again is published already.
    let publish = cost(&server, 100, |n| {
        api("PUT", "/v1/flows/large", document(n)).map(drop)
    })?;
    let number = ["/v1/numbers/", NUMBER].concat();
    api("PUT", &number, r#"{"voice_flow":"large"}"#.to_owned())?;
    let incoming = Post::webhook(server.port, "/voice/incoming", &voice(1, None), TOKEN);
    let mut twiml = String::new();
    let begin = cost(&server, 2_000, |_| {
        twiml = good(incoming.send(server.port)?)?;
        Ok(())
    })?;
    let base = format!("action=\"http://127.0.0.1:{}", server.port);
    let path = twiml
        .split_once(&base)
        .and_then(|(_, rest)| rest.split_once('"'));
    let path = path.map(|(path, _)| path.replace("&amp;", "&"));
    let path = path.ok_or_else(|| Failure::new(format!("no menu began: {twiml}")))?;
    let pressed = Post::webhook(server.port, &path, &voice(1, Some("1")), TOKEN);
    let step = cost(&server, 2_000, |_| {
        good(pressed.send(server.port)?).map(drop)
    })?;
    println!(
        "xtask: a flow of {STATES} states, µs of CPU: check {check}, publish {publish}, begin {begin}, \
         a request through {WIDGETS} widgets {step}, each {}",
        step / WIDGETS
    );
    if check > PUBLISH || publish > PUBLISH || step > STEP {
        return Err(Failure::new(format!(
            "over {PUBLISH} µs to publish or {STEP} µs to step"
        )));
    }
    Ok(())
}

fn good((status, body): (u16, String)) -> Result<String> {
    match status {
        200 => Ok(body),
        _ => Err(Failure::new(format!("{status}: {body}"))),
    }
}

/// CPU time of the server for one of these requests, beyond one that does nothing, in
/// microseconds, once warm.
fn cost(server: &Server, times: u64, mut request: impl FnMut(u64) -> Result<()>) -> Result<u64> {
    let used = |work: &mut dyn FnMut(u64) -> Result<()>| -> Result<u64> {
        let before = cpu::used_micros(server.group_id());
        for n in 1..=times {
            work(n)?;
        }
        Ok(cpu::used_micros(server.group_id()) - before)
    };
    for _ in 0..20 {
        request(0)?;
    }
    let nothing = used(&mut |_| request::get(server.port, "/healthz").map(drop))?;
    Ok(used(&mut request)?.saturating_sub(nothing) / times)
}

/// A flow of every common kind of state, each with templates, conditions and a way out.
fn document(description: u64) -> String {
    let name = |at: usize| format!("state_{}", if at < STATES { at } else { 1 });
    let states: Vec<String> = (1..STATES)
        .map(|at| {
            state(
                at,
                &name(at),
                &name(at - usize::from(at > 1)),
                &name(at + 1),
            )
        })
        .collect();
    format!(
        r#"{{"description":"{description}","initial_state":"Trigger","flags":{{"allow_concurrent_calls":true}},"states":[{{"name":"Trigger","type":"trigger","properties":{{}},"transitions":[{{"event":"incomingCall","next":"state_1"}}]}},{}]}}"#,
        states.join(",")
    )
}

fn state(at: usize, name: &str, before: &str, next: &str) -> String {
    let (kind, properties, ways) = match at % 5 {
        1 => (
            "gather-input-on-call",
            r#""say":"Press a key, {{contact.channel.address}}.","timeout":5,"number_of_digits":1,"loop":1,"language":"en-US","voice":"Polly.Joanna""#.to_owned(),
            vec![way("keypress", next), way("timeout", next)],
        ),
        2 => (
            "split-based-on",
            format!(r#""input":"{{{{widgets.{before}.Digits}}}}""#),
            vec![way("noMatch", next), equals(before, "1", next), equals(before, "2", next)],
        ),
        3 => (
            "set-variables",
            r#""variables":[{"key":"n","value":"{% if flow.variables.n %}{{flow.variables.n | plus: 1}}{% else %}1{% endif %}"}]"#.to_owned(),
            vec![way("next", next)],
        ),
        4 => (
            "split-based-on",
            r#""input":"{{flow.variables.n}}""#.to_owned(),
            vec![way("noMatch", next)],
        ),
        _ => (
            "say-play",
            format!(r#""say":"{{{{flow.variables.n}}}} of them. {}","loop":1"#, "More words. ".repeat(10)),
            vec![way("audioComplete", next)],
        ),
    };
    format!(
        r#"{{"name":"{name}","type":"{kind}","properties":{{{properties}}},"transitions":[{}]}}"#,
        ways.join(",")
    )
}

fn way(event: &str, next: &str) -> String {
    format!(r#"{{"event":"{event}","next":"{next}"}}"#)
}

fn equals(of: &str, value: &str, next: &str) -> String {
    format!(
        r#"{{"event":"match","next":"{next}","conditions":[{{"type":"equal_to","friendly_name":"{value}","arguments":["{{{{widgets.{of}.Digits}}}}"],"value":"{value}"}}]}}"#
    )
}
