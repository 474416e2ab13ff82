//! What Twilio's answers to a send and to a check mean, and the sentence to show a person.
//!
//! A wrong code is one outcome among several, never the name for the others: an expired code,
//! too many tries and a Twilio that does not answer are each told as what they are.

use crate::twilio::api::verify::CheckResource;
use crate::twilio::api::{ApiError, Outcome};
use crate::twilio::errors::{self, Class};

/// Checks that Twilio takes of one verification (Twilio docs, error 60202).
pub const MAX_CHECKS: u32 = 5;
/// Sends that Twilio makes of one verification (Twilio docs, error 60203).
pub const MAX_SENDS: u32 = 5;

/// Why Twilio did not send a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// 60205: the number is a landline. A call reaches it.
    Landline,
    /// 60223: the service has this channel switched off. Another one may be on.
    ChannelOff,
    /// 60203, 60212: Twilio's own limit for this person is reached.
    TooManySends,
    /// 60410, 60605, 60238, 60413, 30450: a fraud guard or a country's permission blocks it.
    Blocked,
    /// 60200 about `To`: it is no address that can get a code.
    BadAddress,
    /// 20404 to a start with a locale: the service does not know the language. Nothing was
    /// sent; it may be asked again without (Twilio docs, "Verify supported languages").
    Locale,
    /// Our account, credentials, service or request is at fault.
    Ours,
    /// Anything else about this person's send.
    Other,
}

impl Refusal {
    /// Sorts a refusal. `localized` says whether a locale was sent.
    pub fn of(error: &ApiError, localized: bool) -> Refusal {
        match error.code {
            Some(60205) => Refusal::Landline,
            Some(60223) => Refusal::ChannelOff,
            Some(60203 | 60212) => Refusal::TooManySends,
            Some(60410 | 60605 | 60238 | 60413 | 30450) => Refusal::Blocked,
            Some(60200) if names_to(&error.message) => Refusal::BadAddress,
            Some(21211 | 21614) => Refusal::BadAddress,
            Some(20404) | None if error.status == 404 && localized => Refusal::Locale,
            code => match errors::class_of(code, Some(error.status)) {
                Class::Configuration => Refusal::Ours,
                // A 404 on a start is the service that is missing.
                _ if error.status == 404 => Refusal::Ours,
                Class::Permanent | Class::Transient | Class::Compliance | Class::Rate => {
                    Refusal::Other
                }
            },
        }
    }

    /// Whether the start counts against the person's limits. What failed for a reason of
    /// ours does not; a number that cannot get a code does, or probing numbers were free.
    pub fn counts(self) -> bool {
        !matches!(self, Refusal::Ours | Refusal::ChannelOff | Refusal::Locale)
    }

    /// Whether the next channel may be tried at once, within the same start.
    pub fn moves_on(self) -> bool {
        matches!(self, Refusal::Landline | Refusal::ChannelOff)
    }

    /// The sentence for the person.
    pub fn sentence(self) -> &'static str {
        match self {
            Refusal::Landline => {
                "This number is a landline, which cannot get text messages. We can call it instead."
            }
            Refusal::TooManySends => {
                "We have sent as many codes as we can for now. Wait until the last one has \
                 expired, then ask again."
            }
            Refusal::Blocked => "We cannot send a code to this number. Use another way.",
            Refusal::BadAddress => "Check the number or address: a code cannot be sent to it.",
            Refusal::ChannelOff | Refusal::Locale | Refusal::Ours => {
                "Something is wrong on our side. No code was sent. Please try again later."
            }
            Refusal::Other => "The code could not be sent. Try again, or use another way.",
        }
    }
}

/// Twilio writes `` Invalid parameter `To`: +1... `` and, without the quotes, `Invalid
/// parameter: To`.
fn names_to(message: &str) -> bool {
    message
        .split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| word == "To")
}

/// What a check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckOutcome {
    /// The code was right.
    Approved,
    /// The code was wrong and the verification still lives.
    WrongCode,
    /// 20404, or a status that says so: expired, used, cancelled, or there never was one.
    Ended,
    /// 60202: five wrong codes.
    TooManyTries,
    /// Twilio judged nothing: the code may be right. Never told as a wrong code.
    NotJudged(Option<ApiError>),
    /// Twilio was too busy. Safe to try again.
    Busy {
        /// What `Retry-After` asked for, in seconds.
        retry_after: Option<u32>,
    },
}

