//! What was wished for a message, and the course of its attempts.
//!
//! A message is one for its sender, however often it is posted: each POST to Twilio is an
//! attempt, on the message's own way or on the next of its chain. The message's own fields
//! (`to`, `from`, `sid`, `status`) are those of the current attempt; the earlier ones are
//! kept here with what became of them.

use serde::{Deserialize, Serialize};

use super::message::{Delivery, Message};
use crate::messaging::lint::Kind;
use crate::messaging::quiet::Hours;
use crate::messaging::recovery::Reason;
use crate::messaging::sender::Channel;
use crate::messaging::window::Category;
use crate::objects::id::ExecutionSid;
use crate::ports::Millis;

/// An approved template and what is put into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// `HX…`.
    pub content_sid: String,
    /// `ContentVariables`: a JSON object as text, checked; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub variables: String,
    /// The category it was approved in, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
}

/// One way to reach the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// The channel.
    pub channel: Channel,
    /// The person's address on it, in Twilio's form.
    pub to: String,
    /// Our address on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `MG…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// What goes out where free text may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
}

/// URLs of a call that speaks the text; the call's id is put behind each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speech {
    /// Where Twilio asks for TwiML, up to and with `?c=`.
    pub url: String,
    /// Where Twilio reports progress, up to and with `?c=`.
    pub status_callback: String,
}

/// What the sender wished for beyond address and text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// What the text is for.
    pub kind: Kind,
    /// The configured sender's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// What goes out where free text may not, or alone when there is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<Template>,
    /// What kind of line the person has, by the name that Twilio Lookup has for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line_type: Option<String>,
    /// Not before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<Millis>,
    /// The sender keeps a pace for single messages: each attempt has a moment of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_paced: bool,
    /// The moment that the sender gave for the next attempt. Without one, and paced, it is
    /// asked for by the alarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<Millis>,
    /// No attempt from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub give_up_at: Option<Millis>,
    /// A newer message with the same key replaces this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supersede_key: Option<String>,
    /// The hours in which marketing may arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<Hours>,
    /// Where else it may go when it does not arrive, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<Leg>,
    /// Where a call that speaks the text is directed, when the chain has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speech: Option<Speech>,
    /// The campaign that it is one of (`cmp_…`): it asks for the outcome itself until it has
    /// one, so the first POST needs no alarm, and the application is told of last statuses
    /// only. A million messages are neither a million alarms for nothing nor a million events
    /// that say "queued".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// The execution that sends it, and that may wait for what becomes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<ExecutionSid>,
}

impl Options {
    pub(super) fn is_plain(&self) -> bool {
        *self == Options::default()
    }
}

/// An attempt that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which, from 1.
    pub number: u32,
    /// When it was posted.
    pub at: Millis,
    /// By which channel.
    pub channel: Channel,
    /// To which address.
    pub to: String,
    /// From which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `SM…`, `MM…`, `CA…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// How it ended.
    pub status: String,
    /// Twilio's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u32>,
    /// Why there was another.
    pub then: Reason,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// When, milliseconds since the epoch.
    pub at: Millis,
    /// Why.
    pub reason: Reason,
    /// How.
    pub how: How,
}

/// How the next attempt differs from the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Not at all.
    Same,
    /// The template goes out instead of the text.
    Template,
    /// The next way of the chain.
    NextLeg,
}

/// The course of a message's attempts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Course {
    /// Attempts before this one.
    pub before: u32,
    /// Attempts before this one on this way.
    pub before_on_leg: u32,
    /// Which way: 0 is the message's own, 1 the first of its chain.
    pub leg: u32,
    /// The template goes out, not the text.
    pub as_template: bool,
    /// When the current attempt was last posted.
    pub posted_at: Millis,
    /// Attempts that are over, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Attempt>,
    /// What comes next, when something does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<Next>,
    /// An attempt reached the person although it had been given up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub arrived: bool,
    /// Why there is no further attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Reason>,
}

impl Course {
    pub(super) fn is_plain(&self) -> bool {
        *self == Course::default()
    }

    /// The number of the current attempt, from 1.
    pub fn number(&self) -> u32 {
        self.before.saturating_add(1)
    }
}

impl Message {
    /// The channel of the current attempt.
    pub fn channel(&self) -> Channel {
        match self.current_leg() {
            Some(leg) => leg.channel,
            None => super::consent::channel_of(&self.to),
        }
    }

    /// The way of the chain that is tried; `None` for the message's own.
    pub(super) fn current_leg(&self) -> Option<&Leg> {
        let at = usize::try_from(self.course.leg).ok()?.checked_sub(1)?;
        self.options.fallback.get(at)
    }

    /// What goes out where free text may not.
    pub(super) fn template(&self) -> Option<&Template> {
        match self.current_leg() {
            Some(leg) => leg.template.as_ref(),
            None => self.options.template.as_ref(),
        }
    }

    /// The template that goes out instead of the text.
    pub fn content_sid(&self) -> Option<&str> {
        let template = self.template().filter(|_| self.course.as_template);
        template.map(|template| template.content_sid.as_str())
    }

    /// Whether this is the first POST of a campaign's message, which the campaign asks for.
    pub(super) fn is_asked_for(&self) -> bool {
        self.options.campaign.is_some()
            && self.course.before == 0
            && self.delivery == (Delivery::Posting { attempt: 1 })
    }

    /// Whether another attempt is planned.
    pub fn is_pending(&self) -> bool {
        self.course.next.is_some()
    }

    /// Closes the current attempt and opens the next one.
    pub(super) fn turn(&mut self, how: How, reason: Reason) {
        let attempt = Attempt {
            number: self.course.number(),
            at: self.course.posted_at,
            channel: self.channel(),
            to: self.to.clone(),
            from: self.from.clone(),
            sid: self.sid.take(),
            status: self.status_name().to_owned(),
            code: self.failure.as_ref().and_then(|failure| failure.code),
            then: reason,
        };
        self.course.past.push(attempt);
        self.status = None;
        self.failure = None;
        let course = &mut self.course;
        course.next = None;
        course.before = course.before.saturating_add(1);
        course.before_on_leg = course.before_on_leg.saturating_add(1);
        match how {
            How::Same => {}
            How::Template => course.as_template = true,
            How::NextLeg => self.take_next_leg(),
        }
    }

    /// Goes on along the chain; the fields that say where it goes become the way's.
    pub(super) fn take_next_leg(&mut self) {
        self.course.leg = self.course.leg.saturating_add(1);
        self.course.before_on_leg = 0;
        self.course.as_template = false;
        if let Some(leg) = self.current_leg().cloned() {
            self.to = leg.to;
            self.from = leg.from;
            self.messaging_service_sid = leg.service;
        }
    }

    /// Whether the chain goes on after the current way.
    pub(super) fn has_next_leg(&self) -> bool {
        usize::try_from(self.course.leg).is_ok_and(|leg| leg < self.options.fallback.len())
    }
}

/// The word for a reason in a history.
pub(super) fn reason_name(reason: Reason) -> &'static str {
    match reason {
        Reason::Transient => "transient",
        Reason::Rate => "rate",
        Reason::Permanent => "permanent",
        Reason::Configuration => "configuration",
        Reason::Compliance => "compliance",
        Reason::Exhausted => "exhausted",
        Reason::MayHaveArrived => "may_have_arrived",
        Reason::Arrived => "arrived",
        Reason::OptedOut => "opted_out",
        Reason::Superseded => "superseded",
        Reason::Expired => "expired",
        Reason::WindowClosed => "window_closed",
    }
}
