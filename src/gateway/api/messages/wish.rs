//! A request to send, read into what the contact is asked. All faults are told at once.

use serde_json::{Value, json};

use super::super::super::fields::Fields;
use super::super::super::http::Incoming;
use super::super::super::problem::{FieldError, Problem};
use super::super::super::published;
use super::super::super::route::Webhook;
use super::super::super::world::World;
use super::super::{fields, public_base};
use super::weight;
use crate::messaging::lint::{self, Finding, Kind, Subject};
use crate::messaging::media;
use crate::messaging::profile::Profile;
use crate::messaging::segments;
use crate::messaging::sender::Channel;
use crate::messaging::window::{Category, Variables};
use crate::objects::contact::{Leg, Options, Speech, Template};
use crate::ports::Millis;
use crate::time::{DAY, MINUTE, SECOND, parse_rfc3339};
use crate::twilio::address::Address;
use crate::twilio::sid::{ContentSid, MessagingServiceSid};

/// Twilio's limit for a body, in characters (error 21617).
pub(in crate::gateway) const BODY_CHARACTERS: usize = 1_600;
/// Twilio's bounds for a message that is sent later.
const SOONEST: Millis = 15 * MINUTE;
pub(in crate::gateway) const LATEST: Millis = 35 * DAY;
/// A one-time code that arrives later is of no use.
const CODE_LIVES: Millis = 10 * MINUTE;
/// Ways of a chain beside the message's own.
pub(in crate::gateway) const LONGEST_CHAIN: usize = 5;
pub(in crate::gateway) const LONGEST_KEY: usize = 128;

/// A request to send.
pub(super) struct Wish {
    pub(super) to: Address,
    pub(super) from: Option<String>,
    pub(super) service: Option<String>,
    pub(super) body: String,
    pub(super) media_urls: Vec<String>,
    pub(super) options: Options,
    pub(super) findings: Vec<Finding>,
    /// It names a sender or template by itself, which may be wrong.
    pub(super) names_own: bool,
}

impl Wish {
    /// The request in a form that does not depend on white space or the order of fields.
    pub(super) fn canonical(&self) -> String {
        json!([
            self.to,
            self.from,
            self.service,
            self.body,
            self.media_urls,
            Options {
                // Counted from now, and the sender's: not what was asked.
                give_up_at: None,
                is_paced: false,
                ..self.options.clone()
            }
        ])
        .to_string()
    }
}

/// Reads the request.
///
/// # Errors
/// 400 with every field at fault, 422 `lint_refused` where the sender's policy says so.
pub(super) async fn parse<W: World>(world: &W, request: &impl Incoming) -> Result<Wish, Problem> {
    let mut fields = fields(request).await?;
    let names_own = fields.has_any(&["from", "messaging_service_sid", "template"]);
    let profile = profile(world, &mut fields).await?;
    let now = world.now();
    let to = fields.required("to", Address::parse);
    let channel = channel(&mut fields, to.as_ref());
    let to = to.and_then(|to| on_channel(&mut fields, "to", &to, channel));
    let (from, service) = sender(world, &mut fields, &profile.1, channel, to.is_some());
    let smart = fields
        .flag("smart_encoding")
        .unwrap_or(profile.1.smart_encoding);
    let body = fields.text("body").unwrap_or_default();
    let body = if smart {
        segments::smart_encode(&body).into_owned()
    } else {
        body
    };
    let media_urls = media_urls(&mut fields, channel);
    weight::check(world, &mut fields, &media_urls, channel).await;
    let template = template(&mut fields, &profile.1);
    check_content(&mut fields, &body, &media_urls, template.as_ref(), channel);
    let kind = kind(&mut fields);
    let mut options = Options {
        kind,
        sender: profile.0,
        template,
        line_type: line_type(&mut fields),
        scheduled_at: scheduled_at(&mut fields, now),
        give_up_at: give_up_at(&mut fields, now, kind),
        supersede_key: supersede_key(&mut fields),
        is_paced: profile.1.is_paced(),
        quiet_hours: (kind == Kind::Marketing).then(|| profile.1.quiet_hours.unwrap_or_default()),
        ..Options::default()
    };
    options.fallback = chain(world, &mut fields, to.as_ref(), &body).await?;
    if options
        .fallback
        .iter()
        .any(|leg| leg.channel == Channel::Voice)
    {
        let base = public_base(world, request);
        options.speech = Some(Speech {
            url: format!("{base}{}?c=", Webhook::OutboundMessage.path()),
            status_callback: format!("{base}{}?c=", Webhook::VoiceStatus.path()),
        });
    }
    fields.finish()?;
    let Some(to) = to else {
        return Err(Problem::invalid_field("/to", "is required"));
    };
    let findings = findings(&profile.1, &body, channel, kind);
    refuse_by_policy(&profile.1, &findings)?;
    Ok(Wish {
        to,
        from,
        service,
        body,
        media_urls,
        options,
        findings,
        names_own,
    })
}

