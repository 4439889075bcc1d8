//! What the manifests and lock files of Python say about versions, and how what they say adds up.

mod read;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::permitted::Permitted;
use super::requirements::{self, Force, Statement};
use super::{Content, Files, Known, way_down};

/// What the files of one directory say.
#[derive(Debug, Default)]
pub(super) struct Directory {
    locks: Vec<Manifest>,
    manifests: Vec<Manifest>,
    /// The first file that cannot be read.
    broken: Option<PathBuf>,
}

/// What one file says.
#[derive(Debug, Default)]
struct Manifest {
    /// By normalised name.
    statements: HashMap<String, Vec<Statement>>,
    /// For the lock file of a workspace: its members' directories, relative to the lock file's, with forward slashes.
    members: Vec<String>,
}

impl Manifest {
    fn of(statements: Vec<Statement>) -> Self {
        let mut manifest = Self::default();
        for statement in statements {
            manifest.statements.entry(statement.name.clone()).or_default().push(statement);
        }
        manifest
    }
}

/// A kind of file that is told by its name.
type Reader = fn(&mut read::Reading<'_>) -> Result<(), read::Broken>;

const LOCKS: &[(&str, Reader)] = &[
    ("uv.lock", read::toml_lock),
    ("poetry.lock", read::toml_lock),
    ("pdm.lock", read::toml_lock),
    ("pylock.toml", read::toml_lock),
    ("Pipfile.lock", read::pipfile_lock),
];

const MANIFESTS: &[(&str, Reader)] = &[
    ("pyproject.toml", read::pyproject),
    ("setup.cfg", read::setup_cfg),
    ("Pipfile", read::pipfile),
    ("environment.yml", read::conda),
    ("environment.yaml", read::conda),
];

impl Directory {
    pub(super) fn read(files: &Files, path: &Path) -> Self {
        let mut directory = Self::default();
        let names = files.names(path);
        for name in &names {
            let listed = |kinds: &[(&str, Reader)]| kinds.iter().find(|(kind, _)| kind == name).map(|(_, read)| *read);
            if let Some(reader) = listed(LOCKS) {
                let manifest = directory.manifest(files, &path.join(name), reader);
                directory.locks.extend(manifest);
            } else if let Some(reader) = listed(MANIFESTS) {
                let manifest = directory.manifest(files, &path.join(name), reader);
                directory.manifests.extend(manifest);
            } else if is_requirements_file(name) {
                directory.requirements(files, &path.join(name), &names);
            }
        }
        if names.iter().any(|name| name == "requirements") {
            let below = path.join("requirements");
            let names = files.names(&below);
            for name in names.iter().filter(|name| has_ending(name)) {
                directory.requirements(files, &below.join(name), &names);
            }
        }
        directory
    }

    fn manifest(&mut self, files: &Files, path: &Path, reader: Reader) -> Option<Manifest> {
        let text = match files.read(path) {
            Content::Text(text) => text,
            Content::Absent => return None,
            Content::Broken => {
                self.broken.get_or_insert_with(|| files.shown(path));
                return None;
            }
        };
        let mut reading = read::Reading::new(files, path, &text);
        if let Err(broken) = reader(&mut reading) {
            files.problem(path, broken.line, &broken.message);
            self.broken.get_or_insert_with(|| files.shown(path));
            return None;
        }
        let members = std::mem::take(&mut reading.members);
        Some(Manifest { members, ..Manifest::of(reading.statements) })
    }

    fn requirements(&mut self, files: &Files, path: &Path, siblings: &[String]) {
        let read = requirements::file(files, path);
        if read.is_broken {
            self.broken.get_or_insert_with(|| files.shown(path));
        }
        // `name.txt` beside `name.in` is what `pip-compile` and its like made of it.
        let source = path.with_extension("in");
        let is_compiled = read.is_lock
            || (source != path && source.file_name().is_some_and(|name| siblings.iter().any(|other| name == &**other)));
        let (pinned, stated): (Vec<_>, Vec<_>) =
            read.statements.into_iter().partition(|it| is_compiled && it.permitted.only().is_some());
        if !pinned.is_empty() {
            self.locks.push(Manifest::of(pinned));
        }
        self.manifests.push(Manifest::of(stated));
    }
}

fn is_requirements_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    has_ending(&name) && (name.contains("requirements") || name.contains("constraints"))
}

