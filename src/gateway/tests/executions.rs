//! Message flows and executions, through the routes.

use serde_json::{Value, json};

use super::{message, next_target, ok, pointers};
use crate::gateway::http::{Response, path_and_query};
use crate::gateway::testing::{ACCOUNT, PERSON, TestRequest, TestWorld, US, json_of};
use crate::objects::Object;
use crate::time::{HOUR, SECOND};
use crate::twilio::form::Form;

const OTHER: &str = "+14155550101";
const STAFF: &str = "+14155550109";
const US_TOO: &str = "+15005550007";
const OUR_WHATSAPP: &str = "whatsapp:+15005550006";
const SERVICE: &str = "MG00000000000000000000000000000001";

fn state(name: &str, kind: &str, properties: &Value, ways: &[(&str, &str)]) -> Value {
    let way = |(event, next): &(&str, &str)| match *next {
        "" => json!({ "event": event }),
        next => json!({ "event": event, "next": next }),
    };
    let ways: Vec<Value> = ways.iter().map(way).collect();
    json!({ "name": name, "type": kind, "properties": properties, "transitions": ways })
}

fn flow(events: &[&str], states: &[Value]) -> Value {
    let first = states[0]["name"].as_str().unwrap();
    let ways: Vec<_> = events.iter().map(|event| (*event, first)).collect();
    let mut all = vec![state("Trigger", "trigger", &json!({}), &ways)];
    all.extend(states.iter().cloned());
    json!({ "description": "", "initial_state": "Trigger", "states": all,
        "flags": { "allow_concurrent_calls": true } })
}

fn says(name: &str, to: &str, body: &str, next: &str) -> Value {
    let properties = json!({ "from": "{{flow.channel.address}}", "to": to, "body": body });
    state(
        name,
        "send-message",
        &properties,
        &[("sent", next), ("failed", "")],
    )
}

fn asks(body: &str, next: &str) -> Value {
    let properties = json!({ "from": "{{flow.channel.address}}", "body": body, "timeout": "3600" });
    let ways = [
        ("incomingMessage", next),
        ("timeout", ""),
        ("deliveryFailure", ""),
    ];
    state("ask", "send-and-wait-for-reply", &properties, &ways)
}

const CONTACT: &str = "{{contact.channel.address}}";

fn greeter(question: &str) -> Value {
    let events = ["incomingMessage", "incomingRequest"];
    let hello = "Hello {{widgets.ask.inbound.Body}} of {{flow.data.TEAM}}!";
    flow(
        &events,
        &[asks(question, "greet"), says("greet", CONTACT, hello, "")],
    )
}

fn publish(world: &TestWorld, name: &str, document: &Value) {
    let response = world.api("PUT", &format!("/v1/flows/{name}"), Some(document));
    assert_eq!(response.status, 200, "{}", response.body);
}

fn answer_with(world: &TestWorld, number: &str, name: &str) {
    let body = json!({ "message_flow": name, "data": { "TEAM": "Acme" } });
    let response = world.api("PUT", &format!("/v1/numbers/{number}"), Some(&body));
    assert_eq!(response.status, 200, "{}", response.body);
}

fn sid(number: u32) -> String {
    format!("SMa{number:031x}")
}

/// A message comes in, and what follows from it happens.
fn hears(world: &TestWorld, number: u32, text: &str, more: &[(&str, &str)]) -> String {
    let sid = sid(number);
    let mut form = message(&sid, text);
    form.retain(|(name, _)| !more.iter().any(|(own, _)| own == name));
    form.extend(more);
    let twiml = ok(world.webhook("/webhooks/sms/incoming", &form));
    world.settle();
    twiml
}

/// What was sent: to whom, from where, which text.
fn sent(world: &TestWorld) -> Vec<(String, String, String)> {
    let requests = world.twilio_requests();
    let messages = requests
        .iter()
        .filter(|r| r.url.ends_with("/Messages.json"));
    messages
        .map(|request| {
            let form = Form::parse(request.body.as_bytes()).unwrap();
            let get = |name: &str| form.get(name).unwrap_or_default().to_owned();
            (get("To"), get("From"), get("Body"))
        })
        .collect()
}

fn texts(world: &TestWorld) -> Vec<String> {
    sent(world).into_iter().map(|(_, _, text)| text).collect()
}

