//! `POST /v1/campaigns`.

use serde::Deserialize;
use serde_json::json;

use super::super::super::fields::Fields;
use super::super::super::http::{Incoming, Response};
use super::super::super::problem::Problem;
use super::super::super::published;
use super::super::super::route::Webhook;
use super::super::super::world::World;
use super::super::{KEY_LIMIT, fields, public_base};
use super::view;
use crate::campaign::content::Content;
use crate::campaign::pace::{Daily, Limits, Rate, WarmUp};
use crate::campaign::template::Template;
use crate::messaging::profile::Profile;
use crate::messaging::quiet::Hours;
use crate::objects::campaign::{CreateCampaign, Definition, Purpose};
use crate::objects::id::campaign_id;
use crate::objects::idempotency::{Claim, Claimed};
use crate::objects::sender::{PutLimits, usual};
use crate::ports::Millis;
use crate::sorted::SortedMap;
use crate::time::{DAY, parse_rfc3339};
use crate::twilio::address::{Address, Channel};
use crate::twilio::sid::{ContentSid, MessagingServiceSid};

/// The longest name.
pub(in crate::gateway) const NAME_LIMIT: usize = 100;

/// Makes a campaign: 201 with its id.
///
/// # Errors
/// 400 for a field, 409 for an idempotency key of another request.
pub async fn create<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
) -> Result<Response, Problem> {
    let mut fields = fields(request).await?;
    let sender = sender(world, &mut fields).await?;
    let definition = parse(fields, &sender, caller, world.now())?;
    let id = id(world, request, caller, &definition).await?;
    let base = public_base(world, request);
    let command = CreateCampaign {
        id: id.clone(),
        definition,
        status_callback: format!("{base}{}", Webhook::MessageStatus.path()),
    };
    let campaign = world
        .ask(&id, &command)
        .await?
        .ok_or_else(super::not_found)?;
    if let Some(limits) = sender.limits {
        world.ask(&sender.address, &PutLimits { limits }).await?;
    }
    let sender = super::sender_of(world, &campaign).await?;
    Ok(Response::json(
        201,
        &view::campaign(&campaign, &sender, world.now()),
    ))
}

async fn id<W: World>(
    world: &W,
    request: &impl Incoming,
    caller: &str,
    definition: &Definition,
) -> Result<String, Problem> {
    let Some(key) = request.header("idempotency-key") else {
        return Ok(campaign_id(world, None));
    };
    if key.is_empty() || key.len() > KEY_LIMIT {
        return Err(Problem::invalid_field(
            "Idempotency-Key",
            format!("must have 1 to {KEY_LIMIT} characters"),
        ));
    }
    let claim = Claim::new(caller, "campaigns", &key, &json!(definition).to_string());
    match world.ask(&claim.shard(), &claim).await? {
        Claimed::Ours | Claimed::Again => Ok(campaign_id(world, Some((caller, &key)))),
        Claimed::Conflict => Err(super::super::idempotency_conflict()),
    }
}

/// Who sends.
#[derive(Default)]
struct Sender {
    /// An address or `MG…`.
    address: String,
    /// What it is allowed, when that is configured.
    limits: Option<Limits>,
    /// Its own hours for marketing.
    hours: Option<Hours>,
}

/// A configured sender's name, an address or a Messaging Service.
async fn sender<W: World>(world: &W, fields: &mut Fields) -> Result<Sender, Problem> {
    let Some(text) = fields.text("sender") else {
        fields.refuse(
            "sender",
            "is required: a configured sender's name or an address",
        );
        return Ok(Sender::default());
    };
    if let Some(profile) = published::sender(world, &text).await? {
        return Ok(Sender {
            address: profile.way().unwrap_or_default().to_owned(),
            limits: Some(limits_of(&profile)),
            hours: profile.quiet_hours,
        });
    }
    if MessagingServiceSid::parse(&text).is_ok() {
        let address = text;
        return Ok(Sender {
            address,
            ..Sender::default()
        });
    }
    match Address::parse(&text) {
        Ok(address) if sends(&address) => {
            let address = address.to_string();
            return Ok(Sender {
                address,
                ..Sender::default()
            });
        }
        Ok(_) => fields.refuse("sender", "must be an address that sends messages"),
        Err(error) => fields.refuse("sender", error.to_string()),
    }
    Ok(Sender::default())
}

