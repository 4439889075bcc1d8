//! Putting units together from what the files of a tree tell: which clients are tied to the vendor, every call on them,
//! their settings, and which findings belong to them.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Call, SettingRead, Step, Unit, UnitKind,
    documents::Source,
    uses::{FileUses, Made, Tie, Where},
};
use crate::{
    finding::{Evidence, EvidenceKind, Finding, Location},
    input::modules::FileId,
    resolve::paths::Site,
};

/// What one file tells.
pub struct FilePart {
    /// The file.
    pub file: FileId,
    /// Its path as reports show it.
    pub path: String,
    /// Its findings.
    pub findings: Vec<Finding>,
    /// What it tells of units; a tie for each of the findings.
    pub uses: FileUses,
}

/// What names a unit before it has an id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Site(Site),
    /// The SDK's module, in all files.
    Module,
}

/// The files of a tree, put together.
pub struct Assembly {
    parts: Vec<FilePart>,
    made: BTreeMap<Site, Made>,
    units: BTreeMap<Key, Unit>,
    /// For a declared client that calls show to be a constructed one: that one.
    really: BTreeMap<Site, BTreeSet<Site>>,
}

impl Assembly {
    /// Takes in what the files tell.
    pub fn new(parts: Vec<FilePart>) -> Self {
        let made = parts.iter().flat_map(|part| part.uses.made.iter().map(|made| (made.site, made.clone()))).collect();
        Self { parts, made, units: BTreeMap::new(), really: BTreeMap::new() }
    }

    /// The findings, each with its units, and the units by location.
    pub fn finish(mut self) -> (Vec<Finding>, Vec<Unit>) {
        self.clients();
        self.calls();
        self.modules();
        self.drop_idle_declarations();
        self.add_sources();
        let keys = self.numbered();
        let mut keys_of_findings = self.all_ties().into_iter();
        let mut findings = Vec::new();
        let known: BTreeMap<String, Location> =
            self.units.values().map(|unit| (unit.id.clone(), unit.location.clone())).collect();
        for part in self.parts {
            for mut finding in part.findings {
                let own = keys_of_findings.next().unwrap_or_default();
                let mut units: Vec<&String> = own.iter().filter_map(|key| keys.get(key)).collect();
                units.sort_by_key(|id| number(id));
                units.dedup();
                finding.units = units.into_iter().cloned().collect();
                show_origin(&mut finding, &known);
                findings.push(finding);
            }
        }
        let mut units: Vec<Unit> = self.units.into_values().collect();
        units.sort_by_key(|unit| number(&unit.id));
        (findings, units)
    }

    fn is_moored(&self, site: &Site) -> bool {
        self.made.get(site).is_some_and(|made| made.found)
    }

    fn clients(&mut self) {
        for made in self.made.values().filter(|made| made.found) {
            let kind = match (made.is_request, made.site.declared) {
                (true, _) => UnitKind::Request,
                (false, true) => UnitKind::Declared,
                (false, false) => UnitKind::Client,
            };
            let unit = Unit {
                id: String::new(),
                kind,
                symbol: Some(made.symbol.clone()),
                local: made.local.clone(),
                location: made.location.clone(),
                settings: self.located(made.settings.iter()),
                deployments: made.deployments.clone(),
                sources: Vec::new(),
                calls: Vec::new(),
            };
            self.units.insert(Key::Site(made.site), unit);
        }
    }

