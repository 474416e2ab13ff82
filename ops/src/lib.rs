//! Day two: is the deployment well, and how are its credentials exchanged. Decisions are functions of
//! values ([`doctor::checks`], [`rotate::plan`]); the rest asks the deployment and Twilio.
//!
//! What must never happen: a secret in the arguments of a process, in a line that is printed, or in a
//! file that others may read.

pub mod doctor;
pub mod http;
pub mod options;
pub mod rotate;

use std::io::Write;

use options::Options;

/// What `doctor --help` and `rotate --help` print.
pub const USAGE: &str = "\
cargo xtask doctor [--url URL] [--env-file FILE] [--json] [--countries US,CA] [--timeout SECONDS]
    Ask the deployment and Twilio what is wrong, and say what to do about it. Fails when something
    does not work.
cargo xtask rotate [--url URL] [--env-file FILE] [--api-key | --abort] [--leaked] [--quiet SECONDS]
                   [--wait SECONDS] [--prove-to NUMBER] [--state FILE] [--secrets PROGRAM]
    Exchange the account's Auth Token, or with --api-key the API key, with no webhook refused and no
    REST call failed on the way. Goes on where it stopped.

    --prove-to NUMBER  send this person a text, so that Twilio signs something now
    --leaked           the old token is not remembered as the previous one
    --quiet SECONDS    how long no webhook may have come with the old token (120)
    --wait SECONDS     how long to wait for a proof, or for silence, before giving up for now (900)
    --secrets PROGRAM  takes secrets as `wrangler secret bulk` does: JSON on its standard input,
                       null to delete
    --state FILE       where values that nobody shows twice are kept meanwhile, for you alone
                       (.hookswitch-rotation.json)

Both read from the environment, or from FILE (KEY=value lines):
    HOOKSWITCH_URL, HOOKSWITCH_API_KEY      the deployment, and a key of its API_KEYS
    TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN   the account; the token may be left out for `doctor` when
    TWILIO_API_KEY_SID, TWILIO_API_KEY_SECRET   there is an API key: some checks are `unknown` then
    TWILIO_ORIGIN                           Twilio's hosts, if they are others";

/// Runs `doctor ...` or `rotate ...`; `Ok(false)` when it found what must not be.
///
/// # Errors
/// A sentence for whoever typed it.
pub fn run(arguments: &[String], out: &mut dyn Write) -> Result<bool, String> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(USAGE.to_owned());
    };
    if rest
        .iter()
        .any(|argument| argument == "--help" || argument == "help")
    {
        writeln!(out, "{USAGE}").map_err(|error| error.to_string())?;
        return Ok(true);
    }
    match command.as_str() {
        "doctor" => doctor::run(&Options::read(rest)?, out),
        "rotate" => rotate::run(&Options::read(rest)?, out),
        other => Err(format!("there is no command `{other}`\n\n{USAGE}")),
    }
}
