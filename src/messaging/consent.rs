//! Who may be written to: the ledger of opt-ins and opt-outs of one person, as pure state.
//!
//! Twilio's own block list holds a (sender, recipient) pair or a Messaging Service only, and
//! cannot be read. So the ledger is ours, and what must never happen is a send after an
//! opt-out that was recorded. Of all entries that cover a send the newest decides; at the
//! same millisecond the opt-out does.
//!
//! Source: Twilio docs, "Advanced Opt-Out", errors 21610, 30004 and 63014; 47 CFR
//! 64.1200(a)(10)-(12).

mod scope;

use serde::{Deserialize, Serialize};

pub use scope::{BadScope, Scope};

use crate::messaging::keywords::Intent;
use crate::messaging::sender::{Channel, SenderKind};

/// Which way an entry changes consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The person may be written to.
    In,
    /// The person must not be written to.
    Out,
}

/// How the change came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A keyword that was the whole message.
    Keyword,
    /// Twilio's `OptOutType`.
    OptOutType,
    /// Free text that asks to stop.
    Revocation,
    /// An error of Twilio's: 21610, 30004 from a toll-free number, 63014, 63033, 30640.
    Error,
    /// The application, over the API.
    Api,
    /// A list that was imported.
    Import,
    /// A person at the console.
    Console,
}

/// What shows that the change is true.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// SID of the message that said it, or that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_sid: Option<String>,
    /// What the person wrote, or the operator's note. Personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Twilio's error code, for [`Source::Error`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<u32>,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When the person decided, milliseconds since the epoch. For an import this is the date
    /// of consent, so that an old opt-in never undoes a newer opt-out.
    pub at: i64,
    /// Which way.
    pub change: Change,
    /// How it is known.
    pub source: Source,
    /// What it covers.
    pub scope: Scope,
    /// What shows it.
    #[serde(default)]
    pub evidence: Evidence,
}

/// The path of a message between us and the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path<'a> {
    /// Our address, as Twilio writes it, when one is chosen.
    pub sender: Option<&'a str>,
    /// Our Messaging Service, when one is used.
    pub service: Option<&'a str>,
    /// The channel.
    pub channel: Channel,
}

/// Whether a message may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Nothing forbids it.
    Allowed,
    /// This entry forbids it.
    Refused(&'a Entry),
}

impl Decision<'_> {
    /// Whether it may be sent.
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed)
    }
}

/// Where a person stands: for each scope the newest entry. This is all that a decision needs;
/// the full history may be kept elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Standing {
    entries: Vec<Entry>,
}

impl Standing {
    /// The standing that a history gives, in whatever order it comes.
    pub fn of(history: impl IntoIterator<Item = Entry>) -> Self {
        let mut standing = Self::default();
        for entry in history {
            standing.record(entry);
        }
        standing
    }

    /// The entries that count, one for each scope.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Takes in an entry; false when a newer one of the same scope already counts.
    pub fn record(&mut self, entry: Entry) -> bool {
        match self.entries.iter_mut().find(|e| e.scope == entry.scope) {
            None => self.entries.push(entry),
            Some(known) if newer(&entry, known) => *known = entry,
            Some(_) => return false,
        }
        true
    }

    /// Decides on a send (or on whether a person counts as opted out on a path).
    pub fn decide(&self, path: &Path<'_>) -> Decision<'_> {
        let covering = self.entries.iter().filter(|e| e.scope.covers(path));
        let newest = covering.fold(None::<&Entry>, |best, entry| match best {
            Some(best) if !newer(entry, best) => Some(best),
            _ => Some(entry),
        });
        match newest {
            Some(entry) if entry.change == Change::Out => Decision::Refused(entry),
            _ => Decision::Allowed,
        }
    }

    /// The entry that forbids a message on this path, if one does.
    pub fn refusal(&self, path: &Path<'_>) -> Option<&Entry> {
        match self.decide(path) {
            Decision::Allowed => None,
            Decision::Refused(entry) => Some(entry),
        }
    }

    /// The same, to change what is kept beside each.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    /// What remains of a person who asked to be erased: opt-outs without evidence, so that
    /// they still block.
    pub fn erased(mut self) -> Self {
        self.entries.retain(|entry| entry.change == Change::Out);
        for entry in &mut self.entries {
            entry.evidence = Evidence::default();
        }
        self
    }
}

/// Whether an entry outweighs another: later, or an opt-out at the same time.
fn newer(entry: &Entry, than: &Entry) -> bool {
    entry.at > than.at || (entry.at == than.at && entry.change == Change::Out)
}

/// How far one STOP reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReach {
    /// Every sender on every channel. The default: a person who says stop means it.
    #[default]
    All,
    /// The channel it came by, from every sender.
    Channel,
    /// As Twilio: the Messaging Service, or else the one sender.
    Sender,
}

