//! Python's imports: which file a dotted name means.
//!
//! A relative import says where it leads. For any other, Python searches the directories on its path, which depend on
//! how a program is started and what is installed. What can be told from the tree: a script's own directory is on the
//! path, and so is the directory that holds a package when the package is imported; programs are started from the
//! directories above; and what a project's manifest names as the place of its packages is on the path once the project
//! is installed. These are asked in this order, nearest first; then the projects elsewhere in the tree.
//!
//! A directory inside a package is not asked (`app/json.py` is not what `import json` in `app/main.py` means), and a
//! directory without `__init__.py` is never the answer, though files below it are: so a folder of examples that is
//! named like an installed package does not pass for it.

mod layout;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rustc_hash::{FxHashMap, FxHashSet};

use self::layout::Layouts;
use super::tree::Tree;
use super::{FileId, is_python, nearest, shared};

/// The files that make a directory a package.
const PACKAGE: [&str; 2] = ["__init__.py", "__init__.pyi"];

/// What is known of the Python projects in a tree.
#[derive(Debug, Default)]
pub(super) struct Python {
    layouts: Layouts,
    known: OnceLock<Known>,
    /// By the first word of a module's name: the directories below which installed projects have it.
    projects: OnceLock<FxHashMap<String, Vec<PathBuf>>>,
}

/// What the paths alone say; most imports are of what is not in the tree, and this tells so at once.
#[derive(Debug, Default)]
struct Known {
    /// The directories that are packages.
    packages: FxHashSet<OsString>,
    /// The names that the first word of a module can have: those of modules and of directories.
    words: FxHashSet<OsString>,
}

impl Known {
    fn new(tree: &Tree) -> Self {
        let mut known = Self::default();
        for file in tree.files().iter().filter(|file| is_python(file)) {
            known.words.extend(file.file_stem().map(ToOwned::to_owned));
            let mut above = file.ancestors().skip(1);
            if is_init(file) {
                known.packages.extend(file.parent().map(|directory| directory.as_os_str().to_owned()));
            }
            for name in above.by_ref().map_while(Path::file_name) {
                if !known.words.contains(name) {
                    known.words.insert(name.to_owned());
                }
            }
        }
        known
    }

    fn is_package(&self, directory: &Path) -> bool {
        self.packages.contains(directory.as_os_str())
    }
}

/// What a search directory says about a module.
enum Found {
    /// It has the package or module of the first word, so no other directory is asked.
    Answer(Option<FileId>),
    /// It has the file, below a directory that is no package; a package elsewhere goes before.
    Namespace(FileId),
    Nothing,
}

impl Python {
    pub(super) fn resolve(&self, tree: &Tree, from: FileId, module: &str) -> Option<FileId> {
        let directory = tree.absolute(from).parent()?;
        let name = module.trim_start_matches('.');
        let dots = module.len() - name.len();
        if dots > 0 {
            let package = directory.ancestors().nth(dots - 1)?;
            return if name.is_empty() { init_of(tree, package) } else { file_of(tree, package, name) };
        }
        if name.is_empty() {
            return None;
        }
        match self.search(tree, directory, name) {
            Found::Answer(answer) => answer,
            Found::Namespace(file) => Some(file),
            Found::Nothing => self.in_projects(tree, directory, name),
        }
    }

    fn known(&self, tree: &Tree) -> &Known {
        self.known.get_or_init(|| Known::new(tree))
    }

    /// Asks the directories around a file.
    fn search(&self, tree: &Tree, directory: &Path, name: &str) -> Found {
        let known = self.known(tree);
        let word = first_word(name);
        let is_known = known.words.contains(OsStr::new(word));
        let mut namespace = Found::Nothing;
        let ask = |base: &Path, namespace: &mut Found| {
            if !is_known && !tree.has_link(base, word) {
                return None;
            }
            match below(tree, base, name) {
                Found::Answer(answer) => Some(answer),
                found @ Found::Namespace(_) if matches!(namespace, Found::Nothing) => {
                    *namespace = found;
                    None
                }
                _ => None,
            }
        };
        for base in outside_packages(known, directory).ancestors().take_while(|base| tree.is_directory(base)) {
            if known.is_package(base) {
                continue;
            }
            if let Some(answer) = ask(base, &mut namespace) {
                return Found::Answer(answer);
            }
            for place in self.layouts.of(tree, base).places() {
                if let Some(answer) = ask(place, &mut namespace) {
                    return Found::Answer(answer);
                }
            }
        }
        namespace
    }

