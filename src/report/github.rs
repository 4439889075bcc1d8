//! Annotations for GitHub Actions: workflow commands that its runner turns into marks on the lines of a pull request. Of
//! one step it shows ten of each level, so the worst come first.

use std::{
    cmp::Reverse,
    io::{self, Write},
};

use super::Report;
use crate::{finding::Finding, rules::model::Severity};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in worst_first(report) {
        let (start, end) = (finding.location.start, finding.location.end);
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        write!(out, "::{command} file={},line={}", property(&report.place(&finding.location.path)), start.line)?;
        // Columns have a meaning on one line only.
        if start.line == end.line {
            write!(out, ",endLine={},col={},endColumn={}", end.line, start.column_utf16, end.column_utf16)?;
        } else {
            write!(out, ",endLine={}", end.line)?;
        }
        let title = format!("{} [{}]", finding.class.name(), finding.short_rule());
        writeln!(out, ",title={}::{}", property(&title), data(&finding.message))?;
    }
    Ok(())
}

/// The findings, the most severe and the surest first.
pub(super) fn worst_first<'r>(report: &Report<'r>) -> Vec<&'r Finding> {
    let mut findings: Vec<&Finding> = report.scan.findings.iter().collect();
    findings.sort_by_key(|finding| Reverse((finding.severity, finding.confidence)));
    findings
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_meaning_in_a_command_is_escaped() {
        assert_eq!(data("50%\r\na:b,c"), "50%25%0D%0Aa:b,c");
        assert_eq!(property("a:b,c\n%"), "a%3Ab%2Cc%0A%25");
    }
}
