//! From accepted places to findings: positions, messages, evidence, fingerprints, excerpts.

use std::fmt::Write as _;

use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use super::{Index, Place};
use crate::{
    facts::{ExprId, Facts, Span},
    finding::{Evidence, EvidenceKind, Excerpt, Finding, Location, Point},
    input::{notebook::Origin, text::LineIndex},
    lang::Language,
    resolve::{Resolver, trace::LinkKind},
    rules::{
        Rule,
        message::{Words, fill, fill_call},
        secrets::{masked, secret_spans},
    },
};

/// How many characters of a name or string a message repeats.
const MAX_LOCAL: usize = 80;
/// How many lines an excerpt shows.
const MAX_LINES: u32 = 3;
/// How many bytes of a line an excerpt shows.
const MAX_LINE: usize = 240;

/// The text of a file as findings need it.
pub struct FileText<'t> {
    /// The path to report.
    pub path: &'t str,
    /// The decoded text.
    pub text: &'t str,
    /// The offset in the file at which the text begins (after a byte-order mark).
    pub offset: u32,
    /// Its language.
    pub language: Language,
    /// Where the text stands in the file, when it is the code of a notebook.
    pub origin: Option<&'t Origin>,
}

/// Shows places of a file: where they are, and what stands there without secrets.
pub(crate) struct Shower<'w> {
    text: &'w FileText<'w>,
    lines: &'w LineIndex<'w>,
    /// The lines of the file, where these are others.
    file_lines: Option<LineIndex<'w>>,
    secrets: Vec<Span>,
}

impl<'w> Shower<'w> {
    pub(crate) fn new(text: &'w FileText<'w>, lines: &'w LineIndex<'w>, facts: &Facts<'_>) -> Self {
        let file_lines = text.origin.map(|origin| LineIndex::new(origin.raw()));
        Self { text, lines, file_lines, secrets: secret_spans(facts) }
    }

    /// The lines of the file.
    fn file_lines(&self) -> &LineIndex<'w> {
        self.file_lines.as_ref().unwrap_or(self.lines)
    }

    /// The point at an offset of the file.
    fn point(&self, offset: u32) -> Point {
        let position = self.file_lines().position(offset as usize);
        Point {
            line: position.line,
            column: position.column,
            column_utf16: position.column_utf16,
            byte: offset + self.text.offset,
        }
    }

    /// The same place in the file.
    fn placed(&self, span: Span) -> Span {
        self.text.origin.map_or(span, |origin| {
            let start = origin.start(span.start as usize);
            Span::new(start, origin.end(span.end as usize).max(start))
        })
    }

    pub(crate) fn location(&self, span: Span) -> Location {
        let span = self.placed(span);
        Location { path: self.text.path.to_owned(), start: self.point(span.start), end: self.point(span.end) }
    }

    /// The number of the cell of a notebook that a place is in.
    fn cell(&self, span: Span) -> Option<u32> {
        self.text.origin.and_then(|origin| origin.cell(span.start as usize))
    }

    /// What stands at a place, in one line.
    pub(crate) fn local(&self, span: Span) -> String {
        let text = masked(self.text.text, span, &self.secrets);
        let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if words.chars().count() > MAX_LOCAL {
            words = words.chars().take(MAX_LOCAL - 1).chain(['…']).collect();
        }
        words
    }
}

struct Writer<'w, 'r, 'f, 's> {
    index: &'w Index,
    resolver: &'r mut Resolver<'f, 's>,
    shower: &'w Shower<'w>,
    seen: FxHashMap<String, u32>,
}

/// The findings for the accepted places, in the order of their places.
pub(crate) fn findings(
    index: &Index,
    resolver: &mut Resolver<'_, '_>,
    accepted: &[Place],
    text: &FileText<'_>,
    lines: &LineIndex<'_>,
) -> Vec<Finding> {
    if accepted.is_empty() {
        return Vec::new();
    }
    let shower = Shower::new(text, lines, resolver.facts);
    numbered_findings(index, resolver, accepted, &shower).into_iter().map(|(_, finding)| finding).collect()
}

/// The same, each with the number of its place among the accepted ones.
pub(crate) fn numbered_findings(
    index: &Index,
    resolver: &mut Resolver<'_, '_>,
    accepted: &[Place],
    shower: &Shower<'_>,
) -> Vec<(usize, Finding)> {
    let mut order: Vec<usize> = (0..accepted.len()).collect();
    order.sort_by_key(|&number| {
        let place = &accepted[number];
        (place.span, index.clauses[place.clause as usize].rule)
    });
    let mut writer = Writer { index, resolver, shower, seen: FxHashMap::default() };
    let mut findings: Vec<(usize, Finding)> =
        order.into_iter().map(|number| (number, writer.finding(&accepted[number], accepted))).collect();
    drop_repeats(&mut findings);
    findings
}

