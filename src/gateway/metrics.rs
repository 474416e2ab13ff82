//! `GET /metrics`: figures of the day in OpenMetrics, for whoever scrapes with an API key.
//!
//! They are the ledger's, so that they are the deployment's whichever isolate answers: two reads of
//! one object. A day's figures begin at zero at midnight UTC: counters that have restarted.

use super::console;
use super::http::Response;
use super::problem::Problem;
use super::world::World;
use crate::objects::id::day;
use crate::objects::ledger::{CountDay, FetchTally, day_shard};
use crate::time::{DAY, SECOND};

/// A family's name, type and help.
type Family = (&'static str, &'static str, &'static str);

const MESSAGES: Family = (
    "hookswitch_day_messages",
    "gauge",
    "Messages made today (UTC), by direction and status.",
);
const EVENTS: Family = (
    "hookswitch_day_events",
    "gauge",
    "Events of today, by what became of them.",
);
const WAIT: Family = (
    "hookswitch_event_wait_seconds",
    "gauge",
    "How long the oldest event of today has waited for the application.",
);
const REJECTED: Family = (
    "hookswitch_webhooks_rejected",
    "counter",
    "Webhooks refused today, by cause.",
);
const ATTEMPTS: Family = (
    "hookswitch_attempts",
    "counter",
    "Attempts that ended today, by sender and outcome.",
);
const ERRORS: Family = (
    "hookswitch_errors",
    "counter",
    "Attempts that failed today, by Twilio's code.",
);

/// Writes families one after the other.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, (name, kind, help): Family) {
        for (word, text) in [("TYPE", kind), ("HELP", help)] {
            for part in ["# ", word, " ", name, " ", text, "\n"] {
                self.0.push_str(part);
            }
        }
    }

    fn sample(&mut self, (name, kind, _): Family, labels: &[(&str, &str)], value: i64) {
        self.0.push_str(name);
        if kind == "counter" {
            self.0.push_str("_total");
        }
        for (at, (label, text)) in labels.iter().enumerate() {
            self.0.push(if at == 0 { '{' } else { ',' });
            self.0.push_str(label);
            self.0.push_str("=\"");
            for c in text.chars() {
                match c {
                    '\n' => self.0.push_str("\\n"),
                    '\\' | '"' => self.0.extend(['\\', c]),
                    c => self.0.push(c),
                }
            }
            self.0.push('"');
        }
        self.0.push_str(if labels.is_empty() { " " } else { "} " });
        self.0.push_str(&value.to_string());
        self.0.push('\n');
    }
}

/// The figures.
///
/// # Errors
/// When the ledger does not answer: no figure is better than a wrong one.
pub async fn answer<W: World>(world: &W) -> Result<Response, Problem> {
    let now = world.now();
    console::write_rejections(world);
    let today = day_shard(&day(now));
    let count = world.ask(&today, &CountDay {}).await?;
    // No minutes: they are for the overview.
    let since = FetchTally { since: now + DAY };
    let tally = world.ask(&today, &since).await?;
    let mut page = Page::default();
    page.family(MESSAGES);
    for (direction, status, n) in &count.messages {
        page.sample(
            MESSAGES,
            &[("direction", direction), ("status", status)],
            *n,
        );
    }
    page.family(EVENTS);
    let mut wait = 0;
    for (state, n, oldest) in &count.events {
        page.sample(EVENTS, &[("state", state)], *n);
        if state == "pending" {
            wait = now.saturating_sub(*oldest) / SECOND;
        }
    }
    page.family(WAIT);
    page.sample(WAIT, &[], wait);
    for (family, kind, label) in [
        (REJECTED, "rejection", "cause"),
        (ERRORS, "error", "code"),
        (ATTEMPTS, "sender", "sender"),
    ] {
        page.family(family);
        for line in tally.iter().filter(|line| line[0] == kind) {
            let number = |at: usize| line[at].as_i64().unwrap_or(0);
            let own = (label, line[1].as_str().unwrap_or_default());
            match kind {
                "rejection" => page.sample(family, &[own], number(5)),
                "error" => page.sample(family, &[own], number(4)),
                _ => {
                    page.sample(family, &[own, ("outcome", "delivered")], number(3));
                    page.sample(family, &[own, ("outcome", "failed")], number(4));
                }
            }
        }
    }
    page.0.push_str("# EOF\n");
    let mut response = Response::twiml(page.0);
    response.content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(response)
}
