//! Messaging beyond one text: WhatsApp's window, recovery by error class, chains, events,
//! lists and imports. Time goes by for one person at a time, by `/__test/wake`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use hookswitch_e2e::{Options, PHONE_NUMBER, Response, Stack, eventually, fresh_number, shared};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::acts::{
    SOON, logged, messages_to, now, posts_to, problem, seen, send, text, twin, until, write,
};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const OUR_WHATSAPP: &str = "whatsapp:+14155238886";

/// Puts one person's clock forward, from the real time, and lets the alarm ring.
#[track_caller]
fn wake(stack: &Stack, person: &str, ahead: i64) {
    let body = json!({"address": person, "ahead_ms": ahead});
    let answer = stack.request("POST", "/__test/wake").json(&body).send();
    let _ = answer.expect(200);
}

fn post(stack: &Stack, body: &Value) -> Response {
    stack.post("/v1/messages", body).send()
}

/// Waits until the message's last attempt failed with this code.
#[track_caller]
fn until_failed(stack: &Stack, view: &Value, code: u32) -> Value {
    eventually(&format!("{code}"), SOON, || {
        let message = now(stack, "messages", view);
        (message["error"]["code"] == code).then_some(message)
    })
}

#[track_caller]
fn fails_once(stack: &Stack, to: &str, code: u32) {
    let way = json!({"to": to, "times": 1, "statuses": ["sent", {"undelivered": code}]});
    twin(stack, "/twin/outcomes", &way);
}

#[track_caller]
fn whatsapp_says(stack: &Stack, person: &str, body: &str) {
    let message = json!({"to": OUR_WHATSAPP, "from": person, "body": body});
    let outcome = twin(stack, "/twin/messages", &message);
    assert_eq!(outcome["status"], 200, "{outcome}");
}

#[test]
fn an_unreachable_phone_gets_a_second_attempt_minutes_later_and_the_history_says_why() {
    let stack = shared();
    let to = fresh_number();
    fails_once(stack, &to, 30003);
    let sent = send(stack, &to, "Your order is on its way.");
    let failed = until_failed(stack, &sent, 30003);
    assert_eq!(failed["next_attempt_why"], "transient");
    wake(stack, &to, 4 * MINUTE);
    assert_eq!(
        posts_to(stack, &to).len(),
        1,
        "five minutes are five minutes"
    );
    wake(stack, &to, 7 * MINUTE);
    let delivered = until(stack, "messages", &sent, "delivered");
    assert_eq!(delivered["attempt"], 2);
    assert_eq!(delivered["earlier_attempts"][0]["code"], 30003);
    assert_eq!(delivered["earlier_attempts"][0]["then"], "transient");
    assert_eq!(posts_to(stack, &to).len(), 2);
    assert_eq!(messages_to(stack, &to).len(), 2);
}

#[test]
fn a_stop_before_the_retry_is_the_end_of_it() {
    let stack = shared();
    let to = fresh_number();
    fails_once(stack, &to, 30008);
    let sent = send(stack, &to, "Your order is on its way.");
    until_failed(stack, &sent, 30008);
    write(stack, &to, "STOP");
    wake(stack, &to, HOUR);
    assert_eq!(posts_to(stack, &to).len(), 1);
    assert_eq!(now(stack, "messages", &sent)["stopped"], "opted_out");
}

#[test]
fn a_kill_between_a_failure_and_its_retry_loses_and_doubles_nothing() {
    let stack = Stack::start(&Options::default());
    let to = fresh_number();
    fails_once(&stack, &to, 30003);
    let sent = send(&stack, &to, "Your order is on its way.");
    until_failed(&stack, &sent, 30003);
    stack.kill_worker();
    stack.restart();
    wake(&stack, &to, 7 * MINUTE);
    until(&stack, "messages", &sent, "delivered");
    stack.kill_worker();
    stack.restart();
    wake(&stack, &to, 2 * HOUR);
    assert_eq!(messages_to(&stack, &to).len(), 2);
}

