//! What every request about a call carries.
//!
//! Twilio docs, "TwiML for Programmable Voice: Twilio's request to your application".

use super::{EventError, Parameters, Place};
use crate::twilio::address::Address;
use crate::twilio::form::Form;
use crate::twilio::sid::{AccountSid, CallSid};

/// Prefix of the parameters that carry SIP headers.
const SIP_HEADER_PREFIX: &str = "SipHeader_";

/// A request about a call: for TwiML, or the common part of a callback.
#[derive(Clone)]
pub struct VoiceRequest<'f> {
    parameters: Parameters<'f>,
    /// `CallSid`.
    pub call_sid: CallSid,
    /// `AccountSid`.
    pub account_sid: AccountSid,
    /// `From` as it came. A caller may be anonymous, so it need not be an [`Address`].
    pub from: &'f str,
    /// `To` as it came.
    pub to: &'f str,
    /// `CallStatus`: queued, initiated, ringing, in-progress, completed, busy, failed,
    /// no-answer, canceled.
    pub status: &'f str,
    /// `Direction`.
    pub direction: Option<Direction>,
    /// `ParentCallSid`: of the call that dialled this one.
    pub parent_call_sid: Option<CallSid>,
    /// `ForwardedFrom`.
    pub forwarded_from: Option<&'f str>,
    /// `CallerName`: when caller lookup is on.
    pub caller_name: Option<&'f str>,
    /// `CallToken`: passed on to show the caller's number on an outbound call.
    pub call_token: Option<&'f str>,
    /// `StirVerstat`: how far the caller's number is attested.
    pub stir_verstat: Option<&'f str>,
}

impl<'f> VoiceRequest<'f> {
    /// Reads the common parameters.
    ///
    /// # Errors
    /// [`EventError`] when `CallSid`, `AccountSid`, `From`, `To` or `CallStatus` is missing,
    /// or a SID is wrong.
    pub fn from_form(form: &'f Form<'_>) -> Result<Self, EventError> {
        let parameters = Parameters { form };
        Ok(VoiceRequest {
            parameters,
            call_sid: parameters.sid("CallSid")?,
            account_sid: parameters.sid("AccountSid")?,
            from: parameters.present("From")?,
            to: parameters.present("To")?,
            status: parameters.required("CallStatus")?,
            direction: Direction::read(parameters),
            parent_call_sid: parameters.parsed("ParentCallSid"),
            forwarded_from: parameters.optional("ForwardedFrom"),
            caller_name: parameters.optional("CallerName"),
            call_token: parameters.optional("CallToken"),
            stir_verstat: parameters.optional("StirVerstat"),
        })
    }

    /// Every parameter, those without a field included.
    pub fn form(&self) -> &'f Form<'f> {
        self.parameters.form
    }

    /// `From` as an address; `None` for a caller without one.
    pub fn from_address(&self) -> Option<Address> {
        Address::parse(self.from).ok()
    }

    /// `To` as an address.
    pub fn to_address(&self) -> Option<Address> {
        Address::parse(self.to).ok()
    }

    /// Where `From` is registered.
    pub fn from_place(&self) -> Place<'f> {
        Place::of_from(self.parameters)
    }

    /// Where `To` is registered.
    pub fn to_place(&self) -> Place<'f> {
        Place::of_to(self.parameters)
    }

    /// The SIP headers of a call from SIP, names as in `SipHeader_X-Name` after the prefix.
    pub fn sip_headers(&self) -> impl Iterator<Item = (&'f str, &'f str)> {
        self.form()
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix(SIP_HEADER_PREFIX)?, value)))
    }

    pub(super) fn parameters(&self) -> Parameters<'f> {
        self.parameters
    }
}

/// Who started a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Somebody called us.
    Inbound,
    /// The REST API started it.
    OutboundApi,
    /// `<Dial>` started it.
    OutboundDial,
}

impl Direction {
    fn read(parameters: Parameters<'_>) -> Option<Self> {
        match parameters.optional("Direction")? {
            "inbound" => Some(Direction::Inbound),
            "outbound-api" => Some(Direction::OutboundApi),
            "outbound-dial" => Some(Direction::OutboundDial),
            _ => None,
        }
    }
}
