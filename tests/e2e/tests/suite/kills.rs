//! `kill -9` at each point of a send, and at each point of a retry: nothing is lost, and
//! nothing is sent twice. Every point has a person of its own, and one kill hits them all.

use std::thread;
use std::time::Duration;

use hookswitch_e2e::{Options, Stack, eventually, fresh_number};
use serde_json::{Value, json};

use crate::acts::{messages_to, now, posts_to, seen, text, twin, until};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
/// A POST's lease (15 s), two looks at Twilio's list, and a busy machine.
const SETTLED: Duration = Duration::from_secs(120);

/// Where the process is when it dies, as far as Twilio can bring it there: what happens to the
/// next POST for the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Point {
    /// Nothing was posted yet.
    Before,
    /// The POST is under way, and Twilio never takes it.
    Untaken,
    /// Twilio has taken it, its answer is under way.
    Taken,
    /// It was answered, no callback has come.
    Answered,
    /// Twilio was too busy and wants it later.
    Throttled,
    /// The answer was lost, and Twilio's list is being asked.
    Settling,
}

impl Point {
    /// Makes the next POST to a person end there.
    fn prepare(self, stack: &Stack, to: &str) {
        let post = json!({"method": "POST", "path": "/Messages.json", "to": to});
        let act = match self {
            Point::Before | Point::Answered => None,
            Point::Untaken => Some(json!({"hang_before": true})),
            Point::Taken => Some(json!({"accept_then_hang": true})),
            Point::Throttled => Some(json!({"status": 429, "headers": {"Retry-After": 3}})),
            Point::Settling => Some(json!({"accept_then_drop": true})),
        };
        if let Some(act) = act {
            twin(stack, "/twin/faults", &json!({"match": post, "act": act}));
        }
        if self == Point::Settling {
            let list = json!({"method": "GET", "path": "/Messages.json", "to": to});
            let hang = json!({"match": list, "act": {"hang_before": true}});
            twin(stack, "/twin/faults", &hang);
        }
        // A callback would say what the gateway is to find out; where it may come, it comes in
        // an hour.
        let way = match self {
            Point::Answered => json!(["sent", "delivered"]),
            _ => json!([{"status": "sent", "callback": false}]),
        };
        let way = json!({"to": to, "statuses": way, "delay_ms": 60 * MINUTE});
        twin(stack, "/twin/outcomes", &way);
    }

    /// How often it is posted until all is well, the first time counted.
    fn posts(self) -> usize {
        match self {
            Point::Untaken | Point::Throttled => 2,
            Point::Before | Point::Taken | Point::Answered | Point::Settling => 1,
        }
    }
}

fn lists(stack: &Stack) -> usize {
    seen(stack, "/twin/requests?method=GET&path=/Messages.json").len()
}

#[test]
fn a_kill_at_any_point_of_a_send_loses_nothing_and_doubles_nothing() {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    let points = [
        Point::Untaken,
        Point::Taken,
        Point::Answered,
        Point::Throttled,
        Point::Settling,
    ];
    let people = points.map(|point| (point, fresh_number()));
    for (point, to) in &people {
        point.prepare(&stack, to);
    }
    let wish = |to: &str| text(&stack, to, "Once and only once.").idempotency_key(to);
    let sends: Vec<_> = people
        .iter()
        .map(|(_, to)| wish(to))
        .map(|request| thread::spawn(move || request.try_send()))
        .collect();
    eventually("every point to be reached", Duration::from_secs(20), || {
        let posted = people.iter().all(|(_, to)| posts_to(&stack, to).len() == 1);
        (posted && lists(&stack) == 1).then_some(())
    });
    stack.kill_worker();
    for (send, (point, _)) in sends.into_iter().zip(&people) {
        let hung = matches!(point, Point::Untaken | Point::Taken);
        assert_eq!(send.join().unwrap().is_err(), hung, "{point:?}");
    }
    stack.restart();

    for (point, to) in &people {
        // The application asks again, whether it had an answer or not.
        let again = wish(to).send().expect(202).json();
        let settled = eventually("the message to be settled", SETTLED, || {
            let message = now(&stack, "messages", &again);
            message["sid"].is_string().then_some(message)
        });
        let there = messages_to(&stack, to);
        assert_eq!(there.len(), 1, "{point:?}: {there:?}");
        assert_eq!(settled["sid"], there[0]["sid"], "{point:?}");
        assert_eq!(
            posts_to(&stack, to).len(),
            point.posts(),
            "{point:?}: {settled}"
        );
    }
    twin(&stack, "/twin/clock", &json!({"advance_ms": 180 * MINUTE}));
    let answered = wish(&people[2].1).send().expect(202).json();
    until(&stack, "messages", &answered, "delivered");
}

