//! Modules: which file of a scan an import in another file means.
//!
//! Nothing is run and nothing installed is looked at: an import either leads to one of the scanned files or nowhere.
//! [`Modules`] knows them by their place in the sorted list of paths. Python's imports are looked up below the
//! directories that can be on its search path (`python`); those of JavaScript and TypeScript by the rules of Node and
//! the TypeScript compiler (`javascript`), where the packages of a workspace are found by their manifests, since a
//! clean checkout has nothing installed (`workspaces`). All of them see the same `tree` of files. What a module
//! exports, and whether a name is a module at all, is not known here.

mod aliases;
mod javascript;
mod manifests;
mod python;
mod tree;
mod workspaces;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustc_hash::FxHashMap;

use self::javascript::JavaScript;
use self::python::Python;
use self::tree::Tree;

/// Names a source file of a scan: its position in the sorted list of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Where the files lie that import a file without naming it: `from . import a`, `import "..";`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unnamed<'m> {
    /// There are none.
    Nowhere,
    /// In this directory or below it.
    Below(&'m Path),
    /// They can lie anywhere.
    Anywhere,
}

/// The source files of a scan, and the way from one to another. Can be used from several threads at once.
#[derive(Debug)]
pub struct Modules {
    tree: Arc<Tree>,
    python: Python,
    javascript: JavaScript,
}

impl Modules {
    /// Takes in the paths of the files and of what was scanned, both as the walk gives them. Costs no look at any of
    /// the files: manifests are read when an import asks for them.
    pub fn new(files: Vec<PathBuf>, roots: &[PathBuf]) -> Self {
        let tree = Arc::new(Tree::new(files, roots));
        Self { python: Python::default(), javascript: JavaScript::new(&tree), tree }
    }

    /// The path of a file, as it was given.
    pub fn path(&self, file: FileId) -> &Path {
        self.tree.path(file)
    }

    /// The file at a path, which may also lead there through symbolic links.
    pub fn id(&self, path: &Path) -> Option<FileId> {
        self.tree.id(path)
    }

    /// The file that Python imports as `module` (`pkg.sub.mod`, `.settings`, `..`; the dots as written). A directory
    /// that is no package by itself is no file. What `from pkg import sub` means is to be asked as `pkg.sub`; when that
    /// is no file, `sub` is a name in `pkg`.
    pub fn python(&self, from: FileId, module: &str) -> Option<FileId> {
        self.python.resolve(&self.tree, from, module)
    }

    /// The file that JavaScript or TypeScript imports by `specifier`.
    pub fn javascript(&self, from: FileId, specifier: &str) -> Option<FileId> {
        self.javascript.resolve(from, specifier)
    }

    /// Pieces of text of which at least one stands in any file that imports this one: its stem, the name of the
    /// directory that it is imported by, the names of packages and aliases that lead straight to it.
    pub fn names(&self, file: FileId) -> Vec<String> {
        let path = self.tree.absolute(file);
        let mut names = BTreeSet::new();
        if is_python(path) {
            python::names(path, &mut names);
        } else {
            self.javascript.names(file, &mut names);
        }
        names.into_iter().collect()
    }

    /// The pieces among [`Self::names`] that name the file; and where the files lie that import it without naming it.
    pub fn named(&self, file: FileId) -> (Vec<String>, Unnamed<'_>) {
        let path = self.tree.path(file);
        let mut names = self.names(file);
        let all = names.len();
        let below = if is_python(path) {
            names.retain(|name| name != python::UNNAMED);
            path.parent()
        } else {
            names.retain(|name| !javascript::DOTS.contains(&name.as_str()));
            path.parent().filter(|_| !self.javascript.is_entry(file))
        };
        match below {
            _ if names.len() == all => (names, Unnamed::Nowhere),
            Some(directory) => (names, Unnamed::Below(directory)),
            None => (names, Unnamed::Anywhere),
        }
    }

    /// All files.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        (0..self.tree.given().len() as u32).map(FileId)
    }

    /// The files in a directory or below it.
    pub fn below(&self, directory: &Path) -> impl Iterator<Item = FileId> {
        let files = self.tree.given();
        let start = files.partition_point(|path| path.as_path() < directory);
        let count = files[start..].partition_point(|path| path.starts_with(directory));
        (start as u32..(start + count) as u32).map(FileId)
    }

    /// The manifests that could not be made out so far, each with what is wrong and what helps, in the order of paths.
    pub fn problems(&self) -> Vec<(PathBuf, String)> {
        self.javascript.problems()
    }
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py" || extension == "pyi")
}

/// How many of the upper directories two paths share: the more, the nearer they are to each other.
fn shared(one: &Path, other: &Path) -> usize {
    one.components().zip(other.components()).take_while(|(one, other)| one == other).count()
}

/// The place nearest to `from`; None when several are equally near.
fn nearest<'p>(from: &Path, places: impl IntoIterator<Item = &'p PathBuf>) -> Option<&'p PathBuf> {
    let mut best: Option<(usize, &PathBuf)> = None;
    let mut tie = false;
    for place in places {
        let near = shared(from, place);
        match best {
            Some((nearest, _)) if near < nearest => {}
            Some((nearest, _)) if near == nearest => tie = true,
            _ => (best, tie) = (Some((near, place)), false),
        }
    }
    best.filter(|_| !tie).map(|(_, place)| place)
}

/// What has been found out about paths. Each is looked into once, and nobody waits for another path.
#[derive(Debug)]
struct Memo<T>(Mutex<FxHashMap<OsString, Arc<OnceLock<T>>>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Memo<T> {
    fn get(&self, path: &Path, find: impl FnOnce() -> T) -> T {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(cell) = cells.get(path.as_os_str()) {
                Arc::clone(cell)
            } else {
                Arc::clone(cells.entry(path.as_os_str().to_owned()).or_default())
            }
        };
        cell.get_or_init(find).clone()
    }
}

#[cfg(test)]
mod tests;
