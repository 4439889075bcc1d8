//! Matching: from resolved facts to findings of one file.
//!
//! One pass over the facts collects the places that some clause looks for (`collect`); then the clauses' conditions
//! decide (`conditions`), first those that need only the place itself, then, in rounds, those that lean on findings
//! already made (`beside`, `flows-into`); last, places become findings (`report`). Why a place was not accepted, `explain`
//! tells.

mod collect;
mod conditions;
pub mod explain;
mod report;

use std::collections::BTreeSet;

use super::index::{ClauseId, Index};
use crate::{
    facts::{BindingId, ExprId, Facts, ScopeId, Span},
    finding::Finding,
    input::text::LineIndex,
    resolve::{Resolver, paths::PathId},
    rules::model::Class,
};
use conditions::Unmet;
pub use report::FileText;
pub(crate) use report::{Shower, findings, kind_of, numbered_findings};

/// How often leaning clauses are tried again after new findings.
const MAX_ROUNDS: usize = 4;

/// A place that a clause looks for.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) clause: ClauseId,
    /// Where the finding will stand.
    pub(crate) span: Span,
    /// The scope it is written in.
    pub(crate) scope: ScopeId,
    /// The expression it is, or is a direct part of.
    pub(crate) expr: Option<ExprId>,
    /// The import binding it is.
    pub(crate) binding: Option<BindingId>,
    /// What it stands for.
    pub(crate) symbol: Option<PathId>,
    /// The key, member or variable name.
    pub(crate) name: Option<String>,
    /// The value given at it.
    pub(crate) value: Option<ExprId>,
    /// The call it is, or whose argument it is.
    pub(crate) call: Option<ExprId>,
    /// Whether that call is a `partial`.
    pub(crate) partial: bool,
    /// True for a real access to the process environment.
    pub(crate) accesses: bool,
    /// The finding that it leans on, as a position among the accepted places.
    pub(crate) leans_on: Option<usize>,
}

/// Matches all rules of `index` against a file. The findings are in the order of their places.
pub fn match_file(index: &Index, facts: &Facts<'_>, text: &FileText<'_>, lines: &LineIndex<'_>) -> Vec<Finding> {
    match_with(index, &mut Resolver::new(facts, text.language, &index.reexports), text, lines)
}

/// The same, with a resolver for the file.
pub(crate) fn match_with(
    index: &Index,
    resolver: &mut Resolver<'_, '_>,
    text: &FileText<'_>,
    lines: &LineIndex<'_>,
) -> Vec<Finding> {
    let accepted = match_places(index, resolver);
    findings(index, resolver, &accepted, text, lines)
}

/// The places of a file that rules mean.
pub(crate) fn match_places(index: &Index, resolver: &mut Resolver<'_, '_>) -> Vec<Place> {
    let places = collect::places(index, resolver);
    decide(index, resolver, places, None)
}

/// The places that were not accepted, each with the condition that does not hold; where somebody wants to know.
type Refused<'r> = Option<&'r mut Vec<(Place, Unmet)>>;

/// Keeps the places whose conditions hold.
fn decide(index: &Index, resolver: &mut Resolver<'_, '_>, places: Vec<Place>, mut refused: Refused<'_>) -> Vec<Place> {
    let imported = conditions::Imported::of(resolver);
    let mut accepted = Vec::new();
    let mut waiting = Vec::new();
    for place in places {
        if let Some(unmet) = conditions::unmet_alone(index, resolver, &imported, &place) {
            if let Some(refused) = &mut refused {
                refused.push((place, unmet));
            }
        } else if super::formula::leans(&index.clauses[place.clause as usize].clause) {
            waiting.push(place);
        } else {
            accepted.push(place);
        }
    }
    accepted = distinct(index, accepted);
    for _ in 0..MAX_ROUNDS {
        if waiting.is_empty() || accepted.is_empty() {
            break;
        }
        let wanted = flow_classes(index, &waiting);
        let flows = conditions::Flows::of(index, resolver, &accepted, &wanted);
        let mut still = Vec::new();
        let mut added = Vec::new();
        for mut place in waiting {
            match conditions::support(index, resolver, &place, &accepted, &flows) {
                Ok(supporter) => {
                    place.leans_on = Some(supporter);
                    added.push(place);
                }
                Err(_) => still.push(place),
            }
        }
        waiting = still;
        if added.is_empty() {
            break;
        }
        accepted.extend(added);
        accepted = distinct(index, accepted);
    }
    if let Some(refused) = refused {
        let flows = conditions::Flows::of(index, resolver, &accepted, &flow_classes(index, &waiting));
        for place in waiting {
            let unmet = conditions::support(index, resolver, &place, &accepted, &flows).err();
            refused.push((place, unmet.unwrap_or(Unmet::Beside)));
        }
    }
    accepted
}

fn flow_classes(index: &Index, waiting: &[Place]) -> BTreeSet<Class> {
    waiting
        .iter()
        .filter_map(|place| index.clauses[place.clause as usize].clause.flows_into.as_ref())
        .flatten()
        .copied()
        .collect()
}

/// One place per rule and span.
fn distinct(index: &Index, places: Vec<Place>) -> Vec<Place> {
    let mut seen = BTreeSet::new();
    places
        .into_iter()
        .filter(|place| {
            let rule = index.clauses[place.clause as usize].rule;
            seen.insert((rule, place.span))
        })
        .collect()
}
