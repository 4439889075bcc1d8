//! What really reaches a call: named arguments, options objects, spreads, dicts that grow before they are passed,
//! `partial` and `super().__init__`. And which symbols a call calls.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Resolver, Value, paths::PathId};
use crate::facts::{
    Argument, ArgumentKind, BindingId, BindingKind, ClassId, Expr, ExprId, Facts, FunctionId, Key, Operator, Span,
};

/// A named value that reaches a call or object.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Where the name stands.
    pub span: Span,
    /// The value.
    pub value: ExprId,
    /// The call, object or store that holds it.
    pub holder: ExprId,
}

/// What reaches a call.
#[derive(Debug, Default)]
pub struct Arguments {
    /// Values with names.
    pub named: Vec<Named>,
    /// Values by position. (A receiver or a `partial`'s target is not counted.)
    pub positional: Vec<ExprId>,
    /// False when something was passed that the file does not show.
    pub complete: bool,
}

impl Arguments {
    /// The values given for an argument: by its name, or at its position where the name is a number.
    pub fn given(&self, name: &str) -> Vec<ExprId> {
        match name.parse::<usize>() {
            Ok(position) => self.positional.get(position).copied().into_iter().collect(),
            Err(_) => self.named.iter().filter(|named| named.name == name).map(|named| named.value).collect(),
        }
    }
}

/// A symbol that a call calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called {
    /// The symbol.
    pub symbol: PathId,
    /// True for `partial(symbol, …)`, whose first argument is the target.
    pub partial: bool,
    /// True for `super().__init__(…)` and the like: the arguments reach the symbol, but nothing new is built.
    pub chained: bool,
}

impl Called {
    fn directly(symbol: PathId) -> Self {
        Self { symbol, partial: false, chained: false }
    }
}

/// Functions of languages that make an object from their arguments.
pub(super) fn makes_object(path: &str) -> bool {
    matches!(
        path,
        "global:dict"
            | "global:Object.assign"
            | "global:Object.freeze"
            | "copy.copy"
            | "copy.deepcopy"
            | "global:structuredClone"
    )
}

/// Functions that hold back a call with some of its arguments.
pub(super) fn is_partial(path: &str) -> bool {
    matches!(path, "functools.partial" | "functools.partialmethod")
}

/// Methods that give the object itself.
pub(super) fn is_enter(path: &str) -> bool {
    path.ends_with(".__aenter__") || path.ends_with(".__enter__") || path.ends_with(".enter_async_context()")
}

/// The calls that add entries to a named object, by that name, with the number of arguments that are not entries:
/// `kw.update({...})`, `kw.update(a=1)`, `kw.setdefault("a", 1)`, `Object.assign(kw, {...})`.
pub(super) fn update_calls<'f>(facts: &'f Facts<'_>) -> FxHashMap<&'f str, Vec<(ExprId, usize)>> {
    let mut calls: FxHashMap<&'f str, Vec<(ExprId, usize)>> = FxHashMap::default();
    for (index, node) in facts.exprs.iter().enumerate() {
        let Expr::Call { callee, arguments } = &node.expr else { continue };
        let Expr::Member { object, property, .. } = facts.expr(*callee) else { continue };
        let (target, skipped) = match (*property, arguments.first()) {
            ("update" | "setdefault", _) => (*object, 0),
            ("assign", Some(first)) => (first.value, 1),
            _ => continue,
        };
        if let Expr::Name(name) = facts.expr(target) {
            calls.entry(name).or_default().push((ExprId(index as u32), skipped));
        }
    }
    calls
}

impl Resolver<'_, '_> {
    /// What a `partial(…)` call will call.
    pub(super) fn partial_target(&self, call: ExprId) -> Option<ExprId> {
        match self.facts.expr(call) {
            Expr::Call { arguments, .. } => arguments.first().map(|first| first.value),
            _ => None,
        }
    }

