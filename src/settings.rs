//! The deployment's settings, read once from the Worker's bindings and parsed into the
//! types the code uses. `docs/configuration.md` is the reference.
//!
//! A setting that is wrong never stops the Worker from answering: it is left out, and
//! its fault is kept and logged, so that a caller still hears an apology and an operator
//! still finds the reason.

mod console;
mod doctor;
mod doubts;
mod flows;
mod messaging;
mod verify;

use crate::campaign::price::Prices;
use crate::effects;
use crate::messaging::zones::Zone;
use crate::ports::Millis;
use crate::secret::Secret;
use crate::time::SECOND;
use crate::twilio::api::Account;
use crate::twilio::signature::Key;
use crate::verify::policy::Policy;

pub use console::{Access, Console};
pub use doctor::Doctor;
pub use verify::Page;

pub use messaging::{Mail, Messaging, Webhook};

/// How a request to Twilio proves who it is.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// An API key's SID, or the account's.
    pub user: String,
    /// The key's secret, or the Auth Token.
    pub password: Secret,
}

/// A caller of our own API.
#[derive(Debug)]
pub struct ApiKey {
    /// The name in logs and in the scope of idempotency keys.
    pub name: String,
    /// What the caller presents as `Bearer`.
    pub key: Secret,
}

/// The Auth Tokens that may sign one account's webhooks: the current one, then the next.
#[derive(Debug)]
pub struct SigningKeys {
    /// `AC…`.
    pub account_sid: String,
    /// Current first.
    pub keys: Vec<Key>,
}

/// A binding whose value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFault {
    /// The binding's name.
    pub name: &'static str,
    /// What is wrong with it, without its value.
    pub reason: &'static str,
}

