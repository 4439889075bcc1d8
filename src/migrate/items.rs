//! Items between commas — arguments, entries of an object, names in an import statement — and how to take some out and
//! put others in so that the list looks as if it had always been so: whole lines go where an item had them, commas and
//! trailing comments go with their item, new items stand as the others do.

use super::edits::Edit;
use crate::{facts::Span, lang::writing::Writing};

/// A list in brackets (or without any).
pub(super) struct Items<'i> {
    /// The text of the file.
    pub(super) text: &'i str,
    /// How it is written.
    pub(super) writing: &'i Writing,
    /// From behind the opening bracket to before the closing one.
    pub(super) inside: Span,
    /// The items in order.
    pub(super) spans: Vec<Span>,
}

/// A run of neighbouring items that go.
#[derive(Clone, Copy)]
struct Run {
    first: usize,
    last: usize,
}

impl Items<'_> {
    /// The edits that take out the items at `removed` (sorted) and put in `added` behind the others. Where none is left,
    /// the new ones take the places of the old.
    pub(super) fn change(&self, removed: &[usize], added: &[String]) -> Vec<Edit> {
        let mut edits = Vec::new();
        let all_go = removed.len() == self.spans.len();
        let places = if all_go { removed.len().min(added.len()) } else { 0 };
        let (taken, removed) = removed.split_at(places);
        for (number, (&item, new)) in taken.iter().zip(added).enumerate() {
            let is_last = number + 1 == places;
            let rest = if is_last { &added[places..] } else { &[] };
            let text = std::iter::once(new).chain(rest).cloned().collect::<Vec<_>>().join(", ");
            edits.push(Edit::replace(self.spans[item], text));
        }
        let mut at = 0;
        while at < removed.len() {
            let mut run = Run { first: removed[at], last: removed[at] };
            while removed.get(at + 1) == Some(&(run.last + 1)) {
                at += 1;
                run.last += 1;
            }
            edits.extend(self.remove(run));
            at += 1;
        }
        if !added.is_empty() && (!all_go || self.spans.is_empty()) {
            edits.extend(self.append(removed, added));
        }
        edits
    }

    fn remove(&self, run: Run) -> Vec<Edit> {
        let (first, last) = (self.spans[run.first], self.spans[run.last]);
        let is_inline = !self
            .text
            .get(self.inside.start as usize..self.inside.end as usize)
            .is_some_and(|text| text.contains('\n'));
        if is_inline && run.last - run.first + 1 == self.spans.len() {
            return vec![Edit::remove(self.inside)];
        }
        let comma = self.comma_after(run.last);
        let after = comma.map_or(last.end, |comma| comma + 1);
        let line_end = self.line_end_after(after);
        let begins_line = self.begins_line(first.start);
        if let (true, Some(line_end)) = (begins_line, line_end) {
            let mut edits = vec![Edit::remove(Span { start: self.line_start(first.start), end: line_end })];
            // A list that had no trailing comma gets none.
            if comma.is_none()
                && run.first > 0
                && let Some(before) = self.comma_after(run.first - 1)
            {
                edits.push(Edit::remove(Span { start: before, end: before + 1 }));
            }
            return edits;
        }
        let next = self.spans.get(run.last + 1);
        let previous = run.first.checked_sub(1).map(|at| self.spans[at]);
        let span = match (next, previous) {
            (Some(next), _) if line_end.is_none() => Span { start: first.start, end: next.start },
            (_, Some(previous)) => match (comma, self.comma_after(run.first - 1)) {
                (Some(comma), Some(before)) => Span { start: before + 1, end: comma + 1 },
                _ => Span { start: previous.end, end: last.end },
            },
            _ => Span { start: first.start, end: after },
        };
        vec![Edit::remove(span)]
    }

    /// Puts items behind the last one that stays.
    fn append(&self, removed: &[usize], added: &[String]) -> Vec<Edit> {
        let kept = (0..self.spans.len()).rev().find(|item| !removed.contains(item));
        let Some(kept) = kept else {
            // All are gone; their places are, too.
            return vec![Edit::insert(self.inside.start, added.join(", "))];
        };
        let item = self.spans[kept];
        let comma = self.comma_after(kept);
        if !self.begins_line(item.start) {
            let joined = added.join(", ");
            return match comma {
                Some(comma) if kept + 1 == self.spans.len() => vec![Edit::insert(comma + 1, format!(" {joined},"))],
                _ => vec![Edit::insert(item.end, format!(", {joined}"))],
            };
        }
        let indent = self.text.get(self.line_start(item.start) as usize..item.start as usize).unwrap_or_default();
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines: Vec<String> = added.iter().map(|new| format!("{newline}{indent}{new}")).collect();
        match comma {
            Some(comma) => {
                let at = self.line_end_after(comma + 1).map_or(comma + 1, |end| self.before_line_end(end));
                vec![Edit::insert(at, format!("{},", lines.join(",")))]
            }
            None => vec![Edit::insert(item.end, format!(",{}", lines.join(",")))],
        }
    }

    /// The comma behind an item.
    fn comma_after(&self, item: usize) -> Option<u32> {
        let end = self.spans.get(item + 1).map_or(self.inside.end, |next| next.start) as usize;
        let at = self.writing.skip_trivia(self.text, self.spans[item].end as usize, end);
        (at < end && self.text.as_bytes().get(at) == Some(&b',')).then_some(at as u32)
    }

    /// The offset behind the line end that follows `at` with nothing but white space and a comment between.
    fn line_end_after(&self, at: u32) -> Option<u32> {
        let mut offset = at as usize;
        loop {
            let rest = self.text.get(offset..self.inside.end as usize)?;
            let blank = rest.trim_start_matches([' ', '\t', '\r']);
            offset += rest.len() - blank.len();
            if blank.starts_with('\n') {
                return Some(offset as u32 + 1);
            }
            let comment = self.writing.comment_length(blank)?;
            // A comment over several lines belongs to what follows.
            if blank.get(..comment)?.contains('\n') {
                return None;
            }
            offset += comment;
        }
    }

    fn before_line_end(&self, end: u32) -> u32 {
        let before = self.text.get(..end as usize).unwrap_or_default();
        before.trim_end_matches(['\n', '\r']).len() as u32
    }

    fn line_start(&self, at: u32) -> u32 {
        line_start(self.text, at)
    }

    fn begins_line(&self, at: u32) -> bool {
        self.text.get(self.line_start(at) as usize..at as usize).is_some_and(|before| before.trim().is_empty())
    }
}

