//! How much of the traffic to a person one consent entry covers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Path;
use crate::messaging::sender::Channel;

/// What an entry covers. Written as text: `all`, `channel:sms`, `service:MG…`,
/// `sender:+1…`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Scope {
    /// Everything from us.
    All,
    /// One channel, from every sender. SMS, MMS and RCS are one.
    Channel(Channel),
    /// All senders of one Messaging Service.
    Service(String),
    /// One of our addresses, as Twilio writes it.
    Sender(String),
}

/// Text that is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scope is all, channel:NAME, service:MG… or sender:ADDRESS")]
pub struct BadScope;

impl Scope {
    /// The narrowest scope that a path names: its service, else its sender, else its channel.
    pub fn narrowest(path: &Path<'_>) -> Self {
        match (path.service, path.sender) {
            (Some(service), _) => Self::Service(service.to_owned()),
            (None, Some(sender)) => Self::Sender(sender.to_owned()),
            (None, None) => Self::Channel(path.channel),
        }
    }

    /// Whether a message on this path falls under the scope.
    pub fn covers(&self, path: &Path<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Channel(channel) => channel.is_one_with(path.channel),
            Self::Service(service) => path.service == Some(service),
            Self::Sender(sender) => path.sender == Some(sender),
        }
    }

    /// Reads the written form.
    ///
    /// # Errors
    /// [`BadScope`] for another word, an unknown channel, or an empty id.
    pub fn parse(text: &str) -> Result<Self, BadScope> {
        if text == "all" {
            return Ok(Self::All);
        }
        match text.split_once(':') {
            Some(("channel", name)) => Channel::parse(name).map(Self::Channel).ok_or(BadScope),
            Some(("service", sid)) if !sid.is_empty() => Ok(Self::Service(sid.to_owned())),
            Some(("sender", address)) if !address.is_empty() => {
                Ok(Self::Sender(address.to_owned()))
            }
            _ => Err(BadScope),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Channel(channel) => write!(f, "channel:{}", channel.as_str()),
            Self::Service(sid) => write!(f, "service:{sid}"),
            Self::Sender(address) => write!(f, "sender:{address}"),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

impl TryFrom<String> for Scope {
    type Error = BadScope;

    fn try_from(text: String) -> Result<Self, BadScope> {
        Self::parse(&text)
    }
}