    fn located<'w>(&self, read: impl Iterator<Item = &'w (String, Where)>) -> Vec<SettingRead> {
        let mut settings: Vec<SettingRead> = read
            .filter_map(|(name, place)| {
                let location = match place {
                    Where::Here(location) => location.clone(),
                    Where::There(site) => self.point(*site)?,
                };
                Some(SettingRead { name: name.clone(), location })
            })
            .collect();
        settings.sort();
        settings.dedup();
        settings
    }

    fn part(&self, file: FileId) -> Option<&FilePart> {
        let found = self.parts.binary_search_by_key(&file, |part| part.file).ok()?;
        self.parts.get(found)
    }

    fn point(&self, site: Site) -> Option<Location> {
        self.part(site.file)?.uses.points.get(&site.at).cloned()
    }

    /// The clients of a call that are tied to the vendor: constructed ones rather than what a declaration says of them.
    fn clients_of(&self, clients: &[Site]) -> BTreeSet<Site> {
        let moored: BTreeSet<Site> = clients.iter().copied().filter(|site| self.is_moored(site)).collect();
        let constructed: BTreeSet<Site> = moored.iter().copied().filter(|site| !site.declared).collect();
        if constructed.is_empty() { moored } else { constructed }
    }

    fn calls(&mut self) {
        let mut found: Vec<(Key, Call)> = Vec::new();
        let mut really: BTreeMap<Site, BTreeSet<Site>> = BTreeMap::new();
        for part in &self.parts {
            for used in &part.uses.calls {
                let clients = self.clients_of(&used.clients);
                for declared in used.clients.iter().filter(|site| site.declared) {
                    really.entry(*declared).or_default().extend(clients.iter().filter(|site| !site.declared));
                }
                found.extend(clients.into_iter().map(|site| (Key::Site(site), used.call.clone())));
            }
        }
        self.really = really;
        for (key, call) in found {
            self.add_call(&key, call);
        }
    }

    fn add_call(&mut self, key: &Key, mut call: Call) {
        let Some(unit) = self.units.get_mut(key) else { return };
        let first =
            Step { kind: EvidenceKind::Construction, location: unit.location.clone(), text: unit.local.clone() };
        call.chain.insert(0, first);
        if let Some(deployment) = &call.deployment
            && !unit.deployments.contains(deployment)
        {
            unit.deployments.push(deployment.clone());
            unit.deployments.sort();
        }
        unit.calls.push(call);
    }

    /// The SDK's module, where findings configure it for the vendor.
    fn modules(&mut self) {
        let configured =
            |tie: &Tie, finding: &Finding| tie.module && finding.class != crate::rules::model::Class::Model;
        let first = self
            .parts
            .iter()
            .flat_map(|part| part.uses.ties.iter().zip(&part.findings))
            .filter(|(tie, finding)| configured(tie, finding))
            .map(|(_, finding)| finding)
            .min_by(|a, b| a.location.cmp(&b.location));
        let Some(first) = first else { return };
        let unit = Unit {
            id: String::new(),
            kind: UnitKind::Module,
            symbol: first.symbol.as_deref().map(|symbol| symbol.split('.').next().unwrap_or(symbol).to_owned()),
            local: first.local.clone(),
            location: first.location.clone(),
            settings: self.located(self.parts.iter().flat_map(|part| &part.uses.module_settings)),
            deployments: Vec::new(),
            sources: Vec::new(),
            calls: Vec::new(),
        };
        self.units.insert(Key::Module, unit);
        let calls: Vec<Call> = self
            .parts
            .iter()
            .flat_map(|part| &part.uses.calls)
            .filter(|used| used.clients.is_empty())
            .map(|used| used.call.clone())
            .collect();
        for call in calls {
            self.add_call(&Key::Module, call);
        }
    }

    /// A declaration without calls of its own is no unit.
    fn drop_idle_declarations(&mut self) {
        self.units.retain(|_, unit| unit.kind != UnitKind::Declared || !unit.calls.is_empty());
    }

    /// Numbers the units by location.
    fn numbered(&mut self) -> BTreeMap<Key, String> {
        let mut order: Vec<Key> = self.units.keys().cloned().collect();
        order.sort_by(|a, b| (&self.units[a].location, a).cmp(&(&self.units[b].location, b)));
        let mut ids = BTreeMap::new();
        for (number, key) in order.into_iter().enumerate() {
            if let Some(unit) = self.units.get_mut(&key) {
                unit.id = format!("unit-{}", number + 1);
                unit.calls.sort_by(|a, b| a.location.cmp(&b.location));
                ids.insert(key, unit.id.clone());
            }
        }
        ids
    }

    /// The units of each finding, in the order of parts and findings.
    fn all_ties(&self) -> Vec<BTreeSet<Key>> {
        let by_variable = self.units_by_variable();
        let by_text = self.units_by_text();
        let mut all = Vec::new();
        for part in &self.parts {
            for (number, _) in part.findings.iter().enumerate() {
                let tie = part.uses.ties.get(number).cloned().unwrap_or_default();
                all.push(self.keys_of(part, &tie, &by_variable, &by_text));
            }
        }
        all
    }

    fn keys_of(
        &self,
        part: &FilePart,
        tie: &Tie,
        by_variable: &BTreeMap<String, BTreeSet<Key>>,
        by_text: &BTreeMap<(FileId, u32), BTreeSet<Key>>,
    ) -> BTreeSet<Key> {
        let mut keys = BTreeSet::new();
        for site in &tie.sites {
            match self.really.get(site).filter(|really| !really.is_empty()) {
                Some(really) => keys.extend(really.iter().map(|site| Key::Site(*site))),
                None => {
                    keys.insert(Key::Site(*site));
                }
            }
        }
        keys.retain(|key| self.units.contains_key(key));
        if keys.is_empty() && tie.module && self.units.contains_key(&Key::Module) {
            keys.insert(Key::Module);
        }
        if keys.is_empty()
            && let Some(variable) = &tie.variable
        {
            keys.extend(by_variable.get(variable).into_iter().flatten().cloned());
        }
        if keys.is_empty() {
            let around = by_text.range((part.file, tie.at)..=(part.file, tie.end));
            keys.extend(around.flat_map(|(_, keys)| keys.iter().cloned()));
        }
        keys
    }

    fn units_by_variable(&self) -> BTreeMap<String, BTreeSet<Key>> {
        let mut units: BTreeMap<String, BTreeSet<Key>> = BTreeMap::new();
        for (key, unit) in &self.units {
            let deployments = unit.deployments.iter().filter(|deployment| deployment.variable);
            let names = unit.settings.iter().map(|setting| &setting.name).chain(deployments.map(|one| &one.name));
            for name in names {
                units.entry(name.clone()).or_default().insert(key.clone());
            }
        }
        units
    }

    /// Settings are set in documents.
    fn add_sources(&mut self) {
        let by_variable = self.units_by_variable();
        let mut sources: Vec<(Key, Source)> = Vec::new();
        for source in self.parts.iter().flat_map(|part| &part.uses.told.sources) {
            let keys = by_variable.get(&source.name).into_iter().flatten();
            sources.extend(keys.map(|key| (key.clone(), source.clone())));
        }
        sources.sort();
        for (key, source) in sources {
            if let Some(unit) = self.units.get_mut(&key) {
                unit.sources.push(source);
            }
        }
    }

    fn units_by_text(&self) -> BTreeMap<(FileId, u32), BTreeSet<Key>> {
        let mut units: BTreeMap<(FileId, u32), BTreeSet<Key>> = BTreeMap::new();
        for made in self.made.values().filter(|made| made.found) {
            for text in &made.texts {
                units.entry((text.file, text.at)).or_default().insert(Key::Site(made.site));
            }
        }
        units
    }
}

/// The number in a unit's id.
fn number(id: &str) -> u32 {
    id.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// A finding of a unit that is made in another file says where.
fn show_origin(finding: &mut Finding, units: &BTreeMap<String, Location>) {
    let Some(made) = finding.units.first().and_then(|id| units.get(id)) else { return };
    if made.path == finding.location.path || finding.symbol.is_none() {
        return;
    }
    finding.evidence.insert(
        0,
        Evidence {
            kind: EvidenceKind::Construction,
            path: Some(made.path.clone()),
            start: made.start,
            end: made.end,
            text: finding.units.first().cloned().unwrap_or_default(),
        },
    );
}
