//! `.dev.vars`: the secrets of local development, none of them secret.

use std::fs;
use std::path::Path;

use crate::{Failure, Result};

/// Reads `.dev.vars`, after writing one with made-up values when there is none. Says whether
/// it wrote it.
///
/// # Errors
/// When the file can be neither read nor written.
pub fn read_or_write(path: &Path) -> Result<(Vec<(String, String)>, bool)> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    let wrote = !path.exists();
    if wrote {
        fs::write(path, made_up()).map_err(failed)?;
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    Ok((parse(&text), wrote))
}

/// `KEY=value` lines; comments, blank lines and quotes around a value are left out.
fn parse(text: &str) -> Vec<(String, String)> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| {
            let key = key.trim();
            let key = key.strip_prefix("export ").unwrap_or(key).trim();
            (key.to_owned(), unquoted(value.trim()).to_owned())
        })
        .collect()
}

fn unquoted(value: &str) -> &str {
    ['"', '\'', '`']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

/// Values of the right shape. The SIDs are put together here, so that nothing that looks like
/// a real one is in the repository.
fn made_up() -> String {
    let hex = "0123456789abcdef".repeat(2);
    format!(
        "# Written by `cargo xtask dev`: made-up values for the Worker and the Twilio twin.
# `--var KEY:VALUE` wins over this file; delete it to have it written anew.
TWILIO_ACCOUNT_SID=AC{hex}
TWILIO_AUTH_TOKEN={hex}
TWILIO_VERIFY_SID=VA{hex}
TWILIO_PHONE_NUMBER=+15005550006
TWILIO_WHATSAPP_NUMBER=whatsapp:+14155238886
SALES_PHONE=+12025550143
SUPPORT_PHONE=+12025550178
# name:key pairs, separated by commas: Authorization: Bearer dev-key
API_KEYS=dev:dev-key
# Open /console as an operator, and as one who only looks.
CONSOLE_KEY=dev-console-operator
CONSOLE_VIEWER_KEY=dev-console-viewer
# Flows may ask servers on this machine.
FLOW_LOCAL_HOSTS=1
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_file_reads_back_as_sids_of_34_characters_and_e164_numbers() {
        let vars = parse(&made_up());
        let get = |key: &str| {
            let (_, value) = vars.iter().find(|(name, _)| name == key).unwrap();
            value.as_str()
        };
        for (key, prefix) in [("TWILIO_ACCOUNT_SID", "AC"), ("TWILIO_VERIFY_SID", "VA")] {
            assert!(
                get(key).starts_with(prefix) && get(key).len() == 34,
                "{key}"
            );
        }
        for key in ["TWILIO_PHONE_NUMBER", "SALES_PHONE", "SUPPORT_PHONE"] {
            let digits = get(key).strip_prefix('+').unwrap();
            assert!(digits.parse::<u64>().is_ok() && digits.len() <= 15, "{key}");
        }
        assert_eq!(get("API_KEYS"), "dev:dev-key");
    }

    #[test]
    fn quotes_comments_and_export_are_not_part_of_a_value_or_key() {
        let text = "# A=1\n\n B = \"two = 2\" \nexport C='3'\nD=a\"b\nnonsense\n";
        let expected = [("B", "two = 2"), ("C", "3"), ("D", "a\"b")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn a_file_that_is_there_is_left_as_it_is() {
        let path = std::env::temp_dir().join(format!("xtask-dev-vars-{}", std::process::id()));
        fs::write(&path, "A=1").unwrap();
        let (vars, wrote) = read_or_write(&path).unwrap();
        assert_eq!(
            (vars, wrote),
            (vec![("A".to_owned(), "1".to_owned())], false)
        );
        fs::remove_file(path).unwrap();
    }
}
