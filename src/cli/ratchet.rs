//! Only what is new: the arguments that let a team start with many findings and accept no more, and what they do to a
//! scan. The baseline's file is found here; what is in it, `suppress::baseline` knows.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Args;

use super::common::{Failure, at};
use crate::{
    config::{Config, FailOn},
    finding::{Finding, SuppressedBy},
    input::roots::{absolute, repository, seen_from},
    rules::model::Severity,
    scan::{Scan, ScanOptions, Scanner},
    suppress::{
        baseline::{Baseline, Entry, FILE_NAME},
        changes::{Changes, SinceError},
    },
};

/// Arguments that say what is new, and what that means.
#[derive(Debug, Args)]
#[command(next_help_heading = "Only what is new")]
pub(super) struct Ratchet {
    #[command(flatten)]
    pub(super) file: BaselineFile,
    /// Report only what changes since this commit brought in: a branch, a tag or any other name of a commit
    #[arg(long, value_name = "COMMIT")]
    since: Option<String>,
    /// The findings that make the exit code 1 [default: new]
    #[arg(long, value_enum, value_name = "FINDINGS")]
    fail_on: Option<FailOn>,
    /// Only findings at least this severe make the exit code 1
    #[arg(long, value_enum, value_name = "SEVERITY")]
    fail_severity: Option<Severity>,
    /// Exit with 0 also when something was found; the same as --fail-on none
    #[arg(long, conflicts_with = "fail_on")]
    exit_zero: bool,
}

/// Arguments that name the baseline.
#[derive(Debug, Args)]
pub(super) struct BaselineFile {
    /// The file that lists the findings that were there before [default: unmoor-baseline.txt beside the settings file or
    /// at the root of the repository, where it exists]
    #[arg(long, value_name = "FILE", env = "UNMOOR_BASELINE")]
    baseline: Option<PathBuf>,
    /// Use no baseline
    #[arg(long, conflicts_with = "baseline")]
    no_baseline: bool,
}

/// A baseline and the file it is in.
pub(super) struct Known {
    pub(super) file: PathBuf,
    pub(super) baseline: Baseline,
}

/// What a baseline has that a scan did not find.
#[derive(Debug, Default)]
pub(super) struct Gone {
    pub(super) file: PathBuf,
    /// What it would have found.
    pub(super) entries: Vec<Entry>,
    /// What it did not look for.
    pub(super) beyond: Vec<Entry>,
}

impl BaselineFile {
    /// The file that is meant, which may not exist, and whether somebody named it.
    pub(super) fn path(&self, settings: &Config) -> (PathBuf, bool) {
        if let Some(file) = &self.baseline {
            return (file.clone(), true);
        }
        if let Some(named) = &settings.baseline {
            return (settings.base.join(&named.text), true);
        }
        let here = std::env::current_dir().unwrap_or_default();
        let folder = if settings.file.is_some() { &settings.base } else { repository(&here).unwrap_or(&here) };
        let file = folder.join(FILE_NAME);
        (file.strip_prefix(&here).map(Path::to_path_buf).unwrap_or(file), false)
    }

    /// The baseline, where there is one.
    pub(super) fn load(&self, settings: &Config) -> Result<Option<Known>, Failure> {
        let (file, is_named) = self.path(settings);
        if self.no_baseline {
            return Ok(None);
        }
        match fs::read_to_string(&file) {
            Ok(text) => read(&file, &text).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => Ok(None),
            Err(error) => {
                let cure = "write it with `unmoor baseline`, or leave it out with --no-baseline";
                let message = format!("the baseline {} cannot be read: {error}", file.display());
                match settings.baseline.as_ref().filter(|_| self.baseline.is_none()) {
                    Some(named) => Err(at(named, message, cure)),
                    None => Err(Failure::usage(message, cure)),
                }
            }
        }
    }
}

fn read(file: &Path, text: &str) -> Result<Known, Failure> {
    match Baseline::read(text) {
        Ok(baseline) => Ok(Known { file: file.to_owned(), baseline }),
        Err(error) => {
            Err(Failure::usage(format_args!("{}:{}: {}", file.display(), error.line, error.message), error.cure))
        }
    }
}

impl Known {
    /// The path of a scanned file as the baseline writes it.
    pub(super) fn place(&self, path: &str) -> String {
        placed(&self.file, path)
    }

