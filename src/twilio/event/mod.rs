//! Webhooks as typed events, read from their [`Form`].
//!
//! What an event cannot do without (its SIDs, who wrote to whom) must be there and right, or
//! the error names the parameter. Everything else is optional and read leniently: an optional
//! parameter that is empty, or not the number it should be, counts as absent. Twilio has
//! signed the request, and a caller must not hear an error because of a detail nobody asked
//! for. Twilio adds parameters without notice (Twilio docs, "Messaging webhook request"), so
//! none is refused for being unknown and the whole form stays at hand in `form()`.
//!
//! Statuses stay text here: what they mean is decided where they are ranked.
//!
//! Events borrow from the form. None has a `Debug` form: a message body or a caller's number
//! must never reach a log by accident.

mod call_status;
mod gather;
mod message;
mod message_status;
mod place;
mod recording;
mod voice;

use std::borrow::Cow;
use std::str::FromStr;

use super::address::{Address, AddressError};
use super::form::Form;
use super::sid::{Kind, Sid, SidError};

pub use call_status::{CallStatusCallback, DialResult};
pub use gather::{GatherResult, Speech};
pub use message::{
    Button, InboundMessage, ListChoice, Location, Media, OptOutType, Referral, RepliedTo,
};
pub use message_status::MessageStatusCallback;
pub use place::Place;
pub use recording::{RecordEnd, RecordResult, RecordingStatus, Transcription};
pub use voice::{Direction, VoiceRequest};

/// A webhook that cannot be what its route expects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {reason}")]
pub struct EventError {
    /// Twilio's name of the parameter.
    pub parameter: Cow<'static, str>,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a parameter. Its value is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Not there.
    #[error("the parameter is missing")]
    Missing,
    /// There, without a value.
    #[error("the parameter is empty")]
    Empty,
    /// Not a SID of the kind wanted.
    #[error(transparent)]
    Sid(SidError),
    /// Not an address.
    #[error(transparent)]
    Address(AddressError),
}

/// Reads typed values out of a form.
#[derive(Clone, Copy)]
struct Parameters<'f> {
    form: &'f Form<'f>,
}

impl<'f> Parameters<'f> {
    /// A parameter that must be there; it may be empty.
    fn present(self, name: &'static str) -> Result<&'f str, EventError> {
        self.form.get(name).ok_or(EventError {
            parameter: Cow::Borrowed(name),
            reason: Reason::Missing,
        })
    }

    /// A parameter that must be there with a value.
    fn required(self, name: &'static str) -> Result<&'f str, EventError> {
        match self.present(name)? {
            "" => Err(EventError {
                parameter: Cow::Borrowed(name),
                reason: Reason::Empty,
            }),
            value => Ok(value),
        }
    }

    /// A parameter that may be absent; empty counts as absent.
    fn optional(self, name: &str) -> Option<&'f str> {
        self.form.get(name).filter(|value| !value.is_empty())
    }

    fn sid<K: Kind>(self, name: &'static str) -> Result<Sid<K>, EventError> {
        Sid::parse(self.required(name)?).map_err(|error| EventError {
            parameter: Cow::Borrowed(name),
            reason: Reason::Sid(error),
        })
    }

    fn address(self, name: &'static str) -> Result<Address, EventError> {
        Address::parse(self.required(name)?).map_err(|error| EventError {
            parameter: Cow::Borrowed(name),
            reason: Reason::Address(error),
        })
    }

    /// An optional value of a type that reads itself; absent when it cannot.
    fn parsed<T: FromStr>(self, name: &str) -> Option<T> {
        self.optional(name)?.parse().ok()
    }

    /// Twilio writes booleans as `true` and `false`.
    fn flag(self, name: &str) -> bool {
        self.optional(name) == Some("true")
    }

    /// `name0`, `name1`, ... until one is absent.
    fn numbered(self, name: &'static str) -> impl Iterator<Item = (usize, &'f str)> {
        (0..).map_while(move |n| Some((n, self.optional(&format!("{name}{n}"))?)))
    }
}

#[cfg(test)]
mod tests;
