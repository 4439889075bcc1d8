//! Names that are read before anything binds them: what is imported further down is not there yet for code that runs as
//! the file is read.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{Binding, Expr, ExprNode, Facts, ScopeKind};

/// The names that are read, in the scope that binds them, above whatever binds them.
pub(super) fn early_reads<'s>(facts: &Facts<'s>) -> BTreeSet<&'s str> {
    let mut by_name: BTreeMap<&str, Vec<&Binding<'s>>> = BTreeMap::new();
    for binding in &facts.bindings {
        by_name.entry(binding.name).or_default().push(binding);
    }
    let read = facts.exprs.iter().filter_map(|node| {
        let Expr::Name(name) = node.expr else { return None };
        let bindings = by_name.get(name)?;
        (is_bound(facts, bindings, node, false) && !is_bound(facts, bindings, node, true)).then_some(name)
    });
    read.collect()
}

fn is_bound(facts: &Facts<'_>, bindings: &[&Binding<'_>], node: &ExprNode<'_>, in_time: bool) -> bool {
    let mut scope = Some(node.scope);
    let mut is_own = true;
    while let Some(at) = scope {
        let region = &facts.scopes[at.index()];
        // What a class binds is not seen by its methods.
        let sees = is_own || region.kind != ScopeKind::Class;
        is_own &= region.kind == ScopeKind::Block;
        let is_there = |binding: &Binding<'_>| !in_time || at != node.scope || binding.from <= node.span.start;
        if sees && bindings.iter().any(|binding| binding.scope == at && is_there(binding)) {
            return true;
        }
        scope = region.parent;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::{Grammar, Lowering};

    #[test]
    fn names_that_are_read_too_early_are_seen() {
        let text = "import os\nprint(os, sys)\ndef later():\n    return json\nimport sys\nimport json\n";
        let mut lowering = Lowering::default();
        let facts = lowering.facts(Grammar::Python, text).unwrap();
        assert_eq!(early_reads(&facts), BTreeSet::from(["sys"]));
    }
}
