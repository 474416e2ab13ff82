//! The spellings of one URL under which Twilio may have signed it, as text operations.
//!
//! Twilio's own libraries try them all: the port left out (listeners on odd ports), the
//! standard port added, a quote in the query as `%27`, and the query as older URL libraries
//! wrote it. One is of this gateway's own need: the quote that the runtime has escaped before
//! the gateway could see it. Nothing else about the URL is ever changed.

use std::borrow::Cow;

use crate::twilio::form::{decode_bytes, push_escape};

/// How the URL Twilio signed differs from the URL the gateway has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// What became of the port.
    pub port: PortForm,
    /// What became of the query.
    pub query: QueryForm,
}

impl Variant {
    /// The URL as given.
    pub const PLAIN: Variant = Variant {
        port: PortForm::AsGiven,
        query: QueryForm::AsGiven,
    };
}

/// What became of the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortForm {
    /// As in the URL given.
    AsGiven,
    /// The URL has a port; it was signed without.
    Removed,
    /// The URL has no port; it was signed with `:443` (https) or `:80` (http).
    StandardAdded,
}

/// What became of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryForm {
    /// As in the URL given.
    AsGiven,
    /// Each bare `'` signed as `%27`, all else untouched (WHATWG query serialisation).
    QuoteEscaped,
    /// Decoded and encoded again the way Node's `querystring` does: `'` bare, a space as `%20`.
    Reencoded,
    /// Each `%27` signed as a bare `'`, all else untouched: the runtime hands over URLs that a
    /// WHATWG parser wrote, in which no quote of a query is bare any more.
    QuoteRestored,
}

const PORT_FORMS: [PortForm; 3] = [
    PortForm::AsGiven,
    PortForm::Removed,
    PortForm::StandardAdded,
];
const QUERY_FORMS: [QueryForm; 4] = [
    QueryForm::AsGiven,
    QueryForm::QuoteEscaped,
    QueryForm::Reencoded,
    QueryForm::QuoteRestored,
];

/// A URL cut where a variant may differ. Joined again, the pieces are the URL.
#[derive(Debug)]
pub(in crate::twilio) struct SplitUrl<'u> {
    /// Scheme, user information and host.
    pub(in crate::twilio) origin: &'u str,
    /// With its colon; empty when there is none.
    pub(in crate::twilio) port: &'u str,
    /// With its first slash; may be empty.
    pub(in crate::twilio) path: &'u str,
    /// Without its question mark.
    pub(in crate::twilio) query: Option<&'u str>,
    /// The port the scheme implies, with its colon; empty for a scheme that is not HTTP.
    standard_port: &'static str,
}

impl<'u> SplitUrl<'u> {
    pub(in crate::twilio) fn of(url: &'u str) -> SplitUrl<'u> {
        let url = without_fragment(url);
        let (before, query) = match url.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (url, None),
        };
        let Some((scheme, _)) = before.split_once("://") else {
            return SplitUrl {
                origin: before,
                port: "",
                path: "",
                query,
                standard_port: "",
            };
        };
        let authority_start = scheme.len() + "://".len();
        let path_start = before
            .get(authority_start..)
            .and_then(|rest| rest.find('/'))
            .map_or(before.len(), |slash| authority_start + slash);
        let (authority, path) = before.split_at(path_start);
        let port_start = port_start(authority.get(authority_start..).unwrap_or_default())
            .map_or(path_start, |colon| authority_start + colon);
        let (origin, port) = authority.split_at(port_start);
        SplitUrl {
            origin,
            port,
            path,
            query,
            standard_port: standard_port(scheme),
        }
    }

    /// The variants worth a try, the plain one first; one that would spell the URL as an
    /// earlier one did is left out.
    pub(in crate::twilio) fn variants(&self) -> impl Iterator<Item = Variant> {
        QUERY_FORMS
            .into_iter()
            .filter(|&form| self.query_form_differs(form))
            .flat_map(|query| {
                PORT_FORMS
                    .into_iter()
                    .filter(|&form| self.port_form_differs(form))
                    .map(move |port| Variant { port, query })
            })
    }

    fn port_form_differs(&self, form: PortForm) -> bool {
        match form {
            PortForm::AsGiven => true,
            PortForm::Removed => !self.port.is_empty(),
            PortForm::StandardAdded => self.port.is_empty() && !self.standard_port.is_empty(),
        }
    }

    fn query_form_differs(&self, form: QueryForm) -> bool {
        match form {
            QueryForm::AsGiven => true,
            QueryForm::QuoteEscaped => self.query.is_some_and(|query| query.contains('\'')),
            QueryForm::Reencoded => self.query.is_some_and(|query| reencode(query) != query),
            QueryForm::QuoteRestored => self.query.is_some_and(|query| {
                let restored = query.replace("%27", "'");
                restored != query && restored != reencode(query)
            }),
        }
    }

    /// The query in one form. Allocates for the rare forms only.
    pub(in crate::twilio) fn query_in(&self, form: QueryForm) -> Option<Cow<'u, str>> {
        let query = self.query?;
        Some(match form {
            QueryForm::AsGiven => Cow::Borrowed(query),
            QueryForm::QuoteEscaped => Cow::Owned(query.replace('\'', "%27")),
            QueryForm::Reencoded => Cow::Owned(reencode(query)),
            QueryForm::QuoteRestored => Cow::Owned(query.replace("%27", "'")),
        })
    }

    /// The URL with the port in one form and the query given, in pieces.
    pub(super) fn pieces<'p>(&'p self, port: PortForm, query: Option<&'p str>) -> [&'p str; 5] {
        let port = match port {
            PortForm::AsGiven => self.port,
            PortForm::Removed => "",
            PortForm::StandardAdded => self.standard_port,
        };
        let (mark, query) = match query {
            Some(query) => ("?", query),
            None => ("", ""),
        };
        [self.origin, port, self.path, mark, query]
    }
}

/// Twilio sends and signs no fragment: it holds the connection overrides (`#rc=3`).
pub(super) fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(before, _)| before)
}

/// Where the colon of the port is, if digits alone follow it. The colon of a password is
/// followed by an `@`, those of an IPv6 host by its bracket.
fn port_start(authority: &str) -> Option<usize> {
    let colon = authority.rfind(':')?;
    let digits = authority.get(colon + 1..)?;
    let is_port = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_port.then_some(colon)
}

/// The port a scheme implies, with its colon; empty for a scheme that is not HTTP.
pub(in crate::twilio) fn standard_port(scheme: &str) -> &'static str {
    if scheme.eq_ignore_ascii_case("https") {
        ":443"
    } else if scheme.eq_ignore_ascii_case("http") {
        ":80"
    } else {
        ""
    }
}

/// The query as `querystring.stringify(querystring.parse(query))` of Node writes it when no
/// name is repeated.
fn reencode(query: &str) -> String {
    let mut text = String::with_capacity(query.len());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        if !text.is_empty() {
            text.push('&');
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        reencode_component(&mut text, name);
        text.push('=');
        reencode_component(&mut text, value);
    }
    text
}

fn reencode_component(text: &mut String, raw: &str) {
    for byte in decode_bytes(raw.as_bytes()) {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => text.push(char::from(byte)),
            b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')' => {
                text.push(char::from(byte));
            }
            _ => push_escape(text, byte),
        }
    }
}
