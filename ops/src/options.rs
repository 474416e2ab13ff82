//! The command line and the environment.

use std::path::PathBuf;
use std::time::Duration;

use crate::USAGE;
use crate::http::Client;

/// Everything that was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    values: Vec<(String, String)>,
    /// `--json`
    pub json: bool,
    /// `--api-key`
    pub api_key: bool,
    /// `--abort`
    pub abort: bool,
    /// `--leaked`
    pub leaked: bool,
    /// `--quiet`, in seconds
    pub quiet: u64,
    /// `--wait`
    pub wait: Duration,
    /// `--timeout`
    pub timeout: Duration,
    /// `--prove-to`
    pub prove_to: Option<String>,
    /// `--secrets`
    pub secrets: Option<String>,
    /// `--state`
    pub state: PathBuf,
    /// `--countries`, ISO 3166
    pub countries: Vec<String>,
}

impl Options {
    /// Reads the arguments, and a file of `KEY=value` lines when there is one.
    ///
    /// # Errors
    /// The argument that is not understood.
    pub fn read(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            values: Vec::new(),
            json: false,
            api_key: false,
            abort: false,
            leaked: false,
            quiet: 120,
            wait: Duration::from_secs(900),
            timeout: Duration::from_secs(20),
            prove_to: None,
            secrets: None,
            state: ".hookswitch-rotation.json".into(),
            countries: Vec::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || {
                let value = rest.next().cloned();
                value.ok_or_else(|| format!("{argument} wants a value\n\n{USAGE}"))
            };
            let seconds = |text: String| {
                let seconds = text.parse::<u64>();
                seconds.map_err(|_| format!("{argument} wants seconds, not `{text}`"))
            };
            match argument.as_str() {
                "--json" => options.json = true,
                "--api-key" => options.api_key = true,
                "--abort" => options.abort = true,
                "--leaked" => options.leaked = true,
                "--quiet" => options.quiet = seconds(value()?)?,
                "--wait" => options.wait = Duration::from_secs(seconds(value()?)?),
                "--timeout" => options.timeout = Duration::from_secs(seconds(value()?)?),
                "--prove-to" => options.prove_to = Some(value()?),
                "--secrets" => options.secrets = Some(value()?),
                "--state" => options.state = value()?.into(),
                "--countries" => {
                    options.countries = value()?.split(',').map(str::to_owned).collect();
                }
                "--url" => options.values.push(("HOOKSWITCH_URL".to_owned(), value()?)),
                "--env-file" => {
                    let path = value()?;
                    let text = std::fs::read_to_string(&path);
                    let text = text.map_err(|error| format!("{path}: {error}"))?;
                    options.values.extend(pairs(&text));
                }
                other => return Err(format!("there is no option `{other}` here\n\n{USAGE}")),
            }
        }
        Ok(options)
    }

    /// A value of the command line, the file or the environment, in this order.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        let own = self.values.iter().find(|(known, _)| known == name);
        let value = own.map(|(_, value)| value.clone());
        let value = value.or_else(|| std::env::var(name).ok());
        value.filter(|value| !value.is_empty())
    }

    /// The same, where nothing goes without.
    ///
    /// # Errors
    /// That it is missing.
    pub fn need(&self, name: &str) -> Result<String, String> {
        let missing = || format!("{name} is not set\n\n{USAGE}");
        self.get(name).ok_or_else(missing)
    }

    /// The deployment's base, without a last `/`, and who asks it.
    ///
    /// # Errors
    /// What is missing.
    pub fn gateway(&self) -> Result<(String, Client), String> {
        let url = self.need("HOOKSWITCH_URL")?;
        let key = self.need("HOOKSWITCH_API_KEY")?;
        let url = url.trim_end_matches('/').to_owned();
        Ok((url, Client::bearer(&key, self.timeout)))
    }

    /// The base of one of Twilio's products.
    #[must_use]
    pub fn twilio(&self, product: &str) -> String {
        let origin = self.get("TWILIO_ORIGIN");
        let origin = origin.unwrap_or_else(|| "https://{product}.twilio.com".to_owned());
        origin.trim_end_matches('/').replace("{product}", product)
    }
}

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| {
        let key = key.trim().trim_start_matches("export ").trim();
        let value = value.trim().trim_matches(['"', '\'']);
        (key.to_owned(), value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::read(&arguments)
    }

    #[test]
    fn the_command_line_wins_over_a_file_and_a_product_has_its_host() {
        let path = std::env::temp_dir().join(format!("ops-options-{}", std::process::id()));
        let text = "# x\nexport HOOKSWITCH_URL='http://file'\nTWILIO_ORIGIN=http://t/{product}/\n";
        std::fs::write(&path, text).unwrap();
        let file = path.display();
        let options = read(&format!("--url http://line --env-file {file} --quiet 30")).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            options.get("HOOKSWITCH_URL").as_deref(),
            Some("http://line")
        );
        assert_eq!(options.twilio("accounts"), "http://t/accounts");
        assert_eq!(options.quiet, 30);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["--qiet 3", "--quiet", "--quiet soon", "now"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
