//! Where a flow's request goes: a URL taken apart so strictly that what was checked is what
//! `fetch` asks. A URL is put together anew from the checked pieces.
//!
//! What must never happen: a spelling that this reads as one host and `fetch` (WHATWG URL
//! Standard) as another: tabs, backslashes, escapes, other alphabets, addresses in octal.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why a URL is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Not `http://` or `https://` with a host.
    Unreadable,
    /// Loopback, a private network, a link, a cloud's metadata.
    Private,
    /// The deployment's list does not name it.
    NotListed,
}

impl Refused {
    /// In words.
    pub fn why(self) -> &'static str {
        match self {
            Refused::Unreadable => "the URL is not http(s)://host/...",
            Refused::Private => "the host is a private one",
            Refused::NotListed => "the host is not in FLOW_HOSTS",
        }
    }
}

/// The host of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    /// Lower-case, ASCII, without a last dot.
    Name(String),
    V4(Ipv4Addr),
    /// And as it was written: every reader takes it for the same address.
    V6(Ipv6Addr, String),
}

/// A URL that can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    secure: bool,
    host: Host,
    port: Option<u16>,
    /// Path and query, no fragment.
    rest: String,
    /// User and password, as the URL had them.
    user: Option<String>,
}

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`Refused::Unreadable`].
    pub fn parse(url: &str) -> Result<Target, Refused> {
        Target::read(url).ok_or(Refused::Unreadable)
    }

    fn read(url: &str) -> Option<Target> {
        // As the standard does: these are dropped wherever they are.
        let url: String = url
            .trim_matches(|c: char| c <= ' ')
            .chars()
            .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
            .collect();
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let rest = rest.split('#').next().unwrap_or_default();
        if rest.starts_with('\\') {
            return None;
        }
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, authority),
        };
        let (host, port) = place_of(place)?;
        Some(Target {
            secure,
            host,
            port,
            rest: rest.to_owned(),
            user: user.filter(|user| !user.is_empty()),
        })
    }

    /// The URL, without user, password and fragment.
    pub fn url(&self) -> String {
        let mut url = String::from(if self.secure { "https://" } else { "http://" });
        match &self.host {
            Host::Name(name) => url.push_str(name),
            Host::V4(address) => url.push_str(&address.to_string()),
            Host::V6(_, written) => {
                url.push('[');
                url.push_str(written);
                url.push(']');
            }
        }
        if let Some(port) = self.port {
            url.push(':');
            url.push_str(&port.to_string());
        }
        url.push_str(&self.rest);
        url
    }

    /// The host's name; `None` for an address.
    pub fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) => Some(name),
            Host::V4(_) | Host::V6(..) => None,
        }
    }

    /// The host as a list writes it.
    pub(super) fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::V4(address) => address.to_string(),
            Host::V6(_, written) => written.clone(),
        }
    }

    /// Whether it has nothing but a scheme and a host.
    pub(super) fn is_bare(&self) -> bool {
        self.port.is_none() && self.rest.is_empty() && self.user.is_none()
    }

    /// Whether it is `https`.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// `user:password`, with escapes resolved.
    pub(super) fn user(&self) -> Option<(String, String)> {
        let user = self.user.as_deref()?;
        let (name, password) = user.split_once(':').unwrap_or((user, ""));
        Some((unescaped(name), unescaped(password)))
    }

    /// Adds parameters to the query.
    pub(super) fn add_query(&mut self, query: &str) {
        if query.is_empty() {
            return;
        }
        if !self.rest.contains('?') {
            self.rest.push('?');
        } else if !self.rest.ends_with(['?', '&']) {
            self.rest.push('&');
        }
        self.rest.push_str(query);
    }

    /// Whether the two are one origin: who may see the other's credentials.
    pub(super) fn same_origin(&self, other: &Target) -> bool {
        self.secure == other.secure && self.host == other.host && self.port == other.port
    }

    /// What a `Location` means here.
    ///
    /// # Errors
    /// [`Refused::Unreadable`].
    pub(super) fn join(&self, location: &str) -> Result<Target, Refused> {
        let location = location.trim();
        if location.contains("://") && !location.starts_with(['/', '?']) {
            return Target::parse(location);
        }
        if let Some(place) = location.strip_prefix("//") {
            let scheme = if self.secure { "https://" } else { "http://" };
            return Target::parse(&(scheme.to_owned() + place));
        }
        let path = self.rest.split('?').next().unwrap_or_default();
        let folder = path.rfind('/').and_then(|at| path.get(..=at));
        let start = match location.chars().next() {
            Some('/') => "",
            Some('?') => path,
            _ => folder.unwrap_or("/"),
        };
        let rest = start.to_owned() + location;
        let rest = rest.split('#').next().unwrap_or_default().to_owned();
        if rest.contains(['\\', '\t', '\n', '\r']) {
            return Err(Refused::Unreadable);
        }
        let user = self.user.clone();
        Ok(Target {
            host: self.host.clone(),
            rest,
            user,
            ..*self
        })
    }

    /// Whether the host is one that only this machine, network or cloud has.
    pub fn is_private(&self) -> bool {
        match &self.host {
            Host::Name(name) => private_name(name),
            Host::V4(address) => private_v4(*address),
            Host::V6(address, _) => private_v6(*address),
        }
    }
}

