//! Campaigns from the upload to the last callback.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;
use std::time::Duration;

use hookswitch_e2e::{Options, PHONE_NUMBER, Stack, eventually, fresh_number, shared};
use serde_json::{Value, json};

use crate::acts::{problem, seen, twin, write};

/// Long enough for a few hundred messages on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A sender of its own for each test: they share a stack, and a pace is a sender's.
fn sender(stack: &Stack, segments_per_second: u32) -> String {
    let address = fresh_number();
    let name = format!("s{}", address.trim_start_matches('+'));
    let profile = json!({"address": address, "segments_per_second": segments_per_second});
    let _ = stack
        .put(&format!("/v1/senders/{name}"), &profile)
        .send()
        .expect(200);
    name
}

fn create(stack: &Stack, sender: &str) -> String {
    let body = json!({
        "name": "Spring", "sender": sender, "kind": "transactional", "body": "Hello {{name}}.",
    });
    let made = stack.post("/v1/campaigns", &body).send().expect(201).json();
    made["id"].as_str().expect("an id").to_owned()
}

fn upload(stack: &Stack, id: &str, list: &str) -> Value {
    let put = stack.api("PUT", &format!("/v1/campaigns/{id}/recipients"));
    put.body("text/csv", list.as_bytes())
        .send()
        .expect(200)
        .json()
}

/// A campaign to so many people, who are returned.
fn filled(stack: &Stack, sender: &str, people: usize) -> (String, Vec<String>) {
    let id = create(stack, sender);
    let people: Vec<String> = (0..people).map(|_| fresh_number()).collect();
    let mut list = String::from("to,name\n");
    for (n, person) in people.iter().enumerate() {
        writeln!(list, "{person},{n}").unwrap();
    }
    assert_eq!(upload(stack, &id, &list)["accepted"], people.len());
    (id, people)
}

fn order(stack: &Stack, id: &str, order: &str) -> Value {
    let target = format!("/v1/campaigns/{id}/{order}");
    stack.api("POST", &target).send().expect(200).json()
}

fn view(stack: &Stack, id: &str) -> Value {
    stack
        .get(&format!("/v1/campaigns/{id}"))
        .send()
        .expect(200)
        .json()
}

fn until(stack: &Stack, id: &str, what: &str, done: impl Fn(&Value) -> bool) -> Value {
    eventually(what, PATIENCE, || {
        Some(view(stack, id)).filter(|view| done(view))
    })
}

/// The messages at the twin for these people: how many each has, and when they came.
fn arrivals(stack: &Stack, people: &[String]) -> (BTreeMap<String, usize>, Vec<i64>) {
    let mut each = BTreeMap::new();
    let mut times = Vec::new();
    for message in seen(stack, "/twin/messages") {
        let to = message["to"].as_str().unwrap_or_default().to_owned();
        if people.contains(&to) {
            *each.entry(to).or_default() += 1;
            times.extend(message["created_ms"].as_i64());
        }
    }
    times.sort_unstable();
    (each, times)
}

fn assert_once_each(stack: &Stack, people: &[String]) {
    let (each, _) = arrivals(stack, people);
    assert_eq!(each.len(), people.len(), "someone was left out");
    let twice: Vec<_> = each.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "written to twice: {twice:?}");
}

