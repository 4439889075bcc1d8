//! What flows into a place: backwards from an expression through names, attributes, objects, the project's own
//! functions (into their results, and from their parameters to the arguments at the calls in the file), and through
//! calls that a pack names as carriers. A credential counts for a client only when it lies in the client's flow.

use rustc_hash::FxHashSet;

use super::{Resolver, Value};
use crate::facts::{ArgumentKind, BindingId, BindingKind, Expr, ExprId, Facts, FunctionId, Piece};

/// The places from which values reach some expressions.
#[derive(Debug, Default)]
pub struct Flow {
    /// Expressions in the flow.
    pub exprs: FxHashSet<ExprId>,
    /// Bindings in the flow.
    pub bindings: FxHashSet<BindingId>,
}

/// Bounds the work for one flow; a flow that is larger is cut.
const MAX_EXPRS: usize = 20_000;

struct Tracing<'c> {
    flow: Flow,
    queue: Vec<ExprId>,
    carries: &'c dyn Fn(&str) -> bool,
}

impl Resolver<'_, '_> {
    /// Adds to `flow` all that flows into `roots`. `carries` says of a symbol's path whether a call of it passes its
    /// arguments on.
    pub fn flow_into(
        &mut self,
        roots: impl IntoIterator<Item = ExprId>,
        flow: Flow,
        carries: &dyn Fn(&str) -> bool,
    ) -> Flow {
        let mut tracing = Tracing { flow, queue: roots.into_iter().collect(), carries };
        while let Some(expr) = tracing.queue.pop() {
            if tracing.flow.exprs.len() >= MAX_EXPRS || !tracing.flow.exprs.insert(expr) {
                continue;
            }
            self.visit(expr, &mut tracing);
        }
        tracing.flow
    }

    /// Where the value of `expr` is used next: at the name it is bound to, at the attribute it is stored in, at the calls
    /// of the function that returns it.
    pub fn users_of(&mut self, expr: ExprId) -> Vec<ExprId> {
        let facts = self.facts;
        let mut users = Vec::new();
        for (number, binding) in facts.bindings.iter().enumerate() {
            if matches!(binding.kind, BindingKind::Value(value) if value == expr) {
                let is_it = |node: &Expr<'_>| matches!(node, Expr::Name(name) if *name == binding.name);
                let id = BindingId(number as u32);
                let readers = find(facts, is_it).into_iter();
                users.extend(readers.filter(|&reader| self.bindings_of(binding.name, reader).contains(&id)));
            }
        }
        for store in facts.stores.iter().filter(|store| store.value == expr) {
            let Expr::Member { object, property, .. } = facts.expr(store.target) else { continue };
            let Some(class) = self.receiver_class(*object) else { continue };
            let is_it = |node: &Expr<'_>| matches!(node, Expr::Member { property: name, .. } if name == property);
            let readers = find(facts, is_it).into_iter().filter(|&reader| {
                let Expr::Member { object, .. } = facts.expr(reader) else { return false };
                self.receiver_class(*object) == Some(class)
            });
            users.extend(readers);
        }
        for (number, function) in facts.functions.iter().enumerate() {
            if function.returns.contains(&expr) {
                users.extend(self.calls_of(FunctionId(number as u32)));
            }
        }
        users
    }

