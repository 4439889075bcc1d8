//! Verdicts: whether a call, a unit or the whole tree can go to a target, and what that rests on.
//!
//! Three things are asked of a call: has the target what it uses (data about targets), is its client ready for the target
//! (what the plan does with the sites that make it up), and does the call itself hold anything that ties it. The worst
//! answer decides; all answers that are not a plain yes are kept as reasons.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Material, Place, Reason, Verdict,
    reasons::Judged,
    states::{State, States},
};
use crate::{
    finding::Finding,
    rules::{
        apis::{Api, OTHER},
        model::{Class, FixLevel},
        support::{Status, Support},
        target::Target,
    },
    unit::{Call, Unit, UnitKind},
};

/// How many reasons are kept for one judgement.
const MAX_REASONS: usize = 12;

/// Judges for one target.
pub(super) struct Judge<'m> {
    pub(super) target: &'m Target,
    states: &'m States<'m>,
    apis: &'m [Api],
    titles: BTreeMap<&'m str, &'m str>,
    /// The findings of each unit.
    of_unit: &'m BTreeMap<&'m str, Vec<&'m Finding>>,
    /// The finding by its fingerprint.
    by_fingerprint: &'m BTreeMap<&'m str, &'m Finding>,
    /// The fingerprints of findings that lie at calls.
    at_calls: &'m BTreeSet<&'m str>,
}

/// Findings as judges look for them.
pub(super) struct Sorted<'m> {
    pub(super) of_unit: BTreeMap<&'m str, Vec<&'m Finding>>,
    by_fingerprint: BTreeMap<&'m str, &'m Finding>,
    at_calls: BTreeSet<&'m str>,
}

impl<'m> Sorted<'m> {
    pub(super) fn of(material: &Material<'m>) -> Self {
        let mut of_unit: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in material.findings {
            for unit in &finding.units {
                of_unit.entry(unit).or_default().push(finding);
            }
        }
        let calls = material.units.iter().flat_map(|unit| &unit.calls);
        Self {
            of_unit,
            by_fingerprint: material.findings.iter().map(|finding| (finding.fingerprint.as_str(), finding)).collect(),
            at_calls: calls.flat_map(|call| &call.findings).map(String::as_str).collect(),
        }
    }
}

impl<'m> Judge<'m> {
    pub(super) fn new(
        target: &'m Target,
        material: &Material<'m>,
        states: &'m States<'m>,
        sorted: &'m Sorted<'m>,
    ) -> Self {
        Self {
            target,
            states,
            apis: material.apis,
            titles: material.needs.iter().map(|need| (need.id.as_str(), need.title.as_str())).collect(),
            of_unit: &sorted.of_unit,
            by_fingerprint: &sorted.by_fingerprint,
            at_calls: &sorted.at_calls,
        }
    }

    /// The judgement of a client by itself, whatever is called on it.
    pub(super) fn client(&self, unit: &Unit) -> Judged {
        let own: Vec<&Finding> = self.own(unit).collect();
        let made = own.iter().copied().filter(|finding| is_at(finding, unit));
        let moved = own.iter().copied().filter_map(|finding| match self.states.get(finding) {
            State::Changed(fix) => Some(fix),
            _ => None,
        });
        // A change moves all that makes up its unit, or nothing of it.
        let making = moved.filter(|fix| made.clone().any(|finding| covers(fix, finding))).max_by_key(|fix| fix.level);
        if let Some(fix) = making {
            let mut reasons = vec![after_fix(fix.level, &fix.title, unit)];
            reasons.extend(fix.facts.iter().map(|fact| Reason {
                says: format!("Holds if {fact}"),
                verdict: Verdict::AfterFix,
                location: None,
                source: None,
                checked: None,
            }));
            return judged(reasons, Some(fix.level));
        }
        let blocking = own.iter().copied().filter(|finding| !stays(self.target, finding)).collect::<Vec<_>>();
        let mut level = FixLevel::Safe;
        let mut reasons = Vec::new();
        for finding in blocking {
            match self.states.get(finding) {
                State::Changed(fix) => {
                    level = level.min(fix.level);
                    reasons.push(after_fix(fix.level, &fix.title, unit));
                }
                State::Held(held) => reasons.push(by_hand(finding, &held.reasons.join("; "))),
                State::Manual => reasons.push(by_hand(finding, "")),
            }
        }
        judged(reasons, Some(level))
    }

