//! Lookup v2: form, country and, on request, the type of the line.

use super::{Ask, Outcome, Reply};
use crate::form;
use crate::state::World;
use serde_json::json;

/// The country of a number by its calling code; a short list is enough for a twin.
pub(crate) fn country(number: &str) -> (&'static str, &'static str) {
    const PREFIXES: [(&str, &str, &str); 22] = [
        ("+1", "US", "1"),
        ("+31", "NL", "31"),
        ("+32", "BE", "32"),
        ("+33", "FR", "33"),
        ("+34", "ES", "34"),
        ("+351", "PT", "351"),
        ("+353", "IE", "353"),
        ("+39", "IT", "39"),
        ("+41", "CH", "41"),
        ("+43", "AT", "43"),
        ("+44", "GB", "44"),
        ("+46", "SE", "46"),
        ("+47", "NO", "47"),
        ("+48", "PL", "48"),
        ("+49", "DE", "49"),
        ("+52", "MX", "52"),
        ("+55", "BR", "55"),
        ("+61", "AU", "61"),
        ("+62", "ID", "62"),
        ("+81", "JP", "81"),
        ("+91", "IN", "91"),
        ("+65", "SG", "65"),
    ];
    PREFIXES
        .iter()
        .filter(|(prefix, _, _)| number.starts_with(prefix))
        .max_by_key(|(prefix, _, _)| prefix.len())
        .map_or(("ZZ", ""), |(_, country, code)| (country, code))
}

pub(crate) fn fetch(world: &World, ask: &Ask, number: &str) -> Outcome {
    if ask.method != "GET" {
        return Err(ask.not_found());
    }
    let valid = super::messages::is_recipient(number) && number.starts_with('+');
    let (iso, code) = country(number);
    let fields = form::get(&ask.query, "Fields").unwrap_or_default();
    let line_type = fields
        .split(',')
        .any(|f| f == "line_type_intelligence")
        .then(|| {
            let landline = world.config.landlines.iter().any(|l| l == number);
            json!({
                "mobile_country_code": null,
                "mobile_network_code": null,
                "carrier_name": "Twin Mobile",
                "type": if landline { "landline" } else { "mobile" },
                "error_code": null,
            })
        });
    Ok(Reply::json(
        200,
        json!({
            "calling_country_code": valid.then_some(code),
            "country_code": valid.then_some(iso),
            "phone_number": number,
            "national_format": number.strip_prefix(&format!("+{code}")).unwrap_or(number),
            "valid": valid,
            "validation_errors": if valid { json!([]) } else { json!(["INVALID_LENGTH"]) },
            "caller_name": null,
            "sim_swap": null,
            "call_forwarding": null,
            "line_status": null,
            "line_type_intelligence": line_type,
            "identity_match": null,
            "reassigned_number": null,
            "sms_pumping_risk": null,
            "phone_number_quality_score": null,
            "pre_fill": null,
            "url": super::resource_url(world, ask),
        }),
    ))
}
