//! To which clients a finding belongs: by the call it is at or in, by what flows into a construction, by what it stands
//! for, by the finding it leans on.

use std::collections::BTreeSet;

use super::uses::{Construction, OwnCall, Tie, Uses};
use crate::{
    facts::{ExprId, Span},
    finding::Finding,
    resolve::paths::Site,
    rules::{matching::Place, model::Class},
};

/// What findings of a file can be tied to.
pub(super) struct Ties<'t> {
    pub(super) constructions: &'t [Construction],
    pub(super) calls: &'t [OwnCall],
    pub(super) places: &'t [Place],
}

impl Ties<'_> {
    /// The tie of each finding, in their order.
    pub(super) fn of(&self, uses: &mut Uses<'_, '_, '_>, findings: &[(usize, Finding)]) -> Vec<Tie> {
        let mut sites: Vec<BTreeSet<Site>> = self.places.iter().map(|place| self.own(uses, place)).collect();
        // A place that leans on another belongs where that belongs.
        for _ in 0..2 {
            for (number, place) in self.places.iter().enumerate() {
                if let (true, Some(other)) = (sites[number].is_empty(), place.leans_on) {
                    let own = sites[other].clone();
                    sites[number] = own;
                }
            }
        }
        findings
            .iter()
            .map(|(number, _)| {
                let place = &self.places[*number];
                Tie {
                    sites: sites[*number].clone(),
                    variable: variable(uses, place),
                    at: place.span.start,
                    end: place.span.end,
                    calls: self.calls_at(uses, place),
                    module: self.is_module(uses, place),
                }
            })
            .collect()
    }

    /// What a place belongs to by itself.
    fn own(&self, uses: &mut Uses<'_, '_, '_>, place: &Place) -> BTreeSet<Site> {
        let mut sites = BTreeSet::new();
        if let Some(call) = place.call {
            self.at_call(uses, call, &mut sites);
        }
        if sites.is_empty() {
            self.around(uses, place.span, &mut sites);
        }
        if sites.is_empty() {
            self.by_value(uses, place, &mut sites);
        }
        if sites.is_empty() {
            self.by_flow(uses, place, &mut sites);
        }
        if sites.is_empty() {
            self.by_symbol(uses, place, &mut sites);
        }
        sites
    }

    /// The construction or the call on clients that `call` is.
    fn at_call(&self, uses: &mut Uses<'_, '_, '_>, call: ExprId, sites: &mut BTreeSet<Site>) {
        for construction in self.constructions.iter().filter(|construction| construction.call == call) {
            sites.insert(uses.resolver.site(construction.origin, uses.outside.file));
        }
        for own in self.calls.iter().filter(|own| own.expr == call) {
            sites.extend(&own.used.clients);
        }
        if let (true, Some(callee)) = (sites.is_empty(), uses.resolver.callee_expr(call)) {
            add_origins(uses, callee, sites);
        }
    }

    /// The calls on clients that a place lies at or in.
    fn calls_at(&self, uses: &Uses<'_, '_, '_>, place: &Place) -> Vec<usize> {
        let facts = uses.resolver.facts;
        let is_at = |own: &OwnCall| {
            place.call == Some(own.expr)
                || place.expr == Some(own.expr)
                || facts.node(own.expr).span.contains(place.span)
        };
        let is_within_construction = self.constructions.iter().any(|one| {
            let made = facts.node(one.call).span;
            made.contains(place.span) && self.calls.iter().all(|own| !made.contains(facts.node(own.expr).span))
        });
        if is_within_construction {
            return Vec::new();
        }
        self.calls.iter().enumerate().filter(|(_, own)| is_at(own)).map(|(number, _)| number).collect()
    }

    /// The innermost construction or call around a place.
    fn around(&self, uses: &mut Uses<'_, '_, '_>, span: Span, sites: &mut BTreeSet<Site>) {
        let facts = uses.resolver.facts;
        let width = |expr: ExprId| {
            let around = facts.node(expr).span;
            around.contains(span).then(|| around.end - around.start)
        };
        let made = self
            .constructions
            .iter()
            .filter_map(|one| Some((width(one.call)?, vec![uses.resolver.site(one.origin, uses.outside.file)])));
        let called = self.calls.iter().filter_map(|one| Some((width(one.expr)?, one.used.clients.clone())));
        if let Some((_, innermost)) =
            made.chain(called).filter(|(_, sites)| !sites.is_empty()).min_by_key(|(width, _)| *width)
        {
            sites.extend(innermost);
        }
    }

    /// What the place is a part of, or is read from: `response.prompt_filter_results`.
    fn by_value(&self, uses: &mut Uses<'_, '_, '_>, place: &Place, sites: &mut BTreeSet<Site>) {
        let mut exprs: Vec<ExprId> = place.expr.into_iter().collect();
        if let Some(crate::facts::Expr::Member { object, .. } | crate::facts::Expr::Index { object, .. }) =
            place.expr.map(|expr| uses.resolver.facts.expr(expr))
        {
            exprs.push(*object);
        }
        for expr in exprs {
            add_origins(uses, expr, sites);
        }
        sites.retain(|site| self.is_known(uses, site));
    }

    /// The constructions that it flows into.
    fn by_flow(&self, uses: &mut Uses<'_, '_, '_>, place: &Place, sites: &mut BTreeSet<Site>) {
        for construction in self.constructions {
            let flow = &construction.flow;
            let exprs = [place.expr, place.value, place.call];
            let is_in = exprs.into_iter().flatten().any(|expr| flow.exprs.contains(&expr))
                || place.binding.is_some_and(|binding| flow.bindings.contains(&binding));
            if is_in {
                sites.insert(uses.resolver.site(construction.origin, uses.outside.file));
            }
        }
    }

    /// An import or declaration belongs to the instances of its symbol in the file.
    fn by_symbol(&self, uses: &mut Uses<'_, '_, '_>, place: &Place, sites: &mut BTreeSet<Site>) {
        let class = uses.index.class_of(place);
        let (Some(symbol), Class::Import | Class::Client) = (place.symbol, class) else { return };
        let symbol = uses.resolver.paths.text(symbol).to_owned();
        let is_it = |made: &str| {
            made.strip_prefix(symbol.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(']))
        };
        let own = self.constructions.iter().filter(|construction| is_it(&construction.symbol));
        sites.extend(own.map(|construction| uses.resolver.site(construction.origin, uses.outside.file)));
    }

    fn is_known(&self, uses: &Uses<'_, '_, '_>, site: &Site) -> bool {
        site.file != uses.outside.file
            || self.constructions.iter().any(|one| uses.resolver.site(one.origin, uses.outside.file) == *site)
    }

    /// True for what configures the SDK's module itself, or is at a call on it.
    fn is_module(&self, uses: &mut Uses<'_, '_, '_>, place: &Place) -> bool {
        let at_call = |call: ExprId| self.calls.iter().any(|own| own.expr == call && own.used.clients.is_empty());
        place.call.is_some_and(at_call)
            || place.symbol.is_some_and(|symbol| {
                let text = uses.resolver.paths.text(symbol);
                uses.index.clauses[place.clause as usize].clause.store.is_some() && uses.catalogue.is_module_part(text)
            })
    }
}

fn add_origins(uses: &mut Uses<'_, '_, '_>, expr: ExprId, sites: &mut BTreeSet<Site>) {
    for path in uses.resolver.instances(expr) {
        if let Some(origin) = uses.resolver.paths.origin(path) {
            sites.insert(uses.resolver.site(origin, uses.outside.file));
        }
    }
}

/// The environment variable that a place is about.
fn variable(uses: &mut Uses<'_, '_, '_>, place: &Place) -> Option<String> {
    uses.index.clauses[place.clause as usize].clause.env.as_ref()?;
    place.name.clone()
}
