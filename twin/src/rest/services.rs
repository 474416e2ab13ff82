//! Messaging Services with their senders, and the account's own numbers.

use super::messages::is_sid;
use super::{Ask, Outcome, Reply};
use crate::clock::{iso8601, rfc2822};
use crate::error::ApiError;
use crate::state::World;
use serde_json::{Value, json};

/// A Messaging Service.
#[derive(Debug, Clone, Default)]
pub struct Service {
    pub sid: String,
    pub friendly_name: String,
    pub inbound_request_url: Option<String>,
    pub inbound_method: String,
    pub fallback_url: Option<String>,
    pub status_callback: Option<String>,
    pub use_inbound_webhook_on_number: bool,
    pub sticky_sender: bool,
    pub smart_encoding: bool,
    pub validity_period: u32,
    pub usecase: String,
    /// (SID, address) of the senders in the pool.
    pub senders: Vec<(String, String)>,
    pub created: i64,
    pub updated: i64,
}

/// A number of the account.
#[derive(Debug, Clone, Default)]
pub struct NumberResource {
    pub sid: String,
    pub number: String,
    pub friendly_name: String,
    pub created: i64,
}

/// The sender a service chooses (the pool's first).
pub(crate) fn sender_for(world: &World, sid: &str) -> Result<String, ApiError> {
    if !is_sid(sid, "MG") {
        return Err(ApiError::bad(21705));
    }
    match world.services.iter().find(|s| s.sid == sid) {
        Some(service) => service
            .senders
            .first()
            .map(|(_, address)| address.clone())
            .ok_or_else(|| ApiError::bad(21703)),
        None if world.config.strict_services => {
            Err(ApiError::new(404, 21701, crate::error::meaning(21701)))
        }
        None => Ok(world.config.default_sender.clone()),
    }
}

pub(crate) fn status_callback(world: &World, sid: &str) -> Option<String> {
    world
        .services
        .iter()
        .find(|s| s.sid == sid)
        .and_then(|s| s.status_callback.clone())
}

/// The service an address belongs to, if it is in one.
pub(crate) fn service_of<'a>(world: &'a World, address: &str) -> Option<&'a Service> {
    world
        .services
        .iter()
        .find(|s| s.senders.iter().any(|(_, a)| a == address))
}

pub(crate) fn route(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("POST", []) => create(world, ask),
        ("GET", []) => {
            let all = world.services.iter().map(|s| show(world, s)).collect();
            super::page_meta(ask, world, "services", all)
        }
        ("GET", [sid]) => {
            let service = find(world, ask, sid)?;
            Ok(Reply::json(200, show(world, service)))
        }
        ("POST", [sid]) => update(world, ask, sid),
        ("DELETE", [sid]) => {
            find(world, ask, sid)?;
            world.services.retain(|s| s.sid != *sid);
            Ok(Reply::no_content())
        }
        (
            _,
            [
                sid,
                pool @ ("PhoneNumbers" | "ShortCodes" | "AlphaSenders" | "ChannelSenders"),
                rest @ ..,
            ],
        ) => senders(world, ask, sid, pool, rest),
        _ => Err(ask.not_found()),
    }
}

fn find<'a>(world: &'a World, ask: &Ask, sid: &str) -> Result<&'a Service, ApiError> {
    world
        .services
        .iter()
        .find(|s| s.sid == sid)
        .ok_or_else(|| ask.not_found())
}

fn create(world: &mut World, ask: &Ask) -> Outcome {
    let name = ask
        .given("FriendlyName")
        .ok_or_else(|| ApiError::new(400, 20001, "FriendlyName is required"))?;
    let now = world.now();
    let mut service = Service {
        sid: world.ids.sid("MG"),
        friendly_name: name.to_owned(),
        inbound_method: "POST".to_owned(),
        sticky_sender: true,
        smart_encoding: true,
        validity_period: 36_000,
        usecase: "undeclared".to_owned(),
        created: now,
        ..Service::default()
    };
    apply(&mut service, ask, now)?;
    let shown = show(world, &service);
    world.services.push(service);
    Ok(Reply::json(201, shown))
}

fn update(world: &mut World, ask: &Ask, sid: &str) -> Outcome {
    let now = world.now();
    let service = world
        .services
        .iter_mut()
        .find(|s| s.sid == sid)
        .ok_or_else(|| ask.not_found())?;
    apply(service, ask, now)?;
    let service = find(world, ask, sid)?;
    Ok(Reply::json(200, show(world, service)))
}

