//! The scan: the only place where the stages are wired together.
//!
//! First the walker's threads read every wanted file and ask the prefilter; then the files that can matter are decoded,
//! lowered, resolved and matched by a pool of threads, the largest first, so that no large file is left for the end.
//! The result is one [`Scan`] value, sorted, the same for any number of threads.

mod analyse;
mod aside;
pub mod assess;
mod context;
mod fix;
mod link;
mod manifests;
mod mentions;
mod projects;
mod settings;
mod since;
mod usage;
pub mod why;

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use analyse::{Analysed, Hit};
use context::{Named, repository_of};
use jiff::civil::Date;
use link::Other;
use rayon::{ThreadPool, ThreadPoolBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    finding::{Finding, Suppressed},
    input::{
        exclude::GlobError,
        prefilter::{Prefilter, Scratch},
        walk::{FoundFile, ReadError, WalkOptions, WalkReport, walk},
    },
    lang::{Grammar, Language, Limits, bare::without_comments, scripts::is_markdown},
    rules::{
        Rule, RuleSet,
        calls::Catalogue,
        formula::{Names, formulas},
        index::Index,
        select::Selection,
        target::Target,
    },
    suppress::{apply::Stale, comments},
    unit::{
        Unit,
        documents::{Provisioned, Source, Told},
    },
};

/// The version of the serialised form of a [`Scan`].
pub const SCHEMA_VERSION: u32 = 1;
/// The stack of a thread that lowers files: deep nesting is bounded by [`crate::facts::MAX_DEPTH`], and this holds it.
const STACK: usize = 64 << 20;
/// How many bytes of files that passed the prefilter are kept in memory instead of being read again.
const KEPT_BYTES: usize = 64 << 20;
/// How many findings of one file are kept, unless another limit is set.
pub const MAX_FINDINGS: usize = 10_000;
/// Up to this many named files are parsed without being searched for literals first: making that search ready takes
/// longer.
const FEW: usize = 16;

/// What to scan and how.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct ScanOptions {
    /// How to walk.
    pub walk: WalkOptions,
    /// Parse every wanted file, whatever the prefilter says. For testing that the prefilter loses nothing.
    pub without_prefilter: bool,
    /// How much is done for one file.
    pub limits: Limits,
    /// How many findings of one file are kept.
    pub max_findings: usize,
    /// Parse minified files too.
    pub minified: bool,
    /// Look also at code in fences of Markdown files.
    pub markdown: bool,
    /// Find out which of the files with units tests reach.
    pub tests: bool,
    /// Follow names into other files. Without it each file is looked at by itself and there are no units.
    pub link: bool,
    /// Report also what is portable already and only matters to fixes. For testing rules.
    pub unreported: bool,
    /// When all paths are files of a repository: look also at the files that they import, without reporting those.
    pub context: bool,
    /// Give findings the hashes by which GitHub knows their lines again.
    pub line_hashes: bool,
    /// Where the scan says how far it is.
    pub progress: Arc<Progress>,
    /// The day on which comments that set findings aside are judged. Without one, such comments count for nothing.
    pub ignores: Option<Date>,
}

impl ScanOptions {
    /// For files of any kind that can be scanned.
    pub fn of_any_file() -> Self {
        let walk = WalkOptions::new(|name| Grammar::of(name).is_some());
        Self {
            walk,
            without_prefilter: false,
            limits: Limits::default(),
            max_findings: MAX_FINDINGS,
            minified: false,
            markdown: false,
            tests: false,
            link: true,
            unreported: false,
            context: false,
            line_hashes: false,
            progress: Arc::default(),
            ignores: None,
        }
    }
}

/// How far a scan is; for those who watch it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files that were read.
    pub read: AtomicU64,
    /// Files that were parsed.
    pub parsed: AtomicU64,
}

/// The result of a scan.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Scan {
    /// The version of this form; it changes when a field changes its meaning or goes.
    pub schema_version: u32,
    /// What made it.
    pub tool: Tool,
    /// All findings, by path, position and rule.
    pub findings: Vec<Finding>,
    /// Findings that comments or the baseline set aside, in the same order; `stats` counts them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub suppressed: Vec<Suppressed>,
    /// The clients and what is tied to each, by location.
    #[serde(default)]
    pub units: Vec<Unit>,
    /// The models that templates deploy, by name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deployments: Vec<Provisioned>,
    /// What could not be looked at as it should, by path and position.
    pub diagnostics: Vec<Diagnostic>,
    /// Counts.
    pub stats: Stats,
    /// Comments that set nothing aside (any more), with the files they are in.
    #[serde(skip)]
    pub stale: Vec<(String, Stale)>,
    /// The places in documents that set settings or pass them on.
    #[serde(skip)]
    pub sources: Vec<Source>,
    /// Files that tests reach, when they were asked for.
    #[serde(skip)]
    pub tested: Vec<String>,
    /// How long it took. Not serialised: the same input gives the same bytes.
    #[serde(skip)]
    pub elapsed: Duration,
}

