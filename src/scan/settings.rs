//! Settings across a tree, in a fix for a target: a setting that code reads under a new name gets that name in every
//! document that defines it or passes it on, or code keeps the old one. First all files that name such a setting are
//! found; a name that something else reads — code that stays as it is, a language that is not changed — is given up, and
//! with it the changes of code that need it, until nothing is left to give up.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{ScanOptions, fix::location, shown};
use crate::{
    facts::Span,
    finding::Location,
    input::{
        exclude::GlobError,
        notebook::is_notebook,
        text::{Decoded, LineIndex, Text, decode},
        walk::{WalkOptions, walk},
    },
    lang::{Grammar, Language, Lowering, documents::Document},
    migrate::{
        Outcome, document_plan,
        edits::applied,
        options::FixOptions,
        plan::{Covered, Fix, Held},
        settings::{Renaming, Values, is_infrastructure, mention, rename, words},
    },
    rules::{
        index::Index,
        model::{Class, FixLevel},
    },
};

/// Endings of files in languages that read settings and are not changed.
const OTHER_LANGUAGES: &[&str] = &[
    "cs", "fs", "vb", "java", "kt", "kts", "scala", "groovy", "go", "rb", "php", "rs", "swift", "dart", "ex", "exs",
    "lua", "pl", "r", "jl", "clj", "cpp", "cc", "c", "h", "razor", "cshtml", "sql",
];

/// The largest file of another language that is searched, in bytes.
const MAX_SEARCHED: u64 = 1 << 20;

/// A file that names settings.
struct Naming {
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Outcomes by path.
pub(super) type Outcomes = Vec<(String, Outcome)>;

/// Why a setting cannot be renamed.
type Blocked = BTreeMap<String, String>;

/// Brings the documents of a tree in line with what code reads after the changes. Changes of code whose settings cannot
/// follow are held back.
pub(super) fn follow(
    paths: &[PathBuf],
    options: &ScanOptions,
    fix: &FixOptions,
    index: &Index,
    infrastructure: &[String],
    outcomes: &mut Outcomes,
) -> Result<(), GlobError> {
    let all: BTreeSet<String> = renamings(outcomes).iter().map(|renaming| renaming.from.clone()).collect();
    if all.is_empty() {
        return Ok(());
    }
    let mut files = naming(paths, options, &all)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    loop {
        let renamings = renamings(outcomes);
        let following = Following { fix, index, infrastructure, renamings: &renamings };
        let mut blocked = conflicts(&renamings);
        let documents = following.look(&files, outcomes, &mut blocked);
        if blocked.is_empty() {
            count(outcomes, &documents);
            outcomes.extend(documents);
            outcomes.sort_by(|a, b| a.0.cmp(&b.0));
            return Ok(());
        }
        hold(outcomes, &blocked);
    }
}

/// The settings that changed code reads under new names.
fn renamings(outcomes: &Outcomes) -> Vec<Renaming> {
    let changed = outcomes.iter().filter(|(_, outcome)| outcome.file.is_some());
    let settings = changed.flat_map(|(_, outcome)| &outcome.settings);
    let mut all: Vec<Renaming> = Vec::new();
    for setting in settings.filter(|setting| setting.is_variable && setting.instead_of != setting.name) {
        let renaming = Renaming { from: setting.instead_of.clone(), to: setting.name.clone(), role: setting.role };
        if !all.iter().any(|one| one.from == renaming.from && one.to == renaming.to) {
            all.push(renaming);
        }
    }
    all.sort_by(|a, b| (&a.from, &a.to).cmp(&(&b.from, &b.to)));
    all
}

/// Settings that would get several names.
fn conflicts(renamings: &[Renaming]) -> Blocked {
    let pairs = renamings.windows(2).filter(|pair| pair[0].from == pair[1].from);
    let because =
        |pair: &[Renaming]| format!("it would become `{}` in one place and `{}` in another", pair[0].to, pair[1].to);
    pairs.map(|pair| (pair[0].from.clone(), because(pair))).collect()
}

/// The files below the paths that name one of the settings.
fn naming(paths: &[PathBuf], options: &ScanOptions, names: &BTreeSet<String>) -> Result<Vec<Naming>, GlobError> {
    let wanted: fn(&str) -> bool = |name| Grammar::of(name).is_some() || is_other_language(name);
    let options = WalkOptions { wanted, ..options.walk.clone() };
    let walked = walk(paths, &options, <(Vec<u8>, Vec<Naming>)>::default, |(buffer, found), file| {
        let other = is_other_language(&file.path.to_string_lossy());
        let is_large = |limit| std::fs::metadata(&file.path).is_ok_and(|data| data.len() > limit);
        if other && is_large(MAX_SEARCHED) || file.read(buffer).is_err() {
            return;
        }
        let text = String::from_utf8_lossy(buffer);
        if names.iter().any(|name| text.contains(name.as_str())) {
            found.push(Naming { path: file.path, bytes: std::mem::take(buffer) });
        }
    })?;
    Ok(walked.states.into_iter().flat_map(|(_, found)| found).collect())
}

fn is_other_language(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| OTHER_LANGUAGES.contains(&extension))
}