#[test]
fn a_list_with_faults_is_reported_forecast_sent_and_delivered() {
    let stack = shared();
    let id = create(stack, &sender(stack, 50));
    let people: Vec<String> = (0..3).map(|_| fresh_number()).collect();
    let list = format!(
        "\u{feff}to;name\r\n{};Ann\r\nnobody;Bob\r\n{};\"Zoë 😀\"\r\n{};Ann\r\n{};\r\n{};Cy\r\n",
        people[0],
        people[1],
        people[0],
        fresh_number(),
        people[2],
    );
    let report = upload(stack, &id, &list);
    assert_eq!(
        [&report["accepted"], &report["bad"], &report["duplicates"]],
        [3, 2, 1]
    );
    let forecast = order(stack, &id, "forecast");
    assert_eq!([&forecast["recipients"], &forecast["segments"]], [3, 3]);
    assert_eq!(forecast["ucs2"]["messages"], 1);
    assert!(forecast["finishes_at"].is_string(), "{forecast}");

    assert_eq!(order(stack, &id, "start")["status"], "running");
    let done = until(stack, &id, "delivery", |view| {
        view["progress"]["delivered"] == 3
    });
    assert_eq!(done["status"], "completed");
    assert_once_each(stack, &people);
    let results = stack
        .get(&format!("/v1/campaigns/{id}/results"))
        .header("Accept", "text/csv");
    let csv = results.send().expect(200).text();
    assert_eq!(csv.lines().count(), 4, "{csv}");
    assert!(
        csv.lines()
            .skip(1)
            .all(|line| line.contains(",delivered,,,SM")),
        "{csv}"
    );
    let again = stack
        .api("POST", &format!("/v1/campaigns/{id}/start"))
        .send();
    assert_eq!(problem(again, 409)["code"], "wrong_status");
}

#[test]
fn whoever_said_stop_is_skipped() {
    let stack = shared();
    let (id, people) = filled(stack, &sender(stack, 50), 3);
    write(stack, &people[1], "STOP");
    order(stack, &id, "start");
    let done = until(stack, &id, "the end", |view| view["status"] == "completed");
    assert_eq!(done["progress"]["opted_out"], 1);
    assert!(!arrivals(stack, &people).0.contains_key(&people[1]));
}

#[test]
fn a_pause_stops_it_and_a_resume_goes_on() {
    let stack = shared();
    let (id, people) = filled(stack, &sender(stack, 10), 40);
    order(stack, &id, "start");
    eventually("the first messages", PATIENCE, || {
        (arrivals(stack, &people).0.len() >= 5).then_some(())
    });
    assert_eq!(order(stack, &id, "pause")["status"], "paused");
    // What had left is on its way; nothing follows it.
    thread::sleep(Duration::from_millis(500));
    let paused = arrivals(stack, &people).0.len();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(arrivals(stack, &people).0.len(), paused);
    assert!(paused < 40, "{paused}");
    order(stack, &id, "resume");
    until(stack, &id, "the end", |view| view["status"] == "completed");
    assert_once_each(stack, &people);
}

#[test]
fn a_pace_of_ten_a_second_is_kept_at_twilio() {
    let stack = shared();
    let (id, people) = filled(stack, &sender(stack, 10), 120);
    order(stack, &id, "start");
    until(stack, &id, "the end", |view| view["status"] == "completed");
    let (_, times) = arrivals(stack, &people);
    assert_eq!(times.len(), 120);
    // On a machine that is busy with other tests, messages are late on their way, one more than
    // another; `cargo xtask bench campaign` holds the pace to one message on a quiet one.
    let on_its_way = 5;
    for (first, at) in times.iter().enumerate() {
        for seconds in 1..=5 {
            let end = at + 1_000 * seconds;
            let within = times[first..].iter().take_while(|t| **t < end).count() as i64;
            let most = 10 * seconds + 1 + on_its_way;
            assert!(within <= most, "{within} in {seconds} s");
        }
    }
    let length = times[119] - times[0];
    assert!(length >= 11_700, "120 messages in {length} ms");
}

#[test]
fn a_complaint_of_twilios_about_the_pace_makes_the_sender_rest() {
    let stack = shared();
    let (id, people) = filled(stack, &sender(stack, 20), 10);
    let fault = json!({"match": {"method": "POST", "to": people[0]}, "act": {"status": 400, "code": 21611}});
    twin(stack, "/twin/faults", &fault);
    order(stack, &id, "start");
    let rests = until(stack, &id, "the rest", |view| {
        view["rests_until"].is_string()
    });
    assert_eq!(rests["status"], "running");
    assert!(arrivals(stack, &people).0.len() < 10, "it rests");
    order(stack, &id, "cancel");
}

