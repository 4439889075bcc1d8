//! Reports: pure functions of one [`Scan`] value, of a plan, or of a rule. No format sees a tree or reads a file.
//!
//! Text is written with colours; whoever owns the stream strips them where they are not wanted. What comes from scanned
//! files is made harmless first ([`words::printable`]).

pub mod assessment;
mod concise;
pub mod diff;
pub mod edits;
mod github;
mod gitlab;
pub mod html;
mod job_summary;
pub mod json;
mod junit;
pub mod list;
pub mod markdown;
pub mod models;
pub mod page;
mod pipelines;
pub mod plan;
mod rdjson;
mod sarif;
pub mod style;
pub mod summary;
mod table;
pub mod targets;
mod text;
pub mod why;
pub mod words;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use crate::{input::roots::seen_from, rules::Rule, scan::Scan};

pub use sarif::MAX_RESULTS;

/// The forms in which findings can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, clap::ValueEnum)]
pub enum Format {
    /// Source snippets with notes, for people
    #[default]
    Text,
    /// One line per finding: path:line:column: class[rule] message
    // The command line shows this text as it is.
    #[allow(rustdoc::broken_intra_doc_links)]
    Concise,
    /// One JSON document with findings, diagnostics and counts; see schemas/scan.schema.json
    Json,
    /// One JSON object per line, each with a `type`; see schemas/scan-line.schema.json
    Jsonl,
    /// SARIF 2.1.0, for GitHub code scanning and other viewers
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// Issues of Azure Pipelines
    AzurePipelines,
    /// Reviewdog's format, with suggestions
    Rdjson,
    /// The same with one diagnostic per line
    Rdjsonl,
    /// JUnit's XML
    Junit,
    /// A table of comma-separated values
    Csv,
    /// Markdown, for the summary of a CI job
    Markdown,
}

impl Format {
    /// True for the formats that machines read; those that have a place for diagnostics hold them too.
    pub fn is_data(self) -> bool {
        !matches!(self, Self::Text | Self::Concise)
    }

    /// True for the formats that tell changes, which have to be planned for them.
    pub fn tells_changes(self) -> bool {
        matches!(self, Self::Sarif | Self::Rdjson | Self::Rdjsonl)
    }
}

/// What a report is made of.
#[derive(Clone, Copy)]
pub struct Report<'r> {
    /// The scan. What is set aside in it is told by the formats that can say so.
    pub scan: &'r Scan,
    /// The rules whose findings are reported.
    pub rules: &'r [Rule],
    /// Changes, for formats that tell them.
    pub edits: &'r edits::Edits,
    /// How it is to be written.
    pub options: &'r Options,
}

/// How a report is to be written.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// The category that SARIF files name.
    pub category: Option<String>,
    /// The current directory.
    pub here: PathBuf,
    /// The root of the repository, which CI systems see paths from. Without one: the current directory.
    pub root: Option<PathBuf>,
}

impl Report<'_> {
    /// A path of the scan as CI systems know it: from the root of the repository, where it lies below that.
    fn place(&self, path: &str) -> String {
        let Options { here, root, .. } = self.options;
        seen_from(root.as_ref().unwrap_or(here), &here.join(path))
    }
}

/// Writes the findings of a scan. What the form cannot hold, or what others do not take, is given as remarks.
pub fn write(report: &Report<'_>, format: Format, out: &mut dyn Write) -> io::Result<Vec<String>> {
    match format {
        Format::Text => text::write(report.scan, out)?,
        Format::Concise => concise::write(report.scan, out)?,
        Format::Json => json::write(report.scan, out)?,
        Format::Jsonl => json::write_lines(report.scan, out)?,
        Format::Sarif => return sarif::write(report, out),
        Format::Github => github::write(report, out)?,
        Format::Gitlab => gitlab::write(report, out)?,
        Format::AzurePipelines => pipelines::write(report, out)?,
        Format::Rdjson => rdjson::write(report, out)?,
        Format::Rdjsonl => rdjson::write_lines(report, out)?,
        Format::Junit => junit::write(report, out)?,
        Format::Csv => table::write(report, out)?,
        Format::Markdown => job_summary::write(report, out)?,
    }
    Ok(Vec::new())
}
