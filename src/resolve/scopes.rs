//! Which bindings of a name can hold at a place: scopes from the inside out, then the bindings of that scope that reach
//! the place. Conditional flow counts: a binding in the other arm of an `if` does not reach, one in a `try` may.

use rustc_hash::FxHashMap;

use crate::facts::{BindingId, BindingKind, BranchId, ClassId, ExprId, Facts, FunctionId, ScopeId, ScopeKind};

/// The bindings of a file by scope and name.
pub(super) struct Scopes<'s> {
    /// Whether the names of a class body can be used in it as they are.
    class_names: bool,
    /// By name, the scopes that bind it in order, with the bindings.
    by_name: FxHashMap<&'s str, Vec<(ScopeId, Vec<BindingId>)>>,
}

/// What a name means at a place.
pub(super) enum Lookup {
    /// These bindings can hold.
    Bindings(Vec<BindingId>),
    /// The name is not bound in the file.
    Global,
}

impl<'s> Scopes<'s> {
    pub(super) fn new(facts: &Facts<'s>, class_names: bool) -> Self {
        let mut by_name: FxHashMap<&'s str, Vec<(ScopeId, Vec<BindingId>)>> = FxHashMap::default();
        let mut order: Vec<usize> = (0..facts.bindings.len()).collect();
        order.sort_by_key(|&index| (facts.bindings[index].scope, facts.bindings[index].from));
        for index in order {
            let binding = &facts.bindings[index];
            let scopes = by_name.entry(binding.name).or_default();
            match scopes.last_mut() {
                Some((scope, bindings)) if *scope == binding.scope => bindings.push(BindingId(index as u32)),
                _ => scopes.push((binding.scope, vec![BindingId(index as u32)])),
            }
        }
        Self { class_names, by_name }
    }

    /// All bindings of `name` in `scope` itself, by the offset from which they hold.
    pub(super) fn in_scope(&self, scope: ScopeId, name: &str) -> &[BindingId] {
        let Some(scopes) = self.by_name.get(name) else { return &[] };
        match scopes.binary_search_by_key(&scope, |(scope, _)| *scope) {
            Ok(found) => &scopes[found].1,
            Err(_) => &[],
        }
    }

    /// The bindings of a scope's name that hold when its flow has ended.
    pub(super) fn at_end(&self, facts: &Facts<'s>, scope: ScopeId, name: &str) -> Vec<BindingId> {
        let bindings = self.in_scope(scope, name);
        if bindings.is_empty() { Vec::new() } else { reaching(facts, bindings, None) }
    }

    /// What the name written at `place` means.
    pub(super) fn lookup(&self, facts: &Facts<'s>, name: &str, place: ExprId) -> Lookup {
        let node = facts.node(place);
        let mut scope = Some(node.scope);
        while let Some(id) = scope {
            let this = &facts.scopes[id.index()];
            let visible = this.kind != ScopeKind::Class || self.class_names && id == node.scope;
            let bindings = if visible { self.in_scope(id, name) } else { &[] };
            if !bindings.is_empty() {
                let same_flow = frame(facts, node.scope) == frame(facts, id);
                let at = same_flow.then_some((node.span.start, node.branch));
                return Lookup::Bindings(reaching(facts, bindings, at));
            }
            scope = this.parent;
        }
        Lookup::Global
    }
}

/// The scope whose body runs as one flow: the innermost function, class or module around `scope`.
fn frame(facts: &Facts<'_>, mut scope: ScopeId) -> ScopeId {
    loop {
        let this = &facts.scopes[scope.index()];
        match (this.kind, this.parent) {
            (ScopeKind::Block, Some(parent)) => scope = parent,
            _ => return scope,
        }
    }
}

