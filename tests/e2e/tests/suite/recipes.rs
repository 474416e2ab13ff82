//! `docs/recipes.md`: its commands as they stand there, one after the other, against a stack.

use std::path::Path;
use std::process::Command;

use hookswitch_e2e::{API_KEY, Options, Stack};

struct Recipe<'t> {
    title: &'t str,
    script: String,
    prints: Vec<&'t str>,
}

/// What stands under each heading in blocks of `sh`.
fn recipes(doc: &str) -> Vec<Recipe<'_>> {
    let sections = doc.split("\n## ").skip(1);
    sections
        .map(|section| {
            let (title, body) = section.split_once('\n').unwrap();
            let blocks = body.split("```sh\n").skip(1);
            let script: Vec<&str> = blocks.map(|b| b.split("```").next().unwrap()).collect();
            let prints = body.lines().filter_map(|l| l.strip_prefix("# prints: "));
            Recipe {
                title,
                script: script.concat(),
                prints: prints.collect(),
            }
        })
        .collect()
}

#[test]
fn every_recipe_prints_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let doc = std::fs::read_to_string(root.join("docs/recipes.md")).unwrap();
    let recipes = recipes(&doc);
    assert!(recipes.len() >= 5);
    let stack = Stack::start(&Options::default().var("VERIFY_COUNTRIES", "US"));
    let scratch = std::env::temp_dir().join(format!("hookswitch-recipes-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).unwrap();
    for recipe in &recipes {
        assert!(!recipe.prints.is_empty(), "{}: says nothing", recipe.title);
        let ran = Command::new("timeout")
            .args(["60", "bash", "-euo", "pipefail", "-c", &recipe.script])
            .current_dir(&root)
            .env("GATEWAY", stack.worker_url())
            .env("TWIN", stack.twin_url())
            .env("KEY", API_KEY)
            .env("SCRATCH", &scratch)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout);
        let wrong = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{}: {said}\n{wrong}", recipe.title);
        let mut lines = said.lines();
        for wanted in &recipe.prints {
            assert!(
                lines.any(|line| line == *wanted),
                "{}: no line `{wanted}`:\n{said}\n{wrong}",
                recipe.title
            );
        }
    }
    std::fs::remove_dir_all(&scratch).unwrap();
}
