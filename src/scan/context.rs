//! Files that are named one by one, as commit hooks do, looked at together with what they import: a client that another
//! file makes is known, and only the named files are reported.
//!
//! What the rest of the repository does with the named files is not known: finding that out would mean reading all of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::{Path, PathBuf},
};

use super::{
    Scan, ScanOptions, Scanner,
    analyse::{Hit, each},
    link::Other,
    shown,
};
use crate::{
    input::{
        exclude::GlobError,
        modules::{FileId, Modules},
        prefilter::{Prefilter, Scratch},
        roots::{absolute, repository},
        walk::{FoundFile, WalkOptions, walk},
    },
    lang::{Grammar, Language, imports::mentioned},
};

/// How many bytes of imported files are read at most; what would need more stays unknown.
const BUDGET: u64 = 4 << 20;

/// Files that were named.
pub(super) struct Named {
    /// Those that rules can find something in.
    pub(super) hits: Vec<Hit>,
    /// The rest.
    pub(super) others: Vec<Other>,
}

/// The directory of the repository that files lie in, as a path from the current directory where that is below it.
/// None when a path is no file, or there is no repository.
pub(super) fn repository_of(paths: &[PathBuf]) -> Option<PathBuf> {
    if !paths.iter().all(|path| path.is_file()) {
        return None;
    }
    let first = absolute(paths.first()?);
    let root = repository(first.parent()?)?;
    let here = absolute(Path::new(""));
    let Ok(down) = here.strip_prefix(root) else { return Some(root.to_owned()) };
    let up: PathBuf = down.components().map(|_| "..").collect();
    Some(if up.as_os_str().is_empty() { PathBuf::from(".") } else { up })
}

impl Scanner {
    /// Links named files with what they import in a repository.
    pub(super) fn link_in(
        &self,
        root: &Path,
        named: Named,
        paths: &[PathBuf],
        options: &ScanOptions,
        scan: &mut Scan,
    ) -> Result<(), GlobError> {
        let Named { mut hits, mut others } = named;
        let own: Vec<(PathBuf, Grammar)> = hits
            .iter()
            .map(|hit| (hit.path.clone(), hit.grammar))
            .chain(others.iter().map(|other| (other.path.clone(), other.grammar)))
            .collect();
        // Also what could not be read was named.
        let named = own.iter().map(|(path, _)| path).chain(paths);
        let reported: BTreeSet<String> = named.map(|path| shown(path)).collect();
        if !own.is_empty() {
            let (more, rest) = self.imported(root, &own, options)?;
            hits.extend(more);
            others.extend(rest);
        }
        let mut roots = paths.to_vec();
        roots.push(root.to_owned());
        self.link(hits, others, &roots, options, scan);
        scan.keep_only(&reported);
        Ok(())
    }

    /// The files that the named ones import, directly or not, as far as they lead to what rules can find something in.
    fn imported(
        &self,
        root: &Path,
        named: &[(PathBuf, Grammar)],
        options: &ScanOptions,
    ) -> Result<(Vec<Hit>, Vec<Other>), GlobError> {
        let files = listed(root, named.to_vec(), options)?;
        let modules = Modules::new(files.iter().map(|(path, _)| path.clone()).collect(), &[root.to_owned()]);
        let grammars: BTreeMap<FileId, Grammar> =
            files.iter().filter_map(|(path, grammar)| Some((modules.id(path)?, *grammar))).collect();
        let mut front: Vec<FileId> = named.iter().filter_map(|(path, _)| modules.id(path)).collect();
        let own: BTreeSet<FileId> = front.iter().copied().collect();
        let mut imports: BTreeMap<FileId, Imported> = BTreeMap::new();
        let mut budget = BUDGET;
        while !front.is_empty() && budget > 0 {
            let looked = each(&front, options, |file, _| {
                let grammar = *grammars.get(file)?;
                Some((*file, self.read_imported(*file, grammar, &modules, own.contains(file), options)?))
            });
            front.clear();
            for (file, found) in looked.into_iter().flatten() {
                budget = budget.saturating_sub(found.bytes.len() as u64);
                imports.insert(file, found);
            }
            let next: BTreeSet<FileId> = imports.values().flat_map(|found| found.files.iter().copied()).collect();
            front.extend(next.into_iter().filter(|file| !imports.contains_key(file)));
        }
        Ok(leading(imports, &own, &modules, &grammars))
    }

