//! Places that are names: environment variables wherever they are met, what is stored to, and what is bound.

use std::rc::Rc;

use super::{Collector, MIN_VARIABLE, is_word};
use crate::{
    facts::{Binding, BindingId, BindingKind, Expr, ExprId, ImportedSymbol, Operator, ScopeId, ScopeKind, Span, Step},
    resolve::Value,
    rules::index::ClauseId,
};

impl<'s> Collector<'_, '_, '_, 's> {
    /// A name that is met as a member, key, string or field.
    pub(super) fn variable(&mut self, name: &str, span: Span, expr: ExprId) {
        for &clause in self.wanted_variable(name).iter() {
            let (accesses, access) = self.access(expr, name);
            let place = self.at_expr(clause, span, expr);
            place.name = Some(name.to_owned());
            place.value = access;
            place.accesses = accesses;
        }
    }

    /// The `env` clauses that look for a name.
    fn wanted_variable(&mut self, name: &str) -> Rc<[ClauseId]> {
        if let Some(wanted) = self.wanted_variables.get(name) {
            return wanted.clone();
        }
        let is_wanted = name.len() >= MIN_VARIABLE && is_word(name);
        let is_about = |clause: ClauseId| self.index.clauses[clause as usize].is_about(name);
        let fitting = if is_wanted { self.index.env.fitting(name) } else { Vec::new() };
        let wanted: Rc<[ClauseId]> = fitting.into_iter().filter(|&clause| is_about(clause)).collect();
        self.wanted_variables.insert(name.to_owned(), wanted.clone());
        wanted
    }

    /// Whether `expr`, or what it is the name in, is an access to the process environment, and the accessing expression.
    fn access(&mut self, expr: ExprId, name: &str) -> (bool, Option<ExprId>) {
        let facts = self.resolver.facts;
        let parent = facts.node(expr).parent;
        if let Some(parent) = parent
            && let Expr::Operation { operator: Operator::Membership, operands } = facts.expr(parent)
            && operands.iter().any(|&operand| self.resolver.is_environment(operand))
        {
            return (true, Some(parent));
        }
        let access = [Some(expr), parent]
            .into_iter()
            .flatten()
            .find(|&candidate| self.resolver.variables(candidate).iter().any(|found| &**found == name));
        (access.is_some(), access)
    }

    /// Packages that a manifest asks for.
    pub(super) fn dependencies(&mut self) {
        let facts = self.resolver.facts;
        for dependency in &facts.dependencies {
            for (glob, clause) in &self.index.dependencies {
                if glob.matches(&dependency.package) {
                    let place = self.place(*clause, dependency.span, ScopeId(0));
                    place.name = Some(dependency.name.to_owned());
                }
            }
        }
    }

    pub(super) fn stores(&mut self) {
        let facts = self.resolver.facts;
        for store in &facts.stores {
            for symbol in self.resolver.target_symbols(store.target) {
                for clause in self.index.stores.tags(self.resolver.paths.text(symbol)) {
                    let span = facts.node(store.target).span;
                    let place = self.at_expr(clause, span, store.target);
                    place.symbol = Some(symbol);
                    place.value = Some(store.value);
                }
            }
            match facts.expr(store.target) {
                Expr::Index { index, .. } => {
                    if let Some(name) = facts.constant_text(*index) {
                        self.key(&name, facts.node(*index).span, store.target, store.value);
                    }
                }
                Expr::Member { object, property, property_span }
                    if self.resolver.receiver_class(*object).is_none()
                        && !matches!(facts.expr(*object), Expr::This) =>
                {
                    self.key(property, *property_span, store.target, store.value);
                }
                _ => {}
            }
        }
    }

    pub(super) fn bindings(&mut self) {
        let facts = self.resolver.facts;
        for (number, binding) in facts.bindings.iter().enumerate() {
            let id = BindingId(number as u32);
            match &binding.kind {
                BindingKind::Element { of, path, .. } => {
                    self.imported_element(id, binding, *of, path);
                    self.destructured(binding, Some(*of), path);
                }
                BindingKind::ParameterElement { path, .. } => self.destructured(binding, None, path),
                BindingKind::Import { import, item } => {
                    let item = &facts.imports[*import as usize].items[*item as usize];
                    let values = self.resolver.binding_values(id);
                    if let (ImportedSymbol::Named(name), Some(Value::Environment(_))) = (&item.symbol, values.first()) {
                        self.bound_variable(name, item.span, binding, true);
                    }
                }
                _ if facts.scopes[binding.scope.index()].kind == ScopeKind::Class => self.field(binding),
                _ => {}
            }
        }
    }

    /// `const { X } = require("m")` brings `X` in.
    fn imported_element(&mut self, id: BindingId, binding: &Binding<'_>, of: ExprId, path: &[Step<'_>]) {
        if path.len() == 1 && self.is_module(of) {
            for value in self.resolver.binding_values(id) {
                if let Value::Path(symbol) = value {
                    self.import_place(symbol, binding.span, binding.written_in, Some(id));
                }
            }
        }
    }

    /// True for a module that is loaded in an expression, also by a name it was given.
    fn is_module(&self, expr: ExprId) -> bool {
        let facts = self.resolver.facts;
        match facts.expr(expr) {
            Expr::Module(_) => true,
            Expr::Name(name) => {
                let mut bindings = self.resolver.bindings_of(name, expr).into_iter();
                bindings.any(|id| self.is_module_binding(&facts.bindings[id.index()].kind))
            }
            _ => false,
        }
    }

    fn is_module_binding(&self, binding: &BindingKind<'_>) -> bool {
        let facts = self.resolver.facts;
        match binding {
            BindingKind::Value(value) => matches!(facts.expr(*value), Expr::Module(_)),
            BindingKind::Element { of, path, .. } => {
                let by_default = matches!(path.as_slice(), [Step::Key(key)] if key == "default");
                by_default && matches!(facts.expr(*of), Expr::Module(_))
            }
            BindingKind::Import { import, item } => {
                let symbol = &facts.imports[*import as usize].items[*item as usize].symbol;
                matches!(symbol, ImportedSymbol::Module | ImportedSymbol::Default)
            }
            _ => false,
        }
    }

    /// `const { name } = …` reads `name`, and the names on the way to it.
    fn destructured(&mut self, binding: &Binding<'s>, of: Option<ExprId>, path: &[Step<'s>]) {
        for (depth, step) in path.iter().enumerate() {
            let Step::Key(name) = step else { continue };
            self.destructured_member(binding, of, &path[..depth], name);
            if depth + 1 == path.len() {
                self.bound_variable(name, binding.span, binding, false);
            }
        }
    }

    fn destructured_member(&mut self, binding: &Binding<'s>, of: Option<ExprId>, way: &[Step<'s>], name: &str) {
        for &clause in self.index.members.get(name).into_iter().flatten() {
            let on = self.index.clauses[clause as usize].on.as_ref();
            let is_on = on.is_none_or(|on| {
                let symbols = of.map(|of| self.resolver.symbols_within(of, way)).unwrap_or_default();
                symbols.into_iter().any(|path| on.contains(self.resolver.paths.text(path)))
            });
            if is_on {
                self.place(clause, binding.span, binding.written_in).name = Some(name.to_owned());
            }
        }
    }

    /// A field of a class, interface or enum.
    fn field(&mut self, binding: &Binding<'_>) {
        let facts = self.resolver.facts;
        self.bound_variable(binding.name, binding.span, binding, false);
        let Some(class) = facts.scopes[binding.scope.index()].class else { return };
        // Only what is annotated is a field; the settings of the class itself and private names are none.
        let is_field = binding.annotation.is_some() && binding.name != "model_config" && !binding.name.starts_with('_');
        if is_field
            && matches!(binding.kind, BindingKind::Value(_) | BindingKind::Declared)
            && let Some(variable) = self.resolver.settings_variable(class, binding.name)
            && variable != binding.name
        {
            self.bound_variable(&variable, binding.span, binding, true);
        }
    }

    fn bound_variable(&mut self, name: &str, span: Span, binding: &Binding<'_>, accesses: bool) {
        for &clause in self.wanted_variable(name).iter() {
            let place = self.place(clause, span, binding.written_in);
            place.name = Some(name.to_owned());
            place.accesses = accesses;
        }
    }
}
