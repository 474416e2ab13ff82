//! `GET /v1/senders`, `PUT` and `GET /v1/senders/{name}`, `GET /v1/senders/{id}/stats`.

use serde_json::{Value, json};

use super::super::fields::Fields;
use super::super::http::{Incoming, Response};
use super::super::problem::Problem;
use super::super::published;
use super::super::world::World;
use super::campaigns::{day_number, limits_of};
use super::fields;
use super::query::Query;
use crate::campaign::forecast::day_of;
use crate::campaign::pace::Rate;
use crate::json;
use crate::messaging::figures::Counts;
use crate::messaging::profile::{Profile, WarmUp, valid_name};
use crate::messaging::sender::SenderKind;
use crate::objects::ledger::{FetchFigures, FigureRow, sender_shard};
use crate::objects::registry::{self, FetchDocuments, PutDocument};
use crate::objects::sender::{FetchSender, PutLimits, SenderView};
use crate::ports::Millis;
use crate::sorted::SortedMap;
use crate::time::{DAY, HOUR, MINUTE, parse_rfc3339, rfc3339};
use crate::twilio::address::Address;
use crate::twilio::sid::{ContentSid, MessagingServiceSid};

/// The kind of a sender's document in the registry.
const KIND: &str = "sender";
/// Points of a series at most.
const POINTS: i64 = 2_016;
/// Days of a new sender that have caps of their own.
pub(in crate::gateway) const LONGEST_RAMP: usize = 90;

/// Configures a sender.
///
/// # Errors
/// 400 for the name or a field.
pub async fn put<W: World>(
    world: &W,
    request: &impl Incoming,
    name: &str,
    caller: &str,
) -> Result<Response, Problem> {
    if !valid_name(name) {
        return Err(Problem::invalid_field(
            "name",
            "must be 1 to 64 of a-z, 0-9, - and _",
        ));
    }
    let profile = read(request).await?;
    let document = json!(profile);
    let command = PutDocument {
        kind: KIND.to_owned(),
        name: name.to_owned(),
        document: document.clone(),
        by: caller.to_owned(),
    };
    world.ask(registry::INSTANCE, &command).await?;
    published::publish_sender(world, name, &document.to_string()).await?;
    if let Some(way) = profile.way() {
        // Campaigns and single messages by this sender are paced by one object.
        let limits = limits_of(&profile);
        world.ask(way, &PutLimits { limits }).await?;
    }
    Ok(Response::json(200, &view(name, &document)))
}

async fn read(request: &impl Incoming) -> Result<Profile, Problem> {
    let mut fields = fields(request).await?;
    let address = fields.parsed("address", Address::parse);
    let service = fields.parsed("messaging_service_sid", MessagingServiceSid::parse);
    if address.is_none() && service.is_none() {
        fields.refuse(
            "address",
            "is required when there is no messaging_service_sid",
        );
    }
    let rate = fields.integer("segments_per_second", 1, 10_000);
    let cap = fields.integer("daily_cap", 1, 1_000_000_000);
    let warm_up = warm_up(&mut fields);
    let profile = Profile {
        warm_up,
        address: address.map(|address| address.to_string()),
        messaging_service_sid: service.map(|sid| sid.to_string()),
        segments_per_second: rate.and_then(|rate| u32::try_from(rate).ok()),
        daily_cap: cap.and_then(|cap| u64::try_from(cap).ok()),
        brand: fields.text("brand").filter(|brand| !brand.is_empty()),
        hosts: fields.texts("hosts", 50),
        quiet_hours: fields.json("quiet_hours"),
        lint: fields.json("lint"),
        smart_encoding: fields.flag("smart_encoding").unwrap_or_default(),
        templates: fields.json("templates").unwrap_or_default(),
        alert: fields.json("alert"),
    };
    for (name, template) in &profile.templates {
        if ContentSid::parse(&template.content_sid).is_err() {
            fields.refuse_at(
                &["templates", name, "content_sid"],
                "must be HX and 32 digits",
            );
        }
    }
    fields.finish()?;
    Ok(profile)
}

/// `{"first_day": "2026-11-24", "caps": [50, 100, 200]}`.
fn warm_up(fields: &mut Fields) -> Option<WarmUp> {
    let mut inner = fields.object("warm_up")?;
    let first_day = inner.required("first_day", |text| match day_number(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("must be a date as in 2026-11-24"),
    });
    let caps: Vec<u64> = inner.json("caps").unwrap_or_default();
    if !(1..=LONGEST_RAMP).contains(&caps.len()) {
        inner.refuse("caps", "must hold the caps of 1 to 90 days");
    }
    fields.join(inner);
    Some(WarmUp {
        first_day: first_day?,
        caps,
    })
}

fn view(name: &str, document: &Value) -> Value {
    let mut view = document.clone();
    if let Some(fields) = view.as_object_mut() {
        fields.insert("name".to_owned(), name.into());
        // What Twilio and its carriers treat it as: it follows from the address.
        if let Some(address) = fields.get("address").and_then(Value::as_str) {
            let kind = SenderKind::of(address);
            fields.insert("kind".to_owned(), json!(kind));
        }
    }
    view
}

/// Every configured sender.
///
/// # Errors
/// When the registry does not answer.
pub async fn list<W: World>(world: &W) -> Result<Response, Problem> {
    let command = FetchDocuments {
        kind: KIND.to_owned(),
        name: None,
    };
    let documents = world.ask(registry::INSTANCE, &command).await?;
    let senders: Vec<Value> = documents
        .iter()
        .map(|(name, document)| view(name, document))
        .collect();
    Ok(Response::json(200, &json!({ "senders": senders })))
}