    /// The findings that make up a unit: in its own file, and not at its calls.
    fn own(&self, unit: &Unit) -> impl Iterator<Item = &'m Finding> {
        let findings = self.of_unit.get(unit.id.as_str()).into_iter().flatten().copied();
        let (path, is_request) = (unit.location.path.clone(), unit.kind == UnitKind::Request);
        findings.filter(move |finding| {
            finding.location.path == path && (is_request || !self.at_calls.contains(finding.fingerprint.as_str()))
        })
    }

    /// The judgement of one call.
    pub(super) fn call(&self, call: &Call, client: &Judged) -> Judged {
        let mut reasons = Vec::new();
        let api = self.apis.iter().find(|api| api.id == call.api);
        let title = api.map_or("Other calls", |api| api.title.as_str());
        if let Some(retired) = api.and_then(|api| api.retired.as_ref()) {
            reasons.push(Reason {
                says: format!("{title}: unsupported anywhere since {}. {}", retired.since, retired.says),
                verdict: Verdict::Unsupported,
                location: None,
                source: Some(retired.source.clone()),
                checked: None,
            });
        } else {
            let support = self.support_of(call);
            reasons.extend(self.by_support(title, &support));
            for need in &call.needs {
                let support = self.target.need(&call.api, need);
                let title = self.titles.get(need.as_str()).copied().unwrap_or(need);
                reasons.extend(self.by_support(title, &support));
            }
        }
        let mut level = client.level.unwrap_or(FixLevel::Safe);
        for fingerprint in &call.findings {
            let Some(finding) = self.by_fingerprint.get(fingerprint.as_str()) else { continue };
            match self.states.get(finding) {
                State::Changed(fix) => {
                    level = level.min(fix.level);
                    reasons.push(Reason { location: Some(place(finding)), ..after(fix.level, &fix.title) });
                }
                _ if stays(self.target, finding) => {}
                State::Held(held) => reasons.push(by_hand(finding, &held.reasons.join("; "))),
                State::Manual => reasons.push(by_hand(finding, "")),
            }
        }
        reasons.extend(client.reasons.iter().cloned());
        judged(reasons, Some(level))
    }

    fn support_of(&self, call: &Call) -> Support {
        if call.api == OTHER && self.target.file.same_resource {
            Support::default()
        } else {
            self.target.api(&call.api)
        }
    }

    fn by_support(&self, title: &str, support: &Support) -> Option<Reason> {
        // Without the target's name, so that targets of which the same is known share the reason.
        let says = support.says.as_deref().map(|says| format!(" {says}")).unwrap_or_default();
        let (verdict, says) = match support.status {
            Status::Yes => return None,
            Status::Partial => (Verdict::NeedsWork, format!("{title}: there in part.{says}")),
            Status::No => (Verdict::Unsupported, format!("{title}: not there.{says}")),
            Status::Unknown => (Verdict::Unknown, format!("{title}: nothing says whether it is there.{says}")),
        };
        let checked = support.checked.clone().or_else(|| Some(self.target.file.checked.clone()));
        Some(Reason {
            says,
            verdict,
            location: None,
            source: support.source.clone(),
            checked: checked.filter(|_| support.status != Status::Unknown),
        })
    }
}

/// The judgement of a unit with all its calls: the worst of them.
pub(super) fn worst_of(client: &Judged, calls: &[Judged]) -> Judged {
    let mut worst = client.clone();
    for call in calls {
        let is_worse = rank(call.verdict) > rank(worst.verdict);
        let lower = call.verdict == worst.verdict && call.level < worst.level;
        if is_worse || lower {
            worst = call.clone();
        }
    }
    worst
}

/// True for what need not change to go to a target: names and values that configuration can give.
pub(super) fn stays(target: &Target, finding: &Finding) -> bool {
    let by_name = finding.symbol.is_none() && finding.class == Class::Config;
    let given = matches!(finding.class, Class::Model | Class::Dependency | Class::Infra) || by_name;
    given || target.file.same_resource && matches!(finding.class, Class::Auth | Class::Response)
}

/// From best to worst. What is not known could be as bad as what is not there, but not worse.
pub(super) fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Ready => 0,
        Verdict::AfterFix => 1,
        Verdict::NeedsWork => 2,
        Verdict::Unknown => 3,
        Verdict::Unsupported => 4,
    }
}

/// The judgement that the reasons add up to.
fn judged(mut reasons: Vec<Reason>, level: Option<FixLevel>) -> Judged {
    reasons.sort_by_key(|reason| std::cmp::Reverse(rank(reason.verdict)));
    let mut seen = BTreeSet::new();
    reasons.retain(|reason| seen.insert((reason.says.clone(), reason.location.clone())));
    let verdict = reasons.first().map_or(Verdict::Ready, |reason| reason.verdict);
    reasons.truncate(MAX_REASONS);
    Judged { verdict, level: level.filter(|_| verdict == Verdict::AfterFix), reasons }
}

fn after(level: FixLevel, title: &str) -> Reason {
    let how = if level == FixLevel::Safe { "the safe fix" } else { "a fix to review" };
    Reason {
        says: format!("{}: {how}", capitalised(title)),
        verdict: Verdict::AfterFix,
        location: None,
        source: None,
        checked: None,
    }
}

fn after_fix(level: FixLevel, title: &str, unit: &Unit) -> Reason {
    Reason { location: Some(Place::from(&unit.location)), ..after(level, title) }
}

fn by_hand(finding: &Finding, because: &str) -> Reason {
    let because = if because.is_empty() { String::new() } else { format!(" ({because})") };
    Reason {
        says: format!("{}{because}", capitalised(&finding.message)),
        verdict: Verdict::NeedsWork,
        location: Some(place(finding)),
        source: None,
        checked: None,
    }
}

/// The text as a sentence begins. Code at its start stands in backticks and stays as it is.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn place(finding: &Finding) -> Place {
    Place::from(&finding.location)
}

/// True for a finding on the line where the unit is made.
fn is_at(finding: &Finding, unit: &Unit) -> bool {
    finding.location.path == unit.location.path
        && (finding.location.start.line == unit.location.start.line || unit.kind == UnitKind::Module)
}

fn covers(fix: &crate::migrate::plan::Fix, finding: &Finding) -> bool {
    fix.location.path == finding.location.path
        && fix.covers.iter().any(|one| one.rule == finding.rule && one.line == finding.location.start.line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_begin_with_a_capital_letter_and_code_stays() {
        assert_eq!(capitalised("this model is one"), "This model is one");
        assert_eq!(capitalised("`client` is one"), "`client` is one");
        assert_eq!(capitalised(""), "");
    }
}
