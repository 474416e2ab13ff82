//! What media a channel takes, as far as a link shows it.
//!
//! Source: Twilio docs, "Accepted content types for media", "WhatsApp media messages", errors
//! 21620, 21623, 11751 and 63021.

use super::sender::Channel;

/// Twilio's limit for media of one message (error 21623).
pub const MOST: usize = 10;
/// Twilio's limit for a URL, in characters.
const LONGEST_URL: usize = 2_048;

/// Endings of files that no channel takes. A link without an ending, or with one that is not
/// known, is let through: its type is what its server says.
const REFUSED: [&str; 16] = [
    "exe", "dll", "msi", "bat", "cmd", "sh", "js", "html", "htm", "php", "apk", "jar", "zip", "gz",
    "rar", "7z",
];
/// Endings that WhatsApp takes and MMS does not.
const WHATSAPP_ONLY: [&str; 7] = ["doc", "docx", "ppt", "pptx", "xls", "xlsx", "webp"];

/// What is wrong with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadMedia {
    /// Not http or https.
    #[error("must be an http(s) URL")]
    Scheme,
    /// Too long.
    #[error("has more than 2048 characters")]
    Long,
    /// The channel does not take this type.
    #[error("is of a type that the channel does not take")]
    Type,
}

/// Checks one link.
///
/// # Errors
/// [`BadMedia`] says why no channel, or not this one, takes it.
pub fn check(url: &str, channel: Channel) -> Result<(), BadMedia> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .ok_or(BadMedia::Scheme)?;
    if rest.is_empty() || rest.starts_with('/') {
        return Err(BadMedia::Scheme);
    }
    if url.len() > LONGEST_URL {
        return Err(BadMedia::Long);
    }
    let ending = ending(rest).to_ascii_lowercase();
    let refused = REFUSED.contains(&ending.as_str())
        || (channel != Channel::Whatsapp && WHATSAPP_ONLY.contains(&ending.as_str()));
    if refused { Err(BadMedia::Type) } else { Ok(()) }
}

/// How many media one message of a channel takes.
pub const fn most(channel: Channel) -> usize {
    match channel {
        Channel::Whatsapp => 1,
        Channel::Voice | Channel::Email => 0,
        Channel::Sms | Channel::Mms | Channel::Rcs | Channel::Messenger => MOST,
    }
}

/// What follows the last point of the path's last segment.
fn ending(rest: &str) -> &str {
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let Some((_, name)) = path.split_once('/') else {
        return "";
    };
    let name = name.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or("", |(_, ending)| ending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_judged_by_its_ending_and_only_where_it_has_one() {
        for good in [
            "https://a.example/x.jpg",
            "https://a.example",
            "https://exe.example/picture",
            "https://a.example/x?file=evil.exe",
            "http://127.0.0.1:9/m/1",
        ] {
            assert_eq!(check(good, Channel::Sms), Ok(()), "{good}");
        }
        assert_eq!(
            check("https://a.example/a.EXE?x=1", Channel::Whatsapp),
            Err(BadMedia::Type)
        );
        assert_eq!(
            check("https://a.example/a.docx", Channel::Sms),
            Err(BadMedia::Type)
        );
        assert_eq!(check("https://a.example/a.docx", Channel::Whatsapp), Ok(()));
        for bad in ["ftp://a.example/x", "https://", "https:///x", "x.jpg", ""] {
            assert_eq!(check(bad, Channel::Sms), Err(BadMedia::Scheme), "{bad}");
        }
        let long = format!("https://a.example/{}", "x".repeat(2_048));
        assert_eq!(check(&long, Channel::Sms), Err(BadMedia::Long));
    }
}