    /// The symbols that `call` calls, directly or through `super`, a subclass without its own constructor, or a
    /// `partial`.
    pub fn called_symbols(&mut self, call: ExprId) -> Vec<Called> {
        let Expr::Call { callee, .. } = self.facts.expr(call) else { return Vec::new() };
        let callee = *callee;
        let mut found = Vec::new();
        for value in self.values(callee).iter() {
            match value {
                Value::Path(path) if is_partial(self.paths.text(*path)) => {
                    if let Some(target) = self.partial_target(call) {
                        let symbols = self.symbols(target).into_iter();
                        found.extend(symbols.map(|symbol| Called { partial: true, ..Called::directly(symbol) }));
                    }
                }
                Value::Path(path) => found.push(self.constructor_owner(*path)),
                Value::Class(class) => {
                    let inherited = self.inherited_constructors(*class, &mut Vec::new());
                    found.extend(inherited.into_iter().map(Called::directly));
                }
                Value::Super(class) => {
                    let bases = self.base_symbols(*class, &mut Vec::new()).into_iter();
                    found.extend(bases.map(|symbol| Called { chained: true, ..Called::directly(symbol) }));
                }
                _ => {}
            }
        }
        found
    }

    /// `X.__init__` and `super().__init__` pass their arguments to what `X` is.
    fn constructor_owner(&mut self, path: PathId) -> Called {
        let text = self.paths.text(path);
        match text.strip_suffix(".__init__") {
            Some(owner) => {
                let owner = owner.strip_suffix("()").unwrap_or(owner).to_owned();
                Called { chained: true, ..Called::directly(self.paths.root(&owner)) }
            }
            None => Called::directly(path),
        }
    }

    /// The outside symbols that constructing `class` calls, when it has no constructor of its own.
    fn inherited_constructors(&mut self, class: ClassId, seen: &mut Vec<ClassId>) -> Vec<PathId> {
        let facts = self.facts;
        let scope = facts.classes[class.index()].scope;
        let own = ["__init__", "constructor"].iter().any(|name| !self.scopes.in_scope(scope, name).is_empty());
        if own || seen.contains(&class) {
            return Vec::new();
        }
        seen.push(class);
        let mut found = Vec::new();
        for &base in &facts.classes[class.index()].bases {
            for value in self.values(base).iter() {
                match value {
                    Value::Path(path) => found.push(*path),
                    Value::Class(base) => found.extend(self.inherited_constructors(*base, seen)),
                    _ => {}
                }
            }
        }
        found
    }

    /// The outside symbols that `class` derives from.
    pub fn base_symbols(&mut self, class: ClassId, seen: &mut Vec<ClassId>) -> Vec<PathId> {
        if seen.contains(&class) {
            return Vec::new();
        }
        seen.push(class);
        let facts = self.facts;
        let mut found = Vec::new();
        for &base in &facts.classes[class.index()].bases {
            for value in self.values(base).iter() {
                match value {
                    Value::Path(path) => found.push(*path),
                    Value::Class(base) => found.extend(self.base_symbols(*base, seen)),
                    _ => {}
                }
            }
        }
        found
    }

    /// What reaches `call`. With `partial`, its first argument is left out.
    pub fn arguments_of(&mut self, call: ExprId, partial: bool) -> Arguments {
        let Expr::Call { arguments, .. } = self.facts.expr(call) else { return Arguments::default() };
        let mut reached = Arguments { complete: true, ..Arguments::default() };
        for argument in arguments.iter().skip(usize::from(partial)) {
            self.add_argument(call, argument, &mut reached);
        }
        reached
    }

    fn add_argument(&mut self, call: ExprId, argument: &Argument<'_>, reached: &mut Arguments) {
        let mut seen = FxHashSet::default();
        match argument.kind {
            ArgumentKind::Named { name, span } => {
                reached.named.push(Named { name: name.to_owned(), span, value: argument.value, holder: call });
            }
            ArgumentKind::Positional => {
                reached.positional.push(argument.value);
                self.add_entries(argument.value, &mut reached.named, &mut seen);
            }
            ArgumentKind::SpreadNamed => {
                reached.complete &= self.add_entries(argument.value, &mut reached.named, &mut seen);
            }
            ArgumentKind::SpreadPositional => reached.complete = false,
        }
    }

    /// The entries of the object that `expr` is, followed through names, spreads, merges and later stores. False when
    /// part of it is not visible.
    pub fn entries_of(&mut self, expr: ExprId) -> (Vec<Named>, bool) {
        let mut entries = Vec::new();
        let complete = self.add_entries(expr, &mut entries, &mut FxHashSet::default());
        (entries, complete)
    }

