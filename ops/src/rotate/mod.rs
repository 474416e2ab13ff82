//! `cargo xtask rotate`: exchanges the Auth Token, or the API key of REST calls.
//!
//! The Worker cannot write its own secrets, so this runs where `wrangler` does. Each step is checked
//! and written down by the deployment (`POST /v1/rotation`), which alone knows what it accepts and
//! which tokens sign.

mod drive;
mod keep;
mod plan;
mod secrets;

use std::io::Write;
use std::time::{Duration, Instant};

use hookswitch::rotation::{Kind, Step};
use hookswitch::twilio::signature::Key;
use serde_json::{Value, json};

use crate::http::{Answer, Client};
use crate::options::Options;
use drive::{End, Hands, Taken, drive};
use keep::Kept;
use plan::{Act, Facts};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(2);
/// A change of secrets was seen so often in a row: it has reached everybody who answers here.
const SEEN: u32 = 4;
/// How a key of ours is called at Twilio until its value is safe.
const KEY_NAME: &str = "hookswitch";

/// Rotates. Whether it is over.
///
/// # Errors
/// What failed; the same command goes on.
pub fn run(options: &Options, out: &mut dyn Write) -> Result<bool, String> {
    let kind = if options.api_key {
        Kind::ApiKey
    } else {
        Kind::AuthToken
    };
    let mut hands = Operator::new(options, kind, out)?;
    let end = drive(&mut hands, kind, options.abort)?;
    match end {
        End::Done => {
            hands.say("done");
            if kind == Kind::AuthToken && !options.abort {
                hands.say("every other program with the old token needs the new one now");
            }
            Ok(true)
        }
        End::Waits(why) => {
            hands.say(&format!("not done yet: {why}. The same command goes on."));
            Ok(false)
        }
    }
}

struct Operator<'a> {
    options: &'a Options,
    kind: Kind,
    out: &'a mut dyn Write,
    gateway: Client,
    url: String,
    sid: String,
    token: String,
    deadline: Instant,
    kept: Option<Kept>,
}

impl<'a> Operator<'a> {
    fn new(options: &'a Options, kind: Kind, out: &'a mut dyn Write) -> Result<Self, String> {
        let (url, gateway) = options.gateway()?;
        let sid = options.need("TWILIO_ACCOUNT_SID")?;
        let token = options.need("TWILIO_AUTH_TOKEN")?;
        let kept = keep::read(&options.state)?;
        if let Some(kept) = &kept
            && (kept.kind, kept.account.as_str()) != (kind, sid.as_str())
        {
            let path = options.state.display();
            return Err(format!(
                "{path} belongs to another rotation: end that one first"
            ));
        }
        Ok(Self {
            options,
            kind,
            out,
            gateway,
            url,
            sid,
            token,
            deadline: Instant::now() + options.wait,
            kept,
        })
    }

    /// The name of the old or new one, as the deployment shows it.
    fn name(&self, value: &str) -> String {
        match self.kind {
            Kind::AuthToken => Key::new(value).fingerprint(),
            Kind::ApiKey => value.to_owned(),
        }
    }

    /// With the newest token that there is: the older one dies on the way.
    fn twilio(&self) -> Client {
        let kept = self
            .kept
            .as_ref()
            .filter(|kept| kept.kind == Kind::AuthToken);
        let token = kept.map_or(&self.token, |kept| &kept.new);
        Client::basic(&self.sid, token, self.options.timeout)
    }

    fn accounts(&self, path: &str) -> String {
        format!("{}/v1/AuthTokens/{path}", self.options.twilio("accounts"))
    }

    fn account(&self, path: &str) -> String {
        let api = self.options.twilio("api");
        format!("{api}/2010-04-01/Accounts/{}{path}.json", self.sid)
    }

    fn view(&self) -> Result<Value, String> {
        let answer = self.gateway.get(&format!("{}/v1/rotation", self.url));
        let answer = answer.and_then(Answer::ok);
        answer
            .map(|answer| answer.body)
            .map_err(|why| format!("the deployment: {why}"))
    }

