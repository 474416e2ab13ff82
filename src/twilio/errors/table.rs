//! The rows of the error catalogue. Data only: both arrays are searched by halving, so each
//! must stay in ascending order (a test checks it).

use super::Class::{
    Compliance as L, Configuration as C, Permanent as P, Rate as R, Transient as T,
};
use super::Phase::{Async, Inbound, Registration, Sync, Voice, Webhook};
use super::{Class, Entry, Phase};

const fn row(
    code: u32,
    phase: Phase,
    class: Class,
    meaning: &'static str,
    action: &'static str,
) -> Entry {
    run(code, code, phase, class, meaning, action)
}

const fn run(
    code: u32,
    last: u32,
    phase: Phase,
    class: Class,
    meaning: &'static str,
    action: &'static str,
) -> Entry {
    Entry {
        code,
        last,
        class,
        phase,
        meaning,
        action,
    }
}

// Advice that several codes share, kept once.
const FIX_ENDPOINT: &str =
    "Make the webhook URL answer within 15 seconds over a public certificate.";
const FIX_TWIML: &str =
    "Correct the document that was answered; the flow's check names the widget.";
const FIX_PARAMETER: &str =
    "Correct the parameter that Twilio's message names; do not retry it unchanged.";
const STOP_ACCOUNT: &str = "Stop all sending and ask Twilio support why the account is closed.";
const BAD_ADDRESS: &str = "Correct or remove this recipient's address.";
const RETRY_SOON: &str = "Retry a few times with growing gaps, then use another channel.";
const RECONCILE: &str = "Find out first whether a POST was taken, then try again.";
const VERIFY_TRIAL: &str =
    "Verify the recipient in the console, or upgrade from the trial account.";
const FIX_SERVICE: &str = "Check the Messaging Service's SID and its pool of senders.";
const REGISTER_SENDER: &str = "Register or replace the sender before sending again.";
const TEN_DLC: &str = "Complete or repair the 10DLC registration of the sending number.";
const TOMORROW: &str = "Hold the traffic until midnight US Pacific, when the daily cap resets.";
const FIX_VERIFY: &str = "Correct the Verify service's settings.";
const FIX_TEMPLATE: &str = "Correct the template or its variables.";
const USE_TEMPLATE: &str = "Use another approved template, or have this one reviewed again.";
const OTHER_CHANNEL: &str = "Use another channel for this recipient.";
const SUPPRESS: &str = "Record the opt-out and do not write to this recipient again.";
const FIX_MEDIA: &str = "Make the media URL answer without a login, with its type and a body.";
const FIX_CONTENT: &str = "Change the content to what the channel accepts.";
const WARNING_CAP: &str =
    "Slow down: at the cap the carrier refuses messages until midnight US Pacific.";

