//! Lookup v2 (Twilio docs, "Lookup v2 API: Line Type Intelligence").

use serde_json::Value;

use super::{basic, text};
use crate::ports::{HttpRequest, HttpResponse};

/// The request for a number's line type. `origin` is `https://lookups.twilio.com`; `number` is
/// E.164.
pub fn line_type(origin: &str, number: &str, user: &str, password: &str) -> HttpRequest {
    let number = number.replace('+', "%2B");
    HttpRequest {
        method: "GET",
        url: format!("{origin}/v2/PhoneNumbers/{number}?Fields=line_type_intelligence"),
        authorization: Some(basic(user, password)),
        content_type: None,
        body: String::new(),
    }
}

/// The line's type by Lookup's name (`mobile`, `landline`, `fixedVoip`, `nonFixedVoip`,
/// `personal`, `tollFree`, `premium`, `sharedCost`, `uan`, `voicemail`, `pager`, `unknown`);
/// `None` when the answer does not say.
pub fn read_line_type(response: &HttpResponse) -> Option<String> {
    if response.status != 200 {
        return None;
    }
    let body: Value = serde_json::from_str(&response.body).ok()?;
    text(body.get("line_type_intelligence")?, "type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_type_is_read_and_a_missing_one_is_none() {
        let request = line_type("https://lookups.twilio.com", "+1415", "AC1", "t");
        assert_eq!(
            request.url,
            "https://lookups.twilio.com/v2/PhoneNumbers/%2B1415?Fields=line_type_intelligence"
        );
        let answer = |status, body: &str| HttpResponse {
            status,
            body: body.to_owned(),
            ..HttpResponse::default()
        };
        let good = answer(200, r#"{"line_type_intelligence":{"type":"landline"}}"#);
        assert_eq!(read_line_type(&good).as_deref(), Some("landline"));
        for bad in [
            answer(200, r#"{"line_type_intelligence":null}"#),
            answer(200, r#"{"line_type_intelligence":{"type":null}}"#),
            answer(404, r#"{"line_type_intelligence":{"type":"mobile"}}"#),
            answer(200, "<html>"),
        ] {
            assert_eq!(read_line_type(&bad), None);
        }
    }
}