#[test]
fn a_retry_whose_post_was_taken_without_an_answer_is_found_and_not_repeated() {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    let to = fresh_number();
    fails_once(&stack, &to, 30003);
    let sent = send(&stack, &to, "Your order is on its way.");
    until_failed(&stack, &sent, 30003);
    let fault = json!([{"match": {"path": "/Messages.json", "method": "POST"},
        "act": {"accept_then_drop": true}}]);
    twin(&stack, "/twin/faults", &fault);
    wake(&stack, &to, 7 * MINUTE);
    until(&stack, "messages", &sent, "delivered");
    assert_eq!(messages_to(&stack, &to).len(), 2);
    assert_eq!(posts_to(&stack, &to).len(), 2);
}

#[test]
fn a_text_that_cannot_be_delivered_is_spoken_on_the_phone() {
    let stack = shared();
    let to = fresh_number();
    let way = json!({"to": to, "statuses": ["sent", {"undelivered": 30006}]});
    twin(stack, "/twin/outcomes", &way);
    let chained = json!({"to": to, "body": "Your flight is at nine.",
        "fallback": [{"channel": "voice"}]});
    let sent = post(stack, &chained).expect(202).json();
    let delivered = until(stack, "messages", &sent, "delivered");
    assert_eq!(delivered["channel"], "voice");
    assert_eq!(delivered["earlier_attempts"][0]["channel"], "sms");
    let calls = seen(stack, "/twin/calls");
    let call = calls.iter().find(|call| call["to"] == to).unwrap();
    assert!(
        call.to_string().contains("Your flight is at nine."),
        "{call}"
    );
}

#[test]
fn free_text_on_whatsapp_needs_an_open_window_and_a_template_does_not() {
    let stack = shared();
    let number = fresh_number();
    let person = format!("whatsapp:{number}");
    let free = json!({"to": person, "body": "It is ready."});
    let never = problem(post(stack, &free), 409);
    assert_eq!(
        (&never["code"], &never["closed_at"]),
        (&json!("window_closed"), &Value::Null)
    );
    whatsapp_says(stack, &person, "Is it ready?");
    let sent = post(stack, &free).expect(202).json();
    assert_eq!(sent["from"], OUR_WHATSAPP);
    until(stack, "messages", &sent, "delivered");
    wake(stack, &number, 24 * HOUR);
    let closed = problem(post(stack, &free), 409);
    assert!(closed["closed_at"].is_string(), "{closed}");
    let template = json!({"types": {"twilio/text": {"body": "It is ready, {{1}}."}},
        "category": "UTILITY"});
    let template = twin(stack, "/twin/templates", &template);
    let with = json!({"to": person, "body": "It is ready.",
        "template": {"content_sid": template["sid"], "variables": {"1": "Ada"},
            "category": "utility"}});
    let sent = post(stack, &with).expect(202).json();
    assert_eq!(sent["content_sid"], template["sid"]);
    until(stack, "messages", &sent, "delivered");
    wake(stack, &number, 0);
}

#[test]
fn a_whatsapp_message_shows_typing_and_its_extras() {
    let stack = shared();
    let person = format!("whatsapp:{}", fresh_number());
    let message = json!({"to": OUR_WHATSAPP, "from": person, "body": "Yes",
        "params": {"ButtonText": "Yes", "ButtonPayload": "confirm"}});
    let outcome = twin(stack, "/twin/messages", &message);
    let list = stack.get(&format!("/v1/messages?contact={person}")).send();
    let list = list.expect(200).json();
    let inbound = &list["messages"][0];
    assert_eq!(inbound["sid"], outcome["sid"]);
    assert_eq!(inbound["details"]["button"]["payload"], "confirm");
    let id = inbound["id"].as_str().unwrap();
    let typing = stack.api("POST", &format!("/v1/messages/{id}/typing"));
    let _ = typing.send().expect(200);
    let shown = seen(stack, "/twin/typing");
    assert!(
        shown
            .iter()
            .any(|row| row.to_string().contains(outcome["sid"].as_str().unwrap()))
    );
}