/// Everything that differs between two deployments.
#[derive(Debug)]
pub struct Settings {
    /// `TWILIO_ACCOUNT_SID`: the account of every REST call.
    pub account_sid: Option<String>,
    /// `TWILIO_AUTH_TOKEN`, `TWILIO_AUTH_TOKEN_NEXT`: who may sign webhooks.
    pub signing: Vec<Key>,
    /// `TWILIO_AUTH_TOKEN_PREVIOUS`: a token that was in force before. It signs nothing; the
    /// doctor recognises it.
    pub retired: Option<Key>,
    /// `TWILIO_SUBACCOUNT_TOKENS`: `AC…:token,AC…:token`; one account may be named twice.
    pub subaccounts: Vec<SigningKeys>,
    /// `TWILIO_API_KEY_SID` and `TWILIO_API_KEY_SECRET`, else the account's own pair.
    pub credentials: Option<Credentials>,
    /// `API_KEYS`: `name:key,...`.
    pub api_keys: Vec<ApiKey>,
    /// `CONSOLE_…`, `ACCESS_…`: who may open the console.
    pub console: Console,
    /// `TWILIO_PHONE_NUMBER`: the sender when a request names none.
    pub phone_number: Option<String>,
    /// `TWILIO_WHATSAPP_NUMBER`, with or without `whatsapp:`.
    pub whatsapp_number: Option<String>,
    /// `TWILIO_VERIFY_SID`: the Verify service, `VA…`.
    pub verify_sid: Option<String>,
    /// `VERIFY_…`: what is decided about verifications.
    pub verify: Policy,
    /// `VERIFY_ORIGINS`, `TURNSTILE_…`, `VERIFY_PAGE`: what a web page may do.
    pub verify_page: Page,
    /// `PUBLIC_BASE_URL`: what Twilio calls us, kept to the letter, without a last `/`.
    pub public_base_url: Option<String>,
    /// `TWILIO_ORIGIN`: holds `{product}`. Default `https://{product}.twilio.com`.
    pub twilio_origin: String,
    /// `FLOW_…`, `FLEX_WORKSPACE_SID`: what flows may do.
    pub flows: effects::Policy,
    /// `CALL_LOG`: the steps of flows on calls are kept as well, after each answer.
    pub call_log: bool,
    /// `FLOW_TIME_ZONE`: what time it is for flows.
    pub flow_zone: Zone,
    /// Consent, recovery, events.
    pub messaging: Messaging,
    /// `HELP_TEXT`: the answer to HELP; empty for none.
    pub help_text: String,
    /// `OPT_OUT_TEXT`: confirms a STOP where Twilio does not; empty for none.
    pub opt_out_text: String,
    /// `OPT_IN_TEXT`: confirms a START where Twilio does not; empty for none.
    pub opt_in_text: String,
    /// `APOLOGY`: what a caller hears when an answer cannot be made.
    pub apology: String,
    /// `DEFAULT_VOICE_FLOW`: the flow of a number that has none of its own.
    pub default_voice_flow: String,
    /// `DEFAULT_MESSAGE_FLOW`: the flow of messages to an address that has none of its own;
    /// without one, messages are kept and the application is told.
    pub default_message_flow: Option<String>,
    /// `REVEAL_KEYS`: names of API keys that may see what executions know, unmasked.
    pub reveal_keys: Vec<String>,
    /// `SALES_PHONE`, `SUPPORT_PHONE` and each name in `FLOW_DATA`: what a flow reads as
    /// `{{flow.data.NAME}}`.
    pub flow_data: Vec<(String, String)>,
    /// `SETTLE_SECONDS`: how long after a POST with no answer Twilio's message list is
    /// asked whether it was taken. Default 20 s, twice the POST's own time limit.
    pub settle_after: Millis,
    /// `GAP_SECONDS`: how long a webhook has to come before Twilio's lists are asked for what it
    /// told of. Default 120 s; `None`, from `0`, never asks.
    pub gap_after: Option<Millis>,
    /// `CONFIG_TTL_SECONDS`: how long an isolate trusts what it read from KV. Default 30 s.
    pub config_ttl: Millis,
    /// `PRICES`: what a segment costs by country, such as `USD US:0.0083 *:0.05`, for
    /// forecasts.
    pub prices: Option<Prices>,
    /// `HOOKSWITCH_TEST_ROUTES` is `1`: routes that only tests may have.
    pub test_routes: bool,
    /// `DOCTOR_…`: how much work a refused webhook may be.
    pub doctor: Doctor,
    /// What could not be used.
    pub faults: Vec<SettingFault>,
    /// What was used, and is hardly meant.
    pub doubts: Vec<SettingFault>,
}

const DEFAULT_APOLOGY: &str =
    "We are sorry. Something went wrong on our side. Please call again in a few minutes.";

