//! Bicep. A resource is a call of its type, a module a call of what it is made from; parameters and variables are names
//! with their values, so that `kind: kind` is understood.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Captures, Regex};
use tree_sitter::{Node, Tree};

use super::shape::{self, Pair, arguments, inner_arguments, made, without_version};
use crate::{
    facts::{Argument, ArgumentKind, BindingKind, Expr, ExprId, Piece, ScopeId, Span},
    lang::builder::{Builder, named_children, note_problems_but, span},
};

/// The argument that says that a resource is not made here.
const EXISTING: &str = "existing";

/// What newer versions of the language have and its grammar does not know: types that are taken from a resource, imports,
/// types of variables, and marks of access. Each is replaced by something of the same length that means the same here.
static NEWER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let types = r"\bresource(?:Input|Output)?<'[^'\n]*'>(?:[\w.]|\[\*\])*\??";
    let variable = r"^var\s+\w+\s+(?:string|int|bool|object|array)(?:\[\])?\s*=";
    Regex::new(&format!(r"(?m){types}|{variable}|^import\s.*$|^using\s.*$|\.\?|\[\?|[\w)\]]!")).ok()
});

/// The source as the grammar can read it, with every offset as it was.
pub(super) fn parseable(source: &str) -> Cow<'_, str> {
    let Some(newer) = NEWER.as_ref() else { return Cow::Borrowed(source) };
    newer.replace_all(source, |found: &Captures<'_>| {
        let text = &found[0];
        match text {
            ".?" => " .".to_owned(),
            "[?" => " [".to_owned(),
            // Not the half of `!=`.
            _ if text.ends_with('!') => {
                let end = found.get(0).map_or(0, |whole| whole.end());
                if source[end..].starts_with('=') { text.to_owned() } else { text.replace('!', " ") }
            }
            _ if text.starts_with("var") => {
                let name = text.split_whitespace().nth(1).unwrap_or_default();
                format!("{:<width$}=", format!("var {name}"), width = text.len() - 1)
            }
            _ if text.starts_with("resource") => format!("{:<width$}", "object", width = text.len()),
            _ => " ".repeat(text.len()),
        }
    })
}

pub(super) fn lower(b: &mut Builder<'_>, tree: &Tree) {
    if tree.root_node().has_error() {
        // Signs that newer versions have: `!` behind a value, `...` before one.
        note_problems_but(tree, b, |text| !text.contains(char::is_alphanumeric));
    }
    for node in named_children(tree.root_node()) {
        statement(b, node);
    }
}

fn statement(b: &mut Builder<'_>, node: Node<'_>) {
    match node.kind() {
        "resource_declaration" => {
            resource(b, node, "");
        }
        "module_declaration" => module(b, node),
        "parameter_declaration" | "variable_declaration" => value_declaration(b, node),
        "output_declaration" | "assignment" => output(b, node),
        "ERROR" => {
            for child in named_children(node) {
                statement(b, child);
            }
        }
        _ => {}
    }
}

fn identifier<'t>(children: &[Node<'t>]) -> Option<Node<'t>> {
    children.iter().copied().find(|child| child.kind() == "identifier")
}

/// The text of the string that names a type or a module, with its place.
fn type_of<'s>(b: &Builder<'s>, children: &[Node<'_>]) -> Option<(&'s str, Span)> {
    let string = children.iter().find(|child| child.kind() == "string")?;
    let content = named_children(*string).into_iter().find(|part| part.kind() == "string_content")?;
    Some((b.text(content), span(content)))
}

fn resource(b: &mut Builder<'_>, node: Node<'_>, parent: &str) -> Option<ExprId> {
    let children = named_children(node);
    let (written, at) = type_of(b, &children)?;
    let own = without_version(Cow::Borrowed(written), '@');
    let full = if parent.is_empty() { own } else { Cow::Owned(format!("{parent}/{own}")) };
    let body = children.iter().copied().rev().find(|child| is_value(*child))?;
    let pairs = body_pairs(b, body, &full);
    let mut given = arguments(pairs);
    let head = node.start_byte()..body.start_byte();
    if let Some(word) = b.source[head.clone()].find(EXISTING) {
        let start = head.start + word;
        let place = Span::new(start, start + EXISTING.len());
        let value = shape::constant(b, place);
        given.push(Argument { kind: ArgumentKind::Named { name: EXISTING, span: place }, value, span: place });
    }
    let resource = made(b, full, at, given, span(node));
    bind(b, &children, resource);
    Some(resource)
}

/// What can be the body of a declaration.
fn is_value(node: Node<'_>) -> bool {
    matches!(node.kind(), "object" | "if_statement" | "for_statement")
}

/// The entries of the object that a body is, or that it makes one by one. Resources in it are declared there.
fn body_pairs<'s>(b: &mut Builder<'s>, body: Node<'_>, parent: &str) -> Vec<Pair<'s>> {
    let Some(object) = object_in(body) else { return Vec::new() };
    let mut pairs = Vec::new();
    for property in named_children(object) {
        let nested = named_children(property).into_iter().find(|child| child.kind() == "resource_declaration");
        match nested {
            Some(nested) => {
                b.deeper(span(nested), |b| resource(b, nested, parent));
            }
            None => pairs.extend(pair(b, property)),
        }
    }
    pairs
}

