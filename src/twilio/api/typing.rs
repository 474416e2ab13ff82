//! The typing indicator of WhatsApp (Twilio docs, "Typing indicators", public beta).

use super::basic;
use crate::ports::HttpRequest;
use crate::twilio::form;

/// The request that shows the writer of an inbound message that an answer is being written.
/// It marks the message as read, and ends with the answer or after 25 s.
///
/// `origin` is that of the product `messaging`.
pub fn indicate(origin: &str, user: &str, password: &str, message_sid: &str) -> HttpRequest {
    HttpRequest {
        method: "POST",
        url: format!("{origin}/v2/Indicators/Typing.json"),
        authorization: Some(basic(user, password)),
        content_type: Some("application/x-www-form-urlencoded"),
        body: form::encode([("channel", "whatsapp"), ("messageId", message_sid)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_indicator_names_the_channel_and_the_message() {
        let request = indicate("https://messaging.twilio.com", "SK1", "s", "SM1");
        assert_eq!(
            request.url,
            "https://messaging.twilio.com/v2/Indicators/Typing.json"
        );
        assert_eq!(request.body, "channel=whatsapp&messageId=SM1");
    }
}
