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
        prefilter::Scratch,
        roots::absolute,
        walk::{FoundFile, WalkOptions, walk},
    },
    lang::Grammar,
    resolve::link::{Outside, Program},
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
    if paths.iter().any(|path| path.is_dir()) {
        return None;
    }
    let first = absolute(paths.first()?);
    let root = first.ancestors().skip(1).find(|folder| folder.join(".git").exists())?;
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
        let reported: BTreeSet<String> = hits
            .iter()
            .map(|hit| &hit.path)
            .chain(others.iter().map(|other| &other.path))
            .map(|path| shown(path))
            .collect();
        for (path, grammar) in self.imported(root, &hits, &others, options)? {
            self.take(path, grammar, options, &mut hits, &mut others);
        }
        let mut roots = paths.to_vec();
        roots.push(root.to_owned());
        self.link(hits, others, &roots, options, scan);
        scan.keep_only(&reported);
        Ok(())
    }

    /// The files that the named ones import, directly or not.
    fn imported(
        &self,
        root: &Path,
        hits: &[Hit],
        others: &[Other],
        options: &ScanOptions,
    ) -> Result<Vec<(PathBuf, Grammar)>, GlobError> {
        let named: Vec<(PathBuf, Grammar)> = hits
            .iter()
            .map(|hit| (hit.path.clone(), hit.grammar))
            .chain(others.iter().map(|other| (other.path.clone(), other.grammar)))
            .collect();
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let files = listed(root, &named, options)?;
        let grammars: BTreeMap<&Path, Grammar> =
            files.iter().map(|(path, grammar)| (path.as_path(), *grammar)).collect();
        let modules = Modules::new(files.iter().map(|(path, _)| path.clone()).collect(), &[root.to_owned()]);
        let mut met: BTreeSet<FileId> = named.iter().filter_map(|(path, _)| modules.id(path)).collect();
        let mut front: Vec<FileId> = met.iter().copied().collect();
        let mut found = Vec::new();
        let mut budget = BUDGET;
        while !front.is_empty() {
            let next: BTreeSet<FileId> = self.imports_of(&front, &modules, &grammars, options);
            front.clear();
            for file in next {
                if !met.insert(file) {
                    continue;
                }
                let path = modules.path(file);
                let size = std::fs::metadata(path).map_or(0, |data| data.len());
                let (Some(rest), Some(grammar)) = (budget.checked_sub(size), grammars.get(path)) else { continue };
                budget = rest;
                found.push((path.to_owned(), *grammar));
                front.push(file);
            }
        }
        Ok(found)
    }

    fn imports_of(
        &self,
        files: &[FileId],
        modules: &Modules,
        grammars: &BTreeMap<&Path, Grammar>,
        options: &ScanOptions,
    ) -> BTreeSet<FileId> {
        let program = Program::default();
        let imports = each(files, options, |file, lowering| {
            let path = modules.path(*file);
            let grammar = *grammars.get(path)?;
            let hit =
                Hit { path: path.to_owned(), grammar, size: 0, bytes: None, max_size: options.walk.max_file_size };
            let outside = Outside { program: &program, modules, file: *file };
            let summary = self.summary_of(&hit, options, lowering, outside)?;
            Some(summary.imported().collect::<Vec<FileId>>())
        });
        imports.into_iter().flatten().flatten().collect()
    }

    /// Reads an imported file and puts it where it belongs.
    fn take(
        &self,
        path: PathBuf,
        grammar: Grammar,
        options: &ScanOptions,
        hits: &mut Vec<Hit>,
        others: &mut Vec<Other>,
    ) {
        let mut bytes = Vec::new();
        let max_size = BUDGET;
        if (FoundFile { path: path.clone(), explicit: false, max_size }).read(&mut bytes).is_err() {
            return;
        }
        let searched = !options.without_prefilter;
        let prefilter = searched.then(|| self.prefilter(grammar.language())).flatten();
        if prefilter.is_none_or(|prefilter| prefilter.matches(&bytes, &mut Scratch::default())) {
            hits.push(Hit { path, grammar, size: bytes.len() as u64, bytes: Some(bytes), max_size });
        } else {
            others.push(Other { path, grammar, max_size });
        }
    }
}

/// The files of a repository that can be imported, sorted; those that are named go by the names that they were given.
fn listed(
    root: &Path,
    named: &[(PathBuf, Grammar)],
    options: &ScanOptions,
) -> Result<Vec<(PathBuf, Grammar)>, GlobError> {
    let options = WalkOptions { force_exclude: false, ..options.walk.clone() };
    let walked = walk(&[root.to_owned()], &options, Vec::new, |files: &mut Vec<PathBuf>, file| files.push(file.path))?;
    let mut files = named.to_vec();
    let own: HashSet<PathBuf> = named.iter().map(|(path, _)| absolute(path)).collect();
    for path in walked.states.into_iter().flatten() {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if let Some(grammar) = Grammar::of(&name).filter(|_| !own.contains(&absolute(&path))) {
            files.push((path, grammar));
        }
    }
    files.sort_by(|a, b| a.0.cmp(&b.0));
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
