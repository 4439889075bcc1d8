//! The lock files of npm, Yarn, pnpm and Bun.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::json::{Key, offset_in, without_extras};
use super::super::permitted::{Permitted, npm};
use super::{Broken, Locked, of_spec, split_descriptor};
use crate::input::text::LineIndex;

/// Reads one kind of lock file.
pub(super) type Reader = fn(&str) -> Result<Lock, Broken>;

/// What a lock file says.
#[derive(Debug)]
pub(super) enum Lock {
    /// What is installed where, by path (`node_modules/a/node_modules/b`); of a workspace's member the directory.
    Tree(HashMap<String, Locked>),
    /// Per member, by its directory (empty for the lock file's own), the packages it gets.
    Members(HashMap<String, HashMap<String, Locked>>),
    /// Per package the descriptors (`^1.2.0`) and the version each became.
    Descriptors(HashMap<String, Vec<(Vec<String>, Locked)>>),
    /// Bun: the names of members by directory, and what is installed, by `name` or `member/name`.
    Bun {
        /// Names of members, by their directory.
        members: HashMap<String, String>,
        /// By `name`, or by `member/name` where a member has a version of its own.
        packages: HashMap<String, Locked>,
    },
}

impl Lock {
    /// What an import of a package in a member's directory loads. None when it does not say, or when the directory is
    /// none that the lock file covers. `spec` is how the member's manifest states the version, if it does.
    pub(super) fn find(&self, name: &str, member: &str, spec: Option<&str>) -> Option<Locked> {
        match self {
            Self::Tree(entries) => {
                if !member.is_empty() && !entries.contains_key(member) {
                    return None;
                }
                let mut from = member;
                loop {
                    let separator = if from.is_empty() { "" } else { "/" };
                    if let Some(locked) = entries.get(&format!("{from}{separator}node_modules/{name}")) {
                        return Some(locked.clone());
                    }
                    if from.is_empty() {
                        return None;
                    }
                    from = from.rsplit_once('/').map_or("", |(parent, _)| parent);
                }
            }
            Self::Members(members) => members.get(member)?.get(name).cloned(),
            Self::Descriptors(packages) => descriptor(packages.get(name)?, member, spec),
            Self::Bun { members, packages } => {
                let own = packages.get(&format!("{}/{name}", members.get(member)?));
                own.or_else(|| packages.get(name)).cloned()
            }
        }
    }
}

fn descriptor(entries: &[(Vec<String>, Locked)], member: &str, spec: Option<&str>) -> Option<Locked> {
    let named = spec.and_then(|spec| entries.iter().find(|(ranges, _)| ranges.iter().any(|range| range == spec)));
    match named {
        Some((_, locked)) => Some(locked.clone()),
        // Of a member nothing else is known: what it states is not in this lock file.
        None if !member.is_empty() => None,
        None => entries
            .iter()
            .map(|(_, locked)| locked.clone())
            .reduce(|a, b| Locked { permitted: a.permitted.or(&b.permitted), line: a.line }),
    }
}

/// One entry of npm's lock files.
#[derive(Deserialize)]
struct NpmEntry<'t> {
    #[serde(borrow)]
    version: Option<Key<'t>>,
    #[serde(borrow)]
    name: Option<Key<'t>>,
    #[serde(default)]
    link: bool,
}

/// `package-lock.json` and `npm-shrinkwrap.json`: `packages` from version 2 on, nested `dependencies` in version 1.
pub(super) fn npm_lock(text: &str) -> Result<Lock, Broken> {
    #[derive(Deserialize)]
    struct NpmLock<'t> {
        #[serde(borrow)]
        packages: Option<HashMap<Key<'t>, NpmEntry<'t>>>,
        #[serde(borrow)]
        dependencies: Option<HashMap<Key<'t>, NpmEntry<'t>>>,
    }
    let file: NpmLock<'_> = serde_json::from_str(text).map_err(|error| Broken::json(&error))?;
    let lines = LineIndex::new(text);
    // In version 1 only the outermost are found by code outside of `node_modules`.
    let is_flat = file.packages.is_none();
    let mut entries = HashMap::new();
    for (key, entry) in file.packages.or(file.dependencies).into_iter().flatten() {
        let line = offset_in(text, &key.0).map(|offset| lines.position(offset).line);
        let path = if is_flat { format!("node_modules/{}", key.0) } else { key.0.into_owned() };
        let installed = path.rsplit_once("node_modules/").map_or("", |(_, name)| name);
        let is_other = entry.link || entry.name.is_some_and(|name| name.0 != installed);
        let version = entry.version.filter(|_| !is_other);
        let permitted = version.map_or(Permitted::Unknown, |version| npm(&version.0));
        entries.insert(path, Locked { permitted, line });
    }
    Ok(Lock::Tree(entries))
}

