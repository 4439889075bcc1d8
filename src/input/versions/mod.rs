//! Versions: which versions of a package the project of a file uses, as its manifests and lock files state it.
//!
//! The nearest directory upwards from the file that says something about the package answers. There, lock files win
//! over manifests; a lock file further up answers for a manifest when it says that it covers that directory (a
//! workspace). What no file states stays unknown: nothing is asked of a registry, and no default is assumed. Several
//! statements that may each be in force are joined, so that [`Known::at_least`] and [`Known::below`] are true only
//! where all of them agree.
//!
//! Read are, for Python: requirements files (in UTF-16 too) and what they include, `pyproject.toml` (PEP 621,
//! dependency groups, Poetry, PDM, uv, Hatch), `setup.cfg`, `Pipfile`, Conda environments, `uv.lock`, `poetry.lock`,
//! `pdm.lock`, `pylock.toml`, `Pipfile.lock`; for JavaScript: `package.json`, `package-lock.json`,
//! `npm-shrinkwrap.json`, `yarn.lock`, `pnpm-lock.yaml`, `bun.lock`. Code that states dependencies (`setup.py`) is not
//! run, and what happens to be installed is not looked at.

mod javascript;
pub(super) mod json;
mod notation;
mod permitted;
mod python;
mod requirements;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub use notation::Notation;
pub use permitted::{Interval, Permitted};
pub(crate) use requirements::{is_compiled, normalised};

use super::roots;
use super::text::{Decoded, decode};

/// The most that is read of one manifest or lock file, in bytes (32 MiB).
pub const MAX_SIZE: u64 = 32 << 20;

/// Whose packages are meant: one name can stand for a package in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ecosystem {
    /// Packages that Python imports. Names are compared after PEP 503: `A_b.c` is `a-b-c`.
    Python,
    /// Packages that JavaScript and TypeScript import, by the name that stands in the import.
    JavaScript,
}

/// What is known about the version of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The versions that may be installed.
    pub permitted: Permitted,
    /// The file that says so: the root as it was given, and the way down from there.
    pub source: PathBuf,
    /// The line there, from 1, where it can be told.
    pub line: Option<u32>,
    /// What the manifest permits, when a lock file answered. Whoever installs without the lock file (users of a
    /// library do) may get any of these.
    pub declared: Option<Box<Known>>,
}

impl Known {
    /// True when it is certain that the installed version is not below `version`.
    pub fn at_least(&self, version: &str) -> bool {
        self.permitted.at_least(version)
    }

    /// True when it is certain that the installed version is below `version`.
    pub fn below(&self, version: &str) -> bool {
        self.permitted.below(version)
    }

    /// True when the version is known to be exactly one.
    pub fn exact(&self) -> bool {
        self.permitted.only().is_some()
    }
}

/// A manifest or lock file that could not be read, or a line of it. Versions that it states are unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as in [`Known::source`].
    pub path: PathBuf,
    /// The line, from 1, where it can be told.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Looks versions up and remembers what it has read. Can be used from several threads at once.
#[derive(Debug)]
pub struct Versions {
    files: Files,
    python: Cache<python::Directory>,
    javascript: Cache<javascript::Directory>,
}

/// What is known of each directory. A cell, so that a directory is read once and no other has to wait for it.
type Cache<T> = Mutex<HashMap<PathBuf, Arc<OnceLock<T>>>>;

impl Versions {
    /// Will look at directories from a file's own up to `root`, never above. A root that does not exist knows nothing.
    pub fn new(root: &Path) -> Self {
        let given = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let files = Files {
            root: fs::canonicalize(given).ok(),
            shown: roots::shown(root),
            problems: Mutex::new(BTreeSet::new()),
        };
        Self { files, python: Mutex::default(), javascript: Mutex::default() }
    }

