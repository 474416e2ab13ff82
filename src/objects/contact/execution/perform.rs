//! Does what a step asks for. A message and a call have ids that follow from execution and
//! step and their own journals, so that asking for one twice makes it once; the rest is
//! [`effects`].

use serde_json::{Value, json};

use super::run::Run;
use crate::effects::{self, Ctx};
use crate::flow::{CreateTask, Effect, MakeCall, Outcome, RecordCall, SendMessage};
use crate::log::Record;
use crate::objects::contact::commands::{CallReply, PlaceCall, Send, SendReply};
use crate::objects::contact::course::{Options, Template};
use crate::objects::contact::message::{Delivery, Message};
use crate::objects::contact::{Call, CallState, Contact, Script};
use crate::objects::id::{ContactName, ExecutionSid, Id, Kind};
use crate::objects::peers::{Peers, ask};
use crate::objects::{ObjectFault, paths};
use crate::ports::Host;
use crate::settings::Settings;
use crate::twilio::address::Address;

/// What became of an effect.
pub(super) enum Performed {
    /// It is known.
    Done(Outcome),
    /// It is written down, and its outcome is not known yet.
    Later {
        /// What can be said now.
        so_far: Outcome,
    },
}

/// Whether an effect may be asked for again when nobody knows what became of it: it has an id
/// of its own, or HTTP says so (RFC 9110, section 9.2.2).
pub(super) fn may_repeat(effect: &Effect) -> bool {
    match effect {
        Effect::SendMessage(_) | Effect::MakeCall(_) => true,
        Effect::HttpRequest(request) => {
            matches!(request.method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE")
        }
        Effect::RunFunction(_)
        | Effect::CreateTask(_)
        | Effect::RecordCall(_)
        | Effect::Conversation(_) => false,
    }
}

impl Run {
    /// Keeps the ids of what a step is about to make.
    pub(super) fn expect(&mut self, effect: &Effect) {
        match effect {
            Effect::SendMessage(message) => self.message = self.message_id(message),
            Effect::MakeCall(_) => self.call = Some(self.call_id()),
            _ => {}
        }
    }

    fn message_id(&self, message: &SendMessage) -> Option<Id> {
        let to = Address::parse(&message.to).ok()?;
        // The person may be known by another address than the number.
        let contact = if message.to == self.theirs {
            self.sid.contact()
        } else {
            ContactName::of(to.person().as_str())
        };
        Some(Id::derived(
            Kind::Message,
            &contact,
            "flow",
            &self.step_key(),
        ))
    }

    fn call_id(&self) -> Id {
        Id::derived(Kind::Call, &self.sid.contact(), "flow", &self.step_key())
    }

    /// `?m=` or `?c=` behind a path of ours.
    fn callback(&self, path: &str, parameter: &str, id: &Id) -> String {
        [&self.base, path, "?", parameter, "=", id.as_str()].concat()
    }
}

impl<H: Peers> Contact<H> {
    /// Performs an effect of an execution whose row is written.
    pub(super) async fn perform(
        &self,
        run: &Run,
        effect: &Effect,
    ) -> Result<Performed, ObjectFault> {
        match effect {
            Effect::SendMessage(message) => self.send_for(run, message).await,
            Effect::MakeCall(call) => self.call_for(run, call).await,
            Effect::CreateTask(task) if self.host.settings().flows.hands_off => {
                self.hand_off(run, task).map(Performed::Done)
            }
            Effect::RecordCall(recording) if recording.call_sid.is_empty() => {
                let call = run.call.as_ref().map(|id| self.call(id)).transpose()?;
                let sid = call.flatten().and_then(|call| call.sid);
                let recording = RecordCall {
                    call_sid: sid.unwrap_or_default(),
                    ..recording.clone()
                };
                Ok(self.ask_for(run, &Effect::RecordCall(recording)).await)
            }
            other => Ok(self.ask_for(run, other).await),
        }
    }

    /// Asks another server.
    async fn ask_for(&self, run: &Run, effect: &Effect) -> Performed {
        let settings = self.host.settings();
        let log = |record| self.host.log(record);
        let context = Ctx {
            account: settings.acting_for(&run.account),
            token: &run.step_key(),
            time: effects::TIME_LIMIT,
            log: &log,
        };
        Performed::Done(effects::perform(&self.host, &settings.flows, effect, &context).await)
    }

    /// A message, by the object of the person it goes to: this one, unless the step names
    /// somebody else.
    async fn send_for(&self, run: &Run, message: &SendMessage) -> Result<Performed, ObjectFault> {
        let Some(id) = run.message_id(message) else {
            return Ok(self.failed(run, "the recipient is no address"));
        };
        let contact = id.contact();
        let callback = run.callback(paths::MESSAGE_STATUS, "m", &id);
        let own = contact == run.sid.contact();
        let mut command = command_of(message, id, callback, self.host.settings());
        if own {
            command.options.execution = Some(run.sid.clone());
            // Its POST reads the person's consent, and is journaled, as any other.
            let reply = self.send(command).await?;
            return Ok(self.sent(run, reply));
        }
        match ask(&self.host, contact.as_str(), &command).await {
            Ok(reply) => Ok(self.sent(run, reply)),
            // Whether it has the message is not known; its id is the same the next time.
            Err(_) if run.looks < 12 => Ok(Performed::Later {
                so_far: Outcome::Failed(Value::Null),
            }),
            Err(_) => Ok(self.failed(run, "storage did not answer")),
        }
    }

    fn sent(&self, run: &Run, reply: SendReply) -> Performed {
        let why = match reply {
            SendReply::Message(message) => {
                return match message.delivery {
                    Delivery::Taken => Performed::Done(Outcome::Ok(resource(&message))),
                    Delivery::Refused if message.is_pending() => Performed::Later {
                        so_far: Outcome::Ok(resource(&message)),
                    },
                    Delivery::Refused | Delivery::Unknown | Delivery::Received => {
                        let code = message.failure.as_ref().and_then(|failure| failure.code);
                        Performed::Done(Outcome::Failed(json!({ "code": code })))
                    }
                    Delivery::Posting { .. }
                    | Delivery::Backoff { .. }
                    | Delivery::Settling { .. } => Performed::Later {
                        so_far: Outcome::Ok(resource(&message)),
                    },
                };
            }
            SendReply::OptedOut(_) => "the person has opted out",
            SendReply::Blocked(_) => "the message cannot arrive on this channel",
            SendReply::NotConfigured => "the deployment has no Twilio credentials",
        };
        self.failed(run, why)
    }

    async fn call_for(&self, run: &Run, call: &MakeCall) -> Result<Performed, ObjectFault> {
        let id = run.call_id();
        let command = PlaceCall {
            url: call.url.clone(),
            status_callback: run.callback(paths::VOICE_STATUS, "c", &id),
            id,
            to: call.to.clone(),
            from: call.from.clone(),
            script: Script::Execution(run.sid.clone()),
        };
        let CallReply::Call(placed) = self.place(command, &call.parameters).await? else {
            return Ok(self.failed(run, "the deployment has no Twilio credentials"));
        };
        Ok(match placed.state {
            CallState::Taken => Performed::Done(Outcome::Ok(json!({ "sid": placed.sid }))),
            CallState::Posting => Performed::Later {
                so_far: Outcome::Ok(json!({ "sid": placed.sid })),
            },
            CallState::Refused | CallState::Unknown => {
                Performed::Done(Outcome::Failed(failure_of(&placed)))
            }
        })
    }
}

impl<H: Host> Contact<H> {
    fn failed(&self, run: &Run, why: &'static str) -> Performed {
        self.host.log(
            Record::warn("flow.message_failed")
                .with("execution_sid", run.sid.as_str())
                .with("why", why),
        );
        Performed::Done(Outcome::Failed(Value::Null))
    }

    /// There is no TaskRouter: the application is told, and takes over.
    fn hand_off(&self, run: &Run, task: &CreateTask) -> Result<Outcome, ObjectFault> {
        let attributes = crate::json::value(&task.attributes);
        let data = json!({
            "execution_sid": run.sid,
            "flow": run.execution.flow,
            "workflow_sid": task.workflow_sid,
            "task_channel": task.task_channel,
            "attributes": attributes.unwrap_or_else(|_| Value::from(task.attributes.as_str())),
            "priority": task.priority,
            "contact_channel_address": run.theirs,
            "flow_channel_address": run.ours,
        });
        self.emit(Some(run.sid.contact()), "flow.handoff", data)?;
        Ok(Outcome::Ok(json!({})))
    }

    /// A message of an execution has come to an end that its flow may wait for.
    pub(in crate::objects::contact) fn wake_run(
        &self,
        sid: &ExecutionSid,
    ) -> Result<(), ObjectFault> {
        self.set_run_due(sid.as_str(), self.now())
    }
}

fn failure_of(call: &Call) -> Value {
    let code = call.failure.as_ref().and_then(|failure| failure.code);
    json!({ "code": code })
}

/// The command that sends a flow's message.
pub fn command_of(
    message: &SendMessage,
    id: Id,
    status_callback: String,
    settings: &Settings,
) -> Send {
    let is_service = |sid: &&String| sid.starts_with("MG");
    let from = Some(&message.from)
        .filter(|from| !from.is_empty())
        .or(settings.phone_number.as_ref());
    let service = message.service.as_ref().filter(is_service);
    let variables: serde_json::Map<String, Value> = message
        .content_variables
        .iter()
        .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
        .collect();
    let template = message.content_sid.clone().map(|content_sid| Template {
        content_sid,
        variables: if variables.is_empty() {
            String::new()
        } else {
            Value::Object(variables).to_string()
        },
        category: None,
    });
    Send {
        id,
        to: Address::parse(&message.to)
            .map_or_else(|_| message.to.clone(), |address| address.to_string()),
        messaging_service_sid: service.or(from.filter(is_service)).cloned(),
        from: from.filter(|from| !is_service(from)).cloned(),
        body: message.body.clone(),
        media_urls: message.media_urls.clone(),
        status_callback,
        options: Options {
            template,
            ..Options::default()
        },
    }
}

/// The Message resource as a flow reads it (`outbound.Sid`).
pub fn resource(message: &Message) -> Value {
    json!({
        "sid": message.sid,
        "status": message.status_name(),
        "body": message.body,
        "to": message.to,
        "from": message.from,
    })
}
