use std::collections::BTreeMap;

use super::*;

/// A small deterministic generator (splitmix64): the simulations must not change by the day.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn chance(&mut self, share: f64) -> bool {
        (self.below(1_000_000) as f64) < share * 1_000_000.0
    }
}

/// (key, size of the stretch, its end) to (starts, approved).
#[derive(Default)]
struct Tallies(BTreeMap<(usize, Millis, Millis), (u32, u32)>);

const ALL: usize = usize::MAX;

impl Tallies {
    fn start(&mut self, key: usize, at: Millis) {
        self.at(key, at, |tally| tally.0 += 1);
    }

    fn approve(&mut self, key: usize, started_at: Millis) {
        self.at(key, started_at, |tally| tally.1 += 1);
    }

    fn at(&mut self, key: usize, at: Millis, change: impl Fn(&mut (u32, u32))) {
        for key in [key, ALL] {
            for size in [FINE, COARSE] {
                change(self.0.entry((key, size, stretch(at, size))).or_default());
            }
        }
    }

    fn of(&self, key: usize, now: Millis) -> Vec<Tally> {
        let boundary = fine_since(now);
        let coarse = self
            .0
            .range((key, COARSE, now - WINDOWS[1])..=(key, COARSE, boundary));
        let fine = self
            .0
            .range((key, FINE, boundary + 1)..=(key, FINE, Millis::MAX));
        coarse
            .chain(fine)
            .map(|((.., ends_at), (starts, approved))| Tally {
                ends_at: *ends_at,
                starts: *starts,
                approved: *approved,
            })
            .collect()
    }
}

struct Scene {
    starts: usize,
    prefixes: usize,
    fraudulent: usize,
    /// Pause between two starts, on average.
    pause: Millis,
    /// Share of honest starts that are approved, from worst prefix to best.
    honest: (f64, f64),
    /// The longest that a person takes.
    longest: Millis,
}

/// Plays a scene; returns, for each prefix, after how many starts it was blocked.
fn play(scene: &Scene, seed: u64) -> Vec<Option<usize>> {
    let mut random = Random(seed);
    let mut tallies = Tallies::default();
    let mut due: BTreeMap<Millis, Vec<(usize, Millis)>> = BTreeMap::new();
    let mut made = vec![0; scene.prefixes];
    let mut blocked = vec![None; scene.prefixes];
    let mut now = 0;
    for _ in 0..scene.starts {
        now += random.below(2 * scene.pause.unsigned_abs() + 1) as Millis;
        while let Some(entry) = due.first_entry().filter(|entry| *entry.key() <= now) {
            for (key, at) in entry.remove() {
                tallies.approve(key, at);
            }
        }
        let key = random.below(scene.prefixes as u64) as usize;
        if blocked[key].is_some() {
            continue;
        }
        if weigh(&tallies.of(key, now), &tallies.of(ALL, now), now).has_collapsed() {
            blocked[key] = Some(made[key]);
            continue;
        }
        made[key] += 1;
        tallies.start(key, now);
        let (low, high) = scene.honest;
        let share = low + (high - low) * key as f64 / scene.prefixes as f64;
        if key >= scene.fraudulent && random.chance(share) {
            let takes = random.below(scene.longest.unsigned_abs()) as Millis;
            due.entry(now + takes).or_default().push((key, now));
        }
    }
    blocked
}

fn check(scene: &Scene) {
    for seed in 1..=3 {
        let blocked = play(scene, seed);
        for (prefix, after) in blocked.iter().enumerate() {
            if prefix < scene.fraudulent {
                let after = after.expect("a fraudulent prefix was never blocked");
                assert!(
                    after <= 200,
                    "blocked after {after} starts only (seed {seed})"
                );
            } else {
                assert_eq!(*after, None, "honest prefix {prefix} blocked (seed {seed})");
            }
        }
    }
}

#[test]
fn ten_thousand_starts_over_fifty_prefixes_lose_the_three_fraudulent_ones_and_no_other() {
    let scene = Scene {
        starts: 10_000,
        prefixes: 50,
        fraudulent: 3,
        pause: 200,
        honest: (0.5, 0.9),
        longest: MINUTE,
    };
    check(&scene);
}

