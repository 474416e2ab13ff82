//! How outcomes of verifications are told: to a program by `code` and `status`, to a person
//! by `message`, one sentence that may be shown as it is.

use serde::Serialize;
use serde_json::{Value, json};

use super::super::api::twilio_fault;
use super::super::http::Response;
use super::super::problem::Problem;
use crate::objects::contact::{
    CheckReply, CodeRefused, CodeSent, Failure, RefusedKind, StartReply,
};
use crate::objects::guard::{KeyKind, LimitKind};
use crate::ports::Millis;
use crate::time::rfc3339;
use crate::twilio::errors::Class;
use crate::verify::channel::{Channel, Destination};
use crate::verify::outcome::Refusal;
use crate::verify::plan::Why;
use crate::verify::policy::Policy;
use crate::verify::verification::{Checked, Limited, Verdict};
use crate::verify::window::seconds_until;

const LIMITED: &str = "Too many codes were asked for";
/// Pause that is advised when Twilio names none.
const PAUSE: u64 = 30;

#[derive(Serialize)]
struct SentView<'a> {
    sid: &'a str,
    status: &'static str,
    channel: Channel,
    reason: Why,
    same_code: bool,
    attempts_left: u32,
    expires_at: String,
    /// For a countdown that does not depend on the page's clock.
    expires_in_seconds: u64,
    message: String,
}

/// The answer to a send.
pub(super) fn started(
    reply: &StartReply,
    to: &Destination,
    policy: &Policy,
    now: Millis,
) -> Result<Response, Problem> {
    match reply {
        StartReply::Sent(sent) => Ok(Response::json(202, &sent_view(sent, to, now))),
        StartReply::Limited(limited) => Err(limited_problem(limited, now)),
        StartReply::Refused(refused) => Err(refused_problem(refused, to, policy, now)),
        StartReply::LineRefused { line_type } => Err(told(
            Problem::new(
                403,
                "line_refused",
                "Codes do not go to this kind of line",
                "",
            )
            .with("line_type", line_type.as_str()),
            "We cannot send a code to this kind of number. Use another one.",
        )
        .with("alternatives", e_mail(to, policy))),
        StartReply::Busy { retry_after } => {
            let pause = retry_after.map_or(PAUSE, u64::from);
            let problem = Problem::new(503, "twilio_busy", "Twilio cannot take it right now", "");
            Err(told(
                problem,
                "The code could not be sent right now. Try again in a moment.",
            )
            .retry_after(pause))
        }
        StartReply::NobodyKnows => {
            let problem = Problem::new(503, "send_unknown", "The fate of the code is unknown", "");
            let message = "We do not know whether the code was sent. If it arrives, enter it; \
                           otherwise ask again in a moment.";
            Err(told(problem, message).retry_after(PAUSE))
        }
        StartReply::NotConfigured => Err(not_configured()),
    }
}

fn sent_view<'a>(sent: &'a CodeSent, to: &Destination, now: Millis) -> SentView<'a> {
    SentView {
        sid: &sent.sid,
        status: "pending",
        channel: sent.channel,
        reason: sent.why,
        same_code: sent.same_code,
        attempts_left: sent.attempts_left,
        expires_at: rfc3339(sent.expires_at),
        expires_in_seconds: seconds_until(sent.expires_at, now),
        message: sent_message(sent, to),
    }
}

fn sent_message(sent: &CodeSent, to: &Destination) -> String {
    let (how, whom) = (sent.channel.in_words(), to.in_words());
    let what = if sent.same_code {
        "the same code again"
    } else {
        "a code"
    };
    let why = match sent.why {
        Why::Asked => "",
        Why::NotDelivered => "The last one did not arrive. ",
        Why::NoCheck => "In case the last one did not arrive: ",
        Why::Landline => "This number cannot get text messages. ",
        Why::ChannelOff => "The usual way is not available. ",
    };
    format!("{why}We are sending {what} {how} to {whom}.")
}

fn not_configured() -> Problem {
    Problem::not_configured("The deployment has no Verify service or no Twilio credentials.")
}

/// A problem whose detail is the sentence for the person.
fn told(mut problem: Problem, message: impl Into<String>) -> Problem {
    problem.detail = message.into();
    let message = problem.detail.clone();
    problem.with("message", message)
}

/// The other address that is open to a person whose number is not.
fn e_mail(to: &Destination, policy: &Policy) -> Value {
    let open = policy.channels.contains(&Channel::Email) && !to.takes(Channel::Email);
    if open {
        json!([Channel::Email])
    } else {
        json!([])
    }
}

fn moment(at: Option<Millis>) -> Value {
    at.map_or(Value::Null, |at| rfc3339(at).into())
}

