//! The signature doctor: why a webhook that should be genuine was refused.
//!
//! Given a captured request, it undoes one by one, then in pairs and threes, what is known to
//! happen to webhooks on their way (proxies, frameworks, rotated tokens) and looks whether a
//! configured token signed the result. The [`Cause`]s it names come with the setting to change.
//!
//! It is for the operator and never part of the decision: a request the doctor can explain is
//! as refused as before. What must never happen:
//! - the right signature, a token or any part of one in what it returns. It says only which
//!   configured token matched a signature that the asker already has.
//! - unbounded work: a [`Budget`] caps tries and bytes, and running out is said.

mod cause;
mod content;
mod url;

use std::borrow::Cow;

use super::form::Form;
use super::sid::AccountSid;
use super::signature::{
    BODY_HASH_PARAMETER, Content, Key, MAC_BYTES, body_sha256, claimed_body_hash, parse_header,
    verify,
};
pub use cause::{Cause, TokenRole};
use content::Signed;
use url::{Candidate, Urls};

/// The most causes looked for at once, beside the token and the header.
const MAX_CAUSES: usize = 3;
/// A longer form is not looked into: every alteration of it is a copy, and Twilio sends fewer
/// than a hundred parameters.
const MAX_PARAMETERS: usize = 200;

/// A webhook as it arrived.
#[derive(Clone, Copy)]
pub struct Captured<'a> {
    /// The method, upper-case.
    pub method: &'a str,
    /// The public URL as the gateway sees it, its query included.
    pub url: &'a str,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The body as it came.
    pub body: &'a [u8],
    /// `X-Twilio-Signature`.
    pub signature: Option<&'a str>,
}

impl Captured<'_> {
    /// The account the request says it is about, in its body or, for a GET, in its query.
    pub fn account(&self) -> Option<AccountSid> {
        account_named(self, &Form::parse(self.body).unwrap_or_default())
    }
}

/// A token that may have signed.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    /// The account or sub-account it belongs to.
    pub account: AccountSid,
    /// What the token is to that account.
    pub role: TokenRole,
    /// Its key.
    pub key: &'a Key,
}

/// How much work a diagnosis may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// HMACs at most.
    pub tries: u32,
    /// Bytes hashed at most.
    pub bytes: usize,
}

impl Default for Budget {
    /// 4,000 tries and 4 MiB: some tens of milliseconds.
    fn default() -> Self {
        Budget {
            tries: 4_000,
            bytes: 4 << 20,
        }
    }
}

/// What the doctor found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The finding.
    pub verdict: Verdict,
    /// HMACs computed.
    pub tries: u32,
}

/// The finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The request is genuine as it stands: the settings are right now.
    Genuine,
    /// There is no signature: not Twilio, or a proxy removed the header.
    Unsigned,
    /// The header cannot be a signature, nor can what is left of it once tidied up.
    Malformed,
    /// These together would have made it genuine. Never empty.
    Explained(Vec<Cause>),
    /// Nothing tried makes it genuine.
    Unexplained {
        /// The account it names, when no token of that account is configured: the likeliest
        /// cause then.
        account_without_token: Option<AccountSid>,
        /// The budget ran out before everything was tried.
        cut_short: bool,
    },
}

/// Looks for the cause. `known_urls` are webhook URLs as configured in Twilio, where they are
/// known; the configured public base alone is one too.
pub fn diagnose(
    captured: &Captured<'_>,
    tokens: &[Token<'_>],
    known_urls: &[&str],
    budget: Budget,
) -> Diagnosis {
    let done = |verdict, tries| Diagnosis { verdict, tries };
    let header = captured.signature.unwrap_or_default();
    if header.trim().is_empty() {
        return done(Verdict::Unsigned, 0);
    }
    let tidy = tidy_header(header);
    let Ok(mac) = parse_header(Some(&tidy)) else {
        return done(Verdict::Malformed, 0);
    };
    let form = Form::parse(captured.body).unwrap_or_default();
    let kind = BodyKind::of(captured);
    let account = account_named(captured, &form);
    if tidy == header && is_genuine(captured, kind, &form, tokens, account) {
        return done(Verdict::Genuine, 1);
    }
    if form.len() > MAX_PARAMETERS {
        let verdict = Verdict::Unexplained {
            account_without_token: None,
            cut_short: true,
        };
        return done(verdict, 1);
    }
    let mut search = Search {
        mac,
        tokens,
        account,
        left: budget,
    };
    let found = search.run(captured, kind, &form, known_urls);
    let tries = budget.tries - search.left.tries;
    let verdict = match found {
        Outcome::Found(mut causes) => {
            if tidy != header {
                causes.insert(0, Cause::HeaderAltered);
            }
            if causes.is_empty() {
                Verdict::Genuine
            } else {
                Verdict::Explained(causes)
            }
        }
        Outcome::NotFound | Outcome::CutShort => Verdict::Unexplained {
            account_without_token: account
                .filter(|named| tokens.iter().all(|token| token.account != *named)),
            cut_short: matches!(found, Outcome::CutShort),
        },
    };
    done(verdict, tries)
}

/// How the gateway reads the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyKind {
    None,
    Form,
    Other,
}

impl BodyKind {
    fn of(captured: &Captured<'_>) -> Self {
        let content_type = captured.content_type.unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if captured.method == "GET" || captured.body.is_empty() {
            BodyKind::None
        } else if media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            BodyKind::Form
        } else {
            BodyKind::Other
        }
    }
}

