//! What an operator does in a day, flows apart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookswitch_e2e::{API_KEY, AUTH_TOKEN, PHONE_NUMBER, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use super::person::{OPERATOR_KEY, Person};
use super::{file, options, stack};
use crate::acts::{SOON, twin, write};
use crate::messaging::{Application, SECRET};

#[test]
fn a_message_is_found_by_its_person_and_its_history_says_what_to_do() {
    let stack = stack();
    let to = fresh_number();
    let way = json!({"to": to, "statuses": ["sent", {"undelivered": 30007}]});
    twin(stack, "/twin/outcomes", &way);
    let body = json!({"to": to, "body": "Your order is on its way."});
    let message = stack.post("/v1/messages", &body).send().expect(202).json();
    let id = message["id"].as_str().unwrap();

    let person = Person::logged_in(stack, OPERATOR_KEY);
    person.presses("link", "Messages");
    person.enters("Person or message", &to);
    person.presses("button", "Search");
    person.presses("link", &format!("Open {id}"));
    person.sees("heading", "Message");
    person.sees("heading", "History");
    person.reads("Your order is on its way.");
    eventually("the failure", SOON, || {
        person.reloads(&format!("messages/{id}"));
        person.sees("heading", "History");
        person.has("heading", "What went wrong").then_some(())
    });
    person.reads("What to do");
    person.sees("link", "30007");
    person.keeps_a_picture("task-message");

    person.presses("link", "← Messages");
    person.chooses("Status", "Undelivered");
    person.presses("button", "Search");
    person.sees("link", &format!("Open {id}"));
}

#[test]
fn a_text_with_markup_in_it_stays_text() {
    const MARKUP: &str = "<img src=x onerror=\"document.title='owned'\"><i>Hello</i>";
    let stack = stack();
    let contact = fresh_number();
    write(stack, &contact, MARKUP);
    let message = json!({"to": contact, "body": MARKUP});
    let message = stack
        .post("/v1/messages", &message)
        .send()
        .expect(202)
        .json();
    let campaign =
        json!({"name": MARKUP, "sender": PHONE_NUMBER, "kind": "transactional", "body": MARKUP});
    let campaign = stack
        .post("/v1/campaigns", &campaign)
        .send()
        .expect(201)
        .json();
    let reason = json!({"opted_out": true, "reason": MARKUP});
    let _ = stack
        .put(&format!("/v1/contacts/{contact}"), &reason)
        .send()
        .expect(200);
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    let person = Person::logged_in(stack, OPERATOR_KEY);
    for page in [
        format!("messages/{}", id(&message)),
        format!("contacts/{contact}"),
        format!("campaigns/{}", id(&campaign)),
        "campaigns".to_owned(),
    ] {
        person.reloads(&page);
        person.reads(MARKUP);
        person.settles();
        let made = person.measures("return document.querySelectorAll('img, i').length");
        assert_eq!(made, 0, "{page}");
        assert_ne!(person.measures("return document.title"), "owned", "{page}");
    }
    // Not only no page does it: the policy would not let one.
    let tried = person.measures(
        "try { document.body.innerHTML = '<i>x</i>'; return 'set' } catch (error) { return error.name }",
    );
    assert_eq!(tried, "TypeError");
}

#[test]
fn a_person_is_opted_out_and_in_again_with_a_reason_that_is_kept() {
    let stack = stack();
    let contact = fresh_number();
    write(stack, &contact, "Is anybody there?");
    let person = Person::logged_in(stack, OPERATOR_KEY);
    person.presses("link", "Contacts");
    person.enters("Address", &contact);
    person.presses("button", "Find");
    person.sees("heading", &contact);
    person.reads("Is anybody there?");
    person.presses("button", "Opt out");
    assert!(
        !person.text().contains("must not be written to"),
        "without a reason"
    );
    person.enters("Reason", "Told us so on the phone");
    person.presses("button", "Opt out");
    person.reads("They are opted out.");
    person.reads("must not be written to");
    person.reads("Told us so on the phone");
    person.keeps_a_picture("task-contact");
    let refused = stack
        .post("/v1/messages", &json!({"to": contact, "body": "Hi"}))
        .send();
    assert_eq!(refused.status, 409);
    person.enters("Reason", "Signed the form again");
    person.presses("button", "Opt in");
    person.reads("may be written to");
}

#[test]
fn the_window_of_a_whatsapp_contact_counts_down() {
    let stack = stack();
    let contact = format!("whatsapp:{}", fresh_number());
    let hello =
        json!({"to": "whatsapp:+14155238886", "from": contact, "body": "Hello by WhatsApp"});
    twin(stack, "/twin/messages", &hello);
    let person = Person::logged_in(stack, OPERATOR_KEY);
    person.opens(&format!("contacts/{contact}"));
    person.reads("Hello by WhatsApp");
    let left = person.sees("timer", "Time left");
    assert!(left > 0);
    person.reads("23 h 57 min");
}

