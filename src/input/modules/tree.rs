//! The tree of the scanned files: what lies at a path, whichever way the path takes.
//!
//! Paths are compared as words, from the root of the file system; only where that finds nothing are symbolic links
//! looked for, directory by directory. So building the tree asks the file system next to nothing, and an import never
//! leads out of the scanned files.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{FileId, Memo};
use crate::input::roots;

/// How many links one path may lead through.
const MAX_LINKS: usize = 40;

/// What lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    File(FileId),
    /// A directory with scanned files somewhere below, or one above what was scanned, up to the repository's.
    Directory,
}

/// A place above scanned files.
#[derive(Debug)]
struct Root {
    /// From the root of the file system, by the words of the path alone.
    absolute: PathBuf,
    /// As it was given.
    shown: PathBuf,
}

/// The symbolic links in a directory, by name, and where they really lead.
type Links = Arc<HashMap<OsString, PathBuf>>;

#[derive(Debug)]
pub(super) struct Tree {
    given: Vec<PathBuf>,
    absolute: Vec<PathBuf>,
    entries: FxHashMap<OsString, Entry>,
    roots: Vec<Root>,
    /// The uppermost directories that are known.
    tops: FxHashSet<PathBuf>,
    current: PathBuf,
    /// Where directories above scanned files really are, and where they are by the words of the given paths.
    real: OnceLock<Vec<(PathBuf, PathBuf)>>,
    links: Memo<Links>,
}

impl Tree {
    pub(super) fn new(files: Vec<PathBuf>, roots: &[PathBuf]) -> Self {
        let current = roots::absolute(Path::new(""));
        let roots: Vec<_> =
            roots.iter().map(|root| Root { absolute: within(&current, root), shown: root.clone() }).collect();
        let mut tree = Self {
            absolute: all_within(&current, &files),
            given: files,
            entries: FxHashMap::default(),
            roots,
            tops: FxHashSet::default(),
            current,
            real: OnceLock::new(),
            links: Memo::default(),
        };
        tree.enter();
        tree
    }

    /// Enters the files, and the directories above them up to the repository's or to the scanned one.
    fn enter(&mut self) {
        self.entries.reserve(self.absolute.len() + self.absolute.len() / 4);
        for (number, path) in self.absolute.iter().enumerate() {
            self.entries.insert(path.clone().into_os_string(), Entry::File(FileId(number as u32)));
        }
        let tops = self.tops();
        let mut met: Option<&Path> = None;
        for parent in self.absolute.iter().filter_map(|path| path.parent()) {
            if met.replace(parent) == Some(parent) {
                continue;
            }
            let Some(top) = parent.ancestors().position(|directory| tops.contains(directory)) else { continue };
            for directory in parent.ancestors().take(top + 1) {
                if self.entries.contains_key(directory.as_os_str()) {
                    break;
                }
                self.entries.insert(directory.as_os_str().to_owned(), Entry::Directory);
            }
        }
        self.tops = tops;
    }

    /// For each given path, the directory of the repository it lies in; without one, itself or the directory it is in.
    fn tops(&self) -> FxHashSet<PathBuf> {
        let mut asked: FxHashMap<&Path, bool> = FxHashMap::default();
        let mut tops = FxHashSet::default();
        for root in &self.roots {
            let is_file = self.entries.contains_key(root.absolute.as_os_str());
            let directory = if is_file { root.absolute.parent() } else { Some(root.absolute.as_path()) };
            let Some(directory) = directory else { continue };
            let repository = directory
                .ancestors()
                .find(|directory| *asked.entry(directory).or_insert_with(|| directory.join(".git").exists()));
            let without = if is_file && directory.starts_with(&self.current) { &self.current } else { directory };
            tops.insert(repository.unwrap_or(without).to_owned());
        }
        tops
    }

    /// The path of a file, as it was given.
    pub(super) fn path(&self, file: FileId) -> &Path {
        self.given.get(file.0 as usize).map_or(Path::new(""), PathBuf::as_path)
    }

    /// The paths of all files as they were given, sorted.
    pub(super) fn given(&self) -> &[PathBuf] {
        &self.given
    }

    /// The path of a file from the root of the file system, by the words of the given path.
    pub(super) fn absolute(&self, file: FileId) -> &Path {
        self.absolute.get(file.0 as usize).map_or(Path::new(""), PathBuf::as_path)
    }

    /// The paths of all files, from the root of the file system.
    pub(super) fn files(&self) -> &[PathBuf] {
        &self.absolute
    }

    /// The file at any path that leads to it.
    pub(super) fn id(&self, path: &Path) -> Option<FileId> {
        let absolute = within(&self.current, path);
        self.file(&absolute).or_else(|| {
            let real = fs::canonicalize(path).ok()?;
            self.file(&real).or_else(|| self.file(&self.by_words(&real)?))
        })
    }