/// One configured sender, and how its pace stands.
///
/// # Errors
/// 404 when there is none of this name.
pub async fn fetch<W: World>(world: &W, name: &str) -> Result<Response, Problem> {
    let command = FetchDocuments {
        kind: KIND.to_owned(),
        name: Some(name.to_owned()),
    };
    let documents = world.ask(registry::INSTANCE, &command).await?;
    let (name, document) = documents
        .first()
        .ok_or_else(|| Problem::not_found("There is no sender of this name."))?;
    let mut shown = view(name, document);
    let profile: Option<Profile> = json::read_value(document.clone()).ok();
    if let (Some(fields), Some(way)) = (
        shown.as_object_mut(),
        profile.as_ref().and_then(Profile::way),
    ) {
        let sender = way.to_owned();
        let standing = world.ask(way, &FetchSender { sender }).await?;
        fields.insert("pace".to_owned(), pace(&standing, world.now()));
    }
    Ok(Response::json(200, &shown))
}

/// What is in force now: the limit, lowered while Twilio's complaints are fresh, and today's
/// cap.
fn pace(standing: &SenderView, now: Millis) -> Value {
    json!({
        "segments_per_second": standing.rate.map(Rate::segments_per_second),
        "used_today": standing.used_today,
        "cap_today": standing.limits.daily.cap_on(day_of(now).number),
        "rests_until": standing.rests_until.map(rfc3339),
        "campaigns": standing.campaigns,
    })
}

/// A sender's delivery figures over time: `?since=&until=&bucket_minutes=`. `id` is a
/// configured sender's name, an address of ours or a Messaging Service's SID.
///
/// # Errors
/// 400 for a parameter.
pub async fn stats<W: World>(
    world: &W,
    request: &impl Incoming,
    id: &str,
) -> Result<Response, Problem> {
    let query = Query::of(request, &["since", "until", "bucket_minutes"])?;
    let time = |name: &str, usual: Millis| match query.get(name) {
        None => Ok(usual),
        Some(text) => parse_rfc3339(text).ok_or_else(|| {
            Problem::invalid_field(name, "must be a time as in 2026-11-24T09:30:00Z")
        }),
    };
    let now = world.now();
    let until = time("until", now + MINUTE)?;
    let since = time("since", now - DAY)?;
    let bucket = match query.get("bucket_minutes").map(str::parse::<i64>) {
        None => HOUR,
        Some(Ok(minutes)) if (5..=1_440).contains(&minutes) && minutes % 5 == 0 => minutes * MINUTE,
        Some(_) => {
            return Err(Problem::invalid_field(
                "bucket_minutes",
                "must be a multiple of 5 from 5 to 1440",
            ));
        }
    };
    if since >= until || (until - since) / bucket > POINTS {
        let detail = format!("must be before until, and at most {POINTS} buckets away");
        return Err(Problem::invalid_field("since", detail));
    }
    let since = since - since.rem_euclid(bucket);
    let rows = world
        .ask(&sender_shard(id), &FetchFigures { since, until })
        .await?;
    Ok(Response::json(
        200,
        &figures(id, &rows, since, until, bucket),
    ))
}

fn figures(id: &str, rows: &[FigureRow], since: Millis, until: Millis, bucket: Millis) -> Value {
    let mut series: SortedMap<Millis, Counts> = SortedMap::new();
    let mut countries: SortedMap<&str, Counts> = SortedMap::new();
    let mut channels: SortedMap<&str, Counts> = SortedMap::new();
    let mut lines: SortedMap<&str, Counts> = SortedMap::new();
    let mut errors: SortedMap<u32, u64> = SortedMap::new();
    let mut total = Counts::default();
    for row in rows {
        let at = row.slot - row.slot.rem_euclid(bucket);
        let point = series.or_default(at);
        *point = point.and(row.counts);
        let country = countries.or_default(&row.figure.country);
        *country = country.and(row.counts);
        let channel = channels.or_default(&row.figure.channel);
        *channel = channel.and(row.counts);
        let line = lines.or_default(&row.figure.line);
        *line = line.and(row.counts);
        if row.figure.code != 0 {
            *errors.or_default(row.figure.code) += row.counts.failed;
        }
        total = total.and(row.counts);
    }
    let points: Vec<Value> = series
        .iter()
        .map(|(at, counts)| {
            let mut point = count(*counts);
            if let Some(fields) = point.as_object_mut() {
                fields.insert("at".to_owned(), rfc3339(*at).into());
            }
            point
        })
        .collect();
    let by = |groups: &SortedMap<&str, Counts>| -> Value {
        let groups = groups.iter().map(|(name, counts)| {
            let name = if name.is_empty() { "unknown" } else { *name };
            (name.to_owned(), count(*counts))
        });
        Value::Object(groups.collect())
    };
    json!({
        "sender": id, "since": rfc3339(since), "until": rfc3339(until),
        "bucket_minutes": bucket / MINUTE,
        "total": count(total), "series": points,
        "by_country": by(&countries), "by_channel": by(&channels),
        "by_line_type": by(&lines),
        "by_error": errors.iter().map(|(code, n)| (code.to_string(), json!(n)))
            .collect::<serde_json::Map<_, _>>(),
    })
}

fn count(counts: Counts) -> Value {
    json!({
        "delivered": counts.delivered, "failed": counts.failed, "canceled": counts.canceled,
        "rate_percent": counts.rate().map(|rate| f64::from(rate) / 100.0),
    })
}