/// The name and version of this tool.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its version.
    pub version: Cow<'static, str>,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// Something that could not be looked at as it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Diagnostic {
    /// The file or directory, when it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// The line, from 1, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// What kind of trouble it is.
    pub kind: DiagnosticKind,
    /// What happened and what it means, in a sentence.
    pub message: String,
}

/// Kinds of trouble with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiagnosticKind {
    /// It could not be read.
    Unreadable,
    /// It is not text.
    Binary,
    /// It is larger than the limit.
    TooLarge,
    /// It looks generated: very long lines.
    Minified,
    /// Its encoding is not what it should be.
    Encoding,
    /// Its syntax is broken; the rest of the file was looked at.
    Syntax,
    /// A manifest that tells what imports mean is broken; what it would tell is unknown.
    Manifest,
    /// Not all names were followed into other files.
    Linking,
    /// A comment that is to set a finding aside is wrong, expired, or sets none aside.
    Ignore,
    /// It is nested too deep; the rest of the file was looked at.
    TooDeep,
    /// It took too long; what was found until then is there.
    TooSlow,
    /// More was found in it than is kept.
    TooMany,
    /// Nothing was found to look at.
    NoFiles,
    /// This tool failed on it; that is a bug.
    Internal,
}

impl DiagnosticKind {
    /// True when the file, or part of it, was not looked at although it should have been.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Unreadable | Self::Syntax | Self::TooDeep | Self::TooSlow | Self::TooMany | Self::Internal)
    }
}

/// Counts of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// Files that the walk met.
    pub files_seen: u64,
    /// Files of a kind that is scanned, which were read.
    pub files_read: u64,
    /// Their bytes.
    pub bytes_read: u64,
    /// Files that held a rule's literals and were parsed.
    pub files_parsed: u64,
    /// Their bytes.
    pub bytes_parsed: u64,
    /// Files and directories that were passed over, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Findings that comments in the source set aside.
    #[serde(default)]
    pub ignored: u64,
    /// Findings that the baseline sets aside.
    #[serde(default)]
    pub baselined: u64,
    /// Findings that were there before the commit that changes are counted from.
    #[serde(default)]
    pub older: u64,
}

/// Rules made ready for scanning. Parts are made when they are first needed.
pub struct Scanner {
    rules: RuleSet,
    /// All rules that there are, where not all of them run.
    known: Option<Vec<Rule>>,
    per_language: [PerLanguage; Language::ALL.len()],
}

#[derive(Default)]
struct PerLanguage {
    prefilter: OnceLock<Option<Prefilter>>,
    index: OnceLock<Index>,
    catalogue: OnceLock<Catalogue>,
}

impl Scanner {
    /// A scanner for a set of rules.
    pub fn new(rules: RuleSet) -> Self {
        Self { rules, known: None, per_language: Default::default() }
    }

    /// A scanner for those of a set's rules that a selection needs.
    pub fn narrowed(rules: RuleSet, selection: &Selection) -> Self {
        let known = Some(rules.rules.clone());
        Self { known, ..Self::new(selection.needed(rules)) }
    }

    /// The rules it scans for.
    pub fn rules(&self) -> &[Rule] {
        &self.rules.rules
    }

    /// The targets that fixes can make code ready for.
    pub fn targets(&self) -> &[Target] {
        self.rules.targets()
    }

    fn prefilter(&self, language: Language) -> Option<&Prefilter> {
        let made = self.per_language[language as usize].prefilter.get_or_init(|| {
            let rules: Vec<&Rule> = self.rules.rules.iter().filter(|rule| rule.language == language).collect();
            let names = Names { reexports: &self.rules.reexports };
            let mut formulas = formulas(&rules, &names);
            formulas.push(comments::formula());
            Prefilter::new(formulas).ok()
        });
        made.as_ref()
    }

    /// True when a rule can find something in a file, or a comment in it can set something aside.
    fn can_matter(&self, grammar: Grammar, bytes: &[u8], scratch: &mut Scratch) -> bool {
        let Some(prefilter) = self.prefilter(grammar.language()) else { return true };
        let is_wide = matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
        is_wide
            || prefilter.matches(bytes, scratch)
                && (comments::may_be_in(bytes) || outside_comments(prefilter, grammar, bytes, scratch))
    }

