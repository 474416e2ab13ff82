//! What a deployment decides about messages: how far a STOP reaches, what free text counts as
//! one, where events go, which mail service a chain may use.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::SettingFault;
use crate::messaging::consent::StopReach;
use crate::messaging::figures::Threshold;
use crate::messaging::revocation::Policy;
use crate::ports::{HttpRequest, Millis};
use crate::secret::Secret;
use crate::time::SECOND;

/// Everything about messages.
#[derive(Debug)]
pub struct Messaging {
    /// `STOP_REACH`: `all` (default), `channel` or `sender`.
    pub stop_reach: StopReach,
    /// `REVOCATION_OPT_OUT_AT`, `REVOCATION_ASK_AT`: confidence in percent, 101 for never.
    pub revocation: Policy,
    /// `ALERT_BELOW_PERCENT`, `ALERT_SAMPLE`: when a sender's figures raise an alert.
    pub threshold: Threshold,
    /// `EVENTS_URL`, `EVENTS_SECRET`: the application that is told.
    pub webhook: Option<Webhook>,
    /// `SENDGRID_API_KEY`, `SENDGRID_ORIGIN`, `MAIL_BINDING`, `MAIL_FROM`, `MAIL_SUBJECT`.
    pub mail: Option<Mail>,
    /// `TYPING_AFTER_MS`: how long a WhatsApp message may wait for its answer before its
    /// writer is shown that one is being written; `None` for never.
    pub typing_after: Option<Millis>,
    /// `MEDIA_CHECK`: ask where media are for their type and size before they are sent.
    pub media_check: bool,
    /// `ERASURE_KEY`: what the hash that an erasure leaves is made with.
    pub erasure_key: Option<Secret>,
}

/// Where events go, and what signs them.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Absolute URL.
    pub url: String,
    /// The bytes behind `whsec_`, base64 in the setting.
    pub key: Vec<u8>,
}

/// Who carries an e-mail: SendGrid, then the platform's own mail service.
#[derive(Debug, Clone)]
pub struct Mail {
    sendgrid: Option<SendGrid>,
    /// A binding of the type `send_email`, by its name.
    pub binding: Option<String>,
    /// From whom.
    pub from: String,
    /// Every mail's subject: a text message has none.
    pub subject: String,
}

#[derive(Debug, Clone)]
struct SendGrid {
    key: Secret,
    origin: String,
}

impl Mail {
    /// The request that hands one mail to SendGrid (SendGrid docs, "Mail Send", v3), where
    /// there is a key for it.
    pub fn request(&self, to: &str, text: &str) -> Option<HttpRequest> {
        let sendgrid = self.sendgrid.as_ref()?;
        let body = json!({
            "personalizations": [{ "to": [{ "email": to }] }],
            "from": { "email": self.from },
            "subject": self.subject,
            "content": [{ "type": "text/plain", "value": text }],
        });
        Some(HttpRequest {
            method: "POST",
            url: format!("{}/v3/mail/send", sendgrid.origin),
            authorization: Some(format!("Bearer {}", sendgrid.key.expose())),
            content_type: Some("application/json"),
            body: body.to_string(),
        })
    }
}

impl Messaging {
    pub(super) fn read(
        get: &impl Fn(&str) -> Option<String>,
        faults: &mut Vec<SettingFault>,
    ) -> Messaging {
        let stop_reach = match get("STOP_REACH").as_deref() {
            None | Some("all") => StopReach::All,
            Some("channel") => StopReach::Channel,
            Some("sender") => StopReach::Sender,
            Some(_) => {
                faults.push(SettingFault {
                    name: "STOP_REACH",
                    reason: "must be all, channel or sender",
                });
                StopReach::All
            }
        };
        let mut percent = |name: &'static str, default: u8| {
            let value = get(name).map_or(Ok(default), |text| text.parse::<u8>());
            value.unwrap_or_else(|_| {
                faults.push(SettingFault {
                    name,
                    reason: "must be a whole number of per cent",
                });
                default
            })
        };
        let revocation = Policy {
            opt_out_at: percent("REVOCATION_OPT_OUT_AT", Policy::default().opt_out_at),
            ask_at: percent("REVOCATION_ASK_AT", Policy::default().ask_at),
        };
        let usual = Threshold::default();
        let threshold = Threshold {
            below: u32::from(percent("ALERT_BELOW_PERCENT", 95)) * 100,
            sample: u64::from(percent("ALERT_SAMPLE", 20)).max(1),
            ..usual
        };
        Messaging {
            stop_reach,
            revocation,
            threshold,
            webhook: webhook(get, faults),
            mail: mail(get, faults),
            typing_after: typing_after(get, faults),
            media_check: get("MEDIA_CHECK").as_deref() != Some("0"),
            erasure_key: get("ERASURE_KEY").map(Secret::new),
        }
    }
}

fn webhook(
    get: &impl Fn(&str) -> Option<String>,
    faults: &mut Vec<SettingFault>,
) -> Option<Webhook> {
    let url = get("EVENTS_URL")?;
    let secret = get("EVENTS_SECRET").unwrap_or_default();
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap_or(&secret))
        .ok()
        .filter(|key| (16..=64).contains(&key.len()));
    let is_url = url.starts_with("https://") || url.starts_with("http://");
    if key.is_none() || !is_url {
        faults.push(SettingFault {
            name: "EVENTS_URL",
            reason: "must be http(s), with EVENTS_SECRET: whsec_ and 16 to 64 bytes in base64",
        });
    }
    Some(Webhook { url, key: key? }).filter(|_| is_url)
}

fn mail(get: &impl Fn(&str) -> Option<String>, faults: &mut Vec<SettingFault>) -> Option<Mail> {
    let origin = get("SENDGRID_ORIGIN").unwrap_or_else(|| "https://api.sendgrid.com".to_owned());
    let sendgrid = get("SENDGRID_API_KEY").map(|key| SendGrid {
        key: Secret::new(key),
        origin: origin.trim_end_matches('/').to_owned(),
    });
    let binding = get("MAIL_BINDING");
    if sendgrid.is_none() && binding.is_none() {
        return None;
    }
    let Some(from) = get("MAIL_FROM") else {
        faults.push(SettingFault {
            name: "MAIL_FROM",
            reason: "is needed to send mail: an address that the mail service has verified",
        });
        return None;
    };
    Some(Mail {
        sendgrid,
        binding,
        from,
        subject: get("MAIL_SUBJECT").unwrap_or_else(|| "A message for you".to_owned()),
    })
}

/// How long until typing is shown; 0 for never.
fn typing_after(
    get: &impl Fn(&str) -> Option<String>,
    faults: &mut Vec<SettingFault>,
) -> Option<Millis> {
    let after =
        get("TYPING_AFTER_MS").map_or(Ok(SECOND), |text| text.parse::<u32>().map(Millis::from));
    let after = after.unwrap_or_else(|_| {
        faults.push(SettingFault {
            name: "TYPING_AFTER_MS",
            reason: "must be a whole number of milliseconds; 0 for never",
        });
        SECOND
    });
    Some(after).filter(|after| *after > 0)
}
