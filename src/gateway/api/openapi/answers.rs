//! What comes back: the components of the document.

use serde_json::{Value, json};

use super::operations::sender_members;
use super::schema::*;

/// Every component by its name.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    let mut all = vec![
        ("Problem", problem()),
        ("TwilioFault", twilio_fault()),
        ("Finding", finding()),
        (
            "FlowFinding",
            object(&[("pointer", text()), ("message", text())], &[]),
        ),
        (
            "Segments",
            object(&[("encoding", text()), ("count", int())], &[]),
        ),
        ("SegmentReport", segment_report()),
    ];
    all.extend(messages());
    all.extend(senders_and_events());
    all.extend(flows());
    all.extend(campaigns());
    all.extend(verify());
    all
}

fn problem() -> Value {
    let errors = list(
        json!({"type": "object", "properties": {"pointer": text(), "detail": text(), "message": text()}, "required": ["pointer"]}),
    );
    let mut schema = object(
        &[
            ("type", text()),
            ("code", text()),
            ("title", text()),
            ("status", int()),
            ("detail", text()),
        ],
        &[
            ("errors", errors),
            ("twilio", named("TwilioFault")),
            ("retry_after_seconds", int()),
        ],
    );
    // Members of its own, as docs/api.md lists them by code.
    schema["additionalProperties"] = true.into();
    told(schema, "RFC 9457. `code` is stable.")
}

fn twilio_fault() -> Value {
    object(
        &[
            (
                "class",
                word(&[
                    "permanent",
                    "transient",
                    "configuration",
                    "compliance",
                    "rate",
                ]),
            ),
            ("meaning", text()),
            ("action", text()),
        ],
        &[("code", int())],
    )
}

fn finding() -> Value {
    object(
        &[
            ("rule", text()),
            ("start", int()),
            ("end", int()),
            ("severity", word(&["info", "warning", "error"])),
            ("fix", text()),
        ],
        &[],
    )
}

fn segment_report() -> Value {
    let forced = object(
        &[
            ("character", text()),
            ("at", int()),
            ("times", int()),
            ("replacement", may(text())),
        ],
        &[],
    );
    object(
        &[
            ("encoding", text()),
            ("count", int()),
            ("units", int()),
            ("remaining", int()),
        ],
        &[("forced_by", list(forced))],
    )
}

fn messages() -> Vec<(&'static str, Value)> {
    let both: Vec<(&str, Value)> = vec![
        ("id", text()),
        ("sid", may(text())),
        ("status", text()),
        ("channel", text()),
        ("to", text()),
        ("from", may(text())),
        ("body", text()),
        ("segments", named("Segments")),
        ("created_at", time()),
    ];
    let either: Vec<(&str, Value)> = vec![
        ("messaging_service_sid", text()),
        ("sender", text()),
        ("media_urls", list(text())),
        ("content_sid", text()),
        ("scheduled_at", time()),
    ];
    let history = list(object(
        &[("at", time()), ("event", text())],
        &[("code", int())],
    ));
    let attempt = object(
        &[
            ("attempt", int()),
            ("at", time()),
            ("channel", text()),
            ("to", text()),
            ("from", may(text())),
            ("sid", may(text())),
            ("status", may(text())),
            ("code", may(int())),
            ("then", may(text())),
        ],
        &[],
    );
    let mut message = both.clone();
    message.extend([
        ("direction", word(&["inbound", "outbound"])),
        ("attempt", int()),
        ("updated_at", time()),
        ("history", history.clone()),
    ]);
    let mut further = either.clone();
    further.extend([
        (
            "media",
            list(object(
                &[
                    ("url", text()),
                    ("content_type", may(text())),
                    ("expires_at", time()),
                ],
                &[],
            )),
        ),
        ("details", json!({})),
        ("error", named("TwilioFault")),
        ("earlier_attempts", list(attempt)),
        ("next_attempt_at", time()),
        ("next_attempt_why", text()),
        ("stopped", text()),
    ]);
    let mut accepted = either;
    accepted.extend([
        ("segment_report", named("SegmentReport")),
        ("warnings", list(named("Finding"))),
    ]);
    let row = object(
        &[
            ("id", text()),
            ("direction", text()),
            ("channel", text()),
            ("sender", may(text())),
            ("from", may(text())),
            ("to", text()),
            ("status", text()),
            ("error_code", may(int())),
            ("created_at", time()),
            ("updated_at", time()),
        ],
        &[],
    );
    let voicemail = object(
        &[
            ("recording_sid", text()),
            ("recording_url", text()),
            ("duration", may(int())),
        ],
        &[("transcription_status", text()), ("transcription", text())],
    );
    let call = object(
        &[
            ("id", text()),
            ("sid", may(text())),
            ("status", text()),
            ("direction", word(&["inbound", "outbound"])),
            ("to", text()),
            ("from", text()),
            ("created_at", time()),
            ("updated_at", time()),
            ("history", history),
        ],
        &[
            ("duration_seconds", int()),
            ("answered_by", text()),
            ("sip_response_code", int()),
            ("error", named("TwilioFault")),
            ("voicemails", list(voicemail)),
        ],
    );
    vec![
        ("Message", object(&message, &further)),
        ("Receipt", object(&both, &accepted)),
        ("MessageRow", row),
        ("Call", call),
    ]
}

