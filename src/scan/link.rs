//! Linking the files of a tree. The files that rules can find something in are looked at first, each by itself. Then, in
//! rounds: files that take a name which leads to the vendor's clients are brought in, found by a search over those names;
//! functions that are given such clients are told so; and files for which something new is known are looked at again.
//! Each round works on what the one before left, so the result does not depend on threads; names and clients only grow,
//! so the rounds end.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Scan, ScanOptions, Scanner,
    analyse::{Analysed, Around, Hit, each},
    pool, shown,
};
use crate::{
    input::{
        modules::{FileId, Modules},
        prefilter::{Formula, Prefilter, Scratch},
        walk::FoundFile,
    },
    lang::{Grammar, Language},
    resolve::{
        link::{Exports, Outside, Program, Reached},
        paths::Site,
    },
    unit::assemble::{Assembly, FilePart},
};

/// How many rounds are made at most; what would need more stays unknown.
const MAX_ROUNDS: usize = 1_000;

/// A file that no rule's words are in.
pub(super) struct Other {
    pub(super) path: std::path::PathBuf,
    pub(super) grammar: Grammar,
    pub(super) max_size: u64,
}

impl Other {
    /// The same file, to be looked at after all.
    pub(super) fn into_hit(self) -> Hit {
        let size = std::fs::metadata(&self.path).map_or(0, |data| data.len());
        Hit { path: self.path, grammar: self.grammar, size, bytes: None, max_size: self.max_size }
    }
}

/// The files of a tree while they are linked.
pub(super) struct Linking<'l> {
    pub(super) scanner: &'l Scanner,
    pub(super) options: &'l ScanOptions,
    pub(super) modules: &'l Modules,
    pub(super) hits: BTreeMap<FileId, Hit>,
    others: BTreeMap<FileId, Other>,
    pub(super) program: Program,
    pub(super) analysed: BTreeMap<FileId, Analysed>,
    /// Clients that are tied to the vendor, and what holds them.
    pub(super) moored: BTreeSet<Site>,
    holders: BTreeMap<Site, BTreeSet<(Site, String)>>,
    /// The names of each file that lead to the vendor's clients.
    pub(super) tainted: BTreeMap<FileId, BTreeSet<String>>,
}

impl Scanner {
    /// Looks at the hits, brings in what they are linked to, and puts the units together.
    pub(super) fn link(
        &self,
        hits: Vec<Hit>,
        others: Vec<Other>,
        roots: &[std::path::PathBuf],
        options: &ScanOptions,
        scan: &mut Scan,
    ) {
        self.link_then(hits, others, roots, options, scan, |_| ());
    }

    /// The same, with a look at the files when all is known.
    pub(super) fn link_then<R: Send>(
        &self,
        hits: Vec<Hit>,
        others: Vec<Other>,
        roots: &[std::path::PathBuf],
        options: &ScanOptions,
        scan: &mut Scan,
        then: impl FnOnce(&mut Linking<'_>) -> R + Send,
    ) -> R {
        let mut paths: Vec<_> =
            hits.iter().map(|hit| hit.path.clone()).chain(others.iter().map(|other| other.path.clone())).collect();
        paths.sort();
        paths.dedup();
        let modules = Modules::new(paths, roots);
        let id = |path: &std::path::Path| modules.id(path);
        let mut linking = Linking {
            scanner: self,
            options,
            modules: &modules,
            hits: hits.into_iter().filter_map(|hit| Some((id(&hit.path)?, hit))).collect(),
            others: others.into_iter().filter_map(|other| Some((id(&other.path)?, other))).collect(),
            program: Program::default(),
            analysed: BTreeMap::new(),
            moored: BTreeSet::new(),
            holders: BTreeMap::new(),
            tainted: BTreeMap::new(),
        };
        // Long chains of names need a deep stack.
        let run = |linking: &mut Linking<'_>| {
            linking.run();
            then(linking)
        };
        let result = match pool(1) {
            Some(pool) => pool.install(|| run(&mut linking)),
            None => run(&mut linking),
        };
        linking.finish(scan);
        result
    }
}

