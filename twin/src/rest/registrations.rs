//! What an account may do and is registered for: geo permissions, 10DLC campaigns, toll-free
//! verifications, WhatsApp senders. Each is as the configuration says.

use super::{Ask, Outcome, Reply};
use crate::clock::iso8601;
use crate::ids::Ids;
use crate::state::World;
use serde_json::{Value, json};

/// `accounts/v1/Messaging/GeoPermissions`
pub(crate) fn geo(world: &World, ask: &Ask) -> Outcome {
    if ask.method != "GET" {
        return Err(ask.not_found());
    }
    let wanted: Vec<&str> = match ask.given("CountryCode") {
        Some(list) => list.split(',').collect(),
        None => Vec::new(),
    };
    let countries = world.config.geo_permissions.iter();
    let shown: Vec<Value> = countries
        .filter(|(country, _)| wanted.is_empty() || wanted.contains(&country.as_str()))
        .map(|(country, open)| {
            let risk = if country == "PK" {
                "High Risk Country"
            } else {
                ""
            };
            json!({"country_code": country, "type": "country", "enabled": open, "message": risk})
        })
        .collect();
    Ok(Reply::json(200, json!({"permissions": shown})))
}

/// `messaging/v1/Services/{sid}/Compliance/Usa2p`
pub(crate) fn campaigns(world: &World, ask: &Ask, service: &str) -> Outcome {
    let status = world.config.campaigns.get(service);
    let at = iso8601(0);
    let all = status.into_iter().map(|status| {
        let sid = named("QE", service);
        json!({
            "sid": sid,
            "account_sid": world.account(),
            "brand_registration_sid": named("BN", service),
            "messaging_service_sid": service,
            "description": "Receipts for customers.",
            "message_samples": ["Your order 1 has left.", "Your order 2 has left."],
            "us_app_to_person_usecase": "MIXED",
            "has_embedded_links": false,
            "has_embedded_phone": false,
            "subscriber_opt_in": true,
            "age_gated": false,
            "direct_lending": false,
            "campaign_status": status,
            "campaign_id": "CTWIN01",
            "is_externally_registered": false,
            "rate_limits": {"att": {"mps": 600, "msg_class": "A"}, "tmobile": {"brand_tier": "TOP"}},
            "message_flow": "People tick a box when they order.",
            "opt_in_message": "",
            "opt_out_message": "",
            "help_message": "",
            "opt_in_keywords": ["START"],
            "opt_out_keywords": ["STOP"],
            "help_keywords": ["HELP"],
            "date_created": at,
            "date_updated": at,
            "url": format!("{}/{sid}", super::resource_url(world, ask)),
            "mock": false,
            "errors": if status == "FAILED" { json!([{"error_code": 30897}]) } else { json!([]) },
        })
    });
    super::page_meta(ask, world, "compliance", all.collect())
}

/// `messaging/v1/Tollfree/Verifications`: the properties that say whose, and how it stands.
pub(crate) fn toll_free(world: &World, ask: &Ask) -> Outcome {
    let at = iso8601(0);
    let all = world.config.toll_free.iter().map(|(number, status)| {
        let sid = named("HH", number);
        let found = world.numbers.iter().find(|known| known.sid == *number);
        json!({
            "sid": sid,
            "account_sid": world.account(),
            "tollfree_phone_number_sid": number,
            "tollfree_phone_number": found.map(|known| known.number.as_str()),
            "status": status,
            "date_created": at,
            "date_updated": at,
            "url": format!("{}/{sid}", super::resource_url(world, ask)),
        })
    });
    super::page_meta(ask, world, "verifications", all.collect())
}

/// `messaging/v2/Channels/Senders`
pub(crate) fn senders(world: &World, ask: &Ask) -> Outcome {
    let is_whatsapp = ask.given("Channel") == Some("whatsapp");
    let senders = world.config.whatsapp_senders.iter();
    let all = senders
        .filter(|_| is_whatsapp)
        .map(|(address, (status, url))| {
            let sid = named("XE", address);
            json!({
                "sid": sid,
                "status": status,
                "sender_id": address,
                "configuration": null,
                "webhook": {
                    "callback_url": url, "callback_method": "POST", "fallback_url": null,
                    "fallback_method": "POST", "status_callback_url": null,
                    "status_callback_method": "POST",
                },
                "profile": null,
                "properties": null,
                "offline_reasons": null,
                "compliance": null,
                "url": format!("{}/{sid}", super::resource_url(world, ask)),
            })
        });
    super::page_meta(ask, world, "senders", all.collect())
}

/// A SID that follows from a name.
fn named(prefix: &str, name: &str) -> String {
    let seed = name.bytes().fold(7_u64, |seed, byte| {
        seed.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte)
    });
    Ids::new(seed).sid(prefix)
}
