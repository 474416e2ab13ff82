//! The URLs Twilio may have requested, made from the one that came, and how they differ.

use super::cause::Cause;
use super::{Captured, body_hash_pair};
use crate::sorted::SortedSet;
use crate::twilio::form::{Form, decode_bytes};
use crate::twilio::signature::{BODY_HASH_PARAMETER, SplitUrl, standard_port};

/// Ports that development servers and proxies listen on.
const USUAL_PORTS: [&str; 6] = [":80", ":443", ":3000", ":8080", ":8443", ":8787"];
/// Query parameters that are tried one by one for being added on the way.
const MAX_ADDED: usize = 8;
/// Configured URLs that are looked at.
const MAX_KNOWN: usize = 16;

/// A URL that may have been signed, and what it would mean.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) text: String,
    /// Empty for a spelling that the gateway accepts anyway.
    pub(super) causes: Vec<Cause>,
}

impl Candidate {
    pub(super) fn has_query(&self) -> bool {
        self.text.contains('?')
    }
}

/// One part of a URL as it may have been signed.
struct Part {
    text: String,
    causes: Vec<Cause>,
}

/// The URLs worth a try. They are put together one by one, so that the budget of the search
/// caps this work too.
pub(super) struct Urls {
    origins: Vec<Part>,
    paths: Vec<Part>,
    queries: Vec<Part>,
    known: Vec<Candidate>,
}

impl Urls {
    pub(super) fn of(captured: &Captured<'_>, known_urls: &[&str]) -> Self {
        let given = SplitUrl::of(captured.url);
        let known_urls = known_urls.get(..MAX_KNOWN).unwrap_or(known_urls);
        let part = |text: String, causes: Vec<Cause>| Part { text, causes };
        Urls {
            origins: origins(&given, known_urls)
                .into_iter()
                .map(|text| {
                    let causes = origin_differences(&given, &SplitUrl::of(&text));
                    part(text, causes)
                })
                .collect(),
            paths: paths(given.path, known_urls)
                .into_iter()
                .map(|text| {
                    let cause = path_difference(given.path, &text);
                    part(text, cause.into_iter().collect())
                })
                .collect(),
            queries: queries(given.query, captured.body, known_urls)
                .into_iter()
                .map(|query| {
                    let cause = query_difference(given.query, query.as_deref());
                    let text = query.map(|query| format!("?{query}")).unwrap_or_default();
                    part(text, cause.into_iter().collect())
                })
                .collect(),
            known: known_urls
                .iter()
                .flat_map(|known| [(*known).to_owned(), with_body_hash(known, captured.body)])
                .map(|text| Candidate {
                    causes: differences(&given, &SplitUrl::of(&text)),
                    text,
                })
                .collect(),
        }
    }

    /// The URLs configured in Twilio, as they are and with the hash that Twilio adds.
    pub(super) fn known(&self) -> impl Iterator<Item = &Candidate> {
        self.known.iter()
    }

    /// The URLs that differ by exactly so many causes.
    pub(super) fn with_causes(&self, wanted: usize) -> impl Iterator<Item = Candidate> {
        self.paths.iter().flat_map(move |path| {
            self.queries.iter().flat_map(move |query| {
                self.origins.iter().filter_map(move |origin| {
                    let parts = [origin, path, query];
                    let causes: usize = parts.iter().map(|part| part.causes.len()).sum();
                    (causes == wanted).then(|| Candidate {
                        text: parts.map(|part| part.text.as_str()).concat(),
                        causes: parts.iter().flat_map(|part| part.causes.clone()).collect(),
                    })
                })
            })
        })
    }
}

fn with_body_hash(url: &str, body: &[u8]) -> String {
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}{}", body_hash_pair(body))
}

/// Scheme, host and port: both schemes, the usual ports, and the hosts that are known.
fn origins(given: &SplitUrl<'_>, known_urls: &[&str]) -> SortedSet<String> {
    let known = known_urls.iter().map(|url| SplitUrl::of(url));
    let mut hosts: SortedSet<(String, String)> = known
        .map(|url| (after_scheme(url.origin).to_owned(), url.port.to_owned()))
        .collect();
    let host = after_scheme(given.origin);
    hosts.insert((host.to_owned(), given.port.to_owned()));
    hosts.insert((host.to_ascii_lowercase(), given.port.to_owned()));
    if let Some((_, bare)) = host.rsplit_once('@') {
        hosts.insert((bare.to_owned(), given.port.to_owned()));
    }
    let mut origins = SortedSet::new();
    for scheme in ["https", "http"] {
        for (host, port) in &hosts {
            for port in USUAL_PORTS.iter().copied().chain(["", port]) {
                origins.insert(format!("{scheme}://{host}{port}"));
            }
        }
    }
    // The scheme as written: it may be in capitals.
    origins.insert(format!("{}{}", given.origin, given.port));
    origins
}

