//! What a twin is started with, and what `PUT /twin/config` changes.

use crate::fault::{self, Fault};
use crate::outcome::{self, Outcome};
use crate::state::Signing;
use crate::voice::script::{self, CallScript};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Settings. Every field can be changed while running, except `port` and `seed`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Port to listen on at 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The account (`AC` and 32 hexadecimal digits).
    pub account_sid: String,
    /// The primary auth token: signs webhooks and opens the REST API.
    pub auth_token: String,
    /// An API key that opens the REST API.
    pub api_key_sid: String,
    /// Its secret.
    pub api_key_secret: String,
    /// Origin of the application, e.g. `http://127.0.0.1:8787`.
    pub worker: Option<String>,
    /// The application's public origin when it differs: URLs that begin with it are signed as
    /// they are and dialled at `worker`.
    pub public_base_url: Option<String>,
    /// Webhook for inbound SMS; default `{base}/webhooks/sms/incoming`.
    pub sms_url: Option<String>,
    /// Webhook for inbound WhatsApp; default `{base}/webhooks/whatsapp`.
    pub whatsapp_url: Option<String>,
    /// Webhook for inbound calls; default `{base}/voice/incoming`.
    pub voice_url: Option<String>,
    /// Where the end of an inbound call is reported; default `{base}/voice/status`, `""` for nowhere.
    pub voice_status_url: Option<String>,
    /// Asked when a message's or call's document cannot be had.
    pub fallback_url: Option<String>,
    /// Settings of single numbers, by address.
    pub lines: BTreeMap<String, Line>,
    /// Names and codes come from this; the same seed and requests give the same answers.
    pub seed: u64,
    /// Milliseconds between two statuses of a message, and before a call is placed.
    pub step_ms: i64,
    /// How long the application may take to answer, in milliseconds.
    pub webhook_timeout_ms: u64,
    /// Twilio's own handling of STOP, START and HELP on SMS.
    pub opt_out_handling: bool,
    /// Adds `OptOutType`, as Advanced Opt-Out does.
    pub advanced_opt_out: bool,
    /// Enforces WhatsApp's 24-hour window (63016).
    pub whatsapp_window: bool,
    /// Read receipts follow delivery on WhatsApp.
    pub whatsapp_read: bool,
    /// When not empty, only these may be a `From` (21606, 21212).
    pub senders: Vec<String>,
    /// The sender of a Messaging Service that is not known here.
    pub default_sender: String,
    /// Only Messaging Services made here exist; otherwise any well-formed SID does.
    pub strict_services: bool,
    /// Only templates made here exist; otherwise any well-formed SID does.
    pub strict_content: bool,
    /// Only Verify services made here exist; otherwise any well-formed SID does.
    pub strict_verify: bool,
    /// Texts containing one of these are filtered by the carrier (30007).
    pub filtered_words: Vec<String>,
    /// Segments per second by sender; a sender not listed has no limit.
    pub rates: BTreeMap<String, f64>,
    /// The longest queue of a sender with a rate, in seconds (21611, 30001).
    pub queue_limit_s: i64,
    /// Numbers that are landlines (21614 for SMS, 60205 for Verify).
    pub landlines: Vec<String>,
    /// Countries that messages may go to, as geo permissions say.
    pub geo_permissions: BTreeMap<String, bool>,
    /// `campaign_status` of 10DLC campaigns by Messaging Service.
    pub campaigns: BTreeMap<String, String>,
    /// `status` of toll-free verifications by the number's SID.
    pub toll_free: BTreeMap<String, String>,
    /// `status` and webhook of WhatsApp senders by address, `whatsapp:+1...`.
    pub whatsapp_senders: BTreeMap<String, (String, String)>,
    /// How requests are signed, unless the request says otherwise.
    pub signing: Signing,
    /// Freezes the clock at this time (milliseconds since the epoch) from the start.
    pub freeze_at: Option<i64>,
    /// Faults there are from the start and after every reset, as for `POST /twin/faults`.
    pub faults: Vec<Value>,
    /// Outcomes, as for `POST /twin/outcomes`.
    pub outcomes: Vec<Value>,
    /// What numbers do when called, as for `POST /twin/scripts`.
    pub scripts: Vec<Value>,
}

/// What the scripts of a configuration say.
pub(crate) struct Scripts {
    pub faults: Vec<Fault>,
    pub outcomes: Vec<Outcome>,
    pub calls: Vec<CallScript>,
}

