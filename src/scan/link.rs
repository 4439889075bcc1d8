//! Linking the files of a tree. The files that rules can find something in are looked at first, each by itself. Then, in
//! rounds: files that take a name which leads to the vendor's clients are brought in, found by a search over those names;
//! functions that are given such clients are told so; and files for which something new is known are looked at again.
//! Each round works on what the one before left, so the result does not depend on threads; names and clients only grow,
//! so the rounds end.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use rustc_hash::FxHashSet;

use super::{
    Scan, ScanOptions, Scanner,
    analyse::{Analysed, Around, Hit, each},
    mentions::Mentions,
    outside_comments, pool, shown,
};
use crate::{
    input::{
        modules::{FileId, Modules},
        prefilter::{Formula, Prefilter, Scratch},
        walk::FoundFile,
    },
    lang::{Grammar, Language},
    resolve::{
        link::{Exports, Leading, Outside, Program, Reached, Summary},
        paths::Site,
    },
    unit::assemble::{Assembly, FilePart},
};

/// How many files are asked together for the names that lead to clients.
const SHARE: usize = 128;

/// How many rounds are made at most; what would need more stays unknown.
const MAX_ROUNDS: usize = 1_000;

/// How much may be parsed for linking: this many bytes, and twice what rules can find something in. The sources of an SDK
/// itself, where everything leads to its clients, would else take many times the time of a scan.
const BUDGET: u64 = 2 << 20;

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

