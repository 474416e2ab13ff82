//! Twilio's error answers: `{code, message, more_info, status}`.
//!
//! One table, so that a number is written once. Messages are in Twilio's manner; nothing
//! may depend on their wording, only on code and status.

use serde_json::{Value, json};

/// An error answer of the REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Twilio's code, e.g. 21211.
    pub code: u32,
    /// HTTP status.
    pub status: u16,
    /// What Twilio would say.
    pub message: String,
    /// Extra headers, e.g. `Retry-After`.
    pub headers: Vec<(String, String)>,
}

impl ApiError {
    /// An error with its own message.
    pub fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self {
            code,
            status,
            message: message.into(),
            headers: Vec::new(),
        }
    }

    /// A 400 with the catalogue's message.
    pub fn bad(code: u32) -> Self {
        Self::new(400, code, meaning(code))
    }

    /// No such resource.
    pub fn not_found(path: &str) -> Self {
        Self::new(
            404,
            20404,
            format!("The requested resource {path} was not found"),
        )
    }

    /// Wrong or missing credentials.
    pub fn unauthenticated() -> Self {
        Self::new(401, 20003, "Authenticate")
    }

    /// The body Twilio would send.
    pub fn body(&self) -> Value {
        json!({
            "code": self.code,
            "message": self.message,
            "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
            "status": self.status,
        })
    }
}

/// What a code means, in a sentence; also `error_message` of a message that failed.
pub fn meaning(code: u32) -> &'static str {
    match code {
        11200 => "HTTP retrieval failure",
        11205 => "HTTP connection failure",
        11750 => "TwiML response body too large",
        12100 => "Document parse failure",
        12102 => "Root element must be Response",
        12200 => "Schema validation warning",
        12300 => "Invalid Content-Type",
        14107 => "Message send rate limit exceeded",
        14109 => "Message reply limit exceeded",
        20001 => "Unknown parameters in the request",
        20404 => "The requested resource was not found",
        20429 => "Too many requests",
        20500 => "Internal Server Error",
        20503 => "Service Unavailable",
        21201 => "A 'To' number is required",
        21205 => "Url parameter is required",
        21210 => "The source phone number is not verified for your account",
        21213 => "A 'From' phone number is required",
        21218 => "Invalid Application Sid",
        21220 => "Call is not in-progress. Cannot redirect.",
        21408 => "Permission to send an SMS has not been enabled for the region of the 'To' number",
        21602 => "Message body is required.",
        21603 => "A 'From' or 'MessagingServiceSid' parameter is required to send a message",
        21604 => "A 'To' phone number is required",
        21606 => {
            "The 'From' phone number is not a valid, message-capable number for this destination"
        }
        21609 => "The 'StatusCallback' URL is not a valid URL",
        21610 => "Attempt to send to unsubscribed recipient",
        21611 => "This 'From' number has exceeded the maximum number of queued messages",
        21612 => {
            "Message cannot be sent with the current combination of 'To' and 'From' parameters"
        }
        21614 => "'To' number is not a valid mobile number",
        21617 => "The concatenated message body exceeds the 1600 character limit",
        21620 => "Invalid media URL(s)",
        21623 => "Number of media files exceeds allowed limit",
        21654 => "ContentSid is required",
        21655 => "The ContentSid is invalid",
        21656 => "The ContentVariables parameter is invalid",
        21701 => "The Messaging Service does not exist",
        21703 => "The Messaging Service does not have a suitable sender",
        21705 => "The Messaging Service Sid is invalid",
        30001 => "Queue overflow",
        30002 => "Account suspended",
        30003 => "Unreachable destination handset",
        30004 => "Message blocked",
        30005 => "Unknown destination handset",
        30006 => "Landline or unreachable carrier",
        30007 => "Message filtered",
        30008 => "Unknown error",
        30022 => "10DLC rate limit exceeded",
        30023 => "10DLC daily message cap reached",
        30032 => "Toll-free number has not been verified",
        30034 => "Message from an unregistered number",
        30036 => "Validity period expired",
        30400 => "Invalid update of a message",
        30404 => "Message not found",
        30409 => "Message cannot be canceled in its present state",
        30410 => "Provider timeout",
        30450 => "Message delivery blocked by SMS pumping protection",
        60200 => "Invalid parameter",
        60202 => "Max check attempts reached",
        60203 => "Max send attempts reached",
        60205 => "SMS is not supported by landline phone number",
        60212 => "Too many concurrent requests for phone number",
        60223 => "Delivery channel disabled",
        60410 => {
            "Verification delivery attempt blocked: the destination prefix is temporarily blocked"
        }
        60605 => "The destination country has been blocked by verification geo permissions",
        63003 => "Channel could not find To address",
        63015 => "Channel sandbox: the recipient has not joined",
        63016 => "Failed to send freeform message because you are outside the allowed window",
        63018 => "Rate limit exceeded for channel",
        63019 => "Media failed to download",
        63024 => "Invalid message recipient",
        63027 => "Template does not exist for a language",
        63028 => "Number of parameters provided does not match the template",
        63031 => "Channel message cannot have the same From and To",
        63038 => "Account exceeded the daily message limit",
        63040 => "Template rejected",
        63041 => "Template paused",
        63042 => "Template disabled",
        63049 => "Marketing message not delivered by Meta",
        90007 => "The ValidityPeriod is out of range",
        _ => "Request failed",
    }
}