/// An inbound message, as far as consent is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// When it came, milliseconds since the epoch.
    pub at: i64,
    /// What it means.
    pub intent: Intent,
    /// How the meaning is known.
    pub source: Source,
    /// Which of our addresses it came to, and by which channel.
    pub path: Path<'a>,
    /// Its SID.
    pub message_sid: &'a str,
    /// What it says.
    pub text: &'a str,
    /// Whether Twilio answers it itself; see [`twilio_answers`].
    pub twilio_answers: bool,
}

/// A text to send in answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Confirm the opt-out. It may be sent although the person is opted out, once, without
    /// marketing, within five minutes.
    OptOutConfirmation,
    /// Confirm the opt-in.
    OptInConfirmation,
    /// The configured help text. It may be sent to an opted-out person who asks.
    Help,
}

/// What an inbound message leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Entries to record, in this order.
    pub entries: Vec<Entry>,
    /// The one answer to send, if any.
    pub reply: Option<Reply>,
}

/// Answers an inbound message that is about consent. Nothing is recorded here: the caller
/// records the entries and only then answers.
///
/// A STOP closes `reach` and is confirmed only if the person was not opted out on that path
/// already, so a repeated STOP is never confirmed twice. A START opens exactly the scopes
/// that are closed on its path; where none is, it is kept as the opt-in it is.
pub fn hear(standing: &Standing, heard: &Heard<'_>, reach: StopReach) -> Outcome {
    match heard.intent {
        Intent::Help => Outcome {
            entries: Vec::new(),
            reply: (!heard.twilio_answers).then_some(Reply::Help),
        },
        Intent::OptOut => {
            let scope = match reach {
                StopReach::All => Scope::All,
                StopReach::Channel => Scope::Channel(heard.path.channel),
                StopReach::Sender => Scope::narrowest(&heard.path),
            };
            let first = standing.decide(&heard.path).is_allowed();
            Outcome {
                entries: vec![entry(heard, Change::Out, scope)],
                reply: (first && !heard.twilio_answers).then_some(Reply::OptOutConfirmation),
            }
        }
        Intent::OptIn => {
            let closed: Vec<Entry> = standing
                .entries
                .iter()
                .filter(|e| e.change == Change::Out && e.scope.covers(&heard.path))
                .map(|e| entry(heard, Change::In, e.scope.clone()))
                .collect();
            let was_closed = !standing.decide(&heard.path).is_allowed();
            let entries = if closed.is_empty() {
                vec![entry(heard, Change::In, Scope::narrowest(&heard.path))]
            } else {
                closed
            };
            Outcome {
                entries,
                reply: (was_closed && !heard.twilio_answers).then_some(Reply::OptInConfirmation),
            }
        }
    }
}

/// What an error of Twilio's teaches about consent, or `None` when it teaches nothing.
///
/// 21610 closes the Messaging Service or the sender it was about. 30004 is an opt-out only
/// from a toll-free number, whose network handles STOP. 63014 and 63033 are a block by the
/// recipient. 30640 closes everything.
pub fn learn(code: u32, path: &Path<'_>, at: i64, message_sid: Option<&str>) -> Option<Entry> {
    let toll_free = path.sender.map(SenderKind::of) == Some(SenderKind::TollFree);
    let scope = match code {
        21610 => Scope::narrowest(path),
        30004 if toll_free => Scope::Sender(path.sender?.to_owned()),
        63014 | 63033 => path
            .sender
            .map_or_else(|| Scope::narrowest(path), |s| Scope::Sender(s.to_owned())),
        30640 => Scope::All,
        _ => return None,
    };
    Some(Entry {
        at,
        change: Change::Out,
        source: Source::Error,
        scope,
        evidence: Evidence {
            message_sid: message_sid.map(str::to_owned),
            text: None,
            error_code: Some(code),
        },
    })
}

/// Whether Twilio, or the toll-free network, answers this text itself, so that an answer of
/// ours would come second (or fail with 21610).
///
/// It does when it said so by `OptOutType`, and for its default words on numbers other than
/// standalone short codes. Its defaults do not act on WhatsApp and do not know "OPT OUT".
pub fn twilio_answers(body: &str, has_opt_out_type: bool, our_address: &str) -> bool {
    const WORDS: [&str; 13] = [
        "STOP",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "REVOKE",
        "OPTOUT",
        "START",
        "YES",
        "UNSTOP",
        "HELP",
        "INFO",
    ];
    let handled_by_default = matches!(
        SenderKind::of(our_address),
        SenderKind::LongCode | SenderKind::TollFree
    );
    let word = body.trim();
    has_opt_out_type
        || (handled_by_default && WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)))
}

fn entry(heard: &Heard<'_>, change: Change, scope: Scope) -> Entry {
    Entry {
        at: heard.at,
        change,
        source: heard.source,
        scope,
        evidence: Evidence {
            message_sid: Some(heard.message_sid.to_owned()),
            text: Some(heard.text.to_owned()),
            error_code: None,
        },
    }
}

#[cfg(test)]
mod tests;
