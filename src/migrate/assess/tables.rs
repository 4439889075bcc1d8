//! The tables of an assessment: counts, deployments, settings, sites, rules.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ApiUse, ConfigurationEntry, Count, DeploymentEntry, Material, Place, Planned, RuleNote, Site, Summary,
    states::States,
};
use crate::{
    finding::Finding,
    migrate::plan::Setting,
    rules::{apis::OTHER, model::Severity, target::Target},
};

/// How many folders are told apart.
const MAX_FOLDERS: usize = 12;
/// How many characters of a site's text an inventory shows.
const MAX_LOCAL: usize = 60;

pub(super) fn summary(material: &Material<'_>) -> Summary {
    let mut tied: BTreeSet<&str> = material.findings.iter().map(|finding| finding.location.path.as_str()).collect();
    tied.extend(material.units.iter().flat_map(|unit| &unit.calls).map(|call| call.location.path.as_str()));
    Summary {
        files_read: material.files_read,
        files_tied: tied.len() as u64,
        sites: material.findings.len() as u64,
        units: material.units.len() as u64,
        calls: material.units.iter().map(|unit| unit.calls.len() as u64).sum(),
        by_class: by_class(material.findings),
        by_severity: by_severity(material.findings),
        by_folder: by_folder(material.findings),
        untied: material.findings.iter().filter(|finding| finding.units.is_empty()).count() as u64,
    }
}

/// Counts, most first.
fn counted(names: impl Iterator<Item = String>) -> Vec<Count> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    let mut counts: Vec<Count> = counts.into_iter().map(|(name, count)| Count { name, count }).collect();
    counts.sort_by(|a, b| (b.count, &a.name).cmp(&(a.count, &b.name)));
    counts
}

fn by_class(findings: &[Finding]) -> Vec<Count> {
    counted(findings.iter().map(|finding| word(&finding.class)))
}

fn by_severity(findings: &[Finding]) -> Vec<Count> {
    let of = |severity: Severity| Count {
        name: word(&severity),
        count: findings.iter().filter(|finding| finding.severity == severity).count() as u64,
    };
    [Severity::Error, Severity::Warning, Severity::Note].map(of).into_iter().filter(|count| count.count > 0).collect()
}

/// The word that stands for a value in data.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Sites by folder. Folders are told apart as deep as that makes few enough of them.
fn by_folder(findings: &[Finding]) -> Vec<Count> {
    let at_depth = |depth: usize| {
        counted(findings.iter().map(|finding| {
            let path = finding.location.path.trim_start_matches("./");
            let parts: Vec<&str> = path.split('/').collect();
            let folders = &parts[..parts.len() - 1];
            if folders.is_empty() { ".".to_owned() } else { folders[..folders.len().min(depth)].join("/") }
        }))
    };
    let mut best = at_depth(1);
    for depth in 2..8 {
        let deeper = at_depth(depth);
        if deeper.len() > MAX_FOLDERS || deeper.len() == best.len() && depth > 4 {
            break;
        }
        best = deeper;
    }
    if best.len() > MAX_FOLDERS {
        let rest: u64 = best[MAX_FOLDERS - 1..].iter().map(|count| count.count).sum();
        best.truncate(MAX_FOLDERS - 1);
        best.push(Count { name: "(other folders)".to_owned(), count: rest });
    }
    best
}

/// The parts of the API that are called, most called first.
pub(super) fn apis(material: &Material<'_>) -> Vec<ApiUse> {
    let calls = material.units.iter().flat_map(|unit| &unit.calls);
    counted(calls.map(|call| call.api.clone()))
        .into_iter()
        .map(|count| {
            let api = material.apis.iter().find(|api| api.id == count.name);
            let other = if count.name == OTHER { "Other calls" } else { count.name.as_str() };
            ApiUse {
                title: api.map_or(other, |api| api.title.as_str()).to_owned(),
                retired: api.and_then(|api| api.retired.as_ref()).map(|retired| retired.since.clone()),
                id: count.name,
                calls: count.count,
            }
        })
        .collect()
}

pub(super) fn deployments(material: &Material<'_>) -> Vec<DeploymentEntry> {
    let mut found: BTreeMap<(String, bool), (u64, BTreeSet<Place>)> = BTreeMap::new();
    for unit in material.units {
        for one in &unit.deployments {
            let entry = found.entry((one.name.clone(), one.variable)).or_default();
            entry.1.insert(Place::from(&unit.location));
        }
        for call in &unit.calls {
            if let Some(one) = &call.deployment {
                let entry = found.entry((one.name.clone(), one.variable)).or_default();
                entry.0 += 1;
                entry.1.insert(Place::from(&call.location));
            } else if let [only] = unit.deployments.as_slice() {
                found.entry((only.name.clone(), only.variable)).or_default().0 += 1;
            }
        }
    }
    found
        .into_iter()
        .map(|((name, variable), (calls, places))| DeploymentEntry {
            model: material.models.get(&name).filter(|model| !model.is_empty()).cloned(),
            name,
            variable,
            calls,
            places: places.into_iter().collect(),
        })
        .collect()
}

