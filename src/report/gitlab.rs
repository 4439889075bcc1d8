//! GitLab's code quality report: an array of issues, each with a fingerprint of its own (of equal ones GitLab shows the
//! first).

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use super::Report;
use crate::rules::model::Severity;

#[derive(Serialize)]
struct Issue<'r> {
    description: &'r str,
    check_name: &'r str,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let issues: Vec<Issue<'_>> = report
        .scan
        .findings
        .iter()
        .map(|finding| {
            let count = seen.entry(&finding.fingerprint).or_default();
            *count += 1;
            let fingerprint = &finding.fingerprint;
            Issue {
                description: &finding.message,
                check_name: &finding.rule,
                // Two copies of a file hold sites with one fingerprint.
                fingerprint: if *count == 1 { fingerprint.clone() } else { format!("{fingerprint}-{count}") },
                severity: severity(finding.severity),
                location: Place {
                    path: report.place(&finding.location.path),
                    lines: Lines { begin: finding.location.start.line, end: finding.location.end.line },
                },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}