fn object_in(body: Node<'_>) -> Option<Node<'_>> {
    let mut node = body;
    loop {
        if node.kind() == "object" {
            return Some(node);
        }
        node = named_children(node).into_iter().rev().find(|child| is_value(*child))?;
    }
}

fn module(b: &mut Builder<'_>, node: Node<'_>) {
    let children = named_children(node);
    let Some((written, at)) = type_of(b, &children) else { return };
    let Some(body) = children.iter().copied().rev().find(|child| is_value(*child)) else { return };
    let pairs = body_pairs(b, body, "");
    let inner = pairs.iter().find(|pair| pair.key == "params").map(|pair| pair.value);
    let mut given = arguments(pairs);
    given.extend(inner.map(|inner| inner_arguments(b, inner)).unwrap_or_default());
    let from =
        if written.contains(':') { without_version(Cow::Borrowed(written), ':') } else { Cow::Borrowed(written) };
    let module = made(b, from, at, given, span(node));
    bind(b, &children, module);
}

fn bind(b: &mut Builder<'_>, children: &[Node<'_>], value: ExprId) {
    if let Some(name) = identifier(children) {
        let text = b.text(name);
        b.bind(text, span(name), ScopeId(0), 0, BindingKind::Value(value), None);
    }
}

fn value_declaration(b: &mut Builder<'_>, node: Node<'_>) {
    let children = named_children(node);
    let Some(name) = identifier(&children) else { return };
    let given = children.iter().skip(1).rev().find(|child| child.kind() != "type" && child.kind() != "comment");
    let Some(value) = given.and_then(|given| value(b, *given)) else { return };
    let text = b.text(name);
    b.bind(text, span(name), ScopeId(0), 0, BindingKind::Value(value), None);
    declared(b, name, value, span(node));
}

/// An output, or a value for a parameter: others read it by its name.
fn output(b: &mut Builder<'_>, node: Node<'_>) {
    let children = named_children(node);
    let Some(name) = identifier(&children) else { return };
    let given = children.iter().skip(1).rev().find(|child| child.kind() != "type" && child.kind() != "comment");
    if let Some(value) = given.and_then(|given| value(b, *given)) {
        declared(b, name, value, span(node));
    }
}

fn declared(b: &mut Builder<'_>, name: Node<'_>, value: ExprId, place: Span) {
    let pair = Pair { key: Cow::Borrowed(b.text(name)), key_span: span(name), value, span: place };
    shape::object(b, vec![pair], place);
}

fn pair<'s>(b: &mut Builder<'s>, node: Node<'_>) -> Option<Pair<'s>> {
    let children = named_children(node);
    let key = *children.first()?;
    let key_span = span(key);
    let value = match children.get(1..).and_then(|rest| rest.iter().rev().find(|child| child.kind() != "comment")) {
        Some(node) => value(b, *node)?,
        None => return None,
    };
    let name = key_span.text(b.source).trim_matches('\'');
    Some(Pair { key: Cow::Borrowed(name), key_span, value, span: span(node) })
}

fn value(b: &mut Builder<'_>, node: Node<'_>) -> Option<ExprId> {
    let place = span(node);
    b.deeper(place, |b| {
        let children = named_children(node);
        Some(match node.kind() {
            "string" => string(b, &children, place),
            "object" => {
                let pairs = children.into_iter().filter_map(|child| pair(b, child)).collect();
                shape::object(b, pairs, place)
            }
            "array" => {
                let items = children.into_iter().filter_map(|child| value(b, child)).collect();
                b.expr(Expr::List(items), place)
            }
            "identifier" => b.expr(Expr::Name(b.text(node)), place),
            "member_expression" => {
                let object = value(b, node.child_by_field_name("object")?)?;
                let property = node.child_by_field_name("property")?;
                b.expr(Expr::Member { object, property: b.text(property), property_span: span(property) }, place)
            }
            "ternary_expression" | "conditional_expression" => {
                let mut parts: Vec<ExprId> = children.into_iter().filter_map(|child| value(b, child)).collect();
                let condition = (parts.len() > 2).then(|| parts.remove(0));
                b.expr(Expr::Choice { alternatives: parts, condition }, place)
            }
            "parenthesized_expression" if children.len() == 1 => return value(b, children[0]),
            "number" | "boolean" | "null" => shape::constant(b, place),
            "comment" => return None,
            _ => {
                let parts = children.into_iter().filter_map(|child| value(b, child)).collect();
                b.expr(Expr::Other(parts), place)
            }
        })
    })
    .flatten()
}

fn string(b: &mut Builder<'_>, children: &[Node<'_>], place: Span) -> ExprId {
    let mut pieces = Vec::new();
    for child in children {
        match child.kind() {
            "string_content" => {
                let span = span(*child);
                pieces.push(Piece::Constant { text: Cow::Borrowed(span.text(b.source)), span });
            }
            "interpolation" => {
                let parts: Vec<ExprId> = named_children(*child).into_iter().filter_map(|part| value(b, part)).collect();
                pieces.extend(parts.into_iter().map(Piece::Hole));
            }
            _ => {}
        }
    }
    b.expr(Expr::Text(pieces), place)
}

#[cfg(test)]
mod tests {
    use super::parseable;
    use crate::lang::{Grammar, Lowering};

    #[test]
    fn newer_forms_are_read_and_keep_every_offset() {
        let text = "import { a } from 'b'\nvar name string = 'é'\nparam p resourceInput<'A/b@1'>.c.d?\nvar x = y.?z![0]\n\
                    var list string[] = []\nresource r 'A/b@1' = {\n  name: split(name!, '/')[0]\n}\n";
        assert_eq!(parseable(text).len(), text.len());
        let facts = Lowering::default().facts(Grammar::of("a.bicep").unwrap(), text).unwrap();
        assert!(facts.problems.is_empty(), "{:?}\n{}", facts.problems, parseable(text));
        assert!(facts.bindings.iter().any(|binding| binding.name == "r"));
        let broken = "resource r 'A/b@1' = {\n  name: [\n";
        assert!(!Lowering::default().facts(Grammar::of("a.bicep").unwrap(), broken).unwrap().problems.is_empty());
    }
}
