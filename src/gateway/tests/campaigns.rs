//! Campaigns over the API: made, filled, forecast, ordered.

use serde_json::{Value, json};

use crate::gateway::testing::{TestRequest, TestWorld, US, json_of};
use crate::objects::Object;
use crate::ports::Clock as _;

fn created(world: &TestWorld, more: Value) -> String {
    let mut body = json!({
        "name": "Spring", "sender": US, "kind": "transactional", "body": "Hi {{name}}",
    });
    if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
        body.extend(more);
    }
    let response = world.api("POST", "/v1/campaigns", Some(&body));
    assert_eq!(response.status, 201, "{}", response.body);
    json_of(&response)["id"].as_str().unwrap().to_owned()
}

fn upload(world: &TestWorld, id: &str, kind: &str, file: &str) -> crate::gateway::http::Response {
    let target = format!("/v1/campaigns/{id}/recipients");
    world.send(&TestRequest::api("PUT", &target, None).body(kind, file.as_bytes()))
}

#[test]
fn a_campaign_is_made_filled_and_shown_with_its_progress() {
    let world = TestWorld::new();
    let id = created(&world, json!({}));
    let file = "to,name\n+14155550100,Ann\nnobody,Bob\n+14155550101,\n+14155550100,Ann\n\
                +14155550102,Cy\n";
    let report = json_of(&upload(&world, &id, "text/csv; charset=utf-8", file));
    assert_eq!(report["accepted"], 2);
    assert_eq!(
        (&report["bad"], &report["duplicates"]),
        (&json!(2), &json!(1))
    );
    let faults: Vec<_> = report["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["line"])
        .collect();
    assert_eq!(faults, [3, 4, 5]);
    assert_eq!(
        report["faults"][1]["error"],
        "the variables name are missing"
    );

    let view = json_of(&world.api("GET", &format!("/v1/campaigns/{id}"), None));
    assert_eq!(view["status"], "draft");
    assert_eq!(
        view["recipients"],
        json!({"accepted": 2, "duplicates": 1, "bad": 2, "opted_out": 0})
    );
    assert_eq!(view["progress"]["remaining"], 2);
    assert_eq!(view["segments_per_second"], 1.0);

    let started = world.api("POST", &format!("/v1/campaigns/{id}/start"), None);
    assert_eq!(json_of(&started)["status"], "running");
    let closed = upload(&world, &id, "text/csv", "to\n+14155550100\n");
    assert_eq!(
        (closed.status, &json_of(&closed)["code"]),
        (409, &json!("wrong_status"))
    );
    for (action, status) in [
        ("pause", "paused"),
        ("resume", "running"),
        ("cancel", "canceled"),
    ] {
        let response = world.api("POST", &format!("/v1/campaigns/{id}/{action}"), None);
        assert_eq!(json_of(&response)["status"], status, "{action}");
    }
    let again = world.api("POST", &format!("/v1/campaigns/{id}/start"), None);
    assert_eq!(again.status, 409);
    let problem = json_of(&again);
    // The problem's own `status` is HTTP's.
    assert_eq!(
        (&problem["status"], &problem["campaign_status"]),
        (&json!(409), &json!("canceled"))
    );
}

#[test]
fn a_list_that_cannot_be_read_leaves_the_campaign_as_it_was() {
    let world = TestWorld::new();
    let id = created(&world, json!({"body": "Hi"}));
    assert_eq!(
        upload(&world, &id, "text/csv", "to\n+14155550100\n").status,
        200
    );
    let utf16: Vec<u8> = [0xff, 0xfe, b't', 0, b'o', 0, b'\n', 0].to_vec();
    let target = format!("/v1/campaigns/{id}/recipients");
    let request = |body: &[u8]| TestRequest::api("PUT", &target, None).body("text/csv", body);
    let refused = [
        world.send(&request(&utf16)),
        world.send(&request(b"name,phone\nAnn,+14155550100\n")),
        world.send(&request(b"to\n+14155550101\n+14155550102\n").broken()),
    ];
    for response in refused {
        assert_eq!(response.status, 400, "{}", response.body);
    }
    assert_eq!(upload(&world, &id, "application/json", "[]").status, 415);
    let view = json_of(&world.api("GET", &format!("/v1/campaigns/{id}"), None));
    assert_eq!(view["recipients"]["accepted"], 1);
}

#[test]
fn every_field_of_a_campaign_has_its_problem() {
    let world = TestWorld::new();
    let body = json!({
        "name": "", "sender": "client:alice", "kind": "spam", "body": "Hi {{", "rate": 0,
        "quiet_hours": {"from": "21:00", "to": "08:00"}, "deadline": "2020-01-01T00:00:00Z",
        "color": "red",
    });
    let response = world.api("POST", "/v1/campaigns", Some(&body));
    assert_eq!(response.status, 400);
    let problem = json_of(&response);
    let mut pointers: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    pointers.dedup();
    let all = [
        "/body",
        "/color",
        "/deadline",
        "/kind",
        "/name",
        "/quiet_hours",
        "/rate",
        "/sender",
    ];
    assert_eq!(pointers, all);
}

#[test]
fn the_same_idempotency_key_is_the_same_campaign() {
    let world = TestWorld::new();
    let make = |name: &str| {
        let body = json!({"name": name, "sender": US, "kind": "marketing", "body": "Hi"});
        let request = TestRequest::api("POST", "/v1/campaigns", Some(&body));
        world.send(&request.header("idempotency-key", "spring"))
    };
    let first = json_of(&make("Spring"));
    assert_eq!(json_of(&make("Spring"))["id"], first["id"]);
    assert_eq!(make("Summer").status, 409);
    // Marketing keeps the night even when nothing was said about it.
    assert_eq!(
        first["quiet_hours"],
        json!({"from": "08:00", "to": "21:00"})
    );
}

#[test]
fn a_forecast_counts_segments_and_says_when_it_ends() {
    let world = TestWorld::with(&[("PRICES", "USD US:0.01 *:0.05")]);
    let profile = json!({"address": US, "segments_per_second": 10, "daily_cap": 1000});
    assert_eq!(
        world.api("PUT", "/v1/senders/acme", Some(&profile)).status,
        200
    );
    let id = created(&world, json!({"sender": "acme"}));
    let mut file = String::new();
    for n in 0..100 {
        let name = if n < 10 { "Ann 😀" } else { "Ann" };
        let line = json!({"to": format!("+1212555{n:04}"), "variables": {"name": name}});
        file.push_str(&format!("{line}\n"));
    }
    assert_eq!(
        upload(&world, &id, "application/x-ndjson", &file).status,
        200
    );
    // Duplicates are neither sent nor forecast.
    let twice = format!("{file}{file}");
    let report = json_of(&upload(&world, &id, "application/x-ndjson", &twice));
    assert_eq!(report["duplicates"], 100);
    let target = format!("/v1/campaigns/{id}/forecast");
    let forecast = json_of(&world.api("POST", &target, None));
    assert_eq!(
        (&forecast["recipients"], &forecast["segments"]),
        (&json!(100), &json!(100))
    );
    assert_eq!(forecast["ucs2"], json!({"messages": 10, "segments": 10}));
    assert_eq!(forecast["ucs2_because"][0]["character"], "😀");
    assert_eq!(forecast["segments_per_second"], 10.0);
    assert_eq!(forecast["price"], json!({"currency": "USD", "amount": 1.0}));
    assert_eq!(forecast["countries"][0]["country"], "US");
}

#[test]
fn results_are_ndjson_or_csv() {
    let world = TestWorld::new();
    let id = created(&world, json!({"body": "Hi"}));
    upload(&world, &id, "text/csv", "to\n+14155550100\n+14155550101\n");
    let target = format!("/v1/campaigns/{id}/results");
    let ndjson = world.api("GET", &target, None);
    assert_eq!(ndjson.content_type, "application/x-ndjson");
    let first: Value = serde_json::from_str(ndjson.body.lines().next().unwrap()).unwrap();
    assert_eq!(
        first,
        json!({"line": 2, "to": "+14155550100", "status": "waiting"})
    );
    let csv = world.send(&TestRequest::api("GET", &target, None).header("accept", "text/csv"));
    assert_eq!(
        csv.body,
        "line,to,status,class,code,sid,message\n2,+14155550100,waiting,,,,\n\
         3,+14155550101,waiting,,,,\n"
    );
    assert_eq!(
        world.api("GET", &format!("{target}?after=x"), None).status,
        400
    );
}

#[test]
fn a_campaign_that_is_not_there_is_not_found() {
    let world = TestWorld::new();
    for id in ["cmp_0000000000000000", "cmp_x", "other"] {
        assert_eq!(
            world
                .api("GET", &format!("/v1/campaigns/{id}"), None)
                .status,
            404,
            "{id}"
        );
        let started = world.api("POST", &format!("/v1/campaigns/{id}/start"), None);
        assert_eq!(started.status, 404, "{id}");
    }
}

#[test]
fn an_api_key_that_asks_too_often_is_told_when_to_come_back() {
    let world = TestWorld::new();
    world.requests_left.set(1);
    assert_eq!(world.api("GET", "/v1/flows", None).status, 200);
    let response = world.api("GET", "/v1/flows", None);
    assert_eq!(
        (response.status, json_of(&response)["code"].as_str()),
        (429, Some("rate_limited"))
    );
    assert!(response.headers.contains(&("Retry-After", "10".to_owned())));
}

#[test]
fn whoever_has_said_stop_is_counted_at_the_upload_and_left_out_of_the_forecast() {
    let world = TestWorld::with(&[("PRICES", "USD *:0.01")]);
    let stop = json!({"opted_out": true, "reason": "by letter"});
    for person in ["+12125550001", "+12125550002"] {
        let put = world.api("PUT", &format!("/v1/contacts/{person}"), Some(&stop));
        assert_eq!(put.status, 200, "{}", put.body);
    }
    let start = json!({"opted_out": false, "reason": "changed their mind"});
    world.advance(10);
    world.api("PUT", "/v1/contacts/+12125550002", Some(&start));
    world.settle();
    let id = created(&world, json!({"body": "Hi"}));
    let mut file = "to\n".to_owned();
    for n in 0..10 {
        file.push_str(&format!("+1212555{n:04}\n"));
    }
    // Twice on the list, once in the count.
    file.push_str("+12125550001\n");
    let report = json_of(&upload(&world, &id, "text/csv", &file));
    assert_eq!(
        [&report["accepted"], &report["opted_out"]],
        [&json!(10), &json!(1)]
    );
    let forecast = json_of(&world.api("POST", &format!("/v1/campaigns/{id}/forecast"), None));
    assert_eq!(forecast["opted_out"], 1);
    assert_eq!(
        forecast["price"],
        json!({"currency": "USD", "amount": 0.09})
    );
    let view = json_of(&world.api("GET", &format!("/v1/campaigns/{id}"), None));
    assert_eq!(view["recipients"]["opted_out"], 1);
}

fn paced(world: &TestWorld, more: Value) -> crate::gateway::http::Response {
    let mut profile = json!({ "address": US });
    if let (Some(profile), Value::Object(more)) = (profile.as_object_mut(), more) {
        profile.extend(more);
    }
    world.api("PUT", "/v1/senders/acme", Some(&profile))
}

fn single(world: &TestWorld, to: &str) -> Value {
    let body = json!({"sender": "acme", "to": to, "body": "Your code is on its way."});
    let sent = world.api("POST", "/v1/messages", Some(&body));
    assert_eq!(sent.status, 202, "{}", sent.body);
    json_of(&sent)
}

fn posts(world: &TestWorld) -> usize {
    let requests = world.twilio_requests();
    requests.iter().filter(|r| r.method == "POST").count()
}

#[test]
fn single_messages_keep_their_senders_pace_without_waiting_in_the_request() {
    let world = TestWorld::new();
    assert_eq!(paced(&world, json!({"segments_per_second": 1})).status, 200);
    assert_eq!(single(&world, "+14155550100")["status"], "queued");
    let begin = world.now();
    assert_eq!(single(&world, "+14155550101")["status"], "scheduled");
    assert_eq!(single(&world, "+14155550102")["status"], "scheduled");
    assert!(world.now() - begin < 100, "a request waits for nobody");
    assert_eq!(posts(&world), 1);
    world.advance(1_050);
    world.settle();
    assert_eq!(posts(&world), 2);
    world.advance(1_050);
    world.settle();
    assert_eq!(posts(&world), 3);

    // Without a sender of a pace of its own, its object is not asked.
    world.forget();
    let body = json!({"to": "+14155550103", "body": "Hello"});
    assert_eq!(world.api("POST", "/v1/messages", Some(&body)).status, 202);
    let asked = world.asked.borrow();
    assert!(asked.iter().all(|asked| asked.object != Object::Sender));
}

#[test]
fn a_message_asked_for_twice_takes_one_moment_of_the_pace() {
    let world = TestWorld::new();
    assert_eq!(paced(&world, json!({"segments_per_second": 1})).status, 200);
    let body = json!({"sender": "acme", "to": "+14155550100", "body": "Your code is on its way."});
    let request = || TestRequest::api("POST", "/v1/messages", Some(&body));
    let send = || world.send(&request().header("idempotency-key", "k"));
    let first = json_of(&send());
    for _ in 0..5 {
        assert_eq!(json_of(&send())["id"], first["id"]);
    }
    let view = json_of(&world.api("GET", "/v1/senders/acme", None));
    assert_eq!(view["pace"]["used_today"], 1);
    assert_eq!(posts(&world), 1);
}

#[test]
fn scheduled_messages_of_one_moment_leave_one_by_one() {
    let world = TestWorld::new();
    assert_eq!(paced(&world, json!({"segments_per_second": 1})).status, 200);
    let at = crate::time::rfc3339(world.now() + 20 * 60 * 1_000);
    for n in 0..3 {
        let body = json!({"sender": "acme", "to": format!("+1415555010{n}"),
            "body": "Your code is on its way.", "scheduled_at": at});
        let sent = world.api("POST", "/v1/messages", Some(&body));
        assert_eq!(json_of(&sent)["status"], "scheduled");
    }
    let pace = json_of(&world.api("GET", "/v1/senders/acme", None))["pace"].clone();
    assert_eq!(pace["used_today"], 0, "the moment is taken when it comes");
    world.advance(20 * 60 * 1_000 + 10);
    world.settle();
    assert_eq!(posts(&world), 1, "the others have their turn after it");
    world.advance(1_050);
    world.settle();
    assert_eq!(posts(&world), 2);
    world.advance(1_050);
    world.settle();
    assert_eq!(posts(&world), 3);
}

#[test]
fn the_first_days_of_a_new_sender_have_caps_of_their_own() {
    let world = TestWorld::new();
    let ramp = json!({"first_day": "2026-11-24", "caps": [2, 5]});
    let put = paced(
        &world,
        json!({"segments_per_second": 10, "daily_cap": 1000, "warm_up": ramp}),
    );
    assert_eq!(put.status, 200, "{}", put.body);
    assert_eq!(json_of(&put)["warm_up"], ramp);
    for (to, status) in [
        ("+14155550100", "queued"),
        ("+14155550101", "queued"),
        ("+14155550102", "scheduled"),
    ] {
        world.advance(200);
        assert_eq!(single(&world, to)["status"], status, "{to}");
    }
    let pace = json_of(&world.api("GET", "/v1/senders/acme", None))["pace"].clone();
    assert_eq!(
        [&pace["cap_today"], &pace["used_today"]],
        [&json!(2), &json!(2)]
    );
    assert_eq!(pace["segments_per_second"], 10.0);
    // The day ends at midnight Pacific, 08:00 UTC.
    let id = created(&world, json!({"body": "Hi", "sender": "acme"}));
    let list =
        "to\n+14155550110\n+14155550111\n+14155550112\n+14155550113\n+14155550114\n+14155550115\n";
    upload(&world, &id, "text/csv", list);
    let forecast = json_of(&world.api("POST", &format!("/v1/campaigns/{id}/forecast"), None));
    let check = |name: &str| {
        let checks = forecast["checks"].as_array().unwrap();
        checks.iter().find(|check| check["check"] == name).unwrap()["breaks"].clone()
    };
    assert_eq!(check("daily_cap"), true);
    assert_eq!(check("quiet_hours"), false);
    assert!(
        forecast["finishes_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-26T08:00:00"),
        "5 tomorrow, the sixth on the day after: {forecast}"
    );
    for (wrong, pointer) in [
        (
            json!({"first_day": "soon", "caps": [1]}),
            "/warm_up/first_day",
        ),
        (
            json!({"first_day": "2026-11-24", "caps": []}),
            "/warm_up/caps",
        ),
        (
            json!({"first_day": "2026-11-24", "caps": ["x"]}),
            "/warm_up/caps",
        ),
    ] {
        let refused = paced(&world, json!({ "warm_up": wrong }));
        assert_eq!(refused.status, 400);
        let pointers = super::pointers(&json_of(&refused));
        assert!(pointers.contains(&pointer.to_owned()), "{pointers:?}");
    }
}

#[test]
fn every_check_of_the_forecast_says_what_it_looked_at() {
    let world = TestWorld::new();
    let id = created(
        &world,
        json!({"body": "Hi", "kind": "marketing", "deadline": "2026-11-24T09:40:00Z", "rate": 0.05}),
    );
    // It is 04:30 in New York and 01:30 in Los Angeles.
    upload(&world, &id, "text/csv", "to\n+12125550100\n+13105550100\n");
    let forecast = json_of(&world.api("POST", &format!("/v1/campaigns/{id}/forecast"), None));
    let checks: Vec<(String, bool)> = forecast["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            assert!(check["detail"].as_str().unwrap().ends_with('.'));
            let name = check["check"].as_str().unwrap().to_owned();
            (name, check["breaks"].as_bool().unwrap())
        })
        .collect();
    let expected = [
        ("deadline", true),
        ("twilio_queue", false),
        ("validity_period", false),
        ("daily_cap", false),
        ("quiet_hours", true),
    ];
    assert_eq!(
        checks,
        expected.map(|(name, breaks)| (name.to_owned(), breaks))
    );
    // The night ends at eight on each coast.
    assert_eq!(forecast["starts_at"], "2026-11-24T13:00:00.000Z");
    assert!(
        forecast["finishes_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-24T16:00:"),
        "{forecast}"
    );
}
