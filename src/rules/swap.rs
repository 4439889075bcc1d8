//! How a rule says which package takes the place of one that it finds in a manifest, once no code uses that one any more.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{load::RuleError, model::RuleFile, source::SourceFile};
use crate::facts::package_key;

/// The registries whose packages can be swapped, with how their names begin.
const REGISTRIES: [&str; 2] = ["pypi/", "npm/"];

/// What takes the place of a package.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Swap {
    /// The other package, as the rule names packages: `pypi/openai`. Of the same registry.
    pub to: String,
    /// A version of it for which the rule's changes of code were checked. Of several, the one with the major number of the old
    /// package's versions counts: such packages go together with a third.
    pub at: Vec<String>,
    /// The modules by which code names the old package. None: its own name, as in npm.
    #[serde(default)]
    pub modules: Vec<String>,
}

impl Swap {
    /// The names of modules by which code uses `package`.
    pub fn modules_of<'s>(&'s self, package: &'s str) -> Vec<&'s str> {
        if self.modules.is_empty() { vec![bare(package)] } else { self.modules.iter().map(String::as_str).collect() }
    }

    /// The version that goes with what is stated of the old package.
    pub fn version(&self, stated: &str) -> Option<&str> {
        if let [only] = self.at.as_slice() {
            return Some(only);
        }
        let digits = stated.trim_start_matches(|c: char| !c.is_ascii_digit());
        let major = digits.split(|c: char| !c.is_ascii_digit()).next().filter(|major| !major.is_empty())?;
        self.at.iter().find(|version| version.split('.').next() == Some(major)).map(String::as_str)
    }

    /// The name of the other package in its registry.
    pub fn name(&self) -> &str {
        bare(&self.to)
    }
}

/// A package's name without its registry.
fn bare(package: &str) -> &str {
    package.split_once('/').map_or(package, |(_, name)| name)
}

/// Checks that swaps stay within a registry and are for packages that the rule finds.
pub(super) fn check(source: &SourceFile, file: &RuleFile) -> Vec<RuleError> {
    let named = file.clauses().iter().filter_map(|clause| clause.dependency.as_ref()).flatten();
    let found: Vec<String> = named.map(|name| package_key(name)).collect();
    let mut errors = Vec::new();
    for (package, swap) in &file.fix.swap {
        let registry = REGISTRIES.iter().find(|registry| package.starts_with(**registry));
        if !registry.is_some_and(|registry| swap.to.starts_with(registry)) {
            let message = format!("`{package}` cannot become `{}`", swap.to);
            errors.push(source.error_at(package, message, "name two packages of pypi/ or two of npm/"));
        }
        if !found.contains(&package_key(package)) {
            let message = format!("the rule does not find `{package}`");
            errors.push(source.error_at("swap", message, "name it in `dependency` too"));
        }
        let is_version = |text: &&String| text.starts_with(|c: char| c.is_ascii_digit());
        if swap.at.is_empty() || !swap.at.iter().all(|text| is_version(&text)) {
            let message = format!("`at` of `{package}` is no list of versions");
            errors.push(source.error_at("swap", message, "write it as [1.2.3]"));
        }
    }
    errors
}
