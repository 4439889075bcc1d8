//! The facts that all formats make: objects of entries, texts in which the names of variables are holes, and resources,
//! which are calls of their types.

use std::borrow::Cow;

use super::{
    lines::{self, Style},
    references,
};
use crate::{
    facts::{Argument, ArgumentKind, Entry, Expr, ExprId, Key, Piece, Span},
    lang::builder::Builder,
};

/// An entry before it is part of an object.
pub(super) struct Pair<'s> {
    /// The key without quotes.
    pub(super) key: Cow<'s, str>,
    /// Where the key stands, with quotes.
    pub(super) key_span: Span,
    /// The value.
    pub(super) value: ExprId,
    /// The whole entry.
    pub(super) span: Span,
}

/// An object. Lists of `name: X`, `value: Y` are objects in another form: their name is a key, too.
pub(super) fn object<'s>(b: &mut Builder<'s>, pairs: Vec<Pair<'s>>, span: Span) -> ExprId {
    let named = named_value(b, &pairs);
    let mut entries: Vec<Entry<'s>> = Vec::with_capacity(pairs.len());
    for (position, pair) in pairs.into_iter().enumerate() {
        let key = match &named {
            Some((value, name, name_span)) if *value == position => Key::Named { name: name.clone(), span: *name_span },
            _ => Key::Named { name: pair.key, span: pair.key_span },
        };
        entries.push(Entry { key, value: pair.value, span: pair.span });
    }
    b.expr(Expr::Object(entries), span)
}

/// The position of the value in an object that holds a name and a value, with the name and its place.
fn named_value<'s>(b: &Builder<'s>, pairs: &[Pair<'s>]) -> Option<(usize, Cow<'s, str>, Span)> {
    let by_key = |keys: &[&str]| pairs.iter().position(|pair| keys.contains(&&*pair.key.to_ascii_lowercase()));
    let value = by_key(&["value", "defaultvalue"])?;
    let name = pairs.get(by_key(&["name", "key", "variable"])?)?;
    let (text, span) = constant_text(b, name.value).filter(|(text, _)| is_name(text))?;
    Some((value, text, span))
}

/// True for what can be the name of a setting.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
}

/// What stands between quotes of one character.
pub(super) fn inside(quoted: Span) -> Span {
    let start = quoted.start + 1;
    Span { start, end: quoted.end.saturating_sub(1).max(start) }
}

/// A text that stands at `inside` (without quotes) in the source. `text` is what it says, with escapes undone.
pub(super) fn text<'s>(b: &mut Builder<'s>, text: Cow<'s, str>, inside: Span, whole: Span) -> ExprId {
    let raw = inside.text(b.source);
    if raw.contains('\n') {
        let parts = lines::region(b, inside, Style::Script);
        return b.expr(Expr::Other(parts), whole);
    }
    if let Some(found) = references::entry(raw) {
        return assignment(b, &found, inside, whole);
    }
    let names = references::read(raw);
    if names.is_empty() {
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Constant { text, span: inside }] };
        return b.expr(Expr::Text(pieces), whole);
    }
    with_holes(b, inside, whole)
}

/// An object with the one entry that `NAME=value` is. Ranges count from the start of `inside`.
pub(super) fn assignment(b: &mut Builder<'_>, found: &references::Assignment, inside: Span, whole: Span) -> ExprId {
    let at = |range: &std::ops::Range<usize>| {
        Span::new(inside.start as usize + range.start, inside.start as usize + range.end)
    };
    let (key_span, value_span) = (at(&found.name), at(&found.value));
    let value = with_holes(b, value_span, value_span);
    let key = Key::Named { name: Cow::Borrowed(key_span.text(b.source)), span: key_span };
    let end = at(&(found.name.start..found.end.max(found.value.end)));
    b.expr(Expr::Object(vec![Entry { key, value, span: end }]), whole)
}

/// A line of commands: a text whose words are pieces of their own, so that a place is a word and not the line.
pub(super) fn words(b: &mut Builder<'_>, line: Span) -> ExprId {
    let text = with_holes(b, line, line);
    let Expr::Text(pieces) = b.facts.expr(text).clone() else { return text };
    let mut words = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match piece {
            Piece::Constant { span, .. } => split(b, span, &mut words),
            Piece::Hole(hole) => words.push(Piece::Hole(hole)),
        }
    }
    b.facts.exprs[text.index()].expr = Expr::Text(words);
    text
}