/// `yarn.lock` of Yarn 1 and of later ones. Both have entries of the form `"a@^1.0.0", "a@^1.2.0":` with an indented
/// `version "1.2.3"` or `version: 1.2.3`.
pub(super) fn yarn_lock(text: &str) -> Result<Lock, Broken> {
    let mut packages: HashMap<String, Vec<(Vec<String>, Locked)>> = HashMap::new();
    let mut open: Option<(&str, u32)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index as u32 + 1;
        if line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") {
            return Err(Broken { line: Some(number), message: "holds an unsolved merge conflict".to_owned() });
        }
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            open = line.trim_end().strip_suffix(':').map(|key| (key, number));
        } else if let Some(version) = line.strip_prefix("  version").filter(|rest| rest.starts_with([' ', ':'])) {
            let version = version.trim_start_matches(':').trim().trim_matches('"');
            if let Some((key, line)) = open.take() {
                add_descriptors(&mut packages, key, version, line);
            }
        }
    }
    Ok(Lock::Descriptors(packages))
}

fn add_descriptors(packages: &mut HashMap<String, Vec<(Vec<String>, Locked)>>, key: &str, version: &str, line: u32) {
    let mut by_name: Vec<(&str, Vec<String>)> = Vec::new();
    for descriptor in key.split(',') {
        let Some((name, range)) = split_descriptor(descriptor.trim().trim_matches('"')) else { continue };
        // A member of the workspace itself.
        if range.starts_with("workspace:") {
            continue;
        }
        match by_name.iter_mut().find(|(other, _)| *other == name) {
            Some((_, ranges)) => ranges.push(range.to_owned()),
            None => by_name.push((name, vec![range.to_owned()])),
        }
    }
    for (name, mut ranges) in by_name {
        let is_other = |range: &String| {
            range.strip_prefix("npm:").and_then(split_descriptor).is_some_and(|(target, _)| target != name)
        };
        let permitted = if ranges.iter().any(is_other) { Permitted::Unknown } else { npm(version) };
        // Yarn 2 and later write `npm:^1.0.0` for what a manifest states as `^1.0.0`.
        let bare: Vec<_> = ranges.iter().filter_map(|range| range.strip_prefix("npm:")).map(str::to_owned).collect();
        ranges.extend(bare);
        packages.entry(name.to_owned()).or_default().push((ranges, Locked { permitted, line: Some(line) }));
    }
}

/// What a member gets, in `pnpm-lock.yaml`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PnpmImporter {
    #[serde(default)]
    dependencies: HashMap<String, PnpmVersion>,
    #[serde(default)]
    dev_dependencies: HashMap<String, PnpmVersion>,
    #[serde(default)]
    optional_dependencies: HashMap<String, PnpmVersion>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PnpmVersion {
    /// Version 5 of the format.
    Plain(String),
    /// Version 6 and later.
    Resolved {
        version: String,
    },
    Other(IgnoredAny),
}

