//! Work packages: units that must move together, in the order of doing. Units belong together when they are made in one
//! file, share a site, or are configured by the same variable: one of them cannot be changed without the other.

use std::collections::{BTreeMap, BTreeSet};

use super::Material;
use crate::unit::Unit;

/// Units that move together.
#[derive(Debug, Default)]
pub(super) struct Group {
    /// Positions among the units.
    pub(super) units: Vec<usize>,
    /// Why, one sentence each.
    pub(super) because: BTreeSet<String>,
}

/// Puts units into groups, each in order of location.
pub(super) fn groups(material: &Material<'_>) -> Vec<Group> {
    let units = material.units;
    let mut joined = Joined::new(units.len());
    let mut reasons: Vec<(usize, String)> = Vec::new();
    let mut join = |members: &BTreeSet<usize>, says: String| {
        let mut members = members.iter();
        let Some(&first) = members.next() else { return };
        let mut is_shared = false;
        for &other in members {
            joined.join(first, other);
            is_shared = true;
        }
        if is_shared {
            reasons.push((first, says));
        }
    };
    for (path, members) in by(units, |unit| vec![unit.location.path.clone()]) {
        join(&members, format!("They are made in one file, {path}."));
    }
    for (name, members) in by(units, |unit| unit.settings.iter().map(|setting| setting.name.clone()).collect()) {
        join(&members, format!("They are configured by {name}."));
    }
    for (name, members) in
        by(units, |unit| unit.deployments.iter().filter(|one| one.variable).map(|one| one.name.clone()).collect())
    {
        join(&members, format!("They use the deployment that {name} names."));
    }
    for (number, members) in shared_findings(material) {
        let place = &material.findings[number].location;
        join(&members, format!("They share the site at {}:{}.", place.path, place.start.line));
    }
    let mut groups: BTreeMap<usize, Group> = BTreeMap::new();
    for unit in 0..units.len() {
        groups.entry(joined.root(unit)).or_default().units.push(unit);
    }
    for (unit, says) in reasons {
        if let Some(group) = groups.get_mut(&joined.root(unit)) {
            group.because.insert(says);
        }
    }
    groups.into_values().collect()
}

fn by(units: &[Unit], names: impl Fn(&Unit) -> Vec<String>) -> BTreeMap<String, BTreeSet<usize>> {
    let mut members: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (number, unit) in units.iter().enumerate() {
        for name in names(unit) {
            members.entry(name).or_default().insert(number);
        }
    }
    members
}

/// Findings of several units, by their position, with the positions of those.
fn shared_findings(material: &Material<'_>) -> Vec<(usize, BTreeSet<usize>)> {
    let positions: BTreeMap<&str, usize> =
        material.units.iter().enumerate().map(|(number, unit)| (unit.id.as_str(), number)).collect();
    let shared = material.findings.iter().enumerate().filter(|(_, finding)| finding.units.len() > 1);
    shared
        .map(|(number, finding)| {
            (number, finding.units.iter().filter_map(|id| positions.get(id.as_str()).copied()).collect())
        })
        .collect()
}

/// Sets that grow together.
struct Joined {
    parents: Vec<usize>,
}

impl Joined {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn root(&mut self, mut one: usize) -> usize {
        while self.parents[one] != one {
            self.parents[one] = self.parents[self.parents[one]];
            one = self.parents[one];
        }
        one
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let (first, second) = (one.min(other), one.max(other));
        self.parents[second] = first;
    }
}

/// The directory that all paths lie in, with its slash; empty for the root.
pub(super) fn common_folder<'p>(mut paths: impl Iterator<Item = &'p str>) -> String {
    let folder = |path: &str| path.rfind('/').map_or(String::new(), |slash| path[..=slash].to_owned());
    let Some(first) = paths.next() else { return String::new() };
    let mut common = folder(first);
    for path in paths {
        while !path.starts_with(common.as_str()) {
            let parent = common.trim_end_matches('/');
            common = folder(parent);
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_folder_ends_at_a_slash() {
        let common = |paths: &[&str]| common_folder(paths.iter().copied());
        assert_eq!(common(&["a/b/c.py", "a/b/d.py"]), "a/b/");
        assert_eq!(common(&["a/bc/c.py", "a/b/d.py"]), "a/");
        assert_eq!(common(&["c.py", "a/d.py"]), "");
        assert_eq!(common(&[]), "");
    }

    #[test]
    fn sets_grow_together() {
        let mut joined = Joined::new(5);
        joined.join(3, 1);
        joined.join(4, 3);
        let roots: Vec<usize> = (0..5).map(|one| joined.root(one)).collect();
        assert_eq!(roots, [0, 1, 2, 1, 1]);
    }
}
