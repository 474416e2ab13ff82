//! Campaign, sender, contacts and a Twilio, all on one clock, for tests. Any of them can die.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::json;

use super::*;
use crate::campaign::content::Content;
use crate::campaign::forecast::{Size, Tally};
use crate::campaign::pace::{Daily, Limits, Rate};
use crate::campaign::recipients::Report;
use crate::campaign::state::{Order, Reached, Status};
use crate::campaign::template::Template;
use crate::objects::Object;
use crate::objects::contact::Contact;
use crate::objects::id::ContactName;
use crate::objects::sender::{PutLimits, Sender};
use crate::objects::testing::{TestHost, run};
use crate::ports::{Clock, HttpFault, HttpRequest, HttpResponse};
use crate::twilio::form::Form;

pub(in crate::objects) const US: &str = "+15005550006";
const ID: &str = "cmp_test";

/// What Twilio has and how it behaves.
#[derive(Default)]
pub(in crate::objects) struct Twilio {
    /// To, body and time of each message that was taken.
    pub(in crate::objects) taken: Vec<(String, String, Millis)>,
    /// Refusals to come: HTTP status and body.
    pub(in crate::objects) refusals: Vec<(u16, String)>,
    /// Answers to come that get lost on the way back.
    pub(in crate::objects) lost: u32,
}

impl Twilio {
    fn answer(&mut self, request: &HttpRequest, now: Millis) -> Result<HttpResponse, HttpFault> {
        let reply = |status, body: String| {
            Ok(HttpResponse {
                status,
                body,
                ..HttpResponse::default()
            })
        };
        if request.method == "GET" {
            let created = chrono::DateTime::from_timestamp_millis(now)
                .unwrap()
                .to_rfc2822();
            let list: Vec<_> = self
                .taken
                .iter()
                .enumerate()
                .filter(|(_, (to, ..))| request.url.contains(&to.replace('+', "%2B")))
                .map(|(n, (to, body, _))| {
                    json!({"sid": format!("SM{n}"), "status": "sent", "to": to, "from": US,
                           "body": body, "date_created": created})
                })
                .collect();
            return reply(200, json!({ "messages": list }).to_string());
        }
        if let Some((status, body)) = self.refusals.pop() {
            return reply(status, body);
        }
        let form = Form::parse(request.body.as_bytes()).unwrap();
        let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
        self.taken.push((field("To"), field("Body"), now));
        if self.lost > 0 {
            self.lost -= 1;
            return Err(HttpFault::TimedOut);
        }
        reply(
            201,
            json!({"sid": format!("SM{}", self.taken.len() - 1), "status": "queued"}).to_string(),
        )
    }
}

pub(in crate::objects) struct Stage {
    pub(in crate::objects) campaign_host: TestHost,
    pub(in crate::objects) sender_host: TestHost,
    campaign: RefCell<Rc<Campaign<TestHost>>>,
    sender: RefCell<Rc<Sender<TestHost>>>,
    contacts: RefCell<BTreeMap<String, TestHost>>,
    pub(in crate::objects) twilio: Rc<RefCell<Twilio>>,
}

