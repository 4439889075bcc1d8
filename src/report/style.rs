//! The colours of text reports, in one place so that all of them agree.

use anstyle::{AnsiColor, Style};

use crate::rules::model::Severity;

/// Headings and names.
pub const BOLD: Style = Style::new().bold();
/// What matters less.
pub const DIM: Style = Style::new().dimmed();
/// An error, and the word for it.
pub const ERROR: Style = AnsiColor::BrightRed.on_default().bold();
/// A warning, and the word for it.
pub const WARNING: Style = AnsiColor::Yellow.on_default().bold();
/// A note, and the word for it.
pub const NOTE: Style = AnsiColor::BrightGreen.on_default().bold();
/// Help, and the word for it.
pub const HELP: Style = AnsiColor::BrightCyan.on_default().bold();
/// Paths.
pub const PATH: Style = AnsiColor::BrightBlue.on_default();

/// The colour of a severity.
pub fn of(severity: Severity) -> Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        Severity::Note => NOTE,
    }
}