/// Codes with a meaning of their own, ascending.
#[rustfmt::skip] // One code, one line: it is read and compared as a table.
pub(super) static CODES: &[Entry] = &[
    row(10001, Sync, C, "The account is not active", STOP_ACCOUNT),
    row(10004, Voice, R, "The account runs as many calls as it may", "Start the call later or ask for more concurrent calls."),
    row(11200, Webhook, C, "Twilio could not fetch the webhook, or it answered an error", FIX_ENDPOINT),
    row(11205, Webhook, C, "Twilio could not connect to the webhook", FIX_ENDPOINT),
    row(11210, Webhook, C, "The webhook's host name does not resolve", FIX_ENDPOINT),
    row(11220, Webhook, C, "The TLS handshake with the webhook failed", FIX_ENDPOINT),
    row(11240, Webhook, C, "The webhook URL names an edge that does not exist", "Correct the `e` part of the URL's fragment."),
    row(11241, Webhook, C, "The webhook URL names an edge that cannot be used", "Correct the `e` part of the URL's fragment."),
    row(11243, Webhook, C, "The webhook URL's retry policy is not valid", "Correct the `rp` part of the URL's fragment."),
    row(11750, Webhook, C, "The answer of the webhook is larger than 64 kB", "Answer a shorter document."),
    row(11751, Async, P, "A medium is too large for the channel (MMS 5 MB, WhatsApp 16 MB)", "Send a smaller file, or a link to it."),
    row(12100, Webhook, C, "The TwiML cannot be parsed", FIX_TWIML),
    row(12101, Webhook, C, "The TwiML's XML version is not supported", FIX_TWIML),
    row(12102, Webhook, C, "The TwiML has the wrong root element", FIX_TWIML),
    row(12200, Webhook, C, "The TwiML breaks the schema", FIX_TWIML),
    row(12300, Webhook, C, "The answer's content type is missing or wrong", "Answer with Content-Type text/xml."),
    row(13224, Voice, C, "A number to dial cannot be called", "Correct the number in the flow."),
    row(13225, Voice, C, "A number to dial is blocked by Twilio", "Dial another number, or ask Twilio support."),
    row(13227, Voice, C, "The account may not call that country", "Allow the country in the voice geographic permissions."),
    row(14107, Webhook, R, "More than 30 replies in 30 seconds between two numbers", "Find the loop: two machines are answering each other."),
    row(14109, Webhook, C, "More than 10 replies to one inbound message", "Answer with fewer messages."),
    row(20001, Sync, C, "A parameter is unknown or not valid", FIX_PARAMETER),
    row(20003, Sync, C, "Twilio refused the credentials", "Check the key, its secret and its region, and whether it was rotated; do not retry."),
    row(20005, Sync, C, "The account is not active", STOP_ACCOUNT),
    row(20006, Sync, C, "The credentials may not use this resource", "Use a key that has the permission."),
    row(20008, Sync, C, "Test credentials were used on a resource that does not take them", "Use live credentials, or the local twin."),
    row(20403, Sync, C, "Twilio forbids this request", "Use a key that has the permission, or have the product enabled."),
    row(20404, Sync, P, "There is no such resource", "Check the SID; for a verification check it has expired, was used, or never existed."),
    row(20409, Sync, P, "The resource is in a state that conflicts with the request", "Read the resource again before changing it."),
    row(20410, Sync, P, "The resource is gone", "Do not use it again."),
    row(20422, Sync, C, "A parameter is not valid", FIX_PARAMETER),
    row(20429, Sync, R, "Too many requests at once; this one was not processed", "Honour Retry-After or back off with jitter, then retry: it is always safe."),
    row(20500, Sync, T, "Twilio failed", RECONCILE),
    row(20503, Sync, T, "Twilio is not available", RECONCILE),
    row(21210, Sync, C, "The caller's number is not verified", "Call from a number of the account, or verify this one."),
    row(21211, Sync, P, "The To number is not valid (or is the sender itself)", BAD_ADDRESS),
    row(21212, Sync, C, "The From number or sender id is not valid", "Correct the sender that is configured."),
    row(21214, Sync, P, "The To number cannot be called", BAD_ADDRESS),
    row(21215, Sync, C, "The account may not call that country", "Allow the country in the voice geographic permissions."),
    row(21216, Sync, C, "The call is blocked by Twilio, or a customer profile is missing", "Complete the customer profile, or ask Twilio support."),
    row(21217, Sync, P, "The number to call is not valid", BAD_ADDRESS),
    row(21219, Sync, C, "A trial account may only call verified numbers", VERIFY_TRIAL),
    row(21220, Sync, P, "The call is in a state that does not allow the change", "Read the call's status first: it may have ended."),
    row(21408, Sync, C, "The account may not send SMS to that country", "Allow the country in the messaging geographic permissions."),
    row(21602, Sync, C, "The message has neither a body nor media", "Send a body, media or a template."),
    row(21603, Sync, C, "Neither a sender nor a Messaging Service is named", "Configure a sender."),
    row(21604, Sync, C, "The To number is missing", "Name a recipient."),
    row(21606, Sync, C, "The From number is not yours or cannot message this destination", "Use a sender of the account that can reach the destination."),
    row(21608, Sync, C, "A trial account may only write to verified numbers", VERIFY_TRIAL),
    row(21609, Sync, C, "The status callback URL is not valid", "Use a public host name without underscores."),
    row(21610, Sync, L, "The recipient has opted out of this sender or Messaging Service", SUPPRESS),
    row(21611, Sync, R, "The queue of this sender is full (ten hours of its rate)", "Wait until it drains, or spread the traffic over more senders."),
    row(21612, Sync, P, "The recipient cannot be reached from this sender", "Use another sender or another channel."),
    row(21614, Sync, P, "The To number is not a mobile number", "Use a voice call or e-mail for this recipient."),
    row(21617, Sync, P, "The body is longer than 1,600 characters", "Shorten the text or send it in parts."),
    row(21619, Sync, C, "Twilio could not make the message from this content", "Check the body, the template and its variables."),
    row(21620, Sync, C, "A media URL is not valid", "Use absolute http or https URLs."),
    row(21623, Sync, C, "Too many media URLs", "Send ten at most."),
    row(21626, Sync, C, "The status callback URL is not valid", "Use a public host name without underscores."),
    row(21652, Sync, P, "The MMS subject is longer than 40 characters", "Shorten the subject."),
    row(21654, Sync, C, "The template's SID is missing", "Send ContentSid with ContentVariables."),
    row(21655, Sync, C, "The template's SID is not valid", "Use the HX… SID of a template of this account."),
    row(21656, Sync, C, "The template's variables are not a JSON object in a string", "Send a JSON object as text, with text keys and values."),
    row(21657, Sync, C, "The sender id is not supported there", "Use a sender that the destination allows."),
    row(21658, Sync, C, "A parameter is too long", "Shorten the parameter that Twilio's message names."),
    row(21701, Sync, C, "The Messaging Service does not exist", FIX_SERVICE),
    row(21702, Sync, C, "The Messaging Service is not available", FIX_SERVICE),
    row(21703, Sync, C, "The Messaging Service has no sender that can reach the recipient", "Add a sender for that country or channel to the service's pool."),
    row(21704, Sync, C, "The Messaging Service has no senders", "Add a sender to the service's pool."),
    row(21705, Sync, C, "The Messaging Service's SID is not valid", FIX_SERVICE),
    row(21730, Sync, T, "Twilio is being maintained", "Try again later."),
    row(30001, Async, R, "The Messaging Service's queue overflowed", "Send again later and more slowly."),
    row(30002, Async, C, "The account was suspended after the message was queued", STOP_ACCOUNT),
    row(30003, Async, T, "The handset cannot be reached (off, no signal, perhaps a landline)", "Retry after 5, 15 and 45 minutes, then use another channel."),
    row(30004, Async, L, "The recipient or the carrier blocks the message", "Do not retry; from a toll-free number treat it as an opt-out."),
    row(30005, Async, P, "The number is unknown or no longer in use", "Suppress it when it happens again."),
    row(30006, Async, P, "A landline, or a carrier that this kind of sender cannot reach", "Use a voice call, e-mail or another kind of sender."),
    row(30007, Async, L, "Twilio or the carrier filtered the message", "Never send the same text again: lint it and look at the sender's registration."),
    row(30008, Async, T, "The carrier gave no reason", RETRY_SOON),
    row(30009, Inbound, P, "A segment of a message that was received is missing", "Ask the person to send it again; there is nothing to retry."),
    row(30010, Async, C, "The message would have cost more than MaxPrice", "Drop MaxPrice: it no longer has an effect."),
    row(30011, Async, P, "MMS does not work with this number or region", "Send the text as SMS with a link."),
    row(30017, Async, T, "The carrier is congested", RETRY_SOON),
    row(30018, Async, C, "The sender id must be registered for this destination", REGISTER_SENDER),
    row(30019, Async, P, "The content is too large for the carrier", "Send a smaller file, or a link to it."),
    row(30020, Async, T, "Twilio failed inside", RETRY_SOON),
    row(30021, Async, T, "Twilio failed inside", RETRY_SOON),
    row(30022, Async, R, "The 10DLC campaign sends faster than the carrier allows", "Send more slowly from this campaign."),
    row(30023, Async, R, "The brand's daily cap at the carrier is reached", TOMORROW),
    row(30024, Async, C, "The sender is not provisioned at the carrier", REGISTER_SENDER),
    row(30025, Async, R, "Half of the daily cap at the carrier is used", WARNING_CAP),
    row(30026, Async, R, "70 % of the daily cap at the carrier is used", WARNING_CAP),
    row(30027, Async, R, "The brand's daily cap at T-Mobile is reached", TOMORROW),
    row(30032, Async, C, "The toll-free number is not verified", "Complete the toll-free verification."),
    row(30033, Async, C, "The 10DLC campaign is suspended", TEN_DLC),
    row(30034, Async, C, "The number belongs to no registered 10DLC campaign", TEN_DLC),
    row(30035, Async, C, "The number is still being configured for its 10DLC campaign", TEN_DLC),
    row(30036, Async, R, "The message waited in the queue longer than its validity period", "Send it again if it still matters, more slowly."),
    row(30038, Inbound, L, "A one-time code sent to this number was redacted", "Twilio numbers cannot receive other services' codes: use another number."),
    row(30047, Async, T, "The message could not be rescheduled out of quiet hours", "Schedule it for the recipient's day."),
    row(30400, Sync, C, "The change to the message is not valid", "Cancel a message or redact it, not both at once."),
    row(30404, Sync, P, "The message does not exist", "Check the message's SID."),
    row(30409, Sync, P, "The message can no longer be cancelled", "Nothing to do: it has already left."),
    row(30410, Async, T, "A provider took too long to answer", "Twilio does not retry for fear of doubles: retry only if a double would do no harm."),
    row(30450, Async, R, "SMS pumping protection blocked the message", "Wait 30 minutes; never retry a one-time code by itself."),
    row(30610, Async, L, "The message fell into the recipient's quiet hours", "Schedule it for the recipient's day."),
    row(30640, Async, L, "The recipient is a known litigator", "Do not write to this recipient again."),
    row(60200, Sync, C, "A parameter of the verification is not valid (any of them)", FIX_PARAMETER),
    row(60202, Sync, R, "Five wrong codes were tried for this verification", "Wait until the verification expires (10 minutes), then start a new one."),
    row(60203, Sync, R, "The code was sent five times for this verification", "Wait until the verification expires (10 minutes), then start a new one."),
    row(60204, Sync, C, "The Verify service lacks this feature", FIX_VERIFY),
    row(60205, Sync, P, "SMS cannot reach a landline", "Offer a call instead."),
    row(60212, Sync, R, "Too many verifications were started for this number at once", "Wait before starting another."),
    row(60214, Sync, C, "The verification's extra parameters do not fit the service", FIX_VERIFY),
    row(60223, Sync, C, "The delivery channel is disabled in the Verify service", "Enable the channel in the service."),
    row(60238, Sync, C, "Twilio blocks verifications there or for this account", "Ask Twilio support; Iran, Syria and Cuba are not served."),
    row(60330, Webhook, C, "Twilio could not deliver to the Verify webhook", FIX_ENDPOINT),
    row(60408, Sync, C, "The verification template cannot be used", FIX_TEMPLATE),
    row(60409, Sync, C, "The verification template cannot be used", FIX_TEMPLATE),
    row(60410, Sync, L, "Fraud Guard blocks this number's prefix for 12 hours", "Do not retry: use another channel, or put the number on the safe list."),
    row(60413, Sync, L, "Device intelligence blocks this verification", "Do not retry: use another way to prove the person."),
    row(60605, Sync, C, "The account may not verify numbers in that country", "Allow the country in Verify's geographic permissions."),
    row(63001, Async, C, "The channel refused the sender's credentials", "Connect the sender to the channel again."),
    row(63002, Async, C, "The channel does not know the From address", "Correct the sender that is configured."),
    row(63003, Async, P, "The recipient is not on this channel", OTHER_CHANNEL),
    row(63005, Async, P, "The channel did not accept the content", FIX_CONTENT),
    row(63006, Async, P, "The channel could not format the content", FIX_CONTENT),
    row(63007, Async, C, "The account has no channel with this From address", "Correct the sender that is configured."),
    row(63008, Async, C, "The channel is configured wrongly", "Check the sender's channel settings."),
    row(63009, Async, T, "The channel's provider failed", RETRY_SOON),
    row(63010, Async, T, "The channel failed inside", RETRY_SOON),
    row(63011, Sync, C, "The channel refused the request as not valid", FIX_PARAMETER),
    row(63012, Async, T, "The channel's provider is not available", RETRY_SOON),
    row(63013, Async, L, "The message breaks the channel's policy", "Do not send it again; a template placeholder may hold at most four spaces in a row."),
    row(63014, Async, L, "The recipient blocked the sender or opted out", SUPPRESS),
    row(63015, Async, C, "The recipient has not joined the sandbox", "Have the person send the join code again (it lasts 72 hours)."),
    row(63016, Async, P, "The WhatsApp window is closed: free-form text is not allowed", "Send an approved template by its ContentSid."),
    row(63017, Async, R, "The account sends more than 2,000 messages a second", "Send more slowly over all sub-accounts."),
    row(63018, Async, R, "The channel's rate or messaging limit for this sender is exceeded", "Send more slowly; the limit of unique users rolls over 24 hours."),
    row(63019, Async, T, "Twilio or the channel could not download the medium", FIX_MEDIA),
    row(63020, Async, C, "The Business Manager invitation was not accepted", "Accept Twilio's invitation in Meta Business Manager."),
    row(63021, Async, P, "The content is not valid for the channel (for example over 1,024 characters)", FIX_CONTENT),
    row(63022, Async, C, "The sender's display-name certificate is not valid", "Register the sender's display name again."),
    row(63023, Async, T, "The channel failed without a reason", RETRY_SOON),
    row(63024, Async, P, "The recipient is not valid on this channel", OTHER_CHANNEL),
    row(63025, Async, P, "The medium already exists at the channel", "Nothing to retry: refer to the medium that is there."),
    row(63026, Async, L, "The sender is flagged as spam", "Stop this traffic and ask for a review."),
    row(63027, Async, C, "The template does not exist in this language", USE_TEMPLATE),
    row(63028, Async, C, "The number of template variables is wrong", FIX_TEMPLATE),
    row(63029, Async, P, "The recipient's app could not download the template", OTHER_CHANNEL),
    row(63030, Async, C, "A parameter is not supported by this kind of template", FIX_TEMPLATE),
    row(63031, Sync, C, "From and To are the same", BAD_ADDRESS),
    row(63032, Async, P, "The recipient is in one of WhatsApp's experiments", OTHER_CHANNEL),
    row(63033, Async, L, "The recipient blocked the sender", SUPPRESS),
    row(63034, Async, P, "The medium is too large for the channel", "Send a smaller file, or a link to it."),
    row(63035, Async, C, "The RCS sender is not launched at this carrier", "Launch the sender, or fall back to SMS."),
    row(63036, Async, P, "The recipient cannot be reached over RCS", "Fall back to SMS."),
    row(63037, Async, T, "The upload of the medium to the channel failed", RETRY_SOON),
    row(63038, Async, R, "The account's daily message limit is reached (rolling 24 hours)", "Wait until earlier messages are 24 hours old, or ask for a higher limit."),
    row(63040, Async, C, "The template was rejected", USE_TEMPLATE),
    row(63041, Async, C, "The template is paused for its quality", USE_TEMPLATE),
    row(63042, Async, C, "The template is disabled", USE_TEMPLATE),
    row(63049, Async, L, "Meta withheld a marketing template from this person", "Do not retry in the United States; elsewhere wait for days."),
    row(63051, Async, C, "The WhatsApp Business Account is locked", "Have the account unlocked in Meta Business Manager."),
    row(63062, Async, C, "Meta's terms for marketing messages are not accepted", "Accept the terms in Meta Business Manager."),
    row(90007, Sync, C, "The validity period is outside 1 to 36,000 seconds", "Correct the validity period."),
];

/// Runs of codes that share one meaning, ascending and apart.
#[rustfmt::skip] // One code, one line: it is read and compared as a table.
pub(super) static RUNS: &[Entry] = &[
    run(11235, 11237, Webhook, C, "The webhook's certificate is not valid", FIX_ENDPOINT),
    run(13000, 13999, Voice, C, "A TwiML verb has an attribute, nesting or value that is not valid", FIX_TWIML),
    run(30440, 30449, Registration, C, "The toll-free verification was rejected", "Correct the submission and hand it in again."),
    run(30880, 30898, Registration, C, "The 10DLC campaign was rejected", "Correct the campaign and hand it in again."),
    run(60207, 60211, Sync, C, "A Verify rate limit or bucket is set up wrongly", FIX_VERIFY),
    run(60217, 60222, Sync, C, "A Verify service setting does not fit the request", FIX_VERIFY),
    run(60226, 60229, Sync, C, "The verification template cannot be used", FIX_TEMPLATE),
];
