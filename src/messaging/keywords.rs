//! The words that opt a person out, in, or ask for help, when they are the whole message.
//!
//! The stop side is read generously and the start side strictly: a message that may be an
//! opt-out is one, a message that may be an opt-in is not. A missed STOP is the one error
//! that must never happen here.
//!
//! Policy on what surrounds and divides a word:
//! - letter case and full-width forms never matter;
//! - white space, invisible characters and quotation marks around the text, and trailing
//!   full stops and exclamation marks, are ignored for every word;
//! - spaces, hyphens, underscores, full stops and apostrophes *inside* the text are ignored
//!   ("OPT OUT", "opt-out", "S T O P", "STOP ALL");
//! - for the stop words any other punctuation or symbol before or after the word is ignored
//!   too ("STOP?", "**stop**", "STOP 🛑");
//! - a digit or any other letter makes it no keyword ("STOP 12345", "don't stop").
//!
//! Source: Twilio docs, "Advanced Opt-Out" and Twilio support, "Twilio support for opt-out
//! keywords"; 47 CFR 64.1200(a)(10).

use serde::{Deserialize, Serialize};

/// What a whole message says, when it says one of the known words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keyword {
    /// STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT and their spaced forms.
    Stop,
    /// START or UNSTOP.
    Start,
    /// YES: an opt-in only from someone who is opted out, otherwise an ordinary answer.
    Yes,
    /// HELP or INFO.
    Help,
}

/// Twilio's own verdict on an inbound message, from a Messaging Service with Advanced
/// Opt-Out. It wins over the text (except over a STOP), because the service may know other
/// words and languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OptOutType {
    /// Twilio recorded an opt-out and answered it.
    Stop,
    /// Twilio recorded an opt-in and answered it.
    Start,
    /// Twilio answered with the help text.
    Help,
}

impl OptOutType {
    /// Reads the webhook's `OptOutType`; `None` for a value that is not known.
    pub fn parse(value: &str) -> Option<Self> {
        match value.trim() {
            v if v.eq_ignore_ascii_case("STOP") => Some(Self::Stop),
            v if v.eq_ignore_ascii_case("START") => Some(Self::Start),
            v if v.eq_ignore_ascii_case("HELP") => Some(Self::Help),
            _ => None,
        }
    }
}

/// What an inbound message means for the person's consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// Stop writing.
    OptOut,
    /// Write again.
    OptIn,
    /// Send the help text.
    Help,
}

/// Recognises a keyword that is the whole message.
pub fn recognise(body: &str) -> Option<Keyword> {
    match Word::of(body, Surroundings::Strict).known() {
        Some(keyword) => Some(keyword),
        None => Word::of(body, Surroundings::Generous)
            .known()
            .filter(|keyword| *keyword == Keyword::Stop),
    }
}

