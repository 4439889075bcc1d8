//! String literals: pieces of constant text, with escapes undone, and holes.

use std::borrow::Cow;

use tree_sitter::Node;

use super::syntax::{Child, Field, Kind, Reader};
use crate::{
    facts::{Expr, ExprId, Piece, Span},
    lang::builder::{Builder, span},
};

impl<'t, 's> Reader<'t, 's> {
    /// Adds the pieces of a literal, or of several in a row.
    pub(super) fn string_pieces(&mut self, b: &mut Builder<'s>, string: Child<'t>, pieces: &mut Vec<Piece<'s>>) {
        if string.kind == Kind::ConcatenatedString {
            return self.each(b, string.node, |reader, b, part| {
                if part.kind == Kind::String {
                    reader.string_pieces(b, part, pieces);
                }
            });
        }
        let whole = b.text(string.node);
        let Some((prefix, quote)) = opening(whole) else { return };
        let raw = prefix.contains(['r', 'R']);
        if !prefix.contains(['f', 'F', 't', 'T']) {
            // Most strings: there is nothing to look for in the tree.
            let inside = &whole[prefix.len() + quote.len()..];
            let inside = inside.strip_suffix(quote).unwrap_or(inside);
            if !inside.is_empty() {
                let start = string.node.start_byte() + prefix.len() + quote.len();
                let place = Span::new(start, start + inside.len());
                pieces.push(Piece::Constant { text: undo_escapes(inside, raw, false), span: place });
            }
            return;
        }
        self.each(b, string.node, |reader, b, part| match part.kind {
            Kind::StringContent => {
                let text = undo_escapes(b.text(part.node), raw, true);
                pieces.push(Piece::Constant { text, span: part.span() });
            }
            Kind::Interpolation => {
                let hole = reader.interpolation(b, part.node);
                pieces.push(Piece::Hole(hole));
            }
            _ => {}
        });
    }

    /// `{value!r:spec}`. A spec with holes of its own makes the result something else than the value.
    fn interpolation(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> ExprId {
        let parts = self.fielded(node);
        let value = match self.field(&parts, Field::Expression) {
            Some(value) => self.expression(b, value),
            None => b.expr(Expr::Other(Vec::new()), span(node)),
        };
        let mut all = Vec::new();
        if let Some(spec) = self.field(&parts, Field::FormatSpecifier) {
            b.deeper(spec.span(), |b| {
                self.each(b, spec.node, |reader, b, part| {
                    if part.kind == Kind::Interpolation {
                        all.push(reader.interpolation(b, part.node));
                    }
                });
            });
        }
        self.release(&parts);
        if all.is_empty() {
            return value;
        }
        all.insert(0, value);
        b.expr(Expr::Other(all), span(node))
    }
}

/// The prefix and the quotes that a literal starts with.
fn opening(literal: &str) -> Option<(&str, &str)> {
    let (prefix, rest) = literal.split_at(literal.find(['"', '\''])?);
    let width = if rest.starts_with("\"\"\"") || rest.starts_with("'''") { 3 } else { 1 };
    Some((prefix, &rest[..width]))
}

/// The text that a piece of a literal stands for.
fn undo_escapes(written: &str, raw: bool, format: bool) -> Cow<'_, str> {
    let backslashes = !raw && written.contains('\\');
    let braces = format && written.contains(['{', '}']);
    if !backslashes && !braces {
        return Cow::Borrowed(written);
    }
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c == '\\' && backslashes {
            rest = undo_escape(rest, &mut text);
            continue;
        }
        text.push(c);
        if braces && matches!(c, '{' | '}') {
            rest = rest.strip_prefix(c).unwrap_or(rest);
        }
    }
    Cow::Owned(text)
}

/// Undoes the escape whose backslash stands before `rest`, and returns what follows it.
fn undo_escape<'a>(rest: &'a str, text: &mut String) -> &'a str {
    let Some(c) = rest.chars().next() else {
        text.push('\\');
        return rest;
    };
    let after = &rest[c.len_utf8()..];
    let simple = match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        '\\' | '\'' | '"' => c,
        '\n' => return after,
        '\r' => return after.strip_prefix('\n').unwrap_or(after),
        'x' => return undo_number(rest, after, 2, 16, text),
        'u' => return undo_number(rest, after, 4, 16, text),
        'U' => return undo_number(rest, after, 8, 16, text),
        '0'..='7' => {
            let digits = rest.bytes().take(3).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
            return undo_number(rest, rest, digits, 8, text);
        }
        _ => {
            text.push('\\');
            return rest;
        }
    };
    text.push(simple);
    after
}

/// Undoes a numeric escape of `count` digits; one that is none stays as written.
fn undo_number<'a>(rest: &'a str, digits: &'a str, count: usize, radix: u32, text: &mut String) -> &'a str {
    let number = digits.get(..count).and_then(|digits| u32::from_str_radix(digits, radix).ok());
    if let Some(c) = number.and_then(char::from_u32) {
        text.push(c);
        &digits[count..]
    } else {
        text.push('\\');
        rest
    }
}
