//! YAML, as its grammar reads it. Anchors and aliases are not followed: what an alias repeats was read where it is written.
//! Templates (Helm's charts) are no YAML; such a file is read line by line.

use std::borrow::Cow;

use tree_sitter::{Node, Tree};

use super::{
    lines::{self, Style},
    shape::{self, Pair, inside},
};
use crate::{
    facts::{Expr, ExprId, Span},
    lang::builder::{Builder, named_children, note_problems, span},
};

/// From this many lines on the grammar fails: it counts them in 16 bits.
const MOST_LINES: usize = i16::MAX as usize;
/// What templates of Go begin with.
const TEMPLATE: &str = "{{";

pub(super) fn lower(b: &mut Builder<'_>, tree: &Tree) {
    let source = b.source;
    if let Some(header) = front_matter(source) {
        // The body of a prompt is a template, not YAML.
        lines::region(b, header, Style::Template);
        return;
    }
    if source.matches('\n').count() >= MOST_LINES {
        lines::lower(b, Style::Template);
        return;
    }
    if tree.root_node().has_error() {
        // The grammar gives up on the whole file at its first mistake; its lines still say most of it.
        if !source.contains(TEMPLATE) {
            note_problems(tree, b);
        }
        lines::lower(b, Style::Template);
        return;
    }
    children(b, tree.root_node());
}

/// The header between two lines of `---`, when text that is no YAML follows it.
fn front_matter(source: &str) -> Option<Span> {
    let start = source.starts_with("---").then(|| source.find('\n').map(|at| at + 1))??;
    let end = start + source[start..].find("\n---")?;
    let body = source[end + 1..].trim_start_matches('-');
    let is_prose = body.trim_start().starts_with("system:")
        || body.trim_start().starts_with('#')
        || body.contains("{%")
        || body.contains("\nuser:");
    is_prose.then(|| Span::new(start, end))
}

fn children(b: &mut Builder<'_>, node: Node<'_>) -> Vec<ExprId> {
    named_children(node).into_iter().filter_map(|child| value(b, child)).collect()
}

/// The value of a node; `None` for what is none, such as a comment or an anchor.
fn value(b: &mut Builder<'_>, node: Node<'_>) -> Option<ExprId> {
    let place = span(node);
    b.deeper(place, |b| match node.kind() {
        "document" | "block_node" | "flow_node" | "block_sequence_item" => children(b, node).pop(),
        "block_mapping" | "flow_mapping" => Some(mapping(b, node)),
        "block_sequence" | "flow_sequence" => {
            let items = children(b, node);
            Some(b.expr(Expr::List(items), place))
        }
        "flow_pair" => {
            let pair = pair(b, node)?;
            Some(shape::object(b, vec![pair], place))
        }
        "plain_scalar" => Some(plain(b, node)),
        "double_quote_scalar" => {
            let inside = inside(place);
            let said = shape::undo_escapes(inside.text(b.source));
            Some(shape::text(b, said, inside, place))
        }
        "single_quote_scalar" => {
            let inside = inside(place);
            let raw = inside.text(b.source);
            let said = if raw.contains("''") { Cow::Owned(raw.replace("''", "'")) } else { Cow::Borrowed(raw) };
            Some(shape::text(b, said, inside, place))
        }
        "block_scalar" => Some(block(b, place)),
        "alias" => Some(shape::constant(b, place)),
        _ => None,
    })
    .flatten()
}

fn plain(b: &mut Builder<'_>, node: Node<'_>) -> ExprId {
    let place = span(node);
    let is_text = node.named_child(0).is_none_or(|scalar| scalar.kind() == "string_scalar");
    if is_text {
        let raw = place.text(b.source);
        shape::text(b, Cow::Borrowed(raw), place, place)
    } else {
        shape::constant(b, place)
    }
}

/// Text of several lines, mostly commands.
fn block(b: &mut Builder<'_>, place: Span) -> ExprId {
    let raw = place.text(b.source);
    let header = raw.find('\n').map_or(raw.len(), |at| at + 1);
    let body = Span { start: place.start + header as u32, end: place.end };
    let parts = lines::region(b, body, Style::Script);
    b.expr(Expr::Other(parts), place)
}

fn mapping(b: &mut Builder<'_>, node: Node<'_>) -> ExprId {
    let pairs = named_children(node).into_iter().filter_map(|child| pair(b, child)).collect();
    shape::object(b, pairs, span(node))
}

fn pair<'s>(b: &mut Builder<'s>, node: Node<'_>) -> Option<Pair<'s>> {
    let key = node.child_by_field_name("key")?;
    let key_span = span(key);
    let name = key_span.text(b.source).trim_matches(['"', '\'']);
    let value = match node.child_by_field_name("value").and_then(|node| value(b, node)) {
        Some(value) => value,
        None => shape::constant(b, Span { start: key_span.end, end: key_span.end }),
    };
    Some(Pair { key: Cow::Borrowed(name), key_span, value, span: span(node) })
}