/// Decides what an inbound message means: a STOP from either, else Twilio's verdict, else
/// the keyword. YES
/// counts only from someone who is opted out; from anyone else it is an ordinary answer.
pub const fn intent(
    keyword: Option<Keyword>,
    opt_out_type: Option<OptOutType>,
    opted_out: bool,
) -> Option<Intent> {
    match (opt_out_type, keyword) {
        // Whoever says it: a text that reads STOP is one even if Twilio judged otherwise.
        (Some(OptOutType::Stop), _) | (_, Some(Keyword::Stop)) => Some(Intent::OptOut),
        (Some(OptOutType::Start), _) | (None, Some(Keyword::Start)) => Some(Intent::OptIn),
        (Some(OptOutType::Help), _) | (None, Some(Keyword::Help)) => Some(Intent::Help),
        (None, Some(Keyword::Yes)) if opted_out => Some(Intent::OptIn),
        (None, Some(Keyword::Yes) | None) => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Surroundings {
    Strict,
    Generous,
}

/// The letters of a text in upper case, when they could be a keyword.
struct Word {
    letters: [u8; Word::LONGEST],
    len: usize,
}

impl Word {
    /// UNSUBSCRIBE.
    const LONGEST: usize = 11;
    const NONE: Self = Self {
        letters: [0; Self::LONGEST],
        len: 0,
    };

    fn of(body: &str, surroundings: Surroundings) -> Self {
        let core = body.trim_matches(|c| surrounds(c, surroundings));
        let core = core.trim_end_matches(|c| matches!(c, '.' | '!') || surrounds(c, surroundings));
        let mut word = Self::NONE;
        for c in core.chars() {
            let c = narrow(c);
            if c.is_ascii_alphabetic() {
                let Some(slot) = word.letters.get_mut(word.len) else {
                    return Self::NONE;
                };
                *slot = c.to_ascii_uppercase() as u8;
                word.len += 1;
            } else if !divides(c) {
                return Self::NONE;
            }
        }
        word
    }

    fn known(&self) -> Option<Keyword> {
        match self.letters.get(..self.len)? {
            b"STOP" | b"STOPALL" | b"UNSUBSCRIBE" | b"CANCEL" | b"END" | b"QUIT" | b"REVOKE"
            | b"OPTOUT" => Some(Keyword::Stop),
            b"START" | b"UNSTOP" => Some(Keyword::Start),
            b"YES" => Some(Keyword::Yes),
            b"HELP" | b"INFO" => Some(Keyword::Help),
            _ => None,
        }
    }
}

/// What may stand around a word without being part of it.
fn surrounds(c: char, surroundings: Surroundings) -> bool {
    match surroundings {
        Surroundings::Strict => {
            c.is_whitespace()
                || invisible(c)
                || matches!(c, '"' | '\'' | '\u{2018}'..='\u{201f}' | '«' | '»' | '`')
        }
        // Marks and symbols, but no letter, digit or accent of any script.
        Surroundings::Generous => !c.is_alphanumeric(),
    }
}

/// What may stand between the letters of a word.
fn divides(c: char) -> bool {
    c.is_whitespace()
        || invisible(c)
        || matches!(
            c,
            '-' | '_' | '.' | '\'' | '\u{2010}'..='\u{2015}' | '\u{2019}'
        )
}

/// Characters that a keyboard or a phone adds without the person seeing them.
const fn invisible(c: char) -> bool {
    matches!(
        c,
        '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// A full-width letter as its ordinary form.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STOPS: [&str; 10] = [
        "STOP",
        "STOPALL",
        "UNSUBSCRIBE",
        "CANCEL",
        "END",
        "QUIT",
        "REVOKE",
        "OPTOUT",
        "OPT OUT",
        "STOP ALL",
    ];

    #[test]
    fn every_listed_word_is_recognised_in_any_case() {
        for word in STOPS {
            assert_eq!(recognise(word), Some(Keyword::Stop), "{word}");
            assert_eq!(
                recognise(&word.to_lowercase()),
                Some(Keyword::Stop),
                "{word}"
            );
        }
        for word in ["START", "start", "UnStop", " unstop\n"] {
            assert_eq!(recognise(word), Some(Keyword::Start), "{word}");
        }
        for word in ["yes", "YES", "Yes.", "Yes!"] {
            assert_eq!(recognise(word), Some(Keyword::Yes), "{word}");
        }
        for word in ["HELP", "info", "Help!"] {
            assert_eq!(recognise(word), Some(Keyword::Help), "{word}");
        }
    }

    #[test]
    fn a_stop_is_seen_through_spacing_punctuation_and_decoration() {
        for text in [
            "  stop  ",
            "Stop.",
            "STOP!!!",
            "stop?",
            "\"STOP\"",
            "“Stop”",
            "**stop**",
            "(stop)",
            "opt-out",
            "Opt  Out",
            "opt_out",
            "OPT\u{a0}OUT",
            "stop\nall",
            "S T O P",
            "s.t.o.p.",
            "ＳＴＯＰ",
            "STOP 🛑",
            "🛑STOP",
            "\u{feff}STOP\u{200b}",
            "STOP\u{fe0f}",
            "stop ...",
            "-STOP-",
            "STOP\0",
            "¡STOP!",
        ] {
            assert_eq!(recognise(text), Some(Keyword::Stop), "{text:?}");
        }
    }

    #[test]
    fn a_word_inside_a_longer_message_is_not_a_keyword() {
        for text in [
            "",
            "   ",
            "🛑",
            "STOP 12345",
            "stop please",
            "don't stop",
            "stopp",
            "nonstop",
            "STOP2",
            "bus stop",
            "stops",
            "the end",
            "ok",
            "start now",
            "yes please",
            "help me",
            "informe",
            "стоп",
            "STOP停",
            "unsubscribed",
            "unsubscribe me now please",
        ] {
            assert_eq!(recognise(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_opt_in_is_only_taken_from_a_plain_word() {
        for text in ["start?", "yes?", "(yes)", "START 🎉", "*start*", "yes/no"] {
            assert_eq!(recognise(text), None, "{text:?}");
        }
    }

    #[test]
    fn yes_counts_only_from_someone_who_is_opted_out() {
        assert_eq!(intent(Some(Keyword::Yes), None, true), Some(Intent::OptIn));
        assert_eq!(intent(Some(Keyword::Yes), None, false), None);
        for opted_out in [true, false] {
            assert_eq!(
                intent(Some(Keyword::Start), None, opted_out),
                Some(Intent::OptIn)
            );
            assert_eq!(
                intent(Some(Keyword::Stop), None, opted_out),
                Some(Intent::OptOut)
            );
            assert_eq!(
                intent(Some(Keyword::Help), None, opted_out),
                Some(Intent::Help)
            );
            assert_eq!(intent(None, None, opted_out), None);
        }
    }

    #[test]
    fn twilios_verdict_wins_over_the_text() {
        assert_eq!(
            intent(None, OptOutType::parse("STOP"), false),
            Some(Intent::OptOut)
        );
        assert_eq!(
            intent(Some(Keyword::Yes), OptOutType::parse("START"), false),
            Some(Intent::OptIn)
        );
        assert_eq!(
            intent(Some(Keyword::Yes), OptOutType::parse("help"), true),
            Some(Intent::Help)
        );
        assert_eq!(
            intent(Some(Keyword::Stop), OptOutType::parse("help"), false),
            Some(Intent::OptOut)
        );
        assert_eq!(OptOutType::parse("PAUSE"), None);
        assert_eq!(OptOutType::parse(""), None);
    }

    #[test]
    fn names_in_storage_stay_what_they_are() {
        let name = |value| serde_json::to_string(&value).unwrap();
        assert_eq!(name(Keyword::Stop), "\"stop\"");
        assert_eq!(
            serde_json::to_string(&OptOutType::Stop).unwrap(),
            "\"STOP\""
        );
        assert_eq!(
            serde_json::to_string(&Intent::OptOut).unwrap(),
            "\"opt_out\""
        );
        assert_eq!(serde_json::to_string(&Intent::OptIn).unwrap(), "\"opt_in\"");
    }

    proptest! {
        #[test]
        fn any_case_and_spacing_of_a_stop_word_is_a_stop(
            word in proptest::sample::select(&STOPS[..]),
            upper in proptest::collection::vec(any::<bool>(), 16),
            gaps in proptest::collection::vec("[ \\t\\n_.-]{0,3}", 16),
            tail in "[ !?.]{0,4}",
        ) {
            let mut text = String::new();
            for ((c, upper), gap) in word.chars().zip(upper).zip(gaps) {
                text.push_str(&gap);
                text.push(if upper { c } else { c.to_ascii_lowercase() });
            }
            text.push_str(&tail);
            prop_assert_eq!(recognise(&text), Some(Keyword::Stop));
        }

        #[test]
        fn a_text_with_a_digit_is_never_a_keyword(before in ".{0,8}", digit in "[0-9]", after in ".{0,8}") {
            let text = format!("{before}{digit}{after}");
            prop_assert_eq!(recognise(&text), None);
        }
    }
}
