//! Sending and checking codes, for the API and for web pages alike.
//!
//! Hops of a send before its POST leaves: the guard (limits of client, prefix and account,
//! and the watch, all in one call), then the contact (the person's limit and the POST). With
//! every limit of the guard and the watch off there is only the contact. A check is one call
//! to the contact. What the guard has to be told afterwards is told after the answer has left.

pub mod page;
mod turnstile;
mod view;

use serde_json::{Map, Value};

use super::fields::Fields;
use super::http::Response;
use super::problem::Problem;
use super::world::World;
use crate::log::Record;
use crate::objects::contact::{CheckCode, CheckReply, StartVerification};
use crate::objects::guard::{self, Admit, Admitted, Convert, Fate, Report};
use crate::objects::id::ContactName;
use crate::twilio::address::Address;
use crate::verify::channel::{Channel, Destination};
use crate::verify::code::Code;
use crate::verify::guard::{Knock, admit_country, client};
use crate::verify::locale::Locale;
use crate::verify::plan::{Plan, Wish};
use crate::verify::policy::{Mode, Policy, RateKey};

/// Who asks, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Client {
    /// The person's IP address.
    pub(super) ip: Option<String>,
    /// The person's network.
    pub(super) network: Option<u32>,
}

/// A request for a code, read.
pub(super) struct Ask {
    to: Destination,
    plan: Plan,
    locale: Option<Locale>,
}

impl Ask {
    /// Reads `to`, `channel`, `fallback` and `locale`. A page sends its browser's language:
    /// there one that Verify does not speak is left out instead of refused.
    ///
    /// # Errors
    /// 400 with every field at fault, when `fields` has nothing left to read.
    pub(super) fn read(mut fields: Fields, page: bool, policy: &Policy) -> Result<Ask, Problem> {
        let to = destination(&mut fields);
        let wish = fields.parsed("channel", |text| match text {
            "auto" => Ok(Wish::Auto),
            other => Channel::parse(other)
                .map(Wish::Channel)
                .map_err(|_| "must be auto, sms, call, email or whatsapp"),
        });
        let fallback = fallback(&mut fields);
        let locale = if page {
            let text = fields.text("locale").unwrap_or_default();
            Locale::parse(&text).ok()
        } else {
            fields.parsed("locale", Locale::parse)
        };
        let wish = wish.unwrap_or(Wish::Auto);
        let plan = to.as_ref().map(|to| {
            if let Wish::Channel(channel) = wish
                && !to.takes(channel)
            {
                let why = match channel {
                    Channel::Email => "email needs an e-mail address as `to`",
                    _ => "needs a phone number as `to`",
                };
                fields.refuse("channel", why);
            }
            Plan::new(wish, fallback.as_deref(), to, policy)
        });
        if let Some(Err(none)) = &plan {
            fields.refuse("channel", none.to_string());
        }
        fields.finish()?;
        match (to, plan) {
            (Some(to), Some(Ok(plan))) => Ok(Ask { to, plan, locale }),
            _ => Err(Problem::invalid_field("/to", "is required")),
        }
    }
}

fn destination(fields: &mut Fields) -> Option<Destination> {
    fields.required("to", |text| {
        let address = Address::parse(text).map_err(|error| error.to_string())?;
        Destination::new(address).map_err(|error| error.to_string())
    })
}

/// As many as there are.
const CHANNELS: usize = 4;

/// An empty list means: no other channel.
fn fallback(fields: &mut Fields) -> Option<Vec<Channel>> {
    let value = fields.take("fallback")?;
    let read = |item: &Value| Channel::parse(item.as_str()?).ok();
    let channels = match &value {
        Value::Array(items) if items.len() <= CHANNELS => items.iter().map(read).collect(),
        _ => None,
    };
    if channels.is_none() {
        fields.refuse(
            "fallback",
            "must be an array of sms, call, email, whatsapp: four of them at most",
        );
    }
    channels
}

