//! Names and destructuring patterns: what a declaration, a parameter or an assignment binds.

use std::borrow::Cow;

use tree_sitter::Node;

use super::text::literal;
use super::{Child, Field, Kind, Reader};
use crate::facts::{BindingKind, ExprId, FunctionId, ScopeId, Step};
use crate::lang::builder::{Builder, span};

/// Where the value of a pattern comes from.
#[derive(Clone, Copy)]
pub(super) enum Source {
    /// An expression.
    Value(ExprId),
    /// The parts of an expression, one by one.
    Each(ExprId),
    /// A parameter.
    Parameter {
        /// Whose.
        function: FunctionId,
        /// Which.
        index: u32,
    },
    /// There is none yet.
    Nothing,
    /// Somewhere the facts cannot say.
    Unknown,
}

/// How the names of a pattern are bound.
#[derive(Clone, Copy)]
pub(super) struct Target {
    /// Where the value comes from.
    pub(super) source: Source,
    /// The scope of a declaration; none for an assignment to names declared elsewhere.
    pub(super) scope: Option<ScopeId>,
    /// From where the bindings hold.
    pub(super) from: u32,
    /// The value of a single name that gets none.
    pub(super) default: Option<ExprId>,
    /// The declared type of a single name.
    pub(super) annotation: Option<ExprId>,
}

impl<'t> Reader<'t> {
    /// Binds the names in a pattern.
    pub(super) fn pattern(&mut self, b: &mut Builder<'_>, child: Child<'t>, target: &Target) {
        if child.kind == Kind::Identifier {
            self.bind_name(b, child.node, target, &[], target.default);
        } else {
            self.parts_of_pattern(b, child, target, &mut Vec::new(), target.default);
        }
    }

    fn parts_of_pattern<'s>(
        &mut self,
        b: &mut Builder<'s>,
        child: Child<'t>,
        target: &Target,
        path: &mut Vec<Step<'s>>,
        default: Option<ExprId>,
    ) {
        match child.kind {
            Kind::Identifier => self.bind_name(b, child.node, target, path, default),
            Kind::ShorthandPattern => {
                path.push(Step::Key(Cow::Borrowed(b.text(child.node))));
                self.bind_name(b, child.node, target, path, default);
                path.pop();
            }
            _ => {
                b.deeper(span(child.node), |b| self.compound_pattern(b, child, target, path));
            }
        }
    }

    fn compound_pattern<'s>(
        &mut self,
        b: &mut Builder<'s>,
        child: Child<'t>,
        target: &Target,
        path: &mut Vec<Step<'s>>,
    ) {
        match child.kind {
            Kind::ObjectPattern => {
                let opened = self.open(b, child.node);
                for at in opened.clone() {
                    self.parts_of_pattern(b, self.children[at], target, path, None);
                }
                self.close(&opened);
            }
            Kind::ArrayPattern => {
                for (item, position) in self.items(child.node) {
                    path.push(Step::Position(position));
                    self.parts_of_pattern(b, item, target, path, None);
                    path.pop();
                }
            }
            Kind::PairPattern => self.pair_pattern(b, child.node, target, path),
            Kind::AssignmentPattern => {
                let opened = self.open_fields(b, child.node);
                let default = self.field(&opened, Field::Right).map(|value| self.expression(b, value));
                if let Some(left) = self.field(&opened, Field::Left) {
                    self.parts_of_pattern(b, left, target, path, default);
                }
                self.close(&opened);
            }
            Kind::RestPattern => {
                if let Some(inner) = self.rest_target(b, child.node) {
                    // In an array the rest stands at a position, but is no single element.
                    let position = path.pop_if(|step| matches!(step, Step::Position(_)));
                    path.push(Step::Rest);
                    self.parts_of_pattern(b, inner, target, path, None);
                    path.pop();
                    path.extend(position);
                }
            }
            // What is no pattern is assigned to: `[this.a] = …`.
            _ => self.anything(b, child),
        }
    }

    fn pair_pattern<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>, target: &Target, path: &mut Vec<Step<'s>>) {
        let opened = self.open_fields(b, node);
        let key = self.field(&opened, Field::Key);
        let value = self.field(&opened, Field::Value);
        self.close(&opened);
        let (Some(key), Some(value)) = (key, value) else { return };
        let name = if key.kind == Kind::ComputedName {
            let inner = self.only(b, key.node);
            if let Some(inner) = inner {
                self.expression(b, inner);
            }
            inner.and_then(|inner| literal(b, inner))
        } else {
            Some(literal(b, key).unwrap_or_else(|| Cow::Borrowed(b.text(key.node))))
        };
        if let Some(name) = name {
            path.push(Step::Key(name));
            self.parts_of_pattern(b, value, target, path, None);
            path.pop();
        } else {
            let unknown = Target { source: Source::Unknown, ..*target };
            self.parts_of_pattern(b, value, &unknown, path, None);
        }
    }

    /// What a rest pattern binds.
    pub(super) fn rest_target(&mut self, b: &Builder<'_>, node: Node<'t>) -> Option<Child<'t>> {
        let opened = self.open(b, node);
        let inner = self.children[opened.clone()].first().copied();
        self.close(&opened);
        inner
    }

    /// The items of an array pattern with their positions; holes count.
    fn items(&mut self, node: Node<'t>) -> Vec<(Child<'t>, u32)> {
        let mut items = Vec::new();
        let mut position = 0;
        self.cursor.reset(node);
        let mut more = self.cursor.goto_first_child();
        while more {
            let node = self.cursor.node();
            match self.table.kind(node) {
                Kind::Noise if node.kind() == "," => position += 1,
                Kind::Noise | Kind::Nothing | Kind::Error => {}
                kind => items.push((Child { node, kind, field: Field::None }, position)),
            }
            more = self.cursor.goto_next_sibling();
        }
        items
    }

    fn bind_name<'s>(
        &mut self,
        b: &mut Builder<'s>,
        node: Node<'t>,
        target: &Target,
        path: &[Step<'s>],
        default: Option<ExprId>,
    ) {
        let name = b.text(node);
        if name.is_empty() {
            return;
        }
        let kind = match target.source {
            Source::Value(of) if path.is_empty() => BindingKind::Value(of),
            Source::Value(of) => BindingKind::Element { of, path: path.to_vec(), default },
            Source::Each(of) => {
                let path = std::iter::once(Step::Each).chain(path.iter().cloned()).collect();
                BindingKind::Element { of, path, default }
            }
            Source::Parameter { function, index } if path.is_empty() => {
                BindingKind::Parameter { function, index, default }
            }
            Source::Parameter { function, index } => {
                BindingKind::ParameterElement { function, index, path: path.to_vec(), default }
            }
            Source::Nothing => BindingKind::Declared,
            Source::Unknown => BindingKind::Opaque,
        };
        let annotation = if path.is_empty() { target.annotation } else { None };
        if target.scope.is_none() {
            self.assigned.push(b.facts.bindings.len());
        }
        b.bind(name, span(node), target.scope.unwrap_or(b.scope), target.from, kind, annotation);
    }
}
