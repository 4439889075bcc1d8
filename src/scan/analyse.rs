//! One file: decoded, lowered, resolved and matched; and, when files are linked, summed up for the others. Many files are
//! looked at side by side, the largest first.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use rustc_hash::FxHashMap;

use super::{Diagnostic, DiagnosticKind, ScanOptions, Scanner, pool, shown};
use crate::{
    facts::{Facts, ProblemKind, Span},
    finding::Finding,
    input::{
        line_hash::line_hashes,
        notebook::{NotebookError, is_notebook},
        text::{Decoded, Encoding, LineIndex, Text, decode, is_minified},
        walk::{FoundFile, ReadError},
    },
    lang::{Grammar, Language, Lowering},
    resolve::{
        Resolver,
        link::{Outside, Summary, summarize},
        paths::Site,
    },
    rules::matching::{FileText, Shower, match_places, match_with, numbered_findings},
    suppress::{apply::Directives, comments},
    unit::{
        documents,
        uses::{FileUses, Uses},
    },
};

/// A file that can matter.
pub(super) struct Hit {
    pub(super) path: PathBuf,
    pub(super) grammar: Grammar,
    pub(super) size: u64,
    /// Its content, when there was room to keep it.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) max_size: u64,
}

impl Hit {
    pub(super) fn load(&self) -> Result<Vec<u8>, ReadError> {
        if let Some(bytes) = &self.bytes {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::new();
        FoundFile { path: self.path.clone(), explicit: true, max_size: self.max_size }.read(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn diagnostic(&self, kind: DiagnosticKind, line: Option<u32>, message: String) -> Diagnostic {
        Diagnostic { path: Some(shown(&self.path)), line, kind, message }
    }
}

/// What one file gave.
#[derive(Default)]
pub(super) struct Analysed {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) findings: Vec<Finding>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The comments in it that set findings aside, with its path.
    pub(super) directives: Option<(String, Directives)>,
    /// What it tells of units, when files are linked.
    pub(super) uses: FileUses,
    /// What it gives to others, when files are linked.
    pub(super) summary: Option<Summary>,
}

impl Analysed {
    fn only(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], ..Self::default() }
    }
}

/// What is known of the other files while one is looked at.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) outside: Outside<'a>,
    /// Clients that are tied to the vendor, in any file.
    pub(super) moored: &'a BTreeSet<Site>,
    /// What holds such clients, in any file.
    pub(super) holders: &'a BTreeMap<Site, BTreeSet<(Site, String)>>,
}

impl Scanner {
    /// Looks at all files by themselves.
    pub(super) fn analyse_all(&self, hits: &[Hit], options: &ScanOptions) -> Vec<Analysed> {
        let alone = |hit: &Hit, lowering: &mut Lowering| self.analyse_safely(hit, options, lowering, None);
        each(hits, options, alone)
    }

    /// A bug that shows on one file must not lose the others.
    pub(super) fn analyse_safely(
        &self,
        hit: &Hit,
        options: &ScanOptions,
        lowering: &mut Lowering,
        around: Option<Around<'_>>,
    ) -> Analysed {
        let result = catch_unwind(AssertUnwindSafe(|| self.analyse(hit, options, lowering, around)));
        result.unwrap_or_else(|_| {
            lowering.renew();
            let message = "unmoor failed on this file; please report it as a bug".to_owned();
            Analysed::only(hit.diagnostic(DiagnosticKind::Internal, None, message))
        })
    }

