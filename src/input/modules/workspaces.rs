//! Workspaces: the JavaScript packages that a tree holds, told by their manifests.
//!
//! In a clean checkout nothing is installed and nothing is built: no `node_modules` leads to the other packages of the
//! workspace, and what their manifests name as entry points (`dist/index.js`) is not there. So packages are found by
//! their names, the nearest first, and built files stand for the sources that they are built from.
//!
//! [`View`] is the file system as the resolver is to see it: the scanned files, the manifests, nothing else.

use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use oxc_resolver::{FileMetadata, FileSystem, ResolveError};
use rustc_hash::{FxHashMap, FxHashSet};

use super::manifests::{Manifests, PACKAGE};
use super::tree::{Entry, Tree};
use super::{FileId, is_python, nearest};

/// The endings of source files, in the order in which they are tried. Declarations say least.
pub(super) const ENDINGS: [&str; 11] =
    [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".d.ts", ".d.mts", ".d.cts"];

/// Where the sources of a package are, from its own directory.
pub(super) const SOURCES: [&str; 3] = ["src", "source", "lib"];

/// Directories that builds write to, and those in them that tell apart what is written.
const BUILT: &[&str] = &[
    "build",
    "cjs",
    "commonjs",
    "dist",
    "dist-cjs",
    "dist-es",
    "dist-esm",
    "dist-types",
    "dts",
    "es",
    "es2015",
    "es6",
    "esm",
    "lib",
    "module",
    "out",
    "output",
    "typings",
    "types",
    "umd",
];

/// The packages of a tree.
#[derive(Debug, Default)]
struct Packages {
    by_name: FxHashMap<String, Vec<PathBuf>>,
    /// All directories with JavaScript files below.
    directories: Vec<PathBuf>,
    /// Those of them in which a package starts.
    starts: FxHashSet<PathBuf>,
}

#[derive(Debug)]
pub(super) struct Workspaces {
    pub(super) tree: Arc<Tree>,
    pub(super) manifests: Manifests,
    packages: OnceLock<Packages>,
}

impl Workspaces {
    pub(super) fn new(tree: &Arc<Tree>) -> Self {
        Self { tree: Arc::clone(tree), manifests: Manifests::new(tree), packages: OnceLock::new() }
    }

    fn packages(&self) -> &Packages {
        self.packages.get_or_init(|| {
            let mut packages = Packages { directories: self.directories(), ..Packages::default() };
            for directory in &packages.directories {
                let Some(package) = self.manifests.package(directory) else { continue };
                packages.starts.insert(directory.clone());
                if let Some(name) = package.name() {
                    packages.by_name.entry(name.to_owned()).or_default().push(directory.clone());
                }
            }
            packages
        })
    }

    fn directories(&self) -> Vec<PathBuf> {
        let mut met = FxHashSet::default();
        let mut directories = Vec::new();
        for file in self.tree.files().iter().filter(|file| !is_python(file)) {
            for directory in file.ancestors().skip(1) {
                if !self.tree.is_directory(directory) || !met.insert(directory) {
                    break;
                }
                directories.push(directory.to_owned());
            }
        }
        directories
    }

    /// All directories with JavaScript files below.
    pub(super) fn all_directories(&self) -> &[PathBuf] {
        &self.packages().directories
    }

    /// The directory of the package that a name means in a directory.
    pub(super) fn package(&self, from: &Path, name: &str) -> Option<&PathBuf> {
        nearest(from, self.packages().by_name.get(name)?)
    }

    /// The JavaScript file at a path: itself, or the one that it would be built from.
    pub(super) fn file(&self, path: &Path) -> Option<FileId> {
        self.scanned(path).or_else(|| self.source_of(path))
    }

    fn scanned(&self, path: &Path) -> Option<FileId> {
        self.tree.file(path).filter(|_| !is_python(path))
    }

    /// The source of a built file that is not there.
    fn source_of(&self, path: &Path) -> Option<FileId> {
        let is_built = |part: Component<'_>| part.as_os_str().to_str().is_some_and(|part| BUILT.contains(&part));
        if !path.components().any(is_built) {
            return None;
        }
        let stem = without_ending(path)?;
        let package = path.ancestors().skip(1).find(|directory| self.packages().starts.contains(*directory))?;
        let mut parts = stem.strip_prefix(package).ok()?.components().peekable();
        let output = parts.next_if(|part| is_built(*part))?;
        // Where sources were scanned, nothing is missing.
        if self.tree.is_directory(&package.join(output)) {
            return None;
        }
        while parts.next_if(|part| is_built(*part)).is_some() {}
        let below: PathBuf = parts.collect();
        if below.as_os_str().is_empty() {
            return None;
        }
        let places = SOURCES.iter().map(|source| package.join(source)).chain([package.to_owned()]);
        places.into_iter().find_map(|place| {
            ENDINGS.iter().find_map(|ending| {
                let mut source = place.join(&below).into_os_string();
                source.push(ending);
                self.scanned(Path::new(&source))
            })
        })
    }

    /// The settings at a path, made fit for the resolver.
    fn config(&self, path: &Path) -> Option<Arc<str>> {
        let directory = path.parent()?;
        self.manifests.config(path, |package| self.package(directory, package).cloned())
    }
}

/// A path without the ending of a source file; None when it has none.
pub(super) fn without_ending(path: &Path) -> Option<&Path> {
    let text = path.to_str()?;
    // Declarations end like other files, so the longest ending counts.
    let ending = ENDINGS.iter().filter(|ending| text.ends_with(**ending)).max_by_key(|ending| ending.len())?;
    Some(Path::new(&text[..text.len() - ending.len()]))
}

/// What the resolver sees of the file system.
pub(super) struct View(pub(super) Arc<Workspaces>);

impl FileSystem for View {
    fn new() -> Self {
        Self(Arc::new(Workspaces::new(&Arc::new(Tree::new(Vec::new(), &[])))))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let directory =
            path.parent().filter(|directory| path.ends_with(PACKAGE) && self.0.tree.is_directory(directory));
        let package = directory.and_then(|directory| self.0.manifests.package(directory));
        package.map(|package| package.text.clone().into_bytes()).ok_or_else(absent)
    }

    fn read_to_string(&self, path: &Path) -> io::Result<String> {
        self.0.config(path).map(|text| text.as_ref().to_owned()).ok_or_else(absent)
    }

    fn metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        let is_file = match self.0.tree.find(path) {
            Some(Entry::Directory) => return Ok(FileMetadata::new(false, true, false)),
            Some(Entry::File(_)) => !is_python(path),
            None if path.extension().is_some_and(|extension| extension == "json") => self.0.manifests.has_config(path),
            None => self.0.source_of(path).is_some(),
        };
        if is_file { Ok(FileMetadata::new(true, false, false)) } else { Err(absent()) }
    }

    fn symlink_metadata(&self, path: &Path) -> io::Result<FileMetadata> {
        self.metadata(path)
    }

    fn read_link(&self, _path: &Path) -> Result<PathBuf, ResolveError> {
        Err(absent().into())
    }

    fn canonicalize(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_owned())
    }
}

fn absent() -> io::Error {
    io::ErrorKind::NotFound.into()
}
