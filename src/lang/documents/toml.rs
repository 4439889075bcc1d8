//! TOML, read by the library that edits keep their places with. A file with a mistake is read line by line.

use std::{borrow::Cow, ops::Range};

use toml_edit::{Document as TomlDocument, Item, Key, TableLike, Value};

use super::{
    lines::{self, Style},
    shape::{self, Pair},
};
use crate::{
    facts::{Expr, ExprId, Problem, ProblemKind, Span},
    lang::builder::Builder,
};

pub(super) fn lower(b: &mut Builder<'_>) {
    match TomlDocument::parse(b.source) {
        Ok(document) => {
            let whole = 0..b.source.len();
            table(b, document.as_table(), &whole);
        }
        Err(error) => {
            let span = error.span().map_or_else(Span::default, |range| Span::new(range.start, range.end));
            b.facts.problems.push(Problem { kind: ProblemKind::Syntax, span });
            lines::lower(b, Style::Ini);
        }
    }
}

fn table(b: &mut Builder<'_>, table: &dyn TableLike, place: &Range<usize>) -> ExprId {
    let mut pairs = Vec::new();
    for (name, item) in table.iter() {
        let Some(key) = table.key(name) else { continue };
        pairs.extend(pair(b, key, item));
    }
    shape::object(b, pairs, Span::new(place.start, place.end))
}

fn pair<'s>(b: &mut Builder<'s>, key: &Key, item: &Item) -> Option<Pair<'s>> {
    let key_range = key.span()?;
    let key_span = Span::new(key_range.start, key_range.end);
    let range = item.span().unwrap_or_else(|| key_range.clone());
    let value = b.deeper(key_span, |b| self::item(b, item, &range))?;
    let name = key_span.text(b.source).trim_matches(['"', '\'']);
    Some(Pair {
        key: Cow::Borrowed(name),
        key_span,
        value,
        span: Span::new(key_range.start, range.end.max(key_range.end)),
    })
}

fn item(b: &mut Builder<'_>, item: &Item, range: &Range<usize>) -> ExprId {
    let place = Span::new(range.start, range.end);
    match item {
        Item::None => shape::constant(b, place),
        Item::Value(found) => value(b, found, place),
        Item::Table(found) => table(b, found, range),
        Item::ArrayOfTables(tables) => {
            let items = tables.iter().map(|one| table(b, one, &one.span().unwrap_or_else(|| range.clone()))).collect();
            b.expr(Expr::List(items), place)
        }
    }
}

fn value(b: &mut Builder<'_>, value: &Value, place: Span) -> ExprId {
    match value {
        Value::String(text) => string(b, text.value(), place),
        Value::Array(items) => {
            let items: Vec<ExprId> = items
                .iter()
                .map(|one| {
                    let place = one.span().map_or(place, |range| Span::new(range.start, range.end));
                    b.deeper(place, |b| self::value(b, one, place)).unwrap_or_else(|| shape::constant(b, place))
                })
                .collect();
            b.expr(Expr::List(items), place)
        }
        Value::InlineTable(inner) => table(b, inner, &(place.start as usize..place.end as usize)),
        _ => shape::constant(b, place),
    }
}

fn string(b: &mut Builder<'_>, said: &str, place: Span) -> ExprId {
    let raw = place.text(b.source);
    let quotes = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| raw.starts_with(quote)).map_or(0, str::len);
    let inside = Span::new(
        place.start as usize + quotes,
        (place.end as usize).saturating_sub(quotes).max(place.start as usize + quotes),
    );
    shape::text(b, Cow::Owned(said.to_owned()), inside, place)
}
