//! Names that have to be looked up: deployments and their models, settings and their values for each target.

use askama::{Template, filters::Safe};

use super::{
    labels,
    parts::{self, Names},
};
use crate::migrate::assess::Assessment;

/// Deployments and settings.
#[derive(Template)]
#[template(path = "settings.html")]
pub(super) struct Settings<'a> {
    a: &'a Assessment,
    names: &'a Names<'a>,
}

/// Deployments and settings.
pub(super) fn settings<'a>(assessment: &'a Assessment, names: &'a Names<'a>) -> Safe<Settings<'a>> {
    Safe(Settings { a: assessment, names })
}