#[test]
fn kills_in_the_middle_leave_nobody_out_and_write_to_nobody_twice() {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    let profile = json!({"address": PHONE_NUMBER, "segments_per_second": 40});
    let _ = stack.put("/v1/senders/main", &profile).send().expect(200);
    let (id, people) = filled(&stack, "main", 200);
    order(&stack, &id, "start");
    for kill in 1..=3 {
        eventually("some messages more", PATIENCE, || {
            (arrivals(&stack, &people).0.len() >= kill * 40).then_some(())
        });
        stack.kill_worker();
        stack.restart();
    }
    let done = until(&stack, &id, "the end", |view| {
        view["status"] == "completed" && view["progress"]["pending"] == 0
    });
    assert_once_each(&stack, &people);
    assert_eq!(done["progress"]["unknown"], 0, "{done}");
}

#[test]
fn a_single_message_goes_before_a_campaign_that_has_its_senders_pace() {
    let stack = shared();
    let name = sender(stack, 2);
    let (id, _) = filled(stack, &name, 60);
    order(stack, &id, "start");
    thread::sleep(Duration::from_secs(2));
    let person = fresh_number();
    let single = json!({"sender": name, "to": person, "body": "Your code is on its way."});
    let sent = stack
        .post("/v1/messages", &single)
        .send()
        .expect(202)
        .json();
    let begin = std::time::Instant::now();
    eventually("the single message", PATIENCE, || {
        (!arrivals(stack, std::slice::from_ref(&person)).1.is_empty()).then_some(())
    });
    // The campaign has half a minute to go.
    assert!(begin.elapsed() < Duration::from_secs(10), "{sent}");
    assert!(view(stack, &id)["progress"]["remaining"].as_u64() > Some(20));
    order(stack, &id, "cancel");
}

#[test]
fn a_cancel_stops_the_retries_that_were_planned_before_it() {
    let stack = shared();
    let (id, people) = filled(stack, &sender(stack, 50), 1);
    // A full queue, which the contact waits out before it tries again.
    let fault = json!({"match": {"method": "POST", "to": people[0]}, "act": {"status": 400, "code": 21730}});
    twin(stack, "/twin/faults", &fault);
    order(stack, &id, "start");
    until(stack, &id, "the plan", |view| {
        view["progress"]["pending"] == 1
    });
    assert_eq!(order(stack, &id, "cancel")["status"], "canceled");
    let later = json!({"address": people[0], "ahead_ms": 3_600_000});
    let _ = stack
        .request("POST", "/__test/wake")
        .json(&later)
        .send()
        .expect(200);
    until(stack, &id, "the end of it", |view| {
        view["progress"]["pending"] == 0
    });
    assert!(
        arrivals(stack, &people).0.is_empty(),
        "written to after the cancel"
    );
}

/// Uploads bytes; the answer, whatever it is.
fn put(stack: &Stack, id: &str, kind: &str, list: &[u8]) -> hookswitch_e2e::Response {
    let put = stack.api("PUT", &format!("/v1/campaigns/{id}/recipients"));
    put.body(kind, list)
        .patience(Duration::from_secs(300))
        .send()
}

