//! The Reviewdog Diagnostic Format: one document, or one diagnostic per line. Its columns are bytes of UTF-8 within the
//! line, from 1, and it can carry a suggestion that a reviewer accepts with one click.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, edits::Piece};
use crate::{
    finding::{Finding, Point},
    rules::model::Severity,
};

#[derive(Serialize)]
struct Document<'r> {
    source: Source<'r>,
    diagnostics: Vec<Diagnostic<'r>>,
}

#[derive(Serialize)]
struct Source<'r> {
    name: &'r str,
    url: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'r> {
    message: &'r str,
    location: Place,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source<'r>>,
    code: Code<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
}

#[derive(Serialize)]
struct Code<'r> {
    value: &'r str,
}

#[derive(Serialize)]
struct Place {
    path: String,
    range: Range,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

/// Writes one document.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diagnostics = report.scan.findings.iter().map(|finding| diagnostic(finding, report)).collect();
    serde_json::to_writer_pretty(&mut *out, &Document { source: source(report), diagnostics })?;
    writeln!(out)
}

/// Writes one diagnostic per line.
pub(super) fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    report.scan.findings.iter().try_for_each(|finding| {
        let diagnostic = Diagnostic { source: Some(source(report)), ..diagnostic(finding, report) };
        serde_json::to_writer(&mut *out, &diagnostic)?;
        writeln!(out)
    })
}

fn source<'r>(report: &Report<'r>) -> Source<'r> {
    Source { name: &report.scan.tool.name, url: env!("CARGO_PKG_REPOSITORY") }
}

fn diagnostic<'r>(finding: &'r Finding, report: &Report<'r>) -> Diagnostic<'r> {
    let (start, end) = (finding.location.start, finding.location.end);
    let (first, last) = finding.byte_columns;
    let range = Range { start: position(start, first), end: position(end, last) };
    let whole = report.edits.headed_by(finding).and_then(|file| file.whole.as_ref());
    Diagnostic {
        message: &finding.message,
        location: Place { path: report.place(&finding.location.path), range },
        severity: match finding.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        source: None,
        code: Code { value: &finding.rule },
        suggestions: whole.map(suggestion).into_iter().collect(),
    }
}

fn position(point: Point, column: u32) -> Position {
    Position { line: point.line, column }
}

fn suggestion(piece: &Piece) -> Suggestion {
    let (first, last) = piece.byte_columns;
    let range = Range { start: position(piece.start, first), end: position(piece.end, last) };
    Suggestion { range, text: piece.text.clone() }
}
