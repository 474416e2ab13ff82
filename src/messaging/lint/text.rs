//! Words, capitals and numbers in a text.

use std::ops::Range;

use super::{Finding, Rule, Severity, finding};

/// Phrases that filters look for, in lower case.
#[rustfmt::skip] // A list, not a column.
const SPAM: &[&str] = &[
    "100% free", "absolutely free", "act fast", "act immediately", "act now", "additional income",
    "apply now", "as seen on tv", "be your own boss", "best price", "big bucks", "buy direct",
    "call now", "cash bonus", "cash prize", "casino", "cbd", "cheap meds", "claim your prize",
    "claim your reward", "click below", "click here", "congratulations you", "consolidate debt",
    "crypto investment", "debt relief", "double your", "earn extra cash", "earn money",
    "easy money", "eliminate debt", "exclusive deal", "extra income", "fast cash", "final notice",
    "free cash", "free gift", "free iphone", "free money", "free trial", "get paid", "get rich",
    "guaranteed approval", "hot singles", "instant approval", "investment opportunity",
    "last chance", "limited time", "lose weight", "lottery", "lowest price", "make money",
    "miracle cure", "money back", "no catch", "no cost", "no credit check", "no obligation",
    "no strings attached", "once in a lifetime", "online pharmacy", "order now", "payday loan",
    "pre-approved", "risk free", "risk-free", "satisfaction guaranteed", "send money",
    "special promotion", "this is not spam", "urgent response", "verify your account", "viagra",
    "while supplies last", "winner", "wire transfer", "work from home", "xanax",
    "you have been selected", "you have won", "you've been selected", "you've won",
    "you’ve been selected", "you’ve won", "your account has been suspended",
    "your account is locked",
];

pub(super) fn check_words(body: &str, findings: &mut Vec<Finding>) {
    // ASCII only, so that byte offsets stay those of the body.
    let lower = body.to_ascii_lowercase();
    for phrase in SPAM {
        if let Some(at) = find_words(&lower, phrase) {
            findings.push(finding(
                Rule::SpamWords,
                at,
                Severity::Warning,
                "Say it in other words: filters look for this phrase.",
            ));
        }
    }
}

/// Where whole words occur in a text, both in lower case.
fn find_words(lower: &str, words: &str) -> Option<Range<usize>> {
    let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    lower.match_indices(words).find_map(|(at, _)| {
        let end = at + words.len();
        let before = lower.get(..at)?.chars().next_back();
        let after = lower.get(end..)?.chars().next();
        (!inside(before) && !inside(after)).then_some(at..end)
    })
}

/// Whether a text holds words, in any case.
pub(super) fn contains_words(body: &str, words: &str) -> bool {
    let words = words.trim().to_lowercase();
    words.is_empty() || find_words(&body.to_lowercase(), &words).is_some()
}

/// Whether a text names anybody, when it is not known who sends it: a word with a capital
/// that is not one of those that a one-time code begins with.
pub(super) fn names_somebody(body: &str) -> bool {
    #[rustfmt::skip] // A list, not a column.
    const COMMON: &[&str] = &[
        "a", "also", "an", "and", "by", "code", "do", "does", "don", "dont", "enter", "expires",
        "for", "from", "hello", "hi", "hey", "here", "i", "if", "in", "is", "it", "keep", "login",
        "never", "no", "not", "on", "one", "otp", "passcode", "password", "pin", "please", "reply",
        "security", "share", "sign", "sms", "stop", "that", "the", "this", "time", "to", "use",
        "valid", "verification", "verify", "we", "with", "you", "your",
    ];
    let words = body.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| word.starts_with(char::is_uppercase))
        .any(|word| !COMMON.contains(&word.to_lowercase().as_str()))
}

/// Whether a marketing text says how to be rid of it.
pub(super) fn offers_a_way_out(body: &str) -> bool {
    let lower = body.to_lowercase();
    [
        "stop",
        "stop2end",
        "stop2quit",
        "stop2stop",
        "unsubscribe",
        "opt out",
        "opt-out",
        "optout",
        "arret",
        "arrêt",
    ]
    .iter()
    .any(|words| find_words(&lower, words).is_some())
}