/// What a proxy or a careless capture adds around a header: white space, quotes, a second value.
fn tidy_header(header: &str) -> Cow<'_, str> {
    let first = header.split(',').next().unwrap_or_default();
    let bare = first.trim().trim_matches('"').trim();
    if bare.contains('%') || bare.contains(' ') {
        // Percent-encoded, or a plus sign decoded to a space.
        let text = bare
            .replace("%2B", "+")
            .replace("%2F", "/")
            .replace("%3D", "=");
        Cow::Owned(text.replace(' ', "+"))
    } else {
        Cow::Borrowed(bare)
    }
}

/// The account a request is about, in its body or, for a GET, in its query.
fn account_named(captured: &Captured<'_>, form: &Form<'_>) -> Option<AccountSid> {
    let query = captured.url.split_once('?').map_or("", |(_, query)| query);
    let query = Form::parse(query.as_bytes()).unwrap_or_default();
    let named = form.get("AccountSid").or_else(|| query.get("AccountSid"))?;
    AccountSid::parse(named).ok()
}

fn is_genuine(
    captured: &Captured<'_>,
    kind: BodyKind,
    form: &Form<'_>,
    tokens: &[Token<'_>],
    account: Option<AccountSid>,
) -> bool {
    let keys: Vec<&Key> = tokens
        .iter()
        .filter(|token| cause::of_token(token.role, token.account, account).is_none())
        .map(|token| token.key)
        .collect();
    let content = match kind {
        BodyKind::None => Content::None,
        BodyKind::Form => Content::Form(form),
        BodyKind::Other => Content::Other(captured.body),
    };
    verify(&keys, captured.url, &content, captured.signature).is_ok()
}

enum Outcome {
    Found(Vec<Cause>),
    NotFound,
    CutShort,
}

/// One search: what was signed, by whom, and how much work is left.
struct Search<'a> {
    mac: [u8; MAC_BYTES],
    tokens: &'a [Token<'a>],
    account: Option<AccountSid>,
    left: Budget,
}

impl Search<'_> {
    /// Tries the likeliest first: explanations by one cause before those by two.
    fn run(
        &mut self,
        captured: &Captured<'_>,
        kind: BodyKind,
        form: &Form<'_>,
        known_urls: &[&str],
    ) -> Outcome {
        let urls = Urls::of(captured, known_urls);
        let contents = content::candidates(captured.url, kind, form);
        let found = self.search(&urls, &contents).map(|found| {
            found.map(|(url, content, token)| explain(captured, kind, &url, content, token))
        });
        match found {
            Ok(Some(causes)) => Outcome::Found(causes),
            Ok(None) => Outcome::NotFound,
            Err(OutOfBudget) => Outcome::CutShort,
        }
    }

    fn search<'c>(
        &mut self,
        urls: &Urls,
        contents: &'c [Signed<'c>],
    ) -> Result<Option<Match<'c>>, OutOfBudget> {
        for content in contents {
            for url in urls.known() {
                if let Some(token) = self.token_that_signed(&url.text, content)? {
                    return Ok(Some((url.clone(), content, token)));
                }
            }
        }
        for causes in 0..=MAX_CAUSES {
            for content in contents.iter().filter(|content| content.causes() <= causes) {
                for url in urls.with_causes(causes - content.causes()) {
                    if content.replaces_query && url.has_query() {
                        continue;
                    }
                    if let Some(token) = self.token_that_signed(&url.text, content)? {
                        return Ok(Some((url, content, token)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// `Some` when a token signed this; in it, what is wrong with that token.
    fn token_that_signed(
        &mut self,
        url: &str,
        content: &Signed<'_>,
    ) -> Result<Option<Option<Cause>>, OutOfBudget> {
        let pairs = content.as_pairs();
        for token in self.tokens {
            let bytes = url.len() + content.bytes();
            self.left.tries = self.left.tries.checked_sub(1).ok_or(OutOfBudget)?;
            self.left.bytes = self.left.bytes.checked_sub(bytes).ok_or(OutOfBudget)?;
            if token.key.signed(&[url], &pairs, &self.mac) {
                return Ok(Some(cause::of_token(
                    token.role,
                    token.account,
                    self.account,
                )));
            }
        }
        Ok(None)
    }
}

struct OutOfBudget;

/// What was signed, and what is wrong with the token that did.
type Match<'c> = (Candidate, &'c Signed<'c>, Option<Cause>);

/// All that differs between what came and what was signed. A body that is not a form is only
/// covered through its hash, so it is judged here, once the URL is known to be signed.
fn explain(
    captured: &Captured<'_>,
    kind: BodyKind,
    url: &Candidate,
    content: &Signed<'_>,
    token: Option<Cause>,
) -> Vec<Cause> {
    let mut causes: Vec<Cause> = token.into_iter().collect();
    // Parameters that moved into the query are one cause, not two.
    let moved = |cause: &&Cause| content.replaces_query && **cause == Cause::QueryAdded;
    causes.extend(url.causes.iter().filter(|cause| !moved(cause)).cloned());
    causes.extend(content.cause.clone());
    let hash = url
        .text
        .split_once('?')
        .and_then(|(_, query)| claimed_body_hash(query));
    if content.cause.is_none() && !content.is_form {
        match hash {
            Some(hash) if body_sha256(captured.body) != hash => causes.push(Cause::BodyAltered),
            None if kind == BodyKind::Other => causes.push(Cause::BodyNotSigned),
            _ => {}
        }
    }
    causes
}

/// The `bodySHA256` Twilio would have added for this body, as a query pair.
fn body_hash_pair(body: &[u8]) -> String {
    format!("{BODY_HASH_PARAMETER}={}", body_sha256(body))
}

#[cfg(test)]
mod tests;
