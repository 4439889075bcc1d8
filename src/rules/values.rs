//! Tests on values: what string an expression is, what it mentions, what it stands for.

use super::{index::Test, text::LazyRegex};
use crate::{
    facts::{Expr, ExprId, Key, Piece},
    resolve::{Resolver, Value},
};

/// How inserted values read in a text.
pub(crate) const HOLE: &str = "{}";
/// Members that are the thing itself.
const SAME_THING: &[&str] = &["name", "id", "value", "current"];
/// How many parts of an expression are looked through for a mention.
const MAX_PARTS: usize = 200;

/// The text of a string expression with `{}` for what is inserted.
pub(crate) fn text_of(resolver: &Resolver<'_, '_>, expr: ExprId) -> Option<String> {
    match resolver.facts.expr(expr) {
        Expr::Text(pieces) => Some(joined(pieces)),
        Expr::Pattern(pattern) => Some((*pattern).to_owned()),
        _ => None,
    }
}

/// The pieces of a string, joined.
pub(crate) fn joined(pieces: &[Piece<'_>]) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Constant { text: constant, .. } => text.push_str(constant),
            Piece::Hole(_) => text.push_str(HOLE),
        }
    }
    text
}

impl Test {
    /// True when `expr` passes.
    pub(crate) fn holds(&self, resolver: &mut Resolver<'_, '_>, expr: ExprId) -> bool {
        let on_text = self.equals.is_some() || self.prefix.is_some() || self.matches.is_some();
        (!on_text || self.holds_for_text(resolver, expr))
            && self.mentions.as_ref().is_none_or(|regex| mentions(resolver, expr, regex))
            && self.symbol.as_ref().is_none_or(|symbols| {
                resolver.symbols(expr).into_iter().any(|path| symbols.contains(resolver.paths.text(path)))
            })
    }

    fn holds_for_text(&self, resolver: &mut Resolver<'_, '_>, expr: ExprId) -> bool {
        texts(resolver, expr).iter().any(|text| {
            self.equals.as_ref().is_none_or(|list| list.iter().any(|one| one == text))
                && self.prefix.as_ref().is_none_or(|list| list.iter().any(|one| text.starts_with(one.as_str())))
                && self.matches.as_ref().is_none_or(|regex| regex.is_match(text))
        })
    }
}

/// The texts and constants an expression can be.
fn texts(resolver: &mut Resolver<'_, '_>, expr: ExprId) -> Vec<String> {
    let mut found: Vec<String> = text_of(resolver, expr).into_iter().collect();
    for value in resolver.values(expr).iter() {
        let Value::Literal(literal) = value else { continue };
        if let Expr::Constant(constant) = resolver.facts.expr(*literal) {
            found.push(constant.to_lowercase());
        }
        found.extend(text_of(resolver, *literal));
    }
    found
}

/// True when a name, member or variable that `expr` takes its value from fits. Of `a.b` that is `b`: a part of a thing is
/// not the thing. Objects are not looked into; environment variables are seen through the names they are given to.
fn mentions(resolver: &mut Resolver<'_, '_>, expr: ExprId, regex: &LazyRegex) -> bool {
    let mut queue = vec![expr];
    let mut looked = 0;
    while let Some(part) = queue.pop() {
        looked += 1;
        if looked > MAX_PARTS {
            return false;
        }
        if names(resolver, part, regex) || resolver.variables(part).iter().any(|name| regex.is_match(name)) {
            return true;
        }
        push_sources(resolver, part, &mut queue);
    }
    false
}

fn names(resolver: &Resolver<'_, '_>, part: ExprId, regex: &LazyRegex) -> bool {
    let facts = resolver.facts;
    let fits = |index: ExprId| facts.constant_text(index).is_some_and(|name| regex.is_match(&name));
    match facts.expr(part) {
        Expr::Name(name) | Expr::Member { property: name, .. } => regex.is_match(name),
        Expr::Index { index, .. } => fits(*index),
        Expr::Call { callee, arguments } => {
            let is_get = matches!(facts.expr(*callee), Expr::Member { property: "get", .. });
            is_get && arguments.first().is_some_and(|first| fits(first.value))
        }
        _ => false,
    }
}

/// The parts that a value is taken from.
fn push_sources(resolver: &Resolver<'_, '_>, part: ExprId, queue: &mut Vec<ExprId>) {
    let facts = resolver.facts;
    match facts.expr(part) {
        Expr::Member { object, property, .. } if SAME_THING.contains(property) => queue.push(*object),
        Expr::Object(_) | Expr::Index { .. } | Expr::Member { .. } => {}
        Expr::Call { callee, arguments } => {
            match facts.expr(*callee) {
                Expr::Member { property: "get", .. } => return,
                Expr::Member { object, .. } => queue.push(*object),
                _ => {}
            }
            queue.push(*callee);
            queue.extend(arguments.iter().map(|argument| argument.value));
        }
        other => other.for_each_child(|child| queue.push(child)),
    }
}

/// The constant keys of an object literal with their places, for clauses on keys.
pub(crate) fn named_keys<'e>(
    entries: &'e [crate::facts::Entry<'_>],
) -> impl Iterator<Item = (&'e str, crate::facts::Span, ExprId)> {
    entries.iter().filter_map(|entry| match &entry.key {
        Key::Named { name, span } => Some((&**name, *span, entry.value)),
        Key::Computed(_) | Key::Spread => None,
    })
}