#[test]
fn a_campaign_is_built_filled_forecast_paused_and_finished() {
    let stack = stack();
    let sender = fresh_number();
    let profile = json!({"address": sender, "segments_per_second": 1});
    let _ = stack.put("/v1/senders/spring", &profile).send().expect(200);
    let mut list = String::from("to,name\nnobody,Nil\n");
    for _ in 0..8 {
        list.push_str(&format!("{},Ann\n", fresh_number()));
    }
    let person = Person::logged_in(stack, OPERATOR_KEY);
    person.presses("link", "Campaigns");
    person.enters("Name", "Spring");
    person.enters("Sender", "spring");
    person.chooses("Kind", "Transactional");
    person.enters("Text", "Hi {{name}} 😀");
    person.reads("UCS-2");
    person.presses("button", "Make the campaign");
    person.sees("heading", "Spring");
    person.gives("List", &file("spring.csv", &list));
    person.presses("button", "Upload");
    person.reads("8 people are on the list.");
    person.sees("table", "Lines that were not taken");
    person.presses("button", "Forecast");
    person.sees("table", "Checks");
    person.reads("Last message");
    person.keeps_a_picture("task-forecast");
    assert_eq!(person.grave_findings(), [""; 0]);
    person.presses("button", "Start");
    person.reads("It is running.");
    person.presses("button", "Pause");
    person.reads("It is paused.");
    person.presses("button", "Resume");
    person.reads("Completed");
    person.reads("8 of 8");
    person.keeps_a_picture("task-campaign");
}

#[test]
fn a_sender_gets_a_rate_and_a_cap_and_shows_its_figures() {
    let stack = stack();
    let address = fresh_number();
    let name = format!("s{}", address.trim_start_matches('+'));
    let brand = json!({"address": address, "brand": "Acme"});
    let _ = stack
        .put(&format!("/v1/senders/{name}"), &brand)
        .send()
        .expect(200);
    let person = Person::logged_in(stack, OPERATOR_KEY);
    person.presses("link", "Senders");
    person.presses("link", &name);
    person.sees("heading", "Rates and caps");
    person.enters("Segments per second", "7");
    person.enters("Segments a day", "4321");
    person.presses("button", "Save");
    person.reads("4,321");
    person.sees("heading", "Figures of the last day");
    let kept = stack
        .get(&format!("/v1/senders/{name}"))
        .send()
        .expect(200)
        .json();
    assert_eq!(
        [&kept["segments_per_second"], &kept["daily_cap"]],
        [7, 4321]
    );
    assert_eq!(kept["brand"], "Acme", "what else it has stays");
}

#[test]
fn a_dead_letter_is_found_and_delivered_again() {
    let application = Application::start();
    // Gone: it is not asked again.
    application.answers.lock().unwrap().push(410);
    let secret = format!("whsec_{}", STANDARD.encode(SECRET));
    let options = options()
        .var("EVENTS_URL", &application.url)
        .var("EVENTS_SECRET", &secret);
    let stack = Stack::start(&options);
    write(&stack, &fresh_number(), "An event comes of this");
    eventually("a dead letter", SOON, || {
        let events = stack.get("/v1/events?state=dead").send().json();
        (!events["events"].as_array()?.is_empty()).then_some(())
    });
    let person = Person::logged_in(&stack, OPERATOR_KEY);
    person.presses("link", "Events");
    person.chooses("State", "Dead letters");
    person.enters("Type", "message.received");
    person.presses("button", "Search");
    person.sees("table", "Events");
    let open = person
        .names("link")
        .into_iter()
        .find(|name| name.starts_with("Open "));
    person.presses("link", &open.expect("the dead letter"));
    person.sees("region", "Data");
    person.reads("410");
    person.keeps_a_picture("task-dead-letter");
    person.presses("button", "Deliver again");
    person.reads("It is on its way again.");
    eventually("the delivery", SOON, || {
        (application.about("message.received").len() == 2).then_some(())
    });
    let page = person.place();
    eventually("the state on the page", SOON, || {
        person.reloads(&page);
        person.sees("region", "Data");
        person.text().contains("Delivered").then_some(())
    });
}

#[test]
fn what_was_changed_is_in_the_audit_and_settings_show_no_secret() {
    let stack = stack();
    let person = Person::logged_in(stack, OPERATOR_KEY);
    let contact = fresh_number();
    person.opens(&format!("contacts/{contact}"));
    person.enters("Reason", "For the audit");
    person.presses("button", "Opt out");
    person.reads("They are opted out.");
    eventually("the entry", SOON, || {
        person.reloads("audit");
        person.sees("heading", "Audit");
        person.text().contains("PUT /v1/contacts/").then_some(())
    });
    assert!(!person.text().contains(&contact), "a number in the audit");
    person.keeps_a_picture("task-audit");
    person.presses("link", "Settings");
    person.sees("table", "Settings");
    person.reads("TWILIO_AUTH_TOKEN");
    let text = person.text();
    for secret in [AUTH_TOKEN, API_KEY, OPERATOR_KEY] {
        assert!(!text.contains(secret), "a secret on the page");
    }
    person.keeps_a_picture("task-settings");
}

#[test]
fn the_overview_counts_while_one_watches() {
    let stack = stack();
    let person = Person::logged_in(stack, OPERATOR_KEY);
    person.sees("heading", "Messages per minute");
    person.reads("Live");
    let sent = |text: &str| -> u64 {
        let after = text
            .split("Sent ")
            .nth(1)
            .or_else(|| text.split("Sent\n").nth(1));
        let digits = after.map(|rest| {
            rest.chars()
                .take_while(char::is_ascii_digit)
                .collect::<String>()
        });
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    };
    let before = sent(&person.text());
    let body = json!({"to": fresh_number(), "body": "Counted", "from": PHONE_NUMBER});
    let _ = stack.post("/v1/messages", &body).send().expect(202);
    eventually("a higher count", SOON, || {
        (sent(&person.text()) > before).then_some(())
    });
    person.keeps_a_picture("task-overview");
}
