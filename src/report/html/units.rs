//! The units: clients with what is tied to them, whether they can go, and how each of their calls was found.

use askama::{Template, filters::Safe};

use super::{
    labels,
    parts::{self, Group, Names, grouped, short},
};
use crate::migrate::assess::{Assessment, Judgement, UnitAnswer};

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
    /// The verdicts of a unit, without reasons.
    fn verdicts(&self, unit: &'a UnitAnswer) -> Vec<Group<'a>> {
        short(grouped(self.names.targets, |target| Group::of(self.of_unit(unit, target))))
    }

    /// Why they are what they are.
    fn why(&self, unit: &'a UnitAnswer) -> Vec<Group<'a>> {
        short(grouped(self.names.targets, |target| {
            let judgement = self.of_unit(unit, target);
            Group { reasons: self.names.reasons(reasons(judgement)), ..Group::of(judgement) }
        }))
    }

    /// The answers for a call of a unit, without reasons that stand with the unit for the same target; none where that
    /// leaves nothing but what is said of the unit.
    fn call(&self, unit: &'a UnitAnswer, call: usize) -> Vec<Group<'a>> {
        let answer = |target: &str| {
            let judgement = self.of_call(unit, call, target);
            let known = reasons(self.of_unit(unit, target));
            let new = reasons(judgement).iter().filter(|reason| !known.contains(reason));
            Group { reasons: self.names.reasons(new), ..Group::of(judgement) }
        };
        let is_new = |id: &str| {
            let mine = answer(id);
            !mine.reasons.is_empty() || mine.answer != Group::of(self.of_unit(unit, id)).answer
        };
        if self.names.targets.iter().any(|target| is_new(&target.id)) {
            short(grouped(self.names.targets, answer))
        } else {
            Vec::new()
        }
    }

    fn of_unit(&self, unit: &UnitAnswer, target: &str) -> Option<&'a Judgement> {
        self.names.judgement(unit.judgements.get(target))
    }

    fn of_call(&self, unit: &UnitAnswer, call: usize, target: &str) -> Option<&'a Judgement> {
        self.names.judgement(unit.call_judgements.get(target)?.get(call))
    }
}

fn reasons(judgement: Option<&Judgement>) -> &[u32] {
    judgement.map_or(&[], |judgement| &judgement.reasons)
}
