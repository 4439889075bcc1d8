//! Dirty files: those whose present content could not be brought back with Git.
//!
//! That is content that differs from what is committed and staged, content with a merge conflict, and untracked files,
//! which Git has never seen. Staged content is safe: `git restore FILE` brings it back, and `git diff` shows the fix
//! alone, which is also what a commit hook needs. `cargo fix` draws the line at the same place but for staged files,
//! for which it wants a second option; linters such as Ruff and ESLint do not ask at all. Files that Git ignores, or
//! that lie in no work tree, count as clean: nobody expects Git to keep them.
//!
//! The `git` program is asked, not a library. Whether a file has changed depends on the index, on attributes, on line
//! end settings and on filters, and the user's own Git has the say; the `gix` crate would bring some 130 crates with it
//! (as of 0.90) for one question that a user who has a work tree can have answered by the program that made it. No
//! shell is run, no lock is taken, and the file system monitor that a repository may name is not started.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use crate::input::git;

/// How many bytes of paths are handed over at once. Windows allows 32 KiB, other systems more.
const MAX_ARGUMENTS: usize = 16 << 10;

/// Why Git could not say which files are dirty.
#[derive(Debug)]
pub enum GitError {
    /// The program is not there, or cannot be started.
    Missing(io::Error),
    /// It stopped with an error.
    Failed {
        /// The work tree that it was asked about.
        tree: PathBuf,
        /// What it said.
        message: String,
    },
}

impl GitError {
    /// What the user can do about it.
    pub fn cure(&self) -> &'static str {
        match self {
            Self::Missing(_) => "install Git, or pass `--allow-dirty` to change files all the same",
            Self::Failed { .. } => "mend the repository, or pass `--allow-dirty` to change files all the same",
        }
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(error) => write!(f, "cannot run `git` to see which files have uncommitted changes: {error}"),
            Self::Failed { tree, message } => {
                write!(f, "{}: Git cannot say which files have uncommitted changes: {message}", tree.display())
            }
        }
    }
}

impl std::error::Error for GitError {}

/// Which of the files Git could not bring back as they are now, in the order of their paths. `git` is not run when none
/// of them lies in a work tree.
pub fn dirty<P: AsRef<Path>>(paths: &[P]) -> Result<Vec<PathBuf>, GitError> {
    dirty_by(OsStr::new("git"), paths)
}

/// As [`dirty`], with the program to run.
pub(super) fn dirty_by<P: AsRef<Path>>(program: &OsStr, paths: &[P]) -> Result<Vec<PathBuf>, GitError> {
    let mut trees: BTreeMap<PathBuf, BTreeMap<PathBuf, &Path>> = BTreeMap::new();
    for path in paths {
        let path = path.as_ref();
        if let Some((tree, below)) = place(path) {
            trees.entry(tree).or_default().insert(below, path);
        }
    }
    let mut found = Vec::new();
    for (tree, files) in &trees {
        for below in status(program, tree, files.keys())? {
            // Git may spell a name in another way on systems that take several for the same.
            found.push(files.get(&below).map_or_else(|| tree.join(&below), |path| (*path).to_owned()));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The work tree that a file lies in, and the way down to it. None outside of any, and for a file that is not there.
fn place(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = fs::canonicalize(parent).ok()?;
    let tree = directory.ancestors().find(|directory| fs::symlink_metadata(directory.join(".git")).is_ok())?;
    let below = directory.strip_prefix(tree).ok()?.join(path.file_name()?);
    Some((tree.to_owned(), below))
}

fn status<'f>(
    program: &OsStr,
    tree: &Path,
    files: impl Iterator<Item = &'f PathBuf>,
) -> Result<Vec<PathBuf>, GitError> {
    let mut found = Vec::new();
    let mut batch: Vec<&OsStr> = Vec::new();
    let mut size = 0;
    for file in files {
        if size + file.as_os_str().len() > MAX_ARGUMENTS && !batch.is_empty() {
            found.extend(batch_status(program, tree, &batch)?);
            batch.clear();
            size = 0;
        }
        size += file.as_os_str().len() + 1;
        batch.push(file.as_os_str());
    }
    if !batch.is_empty() {
        found.extend(batch_status(program, tree, &batch)?);
    }
    Ok(found)
}

fn batch_status(program: &OsStr, tree: &Path, files: &[&OsStr]) -> Result<Vec<PathBuf>, GitError> {
    let mut command = git::command(program, tree);
    command.args(["--literal-pathspecs", "status", "--porcelain=v1", "-z"]);
    command.args(["--untracked-files=all", "--ignored=no", "--no-renames", "--"]).args(files);
    let output = command.output().map_err(GitError::Missing)?;
    if !output.status.success() {
        return Err(GitError::Failed { tree: tree.to_owned(), message: git::said(&output) });
    }
    Ok(output.stdout.split(|byte| *byte == 0).filter_map(dirty_path).collect())
}

/// The path of one record, `XY PATH`: X tells the index from the commit, Y the work tree from the index.
fn dirty_path(record: &[u8]) -> Option<PathBuf> {
    let (state, path) = (record.get(..2)?, record.get(3..)?);
    let is_conflict = state.contains(&b'U') || state == b"AA" || state == b"DD";
    (is_conflict || state[1] != b' ').then(|| PathBuf::from(git::os_string(path)))
}
