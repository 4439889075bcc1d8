//! One line per finding, in the form that editors and log matchers know: `path:line:column: class[rule] message`.

use std::io::{self, Write};

use super::{
    style::{BOLD, PATH, of},
    words::printable,
};
use crate::scan::Scan;

pub(super) fn write(scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
    for finding in &scan.findings {
        let severity = of(finding.severity);
        let place = &finding.location;
        // A line that begins so is a command to the runners of GitHub Actions and Azure Pipelines.
        let lead = if place.path.starts_with("::") || place.path.starts_with("##") { "./" } else { "" };
        writeln!(
            out,
            "{PATH}{lead}{}{PATH:#}:{}:{}: {severity}{}{severity:#}{BOLD}[{}]{BOLD:#} {}{}",
            printable(&place.path),
            place.start.line,
            place.start.column,
            finding.class.name(),
            finding.short_rule(),
            printable(&finding.message),
            finding.cell.map_or_else(String::new, |number| format!(" (cell {number})")),
        )?;
    }
    Ok(())
}
