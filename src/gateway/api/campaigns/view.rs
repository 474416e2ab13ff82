//! A campaign as the API shows it.

use serde_json::{Map, Value, json};

use crate::campaign::forecast::{Basis, Forecast, Plan, Timeline};
use crate::campaign::pace::Rate;
use crate::campaign::price::Prices;
use crate::campaign::state::{Reached, Status};
use crate::objects::campaign::View;
use crate::objects::sender::SenderView;
use crate::ports::Millis;
use crate::time::rfc3339;

/// With progress. Every recipient is counted once, where they stand now.
pub fn campaign(view: &View, sender: &SenderView, now: Millis) -> Value {
    let definition = &view.definition;
    json!({
        "id": view.id,
        "name": definition.name,
        "status": view.status.as_str(),
        "reason": view.reason,
        "sender": definition.sender,
        "kind": definition.kind,
        "content": definition.content,
        "quiet_hours": definition.quiet_hours,
        "deadline": definition.deadline.map(rfc3339),
        "created_by": definition.by,
        "created_at": rfc3339(view.created_at),
        "started_at": view.started_at.map(rfc3339),
        "ended_at": view.ended_at.map(rfc3339),
        "recipients": {
            "accepted": view.report.accepted,
            "opted_out": view.report.opted_out,
            "duplicates": view.report.duplicates,
            "bad": view.report.bad,
        },
        "progress": progress(view),
        "segments_per_second": rate(view, sender).map(Rate::segments_per_second),
        "rests_until": sender.rests_until.map(rfc3339),
        "finishes_at": finishes_at(view, sender, now).map(rfc3339),
    })
}

fn progress(view: &View) -> Value {
    let over = matches!(view.status, Status::Completed | Status::Canceled);
    let count = |reached| -> u64 {
        view.reached
            .iter()
            .filter(|(state, ..)| *state == reached)
            .map(|(_, _, n)| n)
            .sum()
    };
    let waiting = count(Reached::Waiting);
    let mut failed = Map::new();
    for (_, class, n) in view
        .reached
        .iter()
        .filter(|(state, ..)| *state == Reached::Failed)
    {
        let class = class.map_or("unknown", |class| class.as_str());
        failed.insert(class.to_owned(), json!(n));
    }
    json!({
        "remaining": if over { 0 } else { waiting },
        "pending": count(Reached::Pending),
        "unknown": count(Reached::Unknown),
        "sent": count(Reached::Sent),
        "delivered": count(Reached::Delivered),
        "failed": failed,
        "opted_out": count(Reached::OptedOut),
        "expired": if over { waiting } else { 0 },
    })
}

/// The slower of the sender's pace and the campaign's own.
fn rate(view: &View, sender: &SenderView) -> Option<Rate> {
    match (sender.rate, view.definition.rate) {
        (Some(sender), Some(own)) => Some(sender.min(own)),
        (sender, own) => sender.or(own),
    }
}

fn plan<'a>(view: &View, sender: &'a SenderView, now: Millis) -> Plan<'a> {
    Plan {
        now: sender.rests_until.unwrap_or(now).max(now),
        rate: rate(view, sender),
        daily: &sender.limits.daily,
        used_today: sender.used_today,
        hours: view.definition.quiet_hours,
    }
}

fn finishes_at(view: &View, sender: &SenderView, now: Millis) -> Option<Millis> {
    if view.status != Status::Running {
        return None;
    }
    let waiting = view
        .reached
        .iter()
        .find(|(state, ..)| *state == Reached::Waiting);
    let left = waiting.map_or(0.0, |(_, _, n)| *n as f64);
    let share = left / (view.report.accepted as f64).max(1.0);
    Timeline::of(&plan(view, sender, now), &view.tally.groups, share).finishes_at
}

/// What the campaign would do if it were started now.
pub fn forecast(
    view: &View,
    sender: &SenderView,
    prices: Option<&Prices>,
    now: Millis,
) -> Forecast {
    Forecast::of(&Basis {
        tally: &view.tally,
        opted_out: view.report.opted_out,
        sender_rate: sender.limits.rate,
        plan: plan(view, sender, now),
        deadline: view.definition.deadline,
        prices,
    })
}