/// `host[:port]`.
fn place_of(place: &str) -> Option<(Host, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            let host = Host::V6(address.parse().ok()?, address.to_ascii_lowercase());
            (host, port)
        }
        None => {
            let end = place.find(':').unwrap_or(place.len());
            let (name, port) = place.split_at_checked(end)?;
            (named(name)?, port)
        }
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        None => return None,
        Some("") => None,
        Some(digits) => Some(digits.parse().ok().filter(|_| only_digits(digits))?),
    };
    Some((host, port))
}

fn only_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// A name, or an address in any of the ways that the standard reads as one. Other alphabets must
/// be written in their ASCII form: some of their digits become ASCII ones on the way.
fn named(host: &str) -> Option<Host> {
    let host = host.to_ascii_lowercase();
    let name = host.strip_suffix('.').unwrap_or(&host);
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if name.is_empty() || name.len() > 253 || !name.bytes().all(plain) || name.contains("..") {
        return None;
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if only_digits(last) || last.starts_with("0x") {
        return v4(name).map(Host::V4);
    }
    Some(Host::Name(name.to_owned()))
}

/// An IPv4 address of one to four numbers, each decimal, octal or hexadecimal, the last of which
/// fills what is left.
fn v4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let mut address: u64 = 0;
    for part in first {
        address = (address << 8) | number(part).filter(|n| *n < 256)?;
    }
    let bits = 8 * (4 - first.len());
    let last = number(last).filter(|n| *n < 1 << bits)?;
    u32::try_from((address << bits) | last)
        .ok()
        .map(Ipv4Addr::from)
}

fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix('0')) {
        (Some(""), _) | (None, Some("")) => return Some(0),
        (Some(hex), _) => (hex, 16),
        (None, Some(octal)) => (octal, 8),
        (None, None) => (text, 10),
    };
    u64::from_str_radix(digits, radix)
        .ok()
        .filter(|_| !digits.starts_with('+'))
}

/// Names that no public DNS has, or that a cloud answers within itself.
fn private_name(name: &str) -> bool {
    let within = |domain: &str| {
        name.strip_suffix(domain)
            .is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    // A name without a dot is looked for on the own network.
    !name.contains('.')
        || [
            "localhost",
            "local",
            "localdomain",
            "internal",
            "intranet",
            "lan",
            "home",
            "corp",
            "private",
            "home.arpa",
        ]
        .into_iter()
        .any(within)
}

/// What IANA's registry of special addresses does not call globally reachable.
fn private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || matches!(
            (a, b, c),
            (0 | 224.., _, _)
                | (100, 64..=127, _)
                | (198, 18..=19, _)
                | (192, 0, 0)
                | (192, 88, 99)
        )
}

/// Only global unicast is public, and of that neither what carries an IPv4 address (6to4, Teredo)
/// nor what is kept for protocols and documents.
fn private_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    first & 0xe000 != 0x2000
        || first == 0x2002
        || first == 0x3fff && second < 0x1000
        || first == 0x2001 && (second < 0x200 || second == 0xdb8)
}

fn unescaped(text: &str) -> String {
    let bytes = crate::twilio::form::decode_bytes(text.replace('+', "%2B").as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}