/// Names of a file that lead to the vendor's clients, with how they do.
type Names = BTreeMap<String, Leading>;
/// Such names, by file.
pub(super) type News = BTreeMap<FileId, Names>;

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
    pub(super) tainted: News,
    /// Which of the others mention which modules, by language, once it was asked.
    mentions: [OnceLock<Mentions>; Language::ALL.len()],
    /// Files that it took too long to sum up.
    slow: Vec<super::Diagnostic>,
    /// How many bytes may still be parsed.
    budget: u64,
    /// True when that was not enough.
    cut: bool,
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
            mentions: Default::default(),
            slow: Vec::new(),
            budget: 0,
            cut: false,
        };
        // Long chains of names need a deep stack.
        let run = |linking: &mut Linking<'_>| {
            linking.run();
            linking.budget = u64::MAX;
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
        let hits: BTreeSet<FileId> = self.hits.keys().copied().collect();
        self.budget = u64::MAX;
        self.look_at(&hits);
        self.budget = BUDGET + 2 * self.hits.values().map(|hit| hit.size).sum::<u64>();
        // What has clients, calls or requests may be made with the help of other files.
        let needs_others = |analysed: &Analysed| {
            let uses = &analysed.uses;
            !uses.made.is_empty() || !uses.calls.is_empty() || uses.ties.iter().any(|tie| tie.module)
        };
        let imports =
            |file: FileId| self.program.summary(file).is_some_and(|summary| summary.imported().next().is_some());
        let mut dirty: BTreeSet<FileId> = self
            .analysed
            .iter()
            .filter(|(file, analysed)| needs_others(analysed) && imports(**file))
            .map(|(file, _)| *file)
            .collect();
        let mut fresh = hits;
        for _ in 0..MAX_ROUNDS {
            let news = self.news(&fresh);
            let wanted = self.unknown(self.wanted());
            let importers = self.unknown(self.importers(&news));
            self.sum_up(&wanted);
            self.sum_up(&importers);
            dirty.extend(&wanted);
            let wants = |analysed: &Analysed| analysed.uses.wants.iter().any(|file| wanted.contains(file));
            dirty.extend(self.analysed.iter().filter(|(_, analysed)| wants(analysed)).map(|(file, _)| *file));
            dirty.extend(self.given());
            dirty.extend(self.takers(&news));
            if dirty.is_empty() || self.cut {
                break;
            }
            self.look_at(&dirty);
            fresh = std::mem::take(&mut dirty);
            fresh.extend(importers);
        }
    }

    /// Those of the files that have no summary.
    fn unknown(&self, mut files: BTreeSet<FileId>) -> BTreeSet<FileId> {
        files.retain(|file| self.program.summary(*file).is_none());
        files
    }

    /// Looks at files with what is known now. The first time, they are summed up too.
    pub(super) fn look_at(&mut self, files: &BTreeSet<FileId>) {
        let known = self.affordable(files);
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

    /// Sums up files that may be linked, without looking for anything in them.
    fn sum_up(&mut self, files: &BTreeSet<FileId>) {
        let known = self.affordable(files);
        let order: Vec<(FileId, &Hit)> = known.iter().filter_map(|file| Some((*file, self.hits.get(file)?))).collect();
        let (program, modules) = (&self.program, self.modules);
        let summaries = each(&order, self.options, |(file, hit), lowering| {
            let outside = Outside { program, modules, file: *file };
            (*file, self.scanner.summary_of(hit, self.options, lowering, outside))
        });
        for (file, (summary, slow)) in summaries {
            // A file that cannot be read gives nothing, and is not asked again.
            self.program.add(file, summary.unwrap_or_default());
            self.slow.extend(slow);
        }
    }

    /// The files, or none of them when they are too many bytes: half of a step would depend on the order of files.
    fn affordable(&mut self, files: &BTreeSet<FileId>) -> Vec<FileId> {
        let known: Vec<FileId> = files.iter().copied().filter(|file| self.hit(*file)).collect();
        let size: u64 = known.iter().filter_map(|file| self.hits.get(file)).map(|hit| hit.size).sum();
        let Some(rest) = self.budget.checked_sub(size) else {
            self.cut = true;
            return Vec::new();
        };
        self.budget = rest;
        known
    }

    /// True when there is such a file. One of the others becomes a hit.
    fn hit(&mut self, file: FileId) -> bool {
        if let Some(other) = self.others.remove(&file) {
            self.hits.insert(file, other.into_hit());
        }
        self.hits.contains_key(&file)
    }

    /// The names of files that are newly known to lead to the vendor's clients.
    fn news(&mut self, fresh: &BTreeSet<FileId>) -> News {
        let found: Vec<Vec<(FileId, Names)>> =
            each(&self.shares(fresh), self.options, |(language, files), _| self.leading(*language, files));
        let mut news = News::new();
        for (file, mut names) in found.into_iter().flatten() {
            let known = self.tainted.entry(file).or_default();
            names.retain(|name, leading| leading.learn(known.get(name)));
            if !names.is_empty() {
                for (name, leading) in &names {
                    known.entry(name.clone()).or_insert_with(Leading::none).extend(leading);
                }
                news.insert(file, names);
            }
        }
        news
    }

    /// The files, in shares of one language: what is found out for one file helps with its neighbours. Threads do not
    /// change the shares, so that they cannot change what is found.
    fn shares(&self, files: &BTreeSet<FileId>) -> Vec<(Language, Vec<FileId>)> {
        let mut shares = Vec::new();
        for language in Language::ALL {
            let is_of = |file: &&FileId| self.hits.get(file).is_some_and(|hit| hit.grammar.language() == language);
            let files: Vec<FileId> = files.iter().filter(is_of).copied().collect();
            shares.extend(files.chunks(SHARE).map(|share| (language, share.to_vec())));
        }
        shares
    }

    /// The names of files that lead to the vendor's clients.
    fn leading(&self, language: Language, files: &[FileId]) -> Vec<(FileId, Names)> {
        let index = self.scanner.index(language);
        let is_wanted = |reached: &Reached| match reached {
            Reached::Symbol { origin: Some(site), .. } => self.moored.contains(site),
            Reached::Symbol { text, origin: None, .. } => index.is_imported(text),
            _ => false,
        };
        let mut exports = Exports::new(&self.program, self.modules, &is_wanted);
        files.iter().map(|file| (*file, exports.of(*file))).collect()
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
            for stored in &analysed.uses.stored {
                if self.program.store(stored) {
                    dirty.insert(stored.file);
                }
            }
        }
        dirty
    }

    /// The known files that take names from files with news.
    fn takers(&self, news: &News) -> BTreeSet<FileId> {
        let takes = |file: &FileId| {
            let summary = self.program.summary(*file);
            summary.is_some_and(|summary| {
                summary
                    .imported()
                    .any(|other| other != *file && news.get(&other).is_some_and(|names| summary.takes(other, names)))
            })
        };
        self.program.files().filter(takes).collect()
    }

    /// The files not looked at yet that take names from files with news.
    fn importers(&self, news: &News) -> BTreeSet<FileId> {
        let mut found = BTreeSet::new();
        for language in Language::ALL {
            let formulas: Vec<Formula> = news
                .iter()
                .filter(|(file, _)| self.hits[file].grammar.language() == language)
                .map(|(file, names)| self.formula(*file, names))
                .collect();
            if formulas.is_empty() {
                continue;
            }
            let Ok(prefilter) = Prefilter::new(formulas) else { continue };
            let candidates = self.candidates(news, language);
            let hits = each(&candidates, self.options, |(file, other), _| {
                let mut buffer = Vec::new();
                let found = FoundFile { path: other.path.clone(), explicit: false, max_size: other.max_size };
                let scratch = &mut Scratch::default();
                let matches = found.read(&mut buffer).is_ok() && prefilter.matches(&buffer, scratch);
                (matches && outside_comments(&prefilter, other.grammar, &buffer, scratch)).then_some(**file)
            });
            found.extend(hits.into_iter().flatten());
        }
        found
    }

    /// The files of a language not looked at yet that can take names from files with news.
    fn candidates(&self, news: &News, language: Language) -> Vec<(&FileId, &Other)> {
        let mentions = self.mentions[language as usize]
            .get_or_init(|| Mentions::read(&self.others, self.modules, language, self.options));
        let mut found = FxHashSet::default();
        let are_some = news
            .keys()
            .filter(|file| self.hits[file].grammar.language() == language)
            .all(|file| mentions.importers(*file, self.modules, &mut found));
        let can_take = |(file, other): &(&FileId, &Other)| {
            other.grammar.language() == language && (!are_some || found.contains(file))
        };
        self.others.iter().filter(can_take).collect()
    }

    /// What must stand in a file that takes one of the names from a file.
    fn formula(&self, file: FileId, names: &BTreeMap<String, Leading>) -> Formula {
        let by_module = Formula::any_of(self.modules.names(file));
        let by_name = names.iter().map(|(name, leading)| {
            let mentioned = if name == "default" {
                Formula::ALWAYS
            } else {
                Formula::Any(vec![Formula::word(name), Formula::any_of(["import *", "export *"])])
            };
            match leading {
                Leading::Itself => mentioned,
                Leading::Members(members) => Formula::All(vec![mentioned, Formula::any_word(members)]),
            }
        });
        Formula::All(vec![by_module, Formula::Any(by_name.collect())])
    }

    /// The files with clients or calls that a file of tests takes names from.
    fn tested(&mut self) -> Vec<String> {
        let units: BTreeSet<FileId> = self
            .analysed
            .iter()
            .filter(|(_, analysed)| !analysed.uses.calls.is_empty() || analysed.uses.made.iter().any(|made| made.found))
            .map(|(file, _)| *file)
            .collect();
        let any = || BTreeMap::from([("default".to_owned(), Leading::Itself)]);
        let names = units.iter().map(|file| (*file, any())).collect();
        let is_test = |file: &FileId| {
            let path = self.modules.path(*file);
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            Grammar::of(&name).is_some_and(|grammar| grammar.language().is_test(path))
        };
        let tests: BTreeSet<FileId> = self.importers(&names).into_iter().filter(is_test).collect();
        self.sum_up(&tests.into_iter().filter(|file| self.program.summary(*file).is_none()).collect());
        let tests = self.program.files().filter(is_test);
        let reached = tests.filter_map(|file| self.program.summary(file)).flat_map(Summary::imported);
        let reached: BTreeSet<FileId> = reached.filter(|file| units.contains(file)).collect();
        reached.into_iter().map(|file| shown(self.modules.path(file))).collect()
    }

    fn finish(mut self, scan: &mut Scan) {
        if self.options.tests {
            scan.tested = self.tested();
        }
        let mut parts: Vec<FilePart> = Vec::new();
        let mut directives = Vec::new();
        for (file, mut analysed) in self.analysed {
            let told = &mut analysed.uses.told;
            scan.deployments.append(&mut told.provisioned);
            scan.sources.extend(told.sources.iter().cloned());
            directives.extend(analysed.directives);
            scan.stats.files_parsed += analysed.files;
            scan.stats.bytes_parsed += analysed.bytes;
            scan.diagnostics.extend(analysed.diagnostics);
            let path = shown(self.modules.path(file));
            parts.push(FilePart { file, path, findings: analysed.findings, uses: analysed.uses });
        }
        scan.diagnostics.append(&mut self.slow);
        for (path, message) in self.modules.problems() {
            scan.diagnostics.push(super::Diagnostic {
                path: Some(shown(&path)),
                line: None,
                kind: super::DiagnosticKind::Manifest,
                message,
            });
        }
        if self.cut {
            scan.diagnostics.push(super::Diagnostic {
                path: None,
                line: None,
                kind: super::DiagnosticKind::Linking,
                message:
                    "so much of the code leads to the clients that not all of it was followed; calls far from them \
                          may be missing from their units"
                        .to_owned(),
            });
        }
        let (findings, units) = Assembly::new(parts).finish();
        self.scanner.set_aside(scan, findings, directives, self.options);
        scan.units = units;
    }
}
