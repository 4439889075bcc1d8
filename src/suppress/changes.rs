//! What changed since a commit, as Git tells it: which files, what they held before, and which of their lines are new.
//!
//! The comparison begins where the branch parted from the commit, and ends with the files as they lie on the disk. What
//! a shallow clone cannot tell is said, with what helps.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fmt, fs, io,
    path::{Path, PathBuf},
    process::Output,
};

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::input::git;

/// Why Git cannot say what changed.
#[derive(Debug)]
pub enum SinceError {
    /// The program is not there, or cannot be started.
    Missing(io::Error),
    /// The directory is in no repository.
    NoRepository(PathBuf),
    /// The repository has no such commit.
    Unknown {
        /// What was asked for.
        commit: String,
        /// True when the clone is shallow, so that the commit may exist elsewhere.
        shallow: bool,
    },
    /// Git stopped with this message.
    Failed(String),
}

impl SinceError {
    /// What the user can do about it.
    pub fn cure(&self) -> String {
        match self {
            Self::Missing(_) => "install Git, or leave --since out".to_owned(),
            Self::NoRepository(_) => "run the command in a clone, or leave --since out".to_owned(),
            Self::Unknown { commit, shallow: true } => format!(
                "this clone is shallow: fetch the commit with `git fetch --depth=1 origin {commit}`, or clone with all \
                 of the history (`fetch-depth: 0`)"
            ),
            Self::Unknown { .. } => "name a branch, a tag or a commit; `git branch -a` lists branches".to_owned(),
            Self::Failed(_) => "see whether `git status` works here".to_owned(),
        }
    }
}

impl fmt::Display for SinceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(error) => write!(f, "cannot run `git`: {error}"),
            Self::NoRepository(directory) => write!(f, "{} is in no Git repository", directory.display()),
            Self::Unknown { commit, .. } => write!(f, "the repository has no commit `{commit}`"),
            Self::Failed(message) => write!(f, "Git cannot say what changed: {message}"),
        }
    }
}

impl std::error::Error for SinceError {}

/// The files that changed since a commit.
#[derive(Debug)]
pub struct Changes {
    /// The directory of the repository.
    root: PathBuf,
    /// What each changed file was before; none for a new one.
    files: BTreeMap<PathBuf, Option<String>>,
    /// The files that are gone, and what they were.
    gone: Vec<(PathBuf, String)>,
    /// True when the clone does not reach back to where the branches parted, so that the commit itself is compared with.
    pub direct: bool,
}

/// What a changed file was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// It was not there.
    Nothing,
    /// Its content.
    Bytes(Vec<u8>),
}

impl Changes {
    /// Asks Git for the changes since `commit` of the repository that `directory` is in.
    pub fn since(commit: &str, directory: &Path) -> Result<Self, SinceError> {
        let root = ask(directory, &["rev-parse", "--show-toplevel"])?;
        if !root.status.success() {
            return Err(SinceError::NoRepository(directory.to_owned()));
        }
        let root = PathBuf::from(git::os_string(root.stdout.trim_ascii_end()));
        let shallow = is_shallow(&root)?;
        let base = one_line(ask(
            &root,
            &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{commit}^{{commit}}")],
        )?)
        .ok_or_else(|| SinceError::Unknown { commit: commit.to_owned(), shallow })?;
        let parted = one_line(ask(&root, &["merge-base", &base, "HEAD"])?);
        let direct = parted.is_none() && shallow;
        let from = parted.unwrap_or(base);
        let (mut files, mut gone) = (BTreeMap::new(), Vec::new());
        let diff = ask(
            &root,
            &[
                "diff",
                "--raw",
                "-z",
                "--no-abbrev",
                "--no-ext-diff",
                "--find-renames",
                "--ignore-submodules",
                &from,
                "--",
            ],
        )?;
        for record in records(&succeeded(diff)?.stdout) {
            match record {
                Record::Now(path, before) => drop(files.insert(root.join(path), before)),
                Record::Gone(path, before) => gone.push((root.join(path), before)),
            }
        }
        let untracked = ask(&root, &["ls-files", "--others", "--exclude-standard", "-z"])?;
        for path in succeeded(untracked)?.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty()) {
            files.insert(root.join(git::os_string(path)), None);
        }
        Ok(Self { root, files, gone, direct })
    }

    /// True when the file, given as an absolute path, changed.
    pub fn touches(&self, file: &Path) -> bool {
        self.files.contains_key(file)
    }

    /// What a changed file was before; none for a file that did not change.
    pub fn before(&self, file: &Path) -> Result<Option<Before>, SinceError> {
        match self.files.get(file) {
            None => Ok(None),
            Some(None) => Ok(Some(Before::Nothing)),
            Some(Some(object)) => Ok(Some(Before::Bytes(self.content(object)?))),
        }
    }

    /// The files that are gone, with what they held: a new file may be one of them under another name.
    pub fn gone(&self) -> impl Iterator<Item = (&Path, Result<Vec<u8>, SinceError>)> {
        self.gone.iter().map(|(path, object)| (path.as_path(), self.content(object)))
    }

    fn content(&self, object: &str) -> Result<Vec<u8>, SinceError> {
        Ok(succeeded(ask(&self.root, &["cat-file", "blob", object])?)?.stdout)
    }
}

/// The numbers of the lines of `after` that are not in `before`.
pub fn new_lines(before: &str, after: &str) -> BTreeSet<u32> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut lines = BTreeSet::new();
    for change in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if change.tag() != DiffTag::Equal {
            lines.extend(change.new_range().map(|number| number as u32 + 1));
        }
    }
    lines
}

/// A file's real path, as Git gives the directory of a repository.
pub fn real(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (fs::canonicalize(parent), file.file_name()) {
        (Ok(parent), Some(name)) => parent.join(name),
        _ => file.to_owned(),
    }
}

fn ask(directory: &Path, arguments: &[&str]) -> Result<Output, SinceError> {
    git::command(OsStr::new("git"), directory).args(arguments).output().map_err(SinceError::Missing)
}

fn succeeded(output: Output) -> Result<Output, SinceError> {
    if output.status.success() { Ok(output) } else { Err(SinceError::Failed(git::said(&output))) }
}

fn one_line(output: Output) -> Option<String> {
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn is_shallow(root: &Path) -> Result<bool, SinceError> {
    Ok(one_line(ask(root, &["rev-parse", "--is-shallow-repository"])?).as_deref() == Some("true"))
}

/// What Git says of one file.
enum Record {
    /// It is there, and was this object before, or was not there.
    Now(PathBuf, Option<String>),
    /// It is not there any more, and was this object.
    Gone(PathBuf, String),
}

/// The records of `git diff --raw -z`: `:modes objects STATUS`, then one path, or two for what was renamed or copied.
fn records(raw: &[u8]) -> Vec<Record> {
    let mut fields = raw.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let Some(head) = fields.next().filter(|head| !head.is_empty()) {
        let head = String::from_utf8_lossy(head).into_owned();
        let words: Vec<&str> = head.split(' ').collect();
        let (Some(object), Some(status)) = (words.get(2), words.get(4)) else { break };
        let Some(mut path) = fields.next() else { break };
        if status.starts_with(['R', 'C']) {
            path = fields.next().unwrap_or(path);
        }
        let path = PathBuf::from(git::os_string(path));
        let is_new = object.bytes().all(|byte| byte == b'0');
        let object = (*object).to_owned();
        found.push(if status.starts_with('D') {
            Record::Gone(path, object)
        } else {
            Record::Now(path, (!is_new).then_some(object))
        });
    }
    found
}

#[cfg(test)]
mod tests;
