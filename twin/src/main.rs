//! The twin as a program.

use hookswitch_twin::{Config, Twin};
use std::process::ExitCode;

const USAGE: &str = "\
hookswitch-twin: a Twilio on loopback

usage: hookswitch-twin [options]
  --port N               port on 127.0.0.1 (default 8788)
  --worker URL           origin of the application, e.g. http://127.0.0.1:8787
  --public-base-url URL  origin the application believes it has, if another
  --account-sid AC...    account            (env TWILIO_ACCOUNT_SID)
  --auth-token TOKEN     its auth token     (env TWILIO_AUTH_TOKEN)
  --api-key-sid SK...    an API key         (env TWILIO_API_KEY_SID)
  --api-key-secret TEXT  its secret         (env TWILIO_API_KEY_SECRET)
  --sender ADDRESS       a number of the account; repeatable. None given: any will do
  --opt-out-handling     act on STOP, START and HELP as Twilio does
  --seed N               names and codes come from this (default 1)
  --step-ms N            milliseconds between two statuses (default 200)
  --config FILE          JSON with any settings of PUT /twin/config, faults and scripts
                         among them; options behind it win
  --help                 this text
";

fn main() -> ExitCode {
    let config = match read_arguments(std::env::args().skip(1)) {
        Ok(Some(config)) => config,
        Ok(None) => {
            print!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("hookswitch-twin: {why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("hookswitch-twin: {why}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(config: Config) -> std::io::Result<()> {
    let worker = config.worker.clone();
    let twin = Twin::start(config).await?;
    println!("twin     {}", twin.origin());
    println!("handset  {}/handset", twin.origin());
    println!("origin   TWILIO_ORIGIN={}/{{product}}", twin.origin());
    if let Some(worker) = worker {
        println!("worker   {worker}");
    }
    stop_signal().await
}

#[cfg(unix)]
async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn stop_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// The settings, or none when help was asked for.
fn read_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Option<Config>, String> {
    let mut config = Config {
        port: 8788,
        step_ms: 200,
        ..Config::default()
    };
    let from_env = |name: &str, target: &mut String| {
        if let Some(value) = std::env::var(name).ok().filter(|v| !v.is_empty()) {
            *target = value;
        }
    };
    from_env("TWILIO_ACCOUNT_SID", &mut config.account_sid);
    from_env("TWILIO_AUTH_TOKEN", &mut config.auth_token);
    from_env("TWILIO_API_KEY_SID", &mut config.api_key_sid);
    from_env("TWILIO_API_KEY_SECRET", &mut config.api_key_secret);
    while let Some(argument) = arguments.next() {
        let (name, inline) = match argument.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (argument, None),
        };
        match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--opt-out-handling" => {
                config.opt_out_handling = true;
                continue;
            }
            _ => {}
        }
        let value = inline
            .or_else(|| arguments.next())
            .ok_or_else(|| format!("{name} needs a value"))?;
        set(&mut config, &name, value)?;
    }
    Ok(Some(config))
}

fn set(config: &mut Config, name: &str, value: String) -> Result<(), String> {
    fn number<T: std::str::FromStr>(name: &str, value: &str) -> Result<T, String> {
        value
            .parse()
            .map_err(|_| format!("{name}: not a number: {value}"))
    }
    match name {
        "--port" => config.port = number(name, &value)?,
        "--worker" => config.worker = Some(value),
        "--public-base-url" => config.public_base_url = Some(value),
        "--account-sid" => config.account_sid = value,
        "--auth-token" => config.auth_token = value,
        "--api-key-sid" => config.api_key_sid = value,
        "--api-key-secret" => config.api_key_secret = value,
        "--sender" => config.senders.push(value),
        "--seed" => config.seed = number(name, &value)?,
        "--step-ms" => config.step_ms = number(name, &value)?,
        "--config" => {
            let text = std::fs::read_to_string(&value).map_err(|e| format!("{value}: {e}"))?;
            *config = config
                .with(&text)
                .map_err(|why| format!("{value}: {why}"))?;
        }
        _ => return Err(format!("unknown option {name}")),
    }
    Ok(())
}
