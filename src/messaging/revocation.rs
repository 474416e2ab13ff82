//! Recognises an opt-out in free text: "please stop texting me", "remove my number",
//! "no more messages".
//!
//! Keywords that are the whole message are [`super::keywords`]' matter and come first. Here a
//! text is cut into clauses and words, words that only look like it are set aside ("bus
//! stop", "don't stop"), and a table of documented patterns is tried (`rules.rs`). The best
//! match gives a confidence in percent; a [`Policy`] turns it into an opt-out, a case for a
//! person, or nothing.
//!
//! It is about English, with the plainest forms of Spanish, French and German. Precision and
//! recall on a labelled list are printed and asserted by this module's test.
//!
//! Source: 47 CFR 64.1200(a)(10): consent may be revoked by any reasonable means, judged as a
//! reasonable person would.

mod rules;
mod words;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use words::Words;

/// What was recognised in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revocation {
    /// How sure it is, in percent.
    pub confidence: u8,
    /// The name of the rule.
    pub rule: &'static str,
    /// Byte range of the words that matched.
    pub span: Range<usize>,
}

/// What to do about a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Record an opt-out.
    OptOut,
    /// Show it to a person, and send no marketing in the meantime.
    Ask,
    /// Not an opt-out.
    Nothing,
}

/// From which confidence on what is done, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Opt out from here on; above 100 means never without a person.
    pub opt_out_at: u8,
    /// Ask a person from here on; above 100 means never.
    pub ask_at: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            opt_out_at: 80,
            ask_at: 50,
        }
    }
}

impl Policy {
    /// What to do about what was recognised.
    pub fn judge(&self, found: Option<&Revocation>) -> Verdict {
        match found {
            Some(found) if found.confidence >= self.opt_out_at => Verdict::OptOut,
            Some(found) if found.confidence >= self.ask_at => Verdict::Ask,
            _ => Verdict::Nothing,
        }
    }
}

/// The surest sign of a revocation in a text, if there is any.
pub fn detect(text: &str) -> Option<Revocation> {
    let mut words = Words::of(text);
    // Most texts end here. The rules are tried one by one: a tenth of an inbound message's time.
    if !words.has_any(rules::NEEDED) {
        return None;
    }
    for (_, pattern) in rules::LOOK_ALIKES {
        words.set_aside(pattern);
    }
    let mut best: Option<Revocation> = None;
    for (rule, confidence, pattern) in rules::RULES {
        if best.as_ref().is_some_and(|b| b.confidence >= *confidence) {
            continue;
        }
        let Some(at) = words.find(pattern) else {
            continue;
        };
        let confidence = if words.is_qualified_after(at.end) {
            rules::QUALIFIED.min(*confidence)
        } else {
            *confidence
        };
        if best.as_ref().is_none_or(|b| b.confidence < confidence) {
            best = Some(Revocation {
                confidence,
                rule,
                span: words.span(&at),
            });
        }
    }
    best
}

#[cfg(test)]
mod tests;
