//! The units: clients with what is tied to them, whether they can go, and how each of their calls was found.

use std::collections::BTreeMap;

use askama::{Template, filters::Safe};

use super::{
    labels::{self, Answer},
    parts::{self, Names},
};
use crate::{
    migrate::assess::{Assessment, Judgement, Reason, TargetAnswer, UnitAnswer},
    unit::{Call, Step},
};

/// The units.
#[derive(Template)]
#[template(path = "units.html")]
pub(super) struct Units<'a> {
    units: &'a [UnitAnswer],
    names: &'a Names<'a>,
}

/// The units.
pub(super) fn units<'a>(assessment: &'a Assessment, names: &'a Names<'a>) -> Safe<Units<'a>> {
    Safe(Units { units: &assessment.units, names })
}

/// A verdict with the targets that share it and its reasons.
struct Group<'a> {
    answer: Answer,
    titles: Vec<&'a str>,
    reasons: Vec<&'a Reason>,
}

impl<'a> Units<'a> {
    /// How the client came to a call, without the call itself, which stands above it.
    fn way(call: &'a Call) -> &'a [Step] {
        match call.chain.split_last() {
            Some((last, way)) if last.location == call.location => way,
            _ => &call.chain,
        }
    }

    /// The answers for a unit.
    fn unit(&self, unit: &'a UnitAnswer) -> Vec<Group<'a>> {
        grouped(self.names.targets, |target| {
            let judgement = unit.judgements.get(target);
            (judgement, judgement.map_or_else(Vec::new, |judgement| judgement.reasons.iter().collect()))
        })
    }

    /// The answers for a call of a unit, without reasons that stand with the unit for the same target.
    fn call(&self, unit: &'a UnitAnswer, call: usize) -> Vec<Group<'a>> {
        grouped(self.names.targets, |target| {
            let judgement = unit.call_judgements.get(target).and_then(|calls| calls.get(call));
            (judgement, judgement.map_or_else(Vec::new, |judgement| new_reasons(judgement, &unit.judgements, target)))
        })
    }
}

/// The reasons of a call that its unit does not state for the target.
fn new_reasons<'a>(judgement: &'a Judgement, unit: &BTreeMap<String, Judgement>, target: &str) -> Vec<&'a Reason> {
    let known = unit.get(target).map_or(&[][..], |judgement| &judgement.reasons);
    judgement.reasons.iter().filter(|reason| !known.contains(reason)).collect()
}

/// The answers of targets, those together that are the same.
fn grouped<'a>(
    targets: &'a [TargetAnswer],
    answer: impl Fn(&str) -> (Option<&'a Judgement>, Vec<&'a Reason>),
) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for target in targets {
        let (judgement, reasons) = answer(&target.id);
        let answer = judgement.map_or(Answer::Unknown, Answer::of);
        match groups.iter_mut().find(|group| group.answer == answer && group.reasons == reasons) {
            Some(group) => group.titles.push(&target.title),
            None => groups.push(Group { answer, titles: vec![&target.title], reasons }),
        }
    }
    groups
}