/// The offset at which the line with the byte at `at` begins.
pub(super) fn line_start(text: &str, at: u32) -> u32 {
    text.get(..at as usize).unwrap_or_default().rfind('\n').map_or(0, |newline| newline as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lang::{Grammar, Language, Lowering},
        migrate::edits::{applied, ordered},
    };

    /// Changes the arguments of the call `f(…)` that a text consists of.
    fn changed(text: &str, removed: &[usize], added: &[&str]) -> String {
        let facts = Lowering::default().facts(Grammar::Python, text).unwrap();
        let call = facts.exprs.iter().rfind(|node| matches!(node.expr, crate::facts::Expr::Call { .. })).unwrap();
        let crate::facts::Expr::Call { arguments, .. } = &call.expr else { unreachable!() };
        let writing = Writing { language: Language::Python, typed: false, quote: '"', semicolons: false };
        let items = Items {
            text,
            writing: &writing,
            inside: Span { start: text.find('(').unwrap() as u32 + 1, end: text.rfind(')').unwrap() as u32 },
            spans: arguments.iter().map(|argument| argument.span).collect(),
        };
        let added: Vec<String> = added.iter().map(|&new| new.to_owned()).collect();
        applied(text, &ordered(items.change(removed, &added)).unwrap())
    }

    #[test]
    fn items_on_one_line() {
        assert_eq!(changed("f(a=1, b=2, c=3)", &[1], &[]), "f(a=1, c=3)");
        assert_eq!(changed("f(a=1, b=2, c=3)", &[0, 1], &[]), "f(c=3)");
        assert_eq!(changed("f(a=1, b=2, c=3)", &[2], &[]), "f(a=1, b=2)");
        assert_eq!(changed("f(a=1, b=2, c=3,)", &[1, 2], &[]), "f(a=1,)");
        assert_eq!(changed("f(a=1)", &[0], &[]), "f()");
        assert_eq!(changed("f(a=1, b=2)", &[0], &["z=0"]), "f(b=2, z=0)");
        assert_eq!(changed("f(a=1)", &[0], &["z=0", "y=1"]), "f(z=0, y=1)");
        assert_eq!(changed("f(a=1)", &[], &["z=0", "y=1"]), "f(a=1, z=0, y=1)");
        assert_eq!(changed("f()", &[], &["z=0"]), "f(z=0)");
    }

    #[test]
    fn items_on_lines_of_their_own() {
        let text = "f(\n    a=1,  # one\n    b=2,  # two\n    c=3,\n)";
        assert_eq!(changed(text, &[1], &[]), "f(\n    a=1,  # one\n    c=3,\n)");
        assert_eq!(changed(text, &[2], &[]), "f(\n    a=1,  # one\n    b=2,  # two\n)");
        assert_eq!(changed(text, &[], &["z=0"]), "f(\n    a=1,  # one\n    b=2,  # two\n    c=3,\n    z=0,\n)");
        let bare = "f(\n    a=1,\n    b=2\n)";
        assert_eq!(changed(bare, &[1], &[]), "f(\n    a=1\n)");
        assert_eq!(changed(bare, &[], &["z=0"]), "f(\n    a=1,\n    b=2,\n    z=0\n)");
    }

    #[test]
    fn items_that_share_lines() {
        assert_eq!(changed("f(a=1, b=2,\n  c=3)", &[1], &[]), "f(a=1,\n  c=3)");
        assert_eq!(changed("f(a=1, b=2,\n  c=3)", &[2], &[]), "f(a=1, b=2)");
        assert_eq!(changed("f(a=1,\n  b=2, c=3)", &[1], &[]), "f(a=1,\n  c=3)");
        assert_eq!(changed("f(a=1,  # keep\n  b=2)", &[0], &[]), "f(  # keep\n  b=2)");
    }
}