    fn analyse(
        &self,
        hit: &Hit,
        options: &ScanOptions,
        lowering: &mut Lowering,
        around: Option<Around<'_>>,
    ) -> Analysed {
        let (size, text) = match read(hit, options) {
            Ok(read) => read,
            Err(diagnostic) => return Analysed::only(diagnostic),
        };
        let deadline = Instant::now().checked_add(options.limits.time);
        options.progress.parsed.fetch_add(1, Ordering::Relaxed);
        let mut analysed = Analysed { files: 1, bytes: size, ..Analysed::default() };
        analysed.diagnostics.extend(encoding_diagnostic(hit, &text));
        if options.ignores.is_some() && comments::may_hold(&text.text) {
            let comments = lowering.comments(hit.grammar, &text.text);
            let lines = LineIndex::new(&text.text);
            let mut read = Directives::read(&text.text, &comments, &lines);
            if text.origin.is_some() {
                let file_lines = LineIndex::new(text.file());
                read.reline(|line| line_in_file(&text, &lines, &file_lines, line));
            }
            analysed.directives = (!read.is_empty()).then(|| (shown(&hit.path), read));
        }
        let Some(facts) = lowering.facts(hit.grammar, &text.text) else {
            analysed.diagnostics.push(too_slow(hit, options));
            return analysed;
        };
        let lines = LineIndex::new(&text.text);
        analysed.diagnostics.extend(problems(hit, &facts, &text));
        let path = shown(&hit.path);
        let offset = text.offset_base().unwrap_or_default() as u32;
        let language = hit.grammar.language();
        let file = FileText { path: &path, text: &text.text, offset, language, origin: text.origin.as_deref() };
        let index = self.index(language);
        let mut resolver = Resolver::new(&facts, language, index.reexports()).until(deadline);
        match around.filter(|_| language != Language::Document) {
            Some(around) => {
                resolver = resolver.linked(Some(around.outside));
                self.match_linked(&mut resolver, &file, &lines, around, &mut analysed);
            }
            None if language == Language::Document => self.match_document(&mut resolver, &file, &lines, &mut analysed),
            None => analysed.findings = match_with(index, &mut resolver, &file, &lines),
        }
        if resolver.is_late() {
            analysed.diagnostics.push(too_slow(hit, options));
        }
        if options.line_hashes && !analysed.findings.is_empty() && text.encoding == Encoding::Utf8 {
            add_line_hashes(&mut analysed.findings, &text);
        }
        if !options.unreported {
            let mut ties = std::mem::take(&mut analysed.uses.ties).into_iter();
            let mut kept = Vec::new();
            analysed.findings.retain(|finding| {
                let tie = ties.next();
                let keeps = !index.is_unreported(&finding.rule);
                kept.extend(tie.filter(|_| keeps));
                keeps
            });
            analysed.uses.ties = kept;
        }
        let too_many = limit(&mut analysed, options.max_findings);
        analysed.diagnostics.extend(too_many.map(|message| hit.diagnostic(DiagnosticKind::TooMany, None, message)));
        analysed
    }

    /// What a file gives to others, and nothing else about it but that it took too long.
    pub(super) fn summary_of(
        &self,
        hit: &Hit,
        options: &ScanOptions,
        lowering: &mut Lowering,
        outside: Outside<'_>,
    ) -> (Option<Summary>, Option<Diagnostic>) {
        let summed = catch_unwind(AssertUnwindSafe(|| {
            let Ok((_, text)) = read(hit, options) else { return (None, None) };
            let deadline = Instant::now().checked_add(options.limits.time);
            let Some(facts) = lowering.facts(hit.grammar, &text.text) else {
                return (None, Some(too_slow(hit, options)));
            };
            let language = hit.grammar.language();
            let resolver = Resolver::new(&facts, language, self.index(language).reexports());
            let mut resolver = resolver.linked(Some(outside)).until(deadline);
            let summary = summarize(&mut resolver, outside.modules, outside.file);
            (Some(summary), resolver.is_late().then(|| too_slow(hit, options)))
        }));
        summed.unwrap_or_else(|_| {
            lowering.renew();
            (None, None)
        })
    }

