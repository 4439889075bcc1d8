//! JSON, with comments and other liberties that settings files take. Templates of Azure Resource Manager are read a little
//! further: an object with a type of a resource is that resource, and a parameter stands for its default.

use std::borrow::Cow;

use tree_sitter::{Node, Tree};

use super::shape::{self, Pair};
use crate::{
    facts::{BindingKind, Expr, ExprId, Key, ScopeId, Span},
    lang::builder::{Builder, named_children, note_problems_but, span},
};

/// What stands before and behind the name of a parameter that is a value as a whole.
const PARAMETER: (&str, &str) = ("[parameters('", "')]");

pub(super) fn lower(b: &mut Builder<'_>, tree: &Tree) {
    if tree.root_node().has_error() {
        // Settings of editors end lists with a comma.
        note_problems_but(tree, b, |text| text.trim() == ",");
    }
    for node in named_children(tree.root_node()) {
        value(b, node);
    }
    bind_parameters(b);
}

fn value(b: &mut Builder<'_>, node: Node<'_>) -> Option<ExprId> {
    let place = span(node);
    b.deeper(place, |b| match node.kind() {
        "object" => Some(object(b, node)),
        "array" | "ERROR" => {
            let items = named_children(node).into_iter().filter_map(|child| value(b, child)).collect();
            Some(b.expr(Expr::List(items), place))
        }
        "pair" => {
            let pair = pair(b, node)?;
            Some(shape::object(b, vec![pair], place))
        }
        "string" => Some(string(b, place)),
        "number" | "true" | "false" | "null" => Some(shape::constant(b, place)),
        _ => None,
    })
    .flatten()
}

fn string(b: &mut Builder<'_>, place: Span) -> ExprId {
    let inside = inside(b, place);
    let raw = inside.text(b.source);
    if let Some(name) = raw.strip_prefix(PARAMETER.0).and_then(|rest| rest.strip_suffix(PARAMETER.1)) {
        return b.expr(Expr::Name(name), place);
    }
    shape::text(b, shape::undo_escapes(raw), inside, place)
}

/// The place of a string without its quotes; the last one can be missing.
fn inside(b: &Builder<'_>, quoted: Span) -> Span {
    let raw = quoted.text(b.source);
    let closes = raw.len() > 1 && raw.ends_with('"');
    Span { start: quoted.start + 1, end: (quoted.end - u32::from(closes)).max(quoted.start + 1) }
}

fn object(b: &mut Builder<'_>, node: Node<'_>) -> ExprId {
    let pairs: Vec<Pair<'_>> = named_children(node).into_iter().filter_map(|child| pair(b, child)).collect();
    match resource_type(b, &pairs) {
        Some((name, type_span)) => shape::made(b, name, type_span, shape::arguments(pairs), span(node)),
        None => shape::object(b, pairs, span(node)),
    }
}

fn pair<'s>(b: &mut Builder<'s>, node: Node<'_>) -> Option<Pair<'s>> {
    let key = node.child_by_field_name("key")?;
    let key_span = span(key);
    let inside = inside(b, key_span);
    let name = shape::undo_escapes(inside.text(b.source));
    let value = match node.child_by_field_name("value").and_then(|node| value(b, node)) {
        Some(value) => value,
        None => shape::constant(b, Span { start: key_span.end, end: key_span.end }),
    };
    Some(Pair { key: name, key_span, value, span: span(node) })
}

/// The type of the resource that an object describes: `type` and `apiVersion` stand side by side in one.
fn resource_type<'s>(b: &Builder<'s>, pairs: &[Pair<'s>]) -> Option<(Cow<'s, str>, Span)> {
    let given = |key: &str| pairs.iter().find(|pair| pair.key == key);
    given("apiVersion")?;
    shape::constant_text(b, given("type")?.value).filter(|(text, _)| text.contains('/'))
}

/// Parameters stand for their defaults.
fn bind_parameters(b: &mut Builder<'_>) {
    let mut defaults = Vec::new();
    for node in &b.facts.exprs {
        let Expr::Object(entries) = &node.expr else { continue };
        for entry in entries {
            if !matches!(&entry.key, Key::Named { name, .. } if name == "parameters") {
                continue;
            }
            let Expr::Object(parameters) = b.facts.expr(entry.value) else { continue };
            for parameter in parameters {
                let Key::Named { name: Cow::Borrowed(name), span } = parameter.key else { continue };
                let Expr::Object(fields) = b.facts.expr(parameter.value) else { continue };
                let is_default = |key: &Key<'_>| matches!(key, Key::Named { name, .. } if name == "defaultValue");
                if let Some(field) = fields.iter().find(|field| is_default(&field.key)) {
                    defaults.push((name, span, field.value));
                }
            }
        }
    }
    for (name, span, default) in defaults {
        b.bind(name, span, ScopeId(0), 0, BindingKind::Value(default), None);
    }
}
