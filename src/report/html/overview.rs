//! What readers see first: the answer for each target, what is called and which target has it, and where the sites are.

use askama::{Template, filters::Safe};

use super::{
    charts::{self, Chart},
    labels::{self, Answer},
    parts::{self, Names},
    prose,
};
use crate::migrate::assess::{ApiAnswer, Assessment, TargetAnswer};

/// Counts and a card for each target.
#[derive(Template)]
#[template(path = "overview.html")]
pub(super) struct Overview<'a> {
    a: &'a Assessment,
}

/// Counts and a card for each target.
pub(super) fn overview(assessment: &Assessment) -> Safe<Overview<'_>> {
    Safe(Overview { a: assessment })
}

/// Parts of the API against targets.
#[derive(Template)]
#[template(path = "matrix.html")]
pub(super) struct Matrix<'a> {
    a: &'a Assessment,
}

impl Matrix<'_> {
    /// What a target answers for a part of the API.
    fn answer<'t>(target: &'t TargetAnswer, api: &str) -> Option<&'t ApiAnswer> {
        target.apis.iter().find(|answer| answer.api == api)
    }
}

/// Parts of the API against targets.
pub(super) fn matrix(assessment: &Assessment) -> Safe<Matrix<'_>> {
    Safe(Matrix { a: assessment })
}

/// What each target expects of code that goes there.
#[derive(Template)]
#[template(path = "targets.html")]
pub(super) struct Targets<'a> {
    names: &'a Names<'a>,
}

/// What each target expects of code that goes there.
pub(super) fn targets<'a>(names: &'a Names<'a>) -> Safe<Targets<'a>> {
    Safe(Targets { names })
}

/// Where the sites are.
#[derive(Template)]
#[template(path = "spread.html")]
pub(super) struct Spread<'a> {
    a: &'a Assessment,
    by_class: Safe<Chart>,
    by_folder: Safe<Chart>,
}

/// Where the sites are.
pub(super) fn spread(assessment: &Assessment) -> Safe<Spread<'_>> {
    let summary = &assessment.summary;
    Safe(Spread {
        a: assessment,
        by_class: charts::by_count("chart-class", "Sites by class", &summary.by_class),
        by_folder: charts::by_count("chart-folder", "Sites by folder", &summary.by_folder),
    })
}