    /// Sets the listed findings aside. What is listed and gone is given back, as far as the scan could have found it.
    pub(super) fn set_aside(&self, scan: &mut Scan, scope: &Scope<'_>) -> Gone {
        let root = root_of(&self.file);
        let is_free = |entry: &Entry| scope.meets(entry, &self.file) || !root.join(&entry.path).exists();
        let sorted = self.baseline.sort(std::mem::take(&mut scan.findings), |path| self.place(path), is_free);
        scan.findings = sorted.new;
        scan.stats.baselined += sorted.known.len() as u64;
        scan.suppressed.extend(sorted.known);
        let (entries, beyond) = sorted.left.into_iter().partition(|entry| scope.holds(entry, &self.file));
        Gone { file: self.file.clone(), entries, beyond }
    }
}

/// The directory that the paths in a baseline are relative to: that of its repository, wherever in it the file lies.
fn root_of(baseline: &Path) -> PathBuf {
    let file = absolute(baseline);
    let folder = file.parent().unwrap_or(&file);
    repository(folder).unwrap_or(folder).to_owned()
}

/// The path of a scanned file as a baseline writes it.
fn placed(baseline: &Path, path: &str) -> String {
    seen_from(&root_of(baseline), &absolute(Path::new(path)))
}

/// What a scan could have found.
pub(super) struct Scope<'s> {
    /// The paths that were scanned.
    pub(super) paths: &'s [PathBuf],
    /// Tells by its id whether a rule's findings are reported.
    pub(super) reports: &'s dyn Fn(&str) -> bool,
}

impl Scope<'_> {
    /// True when the scan would have found what the entry stands for.
    fn holds(&self, entry: &Entry, baseline: &Path) -> bool {
        (self.reports)(&entry.rule) && self.meets(entry, baseline)
    }

    /// True when the entry's file lies in what was scanned.
    fn meets(&self, entry: &Entry, baseline: &Path) -> bool {
        let below = |path: &PathBuf| {
            let root = placed(baseline, &path.to_string_lossy());
            root.is_empty()
                || entry.path == root
                || entry.path.strip_prefix(&root).is_some_and(|rest| rest.starts_with('/'))
        };
        self.paths.iter().any(below)
    }
}

impl Ratchet {
    /// Keeps what changes since a commit brought in. Gives a remark, where one is due.
    pub(super) fn keep_new(
        &self,
        scanner: &Scanner,
        scan: &mut Scan,
        paths: &[PathBuf],
        options: &ScanOptions,
    ) -> Result<Option<String>, Failure> {
        let Some(commit) = &self.since else { return Ok(None) };
        let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
        let folder = if first.is_dir() { first } else { first.parent().unwrap_or(Path::new("")) };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let failure = |error: SinceError| Failure::usage(format_args!("--since: {error}"), error.cure());
        let changes = Changes::since(commit, folder).map_err(failure)?;
        scanner.keep_brought_in(scan, &changes, options).map_err(failure)?;
        Ok(changes.direct.then(|| {
            format!(
                "--since: this clone is shallow and does not reach back to where the branches parted, so the files are \
                 compared with `{commit}` itself; what changed there only counts as changed here, too"
            )
        }))
    }

    /// True when the findings of a scan make the exit code 1.
    pub(super) fn fails(&self, scan: &Scan, settings: &Config) -> bool {
        let least = self.fail_severity.or(settings.fail_severity).unwrap_or(Severity::Note);
        let is_severe = |finding: &Finding| finding.severity >= least;
        let fail_on = if self.exit_zero { Some(FailOn::None) } else { self.fail_on.or(settings.fail_on) };
        let is_new = || scan.findings.iter().any(is_severe);
        let is_known = || {
            let mut known = scan.suppressed.iter().filter(|known| known.by == SuppressedBy::Baseline);
            known.any(|known| is_severe(&known.finding))
        };
        match fail_on.unwrap_or_default() {
            FailOn::New => is_new(),
            FailOn::Any => is_new() || is_known(),
            FailOn::None => false,
        }
    }
}

impl Gone {
    /// A remark on entries that can go.
    pub(super) fn remark(&self) -> Option<String> {
        let number = self.entries.len() as u64;
        (number > 0).then(|| {
            let verb = if number == 1 { "is" } else { "are" };
            format!(
                "{} of {} {verb} no longer found; `unmoor baseline --prune` takes them out",
                if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") },
                self.file.display(),
            )
        })
    }
}