#[test]
fn media_behind_twilios_credentials_are_passed_on_by_a_link_that_cannot_be_made_up() {
    let stack = shared();
    let person = fresh_number();
    let message = json!({"to": PHONE_NUMBER, "from": person, "body": "look",
        "media": [{"url": "", "content_type": "image/png"}]});
    let outcome = twin(stack, "/twin/messages", &message);
    assert_eq!(outcome["status"], 200, "{outcome}");
    let list = stack.get(&format!("/v1/messages?contact={person}")).send();
    let list = list.expect(200).json();
    let id = list["messages"][0]["id"].as_str().unwrap();
    let inbound = stack.get(&format!("/v1/messages/{id}")).send();
    let inbound = inbound.expect(200).json();
    let link = inbound["media"][0]["url"].as_str().unwrap();
    let target = link.strip_prefix(&stack.worker_url()).unwrap();
    let medium = stack.request("GET", target).send().expect(200);
    assert_eq!(medium.header("content-type"), "image/png");
    assert!(
        medium.text().starts_with("twin medium ME"),
        "{}",
        medium.text()
    );
    let direct = inbound["media_urls"][0].as_str().unwrap();
    let direct = direct.strip_prefix(&stack.twin_url()).unwrap();
    assert_eq!(stack.twin("GET", direct).send().status, 401);
    let forged = target.replace("expires=1", "expires=2");
    let _ = stack.request("GET", &forged).send().expect(404);
}

#[test]
fn a_scheduled_message_waits_and_can_be_cancelled() {
    let stack = shared();
    let to = fresh_number();
    let later = in_an_hour();
    let scheduled = |body: &str| {
        let wish = json!({"to": to, "body": body, "scheduled_at": later});
        post(stack, &wish).expect(202).json()
    };
    let (stays, goes) = (scheduled("stays"), scheduled("goes"));
    assert_eq!(stays["status"], "scheduled");
    let id = stays["id"].as_str().unwrap();
    let cancel = stack.api("POST", &format!("/v1/messages/{id}/cancel"));
    assert_eq!(cancel.send().expect(200).json()["status"], "canceled");
    assert_eq!(posts_to(stack, &to).len(), 0);
    wake(stack, &to, 62 * MINUTE);
    until(stack, "messages", &goes, "delivered");
    assert_eq!(posts_to(stack, &to).len(), 1);
}

/// RFC 3339 in UTC, an hour from now (days to a date as Howard Hinnant's `civil_from_days`).
fn in_an_hour() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seconds = now.as_secs() + 3_600;
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The application: keeps what it is sent, and answers as it is told.
pub struct Application {
    /// Where it is told.
    pub url: String,
    /// What it answers, the last one first; then 200.
    pub answers: Arc<Mutex<Vec<u16>>>,
    received: Arc<Mutex<Vec<(String, String)>>>,
}