fn split<'s>(b: &Builder<'s>, span: Span, words: &mut Vec<Piece<'s>>) {
    let mut at = span.start as usize;
    for word in span.text(b.source).split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`')) {
        let end = word.chars().next_back().filter(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '`'));
        let length = word.len() - end.map_or(0, char::len_utf8);
        push_constant(b, words, Span::new(at, at + length));
        push_constant(b, words, Span::new(at + length, at + word.len()));
        at += word.len();
    }
}

/// A text of one line with a hole for each variable that it reads.
pub(super) fn with_holes(b: &mut Builder<'_>, inside: Span, whole: Span) -> ExprId {
    let raw = inside.text(b.source);
    let base = inside.start as usize;
    let mut pieces = Vec::new();
    let mut at = 0;
    for range in references::read(raw) {
        push_constant(b, &mut pieces, Span::new(base + at, base + range.start));
        let span = Span::new(base + range.start, base + range.end);
        let name = Piece::Constant { text: Cow::Borrowed(span.text(b.source)), span };
        pieces.push(Piece::Hole(b.expr(Expr::Text(vec![name]), span)));
        at = range.end;
    }
    push_constant(b, &mut pieces, Span::new(base + at, base + raw.len()));
    b.expr(Expr::Text(pieces), whole)
}

fn push_constant<'s>(b: &Builder<'s>, pieces: &mut Vec<Piece<'s>>, span: Span) {
    if span.start < span.end {
        pieces.push(Piece::Constant { text: Cow::Borrowed(span.text(b.source)), span });
    }
}

/// The constant text that a value is, with its place.
pub(super) fn constant_text<'s>(b: &Builder<'s>, value: ExprId) -> Option<(Cow<'s, str>, Span)> {
    match b.facts.expr(value) {
        Expr::Text(pieces) => match pieces.as_slice() {
            [Piece::Constant { text, span }] => Some((text.clone(), *span)),
            _ => None,
        },
        _ => None,
    }
}

/// A resource (or what a module makes): a call of its type.
pub(super) fn made<'s>(
    b: &mut Builder<'s>,
    kind: Cow<'s, str>,
    at: Span,
    arguments: Vec<Argument<'s>>,
    place: Span,
) -> ExprId {
    let callee = b.expr(Expr::Module(kind), at);
    b.expr(Expr::Call { callee, arguments }, place)
}

/// A type or module without the version behind it.
pub(super) fn without_version(text: Cow<'_, str>, sign: char) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.rsplit_once(sign).map_or(text, |(name, _)| name)),
        Cow::Owned(text) => Cow::Owned(text.rsplit_once(sign).map_or(text.as_str(), |(name, _)| name).to_owned()),
    }
}

/// The properties of a resource.
pub(super) fn arguments<'s>(pairs: Vec<Pair<'s>>) -> Vec<Argument<'s>> {
    let argument = |pair: Pair<'s>| match pair.key {
        Cow::Borrowed(name) => Some(Argument {
            kind: ArgumentKind::Named { name, span: pair.key_span },
            value: pair.value,
            span: pair.span,
        }),
        Cow::Owned(_) => None,
    };
    pairs.into_iter().filter_map(argument).collect()
}

/// The properties of a resource that are given as an object of their own: what is constant in it, or a name, is looked at
/// once more as the resource's. The object keeps its parts.
pub(super) fn inner_arguments<'s>(b: &mut Builder<'s>, object: ExprId) -> Vec<Argument<'s>> {
    let Expr::Object(entries) = b.facts.expr(object).clone() else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let Key::Named { name: Cow::Borrowed(name), span } = entry.key else { continue };
        let place = b.facts.node(entry.value).span;
        let said = match b.facts.expr(entry.value) {
            Expr::Text(pieces) if !pieces.iter().any(|piece| matches!(piece, Piece::Hole(_))) => {
                Expr::Text(pieces.clone())
            }
            Expr::Name(known) => Expr::Name(known),
            _ => Expr::Other(Vec::new()),
        };
        let value = b.expr(said, place);
        found.push(Argument { kind: ArgumentKind::Named { name, span }, value, span: entry.span });
    }
    found
}

/// What is neither text nor made of parts: a number, a truth value, nothing.
pub(super) fn constant(b: &mut Builder<'_>, span: Span) -> ExprId {
    let text = span.text(b.source);
    b.expr(Expr::Constant(text), span)
}

/// The escapes of JSON and of YAML's double quotes undone, as far as they matter.
pub(super) fn undo_escapes(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                text.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
            }
            Some(other) => text.push(other),
            None => {}
        }
    }
    Cow::Owned(text)
}