/// Those of a scope's bindings that can hold at a place of the same flow, or, without a place, when the flow has ended.
fn reaching(facts: &Facts<'_>, bindings: &[BindingId], at: Option<(u32, BranchId)>) -> Vec<BindingId> {
    let mut found = Vec::new();
    for &id in bindings.iter().rev() {
        let binding = &facts.bindings[id.index()];
        let elsewhere = frame(facts, binding.written_in) != frame(facts, binding.scope);
        if elsewhere {
            found.push(id);
            continue;
        }
        if let Some((offset, branch)) = at
            && (binding.from > offset
                || excluded(facts, binding.branch, branch)
                || left_behind(facts, binding.branch, branch))
        {
            continue;
        }
        if matches!(binding.kind, BindingKind::Declared) && !found.is_empty() {
            continue;
        }
        found.push(id);
        let settles = match at {
            Some((_, branch)) => dominates(facts, binding.branch, branch),
            None => facts.branches[binding.branch.index()].parent.is_none(),
        };
        if settles && !matches!(binding.kind, BindingKind::Declared) {
            break;
        }
    }
    if found.is_empty() { bindings.to_vec() } else { found }
}

/// True when flow in `place` has passed through `branch`.
fn dominates(facts: &Facts<'_>, branch: BranchId, place: BranchId) -> bool {
    ancestors(facts, place).any(|ancestor| ancestor == branch)
}

/// True when the two branches lie in different arms of a statement of which only one arm runs.
pub(super) fn excluded(facts: &Facts<'_>, one: BranchId, other: BranchId) -> bool {
    ancestors(facts, one).any(|a| {
        let a = facts.branches[a.index()];
        a.exclusive
            && ancestors(facts, other).any(|b| {
                let b = facts.branches[b.index()];
                b.exclusive && b.statement == a.statement && b.parent == a.parent && b.arm != a.arm
            })
    })
}

/// True when flow left the function in an arm around `branch` that `place` is not in.
fn left_behind(facts: &Facts<'_>, branch: BranchId, place: BranchId) -> bool {
    ancestors(facts, branch).any(|id| {
        let arm = facts.branches[id.index()];
        arm.exclusive && arm.leaves && !dominates(facts, id, place)
    })
}

fn ancestors<'f>(facts: &'f Facts<'_>, branch: BranchId) -> impl Iterator<Item = BranchId> + 'f {
    std::iter::successors(Some(branch), |branch| facts.branches[branch.index()].parent)
}

/// The function a place belongs to, for saying that two places are in the same function.
pub(super) fn function_of(facts: &Facts<'_>, scope: ScopeId) -> Option<FunctionId> {
    enclosing(facts, scope).find_map(|scope| facts.scopes[scope.index()].function)
}

/// The class whose instance `this` is at a place.
pub(super) fn this_class(facts: &Facts<'_>, scope: ScopeId) -> Option<ClassId> {
    for id in enclosing(facts, scope) {
        let scope = &facts.scopes[id.index()];
        if let Some(class) = scope.class {
            return Some(class);
        }
        if let Some(function) = scope.function {
            let function = &facts.functions[function.index()];
            if function.class.is_some() {
                return function.class;
            }
            if !function.transparent_this {
                return None;
            }
        }
    }
    None
}

/// The class whose body surrounds a place, whatever functions lie between.
pub(super) fn class_around(facts: &Facts<'_>, scope: ScopeId) -> Option<ClassId> {
    enclosing(facts, scope).find_map(|id| {
        let scope = &facts.scopes[id.index()];
        scope.class.or_else(|| scope.function.and_then(|function| facts.functions[function.index()].class))
    })
}

fn enclosing<'f>(facts: &'f Facts<'_>, scope: ScopeId) -> impl Iterator<Item = ScopeId> + 'f {
    std::iter::successors(Some(scope), |scope| facts.scopes[scope.index()].parent)
}

/// The names of the functions and classes around a scope, from the inside out.
pub(super) fn names_around<'s>(facts: &Facts<'s>, scope: ScopeId) -> Vec<&'s str> {
    enclosing(facts, scope)
        .filter_map(|id| {
            let scope = &facts.scopes[id.index()];
            let function = scope.function.and_then(|function| facts.functions[function.index()].name);
            function.or_else(|| scope.class.and_then(|class| facts.classes[class.index()].name))
        })
        .collect()
}