    /// A document is tied to clients by the names of settings alone.
    fn match_document(
        &self,
        resolver: &mut Resolver<'_, '_>,
        file: &FileText<'_>,
        lines: &LineIndex<'_>,
        analysed: &mut Analysed,
    ) {
        let index = self.index(file.language);
        let places = match_places(index, resolver);
        let shower = Shower::new(file, lines, resolver.facts);
        let findings = numbered_findings(index, resolver, &places, &shower);
        analysed.findings = findings.into_iter().map(|(_, finding)| finding).collect();
        analysed.uses.ties = documents::ties(&analysed.findings);
        analysed.uses.told = documents::told(resolver, &shower, &analysed.findings);
    }

    fn match_linked(
        &self,
        resolver: &mut Resolver<'_, '_>,
        file: &FileText<'_>,
        lines: &LineIndex<'_>,
        around: Around<'_>,
        analysed: &mut Analysed,
    ) {
        let index = self.index(file.language);
        let outside = around.outside;
        let places = match_places(index, resolver);
        let shower = Shower::new(file, lines, resolver.facts);
        let findings = numbered_findings(index, resolver, &places, &shower);
        if outside.program.summary(outside.file).is_none() {
            let summary = summarize(resolver, outside.modules, outside.file);
            analysed.summary = Some(summary);
        }
        let catalogue = self.catalogue(file.language);
        let Around { moored, holders, .. } = around;
        let known = FxHashMap::default();
        let reader = Uses { index, catalogue, resolver, shower: &shower, outside, moored, holders, known };
        analysed.uses = reader.read(&places, &findings);
        let summary = analysed.summary.as_ref().or_else(|| outside.program.summary(outside.file));
        let point = |at: u32| (at, shower.location(Span { start: at, end: at }));
        analysed.uses.points =
            summary.map(|summary| summary.offsets().into_iter().map(point).collect()).unwrap_or_default();
        analysed.findings = findings.into_iter().map(|(_, finding)| finding).collect();
    }
}