fn after_scheme(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

fn paths(given: &str, known_urls: &[&str]) -> SortedSet<String> {
    let bare = given.trim_end_matches('/');
    let mut paths: SortedSet<String> = [
        given.to_owned(),
        bare.to_owned(),
        format!("{bare}/"),
        format!("/{given}"),
        single_slashes(given),
    ]
    .into();
    // A proxy that mounts the gateway below a path takes its first part away, or adds one.
    let parts = given
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'));
    if let Some((_, rest)) = parts {
        paths.insert(format!("/{rest}"));
    }
    for known in known_urls {
        let base = SplitUrl::of(known).path;
        paths.insert(base.to_owned());
        paths.insert(format!("{}{given}", base.trim_end_matches('/')));
    }
    paths
}

fn single_slashes(path: &str) -> String {
    let mut text = path.to_owned();
    while text.contains("//") {
        text = text.replace("//", "/");
    }
    text
}

fn queries(given: Option<&str>, body: &[u8], known_urls: &[&str]) -> SortedSet<Option<String>> {
    let mut queries = SortedSet::from([None]);
    queries.extend(
        known_urls
            .iter()
            .map(|url| SplitUrl::of(url).query.map(str::to_owned)),
    );
    if !body.is_empty() {
        let start = given.map(|query| format!("{query}&")).unwrap_or_default();
        queries.insert(Some(format!("{start}{}", body_hash_pair(body))));
    }
    let Some(query) = given else {
        return queries;
    };
    let escape_case = |upper| Some(with_escapes_in(query, upper));
    queries.extend([
        Some(query.to_owned()),
        Some(query.replace('\'', "%27")),
        Some(query.replace("%27", "'")),
        Some(query.replace('+', "%20")),
        Some(query.replace("%20", "+")),
        Some(query.replace('+', "%2B")),
        escape_case(true),
        escape_case(false),
        String::from_utf8(decode_bytes(query.replace('+', "%2B").as_bytes())).ok(),
    ]);
    let pairs: Vec<&str> = query.split('&').collect();
    for added in (0..pairs.len()).rev().take(MAX_ADDED) {
        let mut rest = pairs.clone();
        rest.remove(added);
        queries.insert((!rest.is_empty()).then(|| rest.join("&")));
    }
    let mut sorted = pairs.clone();
    sorted.sort_unstable();
    queries.insert(Some(sorted.join("&")));
    sorted.reverse();
    queries.insert(Some(sorted.join("&")));
    queries
}

/// The query with the digits of its escapes in one case.
fn with_escapes_in(query: &str, upper: bool) -> String {
    let mut text = String::with_capacity(query.len());
    let mut digits = 0;
    for c in query.chars() {
        let in_escape = digits > 0;
        digits = if c == '%' {
            2
        } else {
            usize::saturating_sub(digits, 1)
        };
        text.push(match (in_escape, upper) {
            (true, true) => c.to_ascii_uppercase(),
            (true, false) => c.to_ascii_lowercase(),
            (false, _) => c,
        });
    }
    text
}

/// What must have happened for `signed` to arrive as `given`. Empty when the gateway takes
/// the one for the other by itself.
fn differences(given: &SplitUrl<'_>, signed: &SplitUrl<'_>) -> Vec<Cause> {
    let mut causes = origin_differences(given, signed);
    causes.extend(path_difference(given.path, signed.path));
    causes.extend(query_difference(given.query, signed.query));
    causes
}

fn origin_differences(given: &SplitUrl<'_>, signed: &SplitUrl<'_>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (given_scheme, given_rest) = given.origin.split_once("://").unwrap_or_default();
    let (signed_scheme, signed_rest) = signed.origin.split_once("://").unwrap_or_default();
    if given_scheme != signed_scheme {
        causes.push(Cause::Scheme);
    }
    let (given_user, given_host) = given_rest.rsplit_once('@').unwrap_or(("", given_rest));
    let (signed_user, signed_host) = signed_rest.rsplit_once('@').unwrap_or(("", signed_rest));
    if given_user != signed_user {
        causes.push(Cause::UserInfo);
    }
    if !given_host.eq_ignore_ascii_case(signed_host) {
        causes.push(Cause::Host);
    } else if given_host != signed_host {
        causes.push(Cause::HostCase);
    }
    let same_port = signed.port == given.port
        || signed.port.is_empty()
        || (given.port.is_empty() && signed.port == standard_port(signed_scheme));
    if !same_port {
        causes.push(Cause::Port);
    }
    causes
}

fn path_difference(given: &str, signed: &str) -> Option<Cause> {
    if given == signed {
        None
    } else if given.trim_end_matches('/') == signed.trim_end_matches('/') {
        Some(Cause::TrailingSlash)
    } else if single_slashes(given) == single_slashes(signed) {
        Some(Cause::DoubleSlash)
    } else if given.ends_with(signed) || signed.ends_with(given) {
        Some(Cause::PathPrefix)
    } else {
        Some(Cause::Path)
    }
}

fn query_difference(given: Option<&str>, signed: Option<&str>) -> Option<Cause> {
    if given == signed {
        return None;
    }
    let (given, signed) = (given.unwrap_or_default(), signed.unwrap_or_default());
    let sorted = |query: &str| {
        let form = Form::parse(query.as_bytes()).unwrap_or_default();
        let mut pairs: Vec<_> = form
            .iter()
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        pairs.sort_unstable();
        pairs
    };
    let raw = |query: &str| -> SortedSet<String> { query.split('&').map(str::to_owned).collect() };
    let (given_raw, signed_raw) = (raw(given), raw(signed));
    let only_signed: Vec<_> = signed_raw.difference(&given_raw).collect();
    Some(if given_raw == signed_raw {
        Cause::QueryReordered
    } else if only_signed
        .iter()
        .any(|pair| pair.starts_with(BODY_HASH_PARAMETER))
    {
        Cause::BodyHashDropped
    } else if only_signed.is_empty() || signed.is_empty() {
        Cause::QueryAdded
    } else if given_raw.is_subset(&signed_raw) || given.is_empty() {
        Cause::QueryDropped
    } else if sorted(given) == sorted(signed) || decodes_alike(given, signed) {
        Cause::QueryReencoded
    } else {
        Cause::QueryDropped
    })
}

fn decodes_alike(one: &str, other: &str) -> bool {
    let plain = |query: &str| decode_bytes(query.replace("%2B", "+").as_bytes());
    plain(one) == plain(other)
}
