//! Findings as source snippets with notes: what the site is, how it was resolved, and the portable form.

use std::{
    io::{self, Write},
    ops::Range,
};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::words::printable;
use crate::{
    finding::{Evidence, EvidenceKind, Excerpt, Finding},
    rules::model::Severity,
    scan::Scan,
};

pub(super) fn write(scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
    let renderer = Renderer::styled();
    for finding in &scan.findings {
        let source = finding.excerpt.lines.join("\n");
        let report = [report(finding, &source)];
        writeln!(out, "{}\n", renderer.render(&report))?;
    }
    Ok(())
}

fn report<'f>(finding: &'f Finding, source: &'f str) -> Group<'f> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let place = &finding.location;
    let path = printable(&place.path);
    let span = highlight(&finding.excerpt, source);
    let mut group = Group::with_title(level.primary_title(printable(&finding.message)).id(finding.short_rule()));
    let mut snippet = Snippet::source(source).line_start(finding.excerpt.first_line as usize).fold(false);
    if shows_column(source, span.start, place.start.column) {
        snippet = snippet.path(path);
    } else {
        // The excerpt of a long line is cut, so its columns are not those of the file: the place is given by itself.
        let origin = Origin::path(path).line(place.start.line as usize);
        group = group.element(origin.char_column(place.start.column as usize));
    }
    let snippet = snippet.annotation(AnnotationKind::Primary.span(span));
    let notes = finding
        .evidence
        .iter()
        .filter(|step| tells_more(step, finding))
        .map(|step| Level::NOTE.message(note(step, &place.path)));
    let cell = finding.cell.map(|number| Level::NOTE.message(format!("in cell {number} of the notebook")));
    let help =
        finding.portable.iter().map(|portable| Level::HELP.message(format!("portable: {}", portable.trim_end())));
    group.element(snippet).elements(cell).elements(notes).elements(help)
}

/// True when the columns of the excerpt are those of the file.
fn shows_column(source: &str, start: usize, column: u32) -> bool {
    let line = source[..start].rsplit('\n').next().unwrap_or_default();
    line.chars().count() + 1 == column as usize
}

/// The span to mark, made to fit: a span that splits a character would be a panic on somebody's file.
fn highlight(excerpt: &Excerpt, source: &str) -> Range<usize> {
    let (start, length) = (excerpt.highlight.0 as usize, excerpt.highlight.1 as usize);
    let boundary = |at: usize| (0..=at.min(source.len())).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0);
    boundary(start)..boundary(start.saturating_add(length))
}

/// True when a step stands elsewhere than the site: what stands on the same line, the snippet shows.
fn tells_more(step: &Evidence, finding: &Finding) -> bool {
    step.kind != EvidenceKind::Site && (step.path.is_some() || step.start.line != finding.location.start.line)
}

fn note(step: &Evidence, path: &str) -> String {
    let what = step_word(step.kind);
    let path = step.path.as_deref().unwrap_or(path);
    let (path, text) = (printable(path), printable(&step.text));
    format!("{what} at {path}:{}:{}: `{text}`", step.start.line, step.start.column)
}

/// What a step on the way to a site is, before "at" and its place.
pub(super) fn step_word(kind: EvidenceKind) -> &'static str {
    match kind {
        EvidenceKind::Import => "imported",
        EvidenceKind::Binding => "bound",
        EvidenceKind::Annotation => "declared",
        EvidenceKind::Base => "derived",
        EvidenceKind::Call => "an argument of this call",
        EvidenceKind::Flow => "flows into this",
        EvidenceKind::Beside => "beside this",
        EvidenceKind::Construction => "the client is made",
        EvidenceKind::Site => "found",
    }
}