/// Does something with each file, on all threads. The results are in no order.
pub(super) fn each<T: Sync, R: Send>(
    items: &[T],
    options: &ScanOptions,
    run: impl Fn(&T, &mut Lowering) -> R + Sync,
) -> Vec<R> {
    if items.is_empty() {
        return Vec::new();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let work = || {
        let mut lowering = Lowering::within(options.limits);
        let mut results = Vec::new();
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            results.push(run(item, &mut lowering));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut results);
    };
    match pool(options.walk.threads.min(items.len())) {
        Some(pool) => {
            pool.broadcast(|_| work());
        }
        None => work(),
    }
    done.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Why a file is not looked at.
pub(super) enum PassedOver {
    /// It cannot be read.
    Unreadable(ReadError),
    /// It looks generated.
    Minified,
    /// It is not text.
    Binary,
    /// It is no notebook, although it is called one.
    Notebook(NotebookError),
}

/// The text of a file (of a notebook: of its code) and its size in bytes, or why it is not looked at.
pub(super) fn read(hit: &Hit, options: &ScanOptions) -> Result<(u64, Text), Diagnostic> {
    content(hit, options).map(|(bytes, text)| (bytes.len() as u64, text)).map_err(|passed| {
        let (kind, line, message) = match passed {
            PassedOver::Unreadable(error) => (DiagnosticKind::Unreadable, None, error.to_string()),
            PassedOver::Minified => {
                let message = "looks generated (very long lines) and was not parsed; use --minified to parse it";
                (DiagnosticKind::Minified, None, message.to_owned())
            }
            PassedOver::Binary => {
                (DiagnosticKind::Binary, None, "holds NUL bytes and was taken for a binary file".to_owned())
            }
            PassedOver::Notebook(error) => (DiagnosticKind::Syntax, Some(error.line), error.message),
        };
        hit.diagnostic(kind, line, message)
    })
}

/// The bytes of a file and its text.
pub(super) fn content(hit: &Hit, options: &ScanOptions) -> Result<(Vec<u8>, Text), PassedOver> {
    let bytes = hit.load().map_err(PassedOver::Unreadable)?;
    let is_notebook = is_notebook(&hit.path.to_string_lossy());
    // What a notebook shows has long lines; its code is judged.
    if !options.minified && !is_notebook && is_minified(&bytes) {
        return Err(PassedOver::Minified);
    }
    let Decoded::Text(mut text) = decode(bytes.clone()) else { return Err(PassedOver::Binary) };
    if is_notebook {
        text = text.into_code(hit.grammar.language() == Language::Python).map_err(PassedOver::Notebook)?;
        if !options.minified && is_minified(text.text.as_bytes()) {
            return Err(PassedOver::Minified);
        }
    }
    text.unify_line_ends();
    Ok((bytes, text))
}

fn too_slow(hit: &Hit, options: &ScanOptions) -> Diagnostic {
    let seconds = options.limits.time.as_secs_f64();
    let message = format!("took longer than {seconds} s and was looked at only in part; see --max-time");
    hit.diagnostic(DiagnosticKind::TooSlow, None, message)
}

/// Keeps the first findings of a file, when there are more than so many, and says so.
fn limit(analysed: &mut Analysed, most: usize) -> Option<String> {
    let count = analysed.findings.len();
    if count <= most {
        return None;
    }
    let mut ties = std::mem::take(&mut analysed.uses.ties).into_iter();
    let mut kept: Vec<_> =
        std::mem::take(&mut analysed.findings).into_iter().map(|finding| (finding, ties.next())).collect();
    kept.sort_by(|(a, _), (b, _)| (&a.location, &a.rule).cmp(&(&b.location, &b.rule)));
    for (finding, tie) in kept.into_iter().take(most) {
        analysed.findings.push(finding);
        analysed.uses.ties.extend(tie);
    }
    Some(format!("has {count} findings, of which the first {most} are told; see --max-findings"))
}

/// The line of the file that a line of the text stands on.
fn line_in_file(text: &Text, lines: &LineIndex<'_>, file_lines: &LineIndex<'_>, line: u32) -> u32 {
    let start = lines.line_span(line).map_or(text.text.len(), |span| span.start);
    file_lines.position(text.place(start..start).start).line
}

fn add_line_hashes(findings: &mut [Finding], text: &Text) {
    let lines = findings.iter().map(|finding| finding.location.start.line).collect();
    let mark = text.byte_order_mark.then_some('\u{feff}');
    let hashes = line_hashes(mark.into_iter().chain(text.file().chars()), &lines);
    for finding in findings {
        finding.line_hash = hashes.get(&finding.location.start.line).cloned();
    }
}

fn encoding_diagnostic(hit: &Hit, text: &Text) -> Option<Diagnostic> {
    let message = match text.encoding {
        Encoding::Assumed => "is not UTF-8 and declares no encoding; read as windows-1252".to_owned(),
        other if text.lossy => format!("holds bytes that are not {}; they were replaced", other.name()),
        _ => return None,
    };
    Some(hit.diagnostic(DiagnosticKind::Encoding, None, message))
}

/// The first place of each kind that could not be read, with the number of such places.
fn problems(hit: &Hit, facts: &Facts<'_>, text: &Text) -> Vec<Diagnostic> {
    if facts.problems.is_empty() {
        return Vec::new();
    }
    let lines = LineIndex::new(text.file());
    let describe = |kind, diagnostic, what: &str| {
        let mut places = facts.problems.iter().filter(|problem| problem.kind == kind);
        let first = places.next()?;
        let more = places.count();
        let start = first.span.start as usize;
        let line = lines.position(text.place(start..start).start).line;
        let count = if more > 0 { format!(" (and {more} more)") } else { String::new() };
        Some(hit.diagnostic(diagnostic, Some(line), format!("{what}{count}; the rest of the file was looked at")))
    };
    [
        describe(ProblemKind::Syntax, DiagnosticKind::Syntax, "syntax error"),
        describe(ProblemKind::TooDeep, DiagnosticKind::TooDeep, "nested too deep (see --max-nesting)"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