/// Holds back the changes of files that need settings which cannot be renamed.
fn hold(outcomes: &mut Outcomes, blocked: &Blocked) {
    for (_, outcome) in outcomes.iter_mut() {
        let needed = outcome.settings.iter().filter(|setting| setting.is_variable && outcome.file.is_some());
        let reasons: BTreeSet<String> = needed
            .filter_map(|setting| Some((setting, blocked.get(&setting.instead_of)?)))
            .map(|(setting, because)| {
                format!("the setting `{}` cannot be renamed everywhere: {because}", setting.instead_of)
            })
            .collect();
        if !reasons.is_empty() {
            outcome.hold(FixLevel::Manual, &reasons.into_iter().collect::<Vec<_>>());
        }
    }
}

/// What changes is no more to be done by hand.
fn count(outcomes: &mut Outcomes, documents: &Outcomes) {
    for (path, document) in documents {
        let Some((_, own)) = outcomes.iter_mut().find(|(other, _)| other == path) else { continue };
        for fix in document.file.iter().flat_map(|file| &file.fixes) {
            if let Some(sites) = own.manual.get_mut(&fix.rule) {
                *sites = sites.saturating_sub(fix.covers.len() as u32);
            }
        }
        own.manual.retain(|_, sites| *sites > 0);
    }
}

/// Settings that get new names, and what is asked for.
struct Following<'f> {
    fix: &'f FixOptions,
    index: &'f Index,
    /// Names of files that provision resources.
    infrastructure: &'f [String],
    renamings: &'f [Renaming],
}