#[test]
fn it_holds_when_the_ten_thousand_come_within_two_minutes_or_over_a_day() {
    for (pause, honest, longest) in [
        (12, (0.7, 0.95), 8 * SECOND),
        (4_000, (0.4, 0.8), 2 * MINUTE),
    ] {
        check(&Scene {
            starts: 10_000,
            prefixes: 50,
            fraudulent: 3,
            pause,
            honest,
            longest,
        });
    }
}

#[test]
fn when_most_of_the_traffic_is_fraud_it_is_still_found() {
    let scene = Scene {
        starts: 10_000,
        prefixes: 20,
        fraudulent: 12,
        pause: 200,
        honest: (0.6, 0.9),
        longest: MINUTE,
    };
    check(&scene);
}

fn tally(age: Millis, starts: u32, approved: u32) -> Tally {
    Tally {
        ends_at: NOW - age,
        starts,
        approved,
    }
}

const NOW: Millis = 100 * HOUR;

#[test]
fn an_outage_that_hits_everybody_blocks_nobody() {
    let own = [tally(5 * MINUTE, 300, 0)];
    let all = [tally(5 * MINUTE, 3_000, 0)];
    assert!(!weigh(&own, &all, NOW).has_collapsed());
}

#[test]
fn a_burst_in_which_nobody_could_answer_yet_says_nothing() {
    let own = [tally(2 * SECOND, 500, 0)];
    let all = [tally(2 * SECOND, 1_000, 400)];
    assert_eq!(weigh(&own, &all, NOW).starts, 0);
    // Twenty seconds on, the peers have not answered either.
    let own = [tally(25 * SECOND, 100, 0)];
    let all = [tally(25 * SECOND, 1_000, 5)];
    assert!(!weigh(&own, &all, NOW).has_collapsed());
}

#[test]
fn a_lone_prefix_is_judged_by_what_is_usual() {
    let dead = [tally(5 * MINUTE, 45, 0)];
    assert!(weigh(&dead, &dead, NOW).has_collapsed());
    let poor = [tally(5 * MINUTE, 1_000, 100)];
    assert!(!weigh(&poor, &poor, NOW).has_collapsed());
}

#[test]
fn a_prefix_that_is_merely_worse_is_no_fraud_however_sure_that_is() {
    let own = [tally(5 * MINUTE, 10_000, 4_000)];
    let all = [tally(5 * MINUTE, 100_000, 85_000)];
    let evidence = weigh(&own, &all, NOW);
    assert!(evidence.score > SCORE_NEEDED && !evidence.has_collapsed());
}

#[test]
fn what_is_older_than_the_window_is_forgotten() {
    let own = [tally(WINDOWS[1], 500, 0)];
    let all = [tally(WINDOWS[1], 5_000, 4_000)];
    assert_eq!(weigh(&own, &all, NOW).starts, 0);
}

#[test]
fn an_honest_prefix_that_turns_is_found_in_the_short_window() {
    let own = [tally(2 * HOUR, 2_000, 1_500), tally(10 * MINUTE, 40, 0)];
    let all = [
        tally(2 * HOUR, 20_000, 15_000),
        tally(10 * MINUTE, 1_000, 700),
    ];
    let evidence = weigh(&own, &all, NOW);
    assert!(evidence.has_collapsed());
    assert_eq!(evidence.starts, 40);
}

#[test]
fn coarse_and_fine_tallies_meet_without_gap_or_overlap() {
    for now in (0..2_000).map(|step| NOW + step * 777) {
        let boundary = fine_since(now);
        assert_eq!((boundary % COARSE, boundary % FINE), (0, 0));
        assert!(now - boundary >= 3 * MINUTE && now - boundary < 3 * MINUTE + COARSE);
        // The last coarse stretch that is read ends where the first fine one begins.
        assert_eq!(stretch(boundary - 1, COARSE), boundary);
        assert_eq!(stretch(boundary, FINE), boundary + FINE);
    }
}
