mod hosts;

use super::*;
use crate::flow::{CreateTask, HttpAnswer, HttpRequest, RecordCall, RunFunction};
use crate::ports::{self, HttpFault, HttpResponse, Limits};
use crate::twilio::form::Form;
use crate::twilio::signature::{Content, verify};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use futures_util::FutureExt as _;

type Sent = (ports::HttpRequest, Vec<(&'static str, String)>, Limits);

/// Answers in turn, one second each.
#[derive(Default)]
struct Net {
    now: Cell<Millis>,
    answers: RefCell<VecDeque<HttpResponse>>,
    sent: RefCell<Vec<Sent>>,
}

impl Clock for Net {
    fn now(&self) -> Millis {
        self.now.get()
    }
}

impl Http for Net {
    async fn send(&self, _: ports::HttpRequest) -> Result<HttpResponse, HttpFault> {
        unreachable!("every request has limits")
    }

    async fn send_within(
        &self,
        request: ports::HttpRequest,
        headers: &[(&'static str, String)],
        limits: Limits,
    ) -> Result<HttpResponse, HttpFault> {
        self.sent
            .borrow_mut()
            .push((request, headers.to_vec(), limits));
        self.now.set(self.now.get() + SECOND);
        self.answers
            .borrow_mut()
            .pop_front()
            .ok_or(HttpFault::TimedOut)
    }

    async fn pause(&self, _: Millis) {}
}

impl Net {
    fn answering(answers: &[(u16, &str)]) -> Net {
        let net = Net::default();
        let answers = answers.iter().map(|(status, text)| {
            let redirect = (300..400).contains(status);
            HttpResponse {
                status: *status,
                content_type: Some("application/json".to_owned()),
                location: redirect.then(|| (*text).to_owned()),
                body: (*text).to_owned(),
                ..HttpResponse::default()
            }
        });
        net.answers.borrow_mut().extend(answers);
        net
    }

    fn perform(&self, policy: &Policy, effect: &Effect) -> Outcome {
        self.within(policy, effect, TIME_LIMIT)
    }

    fn within(&self, policy: &Policy, effect: &Effect, time: Millis) -> Outcome {
        let key = Key::new("12345");
        let context = Ctx {
            account: Account {
                sid: "AC1",
                credentials: Some(("SK1", "secret")),
                key: Some(&key),
                origin: "https://{product}.twilio.com",
            },
            token: "token-1",
            time,
            log: &|_| {},
        };
        perform(self, policy, effect, &context)
            .now_or_never()
            .unwrap()
    }

    fn sent(&self, at: usize) -> Sent {
        self.sent.borrow()[at].clone()
    }

    fn header(&self, at: usize, name: &str) -> Option<String> {
        let (_, headers, _) = self.sent(at);
        let found = headers.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value)
    }
}

fn http(method: &str, url: &str) -> HttpRequest {
    HttpRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        content_type: "application/x-www-form-urlencoded;charset=utf-8".to_owned(),
        parameters: vec![("q".to_owned(), "a b&c".to_owned())],
        ..HttpRequest::default()
    }
}

#[test]
fn parameters_go_into_the_query_of_a_get_and_into_the_form_of_a_post() {
    let net = Net::answering(&[(200, "{\"a\":1}"), (201, ""), (200, ""), (200, "")]);
    let policy = Policy::default();
    let outcome = net.perform(
        &policy,
        &Effect::HttpRequest(http("GET", "https://x.example/a?b=1")),
    );
    let expected = HttpAnswer {
        status: 200,
        content_type: "application/json".to_owned(),
        body: "{\"a\":1}".to_owned(),
    };
    assert_eq!(outcome, Outcome::Http(expected));
    let (request, _, limits) = net.sent(0);
    assert_eq!(
        (request.method, &*request.url, &*request.body),
        ("GET", "https://x.example/a?b=1&q=a+b%26c", "")
    );
    assert_eq!(
        limits,
        Limits {
            time: TIME_LIMIT,
            size: SIZE_LIMIT + 1
        }
    );
    assert_eq!(
        (
            net.header(0, "content-type"),
            net.header(0, "idempotency-key")
        ),
        (None, None)
    );

    net.perform(
        &policy,
        &Effect::HttpRequest(http("POST", "https://x.example/a")),
    );
    let (request, ..) = net.sent(1);
    assert_eq!(
        (&*request.url, &*request.body),
        ("https://x.example/a", "q=a+b%26c")
    );
    assert_eq!(
        net.header(1, "content-type").unwrap(),
        "application/x-www-form-urlencoded;charset=utf-8"
    );
    assert_eq!(net.header(1, "idempotency-key").unwrap(), "token-1");

    let with_body = HttpRequest {
        body: Some("{}".to_owned()),
        content_type: "application/json".to_owned(),
        ..http("PUT", "https://x.example/a")
    };
    net.perform(&policy, &Effect::HttpRequest(with_body));
    let (request, ..) = net.sent(2);
    assert_eq!(
        (&*request.url, &*request.body),
        ("https://x.example/a?q=a+b%26c", "{}")
    );
    let odd = http("TRACE", "https://x.example/");
    assert_eq!(
        net.perform(&policy, &Effect::HttpRequest(odd)),
        Outcome::Failed(Value::Null)
    );
    assert_eq!(net.sent.borrow().len(), 3);
}

#[test]
fn a_redirect_is_followed_to_where_it_may_go_and_takes_no_password_along() {
    let policy = Policy::default();
    let start = "https://us%2Ber:pa%20ss@x.example/a/b?c";
    let net = Net::answering(&[(302, "d#frag"), (307, "https://y.example/e"), (200, "done")]);
    let outcome = net.perform(&policy, &Effect::HttpRequest(http("POST", start)));
    assert!(matches!(
        outcome,
        Outcome::Http(HttpAnswer { status: 200, .. })
    ));
    let requests: Vec<_> = net
        .sent
        .borrow()
        .iter()
        .map(|(request, ..)| request.clone())
        .collect();
    let lines: Vec<_> = requests
        .iter()
        .map(|r| (r.method, r.url.as_str(), r.body.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            ("POST", "https://x.example/a/b?c", "q=a+b%26c"),
            ("GET", "https://x.example/a/d", ""),
            ("GET", "https://y.example/e", ""),
        ]
    );
    let basic = crate::twilio::api::basic("us+er", "pa ss");
    let sent: Vec<_> = requests.iter().map(|r| r.authorization.clone()).collect();
    assert_eq!(sent, [Some(basic.clone()), Some(basic), None]);

    for location in [
        "http://169.254.169.254/",
        "//localhost/x",
        "http:\\\\10.0.0.1",
        "/\\10.0.0.1",
    ] {
        let net = Net::answering(&[(302, location), (200, "secret")]);
        let outcome = net.perform(
            &policy,
            &Effect::HttpRequest(http("GET", "https://x.example/")),
        );
        assert_eq!(outcome, Outcome::Failed(Value::Null), "{location}");
        assert_eq!(net.sent.borrow().len(), 1, "{location}");
    }
    let net = Net::answering(&[
        (302, "/1"),
        (302, "/2"),
        (302, "/3"),
        (302, "/4"),
        (200, ""),
    ]);
    let outcome = net.perform(
        &policy,
        &Effect::HttpRequest(http("GET", "https://x.example/")),
    );
    assert_eq!(
        (outcome, net.sent.borrow().len()),
        (Outcome::Failed(Value::Null), 4)
    );
}

#[test]
fn all_redirects_share_one_time_limit_and_none_is_asked_without_time() {
    let net = Net::answering(&[(302, "/1"), (302, "/2"), (200, "")]);
    let request = Effect::HttpRequest(http("GET", "https://x.example/"));
    let outcome = net.within(&Policy::default(), &request, 2 * SECOND);
    assert_eq!(outcome, Outcome::Failed(Value::Null));
    let limits: Vec<_> = net
        .sent
        .borrow()
        .iter()
        .map(|(.., limits)| limits.time)
        .collect();
    assert_eq!(limits, [2 * SECOND, SECOND]);
    let record = Effect::RecordCall(RecordCall::default());
    assert_eq!(
        net.within(&Policy::default(), &record, 0),
        Outcome::Failed(Value::Null)
    );
    assert_eq!(net.sent.borrow().len(), 2);
}

#[test]
fn the_accounts_credentials_go_to_twilio_and_nowhere_else() {
    let ours = crate::twilio::api::basic("SK1", "secret");
    for (url, sent) in [
        ("https://api.twilio.com/2010-04-01/x", true),
        ("https://studio.us1.twilio.com/v2", true),
        ("http://api.twilio.com/", false),
        ("https://twilio.com.example.net/", false),
        ("https://eviltwilio.com/", false),
        ("https://acme-1234.twil.io/f", false),
    ] {
        let net = Net::answering(&[(200, "")]);
        let request = HttpRequest {
            add_twilio_auth: true,
            ..http("GET", url)
        };
        net.perform(&Policy::default(), &Effect::HttpRequest(request));
        assert_eq!(
            net.sent(0).0.authorization,
            sent.then(|| ours.clone()),
            "{url}"
        );
    }
}

fn function(url: &str, sid: Option<&str>) -> Effect {
    Effect::RunFunction(RunFunction {
        url: url.to_owned(),
        function_sid: sid.map(str::to_owned),
        parameters: vec![
            ("b".to_owned(), "2".to_owned()),
            ("a".to_owned(), "é 1".to_owned()),
        ],
        ..RunFunction::default()
    })
}

#[test]
fn a_function_at_twilio_gets_a_form_that_is_signed_as_twilio_signs() {
    let net = Net::answering(&[(302, "https://elsewhere.example/")]);
    let url = "https://acme-1234.twil.io/look-up?x=1";
    let outcome = net.perform(&Policy::default(), &function(url, None));
    // A redirect is an answer to a function, and Studio's success.
    assert!(matches!(
        outcome,
        Outcome::Http(HttpAnswer { status: 302, .. })
    ));
    let (request, ..) = net.sent(0);
    assert_eq!((request.method, request.url.as_str()), ("POST", url));
    let form = Form::parse(request.body.as_bytes()).unwrap();
    let signature = net.header(0, "x-twilio-signature");
    let checked = verify(
        &[&Key::new("12345")],
        url,
        &Content::Form(&form),
        signature.as_deref(),
    );
    assert!(checked.is_ok());
    assert_eq!(net.header(0, "idempotency-key").unwrap(), "token-1");
}

#[test]
fn a_function_answers_where_the_deployment_says_and_strangers_get_no_signature() {
    let functions = "ZH1=https://fn.example/one https://acme-1234.twil.io/=http://127.0.0.1:9/base";
    let policy = Policy {
        functions: Functions::parse(functions).unwrap(),
        ..Policy::default()
    };
    for (url, sid, asked, signed) in [
        ("", Some("ZH1"), Some("https://fn.example/one"), true),
        (
            "https://acme-1234.twil.io/a/b?c",
            None,
            Some("http://127.0.0.1:9/base/a/b?c"),
            true,
        ),
        (
            "https://acme-1234.twil.io",
            Some("ZH2"),
            Some("http://127.0.0.1:9/base"),
            true,
        ),
        (
            "https://acme-1234.twil.io.example/a",
            None,
            Some("https://acme-1234.twil.io.example/a"),
            false,
        ),
        (
            "https://other.example/f",
            None,
            Some("https://other.example/f"),
            false,
        ),
        ("http://127.0.0.1:9/base", None, None, false),
        ("", Some("ZH2"), None, false),
    ] {
        let net = Net::answering(&[(200, "")]);
        net.perform(&policy, &function(url, sid));
        let sent = net
            .sent
            .borrow()
            .first()
            .map(|(request, ..)| request.url.clone());
        assert_eq!(sent.as_deref(), asked, "{url} {sid:?}");
        if asked.is_some() {
            assert_eq!(
                net.header(0, "x-twilio-signature").is_some(),
                signed,
                "{url}"
            );
        }
    }
    for wrong in ["ZH1", "ZH1=", "x=https://a.example", "ZH1=ftp://a"] {
        assert_eq!(Functions::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn a_task_is_created_once_in_the_workspace() {
    let task = Effect::CreateTask(CreateTask {
        workflow_sid: "WW1".to_owned(),
        task_channel: "TC1".to_owned(),
        attributes: "{\"a\":1}".to_owned(),
        priority: Some(3),
        timeout: None,
    });
    let policy = Policy {
        workspace_sid: Some("WS1".to_owned()),
        ..Policy::default()
    };
    let net = Net::answering(&[
        (201, "{\"sid\":\"WT1\"}"),
        (500, ""),
        (400, "{\"code\":20001}"),
    ]);
    assert_eq!(
        net.perform(&policy, &task),
        Outcome::Ok(serde_json::json!({"sid": "WT1"}))
    );
    let (request, ..) = net.sent(0);
    assert_eq!(
        request.url,
        "https://taskrouter.twilio.com/v1/Workspaces/WS1/Tasks"
    );
    assert_eq!(
        request.body,
        "WorkflowSid=WW1&Attributes=%7B%22a%22%3A1%7D&TaskChannel=TC1&Priority=3"
    );
    assert_eq!(net.perform(&policy, &task), Outcome::Failed(Value::Null));
    let refused = serde_json::json!({"code": 20001, "status": 400});
    assert_eq!(net.perform(&policy, &task), Outcome::Failed(refused));
    assert_eq!(net.sent.borrow().len(), 3);
    assert_eq!(
        net.perform(&Policy::default(), &task),
        Outcome::Failed(Value::Null)
    );
    assert_eq!(net.sent.borrow().len(), 3);
}

#[test]
fn a_recording_starts_with_its_parameters_and_ends_by_twilios_name_for_it() {
    let recording = |start| {
        Effect::RecordCall(RecordCall {
            call_sid: "CA1".to_owned(),
            start,
            parameters: vec![("RecordingChannels", "dual".to_owned())],
        })
    };
    let net = Net::answering(&[(201, "{\"sid\":\"RE1\"}"), (200, "{\"sid\":\"RE1\"}")]);
    let policy = Policy::default();
    assert!(matches!(
        net.perform(&policy, &recording(true)),
        Outcome::Ok(_)
    ));
    assert!(matches!(
        net.perform(&policy, &recording(false)),
        Outcome::Ok(_)
    ));
    let base = "https://api.twilio.com/2010-04-01/Accounts/AC1/Calls/CA1/Recordings";
    let (request, ..) = net.sent(0);
    assert_eq!(
        (request.url, request.body),
        (format!("{base}.json"), "RecordingChannels=dual".to_owned())
    );
    let (request, ..) = net.sent(1);
    assert_eq!(
        (request.url, request.body),
        (
            format!("{base}/Twilio.CURRENT.json"),
            "Status=stopped".to_owned()
        )
    );
}
