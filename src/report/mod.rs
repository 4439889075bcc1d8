//! Reports: pure functions of one [`Scan`] value. No format sees a tree or reads a file.

use std::io::{self, Write};

use crate::scan::Scan;

/// Writes the scan as one JSON document.
pub fn json(scan: &Scan, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, scan)?;
    writeln!(out)
}