pub(super) fn check_shouting(body: &str, findings: &mut Vec<Finding>) {
    const FIX: &str = "Write in ordinary letters, with one exclamation mark at most.";
    let letters = body.chars().filter(|c| c.is_alphabetic());
    let (capitals, small) = letters.fold((0u32, 0u32), |(capitals, small), c| {
        (
            capitals + u32::from(c.is_uppercase()),
            small + u32::from(c.is_lowercase()),
        )
    });
    // Scripts without case count as neither.
    if capitals + small >= 20 && capitals * 10 >= (capitals + small) * 6 {
        findings.push(finding(
            Rule::Shouting,
            0..body.len(),
            Severity::Warning,
            FIX,
        ));
    }
    let mut run: Option<Range<usize>> = None;
    for (at, c) in body.char_indices().chain([(body.len(), ' ')]) {
        match (&mut run, matches!(c, '!' | '！' | '¡')) {
            (Some(run), true) => run.end = at + c.len_utf8(),
            (None, true) => run = Some(at..at + c.len_utf8()),
            (_, false) => {
                if let Some(run) = run.take().filter(|run| run.len() >= 3) {
                    findings.push(finding(Rule::Shouting, run, Severity::Warning, FIX));
                }
            }
        }
    }
}

/// Cards, social-security numbers and telephone numbers.
pub(super) fn check_numbers(body: &str, findings: &mut Vec<Finding>) {
    for number in numbers(body) {
        let Some(text) = body.get(number.clone()) else {
            continue;
        };
        let digits: Vec<u8> = text
            .bytes()
            .filter(u8::is_ascii_digit)
            .map(|b| b - b'0')
            .collect();
        let is_international = text.starts_with('+');
        if !is_international && (13..=19).contains(&digits.len()) && is_card(&digits) {
            findings.push(finding(
                Rule::CardNumber,
                number,
                Severity::Error,
                "Never send a card number; its last four digits will do.",
            ));
        } else if is_social_security(text) {
            findings.push(finding(
                Rule::NationalId,
                number,
                Severity::Error,
                "Never send a social-security number.",
            ));
        } else if is_telephone(text, digits.len(), is_international) {
            findings.push(finding(
                Rule::PhoneNumber,
                number,
                Severity::Info,
                "Let people answer the message itself: a number to call back looks like fraud.",
            ));
        }
    }
}

/// Runs of digits with what people write between them.
fn numbers(body: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<Range<usize>> = None;
    let mut before = None;
    for (at, c) in body.char_indices().chain([(body.len(), '\n')]) {
        let joins = matches!(c, ' ' | '-' | '.' | '(' | ')');
        match &mut open {
            None if c.is_ascii_digit() || matches!(c, '+' | '(') => {
                // Digits within a word or a path are no number of anybody.
                if !before
                    .is_some_and(|b: char| b.is_alphanumeric() || matches!(b, '/' | '=' | '#'))
                {
                    open = Some(at..at + 1);
                }
            }
            Some(run) if c.is_ascii_digit() => run.end = at + 1,
            Some(_) if joins => {}
            _ => {
                if let Some(run) = open.take().filter(|run| run.end < at || !c.is_alphabetic()) {
                    found.push(run);
                }
            }
        }
        before = Some(c);
    }
    found
}

/// Luhn's check, and a first digit that cards have.
fn is_card(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = u32::from(*digit) * (1 + at as u32 % 2);
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10) && digits.first().is_some_and(|first| (2..=6).contains(first))
}

/// Three, two and four digits with hyphens.
fn is_social_security(text: &str) -> bool {
    let mut parts = text.split('-').map(str::len);
    text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
        && [3, 2, 4].into_iter().all(|len| parts.next() == Some(len))
        && parts.next().is_none()
}

/// A number with a plus, or ten or eleven digits that are divided as people do.
fn is_telephone(text: &str, digits: usize, is_international: bool) -> bool {
    let divided = text.bytes().any(|b| matches!(b, b' ' | b'-' | b'.' | b'('));
    (is_international && (8..=15).contains(&digits)) || (divided && (10..=11).contains(&digits))
}
