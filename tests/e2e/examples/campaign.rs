//! `cargo xtask bench campaign`: the figures of bulk sending, under workerd with the twin.
//!
//! Each figure has a bar; the program ends with exit code 1 when one is missed. Names of
//! figures as arguments run only those: `pace`, `unpaced`, `million`, `kills`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for people at a terminal"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use hookswitch_e2e::{Options, PHONE_NUMBER, Stack, eventually};
use serde_json::{Value, json};

/// A service that paces nothing on our side.
const SERVICE: &str = "MG00000000000000000000000000000001";

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    type Figure = (&'static str, fn() -> bool);
    let figures: [Figure; 4] = [
        ("pace", pace),
        ("unpaced", unpaced),
        ("million", million),
        ("kills", kills),
    ];
    let load = load();
    println!("load average {load:.2} before the measurement");
    if load > 0.8 {
        println!("The machine is busy: pace and throughput say more about it than about this.");
    }
    let mut missed = Vec::new();
    for (name, figure) in figures {
        if (asked.is_empty() || asked.iter().any(|asked| asked == name)) && !figure() {
            missed.push(name);
        }
    }
    if !missed.is_empty() {
        println!("missed: {}", missed.join(", "));
        std::process::exit(1);
    }
}

/// Of the last minute (proc(5)).
fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let first = text.split_whitespace().next().unwrap_or_default();
    first.parse().unwrap_or(0.0)
}

/// A stack whose messages are not called back for now: what is measured is the way out.
fn quiet_stack() -> Stack {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    let config = json!({"step_ms": 3_600_000});
    let _ = stack
        .twin("PUT", "/twin/config")
        .json(&config)
        .send()
        .expect(200);
    stack
}

/// The same, after a few hundred messages to others: what the runtime compiles once is compiled.
fn warm_stack() -> Stack {
    let stack = quiet_stack();
    let id = campaign(&stack, SERVICE, "+1646", 400);
    run(&stack, &id);
    stack
}

/// Starts a campaign and waits for its end.
fn run(stack: &Stack, id: &str) {
    start(stack, id);
    eventually("the end", Duration::from_secs(180), || {
        (view(stack, id)["status"] == "completed").then_some(())
    });
}

/// A campaign by a sender to so many numbers that begin so, not started.
fn campaign(stack: &Stack, sender: &str, begin: &str, people: usize) -> String {
    let body = json!({
        "name": "bench", "sender": sender, "kind": "transactional", "body": "Hello {{name}}.",
    });
    let made = stack.post("/v1/campaigns", &body).send().expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    let mut list = String::from("to,name\n");
    for n in 0..people {
        writeln!(list, "{begin}{n:07},{n}").unwrap();
    }
    let report = upload(stack, &id, list.as_bytes());
    assert_eq!(report["accepted"], people, "{report}");
    id
}

fn upload(stack: &Stack, id: &str, list: &[u8]) -> Value {
    let put = stack.api("PUT", &format!("/v1/campaigns/{id}/recipients"));
    put.body("text/csv", list)
        .patience(Duration::from_secs(300))
        .send()
        .expect(200)
        .json()
}

fn start(stack: &Stack, id: &str) {
    let _ = stack
        .api("POST", &format!("/v1/campaigns/{id}/start"))
        .send()
        .expect(200);
}

fn view(stack: &Stack, id: &str) -> Value {
    stack
        .get(&format!("/v1/campaigns/{id}"))
        .send()
        .expect(200)
        .json()
}

/// When each message reached the twin, in milliseconds, in order.
fn arrivals(stack: &Stack) -> Vec<i64> {
    let list = stack
        .twin("GET", "/twin/messages")
        .send()
        .expect(200)
        .json();
    let mut times: Vec<i64> = list
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|message| message["created_ms"].as_i64())
        .collect();
    times.sort_unstable();
    times
}

