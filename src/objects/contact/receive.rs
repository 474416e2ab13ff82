//! A message from the person.
//!
//! 1. The same message again, by its SID: the answer it had. (`I-Twilio-Idempotency-Token`
//!    says no more: a message has one SID whatever delivers it.)
//! 2. The message and what it does to consent are rows.
//! 3. So is the answer. All of it is durable before the answer leaves.

use super::commands::{ConsentChange, Receive, Received};
use super::consent::channel_of;
use super::message::{Delivery, Direction, Message};
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::consent::{Heard, Path, Reply, Source, StopReach, hear, twilio_answers};
use crate::messaging::keywords::{self, Intent, OptOutType};
use crate::messaging::segments;
use crate::messaging::status::MessageStatus;
use crate::objects::id::{ContactName, Id, Kind};
use crate::ports::Host;

impl<H: Host> Contact<H> {
    pub(super) fn receive(&self, command: Receive) -> Result<Received, ObjectFault> {
        if let Some(answer) = self.seen::<Received>(&command.sid)? {
            return Ok(Received {
                repeated: true,
                ..answer
            });
        }
        // Its answer is forgotten by now, the message is not.
        if self.message_by_sid(&command.sid)?.is_some() {
            return Ok(Received {
                repeated: true,
                ..Received::default()
            });
        }
        let answer = self.obey(&command)?;
        self.keep_seen(&command.sid, &answer)?;
        self.save_message(&self.inbound(command))?;
        Ok(answer)
    }

    /// Does what a keyword says.
    fn obey(&self, command: &Receive) -> Result<Received, ObjectFault> {
        let path = Path {
            sender: Some(&command.to),
            service: command.messaging_service_sid.as_deref(),
            channel: channel_of(&command.from),
        };
        let standing = self.standing()?;
        let opted_out = !standing.decide(&path).is_allowed();
        let verdict = command.opt_out_type.as_deref().and_then(OptOutType::parse);
        let keyword = keywords::recognise(&command.body);
        let Some(intent) = keywords::intent(keyword, verdict, opted_out) else {
            return Ok(Received::default());
        };
        let answered = verdict.is_some();
        let heard = Heard {
            at: self.now(),
            intent,
            source: if answered {
                Source::OptOutType
            } else {
                Source::Keyword
            },
            path,
            message_sid: &command.sid,
            text: &command.body,
            // The help text is ours to give: Twilio's default one names no brand.
            twilio_answers: match intent {
                Intent::Help => answered,
                Intent::OptOut | Intent::OptIn => {
                    twilio_answers(&command.body, answered, &command.to)
                }
            },
        };
        let outcome = hear(&standing, &heard, StopReach::All);
        for entry in &outcome.entries {
            self.record_consent(entry)?;
        }
        let settings = self.host.settings();
        let text = match outcome.reply {
            Some(Reply::Help) => settings.help_text.as_str(),
            Some(Reply::OptOutConfirmation) => settings.opt_out_text.as_str(),
            Some(Reply::OptInConfirmation) => settings.opt_in_text.as_str(),
            None => "",
        };
        let consent = match intent {
            Intent::OptOut => Some(ConsentChange::OptedOut),
            Intent::OptIn => Some(ConsentChange::OptedIn),
            Intent::Help => None,
        };
        if consent.is_some() {
            self.host.log(
                Record::info("consent.changed")
                    .with(
                        "change",
                        if intent == Intent::OptOut {
                            "out"
                        } else {
                            "in"
                        },
                    )
                    .with("message_sid", command.sid.as_str()),
            );
        }
        let replies = if text.is_empty() {
            Vec::new()
        } else {
            vec![text.to_owned()]
        };
        Ok(Received {
            replies,
            repeated: false,
            consent,
        })
    }

    fn inbound(&self, command: Receive) -> Message {
        let now = self.now();
        let size = segments::count(&command.body);
        let person = crate::twilio::address::Address::parse(&command.from).map_or_else(
            |_| command.from.clone(),
            |from| from.person().as_str().to_owned(),
        );
        let mut message = Message {
            id: Id::derived(
                Kind::Message,
                &ContactName::of(&person),
                "inbound",
                &command.sid,
            ),
            sid: Some(command.sid),
            direction: Direction::Inbound,
            from: Some(command.from),
            to: command.to,
            messaging_service_sid: command.messaging_service_sid,
            body: command.body,
            media_urls: command.media_urls,
            status: Some(MessageStatus::Received),
            delivery: Delivery::Received,
            failure: None,
            encoding: size.encoding,
            segments: size.count,
            status_callback: String::new(),
            created_at: now,
            updated_at: now,
            history: Vec::new(),
        };
        message.note(now, "received", None);
        message
    }
}
