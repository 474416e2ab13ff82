//! HTTP requests and Twilio Functions.

use super::policy::Policy;
use super::url::{Refused, Target};
use super::{Ctx, Done, Headers, SIZE_LIMIT, TIME_LIMIT, Wire};
use crate::flow::{HttpAnswer, HttpRequest, Outcome, RunFunction};
use crate::log::Record;
use crate::ports::{self, HttpFault, HttpResponse, Limits};
use crate::twilio::api::basic;
use crate::twilio::form::{Form, encode};

const FORM: &str = "application/x-www-form-urlencoded";
/// Redirects that are followed.
const HOPS: usize = 3;

/// One request, until its answer is no redirect.
struct Call {
    method: &'static str,
    target: Target,
    body: String,
    authorization: Option<String>,
    headers: Headers,
}

/// `make-http-request`.
pub(super) async fn request(
    wire: &Wire<'_>,
    policy: &Policy,
    request: &HttpRequest,
    context: &Ctx<'_>,
) -> Done {
    let target = Target::parse(&request.url).map_err(Refused::why)?;
    let mut call = prepared(request, target).ok_or("the method is not one of Studio's")?;
    policy.hosts.permit(&call.target).map_err(Refused::why)?;
    call.authorization = authorization(request, &call.target, context);
    call.headers.push(("accept", "*/*".to_owned()));
    let until = (wire.now)() + context.time.min(TIME_LIMIT);
    for _ in 0..=HOPS {
        if call.method != "GET" {
            let token = ("idempotency-key", context.token.to_owned());
            call.headers.retain(|(name, _)| *name != token.0);
            call.headers.push(token);
        }
        let response = send(wire, &call, until).await?;
        let Some(location) = redirect(&response) else {
            return Ok(answer(response));
        };
        let next = call.target.join(location).map_err(Refused::why)?;
        policy.hosts.permit(&next).map_err(Refused::why)?;
        // A browser's rule: only 307 and 308 ask the same again.
        if !matches!(response.status, 307 | 308) {
            call.method = "GET";
            call.body.clear();
            call.headers.retain(|(name, _)| *name == "accept");
        }
        if !next.same_origin(&call.target) {
            call.authorization = None;
        }
        call.target = next;
    }
    Err("too many redirects")
}

/// The method, and where the parameters go: into the query of a GET or behind a body, else into
/// a form.
fn prepared(request: &HttpRequest, mut target: Target) -> Option<Call> {
    let method = ["GET", "POST", "PUT", "DELETE"]
        .into_iter()
        .find(|method| *method == request.method)?;
    let parameters = &request.parameters;
    let pairs = parameters.iter().map(|(name, value)| (&**name, &**value));
    let parameters = encode(pairs);
    let mut headers = Vec::new();
    let body = match &request.body {
        _ if method == "GET" => {
            target.add_query(&parameters);
            String::new()
        }
        Some(body) => {
            target.add_query(&parameters);
            body.clone()
        }
        None => parameters,
    };
    if !body.is_empty() {
        headers.push(("content-type", request.content_type.trim().to_owned()));
    }
    Some(Call {
        method,
        target,
        body,
        authorization: None,
        headers,
    })
}

/// User and password of the URL, or the account's, which only Twilio may see.
fn authorization(request: &HttpRequest, target: &Target, context: &Ctx<'_>) -> Option<String> {
    if let Some((user, password)) = target.user() {
        return Some(basic(&user, &password));
    }
    if !request.add_twilio_auth {
        return None;
    }
    if !of_twilio(target, context.account.origin) {
        (context.log)(Record::warn("flow.credentials_withheld"));
        return None;
    }
    let (user, password) = context.account.credentials?;
    Some(basic(user, password))
}

/// Whether a URL is one of Twilio's API, or of what the deployment is told to take for it.
fn of_twilio(target: &Target, origin: &str) -> bool {
    let name = target.name().unwrap_or_default();
    let own = origin.split("{product}").next().unwrap_or_default();
    let whole = own.matches('/').count() > 2;
    (target.is_secure() && name.ends_with(".twilio.com"))
        || (whole && target.url().starts_with(own))
}

/// `run-function`: a form POST, signed where the other side can check it: at Twilio, and where
/// the deployment says that the function is. A redirect is an answer.
pub(super) async fn function(
    wire: &Wire<'_>,
    policy: &Policy,
    function: &RunFunction,
    context: &Ctx<'_>,
) -> Done {
    let mapped = policy
        .functions
        .find(function.function_sid.as_deref(), &function.url);
    if mapped.is_none() && function.url.is_empty() {
        return Err("the function has no URL and is not in FLOW_FUNCTIONS");
    }
    let url = mapped.as_deref().unwrap_or(&function.url);
    let target = Target::parse(url).map_err(Refused::why)?;
    let at_twilio = target.is_secure() && target.name().is_some_and(|n| n.ends_with(".twil.io"));
    // Where the deployment itself sends functions, it may.
    if mapped.is_none() {
        policy.hosts.permit(&target).map_err(Refused::why)?;
    }
    let parameters = &function.parameters;
    let pairs = parameters.iter().map(|(name, value)| (&**name, &**value));
    let mut headers = vec![
        ("accept", "*/*".to_owned()),
        ("content-type", FORM.to_owned()),
        ("idempotency-key", context.token.to_owned()),
    ];
    if at_twilio || mapped.is_some() {
        match context.account.key {
            Some(key) => {
                let form: Form<'_> = pairs.clone().collect();
                let signature = key.sign_form(&target.url(), &form);
                headers.push(("x-twilio-signature", signature));
            }
            None => (context.log)(Record::warn("flow.function_unsigned")),
        }
    }
    let call = Call {
        method: "POST",
        authorization: target
            .user()
            .map(|(user, password)| basic(&user, &password)),
        target,
        body: encode(pairs),
        headers,
    };
    let until = (wire.now)() + context.time.min(TIME_LIMIT);
    send(wire, &call, until).await.map(answer)
}

async fn send(
    wire: &Wire<'_>,
    call: &Call,
    until: ports::Millis,
) -> Result<HttpResponse, &'static str> {
    let time = until - (wire.now)();
    if time <= 0 {
        return Err("no time is left");
    }
    let request = ports::HttpRequest {
        method: call.method,
        url: call.target.url(),
        authorization: call.authorization.clone(),
        content_type: None,
        body: call.body.clone(),
    };
    let limits = Limits {
        time,
        size: SIZE_LIMIT + 1,
    };
    let answer = (wire.send)(request, call.headers.clone(), limits).await;
    answer.map_err(|fault| match fault {
        HttpFault::TimedOut => "no answer within the time limit",
        HttpFault::Broken => "the connection failed",
    })
}

fn redirect(response: &HttpResponse) -> Option<&str> {
    matches!(response.status, 301 | 302 | 303 | 307 | 308)
        .then_some(response.location.as_deref())
        .flatten()
}

fn answer(response: HttpResponse) -> Outcome {
    Outcome::Http(HttpAnswer {
        status: response.status,
        content_type: response.content_type.unwrap_or_default(),
        body: response.body,
    })
}
