//! The session of the local keys: a cookie that says role and expiry, and is signed with the key
//! that it was given for. Nothing is stored, so a key that is changed ends its sessions, and a
//! copy of a cookie is good until it expires.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::{Role, Session};
use crate::ports::Millis;
use crate::secret::Secret;
use crate::time::{HOUR, SECOND};

/// How long a session lasts: a working day.
pub const LASTS: Millis = 12 * HOUR;

/// The cookie's name. A browser takes `__Host-` from this very host by TLS only, so that no
/// neighbour's page can put a cookie of its own there (RFC 6265bis, "Cookie Name Prefixes").
pub fn cookie_name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-hookswitch"
    } else {
        "hookswitch"
    }
}

/// HMAC-SHA256 over the version, the role and the expiry.
fn mac(key: &Secret, said: &str) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    Some(
        mac.chain_update(b"hookswitch/console-session\n")
            .chain_update(said.as_bytes()),
    )
}

/// The cookie's value for a session that begins now.
pub fn issue(role: Role, key: &Secret, now: Millis) -> Option<String> {
    let expires = now.saturating_add(LASTS) / SECOND;
    let mut value = ["1.", role.as_str(), "."].concat();
    value.push_str(&expires.to_string());
    let signature = mac(key, &value)?.finalize().into_bytes();
    value.push('.');
    value.push_str(&URL_SAFE_NO_PAD.encode(signature));
    Some(value)
}

/// The session that a value was issued for, while it lasts. `keys` has each role's own key: what
/// the viewers' key signed is never an operator's.
pub fn read(value: &str, keys: &[(Role, &Secret)], now: Millis) -> Option<Session> {
    let (said, signature) = value.rsplit_once('.')?;
    let mut parts = said.split('.');
    let (version, role, expires) = (parts.next()?, parts.next()?, parts.next()?);
    if version != "1" || parts.next().is_some() {
        return None;
    }
    let (role, key) = keys.iter().find(|(known, _)| known.as_str() == role)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    mac(key, said)?.verify_slice(&signature).ok()?;
    let expires_at = expires.parse::<Millis>().ok()?.checked_mul(SECOND)?;
    // One that lasts longer than any that is given out was signed by somebody else's code.
    (now < expires_at && expires_at <= now.saturating_add(LASTS)).then(|| Session {
        actor: role.as_str().to_owned(),
        role: *role,
        expires_at,
    })
}

/// One cookie of a `Cookie` header.
pub fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = header
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    Some(value)
}

/// `Set-Cookie` for a value; an empty one takes the cookie away.
pub fn set_cookie(value: &str, is_https: bool) -> String {
    let mut header = cookie_name(is_https).to_owned();
    header.push('=');
    header.push_str(value);
    header.push_str("; Path=/; HttpOnly; SameSite=Strict; Max-Age=");
    let age = if value.is_empty() { 0 } else { LASTS / SECOND };
    header.push_str(&age.to_string());
    if is_https {
        header.push_str("; Secure");
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_795_512_600_000;

    fn keys() -> (Secret, Secret) {
        (
            Secret::new("the operators' own key"),
            Secret::new("the viewers' own key"),
        )
    }

    fn read_with(value: &str, now: Millis) -> Option<Session> {
        let (operator, viewer) = keys();
        read(
            value,
            &[(Role::Operator, &operator), (Role::Viewer, &viewer)],
            now,
        )
    }

    #[test]
    fn a_session_reads_back_until_it_expires_and_no_longer() {
        let value = issue(Role::Operator, &keys().0, NOW).unwrap();
        let session = read_with(&value, NOW).unwrap();
        assert_eq!(
            (session.role, session.actor.as_str()),
            (Role::Operator, "operator")
        );
        assert_eq!(session.expires_at, NOW + LASTS);
        assert!(read_with(&value, NOW + LASTS - 1).is_some());
        assert_eq!(read_with(&value, NOW + LASTS), None);
        assert_eq!(read_with(&value, NOW - SECOND), None, "from the future");
    }

    #[test]
    fn a_cookie_that_was_changed_anywhere_is_none() {
        let value = issue(Role::Viewer, &keys().1, NOW).unwrap();
        for at in 0..value.len() {
            let mut bytes = value.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'E' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(read_with(&changed, NOW), None, "{changed}");
        }
        for odd in [
            "",
            ".",
            "1.viewer",
            "1.operator.9999999999.",
            "2.viewer.1.x",
            "a.b.c.d.e",
        ] {
            assert_eq!(read_with(odd, NOW), None, "{odd}");
        }
    }

    #[test]
    fn the_viewers_key_signs_no_operators_session() {
        let (_, viewer) = keys();
        let forged = issue(Role::Operator, &viewer, NOW).unwrap();
        assert_eq!(read_with(&forged, NOW), None);
        let renamed = issue(Role::Viewer, &viewer, NOW)
            .unwrap()
            .replace("viewer", "operator");
        assert_eq!(read_with(&renamed, NOW), None);
        let other = Secret::new("yesterday's operators' key");
        let old = issue(Role::Operator, &other, NOW).unwrap();
        assert_eq!(read_with(&old, NOW), None, "a key that was changed");
    }

    #[test]
    fn a_cookie_is_found_among_others_and_set_with_every_attribute() {
        assert_eq!(cookie("a=1; hookswitch=x=y;b=", "hookswitch"), Some("x=y"));
        assert_eq!(cookie("not-hookswitch=x", "hookswitch"), None);
        let header = set_cookie("v", true);
        assert_eq!(
            header,
            "__Host-hookswitch=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure"
        );
        assert_eq!(
            set_cookie("", false),
            "hookswitch=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"
        );
    }
}