impl Settings {
    /// Reads the settings by name. An empty value counts as none.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Settings {
        let get = |name: &str| {
            lookup(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let mut faults = Vec::new();
        let account_sid = get("TWILIO_ACCOUNT_SID");
        let token = get("TWILIO_AUTH_TOKEN");
        let signing = [token.as_deref(), get("TWILIO_AUTH_TOKEN_NEXT").as_deref()]
            .into_iter()
            .flatten()
            .map(Key::new)
            .collect();
        let credentials = match (get("TWILIO_API_KEY_SID"), get("TWILIO_API_KEY_SECRET")) {
            (Some(user), Some(secret)) => Some(Credentials {
                user,
                password: Secret::new(secret),
            }),
            (None, None) => account_sid
                .clone()
                .zip(token)
                .map(|(user, token)| Credentials {
                    user,
                    password: Secret::new(token),
                }),
            _ => {
                faults.push(SettingFault {
                    name: "TWILIO_API_KEY_SID",
                    reason: "TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET go together",
                });
                None
            }
        };
        let verify = verify::policy(&get, &mut faults);
        let verify_page = verify::page(&get, &mut faults);
        let messaging = Messaging::read(&get, &mut faults);
        let flows = flows::policy(&get, messaging.webhook.is_some(), &mut faults);
        let doctor = Doctor::read(&get, &mut faults);
        Settings {
            flows,
            flow_zone: flows::zone(&get, &mut faults),
            call_log: get("CALL_LOG").as_deref() == Some("1"),
            messaging,
            account_sid,
            signing,
            retired: get("TWILIO_AUTH_TOKEN_PREVIOUS").as_deref().map(Key::new),
            subaccounts: subaccounts(get("TWILIO_SUBACCOUNT_TOKENS").as_deref(), &mut faults),
            credentials,
            api_keys: api_keys(get("API_KEYS").as_deref(), &mut faults),
            console: Console::read(&get, &mut faults),
            phone_number: get("TWILIO_PHONE_NUMBER"),
            whatsapp_number: get("TWILIO_WHATSAPP_NUMBER"),
            verify_sid: get("TWILIO_VERIFY_SID"),
            verify,
            verify_page,
            public_base_url: public_base_url(get("PUBLIC_BASE_URL"), &mut faults),
            twilio_origin: twilio_origin(&get, &mut faults),
            help_text: get("HELP_TEXT").unwrap_or_default(),
            opt_out_text: get("OPT_OUT_TEXT").unwrap_or_default(),
            opt_in_text: get("OPT_IN_TEXT").unwrap_or_default(),
            apology: get("APOLOGY").unwrap_or_else(|| DEFAULT_APOLOGY.to_owned()),
            default_voice_flow: get("DEFAULT_VOICE_FLOW").unwrap_or_else(|| "acme-ivr".to_owned()),
            default_message_flow: get("DEFAULT_MESSAGE_FLOW"),
            reveal_keys: names(get("REVEAL_KEYS").as_deref()),
            flow_data: flow_data(&get),
            settle_after: seconds(get("SETTLE_SECONDS"), "SETTLE_SECONDS", 20, &mut faults),
            gap_after: Some(seconds(get("GAP_SECONDS"), "GAP_SECONDS", 120, &mut faults))
                .filter(|patience| *patience > 0),
            config_ttl: seconds(
                get("CONFIG_TTL_SECONDS"),
                "CONFIG_TTL_SECONDS",
                30,
                &mut faults,
            ),
            prices: prices(get("PRICES"), &mut faults),
            doctor,
            test_routes: get("HOOKSWITCH_TEST_ROUTES").as_deref() == Some("1"),
            faults,
            doubts: doubts::doubts(&get),
        }
    }

    /// The keys that may sign a webhook of `account_sid`: the sub-account's own when they
    /// are configured, else the main account's.
    pub fn keys_for(&self, account_sid: Option<&str>) -> Vec<&Key> {
        let own: Vec<&Key> = self
            .subaccounts
            .iter()
            .filter(|sub| Some(sub.account_sid.as_str()) == account_sid)
            .flat_map(|sub| &sub.keys)
            .collect();
        if own.is_empty() {
            self.signing.iter().collect()
        } else {
            own
        }
    }

    /// Minutes that the clocks of flows are ahead of UTC.
    pub fn flow_offset(&self, now: Millis) -> i32 {
        i32::try_from(self.flow_zone.offset_at(now)).unwrap_or_default()
    }

    /// In whose name a flow acts for a call or message of `account_sid`.
    pub fn acting_for<'a>(&'a self, account_sid: &'a str) -> effects::Account<'a> {
        let credentials = self.credentials.as_ref();
        effects::Account {
            sid: account_sid,
            credentials: credentials.map(|own| (own.user.as_str(), own.password.expose())),
            key: self.keys_for(Some(account_sid)).into_iter().next(),
            origin: &self.twilio_origin,
        }
    }

    /// The Twilio account of this deployment; `None` without a SID or credentials.
    pub fn account(&self) -> Option<Account> {
        let sid = self.account_sid.as_deref()?;
        let credentials = self.credentials.as_ref()?;
        Some(Account::new(
            &self.twilio_base("api"),
            sid,
            &credentials.user,
            credentials.password.expose(),
        ))
    }

    /// The base of one Twilio product's URLs, such as `https://api.twilio.com`.
    pub fn twilio_base(&self, product: &str) -> String {
        self.twilio_origin.replace("{product}", product)
    }
}

fn subaccounts(value: Option<&str>, faults: &mut Vec<SettingFault>) -> Vec<SigningKeys> {
    let mut accounts: Vec<SigningKeys> = Vec::new();
    for pair in value.into_iter().flat_map(|value| value.split(',')) {
        match pair.trim().split_once(':') {
            Some((sid, token)) if sid.starts_with("AC") && !token.is_empty() => {
                match accounts.iter_mut().find(|known| known.account_sid == sid) {
                    Some(known) => known.keys.push(Key::new(token)),
                    None => accounts.push(SigningKeys {
                        account_sid: sid.to_owned(),
                        keys: vec![Key::new(token)],
                    }),
                }
            }
            _ => faults.push(SettingFault {
                name: "TWILIO_SUBACCOUNT_TOKENS",
                reason: "each entry must be AC…:token",
            }),
        }
    }
    accounts
}

fn api_keys(value: Option<&str>, faults: &mut Vec<SettingFault>) -> Vec<ApiKey> {
    let mut keys = Vec::new();
    for pair in value.into_iter().flat_map(|value| value.split(',')) {
        match pair.trim().split_once(':') {
            Some((name, key)) if !name.is_empty() && key.len() >= 6 => {
                keys.push(ApiKey {
                    name: name.to_owned(),
                    key: Secret::new(key),
                });
            }
            _ => faults.push(SettingFault {
                name: "API_KEYS",
                reason: "each entry must be name:key with a key of 6 characters or more",
            }),
        }
    }
    keys
}

fn public_base_url(value: Option<String>, faults: &mut Vec<SettingFault>) -> Option<String> {
    let value = value?;
    if !(value.starts_with("https://") || value.starts_with("http://"))
        || value.contains(['?', '#'])
    {
        faults.push(SettingFault {
            name: "PUBLIC_BASE_URL",
            reason: "must be http(s)://host[:port][/path] with no query and no fragment",
        });
        return None;
    }
    Some(value.trim_end_matches('/').to_owned())
}

/// `TWILIO_ORIGIN` wins; else the host is built from `TWILIO_EDGE` and `TWILIO_REGION`.
/// An edge alone means region `us1`; a region alone would resolve to the wrong place, so
/// it needs its edge (Twilio docs, "Global Infrastructure: URL format").
fn twilio_origin(get: &impl Fn(&str) -> Option<String>, faults: &mut Vec<SettingFault>) -> String {
    if let Some(origin) = get("TWILIO_ORIGIN") {
        if origin.contains("{product}") {
            return origin.trim_end_matches('/').to_owned();
        }
        faults.push(SettingFault {
            name: "TWILIO_ORIGIN",
            reason: "must hold {product}",
        });
    }
    match (get("TWILIO_EDGE"), get("TWILIO_REGION")) {
        (Some(edge), region) => {
            let region = region.as_deref().unwrap_or("us1");
            format!("https://{{product}}.{edge}.{region}.twilio.com")
        }
        (None, Some(_)) => {
            faults.push(SettingFault {
                name: "TWILIO_REGION",
                reason: "needs TWILIO_EDGE beside it: a region alone is routed to the US",
            });
            "https://{product}.twilio.com".to_owned()
        }
        (None, None) => "https://{product}.twilio.com".to_owned(),
    }
}

fn flow_data(get: &impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let extra = get("FLOW_DATA").unwrap_or_default();
    ["SALES_PHONE", "SUPPORT_PHONE"]
        .into_iter()
        .chain(
            extra
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty()),
        )
        .filter_map(|name| get(name).map(|value| (name.to_owned(), value)))
        .collect()
}

