//! Flows offline: check one, run it by a script, draw it, walk it. No network: a script says
//! what servers answer.

use std::fs;
use std::io::Write;
use std::rc::Rc;

use hookswitch::flow::{self, Definition, Flows, explore::explore, simulate};
use hookswitch::gateway::flow_check;
use serde_json::Value;

/// What `flow help` prints.
pub const USAGE: &str = "\
cargo xtask flow check FILE... [--subflow NAME=FILE]...
    Say what is wrong with flows, as a publication would. Fails on errors.
cargo xtask flow run FILE SCRIPT [--golden TRANSCRIPT] [--bless] [--subflow NAME=FILE]...
    Run a flow by a script and print the transcript, or compare it with one that was kept;
    --bless keeps this one.
cargo xtask flow draw FILE [--script SCRIPT] [--out FILE] [--subflow NAME=FILE]...
    Draw a flow as SVG; with a script, with the way it takes.
cargo xtask flow walk FILE...
    Walk flows with inputs made from their own conditions, and say which states were reached.";

/// Inputs that a walk tries.
const INPUTS: usize = 20_000;

/// The options of a command line, and the rest.
#[derive(Default)]
struct Options {
    files: Vec<String>,
    subflows: Vec<(String, String)>,
    golden: Option<String>,
    script: Option<String>,
    out: Option<String>,
    bless: bool,
}

/// Runs one command; `Ok(false)` when it found what it looks for: an error, a difference.
///
/// # Errors
/// A sentence for whoever typed it.
pub fn run(arguments: &[String], out: &mut dyn Write) -> Result<bool, String> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(USAGE.to_owned());
    };
    let options = options(rest)?;
    let done = match command.as_str() {
        "check" => check(&options, out),
        "run" => transcript(&options, out),
        "draw" => draw(&options, out),
        "walk" => walk(&options, out),
        "help" | "--help" => say(out, USAGE).map(|()| true),
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    };
    // Whoever reads has seen enough.
    match done {
        Err(message) if message == BROKEN_PIPE => Ok(true),
        done => done,
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || {
            let value = rest.next().cloned();
            value.ok_or_else(|| format!("{argument} wants a value"))
        };
        match argument.as_str() {
            "--golden" => options.golden = Some(value()?),
            "--script" => options.script = Some(value()?),
            "--out" => options.out = Some(value()?),
            "--bless" => options.bless = true,
            "--subflow" => {
                let pair = value()?;
                let (name, file) = pair
                    .split_once('=')
                    .ok_or_else(|| format!("--subflow wants NAME=FILE, not `{pair}`"))?;
                options.subflows.push((name.to_owned(), file.to_owned()));
            }
            option if option.starts_with('-') => {
                return Err(format!("there is no option `{option}`\n\n{USAGE}"));
            }
            file => options.files.push(file.to_owned()),
        }
    }
    Ok(options)
}

fn check(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    some(&options.files)?;
    let knows = |name: &str| options.subflows.iter().any(|(known, _)| known == name);
    let mut good = true;
    for file in &options.files {
        let report = flow_check::check(&json(file)?, &knows);
        good &= report.is_accepted();
        let (errors, warnings) = (report.errors.len(), report.warnings.len());
        say(
            out,
            &format!("{file}: {errors} errors, {warnings} warnings"),
        )?;
        for line in report.to_string().lines() {
            say(out, &format!("    {line}"))?;
        }
    }
    Ok(good)
}

fn transcript(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    let [file, script] = options.files.as_slice() else {
        return Err(format!("`run` wants a flow and a script\n\n{USAGE}"));
    };
    let transcript = simulated(options, file, script)?.to_string();
    let Some(golden) = &options.golden else {
        write(out, &transcript)?;
        return Ok(true);
    };
    if options.bless {
        fs::write(golden, &transcript).map_err(|error| format!("{golden}: {error}"))?;
        return Ok(true);
    }
    let kept = text(golden)?;
    if kept == transcript {
        say(out, &format!("{golden}: the same"))?;
        return Ok(true);
    }
    say(out, &format!("{golden}: not the same"))?;
    for line in difference(&kept, &transcript) {
        say(out, &line)?;
    }
    Ok(false)
}

