use super::*;

const NOW: Millis = 1_795_512_600_000;

fn standing(current: &str, also: &[&str]) -> Standing {
    Standing {
        current: current.to_owned(),
        also: also.iter().map(|one| (*one).to_owned()).collect(),
    }
}

fn wish(step: Step, standing: Standing) -> Wish {
    Wish {
        kind: Kind::AuthToken,
        step,
        new: (step == Step::Accept).then(|| "new".to_owned()),
        quiet: QUIET,
        worked: false,
        by: "ops".to_owned(),
        standing,
    }
}

fn seen(token: &str, last: Millis) -> Sighting {
    Sighting {
        token: token.to_owned(),
        count: 1,
        last,
    }
}

fn begun() -> Rotation {
    take(None, &wish(Step::Start, standing("old", &[])), &[], NOW).unwrap()
}

/// A rotation in which `steps` were taken, as they are when all is well.
fn after(steps: &[Step]) -> Rotation {
    let mut rotation = begun();
    let signed = [seen("new", NOW)];
    for step in steps {
        let wish = wish(*step, standing("new", &["old"]));
        rotation = take(Some(rotation), &wish, &signed, NOW).unwrap();
    }
    rotation
}

#[test]
fn a_token_goes_through_every_step_and_each_is_in_the_log_with_who_took_it() {
    let both = standing("new", &["old"]);
    let mut rotation = begun();
    let signed = [seen("old", NOW - 1), seen("new", NOW)];
    let mut now = NOW;
    for (step, standing) in [
        (Step::Accept, &both),
        (Step::Promote, &both),
        (Step::Prove, &both),
        (Step::Retire, &both),
        (Step::Finish, &standing("new", &[])),
    ] {
        now += QUIET;
        rotation = take(Some(rotation), &wish(step, standing.clone()), &signed, now).unwrap();
    }
    let steps: Vec<&str> = rotation
        .log
        .iter()
        .map(|taken| taken.step.as_str())
        .collect();
    assert_eq!(
        steps,
        ["start", "accept", "promote", "prove", "retire", "finish"]
    );
    assert!(rotation.log.iter().all(|taken| taken.by == "ops"));
    // The next one keeps what was done before it.
    let next = take(
        Some(rotation),
        &wish(Step::Start, standing("new", &[])),
        &[],
        now,
    );
    let next = next.unwrap();
    assert_eq!((next.old.as_str(), next.log.len()), ("new", 7));
}

#[test]
fn a_step_taken_twice_is_taken_once() {
    let rotation = after(&[Step::Accept, Step::Promote]);
    let again = wish(Step::Promote, standing("new", &["old"]));
    let again = take(Some(rotation.clone()), &again, &[], NOW + HOUR);
    assert_eq!(again, Ok(rotation));
}

#[test]
fn no_step_is_left_out_and_none_goes_back() {
    let steps = [
        Step::Start,
        Step::Accept,
        Step::Promote,
        Step::Prove,
        Step::Retire,
        Step::Finish,
    ];
    let all = standing("new", &["old"]);
    for step in steps.iter().skip(1) {
        let refused = take(None, &wish(*step, all.clone()), &[], NOW);
        assert_eq!(refused, Err(Refusal::NotBegun));
    }
    for taken in 0..4 {
        let rotation = after(steps.get(1..=taken).unwrap());
        for (at, step) in steps.iter().enumerate() {
            if at != taken && at != taken + 1 {
                let refused = take(Some(rotation.clone()), &wish(*step, all.clone()), &[], NOW);
                assert_eq!(refused, Err(Refusal::OutOfOrder), "{taken} {step:?}");
            }
        }
    }
}

#[test]
fn both_tokens_must_be_accepted_before_the_promotion() {
    for lacking in [
        standing("old", &[]),
        standing("new", &[]),
        standing("old", &["another"]),
    ] {
        let refused = take(Some(begun()), &wish(Step::Accept, lacking), &[], NOW);
        assert_eq!(refused, Err(Refusal::NotAccepted));
    }
    // By whichever name the operator gave them.
    for both in [standing("old", &["new"]), standing("new", &["old"])] {
        assert!(take(Some(begun()), &wish(Step::Accept, both), &[], NOW).is_ok());
    }
}

