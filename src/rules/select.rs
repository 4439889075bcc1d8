//! Selecting rules: which findings a user wants to see, by rule id, short id or class, and by severity.
//!
//! A rule that is not selected may still have to run, because a selected one leans on its findings (`beside`,
//! `flows-into`). So selecting has two halves: [`Selection::needed`] leaves out the rules that cannot matter, before the
//! scan, and [`Selection::keeps`] drops the findings that nobody asked for, after it.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{
    Rule, RuleSet,
    model::{Class, Severity},
};
use crate::{finding::Finding, input::roots::absolute, suggest};

/// What to report.
#[derive(Debug, Clone)]
pub struct Selection {
    select: Vec<Selector>,
    ignore: Vec<Selector>,
    min_severity: Severity,
    /// What is reported of some files only.
    parts: Vec<Part>,
}

/// What is reported of some files.
#[derive(Debug, Clone)]
struct Part {
    paths: GlobSet,
    /// The directory that the globs are relative to.
    base: PathBuf,
    selection: Selection,
}

/// One word that names rules: a class, an id, or a short id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// All rules of a class.
    Class(Class),
    /// The rule with this id.
    Id(String),
    /// The rules with this short id, in any pack and language.
    ShortId(String),
}

/// A word that names neither a rule nor a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule {
    /// The word.
    pub word: String,
    /// What to write instead.
    pub cure: String,
}

/// Why a finding is not reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dropped {
    /// It is less severe than asked for.
    Severity(Severity),
    /// What is selected does not name its rule or class.
    NotSelected,
    /// This word ignores it.
    Ignored(String),
}

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Severity(least) => write!(f, "only findings of severity {} and above are asked for", least.name()),
            Self::NotSelected => f.write_str("its rule is not among those that are selected"),
            Self::Ignored(word) => write!(f, "`{word}` is ignored"),
        }
    }
}

impl std::fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there is no rule or class `{}`", self.word)
    }
}

impl Default for Selection {
    fn default() -> Self {
        Self::from(Severity::Note)
    }
}

impl Selection {
    /// A selection that reports everything from a severity upwards.
    pub fn from(min_severity: Severity) -> Self {
        Self { select: Vec::new(), ignore: Vec::new(), min_severity, parts: Vec::new() }
    }

    /// Adds a rule or class to report. Without any, all are.
    pub fn select(&mut self, word: &str, rules: &[Rule]) -> Result<(), UnknownRule> {
        self.select.push(Selector::named(word, rules)?);
        Ok(())
    }

    /// Adds a rule or class not to report, which counts more than what is selected.
    pub fn ignore(&mut self, word: &str, rules: &[Rule]) -> Result<(), UnknownRule> {
        self.ignore.push(Selector::named(word, rules)?);
        Ok(())
    }

    /// Adds a selection for the files that match one of the globs, which mean what those of excluded files do; `base` is
    /// the directory that they are relative to. The error is the position of a glob that cannot be read, and why not.
    pub fn of_paths(&mut self, globs: &[&str], base: &Path, selection: Selection) -> Result<(), (usize, String)> {
        let mut paths = GlobSetBuilder::new();
        for (position, glob) in globs.iter().enumerate() {
            let bad = |error: globset::Error| (position, error.kind().to_string());
            let glob = glob.trim_start_matches("./").trim_end_matches('/');
            let from = if glob.contains('/') { "" } else { "**/" };
            for whole in [format!("{from}{glob}"), format!("{from}{glob}/**")] {
                paths
                    .add(GlobBuilder::new(whole.trim_start_matches('/')).literal_separator(true).build().map_err(bad)?);
            }
        }
        self.parts.push(Part {
            paths: paths.build().map_err(|error| (0, error.to_string()))?,
            base: absolute(base),
            selection,
        });
        Ok(())
    }

    /// True when the finding is to be reported.
    pub fn keeps(&self, finding: &Finding) -> bool {
        self.drops(finding).is_none()
    }

    /// Why the finding is not to be reported; none when it is.
    pub fn drops(&self, finding: &Finding) -> Option<Dropped> {
        let of = |selection: &Self| selection.unwanted(&finding.rule, finding.class, finding.severity);
        of(self).or_else(|| {
            let path = if self.parts.is_empty() { PathBuf::new() } else { absolute(Path::new(&finding.location.path)) };
            self.parts.iter().filter(|part| part.holds(&path)).find_map(|part| of(&part.selection))
        })
    }

    fn unwanted(&self, id: &str, class: Class, severity: Severity) -> Option<Dropped> {
        let naming = |selectors: &[Selector]| selectors.iter().position(|selector| selector.matches(id, class));
        if severity < self.min_severity {
            return Some(Dropped::Severity(self.min_severity));
        }
        if !self.select.is_empty() && naming(&self.select).is_none() {
            return Some(Dropped::NotSelected);
        }
        naming(&self.ignore).map(|number| Dropped::Ignored(self.ignore[number].word().to_owned()))
    }

    /// The rules that must run: those to be reported and those they lean on, directly or not.
    pub fn needed(&self, mut set: RuleSet) -> RuleSet {
        let rules = &set.rules;
        let mut open: Vec<usize> = (0..rules.len()).filter(|&rule| self.reports(&rules[rule])).collect();
        let mut needed: BTreeSet<usize> = open.iter().copied().collect();
        while let Some(rule) = open.pop() {
            for (other, candidate) in rules.iter().enumerate() {
                if leans_on(&rules[rule], candidate) && needed.insert(other) {
                    open.push(other);
                }
            }
        }
        let mut position = 0..;
        set.rules.retain(|_| position.next().is_some_and(|position| needed.contains(&position)));
        set
    }