impl Stage {
    /// A campaign to `people`, uploaded and not started.
    pub(in crate::objects) fn new(
        people: usize,
        change: impl FnOnce(&mut Definition),
    ) -> Rc<Stage> {
        let campaign_host = TestHost::configured();
        let sender_host = TestHost::configured();
        let stage = Rc::new(Stage {
            campaign: RefCell::new(Rc::new(Campaign::open(campaign_host.clone()).unwrap())),
            sender: RefCell::new(Rc::new(Sender::open(sender_host.clone()).unwrap())),
            campaign_host,
            sender_host,
            contacts: RefCell::default(),
            twilio: Rc::default(),
        });
        for host in [&stage.campaign_host, &stage.sender_host] {
            let weak = Rc::downgrade(&stage);
            let caller = Rc::downgrade(&host.0);
            *host.0.peers.borrow_mut() = Some(Rc::new(move |object, name, verb, body| {
                let stage = weak.upgrade().unwrap();
                let now = caller.upgrade().unwrap().now.get();
                stage.carry(object, name, verb, body, now)
            }));
        }
        let mut definition = Definition {
            name: "Spring".to_owned(),
            sender: US.to_owned(),
            content: Content::Body(Template::parse("Hi {{name}}").unwrap()),
            kind: Purpose::Transactional,
            rate: None,
            quiet_hours: None,
            deadline: None,
            by: "dev".to_owned(),
        };
        change(&mut definition);
        let create = CreateCampaign {
            id: ID.to_owned(),
            definition,
            status_callback: "https://gw.example/webhooks/sms/status".to_owned(),
        };
        stage.campaign().create(create).unwrap();
        stage.upload(
            &(0..people)
                .map(|n| format!("+1212555{n:04}"))
                .collect::<Vec<_>>(),
        );
        stage
    }

    pub(in crate::objects) fn campaign(&self) -> Rc<Campaign<TestHost>> {
        self.campaign.borrow().clone()
    }

    pub(in crate::objects) fn sender(&self) -> Rc<Sender<TestHost>> {
        self.sender.borrow().clone()
    }

    /// Uploads a list; returns the lines of duplicates.
    pub(in crate::objects) fn upload(&self, people: &[String]) -> Vec<u64> {
        let campaign = self.campaign();
        let Some(Upload::Open { number, .. }) = campaign.begin_upload().unwrap() else {
            panic!("the list is closed")
        };
        let mut tally = Tally::default();
        let rows = people.iter().enumerate().map(|(n, to)| {
            let line = n as u64 + 1;
            let group = tally.group(to);
            tally.add(line, group, Size::of(Some("Hi")), Some("Hi"));
            let person = ContactName::of(to).as_str().to_owned();
            (
                line,
                group,
                person,
                to.clone(),
                json!({"name": n.to_string()}).to_string(),
                1,
            )
        });
        let add = AddRecipients {
            number,
            rows: rows.collect(),
        };
        let duplicates = campaign
            .add_recipients(&write("add", &add).unwrap())
            .unwrap()
            .unwrap();
        let end = EndUpload {
            number,
            report: Report::default(),
            tally,
        };
        assert!(campaign.end_upload(end).unwrap());
        duplicates
    }

    /// A command from one object to another, by which time goes on.
    fn carry(
        self: &Rc<Stage>,
        object: Object,
        name: &str,
        verb: &str,
        body: &str,
        now: Millis,
    ) -> Result<String, ObjectFault> {
        let dead = Err(ObjectFault::Unreachable);
        match object {
            Object::Campaign => {
                self.campaign_host.0.now.set(now);
                run(self.campaign().handle(verb, body)).unwrap_or(dead)
            }
            Object::Sender => {
                self.sender_host.0.now.set(now.max(self.sender_host.now()));
                run(self.sender().handle(verb, body)).unwrap_or(dead)
            }
            Object::Contact => {
                let host = self.contact(name);
                host.0.now.set(now);
                run(async { Contact::open(host)?.handle(verb, body).await }).unwrap_or(dead)
            }
            Object::Registry | Object::Idempotency | Object::Guard | Object::Ledger => dead,
        }
    }

    /// The host of a person's contact.
    pub(in crate::objects) fn contact(self: &Rc<Stage>, name: &str) -> TestHost {
        let mut contacts = self.contacts.borrow_mut();
        let host = contacts.entry(name.to_owned()).or_insert_with(|| {
            let host = TestHost::configured();
            let twilio = self.twilio.clone();
            let clock = Rc::downgrade(&host.0);
            let (weak, caller) = (Rc::downgrade(self), Rc::downgrade(&host.0));
            *host.0.peers.borrow_mut() = Some(Rc::new(move |object, name, verb, body| {
                let stage = weak.upgrade().unwrap();
                let now = caller.upgrade().unwrap().now.get();
                stage.carry(object, name, verb, body, now)
            }));
            *host.0.otherwise.borrow_mut() = Some(Box::new(move |request| {
                let now = clock.upgrade().unwrap().now.get();
                twilio.borrow_mut().answer(request, now)
            }));
            host
        });
        host.clone()
    }

