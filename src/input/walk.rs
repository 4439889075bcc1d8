//! Walk: finds the files to look at, and says what was passed over and why.
//!
//! The walk runs on several threads and hands each file to the caller on the thread that found it, so that reading and
//! scanning need no second stage. Files arrive in no particular order; whoever reports on them has to sort. Nothing is
//! decided here from a file's content: the caller says which names it wants and reads what it is given with
//! [`FoundFile::read`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::{fmt, thread};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::exclude::{self, Filter, GlobError, SkipReason, Skipped};
use super::roots::{self, Place, Roots};

/// The most that is ever read of one file, in bytes (1 GiB), whatever the options say. Decoding can make a text three
/// times as long as its file, and offsets must stay below 4 GiB.
pub const MAX_READ: u64 = 1 << 30;

/// The default of [`WalkOptions::max_file_size`], in bytes (16 MiB). Sources that people write stay below 1 MiB; beyond
/// that come bundles and data, which cost seconds to parse.
pub const DEFAULT_MAX_FILE_SIZE: u64 = 16 << 20;

/// What to look at.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own on the command line")]
pub struct WalkOptions {
    /// Tells by a file's name, behind that of its folder and a slash, whether files like it are wanted. Not asked about
    /// files that were named explicitly.
    pub wanted: fn(&str) -> bool,
    /// Honour `.gitignore`, `.ignore`, `.git/info/exclude` and Git's global excludes. Default: true.
    pub ignore_files: bool,
    /// Visit files and directories whose name starts with a dot. Default: true. The stores of version control (`.git`
    /// and its like) are never visited.
    pub hidden: bool,
    /// Pass over what [`exclude::DIRECTORIES`] and [`exclude::FILE_ENDINGS`] list. Default: true.
    pub default_excludes: bool,
    /// Globs of files and directories to pass over; see [`WalkOptions::base`]. Default: none.
    pub exclude: Vec<String>,
    /// When there are any: globs of the only files to look at, or of the directories they are in. Default: none.
    pub include: Vec<String>,
    /// The directory that globs with a slash are relative to. Default: the current directory.
    ///
    /// A glob without a slash matches a name at any depth, one with a slash matches a path from here. `*` does not
    /// cross a slash, `**` does; a slash at the end makes it match directories only.
    pub base: PathBuf,
    /// Pass over excluded files and directories, and files that are too large, even when they were named explicitly.
    /// For callers such as commit hooks, which name every file. Default: false.
    pub force_exclude: bool,
    /// Follow symbolic links to directories and files. Default: false. Files that can be reached by several names are
    /// then visited under each of them; loops are errors in the report.
    pub follow_links: bool,
    /// The size in bytes from which on files are not read. Default: [`DEFAULT_MAX_FILE_SIZE`]. Files named explicitly
    /// are read up to [`MAX_READ`].
    pub max_file_size: u64,
    /// How many threads to use; 0 (the default) means one per core, up to 12.
    pub threads: usize,
}

impl WalkOptions {
    /// The default options for files of the given kind of name.
    pub fn new(wanted: fn(&str) -> bool) -> Self {
        Self {
            wanted,
            ignore_files: true,
            hidden: true,
            default_excludes: true,
            exclude: Vec::new(),
            include: Vec::new(),
            base: PathBuf::new(),
            force_exclude: false,
            follow_links: false,
            max_file_size: DEFAULT_MAX_FILE_SIZE,
            threads: 0,
        }
    }
}

/// A file to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path as the user would write it: what was given and the way down from there, without a leading `./`.
    pub path: PathBuf,
    /// True when this very file was named by the user.
    pub explicit: bool,
    /// The largest size in bytes at which it is read.
    pub max_size: u64,
}