/// Webhooks of one number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Line {
    /// Webhook for inbound messages.
    pub sms_url: Option<String>,
    /// Webhook for inbound calls.
    pub voice_url: Option<String>,
    /// Method of both: `POST` (default) or `GET`.
    pub method: Option<String>,
    /// Asked when the first cannot be had.
    pub fallback_url: Option<String>,
    /// Call progress.
    pub status_callback: Option<String>,
    /// The Messaging Service this number is in.
    pub messaging_service_sid: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            account_sid: "AC00000000000000000000000000000000".to_owned(),
            auth_token: "twin-auth-token".to_owned(),
            api_key_sid: "SK00000000000000000000000000000000".to_owned(),
            api_key_secret: "twin-api-secret".to_owned(),
            worker: None,
            public_base_url: None,
            sms_url: None,
            whatsapp_url: None,
            voice_url: None,
            voice_status_url: None,
            fallback_url: None,
            lines: BTreeMap::new(),
            seed: 1,
            step_ms: 20,
            webhook_timeout_ms: 15_000,
            opt_out_handling: false,
            advanced_opt_out: false,
            whatsapp_window: true,
            whatsapp_read: false,
            senders: Vec::new(),
            default_sender: "+15005550006".to_owned(),
            strict_services: false,
            strict_content: false,
            strict_verify: false,
            filtered_words: Vec::new(),
            rates: BTreeMap::new(),
            queue_limit_s: 36_000,
            landlines: Vec::new(),
            geo_permissions: [("US", true), ("CA", true), ("PK", false)]
                .map(|(country, open)| (country.to_owned(), open))
                .into(),
            campaigns: BTreeMap::new(),
            toll_free: BTreeMap::new(),
            whatsapp_senders: BTreeMap::new(),
            signing: Signing::Good,
            freeze_at: None,
            faults: Vec::new(),
            outcomes: Vec::new(),
            scripts: Vec::new(),
        }
    }
}

/// What an inbound webhook is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hook {
    Sms,
    WhatsApp,
    Voice,
    VoiceStatus,
}

impl Config {
    /// These settings with those of a JSON document in their place.
    ///
    /// # Errors
    /// What is wrong with the document, or with a script in it.
    pub fn with(&self, text: &str) -> Result<Config, String> {
        let changes: Map<String, Value> = serde_json::from_str(text).map_err(|e| e.to_string())?;
        self.changed(changes)
    }

    /// These settings with some changed; `null` puts a default back.
    pub(crate) fn changed(&self, changes: Map<String, Value>) -> Result<Config, String> {
        let Value::Object(mut settings) = json!(self) else {
            return Ok(self.clone());
        };
        for (name, value) in changes {
            if value.is_null() {
                settings.remove(&name);
            } else {
                settings.insert(name, value);
            }
        }
        let config: Config =
            serde_json::from_value(Value::Object(settings)).map_err(|e| e.to_string())?;
        config.read_scripts()?;
        Ok(config)
    }

    /// Reads the scripts, or says which one is wrong.
    pub(crate) fn read_scripts(&self) -> Result<Scripts, String> {
        Ok(Scripts {
            faults: fault::parse(Value::Array(self.faults.clone()))?,
            outcomes: outcome::parse(Value::Array(self.outcomes.clone()))?,
            calls: script::parse(Value::Array(self.scripts.clone()))?,
        })
    }

    fn base(&self) -> Option<&str> {
        self.public_base_url
            .as_deref()
            .or(self.worker.as_deref())
            .map(|s| s.trim_end_matches('/'))
    }

    /// The URL configured for a webhook of this number, if there is one.
    pub(crate) fn hook(&self, hook: Hook, number: &str) -> Option<String> {
        let line = self.lines.get(number);
        let (of_line, of_all, path) = match hook {
            Hook::Sms => (
                line.and_then(|l| l.sms_url.as_ref()),
                &self.sms_url,
                "/webhooks/sms/incoming",
            ),
            Hook::WhatsApp => (
                line.and_then(|l| l.sms_url.as_ref()),
                &self.whatsapp_url,
                "/webhooks/whatsapp",
            ),
            Hook::Voice => (
                line.and_then(|l| l.voice_url.as_ref()),
                &self.voice_url,
                "/voice/incoming",
            ),
            Hook::VoiceStatus => (
                line.and_then(|l| l.status_callback.as_ref()),
                &self.voice_status_url,
                "/voice/status",
            ),
        };
        let url = match of_line.or(of_all.as_ref()) {
            Some(url) => url.clone(),
            None => format!("{}{path}", self.base()?),
        };
        (!url.is_empty()).then_some(url)
    }

    /// The URL asked when the first one fails.
    pub(crate) fn fallback(&self, number: &str) -> Option<String> {
        self.lines
            .get(number)
            .and_then(|l| l.fallback_url.clone())
            .or_else(|| self.fallback_url.clone())
            .filter(|url| !url.is_empty())
    }

    /// The method of the number's webhooks.
    pub(crate) fn method(&self, number: &str) -> String {
        self.lines
            .get(number)
            .and_then(|l| l.method.clone())
            .unwrap_or_else(|| "POST".to_owned())
    }

    /// `host:port` to dial for a URL of the public origin.
    pub(crate) fn dial(&self, url: &str) -> Option<String> {
        let public = self.public_base_url.as_deref()?.trim_end_matches('/');
        let rest = url.strip_prefix(public)?;
        if !(rest.is_empty() || rest.starts_with(['/', '?', '#'])) {
            return None;
        }
        crate::client::split_url(self.worker.as_deref()?).map(|p| p.authority.to_owned())
    }

    /// Whether these basic credentials open the REST API.
    pub(crate) fn accepts(&self, user: &str, password: &str, secondary: Option<&str>) -> bool {
        (user == self.account_sid
            && (password == self.auth_token || secondary.is_some_and(|s| s == password)))
            || (user == self.api_key_sid && password == self.api_key_secret)
    }
}