/// What stands between the lines that begin and end both alike.
fn difference(kept: &str, found: &str) -> Vec<String> {
    let (kept, found): (Vec<&str>, Vec<&str>) = (kept.lines().collect(), found.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let begin = kept.iter().zip(&found).take_while(same).count();
    let (kept, found) = (kept.get(begin..), found.get(begin..));
    let (kept, found) = (kept.unwrap_or_default(), found.unwrap_or_default());
    let end = kept
        .iter()
        .rev()
        .zip(found.iter().rev())
        .take_while(same)
        .count();
    let of = |lines: &[&str], mark: char| {
        let changed = lines.len().saturating_sub(end);
        let changed = lines.iter().take(changed);
        changed
            .map(|line| format!("{mark} {line}"))
            .collect::<Vec<_>>()
    };
    let mut lines = vec![format!("@ line {}", begin + 1)];
    lines.extend(of(kept, '-'));
    lines.extend(of(found, '+'));
    lines
}

fn draw(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    let [file] = options.files.as_slice() else {
        return Err(format!("`draw` wants one flow\n\n{USAGE}"));
    };
    let definition = parsed(file)?;
    let path = match &options.script {
        Some(script) => simulated(options, file, script)?.log,
        None => Vec::new(),
    };
    let picture = flow::draw(&definition, &path);
    match &options.out {
        Some(place) => fs::write(place, picture).map_err(|error| format!("{place}: {error}"))?,
        None => write(out, &picture)?,
    }
    Ok(true)
}

fn walk(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    some(&options.files)?;
    let (mut reached, mut states, mut refused) = (0, 0, 0);
    for file in &options.files {
        let definition = match Definition::parse(&json(file)?) {
            Ok(definition) => definition,
            Err(report) => {
                refused += 1;
                say(out, &format!("{file}: refused\n{report}"))?;
                continue;
            }
        };
        let seen = explore(&definition, INPUTS);
        let reachable = definition.states().len() - seen.unreachable.len();
        reached += seen.reached.len();
        states += reachable;
        let ways = seen.taken.len() + seen.untaken.len();
        say(
            out,
            &format!(
                "{file}: {} of {reachable} states, {} of {ways} ways out, {} runs ended",
                seen.reached.len(),
                seen.taken.len(),
                seen.ended
            ),
        )?;
        for state in &seen.missed {
            say(out, &format!("    not reached: {state}"))?;
        }
        for (from, event, to) in &seen.untaken {
            say(out, &format!("    not taken: {from} {event} -> {to}"))?;
        }
        for (why, times) in &seen.failures {
            say(out, &format!("    failed {times} times: {why}"))?;
        }
    }
    let flows = options.files.len();
    say(
        out,
        &format!("{flows} flows, {refused} refused, {reached} of {states} states reached"),
    )?;
    Ok(refused == 0)
}

fn simulated(options: &Options, file: &str, script: &str) -> Result<simulate::Transcript, String> {
    let definition = parsed(file)?;
    let document = json(script)?;
    let mut flows = Flows::new();
    for (name, file) in &options.subflows {
        flows.insert(name.clone(), Rc::new(parsed(file)?));
    }
    // A script may bring its subflows along.
    let own = document.get("subflows").and_then(Value::as_object);
    for (name, file) in own.into_iter().flatten() {
        if let Some(file) = file.as_str().filter(|_| !flows.contains_key(name)) {
            flows.insert(name.clone(), Rc::new(parsed(file)?));
        }
    }
    let script = simulate::Script::parse(&document)
        .map_err(|finding| format!("{script}: {}: {}", finding.pointer, finding.message))?;
    Ok(simulate::simulate(&definition, &flows, &script))
}

fn parsed(file: &str) -> Result<Definition, String> {
    Definition::parse(&json(file)?).map_err(|report| format!("{file}\n{report}"))
}

fn json(file: &str) -> Result<Value, String> {
    serde_json::from_str(&text(file)?).map_err(|error| format!("{file}: {error}"))
}

fn text(file: &str) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))
}