    /// The file at an absolute path.
    pub(super) fn file(&self, path: &Path) -> Option<FileId> {
        match self.find(path)? {
            Entry::File(file) => Some(file),
            Entry::Directory => None,
        }
    }

    /// True for a directory that [`Entry::Directory`] describes.
    pub(super) fn is_directory(&self, path: &Path) -> bool {
        self.find(path) == Some(Entry::Directory)
    }

    /// True for a directory that lies further up than anything that belongs to the scanned files.
    pub(super) fn is_above(&self, directory: &Path) -> bool {
        !self.entries.contains_key(directory.as_os_str()) && self.tops.iter().any(|top| top.starts_with(directory))
    }

    /// What lies at an absolute path, possibly through links.
    pub(super) fn find(&self, path: &Path) -> Option<Entry> {
        if let Some(entry) = self.entries.get(path.as_os_str()) {
            return Some(*entry);
        }
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            path = self.through_link(&path)?;
            if let Some(entry) = self.entries.get(path.as_os_str()) {
                return Some(*entry);
            }
        }
        None
    }

    /// The path with its first link followed, when there is one below the directories that are known.
    fn through_link(&self, path: &Path) -> Option<PathBuf> {
        let known = |directory: &Path| self.entries.get(directory.as_os_str()) == Some(&Entry::Directory);
        let mut name = path;
        let directory = loop {
            let parent = name.parent()?;
            if known(parent) {
                break parent;
            }
            name = parent;
        };
        let target = self.by_words(self.links(directory).get(name.file_name()?)?)?;
        let rest = path.strip_prefix(name).ok()?;
        Some(if rest.as_os_str().is_empty() { target } else { target.join(rest) })
    }

    fn links(&self, directory: &Path) -> Links {
        self.links.get(directory, || Arc::new(links_in(directory)))
    }

    /// True when there is a link of that name in a directory, with or without a source file's ending.
    pub(super) fn has_link(&self, directory: &Path, stem: &str) -> bool {
        let is_meant = |name: &OsString| Path::new(name).file_stem().is_some_and(|name| name == stem);
        self.links(directory).keys().any(is_meant)
    }

    /// The path of a real place as the given paths have it.
    fn by_words(&self, real: &Path) -> Option<PathBuf> {
        let places = self.real.get_or_init(|| self.real_places());
        let (place, words) = places.iter().find(|(place, _)| real.starts_with(place))?;
        let rest = real.strip_prefix(place).ok()?;
        Some(if rest.as_os_str().is_empty() { words.clone() } else { words.join(rest) })
    }

    /// The real places of the given directories, and of those that given files are in; the deepest first.
    fn real_places(&self) -> Vec<(PathBuf, PathBuf)> {
        let mut directories = FxHashSet::default();
        let mut places = Vec::new();
        for root in &self.roots {
            let mut place = root.absolute.as_path();
            if self.entries.get(place.as_os_str()).is_some_and(|entry| *entry != Entry::Directory) {
                if let (true, Ok(real)) = (place.is_symlink(), fs::canonicalize(place)) {
                    places.push((real, place.to_owned()));
                }
                place = place.parent().unwrap_or(place);
            }
            if directories.insert(place)
                && let Ok(real) = fs::canonicalize(place)
            {
                places.push((real, place.to_owned()));
            }
        }
        places.sort_by_key(|(real, words)| (std::cmp::Reverse(real.components().count()), words.clone()));
        places
    }

    /// A path as the user would write it: what was given and the way down from there.
    pub(super) fn shown(&self, path: &Path) -> PathBuf {
        let below = |root: &Root| path.strip_prefix(&root.absolute).ok().map(|rest| root.shown.join(rest));
        let given = self.roots.iter().find_map(below).map(|path| roots::shown(&path));
        given.or_else(|| path.strip_prefix(&self.current).ok().map(Path::to_owned)).unwrap_or_else(|| path.to_owned())
    }
}

/// The links in a directory that lead anywhere.
fn links_in(directory: &Path) -> HashMap<OsString, PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
        .filter_map(|entry| Some((entry.file_name(), fs::canonicalize(entry.path()).ok()?)))
        .collect()
}

/// A path from the root of the file system, when it starts in a directory, by the words alone.
pub(super) fn within(directory: &Path, path: &Path) -> PathBuf {
    let mut whole = directory.to_owned();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            other => whole.push(other),
        }
    }
    whole
}

/// [`within`] for all of them; most stand beside the one before.
fn all_within(current: &Path, files: &[PathBuf]) -> Vec<PathBuf> {
    let mut last: Option<(&Path, PathBuf)> = None;
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        let (Some(parent), Some(name)) = (file.parent(), file.file_name()) else {
            all.push(within(current, file));
            continue;
        };
        let directory = match last.take() {
            Some((same, directory)) if same.as_os_str() == parent.as_os_str() => directory,
            _ => within(current, parent),
        };
        all.push(directory.join(name));
        last = Some((parent, directory));
    }
    all
}
