//! Judgements and reasons, each once: many calls wait for the same thing, and targets share what is known of them. Judges
//! give whole reasons; an assessment lists them, and units and packages point there.

use std::collections::BTreeMap;

use super::{Judgement, Reason, Verdict};
use crate::rules::model::FixLevel;

/// A [`Judgement`] with its reasons in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Judged {
    pub(super) verdict: Verdict,
    pub(super) level: Option<FixLevel>,
    /// The deciding one first.
    pub(super) reasons: Vec<Reason>,
}

/// The judgements and reasons so far, in the order of their first use.
#[derive(Default)]
pub(super) struct Reasons {
    judgements: Listed<Judgement>,
    reasons: Listed<Reason>,
}

impl Reasons {
    /// The position of the judgement with its first reasons, so many at most.
    pub(super) fn judgement(&mut self, judged: &Judged, most: usize) -> u32 {
        let reasons = judged.reasons.iter().take(most).map(|reason| self.reasons.position(reason)).collect();
        self.judgements.position(&Judgement { verdict: judged.verdict, level: judged.level, reasons })
    }

    /// All of them.
    pub(super) fn into_all(self) -> (Vec<Judgement>, Vec<Reason>) {
        (self.judgements.all, self.reasons.all)
    }
}

/// Values with their positions.
struct Listed<T> {
    all: Vec<T>,
    positions: BTreeMap<T, u32>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { all: Vec::new(), positions: BTreeMap::new() }
    }
}

impl<T: Clone + Ord> Listed<T> {
    fn position(&mut self, value: &T) -> u32 {
        if let Some(&known) = self.positions.get(value) {
            return known;
        }
        let new = self.all.len() as u32;
        self.positions.insert(value.clone(), new);
        self.all.push(value.clone());
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judgements_and_reasons_are_kept_once_and_in_the_order_of_their_first_use() {
        let reason = |says: &str| Reason {
            says: says.to_owned(),
            verdict: Verdict::NeedsWork,
            location: None,
            source: None,
            checked: None,
        };
        let judged = |says: &[&str]| Judged {
            verdict: Verdict::NeedsWork,
            level: None,
            reasons: says.iter().map(|says| reason(says)).collect(),
        };
        let mut reasons = Reasons::default();
        let given = [&["z", "a", "cut"][..], &["a", "b"], &["z", "a"]];
        assert_eq!(given.map(|says| reasons.judgement(&judged(says), 2)), [0, 1, 0]);
        let (judgements, all) = reasons.into_all();
        assert_eq!(judgements.iter().map(|one| one.reasons.clone()).collect::<Vec<_>>(), [[0, 1], [1, 2]]);
        assert_eq!(all.iter().map(|reason| reason.says.as_str()).collect::<Vec<_>>(), ["z", "a", "b"]);
    }
}