fn senders_and_events() -> Vec<(&'static str, Value)> {
    let mut sender = sender_members();
    let pace = object(
        &[
            ("segments_per_second", may(number())),
            ("used_today", int()),
            ("cap_today", may(int())),
            ("rests_until", may(time())),
            ("campaigns", json!({})),
        ],
        &[],
    );
    sender.extend([("kind", text()), ("pace", pace)]);
    let count = || {
        vec![
            ("delivered", int()),
            ("failed", int()),
            ("canceled", int()),
            ("rate_percent", may(number())),
        ]
    };
    let mut point = count();
    point.push(("at", time()));
    let total = object(&count(), &[]);
    let groups = || map(object(&count(), &[]));
    let figures = object(
        &[
            ("sender", text()),
            ("since", time()),
            ("until", time()),
            ("bucket_minutes", int()),
            ("total", total),
            ("series", list(object(&point, &[]))),
            ("by_country", groups()),
            ("by_channel", groups()),
            ("by_line_type", groups()),
            ("by_error", map(int())),
        ],
        &[],
    );
    let event = object(
        &[
            ("id", text()),
            ("type", text()),
            ("timestamp", time()),
            ("data", open()),
            ("state", text()),
            ("tries", int()),
            ("answer", may(int())),
        ],
        &[],
    );
    let entry = object(
        &[
            ("at", time()),
            ("change", text()),
            ("source", text()),
            ("scope", text()),
            ("evidence", json!({})),
        ],
        &[],
    );
    let contact = object(
        &[
            ("address", text()),
            ("opted_out", flag()),
            ("aliases", list(text())),
            ("revocation_suspected", json!({})),
            ("history", list(entry)),
        ],
        &[],
    );
    let gaps = object(
        &[
            ("enabled", flag()),
            (
                "tracks",
                list(object(
                    &[("track", text()), ("seen_until", may(time()))],
                    &[],
                )),
            ),
            (
                "days",
                list(object(&[("day", text()), ("found", json!({}))], &[])),
            ),
        ],
        &[],
    );
    let cause = object(
        &[("code", text()), ("cause", text()), ("fix", text())],
        &[("setting", may(text()))],
    );
    let diagnosis = object(
        &[
            (
                "verdict",
                word(&[
                    "genuine",
                    "unsigned",
                    "malformed",
                    "explained",
                    "unexplained",
                ]),
            ),
            ("checked_url", text()),
            ("findings", list(cause)),
            ("tries", int()),
        ],
        &[],
    );
    vec![
        ("Sender", object(&[("name", text())], &sender)),
        ("Figures", figures),
        ("Event", event),
        ("Contact", contact),
        ("Gaps", gaps),
        ("Diagnosis", diagnosis),
    ]
}

fn flows() -> Vec<(&'static str, Value)> {
    let flow = object(
        &[
            ("name", text()),
            ("revision", int()),
            ("published_at", time()),
            ("published_by", text()),
        ],
        &[
            ("sid", text()),
            ("warnings", list(named("FlowFinding"))),
            ("definition", json!({})),
        ],
    );
    let execution = object(
        &[
            ("sid", text()),
            ("account_sid", text()),
            ("flow_sid", text()),
            ("flow", text()),
            ("contact_channel_address", text()),
            ("context", open()),
            ("status", word(&["active", "ended"])),
            ("date_created", time()),
            ("date_updated", time()),
            ("links", map(text())),
            ("url", text()),
            ("revision", int()),
            ("flow_channel_address", text()),
        ],
        &[("state", text()), ("failure", text())],
    );
    let step = object(
        &[
            ("sid", text()),
            ("account_sid", text()),
            ("flow_sid", text()),
            ("execution_sid", text()),
            ("parent_step_sid", json!({"type": "null"})),
            ("name", text()),
            ("context", open()),
            ("transitioned_from", text()),
            ("transitioned_to", may(text())),
            ("widget_type", text()),
            ("subflow", text()),
            ("duration_ms", int()),
            ("date_created", time()),
            ("date_updated", json!({"type": "null"})),
            ("links", map(text())),
            ("url", text()),
        ],
        &[],
    );
    let context = object(
        &[
            ("account_sid", text()),
            ("context", json!({})),
            ("flow_sid", text()),
            ("execution_sid", text()),
            ("url", text()),
        ],
        &[("step_sid", text())],
    );
    let meta = object(
        &[
            ("key", text()),
            ("page", int()),
            ("page_size", int()),
            ("first_page_url", text()),
            ("previous_page_url", may(text())),
            ("url", text()),
            ("next_page_url", may(text())),
        ],
        &[],
    );
    vec![
        ("Flow", flow),
        ("Execution", execution),
        ("Step", step),
        ("Context", context),
        ("Meta", meta),
    ]
}

