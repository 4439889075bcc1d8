//! The paths a walk is given: which exist, which are the same, and which lie in one another.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::{env, fs, io};

/// One given path that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Root {
    /// As the user would write it; empty for the current directory.
    pub(super) shown: PathBuf,
    /// From the root of the file system, by the words of the path alone.
    pub(super) absolute: PathBuf,
    /// The path to hand to the walker.
    start: PathBuf,
    /// Where it really is.
    canonical: PathBuf,
}

/// The given paths, each once.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// Files, and whatever else is not a directory.
    pub(super) files: Vec<Root>,
    /// Directories.
    pub(super) directories: Vec<Root>,
    /// Paths that cannot be looked at.
    pub(super) broken: Vec<(PathBuf, io::Error)>,
    /// The canonical paths of all files and directories above. Empty when there is nothing that could be met twice.
    met: HashSet<PathBuf>,
}

impl Roots {
    /// Looks the paths up. Of several names of one place the first that is no symbolic link stands, else the first.
    pub(super) fn new(paths: &[PathBuf]) -> Self {
        let mut roots = Self::default();
        let (links, own): (Vec<_>, Vec<_>) = paths.iter().partition(|path| path.is_symlink());
        for path in own.into_iter().chain(links) {
            match fs::metadata(path) {
                Ok(metadata) => roots.add(path, metadata.is_dir()),
                Err(error) => roots.broken.push((shown(path), error)),
            }
        }
        if roots.directories.is_empty() || roots.files.len() + roots.directories.len() == 1 {
            roots.met.clear();
        }
        roots
    }

    fn add(&mut self, path: &Path, is_directory: bool) {
        let absolute = absolute(path);
        let canonical = fs::canonicalize(path).unwrap_or_else(|_| absolute.clone());
        if !self.met.insert(canonical.clone()) {
            return;
        }
        let shown = shown(path);
        let root = Root { start: start(&shown), shown, absolute, canonical };
        if is_directory {
            self.directories.push(root);
        } else {
            self.files.push(root);
        }
    }

    /// Takes out the paths for which `keep` is false; it is told whether a path is a directory.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Root, bool) -> bool) {
        self.files.retain(|root| keep(root, false));
        self.directories.retain(|root| keep(root, true));
    }

    /// The paths of the directories to start walking from.
    pub(super) fn starts(&self) -> impl Iterator<Item = &Path> {
        self.directories.iter().map(|root| root.start.as_path())
    }

    /// The place of something met on the walk, `depth` steps below the directory that the walk started from.
    pub(super) fn place<'r, 'p>(&'r self, path: &'p Path, depth: usize) -> Option<Place<'r, 'p>> {
        let start = path.ancestors().nth(depth)?;
        let root = match self.directories.as_slice() {
            [only] => only,
            // Few are given, so there is nothing to gain from an index.
            many => many.iter().find(|root| root.start == start)?,
        };
        Some(Place { root, below: path.strip_prefix(start).ok()?, path })
    }

    /// True when something met on the walk was also given by itself, so that it is (or will be) visited as such.
    pub(super) fn is_given(&self, place: &Place<'_, '_>, follow_links: bool) -> bool {
        if self.met.is_empty() {
            return false;
        }
        // Unless links are followed, no step of the way down can be one.
        let canonical = if follow_links { fs::canonicalize(place.path).ok() } else { None };
        self.met.contains(&canonical.unwrap_or_else(|| place.root.canonical.join(place.below)))
    }
}

/// Something met on the walk.
pub(super) struct Place<'r, 'p> {
    root: &'r Root,
    /// The way down from there.
    below: &'p Path,
    path: &'p Path,
}

impl Place<'_, '_> {
    /// The path as the user would write it.
    pub(super) fn shown(&self) -> PathBuf {
        self.root.shown.join(self.below)
    }

    /// The path from the root of the file system.
    pub(super) fn absolute(&self) -> PathBuf {
        self.root.absolute.join(self.below)
    }
}

/// The path to hand to the walker, which takes a bare `-` for standard input.
fn start(shown: &Path) -> PathBuf {
    match shown.as_os_str().to_str() {
        Some("") => PathBuf::from("."),
        Some("-") => PathBuf::from("./-"),
        _ => shown.to_path_buf(),
    }
}

/// A path as the user would write it: without a leading `./`.
pub(super) fn shown(path: &Path) -> PathBuf {
    path.components().skip_while(|component| *component == Component::CurDir).collect()
}

/// A path from the root of the file system, with `.` and `..` worked out by the words alone: globs are about what is
/// written, not about where links lead.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    if path.is_absolute() { plain(path) } else { plain(&env::current_dir().unwrap_or_default().join(path)) }
}

/// A path with `.` and `..` worked out by the words alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// The directory of the repository that a directory lies in.
pub(crate) fn repository(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|folder| folder.join(".git").exists())
}

/// The path of a file from a directory, both from the same place, with forward slashes. A file outside of it keeps its
/// path.
pub(crate) fn seen_from(directory: &Path, file: &Path) -> String {
    let file = plain(file);
    let below = file.strip_prefix(plain(directory)).map_or(file.as_path(), |below| below);
    below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_a_directory() {
        let seen = |directory: &str, file: &str| seen_from(Path::new(directory), Path::new(file));
        assert_eq!(seen("/w", "/w/app/a.py"), "app/a.py");
        assert_eq!(seen("/w/", "/w/x/../app/./a.py"), "app/a.py");
        assert_eq!(seen("/w", "/other/a.py"), "/other/a.py");
        assert_eq!(seen("/w", "/w"), "");
    }
}
