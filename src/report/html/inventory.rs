//! All sites, one short row each: what is said of a rule stands with the rule, once.

use std::collections::BTreeSet;

use askama::{Template, filters::Safe};

use super::{
    labels,
    parts::{Link, Names},
    words_of,
};
use crate::{
    migrate::assess::{Assessment, Site},
    rules::model::{Class, FixLevel, Severity},
};

/// How many characters of what stands at a site are shown; the data has them all.
const MAX_LOCAL: usize = 60;

/// All sites.
#[derive(Template)]
#[template(path = "inventory.html")]
pub(super) struct Inventory<'a> {
    sites: &'a [Site],
    names: &'a Names<'a>,
    /// What there is to choose from.
    classes: BTreeSet<Class>,
    severities: BTreeSet<Severity>,
    fixes: BTreeSet<FixLevel>,
}

/// All sites.
pub(super) fn inventory<'a>(assessment: &'a Assessment, names: &'a Names<'a>) -> Safe<Inventory<'a>> {
    let sites = &assessment.sites;
    Safe(Inventory {
        sites,
        names,
        classes: sites.iter().map(|site| site.class).collect(),
        severities: sites.iter().map(|site| site.severity).collect(),
        fixes: sites.iter().map(|site| site.fix).collect(),
    })
}

impl Inventory<'_> {
    fn local(site: &Site) -> String {
        words_of(&site.local, MAX_LOCAL)
    }

    fn rule<'s>(&'s self, site: &'s Site) -> Safe<Link<'s>> {
        self.names.rule(&site.rule)
    }
}