fn campaigns() -> Vec<(&'static str, Value)> {
    let counts = |names: &[&'static str]| -> Vec<(&'static str, Value)> {
        names.iter().map(|name| (*name, int())).collect()
    };
    let mut progress = counts(&[
        "remaining",
        "pending",
        "unknown",
        "sent",
        "delivered",
        "opted_out",
        "expired",
    ]);
    progress.push(("failed", map(int())));
    let campaign = object(
        &[
            ("id", text()),
            ("name", text()),
            (
                "status",
                word(&["draft", "running", "paused", "completed", "canceled"]),
            ),
            ("reason", json!({})),
            ("sender", text()),
            ("kind", word(&["marketing", "transactional"])),
            ("content", open()),
            ("quiet_hours", may(map(text()))),
            ("deadline", may(time())),
            ("created_by", text()),
            ("created_at", time()),
            ("started_at", may(time())),
            ("ended_at", may(time())),
            (
                "recipients",
                object(
                    &counts(&["accepted", "opted_out", "duplicates", "bad"]),
                    &[],
                ),
            ),
            ("progress", object(&progress, &[])),
            ("segments_per_second", may(number())),
            ("rests_until", may(time())),
            ("finishes_at", may(time())),
        ],
        &[],
    );
    let mut report = counts(&["accepted", "opted_out", "duplicates", "bad", "not_listed"]);
    report.push((
        "faults",
        list(object(
            &[("line", int()), ("last", int()), ("error", text())],
            &[],
        )),
    ));
    let each = object(&[("messages", int()), ("segments", int())], &[]);
    let because = object(
        &[
            ("character", text()),
            ("messages", int()),
            ("first_line", int()),
            ("replacement", may(text())),
        ],
        &[],
    );
    let forecast = object(
        &[
            ("recipients", int()),
            ("opted_out", int()),
            ("segments", int()),
            ("gsm7", each.clone()),
            ("ucs2", each),
            ("longest", int()),
            ("ucs2_because", list(because)),
            ("starts_at", time()),
            (
                "checks",
                list(object(
                    &[("check", text()), ("breaks", flag()), ("detail", text())],
                    &[],
                )),
            ),
            (
                "countries",
                list(object(
                    &[
                        ("country", may(text())),
                        ("messages", int()),
                        ("segments", int()),
                    ],
                    &[],
                )),
            ),
        ],
        &[
            ("segments_per_second", may(number())),
            ("finishes_at", may(time())),
            (
                "price",
                may(object(&[("currency", text()), ("amount", number())], &[])),
            ),
        ],
    );
    vec![
        ("Campaign", campaign),
        ("UploadReport", object(&report, &[])),
        ("Forecast", forecast),
    ]
}

fn verify() -> Vec<(&'static str, Value)> {
    let sent = object(
        &[
            ("sid", text()),
            ("status", text()),
            ("channel", text()),
            ("reason", text()),
            ("same_code", flag()),
            ("attempts_left", int()),
            ("expires_at", time()),
            ("expires_in_seconds", int()),
            ("message", text()),
        ],
        &[],
    );
    let checked = object(
        &[
            (
                "status",
                word(&[
                    "approved",
                    "pending",
                    "expired",
                    "used",
                    "expired_or_used",
                    "max_attempts_reached",
                ]),
            ),
            ("valid", flag()),
            ("message", text()),
            ("attempts_left", int()),
            ("expires_at", may(time())),
            ("channel", may(text())),
        ],
        &[("retry_after_seconds", int())],
    );
    let cost = object(
        &[
            ("amount", number()),
            ("currency", text()),
            ("priced", int()),
            ("per_approval", may(number())),
        ],
        &[],
    );
    let line = object(
        &[
            ("channel", text()),
            ("country", may(text())),
            ("started", int()),
            ("delivered", may(int())),
            ("undelivered", may(int())),
            ("approved", int()),
            ("conversion", may(number())),
            ("cost", may(cost)),
        ],
        &[],
    );
    let block = object(
        &[
            ("kind", word(&["prefix", "network"])),
            ("key", text()),
            ("at", time()),
            ("until", time()),
            ("starts", number()),
            ("approved", number()),
            ("expected", number()),
            ("dry_run", flag()),
        ],
        &[],
    );
    let attempts = object(
        &[("available", flag()), ("read", int()), ("complete", flag())],
        &[],
    );
    let funnel = object(
        &[
            ("since", time()),
            ("started", int()),
            ("approved", int()),
            ("funnel", list(line)),
            ("blocks", list(block)),
            ("attempts", attempts),
        ],
        &[],
    );
    vec![
        ("CodeSent", sent),
        ("CodeChecked", checked),
        ("Funnel", funnel),
    ]
}