impl FoundFile {
    /// Reads the file into `buffer`, which is cleared first. On an error, what the buffer holds is of no use.
    ///
    /// Size and kind are those of the opened file: asking beforehand would cost a system call per file and could be
    /// wrong by the time it is read.
    pub fn read(&self, buffer: &mut Vec<u8>) -> Result<(), ReadError> {
        buffer.clear();
        let file = File::open(&self.path)?;
        let metadata = file.metadata()?;
        // A pipe can be given on purpose: `<(git show HEAD:a.py)`.
        if metadata.is_dir() || !(metadata.is_file() || self.explicit) {
            return Err(ReadError::NotAFile);
        }
        // Only a regular file has a size that says how much there is to read; a device may never end.
        let limit = if metadata.is_file() { self.max_size } else { self.max_size.min(DEFAULT_MAX_FILE_SIZE) };
        let size = metadata.len();
        if size > limit {
            return Err(ReadError::TooLarge { size, limit });
        }
        buffer.reserve(size as usize + 1);
        let size = file.take(limit.saturating_add(1)).read_to_end(buffer)? as u64;
        if size > limit { Err(ReadError::TooLarge { size, limit }) } else { Ok(()) }
    }
}

/// Why a file could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// It is larger than allowed.
    TooLarge {
        /// Its size in bytes, as far as known.
        size: u64,
        /// The largest size that is read.
        limit: u64,
    },
    /// It is a device, a socket or a directory.
    NotAFile,
    /// The system refused.
    Io(io::Error),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size, limit } => write!(f, "{size} bytes are more than the limit of {limit}"),
            Self::NotAFile => f.write_str("not a regular file"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

/// What a walk leaves behind.
#[derive(Debug)]
pub struct Walked<S> {
    /// The states of the threads, in no particular order.
    pub states: Vec<S>,
    /// What was seen.
    pub report: WalkReport,
}

/// What a walk has seen. What ignore files or a leading dot hide is not counted: it is not looked at to begin with.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct WalkReport {
    /// Directories that were entered.
    pub directories: u64,
    /// Files that were seen, wanted or not.
    pub files: u64,
    /// Those of them whose name says that they are not wanted.
    pub unwanted: u64,
    /// Those of them that were handed to the caller.
    pub visited: u64,
    /// What was passed over though its name is wanted.
    pub skipped: BTreeMap<SkipReason, Skipped>,
    /// What could not be looked at, in the order of paths.
    pub errors: Vec<WalkError>,
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WalkError {
    /// Which, when it is known.
    pub path: Option<PathBuf>,
    /// What went wrong.
    pub message: String,
}

impl WalkReport {
    /// Enters a file that was handed out but could not be read: among the skipped ones if it was too large, among the
    /// errors otherwise.
    pub fn add_unread(&mut self, path: &Path, error: &ReadError) {
        if let ReadError::TooLarge { .. } = error {
            self.skip(SkipReason::TooLarge, path.to_path_buf());
        } else {
            self.add_error(Some(path.to_path_buf()), error.to_string());
            self.errors.sort();
        }
    }

    fn skip(&mut self, reason: SkipReason, path: PathBuf) {
        self.skipped.entry(reason).or_default().add(path);
    }

    fn add_error(&mut self, path: Option<PathBuf>, message: String) {
        self.errors.push(WalkError { path, message });
    }

    /// Takes an error of the walker apart: where, and what.
    fn add_walker_error(&mut self, path: Option<&Path>, error: &ignore::Error) {
        let shown = |path: &Path| roots::shown(path);
        match error {
            ignore::Error::Partial(errors) => errors.iter().for_each(|error| self.add_walker_error(path, error)),
            ignore::Error::WithPath { path, err } => self.add_walker_error(Some(path), err),
            ignore::Error::WithDepth { err, .. } => self.add_walker_error(path, err),
            ignore::Error::WithLineNumber { line, err } => {
                self.add_error(path.map(shown), format!("line {line}: {err}"));
            }
            ignore::Error::Loop { ancestor, child } => {
                let message = format!("a symbolic link to {}, which it lies in", shown(ancestor).display());
                self.add_error(Some(shown(child)), message);
            }
            other => self.add_error(path.map(shown), other.to_string()),
        }
    }

    fn merge(&mut self, other: Self) {
        self.directories += other.directories;
        self.files += other.files;
        self.unwanted += other.unwanted;
        self.visited += other.visited;
        for (reason, skipped) in other.skipped {
            self.skipped.entry(reason).or_default().merge(skipped);
        }
        self.errors.extend(other.errors);
    }
}

/// Walks `paths` and calls `visit` with each file to look at, from several threads at once.
///
/// Each thread has a state of its own, made by `state` when the thread meets its first file and handed back at the end:
/// the place for buffers, parsers and results. Explicitly named files come first. A path given twice, or reached from
/// another given path too, is visited once. Errors never stop the walk; they are in the report. A panic in `visit`
/// comes out of this function once the other threads are done.
///
/// The only error returned is a glob that cannot be read; then nothing has been visited.
pub fn walk<S: Send>(
    paths: &[PathBuf],
    options: &WalkOptions,
    state: impl Fn() -> S + Sync,
    visit: impl Fn(&mut S, FoundFile) + Sync,
) -> Result<Walked<S>, GlobError> {
    let mut roots = Roots::new(paths);
    let filter = Filter::new(options)?;
    let mut report = WalkReport::default();
    for (path, error) in roots.broken.drain(..) {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let message = if missing { "no such file or directory".to_owned() } else { error.to_string() };
        report.add_error(Some(path), message);
    }
    if options.force_exclude {
        roots.retain(|root, is_directory| match filter.given(&root.absolute, is_directory) {
            Some(reason) => {
                report.skip(reason, root.shown.clone());
                false
            }
            None => true,
        });
    }
    let walk = Walk { options, filter, roots, state, visit, done: Mutex::new(Walked { states: Vec::new(), report }) };
    walk.files();
    walk.directories();
    let mut walked = walk.done.into_inner().unwrap_or_else(PoisonError::into_inner);
    walked.report.errors.sort();
    walked.report.errors.dedup();
    Ok(walked)
}

/// A walk under way; shared by its threads.
struct Walk<'o, S, N, V> {
    options: &'o WalkOptions,
    filter: Filter<'o>,
    roots: Roots,
    state: N,
    visit: V,
    done: Mutex<Walked<S>>,
}

