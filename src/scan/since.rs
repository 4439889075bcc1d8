//! Which findings a change brought in: those of new files, and in changed files those that the file did not hold before.
//! A finding that only moved, or whose lines were only laid out anew, is not one of them; nor is one in a file that did
//! not change, whatever changed elsewhere: the change that causes it is a finding itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{Scan, ScanOptions, Scanner};
use crate::{
    finding::Finding,
    input::text::{Decoded, decode},
    lang::Grammar,
    suppress::changes::{Before, Changes, SinceError, new_lines, real},
};

/// What is known of a file's past.
enum Past {
    /// It did not change.
    Same,
    /// It is new.
    None,
    /// What it held: fingerprints with how often each occurs, and the lines that are new since.
    Held { fingerprints: BTreeMap<String, usize>, lines: BTreeSet<u32> },
}

impl Scanner {
    /// Keeps the findings that the changes brought in, and counts the others.
    pub fn keep_brought_in(&self, scan: &mut Scan, changes: &Changes, options: &ScanOptions) -> Result<(), SinceError> {
        let mut pasts: BTreeMap<String, Past> = BTreeMap::new();
        for finding in &scan.findings {
            let path = &finding.location.path;
            if !pasts.contains_key(path) {
                pasts.insert(path.clone(), self.past(path, changes, options)?);
            }
        }
        let all = scan.findings.len();
        let is_any_new = pasts.values().any(|past| matches!(past, Past::None));
        let mut gone = if is_any_new { self.lost(changes, options)? } else { BTreeMap::new() };
        scan.findings.retain(|finding| match pasts.get_mut(&finding.location.path) {
            None | Some(Past::Same) => false,
            Some(Past::None) => !takes(&mut gone, finding),
            Some(Past::Held { fingerprints, lines }) => !takes(fingerprints, finding) && is_touched(finding, lines),
        });
        scan.stats.older += (all - scan.findings.len()) as u64;
        Ok(())
    }

    fn past(&self, path: &str, changes: &Changes, options: &ScanOptions) -> Result<Past, SinceError> {
        let bytes = match changes.before(&real(Path::new(path)))? {
            None => return Ok(Past::Same),
            Some(Before::Nothing) => return Ok(Past::None),
            Some(Before::Bytes(bytes)) => bytes,
        };
        let after = std::fs::read(path).map(text).unwrap_or_default();
        let lines = new_lines(&text(bytes.clone()), &after);
        let mut fingerprints = BTreeMap::new();
        self.count(path, bytes, options, &mut fingerprints);
        Ok(Past::Held { fingerprints, lines })
    }

    /// What files held that are gone.
    fn lost(&self, changes: &Changes, options: &ScanOptions) -> Result<BTreeMap<String, usize>, SinceError> {
        let mut fingerprints = BTreeMap::new();
        for (path, bytes) in changes.gone().filter(|(path, _)| Grammar::of(&path.to_string_lossy()).is_some()) {
            self.count(&path.to_string_lossy(), bytes?, options, &mut fingerprints);
        }
        Ok(fingerprints)
    }

    fn count(&self, path: &str, bytes: Vec<u8>, options: &ScanOptions, fingerprints: &mut BTreeMap<String, usize>) {
        let options = ScanOptions { ignores: None, ..options.clone() };
        for finding in self.scan_text(path, bytes, &options).findings {
            *fingerprints.entry(finding.fingerprint).or_default() += 1;
        }
    }
}

/// True when the file held this finding before; each that it held stands for one.
fn takes(fingerprints: &mut BTreeMap<String, usize>, finding: &Finding) -> bool {
    match fingerprints.get_mut(&finding.fingerprint) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

/// True when the change touches the finding. One that the file's own content explains is the change's, also when it
/// stands beside the changed lines; one that leans on other files may have been there before.
fn is_touched(finding: &Finding, lines: &BTreeSet<u32>) -> bool {
    let is_own = finding.evidence.iter().all(|step| step.path.is_none());
    let (first, last) = finding.extent;
    is_own || lines.range(first..=last.max(first)).next().is_some()
}

fn text(bytes: Vec<u8>) -> String {
    match decode(bytes) {
        Decoded::Text(mut text) => {
            text.unify_line_ends();
            text.text
        }
        Decoded::Binary => String::new(),
    }
}