#[test]
fn only_a_webhook_signed_with_the_new_token_proves_it() {
    let rotation = after(&[Step::Accept, Step::Promote]);
    let wish = wish(Step::Prove, standing("new", &["old"]));
    for nothing in [&[][..], &[seen("old", NOW + 5)][..]] {
        let refused = take(Some(rotation.clone()), &wish, nothing, NOW + HOUR);
        assert_eq!(refused, Err(Refusal::NotProven));
    }
    assert!(take(Some(rotation), &wish, &[seen("new", NOW + 5)], NOW + 6).is_ok());
}

#[test]
fn a_token_is_not_retired_while_webhooks_still_come_with_it() {
    let rotation = after(&[Step::Accept, Step::Promote, Step::Prove]);
    let wish = wish(Step::Retire, standing("new", &["old"]));
    let at = |last, now| take(Some(rotation.clone()), &wish, &[seen("old", last)], now);
    assert_eq!(
        at(NOW + HOUR, NOW + HOUR + QUIET - 1),
        Err(Refusal::StillInUse)
    );
    assert!(at(NOW + HOUR, NOW + HOUR + QUIET).is_ok());
    // Nor right after the promotion, though none was seen.
    assert_eq!(at(0, NOW + QUIET - 1), Err(Refusal::StillInUse));
    assert!(at(0, NOW + QUIET).is_ok());
}

#[test]
fn it_is_not_finished_while_the_old_secret_is_there() {
    let mut rotation = after(&[Step::Accept, Step::Promote, Step::Prove]);
    rotation.step = Step::Retire;
    let finish = |standing| {
        take(
            Some(rotation.clone()),
            &wish(Step::Finish, standing),
            &[],
            NOW,
        )
    };
    assert_eq!(
        finish(standing("new", &["old"])),
        Err(Refusal::StillAccepted)
    );
    assert!(finish(standing("new", &[])).is_ok());
}

#[test]
fn there_is_a_way_back_until_the_promotion() {
    let abort = wish(Step::Abort, standing("old", &[]));
    for steps in [&[][..], &[Step::Accept]] {
        let back = take(Some(after(steps)), &abort, &[], NOW).unwrap();
        assert_eq!(back.step, Step::Abort);
        // And a new one may begin.
        let start = wish(Step::Start, standing("old", &[]));
        assert!(take(Some(back), &start, &[], NOW).is_ok());
    }
    let promoted = after(&[Step::Accept, Step::Promote]);
    assert_eq!(
        take(Some(promoted), &abort, &[], NOW),
        Err(Refusal::TooLate)
    );
}

#[test]
fn a_key_is_proven_by_a_call_of_the_deployments_own_with_it() {
    let key = |step, current: &str, worked| Wish {
        kind: Kind::ApiKey,
        worked,
        ..wish(step, standing(current, &[]))
    };
    let rotation = take(None, &key(Step::Start, "old", false), &[], NOW).unwrap();
    let early = take(
        Some(rotation.clone()),
        &key(Step::Accept, "old", false),
        &[],
        NOW,
    );
    assert_eq!(early, Err(Refusal::NotAccepted));
    let rotation = take(Some(rotation), &key(Step::Accept, "new", false), &[], NOW).unwrap();
    for unproven in [
        key(Step::Prove, "new", false),
        key(Step::Prove, "old", true),
    ] {
        let refused = take(Some(rotation.clone()), &unproven, &[], NOW);
        assert_eq!(refused, Err(Refusal::NotProven));
    }
    let rotation = take(Some(rotation), &key(Step::Prove, "new", true), &[], NOW).unwrap();
    let retire = key(Step::Retire, "new", false);
    let early = take(Some(rotation.clone()), &retire, &[], NOW + QUIET - 1);
    assert_eq!(early, Err(Refusal::StillInUse));
    let rotation = take(Some(rotation), &retire, &[], NOW + QUIET).unwrap();
    let finish = key(Step::Finish, "new", false);
    assert!(take(Some(rotation), &finish, &[], NOW + QUIET).is_ok());
}

#[test]
fn the_log_is_bounded_and_keeps_the_newest() {
    let mut rotation = None;
    for _ in 0..80 {
        for step in [Step::Start, Step::Abort] {
            let taken = take(rotation, &wish(step, standing("old", &[])), &[], NOW);
            rotation = Some(taken.unwrap());
        }
    }
    let log = rotation.unwrap().log;
    assert_eq!(log.len(), LOG_KEPT);
    assert_eq!(log.last().unwrap().step, Step::Abort);
}