impl Linking<'_> {
    fn run(&mut self) {
        let mut dirty: BTreeSet<FileId> = self.hits.keys().copied().collect();
        self.look_at(&dirty);
        if self.analysed.values().all(|analysed| analysed.uses.made.is_empty() && analysed.uses.ties.is_empty()) {
            return;
        }
        // What has clients, calls or requests may be made with the help of other files.
        let needs_others = |analysed: &Analysed| {
            let uses = &analysed.uses;
            !uses.made.is_empty() || !uses.calls.is_empty() || uses.ties.iter().any(|tie| tie.module)
        };
        dirty = self.analysed.iter().filter(|(_, analysed)| needs_others(analysed)).map(|(file, _)| *file).collect();
        for _ in 0..MAX_ROUNDS {
            let news = self.news();
            let mut wanted = self.wanted();
            wanted.extend(self.importers(&news));
            wanted.retain(|file| !self.analysed.contains_key(file));
            dirty.extend(self.given());
            dirty.extend(self.takers(&news));
            self.look_at(&wanted);
            let wants = |analysed: &Analysed| analysed.uses.wants.iter().any(|file| wanted.contains(file));
            dirty.extend(self.analysed.iter().filter(|(_, analysed)| wants(analysed)).map(|(file, _)| *file));
            dirty.extend(wanted);
            if dirty.is_empty() {
                break;
            }
            self.look_at(&std::mem::take(&mut dirty));
        }
    }

    /// Looks at files with what is known now. The first time, they are summed up too.
    pub(super) fn look_at(&mut self, files: &BTreeSet<FileId>) {
        let known: Vec<FileId> = files.iter().copied().filter(|file| self.hit(*file)).collect();
        let mut order: Vec<(FileId, &Hit)> =
            known.iter().filter_map(|file| Some((*file, self.hits.get(file)?))).collect();
        order.sort_by(|a, b| (b.1.size, a.0).cmp(&(a.1.size, b.0)));
        let (program, modules) = (&self.program, self.modules);
        let (moored, holders) = (&self.moored, &self.holders);
        let results = each(&order, self.options, |(file, hit), lowering| {
            let around = Around { outside: Outside { program, modules, file: *file }, moored, holders };
            (*file, self.scanner.analyse_safely(hit, self.options, lowering, Some(around)))
        });
        for (file, mut analysed) in results {
            if let Some(summary) = analysed.summary.take() {
                self.program.add(file, summary);
            }
            self.moored.extend(analysed.uses.made.iter().filter(|made| made.found).map(|made| made.site));
            for holder in &analysed.uses.holders {
                let holds = holder.clients.iter().filter(|(client, _)| self.moored.contains(client));
                let known = self.holders.entry(holder.site).or_default();
                known.extend(holds.cloned());
            }
            self.analysed.insert(file, analysed);
        }
        self.holders.retain(|_, clients| !clients.is_empty());
        self.moored.extend(self.holders.keys());
    }

    /// True when there is such a file. One of the others becomes a hit.
    fn hit(&mut self, file: FileId) -> bool {
        if let Some(other) = self.others.remove(&file) {
            self.hits.insert(file, other.into_hit());
        }
        self.hits.contains_key(&file)
    }

    /// The files with names that are newly known to lead to the vendor's clients.
    fn news(&mut self) -> BTreeMap<FileId, BTreeSet<String>> {
        let mut news = BTreeMap::new();
        for file in self.program.files().collect::<Vec<_>>() {
            let language = self.hits[&file].grammar.language();
            let index = self.scanner.index(language);
            let is_wanted = |reached: &Reached| match reached {
                Reached::Symbol { origin: Some(site), .. } => self.moored.contains(site),
                Reached::Symbol { text, origin: None, .. } => index.is_imported(text),
                _ => false,
            };
            let exports = Exports { program: &self.program, modules: self.modules };
            let names: BTreeSet<String> = exports.leading_to(file, &is_wanted).into_iter().collect();
            let known = self.tainted.entry(file).or_default();
            let fresh: BTreeSet<String> = names.difference(known).cloned().collect();
            if !fresh.is_empty() {
                known.extend(fresh.iter().cloned());
                news.insert(file, fresh);
            }
        }
        news
    }

    /// Files that are given clients, or whose settings clients use, and that were not looked at.
    fn wanted(&self) -> BTreeSet<FileId> {
        self.analysed.values().flat_map(|analysed| analysed.uses.wants.iter().copied()).collect()
    }

    /// Tells functions what they are given; the files with functions for which that is news.
    fn given(&mut self) -> BTreeSet<FileId> {
        let mut dirty = BTreeSet::new();
        for analysed in self.analysed.values() {
            for passed in &analysed.uses.passes {
                if self.program.give(passed) {
                    dirty.insert(passed.file);
                }
            }
        }
        dirty
    }

    /// The known files that take names from files with news.
    fn takers(&self, news: &BTreeMap<FileId, BTreeSet<String>>) -> BTreeSet<FileId> {
        let takes = |file: &FileId| {
            let summary = self.program.summary(*file);
            summary.is_some_and(|summary| summary.imported().any(|other| other != *file && news.contains_key(&other)))
        };
        self.program.files().filter(takes).collect()
    }

    /// The files not looked at yet that take names from files with news.
    fn importers(&self, news: &BTreeMap<FileId, BTreeSet<String>>) -> BTreeSet<FileId> {
        let mut found = BTreeSet::new();
        for language in Language::ALL {
            let formulas: Vec<Formula> = news
                .iter()
                .filter(|(file, _)| self.hits[file].grammar.language() == language)
                .map(|(file, names)| self.formula(*file, names))
                .collect();
            let Some(prefilter) = Prefilter::new(formulas).ok().filter(|_| !news.is_empty()) else { continue };
            let candidates: Vec<(&FileId, &Other)> =
                self.others.iter().filter(|(_, other)| other.grammar.language() == language).collect();
            let hits = each(&candidates, self.options, |(file, other), _| {
                let mut buffer = Vec::new();
                let found = FoundFile { path: other.path.clone(), explicit: false, max_size: other.max_size };
                let read = found.read(&mut buffer).is_ok();
                (read && prefilter.matches(&buffer, &mut Scratch::default())).then_some(**file)
            });
            found.extend(hits.into_iter().flatten());
        }
        found
    }

    /// What must stand in a file that takes one of the names from a file.
    fn formula(&self, file: FileId, names: &BTreeSet<String>) -> Formula {
        let stars = ["import *", "export *"];
        let by_module = Formula::any_of(self.modules.names(file));
        if names.contains("default") {
            return by_module;
        }
        Formula::All(vec![by_module, Formula::any_of(names.iter().map(String::as_str).chain(stars))])
    }

    /// The files with clients or calls that a file of tests takes names from.
    fn tested(&mut self) -> Vec<String> {
        let units: BTreeSet<FileId> = self
            .analysed
            .iter()
            .filter(|(_, analysed)| !analysed.uses.calls.is_empty() || analysed.uses.made.iter().any(|made| made.found))
            .map(|(file, _)| *file)
            .collect();
        let names = units.iter().map(|file| (*file, BTreeSet::from(["default".to_owned()]))).collect();
        let is_test = |file: &FileId| {
            let path = self.modules.path(*file);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Grammar::of(&name).is_some_and(|grammar| grammar.language().is_test(path))
        };
        let tests: BTreeSet<FileId> = self.importers(&names).into_iter().filter(is_test).collect();
        self.look_at(&tests);
        let tests = self.program.files().filter(is_test);
        let reached = tests.filter_map(|file| self.program.summary(file)).flat_map(|summary| summary.imported());
        let reached: BTreeSet<FileId> = reached.filter(|file| units.contains(file)).collect();
        reached.into_iter().map(|file| shown(self.modules.path(file))).collect()
    }

    fn finish(mut self, scan: &mut Scan) {
        if self.options.tests {
            scan.tested = self.tested();
        }
        let mut parts: Vec<FilePart> = Vec::new();
        for (file, analysed) in self.analysed {
            scan.stats.files_parsed += analysed.files;
            scan.stats.bytes_parsed += analysed.bytes;
            scan.diagnostics.extend(analysed.diagnostics);
            let path = shown(self.modules.path(file));
            parts.push(FilePart { file, path, findings: analysed.findings, uses: analysed.uses });
        }
        for (path, message) in self.modules.problems() {
            scan.diagnostics.push(super::Diagnostic {
                path: Some(shown(&path)),
                line: None,
                kind: super::DiagnosticKind::Manifest,
                message,
            });
        }
        let (findings, units) = Assembly::new(parts).finish();
        scan.findings.extend(findings);
        scan.units = units;
    }
}