fn apply(service: &mut Service, ask: &Ask, now: i64) -> Result<(), ApiError> {
    let text = |name: &str| {
        ask.param(name)
            .map(|v| (!v.is_empty()).then(|| v.to_owned()))
    };
    if let Some(Some(name)) = text("FriendlyName") {
        if name.chars().count() > 64 {
            return Err(ApiError::new(
                400,
                20001,
                "FriendlyName may have at most 64 characters",
            ));
        }
        service.friendly_name = name;
    }
    if let Some(url) = text("InboundRequestUrl") {
        service.inbound_request_url = url;
    }
    if let Some(Some(method)) = text("InboundMethod") {
        service.inbound_method = method;
    }
    if let Some(url) = text("FallbackUrl") {
        service.fallback_url = url;
    }
    if let Some(url) = text("StatusCallback") {
        service.status_callback = url;
    }
    if let Some(Some(usecase)) = text("Usecase") {
        service.usecase = usecase;
    }
    if let Some(flag) = ask.flag("UseInboundWebhookOnNumber") {
        service.use_inbound_webhook_on_number = flag;
    }
    if let Some(flag) = ask.flag("StickySender") {
        service.sticky_sender = flag;
    }
    if let Some(flag) = ask.flag("SmartEncoding") {
        service.smart_encoding = flag;
    }
    if let Some(period) = ask.given("ValidityPeriod") {
        service.validity_period = period
            .parse()
            .ok()
            .filter(|p| (1..=36_000).contains(p))
            .ok_or_else(|| ApiError::bad(90007))?;
    }
    service.updated = now;
    Ok(())
}

fn show(world: &World, s: &Service) -> Value {
    let url = format!("{}/messaging/v1/Services/{}", world.origin, s.sid);
    json!({
        "account_sid": world.account(),
        "sid": s.sid,
        "date_created": iso8601(s.created),
        "date_updated": iso8601(s.updated),
        "friendly_name": s.friendly_name,
        "inbound_request_url": s.inbound_request_url,
        "inbound_method": s.inbound_method,
        "fallback_url": s.fallback_url,
        "fallback_method": "POST",
        "status_callback": s.status_callback,
        "sticky_sender": s.sticky_sender,
        "smart_encoding": s.smart_encoding,
        "mms_converter": true,
        "fallback_to_long_code": true,
        "scan_message_content": "inherit",
        "area_code_geomatch": true,
        "validity_period": s.validity_period,
        "synchronous_validation": false,
        "usecase": s.usecase,
        "us_app_to_person_registered": false,
        "use_inbound_webhook_on_number": s.use_inbound_webhook_on_number,
        "links": {
            "phone_numbers": format!("{url}/PhoneNumbers"),
            "short_codes": format!("{url}/ShortCodes"),
            "alpha_senders": format!("{url}/AlphaSenders"),
            "channel_senders": format!("{url}/ChannelSenders"),
            "messages": format!("{url}/Messages"),
            "us_app_to_person": format!("{url}/Compliance/Usa2p"),
            "us_app_to_person_usecases": format!("{url}/Compliance/Usa2p/Usecases"),
        },
        "url": url,
    })
}

/// The pool: which parameter names a sender depends on its kind.
fn senders(world: &mut World, ask: &Ask, sid: &str, pool: &str, rest: &[&str]) -> Outcome {
    find(world, ask, sid)?;
    let key = match pool {
        "PhoneNumbers" => "phone_numbers",
        "ShortCodes" => "short_codes",
        "AlphaSenders" => "alpha_senders",
        _ => "senders",
    };
    match (ask.method.as_str(), rest) {
        ("POST", []) => {
            let named = ["PhoneNumberSid", "ShortCodeSid", "AlphaSender", "Sid"]
                .iter()
                .find_map(|name| ask.given(name))
                .ok_or_else(|| ApiError::new(400, 20001, "A sender is required"))?;
            let entry = match world.numbers.iter().find(|n| n.sid == named) {
                Some(number) => (number.sid.clone(), number.number.clone()),
                // An address in place of a SID is a convenience of the twin.
                None => (world.ids.sid("PN"), named.to_owned()),
            };
            let shown = sender_json(world, sid, pool, &entry);
            if let Some(service) = world.services.iter_mut().find(|s| s.sid == sid) {
                if service.senders.iter().any(|(_, a)| *a == entry.1) {
                    return Err(ApiError::new(
                        409,
                        21710,
                        "The sender is in the service already",
                    ));
                }
                service.senders.push(entry);
            }
            Ok(Reply::json(201, shown))
        }
        ("GET", []) => {
            let service = find(world, ask, sid)?;
            let all = service
                .senders
                .iter()
                .filter(|(_, address)| pool_of(address) == pool)
                .map(|e| sender_json(world, sid, pool, e))
                .collect();
            super::page_meta(ask, world, key, all)
        }
        ("GET", [member]) => {
            let service = find(world, ask, sid)?;
            let mut entries = service.senders.iter();
            let entry = entries.find(|(s, a)| s == member && pool_of(a) == pool);
            let entry = entry.ok_or_else(|| ask.not_found())?;
            Ok(Reply::json(200, sender_json(world, sid, pool, entry)))
        }
        ("DELETE", [member]) => {
            if let Some(service) = world.services.iter_mut().find(|s| s.sid == sid) {
                service.senders.retain(|(s, _)| s != member);
            }
            Ok(Reply::no_content())
        }
        _ => Err(ask.not_found()),
    }
}