impl Application {
    pub fn start() -> Application {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let application = Application {
            url: format!("http://{}/hook", listener.local_addr().unwrap()),
            answers: Arc::default(),
            received: Arc::default(),
        };
        let (answers, received) = (
            Arc::clone(&application.answers),
            Arc::clone(&application.received),
        );
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                stream
                    .set_read_timeout(Some(Duration::from_secs(5)))
                    .unwrap();
                let mut text = Vec::new();
                let mut buffer = [0; 4096];
                let request = loop {
                    let read = stream.read(&mut buffer).unwrap_or(0);
                    text.extend_from_slice(&buffer[..read]);
                    let whole = String::from_utf8_lossy(&text).into_owned();
                    let Some((head, body)) = whole.split_once("\r\n\r\n") else {
                        assert!(read > 0, "the request broke off");
                        continue;
                    };
                    let length = head
                        .lines()
                        .filter_map(|line| {
                            line.to_lowercase()
                                .strip_prefix("content-length: ")
                                .map(str::to_owned)
                        })
                        .find_map(|length| length.parse::<usize>().ok())
                        .unwrap_or(0);
                    if body.len() >= length || read == 0 {
                        break (head.to_owned(), body.to_owned());
                    }
                };
                received.lock().unwrap().push(request);
                let status = answers.lock().unwrap().pop().unwrap_or(200);
                let _ = write!(
                    stream,
                    "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
            }
        });
        application
    }

    pub fn about(&self, kind: &str) -> Vec<(String, Value)> {
        let received = self.received.lock().unwrap();
        let parsed = received.iter().map(|(head, body)| {
            let body: Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{body}"));
            (head.clone(), body)
        });
        parsed.filter(|(_, body)| body["type"] == kind).collect()
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let pairs = head.lines().filter_map(|line| line.split_once(": "));
    let mut found = pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value).unwrap_or_default()
}

pub const SECRET: [u8; 24] = *b"a secret of twenty-four.";

fn with_application(application: &Application) -> Stack {
    let secret = format!("whsec_{}", STANDARD.encode(SECRET));
    let options = Options::default()
        .var("EVENTS_URL", &application.url)
        .var("EVENTS_SECRET", &secret);
    Stack::start(&options)
}

#[test]
fn the_application_is_told_in_signed_webhooks_and_told_again_when_it_was_down() {
    let application = Application::start();
    application.answers.lock().unwrap().push(503);
    let stack = with_application(&application);
    let person = fresh_number();
    write(&stack, &person, "Hello there");
    eventually("the event, twice", Duration::from_secs(40), || {
        (application.about("message.received").len() == 2).then_some(())
    });
    let told = application.about("message.received");
    let (head, body) = &told[1];
    assert_eq!(body["data"]["body"], "Hello there");
    assert_eq!(body["data"]["from"], person);
    let id = header(head, "webhook-id");
    assert_eq!(id, header(&told[0].0, "webhook-id"));
    let mut mac = Hmac::<Sha256>::new_from_slice(&SECRET).unwrap();
    let timestamp = header(head, "webhook-timestamp");
    let raw = application
        .received
        .lock()
        .unwrap()
        .last()
        .unwrap()
        .1
        .clone();
    mac.update(format!("{id}.{timestamp}.{raw}").as_bytes());
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header(head, "webhook-signature"), expected);
    let event = eventually("the event as delivered", SOON, || {
        let event = stack
            .get(&format!("/v1/events/{id}"))
            .send()
            .expect(200)
            .json();
        (event["state"] == "delivered").then_some(event)
    });
    assert_eq!(event["tries"], 2);
    let replay = stack.api("POST", &format!("/v1/events/{id}/replay"));
    let _ = replay.send().expect(202);
    eventually("the event, a third time", Duration::from_secs(20), || {
        (application.about("message.received").len() == 3).then_some(())
    });
}

#[test]
fn ten_thousand_lines_with_three_bad_ones_import_9997_and_report_the_three() {
    let stack = Stack::start(&Options::default());
    let mut list = String::from("address,status,reason\n");
    for n in 0..10_000 {
        let line = match n {
            1_000 => "not a number,out,x\n".to_owned(),
            5_000 => "+12025550100,sometimes,x\n".to_owned(),
            9_000 => "+12025550100,out\n".to_owned(),
            _ => format!("+1303{n:07},out,asked by post\n"),
        };
        list.push_str(&line);
    }
    let import = stack.api("POST", "/v1/contacts/import");
    let answer = import.body("text/csv", list.as_bytes()).send();
    let answer = answer.expect(202).json();
    assert_eq!(
        (&answer["imported"], &answer["rejected"]),
        (&json!(9_997), &json!(3))
    );
    let lines: Vec<_> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["line"].clone())
        .collect();
    assert_eq!(lines, [1_002, 5_002, 9_002]);
    for n in [0, 9_999] {
        let person = format!("+1303{n:07}");
        eventually("the import", Duration::from_secs(900), || {
            // Ten thousand objects keep one machine busy.
            let answer = stack
                .get(&format!("/v1/contacts/{person}"))
                .try_send()
                .ok()?;
            (answer.status == 200 && answer.json()["opted_out"] == true).then_some(())
        });
        assert_eq!(
            problem(text(&stack, &person, "hi").send(), 409)["code"],
            "opted_out"
        );
    }
}

