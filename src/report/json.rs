//! Findings as data: one document, or one object per line. `schemas/` holds the schemas of both, made from these types.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    finding::{Finding, Suppressed},
    scan::{Diagnostic, Scan, Stats, Tool},
};

/// One line of the form with one object per line. The first line is `scan`, the last is `stats`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Line<'s> {
    /// What made the lines that follow.
    Scan {
        /// The version of the form of the lines.
        schema_version: u32,
        /// What made them.
        tool: &'s Tool,
    },
    /// A finding.
    Finding(&'s Finding),
    /// A finding that is set aside, when those were asked for.
    Suppressed(&'s Suppressed),
    /// Something that could not be looked at as it should.
    Diagnostic(&'s Diagnostic),
    /// Counts.
    Stats(&'s Stats),
}

/// Writes the scan as one document.
pub(super) fn write(scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, scan)?;
    writeln!(out)
}

/// Writes the scan as one object per line.
pub(super) fn write_lines(scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
    let mut line = |line: &Line<'_>| {
        serde_json::to_writer(&mut *out, line)?;
        writeln!(out)
    };
    line(&Line::Scan { schema_version: scan.schema_version, tool: &scan.tool })?;
    scan.findings.iter().try_for_each(|finding| line(&Line::Finding(finding)))?;
    scan.suppressed.iter().try_for_each(|suppressed| line(&Line::Suppressed(suppressed)))?;
    scan.diagnostics.iter().try_for_each(|diagnostic| line(&Line::Diagnostic(diagnostic)))?;
    line(&Line::Stats(&scan.stats))
}