#[test]
fn lines_that_cannot_be_read_are_reported_by_number_and_cost_only_themselves() {
    let stack = shared();
    let id = create(stack, &sender(stack, 50));
    let mut list = b"to,name\n".to_vec();
    let mut line = |text: &[u8]| {
        list.extend_from_slice(text);
        list.push(b'\n');
    };
    line(format!("{},Ann", fresh_number()).as_bytes());
    // Latin-1 in a file of UTF-8.
    line(&[fresh_number().as_bytes(), b",Zo\xeb"].concat());
    line(&[fresh_number().as_bytes(), b",", &vec![b'x'; 10_000_000]].concat());
    line(format!("{},\"never closed", fresh_number()).as_bytes());
    line(format!("{},Cy\r", fresh_number()).as_bytes());
    line(format!("{},Di,too,many", fresh_number()).as_bytes());
    let report = put(stack, &id, "text/csv", &list).expect(200).json();
    assert_eq!([&report["accepted"], &report["bad"]], [2, 4], "{report}");
    let faults = report["faults"].as_array().expect("faults");
    let lines: Vec<_> = faults
        .iter()
        .filter_map(|fault| fault["line"].as_u64())
        .collect();
    assert_eq!(lines, [3, 4, 5, 7], "{report}");

    let ndjson = format!(
        "\u{feff}{{\"to\": \"{}\", \"variables\": {{\"name\": \"Ann\"}}}}\r\n{{\"to\": 7}}\r\n\r\nnot JSON\r\n",
        fresh_number()
    );
    let report = put(stack, &id, "application/x-ndjson", ndjson.as_bytes())
        .expect(200)
        .json();
    assert_eq!([&report["accepted"], &report["bad"]], [1, 2], "{report}");
    let faults = report["faults"].as_array().expect("faults");
    let lines: Vec<_> = faults
        .iter()
        .filter_map(|fault| fault["line"].as_u64())
        .collect();
    assert_eq!(lines, [2, 4], "{report}");
}

#[test]
fn a_file_that_is_no_list_starts_nothing() {
    let stack = shared();
    let id = create(stack, &sender(stack, 50));
    let utf16: Vec<u8> = "to\n+14155550100\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let utf16 = [vec![0xff, 0xfe], utf16].concat();
    for (kind, list) in [
        ("text/csv", utf16.as_slice()),
        ("text/csv", b"phone,name\n+14155550100,Ann\n".as_slice()),
        ("text/csv", b"".as_slice()),
    ] {
        let _ = put(stack, &id, kind, list).expect(400);
    }
    let start = stack
        .api("POST", &format!("/v1/campaigns/{id}/start"))
        .send();
    assert_eq!(problem(start, 409)["code"], "no_recipients");
    assert_eq!(view(stack, &id)["status"], "draft");
}

#[test]
fn one_person_on_very_many_lines_is_one_recipient() {
    let stack = shared();
    let id = create(stack, &sender(stack, 50));
    // A million when there is time for it.
    let lines: u64 = if std::env::var_os("HOOKSWITCH_DEEP").is_some() {
        1_000_000
    } else {
        100_000
    };
    let person = fresh_number();
    let mut list = String::from("to,name\n");
    for _ in 0..lines {
        writeln!(list, "{person},Ann").unwrap();
    }
    let report = put(stack, &id, "text/csv", list.as_bytes())
        .expect(200)
        .json();
    assert_eq!(report["accepted"], 1);
    assert_eq!(report["duplicates"], lines - 1);
    let faults = report["faults"].as_array().expect("faults");
    assert_eq!(faults.len(), 1, "neighbours of one kind together");
    assert_eq!([&faults[0]["line"], &faults[0]["last"]], [3, lines + 1]);
}

#[test]
fn an_api_key_that_asks_too_often_is_told_when_to_come_back() {
    let limit = "simple = { limit = 2000, period = 10 }";
    let lower = "simple = { limit = 20, period = 10 }";
    let stack = Stack::start(&Options::default().change(limit, lower));
    let ask = || stack.post("/v1/lint", &json!({"body": "Hello"})).send();
    assert_eq!(ask().status, 200);
    // More than twenty in ten seconds, as long as one takes less than a quarter of a second.
    let refused = (0..60).map(|_| ask()).find(|answer| answer.status == 429);
    let refused = refused.expect("nobody was told to wait");
    assert_eq!(refused.header("retry-after"), "10");
    assert_eq!(problem(refused, 429)["code"], "rate_limited");
    // Twilio's webhooks are nobody's key.
    write(&stack, &fresh_number(), "Hello");
    eventually(
        "the key's next ten seconds",
        Duration::from_secs(30),
        || (ask().status == 200).then_some(()),
    );
}
