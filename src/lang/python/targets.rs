//! What is assigned to: names, members, elements and tuples of them, and in which scope a name is bound.

use tree_sitter::Node;

use super::syntax::{Child, Kind, Reader};
use crate::{
    facts::{BindingKind, Expr, ExprId, ScopeId, ScopeKind, Span, Step, Store},
    lang::builder::{Builder, span},
};

/// Where a target gets its value from.
#[derive(Debug, Clone)]
pub(super) enum Origin<'s> {
    /// It is the whole of an expression.
    Whole(ExprId),
    /// It is a part of an expression.
    Part(ExprId, Vec<Step<'s>>),
    /// The facts cannot say.
    Unknown,
}

/// What the targets of one assignment share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Assigning {
    /// The whole statement.
    pub(super) statement: Span,
    /// From where the bindings hold.
    pub(super) from: u32,
    /// The declared type.
    pub(super) annotation: Option<ExprId>,
}

impl Assigning {
    /// An assignment without a declared type whose bindings hold after it.
    pub(super) fn plain(statement: Span) -> Self {
        Self { statement, from: statement.end, annotation: None }
    }
}

impl<'t, 's> Reader<'t, 's> {
    /// Binds the name that stands at `node` in the scope that Python gives it.
    pub(super) fn bind(
        &mut self,
        b: &mut Builder<'s>,
        node: Node<'t>,
        from: u32,
        kind: BindingKind<'s>,
        annotation: Option<ExprId>,
    ) {
        self.bind_in(b, b.scope, node, from, kind, annotation);
    }

    /// Binds a name as if it were written in `scope`, an enclosing scope.
    pub(super) fn bind_in(
        &mut self,
        b: &mut Builder<'s>,
        scope: ScopeId,
        node: Node<'t>,
        from: u32,
        kind: BindingKind<'s>,
        annotation: Option<ExprId>,
    ) {
        let name = b.text(node);
        // The grammar invents empty names where one is missing.
        if name.is_empty() {
            return;
        }
        let outer = if self.outer_names.is_empty() { None } else { self.outer_names.get(&(scope, name)) };
        let scope = outer.copied().unwrap_or(scope);
        b.bind(name, span(node), scope, from, kind, annotation);
    }

    /// The scope in which `:=` binds: comprehensions are passed over.
    pub(super) fn walrus_scope(b: &Builder<'s>) -> ScopeId {
        let mut id = b.scope;
        loop {
            let scope = &b.facts.scopes[id.index()];
            match scope.parent {
                Some(parent) if scope.kind == ScopeKind::Function && scope.function.is_none() => id = parent,
                _ => return id,
            }
        }
    }

    /// `global a, b`.
    pub(super) fn global(&mut self, b: &mut Builder<'s>, statement: Node<'t>) {
        self.each(b, statement, |reader, b, name| {
            reader.outer_names.insert((b.scope, b.text(name.node)), ScopeId(0));
        });
    }

    /// `nonlocal a, b`.
    pub(super) fn nonlocal(&mut self, b: &mut Builder<'s>, statement: Node<'t>) {
        self.each(b, statement, |reader, b, name| {
            let name = b.text(name.node);
            if !reader.outer_names.contains_key(&(b.scope, name))
                && let Some(scope) = reader.nonlocal_scope(b, name)
            {
                reader.outer_names.insert((b.scope, name), scope);
            }
        });
    }

    /// The enclosing function scope that binds `name` so far, or else the nearest.
    fn nonlocal_scope(&self, b: &Builder<'s>, name: &'s str) -> Option<ScopeId> {
        let mut nearest = None;
        let mut next = b.facts.scopes[b.scope.index()].parent;
        while let Some(id) = next {
            let scope = &b.facts.scopes[id.index()];
            next = scope.parent;
            if scope.function.is_none() {
                continue;
            }
            if let Some(outer) = self.outer_names.get(&(id, name)) {
                return Some(*outer);
            }
            if b.facts.bindings.iter().any(|binding| binding.scope == id && binding.name == name) {
                return Some(id);
            }
            nearest = nearest.or(Some(id));
        }
        nearest
    }

    /// Assigns to a target of any form.
    pub(super) fn assign(&mut self, b: &mut Builder<'s>, target: Child<'t>, origin: &Origin<'s>, at: Assigning) {
        let target = self.unwrap(target);
        match target.kind {
            Kind::Identifier => {
                let kind = match origin {
                    Origin::Whole(value) => BindingKind::Value(*value),
                    Origin::Part(of, path) => BindingKind::Element { of: *of, path: path.clone(), default: None },
                    Origin::Unknown => BindingKind::Opaque,
                };
                self.bind(b, target.node, at.from, kind, at.annotation);
            }
            Kind::List => {
                b.deeper(target.span(), |b| self.assign_parts(b, target, origin, at));
            }
            Kind::ListSplat | Kind::DictionarySplat => {
                if let Some(inner) = self.first(target.node) {
                    b.deeper(target.span(), |b| self.assign(b, inner, &Origin::Unknown, at));
                }
            }
            _ => {
                let place = self.expression(b, target);
                let value = match origin {
                    Origin::Whole(value) => *value,
                    // There is no expression for a part of a value.
                    Origin::Part(..) => b.expr(Expr::Other(Vec::new()), target.span()),
                    Origin::Unknown => return,
                };
                Self::store(b, place, value, at);
            }
        }
    }

    /// The loop variables of a comprehension over `over`, which hold in all of it.
    pub(super) fn comprehension_target(&mut self, b: &mut Builder<'s>, target: Child<'t>, over: ExprId, whole: Span) {
        let at = Assigning { statement: whole, from: whole.start, annotation: None };
        self.assign(b, target, &Origin::Part(over, vec![Step::Each]), at);
    }

    /// Notes an assignment to a member or an element.
    pub(super) fn store(b: &mut Builder<'s>, target: ExprId, value: ExprId, at: Assigning) {
        if matches!(b.facts.expr(target), Expr::Member { .. } | Expr::Index { .. }) {
            b.facts.stores.push(Store { target, value, annotation: at.annotation, span: at.statement });
        }
    }

    fn assign_parts(&mut self, b: &mut Builder<'s>, target: Child<'t>, origin: &Origin<'s>, at: Assigning) {
        let parts = self.children(target.node);
        let starred = self.children[parts.clone()].iter().position(|part| part.kind == Kind::ListSplat);
        for (position, index) in parts.clone().enumerate() {
            let part = self.children[index];
            // From a starred target on, positions count from the other end.
            let origin = match starred {
                Some(starred) if position >= starred => Origin::Unknown,
                _ => part_of(b, origin, position, parts.len(), starred.is_some()),
            };
            self.assign(b, part, &origin, at);
        }
        self.release(&parts);
    }
}

/// Where the target at `position` of `count` gets its value from.
fn part_of<'s>(b: &Builder<'s>, origin: &Origin<'s>, position: usize, count: usize, starred: bool) -> Origin<'s> {
    match origin {
        Origin::Whole(value) => match b.facts.expr(*value) {
            Expr::List(items) if items.len() == count && !starred => Origin::Whole(items[position]),
            _ => Origin::Part(*value, vec![Step::Position(position as u32)]),
        },
        Origin::Part(of, path) => {
            let mut path = path.clone();
            path.push(Step::Position(position as u32));
            Origin::Part(*of, path)
        }
        Origin::Unknown => Origin::Unknown,
    }
}