/// `pnpm-lock.yaml`: what each member gets stands before the list of all packages, which is long and not needed.
pub(super) fn pnpm_lock(text: &str) -> Result<Lock, Broken> {
    #[derive(Deserialize)]
    struct PnpmLock {
        importers: Option<HashMap<String, PnpmImporter>>,
        #[serde(flatten)]
        only: PnpmImporter,
    }
    let mut members: HashMap<String, HashMap<String, Locked>> = HashMap::new();
    let mut first_line = 1;
    for document in text.split("\n---") {
        let head = document.find("\npackages:").map_or(document, |end| &document[..end]);
        // A file without dependencies, or the rest of a document's marker.
        if head.lines().any(|line| line.contains(':')) {
            let file: PnpmLock = serde_saphyr::from_str(head.trim_start_matches('-')).map_err(|error| Broken {
                line: error.location().map(|place| place.line() as u32 + first_line - 1),
                message: "is no valid lock file of pnpm".to_owned(),
            })?;
            let importers = file.importers.unwrap_or_else(|| HashMap::from([(".".to_owned(), file.only)]));
            for (member, importer) in importers {
                let directory = if member == "." { String::new() } else { member.clone() };
                let lines = pnpm_lines(head, &member, first_line);
                members.entry(directory).or_default().extend(pnpm_member(importer, &lines));
            }
        }
        first_line += document.matches('\n').count() as u32 + 1;
    }
    Ok(Lock::Members(members))
}

fn pnpm_member(importer: PnpmImporter, lines: &HashMap<&str, u32>) -> HashMap<String, Locked> {
    let all = importer.dev_dependencies.into_iter().chain(importer.optional_dependencies).chain(importer.dependencies);
    all.map(|(name, version)| {
        let version = match version {
            PnpmVersion::Plain(version) | PnpmVersion::Resolved { version } => version,
            PnpmVersion::Other(_) => String::new(),
        };
        // What follows says with which peers: `1.2.3(zod@3.23.8)`, earlier `1.2.3_zod@3.23.8`.
        let permitted = npm(version.split(['(', '_']).next().unwrap_or_default());
        let line = lines.get(name.as_str()).copied();
        (name, Locked { permitted, line })
    })
    .collect()
}

/// The lines of the names that stand below a member, or at the start of the document for the only one.
fn pnpm_lines<'t>(head: &'t str, member: &str, first_line: u32) -> HashMap<&'t str, u32> {
    let mut lines = HashMap::new();
    let (mut inside, mut importers) = (true, false);
    for (index, line) in head.lines().enumerate() {
        let Some((key, _)) = line.split_once(':') else { continue };
        let name = key.trim().trim_matches(['\'', '"']);
        match key.len() - key.trim_start().len() {
            0 => {
                importers = name == "importers";
                inside = !importers && name.to_lowercase().ends_with("dependencies");
            }
            2 if importers => inside = name == member,
            _ if inside => {
                lines.entry(name).or_insert(first_line + index as u32);
            }
            _ => {}
        }
    }
    lines
}

/// `bun.lock`: JSON with trailing commas.
pub(super) fn bun_lock(text: &str) -> Result<Lock, Broken> {
    #[derive(Deserialize)]
    struct Workspace<'t> {
        #[serde(borrow)]
        name: Option<Key<'t>>,
    }
    #[derive(Deserialize)]
    struct BunLock<'t> {
        #[serde(borrow, default)]
        workspaces: HashMap<Key<'t>, Workspace<'t>>,
        #[serde(default)]
        packages: HashMap<Key<'t>, Vec<serde_json::Value>>,
    }
    let text = without_extras(text);
    let file: BunLock<'_> = serde_json::from_str(&text).map_err(|error| Broken::json(&error))?;
    let lines = LineIndex::new(&text);
    let members = file.workspaces.into_iter().map(|(directory, workspace)| {
        (directory.0.into_owned(), workspace.name.map(|name| name.0.into_owned()).unwrap_or_default())
    });
    let packages = file.packages.into_iter().map(|(key, entry)| {
        let resolved = entry.first().and_then(serde_json::Value::as_str).and_then(split_descriptor);
        // `name`, or `member/name` for one of a member's own.
        let is_same = |name: &str| key.0 == name || key.0.ends_with(&format!("/{name}"));
        let permitted = match resolved {
            Some((name, version)) if is_same(name) => of_spec(name, version),
            _ => Permitted::Unknown,
        };
        let line = offset_in(&text, &key.0).map(|offset| lines.position(offset).line);
        (key.0.into_owned(), Locked { permitted, line })
    });
    Ok(Lock::Bun { members: members.collect(), packages: packages.collect() })
}