    /// The values of the entry `name` of the object that `expr` is.
    pub(super) fn entry_values(&mut self, expr: ExprId, name: &str) -> Vec<Value> {
        let (entries, _) = self.entries_of(expr);
        entries
            .into_iter()
            .filter(|entry| entry.name == name)
            .flat_map(|entry| self.values(entry.value).to_vec())
            .collect()
    }

    fn add_entries(&mut self, expr: ExprId, entries: &mut Vec<Named>, seen: &mut FxHashSet<ExprId>) -> bool {
        if !seen.insert(expr) || seen.len() > 64 {
            return false;
        }
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Object(own) => {
                let mut complete = true;
                for entry in own {
                    match &entry.key {
                        Key::Named { name, span } => entries.push(Named {
                            name: name.clone().into_owned(),
                            span: *span,
                            value: entry.value,
                            holder: expr,
                        }),
                        Key::Spread => complete &= self.add_entries(entry.value, entries, seen),
                        Key::Computed(_) => complete = false,
                    }
                }
                complete
            }
            Expr::Choice { alternatives, .. } => self.add_all(alternatives, entries, seen),
            Expr::Operation { operator: Operator::Union, operands } => self.add_all(operands, entries, seen),
            Expr::Name(name) => self.add_named_object(name, expr, entries, seen),
            Expr::Call { callee, arguments } => self.add_call_entries(expr, *callee, arguments, entries, seen),
            Expr::Member { .. } | Expr::Index { .. } => {
                let mut complete = false;
                for value in self.values(expr).iter() {
                    if let Value::Literal(literal) = value {
                        complete = self.add_entries(*literal, entries, seen);
                    }
                }
                complete
            }
            _ => false,
        }
    }

    fn add_all(&mut self, exprs: &[ExprId], entries: &mut Vec<Named>, seen: &mut FxHashSet<ExprId>) -> bool {
        let mut complete = true;
        for &expr in exprs {
            complete &= self.add_entries(expr, entries, seen);
        }
        complete
    }

    /// An object by name: what the name was given, and what was stored into it.
    fn add_named_object(
        &mut self,
        name: &str,
        place: ExprId,
        entries: &mut Vec<Named>,
        seen: &mut FxHashSet<ExprId>,
    ) -> bool {
        let facts = self.facts;
        let bindings = self.bindings_of(name, place);
        let mut complete = !bindings.is_empty();
        for &id in &bindings {
            match facts.bindings[id.index()].kind {
                BindingKind::Value(value) => complete &= self.add_entries(value, entries, seen),
                BindingKind::Element { .. } => {
                    complete = false;
                    for value in self.binding_values(id) {
                        if let Value::Literal(literal) = value {
                            self.add_entries(literal, entries, seen);
                        }
                    }
                }
                BindingKind::Parameter { function, index, .. } => {
                    complete = false;
                    self.add_given(function, index as usize, name, entries, seen);
                }
                _ => complete = false,
            }
        }
        for index in self.stores_into.get(name).cloned().unwrap_or_default() {
            let store = facts.stores[index];
            let (Expr::Member { object, .. } | Expr::Index { object, .. }) = facts.expr(store.target) else { continue };
            if !self.names_one_of(*object, name, &bindings) || self.never_meet(store.target, place) {
                continue;
            }
            let (key, span) = match facts.expr(store.target) {
                Expr::Member { property, property_span, .. } => ((*property).to_owned(), *property_span),
                Expr::Index { index, .. } => match facts.constant_text(*index) {
                    Some(key) => (key.into_owned(), facts.node(*index).span),
                    None => continue,
                },
                _ => continue,
            };
            entries.push(Named { name: key, span, value: store.value, holder: store.target });
        }
        self.add_updates(name, place, &bindings, entries, seen);
        complete
    }

    /// What the calls in the file give for a parameter; for one that takes all other named arguments, those.
    fn add_given(
        &mut self,
        function: FunctionId,
        index: usize,
        name: &str,
        entries: &mut Vec<Named>,
        seen: &mut FxHashSet<ExprId>,
    ) {
        // Callers are not asked for while a value is evaluated: theirs may wait for it.
        if self.is_evaluating() {
            return;
        }
        let facts = self.facts;
        let parameters = &facts.functions[function.index()].parameters;
        let rest = parameters[index].rest;
        for call in self.calls_of(function) {
            let Expr::Call { arguments, .. } = facts.expr(call) else { continue };
            for (position, argument) in arguments.iter().enumerate() {
                match argument.kind {
                    ArgumentKind::Positional if position == index && !rest => {
                        self.add_entries(argument.value, entries, seen);
                    }
                    ArgumentKind::Named { name: given, .. } if given == name && !rest => {
                        self.add_entries(argument.value, entries, seen);
                    }
                    ArgumentKind::Named { name: given, span }
                        if rest && parameters.iter().all(|parameter| parameter.name != Some(given)) =>
                    {
                        entries.push(Named { name: given.to_owned(), span, value: argument.value, holder: call });
                    }
                    ArgumentKind::SpreadNamed if rest => {
                        self.add_entries(argument.value, entries, seen);
                    }
                    _ => {}
                }
            }
        }
    }

    /// True when two places lie in different arms of one conditional statement.
    fn never_meet(&self, one: ExprId, other: ExprId) -> bool {
        super::scopes::excluded(self.facts, self.facts.node(one).branch, self.facts.node(other).branch)
    }

    fn names_one_of(&self, expr: ExprId, name: &str, bindings: &[BindingId]) -> bool {
        matches!(self.facts.expr(expr), Expr::Name(other) if *other == name)
            && self.bindings_of(name, expr).iter().any(|binding| bindings.contains(binding))
    }

    /// Entries added by [`update_calls`].
    fn add_updates(
        &mut self,
        name: &str,
        place: ExprId,
        bindings: &[BindingId],
        entries: &mut Vec<Named>,
        seen: &mut FxHashSet<ExprId>,
    ) {
        let facts = self.facts;
        for (call, skipped) in self.updates_of.get(name).cloned().unwrap_or_default() {
            let Expr::Call { callee, arguments } = facts.expr(call) else { continue };
            let target = match (skipped, facts.expr(*callee)) {
                (0, Expr::Member { object, .. }) => *object,
                _ => arguments[0].value,
            };
            if !self.names_one_of(target, name, bindings) || self.never_meet(call, place) {
                continue;
            }
            if let Expr::Member { property: "setdefault", .. } = facts.expr(*callee) {
                self.add_default(call, arguments, entries);
                continue;
            }
            let given = &arguments[skipped..];
            for argument in given {
                match argument.kind {
                    ArgumentKind::Named { name, span } => {
                        entries.push(Named { name: name.to_owned(), span, value: argument.value, holder: call });
                    }
                    _ => {
                        self.add_entries(argument.value, entries, seen);
                    }
                }
            }
        }
    }

    /// `kw.setdefault("name", value)`.
    fn add_default(&self, call: ExprId, arguments: &[Argument<'_>], entries: &mut Vec<Named>) {
        let [name, value, ..] = arguments else { return };
        if let Some(text) = self.facts.constant_text(name.value) {
            let span = self.facts.node(name.value).span;
            entries.push(Named { name: text.into_owned(), span, value: value.value, holder: call });
        }
    }

    fn add_call_entries(
        &mut self,
        call: ExprId,
        callee: ExprId,
        arguments: &[Argument<'_>],
        entries: &mut Vec<Named>,
        seen: &mut FxHashSet<ExprId>,
    ) -> bool {
        let facts = self.facts;
        let mut complete = false;
        if let Expr::Member { object, property: "copy", .. } = facts.expr(callee) {
            complete = self.add_entries(*object, entries, seen);
        }
        for value in self.values(callee).iter() {
            match value {
                Value::Path(path) if makes_object(self.paths.text(*path)) => {
                    complete = true;
                    for argument in arguments {
                        match argument.kind {
                            ArgumentKind::Named { name, span } => {
                                entries.push(Named {
                                    name: name.to_owned(),
                                    span,
                                    value: argument.value,
                                    holder: call,
                                });
                            }
                            _ => complete &= self.add_entries(argument.value, entries, seen),
                        }
                    }
                }
                Value::Function(function) => {
                    complete = self.add_all(&facts.functions[function.index()].returns, entries, seen);
                }
                _ => {}
            }
        }
        complete
    }
}