    /// Reads a file, and which others it imports. None when it cannot be read.
    fn read_imported(
        &self,
        file: FileId,
        grammar: Grammar,
        modules: &Modules,
        is_named: bool,
        options: &ScanOptions,
    ) -> Option<Imported> {
        let path = modules.path(file).to_owned();
        let max_size = if is_named { options.walk.max_file_size } else { BUDGET };
        let mut bytes = Vec::new();
        FoundFile { path, explicit: is_named, max_size }.read(&mut bytes).ok()?;
        let language = grammar.language();
        let resolve = |module: &String| match language {
            Language::Python => modules.python(file, module),
            Language::JavaScript => modules.javascript(file, module),
            Language::Document => None,
        };
        let files = mentioned(language, &bytes).iter().filter_map(resolve).filter(|other| *other != file).collect();
        // Making the search ready takes time, and the named files are looked at in any case.
        let searched = |prefilter: &Prefilter| prefilter.matches(&bytes, &mut Scratch::default());
        let matters = is_named || self.prefilter(language).is_none_or(searched);
        Some(Imported { bytes, files, matters })
    }
}

/// A file and what it imports.
struct Imported {
    bytes: Vec<u8>,
    files: BTreeSet<FileId>,
    /// True when rules can find something in it.
    matters: bool,
}

/// The files that matter or import, directly or not, one that does; without the named ones.
fn leading(
    mut imports: BTreeMap<FileId, Imported>,
    named: &BTreeSet<FileId>,
    modules: &Modules,
    grammars: &BTreeMap<FileId, Grammar>,
) -> (Vec<Hit>, Vec<Other>) {
    let mut kept: BTreeSet<FileId> = imports.iter().filter(|(_, found)| found.matters).map(|(file, _)| *file).collect();
    loop {
        let leads = |found: &Imported| found.files.iter().any(|other| kept.contains(other));
        let more: Vec<FileId> = imports
            .iter()
            .filter(|(file, found)| !kept.contains(file) && leads(found))
            .map(|(file, _)| *file)
            .collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    let (mut hits, mut others) = (Vec::new(), Vec::new());
    for file in kept.difference(named) {
        let (Some(found), Some(&grammar)) = (imports.remove(file), grammars.get(file)) else { continue };
        let path = modules.path(*file).to_owned();
        if found.matters {
            let size = found.bytes.len() as u64;
            hits.push(Hit { path, grammar, size, bytes: Some(found.bytes), max_size: BUDGET });
        } else {
            others.push(Other { path, grammar, max_size: BUDGET });
        }
    }
    (hits, others)
}

/// The files of a repository that can be imported, sorted; those that are named go by the names that they were given.
fn listed(
    root: &Path,
    named: Vec<(PathBuf, Grammar)>,
    options: &ScanOptions,
) -> Result<Vec<(PathBuf, Grammar)>, GlobError> {
    let options = WalkOptions { force_exclude: false, ..options.walk.clone() };
    let walked = walk(&[root.to_owned()], &options, Vec::new, |files: &mut Vec<PathBuf>, file| files.push(file.path))?;
    let mut files = named;
    let own: HashSet<PathBuf> = files.iter().map(|(path, _)| absolute(path)).collect();
    for path in walked.states.into_iter().flatten() {
        let name = path.to_string_lossy();
        if let Some(grammar) = Grammar::of(&name).filter(|_| !own.contains(&absolute(&path))) {
            files.push((path, grammar));
        }
    }
    // By their bytes: to compare paths part by part takes many times as long.
    files.sort_by(|a, b| a.0.as_os_str().cmp(b.0.as_os_str()));
    Ok(files)
}

impl Scan {
    /// Drops what was found in other files.
    fn keep_only(&mut self, paths: &BTreeSet<String>) {
        let is_meant = |path: &Option<String>| path.as_ref().is_none_or(|path| paths.contains(path));
        self.findings.retain(|finding| paths.contains(&finding.location.path));
        self.suppressed.retain(|suppressed| paths.contains(&suppressed.finding.location.path));
        self.stats.ignored = self.suppressed.len() as u64;
        self.diagnostics.retain(|diagnostic| is_meant(&diagnostic.path));
        self.stale.retain(|(path, _)| paths.contains(path));
        let used: BTreeSet<&String> = self.findings.iter().flat_map(|finding| &finding.units).collect();
        self.units.retain(|unit| {
            let mut places = unit.calls.iter().map(|call| &call.location).chain([&unit.location]);
            used.contains(&unit.id) || places.any(|place| paths.contains(&place.path))
        });
    }
}
