//! Links in a text: public shorteners, hosts that look like traps, links without TLS.

use std::ops::Range;

use super::{Finding, Rule, Severity, Subject, finding};

/// Public shorteners: carriers block them, because anybody can hide anything behind them.
#[rustfmt::skip] // A list, not a column.
const SHORTENERS: &[&str] = &[
    "adf.ly", "bit.do", "bit.ly", "bitly.com", "bl.ink", "buff.ly", "cutt.ly", "dlvr.it", "fb.me",
    "goo.gl", "goo.su", "is.gd", "j.mp", "lnkd.in", "mcaf.ee", "ow.ly", "qr.ae", "rb.gy",
    "rebrand.ly", "s.id", "short.io", "shorte.st", "shorturl.at", "shrtco.de", "soo.gd",
    "surl.li", "t.co", "t.ly", "t2m.io", "tiny.cc", "tiny.one", "tinyurl.com", "tr.im", "trib.al",
    "u.to", "urlz.fr", "v.gd", "vk.cc", "x.gd", "youtu.be",
];

/// Names that are imitated, with the domains that are really theirs.
const IMITATED: &[(&str, &[&str])] = &[
    ("paypal", &["paypal.com", "paypal.me"]),
    (
        "amazon",
        &[
            "amazon.com",
            "amazon.co.uk",
            "amazon.de",
            "amazon.ca",
            "amazonaws.com",
        ],
    ),
    ("apple", &["apple.com"]),
    ("icloud", &["icloud.com"]),
    ("netflix", &["netflix.com"]),
    ("microsoft", &["microsoft.com"]),
    ("google", &["google.com"]),
    ("facebook", &["facebook.com"]),
    ("instagram", &["instagram.com"]),
    ("whatsapp", &["whatsapp.com"]),
    ("usps", &["usps.com"]),
    ("fedex", &["fedex.com"]),
    ("dhl", &["dhl.com", "dhl.de"]),
    ("irs", &["irs.gov"]),
    ("wellsfargo", &["wellsfargo.com"]),
    ("bankofamerica", &["bankofamerica.com"]),
    ("coinbase", &["coinbase.com"]),
];

/// Endings that cost little and are mostly abused.
#[rustfmt::skip] // A list, not a column.
const CHEAP_ENDINGS: &[&str] = &[
    "xyz", "top", "icu", "click", "zip", "mov", "tk", "ml", "ga", "cf", "gq", "buzz", "rest",
    "cam", "cfd", "sbs", "monster", "quest", "work", "loan", "win", "bid", "racing",
];

/// Endings by which a bare "word.word" is taken for a link.
#[rustfmt::skip] // A list, not a column.
const COMMON_ENDINGS: &[&str] = &[
    "com", "net", "org", "io", "co", "ly", "gl", "gd", "me", "us", "uk", "ca", "de", "fr", "es",
    "it", "nl", "eu", "au", "in", "br", "mx", "info", "biz", "app", "dev", "shop", "store",
    "link", "online", "site", "club", "gov", "edu", "at", "ch", "gy", "cc", "to",
];

struct Link<'a> {
    at: Range<usize>,
    secure: bool,
    has_scheme: bool,
    user_info: bool,
    host: &'a str,
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for link in links(subject.body) {
        let host = link.host.to_ascii_lowercase();
        let own = subject.own_hosts.iter().any(|own| is_within(&host, own));
        if !own && SHORTENERS.iter().any(|known| is_within(&host, known)) {
            findings.push(finding(
                Rule::UrlShortener,
                link.at.clone(),
                Severity::Error,
                "Use a link on your own domain: carriers block public shorteners.",
            ));
        } else if !own && let Some((severity, fix)) = suspicion(&host, link.user_info) {
            findings.push(finding(Rule::PhishingHost, link.at.clone(), severity, fix));
        }
        if link.has_scheme && !link.secure {
            findings.push(finding(
                Rule::InsecureUrl,
                link.at,
                Severity::Info,
                "Use https.",
            ));
        }
    }
}

