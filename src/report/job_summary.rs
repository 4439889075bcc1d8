//! Findings in Markdown, for the summary of a CI job: counts, then the findings by file, the worst files first, as far as
//! the budget goes. What is left out is said.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write},
};

use super::{
    Report,
    words::{count, printable},
};
use crate::{
    finding::Finding,
    rules::model::{Class, Severity},
};

/// How many bytes a summary may have: GitHub drops one of more than 1024 KiB.
const BUDGET: usize = 900 << 10;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut text = head(report);
    let files = files(report);
    let mut left = files.len();
    for (path, findings) in &files {
        let section = section(path, findings);
        if text.len() + section.len() > BUDGET {
            break;
        }
        text.push_str(&section);
        left -= 1;
    }
    if left > 0 {
        let _ = writeln!(text, "\n_{} with findings left out to stay short._", count(left as u64, "more file"));
    }
    out.write_all(text.as_bytes())
}

fn head(report: &Report<'_>) -> String {
    let scan = report.scan;
    let stats = &scan.stats;
    let mut text = String::from("### unmoor\n\n");
    if scan.findings.is_empty() {
        text.push_str("Nothing found.\n");
    } else {
        let mut classes: BTreeMap<Class, [usize; 3]> = BTreeMap::new();
        for finding in &scan.findings {
            classes.entry(finding.class).or_default()[finding.severity as usize] += 1;
        }
        let _ = writeln!(text, "{}:\n", count(scan.findings.len() as u64, "finding"));
        text.push_str("| class | errors | warnings | notes |\n|---|--:|--:|--:|\n");
        for (class, numbers) in classes {
            let number = |severity: Severity| numbers[severity as usize];
            let (error, warning, note) = (number(Severity::Error), number(Severity::Warning), number(Severity::Note));
            let _ = writeln!(text, "| {} | {error} | {warning} | {note} |", class.name());
        }
    }
    for (number, what) in
        [(stats.ignored, "ignored by comments"), (stats.baselined, "in the baseline"), (stats.older, "from before")]
    {
        if number > 0 {
            let _ = writeln!(text, "\n{number} more {what}.");
        }
    }
    if !scan.diagnostics.is_empty() {
        let title = count(scan.diagnostics.len() as u64, "remark");
        let _ = write!(text, "\n<details><summary>{title} on the scan</summary>\n\n");
        for diagnostic in scan.diagnostics.iter().take(100) {
            let path = diagnostic.path.as_deref().map(|path| code(&report.place(path))).unwrap_or_default();
            let _ = writeln!(text, "- {path} {}", cell(&diagnostic.message));
        }
        text.push_str("\n</details>\n");
    }
    text
}

/// The findings by file: files with the most severe findings first, then those with the most.
fn files<'r>(report: &Report<'r>) -> Vec<(String, &'r [Finding])> {
    let mut files: Vec<(String, &[Finding])> = report
        .scan
        .findings
        .chunk_by(|a, b| a.location.path == b.location.path)
        .map(|findings| (report.place(&findings[0].location.path), findings))
        .collect();
    let worst = |findings: &[Finding]| findings.iter().map(|finding| finding.severity).max();
    files.sort_by_cached_key(|(path, findings)| (Reverse((worst(findings), findings.len())), path.clone()));
    files
}

fn section(path: &str, findings: &[Finding]) -> String {
    let mut text = format!(
        "\n<details><summary>{} ({})</summary>\n\n| line | severity | rule | |\n|--:|---|---|---|\n",
        html(path),
        findings.len()
    );
    for finding in findings {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            finding.location.start.line,
            finding.severity.name(),
            code(finding.short_rule()),
            cell(&finding.message),
        );
    }
    text.push_str("\n</details>\n");
    text
}

/// Text in a cell of a table. Code marks stay.
fn cell(text: &str) -> String {
    let text = printable(text);
    let mut out = String::new();
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '`' => {
                in_code = !in_code;
                out.push(c);
            }
            '|' => out.push_str("\\|"),
            '<' if !in_code => out.push_str("&lt;"),
            '*' | '_' | '[' | ']' | '#' if !in_code => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", html(text))
}

fn html(text: &str) -> String {
    let text = printable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('|', "&#124;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_no_marks_of_their_own() {
        assert_eq!(cell("`a|b` <b> *x*\n[y](z)"), "`a\\|b` &lt;b> \\*x\\*\\u{a}\\[y\\](z)");
        assert_eq!(code("<i>|&"), "<code>&lt;i&gt;&#124;&amp;</code>");
    }
}
