//! The pages as files: what they come with, what they weigh, and that they stand in no
//! other path's way.

use std::fs;
use std::path::{Path, PathBuf};

use xtask::assets;
use xtask::project::Project;
use xtask::size;

use super::stack;

/// What console and handset may weigh together, gzip, in bytes.
const BUDGET: u64 = 150_000;

#[test]
fn pages_come_with_a_policy_that_lets_in_nothing_foreign() {
    for path in ["/console", "/console/app.js", "/console/app.css"] {
        let page = stack().request("GET", path).send().expect(200);
        let header = |name: &str| page.header(name).to_owned();
        let policy = header("Content-Security-Policy");
        let mut directives = policy.split("; ").map(|one| {
            let mut words = one.split(' ');
            (words.next().unwrap_or_default(), words.collect::<Vec<_>>())
        });
        let foreign = directives.find(|(name, sources)| {
            let known = ["'none'", "'self'", "data:", "'script'"];
            let data = sources.contains(&"data:") && *name != "img-src";
            data || !sources.iter().all(|source| known.contains(source))
        });
        assert_eq!(foreign, None, "{path}: {policy}");
        for needed in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(needed), "{path}: {policy}");
        }
        assert_eq!(header("X-Content-Type-Options"), "nosniff", "{path}");
        assert_eq!(header("Referrer-Policy"), "no-referrer", "{path}");
    }
}

#[test]
fn what_is_no_file_reaches_the_worker() {
    let stack = stack();
    let status = |method: &str, path: &str| stack.request(method, path).send().status;
    assert_eq!(status("GET", "/healthz"), 200);
    assert_eq!(status("GET", "/v1/messages"), 401);
    assert_eq!(status("POST", "/webhooks/sms/incoming"), 403);
    assert_eq!(status("POST", "/voice/incoming"), 403);
    for missing in [
        "/console/nothing.js",
        "/console/app.js.map",
        "/_headers",
        "/",
        "/nothing",
    ] {
        let answer = stack.request("GET", missing).send().expect(404);
        let kind = answer.header("Content-Type").to_owned();
        assert_eq!(kind, "application/problem+json", "{missing}");
    }
}

#[test]
fn console_and_handset_weigh_no_more_than_they_may() {
    let project = Project::here();
    let bundle = std::env::var_os("HOOKSWITCH_BUNDLE")
        .map_or_else(|| project.path("target/e2e/bundle"), PathBuf::from);
    let mut weights = Vec::new();
    weigh(&bundle.join(assets::FOLDER), &mut weights);
    weigh(&project.path("twin/handset"), &mut weights);
    assert!(weights.len() >= 6, "{weights:?}");
    let all: u64 = weights.iter().map(|(_, weight)| weight).sum();
    assert!(all <= BUDGET, "{all}: {weights:?}");
}

fn weigh(folder: &Path, weights: &mut Vec<(PathBuf, u64)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            weigh(&path, weights);
        } else {
            let weight = size::of(&fs::read(&path).unwrap()).unwrap().gzip;
            weights.push((path, weight));
        }
    }
}
