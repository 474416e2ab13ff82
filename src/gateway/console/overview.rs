//! `GET /v1/overview`: the deployment at a glance. The day's figures are one object call (two in
//! the hour after midnight), Verify's and the campaigns' one each; all are made at once. What
//! does not answer is `null`, and the rest is shown.

use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::future::{join, join3};
use serde_json::{Map, Value, json};

use super::super::published;
use super::super::world::World;
use super::rejections;
use crate::objects::guard::{self, Figures, FiguresReply};
use crate::objects::id::day;
use crate::objects::ledger::{FetchTally, day_shard};
use crate::objects::registry::{self, ListCampaigns};
use crate::ports::Millis;
use crate::time::{DAY, HOUR, MINUTE, rfc3339};
use crate::twilio::errors;

/// Minutes that are shown.
const MINUTES: Millis = 60;
/// Campaigns that are shown.
const CAMPAIGNS: u32 = 20;
/// Hours of Verify's funnel.
const FUNNEL_HOURS: Millis = 24;

/// A line of the day's tally.
struct Tallied {
    kind: String,
    key: String,
    sent: u64,
    delivered: u64,
    failed: u64,
    received: u64,
}

fn tallied(lines: &[Value]) -> Vec<Tallied> {
    let mut tallied = Vec::with_capacity(lines.len());
    for line in lines {
        let text = |at: usize| line.get(at).and_then(Value::as_str).unwrap_or_default();
        let number = |at: usize| line.get(at).and_then(Value::as_u64).unwrap_or(0);
        tallied.push(Tallied {
            kind: text(0).to_owned(),
            key: text(1).to_owned(),
            sent: number(2),
            delivered: number(3),
            failed: number(4),
            received: number(5),
        });
    }
    tallied
}

/// The overview without its time: the same text as long as nothing has changed. What was read
/// less than `age` milliseconds ago by this isolate is good enough.
pub async fn text<W: World>(world: &W, age: Millis) -> Rc<str> {
    let now = world.now();
    if let Some((at, text)) = &*world.memory().overview.borrow()
        && now.saturating_sub(*at) < age
    {
        return Rc::clone(text);
    }
    let text: Rc<str> = read(world, now).await.to_string().into();
    *world.memory().overview.borrow_mut() = Some((now, Rc::clone(&text)));
    text
}

/// Puts the time in.
pub fn at(now: Millis, text: &str) -> String {
    let rest = text.get(1..).unwrap_or_default();
    ["{\"now\":\"", &rfc3339(now), "\",", rest].concat()
}

async fn read<W: World>(world: &W, now: Millis) -> Value {
    rejections::write(world);
    let midnight = now - now.rem_euclid(DAY);
    let first = now - now.rem_euclid(MINUTE) - (MINUTES - 1) * MINUTE;
    let tally = FetchTally { since: first };
    let (shard, yesterday) = (day_shard(&day(now)), day_shard(&day(midnight - MINUTE)));
    let before = async {
        match first < midnight {
            true => world.ask(&yesterday, &tally).await.ok(),
            false => None,
        }
    };
    let figures = Figures {
        since: now - FUNNEL_HOURS * HOUR,
    };
    let running = ListCampaigns {
        active: true,
        limit: CAMPAIGNS,
    };
    let ((today, before), funnel, campaigns) = join3(
        join(world.ask(&shard, &tally), before),
        world.ask(guard::INSTANCE, &figures),
        world.ask(registry::INSTANCE, &running),
    )
    .await;
    let mut panels = match today {
        Ok(today) => {
            let before = tallied(&before.unwrap_or_default());
            day_panels(world, &tallied(&today), &before, first).await
        }
        Err(_) => Map::new(),
    };
    for name in ["minutes", "senders", "errors", "opt_outs", "rejections"] {
        panels.entry(name).or_insert(Value::Null);
    }
    panels.insert("verify".to_owned(), json!(funnel.ok().map(|f| verify(&f))));
    panels.insert("campaigns".to_owned(), campaigns.ok().into());
    Value::Object(panels)
}

