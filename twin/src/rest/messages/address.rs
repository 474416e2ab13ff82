//! Addresses, SIDs and URLs by their form.

/// An address with what follows from its form.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|d| {
        (7..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()) && !d.starts_with('0')
    })
}

fn is_short_code(text: &str) -> bool {
    (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_alphanumeric_sender(text: &str) -> bool {
    (1..=11).contains(&text.len())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'&' | b'+'))
}

/// `CC.` and up to 128 letters and digits: a WhatsApp business-scoped user id.
fn is_bsuid(text: &str) -> bool {
    text.split_once('.').is_some_and(|(country, rest)| {
        let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
        country.len() == 2
            && country.bytes().all(|b| b.is_ascii_uppercase())
            && (1..=128).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_alphanumeric())
    })
}

/// Whether something can be sent to this address, by its form.
pub(crate) fn is_recipient(text: &str) -> bool {
    match text.split_once(':') {
        Some(("whatsapp", rest)) => is_e164(rest) || is_bsuid(rest),
        Some(("rcs", rest)) => is_e164(rest),
        Some(("messenger", rest)) => !rest.is_empty(),
        Some(_) => false,
        None => is_e164(text) || is_short_code(text),
    }
}

pub(super) fn is_sender(text: &str) -> bool {
    match text.split_once(':') {
        Some(("whatsapp", rest)) => is_e164(rest),
        Some(("rcs" | "messenger", rest)) => !rest.is_empty(),
        Some(_) => false,
        None => is_e164(text) || is_short_code(text) || is_alphanumeric_sender(text),
    }
}

/// A SID: the prefix and 32 hexadecimal digits.
pub(crate) fn is_sid(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A callback URL as Twilio takes it: http(s), a host, no underscore in the host.
pub(crate) fn is_callback_url(text: &str) -> bool {
    crate::client::split_url(text).is_some_and(|p| {
        let host = p.authority.split(':').next().unwrap_or_default();
        !host.is_empty() && !host.contains('_') && !host.contains(' ') && text.len() <= 4000
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_apart_by_form() {
        for good in [
            "+15551234567",
            "12345",
            "whatsapp:+15551234567",
            "whatsapp:US.13a",
            "whatsapp:US.ENT.13a",
        ] {
            assert!(is_recipient(good), "{good}");
        }
        for bad in [
            "15551234567890",
            "+0555123456",
            "+1",
            "sip:x",
            "whatsapp:US.",
            "whatsapp:+US.1",
            "Acme",
            "",
        ] {
            assert!(!is_recipient(bad), "{bad}");
        }
        assert!(is_sender("Acme Corp"));
        assert!(!is_sender("AcmeCorporation"));
        assert!(!is_sender("whatsapp:Acme"));
    }

    #[test]
    fn a_callback_url_needs_a_host_without_underscores() {
        assert!(is_callback_url("http://127.0.0.1:8787/x"));
        assert!(!is_callback_url("http://my_host.test/x"));
        assert!(!is_callback_url("/x"));
    }
}
