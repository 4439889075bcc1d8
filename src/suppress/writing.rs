//! Directives written into sources, and taken out of them. Both work on one decoded text and give the edited one; that
//! a file is really replaced by it is for the caller.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    apply::Stale,
    comments::{MARKER, WORD, directives},
};
use crate::{
    facts::Span,
    finding::Finding,
    input::text::LineIndex,
    lang::{Grammar, Lowering, writing::Comments},
    migrate::edits::{Edit, applied, ordered},
};

/// A text with directives added.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// The text.
    pub text: String,
    /// How many findings the new directives set aside.
    pub covered: usize,
    /// The lines of findings that no comment can be written for.
    pub impossible: Vec<u32>,
}

/// Takes stale directives out of a text. What else a comment says stays.
pub fn prune(text: &str, stale: &[Stale]) -> String {
    let edits = stale.iter().map(|stale| {
        if !stale.keeps.is_empty() {
            return Edit::replace(stale.words, stale.keeps.join(", "));
        }
        let whole = stale.span.start == stale.comment.start && !said_after(text, stale);
        Edit::remove(if whole { around(text, stale.comment) } else { trimmed(text, stale.span) })
    });
    ordered(edits.collect()).map_or_else(|_| text.to_owned(), |edits| applied(text, &edits))
}

/// True when the comment goes on behind the directive with more than its own end.
fn said_after(text: &str, stale: &Stale) -> bool {
    let rest = text.get(stale.span.end as usize..stale.comment.end as usize).unwrap_or_default().trim();
    !matches!(rest, "" | "*/" | "-->")
}

/// A comment with the blanks before it; its whole line where nothing else stands on that.
fn around(text: &str, comment: Span) -> Span {
    let before = text.get(..comment.start as usize).unwrap_or_default();
    let after = text.get(comment.end as usize..).unwrap_or_default();
    let indent = before.len() - before.trim_end_matches([' ', '\t', '{']).len();
    let from = before.len() - indent;
    let blank = after.len() - after.trim_start_matches([' ', '\t', '}']).len();
    let rest = &after[blank..];
    let line_end = ["\r\n", "\n"].iter().find(|end| rest.starts_with(**end)).map_or(0, |end| end.len());
    let alone = from == 0 || before.as_bytes()[from - 1] == b'\n';
    if alone && (line_end > 0 || rest.is_empty()) {
        return Span { start: from as u32, end: comment.end + (blank + line_end) as u32 };
    }
    trimmed(text, comment)
}

/// A place with the blanks before it.
fn trimmed(text: &str, span: Span) -> Span {
    let before = text.get(..span.start as usize).unwrap_or_default();
    Span { start: before.trim_end_matches([' ', '\t']).len() as u32, end: span.end }
}

/// Adds a directive for each of the findings, which are of this text: at the end of the line where a comment can stand
/// there, else on a line of its own above.
pub fn add(text: &str, grammar: Grammar, findings: &[&Finding], reason: Option<&str>) -> Added {
    let mut rules: BTreeMap<u32, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        rules.entry(finding.location.start.line).or_default().push(finding);
    }
    let writer = Writer { text, grammar, lines: LineIndex::new(text), reason };
    let mut added = Added::default();
    let mut edits = Vec::new();
    let mut lowering = Lowering::default();
    for (line, findings) in rules {
        let names: BTreeSet<&str> = findings.iter().map(|finding| finding.short_rule()).collect();
        let above = findings.iter().all(|finding| finding.extent.0 == line);
        match writer.places(line, &names, above).into_iter().find(|edit| writer.reads(edit, &mut lowering)) {
            Some(edit) => {
                edits.push(edit);
                added.covered += findings.len();
            }
            None => added.impossible.push(line),
        }
    }
    added.text = ordered(edits).map_or_else(|_| text.to_owned(), |edits| applied(text, &edits));
    added
}

struct Writer<'t> {
    text: &'t str,
    grammar: Grammar,
    lines: LineIndex<'t>,
    reason: Option<&'t str>,
}

impl Writer<'_> {
    /// The comments that could be written for a line, the best first; also `above` it where that covers the findings.
    fn places(&self, line: u32, names: &BTreeSet<&str>, is_above: bool) -> Vec<Edit> {
        let range = self.lines.line_span(line).unwrap_or_default();
        let content = self.lines.line_text(line);
        let words = names.iter().copied().collect::<Vec<_>>().join(", ");
        let reason = self.reason.map(|reason| format!(" {reason}")).unwrap_or_default();
        let directive = format!("{MARKER} {WORD}[{words}]{reason}");
        let end = range.start + content.trim_end().len();
        let indent = &content[..content.len() - content.trim_start().len()];
        let above = |comment: String| {
            let line_end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
            Edit::insert(range.start as u32, format!("{indent}{comment}{line_end}"))
        };
        let language = self.grammar.language();
        let Comments { lead, beside, forms } = self.grammar.comments(&directive);
        let goes_on = |line: u32| line > 0 && language.continues(self.lines.line_text(line));
        let beside = forms.first().filter(|_| beside && !goes_on(line));
        let beside = beside.map(|comment| Edit::insert(end as u32, format!("{:lead$}{comment}", "")));
        let own_lines = forms.into_iter().filter(|_| is_above && !goes_on(line - 1)).map(above);
        beside.into_iter().chain(own_lines).collect()
    }

    /// True when the parser takes what the edit writes for a comment, and nothing else for another thing.
    fn reads(&self, edit: &Edit, lowering: &mut Lowering) -> bool {
        let text = applied(self.text, std::slice::from_ref(edit));
        let comments = lowering.comments(self.grammar, &text);
        let at = edit.span.start + edit.text.find(MARKER).unwrap_or_default() as u32;
        let holds = |comment: &&Span| comment.start <= at && at < comment.end;
        let Some(comment) = comments.iter().find(holds) else { return false };
        let read = directives(&text, *comment)
            .into_iter()
            .flatten()
            .any(|directive| directive.span.start <= at && at < directive.span.end);
        let broken = |text: &str, lowering: &mut Lowering| {
            lowering.facts(self.grammar, text).is_none_or(|facts| !facts.problems.is_empty())
        };
        read && (!broken(&text, lowering) || broken(self.text, lowering))
    }
}
