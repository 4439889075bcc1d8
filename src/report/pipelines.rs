//! Issues for Azure Pipelines: logging commands that its agent turns into marks on the summary of a run. It knows errors
//! and warnings only.

use std::io::{self, Write};

use super::{Report, github::worst_first};
use crate::rules::model::Severity;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in worst_first(report) {
        let kind = if finding.severity == Severity::Error { "error" } else { "warning" };
        let start = finding.location.start;
        writeln!(
            out,
            "##vso[task.logissue type={kind};sourcepath={};linenumber={};columnnumber={};code={};]{}",
            escaped(&report.place(&finding.location.path)),
            start.line,
            start.column_utf16,
            escaped(finding.short_rule()),
            escaped(&finding.message),
        )?;
    }
    Ok(())
}

/// The agent's own escapes.
fn escaped(text: &str) -> String {
    text.replace('%', "%AZP25").replace(';', "%3B").replace('\r', "%0D").replace('\n', "%0A").replace(']', "%5D")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_command_is_escaped() {
        assert_eq!(escaped("50%;a]\r\n"), "50%AZP25%3Ba%5D%0D%0A");
    }
}