fn get(world: &TestWorld, target: &str) -> Value {
    json_of(&world_ok(world.api("GET", target, None)))
}

#[track_caller]
fn world_ok(response: Response) -> Response {
    assert_eq!(response.status, 200, "{}", response.body);
    response
}

fn greeting() -> TestWorld {
    let world = TestWorld::with(&[
        ("REVEAL_KEYS", "test"),
        ("EVENTS_URL", "https://app.example/hooks"),
        ("EVENTS_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ]);
    publish(&world, "greeter", &greeter("What is your name?"));
    answer_with(&world, US, "greeter");
    world
}

#[test]
fn a_message_is_answered_empty_and_the_flow_writes_by_itself() {
    let world = greeting();
    hears(&world, 1, "hi", &[]);
    world.forget();
    let twiml = hears(&world, 2, "Ada", &[]);
    let document = roxmltree::Document::parse(&twiml).unwrap();
    assert!(!document.root_element().has_children(), "{twiml}");
    assert_eq!(texts(&world), ["What is your name?", "Hello Ada of Acme!"]);
    // One object was asked before the answer, and what is published was remembered.
    assert_eq!(world.asked.borrow()[0].object, Object::Contact);
    assert_eq!(world.asked.borrow()[1].object, Object::Ledger);
    assert!(world.read.borrow().is_empty());
    // The application is told of everything as well.
    let notified = world.notified.borrow();
    let kinds: Vec<String> = notified
        .iter()
        .map(|(_, body)| serde_json::from_str::<Value>(body).unwrap())
        .map(|event| event["type"].as_str().unwrap().to_owned())
        .filter(|kind| kind != "message.status")
        .collect();
    let told = [
        "execution.started",
        "message.received",
        "message.received",
        "execution.ended",
    ];
    assert_eq!(kinds, told);
}

#[test]
fn an_execution_is_shown_as_studio_shows_it_and_masked() {
    let world = greeting();
    hears(&world, 1, "hi", &[]);
    world.advance(3 * SECOND);
    hears(&world, 2, "Ada", &[]);
    let list = get(&world, "/v1/flows/greeter/executions");
    assert_eq!(list["meta"]["key"], "executions");
    assert_eq!(
        list["meta"]["next_page_url"]
            .as_str()
            .map(|url| url.contains("PageToken=")),
        Some(true)
    );
    let row = &list["executions"][0];
    let sid = row["sid"].as_str().unwrap();
    assert_eq!((sid.len(), sid.get(..2)), (34, Some("FN")));
    assert_eq!(row["status"], "ended");
    assert!(
        !row["contact_channel_address"]
            .as_str()
            .unwrap()
            .contains("415555")
    );
    let target = format!("/v1/flows/greeter/executions/{sid}");
    let execution = get(&world, &target);
    assert_eq!(execution["account_sid"], ACCOUNT);
    assert!(execution["flow_sid"].as_str().unwrap().starts_with("FW"));
    assert_eq!(execution["contact_channel_address"], PERSON);
    assert_eq!(execution["url"], format!("https://gw.example{target}"));
    let by_person = get(
        &world,
        "/v1/flows/greeter/executions?contact=%2B14155550100",
    );
    assert_eq!(by_person["executions"][0], execution);

    let context = get(&world, &format!("{target}/context"));
    assert_eq!(
        context["context"]["widgets"]["ask"]["inbound"]["Body"],
        "***"
    );
    let shown = get(&world, &format!("{target}/context?reveal=true"));
    assert_eq!(shown["context"]["widgets"]["ask"]["inbound"]["Body"], "Ada");

    let steps = get(&world, &format!("{target}/steps"));
    let asked = &steps["steps"][1];
    assert_eq!(asked["name"], "incomingMessage");
    assert_eq!(
        (&asked["transitioned_from"], &asked["transitioned_to"]),
        (&json!("ask"), &json!("greet"))
    );
    assert_eq!(asked["widget_type"], "send-and-wait-for-reply");
    assert!(asked["duration_ms"].as_i64().unwrap() >= 3 * SECOND);
    assert_eq!(asked["context"]["widgets.ask.inbound"]["Body"], "***");
    let step = get(&world, path_and_query(asked["url"].as_str().unwrap()));
    assert_eq!(&step, asked);
    let own = get(
        &world,
        &format!(
            "{}/context?reveal=true",
            path_and_query(asked["url"].as_str().unwrap())
        ),
    );
    assert_eq!(own["context"]["widgets.ask.inbound"]["Body"], "Ada");
    let page = get(&world, &format!("{target}/steps?PageSize=2"));
    assert_eq!(page["steps"].as_array().unwrap().len(), 2);
    let rest = get(
        &world,
        path_and_query(page["meta"]["next_page_url"].as_str().unwrap()),
    );
    assert_eq!(rest["steps"][0], steps["steps"][2]);
    assert_eq!(rest["meta"]["next_page_url"], Value::Null);

    for target in [
        "/v1/flows/other/executions/FN00000000000000000000000000000000",
        &format!("/v1/flows/other/executions/{sid}"),
        &format!("{target}/steps/FT00000000000000000000000000000000"),
        &format!("{target}/words"),
    ] {
        assert_eq!(world.api("GET", target, None).status, 404, "{target}");
    }
}

#[test]
fn a_key_that_may_not_reveal_is_told_so() {
    let world = TestWorld::new();
    let target = "/v1/flows/f/executions/FN00000000000000000000000000000000/context?reveal=true";
    let response = world.api("GET", target, None);
    assert_eq!(response.status, 403);
    assert_eq!(json_of(&response)["code"], "reveal_refused");
}

#[test]
fn two_persons_and_two_numbers_have_executions_of_their_own() {
    let world = greeting();
    publish(&world, "other", &greeter("Which order?"));
    answer_with(&world, US_TOO, "other");
    hears(&world, 1, "hi", &[]);
    hears(&world, 2, "hi", &[("From", OTHER)]);
    hears(&world, 3, "hi", &[("To", US_TOO)]);
    hears(&world, 4, "Bob", &[("From", OTHER)]);
    hears(&world, 5, "7", &[("To", US_TOO)]);
    hears(&world, 6, "Ada", &[]);
    let all = sent(&world);
    let with = |person: &str, ours: &str| -> Vec<&str> {
        let theirs = all
            .iter()
            .filter(|(to, from, _)| (to.as_str(), from.as_str()) == (person, ours));
        theirs.map(|(_, _, text)| text.as_str()).collect()
    };
    assert_eq!(
        with(PERSON, US),
        ["What is your name?", "Hello Ada of Acme!"]
    );
    assert_eq!(
        with(OTHER, US),
        ["What is your name?", "Hello Bob of Acme!"]
    );
    assert_eq!(with(PERSON, US_TOO), ["Which order?", "Hello 7 of Acme!"]);
    assert_eq!(all.len(), 6);
}

#[test]
fn a_stop_to_one_number_ends_what_it_covers() {
    let world = greeting();
    hears(&world, 1, "hi", &[]);
    let twiml = hears(&world, 2, "stop", &[]);
    assert!(!twiml.contains("<Message"), "Twilio confirms it: {twiml}");
    world.advance(2 * HOUR);
    hears(&world, 3, "Ada", &[]);
    assert_eq!(texts(&world), ["What is your name?"]);
    let list = get(&world, "/v1/flows/greeter/executions?Status=active");
    assert_eq!(list["executions"], json!([]));
}

#[test]
fn a_service_a_whatsapp_sender_and_a_deployment_can_have_a_flow() {
    let world = TestWorld::with(&[("DEFAULT_MESSAGE_FLOW", "usual")]);
    for (name, question) in [
        ("usual", "Usual?"),
        ("service", "Service?"),
        ("chat", "Chat?"),
    ] {
        publish(&world, name, &greeter(question));
    }
    answer_with(&world, SERVICE, "service");
    answer_with(&world, OUR_WHATSAPP, "chat");
    hears(&world, 1, "hi", &[]);
    hears(
        &world,
        2,
        "hi",
        &[("MessagingServiceSid", SERVICE), ("To", US_TOO)],
    );
    let whatsapp = [("From", "whatsapp:+14155550100"), ("To", OUR_WHATSAPP)];
    hears(&world, 3, "hi", &whatsapp);
    hears(&world, 4, "Ada", &whatsapp);
    assert_eq!(
        texts(&world),
        ["Usual?", "Service?", "Chat?", "Hello Ada of Acme!"]
    );
    let (to, from, _) = &sent(&world)[3];
    assert_eq!(
        (to.as_str(), from.as_str()),
        ("whatsapp:+14155550100", OUR_WHATSAPP)
    );
    let refused = world.api(
        "PUT",
        &format!("/v1/numbers/{US}"),
        Some(&json!({ "message_flow": "none" })),
    );
    assert_eq!(refused.status, 400);
    assert_eq!(pointers(&json_of(&refused)), ["/message_flow"]);
}

#[test]
fn a_message_starts_its_flow_while_kv_is_down() {
    let world = greeting();
    world.kv_down.set(true);
    let world = world.another_isolate();
    world.kv_down.set(true);
    let sid = sid(1);
    ok(world.webhook("/webhooks/sms/incoming", &message(&sid, "hi")));
    world.kv_down.set(false);
    world.settle();
    let list = get(&world, "/v1/flows/greeter/executions");
    assert_eq!(list["executions"][0]["status"], "active");
}

#[test]
fn a_step_that_writes_to_somebody_else_asks_their_consent() {
    let world = TestWorld::new();
    let alert = flow(
        &["incomingMessage"],
        &[
            says("alert", STAFF, "{{trigger.message.Body}}", "thanks"),
            says("thanks", CONTACT, "Thanks.", ""),
        ],
    );
    publish(&world, "alert", &alert);
    answer_with(&world, US, "alert");
    hears(&world, 1, "it burns", &[]);
    assert_eq!(texts(&world), ["it burns", "Thanks."]);
    hears(&world, 2, "STOP", &[("From", STAFF)]);
    hears(&world, 3, "again", &[]);
    assert_eq!(texts(&world).len(), 2, "the failed branch ends");
}

fn start(world: &TestWorld, flow: &str, body: &Value, key: &str) -> Response {
    let target = format!("/v1/flows/{flow}/executions");
    let request = TestRequest::api("POST", &target, Some(body));
    let response = world.send(&request.header("idempotency-key", key));
    world.settle();
    response
}

#[test]
fn the_rest_api_starts_lists_and_ends() {
    let world = greeting();
    let body = json!({ "To": PERSON, "From": US, "Parameters": { "TEAM": "Apex" } });
    let created = start(&world, "greeter", &body, "a");
    assert_eq!(created.status, 201, "{}", created.body);
    let execution = json_of(&created);
    assert_eq!(execution["status"], "active");
    assert_eq!(
        json_of(&start(&world, "greeter", &body, "a"))["sid"],
        execution["sid"]
    );
    let other = json!({ "To": PERSON, "From": US, "Parameters": "{\"TEAM\":\"Ajax\"}" });
    assert_eq!(start(&world, "greeter", &other, "a").status, 409);
    let active = start(&world, "greeter", &other, "b");
    assert_eq!(active.status, 409);
    assert_eq!(json_of(&active)["code"], "execution_active");
    assert_eq!(json_of(&active)["execution_sid"], execution["sid"]);
    let target = path_and_query(execution["url"].as_str().unwrap()).to_owned();
    let wrong = world.api("POST", &target, Some(&json!({ "Status": "active" })));
    assert_eq!(wrong.status, 400);
    let ended = world.api("POST", &target, Some(&json!({ "Status": "ended" })));
    assert_eq!(json_of(&ended)["status"], "ended");
    let next = start(&world, "greeter", &other, "b");
    assert_eq!(next.status, 201, "{}", next.body);
    hears(&world, 1, "Ada", &[]);
    assert_eq!(
        texts(&world),
        [
            "What is your name?",
            "What is your name?",
            "Hello Ada of Ajax!"
        ]
    );
    assert_eq!(start(&world, "none", &body, "c").status, 404);
    let wrong = start(
        &world,
        "greeter",
        &json!({ "To": "me", "From": "+1", "Parameters": [1] }),
        "d",
    );
    assert_eq!(pointers(&json_of(&wrong)), ["/To", "/From", "/Parameters"]);
    // Newest first, in pages, across persons.
    start(&world, "greeter", &json!({ "To": OTHER }), "e");
    let first = get(&world, "/v1/flows/greeter/executions?PageSize=2");
    let second = get(
        &world,
        path_and_query(first["meta"]["next_page_url"].as_str().unwrap()),
    );
    let statuses: Vec<_> = [&first, &second]
        .iter()
        .flat_map(|page| page["executions"].as_array().unwrap())
        .map(|row| row["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["active", "ended", "ended"]);
}

#[test]
fn an_execution_calls_and_talks_through_the_webhooks() {
    let world = TestWorld::new();
    let call = json!({ "from": "{{flow.channel.address}}", "to": CONTACT,
        "detect_answering_machine": "true", "machine_detection": "Enable" });
    let gather =
        json!({ "say": "Press one, {{flow.data.name}}.", "timeout": 5, "number_of_digits": 1 });
    let ways = [
        ("answered", "menu"),
        ("busy", "sorry"),
        ("noAnswer", "sorry"),
        ("failed", "sorry"),
    ];
    let bye = json!({ "say": "Bye." });
    let caller = flow(
        &["incomingRequest"],
        &[
            state("call", "make-outgoing-call-v2", &call, &ways),
            state(
                "menu",
                "gather-input-on-call",
                &gather,
                &[("keypress", "note"), ("timeout", "")],
            ),
            says(
                "note",
                CONTACT,
                "You pressed {{widgets.menu.Digits}}.",
                "bye",
            ),
            state("bye", "say-play", &bye, &[("audioComplete", "")]),
            says(
                "sorry",
                CONTACT,
                "We called: {{widgets.call.CallStatus}}.",
                "",
            ),
        ],
    );
    publish(&world, "caller", &caller);
    let body = json!({ "To": PERSON, "From": US, "Parameters": { "name": "Ada" } });
    let execution = json_of(&start(&world, "caller", &body, "a"));
    let placed = world.twilio_requests().remove(0);
    let form = Form::parse(placed.body.as_bytes()).unwrap();
    assert_eq!(form.get("MachineDetection"), Some("Enable"));
    let (url, status) = (
        form.get("Url").unwrap(),
        form.get("StatusCallback").unwrap(),
    );
    let on_call = |target: &str, more: &[(&str, &str)]| {
        let mut parameters = vec![
            ("CallSid", "CA0000000000000000000000000000000c"),
            ("AccountSid", ACCOUNT),
            ("From", US),
            ("To", PERSON),
            ("Direction", "outbound-api"),
        ];
        parameters.extend(more);
        world.webhook(path_and_query(target), &parameters)
    };
    let live = ("CallStatus", "in-progress");
    let menu = ok(on_call(url, &[live, ("AnsweredBy", "human")]));
    assert!(menu.contains("Press one, Ada."), "{menu}");
    let bye = ok(on_call(&next_target(&menu), &[live, ("Digits", "1")]));
    assert!(bye.contains("Bye.") && bye.contains("<Hangup"), "{bye}");
    assert_eq!(texts(&world), ["You pressed 1."]);
    assert_eq!(on_call(status, &[("CallStatus", "completed")]).status, 204);
    world.settle();
    let target = path_and_query(execution["url"].as_str().unwrap()).to_owned();
    assert_eq!(get(&world, &target)["status"], "ended");
    // Whoever asks once more is told that it is over.
    let over = ok(on_call(&next_target(&menu), &[live, ("Digits", "2")]));
    assert_eq!(over, bye);

    start(&world, "caller", &body, "b");
    let placed = world.twilio_requests().pop().unwrap();
    let form = Form::parse(placed.body.as_bytes()).unwrap();
    on_call(
        form.get("StatusCallback").unwrap(),
        &[("CallStatus", "no-answer")],
    );
    world.settle();
    assert_eq!(texts(&world), ["You pressed 1.", "We called: no-answer."]);
}

#[test]
fn an_erased_person_has_no_executions() {
    let world = greeting();
    hears(&world, 1, "hi", &[]);
    let list = get(&world, "/v1/flows/greeter/executions");
    let target = path_and_query(list["executions"][0]["url"].as_str().unwrap()).to_owned();
    let erased = world.api("DELETE", "/v1/contacts/%2B14155550100", None);
    assert!(erased.status < 300, "{}", erased.body);
    assert_eq!(world.api("GET", &target, None).status, 404);
    world.settle();
    let list = get(&world, "/v1/flows/greeter/executions");
    assert_eq!(list["executions"], json!([]));
    world.advance(2 * HOUR);
    world.settle();
    assert_eq!(texts(&world), ["What is your name?"]);
}
