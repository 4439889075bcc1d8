//! Making an assessment from a scan's findings and units and from the plans for its targets.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    Answered, ApiAnswer, Assessment, CallAnswer, ChecklistItem, Condition, FileDiff, ManualStep, Material, Place,
    SCHEMA_VERSION, SettingAnswer, TargetAnswer, UnitAnswer, Verdict, VerdictCounts, Weight, WorkPackage,
    answer::answer,
    effort::Sum,
    judge::{Judge, Sorted, rank, stays, worst_of},
    packages::{Group, common_folder, groups},
    reasons::{Judged, Reasons},
    states::{State, States},
    tables,
};
use crate::{
    finding::Finding,
    migrate::plan::Plan,
    rules::{effort::Work, model::FixLevel, support::Status, target::Target},
    unit::{Unit, UnitKind},
};

/// How many reasons a package has for each target, the deciding ones first; all of them stand with its units.
const MAX_OF_PACKAGE: usize = 3;
/// How many reasons a call has for each target.
const MAX_OF_CALL: usize = 4;

/// Makes the assessment.
pub fn assess(material: &Material<'_>) -> Assessment {
    let in_place = States::of(material.in_place.plan, material.in_place.gone);
    let to_target = material.to_target.map(|(_, planned)| States::of(planned.plan, planned.gone));
    let sorted = Sorted::of(material);
    let states_for = |target: &Target| match (&to_target, target.file.same_resource) {
        (Some(states), false) => states,
        _ => &in_place,
    };
    let answered: Vec<Answered<'_>> =
        material.targets.iter().map(|&target| answered(target, material, states_for(target), &sorted)).collect();
    let first = material.targets.first().map_or(&in_place, |target| states_for(target));
    let builder = Builder { material, answered: &answered, states: first, sorted: &sorted };
    let groups = builder.ordered(groups(material));
    let mut reasons = Reasons::default();
    let units = builder.units(&groups, &mut reasons);
    let packages = builder.packages(&groups, &mut reasons);
    let (judgements, reasons) = reasons.into_all();
    Assessment {
        schema_version: SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION").into(),
        name: material.name.clone(),
        date: material.date.clone(),
        summary: tables::summary(material),
        targets: answered.iter().map(|answered| builder.target(answered)).collect(),
        apis: tables::apis(material),
        judgements,
        reasons,
        units,
        packages,
        deployments: tables::deployments(material),
        configuration: tables::configuration(material),
        sites: tables::sites(material, first),
        rules: tables::rules(material),
        checklist: checklist(material),
        preconditions: conditions(material),
        weights: weights(material),
        diagnostics: material.diagnostics.clone(),
    }
}

fn answered<'m>(
    target: &'m Target,
    material: &Material<'m>,
    states: &'m States<'m>,
    sorted: &'m Sorted<'m>,
) -> Answered<'m> {
    let judge = Judge::new(target, material, states, sorted);
    let clients: Vec<Judged> = material.units.iter().map(|unit| judge.client(unit)).collect();
    let calls: Vec<Vec<Judged>> = material
        .units
        .iter()
        .zip(&clients)
        .map(|(unit, client)| unit.calls.iter().map(|call| judge.call(call, client)).collect())
        .collect();
    let units = clients.iter().zip(&calls).map(|(client, calls)| worst_of(client, calls)).collect();
    Answered { target, clients, calls, units }
}

struct Builder<'b> {
    material: &'b Material<'b>,
    answered: &'b [Answered<'b>],
    states: &'b States<'b>,
    sorted: &'b Sorted<'b>,
}

