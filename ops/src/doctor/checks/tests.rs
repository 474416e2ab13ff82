use serde_json::json;

use super::*;

const BASE: &str = "https://gw.example";
const GOOD: &str = "#rc=2&rp=all";

/// The verdicts of one check, worst first.
fn verdicts(findings: &[Finding], check: &str) -> Vec<Verdict> {
    let of = findings.iter().filter(|finding| finding.check == check);
    let mut verdicts: Vec<Verdict> = of.map(|finding| finding.verdict).collect();
    verdicts.sort_by(|a, b| b.cmp(a));
    verdicts
}

fn number(voice: &str, sms: &str) -> Value {
    json!({
        "phone_number": "+15005550006", "sid": "PN1", "voice_url": voice, "sms_url": sms,
        "voice_fallback_url": "https://x.example", "trunk_sid": null,
        "voice_application_sid": "", "sms_application_sid": "",
        "capabilities": {"voice": true, "sms": true},
    })
}

fn judged(voice: &str, sms: &str) -> Vec<Finding> {
    numbers(BASE, &Ok(vec![number(voice, sms)]), None)
}

#[test]
fn a_number_that_points_here_with_retries_is_all_right() {
    let findings = judged(
        &format!("{BASE}/voice/incoming{GOOD}"),
        &format!("{BASE}/webhooks/twilio/sms/incoming?a=b{GOOD}"),
    );
    assert!(
        findings
            .iter()
            .all(|finding| finding.verdict == Verdict::Ok && finding.fix.is_empty()),
        "{findings:?}"
    );
}

#[test]
fn every_way_to_miss_the_deployment_is_told_apart() {
    let good = format!("{BASE}/webhooks/sms/incoming{GOOD}");
    for (voice, verdict, word) in [
        ("", Verdict::Warn, "no webhook"),
        (
            "https://demo.twilio.com/welcome",
            Verdict::Warn,
            "demo.twilio.com",
        ),
        (
            "http://gw.example/voice/incoming",
            Verdict::Fail,
            "signature",
        ),
        (
            "https://GW.example/voice/incoming",
            Verdict::Fail,
            "signature",
        ),
        (
            "https://gw.example:443/voice/incoming",
            Verdict::Fail,
            "signature",
        ),
        (
            "https://gw.example.evil.example/voice/incoming",
            Verdict::Warn,
            "evil",
        ),
        (
            "https://gw.example/webhooks/sms/incoming",
            Verdict::Fail,
            "path",
        ),
        ("https://gw.example/voice/incoming/", Verdict::Fail, "path"),
    ] {
        let findings = judged(voice, &good);
        let of_voice = |finding: &&Finding| finding.says.contains("voice:");
        let found = findings.iter().find(of_voice).unwrap();
        assert_eq!(found.verdict, verdict, "{voice}: {found:?}");
        assert!(found.says.contains(word), "{voice}: {found:?}");
        assert!(
            found.fix.contains("https://gw.example/voice/incoming#ct="),
            "{found:?}"
        );
    }
}

#[test]
fn a_number_without_retries_or_fallback_is_warned_about() {
    let mut one = number(
        &format!("{BASE}/voice/incoming"),
        &format!("{BASE}/webhooks/sms/incoming{GOOD}"),
    );
    one["voice_fallback_url"] = json!("");
    let findings = numbers(BASE, &Ok(vec![one]), None);
    assert_eq!(verdicts(&findings, "connection_overrides"), [Verdict::Warn]);
    assert_eq!(verdicts(&findings, "fallback"), [Verdict::Warn]);
}

#[test]
fn what_wins_over_a_numbers_url_is_seen() {
    for field in ["trunk_sid", "voice_application_sid"] {
        let mut one = number(&format!("{BASE}/voice/incoming{GOOD}"), "");
        one[field] = json!("XX1");
        let findings = numbers(BASE, &Ok(vec![one]), None);
        let seen = findings.iter().any(|finding| finding.says.contains(field));
        assert!(seen, "{findings:?}");
    }
}

#[test]
fn an_account_none_of_whose_numbers_comes_here_fails() {
    let findings = judged("https://demo.twilio.com", "");
    assert_eq!(verdicts(&findings, "numbers")[0], Verdict::Fail);
    assert_eq!(
        verdicts(&numbers(BASE, &Ok(vec![]), None), "numbers"),
        [Verdict::Fail]
    );
    // And the deployment's own number must be one of them.
    let list = Ok(vec![number(&format!("{BASE}/voice/incoming{GOOD}"), "")]);
    let of = |ours| verdicts(&numbers(BASE, &list, Some(ours)), "numbers")[0];
    assert_eq!(of("+15005550006"), Verdict::Warn, "its texts go nowhere");
    assert_eq!(of("+15005550007"), Verdict::Fail);
}

#[test]
fn what_cannot_be_asked_is_unknown_and_never_a_failure() {
    let gone: Fetched = Err("401".to_owned());
    let all = [
        numbers(BASE, &gone, None),
        services(BASE, &gone, &[]),
        geo(&gone, &["US".to_owned()]),
        whatsapp(BASE, &gone, Some("+1")),
        toll_free(
            &Ok(vec![json!({"phone_number": "+18005550100", "sid": "PN1"})]),
            &gone,
        ),
    ];
    for findings in all {
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].verdict, Verdict::Unknown);
    }
}

