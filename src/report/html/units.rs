//! The units: clients with what is tied to them, whether they can go, and how each of their calls was found.

use std::collections::BTreeMap;

use askama::{Template, filters::Safe};

use super::{
    labels,
    parts::{self, Group, Names, grouped},
};
use crate::{
    migrate::assess::{Assessment, Judgement, Reason, UnitAnswer},
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

impl<'a> Units<'a> {
    /// How the client came to a call, without the call itself, which stands above it.
    fn way(call: &'a Call) -> &'a [Step] {
        match call.chain.split_last() {
            Some((last, way)) if last.location == call.location => way,
            _ => &call.chain,
        }
    }

    /// The verdicts of a unit, without reasons.
    fn verdicts(&self, unit: &'a UnitAnswer) -> Vec<Group<'a>> {
        let of = |target: &str| Group { reasons: Vec::new(), ..Group::of(unit.judgements.get(target)) };
        grouped(self.names.targets, of)
    }

    /// Why they are what they are.
    fn why(&self, unit: &'a UnitAnswer) -> Vec<Group<'a>> {
        grouped(self.names.targets, |target| Group::of(unit.judgements.get(target)))
    }

    /// The answers for a call of a unit, without reasons that stand with the unit for the same target.
    fn call(&self, unit: &'a UnitAnswer, call: usize) -> Vec<Group<'a>> {
        grouped(self.names.targets, |target| {
            let judgement = unit.call_judgements.get(target).and_then(|calls| calls.get(call));
            let reasons = judgement.map_or_else(Vec::new, |judgement| new_reasons(judgement, &unit.judgements, target));
            Group { reasons, ..Group::of(judgement) }
        })
    }
}

/// The reasons of a call that its unit does not state for the target.
fn new_reasons<'a>(judgement: &'a Judgement, unit: &BTreeMap<String, Judgement>, target: &str) -> Vec<&'a Reason> {
    let known = unit.get(target).map_or(&[][..], |judgement| &judgement.reasons);
    judgement.reasons.iter().filter(|reason| !known.contains(reason)).collect()
}