    /// Asks the projects of the whole tree. Of several that have it the nearest answers, if one is.
    fn in_projects(&self, tree: &Tree, directory: &Path, name: &str) -> Option<FileId> {
        let projects = self.projects.get_or_init(|| self.all_projects(tree));
        let bases = projects.get(first_word(name))?;
        let (mut packages, mut namespaces) = (Vec::new(), Vec::new());
        for base in bases {
            match below(tree, base, name) {
                Found::Answer(_) => packages.push(base),
                Found::Namespace(_) => namespaces.push(base),
                Found::Nothing => {}
            }
        }
        let bases = if packages.is_empty() { namespaces } else { packages };
        match below(tree, nearest(directory, bases)?, name) {
            Found::Answer(answer) => answer,
            Found::Namespace(file) => Some(file),
            Found::Nothing => None,
        }
    }

    /// The projects, told by their manifests, that have packages.
    fn all_projects(&self, tree: &Tree) -> FxHashMap<String, Vec<PathBuf>> {
        let mut projects: FxHashMap<String, Vec<PathBuf>> = FxHashMap::default();
        let known = self.known(tree);
        for file in tree.files().iter().filter(|file| is_init(file)) {
            let Some(package) = file.parent() else { continue };
            if package.parent().is_none_or(|above| known.is_package(above)) {
                continue;
            }
            if let Some((base, word)) = self.base_of(tree, package) {
                let bases = projects.entry(word).or_default();
                if !bases.contains(&base) {
                    bases.push(base);
                }
            }
        }
        projects
    }

    /// The directory from which an installed project imports a package, and the first word by which it does.
    fn base_of(&self, tree: &Tree, package: &Path) -> Option<(PathBuf, String)> {
        let mut above = package.ancestors().skip(1).take_while(|directory| tree.is_directory(directory));
        let project = above.find(|directory| self.layouts.of(tree, directory).is_project())?;
        let layout = self.layouts.of(tree, project);
        let places = layout.places().iter().map(PathBuf::as_path).filter(|place| package.starts_with(place));
        let base = places.max_by_key(|place| shared(package, place)).unwrap_or(project);
        let word = package.strip_prefix(base).ok()?.components().next()?;
        Some((base.to_owned(), word.as_os_str().to_str()?.to_owned()))
    }
}

/// The nearest directory, from the given one upwards, that is no package.
fn outside_packages<'p>(known: &Known, directory: &'p Path) -> &'p Path {
    directory.ancestors().find(|directory| !known.is_package(directory)).unwrap_or(directory)
}

fn is_init(file: &Path) -> bool {
    file.file_name().is_some_and(|name| PACKAGE.iter().any(|init| name == *init))
}

fn init_of(tree: &Tree, directory: &Path) -> Option<FileId> {
    PACKAGE.iter().find_map(|name| tree.file(&directory.join(name)))
}

/// What Python finds when `base` is on its path.
fn below(tree: &Tree, base: &Path, name: &str) -> Found {
    let word = first_word(name);
    match file_of(tree, base, word) {
        Some(module) if word.len() == name.len() => Found::Answer(Some(module)),
        // The first word decides: when the package has no such module, none further away is meant.
        Some(_) => Found::Answer(file_of(tree, base, name)),
        None if word.len() == name.len() || !tree.is_directory(&base.join(word)) => Found::Nothing,
        None => file_of(tree, base, name).map_or(Found::Nothing, Found::Namespace),
    }
}

/// The file of a module below a directory. A package goes before a module, source before its types.
fn file_of(tree: &Tree, base: &Path, name: &str) -> Option<FileId> {
    let mut path = base.to_owned();
    path.extend(name.split('.').filter(|word| !word.is_empty()));
    let is_directory = tree.is_directory(&path);
    let package = |init: &str| is_directory.then(|| tree.file(&path.join(init))).flatten();
    let module = |extension: &str| {
        let mut file = path.clone().into_os_string();
        file.push(extension);
        tree.file(Path::new(&file))
    };
    let [init, stub] = PACKAGE;
    package(init).or_else(|| module(".py")).or_else(|| package(stub)).or_else(|| module(".pyi"))
}

fn first_word(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// What stands where a package is imported without its name: `from . import a`.
pub(super) const UNNAMED: &str = "from .";

/// Adds the words that stand where a file is imported.
pub(super) fn names(path: &Path, names: &mut BTreeSet<String>) {
    debug_assert!(is_python(path));
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    if stem == "__init__" {
        let directory = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        names.extend(directory.map(str::to_owned));
        names.insert(UNNAMED.to_owned());
    } else {
        names.insert(stem.to_owned());
    }
}

#[cfg(test)]
mod tests;