    /// True when the findings of a rule are to be reported.
    pub fn reports(&self, rule: &Rule) -> bool {
        self.unwanted(&rule.id, rule.file.class, rule.file.severity).is_none()
    }
}

impl Part {
    fn holds(&self, file: &Path) -> bool {
        file.strip_prefix(&self.base).is_ok_and(|path| self.paths.is_match(path))
    }
}

impl Selector {
    /// What a word names.
    pub fn named(word: &str, rules: &[Rule]) -> Result<Self, UnknownRule> {
        if let Some(class) = Class::value_variants().iter().find(|class| class.name() == word) {
            return Ok(Self::Class(*class));
        }
        match find(word, rules)?.first() {
            Some(rule) if rule.id == word => Ok(Self::Id(word.to_owned())),
            _ => Ok(Self::ShortId(word.to_owned())),
        }
    }

    /// The word that it was given as.
    fn word(&self) -> &str {
        match self {
            Self::Class(class) => class.name(),
            Self::Id(word) | Self::ShortId(word) => word,
        }
    }

    /// True when it names the rule with this id and class.
    pub fn matches(&self, id: &str, class: Class) -> bool {
        match self {
            Self::Class(wanted) => *wanted == class,
            Self::Id(wanted) => wanted == id,
            Self::ShortId(wanted) => id.rsplit('/').next() == Some(wanted),
        }
    }
}

/// The rules that a word names: one by its id, or all with that short id.
pub fn find<'r>(word: &str, rules: &'r [Rule]) -> Result<Vec<&'r Rule>, UnknownRule> {
    let named: Vec<&Rule> = match rules.iter().find(|rule| rule.id == word) {
        Some(rule) => vec![rule],
        None => rules.iter().filter(|rule| rule.short_id() == word).collect(),
    };
    if named.is_empty() { Err(unknown(word, rules)) } else { Ok(named) }
}

fn unknown(word: &str, rules: &[Rule]) -> UnknownRule {
    let classes = Class::value_variants().iter().map(|class| class.name());
    let known = rules.iter().flat_map(|rule| [rule.short_id(), rule.id.as_str()]).chain(classes);
    let cure = match suggest::nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`unmoor rules` lists the rules and their classes".to_owned(),
    };
    UnknownRule { word: word.to_owned(), cure }
}

/// True when a clause of `rule` asks for findings such as `other` makes.
fn leans_on(rule: &Rule, other: &Rule) -> bool {
    rule.language == other.language
        && rule.file.clauses().iter().any(|clause| {
            let beside = clause.beside.as_ref();
            clause.flows_into.iter().flatten().any(|class| *class == other.file.class)
                || beside.is_some_and(|beside| beside.class.contains(&other.file.class))
                || beside.is_some_and(|beside| beside.rule.iter().any(|name| name == other.short_id()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lang::Language, rules::model::RuleFile};

    fn rule(id: &str, class: &str, severity: &str, clause: &str) -> Rule {
        let yaml = format!("title: t\nclass: {class}\nseverity: {severity}\nmatch: {clause}\nmessage: m\nwhy: w\n");
        let file: RuleFile = serde_saphyr::from_str(&yaml).unwrap();
        let language = if id.contains("python") { Language::Python } else { Language::JavaScript };
        Rule { id: id.to_owned(), language, file, source: None }
    }

    fn set() -> RuleSet {
        let rules = vec![
            rule("p/javascript/client-x", "client", "warning", "{call: [m.X]}"),
            rule("p/python/auth-x", "auth", "warning", "{call: [m.token], flows-into: [client]}"),
            rule("p/python/client-x", "client", "warning", "{call: [m.X]}"),
            rule("p/python/header-x", "endpoint", "note", "{key: [k-x], beside: {rule: [auth-x]}}"),
            rule("p/python/import-x", "import", "error", "{import: [m.X]}"),
        ];
        RuleSet { rules, ..RuleSet::default() }
    }

    fn needed(selection: &Selection) -> Vec<String> {
        selection.needed(set()).rules.into_iter().map(|rule| rule.id).collect()
    }

    #[test]
    fn selects_by_id_short_id_and_class() {
        let rules = set().rules;
        let wanted = |words: &[&str]| {
            let mut selection = Selection::default();
            for word in words {
                selection.select(word, &rules).unwrap();
            }
            rules.iter().filter(|rule| selection.reports(rule)).count()
        };
        assert_eq!(wanted(&[]), 5);
        assert_eq!(wanted(&["client"]), 2);
        assert_eq!(wanted(&["client-x"]), 2);
        assert_eq!(wanted(&["p/python/client-x"]), 1);
        assert_eq!(wanted(&["auth", "import-x"]), 2);
    }

    #[test]
    fn rules_that_others_lean_on_still_run() {
        let rules = set().rules;
        let mut selection = Selection::default();
        selection.select("header-x", &rules).unwrap();
        assert_eq!(needed(&selection), ["p/python/auth-x", "p/python/client-x", "p/python/header-x"]);
        selection.ignore("endpoint", &rules).unwrap();
        assert!(needed(&selection).is_empty());
        assert_eq!(needed(&Selection::from(Severity::Error)), ["p/python/import-x"]);
    }

    #[test]
    fn unknown_words_get_a_suggestion() {
        let rules = set().rules;
        let cure = |word: &str| Selection::default().select(word, &rules).unwrap_err().cure;
        assert_eq!(cure("clent-x"), "did you mean `client-x`?");
        assert_eq!(cure("clinet"), "did you mean `client`?");
        assert_eq!(cure("p/pyton/client-x"), "did you mean `p/python/client-x`?");
        assert!(cure("something-else").contains("unmoor rules"));
    }
}