    pub(in crate::objects) fn limit(&self, rate: f64, daily: Daily) {
        let limits = Limits {
            rate: Rate::per_second(rate),
            daily,
        };
        let body = write("limits", &PutLimits { limits }).unwrap();
        run(self.sender().handle(PutLimits::VERB, &body))
            .unwrap()
            .unwrap();
    }

    pub(in crate::objects) fn order(&self, order: Order) -> Ordered {
        let command = GiveOrder {
            order,
            classes: Vec::new(),
        };
        run(self.campaign().order(&command))
            .unwrap()
            .unwrap()
            .unwrap()
    }

    pub(in crate::objects) fn view(&self) -> View {
        self.campaign().view().unwrap().unwrap()
    }

    /// How many recipients stand so.
    pub(in crate::objects) fn count(&self, reached: Reached) -> u64 {
        let view = self.view();
        view.reached
            .iter()
            .filter(|(known, ..)| *known == reached)
            .map(|(_, _, n)| n)
            .sum()
    }

    /// A process that died comes up again: everything in memory is gone.
    pub(in crate::objects) fn reopen(&self) {
        self.sender_host.0.operations_left.set(None);
        self.campaign_host.0.operations_left.set(None);
        let now = self.sender_host.now().max(self.campaign_host.now());
        self.sender_host.0.now.set(now);
        self.campaign_host.0.now.set(now);
        *self.sender.borrow_mut() = Rc::new(Sender::open(self.sender_host.clone()).unwrap());
        *self.campaign.borrow_mut() = Rc::new(Campaign::open(self.campaign_host.clone()).unwrap());
    }

    /// Rings whatever alarm is next, until there is none or the campaign is over. False when a
    /// process died.
    pub(in crate::objects) fn live(self: &Rc<Stage>, alarms: usize) -> bool {
        for _ in 0..alarms {
            if self.view().status == Status::Completed {
                break;
            }
            if !self.ring() {
                return false;
            }
        }
        true
    }

    /// Rings the earliest alarm.
    fn ring(self: &Rc<Stage>) -> bool {
        let contacts: Vec<TestHost> = self.contacts.borrow().values().cloned().collect();
        let hosts = [&self.sender_host, &self.campaign_host]
            .into_iter()
            .chain(&contacts);
        let earliest = hosts
            .filter_map(|host| Some((host.0.alarm.get()?, host)))
            .min_by_key(|(at, _)| *at);
        let Some((at, host)) = earliest else {
            return true;
        };
        host.0.alarm.set(None);
        host.0.now.set(at.max(host.now()));
        let rung = if Rc::ptr_eq(&host.0, &self.sender_host.0) {
            run(self.sender().alarm())
        } else if Rc::ptr_eq(&host.0, &self.campaign_host.0) {
            run(self.campaign().alarm())
        } else {
            run(async { Contact::open(host.clone())?.alarm().await })
        };
        match rung {
            Some(outcome) => {
                outcome.unwrap();
                true
            }
            None => {
                // What the platform would run again.
                host.0.alarm.set(Some(at));
                false
            }
        }
    }

    /// Each person whom Twilio has a message for, and how many.
    pub(in crate::objects) fn arrivals(&self) -> BTreeMap<String, usize> {
        let mut arrivals = BTreeMap::new();
        for (to, ..) in &self.twilio.borrow().taken {
            *arrivals.entry(to.clone()).or_default() += 1;
        }
        arrivals
    }
}
