//! Every path the gateway answers, in one place. The type that parses a path also builds
//! the callback URLs that Twilio is given, so the two cannot disagree.

use std::borrow::Cow;

use crate::campaign::state::Order;
use crate::objects::paths;

/// A Twilio webhook. Each path is also served under `/webhooks/twilio`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Webhook {
    /// `/webhooks/sms/incoming`: an inbound SMS or MMS.
    SmsIncoming,
    /// `/webhooks/whatsapp`: an inbound WhatsApp message.
    WhatsApp,
    /// `/webhooks/sms/status`: a message's status callback, on any channel.
    MessageStatus,
    /// `/voice/incoming`: a call begins.
    VoiceIncoming,
    /// `/voice/menu-selection`: the action of a `<Gather>`.
    MenuSelection,
    /// `/voice/step`: any other verb's action, and redirects between steps.
    VoiceStep,
    /// `/voice/voicemail-saved`: the action of a `<Record>`.
    VoicemailSaved,
    /// `/voice/transcription`: a recording's transcript.
    Transcription,
    /// `/voice/recording-status`: a recording's status.
    RecordingStatus,
    /// `/voice/outbound-message`: what a call that we placed says.
    OutboundMessage,
    /// `/voice/status`: a call's progress.
    VoiceStatus,
}

impl Webhook {
    pub(super) const ALL: [(Webhook, &'static str); 11] = [
        (Webhook::SmsIncoming, "/webhooks/sms/incoming"),
        (Webhook::WhatsApp, "/webhooks/whatsapp"),
        (Webhook::MessageStatus, paths::MESSAGE_STATUS),
        (Webhook::VoiceIncoming, "/voice/incoming"),
        (Webhook::MenuSelection, paths::MENU_SELECTION),
        (Webhook::VoiceStep, paths::VOICE_STEP),
        (Webhook::VoicemailSaved, paths::VOICEMAIL_SAVED),
        (Webhook::Transcription, paths::TRANSCRIPTION),
        (Webhook::RecordingStatus, "/voice/recording-status"),
        (Webhook::OutboundMessage, "/voice/outbound-message"),
        (Webhook::VoiceStatus, paths::VOICE_STATUS),
    ];

    /// The path that Twilio is given.
    pub fn path(self) -> &'static str {
        Webhook::ALL
            .iter()
            .find(|(webhook, _)| *webhook == self)
            .map_or("/", |(_, path)| path)
    }

    /// Whether the caller on the line is waiting for TwiML.
    pub fn is_voice(self) -> bool {
        !matches!(
            self,
            Webhook::SmsIncoming | Webhook::WhatsApp | Webhook::MessageStatus
        )
    }

    fn parse(path: &str) -> Option<Webhook> {
        let find = |path: &str| {
            Webhook::ALL
                .iter()
                .find(|(_, known)| *known == path)
                .map(|(webhook, _)| *webhook)
        };
        find(path).or_else(|| {
            let rest = path.strip_prefix("/webhooks/twilio")?;
            find(rest).or_else(|| {
                // `/webhooks/twilio/sms/incoming` reads better than the doubled word.
                Webhook::ALL
                    .iter()
                    .find(|(_, known)| known.strip_prefix("/webhooks") == Some(rest))
                    .map(|(webhook, _)| *webhook)
            })
        })
    }
}

/// What a web page of the deployment's own may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// `/verify`: the page itself.
    Form,
    /// `/verify/send`
    Send,
    /// `/verify/check`
    Check,
}

/// What can be done to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageVerb {
    /// Not to send it after all.
    Cancel,
    /// To take its text out.
    Redact,
    /// To show that an answer is being written.
    Typing,
}

impl MessageVerb {
    fn parse(name: &str) -> Option<MessageVerb> {
        match name {
            "cancel" => Some(MessageVerb::Cancel),
            "redact" => Some(MessageVerb::Redact),
            "typing" => Some(MessageVerb::Typing),
            _ => None,
        }
    }
}

/// What is done with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignAction {
    /// `recipients`: the list comes in.
    Recipients,
    /// `forecast`
    Forecast,
    /// `results`
    Results,
    /// `start`, `pause`, `resume`, `cancel`, `retry`
    Order(Order),
}

