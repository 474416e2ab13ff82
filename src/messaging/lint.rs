//! What carriers, filters and people dislike in a text, found before it is sent.
//!
//! A finding names the rule, the bytes it is about, how bad it is and how to mend it. Nothing
//! is ever changed here, and a finding refuses a send only where the sender's policy says so.
//!
//! Source: Twilio docs, "Forbidden message categories", "Best practices for SMS", error 30007;
//! CTIA Messaging Principles and Best Practices.

mod text;
mod urls;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::segments::{self, Encoding};
use super::sender::Channel;

/// What a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Sells something.
    Marketing,
    /// About something the person did or asked for.
    #[default]
    Transactional,
    /// A one-time code.
    Otp,
    /// An answer within a conversation.
    Conversational,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Likely to be filtered or to annoy.
    Warning,
    /// Will be filtered, or must not be sent.
    Error,
}

/// The rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A link by a public shortener.
    UrlShortener,
    /// A link whose host looks like a trap.
    PhishingHost,
    /// A link without TLS.
    InsecureUrl,
    /// Words that filters look for.
    SpamWords,
    /// Capital letters or exclamation marks all over.
    Shouting,
    /// Nobody says who writes.
    MissingSenderName,
    /// Marketing without a way out.
    MissingOptOut,
    /// A one-time code without saying for what.
    OtpWithoutBrand,
    /// Longer than the channel takes, or than people read.
    TooLong,
    /// Characters that double the price.
    Unicode,
    /// A payment card's number.
    CardNumber,
    /// A number of the social security.
    NationalId,
    /// A telephone number to call back.
    PhoneNumber,
}

/// One thing found in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which rule.
    pub rule: Rule,
    /// Byte offset of the first character it is about.
    pub start: usize,
    /// Byte offset after the last one; equal to `start` when something is missing there.
    pub end: usize,
    /// How bad it is.
    pub severity: Severity,
    /// How to mend it, one sentence.
    pub fix: Cow<'static, str>,
}

/// What is known about the text besides its words.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The text.
    pub body: &'a str,
    /// How it goes out.
    pub channel: Channel,
    /// What it is for.
    pub kind: Kind,
    /// The sender's name as people know it, when it is configured.
    pub brand: Option<&'a str>,
    /// Hosts of the sender's own links ("acme.com" covers "go.acme.com").
    pub own_hosts: &'a [&'a str],
}

/// Which findings refuse a send.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Refuse from this severity on.
    pub refuse_from: Option<Severity>,
    /// Refuse for these rules, whatever the severity.
    pub refuse: Vec<Rule>,
    /// Never refuse for these rules.
    pub allow: Vec<Rule>,
}

impl Policy {
    /// The first finding that refuses the send, if one does.
    pub fn refuses<'f>(&self, findings: &'f [Finding]) -> Option<&'f Finding> {
        findings.iter().find(|finding| {
            !self.allow.contains(&finding.rule)
                && (self.refuse.contains(&finding.rule)
                    || self
                        .refuse_from
                        .is_some_and(|from| finding.severity >= from))
        })
    }
}

/// Finds what is wrong with a text, in the order of the text.
pub fn lint(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    urls::check(subject, &mut findings);
    text::check_words(subject.body, &mut findings);
    text::check_shouting(subject.body, &mut findings);
    text::check_numbers(subject.body, &mut findings);
    check_names(subject, &mut findings);
    check_size(subject, &mut findings);
    findings.sort_by_key(|finding| (finding.start, finding.end, finding.rule));
    findings
}

/// Who writes, and how to be rid of them.
fn check_names(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let body = subject.body;
    let named = match subject.brand {
        Some(brand) => text::contains_words(body, brand),
        None => text::names_somebody(body),
    };
    match subject.kind {
        Kind::Otp if !named => findings.push(finding(
            Rule::OtpWithoutBrand,
            0..0,
            Severity::Error,
            "Say whose code it is: \"123456 is your Acme code\".",
        )),
        Kind::Marketing | Kind::Transactional if !named && subject.brand.is_some() => {
            findings.push(finding(
                Rule::MissingSenderName,
                0..0,
                Severity::Warning,
                "Begin with the sender's name, so that people know who writes.",
            ));
        }
        _ => {}
    }
    let texts = Channel::Sms.is_one_with(subject.channel);
    if subject.kind == Kind::Marketing && texts && !text::offers_a_way_out(body) {
        findings.push(finding(
            Rule::MissingOptOut,
            body.len()..body.len(),
            Severity::Error,
            "End with \"Reply STOP to opt out\".",
        ));
    }
}

/// Length and price.
fn check_size(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    /// Twilio's limit, SMS and WhatsApp alike (error 21617).
    const LIMIT: usize = 1_600;
    /// Twilio's advice for SMS.
    const ADVISED: usize = 320;
    let body = subject.body;
    let after = |characters: usize| body.char_indices().nth(characters).map(|(at, _)| at);
    if let Some(start) = after(LIMIT) {
        findings.push(finding(
            Rule::TooLong,
            start..body.len(),
            Severity::Error,
            "Twilio refuses more than 1,600 characters: shorten it or send a link.",
        ));
    } else if let Some(start) = after(ADVISED).filter(|_| subject.channel == Channel::Sms) {
        findings.push(finding(
            Rule::TooLong,
            start..body.len(),
            Severity::Warning,
            "Keep an SMS within 320 characters; longer ones are filtered more often.",
        ));
    }
    if subject.channel == Channel::Sms && segments::encoding_of(body) == Encoding::Ucs2 {
        unicode(body, findings);
    }
}

/// One finding for each character that could be replaced, if that would take the whole text
/// back to GSM-7.
fn unicode(body: &str, findings: &mut Vec<Finding>) {
    let forcing = segments::forcing(body);
    if forcing.iter().any(|forced| forced.replacement.is_none()) {
        return;
    }
    for forced in forcing {
        let fix = match forced.replacement {
            Some("") | None => "Leave this invisible character out.".into(),
            Some(" ") => "Use an ordinary space.".into(),
            Some(plain) => Cow::Owned(format!("Write {plain} instead.")),
        };
        findings.push(Finding {
            rule: Rule::Unicode,
            start: forced.at,
            end: forced.at + forced.character.len_utf8(),
            severity: Severity::Info,
            fix,
        });
    }
}

const fn finding(
    rule: Rule,
    span: std::ops::Range<usize>,
    severity: Severity,
    fix: &'static str,
) -> Finding {
    Finding {
        rule,
        start: span.start,
        end: span.end,
        severity,
        fix: Cow::Borrowed(fix),
    }
}

#[cfg(test)]
mod tests;
