//! The parameters Twilio may have signed, made from the ones that came.

use std::borrow::Cow;

use super::BodyKind;
use super::cause::Cause;
use crate::twilio::form::{Form, decode_bytes, encode};
use crate::twilio::signature::signed_pairs;

/// Parameters that are tried one by one for being added on the way.
const MAX_ADDED: usize = 64;
/// The geographic parameters: the ones that are often empty and therefore often lost.
const PLACE_OF: [&str; 4] = ["From", "To", "Caller", "Called"];
const PLACE_PARTS: [&str; 4] = ["City", "State", "Zip", "Country"];

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Parameters in the order they may have been signed.
pub(super) struct Signed<'a> {
    pairs: Vec<Pair<'a>>,
    /// `None` for what the gateway reads by itself.
    pub(super) cause: Option<Cause>,
    /// Whether form parameters were signed at all.
    pub(super) is_form: bool,
    /// The parameters come from the query, so the URL was signed without one.
    pub(super) replaces_query: bool,
}

impl<'a> Signed<'a> {
    fn none(cause: Option<Cause>) -> Self {
        Signed {
            pairs: Vec::new(),
            cause,
            is_form: false,
            replaces_query: false,
        }
    }

    /// Exactly these, in this order.
    fn exactly(pairs: Vec<Pair<'a>>, cause: Option<Cause>) -> Self {
        Signed {
            pairs,
            cause,
            is_form: true,
            replaces_query: false,
        }
    }

    /// These, ordered and reduced as Twilio does.
    fn sorted(mut pairs: Vec<Pair<'a>>, cause: Option<Cause>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        Signed::exactly(pairs, cause)
    }

    pub(super) fn causes(&self) -> usize {
        usize::from(self.cause.is_some())
    }

    pub(super) fn as_pairs(&self) -> Vec<(&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect()
    }

    pub(super) fn bytes(&self) -> usize {
        self.pairs
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum()
    }
}

/// Everything worth a try, what the gateway reads by itself first. One that equals what came
/// is left out.
pub(super) fn candidates<'a>(url: &'a str, kind: BodyKind, form: &'a Form<'a>) -> Vec<Signed<'a>> {
    let mut candidates = match kind {
        BodyKind::None => vec![Signed::none(None)],
        BodyKind::Form => altered_forms(form),
        BodyKind::Other => {
            let mut readings = vec![Signed::none(None)];
            readings.push(Signed::sorted(
                borrowed(form),
                Some(Cause::FormWithOtherType),
            ));
            readings
        }
    };
    if let Some((_, query)) = url.split_once('?')
        && let Ok(query) = Form::parse(query.as_bytes())
        && kind != BodyKind::Form
    {
        let pairs = query
            .iter()
            .map(|(name, value)| (name.to_owned().into(), value.to_owned().into()))
            .collect();
        candidates.push(Signed {
            replaces_query: true,
            ..Signed::sorted(pairs, Some(Cause::ParametersInQuery))
        });
    }
    candidates
}

