//! What can be asked of each route: parameters, bodies, answers.

use serde_json::{Map, Value, json};

use super::schema::*;
use crate::gateway::api;
use crate::gateway::api::campaigns::create::NAME_LIMIT;
use crate::gateway::api::messages::wish;
use crate::messaging::media;

/// One method of one path.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: Vec<(&'static str, Value)>,
    pub(super) body: Option<(&'static str, Value)>,
    /// Status, content type, schema.
    pub(super) answers: Vec<(u16, &'static str, Value)>,
    /// Problems beside those that every route has.
    pub(super) problems: &'static [u16],
    pub(super) is_keyed: bool,
    /// Takes an `Idempotency-Key`.
    pub(super) is_once: bool,
}

const JSON: &str = "application/json";

fn op(
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
) -> Operation {
    Operation {
        method,
        path,
        id,
        summary,
        query: Vec::new(),
        body: None,
        answers: Vec::new(),
        problems: &[],
        is_keyed: true,
        is_once: false,
    }
}

impl Operation {
    fn query(mut self, query: Vec<(&'static str, Value)>) -> Self {
        self.query = query;
        self
    }
    fn takes(mut self, schema: Value) -> Self {
        self.body = Some((JSON, schema));
        self
    }
    fn takes_as(mut self, kind: &'static str, schema: Value) -> Self {
        self.body = Some((kind, schema));
        self
    }
    fn gives(mut self, status: u16, schema: Value) -> Self {
        self.answers.push((status, JSON, schema));
        self
    }
    fn gives_as(mut self, status: u16, kind: &'static str, schema: Value) -> Self {
        self.answers.push((status, kind, schema));
        self
    }
    fn refuses(mut self, problems: &'static [u16]) -> Self {
        self.problems = problems;
        self
    }
    fn once(mut self) -> Self {
        self.is_once = true;
        self
    }
    fn open(mut self) -> Self {
        self.is_keyed = false;
        self
    }
}

fn page(most: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("cursor", told(text(), "`next_cursor` of the page before")),
        ("limit", int_in(1, most)),
    ]
}

/// Every operation of the API itself.
pub(super) fn all() -> Vec<Operation> {
    let groups = [
        messages(),
        senders(),
        events(),
        contacts(),
        calls(),
        flows(),
        executions(),
        campaigns(),
        verify(),
        console(),
        others(),
    ];
    groups.into_iter().flatten().collect()
}

fn template() -> Value {
    request(
        &[],
        vec![
            ("content_sid", sid("HX")),
            (
                "name",
                told(text(), "one of the sender's templates; content_sid or name"),
            ),
            ("variables", map(text())),
            (
                "category",
                word(&["utility", "marketing", "authentication"]),
            ),
        ],
    )
}

/// One way of a chain.
fn leg() -> Value {
    request(
        &[],
        vec![
            (
                "channel",
                word(&[
                    "sms",
                    "mms",
                    "whatsapp",
                    "rcs",
                    "messenger",
                    "voice",
                    "email",
                ]),
            ),
            ("to", person()),
            ("from", ours()),
            ("messaging_service_sid", sid("MG")),
            ("sender", name()),
            ("template", template()),
        ],
    )
}

fn messages() -> Vec<Operation> {
    let urls = list_of(
        form(
            "^https?://[a-z0-9.-]+/[a-z0-9]*$",
            "https://example.com/photo",
        ),
        0,
        media::MOST,
    );
    let wish = request(
        &[("to", recipient())],
        vec![
            (
                "body",
                told(
                    text_of(0, wish::BODY_CHARACTERS),
                    "required without media_urls and template",
                ),
            ),
            (
                "channel",
                word(&["sms", "mms", "whatsapp", "rcs", "messenger"]),
            ),
            ("from", ours()),
            ("messaging_service_sid", sid("MG")),
            ("sender", told(name(), "a configured sender")),
            ("media_urls", urls),
            ("template", template()),
            (
                "kind",
                word(&["marketing", "transactional", "otp", "conversational"]),
            ),
            ("line_type", word(&wish::LINE_TYPES)),
            (
                "scheduled_at",
                told(time(), "15 minutes to 35 days from now"),
            ),
            (
                "give_up_after",
                told(int_in(1, wish::LATEST / crate::time::SECOND), "seconds"),
            ),
            ("supersede_key", text_of(1, wish::LONGEST_KEY)),
            ("smart_encoding", flag()),
            ("fallback", list_of(leg(), 0, wish::LONGEST_CHAIN)),
        ],
    );
    let lint = request(
        &[("body", text())],
        vec![
            (
                "channel",
                word(&["sms", "mms", "whatsapp", "rcs", "messenger"]),
            ),
            (
                "kind",
                word(&["marketing", "transactional", "otp", "conversational"]),
            ),
            ("sender", told(name(), "a configured sender")),
        ],
    );
    let mut query = vec![
        ("contact", told(person(), "one person's, in full")),
        ("sender", text()),
        ("status", text()),
        ("direction", choice(&["inbound", "outbound"])),
        ("since", moment()),
        ("until", moment()),
    ];
    query.extend(page(api::messages::LONGEST_PAGE));
    let page_of_messages = object(
        &[
            (
                "messages",
                list(json!({"anyOf": [named("Message"), named("MessageRow")]})),
            ),
            ("next_cursor", may(text())),
        ],
        &[],
    );
    let change = |verb, id, summary| {
        op("POST", verb, id, summary)
            .gives(200, named("Message"))
            .refuses(&[404, 409, 422, 502])
    };
    vec![
        op(
            "GET",
            "/v1/messages",
            "listMessages",
            "Messages, newest first",
        )
        .query(query)
        .gives(200, page_of_messages)
        .refuses(&[400]),
        op("POST", "/v1/messages", "sendMessage", "Send a message")
            .takes(wish)
            .once()
            .gives(202, named("Receipt"))
            .refuses(&[400, 409, 413, 415, 422, 502]),
        op(
            "GET",
            "/v1/messages/{id}",
            "fetchMessage",
            "One message, with its history",
        )
        .gives(200, named("Message"))
        .refuses(&[404]),
        change(
            "/v1/messages/{id}/cancel",
            "cancelMessage",
            "Not to send it after all",
        ),
        change(
            "/v1/messages/{id}/redact",
            "redactMessage",
            "Take its text out",
        ),
        op(
            "POST",
            "/v1/messages/{id}/typing",
            "showTyping",
            "Show that an answer is being written",
        )
        .gives(200, object(&[("typing", flag())], &[]))
        .refuses(&[404, 409, 422, 502]),
        op(
            "POST",
            "/v1/lint",
            "lint",
            "What filters and carriers will make of a text",
        )
        .takes(lint)
        .gives(
            200,
            object(
                &[
                    ("segments", named("SegmentReport")),
                    ("findings", list(named("Finding"))),
                ],
                &[],
            ),
        )
        .refuses(&[400, 413, 415]),
    ]
}

/// Members of a sender, as they come in and as they are kept.
pub(super) fn sender_members() -> Vec<(&'static str, Value)> {
    let hour = || form("^([01][0-9]|2[0-3]):[0-5][0-9]$", "09:00");
    let hours = object(&[("from", hour()), ("to", hour())], &[]);
    let policy = object(
        &[],
        &[
            ("refuse_from", may(word(&["info", "warning", "error"]))),
            ("refuse", list(text())),
            ("allow", list(text())),
        ],
    );
    let kept = object(
        &[("content_sid", sid("HX"))],
        &[
            (
                "category",
                may(word(&["utility", "marketing", "authentication"])),
            ),
            ("text", may(text())),
        ],
    );
    let count = || int_in(0, i64::from(u32::MAX));
    let alert = object(
        &[],
        &[
            ("below", count()),
            ("hysteresis", count()),
            ("sample", count()),
        ],
    );
    vec![
        ("address", ours()),
        ("messaging_service_sid", sid("MG")),
        ("segments_per_second", int_in(1, 10_000)),
        ("daily_cap", int_in(1, 1_000_000_000)),
        (
            "warm_up",
            object(
                &[
                    ("first_day", json!({"type": "string", "format": "date"})),
                    ("caps", list_of(count(), 1, api::senders::LONGEST_RAMP)),
                ],
                &[],
            ),
        ),
        ("brand", text()),
        ("hosts", list_of(text(), 0, 50)),
        ("quiet_hours", hours),
        ("lint", policy),
        ("smart_encoding", flag()),
        ("templates", map(kept)),
        ("alert", alert),
    ]
}

fn senders() -> Vec<Operation> {
    let stats = vec![
        ("since", moment()),
        ("until", moment()),
        ("bucket_minutes", told(int_in(5, 1_440), "a multiple of 5")),
    ];
    vec![
        op("GET", "/v1/senders", "listSenders", "Configured senders")
            .gives(200, object(&[("senders", list(named("Sender")))], &[])),
        op(
            "GET",
            "/v1/senders/{name}",
            "fetchSender",
            "One sender, with its pace",
        )
        .gives(200, named("Sender"))
        .refuses(&[404]),
        op(
            "PUT",
            "/v1/senders/{name}",
            "putSender",
            "Configure a sender: an address or a Messaging Service",
        )
        .takes(request(&[], sender_members()))
        .gives(200, named("Sender"))
        .refuses(&[400, 413, 415]),
        op(
            "GET",
            "/v1/senders/{name}/stats",
            "fetchSenderStats",
            "Delivery figures of a sender's name, an address or a service",
        )
        .query(stats)
        .gives(200, named("Figures"))
        .refuses(&[400]),
    ]
}

fn events() -> Vec<Operation> {
    let mut query = vec![
        ("type", text()),
        ("state", choice(&["pending", "delivered", "dead", "kept"])),
    ];
    query.extend(page(api::events::LONGEST_PAGE));
    vec![
        op(
            "GET",
            "/v1/events",
            "listEvents",
            "Events for the application, newest first",
        )
        .query(query)
        .gives(
            200,
            object(
                &[
                    ("events", list(named("Event"))),
                    ("next_cursor", may(text())),
                ],
                &[],
            ),
        )
        .refuses(&[400]),
        op("GET", "/v1/events/{id}", "fetchEvent", "One event")
            .gives(200, named("Event"))
            .refuses(&[404]),
        op(
            "POST",
            "/v1/events/{id}/replay",
            "replayEvent",
            "Deliver it again",
        )
        .gives(202, object(&[("id", text()), ("replayed", flag())], &[]))
        .refuses(&[404, 409]),
    ]
}

fn contacts() -> Vec<Operation> {
    let consent = request(
        &[("opted_out", flag()), ("reason", text_of(1, 10_000))],
        vec![
            (
                "scope",
                form("^(all|channel:(sms|whatsapp)|service:.+|sender:.+)$", "all"),
            ),
            ("at", told(time(), "in the past")),
            ("source", word(&["api", "console"])),
        ],
    );
    let query = vec![
        ("format", choice(&["ndjson", "csv"])),
        ("cursor", text()),
        ("limit", int_in(1, i64::from(api::contacts::PAGE))),
    ];
    let report = object(
        &[
            ("imported", int()),
            ("rejected", int()),
            (
                "errors",
                list(object(
                    &[("line", int()), ("field", text()), ("detail", text())],
                    &[],
                )),
            ),
        ],
        &[],
    );
    vec![
        op(
            "GET",
            "/v1/contacts",
            "exportConsents",
            "Every consent, a page at a time: `next-cursor`",
        )
        .query(query)
        .gives_as(200, "application/x-ndjson", text())
        .gives_as(200, "text/csv", text())
        .refuses(&[400]),
        op(
            "POST",
            "/v1/contacts/import",
            "importConsents",
            "Take in a list of consents",
        )
        .takes_as("application/x-ndjson", text())
        .gives(202, report)
        .refuses(&[400, 413, 415]),
        op(
            "GET",
            "/v1/contacts/{address}",
            "fetchContact",
            "A person's consent",
        )
        .gives(200, named("Contact"))
        .refuses(&[400, 404]),
        op(
            "PUT",
            "/v1/contacts/{address}",
            "putConsent",
            "Opt a person out or in",
        )
        .takes(consent)
        .gives(200, named("Contact"))
        .refuses(&[400, 413, 415]),
        op(
            "DELETE",
            "/v1/contacts/{address}",
            "eraseContact",
            "Erase a person",
        )
        .query(vec![("block", flag())])
        .gives(200, object(&[("deleted", int()), ("blocked", flag())], &[]))
        .refuses(&[400]),
    ]
}

fn calls() -> Vec<Operation> {
    let says = [
        (
            "message",
            json!({"type": "string", "pattern": r"\S", "minLength": 1, "maxLength": api::calls::SAY_CHARACTERS}),
        ),
        ("flow", told(name(), "a published flow")),
        (
            "twiml",
            json!({"type": "string", "pattern": "<Response", "maxLength": api::calls::TWIML_CHARACTERS, "examples": ["<Response><Say>Hello</Say></Response>"]}),
        ),
    ];
    let ways: Vec<Value> = says
        .iter()
        .map(|(name, schema)| {
            request(
                &[("to", callee()), (*name, schema.clone())],
                vec![("from", ours())],
            )
        })
        .collect();
    vec![
        op(
            "GET",
            "/v1/calls",
            "listCalls",
            "The newest calls with one person",
        )
        .query(vec![("contact", told(person(), "required"))])
        .gives(200, object(&[("calls", list(named("Call")))], &[]))
        .refuses(&[400]),
        op(
            "POST",
            "/v1/calls",
            "placeCall",
            "Place a call that says a message, runs a flow or TwiML",
        )
        .takes(json!({"oneOf": ways}))
        .once()
        .gives(202, named("Call"))
        .refuses(&[400, 409, 413, 415, 422, 502]),
        op("GET", "/v1/calls/{id}", "fetchCall", "One call")
            .gives(200, named("Call"))
            .refuses(&[404]),
    ]
}

fn flows() -> Vec<Operation> {
    let definition = || {
        told(
            open(),
            "Twilio Studio's own JSON, or Studio's REST answer around it",
        )
    };
    let number = request(
        &[],
        vec![
            ("voice_flow", told(name(), "a published flow")),
            ("message_flow", told(name(), "a published flow")),
            ("data", map(text())),
        ],
    );
    let shown = object(
        &[("number", text())],
        &[
            ("voice_flow", may(text())),
            ("message_flow", may(text())),
            ("data", map(text())),
        ],
    );
    vec![
        op(
            "GET",
            "/v1/flows",
            "listFlows",
            "Every flow at its newest revision",
        )
        .gives(200, object(&[("flows", list(named("Flow")))], &[])),
        op(
            "GET",
            "/v1/flows/{name}",
            "fetchFlow",
            "A flow with its definition",
        )
        .query(vec![("revision", int_in(0, 1_000_000))])
        .gives(200, named("Flow"))
        .refuses(&[400, 404]),
        op(
            "PUT",
            "/v1/flows/{name}",
            "publishFlow",
            "Publish a definition",
        )
        .query(vec![("sid", sid("FW"))])
        .takes(definition())
        .gives(200, named("Flow"))
        .refuses(&[400, 413, 415, 422]),
        op(
            "POST",
            "/v1/flows/{name}/check",
            "checkFlow",
            "Check a definition, and publish nothing",
        )
        .takes(definition())
        .gives(
            200,
            object(
                &[
                    ("errors", list(named("FlowFinding"))),
                    ("warnings", list(named("FlowFinding"))),
                ],
                &[],
            ),
        )
        .refuses(&[400, 413, 415]),
        op(
            "GET",
            "/v1/numbers/{number}",
            "fetchNumber",
            "What a number does",
        )
        .gives(200, shown.clone())
        .refuses(&[400, 404]),
        op(
            "PUT",
            "/v1/numbers/{number}",
            "putNumber",
            "Say what a number does",
        )
        .takes(number)
        .gives(200, shown)
        .refuses(&[400, 413, 415]),
    ]
}

fn executions() -> Vec<Operation> {
    let size = || ("PageSize", int_in(1, api::executions::LONGEST_PAGE));
    let page = || {
        vec![
            size(),
            ("Page", told(text(), "taken and not needed")),
            ("PageToken", text()),
        ]
    };
    let reveal = || ("reveal", flag());
    let mut everybody = vec![
        ("contact", person()),
        ("Status", text()),
        ("DateCreatedFrom", moment()),
        ("DateCreatedTo", moment()),
    ];
    everybody.extend(page());
    let mut steps = page();
    steps.push(reveal());
    let start = request(
        &[("To", recipient())],
        vec![
            ("From", ours()),
            (
                "Parameters",
                json!({"type": ["object", "string"], "pattern": r"^\{\}$"}),
            ),
        ],
    );
    let end = object(&[("Status", word(&["ended"]))], &[]);
    let get = |path, id, summary| op("GET", path, id, summary);
    vec![
        get(
            "/v1/flows/{name}/executions",
            "listExecutions",
            "Executions, newest first",
        )
        .query(everybody)
        .gives(
            200,
            object(
                &[
                    ("executions", list(named("Execution"))),
                    ("meta", named("Meta")),
                ],
                &[],
            ),
        )
        .refuses(&[400]),
        op(
            "POST",
            "/v1/flows/{name}/executions",
            "startExecution",
            "Start one",
        )
        .takes(start)
        .once()
        .gives(201, named("Execution"))
        .refuses(&[400, 404, 409, 413, 415]),
        get(
            "/v1/flows/{name}/executions/{sid}",
            "fetchExecution",
            "One execution",
        )
        .gives(200, named("Execution"))
        .refuses(&[400, 404]),
        op(
            "POST",
            "/v1/flows/{name}/executions/{sid}",
            "endExecution",
            "End it",
        )
        .takes(end)
        .gives(200, named("Execution"))
        .refuses(&[400, 404, 413, 415]),
        get(
            "/v1/flows/{name}/executions/{sid}/context",
            "fetchContext",
            "What it knows",
        )
        .query(vec![reveal()])
        .gives(200, named("Context"))
        .refuses(&[400, 403, 404]),
        get(
            "/v1/flows/{name}/executions/{sid}/steps",
            "listSteps",
            "Its log",
        )
        .query(steps)
        .gives(
            200,
            object(
                &[("steps", list(named("Step"))), ("meta", named("Meta"))],
                &[],
            ),
        )
        .refuses(&[400, 403, 404]),
        get(
            "/v1/flows/{name}/executions/{sid}/steps/{step}",
            "fetchStep",
            "One step",
        )
        .query(vec![reveal()])
        .gives(200, named("Step"))
        .refuses(&[400, 403, 404]),
        get(
            "/v1/flows/{name}/executions/{sid}/steps/{step}/context",
            "fetchStepContext",
            "What a step set",
        )
        .query(vec![reveal()])
        .gives(200, named("Context"))
        .refuses(&[400, 403, 404]),
    ]
}

fn campaigns() -> Vec<Operation> {
    let approved = object(
        &[("content_sid", sid("HX"))],
        &[(
            "variables",
            map(told(text(), "with {{names}} of the recipient's fields")),
        )],
    );
    let hour = || form("^([01][0-9]|2[0-3]):[0-5][0-9]$", "09:00");
    let create = request(
        &[
            (
                "sender",
                told(
                    ours(),
                    "a configured sender's name, an address or a Messaging Service",
                ),
            ),
            ("name", text_of(1, NAME_LIMIT)),
            ("kind", word(&["marketing", "transactional"])),
        ],
        vec![
            (
                "body",
                told(
                    text(),
                    "with {{names}} of the recipient's fields; body or template",
                ),
            ),
            ("template", approved),
            (
                "rate",
                json!({"type": "number", "minimum": 0.001, "maximum": 100_000}),
            ),
            (
                "quiet_hours",
                object(&[("from", hour()), ("to", hour())], &[]),
            ),
            ("deadline", told(time(), "in the future")),
        ],
    );
    let order = |path, id, summary| {
        op("POST", path, id, summary)
            .gives(200, named("Campaign"))
            .refuses(&[404, 409])
    };
    let retry = object(
        &[(
            "classes",
            list_of(
                word(&["permanent", "transient", "configuration", "rate"]),
                1,
                4,
            ),
        )],
        &[],
    );
    vec![
        op(
            "POST",
            "/v1/campaigns",
            "createCampaign",
            "One text to many people",
        )
        .takes(create)
        .once()
        .gives(201, named("Campaign"))
        .refuses(&[400, 409, 413, 415]),
        op(
            "GET",
            "/v1/campaigns/{id}",
            "fetchCampaign",
            "A campaign with its progress",
        )
        .gives(200, named("Campaign"))
        .refuses(&[404]),
        op(
            "PUT",
            "/v1/campaigns/{id}/recipients",
            "putRecipients",
            "The list, of any length",
        )
        .takes_as("application/x-ndjson", text())
        .gives(200, named("UploadReport"))
        .refuses(&[400, 404, 409, 413, 415]),
        op(
            "POST",
            "/v1/campaigns/{id}/forecast",
            "forecast",
            "What it would do if it started now",
        )
        .gives(200, named("Forecast"))
        .refuses(&[404]),
        op(
            "GET",
            "/v1/campaigns/{id}/results",
            "fetchResults",
            "What became of each recipient",
        )
        .query(vec![("after", int_in(0, i64::MAX))])
        .gives_as(200, "application/x-ndjson", text())
        .gives_as(200, "text/csv", text())
        .refuses(&[400, 404]),
        order("/v1/campaigns/{id}/start", "startCampaign", "Start it"),
        order(
            "/v1/campaigns/{id}/pause",
            "pauseCampaign",
            "Stop it for a while",
        ),
        order("/v1/campaigns/{id}/resume", "resumeCampaign", "Go on"),
        order(
            "/v1/campaigns/{id}/cancel",
            "cancelCampaign",
            "Stop it for good",
        ),
        op(
            "POST",
            "/v1/campaigns/{id}/retry",
            "retryCampaign",
            "Write to those again whose message failed so",
        )
        .takes(retry)
        .gives(200, named("Campaign"))
        .refuses(&[400, 404, 409, 413, 415]),
    ]
}

fn code_members(page: bool) -> Vec<(&'static str, Value)> {
    let channels = ["sms", "call", "email", "whatsapp"];
    let mut members = vec![
        (
            "channel",
            word(&["auto", "sms", "call", "email", "whatsapp"]),
        ),
        ("fallback", list_of(word(&channels), 0, 4)),
        ("locale", form("^[a-z]{2}$", "en")),
    ];
    members.push(if page {
        ("turnstile_token", text())
    } else {
        (
            "client_ip",
            form(r"^([1-9][0-9]?\.){3}[1-9][0-9]?$", "203.0.113.7"),
        )
    });
    members
}

fn verify() -> Vec<Operation> {
    let send = |path, id| {
        op("POST", path, id, "Send a code")
            .takes(request(
                &[("to", destination())],
                code_members(path == "/verify/send"),
            ))
            .gives(202, named("CodeSent"))
            .refuses(&[400, 403, 404, 413, 415, 422, 502])
    };
    let check = |path, id| {
        let more = if path == "/verify/check" {
            vec![("turnstile_token", text())]
        } else {
            Vec::new()
        };
        let body = request(
            &[
                ("to", destination()),
                ("code", form("^[0-9]{4,10}$", "123456")),
            ],
            more,
        );
        op("POST", path, id, "Check a code")
            .takes(body)
            .gives(200, named("CodeChecked"))
            .refuses(&[400, 403, 404, 413, 415, 422, 502])
    };
    let preflight = |path, id| {
        op(
            "OPTIONS",
            path,
            id,
            "A browser's question whether the page may ask",
        )
        .gives_as(204, "", json!({}))
        .refuses(&[403, 404])
        .open()
    };
    vec![
        send("/v1/verify/send", "sendCode"),
        check("/v1/verify/check", "checkCode"),
        op(
            "GET",
            "/v1/verify/stats",
            "fetchFunnel",
            "The funnel by channel and country",
        )
        .query(vec![("hours", int_in(1, api::verify::HOURS_LIMIT))])
        .gives(200, named("Funnel"))
        .refuses(&[400]),
        op(
            "GET",
            "/verify",
            "verifyPage",
            "The page for people, with VERIFY_PAGE",
        )
        .gives_as(200, "text/html; charset=utf-8", text())
        .refuses(&[404])
        .open(),
        send("/verify/send", "sendCodeFromPage").open(),
        preflight("/verify/send", "preflightSend"),
        check("/verify/check", "checkCodeFromPage").open(),
        preflight("/verify/check", "preflightCheck"),
    ]
}

fn others() -> Vec<Operation> {
    let url = || json!({"type": "string", "pattern": "^https?://[a-z0-9./?=&-]*$", "maxLength": api::doctor::URL_LIMIT, "examples": ["https://example.com/voice/incoming"]});
    let captured = request(
        &[("url", url())],
        vec![
            ("method", word(&["GET", "POST"])),
            ("content_type", text_of(0, api::doctor::HEADER_LIMIT / 4)),
            ("body", text_of(0, 10_000)),
            ("signature", text_of(0, api::doctor::HEADER_LIMIT / 4)),
            ("known_urls", list_of(url(), 0, api::doctor::MAX_KNOWN)),
        ],
    );
    let status = |word_| object(&[("status", word(&[word_]))], &[]);
    vec![
        op("GET", "/v1/gaps", "fetchGaps", "What never reached us").gives(200, named("Gaps")),
        op(
            "GET",
            "/v1/doctor",
            "examineDeployment",
            "What is wrong with the deployment, and the fix",
        )
        .gives(200, open())
        .refuses(&[400, 502]),
        op(
            "GET",
            "/v1/rotation",
            "fetchRotation",
            "Where a rotation of the Auth Token stands",
        )
        .gives(200, open())
        .refuses(&[400, 404, 502]),
        op(
            "POST",
            "/v1/rotation",
            "rotate",
            "The next step of a rotation",
        )
        .takes(request(
            &[("step", text())],
            vec![("kind", text()), ("new", open()), ("quiet_seconds", int())],
        ))
        .gives(200, open())
        .refuses(&[400, 404, 409, 413, 415, 422, 502]),
        op(
            "POST",
            "/v1/doctor/signature",
            "examineSignature",
            "Why a captured webhook is refused",
        )
        .takes(captured)
        .gives(200, named("Diagnosis"))
        .refuses(&[400, 413, 415, 500]),
        op(
            "GET",
            "/media/{message}/{which}",
            "fetchMedium",
            "A medium of an inbound message; the link is the key",
        )
        .query(vec![("expires", text()), ("signature", text())])
        .gives_as(200, "*/*", json!({}))
        .refuses(&[400, 403, 404, 410, 502])
        .open(),
        op("GET", "/healthz", "health", "The Worker runs")
            .gives(200, status("ok"))
            .open(),
        op("GET", "/readyz", "ready", "The deployment can do its work")
            .gives(200, status("ready"))
            .refuses(&[503])
            .open(),
        op(
            "GET",
            "/metrics",
            "metrics",
            "The day's figures, in OpenMetrics",
        )
        .gives_as(
            200,
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
            text(),
        ),
    ]
}

/// What the console's pages ask for, besides what a key may.
fn console() -> Vec<Operation> {
    let get = |path, id, summary| op("GET", path, id, summary);
    let session = object(
        &[
            ("actor", text()),
            ("role", word(&["viewer", "operator"])),
            ("expires_at", time()),
        ],
        &[],
    );
    let whole = |name: &'static str| object(&[(name, list(open()))], &[]);
    vec![
        get(
            "/v1/overview",
            "fetchOverview",
            "Every panel of the overview, once",
        )
        .gives(200, open())
        .refuses(&[404]),
        get(
            "/v1/live",
            "followOverview",
            "The same as server-sent events",
        )
        .gives_as(200, "text/event-stream", text())
        .refuses(&[404]),
        get("/v1/audit", "listAudit", "Who changed what, newest first")
            .query(vec![("before", text()), ("limit", text())])
            .gives(
                200,
                object(&[("entries", list(open())), ("next", may(text()))], &[]),
            )
            .refuses(&[400, 404]),
        get(
            "/v1/settings",
            "listSettings",
            "The configuration, secrets as present or absent",
        )
        .gives(200, whole("settings"))
        .refuses(&[404]),
        get("/v1/numbers", "listNumbers", "What each number does").gives(200, whole("numbers")),
        get("/v1/campaigns", "listCampaigns", "Campaigns, newest first")
            .gives(200, whole("campaigns")),
        get(
            "/v1/flows/{name}/versions",
            "listVersions",
            "Revisions of a flow",
        )
        .gives(200, whole("versions"))
        .refuses(&[404]),
        get(
            "/v1/flows/{name}/versions/{n}",
            "fetchVersion",
            "One of them, with its definition",
        )
        .gives(200, open())
        .refuses(&[400, 404]),
        op(
            "POST",
            "/v1/flows/{name}/rollback",
            "rollBackFlow",
            "Publish an earlier revision anew",
        )
        .takes(request(
            &[("version", int_in(0, i64::from(u32::MAX)))],
            vec![],
        ))
        .gives(200, open())
        .refuses(&[400, 404, 413, 415, 422]),
        get("/console/session", "showSession", "The session there is")
            .gives(200, session)
            .refuses(&[401, 403, 404])
            .open(),
        op(
            "POST",
            "/console/session",
            "beginSession",
            "Begin a session for a console key",
        )
        .takes(request(&[("key", text())], vec![]))
        .gives_as(204, "", json!({}))
        .refuses(&[400, 401, 403, 404, 413, 415])
        .open(),
        op("DELETE", "/console/session", "endSession", "End it")
            .gives_as(204, "", json!({}))
            .refuses(&[403, 404])
            .open(),
    ]
}

/// The parameters of a path, by the names in its braces.
pub(super) fn path_parameters(path: &str) -> Map<String, Value> {
    let names = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next());
    let schema = |name: &str| match name {
        "name" => name_of(path),
        "n" => int_in(0, 1_000_000),
        "number" => line(),
        "address" => person(),
        "sid" => sid("FN"),
        "step" => sid("FT"),
        _ => id("msg_0"),
    };
    names.map(|name| (name.to_owned(), schema(name))).collect()
}

fn name_of(path: &str) -> Value {
    if path.ends_with("/stats") {
        id("acme")
    } else {
        name()
    }
}