impl Following<'_> {
    /// What becomes of the documents, and which settings cannot be renamed.
    fn look(&self, files: &[Naming], outcomes: &Outcomes, blocked: &mut Blocked) -> Outcomes {
        let mut documents = Vec::new();
        let mut lowering = Lowering::default();
        for file in files {
            let path = shown(&file.path);
            let after =
                outcomes.iter().find(|(other, _)| *other == path).and_then(|(_, outcome)| outcome.file.as_ref());
            let bytes = after.map_or(&file.bytes, |after| &after.after);
            match Grammar::of_file(&path, bytes) {
                Some(Grammar::Document(document)) => {
                    documents.extend(self.document(document, &path, bytes, &mut lowering, blocked));
                }
                Some(grammar) => self.code(grammar, &path, bytes, &mut lowering, blocked),
                None => self.other(&path, bytes, blocked),
            }
        }
        documents
    }

    /// Code that still names a setting keeps its name alive.
    fn code(&self, grammar: Grammar, path: &str, bytes: &[u8], lowering: &mut Lowering, blocked: &mut Blocked) {
        let Decoded::Text(text) = decode(bytes.to_vec()) else { return };
        let text = if is_notebook(path) {
            let Ok(code) = text.into_code(grammar.language() == Language::Python) else { return };
            code
        } else {
            text
        };
        let Some(facts) = lowering.facts(grammar, &text.text) else { return };
        for renaming in self.renamings {
            if let Some(span) = mention(&facts, &renaming.from) {
                let line = line(&text, span);
                let because = format!("{path}:{line} still names it");
                blocked.entry(renaming.from.clone()).or_insert(because);
            }
        }
    }

    fn other(&self, path: &str, bytes: &[u8], blocked: &mut Blocked) {
        let text = String::from_utf8_lossy(bytes);
        for renaming in self.renamings {
            if let Some(span) = words(&text, &renaming.from).first() {
                let line = text[..span.start as usize].matches('\n').count() + 1;
                let because = format!("{path}:{line} reads it, in a language that is not changed");
                blocked.entry(renaming.from.clone()).or_insert(because);
            }
        }
    }

    fn document(
        &self,
        document: Document,
        path: &str,
        bytes: &[u8],
        lowering: &mut Lowering,
        blocked: &mut Blocked,
    ) -> Option<(String, Outcome)> {
        let Decoded::Text(text) = decode(bytes.to_vec()) else { return None };
        let facts = lowering.facts(Grammar::Document(document), &text.text)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let infrastructure = is_infrastructure(document, name, &text.text, self.infrastructure);
        let mut renamed = rename(document, &text.text, &facts, self.renamings, &self.values(), infrastructure);
        let after = applied(&text.text, &renamed.edits);
        let broken = |text: &str, lowering: &mut Lowering| {
            lowering.facts(Grammar::Document(document), text).map_or(usize::MAX, |facts| facts.problems.len())
        };
        if broken(&after, lowering) > facts.problems.len() {
            renamed.block("its syntax would break");
        }
        for (number, because) in &renamed.blocked {
            let because = format!("{path}: {because}");
            blocked.entry(self.renamings[*number].from.clone()).or_insert(because);
        }
        let Some(base) = text.offset_base() else {
            let because = format!("{path} is not UTF-8 and is not changed");
            for (number, _) in &renamed.changed {
                blocked.entry(self.renamings[*number].from.clone()).or_insert_with(|| because.clone());
            }
            return None;
        };
        let place = Place { path, lines: LineIndex::new(&text.text), base: base as u32 };
        let mut outcome = Outcome::default();
        let mut fixes: BTreeMap<usize, Fix> = BTreeMap::new();
        for (number, span) in &renamed.changed {
            let location = place.location(*span);
            let line = location.start.line;
            let fix = fixes.entry(*number).or_insert_with(|| self.fix(*number, location));
            let covered = Covered { rule: fix.rule.clone(), line };
            if !fix.covers.contains(&covered) {
                fix.covers.push(covered);
            }
        }
        for (number, span, because) in &renamed.kept {
            outcome.held.push(Held {
                rule: self.rule_of(*number),
                class: Class::Config,
                location: place.location(*span),
                level: FixLevel::Manual,
                reasons: vec![format!(
                    "`{}` becomes `{}`: {because}",
                    self.renamings[*number].from, self.renamings[*number].to
                )],
                recipe: None,
            });
        }
        if !renamed.edits.is_empty() {
            outcome.file = Some(document_plan(path, bytes, base, renamed.edits, fixes.into_values().collect()));
        }
        Some((path.to_owned(), outcome))
    }

    /// The rule about settings of this name in documents; the first about any where there is none.
    fn rule_of(&self, number: usize) -> String {
        let rule = self.index.rule_of_variable(&self.renamings[number].from);
        rule.unwrap_or_default().to_owned()
    }

    fn fix(&self, number: usize, location: Location) -> Fix {
        let Renaming { from, to, .. } = &self.renamings[number];
        Fix {
            rule: self.rule_of(number),
            class: Class::Config,
            location,
            level: self.fix.level,
            title: format!("`{from}` becomes `{to}`, as the code reads it"),
            facts: Vec::new(),
            covers: Vec::new(),
        }
    }

    fn values(&self) -> Values {
        let url = self.fix.target.as_ref().map(|target| target.file.base_url.value.clone());
        Values { base_url: url.filter(|url| !url.contains('{')), models: self.fix.models.clone() }
    }
}

/// A document whose places are told.
pub(super) struct Place<'p> {
    pub(super) path: &'p str,
    pub(super) lines: LineIndex<'p>,
    /// The offset in the file at which its text begins.
    pub(super) base: u32,
}

impl Place<'_> {
    pub(super) fn location(&self, span: Span) -> Location {
        location(self.path, &self.lines, span, self.base)
    }
}

/// The line of the file on which a place in its text stands.
fn line(text: &Text, span: Span) -> u32 {
    let start = text.place(span.start as usize..span.end as usize).start;
    LineIndex::new(text.file()).position(start).line
}
