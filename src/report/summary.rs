//! What is said beside the findings: diagnostics, counts, and where to read on. It goes to standard error.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    time::Duration,
};

use super::{
    style::{BOLD, DIM, HELP, PATH, WARNING},
    words::{bytes, count, printable},
};
use crate::{
    finding::Finding,
    rules::model::{Class, Severity},
    scan::{Diagnostic, Scan},
};

/// How many diagnostics are shown unless all are asked for.
pub const MAX_DIAGNOSTICS: usize = 20;

/// Writes the diagnostics, at most `most` of them.
pub fn diagnostics(diagnostics: &[Diagnostic], most: usize, out: &mut dyn Write) -> io::Result<()> {
    for diagnostic in diagnostics.iter().take(most) {
        write!(out, "{WARNING}warning{WARNING:#}: ")?;
        if let Some(path) = &diagnostic.path {
            write!(out, "{PATH}{}{PATH:#}:", printable(path))?;
            if let Some(line) = diagnostic.line {
                write!(out, "{line}:")?;
            }
            write!(out, " ")?;
        }
        writeln!(out, "{}", printable(&diagnostic.message))?;
    }
    let more = diagnostics.len().saturating_sub(most);
    if more > 0 {
        let noun = if more == 1 { "warning" } else { "warnings" };
        writeln!(out, "{WARNING}warning{WARNING:#}: and {more} more {noun}; -v shows all, so does --format json")?;
    }
    Ok(())
}

/// Writes counts of findings and files, and a hint.
pub fn counts(scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}{}", findings_line(&scan.findings), set_aside(scan))?;
    writeln!(out, "{DIM}{}{DIM:#}", files_line(scan))?;
    if let Some(finding) = scan.findings.iter().max_by_key(|finding| (finding.severity, finding.class == Class::Client))
    {
        let rule = finding.short_rule();
        writeln!(
            out,
            "{HELP}help{HELP:#}: `unmoor explain {rule}` says what such a site means and what leaving it takes"
        )?;
    }
    Ok(())
}

fn findings_line(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return format!("{BOLD}nothing found{BOLD:#}");
    }
    let mut classes: BTreeMap<Class, u64> = BTreeMap::new();
    let mut severities: BTreeMap<Severity, u64> = BTreeMap::new();
    let mut paths: Vec<&str> = findings.iter().map(|finding| finding.location.path.as_str()).collect();
    paths.dedup();
    for finding in findings {
        *classes.entry(finding.class).or_default() += 1;
        *severities.entry(finding.severity).or_default() += 1;
    }
    let by_class: Vec<String> = classes.iter().map(|(class, number)| format!("{number} {}", class.name())).collect();
    let by_severity: Vec<String> =
        severities.iter().rev().map(|(severity, number)| count(*number, severity.name())).collect();
    format!(
        "{BOLD}{} in {}{BOLD:#}: {} ({})",
        count(findings.len() as u64, "finding"),
        count(paths.len() as u64, "file"),
        by_class.join(", "),
        by_severity.join(", "),
    )
}

/// What is not among the findings, and why.
fn set_aside(scan: &Scan) -> String {
    let stats = &scan.stats;
    let parts: Vec<String> =
        [(stats.ignored, "ignored by comments"), (stats.baselined, "in the baseline"), (stats.older, "from before")]
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}"))
            .collect();
    if parts.is_empty() { String::new() } else { format!("; not shown: {}", parts.join(", ")) }
}

fn files_line(scan: &Scan) -> String {
    let stats = &scan.stats;
    let mut line = format!(
        "{} seen, {} read ({}), {} parsed in {}",
        count(stats.files_seen, "file"),
        stats.files_read,
        bytes(stats.bytes_read),
        stats.files_parsed,
        time(scan.elapsed),
    );
    if !stats.skipped.is_empty() {
        let reasons: Vec<String> = stats.skipped.iter().map(|(reason, number)| format!("{number} {reason}")).collect();
        line.push_str("; passed over: ");
        line.push_str(&reasons.join(", "));
    }
    line
}

fn time(elapsed: Duration) -> String {
    let millis = elapsed.as_millis();
    if millis < 1_000 { format!("{millis} ms") } else { format!("{}.{:02} s", millis / 1_000, millis % 1_000 / 10) }
}

/// Writes how often each rule found something, the most frequent first.
pub fn statistics(scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in &scan.findings {
        *rules.entry(&finding.rule).or_default() += 1;
    }
    let mut rules: Vec<(&str, u64)> = rules.into_iter().collect();
    rules.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    for (rule, number) in rules {
        writeln!(out, "{number:>6}  {rule}")?;
    }
    Ok(())
}
