//! Edits of a text: replacements of byte ranges, put together from many hands and applied in one go.

use std::collections::BTreeSet;

use crate::facts::Span;

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    /// What goes; empty for an insertion.
    pub(crate) span: Span,
    /// What comes in its place.
    pub(crate) text: String,
}

impl Edit {
    /// `text` in place of `span`.
    pub(crate) fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// `text` before the byte at `at`.
    pub(crate) fn insert(at: u32, text: impl Into<String>) -> Self {
        Self { span: Span { start: at, end: at }, text: text.into() }
    }

    /// Nothing in place of `span`.
    pub(crate) fn remove(span: Span) -> Self {
        Self { span, text: String::new() }
    }
}

/// Two edits of the same bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// Where.
    pub(crate) span: Span,
}

/// The edits in order: equal ones once, those within a removed range dropped. An error if two disagree.
pub(crate) fn ordered(mut edits: Vec<Edit>) -> Result<Vec<Edit>, Conflict> {
    let mut seen = BTreeSet::new();
    edits.retain(|edit| seen.insert(edit.clone()));
    // Insertions first, as they came, then longer ones, so that what lies in one comes after it.
    edits.sort_by_key(|edit| {
        let replaces = edit.span.start < edit.span.end;
        (edit.span.start, replaces, std::cmp::Reverse(edit.span.end))
    });
    let mut kept: Vec<Edit> = Vec::with_capacity(edits.len());
    for edit in edits {
        let Some(last) = kept.last_mut() else {
            kept.push(edit);
            continue;
        };
        let inside =
            edit.span.start >= last.span.start && edit.span.end <= last.span.end && edit.span.start < last.span.end;
        if edit.span.start >= last.span.end {
            kept.push(edit);
        } else if inside
            && last.text.is_empty()
            && (edit.span.start < edit.span.end || edit.span.start == last.span.start)
        {
            // What is removed needs no other change. New text within it belongs somewhere, though.
        } else if last.text.is_empty() && edit.text.is_empty() {
            last.span.end = last.span.end.max(edit.span.end);
        } else {
            return Err(Conflict { span: edit.span });
        }
    }
    Ok(kept)
}

/// The text after the edits, which are ordered.
pub(crate) fn applied(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(text: &str, edits: &[(usize, usize, &str)]) -> Result<String, Conflict> {
        let edits = edits.iter().map(|(start, end, new)| Edit::replace(Span::new(*start, *end), *new)).collect();
        ordered(edits).map(|edits| applied(text, &edits))
    }

    #[test]
    fn edits_are_put_in_order_and_equal_ones_made_once() {
        assert_eq!(done("a b c", &[(4, 5, "z"), (0, 1, "x"), (0, 1, "x")]).unwrap(), "x b z");
        assert_eq!(done("abc", &[(1, 1, "-"), (1, 2, "")]).unwrap(), "a-c");
    }

    #[test]
    fn removals_swallow_what_lies_in_them_and_join() {
        assert_eq!(done("abcdef", &[(1, 5, ""), (2, 3, "x")]).unwrap(), "af");
        assert_eq!(done("abcdef", &[(1, 4, ""), (3, 5, "")]).unwrap(), "af");
        assert!(done("abcdef", &[(1, 5, ""), (3, 3, "x")]).is_err());
    }

    #[test]
    fn edits_that_disagree_are_an_error() {
        assert!(done("abcdef", &[(1, 4, "x"), (2, 5, "y")]).is_err());
        assert!(done("abcdef", &[(1, 4, "x"), (1, 4, "y")]).is_err());
    }
}