/// Puts one person's clock forward and lets the alarm ring; whether that was answered.
fn wake(stack: &Stack, to: &str, ahead: i64) -> bool {
    let body = json!({"address": to, "ahead_ms": ahead});
    let request = stack.request("POST", "/__test/wake").json(&body);
    request.try_send().is_ok_and(|answer| answer.status == 200)
}

#[test]
fn a_kill_at_any_point_of_a_retry_loses_nothing_and_doubles_nothing() {
    let stack = Stack::start(&Options::default().var("SETTLE_SECONDS", "1"));
    let points = [
        Point::Before,
        Point::Untaken,
        Point::Taken,
        Point::Answered,
        Point::Throttled,
        Point::Settling,
    ];
    let people = points.map(|point| (point, fresh_number()));
    let sent: Vec<Value> = people
        .iter()
        .map(|(_, to)| {
            let way = json!({"to": to, "times": 1, "statuses": ["sent", {"undelivered": 30003}]});
            twin(&stack, "/twin/outcomes", &way);
            text(&stack, to, "Once and only once.")
                .send()
                .expect(202)
                .json()
        })
        .collect();
    for view in &sent {
        eventually("the failure", Duration::from_secs(20), || {
            let message = now(&stack, "messages", view);
            (message["error"]["code"] == 30003).then_some(())
        });
    }
    for (point, to) in &people {
        point.prepare(&stack, to);
    }
    // Seven minutes later, at Twilio and here.
    twin(&stack, "/twin/clock", &json!({"advance_ms": 7 * MINUTE}));
    thread::scope(|scope| {
        for (point, to) in &people {
            if *point == Point::Before {
                continue;
            }
            let stack = &stack;
            scope.spawn(move || {
                wake(stack, to, 7 * MINUTE);
                if *point == Point::Settling {
                    // The answer was lost; now the list is asked, and hangs.
                    wake(stack, to, 7 * MINUTE + 5 * SECOND);
                }
            });
        }
        eventually("every point to be reached", Duration::from_secs(20), || {
            let mut points = people.iter();
            let posted = points.all(|(point, to)| {
                posts_to(&stack, to).len() == if *point == Point::Before { 1 } else { 2 }
            });
            (posted && lists(&stack) == 1).then_some(())
        });
        stack.kill_worker();
    });
    stack.restart();

    for ((point, to), view) in people.iter().zip(&sent) {
        let mut ahead = 7 * MINUTE;
        let settled = eventually("the second attempt", SETTLED, || {
            ahead += 20 * SECOND;
            wake(&stack, to, ahead);
            let message = now(&stack, "messages", view);
            (message["attempt"] == 2 && message["sid"].is_string()).then_some(message)
        });
        // Whatever else may be planned has its time.
        wake(&stack, to, 30 * MINUTE);
        let there = messages_to(&stack, to);
        assert_eq!(there.len(), 2, "{point:?}: {settled}");
        let sids: Vec<&Value> = there.iter().map(|message| &message["sid"]).collect();
        assert!(sids.contains(&&settled["sid"]), "{point:?}");
        assert_ne!(settled["sid"], settled["earlier_attempts"][0]["sid"]);
        assert_eq!(
            posts_to(&stack, to).len(),
            1 + point.posts(),
            "{point:?}: {settled}"
        );
    }
    twin(&stack, "/twin/clock", &json!({"advance_ms": 180 * MINUTE}));
    until(&stack, "messages", &sent[3], "delivered");
}