/// Sends a code.
///
/// # Errors
/// 403 for a country or a blocked prefix, 429 for a limit, and what Twilio refused.
pub(super) async fn send<W: World>(
    world: &W,
    ask: Ask,
    client: &Client,
) -> Result<Response, Problem> {
    let policy = &world.settings().verify;
    country(world, &ask.to)?;
    let knock = Knock::new(&ask.to, client.ip.as_deref(), client.network);
    let permit = admit(world, &ask.to, &knock).await?;
    let command = StartVerification {
        plan: ask.plan,
        locale: ask.locale,
        rate_limits: rate_limits(policy, &knock, &ask.to),
        device_ip: client.ip.clone(),
        permit: permit.clone(),
        to: ask.to.clone(),
    };
    let contact = ContactName::of(ask.to.address().person().as_str());
    // An object that does not answer may have sent the code: the start stays counted.
    let reply = world.ask(contact.as_str(), &command).await?;
    if let (Some(permit), Some(fate)) = (permit, reply.fate()) {
        let fate = fate.map_or(Fate::GivenBack, Fate::Sent);
        world.tell(guard::INSTANCE, &Report { permit, fate });
    }
    view::started(&reply, &ask.to, policy, world.now())
}

fn country<W: World>(world: &W, to: &Destination) -> Result<(), Problem> {
    let policy = &world.settings().verify;
    let Err(refused) = admit_country(to, policy) else {
        return Ok(());
    };
    let enforced = policy.guard != Mode::DryRun;
    let number = to.address().phone();
    world.log(
        Record::warn("verify.country_refused")
            .with("prefix", number.as_ref().map(crate::verify::guard::prefix))
            .with("dry_run", !enforced),
    );
    if enforced {
        Err(view::country_refused(&refused.to_string(), to, policy))
    } else {
        Ok(())
    }
}

/// Asks the guard, unless nothing that it keeps applies to this start.
async fn admit<W: World>(
    world: &W,
    to: &Destination,
    knock: &Knock,
) -> Result<Option<String>, Problem> {
    let policy = &world.settings().verify;
    let limited = policy.per_account.is_some()
        || policy.per_ip.is_some() && knock.client.is_some()
        || policy.per_prefix.is_some() && knock.prefix.is_some();
    if !limited && policy.guard == Mode::Off {
        return Ok(None);
    }
    let command = Admit {
        knock: knock.clone(),
    };
    match world.ask(guard::INSTANCE, &command).await? {
        Admitted::Yes { permit } => Ok(Some(permit)),
        Admitted::Limited { by, opens_at } => {
            Err(view::guard_limited(by, opens_at, to, policy, world.now()))
        }
        Admitted::Blocked { by, until } => Err(view::blocked(by, until, to, policy, world.now())),
    }
}

/// `RateLimits` for Twilio's service: the keys that are configured and known.
fn rate_limits(policy: &Policy, knock: &Knock, to: &Destination) -> Option<String> {
    let mut keys = Map::new();
    for (name, key) in &policy.rate_limits {
        let value = match key {
            RateKey::Ip => knock.client.clone(),
            RateKey::Prefix => knock.prefix.clone(),
            RateKey::Country => knock.country.map(String::from),
            RateKey::Network => knock.network.clone(),
            RateKey::To => Some(to.to()),
        };
        if let Some(value) = value {
            keys.insert(name.clone(), value.into());
        }
    }
    (!keys.is_empty()).then(|| Value::Object(keys).to_string())
}

/// Checks a code.
///
/// # Errors
/// 400 for a field, 503 when Twilio judged nothing.
pub(super) async fn check<W: World>(world: &W, mut fields: Fields) -> Result<Response, Problem> {
    let to = destination(&mut fields);
    let code = fields.required("code", Code::parse);
    fields.finish()?;
    let (Some(to), Some(code)) = (to, code) else {
        return Err(Problem::invalid_field("/to", "is required"));
    };
    let contact = ContactName::of(to.address().person().as_str());
    let reply = world.ask(contact.as_str(), &CheckCode { to, code }).await;
    // The generic problem speaks of an idempotency key; a check has none.
    let reply = reply.map_err(|_| view::not_judged(None))?;
    if let CheckReply::Checked(checked) = &reply
        && !checked.converted.is_empty()
    {
        let starts = checked.converted.clone();
        world.tell(guard::INSTANCE, &Convert { starts });
    }
    view::checked(&reply, world.now())
}

/// Reads `client_ip`.
pub(super) fn client_ip(fields: &mut Fields) -> Option<String> {
    fields.parsed("client_ip", |text| {
        client(text)
            .map(|_| text.trim().to_owned())
            .ok_or("must be an IPv4 or IPv6 address")
    })
}

#[cfg(test)]
mod tests;
