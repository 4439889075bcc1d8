//! Configuration by assignment to members of a module: what each becomes, in place.

use super::{
    file::File,
    given::{Gathered, Given, Holder},
    unit::Unit,
    arguments::Spec,
    values::Source,
};
use crate::{
    facts::{Expr, ExprId, Span},
    rules::{matching::Place, model::FixLevel, rewrite::Rewrite},
};

impl File<'_, '_, '_> {
    /// The unit of all assignments to the module that a place belongs to: one per file, at the first of them.
    pub(super) fn store_unit(&mut self, place: &Place, rule: usize, number: usize) -> Option<Unit> {
        let rewrite = self.rewrite(rule, number);
        let stores = self.module_stores(place, rewrite)?;
        let first = *stores.first()?;
        let target = self.facts.stores[first].target;
        let is_first = place.span.start <= self.span(target).end && place.span.start >= self.span(target).start;
        if !is_first {
            return None;
        }
        let mut unit = Unit::new(rule, number, place.span, self.index.rules[rule].file.fix.level);
        unit.call = Some(target);
        unit.needs.extend(rewrite.needs.iter().cloned());
        let portable = self.portable_of(rule)?;
        let mut gathered = Gathered::default();
        for number in stores {
            let store = self.facts.stores[number];
            let Expr::Member { property, property_span, .. } = self.facts.expr(store.target) else { continue };
            let value = Source { expr: store.value, span: self.value_of_store(number) };
            gathered.given.push(Given {
                name: (*property).to_owned(),
                key: Some(*property_span),
                value,
                holder: Holder::Store(number),
            });
        }
        let names: Vec<String> = gathered.given.iter().map(|given| given.name.clone()).collect();
        self.check_given(&mut unit, &rewrite.unless, &names);
        let spec = Spec {
            arguments: &rewrite.stores,
            add: &[],
            key_header: None,
            into_object: false,
            portable,
            is_async: false,
            is_client: true,
            partial: false,
        };
        self.change_arguments(&mut unit, target, gathered, spec);
        unit.lower(FixLevel::Unsafe, "no other module configures the same globals");
        Some(unit)
    }

    /// The assignments to the module, in order.
    fn module_stores(&mut self, place: &Place, rewrite: &Rewrite) -> Option<Vec<usize>> {
        let owner = |file: &mut Self, target: ExprId| {
            let Expr::Member { object, .. } = file.facts.expr(target) else { return None };
            file.symbols(*object).into_iter().next()
        };
        let at = (0..self.facts.stores.len()).find(|&number| {
            let span = self.span(self.facts.stores[number].target);
            span.contains(place.span)
        })?;
        let module = owner(self, self.facts.stores[at].target)?;
        let mut found = Vec::new();
        for number in 0..self.facts.stores.len() {
            let target = self.facts.stores[number].target;
            let Expr::Member { property, .. } = self.facts.expr(target) else { continue };
            if rewrite.stores.contains_key(*property) && owner(self, target).as_ref() == Some(&module) {
                found.push(number);
            }
        }
        Some(found)
    }

    fn value_of_store(&self, number: usize) -> Span {
        let store = self.facts.stores[number];
        self.store_value(store.target, store.span)
    }
}
