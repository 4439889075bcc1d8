//! Terraform's language. A resource is a call of its type whose result has the name `TYPE.NAME`; a variable or local is a
//! name with its default, so that `kind = var.kind` is understood.

use std::borrow::Cow;

use tree_sitter::{Node, Tree};

use super::{
    lines::{self, Style},
    shape::{self, Pair, arguments, constant_text, inner_arguments, inside, made, without_version},
};
use crate::{
    facts::{Argument, ArgumentKind, BindingKind, Expr, ExprId, Piece, ScopeId, Span},
    lang::builder::{Builder, named_children, note_problems, span},
};

pub(super) fn lower(b: &mut Builder<'_>, tree: &Tree) {
    if tree.root_node().has_error() {
        note_problems(tree, b);
    }
    for body in named_children(tree.root_node()) {
        if body.kind() == "body" {
            top(b, body);
        }
    }
}

fn top(b: &mut Builder<'_>, body: Node<'_>) {
    let mut settings = Vec::new();
    for node in named_children(body) {
        match node.kind() {
            "block" => block(b, node),
            // A file of values for variables.
            "attribute" => settings.extend(attribute(b, node)),
            _ => {}
        }
    }
    if !settings.is_empty() {
        shape::object(b, settings, span(body));
    }
}

/// A block at the top: a resource, a variable, a module, an output, locals.
fn block(b: &mut Builder<'_>, node: Node<'_>) {
    let source = b.source;
    let children = named_children(node);
    let Some(word) = children.first().filter(|first| first.kind() == "identifier").map(|first| b.text(*first)) else {
        return;
    };
    let labels: Vec<Span> =
        children.iter().filter(|child| child.kind() == "string_lit").map(|label| inside(span(*label))).collect();
    let body = children.iter().find(|child| child.kind() == "body");
    let pairs = body.map(|body| body_pairs(b, *body)).unwrap_or_default();
    let place = span(node);
    match (word, labels.as_slice()) {
        ("resource" | "data", [kind, name]) => {
            let first = if word == "data" { "data." } else { "" };
            let full = format!("{first}{}.{}", kind.text(source), name.text(source));
            let resource = resource(b, *kind, pairs, place);
            bind(b, &full, *name, resource);
        }
        ("module", [name]) => {
            let module = module(b, pairs, place);
            bind(b, &format!("module.{}", name.text(source)), *name, module);
        }
        ("variable", [name]) => {
            let default = pairs.iter().find(|pair| pair.key == "default").map(|pair| pair.value);
            setting(b, pairs, *name, place);
            if let Some(default) = default {
                bind(b, &format!("var.{}", name.text(source)), *name, default);
            }
        }
        ("output", [name]) => setting(b, pairs, *name, place),
        ("locals", _) => {
            let values: Vec<(String, Span, ExprId)> =
                pairs.iter().map(|pair| (format!("local.{}", pair.key), pair.key_span, pair.value)).collect();
            shape::object(b, pairs, place);
            for (name, span, value) in values {
                bind(b, &name, span, value);
            }
        }
        _ => {
            shape::object(b, pairs, place);
        }
    }
}

/// What has a name that others read: the name is a key whose value the block describes.
fn setting<'s>(b: &mut Builder<'s>, pairs: Vec<Pair<'s>>, name: Span, place: Span) {
    let body = shape::object(b, pairs, place);
    let pair = Pair { key: Cow::Borrowed(name.text(b.source)), key_span: name, value: body, span: place };
    shape::object(b, vec![pair], place);
}

fn bind(b: &mut Builder<'_>, full: &str, at: Span, value: ExprId) {
    // Names borrow from the source, where this one is written with other characters between its parts; any place where it
    // is read has it in one piece.
    let Some(start) = b.source.find(full) else { return };
    let name = &b.source[start..start + full.len()];
    b.bind(name, at, ScopeId(0), 0, BindingKind::Value(value), None);
}

fn resource<'s>(b: &mut Builder<'s>, kind: Span, pairs: Vec<Pair<'s>>, place: Span) -> ExprId {
    let given = pairs.iter().find(|pair| pair.key == "type").map(|pair| pair.value);
    // The provider for any resource names it by its own type.
    let own = given.and_then(|value| constant_text(b, value)).filter(|(text, _)| text.contains('/'));
    let (name, at) = match own {
        Some((text, at)) => (without_version(text, '@'), at),
        None => (Cow::Borrowed(kind.text(b.source)), kind),
    };
    let body = pairs.iter().find(|pair| pair.key == "body").map(|pair| pair.value);
    let mut arguments = arguments(pairs);
    arguments.extend(body.map(|body| inner_arguments(b, decoded(b, body))).unwrap_or_default());
    made(b, name, at, arguments, place)
}

fn module<'s>(b: &mut Builder<'s>, pairs: Vec<Pair<'s>>, place: Span) -> ExprId {
    let from = pairs.iter().find(|pair| pair.key == "source").map(|pair| pair.value);
    match from.and_then(|value| constant_text(b, value)) {
        Some((text, at)) => made(b, text, at, arguments(pairs), place),
        None => shape::object(b, pairs, place),
    }
}

/// The object in a call such as `jsonencode({ … })`.
fn decoded(b: &Builder<'_>, body: ExprId) -> ExprId {
    match b.facts.expr(body) {
        Expr::Call { arguments, .. } => arguments.first().map_or(body, |argument| argument.value),
        _ => body,
    }
}