impl<S: Send, N: Fn() -> S + Sync, V: Fn(&mut S, FoundFile) + Sync> Walk<'_, S, N, V> {
    /// Visits the explicitly named files.
    fn files(&self) {
        let files = &self.roots.files;
        let next = AtomicUsize::new(0);
        let work = || {
            let mut worker = Worker::new(self);
            while let Some(root) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                worker.report.files += 1;
                worker.hand_out(root.shown.clone(), true);
            }
        };
        let threads = self.threads().min(files.len());
        if threads < 2 {
            return work();
        }
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }

    /// Walks the directories.
    fn directories(&self) {
        let mut starts = self.roots.starts();
        let Some(first) = starts.next() else { return };
        let mut builder = WalkBuilder::new(first);
        starts.for_each(|start| {
            builder.add(start);
        });
        builder
            .standard_filters(self.options.ignore_files)
            .hidden(!self.options.hidden)
            .follow_links(self.options.follow_links)
            .threads(self.threads())
            .build_parallel()
            .visit(&mut Workers(self));
    }

    fn threads(&self) -> usize {
        match self.options.threads {
            0 => thread::available_parallelism().map_or(1, usize::from).min(12),
            threads => threads,
        }
    }
}

struct Workers<'w, 'o, S, N, V>(&'w Walk<'o, S, N, V>);

impl<'w, S: Send, N: Fn() -> S + Sync, V: Fn(&mut S, FoundFile) + Sync> ParallelVisitorBuilder<'w>
    for Workers<'w, '_, S, N, V>
{
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'w> {
        Box::new(Worker::new(self.0))
    }
}

/// The last two parts of a path.
fn tail(path: &str) -> &str {
    let mut separators = path.rmatch_indices(std::path::MAIN_SEPARATOR).map(|(at, _)| at + 1);
    separators.nth(1).map_or(path, |start| &path[start..])
}

