//! SARIF 2.1.0, as GitHub code scanning and other viewers read it: one run with all enabled rules, so that from scan to
//! scan only the results differ. `log` holds the form, `rules` and `results` fill it; here they are put together, and
//! GitHub's limits are kept.
//!
//! What GitHub reads and where its limits lie: its documentation of SARIF support, as of November 2026.

mod log;
mod results;
mod rules;
mod uri;

use std::{
    cmp::Reverse,
    collections::HashMap,
    io::{self, Write},
};

use flate2::{Compression, write::GzEncoder};

use self::{
    log::{AutomationDetails, Driver, Invocation, Log, Notification, Run, Text, Tool},
    results::Results,
};
use super::Report;
use crate::{
    finding::{Finding, Suppressed},
    scan::{Diagnostic, DiagnosticKind},
};

/// The most results that GitHub takes in one run.
pub const MAX_RESULTS: usize = 25_000;
/// The largest file that GitHub takes, in bytes, compressed.
const MAX_COMPRESSED: usize = 10_000_000;

/// Writes the log, and gives remarks on what GitHub would not take.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<Vec<String>> {
    let log = log(report);
    let bytes = serde_json::to_vec(&log)?;
    out.write_all(&bytes)?;
    writeln!(out)?;
    let mut remarks: Vec<String> = left_out(report).into_iter().collect();
    if bytes.len() > MAX_COMPRESSED && compressed(&bytes)? > MAX_COMPRESSED {
        remarks.push(
            "the SARIF file is larger than the 10 MB (compressed) that GitHub takes; scan parts of the tree, each with a \
             --category of its own"
                .to_owned(),
        );
    }
    Ok(remarks)
}

fn compressed(bytes: &[u8]) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// A finding with what sets it aside.
type Entry<'r> = (&'r Finding, Option<&'r Suppressed>);

fn log<'r>(report: &Report<'r>) -> Log<'r> {
    let places: HashMap<&str, usize> =
        report.rules.iter().enumerate().map(|(place, rule)| (rule.id.as_str(), place)).collect();
    let results = Results { report, places: &places };
    let scan = report.scan;
    let mut notifications: Vec<Notification> =
        scan.diagnostics.iter().map(|diagnostic| notification(diagnostic, report)).collect();
    notifications.extend(left_out(report).map(|text| Notification {
        level: "warning",
        message: Text { text: text.into() },
        descriptor: None,
        locations: Vec::new(),
    }));
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: &scan.tool.name,
                semantic_version: &scan.tool.version,
                information_uri: env!("CARGO_PKG_REPOSITORY"),
                rules: report.rules.iter().map(rules::descriptor).collect(),
            },
        },
        automation_details: AutomationDetails { id: automation_id(report.options.category.as_deref()) },
        column_kind: "utf16CodeUnits",
        original_uri_base_ids: uri::base_ids(),
        invocations: [Invocation {
            execution_successful: !scan.diagnostics.iter().any(|one| one.kind == DiagnosticKind::Internal),
            tool_execution_notifications: notifications,
        }],
        results: chosen(report).into_iter().map(|(finding, by)| results.result(finding, by)).collect(),
    };
    Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] }
}

/// What comes before the last slash is the category, under which GitHub keeps the alerts of several scans apart.
fn automation_id(category: Option<&str>) -> String {
    match category.map(|category| category.trim_matches('/')).filter(|category| !category.is_empty()) {
        Some(category) => format!("unmoor/{category}/"),
        None => "unmoor/".to_owned(),
    }
}

/// The findings to write, at most as many as GitHub takes: the most severe and the surest.
fn chosen<'r>(report: &Report<'r>) -> Vec<Entry<'r>> {
    let scan = report.scan;
    let mut all: Vec<Entry<'r>> = scan.findings.iter().map(|finding| (finding, None)).collect();
    all.extend(scan.suppressed.iter().map(|suppressed| (&suppressed.finding, Some(suppressed))));
    if all.len() > MAX_RESULTS {
        all.sort_by_key(|(finding, by)| (by.is_some(), Reverse((finding.severity, finding.confidence))));
        all.truncate(MAX_RESULTS);
    }
    all.sort_by(|(a, _), (b, _)| (&a.location, &a.rule).cmp(&(&b.location, &b.rule)));
    all
}

fn left_out(report: &Report<'_>) -> Option<String> {
    let more = (report.scan.findings.len() + report.scan.suppressed.len()).saturating_sub(MAX_RESULTS);
    (more > 0).then(|| {
        format!(
            "{more} of the findings are left out of the SARIF file, the least severe: GitHub takes {MAX_RESULTS} of one \
             run. Scan parts of the tree, each with a --category of its own, or select rules."
        )
    })
}

fn notification(diagnostic: &Diagnostic, report: &Report<'_>) -> Notification {
    let level = match diagnostic.kind {
        DiagnosticKind::Internal => "error",
        kind if kind.is_failure() => "warning",
        _ => "note",
    };
    let subject = if diagnostic.path.is_some() { "The file " } else { "" };
    let text = format!("{subject}{}.", diagnostic.message.trim_end_matches('.'));
    let path = diagnostic.path.as_ref().map(|path| results::physical(report, path, diagnostic.line));
    Notification {
        level,
        message: Text { text: text.into() },
        descriptor: Some(log::DescriptorReference { id: diagnostic.kind }),
        locations: path.into_iter().map(log::Location::at).collect(),
    }
}
