//! The units: clients with what is tied to them, whether they can go, and how each of their calls was found.

use askama::{Template, filters::Safe};

use super::{
    labels,
    parts::{self, Names},
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

impl Units<'_> {
    /// The judgement of a call for a target.
    fn call<'u>(unit: &'u UnitAnswer, target: &str, call: usize) -> Option<&'u Judgement> {
        unit.call_judgements.get(target)?.get(call)
    }
}
