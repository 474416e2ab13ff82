//! The targets on a stable toolchain: seeded damage to their examples, within a time. With
//! `HOOKSWITCH_FUZZ=1` some twelve seconds a target, as `cargo xtask test --deep` does; without
//! it a sample.

#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::path::Path;
use std::time::{Duration, Instant};

use hookswitch_fuzz::{TARGETS, Target};

/// For each target.
const BOX: Duration = Duration::from_secs(12);
/// Inputs of each target when there is no time for more.
const SAMPLE: u64 = 300;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % sides.max(1)
    }
}

/// What trips parsers.
const ODD: [&[u8]; 20] = [
    b"\0",
    b"\xff\xfe",
    b"\xe2\x82",
    b"%",
    b"%00",
    b"&&",
    b"=",
    b"\"",
    b"\\",
    b"\\u0000",
    b"{{",
    b"}}",
    b"{%",
    b"[[[[[[[[",
    b"-",
    b"1e999",
    b"99999999999999999999",
    b"\r\n",
    b"\xef\xbb\xbf",
    b"'",
];

fn damaged(target: &Target, dice: &mut Dice) -> Vec<u8> {
    let example = target.examples[dice.roll(target.examples.len())];
    let mut bytes = example.as_bytes().to_vec();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(bytes.len() + 1);
        let end = (at + 1 + dice.roll(16)).min(bytes.len());
        match dice.roll(6) {
            0 => drop(bytes.drain(at.min(end)..end)),
            1 => {
                let piece = bytes[at.min(end)..end].to_vec();
                let to = dice.roll(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            2 => drop(bytes.splice(at..at, ODD[dice.roll(ODD.len())].iter().copied())),
            3 if at < bytes.len() => bytes[at] ^= 1 << dice.roll(8),
            4 => {
                let other = target.examples[dice.roll(target.examples.len())].as_bytes();
                let from = dice.roll(other.len() + 1);
                let to = (from + dice.roll(40)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

#[test]
fn every_parser_holds_what_it_must_for_damaged_inputs() {
    let deep = std::env::var_os("HOOKSWITCH_FUZZ").is_some();
    println!("{:<14}{:>10}{:>12}", "target", "inputs", "slowest");
    for target in TARGETS {
        for example in target.examples {
            (target.run)(example.as_bytes());
        }
        let (start, mut count, mut slowest) = (Instant::now(), 0, Duration::ZERO);
        while if deep {
            start.elapsed() < BOX
        } else {
            count < SAMPLE
        } {
            let seed = (count + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let input = damaged(target, &mut Dice(seed));
            let began = Instant::now();
            if std::panic::catch_unwind(|| (target.run)(&input)).is_err() {
                panic!(
                    "{}, input {count}: {:?}",
                    target.name,
                    String::from_utf8_lossy(&input)
                );
            }
            slowest = slowest.max(began.elapsed());
            count += 1;
        }
        println!("{:<14}{count:>10}{slowest:>12.1?}", target.name);
    }
}

#[test]
fn every_target_is_one_of_cargo_fuzz_too() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = std::fs::read_to_string(home.join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let file = home.join(format!("fuzz_targets/{}.rs", target.name));
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(&format!("run(\"{}\", data)", target.name)));
        assert!(
            manifest.contains(&format!("name = \"{}\"", target.name)),
            "{}",
            target.name
        );
    }
}
