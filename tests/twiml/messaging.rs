//! The document of a reply to a message; it is the function of the same name in
//! tests/golden/twiml.py.

use hookswitch::twilio::twiml::{Message, MessagingResponse, Method, Redirect, TwimlError};

pub(crate) fn messaging() -> Result<String, TwimlError> {
    MessagingResponse::new()
        .message(&Message {
            text: "Hi & bye",
            to: Some("+15550101"),
            from: Some("+15550102"),
            action: Some("/a"),
            method: Some(Method::Get),
            status_callback: Some("/status"),
        })
        .message_with(&Message::default(), |m| {
            m.body("With <media>")
                .media("https://example.com/a.png?x=1&y=2")
                .media("/relative.jpg");
        })
        .message_with(&Message::text("Text too"), |m| {
            m.media("/b.gif");
        })
        .redirect(&Redirect {
            method: Some(Method::Post),
            ..Redirect::to("/more?a=1&b=2")
        })
        .finish()
}