fn body_pairs<'s>(b: &mut Builder<'s>, body: Node<'_>) -> Vec<Pair<'s>> {
    let mut pairs = Vec::new();
    for node in named_children(body) {
        match node.kind() {
            "attribute" => pairs.extend(attribute(b, node)),
            "block" => pairs.extend(inner_block(b, node)),
            _ => {}
        }
    }
    pairs
}

fn inner_block<'s>(b: &mut Builder<'s>, node: Node<'_>) -> Option<Pair<'s>> {
    let children = named_children(node);
    let name = children.first()?;
    let key_span = span(*name);
    let body = children.iter().find(|child| child.kind() == "body")?;
    let value = b.deeper(key_span, |b| {
        let pairs = body_pairs(b, *body);
        shape::object(b, pairs, span(node))
    })?;
    Some(Pair { key: Cow::Borrowed(key_span.text(b.source)), key_span, value, span: span(node) })
}

fn attribute<'s>(b: &mut Builder<'s>, node: Node<'_>) -> Option<Pair<'s>> {
    let children = named_children(node);
    let key_span = span(*children.first()?);
    let value = value(b, *children.last()?)?;
    Some(Pair { key: Cow::Borrowed(key_span.text(b.source)), key_span, value, span: span(node) })
}

fn value(b: &mut Builder<'_>, node: Node<'_>) -> Option<ExprId> {
    let place = span(node);
    b.deeper(place, |b| {
        let children = named_children(node);
        Some(match node.kind() {
            "expression" => chain(b, &children, place),
            "literal_value" | "template_expr" | "collection_value" if children.len() == 1 => {
                return value(b, children[0]);
            }
            "string_lit" => {
                let inside = inside(place);
                shape::text(b, shape::undo_escapes(inside.text(b.source)), inside, place)
            }
            "quoted_template" => template(b, &children, place),
            "heredoc_template" => {
                let parts = lines::region(b, place, Style::Script);
                b.expr(Expr::Other(parts), place)
            }
            "object" => {
                let pairs = children.into_iter().filter_map(|child| element(b, child)).collect();
                shape::object(b, pairs, place)
            }
            "tuple" => {
                let items = children.into_iter().filter_map(|child| value(b, child)).collect();
                b.expr(Expr::List(items), place)
            }
            "function_call" => {
                let callee = b.expr(Expr::Name(b.text(*children.first()?)), span(*children.first()?));
                let inner = children.iter().find(|child| child.kind() == "function_arguments");
                let values: Vec<ExprId> = inner
                    .map(|inner| named_children(*inner))
                    .unwrap_or_default()
                    .into_iter()
                    .filter_map(|child| value(b, child))
                    .collect();
                let positional = |&value: &ExprId| Argument {
                    kind: ArgumentKind::Positional,
                    value,
                    span: b.facts.node(value).span,
                };
                let arguments = values.iter().map(positional).collect();
                b.expr(Expr::Call { callee, arguments }, place)
            }
            "literal_value" | "numeric_lit" | "bool_lit" | "null_lit" => shape::constant(b, place),
            "variable_expr" => b.expr(Expr::Name(b.text(node)), place),
            "comment" | "object_start" | "object_end" | "tuple_start" | "tuple_end" => return None,
            _ => {
                let parts = children.into_iter().filter_map(|child| value(b, child)).collect();
                b.expr(Expr::Other(parts), place)
            }
        })
    })
    .flatten()
}

/// A name with its attributes. The first two parts (three of data) are one name.
fn chain(b: &mut Builder<'_>, children: &[Node<'_>], place: Span) -> ExprId {
    let plain = |node: &Node<'_>| matches!(node.kind(), "variable_expr" | "get_attr");
    let is_chain = children.first().is_some_and(|first| first.kind() == "variable_expr") && children.iter().all(plain);
    if !is_chain {
        let mut parts: Vec<ExprId> = children.iter().filter_map(|child| value(b, *child)).collect();
        return match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, last) => {
                parts.extend(last);
                b.expr(Expr::Other(parts), place)
            }
        };
    }
    let head = if b.text(children[0]) == "data" { 3 } else { 2 }.min(children.len());
    let whole = Span::new(children[0].start_byte(), children[head - 1].end_byte());
    let mut object = b.expr(Expr::Name(whole.text(b.source)), whole);
    for part in &children[head..] {
        let Some(name) = named_children(*part).first().copied() else { continue };
        let to = Span::new(children[0].start_byte(), part.end_byte());
        object = b.expr(Expr::Member { object, property: b.text(name), property_span: span(name) }, to);
    }
    object
}

fn element<'s>(b: &mut Builder<'s>, node: Node<'_>) -> Option<Pair<'s>> {
    let key = node.child_by_field_name("key")?;
    let key_span = span(key);
    let value = value(b, node.child_by_field_name("val")?)?;
    let name = key_span.text(b.source).trim_matches('"');
    Some(Pair { key: Cow::Borrowed(name), key_span, value, span: span(node) })
}

fn template(b: &mut Builder<'_>, children: &[Node<'_>], place: Span) -> ExprId {
    let mut pieces = Vec::new();
    for child in children {
        match child.kind() {
            "template_literal" => {
                let span = span(*child);
                pieces.push(Piece::Constant { text: Cow::Borrowed(span.text(b.source)), span });
            }
            "template_interpolation" => {
                let inner = named_children(*child).into_iter().find(|part| part.kind() == "expression");
                if let Some(hole) = inner.and_then(|inner| value(b, inner)) {
                    pieces.push(Piece::Hole(hole));
                }
            }
            _ => {}
        }
    }
    b.expr(Expr::Text(pieces), place)
}
