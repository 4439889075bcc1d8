//! The conditions of clauses: on the place itself, and on findings that must be near or that the place must flow into.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::{Index, Place};
use crate::{
    facts::{BindingKind, Expr, ExprId, FunctionId, ImportedSymbol},
    resolve::{Resolver, flow::Flow},
    rules::{
        formula::is_position,
        index::{Compiled, Test},
        model::{Access, Beside, Class, Within},
    },
};

/// A condition of a clause that does not hold at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmet {
    /// `access`.
    Access,
    /// `imports`.
    Imports,
    /// `under`.
    Under,
    /// `value`.
    Value,
    /// Arguments are asked for, and the place is no call.
    NoCall,
    /// `with`, by its position among the clause's arguments.
    With(usize),
    /// `without`, by its position.
    Without(usize),
    /// `flows-into`.
    FlowsInto,
    /// `beside`.
    Beside,
}

/// The first condition that does not hold, of those that need no other finding.
pub(super) fn unmet_alone(
    index: &Index,
    resolver: &mut Resolver<'_, '_>,
    imported: &Imported,
    place: &Place,
) -> Option<Unmet> {
    let compiled = &index.clauses[place.clause as usize];
    let clause = &compiled.clause;
    if clause.access != Access::Any && !place.accesses {
        Some(Unmet::Access)
    } else if clause.imports.as_ref().is_some_and(|modules| !imported.any_of(modules)) {
        Some(Unmet::Imports)
    } else if !under_holds(compiled, resolver, place) {
        Some(Unmet::Under)
    } else if !value_holds(compiled, resolver, place) {
        Some(Unmet::Value)
    } else {
        unmet_argument(compiled, resolver, place)
    }
}

/// True when the object that holds the key is itself given under one of the wanted keys.
fn under_holds(compiled: &Compiled, resolver: &mut Resolver<'_, '_>, place: &Place) -> bool {
    let Some(wanted) = &compiled.clause.under else { return true };
    let keys = place.expr.map(|holder| resolver.keys_of(holder)).unwrap_or_default();
    keys.iter().any(|key| wanted.iter().any(|one| one == key))
}

fn value_holds(compiled: &Compiled, resolver: &mut Resolver<'_, '_>, place: &Place) -> bool {
    match (&compiled.value, place.value) {
        (None, _) => true,
        (Some(test), Some(value)) => test.holds(resolver, value),
        (Some(_), None) => false,
    }
}

fn unmet_argument(compiled: &Compiled, resolver: &mut Resolver<'_, '_>, place: &Place) -> Option<Unmet> {
    if compiled.with.is_empty() && compiled.clause.without.is_empty() {
        return None;
    }
    let Some(call) = place.call else { return Some(Unmet::NoCall) };
    let arguments = resolver.arguments_of(call, place.partial);
    let given = |resolver: &mut Resolver<'_, '_>, name: &str| -> Vec<ExprId> {
        if let Some((outer, inner)) = name.split_once('.') {
            let outer = arguments.named.iter().filter(|named| named.name == outer).map(|named| named.value);
            let outer: Vec<ExprId> = outer.collect();
            let entries = outer.into_iter().flat_map(|value| resolver.entries_of(value).0);
            return entries.filter(|entry| entry.name == inner).map(|entry| entry.value).collect();
        }
        if is_position(name) {
            let position = name.parse().ok().and_then(|position: usize| arguments.positional.get(position));
            position.into_iter().copied().collect()
        } else {
            arguments.named.iter().filter(|named| named.name == name).map(|named| named.value).collect()
        }
    };
    let mut fails =
        |(name, test): &(String, Test)| given(resolver, name).into_iter().all(|value| !test.holds(resolver, value));
    if let Some(with) = compiled.with.iter().position(&mut fails) {
        return Some(Unmet::With(with));
    }
    compiled.clause.without.iter().position(|name| !given(resolver, name).is_empty()).map(Unmet::Without)
}

/// The modules and names that a file brings in, as written and as they are known.
pub(super) struct Imported {
    paths: FxHashSet<String>,
}

impl Imported {
    /// What a file brings in.
    pub(super) fn of(resolver: &mut Resolver<'_, '_>) -> Self {
        let facts = resolver.facts;
        let mut paths = FxHashSet::default();
        for import in &facts.imports {
            paths.insert(import.module.clone().into_owned());
            let module = resolver.imported_path(&import.module, &ImportedSymbol::Module);
            paths.insert(resolver.paths.text(module).to_owned());
            for item in &import.items {
                let path = resolver.imported_path(&import.module, &item.symbol);
                paths.insert(resolver.paths.text(path).to_owned());
            }
        }
        for node in &facts.exprs {
            if let Expr::Module(module) = &node.expr {
                paths.insert(module.clone().into_owned());
            }
        }
        Self { paths }
    }