/// The pool that a sender belongs to.
fn pool_of(address: &str) -> &'static str {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if address.contains(':') {
        "ChannelSenders"
    } else if address.starts_with('+') {
        "PhoneNumbers"
    } else if digits(address) {
        "ShortCodes"
    } else {
        "AlphaSenders"
    }
}

fn sender_json(
    world: &World,
    service: &str,
    pool: &str,
    (sid, address): &(String, String),
) -> Value {
    let now = iso8601(world.now());
    let mut out = json!({
        "sid": sid,
        "account_sid": world.account(),
        "service_sid": service,
        "date_created": now,
        "date_updated": now,
        "country_code": super::lookups::country(address).0,
        "capabilities": ["SMS", "MMS"],
        "url": format!("{}/messaging/v1/Services/{service}/{pool}/{sid}", world.origin),
    });
    let name = match pool {
        "PhoneNumbers" => "phone_number",
        "ShortCodes" => "short_code",
        "AlphaSenders" => "alpha_sender",
        _ => "sender",
    };
    if let Some(map) = out.as_object_mut() {
        map.insert(name.to_owned(), json!(address));
    }
    out
}

/// `IncomingPhoneNumbers`: what the account owns, and where its webhooks go.
pub(crate) fn numbers(world: &mut World, ask: &Ask, rest: &[&str]) -> Outcome {
    match (ask.method.as_str(), rest) {
        ("GET", []) => {
            let wanted = ask.given("PhoneNumber");
            let all = world
                .numbers
                .iter()
                .filter(|n| wanted.is_none_or(|w| n.number.contains(w)))
                .map(|n| number_json(world, n))
                .collect();
            super::page_2010(ask, world, "incoming_phone_numbers", all)
        }
        ("POST", []) => {
            let number = ask
                .given("PhoneNumber")
                .ok_or_else(|| ApiError::new(400, 21421, "PhoneNumber is invalid"))?
                .to_owned();
            let resource = NumberResource {
                sid: world.ids.sid("PN"),
                friendly_name: ask.given("FriendlyName").unwrap_or(&number).to_owned(),
                number: number.clone(),
                created: world.now(),
            };
            world.numbers.push(resource.clone());
            point(world, ask, &number);
            Ok(Reply::json(201, number_json(world, &resource)))
        }
        (method, [sid]) => {
            let at = world.numbers.iter().position(|n| n.sid == *sid);
            let at = at.ok_or_else(|| ask.not_found())?;
            let number = world.numbers.get(at).cloned().unwrap_or_default();
            match method {
                "GET" => Ok(Reply::json(200, number_json(world, &number))),
                "POST" => {
                    point(world, ask, &number.number);
                    Ok(Reply::json(200, number_json(world, &number)))
                }
                "DELETE" => {
                    world.numbers.remove(at);
                    Ok(Reply::no_content())
                }
                _ => Err(ask.not_found()),
            }
        }
        _ => Err(ask.not_found()),
    }
}

/// Points the number's webhooks where the parameters say.
fn point(world: &mut World, ask: &Ask, number: &str) {
    let line = world.config.lines.entry(number.to_owned()).or_default();
    let text = |name: &str| ask.given(name).map(str::to_owned);
    line.sms_url = text("SmsUrl").or(line.sms_url.take());
    line.voice_url = text("VoiceUrl").or(line.voice_url.take());
    line.status_callback = text("StatusCallback").or(line.status_callback.take());
    line.fallback_url = text("VoiceFallbackUrl")
        .or(text("SmsFallbackUrl"))
        .or(line.fallback_url.take());
}

fn number_json(world: &World, n: &NumberResource) -> Value {
    let line = world
        .config
        .lines
        .get(&n.number)
        .cloned()
        .unwrap_or_default();
    json!({
        "account_sid": world.account(),
        "address_requirements": "none",
        "address_sid": null,
        "api_version": "2010-04-01",
        "beta": false,
        "bundle_sid": null,
        "emergency_address_sid": null,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "identity_sid": null,
        "origin": "twilio",
        "sms_application_sid": "",
        "trunk_sid": null,
        "type": null,
        "voice_application_sid": "",
        "voice_caller_id_lookup": false,
        "voice_receive_mode": "voice",
        "capabilities": {"voice": true, "sms": true, "mms": true, "fax": false},
        "date_created": rfc2822(n.created),
        "date_updated": rfc2822(n.created),
        "friendly_name": n.friendly_name,
        "phone_number": n.number,
        "sid": n.sid,
        "sms_fallback_method": "POST",
        "sms_fallback_url": line.fallback_url.clone().unwrap_or_default(),
        "sms_method": "POST",
        "sms_url": line.sms_url.unwrap_or_default(),
        "status": "in-use",
        "status_callback": line.status_callback.unwrap_or_default(),
        "status_callback_method": "POST",
        "uri": format!("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/{}.json", world.account(), n.sid),
        "voice_fallback_method": "POST",
        "voice_fallback_url": line.fallback_url.unwrap_or_default(),
        "voice_method": "POST",
        "voice_url": line.voice_url.unwrap_or_default(),
    })
}