/// The configured sender that `sender` names: an unknown name is a fault, none is the default.
async fn profile<W: World>(
    world: &W,
    fields: &mut Fields,
) -> Result<(Option<String>, Profile), Problem> {
    let Some(name) = fields.text("sender") else {
        return Ok((None, Profile::default()));
    };
    match published::sender(world, &name).await? {
        Some(profile) => Ok((Some(name), profile)),
        None => {
            fields.refuse("sender", "is not a configured sender");
            Ok((None, Profile::default()))
        }
    }
}

/// The channel: as asked for, else as the address says.
fn channel(fields: &mut Fields, to: Option<&Address>) -> Channel {
    let asked = fields.text("channel");
    let by_address = match to {
        Some(Address::WhatsApp(_) | Address::WhatsAppUser(_)) => Channel::Whatsapp,
        Some(Address::Rcs(_)) => Channel::Rcs,
        Some(Address::Messenger(_)) => Channel::Messenger,
        _ => Channel::Sms,
    };
    match asked.as_deref().map(|name| (name, Channel::parse(name))) {
        None => by_address,
        Some((
            _,
            Some(
                known @ (Channel::Sms
                | Channel::Mms
                | Channel::Whatsapp
                | Channel::Rcs
                | Channel::Messenger),
            ),
        )) => known,
        Some(_) => {
            fields.refuse("channel", "must be sms, mms, whatsapp, rcs or messenger");
            by_address
        }
    }
}

/// The address in the form that the channel has it in.
fn on_channel(
    fields: &mut Fields,
    name: &str,
    address: &Address,
    channel: Channel,
) -> Option<Address> {
    let fitting = match (channel, address) {
        (Channel::Whatsapp, Address::Phone(number)) => Some(Address::WhatsApp(*number)),
        (Channel::Rcs, Address::Phone(number)) => Address::parse(&format!("rcs:{number}")).ok(),
        (Channel::Whatsapp, Address::WhatsApp(_) | Address::WhatsAppUser(_))
        | (Channel::Rcs, Address::Rcs(_))
        | (Channel::Messenger, Address::Messenger(_))
        | (Channel::Voice | Channel::Sms | Channel::Mms, Address::Phone(_))
        | (Channel::Email, Address::Email(_)) => Some(address.clone()),
        (Channel::Sms | Channel::Mms, Address::ShortCode(_) | Address::Alphanumeric(_))
            if name == "from" =>
        {
            Some(address.clone())
        }
        // RCS, and WhatsApp's number as an SMS or a call.
        (Channel::Voice | Channel::Sms | Channel::Mms, _) => address.phone().map(Address::Phone),
        _ => None,
    };
    if fitting.is_none() {
        let detail = match (channel, name) {
            (Channel::Sms | Channel::Mms, "to") => {
                "must be a number in E.164 form, such as +14155550100".to_owned()
            }
            _ => format!("is not an address of the channel {}", channel.as_str()),
        };
        fields.refuse(name, detail);
    }
    fitting
}

/// Who sends: as asked for, as the configured sender says, or the deployment's own number.
fn sender<W: World>(
    world: &W,
    fields: &mut Fields,
    profile: &Profile,
    channel: Channel,
    expected: bool,
) -> (Option<String>, Option<String>) {
    let service = fields
        .parsed("messaging_service_sid", MessagingServiceSid::parse)
        .map(|sid| sid.to_string())
        .or_else(|| profile.messaging_service_sid.clone());
    let asked = fields.parsed("from", Address::parse);
    let asked = asked.or_else(|| Address::parse(profile.address.as_deref()?).ok());
    let from = match asked {
        Some(from) => on_channel(fields, "from", &from, channel),
        None if service.is_some() => None,
        None => {
            let own = default_sender(world, channel);
            if own.is_none() && expected {
                fields.refuse(
                    "from",
                    "is required: the deployment has no sender of its own on this channel",
                );
            }
            own
        }
    };
    (from.map(|from| from.to_string()), service)
}

