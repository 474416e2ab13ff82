//! What the types cannot say about a TwiML document: how many, how long, in what order. Counts
//! while the document is written, keeps the first fault, and must never look at the buffer.

use super::error::TwimlError;

/// Bytes of a response that Twilio reads, 64 kB (Twilio error 11750).
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// Characters in one `<Say>` (Twilio error 13521).
pub const MAX_SAY_CHARACTERS: usize = 4096;
/// Nouns that one `<Dial>` rings (Twilio docs, TwiML `<Dial>`).
pub const MAX_DIAL_NOUNS: usize = 10;
/// Replies to one inbound message (Twilio error 14109).
pub const MAX_MESSAGES: usize = 10;
/// Characters in one message, whatever the number of segments (Twilio error 21617).
pub const MAX_MESSAGE_CHARACTERS: usize = 1600;
/// Media in one message (Twilio docs, Message resource, `MediaUrl`).
pub const MAX_MEDIA: usize = 10;

/// What was counted so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Limits {
    /// Elements open below `<Response>`.
    depth: usize,
    /// A verb was written after which the call is answered.
    answered: bool,
    /// Direct children of the open verb.
    nouns: usize,
    /// A child of the open `<Dial>` must be alone in it.
    exclusive: bool,
    /// Characters inside the innermost element that limits them.
    characters: usize,
    /// `<Message>` verbs.
    messages: usize,
    /// `<Media>` nouns of the open `<Message>`.
    media: usize,
    /// Inside `<Media>`, whose URL is no part of the message's text.
    in_media: bool,
    fault: Option<TwimlError>,
}

impl Limits {
    /// The first fault, or the document's size if that is too much.
    pub(super) fn verdict(self, bytes: usize) -> Result<(), TwimlError> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let (count, limit) = (self.messages, MAX_MESSAGES);
        if count > limit {
            return Err(TwimlError::TooManyMessages { count, limit });
        }
        let limit = MAX_DOCUMENT_BYTES;
        if bytes > limit {
            Err(TwimlError::TooLarge { bytes, limit })
        } else {
            Ok(())
        }
    }

    /// A start tag was written.
    pub(super) fn opened(&mut self, tag: &'static str) {
        match self.depth {
            0 => self.verb_opened(tag),
            1 => {
                self.nouns += 1;
                self.exclusive |= matches!(tag, "Conference" | "Queue");
            }
            _ => {}
        }
        match tag {
            "Say" | "Dial" => self.characters = 0,
            "Message" => (self.characters, self.media) = (0, 0),
            "Media" => (self.media, self.in_media) = (self.media + 1, true),
            _ => {}
        }
        self.depth += 1;
    }

    /// Text was written.
    pub(super) fn text(&mut self, text: &str) {
        if !self.in_media {
            self.characters += text.chars().count();
        }
    }

    /// An end tag was written.
    pub(super) fn closed(&mut self, tag: &'static str) {
        self.depth = self.depth.saturating_sub(1);
        match tag {
            "Say" => self.say_closed(),
            "Media" => self.in_media = false,
            "Message" => self.message_closed(),
            "Dial" => self.dial_closed(),
            "Connect" | "Start" | "Stop" | "Refer" => self.carrier_closed(tag),
            _ => {}
        }
    }

    fn verb_opened(&mut self, tag: &'static str) {
        self.nouns = 0;
        self.exclusive = false;
        match tag {
            "Reject" if self.answered => self.refuse(TwimlError::RejectNotFirst),
            // A first <Pause> delays the answer, and <Reject> itself never answers.
            "Reject" | "Pause" => {}
            _ => self.answered = true,
        }
    }

    fn say_closed(&mut self) {
        let (characters, limit) = (self.characters, MAX_SAY_CHARACTERS);
        if characters > limit {
            self.refuse(TwimlError::SayTooLong { characters, limit });
        }
    }

    fn message_closed(&mut self) {
        self.messages += 1;
        let (characters, limit) = (self.characters, MAX_MESSAGE_CHARACTERS);
        if characters > limit {
            self.refuse(TwimlError::MessageTooLong { characters, limit });
        }
        let (count, limit) = (self.media, MAX_MEDIA);
        if count > limit {
            self.refuse(TwimlError::TooManyMedia { count, limit });
        }
        if characters == 0 && count == 0 {
            self.refuse(TwimlError::EmptyMessage);
        }
    }

    fn dial_closed(&mut self) {
        let (count, limit) = (self.nouns, MAX_DIAL_NOUNS);
        if self.exclusive && count > 1 {
            self.refuse(TwimlError::DialNounsMixed);
        } else if count > limit {
            self.refuse(TwimlError::TooManyDialNouns { count, limit });
        } else if count == 0 && self.characters == 0 {
            self.refuse(TwimlError::NounMissing { verb: "Dial" });
        }
    }

    /// A verb that does nothing by itself. Twilio runs one noun of `<Connect>` and of `<Refer>`.
    fn carrier_closed(&mut self, verb: &'static str) {
        let count = self.nouns;
        if count == 0 {
            self.refuse(TwimlError::NounMissing { verb });
        } else if count > 1 && matches!(verb, "Connect" | "Refer") {
            self.refuse(TwimlError::TooManyNouns { verb, count });
        }
    }

    fn refuse(&mut self, fault: TwimlError) {
        self.fault.get_or_insert(fault);
    }
}
