//! What the manifests and lock files of JavaScript say about versions, and how what they say adds up.
//!
//! A package is known by the name under which it is installed: `"a": "npm:b@1"` makes an import of `a` load `b`, of
//! which the versions of `a` say nothing, so that of `a` is unknown.

mod locks;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::json::{Key, offset_in};
use super::permitted::{Permitted, npm};
use super::{Content, Files, Known, way_down};
use crate::input::text::LineIndex;
use locks::Lock;

/// What the files of one directory say.
#[derive(Debug, Default)]
pub(super) struct Directory {
    manifest: Option<Manifest>,
    locks: Vec<LockFile>,
    /// The first file that cannot be read.
    broken: Option<PathBuf>,
}

#[derive(Debug)]
struct LockFile {
    source: PathBuf,
    lock: Lock,
}

/// What a `package.json` says.
#[derive(Debug)]
struct Manifest {
    source: PathBuf,
    declarations: HashMap<String, Declaration>,
}

#[derive(Debug, Clone)]
struct Declaration {
    /// As it is written.
    spec: String,
    permitted: Permitted,
    /// True when whoever uses this package brings the other one along, so that no lock file here decides.
    is_peer: bool,
    line: Option<u32>,
}

/// What a lock file says about a package.
#[derive(Debug, Clone)]
struct Locked {
    permitted: Permitted,
    line: Option<u32>,
}

/// The kinds of lock file, by name.
const LOCKS: &[(&str, locks::Reader)] = &[
    ("package-lock.json", locks::npm_lock),
    ("npm-shrinkwrap.json", locks::npm_lock),
    ("yarn.lock", locks::yarn_lock),
    ("pnpm-lock.yaml", locks::pnpm_lock),
    ("bun.lock", locks::bun_lock),
];

impl Directory {
    pub(super) fn read(files: &Files, path: &Path) -> Self {
        let mut directory = Self::default();
        directory.manifest = directory
            .part(files, &path.join("package.json"), manifest)
            .map(|(source, declarations)| Manifest { source, declarations });
        for (name, reader) in LOCKS {
            let read = directory.part(files, &path.join(name), reader);
            directory.locks.extend(read.map(|(source, lock)| LockFile { source, lock }));
        }
        directory
    }

    fn part<T>(
        &mut self,
        files: &Files,
        path: &Path,
        read: impl Fn(&str) -> Result<T, Broken>,
    ) -> Option<(PathBuf, T)> {
        match files.read(path) {
            Content::Absent => return None,
            Content::Broken => {}
            Content::Text(text) => match read(&text) {
                Ok(read) => return Some((files.shown(path), read)),
                Err(broken) => files.problem(path, broken.line, &broken.message),
            },
        }
        self.broken.get_or_insert_with(|| files.shown(path));
        None
    }

    fn declared(&self, name: &str) -> Option<(&Declaration, Known)> {
        let manifest = self.manifest.as_ref()?;
        let declaration = manifest.declarations.get(name)?;
        let known = Known {
            permitted: declaration.permitted.clone(),
            source: manifest.source.clone(),
            line: declaration.line,
            declared: None,
        };
        Some((declaration, known))
    }

    /// What the lock files say that cover a directory: the way down to it, empty for their own.
    fn locked(&self, name: &str, member: &str, spec: Option<&str>) -> Option<Known> {
        let found = self.locks.iter().filter_map(|file| Some((file, file.lock.find(name, member, spec)?)));
        found
            .map(|(file, locked)| Known {
                permitted: locked.permitted,
                source: file.source.clone(),
                line: locked.line,
                declared: None,
            })
            .reduce(|a, b| Known { permitted: a.permitted.or(&b.permitted), ..a })
    }

    /// `Break` with the last word, `Continue` with what a lock file further up may still make precise.
    fn answer(&self, name: &str) -> ControlFlow<Known, Option<Known>> {
        let declared = self.declared(name);
        if let Some((Declaration { is_peer: true, .. }, known)) = declared {
            return ControlFlow::Break(known);
        }
        let spec = declared.as_ref().map(|(declaration, _)| declaration.spec.as_str());
        let locked = self.locked(name, "", spec);
        let declared = declared.map(|(_, known)| known);
        match (locked, declared, &self.broken) {
            (Some(locked), declared, _) => ControlFlow::Break(Known { declared: declared.map(Box::new), ..locked }),
            (None, Some(known), _) => ControlFlow::Continue(Some(known)),
            (None, None, Some(source)) => ControlFlow::Break(Known {
                permitted: Permitted::Unknown,
                source: source.clone(),
                line: None,
                declared: None,
            }),
            (None, None, None) => ControlFlow::Continue(None),
        }
    }
}