    /// The names of what the deployment has, the one that it uses first.
    fn has(&self, view: &Value) -> Vec<String> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        match self.kind {
            Kind::ApiKey => text(&view["api_key_sid"]).into_iter().collect(),
            Kind::AuthToken => {
                let accepted = view["accepts"].as_array().into_iter().flatten();
                accepted
                    .filter_map(|one| text(&one["fingerprint"]))
                    .collect()
            }
        }
    }

    fn keep(&mut self, kept: Kept) -> Result<(), String> {
        keep::write(&self.options.state, &kept)?;
        self.kept = Some(kept);
        Ok(())
    }

    fn create(&mut self) -> Result<(), String> {
        let twilio = self.twilio();
        let (new, secret, old) = match self.kind {
            Kind::AuthToken => {
                // One that an earlier run made and did not keep: nobody has its value.
                twilio.delete(&self.accounts("Secondary"))?;
                let made = twilio.post_form(&self.accounts("Secondary"), &[])?.ok()?;
                let new = made.text("secondary_auth_token").to_owned();
                (new, String::new(), self.token.clone())
            }
            Kind::ApiKey => {
                let view = self.view()?;
                let old = view["api_key"]["old"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned();
                let name = self.delete_unused(&view)?;
                let fields = [("FriendlyName", name.as_str())];
                let made = twilio.post_form(&self.account("/Keys"), &fields)?.ok()?;
                (
                    made.text("sid").to_owned(),
                    made.text("secret").to_owned(),
                    old,
                )
            }
        };
        if new.is_empty() {
            return Err("Twilio made one and did not show it".to_owned());
        }
        let (kind, account) = (self.kind, self.sid.clone());
        self.keep(Kept {
            kind,
            account,
            old,
            new,
            secret,
        })
    }

    /// Deletes the keys that this rotation has made and that the deployment does not use. The
    /// name that tells them from every other key.
    fn delete_unused(&self, view: &Value) -> Result<String, String> {
        let mut begun = view["api_key"]["log"].as_array().into_iter().flatten();
        let begun = begun.rfind(|taken| taken["step"] == "start");
        let at = begun.and_then(|taken| taken["at"].as_str());
        let name = format!("{KEY_NAME} {}", at.unwrap_or_default());
        let twilio = self.twilio();
        for key in twilio.list(&self.account("/Keys"), "keys")? {
            let sid = key["sid"].as_str().unwrap_or_default();
            if key["friendly_name"] == name.as_str() && view["api_key_sid"] != sid {
                twilio.delete(&self.account(&format!("/Keys/{sid}")))?;
            }
        }
        Ok(name)
    }

    /// Sets secrets, and waits until the deployment shows them.
    fn set(
        &mut self,
        secrets: &Value,
        shown: impl Fn(&Self, &[String]) -> bool,
    ) -> Result<(), String> {
        secrets::put(self.options.secrets.as_deref(), secrets)?;
        let mut in_a_row = 0;
        while in_a_row < SEEN {
            // While it starts anew it may not answer.
            let has = self.view().map(|view| self.has(&view));
            in_a_row = match has {
                Ok(has) if shown(self, &has) => in_a_row + 1,
                _ => 0,
            };
            if in_a_row < SEEN && !self.pause() {
                return Err("the deployment does not show its new secrets yet".to_owned());
            }
        }
        Ok(())
    }

    fn kept(&self) -> Result<Kept, String> {
        self.kept
            .clone()
            .ok_or_else(|| "the state file is gone".to_owned())
    }
}

