//! What a plan does with each finding: it deals with it, holds it back, or knows nothing to do.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    finding::Finding,
    migrate::plan::{FilePlan, Fix, Held, Plan},
    rules::model::FixLevel,
};

/// What a plan does with a finding.
#[derive(Debug, Clone, Copy)]
pub(super) enum State<'p> {
    /// A change deals with it.
    Changed(&'p Fix),
    /// A change is known and held back.
    Held(&'p Held),
    /// No change is known.
    Manual,
}

impl State<'_> {
    /// The level of the change; `manual` without one.
    pub(super) fn level(self) -> FixLevel {
        match self {
            Self::Changed(fix) => fix.level,
            Self::Held(_) | Self::Manual => FixLevel::Manual,
        }
    }
}

/// A finding by file, rule and line, as plans name it.
type Named<'p> = (&'p str, &'p str, u32);

/// The states of findings under one plan.
pub(super) struct States<'p> {
    changed: BTreeMap<Named<'p>, &'p Fix>,
    held: BTreeMap<Named<'p>, &'p Held>,
    /// The findings that are no longer there after the changes, by their fingerprints.
    gone: &'p BTreeSet<String>,
    /// The least sure change of each file.
    of_file: BTreeMap<&'p str, &'p Fix>,
}

impl<'p> States<'p> {
    pub(super) fn of(plan: &'p Plan, gone: &'p BTreeSet<String>) -> Self {
        let mut changed = BTreeMap::new();
        for file in &plan.files {
            for fix in &file.fixes {
                for covered in &fix.covers {
                    changed.entry((file.path.as_str(), covered.rule.as_str(), covered.line)).or_insert(fix);
                }
            }
        }
        let held = plan
            .held
            .iter()
            .map(|held| ((held.location.path.as_str(), held.rule.as_str(), held.location.start.line), held))
            .collect();
        let least = |file: &'p FilePlan| Some((file.path.as_str(), file.fixes.iter().min_by_key(|fix| fix.level)?));
        Self { changed, held, gone, of_file: plan.files.iter().filter_map(least).collect() }
    }

    pub(super) fn get(&self, finding: &Finding) -> State<'p> {
        let name = (finding.location.path.as_str(), finding.rule.as_str(), finding.location.start.line);
        // Names that go along with a change — imports, annotations — are not listed with it; that they are gone tells.
        let gone = || self.of_file.get(name.0).filter(|_| self.gone.contains(&finding.fingerprint));
        match (self.changed.get(&name).or_else(gone), self.held.get(&name)) {
            (Some(fix), _) => State::Changed(fix),
            (None, Some(held)) => State::Held(held),
            (None, None) => State::Manual,
        }
    }
}
