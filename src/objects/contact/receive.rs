//! A message from the person.
//!
//! 1. The same message again, by its SID: the answer it had. (`I-Twilio-Idempotency-Token`
//!    says no more: a message has one SID whatever delivers it.)
//! 2. The message, with what it is answered, and what it does to consent are rows, durable
//!    before the answer leaves.

use serde_json::json;

use super::commands::{ConsentChange, Receive, Received, Send};
use super::consent::channel_of;
use super::course::{Course, Options};
use super::execution::Arrived;
use super::fact::Kind as Fact;
use super::message::{Delivery, Direction, Message};
use super::way::failed_key;
use super::{Contact, ObjectFault};
use crate::log::Record;
use crate::messaging::consent::{
    Entry, Heard, Path, Reply, Source, Standing, hear, twilio_answers,
};
use crate::messaging::keywords::{self, Intent, OptOutType};
use crate::messaging::revocation::{self, Verdict};
use crate::messaging::segments;
use crate::messaging::sender::Channel;
use crate::messaging::status::MessageStatus;
use crate::objects::id::{ContactName, Id, Kind};
use crate::objects::read;
use crate::ports::{Host, Millis, Value};
use crate::twilio::address::Address;

/// What is known when a message comes in.
struct Seen {
    /// The same message, from before.
    known: Option<Message>,
    /// Executions are active.
    running: bool,
    /// Messages to this address failed for good.
    has_failed: bool,
    standing: Standing,
}

impl<H: Host> Contact<H> {
    pub(super) fn receive(&self, mut command: Receive) -> Result<Received, ObjectFault> {
        let seen = self.seen(&command)?;
        if let Some(known) = seen.known {
            return Ok(Received {
                repeated: true,
                ..known.answer
            });
        }
        let running = seen.running;
        let contact = match &command.contact {
            Some(contact) => contact.clone(),
            None => ContactName::of(&person_of(&command.from)),
        };
        let mut answer = self.obey(&contact, &command, &seen.standing)?;
        if command.recovered_from.is_some() {
            // Whoever wrote an hour ago is not to be answered now.
            answer.replies.clear();
        }
        self.remember(&contact, &command, seen.has_failed)?;
        if answer.consent == Some(ConsentChange::OptedOut) {
            if running {
                self.end_forbidden_runs()?;
            }
        } else if !is_keyword(&command, &answer) && (running || command.flow.is_some()) {
            let arrived = Arrived {
                sid: command.sid.clone(),
                from: command.from.clone(),
                to: command.to.clone(),
                service: command.messaging_service_sid.clone(),
                parameters: std::mem::take(&mut command.parameters),
                start: command.flow.take(),
            };
            self.message_arrived(&contact, arrived, running)?;
        }
        let mut message = self.inbound(&contact, command);
        message.answer.clone_from(&answer);
        self.add_message(&message)?;
        self.tell_received(&message)?;
        Ok(answer)
    }

    /// What is known when a message comes in, by one statement: most find nothing, and each
    /// would cost as much as one that does.
    fn seen(&self, command: &Receive) -> Result<Seen, ObjectFault> {
        let rows = self.host.exec(
            "SELECT (SELECT document FROM message WHERE sid = ?),
                    EXISTS (SELECT 1 FROM flow_execution WHERE active = 1),
                    EXISTS (SELECT 1 FROM fact WHERE kind = 'failed' AND key = ?),
                    (SELECT group_concat(entry) FROM (SELECT entry FROM consent ORDER BY seq))",
            vec![
                command.sid.as_str().into(),
                failed_key(channel_of(&command.from), &command.from).into(),
            ],
        )?;
        let row = rows.first().map(Vec::as_slice).unwrap_or_default();
        let text = |at: usize| row.get(at).and_then(Value::text);
        let is_there = |at: usize| row.get(at).and_then(Value::int) == Some(1);
        let known = text(0).map(|text| read("document", text)).transpose()?;
        let entries =
            text(3).map(|entries| read::<Vec<Entry>>("consent", &["[", entries, "]"].concat()));
        Ok(Seen {
            known,
            running: is_there(1),
            has_failed: is_there(2),
            standing: Standing::of(entries.transpose()?.unwrap_or_default()),
        })
    }

    /// What a message teaches besides its words: WhatsApp's window is open, the channel works,
    /// the person has another address.
    fn remember(
        &self,
        contact: &ContactName,
        command: &Receive,
        has_failed: bool,
    ) -> Result<(), ObjectFault> {
        let at = self.heard_at(command);
        let channel = channel_of(&command.from);
        // What is found late must not put the window back.
        let newest = command.recovered_from.is_none()
            || self
                .last_inbound(Some(&command.to))?
                .is_none_or(|known| known < at);
        if channel == Channel::Whatsapp && newest {
            self.keep_fact(Fact::Window, &command.to, at, "")?;
        }
        if has_failed {
            self.drop_fact(Fact::Failed, &failed_key(channel, &command.from))?;
        }
        match &command.alias {
            Some(alias) if *alias != command.from => {
                self.link(contact, alias, &person_of(&command.from))
            }
            _ => Ok(()),
        }
    }

