//! A tree of very many sites: a unit for each twelve of them, three calls on each, eight targets of which each has facts of
//! its own, and paths and places that no two units share.

use std::collections::BTreeMap;

use unmoor::migrate::assess::{Assessment, Place, TargetAnswer, UnitAnswer, Verdict};

use super::{Reasons, TARGETS, full, summary};

/// How many sites a unit has.
const SITES: usize = 12;
/// How many calls.
const CALLS: usize = 3;
/// The targets beside those of the small sample.
const MORE: [(&str, &str); 5] = [
    ("same-resource", "The same resource"),
    ("gateway", "A gateway on the premises"),
    ("vertex", "Google Vertex AI"),
    ("router", "A router for many hosts"),
    ("workstation", "A workstation in the office"),
];

/// The eight targets, each with the one of the small sample whose answers it has.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let more = MORE.iter().zip(TARGETS.iter().cycle()).map(|((id, title), (like, _))| (*id, *title, *like));
    TARGETS.iter().map(|(id, title)| (*id, *title, *id)).chain(more)
}

/// So many sites, with the units and calls that a tree of that size can have.
pub(crate) fn large(sites: usize) -> Assessment {
    let mut large = full();
    let (few_units, few_sites) = (large.units.clone(), large.sites.clone());
    let mut known = Known {
        of: Reasons { judgements: std::mem::take(&mut large.judgements), reasons: std::mem::take(&mut large.reasons) },
        reasons: Reasons::default(),
    };
    large.units = (0..sites.div_ceil(SITES)).map(|at| unit(at, &few_units[at % few_units.len()], &mut known)).collect();
    for package in &mut large.packages {
        let judgements = std::mem::take(&mut package.judgements);
        let mut answer = |id: &str, like: &str| known.moved(judgements[like], id, None);
        package.judgements = all().map(|(id, _, like)| (id.to_owned(), answer(id, like))).collect();
        let efforts = std::mem::take(&mut package.efforts);
        package.efforts = all().map(|(id, _, like)| (id.to_owned(), efforts[like].clone())).collect();
    }
    large.targets = all().map(|(id, title, like)| target(id, title, like, &large.targets)).collect();
    large.sites = (0..sites)
        .map(|at| {
            let mut site = few_sites[at % few_sites.len()].clone();
            site.place.path = format!("area-{}/src/{}", at / 97, site.place.path);
            site.place.line = (at % 400) as u32 + 1;
            site.units = vec![format!("unit-{}", at / SITES + 1)];
            site
        })
        .collect();
    (large.judgements, large.reasons) = (known.reasons.judgements, known.reasons.reasons);
    large.summary = summary(&large.sites, &large.units);
    large
}

fn target(id: &str, title: &str, like: &str, targets: &[TargetAnswer]) -> TargetAnswer {
    let found = targets.iter().find(|target| target.id == like).unwrap();
    TargetAnswer { id: id.to_owned(), title: title.to_owned(), ..found.clone() }
}

/// The reasons of the small sample, and those of the large one.
struct Known {
    of: Reasons,
    reasons: Reasons,
}

impl Known {
    /// The judgement for a target and a unit: facts about targets are the target's own, what lies in code lies at the unit.
    fn moved(&mut self, judgement: u32, target: &str, unit: Option<&Place>) -> u32 {
        let mut judged = self.of.get(judgement);
        for reason in &mut judged.reasons {
            if reason.source.is_some() {
                reason.source = Some(format!("https://docs.example.com/{target}/reference/what-is-served.html"));
                reason.says = format!("{} It has its own page for {target}.", reason.says);
            } else if reason.verdict != Verdict::Unknown {
                reason.location = unit.cloned();
            }
        }
        self.reasons.judgement(&judged)
    }
}

fn unit(at: usize, like: &UnitAnswer, known: &mut Known) -> UnitAnswer {
    let mut unit = like.clone();
    unit.id = format!("unit-{}", at + 1);
    let area = |place: &mut Place| {
        place.path = format!("area-{}/src/{}", at * SITES / 97, place.path);
        place.line += at as u32;
    };
    area(&mut unit.place);
    unit.settings.iter_mut().for_each(|setting| area(&mut setting.place));
    unit.calls = like.calls.iter().cycle().take(CALLS).cloned().collect();
    for call in &mut unit.calls {
        area(&mut call.place);
        call.chain.iter_mut().for_each(|step| area(&mut step.place));
    }
    let place = unit.place.clone();
    unit.judgements = BTreeMap::new();
    unit.call_judgements = BTreeMap::new();
    for (id, _, same) in all() {
        unit.judgements.insert(id.to_owned(), known.moved(like.judgements[same], id, Some(&place)));
        let calls = like.call_judgements[same].iter().cycle().take(CALLS);
        unit.call_judgements.insert(id.to_owned(), calls.map(|one| known.moved(*one, id, Some(&place))).collect());
    }
    unit
}
