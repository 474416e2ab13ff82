//! Performs what a flow asks the world to do while a caller waits; what it asks when the call is
//! over, the person's object does.

use serde_json::{Value, json};

use super::flow_run::Line;
use super::route::Webhook;
use super::world::{Unavailable, World};
use crate::effects::{self, Ctx};
use crate::flow::{Effect, Execution, Outcome, SendMessage};
use crate::log::Record;
use crate::objects::contact::{Delivery, SendReply, command_of, resource};
use crate::objects::id::{ContactName, Id, Kind};
use crate::ports::Millis;
use crate::twilio::address::Address;

/// Performs one effect within `time`. The flow's steps are counted: with the call, the count
/// names what the effect makes, so that a request that Twilio repeats makes it once.
pub async fn perform<W: World>(
    line: &Line<'_, W>,
    effect: &Effect,
    execution: &Execution,
    time: Millis,
) -> Outcome {
    let token = format!("{}/{}", line.call_sid(), execution.steps);
    let settings = line.world.settings();
    let done = match effect {
        _ if time <= 0 => Err("no time is left"),
        Effect::SendMessage(message) => send(line, message, &token).await,
        Effect::MakeCall(_) => Err("a call is on the line"),
        _ => {
            let context = Ctx {
                account: settings.acting_for(line.account_sid()),
                token: &token,
                time,
                log: &|record| line.world.log(record.with("call_sid", line.call_sid())),
            };
            return effects::perform(line.world, &settings.flows, effect, &context).await;
        }
    };
    done.unwrap_or_else(|why| {
        let record = Record::warn("flow.effect_failed").with("effect", effects::name(effect));
        line.world
            .log(record.with("call_sid", line.call_sid()).with("why", why));
        Outcome::Failed(Value::Null)
    })
}

async fn send<W: World>(
    line: &Line<'_, W>,
    message: &SendMessage,
    token: &str,
) -> Result<Outcome, &'static str> {
    let to = Address::parse(&message.to).map_err(|_| "the recipient is no address")?;
    let contact = ContactName::of(to.person().as_str());
    let id = Id::derived(Kind::Message, &contact, "flow", token);
    let callback = format!("{}{}?m={id}", line.base(), Webhook::MessageStatus.path());
    let command = command_of(message, id, callback, line.world.settings());
    match line.world.ask(contact.as_str(), &command).await {
        Ok(SendReply::Message(sent)) if sent.delivery == Delivery::Refused => Ok(Outcome::Failed(
            json!({ "code": sent.failure.as_ref().and_then(|f| f.code) }),
        )),
        Ok(SendReply::Message(sent)) => Ok(Outcome::Ok(resource(&sent))),
        Ok(SendReply::OptedOut(_)) => Err("the person has opted out"),
        Ok(SendReply::Blocked(_)) => Err("the message cannot arrive on this channel"),
        Ok(SendReply::NotConfigured) => Err("the deployment has no Twilio credentials"),
        Err(Unavailable) => Err("storage did not answer"),
    }
}