#[test]
fn messages_are_listed_across_persons_and_figures_follow() {
    let stack = Stack::start(&Options::default());
    let (good, bad) = (fresh_number(), fresh_number());
    let way = json!({"to": bad, "statuses": ["sent", {"undelivered": 30007}]});
    twin(&stack, "/twin/outcomes", &way);
    let first = send(&stack, &good, "one");
    let second = send(&stack, &bad, "two");
    until(&stack, "messages", &first, "delivered");
    until(&stack, "messages", &second, "undelivered");
    let list = |query: &str| {
        let answer = stack.get(&format!("/v1/messages?{query}")).send();
        answer.expect(200).json()["messages"]
            .as_array()
            .cloned()
            .unwrap()
    };
    eventually("the ledger", Duration::from_secs(30), || {
        let found = list("status=undelivered");
        (found.len() == 1 && list("status=delivered").len() == 1).then_some(())
    });
    let row = &list("status=undelivered")[0];
    assert_eq!(
        (&row["id"], &row["error_code"]),
        (&second["id"], &json!(30007))
    );
    let sender = PHONE_NUMBER.replace('+', "%2B");
    eventually("the figures", Duration::from_secs(30), || {
        let stats = stack.get(&format!("/v1/senders/{sender}/stats")).send();
        let stats = stats.expect(200).json();
        (stats["total"]["delivered"] == 1 && stats["by_error"]["30007"] == 1).then_some(())
    });
}

#[test]
fn typing_is_shown_by_itself_when_an_answer_takes_longer_than_a_second() {
    let stack = shared();
    let person = format!("whatsapp:{}", fresh_number());
    let message = json!({"to": OUR_WHATSAPP, "from": person, "body": "Is it ready?"});
    let outcome = twin(stack, "/twin/messages", &message);
    let sid = outcome["sid"].as_str().unwrap();
    let shown = || {
        let shown = seen(stack, "/twin/typing");
        let mut rows = shown.iter();
        rows.any(|row| row.to_string().contains(sid))
    };
    assert!(!shown(), "the answer was there at once");
    let slow = stack.request("POST", "/__test/typing");
    let _ = slow.body("text/plain", sid.as_bytes()).send().expect(200);
    assert!(shown());
}

/// The last of a chain, by the binding that Cloudflare's own mail service has in a Worker.
#[test]
fn a_mail_goes_out_by_the_binding() {
    let options = Options::default()
        .config("[[send_email]]\nname = \"EMAIL\"\n")
        .var("MAIL_BINDING", "EMAIL")
        .var("MAIL_FROM", "desk@shop.example");
    let stack = Stack::start(&options);
    let to = fresh_number();
    let way = json!({"to": to, "statuses": ["sent", {"undelivered": 30006}]});
    twin(&stack, "/twin/outcomes", &way);
    let wish = json!({"to": to, "body": "Your flight is at nine.",
        "fallback": [{"to": "ada@example.com"}]});
    let sent = post(&stack, &wish).expect(202).json();
    let mailed = eventually("the mail", SOON, || {
        let message = now(&stack, "messages", &sent);
        (message["channel"] == "email" && message["status"] != "pending").then_some(message)
    });
    assert_eq!(mailed["status"], "sent", "{mailed}");
    // Locally the binding writes down what it was given.
    logged(&stack, "To: ada@example.com");
    assert!(stack.worker_log().contains("From: desk@shop.example"));
}