/// The deployment's own address on a channel.
fn default_sender<W: World>(world: &W, channel: Channel) -> Option<Address> {
    let settings = world.settings();
    match channel {
        Channel::Whatsapp => {
            let number = settings.whatsapp_number.as_deref()?;
            let bare = number.strip_prefix("whatsapp:").unwrap_or(number);
            Address::parse(&format!("whatsapp:{bare}")).ok()
        }
        Channel::Sms | Channel::Mms | Channel::Voice => {
            Address::parse(settings.phone_number.as_deref()?).ok()
        }
        Channel::Rcs | Channel::Messenger | Channel::Email => None,
    }
}

fn media_urls(fields: &mut Fields, channel: Channel) -> Vec<String> {
    let urls = fields.texts("media_urls", 10 * media::MOST);
    let most = media::most(channel);
    if urls.len() > most {
        let detail = format!("holds {}; the channel takes {most}", urls.len());
        fields.refuse("media_urls", detail);
    }
    for (at, url) in urls.iter().enumerate() {
        if let Err(fault) = media::check(url, channel) {
            fields.refuse_at(&["media_urls", &at.to_string()], fault.to_string());
        }
    }
    urls
}

/// `{"content_sid"|"name", "variables", "category"}`.
fn template(fields: &mut Fields, profile: &Profile) -> Option<Template> {
    let mut inner = fields.object("template")?;
    let named = inner.text("name").map(|name| {
        let known = profile.templates.get(&name);
        if known.is_none() {
            inner.refuse("name", "is not a template of the sender");
        }
        known
    });
    let named = named.flatten();
    let content_sid = inner
        .parsed("content_sid", ContentSid::parse)
        .map(|sid| sid.to_string())
        .or_else(|| named.map(|named| named.content_sid.clone()));
    if content_sid.is_none() {
        inner.refuse("content_sid", "is required: HX and 32 hexadecimal digits");
    }
    let variables: Vec<_> = inner.text_map("variables");
    let variables = match Variables::check(variables.into_iter().collect()) {
        Ok(variables) => variables,
        Err(fault) => {
            inner.refuse("variables", fault.to_string());
            Variables::default()
        }
    };
    if let Some(text) = named.and_then(|named| named.text.as_deref())
        && let Err(fault) = variables.fill(text)
    {
        inner.refuse("variables", fault.to_string());
    }
    let category: Option<Category> = inner.json("category");
    fields.join(inner);
    let json = variables.to_json();
    Some(Template {
        content_sid: content_sid?,
        variables: if json == "{}" { String::new() } else { json },
        category: category.or_else(|| named?.category),
    })
}

fn check_content(
    fields: &mut Fields,
    body: &str,
    media_urls: &[String],
    template: Option<&Template>,
    channel: Channel,
) {
    let length = body.chars().count();
    if length > BODY_CHARACTERS {
        let detail = format!("has {length} characters; Twilio takes {BODY_CHARACTERS}");
        fields.refuse("body", detail);
    }
    let nothing = body.is_empty() && media_urls.is_empty();
    if nothing && template.is_none() {
        fields.refuse(
            "body",
            "is required when there are no media_urls and no template",
        );
    }
    if template.is_some() && !nothing && channel != Channel::Whatsapp {
        fields.refuse(
            "template",
            "goes without body and media_urls on this channel",
        );
    }
}

/// The kinds of line that Lookup tells apart (Twilio docs, "Line Type Intelligence").
pub(in crate::gateway) const LINE_TYPES: [&str; 12] = [
    "mobile",
    "landline",
    "fixedVoip",
    "nonFixedVoip",
    "personal",
    "tollFree",
    "premium",
    "sharedCost",
    "uan",
    "voicemail",
    "pager",
    "unknown",
];

fn line_type(fields: &mut Fields) -> Option<String> {
    let line = fields.text("line_type")?;
    if !LINE_TYPES.contains(&line.as_str()) {
        fields.refuse("line_type", "must be one of Lookup's, such as mobile");
        return None;
    }
    Some(line)
}

fn kind(fields: &mut Fields) -> Kind {
    fields.json("kind").unwrap_or_default()
}

fn scheduled_at(fields: &mut Fields, now: Millis) -> Option<Millis> {
    let text = fields.text("scheduled_at")?;
    match parse_rfc3339(&text) {
        Some(at) if (now + SOONEST..=now + LATEST).contains(&at) => Some(at),
        Some(_) => {
            fields.refuse("scheduled_at", "must be 15 minutes to 35 days from now");
            None
        }
        None => {
            fields.refuse("scheduled_at", "must be a time as in 2026-11-24T09:30:00Z");
            None
        }
    }
}

