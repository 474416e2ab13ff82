//! Values that can be used and are hardly meant: the deployment's doctor tells of them.

use super::SettingFault;

/// The shortest key of our own that cannot be guessed by trying, in characters.
const KEY_LEAST: usize = 20;

/// Whether a text is so many lower-case hexadecimal digits.
fn is_hex(text: &str, digits: usize) -> bool {
    let mut bytes = text.bytes();
    text.len() == digits && bytes.all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| is_hex(rest, 32))
}

/// What looks wrong about values that were taken.
pub(super) fn doubts(get: &impl Fn(&str) -> Option<String>) -> Vec<SettingFault> {
    let mut doubts = Vec::new();
    let mut doubt = |name, reason| doubts.push(SettingFault { name, reason });
    let is = |name, expected: fn(&str) -> bool| get(name).is_none_or(|value| expected(&value));
    if !is("TWILIO_ACCOUNT_SID", |sid| is_sid(sid, "AC")) {
        doubt("TWILIO_ACCOUNT_SID", "is not AC and 32 hexadecimal digits");
    }
    for name in ["TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_NEXT"] {
        if !is(name, |token| is_hex(token, 32)) {
            doubt(name, "is not 32 hexadecimal digits, as Auth Tokens are");
        }
    }
    if !is("TWILIO_API_KEY_SID", |sid| is_sid(sid, "SK")) {
        doubt("TWILIO_API_KEY_SID", "is not SK and 32 hexadecimal digits");
    }
    if !is("TWILIO_API_KEY_SECRET", |secret| secret.len() == 32) {
        doubt("TWILIO_API_KEY_SECRET", "does not have 32 characters");
    }
    let keys = get("API_KEYS").unwrap_or_default();
    let mut keys = keys
        .split(',')
        .filter_map(|pair| pair.trim().split_once(':'));
    if keys.any(|(_, key)| key.len() < KEY_LEAST) {
        doubt("API_KEYS", "holds a key of fewer than 20 characters");
    }
    doubts
}
