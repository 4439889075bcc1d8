//! JSX: the expressions and strings in it, without its markup.

use tree_sitter::Node;

use super::text::between_quotes;
use super::{Child, Kind, Reader};
use crate::facts::{Entry, Expr, ExprId, Key, Piece};
use crate::lang::builder::{Builder, span};

impl<'t> Reader<'t> {
    /// An element becomes what it is made from: its component, attributes and children.
    pub(super) fn jsx_element<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let mut parts = Vec::new();
        self.jsx_parts(b, node, Kind::JsxElement, &mut parts);
        b.expr(Expr::Other(parts), span(node))
    }

    fn jsx_parts(&mut self, b: &mut Builder<'_>, node: Node<'t>, within: Kind, parts: &mut Vec<ExprId>) {
        let opened = self.open(b, node);
        for at in opened.clone() {
            self.jsx_part(b, self.children[at], within, parts);
        }
        self.close(&opened);
    }

    fn jsx_part<'s>(&mut self, b: &mut Builder<'s>, child: Child<'t>, within: Kind, parts: &mut Vec<ExprId>) {
        match child.kind {
            Kind::JsxAttribute => self.jsx_attribute(b, child, parts),
            Kind::JsxOpening | Kind::JsxExpression => {
                b.deeper(span(child.node), |b| self.jsx_parts(b, child.node, child.kind, parts));
            }
            Kind::JsxClosing | Kind::JsxText | Kind::PropertyName => {}
            // A lower-case name is a built-in element, not a reference.
            Kind::Identifier
                if within != Kind::JsxExpression
                    && b.text(child.node).starts_with(|letter: char| letter.is_ascii_lowercase()) => {}
            // Character references are the only escapes of an attribute's string.
            Kind::Text if within == Kind::JsxAttribute => {
                let (text, place) = between_quotes(b.text(child.node), child.node.start_byte());
                let piece = Piece::Constant { text: text.into(), span: place };
                parts.push(b.expr(Expr::Text(vec![piece]), span(child.node)));
            }
            _ if child.kind.is_expression() => parts.push(self.expression(b, child)),
            _ => self.anything(b, child),
        }
    }

    /// An attribute is an entry of an object of its own, so that its value has a name.
    fn jsx_attribute(&mut self, b: &mut Builder<'_>, child: Child<'t>, parts: &mut Vec<ExprId>) {
        let mut values = Vec::new();
        b.deeper(span(child.node), |b| self.jsx_parts(b, child.node, child.kind, &mut values));
        let name = child.node.named_child(0).filter(|name| name.kind() == "property_identifier");
        match (name, values.as_slice()) {
            (Some(name), &[value]) => {
                let key = Key::Named { name: b.text(name).into(), span: span(name) };
                let entry = Entry { key, value, span: span(child.node) };
                parts.push(b.expr(Expr::Object(vec![entry]), span(child.node)));
            }
            _ => parts.append(&mut values),
        }
    }
}
