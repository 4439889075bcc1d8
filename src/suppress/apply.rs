//! What directives cover: each speaks for the lines of the findings that stand at it, and for what its words name there.
//!
//! A directive that covers nothing, has expired or names no rule is told, with what a pruned file would look like for
//! [`writing`](super::writing).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::comments::{Directive, Form, Malformed, directives};
use crate::{
    facts::Span,
    finding::{Finding, Suppressed, SuppressedBy},
    input::text::LineIndex,
    rules::{Rule, select::Selector},
    suggest::listed,
};

/// The directives of one file.
#[derive(Debug, Clone, Default)]
pub struct Directives {
    found: Vec<Placed>,
    malformed: Vec<(u32, String)>,
}

/// A directive and the line that it speaks for.
#[derive(Debug, Clone)]
struct Placed {
    directive: Directive,
    /// The line it stands on.
    line: u32,
    /// The line it speaks for; none: the file.
    covers: Option<u32>,
}

/// A directive that should go, or change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// Where it stands, from the mark of its comment to its last character.
    pub span: Span,
    /// The comment that it is in.
    pub comment: Span,
    /// The words that may stay, as text; without any, the directive goes.
    pub keeps: Vec<String>,
    /// All its words, from the first to the last.
    pub words: Span,
}

/// Something that is wrong with a directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The line it stands on.
    pub line: u32,
    /// What is wrong, and what helps.
    pub message: String,
}

/// What the directives of a file come to.
#[derive(Debug, Default)]
pub struct Applied {
    /// The findings that stay.
    pub kept: Vec<Finding>,
    /// Those that are set aside.
    pub suppressed: Vec<Suppressed>,
    /// What is wrong with directives.
    pub troubles: Vec<Trouble>,
    /// Directives that should go or change.
    pub stale: Vec<Stale>,
}

/// How directives are judged.
#[derive(Debug, Clone, Copy)]
pub struct Judging<'r> {
    /// All rules that there are, also those that nobody asked for.
    pub rules: &'r [Rule],
    /// The day on which directives may have expired.
    pub today: Date,
    /// True when all findings of the file are known, so that a directive without any is unused.
    pub complete: bool,
}

impl Directives {
    /// Reads the comments of a file.
    pub fn read(text: &str, comments: &[Span], lines: &LineIndex<'_>) -> Self {
        let mut read = Self::default();
        for (number, &comment) in comments.iter().enumerate() {
            for result in directives(text, comment) {
                match result {
                    Ok(directive) => {
                        let line = lines.position(directive.span.start as usize).line;
                        let covers = covers(&directive, text, &comments[number..], lines, line);
                        read.found.push(Placed { directive, line, covers });
                    }
                    Err(Malformed { at, message }) => {
                        read.malformed.push((lines.position(at as usize).line, message));
                    }
                }
            }
        }
        read
    }

    /// Counts lines in another way: those of the file that the text was taken from.
    pub fn reline(&mut self, line_of: impl Fn(u32) -> u32) {
        for placed in &mut self.found {
            placed.line = line_of(placed.line);
            placed.covers = placed.covers.map(&line_of);
        }
        self.malformed.iter_mut().for_each(|(line, _)| *line = line_of(*line));
    }

    /// True when there is nothing in them.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty() && self.malformed.is_empty()
    }

    /// Sets findings of the file aside, and judges the directives.
    pub fn apply(&self, findings: Vec<Finding>, judging: Judging<'_>) -> Applied {
        let mut applied = Applied::default();
        for (line, message) in &self.malformed {
            applied.troubles.push(Trouble { line: *line, message: message.clone() });
        }
        let mut reasons: BTreeMap<usize, Option<String>> = BTreeMap::new();
        for placed in &self.found {
            let (covered, troubles, stale) = placed.judge(&findings, judging);
            for number in covered {
                reasons.entry(number).or_insert_with(|| placed.directive.reason.clone());
            }
            applied.troubles.extend(troubles);
            applied.stale.extend(stale);
        }
        for (number, finding) in findings.into_iter().enumerate() {
            match reasons.remove(&number) {
                Some(justification) => {
                    applied.suppressed.push(Suppressed { finding, by: SuppressedBy::InSource, justification });
                }
                None => applied.kept.push(finding),
            }
        }
        applied
    }
}

/// The line that a directive speaks for. `comments` begin with its own.
fn covers(directive: &Directive, text: &str, comments: &[Span], lines: &LineIndex<'_>, line: u32) -> Option<u32> {
    let comment = directive.comment;
    match directive.form {
        Form::File => None,
        Form::Line if !is_alone(text, comment, lines) => Some(line),
        Form::Line | Form::NextLine => {
            let mut next = lines.position(comment.end as usize).line + 1;
            while next < lines.line_count() && holds_no_code(next, text, comments, lines) {
                next += 1;
            }
            Some(next)
        }
    }
}