/// Pace error over any ten seconds, and the most in any one second.
fn pace() -> bool {
    let mut all = true;
    for rate in [10_usize, 80, 200] {
        let stack = warm_stack();
        let before = arrivals(&stack).len();
        let profile = json!({"address": PHONE_NUMBER, "segments_per_second": rate});
        let _ = stack.put("/v1/senders/bench", &profile).send().expect(200);
        let people = rate * 25;
        let id = campaign(&stack, "bench", "+1212", people);
        run(&stack, &id);
        let times = &arrivals(&stack)[before..];
        assert_eq!(times.len(), people);
        let within = |start: i64, length: i64| {
            let from = times.partition_point(|at| *at < start);
            times.partition_point(|at| *at < start + length) - from
        };
        let most = times.iter().map(|at| within(*at, 1_000)).max().unwrap();
        let last = *times.last().unwrap();
        let windows = (times[0]..last - 10_000)
            .step_by(50)
            .map(|at| within(at, 10_000));
        let errors = windows.map(|n| n as f64 / (rate as f64 * 10.0) - 1.0);
        let worst = errors.fold(
            0.0_f64,
            |worst, e| if e.abs() > worst.abs() { e } else { worst },
        );
        // One message at a window's edge is no error of the pace.
        let edge = 1.0 / (rate as f64 * 10.0);
        let holds = worst.abs() <= 0.02 + edge && most <= rate + 1;
        println!(
            "pace {rate:>3}/s: error over 10 s {:+.2} % (bar 2 %), most in 1 s {most} (bar {})  {}",
            worst * 100.0,
            rate + 1,
            if holds { "ok" } else { "MISSED" },
        );
        if !holds {
            let seconds = (times[0]..last).step_by(1_000);
            let each: Vec<usize> = seconds.map(|at| within(at, 1_000)).collect();
            println!("  second by second: {each:?}");
        }
        all &= holds;
    }
    all
}

/// Messages per second when nothing but the machine limits them: to people who were never
/// written to, each of whom gets an object, and to the same people again.
fn unpaced() -> bool {
    let stack = warm_stack();
    let people = 3_000;
    let mut rates = Vec::new();
    for whom in ["new people", "the same people"] {
        let before = arrivals(&stack).len();
        let (worker, twin) = stack.processor_time();
        let id = campaign(&stack, SERVICE, "+1212", people);
        run(&stack, &id);
        let times = &arrivals(&stack)[before..];
        assert_eq!(times.len(), people);
        let seconds = (times.last().unwrap() - times[0]) as f64 / 1_000.0;
        let rate = times.len() as f64 / seconds;
        let (worker_after, twin_after) = stack.processor_time();
        let each = |time: Duration| time.as_secs_f64() * 1_000.0 / people as f64;
        println!(
            "unpaced: {rate:.0} messages/s to {whom} (bar 300); a message takes {:.2} ms of \
             workerd's processor time and {:.2} ms of the twin's",
            each(worker_after - worker),
            each(twin_after - twin),
        );
        rates.push(rate);
    }
    rates.iter().all(|rate| *rate >= 300.0)
}

/// A million recipients in one upload, and the memory of workerd while it comes in.
fn million() -> bool {
    let stack = quiet_stack();
    let body = json!({
        "name": "million", "sender": SERVICE, "kind": "transactional", "body": "Hello {{name}}.",
    });
    let made = stack.post("/v1/campaigns", &body).send().expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    let mut list = String::from("to,name\n");
    for n in 0..1_000_000 {
        writeln!(list, "+1212{n:07},{n}").unwrap();
    }
    let before = stack.worker_memory();
    let begin = Instant::now();
    let report = upload(&stack, &id, list.as_bytes());
    let after = stack.worker_memory();
    let grown = after.saturating_sub(before) / 1_000_000;
    println!(
        "million: {} accepted in {:.0} s; workerd grew by {grown} MB (bar 128)",
        report["accepted"],
        begin.elapsed().as_secs_f64(),
    );
    report["accepted"] == 1_000_000 && grown < 128
}

/// Five thousand people, the process killed five times, each time at a moment by chance while
/// messages are on their way.
fn kills() -> bool {
    let stack = quiet_stack();
    let people = 5_000;
    let id = campaign(&stack, SERVICE, "+1212", people);
    start(&stack, &id);
    let mut seed = 0x9e37_79b9_u64;
    for kill in 1..=5 {
        let before = arrivals(&stack).len();
        eventually("the sender at work", Duration::from_secs(60), || {
            (arrivals(&stack).len() >= before + 100).then_some(())
        });
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        thread::sleep(Duration::from_millis((seed >> 40) % 1_000));
        stack.kill_worker();
        println!("kill {kill}: {} at the twin", arrivals(&stack).len());
        stack.restart();
    }
    let done = eventually("the end", Duration::from_secs(600), || {
        let view = view(&stack, &id);
        let over = view["status"] == "completed" && view["progress"]["pending"] == 0;
        over.then_some(view)
    });
    let list = stack
        .twin("GET", "/twin/messages")
        .send()
        .expect(200)
        .json();
    let mut each: BTreeMap<&str, usize> = BTreeMap::new();
    for message in list.as_array().unwrap() {
        *each.entry(message["to"].as_str().unwrap()).or_default() += 1;
    }
    let twice = each.values().filter(|n| **n > 1).count();
    let unknown = done["progress"]["unknown"].as_u64().unwrap_or(u64::MAX);
    println!(
        "kills: {} people reached of {people}, {twice} twice, {unknown} unknown (bar 0)",
        each.len()
    );
    each.len() == people && twice == 0 && unknown == 0
}