    /// What the nearest directory that says something about the package says. None when none does, or when the file
    /// does not lie below the root.
    pub fn of(&self, file: &Path, ecosystem: Ecosystem, package: &str) -> Option<Known> {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let start = fs::canonicalize(parent).ok()?;
        let root = self.files.root.as_ref()?;
        let upwards: Vec<&Path> = start.ancestors().take_while(|directory| directory.starts_with(root)).collect();
        match ecosystem {
            Ecosystem::Python => python::look_up(&upwards, &requirements::normalised(package), |directory| {
                cached(&self.python, directory, || python::Directory::read(&self.files, directory))
            }),
            Ecosystem::JavaScript => javascript::look_up(&upwards, package, |directory| {
                cached(&self.javascript, directory, || javascript::Directory::read(&self.files, directory))
            }),
        }
    }

    /// What could not be read so far, each once, in the order of paths and lines.
    pub fn problems(&self) -> Vec<Problem> {
        self.files.problems.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

fn cached<T>(cache: &Cache<T>, directory: &Path, read: impl FnOnce() -> T) -> Arc<OnceLock<T>> {
    let cell = {
        let mut cells = cache.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(directory.to_owned()).or_default())
    };
    cell.get_or_init(read);
    cell
}

/// The path from one directory down to another, with forward slashes; empty for the same directory.
fn way_down(from: &Path, to: &Path) -> String {
    to.strip_prefix(from).unwrap_or(to).to_string_lossy().replace('\\', "/")
}

/// Reads files below the root and notes what cannot be read.
#[derive(Debug)]
struct Files {
    /// Where the root really is.
    root: Option<PathBuf>,
    /// The root as the user would write it.
    shown: PathBuf,
    problems: Mutex<BTreeSet<Problem>>,
}

/// What came of reading a file.
#[derive(Debug)]
enum Content {
    Text(String),
    /// There is none, or none that is to be looked at.
    Absent,
    /// There is one that cannot be read. The problem is noted.
    Broken,
}

impl Files {
    /// Reads a text file. A link that leads out of the root is not followed.
    fn read(&self, path: &Path) -> Content {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Content::Absent;
            }
            Err(error) => {
                self.problem(path, None, &format!("cannot be read: {error}"));
                return Content::Broken;
            }
        };
        if !self.root.as_ref().is_some_and(|root| real.starts_with(root)) {
            self.problem(path, None, "leads out of the directory that is looked at, so it was not read");
            return Content::Absent;
        }
        match text_of(&real) {
            Ok(Some(text)) => Content::Text(text),
            Ok(None) => Content::Absent,
            Err(message) => {
                self.problem(path, None, &message);
                Content::Broken
            }
        }
    }

    /// The names of what is in a directory, in order.
    fn names(&self, directory: &Path) -> Vec<String> {
        let inside = |real: PathBuf| self.root.as_ref().is_some_and(|root| real.starts_with(root));
        if !fs::canonicalize(directory).is_ok_and(inside) {
            return Vec::new();
        }
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn problem(&self, path: &Path, line: Option<u32>, message: &str) {
        let problem = Problem { path: self.shown(path), line, message: message.to_owned() };
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).insert(problem);
    }

    /// A path as the user would write it.
    fn shown(&self, path: &Path) -> PathBuf {
        let below = self.root.as_ref().and_then(|root| path.strip_prefix(root).ok());
        below.map_or_else(|| path.to_owned(), |below| self.shown.join(below))
    }
}

/// The text of a regular file; None for anything else.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, String> {
    let cannot = |error: std::io::Error| format!("cannot be read: {error}");
    // Asked first, because opening a pipe would wait for a writer.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(cannot)?.take(MAX_SIZE + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > MAX_SIZE {
        return Err(format!("is larger than the limit of {} MiB", MAX_SIZE >> 20));
    }
    match decode(bytes) {
        Decoded::Text(text) => Ok(Some(text.text)),
        Decoded::Binary => Err("is not text".to_owned()),
    }
}

#[cfg(test)]
mod tests;
