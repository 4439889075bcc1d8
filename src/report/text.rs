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
        let report = [group(finding, &source)];
        writeln!(out, "{}\n", renderer.render(&report))?;
    }
    Ok(())
}

fn group<'f>(finding: &'f Finding, source: &'f str) -> Group<'f> {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let place = &finding.location;
    // The excerpt of a long line is cut, so its columns are not those of the file: the place is given by itself.
    let origin = Origin::path(printable(&place.path))
        .line(place.start.line as usize)
        .char_column(place.start.column as usize);
    let snippet = Snippet::source(source)
        .line_start(finding.excerpt.first_line as usize)
        .fold(false)
        .annotation(AnnotationKind::Primary.span(highlight(&finding.excerpt, source)));
    let notes = finding.evidence.iter().filter(|step| tells_more(step, finding)).map(|step| {
        Level::NOTE.message(note(step, &place.path))
    });
    let help = finding.portable.iter().map(|portable| {
        Level::HELP.message(format!("portable: {}", portable.trim_end()))
    });
    level
        .primary_title(printable(&finding.message))
        .id(finding.short_rule())
        .element(origin)
        .element(snippet)
        .elements(notes)
        .elements(help)
}

/// The span to mark, made to fit: a span that splits a character would be a panic on somebody's file.
fn highlight(excerpt: &Excerpt, source: &str) -> Range<usize> {
    let (start, length) = (excerpt.highlight.0 as usize, excerpt.highlight.1 as usize);
    let start = source.floor_char_boundary(start);
    let end = source.ceil_char_boundary(start.saturating_add(length).min(source.len()));
    start..end.max(start)
}

/// True when a step stands elsewhere than the site: what stands on the same line, the snippet shows.
fn tells_more(step: &Evidence, finding: &Finding) -> bool {
    step.kind != EvidenceKind::Site && step.start.line != finding.location.start.line
}

fn note(step: &Evidence, path: &str) -> String {
    let what = match step.kind {
        EvidenceKind::Import => "imported",
        EvidenceKind::Binding => "bound",
        EvidenceKind::Annotation => "declared",
        EvidenceKind::Base => "derived",
        EvidenceKind::Call => "an argument of this call",
        EvidenceKind::Flow => "flows into this",
        EvidenceKind::Beside => "beside this",
        EvidenceKind::Site => "found",
    };
    let (path, text) = (printable(path), printable(&step.text));
    format!("{what} at {path}:{}:{}: `{text}`", step.start.line, step.start.column)
}