/// A rule that finds the same name several times on a line (a key and its string) is told once.
fn drop_repeats(findings: &mut Vec<(usize, Finding)>) {
    let mut seen = std::collections::BTreeSet::new();
    findings.retain(|(_, finding)| {
        let bare = finding.local.trim_matches(['"', '\'', '`']).to_owned();
        seen.insert((finding.rule.clone(), finding.location.start.line, bare))
    });
}

impl Writer<'_, '_, '_, '_> {
    fn finding(&mut self, place: &Place, accepted: &[Place]) -> Finding {
        let index = self.index;
        let rule = &index.rules[index.clauses[place.clause as usize].rule];
        let symbol = place.symbol.map(|path| self.resolver.paths.text(path).to_owned());
        let local = self.local(place.span);
        let words = Words { local: &local, symbol: symbol.as_deref(), name: place.name.as_deref() };
        let portable = rule.file.portable.as_deref().map(|template| self.portable(template, place, &words));
        Finding {
            rule: rule.id.clone(),
            class: rule.file.class,
            severity: rule.file.severity,
            confidence: rule.file.confidence,
            message: fill(&rule.file.message, &words),
            location: self.shower.location(place.span),
            portable,
            fix_level: rule.file.fix.level,
            units: Vec::new(),
            fingerprint: self.fingerprint(rule, place, symbol.as_deref()),
            evidence: self.evidence(place, accepted),
            line_hash: None,
            excerpt: self.excerpt(place.span),
            extent: self.extent(place),
            byte_columns: self.byte_columns(place.span),
            cell: self.shower.cell(place.span),
            symbol,
            local,
        }
    }

    /// The portable form with what the site's call is given.
    fn portable(&mut self, template: &str, place: &Place, words: &Words<'_>) -> String {
        let is_async =
            words.symbol.and_then(|path| path.rsplit('.').next()).is_some_and(|name| name.starts_with("Async"));
        let arguments = place.call.map(|call| self.resolver.arguments_of(call, place.partial)).unwrap_or_default();
        let given = |name: &str| {
            let named = arguments.named.iter().find(|named| named.name == name)?;
            Some(self.local(self.resolver.facts.node(named.value).span))
        };
        fill_call(&fill(template, words), is_async, given)
    }

    fn local(&self, span: Span) -> String {
        self.shower.local(span)
    }

    fn evidence(&mut self, place: &Place, accepted: &[Place]) -> Vec<Evidence> {
        let mut steps = Vec::new();
        if let Some(expr) = self.origin(place) {
            for link in self.resolver.trace(expr) {
                if link.span != place.span {
                    steps.push(self.step(kind_of(link.kind), link.span));
                }
            }
        }
        if let Some(call) = place.call.filter(|_| place.name.is_some() || place.value.is_some()) {
            let span = self.resolver.callee_of(call).unwrap_or(place.span);
            steps.push(self.step(EvidenceKind::Call, span));
        }
        if let Some(other) = place.leans_on.and_then(|number| accepted.get(number)) {
            let flows = self.index.clauses[place.clause as usize].clause.flows_into.is_some();
            let kind = if flows { EvidenceKind::Flow } else { EvidenceKind::Beside };
            steps.push(self.step(kind, other.span));
        }
        steps.push(self.step(EvidenceKind::Site, place.span));
        steps
    }

    /// The expression whose symbol was resolved.
    fn origin(&self, place: &Place) -> Option<ExprId> {
        match (place.call, place.name.is_some() || place.value.is_some()) {
            (Some(call), true) => self.resolver.callee_expr(call),
            _ => place.expr.filter(|_| place.symbol.is_some()),
        }
    }

    fn step(&self, kind: EvidenceKind, span: Span) -> Evidence {
        let Location { start, end, .. } = self.shower.location(span);
        Evidence { kind, path: None, start, end, text: self.local(span) }
    }

    fn byte_columns(&self, span: Span) -> (u32, u32) {
        let lines = self.shower.file_lines();
        let column = |offset: u32| {
            let line = lines.position(offset as usize).line;
            offset - lines.line_span(line).unwrap_or_default().start as u32 + 1
        };
        let span = self.shower.placed(span);
        (column(span.start), column(span.end))
    }

