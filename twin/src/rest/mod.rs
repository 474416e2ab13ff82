//! The REST side: one door for every product, where credentials are checked, faults happen
//! and each request is kept. What a request does is decided by a function of the state.

pub(crate) mod accounts;
pub(crate) mod calls;
pub(crate) mod content;
pub(crate) mod keys;
pub(crate) mod lookups;
pub(crate) mod messages;
pub(crate) mod recordings;
pub(crate) mod registrations;
pub(crate) mod services;
pub(crate) mod taskrouter;
pub(crate) mod typing;
pub(crate) mod verify;

use crate::engine::Shared;
use crate::error::ApiError;
use crate::fault::Act;
use crate::form::{self, Params};
use crate::state::{RestRecord, World};
use axum::body::Body;
use axum::http::{Request, Response, header};
use base64::Engine as _;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How long a hanging answer hangs before the connection is closed after all.
const HANG: Duration = Duration::from_secs(120);
/// The largest body that is read.
const MAX_BODY: usize = 1 << 20;

/// A request, taken apart.
pub(crate) struct Ask {
    pub method: String,
    /// Path without the product, e.g. `/2010-04-01/Accounts/AC.../Messages.json`.
    pub path: String,
    pub product: String,
    /// Decoded segments after the product, `.json` taken off the last.
    pub segments: Vec<String>,
    pub query: Params,
    /// Form parameters; for a GET those of the query.
    pub params: Params,
    pub json: Option<Value>,
    /// Who asks: an account SID or an API key SID.
    pub user: String,
}

impl Ask {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        form::get(&self.params, name)
    }

    /// A parameter that is there and not empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.param(name).filter(|v| !v.is_empty())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.param(name).map(|v| v.eq_ignore_ascii_case("true"))
    }

    pub(crate) fn not_found(&self) -> ApiError {
        ApiError::not_found(&self.path)
    }
}

/// What is answered.
pub(crate) struct Reply {
    pub status: u16,
    pub content: Content,
    pub headers: Vec<(String, String)>,
}

pub(crate) enum Content {
    Json(Value),
    Bytes(&'static str, Vec<u8>),
    Nothing,
}

impl Reply {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self {
            status,
            content: Content::Json(body),
            headers: Vec::new(),
        }
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: 204,
            content: Content::Nothing,
            headers: Vec::new(),
        }
    }
}

pub(crate) type Outcome = Result<Reply, ApiError>;

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(crate) struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("connection dropped by a fault script")
    }
}

impl std::error::Error for Dropped {}

/// Answers a REST request, or misbehaves as scripted.
pub(crate) async fn handle(
    shared: &Arc<Shared>,
    request: Request<Body>,
) -> Result<Response<Body>, Dropped> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let query = form::decode(parts.uri.query().unwrap_or_default());
    let text = |name: header::HeaderName| {
        parts
            .headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .map(str::to_owned)
    };
    let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BODY).await else {
        return Err(Dropped);
    };
    let method = parts.method.as_str().to_owned();
    let json = content_type
        .starts_with("application/json")
        .then(|| serde_json::from_slice(&bytes).unwrap_or(Value::Null));
    let params = if json.is_some() {
        Vec::new()
    } else if method == "GET" {
        query.clone()
    } else {
        form::decode(&String::from_utf8_lossy(&bytes))
    };
    let (index, act) = {
        let mut world = shared.world();
        let fault = world.faults.iter_mut().find_map(|f| {
            let hit = f.hits(&method, &path, &params);
            hit.then(|| (f.act.clone(), json!(f)))
        });
        let (act, shown) = fault.unzip();
        let record = RestRecord {
            at: world.now(),
            method: method.clone(),
            path: path.clone(),
            query: query.clone(),
            params: params.clone(),
            json: json.clone(),
            authorized_as: None,
            user_agent: text(header::USER_AGENT),
            status: None,
            answer: Value::Null,
            fault: shown,
        };
        world.requests.push(record);
        (world.requests.len() - 1, act)
    };
    if let Some(act) = &act {
        before(act).await?;
    }
    let credentials = text(header::AUTHORIZATION);
    let ask = ask(method, path, query, params, json);
    if let Some(act) = act.as_ref().filter(|a| a.answers() && !a.accept) {
        return Ok(scripted(shared, index, act));
    }
    let response = answer(shared, index, ask, credentials.as_deref());
    match act {
        Some(act) if act.accept_then_hang => {
            tokio::time::sleep(HANG).await;
            Err(Dropped)
        }
        Some(act) if act.accept_then_drop => Err(Dropped),
        Some(act) if act.answers() => Ok(scripted(shared, index, &act)),
        _ => Ok(response),
    }
}

