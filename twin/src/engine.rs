//! What makes things happen: the queue of jobs, the pump that runs them, and the sender of webhooks.
//!
//! Time is the twin's own clock. Under a frozen clock nothing happens until it is advanced,
//! and then everything that is due happens in the order of its time, each step waited for.

use crate::client::{self, Answer, Failure, Outgoing};
use crate::form;
use crate::outcome;
use crate::sign;
use crate::state::{CallbackRecord, Job, Signing, Webhook, World};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore, oneshot};

/// At most this many jobs of one instant run side by side while the clock is advanced.
const SIDE_BY_SIDE: usize = 32;
/// At most this many requests to the application are under way, as Twilio too has an end.
const MAX_UNDER_WAY: usize = 64;

/// The state and the means to wake those who wait on it.
#[derive(Debug)]
pub struct Shared {
    world: Mutex<World>,
    pub(crate) wake: Notify,
    /// Held while the clock is being advanced, so that the pump does not run ahead.
    pumping: tokio::sync::Mutex<()>,
    busy: AtomicUsize,
    idle: Notify,
    under_way: Semaphore,
}

/// Somebody is at work whom an advancing clock has to wait for.
pub(crate) struct Activity(Arc<Shared>);

impl Activity {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        shared.busy.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::SeqCst);
        self.0.idle.notify_waiters();
    }
}

impl Shared {
    pub(crate) fn new(world: World) -> Arc<Self> {
        Arc::new(Self {
            world: Mutex::new(world),
            wake: Notify::new(),
            pumping: tokio::sync::Mutex::new(()),
            busy: AtomicUsize::new(0),
            idle: Notify::new(),
            under_way: Semaphore::new(MAX_UNDER_WAY),
        })
    }

    /// The state. A poisoned lock is taken all the same: a twin in a test had better go on.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody is at work, for at most half a minute.
    async fn quiesce(&self) {
        let waiting = async {
            loop {
                let idle = self.idle.notified();
                tokio::pin!(idle);
                idle.as_mut().enable();
                if self.busy.load(Ordering::SeqCst) == 0 {
                    return;
                }
                idle.await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    }
}

/// Sleeps in the twin's time; a caller who holds an [`Activity`] has to let go of it first.
pub(crate) async fn sleep(shared: &Arc<Shared>, ms: i64) {
    if ms <= 0 {
        return;
    }
    let (wake, woken) = oneshot::channel();
    {
        let mut world = shared.world();
        let due = world.now().saturating_add(ms);
        world.plan(due, Job::Wake(wake));
    }
    shared.wake.notify_one();
    let _ = woken.await;
}

/// Runs due jobs as time goes by, for as long as the twin lives.
pub(crate) async fn pump(shared: Arc<Shared>) {
    loop {
        let (due, wait) = {
            let _turn = shared.pumping.lock().await;
            let mut world = shared.world();
            let now = world.now();
            let later = world.jobs.split_off(&(now + 1, 0));
            let due = std::mem::replace(&mut world.jobs, later);
            let next = world.jobs.keys().next().map(|(at, _)| at - now);
            (due, next.filter(|_| !world.clock.is_frozen()))
        };
        for job in due.into_values() {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move { run(&shared, job).await });
        }
        let nap = Duration::from_millis(
            wait.and_then(|ms| u64::try_from(ms).ok())
                .unwrap_or(3_600_000),
        );
        tokio::select! {
            () = shared.wake.notified() => {}
            () = tokio::time::sleep(nap) => {}
        }
    }
}

/// Moves the clock forward and waits for all that becomes due on the way; the number of jobs run.
pub(crate) async fn advance(shared: &Arc<Shared>, ms: i64) -> usize {
    let turn = shared.pumping.lock().await;
    let target = shared.world().now().saturating_add(ms.max(0));
    let mut ran = 0;
    loop {
        let batch = {
            let mut world = shared.world();
            let Some(&(at, _)) = world.jobs.keys().next().filter(|(at, _)| *at <= target) else {
                break;
            };
            world.clock.move_to(at);
            let later = world.jobs.split_off(&(at + 1, 0));
            std::mem::replace(&mut world.jobs, later)
        };
        ran += batch.len();
        let mut running = tokio::task::JoinSet::new();
        for job in batch.into_values() {
            if running.len() >= SIDE_BY_SIDE {
                running.join_next().await;
            }
            let shared = Arc::clone(shared);
            running.spawn(async move { run(&shared, job).await });
        }
        while running.join_next().await.is_some() {}
        shared.quiesce().await;
    }
    shared.world().clock.move_to(target);
    drop(turn);
    shared.wake.notify_one();
    ran
}

async fn run(shared: &Arc<Shared>, job: Job) {
    match job {
        Job::Wake(wake) => {
            // The sleeper takes its activity up again before an advancing clock looks.
            let activity = Activity::new(shared);
            let _ = wake.send(());
            tokio::task::yield_now().await;
            tokio::time::sleep(Duration::from_millis(1)).await;
            drop(activity);
        }
        Job::Send(webhook) => {
            deliver(shared, *webhook).await;
        }
        Job::Release { sid } => {
            outcome::release(&mut shared.world(), &sid);
            shared.wake.notify_one();
        }
        Job::Advance { sid, step } => {
            let webhooks = outcome::advance(&mut shared.world(), &sid, step);
            shared.wake.notify_one();
            for webhook in webhooks {
                deliver(shared, webhook).await;
            }
        }
        Job::Dial { sid } => {
            let activity = Activity::new(shared);
            let shared = Arc::clone(shared);
            tokio::spawn(async move { crate::voice::outbound::place(shared, sid, activity).await });
        }
    }
}

/// Connection overrides of a URL's fragment (Twilio docs, "Webhooks connection overrides").
#[derive(Debug, PartialEq, Eq)]
struct Overrides {
    connect_ms: u64,
    read_ms: u64,
    retries: u32,
    /// What is retried besides a failed connection.
    on_read_timeout: bool,
    on_4xx: bool,
    on_5xx: bool,
    on_connect: bool,
}

impl Overrides {
    fn parse(fragment: &str, read_ms: u64) -> Self {
        let mut out = Self {
            connect_ms: 5000.min(read_ms.max(1)),
            read_ms,
            retries: 1,
            on_read_timeout: false,
            on_4xx: false,
            on_5xx: false,
            on_connect: true,
        };
        for (name, value) in form::decode(fragment) {
            match name.as_str() {
                "ct" => out.connect_ms = value.parse().unwrap_or(out.connect_ms).clamp(100, 10_000),
                "rt" => out.read_ms = value.parse().unwrap_or(out.read_ms).clamp(100, 15_000),
                "rc" => out.retries = value.parse().unwrap_or(out.retries).min(5),
                "rp" => {
                    let has = |what: &str| value.split(',').any(|v| v == what || v == "all");
                    out.on_connect = has("ct");
                    out.on_read_timeout = has("rt");
                    out.on_4xx = has("4xx");
                    out.on_5xx = has("5xx");
                }
                _ => {}
            }
        }
        out
    }

