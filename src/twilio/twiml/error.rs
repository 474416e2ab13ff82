//! Why a TwiML document is not handed out. Each case is one that Twilio would refuse or silently
//! misread; it is found when the document is finished, so that a caller hears our fallback instead.

use thiserror::Error;

/// What is wrong with a finished TwiML document. The first fault met while writing is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TwimlError {
    /// The document is larger than Twilio reads (error 11750).
    #[error("the TwiML document has {bytes} bytes, Twilio reads at most {limit}")]
    TooLarge {
        /// Size of the document in UTF-8 bytes.
        bytes: usize,
        /// [`MAX_DOCUMENT_BYTES`](super::MAX_DOCUMENT_BYTES).
        limit: usize,
    },
    /// The words of one `<Say>`, its SSML elements included, are too many (error 13521).
    #[error("<Say> has {characters} characters of text, Twilio speaks at most {limit}")]
    SayTooLong {
        /// Characters of text inside the `<Say>`, tags not counted.
        characters: usize,
        /// [`MAX_SAY_CHARACTERS`](super::MAX_SAY_CHARACTERS).
        limit: usize,
    },
    /// A `<Reject>` after a verb that answers the call: the caller would be billed and hung up on.
    #[error("<Reject> must be the first verb; only <Pause> may stand before it")]
    RejectNotFirst,
    /// More nouns in one `<Dial>` than Twilio rings.
    #[error("<Dial> has {count} nouns, Twilio dials at most {limit}")]
    TooManyDialNouns {
        /// Nouns in the `<Dial>`.
        count: usize,
        /// [`MAX_DIAL_NOUNS`](super::MAX_DIAL_NOUNS).
        limit: usize,
    },
    /// `<Conference>` or `<Queue>` beside another noun in one `<Dial>` (error 13000).
    #[error("<Dial> with a <Conference> or a <Queue> must hold nothing else")]
    DialNounsMixed,
    /// A verb that only carries nouns holds none.
    #[error("<{verb}> holds no noun")]
    NounMissing {
        /// The verb's element name.
        verb: &'static str,
    },
    /// A verb that carries exactly one noun holds more.
    #[error("<{verb}> holds {count} nouns, only one is allowed")]
    TooManyNouns {
        /// The verb's element name.
        verb: &'static str,
        /// Nouns it holds.
        count: usize,
    },
    /// More replies to one inbound message than Twilio sends (error 14109).
    #[error("the response has {count} messages, Twilio sends at most {limit}")]
    TooManyMessages {
        /// `<Message>` verbs in the document.
        count: usize,
        /// [`MAX_MESSAGES`](super::MAX_MESSAGES).
        limit: usize,
    },
    /// The body of one `<Message>` is too long.
    #[error("<Message> has {characters} characters of text, Twilio sends at most {limit}")]
    MessageTooLong {
        /// Characters of text inside the `<Message>`, media URLs not counted.
        characters: usize,
        /// [`MAX_MESSAGE_CHARACTERS`](super::MAX_MESSAGE_CHARACTERS).
        limit: usize,
    },
    /// More media in one `<Message>` than Twilio sends.
    #[error("<Message> has {count} media, Twilio sends at most {limit}")]
    TooManyMedia {
        /// `<Media>` nouns in the `<Message>`.
        count: usize,
        /// [`MAX_MEDIA`](super::MAX_MEDIA).
        limit: usize,
    },
    /// A `<Message>` with neither text nor media.
    #[error("<Message> has neither text nor media")]
    EmptyMessage,
}