    fn index(&self, language: Language) -> &Index {
        self.per_language[language as usize].index.get_or_init(|| Index::new(&self.rules, language))
    }

    fn catalogue(&self, language: Language) -> &Catalogue {
        self.per_language[language as usize].catalogue.get_or_init(|| Catalogue::new(&self.rules, language))
    }

    /// Scans paths. The only error is a glob that cannot be read.
    pub fn scan(&self, paths: &[PathBuf], options: &ScanOptions) -> Result<Scan, GlobError> {
        let started = Instant::now();
        let few = paths.len() <= FEW && paths.iter().all(|path| path.is_file());
        let options = &ScanOptions { without_prefilter: options.without_prefilter || few, ..options.clone() };
        let Found { mut hits, others, mut scan } = self.find(paths, options)?;
        let repository = repository_of(paths).filter(|_| options.link && options.context);
        let options = &ScanOptions { context: repository.is_some(), ..options.clone() };
        if let Some(repository) = repository {
            self.link_in(&repository, Named { hits, others }, paths, options, &mut scan)?;
        } else if options.link {
            self.link(hits, others, paths, options, &mut scan);
        } else {
            hits.sort_by(|a, b| (b.size, &a.path).cmp(&(a.size, &b.path)));
            let results = self.analyse_all(&hits, options);
            self.add(&mut scan, results, options);
        }
        if scan.stats.files_read == 0 && scan.diagnostics.is_empty() {
            scan.diagnostics.push(no_files(&scan.stats));
        }
        scan.finish(started);
        Ok(scan)
    }

    /// Scans one text that does not come from a file, as if it lay at `path`.
    pub fn scan_text(&self, path: &str, bytes: Vec<u8>, options: &ScanOptions) -> Scan {
        let started = Instant::now();
        let mut scan = Scan { schema_version: SCHEMA_VERSION, ..Scan::default() };
        scan.stats.files_seen = 1;
        match Grammar::of_file(path, &bytes) {
            Some(grammar) => {
                scan.stats.files_read = 1;
                scan.stats.bytes_read = bytes.len() as u64;
                let size = bytes.len() as u64;
                let hit = Hit { path: PathBuf::from(path), grammar, size, bytes: Some(bytes), max_size: size };
                if options.link {
                    self.link(vec![hit], Vec::new(), &[], options, &mut scan);
                } else {
                    let results = self.analyse_all(&[hit], options);
                    self.add(&mut scan, results, options);
                }
            }
            None => scan.diagnostics.push(unknown_kind(path)),
        }
        scan.finish(started);
        scan
    }

    /// Takes in what files gave that were looked at by themselves.
    fn add(&self, scan: &mut Scan, results: Vec<Analysed>, options: &ScanOptions) {
        let (mut findings, mut directives) = (Vec::new(), Vec::new());
        for result in results {
            scan.stats.files_parsed += result.files;
            scan.stats.bytes_parsed += result.bytes;
            scan.diagnostics.extend(result.diagnostics);
            findings.extend(result.findings);
            scan.add_told(result.uses.told);
            directives.extend(result.directives);
        }
        self.set_aside(scan, findings, directives, options);
    }

    /// Reads all wanted files and keeps those that can matter.
    fn find(&self, paths: &[PathBuf], options: &ScanOptions) -> Result<Found, GlobError> {
        let kept = AtomicUsize::new(0);
        let walked = walk(paths, &options.walk, Reading::default, |reading, file| {
            self.read(reading, file, options, &kept);
        })?;
        let mut scan = Scan { schema_version: SCHEMA_VERSION, ..Scan::default() };
        let mut report = walked.report;
        let (mut hits, mut others) = (Vec::new(), Vec::new());
        for reading in walked.states {
            scan.stats.files_read += reading.files;
            scan.stats.bytes_read += reading.bytes;
            scan.diagnostics.extend(reading.diagnostics);
            for (path, error) in &reading.unread {
                report.add_unread(path, error);
            }
            hits.extend(reading.hits);
            others.extend(reading.others);
        }
        scan.add_walk(&report);
        Ok(Found { hits, others, scan })
    }