    fn wants_retry(&self, result: &Result<Answer, Failure>) -> bool {
        match result {
            Ok(answer) => match answer.status {
                400..=499 => self.on_4xx,
                500..=599 => self.on_5xx,
                _ => false,
            },
            Err(Failure::Connect(_)) => self.on_connect,
            Err(Failure::Timeout | Failure::Broken(_)) => self.on_read_timeout,
            Err(Failure::Url(_)) => false,
        }
    }
}

/// The URL as it is requested and signed: a GET carries its parameters in the query.
pub(crate) fn full_url(webhook: &Webhook) -> String {
    let (base, _) = webhook.url.split_once('#').unwrap_or((&webhook.url, ""));
    if webhook.json.is_some() {
        return sign::with_body_hash(base, &payload(webhook).1);
    }
    if webhook.method != "GET" || webhook.params.is_empty() {
        return base.to_owned();
    }
    let joint = if base.contains('?') { '&' } else { '?' };
    format!("{base}{joint}{}", form::encode(&webhook.params))
}

/// Content type and bytes of a request that is not a GET.
pub(crate) fn payload(webhook: &Webhook) -> (&'static str, Vec<u8>) {
    match &webhook.json {
        Some(json) => ("application/json", json.to_string().into_bytes()),
        None => (
            "application/x-www-form-urlencoded; charset=UTF-8",
            form::encode(&webhook.params).into_bytes(),
        ),
    }
}

/// Sends a webhook, retries as its overrides say, follows redirects, and keeps the record.
pub(crate) async fn deliver(shared: &Arc<Shared>, webhook: Webhook) -> CallbackRecord {
    // The semaphore is never closed, so there is always a permit to wait for.
    let _permit = shared.under_way.acquire().await;
    let started = Instant::now();
    let (at, read_ms) = {
        let world = shared.world();
        (world.now(), world.config.webhook_timeout_ms)
    };
    let fragment = webhook.url.split_once('#').map_or("", |(_, f)| f);
    let overrides = Overrides::parse(fragment, read_ms);
    let url = full_url(&webhook);
    let mut attempts = 0;
    let (mut result, signature) = loop {
        attempts += 1;
        let (result, signature) = attempt(shared, &webhook, &url, &overrides).await;
        if attempts > overrides.retries || !overrides.wants_retry(&result) {
            break (result, signature);
        }
    };
    let mut hops = 0;
    let mut here = url;
    while let Some(next) = redirect_target(&here, &result).filter(|_| hops < 5) {
        hops += 1;
        let bare = Webhook {
            method: "GET".to_owned(),
            params: Vec::new(),
            json: None,
            ..webhook.clone()
        };
        result = attempt(shared, &bare, &next, &overrides).await.0;
        here = next;
    }
    let (status, headers, body, error) = match result {
        Ok(a) => (Some(a.status), a.headers, a.body, None),
        Err(e) => (None, Vec::new(), String::new(), Some(e.to_string())),
    };
    let mut world = shared.world();
    let record = CallbackRecord {
        index: world.callbacks.len(),
        at,
        webhook,
        signature,
        status,
        headers,
        body,
        error,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        attempts,
    };
    world.callbacks.push(record.clone());
    record
}

async fn attempt(
    shared: &Arc<Shared>,
    webhook: &Webhook,
    url: &str,
    overrides: &Overrides,
) -> (Result<Answer, Failure>, Option<String>) {
    let (token, dial) = {
        let world = shared.world();
        let token = match webhook.signing {
            Signing::Good => Some(world.config.auth_token.clone()),
            Signing::Wrong => Some(format!("not-{}", world.config.auth_token)),
            Signing::Secondary => Some(world.secondary_token.clone().unwrap_or_default()),
            Signing::None => None,
        };
        (token, world.config.dial(url))
    };
    let posted = webhook.method != "GET";
    let signed: &[(String, String)] = if posted && webhook.json.is_none() {
        &webhook.params
    } else {
        &[]
    };
    let signature = token.map(|token| sign::signature(&token, url, signed));
    let mut headers = vec![
        ("user-agent".to_owned(), "TwilioProxy/1.1".to_owned()),
        ("accept".to_owned(), "*/*".to_owned()),
        (
            "i-twilio-idempotency-token".to_owned(),
            webhook.token.clone(),
        ),
    ];
    if let Some(signature) = &signature {
        headers.push(("x-twilio-signature".to_owned(), signature.clone()));
    }
    let body = if posted {
        let (kind, bytes) = payload(webhook);
        headers.push(("content-type".to_owned(), kind.to_owned()));
        bytes
    } else {
        Vec::new()
    };
    let outgoing = Outgoing {
        method: &webhook.method,
        url,
        dial: dial.as_deref(),
        headers: &headers,
        body,
        connect_timeout: Duration::from_millis(overrides.connect_ms),
        read_timeout: Duration::from_millis(overrides.read_ms),
    };
    (client::send(&outgoing).await, signature)
}

fn redirect_target(from: &str, result: &Result<Answer, Failure>) -> Option<String> {
    let answer = result.as_ref().ok()?;
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    answer.header("location").map(|to| join_url(from, to))
}

/// Resolves a reference against the URL of the document it stands in.
pub(crate) fn join_url(base: &str, reference: &str) -> String {
    if reference.is_empty() {
        return base.to_owned();
    }
    if client::split_url(reference).is_some() {
        return reference.to_owned();
    }
    let Some(parts) = client::split_url(base) else {
        return reference.to_owned();
    };
    let scheme = base.split("://").next().unwrap_or("http");
    let user = parts.user_info.map(|u| format!("{u}@")).unwrap_or_default();
    let origin = format!("{scheme}://{user}{}", parts.authority);
    let path = parts.target.split('?').next().unwrap_or_default();
    if let Some(rest) = reference.strip_prefix("//") {
        format!("{scheme}://{rest}")
    } else if reference.starts_with('/') {
        format!("{origin}{reference}")
    } else if reference.starts_with('?') {
        format!("{origin}{path}{reference}")
    } else {
        let folder = path
            .rfind('/')
            .map_or("/", |i| path.get(..=i).unwrap_or("/"));
        let (relative, query) = reference
            .find(['?', '#'])
            .map_or((reference, ""), |i| reference.split_at(i));
        format!(
            "{origin}{}{query}",
            without_dots(&format!("{folder}{relative}"))
        )
    }
}

fn without_dots(path: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    format!("/{}", out.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_resolved_against_its_document() {
        let base = "http://127.0.0.1:8787/voice/incoming?step=1";
        for (reference, expected) in [
            ("/a?b=c", "http://127.0.0.1:8787/a?b=c"),
            (
                "menu-selection",
                "http://127.0.0.1:8787/voice/menu-selection",
            ),
            ("../x/./y?q=..", "http://127.0.0.1:8787/x/y?q=.."),
            ("?step=2", "http://127.0.0.1:8787/voice/incoming?step=2"),
            ("https://other.test/z", "https://other.test/z"),
            ("", base),
        ] {
            assert_eq!(join_url(base, reference), expected, "{reference}");
        }
    }

    #[test]
    fn only_a_failed_connection_is_retried_by_default() {
        let default = Overrides::parse("", 15_000);
        assert!(default.wants_retry(&Err(Failure::Connect(String::new()))));
        assert!(!default.wants_retry(&Err(Failure::Timeout)));
        let five = Overrides::parse("rc=3&rp=5xx,rt&rt=200", 15_000);
        assert_eq!((five.retries, five.read_ms), (3, 200));
        assert!(five.wants_retry(&Err(Failure::Timeout)));
        assert!(!five.wants_retry(&Err(Failure::Connect(String::new()))));
    }
}
