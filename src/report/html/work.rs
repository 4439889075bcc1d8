//! What to do: work packages in order, with the changes, the steps by hand and the effort.

use std::collections::BTreeSet;

use askama::{Template, filters::Safe};

use super::{
    charts::{self, Chart},
    diff::{self, LineKind},
    labels,
    parts::{self, Group, Names, grouped},
    prose,
};
use crate::migrate::assess::{Assessment, EffortPart, FileDiff, WorkPackage};

/// The packages.
#[derive(Template)]
#[template(path = "work.html")]
pub(super) struct Work<'a> {
    packages: &'a [WorkPackage],
    names: &'a Names<'a>,
    chart: Safe<Chart>,
}

/// The packages.
pub(super) fn work<'a>(assessment: &'a Assessment, names: &'a Names<'a>) -> Safe<Work<'a>> {
    Safe(Work { packages: &assessment.packages, names, chart: charts::of_effort(assessment) })
}

impl<'a> Work<'a> {
    /// The weights that count in a package for any target, in the order in which they come.
    fn weights(package: &'a WorkPackage) -> Vec<&'a str> {
        let mut seen = BTreeSet::new();
        let parts = package.efforts.values().flat_map(|effort| &effort.parts);
        parts.map(|part| part.weight.as_str()).filter(|weight| seen.insert(*weight)).collect()
    }

    /// What a weight comes to in a package for a target.
    fn part(package: &'a WorkPackage, target: &str, weight: &str) -> Option<&'a EffortPart> {
        package.efforts.get(target)?.parts.iter().find(|part| part.weight == weight)
    }

    /// The verdicts and the work, each with the reason that decides. All reasons stand with the units.
    fn answers(&self, package: &'a WorkPackage) -> Vec<Group<'a>> {
        grouped(self.names.targets, |target| {
            let judgement = self.names.judgement(package.judgements.get(target));
            let mut group = Group::of(judgement);
            group.reasons = self.names.reasons(judgement.and_then(|judgement| judgement.reasons.first()));
            group.effort = package.efforts.get(target).map_or_else(String::new, labels::effort);
            group
        })
    }

    /// What a change is for: in place, or the step to a target.
    fn purpose(&self, diff: &'a FileDiff) -> String {
        let Some(id) = &diff.target else { return "in place".to_owned() };
        let target = self.names.targets.iter().find(|target| &target.id == id);
        format!("then for {}", target.map_or(id.as_str(), |target| &target.title))
    }
}