/// Seconds from now. A code lives ten minutes unless something else is said.
fn give_up_at(fields: &mut Fields, now: Millis, kind: Kind) -> Option<Millis> {
    let asked = fields.integer("give_up_after", 1, LATEST / SECOND);
    let after = asked.map(|seconds| seconds * SECOND);
    let after = after.or((kind == Kind::Otp).then_some(CODE_LIVES))?;
    Some(now + after)
}

fn supersede_key(fields: &mut Fields) -> Option<String> {
    let key = fields.text("supersede_key")?;
    if key.is_empty() || key.len() > LONGEST_KEY {
        fields.refuse("supersede_key", "must have 1 to 128 characters");
        return None;
    }
    Some(key)
}

/// Where else the message may go: `[{channel?, to?, from?, sender?, template?}, ...]`.
async fn chain<W: World>(
    world: &W,
    fields: &mut Fields,
    to: Option<&Address>,
    body: &str,
) -> Result<Vec<Leg>, Problem> {
    let mut legs = Vec::new();
    for mut inner in fields.objects("fallback", LONGEST_CHAIN) {
        let (_, profile) = profile(world, &mut inner).await?;
        if let Some(leg) = leg(world, &mut inner, &profile, to, body) {
            legs.push(leg);
        }
        fields.join(inner);
    }
    Ok(legs)
}

fn leg<W: World>(
    world: &W,
    inner: &mut Fields,
    profile: &Profile,
    to: Option<&Address>,
    body: &str,
) -> Option<Leg> {
    let own = inner.parsed("to", Address::parse);
    let asked = inner.text("channel");
    let channel = match asked.as_deref().map(Channel::parse) {
        Some(Some(channel)) => channel,
        Some(None) => {
            inner.refuse("channel", "is not a channel");
            return None;
        }
        None => match own.as_ref().or(to) {
            Some(Address::Email(_)) => Channel::Email,
            Some(Address::WhatsApp(_) | Address::WhatsAppUser(_)) => Channel::Whatsapp,
            _ => Channel::Sms,
        },
    };
    let to = on_channel(inner, "to", own.as_ref().or(to)?, channel)?;
    let template = template(inner, profile);
    if body.is_empty() && template.is_none() {
        inner.refuse("channel", "needs a body or a template to send");
    }
    let (from, service) = match channel {
        Channel::Email => (None, None),
        _ => sender(world, inner, profile, channel, true),
    };
    Some(Leg {
        channel,
        to: to.to_string(),
        from,
        service,
        template,
    })
}

/// What the lint finds, with what is known about the sender.
pub(super) fn findings(
    profile: &Profile,
    body: &str,
    channel: Channel,
    kind: Kind,
) -> Vec<Finding> {
    if body.is_empty() {
        return Vec::new();
    }
    let own_hosts: Vec<&str> = profile.hosts.iter().map(String::as_str).collect();
    lint::lint(&Subject {
        body,
        channel,
        kind,
        brand: profile.brand.as_deref(),
        own_hosts: &own_hosts,
    })
}

fn refuse_by_policy(profile: &Profile, findings: &[Finding]) -> Result<(), Problem> {
    let refused = profile
        .lint
        .as_ref()
        .and_then(|lint| lint.refuses(findings));
    let Some(finding) = refused else {
        return Ok(());
    };
    Err(Problem::new(
        422,
        "lint_refused",
        "The sender's policy refuses this text",
        finding.fix.to_string(),
    )
    .with_errors(vec![FieldError::new("/body", finding.fix.to_string())])
    .with("findings", json!(findings)))
}

/// `POST /v1/lint`: `{body, channel?, kind?, sender?}`.
pub(super) async fn lint_request<W: World>(
    world: &W,
    request: &impl Incoming,
) -> Result<Value, Problem> {
    let mut fields = fields(request).await?;
    let (_, profile) = profile(world, &mut fields).await?;
    let body = fields.required("body", |text| Ok::<_, String>(text.to_owned()));
    let channel = channel(&mut fields, None);
    let kind = kind(&mut fields);
    fields.finish()?;
    let body = body.unwrap_or_default();
    Ok(json!({
        "segments": super::view::segments(&body),
        "findings": findings(&profile, &body, channel, kind),
    }))
}
