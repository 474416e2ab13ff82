//! The pumping simulation over HTTP. Natively it runs over ten thousand starts and fifty
//! prefixes; here it is smaller, to show that the whole of it is wired up.

use std::time::{Duration, Instant};

use hookswitch_e2e::{Options, Stack};
use serde_json::json;

use super::{check, code, send};

const PREFIXES: usize = 8;
const FRAUDULENT: usize = 2;
/// Starts that a fraudulent prefix may make before it is blocked.
const ALLOWED: usize = 200;

#[test]
fn pumped_prefixes_are_blocked_and_honest_ones_are_not() {
    let stack = Stack::start(&Options::default().var("VERIFY_LIMIT_ACCOUNT", "off"));
    let mut made = [0; PREFIXES];
    let mut blocked = [false; PREFIXES];
    let deadline = Instant::now() + Duration::from_secs(240);
    let mut round = 0;
    while !blocked.iter().take(FRAUDULENT).all(|blocked| *blocked) {
        assert!(Instant::now() < deadline, "not blocked: {made:?}");
        for prefix in 0..PREFIXES {
            if blocked[prefix] {
                continue;
            }
            let to = format!("+1415{:03}{round:04}", 300 + prefix);
            let response = send(&stack, &json!({"to": to}));
            if response.status == 403 {
                assert_eq!(response.json()["code"], "verify_blocked");
                assert!(
                    prefix < FRAUDULENT,
                    "honest prefix {prefix} is blocked: {made:?}"
                );
                blocked[prefix] = true;
                continue;
            }
            let _ = response.expect(202);
            made[prefix] += 1;
            // Two of three honest people enter their code.
            if prefix >= FRAUDULENT && round % 3 != 0 {
                assert_eq!(check(&stack, &to, &code(&stack, &to))["valid"], true);
            }
        }
        round += 1;
        // Eight numbers in turn, paced so that the allowance outlasts the time that the watch
        // gives people to answer.
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(
        made.iter().take(FRAUDULENT).all(|made| *made <= ALLOWED),
        "{made:?}"
    );
    let stats = stack.get("/v1/verify/stats").send().expect(200).json();
    assert_eq!(stats["blocks"].as_array().unwrap().len(), FRAUDULENT);
    assert!(stack.worker_log().contains("verify.blocked"));
}
