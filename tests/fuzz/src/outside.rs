//! What callers of the API, operators and servers of others send.

use hookswitch::access::{Role, csrf, jwt, session};
use hookswitch::campaign::recipients::{Format, Reader};
use hookswitch::campaign::template::Template as CampaignTemplate;
use hookswitch::effects::Target as HttpTarget;
use hookswitch::flow::liquid::{Clock, MAX_OUTPUT, Template};
use hookswitch::flow::{Definition, Execution, check, draw};
use hookswitch::json;
use hookswitch::messaging::sender::Channel;
use hookswitch::messaging::{import, media, revocation};
use hookswitch::secret::Secret;
use hookswitch::twilio::address::{Address, E164};
use serde_json::{Value, json};

use crate::{Target, text};

/// Our reader of JSON takes what serde_json takes, and reads the same.
pub const JSON: Target = Target {
    name: "json",
    run: json_reader,
    examples: &[
        r#"{"to": "+14155550100", "variables": {"1": "é\u00e9\ud83d\ude00"}, "n": [1, -0.5e3, null, true]}"#,
        r#"[[[[1e308]]], "", {"a": {}, "a": []}]"#,
    ],
};

fn json_reader(input: &[u8]) {
    let theirs: Result<Value, _> = serde_json::from_slice(input);
    if let Ok(ours) = json::value_in(input) {
        match theirs {
            Ok(theirs) => assert_eq!(ours, theirs),
            Err(error) => panic!("read, and no JSON: {error}"),
        }
    }
}

/// What is an address stays one as it is written, and a mask hides it.
pub const ADDRESS: Target = Target {
    name: "address",
    run: address,
    examples: &[
        "+14155550100",
        "whatsapp:+4915112345678",
        "whatsapp:US.abc123",
        "rcs:brand_x",
        "MG00000000000000000000000000000001",
        "a.b@example.com",
        "12345",
        "BRAND",
    ],
};

fn address(input: &[u8]) {
    let Some(text) = text(input) else { return };
    if let Ok(address) = Address::parse(text) {
        let written = address.to_string();
        assert_eq!(Address::parse(&written).as_ref(), Ok(&address), "{text:?}");
        // Nobody's number is shorter; of "+49" the mask leaves what says the country.
        if let Some(phone) = address.phone().filter(|p| p.digits().len() >= 7) {
            assert!(!address.masked().contains(phone.digits()), "{text:?}");
        }
    }
    if let Ok(phone) = E164::parse(text) {
        assert!(phone.digits().len() <= 15 && phone.digits().bytes().all(|b| b.is_ascii_digit()));
    }
}

/// Templates are parsed and rendered within their limits.
pub const LIQUID: Target = Target {
    name: "liquid",
    run: liquid,
    examples: &[
        "Hi {{ flow.variables.name | default: 'you' | capitalize }}{% if x == 1 and y contains 'a' %}a{% elsif z %}b{% else %}c{% endif %}",
        "{% for i in (1..3) %}{{ forloop.index }}{{ i | times: 2 }}{% endfor %}{% assign a = 'x,y' | split: ',' %}{{ a | join: '-' }}",
        "{% case x %}{% when 1, 2 %}a{% else %}b{% endcase %}{% capture t %}{{ 'now' | date: '%Y' }}{% endcapture %}{{- t -}}",
    ],
};

fn liquid(input: &[u8]) {
    let Some(source) = text(input) else { return };
    let Ok(template) = Template::parse(source) else {
        return;
    };
    let _ = template.survey();
    let globals = json!({"x": "1", "y": ["a"], "flow": {"variables": {"name": "ann"}}});
    let clock = Clock {
        now_ms: 1_795_512_600_000,
        utc_offset_minutes: 60,
    };
    if let Ok(output) = template.render(&globals, clock) {
        assert!(output.len() <= MAX_OUTPUT);
    }
}

/// A definition is accepted exactly when its check finds no error; what is accepted is drawn.
pub const DEFINITION: Target = Target {
    name: "definition",
    run: definition,
    examples: &[
        include_str!("../../../flows/acme-ivr.json"),
        include_str!("../../../tests/flow/flows/survey.json"),
        include_str!("../../../tests/flow/flows/legacy.json"),
    ],
};

fn definition(input: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(input) else {
        return;
    };
    let report = check(&value);
    match Definition::parse(&value) {
        Ok(definition) => {
            assert!(report.is_accepted());
            assert!(draw(&definition, &[]).ends_with("</svg>\n"));
        }
        Err(_) => assert!(!report.is_accepted()),
    }
}