#[test]
fn a_campaign_must_be_verified() {
    let service =
        json!({"sid": "MG1", "inbound_request_url": format!("{BASE}/webhooks/sms/incoming{GOOD}")});
    let with = |campaigns: Value| {
        let list = Ok(vec![service.clone()]);
        let registered = [Ok(campaigns.as_array().unwrap().clone())];
        verdicts(&services(BASE, &list, &registered), "10dlc")
    };
    assert_eq!(
        with(json!([{"campaign_status": "VERIFIED"}])),
        [Verdict::Ok]
    );
    assert_eq!(
        with(json!([{"campaign_status": "IN_PROGRESS", "errors": []}])),
        [Verdict::Warn]
    );
    assert_eq!(
        with(json!([{"campaign_status": "PENDING", "errors": [{}]}])),
        [Verdict::Fail]
    );
    assert_eq!(
        with(json!([{"campaign_status": "FAILED"}])),
        [Verdict::Fail]
    );
    assert_eq!(with(json!([])), [Verdict::Warn]);
}

#[test]
fn a_service_takes_its_numbers_webhooks_or_needs_one_of_its_own() {
    let of = |service: Value| {
        verdicts(
            &services(BASE, &Ok(vec![service]), &[]),
            "messaging_service",
        )
    };
    assert_eq!(
        of(json!({"use_inbound_webhook_on_number": true})),
        [Verdict::Ok]
    );
    assert_eq!(of(json!({"inbound_request_url": null})), [Verdict::Warn]);
}

#[test]
fn only_toll_free_numbers_need_that_verification() {
    let number = |number: &str| json!({"phone_number": number, "sid": "PN1"});
    let with = |verifications: Value, phone: &str| {
        let list = verifications.as_array().unwrap().clone();
        verdicts(&toll_free(&Ok(vec![number(phone)]), &Ok(list)), "toll_free")
    };
    let status = |status: &str| json!([{"tollfree_phone_number_sid": "PN1", "status": status}]);
    assert_eq!(with(json!([]), "+14155550100"), []);
    // Germany's +49 800 and a number too short are none.
    assert_eq!(with(json!([]), "+498005550100"), []);
    assert_eq!(with(json!([]), "+18005550100"), [Verdict::Fail]);
    assert_eq!(with(status("IN_REVIEW"), "+18885550100"), [Verdict::Warn]);
    assert_eq!(
        with(status("TWILIO_REJECTED"), "+18885550100"),
        [Verdict::Fail]
    );
    assert_eq!(
        with(status("TWILIO_APPROVED"), "+18335550100"),
        [Verdict::Ok]
    );
}

#[test]
fn countries_that_are_sent_to_must_be_open_and_risky_ones_closed() {
    let list = Ok(vec![
        json!({"country_code": "US", "enabled": true, "message": ""}),
        json!({"country_code": "PK", "enabled": true, "message": "High Risk Country"}),
        json!({"country_code": "IN", "enabled": false, "message": ""}),
    ]);
    let with = |wanted: &[&str]| {
        let wanted: Vec<String> = wanted.iter().map(|one| (*one).to_owned()).collect();
        verdicts(&geo(&list, &wanted), "geo_permissions")
    };
    assert_eq!(with(&["US", "PK"]), [Verdict::Ok]);
    assert_eq!(with(&[]), [Verdict::Warn]);
    assert_eq!(with(&["IN", "FR", "PK"]), [Verdict::Fail, Verdict::Fail]);
}

#[test]
fn a_whatsapp_sender_must_be_online_and_come_here() {
    let sender = |status: &str, url: &str| json!({"sender_id": "whatsapp:+14155238886", "status": status, "webhook": {"callback_url": url}});
    let url = format!("{BASE}/webhooks/whatsapp{GOOD}");
    let of = |sender: Value, ours: &str| {
        verdicts(&whatsapp(BASE, &Ok(vec![sender]), Some(ours)), "whatsapp")
    };
    assert_eq!(of(sender("ONLINE", &url), "+14155238886"), [Verdict::Ok; 2]);
    assert_eq!(
        of(sender("ONLINE", &url), "whatsapp:+1500")[0],
        Verdict::Warn
    );
    assert_eq!(
        of(sender("ONLINE", ""), "whatsapp:+14155238886")[0],
        Verdict::Warn
    );
    assert_eq!(
        of(sender("VERIFYING", &url), "+14155238886"),
        [Verdict::Warn]
    );
    assert_eq!(of(sender("OFFLINE", &url), "+14155238886"), [Verdict::Fail]);
}

#[test]
fn clocks_are_compared_with_this_machines() {
    let here = parse_rfc3339("2026-11-24T12:00:00Z").unwrap();
    let of = |gateway, twilio| {
        let findings = clock(here, Some(gateway), twilio);
        (findings[0].verdict, findings[1].verdict)
    };
    let twilio = Some("Tue, 24 Nov 2026 12:00:01 +0000");
    assert_eq!(
        of("2026-11-24T12:00:02Z", twilio),
        (Verdict::Ok, Verdict::Ok)
    );
    assert_eq!(
        of("2026-11-24T12:00:30Z", twilio),
        (Verdict::Warn, Verdict::Ok)
    );
    assert_eq!(
        of("2026-11-24T11:50:00Z", None),
        (Verdict::Fail, Verdict::Unknown)
    );
    // As HTTP has it.
    assert_eq!(
        of(
            "2026-11-24T12:00:02Z",
            Some("Tue, 24 Nov 2026 12:00:01 GMT")
        )
        .1,
        Verdict::Ok
    );
}