/// Why a host looks like a trap.
fn suspicion(host: &str, user_info: bool) -> Option<(Severity, &'static str)> {
    let labels: Vec<&str> = host.split('.').collect();
    let ending = labels.last().copied().unwrap_or("");
    if user_info {
        return Some((
            Severity::Error,
            "Leave out what stands before the @ in the link.",
        ));
    }
    if !labels.is_empty() && labels.iter().all(|l| l.bytes().all(|b| b.is_ascii_digit())) {
        return Some((
            Severity::Error,
            "Link to a host name, not to an IP address.",
        ));
    }
    if !host.is_ascii() || labels.iter().any(|label| label.starts_with("xn--")) {
        return Some((Severity::Error, "Use a host name in plain Latin letters."));
    }
    if imitates(host) {
        return Some((
            Severity::Error,
            "The host imitates a well-known name: link to your own domain.",
        ));
    }
    if CHEAP_ENDINGS.contains(&ending) {
        return Some((
            Severity::Warning,
            "Filters distrust this ending: use another domain.",
        ));
    }
    if labels.len() > 4 || host.bytes().filter(|b| *b == b'-').count() > 2 {
        return Some((
            Severity::Warning,
            "Use a shorter host name: this one looks made up.",
        ));
    }
    None
}

/// Whether a host carries a well-known name, also in look-alike digits, without being its.
fn imitates(host: &str) -> bool {
    let plain: String = host
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' => 'l',
            '3' => 'e',
            '5' => 's',
            other => other,
        })
        .collect();
    IMITATED.iter().any(|(name, real)| {
        let carries = plain.split(['.', '-']).any(|word| word == *name);
        carries && !real.iter().any(|domain| is_within(host, domain))
    })
}

/// Whether a host is a domain or below it.
fn is_within(host: &str, domain: &str) -> bool {
    match host.strip_suffix(domain) {
        Some(above) => above.is_empty() || above.ends_with('.'),
        None => false,
    }
}

/// The links of a text: with a scheme, or bare with a path or a common ending.
fn links(body: &str) -> impl Iterator<Item = Link<'_>> {
    let mut from = 0;
    body.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '“' | '”'))
        .filter_map(move |word| {
            let at = from;
            from = at + word.len();
            // The separator that ended this word may take more than a byte.
            let behind = body.get(from..).and_then(|rest| rest.chars().next());
            from += behind.map_or(0, char::len_utf8);
            link(word, at)
        })
}

fn link(word: &str, at: usize) -> Option<Link<'_>> {
    let opening = |c: char| matches!(c, '(' | '[' | '\'' | '‘' | ',' | '.' | ':');
    let trimmed = word.trim_start_matches(opening);
    let start = at + word.len() - trimmed.len();
    let closing = |c: char| {
        matches!(
            c,
            ')' | ']' | '\'' | '’' | ',' | '.' | ':' | ';' | '!' | '?'
        )
    };
    let trimmed = trimmed.trim_end_matches(closing);
    let (scheme, rest) = match trimmed.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, trimmed),
    };
    if scheme.is_some_and(|s| !s.eq_ignore_ascii_case("http") && !s.eq_ignore_ascii_case("https")) {
        return None;
    }
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..authority_end)?;
    let (user_info, host) = match authority.rsplit_once('@') {
        Some((_, host)) => (true, host),
        None => (false, authority),
    };
    let host = host.split(':').next()?;
    let (before, ending) = host.rsplit_once('.')?;
    if before.is_empty() || ending.is_empty() {
        return None;
    }
    if scheme.is_none() {
        // A bare address with @ is e-mail; "3.50" and "e.g" are no links.
        let known = COMMON_ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
            || CHEAP_ENDINGS.contains(&ending.to_ascii_lowercase().as_str());
        let has_path = authority_end < rest.len() && ending.len() >= 2;
        let wordy = ending.chars().all(char::is_alphabetic);
        if user_info || !wordy || !(known || has_path) {
            return None;
        }
    }
    Some(Link {
        at: start..start + trimmed.len(),
        secure: scheme.is_some_and(|s| s.eq_ignore_ascii_case("https")),
        has_scheme: scheme.is_some(),
        user_info,
        host,
    })
}