impl CheckOutcome {
    /// Sorts the answer to a check.
    pub fn of(answer: Outcome<CheckResource>) -> CheckOutcome {
        match answer {
            Outcome::Created(check) => match check.status.as_str() {
                "approved" => CheckOutcome::Approved,
                "pending" => CheckOutcome::WrongCode,
                "max_attempts_reached" => CheckOutcome::TooManyTries,
                "expired" | "canceled" | "deleted" | "failed" => CheckOutcome::Ended,
                // A status that Twilio may add one day is no verdict.
                _ => CheckOutcome::NotJudged(None),
            },
            Outcome::Refused(error) => match (error.code, error.status) {
                (Some(60202), _) => CheckOutcome::TooManyTries,
                (Some(20404), _) | (None, 404) => CheckOutcome::Ended,
                _ => CheckOutcome::NotJudged(Some(error)),
            },
            Outcome::Throttled { retry_after } => CheckOutcome::Busy { retry_after },
            Outcome::Ambiguous => CheckOutcome::NotJudged(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: Option<u32>, message: &str) -> ApiError {
        ApiError {
            status,
            code,
            message: message.to_owned(),
        }
    }

    #[test]
    fn each_refusal_is_told_apart_and_only_ours_does_not_count() {
        for (status, code, refusal, counts) in [
            (403, 60205, Refusal::Landline, true),
            (400, 60223, Refusal::ChannelOff, false),
            (429, 60203, Refusal::TooManySends, true),
            (429, 60212, Refusal::TooManySends, true),
            (403, 60410, Refusal::Blocked, true),
            (403, 60605, Refusal::Blocked, true),
            (403, 60238, Refusal::Blocked, true),
            (400, 30450, Refusal::Blocked, true),
            (401, 20003, Refusal::Ours, false),
            (403, 60204, Refusal::Ours, false),
            (404, 20404, Refusal::Ours, false),
            (400, 99999, Refusal::Other, true),
        ] {
            let got = Refusal::of(&error(status, Some(code), ""), false);
            assert_eq!((got, got.counts()), (refusal, counts), "{code}");
        }
    }

    #[test]
    fn a_60200_is_the_persons_only_when_it_names_to() {
        let of = |message| Refusal::of(&error(400, Some(60200), message), false);
        assert_eq!(of("Invalid parameter `To`: +1000"), Refusal::BadAddress);
        assert_eq!(of("Invalid parameter: To"), Refusal::BadAddress);
        assert_eq!(of("Invalid parameter `Channel`"), Refusal::Ours);
        assert_eq!(of("Too many tokens"), Refusal::Ours);
    }

    #[test]
    fn a_404_to_a_start_with_a_locale_is_the_locales() {
        assert_eq!(
            Refusal::of(&error(404, Some(20404), ""), true),
            Refusal::Locale
        );
        assert_eq!(Refusal::of(&error(404, None, ""), true), Refusal::Locale);
        assert_eq!(Refusal::of(&error(404, None, ""), false), Refusal::Ours);
    }

    #[test]
    fn only_twilios_word_pending_is_a_wrong_code() {
        let checked = |status: &str| {
            CheckOutcome::of(Outcome::Created(CheckResource {
                sid: "VE1".to_owned(),
                status: status.to_owned(),
                created: None,
            }))
        };
        assert_eq!(checked("approved"), CheckOutcome::Approved);
        assert_eq!(checked("pending"), CheckOutcome::WrongCode);
        assert_eq!(checked("max_attempts_reached"), CheckOutcome::TooManyTries);
        for ended in ["expired", "canceled", "deleted", "failed"] {
            assert_eq!(checked(ended), CheckOutcome::Ended, "{ended}");
        }
        assert_eq!(checked("something new"), CheckOutcome::NotJudged(None));

        let refused = |e: ApiError| CheckOutcome::of(Outcome::Refused(e));
        assert_eq!(refused(error(404, Some(20404), "")), CheckOutcome::Ended);
        assert_eq!(refused(error(404, None, "")), CheckOutcome::Ended);
        assert_eq!(
            refused(error(429, Some(60202), "")),
            CheckOutcome::TooManyTries
        );
        for (status, code) in [(401, 20003), (400, 60200), (403, 20403)] {
            let outcome = refused(error(status, Some(code), ""));
            assert!(
                matches!(outcome, CheckOutcome::NotJudged(Some(_))),
                "{code}"
            );
        }
        assert_eq!(
            CheckOutcome::of(Outcome::Ambiguous),
            CheckOutcome::NotJudged(None)
        );
        let busy = CheckOutcome::of(Outcome::Throttled {
            retry_after: Some(2),
        });
        assert_eq!(
            busy,
            CheckOutcome::Busy {
                retry_after: Some(2)
            }
        );
    }
}
