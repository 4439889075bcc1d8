//! What a walk passes over: the built-in table, and the user's globs.
//!
//! The table is short on purpose. Passing over real source loses findings, so a name is listed without a condition only
//! when nobody keeps own source under it; a name that people do use for source (`build`, `dist`, `env`) is listed with
//! the evidence that a tool made the directory. Not listed at all are `vendor`, `third_party`, `target` and `lib`: they
//! often hold source, and where they hold output, ignore files say so.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::roots;
use super::walk::WalkOptions;

/// A directory that is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryRule {
    /// Its name.
    pub name: &'static str,
    /// At least one of these must be in it (when there are any).
    pub holds: &'static [&'static str],
    /// At least one of these must stand beside it (when there are any).
    pub beside: &'static [&'static str],
}

const fn always(name: &'static str) -> DirectoryRule {
    DirectoryRule { name, holds: &[], beside: &[] }
}

/// Files that mark the root of a Python project.
const PYTHON_PROJECT: &[&str] = &["pyproject.toml", "setup.py", "setup.cfg"];
/// The file that marks the root of a JavaScript package.
const JAVASCRIPT_PACKAGE: &[&str] = &["package.json"];

/// The directories that are passed over by default.
pub const DIRECTORIES: &[DirectoryRule] = &[
    // Installed packages.
    always("node_modules"),
    always("bower_components"),
    always("jspm_packages"),
    always(".pnpm-store"),
    always(".yarn"),
    always("site-packages"),
    always("dist-packages"),
    always(".venv"),
    DirectoryRule { name: "venv", holds: &["pyvenv.cfg"], beside: &[] },
    DirectoryRule { name: "env", holds: &["pyvenv.cfg"], beside: &[] },
    always(".tox"),
    always(".nox"),
    always(".eggs"),
    // Caches.
    always("__pycache__"),
    always(".mypy_cache"),
    always(".pytest_cache"),
    always(".ruff_cache"),
    always(".ipynb_checkpoints"),
    always(".parcel-cache"),
    always(".turbo"),
    // Output of builds.
    always(".next"),
    always(".nuxt"),
    always(".output"),
    always(".svelte-kit"),
    always(".angular"),
    always(".serverless"),
    always(".aws-sam"),
    always("cdk.out"),
    DirectoryRule { name: "dist", holds: &[], beside: JAVASCRIPT_PACKAGE },
    DirectoryRule { name: "dist", holds: &[], beside: PYTHON_PROJECT },
    // Setuptools copies the package to `build/lib`; bundlers for the web write an entry page.
    DirectoryRule { name: "build", holds: &["lib"], beside: PYTHON_PROJECT },
    DirectoryRule { name: "build", holds: &["index.html", "asset-manifest.json"], beside: JAVASCRIPT_PACKAGE },
    DirectoryRule { name: "out", holds: &["index.html", "_next"], beside: JAVASCRIPT_PACKAGE },
    DirectoryRule { name: "coverage", holds: &["lcov.info", "lcov-report", "coverage-final.json"], beside: &[] },
];

/// The endings of file names that are passed over by default: scripts that a bundler wrote.
pub const FILE_ENDINGS: &[&str] =
    &[".min.js", ".min.mjs", ".min.cjs", ".bundle.js", "-bundle.js", ".bundle.mjs", ".chunk.js", ".chunk.mjs"];

/// The stores of version control, which are never visited unless named: they hold no source, whatever the options say.
const VERSION_CONTROL: &[&str] = &[".git", ".hg", ".svn", ".bzr", ".jj"];

/// Why a file or directory was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// A directory in the table of [`DIRECTORIES`].
    DefaultDirectory,
    /// A file in the table of [`FILE_ENDINGS`].
    DefaultFile,
    /// A glob to exclude matches.
    Excluded,
    /// There are globs to include and none matches.
    NotIncluded,
    /// A symbolic link that is not followed.
    SymbolicLink,
    /// A file larger than allowed.
    TooLarge,
}

impl SkipReason {
    /// The reason in words that fit after a path or a number of files: "… is larger than the size limit".
    pub fn phrase(self) -> &'static str {
        match self {
            Self::DefaultDirectory => "excluded by default: installed packages, caches or build output",
            Self::DefaultFile => "excluded by default: written by a bundler",
            Self::Excluded => "excluded by a glob",
            Self::NotIncluded => "matched by no glob to include",
            Self::SymbolicLink => "a symbolic link",
            Self::TooLarge => "larger than the size limit",
        }
    }
}

/// How many paths are kept as samples of a [`SkipReason`].
pub const SAMPLES: usize = 5;

/// What was passed over for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many files and directories. A directory counts once, whatever it holds.
    pub count: u64,
    /// The first [`SAMPLES`] of their paths in order.
    pub samples: BTreeSet<PathBuf>,
}

impl Skipped {
    pub(super) fn add(&mut self, path: PathBuf) {
        self.count += 1;
        self.sample(path);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        other.samples.into_iter().for_each(|path| self.sample(path));
    }

    /// Keeping the first of all, not the first seen, makes the samples the same in every run.
    fn sample(&mut self, path: PathBuf) {
        self.samples.insert(path);
        if self.samples.len() > SAMPLES {
            self.samples.pop_last();
        }
    }
}

pub(super) fn is_version_control(name: &str) -> bool {
    VERSION_CONTROL.contains(&name)
}