    fn visit(&mut self, expr: ExprId, tracing: &mut Tracing<'_>) {
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Name(name) => {
                for binding in self.bindings_of(name, expr) {
                    self.visit_binding(binding, tracing);
                }
                self.visit_stores(expr, tracing);
            }
            Expr::Member { object, property, .. } => {
                tracing.queue.push(*object);
                self.visit_attribute(*object, property, tracing);
            }
            Expr::Index { object, .. } => tracing.queue.push(*object),
            Expr::Call { callee, .. } => self.visit_call(expr, *callee, tracing),
            Expr::Text(pieces) => tracing.queue.extend(pieces.iter().filter_map(|piece| match piece {
                Piece::Hole(hole) => Some(*hole),
                Piece::Constant { .. } => None,
            })),
            Expr::Object(entries) => tracing.queue.extend(entries.iter().map(|entry| entry.value)),
            Expr::List(items) | Expr::Other(items) | Expr::Operation { operands: items, .. } => {
                tracing.queue.extend(items);
            }
            Expr::Choice { alternatives, .. } => tracing.queue.extend(alternatives),
            Expr::Function(function) => self.visit_function(*function, tracing),
            Expr::This | Expr::Super | Expr::Module(_) | Expr::Pattern(_) | Expr::Class(_) | Expr::Constant(_) => {}
        }
    }

    fn visit_binding(&mut self, id: BindingId, tracing: &mut Tracing<'_>) {
        if !tracing.flow.bindings.insert(id) {
            return;
        }
        let facts = self.facts;
        let binding = &facts.bindings[id.index()];
        self.visit_annotation(binding.annotation, tracing);
        match &binding.kind {
            BindingKind::Value(value) | BindingKind::Alias(value) => tracing.queue.push(*value),
            BindingKind::Element { of, default, .. } => {
                tracing.queue.push(*of);
                tracing.queue.extend(default);
            }
            BindingKind::Parameter { function, index, default } => {
                tracing.queue.extend(default);
                self.visit_callers(*function, *index as usize, Some(binding.name), tracing);
            }
            BindingKind::ParameterElement { function, index, default, .. } => {
                tracing.queue.extend(default);
                self.visit_callers(*function, *index as usize, None, tracing);
            }
            BindingKind::Function(function) => self.visit_function(*function, tracing),
            BindingKind::Class(class) => self.visit_class(*class, tracing),
            BindingKind::Import { .. } | BindingKind::Receiver(_) | BindingKind::Declared | BindingKind::Opaque => {}
        }
    }

    /// The names in a declared type belong to the flow of what it declares, with all their parts.
    fn visit_annotation(&mut self, annotation: Option<ExprId>, tracing: &mut Tracing<'_>) {
        let mut queue: Vec<ExprId> = annotation.into_iter().collect();
        while let Some(part) = queue.pop() {
            tracing.queue.push(part);
            self.facts.expr(part).for_each_child(|child| queue.push(child));
        }
    }

    fn visit_function(&mut self, function: FunctionId, tracing: &mut Tracing<'_>) {
        tracing.queue.extend(&self.facts.functions[function.index()].returns);
    }

    /// An object of the file's own class gives what its methods give when it is called or asked.
    fn visit_class(&mut self, class: crate::facts::ClassId, tracing: &mut Tracing<'_>) {
        let facts = self.facts;
        for (index, function) in facts.functions.iter().enumerate() {
            if function.class == Some(class) && matches!(function.name, Some("__call__" | "get_token" | "getToken")) {
                self.visit_function(FunctionId(index as u32), tracing);
            }
        }
    }

    /// From a parameter to the arguments given for it in the file.
    fn visit_callers(&mut self, function: FunctionId, index: usize, name: Option<&str>, tracing: &mut Tracing<'_>) {
        for call in self.calls_of(function) {
            let Expr::Call { arguments, .. } = self.facts.expr(call) else { continue };
            let mut position = 0;
            for argument in arguments {
                let given = match argument.kind {
                    ArgumentKind::Positional => {
                        position += 1;
                        position - 1 == index
                    }
                    ArgumentKind::Named { name: given, .. } => name == Some(given),
                    ArgumentKind::SpreadNamed | ArgumentKind::SpreadPositional => true,
                };
                if given {
                    tracing.queue.push(argument.value);
                }
            }
        }
    }

    /// `kw["key"] = value` and `kw.update(...)` flow into whoever is given `kw`.
    fn visit_stores(&mut self, name: ExprId, tracing: &mut Tracing<'_>) {
        let Expr::Name(text) = self.facts.expr(name) else { return };
        if self.stores_into.contains_key(text) || self.updates_of.contains_key(text) {
            let (entries, _) = self.entries_of(name);
            tracing.queue.extend(entries.into_iter().map(|entry| entry.value));
        }
    }

    /// `self.x` is what was stored there, `module.x` what was stored on it.
    fn visit_attribute(&mut self, object: ExprId, property: &str, tracing: &mut Tracing<'_>) {
        let facts = self.facts;
        let class = self.receiver_class(object);
        for index in self.stores.get(property).cloned().unwrap_or_default() {
            let store = facts.stores[index];
            let is_member = matches!(facts.expr(store.target), Expr::Member { .. });
            if is_member && class.is_some() && self.store_class(index) == class {
                tracing.queue.push(store.value);
            }
        }
        if let Some(class) = class {
            let scope = facts.classes[class.index()].scope;
            for &id in &self.scopes.in_scope(scope, property).to_vec() {
                self.visit_binding(id, tracing);
            }
        }
    }

    fn visit_call(&mut self, call: ExprId, callee: ExprId, tracing: &mut Tracing<'_>) {
        let facts = self.facts;
        tracing.queue.push(callee);
        let Expr::Call { arguments, .. } = facts.expr(call) else { return };
        let values = self.values(callee);
        let known = values.iter().any(|value| match value {
            Value::Path(path) => !passes_arguments(self.paths.text(*path), tracing.carries),
            Value::Function(_) | Value::Class(_) => true,
            _ => false,
        });
        if !known || values.iter().any(|value| self.carries(value, tracing.carries)) {
            tracing.queue.extend(arguments.iter().map(|argument| argument.value));
        }
        for value in values.iter() {
            if let Value::Function(function) = value {
                self.visit_function(*function, tracing);
            }
        }
    }

    fn carries(&self, value: &Value, carries: &dyn Fn(&str) -> bool) -> bool {
        matches!(value, Value::Path(path) if passes_arguments(self.paths.text(*path), carries))
    }
}

/// Carriers, what the file cannot tell, and the language's own functions pass their arguments on; other packages' calls
/// do not.
fn passes_arguments(path: &str, carries: &dyn Fn(&str) -> bool) -> bool {
    path.starts_with('?') || path.starts_with("global:") || carries(path)
}

/// The expressions of a certain form.
fn find(facts: &Facts<'_>, is_it: impl Fn(&Expr<'_>) -> bool) -> Vec<ExprId> {
    let all = facts.exprs.iter().enumerate();
    all.filter(|(_, node)| is_it(&node.expr)).map(|(number, _)| ExprId(number as u32)).collect()
}
