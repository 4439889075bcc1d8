//! Reports: pure functions of one [`Scan`] value, of a plan, or of a rule. No format sees a tree or reads a file.
//!
//! Text is written with colours; whoever owns the stream strips them where they are not wanted. What comes from scanned
//! files is made harmless first ([`words::printable`]).

pub mod assessment;
mod concise;
pub mod diff;
pub mod html;
pub mod json;
pub mod list;
pub mod markdown;
pub mod models;
pub mod page;
pub mod plan;
pub mod style;
pub mod summary;
pub mod targets;
mod text;
pub mod why;
pub mod words;

use std::io::{self, Write};

use crate::scan::Scan;

/// The forms in which findings can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
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
}

impl Format {
    /// True for the formats that machines read, which hold the diagnostics too.
    pub fn is_data(self) -> bool {
        matches!(self, Self::Json | Self::Jsonl)
    }
}

/// Writes the findings of a scan.
pub fn write(scan: &Scan, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(scan, out),
        Format::Concise => concise::write(scan, out),
        Format::Json => json::write(scan, out),
        Format::Jsonl => json::write_lines(scan, out),
    }
}
