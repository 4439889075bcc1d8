//! How a value was found: the chain import -> binding -> use that a report shows as evidence.

use super::Resolver;
use crate::facts::{BindingKind, Expr, ExprId, Span};

/// One step of a chain, from the origin to the use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// What the step is.
    pub kind: LinkKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// A name is imported.
    Import,
    /// A name is given to something.
    Binding,
    /// A type is declared.
    Annotation,
    /// A class is derived.
    Base,
}

/// How long a chain may get.
const MAX_LINKS: usize = 8;

impl Resolver<'_, '_> {
    /// The chain from the origin of what `expr` names to the last step before `expr`.
    pub fn trace(&mut self, expr: ExprId) -> Vec<Link> {
        let mut links = Vec::new();
        self.trace_expr(expr, &mut links);
        links.reverse();
        links.dedup();
        links
    }

    fn trace_expr(&mut self, expr: ExprId, links: &mut Vec<Link>) {
        if links.len() >= MAX_LINKS {
            return;
        }
        let facts = self.facts;
        match facts.expr(expr) {
            Expr::Name(name) => {
                if let Some(binding) = self.bindings_of(name, expr).first() {
                    self.trace_binding(binding.index(), links);
                }
            }
            Expr::Member { object, property, .. } => match self.receiver_class(*object) {
                Some(class) => self.trace_attribute(class, property, links),
                None => self.trace_expr(*object, links),
            },
            Expr::Super => {
                if let Some(class) = super::scopes::class_around(facts, facts.node(expr).scope)
                    && let Some(&base) = facts.classes[class.index()].bases.first()
                {
                    links.push(Link { kind: LinkKind::Base, span: facts.node(base).span });
                    self.trace_expr(base, links);
                }
            }
            Expr::Index { object: inner, .. } | Expr::Call { callee: inner, .. } => self.trace_expr(*inner, links),
            Expr::Choice { alternatives, .. } => {
                if let Some(&first) = alternatives.first() {
                    self.trace_expr(first, links);
                }
            }
            Expr::Module(_) => links.push(Link { kind: LinkKind::Import, span: facts.node(expr).span }),
            _ => {}
        }
    }

    fn trace_attribute(&mut self, class: crate::facts::ClassId, property: &str, links: &mut Vec<Link>) {
        let facts = self.facts;
        for index in self.stores.get(property).cloned().unwrap_or_default() {
            let store = facts.stores[index];
            let is_member = matches!(facts.expr(store.target), Expr::Member { .. });
            if is_member && self.store_class(index) == Some(class) {
                links.push(Link { kind: LinkKind::Binding, span: facts.node(store.target).span });
                self.trace_expr(store.value, links);
                return;
            }
        }
    }

    fn trace_binding(&mut self, index: usize, links: &mut Vec<Link>) {
        let facts = self.facts;
        let binding = &facts.bindings[index];
        if let BindingKind::Import { import, item } = binding.kind {
            let import = &facts.imports[import as usize];
            let item = &import.items[item as usize];
            links.push(Link { kind: LinkKind::Import, span: item.span });
            return;
        }
        links.push(Link { kind: LinkKind::Binding, span: binding.span });
        match &binding.kind {
            BindingKind::Value(value) | BindingKind::Alias(value) => self.trace_expr(*value, links),
            BindingKind::Element { of, .. } => self.trace_expr(*of, links),
            BindingKind::Class(class) => {
                if let Some(&base) = facts.classes[class.index()].bases.first() {
                    links.push(Link { kind: LinkKind::Base, span: facts.node(base).span });
                    self.trace_expr(base, links);
                }
            }
            _ => {
                if let Some(annotation) = binding.annotation {
                    links.push(Link { kind: LinkKind::Annotation, span: facts.node(annotation).span });
                }
            }
        }
    }
}
