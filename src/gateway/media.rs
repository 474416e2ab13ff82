//! Media of inbound messages: Twilio keeps them behind the account's credentials, the
//! application gets a link of ours that is signed and expires.
//!
//! What must never happen: a link that is made up leads to Twilio, or Twilio's credentials go
//! to another host.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::http::{Incoming, Response, path_and_query};
use super::problem::Problem;
use super::world::World;
use crate::objects::contact::{FetchMessage, Message};
use crate::objects::id::{Id, Kind};
use crate::ports::{HttpRequest, Millis};
use crate::settings::Settings;
use crate::time::{HOUR, SECOND, rfc3339};
use crate::twilio::api::basic;
use crate::twilio::form::Form;

/// How long a link is good: as long as an event may take to reach the application.
const GOOD_FOR: Millis = 72 * HOUR;

/// The links to a message's media, with their types; none while the deployment has no
/// credentials to fetch them with.
pub fn links(settings: &Settings, base: &str, message: &Message, now: Millis) -> Vec<Value> {
    let types = message.details.get("media_types");
    let links = message.media_urls.iter().enumerate().filter_map(|(at, _)| {
        let kind = types.and_then(|types| types.get(at));
        Some(json!({
            "url": link(settings, base, message.id.as_str(), at, now)?,
            "content_type": kind,
            "expires_at": rfc3339(now.saturating_add(GOOD_FOR)),
        }))
    });
    links.collect()
}

/// One link.
pub fn link(
    settings: &Settings,
    base: &str,
    message: &str,
    at: usize,
    now: Millis,
) -> Option<String> {
    let expires = now.saturating_add(GOOD_FOR) / SECOND;
    let signature = signature(settings, message, at, expires)?;
    Some(format!(
        "{base}/media/{message}/{at}?expires={expires}&signature={signature}"
    ))
}

/// HMAC-SHA256 under the account's own secret, over what the link leads to and until when.
fn mac(settings: &Settings, message: &str, at: usize, expires: i64) -> Option<Hmac<Sha256>> {
    let secret = settings.credentials.as_ref()?.password.expose();
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    Some(mac.chain_update(format!("hookswitch media {message} {at} {expires}")))
}

fn signature(settings: &Settings, message: &str, at: usize, expires: i64) -> Option<String> {
    let mac = mac(settings, message, at, expires)?;
    Some(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Follows a link: what Twilio keeps is passed on as it comes.
///
/// # Errors
/// 404 for a link that is not ours, has expired, or leads to nothing any more: all the same.
pub async fn fetch<W: World>(
    world: &W,
    request: &impl Incoming,
    message: &str,
    at: &str,
) -> Result<Response, Problem> {
    let gone = || Problem::not_found("There is no such medium, or the link has expired.");
    let settings = world.settings();
    let tail = path_and_query(request.url());
    let query = tail.split_once('?').map_or("", |(_, query)| query);
    let query = Form::parse(query.as_bytes()).map_err(|_| gone())?;
    let at: usize = at.parse().map_err(|_| gone())?;
    let expires: i64 = query
        .get("expires")
        .and_then(|text| text.parse().ok())
        .ok_or_else(gone)?;
    let given = URL_SAFE_NO_PAD
        .decode(query.get("signature").unwrap_or_default())
        .map_err(|_| gone())?;
    let expected = mac(settings, message, at, expires).ok_or_else(gone)?;
    // In constant time.
    let genuine = expected.verify_slice(&given).is_ok();
    if !genuine || world.now() / SECOND >= expires {
        return Err(gone());
    }
    let id = Id::parse(Kind::Message, message).ok_or_else(gone)?;
    let contact = id.contact();
    let found = world.ask(contact.as_str(), &FetchMessage { id }).await?;
    let url = found
        .and_then(|message| message.media_urls.get(at).cloned())
        .ok_or_else(gone)?;
    Ok(Response::relay(upstream(settings, url)))
}

/// The request to where the medium is. Credentials go to Twilio's API alone.
fn upstream(settings: &Settings, url: String) -> HttpRequest {
    let is_twilio = [
        settings.twilio_base("api").as_str(),
        "https://api.twilio.com",
    ]
    .iter()
    .any(|base| {
        url.strip_prefix(base)
            .is_some_and(|rest| rest.starts_with('/'))
    });
    let credentials = settings.credentials.as_ref().filter(|_| is_twilio);
    HttpRequest {
        method: "GET",
        authorization: credentials.map(|known| basic(&known.user, known.password.expose())),
        url,
        content_type: None,
        body: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings::read(|name| match name {
            "TWILIO_ACCOUNT_SID" => Some("AC1".to_owned()),
            "TWILIO_AUTH_TOKEN" => Some("token".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn credentials_go_to_twilio_and_to_nobody_else() {
        let settings = settings();
        let to = |url: &str| upstream(&settings, url.to_owned()).authorization.is_some();
        assert!(to(
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"
        ));
        for url in [
            "https://api.twilio.com.evil.example/x",
            "https://media.example/x",
            "http://api.twilio.com/x",
            "https://api.twilio.com@evil.example/",
        ] {
            assert!(!to(url), "{url}");
        }
    }

    #[test]
    fn a_signature_is_for_one_medium_of_one_message_until_one_moment() {
        let settings = settings();
        let signed = |message, at, expires| signature(&settings, message, at, expires).unwrap();
        let one = signed("msg_a", 0, 1_000);
        for other in [
            signed("msg_b", 0, 1_000),
            signed("msg_a", 1, 1_000),
            signed("msg_a", 0, 1_001),
        ] {
            assert_ne!(one, other);
        }
    }
}