    /// True when one of the modules, or something below it, is brought in.
    fn any_of(&self, modules: &[String]) -> bool {
        let is_below = |path: &String, module: &String| {
            path.strip_prefix(module.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
        };
        self.paths.iter().any(|path| modules.iter().any(|module| is_below(path, module)))
    }
}

/// What flows into the findings of some classes.
pub(super) struct Flows {
    by_class: Vec<(Class, Flow, FxHashSet<String>, usize)>,
}

impl Flows {
    /// The flows into the accepted places of the wanted classes.
    pub(super) fn of(
        index: &Index,
        resolver: &mut Resolver<'_, '_>,
        accepted: &[Place],
        wanted: &BTreeSet<Class>,
    ) -> Self {
        let mut by_class = Vec::new();
        for &class in wanted {
            let mut roots = Vec::new();
            let mut first = None;
            for (number, place) in accepted.iter().enumerate() {
                if index.class_of(place) == class {
                    first.get_or_insert(number);
                    roots.extend(sinks(resolver, place));
                }
            }
            let Some(first) = first else { continue };
            let carries = |path: &str| index.carriers.contains(path);
            let flow = resolver.flow_into(roots, Flow::default(), &carries);
            let mut ordered: Vec<ExprId> = flow.exprs.iter().copied().collect();
            ordered.sort_unstable();
            let mut symbols = FxHashSet::default();
            for expr in ordered {
                for path in resolver.symbols(expr) {
                    symbols.insert(resolver.paths.text(path).to_owned());
                }
            }
            by_class.push((class, flow, symbols, first));
        }
        Self { by_class }
    }
}

/// The expressions whose values a finding takes in: the arguments of its call, or of the statement around it and of the
/// calls that are given what it becomes.
fn sinks(resolver: &mut Resolver<'_, '_>, place: &Place) -> Vec<ExprId> {
    if let Some(call) = place.call {
        return call_arguments(resolver, call);
    }
    let Some(expr) = place.expr else { return Vec::new() };
    let root = resolver.facts.outermost(expr);
    let mut sinks = vec![root];
    sinks.extend(call_arguments(resolver, root));
    for user in resolver.users_of(root) {
        let root = resolver.facts.outermost(user);
        sinks.extend(call_arguments(resolver, root));
    }
    sinks
}

fn call_arguments(resolver: &Resolver<'_, '_>, expr: ExprId) -> Vec<ExprId> {
    match resolver.facts.expr(expr) {
        Expr::Call { arguments, .. } => arguments.iter().map(|argument| argument.value).collect(),
        _ => Vec::new(),
    }
}

/// The accepted place that a leaning place leans on, or the condition for which there is none.
pub(super) fn support(
    index: &Index,
    resolver: &mut Resolver<'_, '_>,
    place: &Place,
    accepted: &[Place],
    flows: &Flows,
) -> Result<usize, Unmet> {
    let clause = &index.clauses[place.clause as usize].clause;
    let mut supporter = None;
    if let Some(classes) = &clause.flows_into {
        supporter = Some(flowing(resolver, place, classes, flows).ok_or(Unmet::FlowsInto)?);
    }
    if let Some(beside) = &clause.beside {
        let near = accepted.iter().position(|other| is_beside(index, resolver, place, other, beside));
        supporter = supporter.or(Some(near.ok_or(Unmet::Beside)?));
    }
    supporter.ok_or(Unmet::Beside)
}

fn flowing(resolver: &mut Resolver<'_, '_>, place: &Place, classes: &[Class], flows: &Flows) -> Option<usize> {
    flows.by_class.iter().find_map(|(class, flow, symbols, first)| {
        let is_in = classes.contains(class) && in_flow(resolver, place, flow, symbols);
        is_in.then_some(*first)
    })
}

fn in_flow(resolver: &mut Resolver<'_, '_>, place: &Place, flow: &Flow, symbols: &FxHashSet<String>) -> bool {
    if place.expr.is_none() {
        // An import: what it brings in must be used in the flow.
        let Some(symbol) = place.symbol else { return false };
        let bound = place.binding.is_none_or(|binding| {
            let is_root = is_root_import(resolver, binding);
            is_root || flow.bindings.contains(&binding)
        });
        let path = resolver.paths.text(symbol);
        return bound
            && symbols.iter().any(|used| {
                used.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '(']))
            });
    }
    [place.expr, place.value, place.call].into_iter().flatten().any(|expr| flow.exprs.contains(&expr))
}

/// `import a.b` binds `a`, which several imports share.
fn is_root_import(resolver: &Resolver<'_, '_>, binding: crate::facts::BindingId) -> bool {
    let facts = resolver.facts;
    let BindingKind::Import { import, item } = facts.bindings[binding.index()].kind else { return false };
    matches!(facts.imports[import as usize].items[item as usize].symbol, ImportedSymbol::Root(_))
}

fn is_beside(index: &Index, resolver: &Resolver<'_, '_>, place: &Place, other: &Place, beside: &Beside) -> bool {
    let rule = &index.rules[index.clauses[other.clause as usize].rule];
    let wanted = beside.class.contains(&rule.file.class) || beside.rule.iter().any(|name| rule.short_id() == name);
    wanted
        && other.span != place.span
        && match beside.within {
            Within::File => true,
            Within::Function => function_of(resolver, place) == function_of(resolver, other),
            Within::Call => match (place.expr, other.expr) {
                (Some(one), Some(two)) => resolver.facts.outermost(one) == resolver.facts.outermost(two),
                _ => false,
            },
        }
}

fn function_of(resolver: &Resolver<'_, '_>, place: &Place) -> Option<FunctionId> {
    resolver.function_of_scope(place.scope)
}