#[test]
fn a_plain_wish_to_be_left_alone_is_obeyed_and_outlives_an_erasure() {
    let stack = shared();
    let person = fresh_number();
    send(stack, &person, "Hello, Ada.");
    write(stack, &person, "please stop texting me");
    assert_eq!(
        problem(text(stack, &person, "hi").send(), 409)["source"],
        "revocation"
    );
    let target = format!("/v1/contacts/{person}");
    let contact = stack.get(&target).send().expect(200).json();
    assert_eq!(
        contact["history"][0]["evidence"]["text"],
        "please stop texting me"
    );
    let erased = stack.api("DELETE", &target).send().expect(200).json();
    assert_eq!(erased["blocked"], true);
    assert_eq!(
        problem(text(stack, &person, "hi").send(), 409)["code"],
        "opted_out"
    );
    let left = stack.get(&target).send().expect(200).json();
    let hash = left["history"][0]["evidence"]["text"].as_str().unwrap();
    assert!(hash.starts_with("hmac-sha256:"), "{left}");
    let list = stack.get(&format!("/v1/messages?contact={person}")).send();
    assert_eq!(list.expect(200).json()["messages"], json!([]));
}

#[test]
fn marketing_waits_for_the_day_where_the_person_is_and_nothing_else_does() {
    let stack = shared();
    let hour = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / 3_600
        % 24;
    // Denver is six or seven hours behind. The day of this sender is far from the hour it is there.
    let there = (hour + 24 - 7) % 24;
    let (from, to) = match there {
        7..=20 => ("02:00", "04:00"),
        _ => ("12:00", "14:00"),
    };
    let sender = json!({"address": PHONE_NUMBER, "brand": "Acme",
        "quiet_hours": {"from": from, "to": to}});
    let _ = stack.put("/v1/senders/far", &sender).send().expect(200);
    let to = format!("+1303{}", &fresh_number()[5..]);
    let wish = |kind: &str| {
        let wish = json!({"to": to, "sender": "far", "kind": kind,
            "body": "Acme: our sale has begun. Reply STOP to end."});
        post(stack, &wish).expect(202).json()
    };
    let later = wish("marketing");
    assert_eq!(later["status"], "scheduled", "{later}");
    let at_once = wish("transactional");
    until(stack, "messages", &at_once, "delivered");
    assert_eq!(posts_to(stack, &to).len(), 1);
    for hours in 1..=24 {
        wake(stack, &to, hours * HOUR);
        if posts_to(stack, &to).len() == 2 {
            break;
        }
    }
    until(stack, "messages", &later, "delivered");
    wake(stack, &to, 0);
}

#[test]
fn a_sender_whose_messages_no_longer_arrive_raises_one_alert() {
    let application = Application::start();
    let secret = format!("whsec_{}", STANDARD.encode(SECRET));
    let options = Options::default()
        .var("EVENTS_URL", &application.url)
        .var("EVENTS_SECRET", &secret)
        .var("ALERT_SAMPLE", "4");
    let stack = Stack::start(&options);
    let lost = json!({"body_contains": "lost", "statuses": ["sent", {"undelivered": 30007}]});
    twin(&stack, "/twin/outcomes", &lost);
    for text in ["one", "lost two", "three", "lost four", "lost five"] {
        send(&stack, &fresh_number(), text);
    }
    eventually("the alert", Duration::from_secs(40), || {
        (!application.about("sender.alert").is_empty()).then_some(())
    });
    let sender = PHONE_NUMBER.replace('+', "%2B");
    eventually("all five", Duration::from_secs(40), || {
        let stats = stack.get(&format!("/v1/senders/{sender}/stats")).send();
        (stats.expect(200).json()["total"]["failed"] == 3).then_some(())
    });
    let alerts = application.about("sender.alert");
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert_eq!(alerts[0].1["data"]["alert"], "raised");
    assert_eq!(alerts[0].1["data"]["sender"], PHONE_NUMBER);
}