impl Hands for Operator<'_> {
    fn facts(&mut self) -> Result<Facts, String> {
        let view = self.view()?;
        let has = self.has(&view);
        let known = &view[self.kind.as_str()];
        let step = known["step"].as_str().and_then(Step::parse);
        let new = self.kept.as_ref().map(|kept| self.name(&kept.new));
        let old = known["old"].as_str().unwrap_or_default();
        let is_over = matches!(step, None | Some(Step::Finish | Step::Abort));
        if is_over && self.kept.is_none() && self.kind == Kind::AuthToken {
            let ours = self.name(&self.token);
            if !self.options.abort && has.first() != Some(&ours) {
                return Err(
                    "the deployment has another TWILIO_AUTH_TOKEN than this command".to_owned(),
                );
            }
        }
        let mut facts = Facts {
            step,
            has_value: new.is_some(),
            has_both: new.is_some()
                && has.first() == new.as_ref()
                && (self.kind == Kind::ApiKey || has.iter().any(|one| one == old)),
            has_old: has.iter().any(|one| one == old),
            has_new: new.as_ref().is_some_and(|new| has.contains(new)),
            promoted: false,
            old_is_gone: false,
        };
        match (&self.kept, self.kind, step) {
            (Some(kept), Kind::AuthToken, Some(Step::Start | Step::Accept)) => {
                // Both open the account until the promotion, and it shows the primary one.
                let account = self.twilio().get(&self.account(""))?;
                facts.promoted = account.text("auth_token") == kept.new;
            }
            (_, Kind::ApiKey, Some(Step::Retire)) => {
                let keys = self.twilio().list(&self.account("/Keys"), "keys")?;
                facts.old_is_gone = !keys.iter().any(|key| key["sid"] == old);
            }
            _ => {}
        }
        Ok(facts)
    }

    fn take(&mut self, step: Step) -> Result<Taken, String> {
        let mut body = json!({
            "kind": self.kind.as_str(), "step": step.as_str(), "quiet_seconds": self.options.quiet,
        });
        if let Some(kept) = self.kept.as_ref().filter(|_| step == Step::Accept) {
            body["new"] = json!(self.name(&kept.new));
        }
        let answer = self
            .gateway
            .post_json(&format!("{}/v1/rotation", self.url), &body)?;
        let reason = answer.text("reason");
        match (answer.status, reason) {
            (409, "not_accepted" | "not_proven" | "still_in_use" | "still_accepted") => {
                Ok(Taken::NotYet(answer.text("detail").to_owned()))
            }
            _ => answer.ok().map(|_| Taken::Yes),
        }
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        self.say(match act {
            Act::Create => "creating the new one at Twilio",
            Act::GiveBoth => "giving it to the deployment, beside the old one",
            Act::Promote => "promoting it: Twilio signs with it from now on",
            Act::TakeOld => "taking the old one away from the deployment",
            Act::DeleteOld => "deleting the old one at Twilio",
            Act::GiveBack => "giving the deployment the old one alone",
            Act::DeleteNew => "deleting the new one at Twilio",
            _ => "cleaning up",
        });
        match (act, self.kind) {
            (Act::Create, _) => self.create(),
            (Act::GiveBoth, kind) => {
                let kept = self.kept()?;
                let secrets = match kind {
                    Kind::AuthToken => json!({
                        "TWILIO_AUTH_TOKEN": kept.new, "TWILIO_AUTH_TOKEN_NEXT": kept.old,
                    }),
                    Kind::ApiKey => json!({
                        "TWILIO_API_KEY_SID": kept.new, "TWILIO_API_KEY_SECRET": kept.secret,
                    }),
                };
                let new = self.name(&kept.new);
                self.set(&secrets, |_, has| has.first() == Some(&new))
            }
            (Act::Promote, _) => {
                let promoted = self.twilio().post_form(&self.accounts("Promote"), &[])?;
                promoted.ok().map(drop)
            }
            (Act::TakeOld, _) => {
                let kept = self.kept()?;
                let previous = Some(&kept.old).filter(|_| !self.options.leaked);
                let secrets = json!({
                    "TWILIO_AUTH_TOKEN_NEXT": null, "TWILIO_AUTH_TOKEN_PREVIOUS": previous,
                });
                self.set(&secrets, |_, has| has.len() == 1)
            }
            (Act::DeleteOld, _) => {
                let old = self.kept()?.old;
                self.twilio().delete(&self.account(&format!("/Keys/{old}")))
            }
            (Act::GiveBack, Kind::AuthToken) => {
                let kept = self.kept()?;
                let secrets = json!({
                    "TWILIO_AUTH_TOKEN": kept.old, "TWILIO_AUTH_TOKEN_NEXT": null,
                });
                let old = self.name(&kept.old);
                self.set(&secrets, |_, has| *has == [old.clone()])
            }
            (Act::GiveBack, Kind::ApiKey) => {
                // The old key's secret is not ours to know.
                Err(
                    "set TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET to the old key's by hand, \
                     then run this again"
                        .to_owned(),
                )
            }
            (Act::DeleteNew, kind) => {
                let old = self.kept.as_ref().map_or(&self.token, |kept| &kept.old);
                match kind {
                    Kind::AuthToken => {
                        let old = Client::basic(&self.sid, old, self.options.timeout);
                        old.delete(&self.accounts("Secondary"))?;
                    }
                    Kind::ApiKey => {
                        let view = self.view()?;
                        self.delete_unused(&view)?;
                    }
                }
                self.act(Act::Forget)
            }
            _ => {
                keep::forget(&self.options.state)?;
                self.kept = None;
                Ok(())
            }
        }
    }

    fn provoke(&mut self) -> Result<(), String> {
        let Some(to) = &self.options.prove_to else {
            self.say("a call, a text or a callback has to come in; --prove-to NUMBER sends one");
            return Ok(());
        };
        let body =
            json!({"to": to, "body": "Your gateway's credentials were renewed. No need to reply."});
        let sent = self
            .gateway
            .post_json(&format!("{}/v1/messages", self.url), &body)?;
        sent.ok().map(drop)
    }

    fn pause(&mut self) -> bool {
        std::thread::sleep(PAUSE);
        Instant::now() < self.deadline
    }

    fn say(&mut self, line: &str) {
        // Whoever has closed the pipe does not watch.
        let _ = writeln!(self.out, "rotate: {line}");
    }
}
