//! A message somebody sent us: SMS, MMS, WhatsApp, RCS, Messenger.
//!
//! Twilio docs, "Messaging webhook request", and "WhatsApp: inbound message parameters".

use super::{EventError, Parameters, Place};
use crate::twilio::address::Address;
use crate::twilio::form::Form;
use crate::twilio::sid::{AccountSid, MessageSid, MessagingServiceSid};

/// An inbound message.
pub struct InboundMessage<'f> {
    parameters: Parameters<'f>,
    /// `MessageSid`.
    pub sid: MessageSid,
    /// `AccountSid`: the account or sub-account it was sent to.
    pub account_sid: AccountSid,
    /// `MessagingServiceSid`, when the receiving number is in a service.
    pub messaging_service_sid: Option<MessagingServiceSid>,
    /// `From`.
    pub from: Address,
    /// `To`.
    pub to: Address,
    /// `ExternalUserId`: the business-scoped id of a WhatsApp user, also when `from` is their
    /// number. It changes when they change their number.
    pub external_user_id: Option<Address>,
    /// `Body`, as written: white space is part of it. Empty for a message of media only.
    pub body: &'f str,
    /// `NumSegments`, at least 1.
    pub segments: u32,
    /// `MediaUrl0`, `MediaContentType0` and so on.
    pub media: Vec<Media<'f>>,
    /// `OptOutType`: Advanced Opt-Out recognised a keyword and has acted on it.
    pub opt_out_type: Option<OptOutType>,
    /// `MessageType` (WhatsApp, RCS): text, image, audio, video, document, sticker, location,
    /// contacts, button, interactive and whatever is added.
    pub message_type: Option<&'f str>,
    /// `ProfileName`: the sender's display name.
    pub profile_name: Option<&'f str>,
    /// `WaId`: the digits of a WhatsApp user's number, when it is known.
    pub wa_id: Option<&'f str>,
    /// A quick reply that was tapped.
    pub button: Option<Button<'f>>,
    /// An item chosen from a list.
    pub list: Option<ListChoice<'f>>,
    /// A location that was shared.
    pub location: Option<Location<'f>>,
    /// The message this one replies to.
    pub replied_to: Option<RepliedTo<'f>>,
    /// The advertisement that led here. Sent once, with the first message.
    pub referral: Option<Referral<'f>>,
}

impl<'f> InboundMessage<'f> {
    /// Reads an inbound message.
    ///
    /// # Errors
    /// [`EventError`] when `MessageSid`, `AccountSid`, `From` or `To` is missing or wrong.
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let parameters = Parameters { form };
        Ok(InboundMessage {
            parameters,
            sid: parameters.sid("MessageSid")?,
            account_sid: parameters.sid("AccountSid")?,
            messaging_service_sid: parameters.parsed("MessagingServiceSid"),
            from: parameters.address("From")?,
            to: parameters.address("To")?,
            external_user_id: parameters.parsed("ExternalUserId"),
            body: parameters.optional("Body").unwrap_or_default(),
            segments: parameters.parsed("NumSegments").unwrap_or(1).max(1),
            media: read_media(parameters),
            opt_out_type: OptOutType::read(parameters),
            message_type: parameters.optional("MessageType"),
            profile_name: parameters.optional("ProfileName"),
            wa_id: parameters.optional("WaId"),
            button: Button::read(parameters),
            list: ListChoice::read(parameters),
            location: Location::read(parameters),
            replied_to: RepliedTo::read(parameters),
            referral: Referral::read(parameters),
        })
    }

    /// Every parameter, those without a field included.
    pub fn form(&self) -> &'f Form<'f> {
        self.parameters.form
    }

    /// `Forwarded` or `FrequentlyForwarded`.
    pub fn is_forwarded(&self) -> bool {
        self.parameters.flag("Forwarded") || self.parameters.flag("FrequentlyForwarded")
    }

    /// Where `From` is registered.
    pub fn from_place(&self) -> Place<'f> {
        Place::of_from(self.parameters)
    }

    /// Where `To` is registered.
    pub fn to_place(&self) -> Place<'f> {
        Place::of_to(self.parameters)
    }
}

fn read_media(parameters: Parameters<'_>) -> Vec<Media<'_>> {
    parameters
        .numbered("MediaUrl")
        .map(|(n, url)| Media {
            url,
            content_type: parameters.optional(&format!("MediaContentType{n}")),
        })
        .collect()
}

/// A file that came with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Media<'f> {
    /// Where Twilio keeps it. Needs the account's credentials, unless the account says not.
    pub url: &'f str,
    /// Its media type, as Twilio was told.
    pub content_type: Option<&'f str>,
}

