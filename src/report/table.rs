//! Findings as a table of comma-separated values, for spreadsheets. A cell that a spreadsheet would take for a formula
//! gets a quote before it.

use std::io::{self, Write};

use csv::{ErrorKind, WriterBuilder};

use super::Report;
use crate::finding::{Finding, SuppressedBy};

const HEAD: [&str; 13] = [
    "path",
    "line",
    "column",
    "end_line",
    "end_column",
    "rule",
    "class",
    "severity",
    "fix_level",
    "symbol",
    "message",
    "fingerprint",
    "set_aside_by",
];

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = WriterBuilder::new().from_writer(&mut *out);
    table.write_record(HEAD).map_err(plain)?;
    for finding in &report.scan.findings {
        table.write_record(row(finding, "", report)).map_err(plain)?;
    }
    for suppressed in &report.scan.suppressed {
        let by = match suppressed.by {
            SuppressedBy::InSource => "comment",
            SuppressedBy::Baseline => "baseline",
        };
        table.write_record(row(&suppressed.finding, by, report)).map_err(plain)?;
    }
    table.flush()
}

/// The error of the stream itself, which says whether a reader has gone.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

fn row(finding: &Finding, by: &str, report: &Report<'_>) -> [String; 13] {
    let (start, end) = (finding.location.start, finding.location.end);
    [
        harmless(&report.place(&finding.location.path)),
        start.line.to_string(),
        start.column.to_string(),
        end.line.to_string(),
        end.column.to_string(),
        harmless(&finding.rule),
        finding.class.name().to_owned(),
        finding.severity.name().to_owned(),
        finding.fix_level.name().to_owned(),
        harmless(finding.symbol.as_deref().unwrap_or_default()),
        harmless(&finding.message),
        finding.fingerprint.clone(),
        by.to_owned(),
    ]
}

fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("@scope/x"), "'@scope/x");
        assert_eq!(harmless("a=1"), "a=1");
    }
}