/// True when nothing but brackets around it stands beside a comment.
fn is_alone(text: &str, comment: Span, lines: &LineIndex<'_>) -> bool {
    let line_of = |offset: u32| lines.line_span(lines.position(offset as usize).line).unwrap_or_default();
    let is_nothing = |beside: Option<&str>| {
        beside.unwrap_or_default().trim_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '}')).is_empty()
    };
    let (first, last) = (line_of(comment.start), line_of(comment.end));
    is_nothing(text.get(first.start..comment.start as usize)) && is_nothing(text.get(comment.end as usize..last.end))
}

/// True for a line that is blank or holds only comments.
fn holds_no_code(line: u32, text: &str, comments: &[Span], lines: &LineIndex<'_>) -> bool {
    let range = lines.line_span(line).unwrap_or_default();
    let mut at = range.start;
    loop {
        let rest = text.get(at..range.end).unwrap_or_default();
        at += rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '{' | '}')).len();
        if at >= range.end {
            return true;
        }
        match comments.iter().find(|comment| comment.start as usize <= at && at < comment.end as usize) {
            Some(comment) => at = comment.end as usize,
            None => return false,
        }
    }
}

impl Placed {
    /// The findings that it covers, what is wrong with it, and what should become of it.
    fn judge(&self, findings: &[Finding], judging: Judging<'_>) -> (Vec<usize>, Vec<Trouble>, Option<Stale>) {
        let mut troubles = Vec::new();
        let mut trouble = |message| troubles.push(Trouble { line: self.line, message });
        if let Some(day) = self.directive.until.filter(|day| *day < judging.today) {
            trouble(format!("this ignore held until {day}; settle what it set aside, or give it another day"));
            return (Vec::new(), troubles, Some(self.stale(Vec::new())));
        }
        let mut known: Vec<(&str, Selector)> = Vec::new();
        for (word, _) in &self.directive.words {
            match Selector::named(word, judging.rules) {
                Ok(selector) => known.push((word, selector)),
                Err(error) => {
                    trouble(format!("{error}, so nothing is set aside for it; {}", error.cure));
                }
            }
        }
        let selectors: Vec<&Selector> = known.iter().map(|(_, selector)| selector).collect();
        let covered = self.covered(findings, &selectors);
        let is_used = |selector: &Selector| {
            covered.iter().any(|number| selector.matches(&findings[*number].rule, findings[*number].class))
        };
        let idle: Vec<&str> = known.iter().filter(|(_, selector)| !is_used(selector)).map(|(word, _)| *word).collect();
        if idle.is_empty() || !judging.complete {
            return (covered, troubles, None);
        }
        trouble(format!(
            "{} sets nothing aside here; `unmoor scan --prune-ignores` takes it out",
            listed(idle.iter().copied())
        ));
        let stays = |word: &&String| !idle.contains(&word.as_str());
        let keeps = self.directive.words.iter().map(|(word, _)| word).filter(stays).cloned().collect();
        (covered, troubles, Some(self.stale(keeps)))
    }

    /// The findings that the selectors name at the directive's line: as a whole, so that one that goes over several
    /// lines is met on any of them, with what lies within.
    fn covered(&self, findings: &[Finding], selectors: &[&Selector]) -> Vec<usize> {
        let is_named =
            |finding: &Finding| selectors.iter().any(|selector| selector.matches(&finding.rule, finding.class));
        let named = || findings.iter().enumerate().filter(|(_, finding)| is_named(finding));
        let Some(line) = self.covers else { return named().map(|(number, _)| number).collect() };
        let lines: Vec<(u32, u32)> = named()
            .map(|(_, finding)| finding.extent)
            .filter(|(first, last)| self.meets(*first, *last, line))
            .collect();
        let lies_in = |finding: &Finding| {
            let (first, last) = finding.extent;
            lines.iter().any(|(from, to)| *from <= first && last <= *to)
        };
        named().filter(|(_, finding)| lies_in(finding)).map(|(number, _)| number).collect()
    }

    /// A directive beside code speaks for what goes over its line, one above for what begins on the next.
    fn meets(&self, first: u32, last: u32, line: u32) -> bool {
        if line == self.line { first <= line && line <= last } else { first == line }
    }

    fn stale(&self, keeps: Vec<String>) -> Stale {
        let spans = || self.directive.words.iter().map(|(_, span)| *span);
        let start = spans().next().unwrap_or(self.directive.span).start;
        let end = spans().next_back().unwrap_or(self.directive.span).end;
        Stale { span: self.directive.span, comment: self.directive.comment, keeps, words: Span { start, end } }
    }
}