/// One thread's part of a walk. When it is dropped, what it has gathered goes to the walk.
struct Worker<'w, 'o, S, N, V> {
    walk: &'w Walk<'o, S, N, V>,
    state: Option<S>,
    report: WalkReport,
}

impl<'w, 'o, S, N: Fn() -> S, V: Fn(&mut S, FoundFile)> Worker<'w, 'o, S, N, V> {
    fn new(walk: &'w Walk<'o, S, N, V>) -> Self {
        Self { walk, state: None, report: WalkReport::default() }
    }

    fn hand_out(&mut self, path: PathBuf, explicit: bool) {
        let options = self.walk.options;
        let max_size = if explicit && !options.force_exclude { MAX_READ } else { options.max_file_size.min(MAX_READ) };
        self.report.visited += 1;
        let state = self.state.get_or_insert_with(&self.walk.state);
        (self.walk.visit)(state, FoundFile { path, explicit, max_size });
    }

    /// Looks at something below a given directory; says whether to enter it.
    fn meet(&mut self, entry: &DirEntry) -> WalkState {
        let Some(kind) = entry.file_type() else {
            return WalkState::Continue;
        };
        if entry.depth() == 0 {
            self.report.directories += 1;
            return WalkState::Continue;
        }
        let name = entry.file_name().to_string_lossy();
        if kind.is_dir() {
            return self.meet_directory(entry, &name);
        }
        if kind.is_symlink() {
            self.skip(entry, SkipReason::SymbolicLink);
            return WalkState::Continue;
        }
        self.report.files += 1;
        if kind.is_file() && (self.walk.options.wanted)(tail(&entry.path().to_string_lossy())) {
            self.meet_file(entry, &name);
        } else {
            self.report.unwanted += 1;
        }
        WalkState::Continue
    }

    fn meet_directory(&mut self, entry: &DirEntry, name: &str) -> WalkState {
        let walk = self.walk;
        let Some(place) = walk.roots.place(entry.path(), entry.depth()) else {
            return WalkState::Continue;
        };
        if exclude::is_version_control(name) || walk.roots.is_given(&place, walk.options.follow_links) {
            return WalkState::Skip;
        }
        if let Some(reason) = walk.filter.directory(entry.path(), name, || place.absolute()) {
            self.report.skip(reason, place.shown());
            return WalkState::Skip;
        }
        self.report.directories += 1;
        WalkState::Continue
    }

    fn meet_file(&mut self, entry: &DirEntry, name: &str) {
        let walk = self.walk;
        let Some(place) = walk.roots.place(entry.path(), entry.depth()) else {
            return;
        };
        if walk.roots.is_given(&place, walk.options.follow_links) {
            return;
        }
        match walk.filter.file(name, || place.absolute()) {
            Some(reason) => self.report.skip(reason, place.shown()),
            None => self.hand_out(place.shown(), false),
        }
    }

    fn skip(&mut self, entry: &DirEntry, reason: SkipReason) {
        let shown = self.walk.roots.place(entry.path(), entry.depth()).as_ref().map(Place::shown);
        self.report.skip(reason, shown.unwrap_or_else(|| entry.path().to_path_buf()));
    }
}

impl<S: Send, N: Fn() -> S + Sync, V: Fn(&mut S, FoundFile) + Sync> ParallelVisitor for Worker<'_, '_, S, N, V> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => {
                if let Some(error) = entry.error() {
                    self.report.add_walker_error(Some(entry.path()), error);
                }
                self.meet(&entry)
            }
            Err(error) => {
                self.report.add_walker_error(None, &error);
                WalkState::Continue
            }
        }
    }
}

impl<S, N, V> Drop for Worker<'_, '_, S, N, V> {
    fn drop(&mut self) {
        let mut done = self.walk.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.states.extend(self.state.take());
        done.report.merge(std::mem::take(&mut self.report));
    }
}

#[cfg(test)]
mod tests;
