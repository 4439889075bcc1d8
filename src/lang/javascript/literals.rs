//! Object and array literals.

use std::borrow::Cow;
use std::ops::Range;

use tree_sitter::Node;

use super::functions::Signature;
use super::text::literal;
use super::{Child, Field, Kind, Reader};
use crate::facts::{Entry, Expr, ExprId, Key};
use crate::lang::builder::{Builder, span};

impl<'t> Reader<'t> {
    pub(super) fn array<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open(b, node);
        let mut items = Vec::with_capacity(opened.len() / 2 + 1);
        for at in opened.clone() {
            let child = self.children[at];
            if child.kind.is_expression() {
                items.push(self.expression(b, child));
            }
        }
        self.close(&opened);
        b.expr(Expr::List(items), span(node))
    }

    pub(super) fn object<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let opened = self.open(b, node);
        let mut entries = Vec::with_capacity(opened.len() / 2 + 1);
        for at in opened.clone() {
            if let Some(entry) = self.entry(b, self.children[at]) {
                entries.push(entry);
            }
        }
        self.close(&opened);
        b.expr(Expr::Object(entries), span(node))
    }

    fn entry<'s>(&mut self, b: &mut Builder<'s>, child: Child<'t>) -> Option<Entry<'s>> {
        let node = child.node;
        let (key, value) = match child.kind {
            Kind::Shorthand => {
                let key = Key::Named { name: Cow::Borrowed(b.text(node)), span: span(node) };
                (key, self.expression(b, child))
            }
            Kind::Spread => (Key::Spread, self.expression(b, child)),
            Kind::Pair => {
                let opened = self.open_fields(b, node);
                let key = self.key(b, &opened, Field::Key);
                let value = self.part(b, &opened, Field::Value, span(node));
                self.close(&opened);
                (key?, value)
            }
            Kind::Method => {
                let opened = self.open_fields(b, node);
                let key = self.key(b, &opened, Field::Name);
                self.close(&opened);
                let name = match &key {
                    Some(Key::Named { name: Cow::Borrowed(name), .. }) => Some(*name),
                    _ => None,
                };
                let function = self.function(b, node, Signature { name, ..Signature::default() });
                (key?, b.expr(Expr::Function(function), span(node)))
            }
            _ => {
                self.anything(b, child);
                return None;
            }
        };
        Some(Entry { key, value, span: span(node) })
    }

    /// The key of an entry or the name of a member.
    fn key<'s>(&mut self, b: &mut Builder<'s>, opened: &Range<usize>, field: Field) -> Option<Key<'s>> {
        let key = self.field(opened, field)?;
        if key.kind == Kind::ComputedName {
            let inner = self.only(b, key.node)?;
            return Some(match literal(b, inner) {
                Some(name) => Key::Named { name, span: span(inner.node) },
                None => Key::Computed(self.expression(b, inner)),
            });
        }
        let name = literal(b, key).unwrap_or_else(|| Cow::Borrowed(b.text(key.node)));
        Some(Key::Named { name, span: span(key.node) })
    }
}