/// Asks the directories from the nearest upwards.
pub(super) fn look_up(
    upwards: &[&Path],
    name: &str,
    read: impl Fn(&Path) -> Arc<OnceLock<Directory>>,
) -> Option<Known> {
    let mut declared: Option<(usize, Known)> = None;
    let mut spec = String::new();
    for (index, path) in upwards.iter().enumerate() {
        let cell = read(path);
        let Some(directory) = cell.get() else { continue };
        if let Some((nearest, known)) = &declared {
            let member = way_down(path, upwards[*nearest]);
            if let Some(locked) = directory.locked(name, &member, Some(&spec)) {
                return Some(Known { declared: Some(Box::new(known.clone())), ..locked });
            }
            continue;
        }
        match directory.answer(name) {
            ControlFlow::Break(known) => return Some(known),
            ControlFlow::Continue(Some(known)) => {
                spec = directory.declared(name).map(|(declaration, _)| declaration.spec.clone()).unwrap_or_default();
                declared = Some((index, known));
            }
            ControlFlow::Continue(None) => {}
        }
    }
    declared.map(|(_, known)| known)
}

/// Why a file cannot be read.
#[derive(Debug)]
struct Broken {
    line: Option<u32>,
    message: String,
}

impl Broken {
    fn json(error: &serde_json::Error) -> Self {
        Self { line: Some(error.line() as u32), message: format!("is no valid JSON: {error}") }
    }
}

/// A section of `package.json`; whatever is not a table of texts is passed over, as npm itself does for many.
#[derive(Deserialize)]
#[serde(untagged)]
enum Section<'t> {
    Packages(#[serde(borrow)] HashMap<Key<'t>, Spec<'t>>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Spec<'t> {
    Text(#[serde(borrow)] Key<'t>),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PackageJson<'t> {
    #[serde(borrow)]
    dependencies: Option<Section<'t>>,
    #[serde(borrow)]
    dev_dependencies: Option<Section<'t>>,
    #[serde(borrow)]
    peer_dependencies: Option<Section<'t>>,
    #[serde(borrow)]
    optional_dependencies: Option<Section<'t>>,
    #[serde(borrow)]
    overrides: Option<Section<'t>>,
    #[serde(borrow)]
    resolutions: Option<Section<'t>>,
}

/// Reads a `package.json`. A section that decides over another comes after it.
fn manifest(text: &str) -> Result<HashMap<String, Declaration>, Broken> {
    let file: PackageJson<'_> = serde_json::from_str(text).map_err(|error| Broken::json(&error))?;
    let lines = LineIndex::new(text);
    let mut declarations = HashMap::new();
    let sections = [
        (file.dev_dependencies, false),
        (file.peer_dependencies, true),
        (file.dependencies, false),
        (file.optional_dependencies, false),
        (file.overrides, false),
        (file.resolutions, false),
    ];
    for (section, is_peer) in sections {
        let Some(Section::Packages(packages)) = section else { continue };
        for (name, spec) in packages {
            let Spec::Text(spec) = spec else { continue };
            // A reference to what another section says.
            if spec.0.starts_with('$') {
                continue;
            }
            let line = offset_in(text, &name.0).map(|offset| lines.position(offset).line);
            let permitted = of_spec(&name.0, &spec.0);
            let spec = spec.0.into_owned();
            declarations.insert(name.0.into_owned(), Declaration { spec, permitted, is_peer, line });
        }
    }
    Ok(declarations)
}

/// The versions that the text behind a package's name permits.
fn of_spec(name: &str, spec: &str) -> Permitted {
    let spec = spec.trim();
    if let Some(alias) = spec.strip_prefix("npm:") {
        // Without a name behind it, it is Yarn's way to say that the version is one of the registry.
        let (target, range) = split_descriptor(alias).unwrap_or((name, alias));
        return if target == name { npm(range) } else { Permitted::Unknown };
    }
    npm(spec.strip_prefix("workspace:").unwrap_or(spec))
}

/// Splits `name@range` and `@scope/name@range`. None when there is no range.
fn split_descriptor(text: &str) -> Option<(&str, &str)> {
    let at = text.get(1..)?.find('@')? + 1;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests;