fn some(files: &[String]) -> Result<(), String> {
    match files {
        [] => Err(format!("which flow?\n\n{USAGE}")),
        _ => Ok(()),
    }
}

const BROKEN_PIPE: &str = "broken pipe";

fn say(out: &mut dyn Write, line: &str) -> Result<(), String> {
    write(out, line)?;
    write(out, "\n")
}

fn write(out: &mut dyn Write, text: &str) -> Result<(), String> {
    out.write_all(text.as_bytes())
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::BrokenPipe => BROKEN_PIPE.to_owned(),
            _ => error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a command line in the project's root.
    fn flow(line: &str) -> (Result<bool, String>, String) {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
        let arguments: Vec<String> = line
            .split_whitespace()
            .map(|word| word.replace('@', root))
            .collect();
        let mut out = Vec::new();
        let done = run(&arguments, &mut out);
        (done, String::from_utf8(out).unwrap())
    }

    const SALES: &str = "@flows/acme-ivr.json @tests/flow/scripts/acme-sales.json";

    #[test]
    fn a_good_flow_passes_the_check_and_a_broken_one_fails_it() {
        let (done, text) = flow("check @flows/acme-ivr.json");
        assert_eq!(done, Ok(true), "{text}");
        let broken = std::env::temp_dir().join("hookswitch-broken-flow.json");
        fs::write(&broken, r#"{"states":[],"initial_state":"x","flags":{}}"#).unwrap();
        let (done, text) = flow(&format!("check {}", broken.display()));
        assert_eq!(done, Ok(false));
        assert!(text.contains("error /states: a flow needs"), "{text}");
    }

    #[test]
    fn a_transcript_is_printed_and_compared() {
        let (done, text) = flow(&format!("run {SALES}"));
        assert_eq!(done, Ok(true));
        assert!(text.lines().count() > 3, "{text}");
        let (done, _) = flow(&format!(
            "run {SALES} --golden @tests/flow/scripts/acme-sales.txt"
        ));
        assert_eq!(done, Ok(true));
        let other = format!("run {SALES} --golden @tests/flow/scripts/acme-silence.txt");
        let (done, text) = flow(&other);
        assert_eq!(done, Ok(false));
        assert!(text.contains("\n- ") && text.contains("\n+ "), "{text}");
    }

    #[test]
    fn a_picture_shows_the_way_that_a_script_takes() {
        let marked = |line: &str| {
            let (done, text) = flow(line);
            assert_eq!(done, Ok(true));
            assert!(text.starts_with("<svg"), "{text}");
            text.matches("class=\"s v\"").count()
        };
        assert_eq!(marked("draw @flows/acme-ivr.json"), 0);
        let script = "@tests/flow/scripts/acme-sales.json";
        assert!(marked(&format!("draw @flows/acme-ivr.json --script {script}")) > 2);
    }

    #[test]
    fn a_walk_says_what_it_reached() {
        let (done, text) = flow("walk @flows/acme-ivr.json");
        assert_eq!(done, Ok(true), "{text}");
        assert!(text.contains("1 flows, 0 refused"), "{text}");
    }

    #[test]
    fn what_is_not_understood_says_how_it_is_meant() {
        for line in [
            "",
            "chekc x",
            "check",
            "run x",
            "draw",
            "check --frob x",
            "check nowhere.json",
        ] {
            assert!(flow(line).0.is_err(), "{line}");
        }
    }
}