impl Builder<'_> {
    /// The groups in the order of doing: what is ready or mechanical for the first target before what is not, small before
    /// large.
    fn ordered(&self, mut groups: Vec<Group>) -> Vec<Group> {
        groups.sort_by_cached_key(|group| {
            let worst = self.answered.first().map_or(0, |answered| {
                group.units.iter().map(|&unit| rank(answered.clients[unit].verdict)).max().unwrap_or_default()
            });
            let sites: usize = group.units.iter().map(|&unit| self.findings_of(unit).len()).sum();
            (worst, sites, group.units.clone())
        });
        groups
    }

    fn findings_of(&self, unit: usize) -> &[&Finding] {
        let id = self.material.units[unit].id.as_str();
        self.sorted.of_unit.get(id).map(Vec::as_slice).unwrap_or_default()
    }

    fn units(&self, groups: &[Group], reasons: &mut Reasons) -> Vec<UnitAnswer> {
        let package: BTreeMap<usize, String> = groups
            .iter()
            .enumerate()
            .flat_map(|(number, group)| group.units.iter().map(move |&unit| (unit, package_id(number))))
            .collect();
        (0..self.material.units.len())
            .map(|number| self.unit(number, package.get(&number).cloned().unwrap_or_default(), reasons))
            .collect()
    }

    fn unit(&self, number: usize, package: String, reasons: &mut Reasons) -> UnitAnswer {
        let unit = &self.material.units[number];
        let mut judgements = BTreeMap::new();
        let mut call_judgements = BTreeMap::new();
        for one in self.answered {
            judgements.insert(one.target.id.clone(), reasons.judgement(&one.units[number], usize::MAX));
            let calls = one.calls[number].iter().map(|call| reasons.judgement(call, MAX_OF_CALL)).collect();
            call_judgements.insert(one.target.id.clone(), calls);
        }
        UnitAnswer {
            id: unit.id.clone(),
            kind: unit.kind,
            symbol: unit.symbol.clone(),
            local: unit.local.clone(),
            place: Place::from(&unit.location),
            settings: unit.settings.iter().map(SettingAnswer::from).collect(),
            deployments: unit.deployments.clone(),
            calls: unit.calls.iter().map(|call| CallAnswer::new(call, unit)).collect(),
            package,
            sites: self.findings_of(number).len() as u64,
            tested: self.is_tested(number),
            judgements,
            call_judgements,
        }
    }

    fn is_tested(&self, unit: usize) -> bool {
        let unit = &self.material.units[unit];
        let files = std::iter::once(&unit.location.path).chain(unit.calls.iter().map(|call| &call.location.path));
        files.into_iter().any(|path| self.material.tested.contains(path))
    }

    fn packages(&self, groups: &[Group], reasons: &mut Reasons) -> Vec<WorkPackage> {
        let mut packages: Vec<WorkPackage> = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            let package = self.package(number, group, &packages, reasons);
            packages.push(package);
        }
        packages.extend(self.rest(groups.len(), reasons));
        packages
    }

    fn package(&self, number: usize, group: &Group, before: &[WorkPackage], reasons: &mut Reasons) -> WorkPackage {
        let units = || group.units.iter().map(|&unit| &self.material.units[unit]);
        let findings: BTreeMap<&str, &Finding> = group
            .units
            .iter()
            .flat_map(|&unit| self.findings_of(unit))
            .map(|finding| (finding.fingerprint.as_str(), *finding))
            .collect();
        let mut files: BTreeSet<String> = findings.values().map(|finding| finding.location.path.clone()).collect();
        files.extend(units().map(|unit| unit.location.path.clone()));
        let diffs = self.diffs(&files);
        let after = before.iter().filter(|other| {
            let changed = |path: &String| diffs.iter().any(|diff| diff.path == *path);
            other.diffs.iter().any(|diff| changed(&diff.path))
        });
        let mut worst = |one: &Answered<'_>| {
            let judged = group.units.iter().map(|&unit| &one.units[unit]);
            let worst = judged.max_by_key(|judged| (rank(judged.verdict), std::cmp::Reverse(judged.level)));
            reasons.judgement(worst.unwrap_or(&Judged::default()), MAX_OF_PACKAGE)
        };
        WorkPackage {
            id: package_id(number),
            title: title(&units().collect::<Vec<_>>()),
            because: group.because.iter().take(6).cloned().collect(),
            units: units().map(|unit| unit.id.clone()).collect(),
            after: after.map(|other| other.id.clone()).collect(),
            files: files.into_iter().collect(),
            sites: findings.len() as u64,
            calls: units().map(|unit| unit.calls.len() as u64).sum(),
            judgements: self.answered.iter().map(|one| (one.target.id.clone(), worst(one))).collect(),
            efforts: self.answered.iter().map(|one| (one.target.id.clone(), self.sum(one, group).effort())).collect(),
            diffs,
            steps: self.steps(findings.values().copied()),
        }
    }

    /// What a group takes for a target.
    fn sum(&self, one: &Answered<'_>, group: &Group) -> Sum<'_> {
        let mut sum = Sum::new(self.material.weights);
        let mut seen = BTreeSet::new();
        for &unit in &group.units {
            sum.unit(&self.material.units[unit], &one.clients[unit], &one.calls[unit], self.is_tested(unit));
            let reasons = one.clients[unit].reasons.iter().chain(one.calls[unit].iter().flat_map(|call| &call.reasons));
            let places: BTreeSet<&Place> = reasons
                .filter(|reason| reason.verdict == Verdict::NeedsWork)
                .filter_map(|reason| reason.location.as_ref())
                .collect();
            for finding in self.findings_of(unit) {
                if places.contains(&Place::from(&finding.location)) && seen.insert(&finding.fingerprint) {
                    sum.by_hand(finding.class, matches!(self.states.get(finding), State::Held(_)));
                }
            }
        }
        sum
    }

    /// Sites that belong to no unit: they are work too, in a package of their own.
    fn rest(&self, number: usize, reasons: &mut Reasons) -> Option<WorkPackage> {
        let untied: Vec<&Finding> = self.material.findings.iter().filter(|finding| finding.units.is_empty()).collect();
        if untied.is_empty() {
            return None;
        }
        let files: BTreeSet<String> = untied.iter().map(|finding| finding.location.path.clone()).collect();
        let sum = self.sum_of_untied(&untied);
        let level = untied.iter().map(|finding| self.states.get(finding).level()).min();
        let judged = Judged {
            verdict: if level == Some(FixLevel::Manual) { Verdict::NeedsWork } else { Verdict::AfterFix },
            level: level.filter(|level| *level != FixLevel::Manual),
            reasons: Vec::new(),
        };
        let judgement = reasons.judgement(&judged, MAX_OF_PACKAGE);
        Some(WorkPackage {
            id: package_id(number),
            title: "Sites that belong to no client".to_owned(),
            because: vec!["No client that the code makes could be found for them; each stands by itself.".to_owned()],
            units: Vec::new(),
            diffs: self.diffs(&files),
            files: files.into_iter().collect(),
            sites: untied.len() as u64,
            calls: 0,
            after: Vec::new(),
            judgements: self.answered.iter().map(|one| (one.target.id.clone(), judgement)).collect(),
            efforts: self.answered.iter().map(|one| (one.target.id.clone(), sum.effort())).collect(),
            steps: self.steps(untied.iter().copied()),
        })
    }

    fn sum_of_untied(&self, untied: &[&Finding]) -> Sum<'_> {
        let mut sum = Sum::new(self.material.weights);
        for finding in untied {
            match self.states.get(finding) {
                State::Changed(fix) if fix.level == FixLevel::Safe => sum.add(Work::SafeChange, 1),
                State::Changed(_) => sum.add(Work::UnsafeChange, 1),
                State::Held(_) => sum.by_hand(finding.class, true),
                State::Manual => sum.by_hand(finding.class, false),
            }
        }
        sum
    }

    fn diffs(&self, files: &BTreeSet<String>) -> Vec<FileDiff> {
        let same = self.material.targets.iter().any(|target| target.file.same_resource);
        let in_place = same.then_some((None, self.material.in_place.plan));
        let to_target = self.material.to_target.map(|(target, planned)| (Some(target.id.clone()), planned.plan));
        let mut diffs = Vec::new();
        for (target, plan) in in_place.into_iter().chain(to_target) {
            diffs.extend(self.diffs_of(plan, target.as_ref(), files));
        }
        diffs
    }

    fn diffs_of(&self, plan: &Plan, target: Option<&String>, files: &BTreeSet<String>) -> Vec<FileDiff> {
        let changed = plan.files.iter().filter(|file| files.contains(&file.path));
        changed
            .map(|file| {
                let (hunks, cut) = (self.material.diff)(file);
                let level = file.fixes.iter().map(|fix| fix.level).min().unwrap_or_default();
                FileDiff { path: file.path.clone(), level, target: target.cloned(), hunks, cut }
            })
            .collect()
    }

    /// What is left to do by hand, by rule.
    fn steps<'f>(&self, findings: impl Iterator<Item = &'f Finding>) -> Vec<ManualStep> {
        let mut steps: BTreeMap<&str, ManualStep> = BTreeMap::new();
        for finding in findings {
            if self.material.targets.iter().all(|target| stays(target, finding)) {
                continue;
            }
            let reasons = match self.states.get(finding) {
                State::Changed(_) => continue,
                State::Held(held) => held.reasons.clone(),
                State::Manual => Vec::new(),
            };
            let rule = self.material.rules.iter().find(|rule| rule.id == finding.rule);
            let step = steps.entry(&finding.rule).or_insert_with(|| ManualStep {
                rule: finding.rule.clone(),
                title: rule.map_or_else(|| finding.message.clone(), |rule| rule.file.title.clone()),
                recipe: rule.and_then(|rule| rule.file.fix.recipe.clone()),
                reasons: Vec::new(),
                places: Vec::new(),
            });
            step.places.push(Place::from(&finding.location));
            for reason in reasons {
                if !step.reasons.contains(&reason) {
                    step.reasons.push(reason);
                }
            }
        }
        let mut steps: Vec<ManualStep> = steps.into_values().collect();
        for step in &mut steps {
            step.places.sort();
        }
        steps
    }

    fn target(&self, one: &Answered<'_>) -> TargetAnswer {
        let (mut calls, mut units) = (VerdictCounts::default(), VerdictCounts::default());
        one.calls.iter().flatten().for_each(|judged| calls.add(judged.verdict, judged.level));
        one.units.iter().for_each(|judged| units.add(judged.verdict, judged.level));
        let worst = one.units.iter().max_by_key(|judgement| rank(judgement.verdict));
        let file = &one.target.file;
        TargetAnswer {
            id: one.target.id.clone(),
            title: file.title.clone(),
            answer: answer(self.material, one, &calls),
            verdict: worst.map_or(Verdict::Ready, |judgement| judgement.verdict),
            calls,
            units,
            apis: self.apis(one),
            effort: self.total(one).effort(),
            base_url: file.base_url.value.clone(),
            key: format!("{}. {}", file.key.is, file.key.from),
            model: file.model.form.clone(),
            notes: file.notes.clone(),
            links: file.links.clone(),
            checked: file.checked.clone(),
        }
    }

    fn total(&self, one: &Answered<'_>) -> Sum<'_> {
        let all = Group { units: (0..self.material.units.len()).collect(), ..Group::default() };
        let mut sum = self.sum(one, &all);
        let untied: Vec<&Finding> = self.material.findings.iter().filter(|finding| finding.units.is_empty()).collect();
        sum.include(&self.sum_of_untied(&untied));
        if !one.target.file.same_resource {
            sum.add(
                Work::Setting,
                self.material.to_target.map_or(0, |(_, planned)| planned.plan.settings.len() as u64),
            );
            let unknown = tables::deployments(self.material).iter().filter(|entry| entry.model.is_none()).count();
            sum.add(Work::DeploymentModel, unknown as u64);
        }
        sum
    }

    fn apis(&self, one: &Answered<'_>) -> Vec<ApiAnswer> {
        let answer = |used: super::ApiUse| {
            let support = one.target.api(&used.id);
            let mut calls = VerdictCounts::default();
            for (unit, judgements) in self.material.units.iter().zip(&one.calls) {
                let of_api = unit.calls.iter().zip(judgements).filter(|(call, _)| call.api == used.id);
                of_api.for_each(|(_, judged)| calls.add(judged.verdict, judged.level));
            }
            let retired = used.retired.map(|since| format!("Retired everywhere since {since}."));
            ApiAnswer {
                api: used.id,
                support: if retired.is_some() { Status::No.name() } else { support.status.name() }.to_owned(),
                says: retired.or_else(|| support.says.clone()),
                source: support.source.clone(),
                calls,
            }
        };
        tables::apis(self.material).into_iter().map(answer).collect()
    }
}