    fn read(&self, reading: &mut Reading, file: FoundFile, options: &ScanOptions, kept: &AtomicUsize) {
        let name = file.path.to_string_lossy();
        if Grammar::of(&name).is_none() && !(options.markdown && is_markdown(&name)) {
            reading.diagnostics.push(unknown_kind(&shown(&file.path)));
            return;
        }
        if let Err(error) = file.read(&mut reading.buffer) {
            reading.unread.push((file.path, error));
            return;
        }
        // A notebook in a language that is not scanned is no file to look at, and prose without code neither.
        let Some(grammar) = Grammar::of_file(&name, &reading.buffer) else { return };
        reading.files += 1;
        options.progress.read.fetch_add(1, Ordering::Relaxed);
        reading.bytes += reading.buffer.len() as u64;
        let bytes = reading.buffer.as_slice();
        if !options.without_prefilter && !self.can_matter(grammar, bytes, &mut reading.scratch) {
            if options.link {
                reading.others.push(Other { path: file.path, grammar, max_size: file.max_size });
            }
            return;
        }
        let size = bytes.len();
        let keeps = kept.fetch_add(size, Ordering::Relaxed) + size <= KEPT_BYTES;
        let bytes = keeps.then(|| bytes.to_vec());
        reading.hits.push(Hit { path: file.path, grammar, size: size as u64, bytes, max_size: file.max_size });
    }
}

/// True when a search that has found something in a file finds it also outside its comments.
fn outside_comments(prefilter: &Prefilter, grammar: Grammar, bytes: &[u8], scratch: &mut Scratch) -> bool {
    match without_comments(grammar, bytes) {
        Cow::Borrowed(_) => true,
        Cow::Owned(rest) => prefilter.matches(&rest, scratch),
    }
}

/// What reading all wanted files gave.
struct Found {
    /// The files that rules can find something in.
    hits: Vec<Hit>,
    /// The rest, when files are linked.
    others: Vec<Other>,
    scan: Scan,
}

/// What one walker thread gathers.
#[derive(Default)]
struct Reading {
    buffer: Vec<u8>,
    scratch: Scratch,
    files: u64,
    bytes: u64,
    hits: Vec<Hit>,
    others: Vec<Other>,
    unread: Vec<(PathBuf, ReadError)>,
    diagnostics: Vec<Diagnostic>,
}

impl Scan {
    /// Keeps the findings that are wanted.
    pub fn keep(&mut self, wanted: impl Fn(&Finding) -> bool) {
        self.findings.retain(&wanted);
        self.suppressed.retain(|suppressed| wanted(&suppressed.finding));
        self.stats.ignored = self.suppressed.len() as u64;
    }

    fn add_walk(&mut self, report: &WalkReport) {
        self.stats.files_seen = report.files;
        for (reason, skipped) in &report.skipped {
            self.stats.skipped.insert(reason.phrase().to_owned(), skipped.count);
            if *reason == crate::input::exclude::SkipReason::TooLarge {
                for path in &skipped.samples {
                    self.diagnostics.push(Diagnostic {
                        path: Some(shown(path)),
                        line: None,
                        kind: DiagnosticKind::TooLarge,
                        message: "is larger than the size limit and was not read; see --max-size".to_owned(),
                    });
                }
            }
        }
        for error in &report.errors {
            self.diagnostics.push(Diagnostic {
                path: error.path.as_deref().map(shown),
                line: None,
                kind: DiagnosticKind::Unreadable,
                message: error.message.clone(),
            });
        }
    }

    /// Takes in what a document tells.
    fn add_told(&mut self, told: Told) {
        self.deployments.extend(told.provisioned);
        self.sources.extend(told.sources);
    }

    fn finish(&mut self, started: Instant) {
        self.findings.sort_by(|a, b| (&a.location, &a.rule).cmp(&(&b.location, &b.rule)));
        let place = |suppressed: &Suppressed| (suppressed.finding.location.clone(), suppressed.finding.rule.clone());
        self.suppressed.sort_by_cached_key(place);
        self.diagnostics.sort();
        // What a file is told for can show each time that it is looked at.
        self.diagnostics.dedup();
        self.deployments.sort();
        self.sources.sort();
        self.elapsed = started.elapsed();
    }
}

/// A pool whose threads have room for deep nesting; 0 threads means one per core.
fn pool(threads: usize) -> Option<ThreadPool> {
    ThreadPoolBuilder::new().num_threads(threads).stack_size(STACK).build().ok()
}

/// A path as reports show it: with forward slashes.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

fn unknown_kind(path: &str) -> Diagnostic {
    Diagnostic {
        path: Some(path.to_owned()),
        line: None,
        kind: DiagnosticKind::Unreadable,
        message: "is not of a kind that is scanned; docs/documents.md lists these".to_owned(),
    }
}

fn no_files(stats: &Stats) -> Diagnostic {
    let mut message = format!("no file to scan: {} seen", stats.files_seen);
    for (reason, count) in &stats.skipped {
        let _ = write!(message, ", {count} {reason}");
    }
    Diagnostic { path: None, line: None, kind: DiagnosticKind::NoFiles, message }
}