/// A stored execution is read or refused.
pub const EXECUTION: Target = Target {
    name: "execution",
    run: execution,
    examples: &["{}", r#"{"v":1,"state":"menu","vars":{},"widgets":{}}"#],
};

fn execution(input: &[u8]) {
    if let Some(text) = text(input) {
        let _ = Execution::decode(text);
    }
}

/// A list of recipients reads the same however it is cut into pieces.
pub const RECIPIENTS: Target = Target {
    name: "recipients",
    run: recipients,
    examples: &[
        "to,name\n+14155550100,\"Ann, \"\"A\"\"\nB\"\r\n,x\n",
        "\u{feff}to;name\n+14155550100;a\n",
        "{\"to\": \"+14155550100\", \"variables\": {\"name\": \"Ann\"}}\n\nnot json\n",
    ],
};

fn recipients(input: &[u8]) {
    for format in [Format::Csv, Format::Ndjson] {
        let read = |size: usize| {
            let mut lines = Vec::new();
            let mut reader = Reader::new(format);
            let mut outcome = Ok(());
            for piece in input.chunks(size) {
                outcome = reader.feed(piece, &mut |line| lines.push(line.number));
                if outcome.is_err() {
                    break;
                }
            }
            if outcome.is_ok() {
                outcome = reader.finish(&mut |line| lines.push(line.number));
            }
            (lines, outcome.is_ok())
        };
        assert_eq!(read(usize::MAX), read(3), "{format:?}");
    }
}

/// A campaign's text names its variables, and is written when it has them.
pub const TEMPLATE: Target = Target {
    name: "template",
    run: template,
    examples: &["Hi {{name}}, {{ 1 }} {{{x}}} {{", "{{a}}{{a}}"],
};

fn template(input: &[u8]) {
    let Some(source) = text(input) else { return };
    let Ok(template) = CampaignTemplate::parse(source) else {
        return;
    };
    let names = template.variables();
    let values = names
        .iter()
        .map(|name| ((*name).to_owned(), "v".to_owned()));
    assert!(template.render(&values.collect()).is_ok(), "{source:?}");
}

/// A list of consents is read or refused, line by line.
pub const CONSENTS: Target = Target {
    name: "consents",
    run: consents,
    examples: &[
        "contact,scope,status,at,source\n+14155550100,marketing,opt-out,2026-01-01T00:00:00Z,import\n",
        "{\"contact\": \"+14155550100\", \"scope\": \"all\", \"status\": \"opt-in\"}\n",
    ],
};

fn consents(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for format in [import::Format::Csv, import::Format::Ndjson] {
        let _ = import::parse(text, format);
    }
}

/// Media types and URLs are weighed for every channel.
pub const MEDIA: Target = Target {
    name: "media",
    run: media_types,
    examples: &[
        "image/png",
        "text/vcard; charset=utf-8",
        "https://a.example/b.jpg?c=d.pdf#e",
    ],
};

fn media_types(input: &[u8]) {
    let Some(text) = text(input) else { return };
    for channel in [Channel::Sms, Channel::Whatsapp, Channel::Rcs] {
        let _ = media::check(text, channel);
        let light = media::weigh(text, Some(1), channel).is_ok();
        let heavy = media::weigh(text, Some(u64::MAX), channel).is_ok();
        assert!(light || !heavy, "{text:?}: heavier is better");
    }
    let _ = Format::of(text);
}

/// A URL that flows may ask is the one that is asked, and none that reaches inside.
pub const URL: Target = Target {
    name: "url",
    run: url,
    examples: &[
        "https://api.example.com:8443/a/../b?c=d#e",
        "http://[::ffff:127.0.0.1]/",
        "https://0x7f.1/",
        "https://user:pass@10.0.0.1.example/",
    ],
};

fn url(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let Ok(target) = HttpTarget::parse(text) else {
        return;
    };
    match HttpTarget::parse(&target.url()) {
        Ok(again) => assert_eq!(again.url(), target.url(), "{text:?}"),
        Err(refused) => panic!("{text:?} is asked as what is refused: {}", refused.why()),
    }
}

/// Free text is judged, a stop word always found.
pub const REVOCATION: Target = Target {
    name: "revocation",
    run: revocations,
    examples: &[
        "please stop texting me",
        "don't stop",
        "take me off your list!!!",
    ],
};

fn revocations(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let _ = revocation::detect(text);
    assert!(revocation::detect("stop").is_some());
}

/// No cookie is a session but one that was given, and no text a token that is believed.
pub const SESSION: Target = Target {
    name: "session",
    run: sessions,
    examples: &[
        "a=b; __Host-hookswitch=1.operator.1795512600.AAAA; c=d",
        "1.operator.99999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ.eyJhdWQiOlsiYSJdLCJleHAiOjF9.AAAA",
        r#"{"keys":[{"kid":"a","kty":"RSA","alg":"RS256","n":"AQAB","e":"AQAB"}]}"#,
    ],
};

fn sessions(input: &[u8]) {
    let Some(text) = text(input) else { return };
    let key = Secret::new("a key that nobody has");
    let keys = [(Role::Operator, &key)];
    for value in session::cookie(text, "__Host-hookswitch")
        .into_iter()
        .chain([text])
    {
        assert!(session::read(value, &keys, 0).is_none(), "{text:?}");
    }
    let _ = jwt::keys(text);
    let _ = jwt::Token::read(text);
    let _ = csrf::origin_of(text);
}
