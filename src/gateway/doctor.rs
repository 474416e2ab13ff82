//! The signature doctor in a deployment: which tokens and addresses it may try, how often it
//! may look by itself, and what it says.
//!
//! What must never happen:
//! - the caller of a webhook learns anything: what is found goes to the log, or to the holder
//!   of an API key;
//! - a flood of forgeries costs more than [`Pace`] allows, or one read or write anywhere.

use std::cell::Cell;

use serde::Serialize;

use super::http::{Incoming, path_and_query};
use super::world::World;
use crate::log::Record;
use crate::ports::Millis;
use crate::settings::Settings;
use crate::time::MINUTE;
use crate::twilio::doctor::{
    Budget, Captured, Cause, Diagnosis, Token, TokenRole, Verdict, diagnose,
};
use crate::twilio::sid::AccountSid;
use crate::twilio::signature::{Key, Mismatch};

/// Bytes hashed in one diagnosis that nobody asked for.
const BYTES_UNASKED: usize = 1 << 20;
/// Longer headers of a proxy are not looked at.
const MAX_FORWARDED: usize = 255;
/// The account of tokens that neither the settings nor the request name one for.
const NOBODY: &str = "AC00000000000000000000000000000000";

/// How many diagnoses an isolate has made in the minute that runs.
#[derive(Debug, Default)]
pub struct Pace {
    minute: Cell<Millis>,
    made: Cell<u32>,
}

impl Pace {
    /// Whether there may be one more now; it is counted.
    fn take(&self, now: Millis, per_minute: u32) -> bool {
        let minute = now.div_euclid(MINUTE);
        if self.minute.replace(minute) != minute {
            self.made.set(0);
        }
        let made = self.made.get();
        let allowed = made < per_minute;
        self.made.set(made + u32::from(allowed));
        allowed
    }
}

/// One thing that is wrong, for people and for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable name.
    pub code: &'static str,
    /// What happened.
    pub cause: String,
    /// What to do.
    pub fix: &'static str,
    /// The gateway's setting to change, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<&'static str>,
}

impl From<&Cause> for Finding {
    fn from(cause: &Cause) -> Finding {
        Finding {
            code: cause.code(),
            cause: cause.to_string(),
            fix: cause.fix(),
            setting: cause.setting(),
        }
    }
}

/// What is to be said about a verdict; nothing when the request is genuine.
pub fn findings(verdict: &Verdict) -> Vec<Finding> {
    let one = |code, cause: &str, fix, setting| {
        vec![Finding {
            code,
            cause: cause.to_owned(),
            fix,
            setting,
        }]
    };
    match verdict {
        Verdict::Genuine => Vec::new(),
        Verdict::Explained(causes) => causes.iter().map(Finding::from).collect(),
        Verdict::Unsigned => one(
            "unsigned",
            "there is no X-Twilio-Signature",
            "It did not come from Twilio, or the proxy must pass X-Twilio-Signature on.",
            None,
        ),
        Verdict::Malformed => one(
            "malformed",
            "X-Twilio-Signature cannot be a signature",
            "It did not come from Twilio, or the proxy must pass X-Twilio-Signature on unchanged.",
            None,
        ),
        Verdict::Unexplained {
            account_without_token: Some(account),
            ..
        } => vec![Finding {
            code: "account_without_token",
            cause: ["no Auth Token of ", account.as_str(), " is configured"].concat(),
            fix: "Add the sub-account's token, if the account is yours; else it is forged.",
            setting: Some("TWILIO_SUBACCOUNT_TOKENS"),
        }],
        Verdict::Unexplained { cut_short, .. } => one(
            if *cut_short {
                "cut_short"
            } else {
                "unexplained"
            },
            if *cut_short {
                "nothing that was tried explains it; not everything was tried"
            } else {
                "nothing that was tried explains it"
            },
            "It is forged, or signed with a token that is not configured, or for a host that the \
             gateway does not know of: compare PUBLIC_BASE_URL with the URL in Twilio.",
            None,
        ),
    }
}

/// Looks for the cause with the deployment's tokens. `also` are other addresses that Twilio may
/// have called.
pub fn examine(
    settings: &Settings,
    captured: &Captured<'_>,
    also: &[&str],
    budget: Budget,
) -> Diagnosis {
    let named = captured.account();
    let tokens = tokens(settings, named);
    let mut diagnosis = diagnose(captured, &tokens, also, budget);
    if let Verdict::Unexplained {
        account_without_token,
        ..
    } = &mut diagnosis.verdict
    {
        *account_without_token = named.filter(|named| !is_configured(settings, *named));
    }
    diagnosis
}