    /// The lines of what the site heads: a name and its value, or the expression that it begins.
    fn extent(&self, place: &Place) -> (u32, u32) {
        let facts = self.resolver.facts;
        let whole = match (place.value, place.expr) {
            (Some(value), _) => Some(facts.node(value).span),
            (None, Some(expr)) if place.name.is_none() => Some(facts.node(expr).span),
            _ => None,
        };
        let call =
            place.call.filter(|_| place.name.is_none() && place.value.is_none()).map(|call| facts.node(call).span);
        let import = facts.imports.iter().map(|import| import.span);
        let import = import.into_iter().find(|span| span.start <= place.span.start && place.span.end <= span.end);
        let spans = [Some(place.span), whole, call, import];
        let start = spans.iter().flatten().map(|span| span.start).min().unwrap_or_default();
        let end = spans.iter().flatten().map(|span| span.end).max().unwrap_or_default();
        let place = self.shower.placed(Span { start, end });
        let line = |offset: u32| self.shower.file_lines().position(offset as usize).line;
        (line(place.start), line(place.end))
    }

    /// The rule, what the site stands for, the statement around it without white space (in a document the keys around it),
    /// the names of the functions around it, and the number of the same before it.
    fn fingerprint(&mut self, rule: &Rule, place: &Place, symbol: Option<&str>) -> String {
        let text = self.shower.text;
        let site: String = place.span.text(text.text).split_whitespace().collect();
        let around = if text.language == Language::Document {
            self.resolver.keys_around(place.expr).join(".")
        } else {
            let whole = place.expr.map(|expr| self.resolver.facts.node(self.resolver.facts.outermost(expr)).span);
            whole.unwrap_or(place.span).text(text.text).split_whitespace().collect()
        };
        let mut content = format!("{}\n{}\n{}\n", rule.id, symbol.unwrap_or_default(), site);
        for name in self.resolver.function_names(place.scope) {
            let _ = writeln!(content, "{name}");
        }
        content.push_str(&around);
        let count = self.seen.entry(content.clone()).or_default();
        *count += 1;
        let _ = write!(content, "\n{count}");
        let digest = Sha256::digest(content.as_bytes());
        digest.iter().take(16).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    fn excerpt(&self, span: Span) -> Excerpt {
        let text = self.shower.text.text;
        let first_line = self.shower.lines.position(span.start as usize).line;
        let last_line = self.shower.lines.position(span.end as usize).line.min(first_line + MAX_LINES - 1);
        let first = self.shower.lines.line_span(first_line).unwrap_or_default();
        let (cut, start) = window(text, first.start, span.start as usize);
        let mut lines = Vec::new();
        for line in first_line..=last_line.max(first_line) {
            let range = self.shower.lines.line_span(line).unwrap_or_default();
            let from = if line == first_line { cut } else { range.start };
            let to = floor_boundary(text, range.end.min(from + MAX_LINE)).max(from);
            lines.push(masked(text, Span::new(from, to), &self.shower.secrets));
        }
        let joined = lines.iter().map(|line| line.len() + 1).sum::<usize>().saturating_sub(1);
        let length = ((span.end - span.start) as usize).min(joined.saturating_sub(start));
        let length = ceil_in(&lines.join("\n"), start, length);
        let begins = Span { start: span.start, end: span.start };
        let first_line = self.shower.location(begins).start.line;
        Excerpt { first_line, lines, highlight: (start as u32, length as u32) }
    }
}

/// Where an excerpt of a long line begins, and where the site begins in it.
fn window(text: &str, line_start: usize, site: usize) -> (usize, usize) {
    let inside = site - line_start.min(site);
    if inside <= MAX_LINE / 2 {
        return (line_start, inside);
    }
    let from = floor_boundary(text, site - MAX_LINE / 4);
    (from, site - from)
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The length, shortened so that it ends on a character.
fn ceil_in(text: &str, start: usize, length: usize) -> usize {
    floor_boundary(text, start + length).saturating_sub(start)
}

/// What a step of a trace is as evidence.
pub(crate) fn kind_of(kind: LinkKind) -> EvidenceKind {
    match kind {
        LinkKind::Import => EvidenceKind::Import,
        LinkKind::Binding => EvidenceKind::Binding,
        LinkKind::Annotation => EvidenceKind::Annotation,
        LinkKind::Base => EvidenceKind::Base,
    }
}
