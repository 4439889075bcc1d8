//! What to ask and check before leaving, what could not be looked at, and what the report rests on.

use askama::{Template, filters::Safe};

use super::{
    labels::{self, Answer},
    parts, prose,
};
use crate::{
    migrate::assess::Assessment,
    rules::model::{Class, Severity},
};

/// Reasons to stay and facts to check.
#[derive(Template)]
#[template(path = "checks.html")]
pub(super) struct Checks<'a> {
    a: &'a Assessment,
}

/// Reasons to stay and facts to check.
pub(super) fn checks(assessment: &Assessment) -> Safe<Checks<'_>> {
    Safe(Checks { a: assessment })
}

/// What could not be looked at as it should.
#[derive(Template)]
#[template(path = "troubles.html")]
pub(super) struct Troubles<'a> {
    a: &'a Assessment,
}

/// What could not be looked at as it should.
pub(super) fn troubles(assessment: &Assessment) -> Safe<Troubles<'_>> {
    Safe(Troubles { a: assessment })
}

/// Rules and weights.
#[derive(Template)]
#[template(path = "basis.html")]
pub(super) struct Basis<'a> {
    a: &'a Assessment,
}

/// Rules and weights.
pub(super) fn basis(assessment: &Assessment) -> Safe<Basis<'_>> {
    Safe(Basis { a: assessment })
}

/// What the words of the report mean.
#[derive(Template)]
#[template(path = "words.html")]
pub(super) struct Words<'a> {
    a: &'a Assessment,
}

/// What the words of the report mean.
pub(super) fn words(assessment: &Assessment) -> Safe<Words<'_>> {
    Safe(Words { a: assessment })
}

impl Words<'_> {
    fn classes(&self) -> Vec<Class> {
        let mut classes: Vec<Class> = self.a.sites.iter().map(|site| site.class).collect();
        classes.sort_unstable();
        classes.dedup();
        classes
    }

    const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];
}