impl CampaignAction {
    fn parse(name: &str) -> Option<CampaignAction> {
        Some(match name {
            "recipients" => CampaignAction::Recipients,
            "forecast" => CampaignAction::Forecast,
            "results" => CampaignAction::Results,
            "start" => CampaignAction::Order(Order::Start),
            "pause" => CampaignAction::Order(Order::Pause),
            "resume" => CampaignAction::Order(Order::Resume),
            "cancel" => CampaignAction::Order(Order::Cancel),
            "retry" => CampaignAction::Order(Order::Retry),
            _ => return None,
        })
    }
}

/// What is asked for below a flow's executions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExecutionPart<'a> {
    /// `executions`
    All,
    /// `executions/{sid}`
    One(Cow<'a, str>),
    /// `executions/{sid}/context`
    Context(Cow<'a, str>),
    /// `executions/{sid}/steps`
    Steps(Cow<'a, str>),
    /// `executions/{sid}/steps/{sid}`
    Step(Cow<'a, str>, Cow<'a, str>),
    /// `executions/{sid}/steps/{sid}/context`
    StepContext(Cow<'a, str>, Cow<'a, str>),
}

impl<'a> ExecutionPart<'a> {
    /// Reads the segments behind `executions`; `None` when there is nothing of that name.
    fn parse(mut rest: impl Iterator<Item = Option<Cow<'a, str>>>) -> Option<ExecutionPart<'a>> {
        let Some(sid) = rest.next() else {
            return Some(ExecutionPart::All);
        };
        let sid = sid?;
        let part = match rest.next() {
            None => ExecutionPart::One(sid),
            Some(word) => match word?.as_ref() {
                "context" => ExecutionPart::Context(sid),
                "steps" => match (rest.next(), rest.next()) {
                    (None, _) => ExecutionPart::Steps(sid),
                    (Some(step), None) => ExecutionPart::Step(sid, step?),
                    (Some(step), Some(word)) if word.as_deref() == Some("context") => {
                        ExecutionPart::StepContext(sid, step?)
                    }
                    _ => return None,
                },
                _ => return None,
            },
        };
        rest.next().is_none().then_some(part)
    }
}

/// A path, parsed. Segments are percent-decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route<'a> {
    /// A request that must be signed by Twilio.
    Webhook(Webhook),
    /// `/v1/messages`
    Messages,
    /// `/v1/messages/{id}`
    Message(Cow<'a, str>),
    /// `/v1/messages/{id}/{verb}`
    MessageVerb(Cow<'a, str>, MessageVerb),
    /// `/v1/lint`
    Lint,
    /// `/v1/senders`
    Senders,
    /// `/v1/senders/{name}`
    Sender(Cow<'a, str>),
    /// `/v1/senders/{name, address or service}/stats`
    SenderStats(Cow<'a, str>),
    /// `/v1/events`
    Events,
    /// `/v1/events/{id}`
    Event(Cow<'a, str>),
    /// `/v1/events/{id}/replay`
    EventReplay(Cow<'a, str>),
    /// `/v1/contacts`
    Contacts,
    /// `/v1/contacts/import`
    ContactsImport,
    /// `/v1/calls`
    Calls,
    /// `/v1/calls/{id}`
    Call(Cow<'a, str>),
    /// `/v1/contacts/{address}`
    Contact(Cow<'a, str>),
    /// `/v1/flows`
    Flows,
    /// `/v1/flows/{name}`
    Flow(Cow<'a, str>),
    /// `/v1/flows/{name}/check`
    FlowCheck(Cow<'a, str>),
    /// `/v1/flows/{name}/versions`
    FlowVersions(Cow<'a, str>),
    /// `/v1/flows/{name}/versions/{n}`
    FlowVersion(Cow<'a, str>, u64),
    /// `/v1/flows/{name}/rollback`
    FlowRollback(Cow<'a, str>),
    /// `/v1/flows/{name}/executions...`
    Executions(Cow<'a, str>, ExecutionPart<'a>),
    /// `/v1/numbers`
    Numbers,
    /// `/v1/numbers/{number}`
    Number(Cow<'a, str>),
    /// `/v1/overview`
    Overview,
    /// `/v1/live`
    Live,
    /// `/v1/audit`
    Audit,
    /// `/v1/settings`
    Settings,
    /// `/v1/gaps`
    Gaps,
    /// `/v1/campaigns`
    Campaigns,
    /// `/v1/campaigns/{id}`
    Campaign(Cow<'a, str>),
    /// `/v1/campaigns/{id}/{action}`
    CampaignAction(Cow<'a, str>, CampaignAction),
    /// `/v1/verify/send`
    VerifySend,
    /// `/v1/verify/check`
    VerifyCheck,
    /// `/v1/verify/stats`
    VerifyStats,
    /// `/verify...`: for web pages, without an API key.
    Page(Page),
    /// `/console/session`
    Session,
    /// `/media/{message id}/{which}`
    Media(Cow<'a, str>, Cow<'a, str>),
    /// `/metrics`
    Metrics,
    /// `/v1/doctor`
    Doctor,
    /// `/v1/doctor/signature`
    DoctorSignature,
    /// `/v1/rotation`
    Rotation,
    /// `/healthz`
    Health,
    /// `/readyz`
    Ready,
    /// `/__test/{name}`, only when the deployment has test routes.
    Test(&'a str),
}

impl<'a> Route<'a> {
    /// Finds the route of a path (no query). `None` is a 404.
    pub fn parse(path: &'a str) -> Option<Route<'a>> {
        if let Some(webhook) = Webhook::parse(path) {
            return Some(Route::Webhook(webhook));
        }
        match path {
            "/healthz" => return Some(Route::Health),
            "/metrics" => return Some(Route::Metrics),
            "/readyz" => return Some(Route::Ready),
            "/console/session" => return Some(Route::Session),
            "/verify" => return Some(Route::Page(Page::Form)),
            "/verify/send" => return Some(Route::Page(Page::Send)),
            "/verify/check" => return Some(Route::Page(Page::Check)),
            _ => {}
        }
        if let Some(name) = path.strip_prefix("/__test/") {
            return Some(Route::Test(name));
        }
        if let Some(rest) = path.strip_prefix("/media/") {
            let (message, at) = rest.split_once('/')?;
            return Some(Route::Media(decode(message)?, decode(at)?));
        }
        let mut segments = path.strip_prefix("/v1/")?.split('/').map(decode);
        let route = match (segments.next()??.as_ref(), segments.next(), segments.next()) {
            ("messages", None, None) => Route::Messages,
            ("messages", Some(id), None) => Route::Message(id?),
            ("messages", Some(id), Some(verb)) => {
                Route::MessageVerb(id?, MessageVerb::parse(&verb?)?)
            }
            ("lint", None, None) => Route::Lint,
            ("senders", None, None) => Route::Senders,
            ("senders", Some(name), None) => Route::Sender(name?),
            ("senders", Some(name), Some(verb)) if verb.as_deref() == Some("stats") => {
                Route::SenderStats(name?)
            }
            ("events", None, None) => Route::Events,
            ("events", Some(id), None) => Route::Event(id?),
            ("events", Some(id), Some(verb)) if verb.as_deref() == Some("replay") => {
                Route::EventReplay(id?)
            }
            ("contacts", None, None) => Route::Contacts,
            ("contacts", Some(name), None) if name.as_deref() == Some("import") => {
                Route::ContactsImport
            }
            ("calls", None, None) => Route::Calls,
            ("calls", Some(id), None) => Route::Call(id?),
            ("contacts", Some(address), None) => Route::Contact(address?),
            ("flows", None, None) => Route::Flows,
            ("flows", Some(name), None) => Route::Flow(name?),
            ("flows", Some(name), Some(verb)) if verb.as_deref() == Some("check") => {
                Route::FlowCheck(name?)
            }
            ("flows", Some(name), Some(verb)) if verb.as_deref() == Some("executions") => {
                return Some(Route::Executions(name?, ExecutionPart::parse(segments)?));
            }
            ("flows", Some(name), Some(verb)) if verb.as_deref() == Some("versions") => {
                match segments.next() {
                    None => Route::FlowVersions(name?),
                    Some(n) => Route::FlowVersion(name?, n?.parse().ok()?),
                }
            }
            ("flows", Some(name), Some(verb)) if verb.as_deref() == Some("rollback") => {
                Route::FlowRollback(name?)
            }
            ("overview", None, None) => Route::Overview,
            ("live", None, None) => Route::Live,
            ("audit", None, None) => Route::Audit,
            ("settings", None, None) => Route::Settings,
            ("numbers", None, None) => Route::Numbers,
            ("numbers", Some(number), None) => Route::Number(number?),
            ("gaps", None, None) => Route::Gaps,
            ("campaigns", None, None) => Route::Campaigns,
            ("campaigns", Some(id), None) => Route::Campaign(id?),
            ("campaigns", Some(id), Some(action)) => {
                Route::CampaignAction(id?, CampaignAction::parse(&action?)?)
            }
            ("doctor", None, None) => Route::Doctor,
            ("rotation", None, None) => Route::Rotation,
            ("doctor", Some(what), None) if what.as_deref() == Some("signature") => {
                Route::DoctorSignature
            }
            ("verify", Some(verb), None) => match verb?.as_ref() {
                "send" => Route::VerifySend,
                "check" => Route::VerifyCheck,
                "stats" => Route::VerifyStats,
                _ => return None,
            },
            _ => return None,
        };
        segments.next().is_none().then_some(route)
    }

    /// The methods a route takes, as `Allow` lists them.
    pub fn allow(&self) -> &'static str {
        match self {
            Route::CampaignAction(_, CampaignAction::Recipients) => "PUT",
            Route::Webhook(_)
            | Route::Test(_)
            | Route::Messages
            | Route::Calls
            | Route::Rotation
            | Route::Campaigns
            | Route::Executions(_, ExecutionPart::All | ExecutionPart::One(_)) => "GET, POST",
            Route::FlowCheck(_)
            | Route::FlowRollback(_)
            | Route::CampaignAction(_, CampaignAction::Order(_) | CampaignAction::Forecast)
            | Route::MessageVerb(..)
            | Route::Lint
            | Route::DoctorSignature
            | Route::EventReplay(_)
            | Route::ContactsImport
            | Route::VerifySend
            | Route::VerifyCheck => "POST",
            Route::Message(_)
            | Route::Executions(..)
            | Route::Call(_)
            | Route::Flows
            | Route::Health
            | Route::Ready
            | Route::Media(..)
            | Route::Senders
            | Route::SenderStats(_)
            | Route::Events
            | Route::Event(_)
            | Route::Contacts
            | Route::VerifyStats
            | Route::Gaps
            | Route::Doctor
            | Route::Metrics
            | Route::FlowVersions(_)
            | Route::FlowVersion(..)
            | Route::Numbers
            | Route::Overview
            | Route::Live
            | Route::Audit
            | Route::Settings
            | Route::Campaign(_)
            | Route::CampaignAction(_, CampaignAction::Results)
            | Route::Page(Page::Form) => "GET",
            Route::Page(Page::Send | Page::Check) => "POST, OPTIONS",
            Route::Contact(_) => "DELETE, GET, PUT",
            Route::Session => "DELETE, GET, POST",
            Route::Flow(_) | Route::Number(_) | Route::Sender(_) => "GET, PUT",
        }
    }
}

/// Percent-decodes one segment; `None` when empty or not UTF-8.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    if segment.is_empty() {
        return None;
    }
    if !segment.contains('%') {
        return Some(Cow::Borrowed(segment));
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let value = digit(rest.next()?)? * 16 + digit(rest.next()?)?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_webhook_is_found_by_its_path_and_by_its_longer_names() {
        for (webhook, path) in Webhook::ALL {
            assert_eq!(webhook.path(), path);
            assert_eq!(Route::parse(path), Some(Route::Webhook(webhook)));
            let longer = format!("/webhooks/twilio{path}");
            assert_eq!(Route::parse(&longer), Some(Route::Webhook(webhook)));
        }
        assert_eq!(
            Route::parse("/webhooks/twilio/sms/incoming"),
            Some(Route::Webhook(Webhook::SmsIncoming))
        );
        assert_eq!(
            Route::parse("/webhooks/twilio/whatsapp"),
            Some(Route::Webhook(Webhook::WhatsApp))
        );
    }

    #[test]
    fn segments_are_decoded_and_paths_are_exact() {
        assert_eq!(
            Route::parse("/v1/numbers/%2B15550100"),
            Some(Route::Number(Cow::Owned("+15550100".to_owned())))
        );
        assert_eq!(
            Route::parse("/v1/contacts/whatsapp:+15550100"),
            Some(Route::Contact(Cow::Borrowed("whatsapp:+15550100")))
        );
        for path in [
            "/",
            "/v1",
            "/v1/",
            "/v1/messages/",
            "/v1/messages/a/b",
            "/v1/flows/a/check/b",
            "/v1/numbers/%2",
            "/v1/numbers/%ff",
            "//voice/incoming",
            "/voice/incoming/",
            "/voice/Incoming",
            "/webhooks/twilio",
        ] {
            assert_eq!(Route::parse(path), None, "{path}");
        }
    }
}