async fn day_panels<W: World>(
    world: &W,
    tallied: &[Tallied],
    before: &[Tallied],
    first: Millis,
) -> Map<String, Value> {
    let (mut senders, mut errors) = (Vec::new(), Vec::new());
    let mut rejections = Map::new();
    let (mut refused, mut opt_outs, mut opt_ins) = (0, 0, 0);
    for line in tallied {
        let key = line.key.as_str();
        match line.kind.as_str() {
            "sender" => senders.push(sender(world, line).await),
            "error" => errors.push(error(line)),
            "consent" if key == "out" => opt_outs = line.received,
            "consent" => opt_ins = line.received,
            "rejection" => {
                refused += line.received;
                rejections.insert(key.to_owned(), line.received.into());
            }
            _ => {}
        }
    }
    let mut panels = Map::new();
    let mut put = |name: &str, panel: Value| panels.insert(name.to_owned(), panel);
    put("minutes", minutes(tallied.iter().chain(before), first));
    put("senders", senders.into());
    put("errors", errors.into());
    put(
        "opt_outs",
        json!({ "today": opt_outs, "opt_ins_today": opt_ins }),
    );
    put(
        "rejections",
        json!({ "today": refused, "by_cause": rejections, "is_approximate": true }),
    );
    panels
}

/// The last sixty minutes, each of them there. A minute after midnight has figures of messages
/// that were made before it.
fn minutes<'a>(tallied: impl Iterator<Item = &'a Tallied>, first: Millis) -> Value {
    let mut minutes: BTreeMap<Millis, [u64; 4]> = BTreeMap::new();
    for at in 0..MINUTES {
        minutes.insert(first + at * MINUTE, [0; 4]);
    }
    for line in tallied.filter(|line| line.kind == "minute") {
        let at = line.key.parse().unwrap_or_default();
        if let Some([sent, delivered, failed, received]) = minutes.get_mut(&at) {
            *sent += line.sent;
            *delivered += line.delivered;
            *failed += line.failed;
            *received += line.received;
        }
    }
    let minutes = minutes
        .iter()
        .map(|(at, [sent, delivered, failed, received])| {
            json!({
                "at": rfc3339(*at), "sent": sent, "delivered": delivered, "failed": failed,
                "received": received,
            })
        });
    Value::Array(minutes.collect())
}

async fn sender<W: World>(world: &W, line: &Tallied) -> Value {
    let profile = published::sender(world, &line.key).await.ok().flatten();
    let usual = world.settings().messaging.threshold;
    let threshold = profile.and_then(|profile| profile.alert).unwrap_or(usual);
    let ended = line.delivered + line.failed;
    let rate = (ended > 0).then(|| (line.delivered * 10_000 / ended) as f64 / 100.0);
    json!({
        "sender": line.key, "sent": line.sent, "delivered": line.delivered, "failed": line.failed,
        "rate_percent": rate, "below_percent": f64::from(threshold.below) / 100.0,
        "sample": threshold.sample,
    })
}

fn error(line: &Tallied) -> Value {
    let code = line.key.parse().ok().filter(|code| *code != 0);
    let verdict = errors::describe(code, None);
    json!({
        "code": code, "class": verdict.class.as_str(), "meaning": verdict.meaning,
        "action": verdict.action, "count": line.failed,
    })
}

fn verify(figures: &FiguresReply) -> Value {
    let mut channels: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for count in &figures.counts {
        let (started, approved) = channels.entry(count.channel.as_str()).or_default();
        *started += count.started;
        *approved += count.approved;
    }
    let by_channel: Vec<Value> = channels
        .iter()
        .map(|(channel, (started, approved))| {
            json!({ "channel": channel, "started": started, "approved": approved })
        })
        .collect();
    json!({
        "hours": FUNNEL_HOURS,
        "started": channels.values().map(|(started, _)| started).sum::<u32>(),
        "approved": channels.values().map(|(_, approved)| approved).sum::<u32>(),
        "by_channel": by_channel,
        "blocks": figures.blocks.len(),
    })
}