fn package_id(number: usize) -> String {
    format!("package-{}", number + 1)
}

/// What a package is about: its symbols and where they lie.
fn title(units: &[&Unit]) -> String {
    let names: BTreeSet<String> = units.iter().map(|unit| called(unit)).collect();
    let mut listed: Vec<String> = names.into_iter().collect();
    let more = listed.len().saturating_sub(3);
    listed.truncate(3);
    let mut title = listed.join(", ");
    if more > 0 {
        let _ = write!(title, " and {more} more");
    }
    let place = match units {
        [only] => only.location.path.clone(),
        many => common_folder(many.iter().map(|unit| unit.location.path.as_str())),
    };
    let place = place.trim_end_matches('/');
    if place.is_empty() || place == "." { title } else { format!("{title} in {place}") }
}

/// What readers call a unit: the last part of its symbol, where that says something.
fn called(unit: &Unit) -> String {
    let symbol = match (&unit.symbol, unit.kind) {
        (_, UnitKind::Request) => return "HTTP requests".to_owned(),
        (Some(symbol), _) => symbol.trim_end_matches("()"),
        (None, _) => return unit.local.clone(),
    };
    match symbol.rsplit_once('.') {
        Some((module, "default")) => format!("{module} client"),
        Some((_, last)) => last.to_owned(),
        None => symbol.to_owned(),
    }
}

