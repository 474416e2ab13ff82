//! Settings of phone verification: see [`Policy`] and [`Page`].

use super::SettingFault;
use crate::secret::Secret;
use crate::time::SECOND;
use crate::verify::channel::Channel;
use crate::verify::country::Country;
use crate::verify::policy::{Mode, Policy, RateKey};
use crate::verify::window::Limit;

/// What a web page of the deployment's own may do.
#[derive(Debug, Default)]
pub struct Page {
    /// `VERIFY_ORIGINS`: origins whose pages may call `/verify/send` and `/verify/check`.
    pub origins: Vec<String>,
    /// `TURNSTILE_SECRET`: without it no page is let in.
    pub turnstile_secret: Option<Secret>,
    /// `TURNSTILE_SITE_KEY`: shown in the page.
    pub turnstile_site_key: Option<String>,
    /// `TURNSTILE_ORIGIN`: where tokens are checked.
    pub turnstile_origin: String,
    /// `VERIFY_PAGE` is `1`: the Worker serves the page itself at `/verify`.
    pub served: bool,
}

type Get<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) fn page(get: Get<'_>, faults: &mut Vec<SettingFault>) -> Page {
    let mut origins = Vec::new();
    for origin in list(get("VERIFY_ORIGINS")) {
        let scheme = origin
            .strip_prefix("https://")
            .or_else(|| origin.strip_prefix("http://"));
        if scheme.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', '?'])) {
            origins.push(origin);
        } else {
            faults.push(SettingFault {
                name: "VERIFY_ORIGINS",
                reason: "each entry must be an origin, such as https://www.example.com",
            });
        }
    }
    Page {
        origins,
        turnstile_secret: get("TURNSTILE_SECRET").map(Secret::new),
        turnstile_site_key: get("TURNSTILE_SITE_KEY"),
        turnstile_origin: get("TURNSTILE_ORIGIN")
            .unwrap_or_else(|| "https://challenges.cloudflare.com".to_owned()),
        served: get("VERIFY_PAGE").as_deref() == Some("1"),
    }
}

pub(super) fn policy(get: Get<'_>, faults: &mut Vec<SettingFault>) -> Policy {
    let default = Policy::default();
    let mut fault = |name, reason| faults.push(SettingFault { name, reason });
    let mut limit = |name, default| match get(name) {
        None => default,
        Some(text) if text == "off" => None,
        Some(text) => match Limit::parse(&text) {
            Ok(limit) => Some(limit),
            Err(_) => {
                fault(name, "must be STARTS/SECONDS, such as 3/600, or off");
                default
            }
        },
    };
    let per_address = limit("VERIFY_LIMIT_ADDRESS", default.per_address);
    let per_ip = limit("VERIFY_LIMIT_IP", default.per_ip);
    let per_prefix = limit("VERIFY_LIMIT_PREFIX", default.per_prefix);
    let per_account = limit("VERIFY_LIMIT_ACCOUNT", default.per_account);
    let mut seconds = |name, default| match get(name).map(|text| text.parse::<u32>()) {
        None => default,
        Some(Ok(seconds)) => i64::from(seconds) * SECOND,
        Some(Err(_)) => {
            fault(name, "must be a whole number of seconds");
            default
        }
    };
    let patience = seconds("VERIFY_FALLBACK_SECONDS", default.patience);
    let lifetime = seconds("VERIFY_CODE_SECONDS", default.lifetime);
    let block_for = seconds("VERIFY_BLOCK_SECONDS", default.block_for);
    let guard = match get("VERIFY_GUARD").as_deref() {
        None | Some("on") => Mode::On,
        Some("dry-run") => Mode::DryRun,
        Some("off") => Mode::Off,
        Some(_) => {
            fault("VERIFY_GUARD", "must be on, dry-run or off");
            Mode::On
        }
    };
    Policy {
        per_address,
        last_call: get("VERIFY_LAST_CALL").as_deref() != Some("0"),
        per_ip,
        per_prefix,
        per_account,
        channels: channels(get, faults).unwrap_or(default.channels),
        patience,
        lifetime,
        countries: countries(get, faults),
        guard,
        block_for,
        rate_limits: rate_limits(get, faults),
        lookup: get("VERIFY_LOOKUP").as_deref() == Some("1"),
        refused_line_types: match get("VERIFY_REFUSED_LINE_TYPES") {
            Some(text) => list(Some(text)),
            None => default.refused_line_types,
        },
    }
}

fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    let items = text.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

fn channels(get: Get<'_>, faults: &mut Vec<SettingFault>) -> Option<Vec<Channel>> {
    let names = list(Some(get("VERIFY_CHANNELS")?));
    match names.iter().map(|name| Channel::parse(name)).collect() {
        Ok(channels) => Some(channels),
        Err(_) => {
            faults.push(SettingFault {
                name: "VERIFY_CHANNELS",
                reason: "must be a list of sms, call, email, whatsapp",
            });
            None
        }
    }
}

/// A country that cannot be read is left out: a list that grew by a mistake would be worse
/// than one that lacks an entry.
fn countries(get: Get<'_>, faults: &mut Vec<SettingFault>) -> Option<Vec<Country>> {
    let names = list(Some(get("VERIFY_COUNTRIES")?));
    let mut countries = Vec::new();
    for name in names {
        match Country::parse(&name) {
            Ok(country) => countries.push(country),
            Err(_) => faults.push(SettingFault {
                name: "VERIFY_COUNTRIES",
                reason: "each entry must be two letters, such as US",
            }),
        }
    }
    Some(countries)
}

fn rate_limits(get: Get<'_>, faults: &mut Vec<SettingFault>) -> Vec<(String, RateKey)> {
    let mut limits = Vec::new();
    for pair in list(get("VERIFY_RATE_LIMITS")) {
        let read = pair
            .split_once(':')
            .and_then(|(name, key)| Some((name.trim(), RateKey::parse(key.trim())?)));
        match read {
            Some((name, key)) if !name.is_empty() => limits.push((name.to_owned(), key)),
            _ => faults.push(SettingFault {
                name: "VERIFY_RATE_LIMITS",
                reason: "each entry must be unique_name:source, the source one of ip, prefix, \
                         country, network, to",
            }),
        }
    }
    limits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[(&str, &str)]) -> (Policy, Page, Vec<&'static str>) {
        let get = |name: &str| {
            let found = values.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let mut faults = Vec::new();
        let policy = policy(&get, &mut faults);
        let page = page(&get, &mut faults);
        (
            policy,
            page,
            faults.iter().map(|fault| fault.name).collect(),
        )
    }

    #[test]
    fn nothing_set_is_the_default() {
        let (policy, page, faults) = read(&[]);
        assert_eq!(policy, Policy::default());
        assert!(page.origins.is_empty() && !page.served && faults.is_empty());
        assert_eq!(page.turnstile_origin, "https://challenges.cloudflare.com");
    }

    #[test]
    fn settings_are_read_and_wrong_ones_named() {
        let (policy, page, faults) = read(&[
            ("VERIFY_LIMIT_ADDRESS", "5/60"),
            ("VERIFY_LIMIT_IP", "off"),
            ("VERIFY_LIMIT_PREFIX", "many"),
            ("VERIFY_COUNTRIES", "us, CA, Canada"),
            ("VERIFY_GUARD", "dry-run"),
            ("VERIFY_CHANNELS", "whatsapp,call"),
            ("VERIFY_RATE_LIMITS", "end_user_ip:ip,odd"),
            ("VERIFY_ORIGINS", "https://a.example,https://b.example/path"),
        ]);
        assert_eq!(policy.per_address, Some(Limit::per_seconds(5, 60)));
        assert_eq!(
            (policy.per_ip, policy.per_prefix),
            (None, Policy::default().per_prefix)
        );
        let countries: Vec<_> = policy
            .countries
            .iter()
            .flatten()
            .map(Country::as_str)
            .collect();
        assert_eq!(countries, ["US", "CA"]);
        assert_eq!(policy.guard, Mode::DryRun);
        assert_eq!(policy.channels, [Channel::WhatsApp, Channel::Call]);
        assert_eq!(
            policy.rate_limits,
            [("end_user_ip".to_owned(), RateKey::Ip)]
        );
        assert_eq!(page.origins, ["https://a.example"]);
        assert_eq!(
            faults,
            [
                "VERIFY_LIMIT_PREFIX",
                "VERIFY_COUNTRIES",
                "VERIFY_RATE_LIMITS",
                "VERIFY_ORIGINS"
            ]
        );
    }
}