    /// The person has another address, which leads here from now on.
    fn link(&self, contact: &ContactName, alias: &str, person: &str) -> Result<(), ObjectFault> {
        if self.fact(Fact::Alias, alias)?.is_some() {
            return Ok(());
        }
        self.keep_fact(Fact::Alias, alias, self.now(), "")?;
        let data = json!({ "alias": alias, "person": person });
        self.emit(Some(contact.clone()), "internal.alias", data)
    }

    /// The mail addresses of a chain are the person's.
    pub(super) fn remember_mails(&self, command: &Send) -> Result<(), ObjectFault> {
        let contact = command.id.contact();
        let person = person_of(&command.to);
        for leg in &command.options.fallback {
            // A person whom only a user id leads to is not found by a name made of it.
            if leg.channel == Channel::Email && ContactName::of(&person) == contact {
                self.link(&contact, &leg.to, &person)?;
            }
        }
        Ok(())
    }

    /// When the person wrote.
    fn heard_at(&self, command: &Receive) -> Millis {
        command.recovered_from.unwrap_or_else(|| self.now())
    }

    /// What the message means for the person's consent, and how that is known: a keyword,
    /// Twilio's verdict, or free text that asks to stop.
    fn meaning(
        &self,
        contact: &ContactName,
        command: &Receive,
        opted_out: bool,
    ) -> Result<Option<(Intent, Source)>, ObjectFault> {
        let verdict = command.opt_out_type.as_deref().and_then(OptOutType::parse);
        let keyword = keywords::recognise(&command.body);
        if let Some(intent) = keywords::intent(keyword, verdict, opted_out) {
            let source = match verdict {
                Some(_) => Source::OptOutType,
                None => Source::Keyword,
            };
            return Ok(Some((intent, source)));
        }
        let found = revocation::detect(&command.body);
        let policy = &self.host.settings().messaging.revocation;
        match policy.judge(found.as_ref()) {
            Verdict::OptOut => Ok(Some((Intent::OptOut, Source::Revocation))),
            Verdict::Nothing => Ok(None),
            Verdict::Ask => {
                let data = json!({
                    "address": command.from, "message_sid": command.sid, "text": command.body,
                    "rule": found.as_ref().map(|found| found.rule),
                    "confidence": found.as_ref().map(|found| found.confidence),
                });
                self.emit(Some(contact.clone()), "contact.revocation_suspected", data)?;
                self.suspect(command, found.as_ref())?;
                Ok(None)
            }
        }
    }

    /// Does what a keyword, or a plain wish to be left alone, says.
    fn obey(
        &self,
        contact: &ContactName,
        command: &Receive,
        standing: &Standing,
    ) -> Result<Received, ObjectFault> {
        let path = Path {
            sender: Some(&command.to),
            service: command.messaging_service_sid.as_deref(),
            channel: channel_of(&command.from),
        };
        let opted_out = !standing.decide(&path).is_allowed();
        let Some((intent, source)) = self.meaning(contact, command, opted_out)? else {
            return Ok(Received::default());
        };
        let answered = source == Source::OptOutType;
        let heard = Heard {
            at: self.heard_at(command),
            intent,
            source,
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
        let outcome = hear(standing, &heard, self.host.settings().messaging.stop_reach);
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
            self.drop_fact(Fact::Suspected, "")?;
            self.tell_consent(contact, &command.from, &outcome.entries)?;
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

    fn inbound(&self, contact: &ContactName, command: Receive) -> Message {
        let now = self.now();
        let at = self.heard_at(&command);
        let recovered = command.recovered_from.is_some();
        let size = segments::count(&command.body);
        let mut message = Message {
            id: Id::derived(Kind::Message, contact, "inbound", &command.sid),
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
            options: Options::default(),
            course: Course::default(),
            details: command.details,
            answer: Received::default(),
            created_at: at,
            updated_at: now,
            history: Vec::new(),
        };
        message.note(at, "received", None);
        if recovered {
            message.note(now, "recovered", None);
        }
        message
    }
}

/// Whether a message was one for us, or for Twilio, and is none for a flow.
fn is_keyword(command: &Receive, answer: &Received) -> bool {
    let verdict = command.opt_out_type.as_deref().and_then(OptOutType::parse);
    answer.consent.is_some() || !answer.replies.is_empty() || verdict.is_some()
}

/// The person that an address is one of.
fn person_of(address: &str) -> String {
    Address::parse(address).map_or_else(
        |_| address.to_owned(),
        |address| address.person().as_str().to_owned(),
    )
}
