//! Comments that set findings aside: the arguments that write them into sources and take them out.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use jiff::civil::Date;

use super::{
    Exit,
    common::{Failure, Streams, today, warning},
};
use crate::{
    finding::Finding,
    input::{
        notebook::is_notebook,
        text::{Decoded, Text, decode},
    },
    lang::Grammar,
    migrate::apply::{Change, Outcome, apply},
    report::words::{count, printable},
    scan::Scan,
    suppress::{
        apply::Stale,
        writing::{self, Added},
    },
};

/// Arguments about such comments.
#[derive(Debug, Args)]
#[command(next_help_heading = "Comments that set findings aside")]
pub(super) struct Comments {
    /// Write a comment `unmoor: ignore[RULE] REASON` at each finding that would be reported
    #[arg(
        long,
        value_name = "REASON",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with_all = ["prune_ignores", "no_ignore_comments"]
    )]
    add_ignores: Option<String>,
    /// Take out the comments, and the names in them, that set nothing aside or have expired
    #[arg(long, conflicts_with = "no_ignore_comments")]
    prune_ignores: bool,
    /// Report also what comments set aside
    #[arg(long = "no-ignore-comments", id = "no_ignore_comments")]
    disregard: bool,
}

/// What was done to the files.
#[derive(Default)]
struct Done {
    files: u64,
    comments: u64,
    /// What could not be done, and why.
    troubles: Vec<String>,
}

impl Comments {
    /// The day on which comments are judged; none when they count for nothing.
    pub(super) fn day(&self) -> Result<Option<Date>, Failure> {
        let today = today()?;
        Ok((!self.disregard).then_some(today))
    }

    /// True when files are to be changed.
    pub(super) fn writes(&self) -> bool {
        self.add_ignores.is_some() || self.prune_ignores
    }

    /// Changes the files, and says so.
    pub(super) fn write(&self, scan: &mut Scan, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
        let mut done = Done::default();
        if let Some(reason) = &self.add_ignores {
            let reason = Some(one_line(reason)).filter(|reason| !reason.is_empty());
            add(&scan.findings, reason.as_deref(), &mut done);
            let set_aside = count(done.comments, "finding");
            writeln!(streams.out, "{set_aside} set aside in {}", count(done.files, "file"))?;
        } else {
            prune(std::mem::take(&mut scan.stale), &mut done);
            writeln!(
                streams.out,
                "{} taken out or shortened in {}",
                count(done.comments, "comment"),
                count(done.files, "file")
            )?;
        }
        streams.out.flush()?;
        done.troubles.iter().try_for_each(|trouble| warning(trouble, streams.err))?;
        Ok(if done.troubles.is_empty() { Exit::Clean } else { Exit::Findings })
    }
}

fn one_line(reason: &str) -> String {
    reason.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "* /")
}

fn add(findings: &[Finding], reason: Option<&str>, done: &mut Done) {
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        files.entry(&finding.location.path).or_default().push(finding);
    }
    for (path, findings) in files {
        let Some(grammar) = Grammar::of(path).filter(|_| !is_notebook(path)) else {
            done.troubles.push(no_comments(path));
            continue;
        };
        edit(path, done, |text, troubles| {
            let Added { text, covered, impossible } = writing::add(text, grammar, &findings, reason);
            for line in impossible {
                troubles.push(format!(
                    "{}:{line}: no comment can stand here; a comment `unmoor: ignore-file[...]` sets it aside",
                    printable(path)
                ));
            }
            (text, covered as u64)
        });
    }
}

fn prune(stale: Vec<(String, Stale)>, done: &mut Done) {
    let mut files: BTreeMap<String, Vec<Stale>> = BTreeMap::new();
    for (path, stale) in stale {
        files.entry(path).or_default().push(stale);
    }
    for (path, stale) in files {
        if is_notebook(&path) {
            done.troubles.push(no_comments(&path));
            continue;
        }
        edit(&path, done, |text, _| (writing::prune(text, &stale), stale.len() as u64));
    }
}

fn no_comments(path: &str) -> String {
    format!("{}: comments in notebooks are written and taken away by hand", printable(path))
}

/// Edits the text of a file in place. Its encoding and line ends stay.
fn edit(path: &str, done: &mut Done, change: impl FnOnce(&str, &mut Vec<String>) -> (String, u64)) {
    let refuse = |why: &str| format!("{}: {why}; the file was left as it is", printable(path));
    let before = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => return done.troubles.push(refuse(&error.to_string())),
    };
    let Decoded::Text(Text { text, .. }) = decode(before.clone()) else {
        return done.troubles.push(refuse("is not text"));
    };
    let Some(lead) = before.len().checked_sub(text.len()).filter(|lead| before[*lead..] == *text.as_bytes()) else {
        return done.troubles.push(refuse("is not UTF-8"));
    };
    let (text, comments) = change(&text, &mut done.troubles);
    let after = [&before[..lead], text.as_bytes()].concat();
    let path = Path::new(path);
    let root: PathBuf = path.parent().map(Path::to_path_buf).unwrap_or_default();
    match apply(&Change { path, before: &before, after: &after }, &root) {
        Outcome::Written => {
            done.files += 1;
            done.comments += comments;
        }
        Outcome::Unchanged => {}
        Outcome::Refused(refusal) => {
            done.troubles.push(format!(
                "{}: {refusal}\n  help: {}",
                printable(&path.to_string_lossy()),
                refusal.cure()
            ));
        }
    }
}
