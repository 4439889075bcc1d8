//! Findings as SARIF results: a small primary region, the way to the site as related locations and as a code flow, the
//! fingerprints, the change, and what sets a finding aside.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
};

use super::{
    super::{Report, text::step_word},
    log::{
        ArtifactChange, CodeFlow, Fix, FlowLocation, Location, Physical, Region, Replacement, ResultEntry, Suppression,
        Text, ThreadFlow,
    },
    rules::level,
    uri::artifact,
};
use crate::{
    finding::{Evidence, EvidenceKind, Finding, Point, Suppressed, SuppressedBy},
    report::edits::{FileEdits, Piece},
};

/// The most steps that are written of one finding; GitHub shows a thousand.
const MAX_STEPS: usize = 1_000;
/// The key of the fingerprint that GitHub reads. Of several findings of a rule on one line GitHub may make one alert.
const LINE_HASH: &str = "primaryLocationLineHash";
/// The key of the fingerprint that names the site by its content, wherever it moves.
const SITE: &str = "unmoorSite/v1";

pub(super) struct Results<'s, 'r> {
    pub(super) report: &'s Report<'r>,
    /// The places of rules, by id.
    pub(super) places: &'s HashMap<&'r str, usize>,
}

impl<'r> Results<'_, 'r> {
    pub(super) fn result(&self, finding: &'r Finding, by: Option<&'r Suppressed>) -> ResultEntry<'r> {
        let steps: Vec<&Evidence> =
            finding.evidence.iter().filter(|step| step.kind != EvidenceKind::Site).take(MAX_STEPS).collect();
        ResultEntry {
            rule_id: &finding.rule,
            rule_index: self.places.get(finding.rule.as_str()).copied(),
            level: level(finding.severity),
            message: Text { text: message(finding, &steps).into() },
            locations: [Location::at(self.physical(&finding.location.path, Some(primary(finding))))],
            related_locations: steps
                .iter()
                .enumerate()
                .map(|(number, step)| Location { id: Some(number + 1), ..self.step(step, finding) })
                .collect(),
            code_flows: self.flow(finding, &steps).into_iter().collect(),
            partial_fingerprints: fingerprints(finding),
            fixes: self.fix(finding).into_iter().collect(),
            suppressions: by.map(suppression).into_iter().collect(),
        }
    }

    fn physical(&self, path: &str, region: Option<Region>) -> Physical {
        Physical { artifact_location: artifact(&self.report.place(path)), region }
    }

    fn step(&self, step: &Evidence, finding: &Finding) -> Location {
        let path = step.path.as_deref().unwrap_or(&finding.location.path);
        let text = format!("{} `{}`.", capital(step_word(step.kind)), step.text);
        let physical_location = self.physical(path, Some(region(step.start, step.end)));
        Location { id: None, physical_location, message: Some(Text { text: text.into() }) }
    }

    fn flow(&self, finding: &Finding, steps: &[&Evidence]) -> Option<CodeFlow> {
        if steps.is_empty() {
            return None;
        }
        let site = Location {
            id: None,
            physical_location: self.physical(&finding.location.path, Some(primary(finding))),
            message: Some(Text { text: format!("Found `{}`.", finding.local).into() }),
        };
        let locations = steps.iter().map(|step| self.step(step, finding)).chain([site]);
        let locations = locations.map(|location| FlowLocation { location }).collect();
        Some(CodeFlow { thread_flows: [ThreadFlow { locations }] })
    }

    /// The change of the finding's file, on the finding that heads it: the edits of one file belong together.
    fn fix(&self, finding: &Finding) -> Option<Fix> {
        let file: &FileEdits = self.report.edits.headed_by(finding)?;
        let artifact_location = artifact(&self.report.place(&file.path));
        let replacements = file.pieces.iter().map(|piece| {
            let Piece { start, end, text, .. } = piece;
            Replacement { deleted_region: region(*start, *end), inserted_content: Text { text: text.clone().into() } }
        });
        let artifact_changes = [ArtifactChange { artifact_location, replacements: replacements.collect() }];
        Some(Fix { description: Text { text: file.title.clone().into() }, artifact_changes })
    }
}

/// A file, and a line of it where that is known.
pub(super) fn physical(report: &Report<'_>, path: &str, line: Option<u32>) -> Physical {
    let region = line.map(|line| Region { start_line: line, start_column: None, end_line: None, end_column: None });
    Physical { artifact_location: artifact(&report.place(path)), region }
}

/// What the site is, with links to the steps that lead to it.
fn message(finding: &Finding, steps: &[&Evidence]) -> String {
    // `](` would begin the address of a link.
    let mut text = finding.message.trim_end_matches('.').replace("](", "] (");
    if let Some(number) = finding.cell {
        let _ = write!(text, " (cell {number} of the notebook)");
    }
    let links: Vec<String> =
        steps.iter().enumerate().map(|(number, step)| format!("[{}]({})", step_word(step.kind), number + 1)).collect();
    if links.is_empty() { format!("{text}.") } else { format!("{text}. The way to it: {}.", links.join(", ")) }
}

/// GitHub shows an alert in a pull request when all its lines are part of it, so one that goes over several lines is
/// told at its first.
fn primary(finding: &Finding) -> Region {
    let (start, end) = (finding.location.start, finding.location.end);
    if start.line == end.line {
        return region(start, end);
    }
    Region { start_line: start.line, start_column: Some(start.column_utf16), end_line: None, end_column: None }
}

fn region(start: Point, end: Point) -> Region {
    Region {
        start_line: start.line,
        start_column: Some(start.column_utf16),
        end_line: Some(end.line),
        end_column: Some(end.column_utf16),
    }
}

fn fingerprints(finding: &Finding) -> BTreeMap<&'static str, &str> {
    let hash = finding.line_hash.as_deref().map(|hash| (LINE_HASH, hash));
    hash.into_iter().chain([(SITE, finding.fingerprint.as_str())]).collect()
}

fn suppression(suppressed: &Suppressed) -> Suppression {
    let kind = match suppressed.by {
        SuppressedBy::InSource => "inSource",
        SuppressedBy::Baseline => "external",
    };
    Suppression { kind, status: "accepted", justification: suppressed.justification.clone() }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
