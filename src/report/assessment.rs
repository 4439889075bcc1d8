//! The assessment as data: one JSON document. `schemas/report.schema.json` is made from its type.

use std::io::{self, Write};

use crate::migrate::assess::Assessment;

/// Writes the assessment as one document.
pub fn write(assessment: &Assessment, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, assessment)?;
    writeln!(out)
}
