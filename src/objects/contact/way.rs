//! Finds the way on which a message may go out now, before each attempt.
//!
//! Consent first: who said stop is not written to, on no way that the STOP covers. Then what
//! the channel allows (WhatsApp's window, what Meta delivers at all, an address that failed
//! for good), and last the hour. A way that cannot work is left for the next of the chain.

use super::commands::{Block, SendReply};
use super::course::reason_name;
use super::fact::Kind;
use super::message::Message;
use super::{Contact, ObjectFault};
use crate::messaging::consent::{Decision, Entry, Path};
use crate::messaging::lint;
use crate::messaging::quiet::{self, Timing};
use crate::messaging::recovery::{Reason, Stops};
use crate::messaging::sender::Channel;
use crate::messaging::window::{self, Route};
use crate::objects::id::Id;
use crate::ports::{Host, Millis};

/// Permanent failures of an address on a channel, after which it is not tried again.
const FAILURES: u32 = 2;

/// Whether a message may go out.
pub(super) enum Way {
    /// Now, as the message stands.
    Open,
    /// Not before this moment.
    Later(Millis),
    /// Not at all.
    No(Box<SendReply>),
}

/// Whether a message that waited may go out.
pub(super) enum Look {
    Ready,
    Later(Millis),
    Stopped(Reason),
}

impl<H: Host> Contact<H> {
    /// Finds the first way of the chain that is open, and sets the message on it.
    pub(super) fn find_way(&self, message: &mut Message) -> Result<Way, ObjectFault> {
        if message.options.kind == lint::Kind::Marketing
            && self.fact(Kind::Suspected, "")?.is_some()
        {
            return Ok(Way::No(Box::new(SendReply::Blocked(Block::Suspected))));
        }
        loop {
            if let Some(entry) = self.forbidden(message)? {
                return Ok(Way::No(Box::new(SendReply::OptedOut(entry))));
            }
            let Some(block) = self.block(message)? else {
                break;
            };
            if !message.has_next_leg() {
                return Ok(Way::No(Box::new(SendReply::Blocked(block))));
            }
            message.note(self.now(), "fallback", None);
            message.take_next_leg();
        }
        Ok(match self.hour(message) {
            Some(at) => Way::Later(at),
            None => Way::Open,
        })
    }

    /// The same for a message that waited, with all that may have happened meanwhile.
    pub(super) fn look_again(&self, message: &mut Message) -> Result<Look, ObjectFault> {
        if let Some(reason) = self.stops(message)?.at(self.now()) {
            return Ok(Look::Stopped(reason));
        }
        Ok(match self.find_way(message)? {
            Way::Open => Look::Ready,
            Way::Later(at) => Look::Later(at),
            Way::No(reply) => Look::Stopped(match *reply {
                SendReply::OptedOut(_) | SendReply::Blocked(Block::Suspected) => Reason::OptedOut,
                SendReply::Blocked(Block::WindowClosed { .. }) => Reason::WindowClosed,
                SendReply::Blocked(Block::NotConfigured) => Reason::Configuration,
                _ => Reason::Permanent,
            }),
        })
    }

    /// What ends the attempts of a message whatever its error says.
    pub(super) fn stops(&self, message: &Message) -> Result<Stops, ObjectFault> {
        let newest = match &message.options.supersede_key {
            Some(key) => self.fact(Kind::Newest, key)?,
            None => None,
        };
        Ok(Stops {
            arrived: message.course.arrived,
            opted_out: self.forbidden(message)?.is_some(),
            superseded: newest.is_some_and(|newest| newest.value != message.id.as_str()),
            give_up_at: message.options.give_up_at,
            window_closes_at: None,
        })
    }

    /// The entry that forbids the message on its current way.
    fn forbidden(&self, message: &Message) -> Result<Option<Entry>, ObjectFault> {
        let standing = self.standing()?;
        let path = Path {
            sender: message.from.as_deref(),
            service: message.messaging_service_sid.as_deref(),
            channel: message.channel(),
        };
        Ok(match standing.decide(&path) {
            Decision::Allowed => None,
            Decision::Refused(entry) => Some(entry.clone()),
        })
    }