fn borrowed<'a>(form: &'a Form<'_>) -> Vec<Pair<'a>> {
    form.iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn altered_forms<'a>(form: &'a Form<'a>) -> Vec<Signed<'a>> {
    let plain = Signed::sorted(borrowed(form), None);
    let mut altered: Vec<_> = [values(form), membership(form), order(form)]
        .into_iter()
        .flatten()
        .chain([Signed::none(Some(Cause::BodyNotSigned))])
        .filter(|candidate| candidate.pairs != plain.pairs)
        .collect();
    altered.insert(0, plain);
    altered
}

/// Values spelled otherwise.
fn values<'a>(form: &'a Form<'a>) -> Vec<Signed<'a>> {
    let every = |cause: Cause, change: &dyn Fn(&str) -> String| {
        let pairs = form
            .iter()
            .map(|(n, v)| (n.into(), change(v).into()))
            .collect();
        Signed::sorted(pairs, Some(cause))
    };
    let body_only = |change: &dyn Fn(&str) -> String| {
        let pairs = form.iter().map(|(name, value)| match name {
            "Body" => (name.into(), change(value).into()),
            _ => (name.into(), value.into()),
        });
        Signed::sorted(pairs.collect(), Some(Cause::Trimmed { parameter: "Body" }))
    };
    vec![
        every(Cause::Trimmed { parameter: "every" }, &|v| {
            v.trim().to_owned()
        }),
        body_only(&|v| format!("{v} ")),
        body_only(&|v| format!(" {v}")),
        body_only(&|v| format!("{v}\n")),
        every(Cause::LineEnds, &|v| v.replace("\r\n", "\n")),
        every(Cause::LineEnds, &|v| {
            v.replace("\r\n", "\n").replace('\n', "\r\n")
        }),
        every(Cause::PlusBecameSpace, &plus_for_first_space),
        every(Cause::PlusBecameSpace, &|v| v.replace(' ', "+")),
        every(Cause::DoubleEncoding, &encoded_once_more),
        every(Cause::DoubleEncoding, &|v| {
            String::from_utf8(decode_bytes(v.as_bytes())).unwrap_or_default()
        }),
        every(Cause::Charset, &|v| {
            latin1_as_utf8(v).unwrap_or_else(|| v.to_owned())
        }),
    ]
}

/// ` 14155552671` was `+14155552671`.
fn plus_for_first_space(value: &str) -> String {
    let prefix = value.trim_end_matches(|c: char| c.is_ascii_digit());
    match prefix.strip_suffix(' ') {
        Some(before) => format!("{before}+{}", value.get(prefix.len()..).unwrap_or_default()),
        None => value.to_owned(),
    }
}

fn encoded_once_more(value: &str) -> String {
    encode([("", value)]).trim_start_matches('=').to_owned()
}

/// `Ã¼` was `ü`.
fn latin1_as_utf8(value: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = value
        .chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    String::from_utf8(bytes?).ok()
}

/// Parameters lost, added or collapsed.
fn membership<'a>(form: &'a Form<'a>) -> Vec<Signed<'a>> {
    let without_empty = borrowed(form)
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    let mut changed = vec![
        Signed::sorted(without_empty.collect(), Some(Cause::EmptyParameters)),
        Signed::sorted(with_empty_places(form), Some(Cause::EmptyParameters)),
        Signed::sorted(
            one_value_each(borrowed(form)),
            Some(Cause::RepeatsCollapsed),
        ),
        Signed::sorted(
            one_value_each(borrowed(form).into_iter().rev().collect()),
            Some(Cause::RepeatsCollapsed),
        ),
    ];
    for (added, (name, _)) in form.iter().enumerate().take(MAX_ADDED) {
        let rest = borrowed(form)
            .into_iter()
            .enumerate()
            .filter(|(n, _)| *n != added);
        changed.push(Signed::sorted(
            rest.map(|(_, pair)| pair).collect(),
            Some(Cause::ParameterAdded {
                parameter: name.to_owned(),
            }),
        ));
    }
    changed
}

/// Twilio sends all four parts of a place or none: the missing ones were empty.
fn with_empty_places<'a>(form: &'a Form<'_>) -> Vec<Pair<'a>> {
    let mut pairs = borrowed(form);
    for who in PLACE_OF {
        let names = PLACE_PARTS.map(|part| format!("{who}{part}"));
        if names.iter().any(|name| form.get(name).is_some()) {
            let missing = names.into_iter().filter(|name| form.get(name).is_none());
            pairs.extend(missing.map(|name| (name.into(), "".into())));
        }
    }
    pairs
}

fn one_value_each(pairs: Vec<Pair<'_>>) -> Vec<Pair<'_>> {
    let mut kept: Vec<Pair<'_>> = Vec::new();
    for pair in pairs {
        if kept.iter().all(|(name, _)| *name != pair.0) {
            kept.push(pair);
        }
    }
    kept
}

/// What signers do that are not Twilio.
fn order<'a>(form: &'a Form<'a>) -> Vec<Signed<'a>> {
    let other = Some(Cause::SignerOrder);
    let mut repeats = borrowed(form);
    repeats.sort_unstable();
    let once: Vec<Pair<'a>> = signed_pairs(form)
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let mut joined = once.clone();
    joined.sort_by_cached_key(|(name, value)| format!("{name}{value}"));
    let mut caseless = once;
    caseless.sort_by_cached_key(|(name, _)| name.to_ascii_lowercase());
    vec![
        Signed::exactly(repeats, Some(Cause::RepeatsKept)),
        Signed::exactly(borrowed(form), other.clone()),
        Signed::exactly(joined, other.clone()),
        Signed::exactly(caseless, other),
    ]
}