/// "in 9 minutes", "in 40 seconds".
fn wait_in_words(seconds: u64) -> String {
    let (count, unit) = match seconds {
        ..=90 => (seconds, "second"),
        91..=5_400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    format!("in {count} {unit}{}", if count == 1 { "" } else { "s" })
}

fn limited_problem(limited: &Limited, now: Millis) -> Problem {
    let wait = seconds_until(limited.opens_at, now);
    let call = limited.alternatives.contains(&Channel::Call);
    let instead = if call { ", or have us call you" } else { "" };
    let message = format!(
        "You have asked for several codes already. Ask again {}{instead}.",
        wait_in_words(wait)
    );
    told(Problem::new(429, "verify_limited", LIMITED, ""), message)
        .with("limit", "address")
        .with("attempts_left", 0)
        .with("alternatives", json!(limited.alternatives))
        .with("expires_at", moment(limited.expires_at))
        .retry_after(wait)
}

/// A limit of the guard's is reached.
pub(super) fn guard_limited(
    by: LimitKind,
    opens_at: Millis,
    to: &Destination,
    policy: &Policy,
    now: Millis,
) -> Problem {
    let wait = seconds_until(opens_at, now);
    let message = format!(
        "Too many codes were asked for. Try again {}.",
        wait_in_words(wait)
    );
    let alternatives = if by == LimitKind::Prefix {
        e_mail(to, policy)
    } else {
        json!([])
    };
    told(Problem::new(429, "verify_limited", LIMITED, ""), message)
        .with("limit", by.as_str())
        .with("attempts_left", 0)
        .with("alternatives", alternatives)
        .with("expires_at", Value::Null)
        .retry_after(wait)
}

/// The watch has blocked the prefix or the network.
pub(super) fn blocked(
    by: KeyKind,
    until: Millis,
    to: &Destination,
    policy: &Policy,
    now: Millis,
) -> Problem {
    let alternatives = if by == KeyKind::Prefix {
        e_mail(to, policy)
    } else {
        json!([])
    };
    let problem = Problem::new(
        403,
        "verify_blocked",
        "Codes are paused for numbers like this",
        "",
    );
    told(
        problem,
        "We cannot send a code to this number right now. Use another way.",
    )
    .with("blocked", json!(by))
    .with("attempts_left", 0)
    .with("alternatives", alternatives)
    .with("expires_at", Value::Null)
    .retry_after(seconds_until(until, now))
}

/// The country is none that gets codes.
pub(super) fn country_refused(why: &str, to: &Destination, policy: &Policy) -> Problem {
    let message = format!("We cannot send a code to this number: {why}.");
    told(
        Problem::new(
            403,
            "country_refused",
            "Codes do not go to this country",
            "",
        ),
        message,
    )
    .with("attempts_left", 0)
    .with("alternatives", e_mail(to, policy))
    .with("expires_at", Value::Null)
}

fn refused_problem(
    refused: &CodeRefused,
    to: &Destination,
    policy: &Policy,
    now: Millis,
) -> Problem {
    let refusal = Refusal::from(refused.kind);
    let (status, code, title) = match refused.kind {
        RefusedKind::Landline => (422, "landline", "The number is a landline"),
        RefusedKind::BadAddress => (422, "address_refused", "A code cannot go to this address"),
        RefusedKind::TooManySends => (429, "verify_limited", LIMITED),
        RefusedKind::Blocked => (403, "verify_blocked", "Twilio blocks this verification"),
        RefusedKind::ChannelOff => (502, "channel_off", "The Verify service has no such channel"),
        RefusedKind::Ours => (
            502,
            "twilio_configuration",
            "Twilio refused our configuration",
        ),
        RefusedKind::Other if refused.failure.class == Class::Transient => {
            (503, "twilio_busy", "Twilio cannot take it right now")
        }
        RefusedKind::Other => (422, "twilio_refused", "Twilio refused this request"),
    };
    let alternatives = match refused.kind {
        RefusedKind::Landline if policy.channels.contains(&Channel::Call) => {
            json!([Channel::Call])
        }
        RefusedKind::Ours | RefusedKind::ChannelOff => json!([]),
        _ => e_mail(to, policy),
    };
    let problem = told(Problem::new(status, code, title, ""), refusal.sentence())
        .with_twilio(twilio_fault(&refused.failure))
        .with("attempts_left", refused.attempts_left)
        .with("alternatives", alternatives)
        .with("expires_at", moment(refused.expires_at));
    match (status, refused.kind, refused.expires_at) {
        (429, _, at) => {
            let at = at.unwrap_or_else(|| now.saturating_add(policy.lifetime));
            problem
                .with("limit", "twilio")
                .retry_after(seconds_until(at, now))
        }
        (503, ..) => problem.retry_after(PAUSE),
        _ => problem,
    }
}

#[derive(Serialize)]
struct CheckView<'a> {
    status: &'static str,
    valid: bool,
    message: &'a str,
    attempts_left: u32,
    expires_at: Value,
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// The answer to a check.
pub(super) fn checked(reply: &CheckReply, now: Millis) -> Result<Response, Problem> {
    match reply {
        CheckReply::Checked(checked) => Ok(Response::json(200, &check_view(checked, now))),
        CheckReply::NotJudged(failure) => Err(not_judged(failure.as_ref())),
        CheckReply::Busy { retry_after } => {
            Err(not_judged(None).retry_after(retry_after.map_or(1, u64::from)))
        }
        CheckReply::NotConfigured => Err(not_configured()),
    }
}

fn check_view(checked: &Checked, now: Millis) -> Value {
    let exhausted = checked.verdict == Verdict::MaxAttemptsReached;
    let wait = checked
        .expires_at
        .filter(|_| exhausted)
        .map(|at| seconds_until(at, now));
    json!(CheckView {
        status: checked.verdict.as_str(),
        valid: checked.verdict == Verdict::Approved,
        message: &checked.sentence(now),
        attempts_left: checked.tries_left,
        expires_at: moment(checked.expires_at),
        channel: checked.channel,
        retry_after_seconds: wait,
    })
}

/// Twilio judged nothing: the code may be right.
pub(super) fn not_judged(failure: Option<&Failure>) -> Problem {
    let message = "The code could not be checked just now. It may well be right: try it again \
                   in a moment.";
    let ours = failure.is_some_and(|failure| failure.class == Class::Configuration);
    let (status, code, title) = if ours {
        (
            502,
            "twilio_configuration",
            "Twilio refused our configuration",
        )
    } else {
        (503, "not_judged", "The code could not be checked")
    };
    let problem = told(Problem::new(status, code, title, ""), message);
    let problem = match failure {
        Some(failure) => problem.with_twilio(twilio_fault(failure)),
        None => problem,
    };
    if ours {
        problem
    } else {
        problem.retry_after(2)
    }
}
