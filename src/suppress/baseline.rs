//! The baseline: a file that lists the findings that were there before, so that scans tell only what is new.
//!
//! One line holds one finding: its fingerprint, its rule and its file. The fingerprint names the site by its content, so
//! moved lines, renamed files and new indentation change nothing; rule and file are for people who review the list. The
//! lines may stand in any order, so that two branches can both add to them. A finding takes one line: of two equal sites
//! in two files, one listed and one not, the second is new.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use crate::finding::{Finding, Suppressed, SuppressedBy};

/// The name of the file that is used without being named.
pub const FILE_NAME: &str = "unmoor-baseline.txt";
/// The version of the form of the file, and of how fingerprints are made.
pub const VERSION: u32 = 1;

const TITLE: &str = "# unmoor baseline, version ";
const HEADER: &str = "\
# Findings that were here before: scans report only what is new. `unmoor baseline` writes this file and
# `unmoor baseline --prune` drops what is gone. One line each (fingerprint, rule, file), in any order.
";
/// The length of a fingerprint in hexadecimal digits.
const FINGERPRINT: usize = 32;

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The file that the finding was in, from the root of the repository (without one: from the directory of the
    /// baseline), with forward slashes.
    pub path: String,
    /// The rule's id.
    pub rule: String,
    /// The finding's fingerprint.
    pub fingerprint: String,
}

/// What is wrong with a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub cure: String,
}

/// The listed findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

/// What a baseline makes of findings.
#[derive(Debug, Default)]
pub struct Sorted {
    /// The findings that are not listed.
    pub new: Vec<Finding>,
    /// Those that are.
    pub known: Vec<Suppressed>,
    /// The entries that no finding took.
    pub left: Vec<Entry>,
}

impl Baseline {
    /// A baseline of findings. `place` gives the path of a finding's file as entries have it.
    pub fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>, place: impl Fn(&str) -> String) -> Self {
        let entry = |finding: &Finding| Entry {
            path: place(&finding.location.path),
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint.clone(),
        };
        Self::from_entries(findings.into_iter().map(entry).collect())
    }

    /// A baseline of entries.
    pub fn from_entries(mut entries: Vec<Entry>) -> Self {
        entries.sort();
        Self { entries }
    }

    /// The entries, by path, rule and fingerprint.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Reads the text of a file.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let mut lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim_end()));
        let first = lines.next().map_or("", |(_, line)| line.trim_start_matches('\u{feff}'));
        check_title(first)?;
        let mut entries = Vec::new();
        for (line, text) in lines {
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            entries.push(read_entry(text).ok_or_else(|| broken(line, text))?);
        }
        Ok(Self::from_entries(entries))
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut text = format!("{TITLE}{VERSION}\n{HEADER}");
        for Entry { path, rule, fingerprint } in &self.entries {
            let _ = writeln!(text, "{fingerprint} {rule} {}", escaped(path));
        }
        text
    }

    /// Parts findings into known and new ones. Each entry stands for one finding: first for one in its own file, then,
    /// if it is `free`, for one in another, which is what its file may be called now. An entry is free when its file is
    /// gone or was looked at, too.
    pub fn sort(
        &self,
        findings: Vec<Finding>,
        place: impl Fn(&str) -> String,
        free: impl Fn(&Entry) -> bool,
    ) -> Sorted {
        let mut open: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.entries {
            open.entry(&entry.fingerprint).or_default().push(entry);
        }
        let mut known = BTreeSet::new();
        for anywhere in [false, true] {
            for (number, finding) in findings.iter().enumerate() {
                let Some(entries) = open.get_mut(finding.fingerprint.as_str()) else { continue };
                if known.contains(&number) {
                    continue;
                }
                let path = place(&finding.location.path);
                if let Some(taken) = entries.iter().position(|entry| entry.path == path || anywhere && free(entry)) {
                    entries.remove(taken);
                    known.insert(number);
                }
            }
        }
        let mut sorted = Sorted { left: open.into_values().flatten().cloned().collect(), ..Sorted::default() };
        sorted.left.sort();
        for (number, finding) in findings.into_iter().enumerate() {
            if known.contains(&number) {
                sorted.known.push(Suppressed { finding, by: SuppressedBy::Baseline, justification: None });
            } else {
                sorted.new.push(finding);
            }
        }
        sorted
    }
}

fn check_title(line: &str) -> Result<(), BaselineError> {
    let error = |message: String, cure: &str| Err(BaselineError { line: 1, message, cure: cure.to_owned() });
    let Some(version) = line.strip_prefix(TITLE) else {
        let message = format!("is no baseline: its first line is not `{TITLE}{VERSION}`");
        return error(message, "name a file that `unmoor baseline` wrote, or write one with it");
    };
    if version == VERSION.to_string() {
        return Ok(());
    }
    let message = format!("is a baseline of version {version}; this program reads version {VERSION}");
    error(message, "write it anew with `unmoor baseline`, with the same release of unmoor that scans use")
}

fn read_entry(line: &str) -> Option<Entry> {
    let mut words = line.splitn(3, ' ');
    let (fingerprint, rule, path) = (words.next()?, words.next()?, words.next()?);
    let is_print = fingerprint.len() == FINGERPRINT && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_print && !rule.is_empty() && !path.is_empty()).then(|| Entry {
        path: unescaped(path),
        rule: rule.to_owned(),
        fingerprint: fingerprint.to_owned(),
    })
}

fn broken(line: usize, text: &str) -> BaselineError {
    if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| text.starts_with(mark)) {
        let cure = format!(
            "take out the lines with conflict marks and keep the others; `{FILE_NAME} merge=union` in .gitattributes \
             merges it without"
        );
        return BaselineError { line, message: "there is a conflict of a merge here".to_owned(), cure };
    }
    let message = "this line is not a fingerprint, a rule and a file".to_owned();
    let cure = "take it out, or write the file anew with `unmoor baseline`".to_owned();
    BaselineError { line, message, cure }
}

/// A path in one line: `%` and control characters as their bytes in hexadecimal.
fn escaped(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        if c == '%' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            let mut buffer = [0; 4];
            for byte in c.encode_utf8(&mut buffer).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn unescaped(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = (first == b'%').then(|| after.get(..2)).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
