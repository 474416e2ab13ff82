//! The Messages resource (Twilio OpenAPI, `api_v2010`, `Messages.json`).

use serde_json::Value;

use super::{Account, text};
use crate::ports::{HttpRequest, HttpResponse, Millis};
use crate::time::parse_rfc2822;

/// What a new message is made of. At least one of `body`, `media_urls` and `content_sid`,
/// and one of `from` and `messaging_service_sid`, must be there.
#[derive(Debug, Clone, Default)]
pub struct NewMessage<'a> {
    /// `To`.
    pub to: &'a str,
    /// `From`: a number, a short code, an alphanumeric id or a channel address.
    pub from: Option<&'a str>,
    /// `MessagingServiceSid`, `MG…`.
    pub messaging_service_sid: Option<&'a str>,
    /// `Body`, at most 1600 characters.
    pub body: Option<&'a str>,
    /// `MediaUrl`, at most ten.
    pub media_urls: &'a [String],
    /// `ContentSid`, `HX…`; `body` and `media_urls` are then left out.
    pub content_sid: Option<&'a str>,
    /// `ContentVariables`: a JSON object as a string.
    pub content_variables: Option<&'a str>,
    /// `StatusCallback`.
    pub status_callback: Option<&'a str>,
    /// Further parameters by Twilio's own names.
    pub more: &'a [(String, String)],
}

/// The request that creates a message.
pub fn create(account: &Account, message: &NewMessage<'_>) -> HttpRequest {
    let mut parameters = vec![("To", message.to)];
    let optional = [
        ("From", message.from),
        ("MessagingServiceSid", message.messaging_service_sid),
        ("Body", message.body),
        ("ContentSid", message.content_sid),
        ("ContentVariables", message.content_variables),
        ("StatusCallback", message.status_callback),
    ];
    parameters.extend(
        optional
            .iter()
            .filter_map(|(name, value)| value.map(|v| (*name, v))),
    );
    parameters.extend(
        message
            .media_urls
            .iter()
            .map(|url| ("MediaUrl", url.as_str())),
    );
    parameters.extend(
        message
            .more
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    account.post("/Messages.json", &parameters)
}

/// The request that lists messages to one address created at or after `since`. Twilio
/// filters by day and second; the reader filters again.
pub fn list(account: &Account, to: &str, since: Millis) -> HttpRequest {
    let since = super::second(since);
    account.get(
        "/Messages.json",
        &[("To", to), ("DateSent>", &since), ("PageSize", "100")],
    )
}

/// The request for the first page of all messages of a window of time, sent or received.
pub fn list_window(account: &Account, from: Millis, until: Millis, size: u32) -> HttpRequest {
    let bounds = [super::second(from), super::second(until)];
    let names = ["DateSent>", "DateSent<"];
    account.get(
        "/Messages.json",
        &super::window(names, &bounds, &size.to_string()),
    )
}

/// The request that lists a message's media.
pub fn list_media(account: &Account, sid: &str) -> HttpRequest {
    account.get(&["/Messages/", sid, "/Media.json"].concat(), &[])
}

/// Where the media of a list are, as their webhook would have said; `None` when it is none.
pub fn media_urls(account: &Account, sid: &str, response: &HttpResponse) -> Option<Vec<String>> {
    let page = super::Page::read(response, "media_list")?;
    let urls = page.entries.iter().map(|entry| {
        let media = text(entry, "sid")?;
        Some([account.base.as_str(), "/Messages/", sid, "/Media/", &media].concat())
    });
    urls.collect()
}

/// The request that updates a message: `Status=canceled`, or an empty `Body` to redact.
pub fn update(account: &Account, sid: &str, parameter: (&str, &str)) -> HttpRequest {
    account.post(&format!("/Messages/{sid}.json"), &[parameter])
}

/// A message as Twilio tells it, as far as it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageResource {
    /// `SM…` or `MM…`.
    pub sid: String,
    /// `status`, by Twilio's name.
    pub status: String,
    /// `to`.
    pub to: String,
    /// `from`; absent until a Messaging Service has chosen a sender.
    pub from: Option<String>,
    /// `messaging_service_sid`.
    pub messaging_service_sid: Option<String>,
    /// `body`.
    pub body: String,
    /// `error_code`.
    pub error_code: Option<u32>,
    /// `date_created`.
    pub created: Option<Millis>,
}

impl MessageResource {
    /// Reads one message; `None` without a SID and a status.
    pub fn read(value: &Value) -> Option<MessageResource> {
        Some(MessageResource {
            sid: text(value, "sid").filter(|sid| !sid.is_empty())?,
            status: text(value, "status")?,
            to: text(value, "to").unwrap_or_default(),
            from: text(value, "from"),
            messaging_service_sid: text(value, "messaging_service_sid"),
            body: text(value, "body").unwrap_or_default(),
            error_code: value
                .get("error_code")
                .and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()))
                .and_then(|code| u32::try_from(code).ok()),
            created: text(value, "date_created").and_then(|date| parse_rfc2822(&date)),
        })
    }

    /// Reads a page of the list; `None` when it is not one.
    pub fn read_list(response: &HttpResponse) -> Option<Vec<MessageResource>> {
        if response.status != 200 {
            return None;
        }
        let body: Value = serde_json::from_str(&response.body).ok()?;
        body.get("messages")?
            .as_array()?
            .iter()
            .map(MessageResource::read)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account::new("https://api.twilio.com", "AC1", "SK1", "secret")
    }

    #[test]
    fn a_message_is_a_form_with_repeated_media() {
        let media = ["https://a/1".to_owned(), "https://a/2".to_owned()];
        let request = create(
            &account(),
            &NewMessage {
                to: "+15550100",
                from: Some("+15550111"),
                body: Some("a & b"),
                media_urls: &media,
                ..NewMessage::default()
            },
        );
        assert_eq!(
            request.url,
            "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
        );
        assert_eq!(
            request.body,
            "To=%2B15550100&From=%2B15550111&Body=a+%26+b&MediaUrl=https%3A%2F%2Fa%2F1\
             &MediaUrl=https%3A%2F%2Fa%2F2"
        );
        assert_eq!(
            request.authorization.as_deref(),
            Some("Basic U0sxOnNlY3JldA==")
        );
    }

    #[test]
    fn the_list_asks_from_a_second_on() {
        let request = list(&account(), "+15550100", 1_795_512_600_123);
        assert!(
            request.url.ends_with(
                "/Messages.json?To=%2B15550100&DateSent%3E=2026-11-24T09%3A30%3A00Z&PageSize=100"
            ),
            "{}",
            request.url
        );
    }

    #[test]
    fn a_list_with_one_unreadable_message_is_no_evidence() {
        let page = |body: &str| HttpResponse {
            status: 200,
            body: body.to_owned(),
            ..HttpResponse::default()
        };
        let good = page(r#"{"messages":[{"sid":"SM1","status":"sent","error_code":30003}]}"#);
        assert_eq!(
            MessageResource::read_list(&good).unwrap()[0].error_code,
            Some(30003)
        );
        assert_eq!(
            MessageResource::read_list(&page(r#"{"messages":[{}]}"#)),
            None
        );
        assert_eq!(MessageResource::read_list(&page("<html>")), None);
    }
}