fn has_ending(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending == "txt" || ending == "in" || ending == "lock")
}

/// Asks the directories from the nearest upwards. The name is a normalised one.
pub(super) fn look_up(
    upwards: &[&Path],
    name: &str,
    read: impl Fn(&Path) -> Arc<OnceLock<Directory>>,
) -> Option<Known> {
    let mut declared: Option<(usize, Known)> = None;
    for (index, path) in upwards.iter().enumerate() {
        let cell = read(path);
        let Some(directory) = cell.get() else { continue };
        let answer = match &declared {
            None => directory.answer(name),
            // Further up only the lock file of a workspace still counts.
            Some((nearest, known)) => directory.workspace(name, &way_down(path, upwards[*nearest]), known),
        };
        match answer {
            ControlFlow::Break(known) => return Some(known),
            ControlFlow::Continue(Some(known)) => declared = Some((index, known)),
            ControlFlow::Continue(None) => {}
        }
    }
    declared.map(|(_, known)| known)
}

impl Directory {
    /// `Break` with the last word, `Continue` with what a lock file further up may still make precise.
    fn answer(&self, name: &str) -> ControlFlow<Known, Option<Known>> {
        let declared = either(self.manifests.iter().filter_map(|manifest| together(manifest.statements.get(name)?)));
        if let Some(locked) = locked(&self.locks, name) {
            return ControlFlow::Break(Known { declared: declared.map(Box::new), ..locked });
        }
        if declared.is_some() {
            return ControlFlow::Continue(declared);
        }
        match &self.broken {
            Some(source) => ControlFlow::Break(Known {
                permitted: Permitted::Unknown,
                source: source.clone(),
                line: None,
                declared: None,
            }),
            None => ControlFlow::Continue(None),
        }
    }

    fn workspace(&self, name: &str, member: &str, declared: &Known) -> ControlFlow<Known, Option<Known>> {
        let covering = self.locks.iter().filter(|lock| lock.members.iter().any(|other| other == member));
        match locked(covering, name) {
            Some(known) => ControlFlow::Break(Known { declared: Some(Box::new(declared.clone())), ..known }),
            None => ControlFlow::Continue(None),
        }
    }
}

fn locked<'m>(locks: impl IntoIterator<Item = &'m Manifest>, name: &str) -> Option<Known> {
    either(locks.into_iter().filter_map(|lock| together(lock.statements.get(name)?)))
}

/// What the statements of one file add up to.
fn together(statements: &[Statement]) -> Option<Known> {
    let of = |force: Force| statements.iter().filter(move |statement| statement.force == force);
    if let Some(known) = either(of(Force::Instead).map(known)) {
        return Some(known);
    }
    let mut always = of(Force::Always);
    let Some(first) = always.next() else {
        return either(of(Force::Sometimes).map(known));
    };
    let mut all = known(first);
    for statement in always {
        match all.permitted.and(&statement.permitted) {
            Some(permitted) => {
                // The place to show is that of the statement that adds something.
                if permitted != all.permitted {
                    all = Known { permitted, ..known(statement) };
                }
            }
            // Nothing can be installed; what the author meant is unknown.
            None => return Some(Known { permitted: Permitted::Unknown, ..all }),
        }
    }
    Some(all)
}

fn known(statement: &Statement) -> Known {
    Known {
        permitted: statement.permitted.clone(),
        source: statement.source.clone(),
        line: statement.line,
        declared: None,
    }
}

/// What is known when any one of several statements may be in force.
fn either(mut alternatives: impl Iterator<Item = Known>) -> Option<Known> {
    let mut all = alternatives.next()?;
    for other in alternatives {
        let permitted = all.permitted.or(&other.permitted);
        // The place to show is that of the statement that permits the lowest version.
        let decides = permitted.lowest().is_some() && permitted.lowest() != all.permitted.lowest();
        all = if decides { Known { permitted, ..other } } else { Known { permitted, ..all } };
    }
    Some(all)
}

#[cfg(test)]
mod tests;