/// What Advanced Opt-Out made of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOutType {
    /// The sender opted out.
    Stop,
    /// The sender opted in again.
    Start,
    /// The sender asked for help.
    Help,
}

impl OptOutType {
    fn read(parameters: Parameters<'_>) -> Option<Self> {
        match parameters.optional("OptOutType")? {
            "STOP" => Some(OptOutType::Stop),
            "START" => Some(OptOutType::Start),
            "HELP" => Some(OptOutType::Help),
            _ => None,
        }
    }
}

/// A quick reply that was tapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Button<'f> {
    /// `ButtonText`: what the button said.
    pub text: &'f str,
    /// `ButtonPayload`: what the template set for it.
    pub payload: Option<&'f str>,
    /// `ButtonType`.
    pub kind: Option<&'f str>,
}

impl<'f> Button<'f> {
    fn read(parameters: Parameters<'f>) -> Option<Self> {
        let payload = parameters.optional("ButtonPayload");
        Some(Button {
            text: parameters.optional("ButtonText").or(payload)?,
            payload,
            kind: parameters.optional("ButtonType"),
        })
    }
}

/// An item chosen from a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListChoice<'f> {
    /// `ListId`.
    pub id: &'f str,
    /// `ListTitle`.
    pub title: Option<&'f str>,
    /// `ListDescription`.
    pub description: Option<&'f str>,
}

impl<'f> ListChoice<'f> {
    fn read(parameters: Parameters<'f>) -> Option<Self> {
        Some(ListChoice {
            id: parameters.optional("ListId")?,
            title: parameters.optional("ListTitle"),
            description: parameters.optional("ListDescription"),
        })
    }
}

/// A location that was shared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location<'f> {
    /// `Latitude`, degrees.
    pub latitude: f64,
    /// `Longitude`, degrees.
    pub longitude: f64,
    /// `Address`: a postal address.
    pub address: Option<&'f str>,
    /// `Label`: the name of the place.
    pub label: Option<&'f str>,
}

impl<'f> Location<'f> {
    fn read(parameters: Parameters<'f>) -> Option<Self> {
        Some(Location {
            latitude: parameters
                .parsed("Latitude")
                .filter(|degrees: &f64| degrees.is_finite())?,
            longitude: parameters
                .parsed("Longitude")
                .filter(|degrees: &f64| degrees.is_finite())?,
            address: parameters.optional("Address"),
            label: parameters.optional("Label"),
        })
    }
}

/// The message that a message replies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepliedTo<'f> {
    /// `OriginalRepliedMessageSid`.
    pub sid: MessageSid,
    /// `OriginalRepliedMessageSender`: an address.
    pub sender: Option<&'f str>,
}

impl<'f> RepliedTo<'f> {
    fn read(parameters: Parameters<'f>) -> Option<Self> {
        Some(RepliedTo {
            sid: parameters.parsed("OriginalRepliedMessageSid")?,
            sender: parameters.optional("OriginalRepliedMessageSender"),
        })
    }
}

/// A click-to-WhatsApp advertisement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Referral<'f> {
    /// `ReferralSourceId`.
    pub source_id: Option<&'f str>,
    /// `ReferralSourceType`: ad or post.
    pub source_type: Option<&'f str>,
    /// `ReferralSourceUrl`.
    pub source_url: Option<&'f str>,
    /// `ReferralHeadline`.
    pub headline: Option<&'f str>,
    /// `ReferralBody`.
    pub body: Option<&'f str>,
    /// `ReferralCtwaClid`: the click.
    pub click_id: Option<&'f str>,
    /// `ReferralMediaUrl` and `ReferralMediaContentType`.
    pub media: Option<Media<'f>>,
}

impl<'f> Referral<'f> {
    fn read(parameters: Parameters<'f>) -> Option<Self> {
        let referral = Referral {
            source_id: parameters.optional("ReferralSourceId"),
            source_type: parameters.optional("ReferralSourceType"),
            source_url: parameters.optional("ReferralSourceUrl"),
            headline: parameters.optional("ReferralHeadline"),
            body: parameters.optional("ReferralBody"),
            click_id: parameters.optional("ReferralCtwaClid"),
            media: parameters.optional("ReferralMediaUrl").map(|url| Media {
                url,
                content_type: parameters.optional("ReferralMediaContentType"),
            }),
        };
        let sources = [referral.source_id, referral.source_url, referral.click_id];
        sources.iter().any(Option::is_some).then_some(referral)
    }
}