async fn before(act: &Act) -> Result<(), Dropped> {
    if let Some(ms) = act.delay_ms {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
    if act.drop_before {
        return Err(Dropped);
    }
    if act.hang_before {
        tokio::time::sleep(HANG).await;
        return Err(Dropped);
    }
    Ok(())
}

fn ask(method: String, full: String, query: Params, params: Params, json: Option<Value>) -> Ask {
    let rest = full.trim_start_matches('/');
    let (product, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut segments: Vec<String> = path
        .split('/')
        .filter(|s| !s.is_empty())
        .map(form::unescape_path)
        .collect();
    if let Some(last) = segments.last_mut()
        && let Some(bare) = last.strip_suffix(".json")
    {
        *last = bare.to_owned();
    }
    Ask {
        method,
        path: format!("/{path}"),
        product: product.to_owned(),
        segments,
        query,
        params,
        json,
        user: String::new(),
    }
}

/// Checks credentials, does what is asked, keeps the answer.
fn answer(
    shared: &Arc<Shared>,
    index: usize,
    mut ask: Ask,
    credentials: Option<&str>,
) -> Response<Body> {
    let mut world = shared.world();
    let user = credentials.and_then(|c| basic_user(&world, c));
    if let Some(record) = world.requests.get_mut(index) {
        record.authorized_as.clone_from(&user);
    }
    let result = match user {
        Some(user) => {
            ask.user = user;
            dispatch(&mut world, &ask)
        }
        None => Err(ApiError::unauthenticated()),
    };
    let reply = result.unwrap_or_else(|error| Reply {
        status: error.status,
        headers: error.headers.clone(),
        content: Content::Json(error.body()),
    });
    let request_id = world.ids.sid("RQ");
    if let Some(record) = world.requests.get_mut(index) {
        record.status = Some(reply.status);
        record.answer = match &reply.content {
            Content::Json(value) => value.clone(),
            Content::Bytes(kind, bytes) => json!({"content_type": kind, "bytes": bytes.len()}),
            Content::Nothing => Value::Null,
        };
    }
    drop(world);
    shared.wake.notify_one();
    let mut builder = Response::builder()
        .status(reply.status)
        .header("Twilio-Concurrent-Requests", "1")
        .header("Twilio-Request-Id", request_id)
        .header("Twilio-Request-Duration", "0.010");
    for (name, value) in &reply.headers {
        builder = builder.header(name, value);
    }
    let (kind, bytes) = match reply.content {
        Content::Json(value) => (Some("application/json"), value.to_string().into_bytes()),
        Content::Bytes(kind, bytes) => (Some(kind), bytes),
        Content::Nothing => (None, Vec::new()),
    };
    if let Some(kind) = kind {
        builder = builder.header("Content-Type", kind);
    }
    builder.body(Body::from(bytes)).unwrap_or_default()
}

fn basic_user(world: &World, header: &str) -> Option<String> {
    let encoded = header.strip_prefix("Basic ")?;
    let plain = base64::engine::general_purpose::STANDARD
        .decode(encoded.trim())
        .ok()?;
    let plain = String::from_utf8(plain).ok()?;
    let (user, password) = plain.split_once(':')?;
    let secondary = world.secondary_token.as_deref();
    let made = |key: &keys::ApiKey| key.sid == user && key.secret == password;
    let opens = world.config.accepts(user, password, secondary) || world.keys.iter().any(made);
    opens.then(|| user.to_owned())
}

/// The answer a fault script gives in Twilio's place.
fn scripted(shared: &Arc<Shared>, index: usize, act: &Act) -> Response<Body> {
    let (status, kind, body, headers) = act.answer();
    if let Some(record) = shared.world().requests.get_mut(index) {
        record.status = Some(status);
        record.answer = serde_json::from_str(&body).unwrap_or_else(|_| json!(body));
    }
    let mut builder = Response::builder()
        .status(status)
        .header("Content-Type", kind);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    builder.body(Body::from(body)).unwrap_or_default()
}

/// The products and their resources.
fn dispatch(world: &mut World, ask: &Ask) -> Outcome {
    let segments: Vec<&str> = ask.segments.iter().map(String::as_str).collect();
    match (ask.product.as_str(), segments.as_slice()) {
        ("api", ["2010-04-01", "Accounts", account, rest @ ..]) => {
            if *account != world.account() {
                return Err(ask.not_found());
            }
            match rest {
                [] => accounts::fetch(world, ask),
                ["Messages", rest @ ..] => messages::route(world, ask, rest),
                ["Calls", sid, "Recordings"] => recordings::of_call(world, ask, sid),
                ["Calls", rest @ ..] => calls::route(world, ask, rest),
                ["Recordings", rest @ ..] => recordings::route(world, ask, rest),
                ["Transcriptions", rest @ ..] => recordings::transcriptions(world, ask, rest),
                ["IncomingPhoneNumbers", rest @ ..] => services::numbers(world, ask, rest),
                ["Keys", rest @ ..] => keys::route(world, ask, rest),
                ["Balance"] => accounts::balance(world, ask),
                _ => Err(ask.not_found()),
            }
        }
        ("verify", ["v2", rest @ ..]) => verify::route(world, ask, rest),
        ("messaging", ["v1", "Services", service, "Compliance", "Usa2p"]) => {
            registrations::campaigns(world, ask, service)
        }
        ("messaging", ["v1", "Tollfree", "Verifications"]) => registrations::toll_free(world, ask),
        ("messaging", ["v2", "Channels", "Senders"]) => registrations::senders(world, ask),
        ("accounts", ["v1", "Messaging", "GeoPermissions"]) => registrations::geo(world, ask),
        ("messaging", ["v1", "Services", rest @ ..]) => services::route(world, ask, rest),
        ("messaging", [version @ ("v2" | "v3"), "Indicators", "Typing"]) => {
            typing::indicate(world, ask, version)
        }
        ("content", ["v1", rest @ ..]) => content::route(world, ask, rest),
        ("lookups", ["v2", "PhoneNumbers", number]) => lookups::fetch(world, ask, number),
        ("accounts", ["v1", rest @ ..]) => accounts::route(world, ask, rest),
        ("taskrouter", ["v1", rest @ ..]) => taskrouter::route(world, ask, rest),
        _ => Err(ask.not_found()),
    }
}

/// A page of the 2010-04-01 API.
pub(crate) fn page_2010(ask: &Ask, world: &World, key: &str, all: Vec<Value>) -> Outcome {
    let (size, page) = paging(ask, 50)?;
    let base = format!(
        "/2010-04-01/Accounts/{}/{}.json",
        world.account(),
        ask.segments.get(3..).unwrap_or_default().join("/")
    );
    let uri = |page: usize| {
        let mut query: Params = ask
            .query
            .iter()
            .filter(|(n, _)| !matches!(n.as_str(), "Page" | "PageSize" | "PageToken"))
            .cloned()
            .collect();
        query.push(("PageSize".to_owned(), size.to_string()));
        query.push(("Page".to_owned(), page.to_string()));
        format!("{base}?{}", form::encode(&query))
    };
    let start = page * size;
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let mut out = json!({
        "first_page_uri": uri(0),
        "previous_page_uri": (page > 0).then(|| uri(page - 1)),
        "next_page_uri": (start + size < total).then(|| uri(page + 1)),
        "page": page,
        "page_size": size,
        "start": start,
        "end": (start + items.len()).saturating_sub(1).max(start),
        "uri": uri(page),
    });
    if let Some(map) = out.as_object_mut() {
        map.insert(key.to_owned(), Value::Array(items));
    }
    Ok(Reply::json(200, out))
}

/// A page of the newer APIs, with `meta`.
pub(crate) fn page_meta(ask: &Ask, world: &World, key: &str, all: Vec<Value>) -> Outcome {
    let (size, page) = paging(ask, 50)?;
    let url = |page: usize| format!("{}?PageSize={size}&Page={page}", resource_url(world, ask));
    let start = page * size;
    let total = all.len();
    let items: Vec<Value> = all.into_iter().skip(start).take(size).collect();
    let mut out = json!({
        "meta": {
            "page": page,
            "page_size": size,
            "first_page_url": url(0),
            "previous_page_url": (page > 0).then(|| url(page - 1)),
            "next_page_url": (start + size < total).then(|| url(page + 1)),
            "url": url(page),
            "key": key,
        },
    });
    if let Some(map) = out.as_object_mut() {
        map.insert(key.to_owned(), Value::Array(items));
    }
    Ok(Reply::json(200, out))
}

/// The twin's own URL of what was asked for, so that a link can be followed.
pub(crate) fn resource_url(world: &World, ask: &Ask) -> String {
    format!("{}/{}{}", world.origin, ask.product, ask.path)
}

fn paging(ask: &Ask, default: usize) -> Result<(usize, usize), ApiError> {
    let number = |name: &str, default: usize| match form::get(&ask.query, name) {
        None => Ok(default),
        Some(text) => text
            .parse::<usize>()
            .map_err(|_| ApiError::new(400, 20001, format!("Invalid {name}"))),
    };
    Ok((
        number("PageSize", default)?.clamp(1, 1000),
        number("Page", 0)?,
    ))
}
