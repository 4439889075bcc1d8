//! Effort: how much work a unit is for a target, added up from its sites and calls with the weights that data gives. Each
//! sum keeps its parts, so that nobody has to believe it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Effort, EffortPart, Verdict, reasons::Judged};
use crate::{
    rules::{
        effort::{Weight, Work},
        model::{Class, FixLevel},
    },
    unit::Unit,
};

/// Adds up work.
pub(super) struct Sum<'w> {
    weights: &'w [Weight],
    counts: BTreeMap<Work, u64>,
}

impl<'w> Sum<'w> {
    pub(super) fn new(weights: &'w [Weight]) -> Self {
        Self { weights, counts: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, work: Work, count: u64) {
        if count > 0 {
            *self.counts.entry(work).or_default() += count;
        }
    }

    /// A site that is changed by hand.
    pub(super) fn by_hand(&mut self, class: Class, is_held: bool) {
        self.add(if is_held { Work::HeldChange } else { Work::by_hand(class) }, 1);
    }

    /// What a unit's client and calls take.
    pub(super) fn unit(&mut self, unit: &Unit, client: &Judged, calls: &[Judged], tested: bool) {
        match (client.verdict, client.level) {
            (Verdict::AfterFix, Some(FixLevel::Safe)) => self.add(Work::SafeChange, 1),
            (Verdict::AfterFix, _) => self.add(Work::UnsafeChange, 1),
            _ => {}
        }
        let check = if tested { Work::CallTested } else { Work::CallUntested };
        let mut unknown = BTreeSet::new();
        for (call, judgement) in unit.calls.iter().zip(calls) {
            match judgement.verdict {
                Verdict::Unsupported => self.add(Work::ApiGone, 1),
                Verdict::Unknown => {
                    unknown.insert(call.api.as_str());
                    self.add(check, 1);
                }
                _ => self.add(check, 1),
            }
        }
        self.add(Work::UnknownCheck, unknown.len() as u64);
    }

    pub(super) fn include(&mut self, other: &Self) {
        for (work, count) in &other.counts {
            self.add(*work, *count);
        }
    }

    pub(super) fn effort(&self) -> Effort {
        let mut effort = Effort::default();
        for (work, &count) in &self.counts {
            let Some(weight) = self.weights.iter().find(|weight| weight.id == *work) else { continue };
            let part = EffortPart {
                weight: work.name().to_owned(),
                count,
                low: weight.low * count,
                high: weight.high * count,
            };
            effort.low += part.low;
            effort.high += part.high;
            effort.parts.push(part);
        }
        effort
    }
}