/// What has to be configured: the settings that changed code reads, then the variables that nothing takes the place of.
pub(super) fn configuration(material: &Material<'_>) -> Vec<ConfigurationEntry> {
    let mut entries: Vec<ConfigurationEntry> = Vec::new();
    if let Some((planned, Planned { plan, .. })) = material.to_target {
        entries.extend(plan.settings.iter().map(|setting| ConfigurationEntry {
            old: setting.instead_of.clone(),
            new: Some(setting.name.clone()),
            secret: setting.secret,
            values: values(material, planned, setting),
            places: places_of(material, &setting.instead_of),
        }));
    }
    let known: BTreeSet<String> = entries.iter().flat_map(|entry| entry.old.iter().cloned()).collect();
    let is_known = |name: &str| known.iter().any(|old| old.contains(name));
    let mut left: BTreeMap<&str, BTreeSet<Place>> = BTreeMap::new();
    for setting in material.units.iter().flat_map(|unit| &unit.settings).filter(|one| !is_known(&one.name)) {
        left.entry(&setting.name).or_default().insert(Place::from(&setting.location));
    }
    for source in material.units.iter().flat_map(|unit| &unit.sources) {
        if let Some(places) = left.get_mut(source.name.as_str()) {
            places.insert(Place::from(&source.location));
        }
    }
    entries.extend(left.into_iter().map(|(name, places)| ConfigurationEntry {
        old: vec![name.to_owned()],
        new: None,
        secret: false,
        values: BTreeMap::new(),
        places: places.into_iter().collect(),
    }));
    entries
}

/// The value of a setting, or its shape, at each of the targets that are another host.
fn values(material: &Material<'_>, planned: &Target, setting: &Setting) -> BTreeMap<String, String> {
    let elsewhere = material.targets.iter().filter(|target| !target.file.same_resource);
    let value = |target: &Target| {
        if setting.secret {
            target.file.key.is.clone()
        } else if setting.value == planned.file.base_url.value {
            target.file.base_url.value.clone()
        } else if setting.value.is_empty() {
            target.file.model.form.clone()
        } else {
            setting.value.clone()
        }
    };
    elsewhere.map(|target| (target.id.clone(), value(target))).collect()
}

/// Where units read the variables that the old texts name, and where documents set these.
fn places_of(material: &Material<'_>, old: &[String]) -> Vec<Place> {
    let is_named = |name: &str| old.iter().any(|text| text.contains(name));
    let read = material.units.iter().flat_map(|unit| &unit.settings).map(|read| (&read.name, &read.location));
    let set = material.units.iter().flat_map(|unit| &unit.sources).map(|set| (&set.name, &set.location));
    let named = read.chain(set).filter(|(name, _)| is_named(name));
    let places: BTreeSet<Place> = named.map(|(_, location)| Place::from(location)).collect();
    places.into_iter().collect()
}

pub(super) fn sites(material: &Material<'_>, states: &States<'_>) -> Vec<Site> {
    let site = |finding: &Finding| Site {
        rule: finding.rule.clone(),
        class: finding.class,
        severity: finding.severity,
        place: Place::from(&finding.location),
        local: shortened(&finding.local),
        fix: states.get(finding).level(),
        units: finding.units.clone(),
    };
    material.findings.iter().map(site).collect()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_LOCAL {
        return text.to_owned();
    }
    text.chars().take(MAX_LOCAL - 1).chain(['…']).collect()
}

pub(super) fn rules(material: &Material<'_>) -> Vec<RuleNote> {
    let counts = counted(material.findings.iter().map(|finding| finding.rule.clone()));
    let counts: BTreeMap<&str, u64> = counts.iter().map(|count| (count.name.as_str(), count.count)).collect();
    let found = material.rules.iter().filter(|rule| counts.contains_key(rule.id.as_str()));
    found
        .map(|rule| RuleNote {
            id: rule.id.clone(),
            title: rule.file.title.clone(),
            class: rule.file.class,
            sites: counts[rule.id.as_str()],
            why: rule.file.why.clone(),
            links: rule.file.links.clone(),
            checked: rule.file.checked.clone(),
        })
        .collect()
}
