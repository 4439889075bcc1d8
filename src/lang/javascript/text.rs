//! What is written inside string and template literals.

use std::borrow::Cow;

use tree_sitter::Node;

use super::{Child, Kind, Reader};
use crate::facts::{Piece, Span};
use crate::lang::builder::{Builder, span};

/// The text between the quotes of a literal that starts at `start`, and where it stands.
pub(super) fn between_quotes(raw: &str, start: usize) -> (&str, Span) {
    let Some(quote) = raw.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else {
        return (raw, Span::new(start, start + raw.len()));
    };
    let inner = &raw[1..];
    let inner = inner.strip_suffix(quote).unwrap_or(inner);
    (inner, Span::new(start + 1, start + 1 + inner.len()))
}

/// The text a literal stands for.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = raw.find('\\') else { return Cow::Borrowed(raw) };
    let mut text = String::with_capacity(raw.len());
    text.push_str(&raw[..first]);
    let mut rest = &raw[first..];
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = escape(&rest[at + 1..], &mut text);
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Undoes the escape that `rest` starts with (after its backslash) and returns what follows it.
fn escape<'r>(rest: &'r str, text: &mut String) -> &'r str {
    let Some(letter) = rest.chars().next() else { return rest };
    let after = &rest[letter.len_utf8()..];
    match letter {
        'n' => text.push('\n'),
        't' => text.push('\t'),
        'r' => text.push('\r'),
        'b' => text.push('\u{8}'),
        'f' => text.push('\u{c}'),
        'v' => text.push('\u{b}'),
        '0' => text.push('\0'),
        '\n' | '\u{2028}' | '\u{2029}' => {}
        '\r' => return after.strip_prefix('\n').unwrap_or(after),
        'x' | 'u' => {
            if let Some((value, after)) = code_point(letter, after) {
                text.push(value);
                return after;
            }
            text.push(letter);
        }
        other => text.push(other),
    }
    after
}

/// Reads what follows `\x` or `\u`, a surrogate pair included.
fn code_point(letter: char, after: &str) -> Option<(char, &str)> {
    if letter == 'u' && after.starts_with('{') {
        let (digits, rest) = after[1..].split_once('}')?;
        return Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, rest));
    }
    let (unit, rest) = hexadecimal(after, if letter == 'x' { 2 } else { 4 })?;
    if let Some(value) = char::from_u32(unit) {
        return Some((value, rest));
    }
    let (low, rest) = hexadecimal(rest.strip_prefix("\\u")?, 4)?;
    let value = 0x1_0000 + (unit.checked_sub(0xd800)? << 10) + low.checked_sub(0xdc00)?;
    Some((char::from_u32(value)?, rest))
}

fn hexadecimal(text: &str, digits: usize) -> Option<(u32, &str)> {
    let number = text.get(..digits)?;
    Some((u32::from_str_radix(number, 16).ok()?, &text[digits..]))
}

/// A piece of constant text.
pub(super) fn constant<'s>(b: &Builder<'s>, place: Span) -> Piece<'s> {
    Piece::Constant { text: unescape(place.text(b.source)), span: place }
}

/// The one piece of a string literal.
pub(super) fn string_piece<'s>(b: &Builder<'s>, node: Node<'_>) -> Piece<'s> {
    constant(b, between_quotes(b.text(node), node.start_byte()).1)
}

/// The constant text of a string literal or of a template without holes.
pub(super) fn literal<'s>(b: &Builder<'s>, child: Child<'_>) -> Option<Cow<'s, str>> {
    let raw = b.text(child.node);
    match child.kind {
        Kind::Text => {}
        Kind::Template if !raw.contains("${") => {}
        _ => return None,
    }
    Some(unescape(between_quotes(raw, 0).0))
}

impl<'t> Reader<'t> {
    /// The pieces of a template literal.
    pub(super) fn template_pieces<'s>(&mut self, b: &mut Builder<'s>, node: Node<'t>) -> Vec<Piece<'s>> {
        let (inner, place) = between_quotes(b.text(node), node.start_byte());
        if !inner.contains("${") {
            return vec![constant(b, place)];
        }
        let mut pieces = Vec::new();
        let mut from = place.start;
        let children = self.open(b, node);
        for at in children.clone() {
            let child = self.children[at];
            if child.kind != Kind::TemplateHole {
                continue;
            }
            let hole = span(child.node);
            if from < hole.start {
                pieces.push(constant(b, Span { start: from, end: hole.start }));
            }
            from = hole.end;
            if let Some(inner) = self.only(b, child.node) {
                pieces.push(Piece::Hole(self.expression(b, inner)));
            }
        }
        self.close(&children);
        if from < place.end {
            pieces.push(constant(b, Span { start: from, end: place.end }));
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::{between_quotes, unescape};

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape(r"a\n\t\\\'\x41\u0042\u{43}\q"), "a\n\t\\'ABCq");
        assert_eq!(unescape(r"\ud83d\ude00"), "\u{1F600}");
        assert_eq!(unescape("a\\\r\nb\\\nc"), "abc");
    }

    #[test]
    fn broken_escapes_do_no_harm() {
        for raw in ["\\", r"\x", r"\xé", r"\u", r"\u{", r"\u{110000}", r"\ud83d", r"\ud83d\u0041", r"\udfff\udfff"] {
            let _ = unescape(raw);
        }
    }

    #[test]
    fn quotes_are_taken_off() {
        assert_eq!(between_quotes("'a'", 3).0, "a");
        assert_eq!(between_quotes("\"", 0).0, "");
        assert_eq!(between_quotes("", 0).0, "");
    }
}
