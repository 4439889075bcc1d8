//! The closer look at one file: with all that is known of the others at the end of a scan, if they are linked.

use std::path::Path;

use super::{
    super::{
        Diagnostic, DiagnosticKind, Scanner,
        analyse::{Hit, read},
        link::Linking,
        shown,
    },
    CallHere, ClientHere, Linked, Missed, Named, ScanOptions, across,
    names::Names,
};
use crate::{
    facts::{Facts, ProblemKind, Span},
    finding::Location,
    input::{
        modules::FileId,
        text::{LineIndex, Text},
    },
    lang::Lowering,
    resolve::{Resolver, link::Outside, paths::Site},
    rules::matching::{
        FileText, Shower,
        explain::{Explained, explain},
    },
};

/// How far from the line a syntax error is told.
const NEAR: u32 = 5;

/// What was seen on a line.
#[derive(Default)]
pub(super) struct Look {
    pub(super) text: String,
    pub(super) parsed: bool,
    pub(super) names: Vec<Named>,
    pub(super) misses: Vec<Missed>,
    pub(super) calls: Vec<CallHere>,
    pub(super) links: Vec<Linked>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A file to look at, and what is known around it.
pub(super) struct Looking<'l> {
    scanner: &'l Scanner,
    options: &'l ScanOptions,
    hit: &'l Hit,
    line: u32,
    /// The other files, and which of them this one is.
    pub(super) linking: Option<(&'l Linking<'l>, FileId)>,
}

impl<'l> Looking<'l> {
    /// A file by itself.
    pub(super) fn alone(scanner: &'l Scanner, options: &'l ScanOptions, hit: &'l Hit, line: u32) -> Self {
        Self { scanner, options, hit, line, linking: None }
    }

    /// Looks at a file of a tree whose files are linked. One that the scan did not parse is parsed now.
    pub(super) fn linked(linking: &mut Linking<'_>, path: &Path, line: u32) -> Look {
        let Some(file) = linking.modules.id(path) else { return Look::default() };
        let parsed = linking.analysed.contains_key(&file);
        if !parsed {
            // Once to sum it up, once to see what it imports.
            linking.look_at(&[file].into());
            linking.look_at(&[file].into());
        }
        let linking: &Linking<'_> = linking;
        let Some(hit) = linking.hits.get(&file) else { return Look::default() };
        let Linking { scanner, options, .. } = *linking;
        let looking = Looking { scanner, options, hit, line, linking: Some((linking, file)) };
        Look { parsed, ..looking.look() }
    }

    pub(super) fn look(&self) -> Look {
        // What hinders the reading is among the scan's diagnostics.
        let Ok((_, text)) = read(self.hit, self.options) else { return Look::default() };
        let mut lowering = Lowering::within(self.options.limits);
        let Some(facts) = lowering.facts(self.hit.grammar, &text.text) else { return Look::default() };
        let lines = LineIndex::new(&text.text);
        let path = shown(&self.hit.path);
        let language = self.hit.grammar.language();
        let offset = text.offset_base().unwrap_or_default() as u32;
        let file = FileText { path: &path, text: &text.text, offset, language, origin: text.origin.as_deref() };
        let shower = Shower::new(&file, &lines, &facts);
        let index = self.scanner.index(language);
        let mut resolver = Resolver::new(&facts, language, index.reexports()).linked(self.outside());
        let range = lines.line_span(line_of_code(&text, &lines, self.line)).unwrap_or_default();
        let line = Span::new(range.start, range.end);
        let explained = explain(index, &mut resolver, &shower, line);
        Look {
            text: shower.local(line),
            parsed: true,
            names: Names::on(self, &mut resolver, &shower, line).collect(),
            misses: missed(explained, &shower),
            calls: self.calls(),
            links: across::links(self, &facts),
            diagnostics: self.problems(&facts, &lines, line),
        }
    }

    pub(super) fn outside(&self) -> Option<Outside<'l>> {
        self.linking.map(|(linking, file)| Outside { program: &linking.program, modules: linking.modules, file })
    }

    /// The places near the line that could not be read.
    fn problems(&self, facts: &Facts<'_>, lines: &LineIndex<'_>, line: Span) -> Vec<Diagnostic> {
        let at = |offset: u32| lines.position(offset as usize).line;
        let mut diagnostics = Vec::new();
        for problem in &facts.problems {
            let (first, last) = (at(problem.span.start), at(problem.span.end));
            if last + NEAR < self.line || first > self.line + NEAR {
                continue;
            }
            let touches = problem.span.start <= line.end && line.start <= problem.span.end;
            let (kind, what) = match problem.kind {
                ProblemKind::Syntax => (DiagnosticKind::Syntax, "syntax error"),
                ProblemKind::TooDeep => (DiagnosticKind::TooDeep, "nested too deep"),
            };
            let place = if touches { "on this line" } else { "near this line" };
            diagnostics.push(self.hit.diagnostic(
                kind,
                Some(first),
                format!("{what} {place}; what stands there may be missing"),
            ));
        }
        diagnostics
    }

    /// The calls of the API whose name stands on the line.
    fn calls(&self) -> Vec<CallHere> {
        let Some((linking, file)) = self.linking else { return Vec::new() };
        let calls = linking.analysed.get(&file).map(|analysed| analysed.uses.calls.as_slice()).unwrap_or_default();
        let here = calls.iter().filter(|used| used.call.location.start.line == self.line);
        let told = here.map(|used| CallHere {
            api: used.call.api.clone(),
            method: used.call.method.clone(),
            location: used.call.location.clone(),
            needs: used.call.needs.clone(),
            units: Vec::new(),
            clients: clients(linking, &used.clients),
        });
        told.collect()
    }
}

/// The clients of a call. One that stands for others that are known says nothing by itself.
fn clients(linking: &Linking<'_>, sites: &[Site]) -> Vec<ClientHere> {
    let client = |site: &Site| {
        let made = across::made(linking, *site);
        let (symbol, location) = (made.map(|made| made.symbol.clone()), made.map(|made| made.location.clone()));
        ClientHere { symbol, location, tied: linking.moored.contains(site) }
    };
    let mut clients: Vec<ClientHere> = sites.iter().map(client).collect();
    if clients.iter().any(|client| client.location.is_some()) {
        clients.retain(|client| client.location.is_some());
    }
    clients
}

fn missed(explained: Explained, shower: &Shower<'_>) -> Vec<Missed> {
    let place = |span: Span| -> Location { shower.location(span) };
    let portable = explained.portable.into_iter().map(|(rule, span)| Missed {
        rule,
        location: place(span),
        condition: None,
        says: "finds this, but it is portable already and not reported".to_owned(),
    });
    let misses = explained.misses.into_iter().map(|miss| Missed {
        rule: miss.rule,
        location: place(miss.span),
        condition: Some(miss.condition),
        says: miss.says,
    });
    portable.chain(misses).collect()
}

/// The line of a notebook's code that stands on a line of its file; of any other text that line.
fn line_of_code(text: &Text, lines: &LineIndex<'_>, line: u32) -> u32 {
    if text.origin.is_none() {
        return line;
    }
    let file_lines = LineIndex::new(text.file());
    let in_file = |number: &u32| {
        let start = lines.line_span(*number).unwrap_or_default().start;
        file_lines.position(text.place(start..start).start).line
    };
    // Code of other lines may stand there when a cell is one string.
    (1..=lines.line_count()).find(|number| in_file(number) == line).unwrap_or(u32::MAX)
}
