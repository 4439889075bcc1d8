//! Configuration by assignment to members of a module: what each becomes, in place.

use super::{
    arguments::Spec,
    deployment::means,
    file::File,
    given::{Gathered, Given, Holder},
    unit::Unit,
    values::Source,
};
use crate::{
    facts::{Expr, ExprId, Span},
    rules::{
        matching::Place,
        model::FixLevel,
        rewrite::{Deployment, Portable, Rewrite},
    },
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
            let Expr::Member { property_span, .. } = self.facts.expr(store.target) else { continue };
            let value = Source { expr: store.value, span: self.value_of_store(number) };
            gathered.given.push(Given {
                name: self.target_of(number, rewrite).unwrap_or_default(),
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
        if self.to_settings()
            && let Some(rule) = &rewrite.deployment
        {
            self.set_models_of_module(&mut unit, &names, rule, portable);
        }
        unit.lower(FixLevel::Unsafe, "no other module configures the same globals");
        Some(unit)
    }

    /// The models of calls on the module itself become settings.
    fn set_models_of_module(&mut self, unit: &mut Unit, stores: &[String], rule: &Deployment, portable: &Portable) {
        let Some((module, _)) = stores.first().and_then(|store| store.rsplit_once('.')) else { return };
        for number in 0..self.facts.exprs.len() {
            let call = ExprId(number as u32);
            let Expr::Call { callee, .. } = self.facts.expr(call) else { continue };
            let symbols = self.symbols(*callee);
            let member = symbols.iter().find_map(|path| path.strip_prefix(module)?.strip_prefix('.'));
            if member.is_some_and(|member| means(&rule.calls, member)) {
                self.set_model_of_call(unit, call, rule, portable);
            }
        }
    }

    /// The assignments that the rewrite names, in order, if the place is one of them.
    fn module_stores(&mut self, place: &Place, rewrite: &Rewrite) -> Option<Vec<usize>> {
        let all: Vec<usize> =
            (0..self.facts.stores.len()).filter(|&number| self.target_of(number, rewrite).is_some()).collect();
        let is_one = all.iter().any(|&number| self.span(self.facts.stores[number].target).contains(place.span));
        is_one.then_some(all)
    }

    /// The symbol that a store writes to, if the rewrite names it.
    fn target_of(&mut self, number: usize, rewrite: &Rewrite) -> Option<String> {
        let target = self.facts.stores[number].target;
        let symbols = self.resolver.target_symbols(target);
        let paths = symbols.into_iter().map(|path| self.resolver.paths.text(path).to_owned());
        paths.into_iter().find(|path| rewrite.stores.contains_key(path))
    }

    fn value_of_store(&self, number: usize) -> Span {
        let store = self.facts.stores[number];
        self.store_value(store.target, store.span)
    }
}
