//! What became of a message we sent.
//!
//! Twilio docs, "Outbound message status in status callbacks". Callbacks come late, twice and
//! out of order; nothing here puts them right.

use super::{EventError, Parameters};
use crate::twilio::address::Address;
use crate::twilio::form::Form;
use crate::twilio::sid::{AccountSid, MessageSid, MessagingServiceSid};

/// A message status callback.
pub struct MessageStatusCallback<'f> {
    parameters: Parameters<'f>,
    /// `MessageSid`.
    pub sid: MessageSid,
    /// `AccountSid`.
    pub account_sid: AccountSid,
    /// `MessageStatus`: queued, sending, sent, delivered, undelivered, failed, read, ...
    pub status: &'f str,
    /// `From`: our sender.
    pub from: Option<Address>,
    /// `To`: the person.
    pub to: Option<Address>,
    /// `ExternalUserId`: the business-scoped id of a WhatsApp user.
    pub external_user_id: Option<Address>,
    /// `MessagingServiceSid`.
    pub messaging_service_sid: Option<MessagingServiceSid>,
    /// `ErrorCode`: with failed and undelivered only.
    pub error_code: Option<u32>,
    /// `ChannelStatusMessage`: a channel's own words on a failure.
    pub channel_status_message: Option<&'f str>,
    /// `RawDlrDoneDate`: the carrier's time of delivery, `YYMMDDhhmm`, zone unknown.
    pub carrier_done_date: Option<&'f str>,
}

impl<'f> MessageStatusCallback<'f> {
    /// Reads a status callback.
    ///
    /// # Errors
    /// [`EventError`] when `MessageSid`, `AccountSid` or `MessageStatus` is missing or wrong.
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let parameters = Parameters { form };
        Ok(MessageStatusCallback {
            parameters,
            sid: parameters.sid("MessageSid")?,
            account_sid: parameters.sid("AccountSid")?,
            status: parameters.required("MessageStatus")?,
            from: parameters.parsed("From"),
            to: parameters.parsed("To"),
            external_user_id: parameters.parsed("ExternalUserId"),
            messaging_service_sid: parameters.parsed("MessagingServiceSid"),
            error_code: parameters.parsed("ErrorCode").filter(|&code| code != 0),
            channel_status_message: parameters.optional("ChannelStatusMessage"),
            carrier_done_date: parameters.optional("RawDlrDoneDate"),
        })
    }

    /// Every parameter, those without a field included.
    pub fn form(&self) -> &'f Form<'f> {
        self.parameters.form
    }

    /// Whether this is a read receipt (`EventType=READ`).
    pub fn is_read_receipt(&self) -> bool {
        self.parameters.optional("EventType") == Some("READ")
    }
}
