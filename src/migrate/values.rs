//! New values out of old ones: an address with a path appended, the text a template makes of a value. Where it can, a
//! change leaves the text of the value alone and writes around it, so that comments and line breaks in it stay.

use super::{
    edits::{Edit, applied, ordered},
    file::File,
    unit::Unit,
};
use crate::facts::{Expr, ExprId, Piece, Span};

/// A value in the code: the expression and the text that is its.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source {
    /// The expression.
    pub(super) expr: ExprId,
    /// Its text, with what the facts look through.
    pub(super) span: Span,
}

/// What becomes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NewValue {
    /// It stays.
    Same,
    /// Edits in or around its text.
    Edited(Vec<Edit>),
    /// Another text takes its place.
    Other(String),
}

impl NewValue {
    /// The text of the new value.
    pub(super) fn text(&self, file: &File<'_, '_, '_>, source: Source) -> String {
        match self {
            Self::Same => file.source(source.span).to_owned(),
            Self::Other(text) => text.clone(),
            Self::Edited(edits) => {
                let start = source.span.start;
                let moved = edits.iter().map(|edit| {
                    Edit::replace(
                        Span { start: edit.span.start - start, end: edit.span.end - start },
                        edit.text.clone(),
                    )
                });
                let edits = ordered(moved.collect()).unwrap_or_default();
                applied(file.source(source.span), &edits)
            }
        }
    }

    /// The edits that put the new value in the place of the old one.
    pub(super) fn edits(self, source: Source) -> Vec<Edit> {
        match self {
            Self::Same => Vec::new(),
            Self::Other(text) => vec![Edit::replace(source.span, text)],
            Self::Edited(edits) => edits,
        }
    }
}