/// True when the table lists the directory at `path`. Looks at the disk only when a name has a condition.
fn is_default_directory(path: &Path, name: &str) -> bool {
    let any_in = |place: &Path, names: &[&str]| names.is_empty() || names.iter().any(|name| place.join(name).exists());
    DIRECTORIES
        .iter()
        .filter(|rule| rule.name == name)
        .any(|rule| any_in(path, rule.holds) && path.parent().is_some_and(|parent| any_in(parent, rule.beside)))
}

/// True when the table lists files of this name.
fn is_default_file(name: &str) -> bool {
    FILE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// A glob that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobError {
    /// The glob as given.
    pub glob: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a glob: {}", self.glob, self.message)
    }
}

impl std::error::Error for GlobError {}

/// Compiled globs; [`WalkOptions::base`] says what they mean.
#[derive(Debug, Clone, Default)]
struct Globs {
    files: GlobSet,
    directories: GlobSet,
}

impl Globs {
    fn new(globs: &[String]) -> Result<Self, GlobError> {
        let (mut files, mut directories) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        for given in globs {
            let error = |message: String| GlobError { glob: given.clone(), message };
            let add = |set: &mut GlobSetBuilder, glob: &str| {
                let glob = GlobBuilder::new(glob).literal_separator(true).build();
                glob.map(|glob| set.add(glob)).map(|_| ()).map_err(|problem| error(problem.kind().to_string()))
            };
            let (glob, directories_only) = normalise(given).ok_or_else(|| error("it is empty".to_owned()))?;
            if !directories_only {
                add(&mut files, &glob)?;
            }
            add(&mut directories, &glob)?;
            // What is in a directory that matches, matches: a walk may start inside of it.
            let inside = format!("{glob}/**");
            add(&mut files, &inside)?;
            add(&mut directories, &inside)?;
        }
        let build = |set: GlobSetBuilder| {
            set.build().map_err(|problem| GlobError { glob: globs.join(", "), message: problem.to_string() })
        };
        Ok(Self { files: build(files)?, directories: build(directories)? })
    }

    fn is_empty(&self) -> bool {
        self.directories.is_empty()
    }

    fn match_file(&self, path: &Path) -> bool {
        self.files.is_match(path)
    }

    fn match_directory(&self, path: &Path) -> bool {
        self.directories.is_match(path)
    }
}

/// The glob in the form in which it matches a path from the base, and whether it matches directories only.
fn normalise(given: &str) -> Option<(String, bool)> {
    let glob = given.trim_end_matches('/');
    let directories_only = glob.len() < given.len();
    let anchored = glob.contains('/');
    let glob = glob.strip_prefix("./").unwrap_or(glob).trim_start_matches('/');
    if glob.is_empty() || glob == "." {
        return None;
    }
    let glob = if anchored { glob.to_owned() } else { format!("**/{glob}") };
    Some((glob, directories_only))
}

/// What the options let through. The paths it is asked about are built only when there are globs to match.
pub(super) struct Filter<'o> {
    options: &'o WalkOptions,
    exclude: Globs,
    include: Globs,
    base: PathBuf,
}

impl<'o> Filter<'o> {
    pub(super) fn new(options: &'o WalkOptions) -> Result<Self, GlobError> {
        let (exclude, include) = (Globs::new(&options.exclude)?, Globs::new(&options.include)?);
        Ok(Self { options, exclude, include, base: roots::absolute(&options.base) })
    }

    /// Why a directory is passed over, if it is.
    pub(super) fn directory(&self, path: &Path, name: &str, absolute: impl FnOnce() -> PathBuf) -> Option<SkipReason> {
        if self.options.default_excludes && is_default_directory(path, name) {
            return Some(SkipReason::DefaultDirectory);
        }
        let excluded = !self.exclude.is_empty() && self.exclude.match_directory(self.seen_from_base(&absolute()));
        excluded.then_some(SkipReason::Excluded)
    }

    /// Why a file is passed over, if it is.
    pub(super) fn file(&self, name: &str, absolute: impl FnOnce() -> PathBuf) -> Option<SkipReason> {
        if self.options.default_excludes && is_default_file(name) {
            return Some(SkipReason::DefaultFile);
        }
        if self.exclude.is_empty() && self.include.is_empty() {
            return None;
        }
        let absolute = absolute();
        let path = self.seen_from_base(&absolute);
        if self.exclude.match_file(path) {
            Some(SkipReason::Excluded)
        } else if !self.include.is_empty() && !self.include.match_file(path) {
            Some(SkipReason::NotIncluded)
        } else {
            None
        }
    }

    /// A path as globs see it. What lies elsewhere keeps its whole path, which globs for names still match.
    fn seen_from_base<'p>(&self, absolute: &'p Path) -> &'p Path {
        absolute.strip_prefix(&self.base).unwrap_or(absolute)
    }

    /// Why a path that was named is passed over when names do not protect: it is excluded, or a directory on the way to
    /// it from the base is.
    pub(super) fn given(&self, absolute: &Path, is_directory: bool) -> Option<SkipReason> {
        let levels = self.seen_from_base(absolute).components().count();
        let way: Vec<&Path> = absolute.ancestors().take(levels).collect();
        way.iter().enumerate().rev().find_map(|(level, path)| {
            let name = path.file_name()?.to_string_lossy();
            if level > 0 || is_directory {
                self.directory(path, &name, || path.to_path_buf())
            } else {
                self.file(&name, || path.to_path_buf())
            }
        })
    }
}
