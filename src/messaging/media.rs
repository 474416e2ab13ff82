//! What media a channel takes, as far as a link, and the server behind it, show.
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
    /// Too large.
    #[error("is larger than the {limit} bytes that the channel takes")]
    Heavy {
        /// Bytes.
        limit: u64,
    },
}

const KIB: u64 = 1_024;
/// Pictures that Twilio fits to each carrier, and all media of one MMS together.
const PICTURE: u64 = 5 * KIB * KIB;
/// Any other type of an MMS: it is passed on as it is.
const AS_IT_IS: u64 = 500 * KIB;
/// One medium of a WhatsApp message.
const WHATSAPP: u64 = 16 * KIB * KIB;
/// Types of pictures that Twilio fits.
const PICTURES: [&str; 4] = ["image/jpeg", "image/jpg", "image/png", "image/gif"];
/// Types that no channel takes. The first is what a link that needs a login leads to.
const REFUSED_TYPES: [&str; 6] = [
    "text/html",
    "application/xhtml+xml",
    "text/javascript",
    "application/javascript",
    "application/zip",
    "application/x-msdownload",
];

/// Checks what the server says about a medium: its `Content-Type`, empty when it says none,
/// and its length in bytes. What it does not say is not held against it.
///
/// # Errors
/// [`BadMedia`] says why the channel does not take it.
pub fn weigh(content_type: &str, bytes: Option<u64>, channel: Channel) -> Result<(), BadMedia> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let kind = kind.to_ascii_lowercase();
    if REFUSED_TYPES.contains(&kind.as_str()) {
        return Err(BadMedia::Type);
    }
    let limit = match channel {
        Channel::Whatsapp => WHATSAPP,
        Channel::Sms | Channel::Mms if PICTURES.contains(&kind.as_str()) || kind.is_empty() => {
            PICTURE
        }
        Channel::Sms | Channel::Mms => AS_IT_IS,
        Channel::Rcs | Channel::Messenger | Channel::Voice | Channel::Email => return Ok(()),
    };
    match bytes {
        Some(bytes) if bytes > limit => Err(BadMedia::Heavy { limit }),
        _ => Ok(()),
    }
}

/// What all media of one message may weigh, in bytes, where there is a limit to that.
pub const fn most_together(channel: Channel) -> Option<u64> {
    match channel {
        Channel::Sms | Channel::Mms => Some(PICTURE),
        _ => None,
    }
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
    let odd = |byte: u8| byte.is_ascii_whitespace() || byte.is_ascii_control();
    if rest.is_empty() || rest.starts_with('/') || rest.bytes().any(odd) {
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
        for bad in [
            "https://a.example/x\ny",
            "ftp://a.example/x",
            "https://",
            "https:///x",
            "x.jpg",
            "",
        ] {
            assert_eq!(check(bad, Channel::Sms), Err(BadMedia::Scheme), "{bad}");
        }
        let mib = 1_024 * 1_024;
        for (kind, bytes, channel, verdict) in [
            ("image/png", Some(5 * mib), Channel::Mms, Ok(())),
            (
                "IMAGE/PNG; q=1",
                Some(5 * mib + 1),
                Channel::Mms,
                Err(BadMedia::Heavy { limit: 5 * mib }),
            ),
            (
                "audio/ogg",
                Some(500 * 1_024 + 1),
                Channel::Sms,
                Err(BadMedia::Heavy { limit: 500 * 1_024 }),
            ),
            ("audio/ogg", Some(16 * mib), Channel::Whatsapp, Ok(())),
            (
                "video/mp4",
                Some(16 * mib + 1),
                Channel::Whatsapp,
                Err(BadMedia::Heavy { limit: 16 * mib }),
            ),
            (
                "text/html; charset=utf-8",
                None,
                Channel::Mms,
                Err(BadMedia::Type),
            ),
            ("", None, Channel::Mms, Ok(())),
            ("audio/ogg", None, Channel::Mms, Ok(())),
        ] {
            let found = weigh(kind, bytes, channel);
            assert_eq!(found, verdict, "{kind} {bytes:?} {channel:?}");
        }
        let long = format!("https://a.example/{}", "x".repeat(2_048));
        assert_eq!(check(&long, Channel::Sms), Err(BadMedia::Long));
    }
}