/// A list of names, divided by commas.
fn names(value: Option<&str>) -> Vec<String> {
    let names = value.into_iter().flat_map(|value| value.split(','));
    let names = names.map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

fn prices(value: Option<String>, faults: &mut Vec<SettingFault>) -> Option<Prices> {
    let value = value?;
    let prices = Prices::parse(&value);
    if prices.is_none() {
        faults.push(SettingFault {
            name: "PRICES",
            reason: "must be a currency and prices by country: USD US:0.0083 *:0.05",
        });
    }
    prices
}

fn seconds(
    value: Option<String>,
    name: &'static str,
    default: Millis,
    faults: &mut Vec<SettingFault>,
) -> Millis {
    let seconds = value.map_or(Ok(default), |value| value.parse::<u32>().map(Millis::from));
    seconds.unwrap_or_else(|_| {
        faults.push(SettingFault {
            name,
            reason: "must be a whole number of seconds",
        });
        default
    }) * SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(values: &[(&str, &str)]) -> Settings {
        Settings::read(|name| {
            values
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_twilio_host_follows_origin_then_edge_and_region() {
        let base = |values: &[(&str, &str)]| settings(values).twilio_base("api");
        assert_eq!(base(&[]), "https://api.twilio.com");
        assert_eq!(
            base(&[("TWILIO_EDGE", "sydney")]),
            "https://api.sydney.us1.twilio.com"
        );
        assert_eq!(
            base(&[("TWILIO_EDGE", "dublin"), ("TWILIO_REGION", "ie1")]),
            "https://api.dublin.ie1.twilio.com"
        );
        assert_eq!(
            base(&[("TWILIO_ORIGIN", "http://127.0.0.1:8788/{product}")]),
            "http://127.0.0.1:8788/api"
        );
        let alone = settings(&[("TWILIO_REGION", "au1")]);
        assert_eq!(
            alone.faults.first().map(|fault| fault.name),
            Some("TWILIO_REGION")
        );
    }

    #[test]
    fn a_sub_account_is_checked_with_its_own_tokens_only() {
        let settings = settings(&[
            ("TWILIO_AUTH_TOKEN", "main"),
            ("TWILIO_AUTH_TOKEN_NEXT", "next"),
            ("TWILIO_SUBACCOUNT_TOKENS", "AC1:one,AC1:two,AC2:three"),
        ]);
        assert_eq!(settings.keys_for(None).len(), 2);
        assert_eq!(settings.keys_for(Some("AC1")).len(), 2);
        assert_eq!(settings.keys_for(Some("AC2")).len(), 1);
        assert_eq!(settings.keys_for(Some("AC9")).len(), 2);
    }

    #[test]
    fn a_wrong_setting_is_reported_and_left_out() {
        let settings = settings(&[
            ("API_KEYS", "good:secret1,bad"),
            ("PUBLIC_BASE_URL", "ftp://x"),
            ("SETTLE_SECONDS", "soon"),
            ("TWILIO_API_KEY_SID", "SK1"),
        ]);
        assert_eq!(settings.api_keys.len(), 1);
        assert_eq!(settings.public_base_url, None);
        assert_eq!(settings.settle_after, 20 * SECOND);
        let mut names: Vec<_> = settings.faults.iter().map(|fault| fault.name).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "API_KEYS",
                "PUBLIC_BASE_URL",
                "SETTLE_SECONDS",
                "TWILIO_API_KEY_SID"
            ]
        );
    }

    #[test]
    fn the_base_url_is_kept_to_the_letter_but_for_its_last_slash() {
        let settings = settings(&[("PUBLIC_BASE_URL", "https://Api.Example.org:8443/gw/")]);
        assert_eq!(
            settings.public_base_url.as_deref(),
            Some("https://Api.Example.org:8443/gw")
        );
    }
}
