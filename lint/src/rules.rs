//! The rules of `rules/` and the parts they share, `utils/`: files of ast-grep's own format.

use std::path::{Path, PathBuf};

use ast_grep_config::{
    DeserializeEnv, RuleCollection, RuleConfig, SerializableGlobalRule, from_str, from_yaml_string,
};
use ast_grep_language::SupportLang;

use crate::Check;

/// All rules, ready to run.
pub struct Rules {
    collection: RuleCollection<SupportLang>,
}

/// What a rule says of itself beyond what ast-grep asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// The check that it is of.
    pub check: Check,
    /// Point at the first line of what was found, which may be a whole function.
    pub at_line: bool,
    /// Report it once in a file.
    pub once: bool,
}

impl Rules {
    /// Reads the rules that stand beside this crate's source.
    ///
    /// # Errors
    /// A sentence that names the file, when one is not there or no rule.
    pub fn load() -> Result<Self, String> {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut utils: Vec<SerializableGlobalRule<SupportLang>> = Vec::new();
        for folder in listed(&home.join("utils"))? {
            for file in listed(&folder)? {
                utils.push(from_str(&text(&file)?).map_err(|e| broken(&file, &e))?);
            }
        }
        let globals =
            DeserializeEnv::parse_global_utils(utils).map_err(|e| format!("lint/utils: {e}"))?;
        let mut rules = Vec::new();
        for file in listed(&home.join("rules"))? {
            let text = text(&file)?;
            rules.extend(
                from_yaml_string::<SupportLang>(&text, &globals).map_err(|e| broken(&file, &e))?,
            );
        }
        for rule in &rules {
            about(rule)?;
        }
        let collection = RuleCollection::try_new(rules).map_err(|e| format!("lint/rules: {e}"))?;
        Ok(Self { collection })
    }

    /// The rules for this file.
    #[must_use]
    pub fn of(&self, path: &Path, language: SupportLang) -> Vec<&RuleConfig<SupportLang>> {
        self.collection.get_rule_from_lang(path, language)
    }
}

/// What the rule says of itself.
///
/// # Errors
/// When it names no check, or another severity than its check has.
pub fn about(rule: &RuleConfig<SupportLang>) -> Result<About, String> {
    let metadata = serde_json::to_value(&rule.metadata).unwrap_or_default();
    let said = |key: &str| metadata.get(key).and_then(|value| value.as_str());
    let check = said("check").and_then(Check::named);
    let check = check.ok_or_else(|| format!("the rule {} names no check", rule.id))?;
    let severity = serde_json::to_value(&rule.severity).unwrap_or_default();
    if severity.as_str() != Some(check.severity().name()) {
        return Err(format!("the rule {} has another severity", rule.id));
    }
    Ok(About {
        check,
        at_line: said("at") == Some("line"),
        once: metadata.get("once") == Some(&true.into()),
    })
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        files.push(entry.map_err(failed)?.path());
    }
    files.sort();
    Ok(files)
}

fn text(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn broken(file: &Path, error: &dyn std::error::Error) -> String {
    let mut message = format!("{}: {error}", file.display());
    let mut cause = error.source();
    while let Some(next) = cause {
        message.push_str(&format!(": {next}"));
        cause = next.source();
    }
    message
}
