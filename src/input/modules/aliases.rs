//! Aliases: by which words, other than a file's own name, JavaScript's imports lead to it.
//!
//! They stand in manifests: the entry points of packages, and the paths of the TypeScript compiler. All manifests of a
//! tree are read for them, once, and only when the names of a file are asked for.

use std::collections::BTreeSet;
use std::path::Path;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::FileId;
use super::javascript::{JavaScript, MAIN_FIELDS};
use super::manifests::Package;
use super::workspaces::{SOURCES, Workspaces, without_ending};

/// What leads to files.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    exact: FxHashMap<FileId, BTreeSet<String>>,
    /// Files that the import of their package's directory leads to.
    entries: FxHashMap<FileId, String>,
    patterns: Vec<Pattern>,
}

/// An alias with a part that is handed on to the path.
#[derive(Debug)]
struct Pattern {
    /// What is written before and after that part.
    written: (String, String),
    /// The path before and after it.
    path: (String, String),
}

impl Pattern {
    fn new(written: &str, path: &str) -> Option<Self> {
        let parts = |text: &str| text.split_once('*').map(|(before, after)| (before.to_owned(), after.to_owned()));
        Some(Self { written: parts(written)?, path: parts(path)? })
    }

    /// What is written to import the file at a path.
    fn written_for(&self, path: &str) -> Option<String> {
        let part = path.strip_prefix(&self.path.0)?;
        let after = self.path.1.as_str();
        let ends = [Some(after), without_ending(Path::new(after)).and_then(Path::to_str)];
        let stem = without_ending(Path::new(part)).and_then(Path::to_str)?;
        let in_directory = stem.strip_suffix("/index");
        let part = [Some(part), Some(stem), in_directory]
            .into_iter()
            .flatten()
            .find_map(|part| ends.iter().flatten().find_map(|end| part.strip_suffix(end)))?;
        Some(format!("{}{part}{}", self.written.0, self.written.1))
    }
}

impl Aliases {
    pub(super) fn new(javascript: &JavaScript, workspaces: &Workspaces) -> Self {
        let mut aliases = Self::default();
        for directory in workspaces.all_directories() {
            if let Some(package) = workspaces.manifests.package(directory) {
                aliases.add_package(javascript, directory, &package);
            }
            for config in javascript.configs_in(directory) {
                for (written, paths) in config.compiler_options.paths.iter().flatten() {
                    for path in paths.iter().filter_map(|path| path.to_str()) {
                        aliases.enter(javascript, directory, written, path);
                    }
                }
            }
        }
        aliases
    }

    fn add_package(&mut self, javascript: &JavaScript, directory: &Path, package: &Package) {
        let named = MAIN_FIELDS.iter().filter_map(|field| package.fields.get(*field)?.as_str());
        let sources = SOURCES.iter().copied();
        let folder = directory.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = package.name().unwrap_or(folder);
        for path in named.chain(sources).chain([""]) {
            if let Some(file) = javascript.below(directory, &format!("./{path}")) {
                self.entries.insert(file, folder.to_owned());
                self.exact.entry(file).or_default().insert(name.to_owned());
            }
        }
        for (field, name) in [("exports", name), ("imports", "")] {
            let Some(value) = package.fields.get(field) else { continue };
            for (key, path) in leaves("", value) {
                let written = format!("{name}{}", key.strip_prefix('.').unwrap_or(&key));
                let whole = directory.join(path.strip_prefix("./").unwrap_or(path));
                if let Some(whole) = whole.to_str() {
                    self.enter(javascript, directory, &written, whole);
                }
            }
        }
    }

    /// Enters that `written` leads to the full path.
    fn enter(&mut self, javascript: &JavaScript, directory: &Path, written: &str, path: &str) {
        if written.contains('*') {
            self.patterns.extend(Pattern::new(written, path));
        } else if let Some(file) = javascript.below(directory, path) {
            self.exact.entry(file).or_default().insert(written.to_owned());
        }
    }

    /// True when the import of a directory leads to the file.
    pub(super) fn is_entry(&self, file: FileId) -> bool {
        self.entries.contains_key(&file)
    }

    pub(super) fn add(&self, file: FileId, path: &Path, names: &mut BTreeSet<String>) {
        names.extend(self.exact.get(&file).into_iter().flatten().cloned());
        names.extend(self.entries.get(&file).cloned());
        let Some(path) = path.to_str() else { return };
        let written: Vec<_> = self.patterns.iter().filter_map(|pattern| pattern.written_for(path)).collect();
        for written in written {
            if !names.iter().any(|name| written.contains(name.as_str())) {
                names.insert(written);
            }
        }
    }
}

/// The paths in `exports` or `imports`, each with the key that leads to it: conditions are passed through.
fn leaves<'v>(key: &str, value: &'v Value) -> Vec<(String, &'v str)> {
    match value {
        Value::String(path) => vec![(key.to_owned(), path)],
        Value::Array(values) => values.iter().flat_map(|value| leaves(key, value)).collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(name, value)| leaves(if name.starts_with(['.', '#']) { name } else { key }, value))
            .collect(),
        _ => Vec::new(),
    }
}