fn is_configured(settings: &Settings, account: AccountSid) -> bool {
    let main = settings.account_sid.as_deref();
    let own = settings.subaccounts.iter();
    let mut own = own.map(|sub| sub.account_sid.as_str());
    main == Some(account.as_str()) || own.any(|sid| sid == account.as_str())
}

/// Every token, as the guard would take it: an account without tokens of its own is checked
/// with the main account's, so these count as its own then.
fn tokens(settings: &Settings, named: Option<AccountSid>) -> Vec<Token<'_>> {
    fn of(account: AccountSid, keys: &[Key]) -> impl Iterator<Item = Token<'_>> {
        let roles = [TokenRole::Current].into_iter();
        let roles = roles.chain(std::iter::repeat(TokenRole::Next));
        roles
            .zip(keys)
            .map(move |(role, key)| Token { account, role, key })
    }
    let subaccounts = settings.subaccounts.iter().filter_map(|sub| {
        let account = AccountSid::parse(&sub.account_sid).ok()?;
        Some((account, sub.keys.as_slice()))
    });
    let subaccounts: Vec<_> = subaccounts.collect();
    let has_own = |named: &AccountSid| subaccounts.iter().any(|(account, _)| account == named);
    let main = named
        .filter(|named| !has_own(named))
        .or_else(|| AccountSid::parse(settings.account_sid.as_deref()?).ok())
        .or_else(|| AccountSid::parse(NOBODY).ok());
    let mut tokens = Vec::new();
    if let Some(account) = main {
        tokens.extend(of(account, &settings.signing));
        tokens.extend(settings.retired.iter().map(|key| Token {
            account,
            role: TokenRole::Previous,
            key,
        }));
    }
    for (account, keys) in subaccounts {
        tokens.extend(of(account, keys));
    }
    tokens
}

/// Adds to the line about a refused webhook what the doctor finds, as far as it may look now.
pub fn explain<W: World>(
    world: &W,
    request: &impl Incoming,
    url: &str,
    body: &[u8],
    mismatch: Mismatch,
    record: Record,
) -> Record {
    let settings = world.settings();
    let doctor = settings.doctor;
    // Without a signature there is nothing to look for.
    if mismatch == Mismatch::Missing
        || (doctor.sample_percent < 100 && world.below(100) >= u64::from(doctor.sample_percent))
        || !world
            .memory()
            .diagnoses
            .take(world.now(), doctor.per_minute)
    {
        return record;
    }
    let (content_type, signature) = (
        request.header("content-type"),
        request.header("x-twilio-signature"),
    );
    let captured = Captured {
        method: request.method(),
        url,
        content_type: content_type.as_deref(),
        body,
        signature: signature.as_deref(),
    };
    let also = arrived_at(request, url);
    let also: Vec<&str> = also.iter().map(String::as_str).collect();
    let budget = Budget {
        tries: doctor.tries,
        bytes: BYTES_UNASKED,
    };
    let diagnosis = examine(settings, &captured, &also, budget);
    let findings = findings(&diagnosis.verdict);
    let all = |part: fn(&Finding) -> &str, between| {
        let parts: Vec<&str> = findings.iter().map(part).collect();
        parts.join(between)
    };
    record
        .with("cause_code", all(|finding| finding.code, ","))
        .with("cause", all(|finding| &finding.cause, "; "))
        .with("fix", all(|finding| finding.fix, " "))
        .with("tries", diagnosis.tries)
}

/// Addresses that Twilio may have called, other than `url`: the one the request came by, and
/// the one that a proxy says it came by. A lie in its headers is one more address to try.
fn arrived_at(request: &impl Incoming, url: &str) -> Vec<String> {
    let mut also = vec![request.url().to_owned()];
    if let Some(host) = request.header("x-forwarded-host")
        && host.len() <= MAX_FORWARDED
    {
        let scheme = request.header("x-forwarded-proto");
        let scheme = match scheme.as_deref() {
            Some("http") => "http://",
            _ => "https://",
        };
        also.push([scheme, &host, path_and_query(request.url())].concat());
    }
    also.retain(|other| other != url);
    also
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SECOND;

    #[test]
    fn a_minute_has_so_many_diagnoses_and_the_next_one_as_many_again() {
        let pace = Pace::default();
        let start = 1_795_512_600_000 / MINUTE * MINUTE;
        let taken = |now| (0..10).filter(|_| pace.take(now, 3)).count();
        assert_eq!(taken(start), 3);
        assert_eq!(taken(start + 59 * SECOND), 0);
        assert_eq!(taken(start + 60 * SECOND), 3);
        assert!(!pace.take(start, 0));
    }
}