fn sends(address: &Address) -> bool {
    !matches!(
        address.channel(),
        Channel::Client | Channel::Sip | Channel::Email
    )
}

/// The limits that a configured sender's document sets; what it leaves out follows from the
/// kind of sender.
pub fn limits_of(profile: &Profile) -> Limits {
    let rate = profile
        .segments_per_second
        .map(f64::from)
        .and_then(Rate::per_second);
    let usual = usual(profile.way().unwrap_or_default());
    Limits {
        rate: rate.or(usual.rate),
        daily: Daily {
            cap: profile.daily_cap,
            warm_up: profile.warm_up.as_ref().and_then(|warm_up| {
                Some(WarmUp {
                    first_day: day_number(&warm_up.first_day)?,
                    caps: warm_up.caps.clone(),
                })
            }),
        },
    }
}

/// Days since 1970-01-01 of a date as in `2026-11-24`.
pub fn day_number(date: &str) -> Option<i64> {
    let midnight = parse_rfc3339(&[date, "T00:00:00Z"].concat())?;
    Some(midnight.div_euclid(DAY))
}

fn parse(
    mut fields: Fields,
    sender: &Sender,
    caller: &str,
    now: Millis,
) -> Result<Definition, Problem> {
    let name = fields.required("name", |text| match text.chars().count() {
        1..=NAME_LIMIT => Ok(text.to_owned()),
        _ => Err(format!("must have 1 to {NAME_LIMIT} characters")),
    });
    let kind = fields.required("kind", |text| match text {
        "marketing" => Ok(Purpose::Marketing),
        "transactional" => Ok(Purpose::Transactional),
        _ => Err("must be marketing or transactional"),
    });
    let content = content(&mut fields);
    let rate = fields.json("rate");
    let hours: Option<Hours> = fields.json("quiet_hours");
    let deadline = fields.parsed("deadline", |text| match parse_rfc3339(text) {
        Some(at) if at > now => Ok(at),
        Some(_) => Err("lies in the past"),
        None => Err("must be a time as RFC 3339 has it: 2026-11-24T17:00:00Z"),
    });
    fields.finish()?;
    let (Some(name), Some(kind), Some(content)) = (name, kind, content) else {
        return Err(Problem::invalid(Vec::new()));
    };
    // Advertising keeps the night whether or not that was asked for.
    let night = sender.hours.unwrap_or_default();
    Ok(Definition {
        name,
        sender: sender.address.clone(),
        content,
        kind,
        rate,
        quiet_hours: hours.or((kind == Purpose::Marketing).then_some(night)),
        deadline,
        by: caller.to_owned(),
    })
}

/// `template` as it comes in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approved {
    content_sid: String,
    #[serde(default)]
    variables: SortedMap<String, Template>,
}

/// Either a text or an approved template.
fn content(fields: &mut Fields) -> Option<Content> {
    let body = fields.parsed("body", Template::parse);
    let template: Option<Approved> = fields.json("template");
    match (body, template) {
        (Some(body), None) => Some(Content::Body(body)),
        (
            None,
            Some(Approved {
                content_sid,
                variables,
            }),
        ) => {
            if ContentSid::parse(&content_sid).is_err() {
                fields.refuse_at(&["template", "content_sid"], "must be HX and 32 digits");
            }
            Some(Content::Template {
                content_sid,
                variables,
            })
        }
        (Some(_), Some(_)) => {
            fields.refuse("template", "goes in place of body, not beside it");
            None
        }
        (None, None) => {
            fields.refuse("body", "is required when there is no template");
            None
        }
    }
}