fn checklist(material: &Material<'_>) -> Vec<ChecklistItem> {
    let item = |stay: &crate::rules::model::Stay| ChecklistItem {
        asks: stay.asks.clone(),
        why: stay.why.clone(),
        links: stay.links.clone(),
    };
    material.stay.iter().map(item).collect()
}

fn conditions(material: &Material<'_>) -> Vec<Condition> {
    let plans = std::iter::once(material.in_place.plan).chain(material.to_target.map(|(_, planned)| planned.plan));
    let mut found: BTreeMap<(String, Option<String>), u64> = BTreeMap::new();
    for condition in plans.flat_map(|plan| &plan.preconditions) {
        let files = found.entry((condition.says.clone(), condition.check.clone())).or_default();
        *files = (*files).max(condition.files.len() as u64);
    }
    found.into_iter().map(|((says, check), files)| Condition { says, check, files }).collect()
}

fn weights(material: &Material<'_>) -> Vec<Weight> {
    let weight = |weight: &crate::rules::effort::Weight| Weight {
        id: weight.id.name().to_owned(),
        says: weight.says.clone(),
        low: weight.low,
        high: weight.high,
        because: weight.because.clone(),
    };
    material.weights.iter().map(weight).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Location, Point};

    #[test]
    fn units_are_called_what_readers_call_them() {
        let called = |kind, symbol: &str| {
            let point = Point { line: 1, column: 1, column_utf16: 1, byte: 0 };
            called(&Unit {
                id: String::new(),
                kind,
                symbol: Some(symbol.to_owned()),
                local: String::new(),
                location: Location { path: String::new(), start: point, end: point },
                settings: Vec::new(),
                deployments: Vec::new(),
                sources: Vec::new(),
                calls: Vec::new(),
            })
        };
        assert_eq!(called(UnitKind::Client, "sdk.lib.Client()"), "Client");
        assert_eq!(called(UnitKind::Client, "@scope/sdk.default"), "@scope/sdk client");
        assert_eq!(called(UnitKind::Module, "sdk"), "sdk");
        assert_eq!(called(UnitKind::Request, "requests.post"), "HTTP requests");
    }
}
