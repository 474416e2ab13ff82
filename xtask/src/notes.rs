//! `cargo xtask notes VERSION`: what CHANGELOG.md says of a version, for its release.

use crate::project::Project;
use crate::{Failure, Result};

/// Prints the notes.
///
/// # Errors
/// When the changelog cannot be read or says nothing of this version.
pub fn run(project: &Project, version: &str) -> Result<()> {
    let path = project.path("CHANGELOG.md");
    let changelog = std::fs::read_to_string(&path)
        .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    let notes = of(&changelog, version)
        .ok_or_else(|| Failure::new(format!("CHANGELOG.md has no notes under `## {version}`")))?;
    println!("{notes}");
    Ok(())
}

/// The lines under `## VERSION`, which a date may follow, up to the next such heading.
fn of<'t>(changelog: &'t str, version: &str) -> Option<&'t str> {
    let mut sections = changelog.split("\n## ").skip(1);
    let section = sections.find(|section| section.split_whitespace().next() == Some(version))?;
    let (_, notes) = section.split_once('\n')?;
    Some(notes.trim()).filter(|notes| !notes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANGELOG: &str = "# Changelog\n\n## Unreleased\n\n## 1.2.0 (2026-11-24)\n\n- one\n- two\n\n## 1.1.0\n\n- old\n";

    #[test]
    fn the_notes_are_those_of_the_version_and_of_no_other() {
        assert_eq!(of(CHANGELOG, "1.2.0"), Some("- one\n- two"));
        assert_eq!(of(CHANGELOG, "1.1.0"), Some("- old"));
    }

    #[test]
    fn a_version_without_notes_is_not_released() {
        for version in ["Unreleased", "1.2", "9.9.9"] {
            assert_eq!(of(CHANGELOG, version), None, "{version}");
        }
    }
}
