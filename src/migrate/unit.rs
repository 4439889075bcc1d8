//! A unit: what changes together or not at all, with the level at which that is right and the reasons for it.

use std::collections::BTreeSet;

use super::edits::Edit;
use crate::{
    facts::{BindingId, ExprId, Span},
    rules::{model::FixLevel, rewrite::RoleOf},
};

/// A client (or another site) and all that must change with it.
#[derive(Debug)]
pub(super) struct Unit {
    /// The rule whose rewrite it is, as a position in the index.
    pub(super) rule: usize,
    /// Which of its rewrites.
    pub(super) rewrite: usize,
    /// Where it stands.
    pub(super) anchor: Span,
    /// The call that is rewritten.
    pub(super) call: Option<ExprId>,
    /// The best level at which the change is right.
    pub(super) level: FixLevel,
    /// Facts that would have to hold, or what is in the way.
    pub(super) reasons: Vec<(FixLevel, String)>,
    /// The changes, but for names and imports. They may hold [`placeholder`]s.
    pub(super) edits: Vec<Edit>,
    /// Names of symbols that change.
    pub(super) renames: Vec<Rename>,
    /// Modules that the new code uses by name.
    pub(super) modules: BTreeSet<&'static str>,
    /// Objects that it shares with other units.
    pub(super) shares: Vec<BindingId>,
    /// Ids of the pack's preconditions.
    pub(super) needs: BTreeSet<String>,
    /// Settings that the new code reads.
    pub(super) settings: Vec<NewSetting>,
    /// Packages of which no manifest says that they are new enough, with the version from which they are.
    pub(super) assumes: BTreeSet<(String, String)>,
}

/// A setting that new code reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSetting {
    /// What it is.
    pub role: RoleOf,
    /// Its name.
    pub name: String,
    /// What stood there before: a variable's name or a constant; empty where that is neither, or could be a key.
    pub instead_of: String,
    /// True when that is the name of a variable.
    pub is_variable: bool,
    /// Where it stood.
    pub at: Span,
}

/// A name of a symbol in the code that becomes another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rename {
    /// The expression.
    pub(super) expr: ExprId,
    /// The symbol it names.
    pub(super) from: String,
    /// The symbol it shall name.
    pub(super) to: String,
}

impl Unit {
    /// A unit without any change yet.
    pub(super) fn new(rule: usize, rewrite: usize, anchor: Span, level: FixLevel) -> Self {
        Self {
            rule,
            rewrite,
            anchor,
            call: None,
            level,
            reasons: Vec::new(),
            edits: Vec::new(),
            renames: Vec::new(),
            modules: BTreeSet::new(),
            shares: Vec::new(),
            needs: BTreeSet::new(),
            settings: Vec::new(),
            assumes: BTreeSet::new(),
        }
    }

    /// Lowers the level, with the fact that would have to hold.
    pub(super) fn lower(&mut self, level: FixLevel, because: impl Into<String>) {
        self.level = self.level.min(level);
        let because = because.into();
        if !because.is_empty() && self.reasons.iter().all(|(_, known)| *known != because) {
            self.reasons.push((level, because));
        }
    }

    /// Notes which version of a package a requirement (`>=1.2`, `1.2`, `<3`) asks for at least.
    pub(super) fn assume(&mut self, package: &str, requirement: &str) {
        let lower = requirement.split(',').map(str::trim).filter(|part| !part.starts_with('<'));
        let versions = lower.map(|part| part.trim_start_matches(['>', '=']).trim().to_owned());
        self.assumes.extend(versions.map(|version| (package.to_owned(), version)));
    }

    /// What is in the way where the site is left alone; else the facts that would have to hold.
    pub(super) fn told(&self) -> Vec<String> {
        let decisive = |level: &FixLevel| self.level > FixLevel::Manual || *level == FixLevel::Manual;
        self.reasons.iter().filter(|(level, _)| decisive(level)).map(|(_, because)| because.clone()).collect()
    }

    /// Leaves the site alone.
    pub(super) fn hold(&mut self, because: impl Into<String>) {
        self.lower(FixLevel::Manual, because);
    }
}

/// Stands in an edit for the local name of a symbol, which is settled when imports are.
pub(super) fn placeholder(symbol: &str) -> String {
    format!("\u{1}{symbol}\u{2}")
}

/// The symbols of the placeholders in a text.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('\u{1}').skip(1).filter_map(|part| part.split_once('\u{2}').map(|(symbol, _)| symbol))
}