    /// Why the message cannot arrive on its current way. Decides between text and template
    /// where WhatsApp leaves the choice.
    fn block(&self, message: &mut Message) -> Result<Option<Block>, ObjectFault> {
        let channel = message.channel();
        if let Some((failures, code)) = self.failures(channel, &message.to)?
            && failures >= FAILURES
        {
            return Ok(Some(Block::Suppressed { code }));
        }
        let settings = self.host.settings();
        match channel {
            Channel::Whatsapp => self.whatsapp_block(message),
            Channel::Voice if message.options.speech.is_none() || message.from.is_none() => {
                Ok(Some(Block::NotConfigured))
            }
            Channel::Email if settings.messaging.mail.is_none() => Ok(Some(Block::NotConfigured)),
            _ => {
                message.course.as_template = !has_text(message) && message.template().is_some();
                Ok(None)
            }
        }
    }

    fn whatsapp_block(&self, message: &mut Message) -> Result<Option<Block>, ObjectFault> {
        let has_template = message.template().is_some();
        if !has_text(message) {
            message.course.as_template = true;
        } else if !message.course.as_template {
            let last = self.last_inbound(message.from.as_deref())?;
            match window::route(last, self.now(), has_template) {
                Route::FreeForm { .. } => {}
                Route::Template => message.course.as_template = true,
                Route::Closed { closed_at } => return Ok(Some(Block::WindowClosed { closed_at })),
            }
        }
        if !message.course.as_template {
            return Ok(None);
        }
        let category = message.template().and_then(|template| template.category);
        let reaches = category.map_or(Ok(()), |known| window::can_reach(&message.to, known));
        Ok(reaches.err().map(Block::Unreachable))
    }

    /// When the person last wrote to a WhatsApp sender of ours; to any, when a service is to
    /// choose one.
    pub(super) fn last_inbound(&self, ours: Option<&str>) -> Result<Option<Millis>, ObjectFault> {
        let fact = match ours {
            Some(ours) => self.fact(Kind::Window, ours)?,
            None => self.latest_fact(Kind::Window)?,
        };
        Ok(fact.map(|fact| fact.at))
    }

    /// When marketing may arrive, if not now. An address that does not say where the person
    /// is cannot be put off.
    fn hour(&self, message: &Message) -> Option<Millis> {
        let hours = message.options.quiet_hours?;
        if message.options.kind != lint::Kind::Marketing {
            return None;
        }
        match quiet::next_allowed(self.now(), &message.to, hours) {
            Timing::At(at) => Some(at),
            Timing::Now | Timing::Unknown => None,
        }
    }

    /// Older messages with the same key are replaced: those that still wait end now.
    pub(super) fn supersede_older(&self, message: &Message) -> Result<(), ObjectFault> {
        let Some(key) = &message.options.supersede_key else {
            return Ok(());
        };
        if let Some(older) = self.fact(Kind::Newest, key)?
            && let Some(id) = Id::parse(crate::objects::id::Kind::Message, &older.value)
            && let Some(mut older) = self.message(&id)?
            && older.course.next.take().is_some()
        {
            older.course.stopped = Some(Reason::Superseded);
            older.note(self.now(), reason_name(Reason::Superseded), None);
            self.save_message(&older)?;
            self.clear_due(&id)?;
        }
        self.keep_fact(Kind::Newest, key, self.now(), message.id.as_str())
    }

    /// How often an address failed for good on a channel, and with which code last.
    pub(super) fn failures(
        &self,
        channel: Channel,
        address: &str,
    ) -> Result<Option<(u32, Option<u32>)>, ObjectFault> {
        let fact = self.fact(Kind::Failed, &failed_key(channel, address))?;
        Ok(fact.and_then(|fact| {
            let (failures, code) = fact.value.split_once(':')?;
            Some((failures.parse().ok()?, code.parse().ok()))
        }))
    }
}

/// The key of what is known about an address on a channel.
pub(super) fn failed_key(channel: Channel, address: &str) -> String {
    format!("{} {address}", channel.as_str())
}

fn has_text(message: &Message) -> bool {
    !message.body.is_empty() || !message.media_urls.is_empty()
}
