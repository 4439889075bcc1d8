//! Regular expressions of rules, compiled when they are first asked.
//!
//! They see bytes: `\S` and `\w` speak of ASCII, which is what hosts, paths and names are made of, and compile in a
//! fraction of the time that their Unicode forms take.

use std::{ops::Range, sync::OnceLock};

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// A regular expression that is compiled when it is first used.
#[derive(Debug)]
pub(crate) struct LazyRegex {
    pattern: String,
    compiled: OnceLock<Option<Regex>>,
}

impl LazyRegex {
    /// For a pattern that [`check`] accepted. Another one matches nothing.
    pub(crate) fn new(pattern: &str) -> Self {
        Self { pattern: pattern.to_owned(), compiled: OnceLock::new() }
    }

    /// The pattern as written.
    pub(crate) fn pattern(&self) -> &str {
        &self.pattern
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| compile(&self.pattern).ok()).as_ref()
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text.as_bytes()))
    }

    /// The byte range of the first match.
    pub(crate) fn find(&self, text: &str) -> Option<Range<usize>> {
        self.regex()?.find(text.as_bytes()).map(|found| found.range())
    }
}

/// Says what is wrong with a pattern.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    let told = |error: regex::Error| error.to_string().lines().last().unwrap_or_default().trim().to_owned();
    compile(pattern).map(|_| ()).map_err(told)
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).unicode(false).build()
}

/// Several patterns to be tried at once. One that does not compile makes the set empty; [`check`] keeps them out.
pub(crate) fn set<'p>(patterns: impl Iterator<Item = &'p str>) -> RegexSet {
    RegexSetBuilder::new(patterns).unicode(false).build().unwrap_or_else(|_| RegexSet::empty())
}