impl File<'_, '_, '_> {
    /// `value` with `path` appended, whether or not it ends in a slash.
    pub(super) fn with_path(&mut self, unit: &mut Unit, value: Source, path: &str, endings: &[String]) -> NewValue {
        if let Some(edit) = self.path_in_literal(value, path, endings) {
            return NewValue::Edited(edit.into_iter().collect());
        }
        if let Some(lookup) = self.demanded(unit, value) {
            let after = self.writing.append_path(path, false, false, endings);
            return NewValue::Other(format!("{lookup}{after}"));
        }
        let trimmed = self.is_trimmed(value.expr);
        let missing = self.may_be_missing(value);
        let after = self.writing.append_path(path, trimmed, missing, endings);
        // A method binds tighter than the operator that a trimmed value is followed by.
        NewValue::Edited(self.around_value(value, "", &after))
    }

    /// Writes before and behind a value, which gets parentheses where it needs them.
    pub(super) fn around_value(&self, value: Source, before: &str, after: &str) -> Vec<Edit> {
        let (open, close) = if self.needs_parentheses(value) { ("(", ")") } else { ("", "") };
        let mut edits = Vec::new();
        if !before.is_empty() || !open.is_empty() {
            edits.push(Edit::insert(value.span.start, format!("{before}{open}")));
        }
        edits.push(Edit::insert(value.span.end, format!("{close}{after}")));
        edits
    }

    /// A literal address gets the path within its quotes. `None`: it is no such literal; an empty edit: it ends in the
    /// path already.
    #[expect(clippy::option_option, reason = "no literal, nothing to do, an edit")]
    fn path_in_literal(&self, value: Source, path: &str, endings: &[String]) -> Option<Option<Edit>> {
        let Expr::Text(pieces) = self.facts.expr(value.expr) else { return None };
        if !is_one_literal(self.source(value.span)) || value.span != self.span(value.expr) {
            return None;
        }
        let Some(Piece::Constant { text, span }) = pieces.last() else { return None };
        let raw = self.source(*span);
        // With escapes in it, offsets in the text are not those in the source.
        if raw != text.as_ref() || raw.is_empty() {
            return None;
        }
        let bare = raw.trim_end_matches('/');
        let bare = endings.iter().find_map(|ending| bare.strip_suffix(ending.as_str())).unwrap_or(bare);
        if bare.ends_with(path.trim_end_matches('/')) {
            return Some(None);
        }
        let start = span.start + bare.len() as u32;
        Some(Some(Edit::replace(Span { start, end: span.end }, path)))
    }

    /// A lookup that gives nothing for a missing variable, as one that fails: clients take nothing for their default.
    pub(super) fn demanded(&mut self, unit: &mut Unit, value: Source) -> Option<String> {
        let Expr::Call { arguments, .. } = self.facts.expr(value.expr) else { return None };
        let is_lookup = arguments.len() == 1 && value.span == self.span(value.expr);
        let module = self.writing.variable_module().filter(|_| is_lookup)?;
        let variable = self.resolver.variables(value.expr).first().cloned()?;
        let callee = self.resolver.callee_expr(value.expr)?;
        let whole = match self.facts.expr(callee) {
            Expr::Member { object, .. } => *object,
            _ => callee,
        };
        let is_own =
            [callee, whole].into_iter().any(|expr| self.symbols(expr).iter().any(|path| path.starts_with(module)));
        unit.modules.extend(is_own.then_some(module));
        is_own.then(|| self.writing.variable(&variable))
    }

    /// True when a value has its trailing slashes taken off already.
    fn is_trimmed(&self, expr: ExprId) -> bool {
        let Expr::Call { callee, arguments } = self.facts.expr(expr) else { return false };
        let Expr::Member { property, .. } = self.facts.expr(*callee) else { return false };
        let strips = |text: &str| text.trim_matches(['/', '\\', '+', '*', '$']).is_empty();
        match (*property, arguments.as_slice()) {
            ("rstrip" | "strip" | "removesuffix", [only]) => {
                self.facts.constant_text(only.value).is_some_and(|text| text == "/")
            }
            ("replace", [what, with]) => {
                let pattern = matches!(self.facts.expr(what.value), Expr::Pattern(pattern) if pattern.contains('$') && strips(pattern.trim_end_matches(char::is_alphabetic)));
                pattern && self.facts.constant_text(with.value).is_some_and(|text| text.is_empty())
            }
            _ => false,
        }
    }

    /// True when a value is nothing but environment variables, which may not be set.
    pub(super) fn may_be_missing(&mut self, value: Source) -> bool {
        // `x!` and `x as T` say what it is.
        if self.source(value.span).trim_matches(['(', ')'])
            != self.source(self.span(value.expr)).trim_matches(['(', ')'])
        {
            return false;
        }
        if let Some(defined) = self.definition(value.expr) {
            let behind = self.text.get(self.span(defined).end as usize..).unwrap_or_default();
            if behind.starts_with('!') || behind.trim_start().starts_with("as ") {
                return false;
            }
        }
        let values = self.resolver.values(value.expr);
        !values.is_empty() && values.iter().all(|value| matches!(value, crate::resolve::Value::Environment(_)))
    }

    /// True when writing a method call behind the value would not mean the whole value.
    pub(super) fn needs_parentheses(&self, value: Source) -> bool {
        let text = self.source(value.span);
        let inner = self.span(value.expr);
        if value.span != inner {
            // `(…)` and `x!` stand for themselves; `await x` and `x as T` do not.
            let is_enclosed =
                text.starts_with('(') && text.ends_with(')') && self.source(inner).len() + 2 >= text.trim().len() - 2;
            return !(is_enclosed || text.strip_suffix('!').is_some_and(|bare| bare == self.source(inner)));
        }
        match self.facts.expr(value.expr) {
            Expr::Name(_) | Expr::This | Expr::Member { .. } | Expr::Index { .. } | Expr::List(_) => false,
            Expr::Call { .. } => text.starts_with("new ") && !text.ends_with(')'),
            Expr::Text(_) => !is_one_literal(text),
            _ => true,
        }
    }

    /// A value as the content of a template string: constants as they read, all else inserted.
    pub(super) fn inserted(&self, value: Source) -> String {
        let [_, _, open, close] = self.writing.template();
        if let Some(text) = self.facts.constant_text(value.expr) {
            return text.into_owned();
        }
        // A quote in an inserted value ends the string in older versions of Python.
        format!("{open}{}{close}", self.source(value.span).replace('"', "'"))
    }

    /// The text within the outer quotes as a string literal: a plain one where nothing is inserted.
    pub(super) fn template_string(&self, content: &str) -> String {
        let [before, after, open, _] = self.writing.template();
        if content.contains(open) { format!("{before}{content}{after}") } else { self.writing.string(content) }
    }
}

/// True when a text is a single string literal (or several that the language joins), not an operation on strings.
pub(super) fn is_one_literal(text: &str) -> bool {
    let body = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    if text.len() - body.len() > 2 {
        return false;
    }
    let Some(quote) = body.chars().next().filter(|c| matches!(c, '"' | '\'' | '`')) else { return false };
    let mut escaped = false;
    let mut depth = 0_u32;
    for (at, c) in body.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == '{' {
            depth += 1;
        } else if c == '}' {
            depth = depth.saturating_sub(1);
        } else if c == quote && (depth == 0 || quote != '`') {
            return at + c.len_utf8() == body.len();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_one_literal;

    #[test]
    fn literals_are_told_from_operations() {
        for literal in ["\"a\"", "'a\\'b'", "f\"{a}/b\"", "`${a}b`", "rb'x'", "`${f(`x`)}`"] {
            assert!(is_one_literal(literal), "{literal}");
        }
        for other in ["\"a\" + b", "a + \"b\"", "f(\"a\")", "\"a\" if b else \"c\"", "name"] {
            assert!(!is_one_literal(other), "{other}");
        }
    }
}
