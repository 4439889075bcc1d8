//! Lists of targets.

use std::io::{self, Write};

use serde::Serialize;

use super::{
    style::{BOLD, PATH},
    words::printable,
};
use crate::rules::target::{Target, TargetFile};

/// Writes one line per target.
pub fn text(targets: &[Target], out: &mut dyn Write) -> io::Result<()> {
    let width = |text: fn(&Target) -> &str| {
        targets.iter().map(|target| printable(text(target)).chars().count()).max().unwrap_or_default()
    };
    let ids = width(|target| &target.id).max("target".len());
    let titles = width(|target| &target.file.title);
    writeln!(out, "{BOLD}{:<ids$}  {:<titles$}  base URL{BOLD:#}", "target", "name")?;
    for target in targets {
        let (id, title) = (printable(&target.id), printable(&target.file.title));
        let url = printable(&target.file.base_url.value);
        writeln!(out, "{PATH}{id:<ids$}{PATH:#}  {title:<titles$}  {url}")?;
    }
    Ok(())
}

/// What is written of a target as data.
#[derive(Serialize)]
struct Entry<'t> {
    id: &'t str,
    #[serde(flatten)]
    file: &'t TargetFile,
}

/// Writes what is known of the targets as one JSON list.
pub fn json(targets: &[Target], out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<Entry<'_>> = targets.iter().map(|target| Entry { id: &target.id, file: &target.file }).collect();
    serde_json::to_writer_pretty(&mut *out, &entries)?;
    writeln!(out)
}
