//! The answer to an inbound message (Twilio docs, TwiML for Messaging).

use super::element::{children, element, scope};
use super::error::TwimlError;
use super::values::Method;
use super::verbs::Redirect;
use super::writer::Writer;

element! {
    /// `<Message>`: sends a message, by default back to whom the inbound one came from and on
    /// the same channel.
    pub struct Message<'a> = "Message" (
        /// The message, at most 1600 characters; empty if it is in `<Body>` or there is only
        /// media.
        text: &'a str
    ) {
        /// Receiver; by default the sender of the inbound message. Only for SMS.
        to: &'a str = "to",
        /// Sender; by default the receiver of the inbound message. Only for SMS.
        from: &'a str = "from",
        /// Where the message's status is sent, with the older parameters.
        action: &'a str = "action",
        /// Method of `action`.
        method: Method = "method",
        /// Where the message's status is sent.
        status_callback: &'a str = "statusCallback",
    }
}

impl<'a> Message<'a> {
    /// Replies with `text`.
    #[must_use]
    pub const fn text(text: &'a str) -> Self {
        Self {
            text,
            to: None,
            from: None,
            action: None,
            method: None,
            status_callback: None,
        }
    }
}

element! {
    /// `<Body>` in `<Message>`.
    pub(super) struct Body = "Body" {}
}

element! {
    /// `<Media>` in `<Message>`.
    pub(super) struct Media = "Media" {}
}

scope! {
    /// Inside `<Message>`.
    pub struct MessageScope {
        /// The text of the message.
        fn body(text, Body);
        /// A file to send along, by its URL; at most ten.
        fn media(url, Media);
    }
}

/// A response to an inbound message: at most ten messages. Without one nothing is sent.
#[derive(Debug, Clone)]
pub struct MessagingResponse {
    writer: Writer,
}

impl Default for MessagingResponse {
    fn default() -> Self {
        Self::new()
    }
}

impl MessagingResponse {
    /// An empty response.
    #[must_use]
    pub fn new() -> Self {
        Self {
            writer: Writer::new(),
        }
    }

    children! {
        /// Sends a message.
        fn message(&Message);
        /// Sends a message with media.
        fn message_with(&Message) { MessageScope };
        /// Goes on with another document. Verbs after it are never run.
        fn redirect(&Redirect);
    }

    /// Ends the response and hands the document out; the response is empty afterwards.
    ///
    /// # Errors
    /// If Twilio would refuse the document: it is too large, has too many messages, or a message
    /// is empty, too long or has too many media.
    pub fn finish(&mut self) -> Result<String, TwimlError> {
        self.writer.finish()
    }

    fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }
}
