//! Why a line was reported, or why not: the stages of a scan in their order, each asked about one line of one file. The
//! scan itself is run as always; what it found on the line is taken from it, and the file is looked at once more with all
//! that is known at the end (`look`), for what the line's names stand for (`names`) and which rules looked there.
//!
//! The result is plain serialisable data with secrets masked; how it reads is for [`crate::report::why`].

mod across;
mod answer;
mod look;
mod names;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::look::{Look, Looking};
use super::{Diagnostic, Found, Hit, Other, Scan, ScanOptions, Scanner, Tool, pool, shown};
use crate::{
    finding::{Finding, Location, Suppressed},
    input::{
        exclude::GlobError,
        prefilter::Formula,
        text::{Decoded, LineIndex, decode, is_minified},
        unwalked::unwalked,
        walk::{FoundFile, MAX_READ},
    },
    lang::{Grammar, Language},
    rules::{
        Rule,
        formula::{Names, formulas},
        matching::explain::Condition,
        select::Selection,
    },
    unit::Step,
};

/// The version of the serialised form of a [`Why`].
pub const SCHEMA_VERSION: u32 = 1;
/// How many rules are named beside their number.
const MAX_RULES: usize = 5;

/// Which line is asked about, of what scan.
pub struct Question<'q> {
    /// The file.
    pub file: &'q Path,
    /// The line, from 1.
    pub line: u32,
    /// What is scanned.
    pub paths: &'q [PathBuf],
    /// How.
    pub options: &'q ScanOptions,
    /// What is reported.
    pub selection: &'q Selection,
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum Unanswerable {
    /// A glob cannot be read.
    Glob(GlobError),
    /// The file cannot be read.
    Unreadable(String),
    /// The file has fewer lines.
    NoSuchLine {
        /// How many it has.
        lines: u32,
    },
}

impl From<GlobError> for Unanswerable {
    fn from(error: GlobError) -> Self {
        Self::Glob(error)
    }
}

/// How a line was found, or why it was not reported: what each stage of a scan made of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Why {
    /// The version of this form; it changes when a field changes its meaning or goes.
    pub schema_version: u32,
    /// What made it.
    pub tool: Tool,
    /// The file, as reports show it.
    pub path: String,
    /// The line, from 1.
    pub line: u32,
    /// What stands there, secrets masked, cut when it is long. Empty when the file was not parsed.
    pub text: String,
    /// The answer in a sentence.
    pub answer: String,
    /// Whether the scan looks at the file.
    pub walk: Walk,
    /// Whether the file can hold what rules look for. None: it is not of a kind that is scanned.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub prefilter: Option<Prefiltered>,
    /// What could not be looked at as it should: in the whole file, and near the line.
    pub diagnostics: Vec<Diagnostic>,
    /// What the names on the line stand for.
    pub names: Vec<Named>,
    /// The findings on the line.
    pub findings: Vec<Told>,
    /// What rules looked at on the line and did not accept.
    pub misses: Vec<Missed>,
    /// The calls of the API on the line.
    pub calls: Vec<CallHere>,
    /// The units that findings and calls name.
    pub units: Vec<UnitHere>,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitHere {
    /// Its id, as in findings and calls.
    pub id: String,
    /// What it stands for, where that is a symbol.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symbol: Option<String>,
    /// Where it is made.
    pub location: Location,
}

/// Whether a scan looks at a file.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Walk {
    /// True when it does.
    pub looked_at: bool,
    /// Why it does not; everything else is then told as if the file were named by itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Whether a file holds the words that rules look for.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Prefiltered {
    /// The language whose rules apply.
    pub language: String,
    /// How many rules that language has.
    pub rules: u64,
    /// How many of them have their words in the file. Without any, only a link from another file makes it be parsed.
    pub with_words: u64,
    /// The first of those.
    pub first: Vec<String>,
    /// When there are none: what the rules lack that have some of theirs there.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub nearest: Vec<Lacking>,
    /// True when the file was parsed.
    pub parsed: bool,
    /// How other files lead to it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<Linked>,
}

/// A rule whose words a file does not hold.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Lacking {
    /// The rule.
    pub rule: String,
    /// The words that are not there.
    pub words: Vec<String>,
}

/// How a file is linked to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Linked {
    /// The other file.
    pub from: String,
    /// The name that it takes from there. None: the other file passes clients to its functions, or takes settings from it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Where the client is made that the name leads to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<Location>,
}

/// A name or expression and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Named {
    /// What is written, secrets masked.
    pub text: String,
    /// Where.
    pub location: Location,
    /// What it can be; several when the flow of the program decides.
    pub meanings: Vec<Meaning>,
    /// How that was found, from the origin on, also across files.
    pub chain: Vec<Step>,
}

/// One thing that an expression can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Meaning {
    /// What kind of thing.
    pub kind: MeaningKind,
    /// Its name or path, as far as it has one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Where it is made, declared or written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Location>,
}

/// Kinds of things that expressions stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MeaningKind {
    /// A name of a package, or something below it.
    Symbol,
    /// An instance of a name of a package, or the result of a call of one, or something below it.
    Instance,
    /// The same, where only a declared type says that it is there.
    Declared,
    /// An environment variable.
    Environment,
    /// A literal.
    Literal,
    /// A function of the project.
    Function,
    /// A class of the project.
    Class,
    /// An instance of a class of the project.
    Object,
    /// The classes that a class is derived from.
    Bases,
    /// A file of the project.
    File,
    /// A name of a file of the project that the scan does not parse; the text is that file.
    Unparsed,
    /// A name that the file does not bind: built in, or global.
    Global,
    /// Nothing is known of it.
    Unknown,
}

/// A finding, and whether it is reported.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Told {
    /// The finding.
    pub finding: Finding,
    /// Why it is not reported; none when it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dropped: Option<String>,
}

/// A rule that looked at something and did not accept it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missed {
    /// The rule.
    pub rule: String,
    /// What it looked at.
    pub location: Location,
    /// The condition that does not hold; none when the rule accepts it but its findings are portable already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub condition: Option<Condition>,
    /// The same in words that follow the rule's name.
    pub says: String,
}

/// A call of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallHere {
    /// Which part of the API it uses.
    pub api: String,
    /// What is called, without the client.
    pub method: String,
    /// Where the method's name stands.
    pub location: Location,
    /// What it needs beyond the API itself.
    pub needs: Vec<String>,
    /// The units it belongs to. None: nothing ties its clients to the vendor.
    pub units: Vec<String>,
    /// The clients it can be made on; none for a call on the SDK's module.
    pub clients: Vec<ClientHere>,
}

/// A client that a call is made on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientHere {
    /// What it is an instance of, when that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symbol: Option<String>,
    /// Where it is made, when that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub location: Option<Location>,
    /// True when something ties it to the vendor.
    pub tied: bool,
}

impl Scanner {
    /// Answers a question. The file must be there.
    pub fn why(&self, question: &Question<'_>) -> Result<Why, Unanswerable> {
        // Also files without words are asked about, which a scan without links has no use for.
        let mut found = self.find(question.paths, &ScanOptions { link: true, ..question.options.clone() })?;
        let walked = walked(&found, question.file);
        let path = walked.clone().unwrap_or_else(|| question.file.components().collect());
        let mut why = Why {
            schema_version: SCHEMA_VERSION,
            path: shown(&path),
            line: question.line,
            walk: Walk { looked_at: walked.is_some(), reason: None },
            ..Why::default()
        };
        let name = path.to_string_lossy().into_owned();
        let Some(grammar) = Grammar::of(&name) else {
            why.walk = Walk { looked_at: false, reason: Some("it is not of a kind that is scanned".to_owned()) };
            why.answer = answer::of(&why);
            return Ok(why);
        };
        if walked.is_none() {
            why.walk.reason = Some(unwalked(question.file, question.paths, &question.options.walk)?.to_string());
        }
        let bytes = load(&path)?;
        check_line(&bytes, question)?;
        why.prefilter = Some(self.prefiltered(grammar.language(), &bytes));
        let has_words = why.prefilter.as_ref().is_some_and(|prefilter| prefilter.with_words > 0);
        if walked.is_none() {
            found.add(&path, grammar, &bytes, has_words);
        }
        let (look, scan) = self.look(found, &path, question);
        why.take(look, scan, question.selection);
        why.answer = answer::of(&why);
        Ok(why)
    }

    fn look(&self, found: Found, path: &Path, question: &Question<'_>) -> (Look, Scan) {
        let Found { hits, others, mut scan } = found;
        let options = question.options;
        if options.link {
            let look = self.link_then(hits, others, question.paths, options, &mut scan, |linking| {
                Looking::linked(linking, path, question.line)
            });
            return (look, scan);
        }
        let hits: Vec<Hit> = hits.into_iter().filter(|hit| hit.path == path).collect();
        let results = self.analyse_all(&hits, options);
        self.add(&mut scan, results, options);
        let other = others.into_iter().find(|other| other.path == path).map(Other::into_hit);
        let Some(hit) = hits.first().or(other.as_ref()) else { return (Look::default(), scan) };
        let looking = Looking::alone(self, options, hit, question.line);
        // Deep nesting needs a deep stack.
        let look = match pool(1) {
            Some(pool) => pool.install(|| looking.look()),
            None => looking.look(),
        };
        (Look { parsed: !hits.is_empty(), ..look }, scan)
    }

    /// What the words of a file let rules look for.
    fn prefiltered(&self, language: Language, bytes: &[u8]) -> Prefiltered {
        let rules: Vec<&Rule> = self.rules().iter().filter(|rule| rule.language == language).collect();
        let formulas: Vec<Formula> = formulas(&rules, &Names { reexports: &self.rules.reexports });
        let lacking = |(rule, formula): (&&Rule, &Formula)| {
            let words: Vec<String> = formula.lacks(bytes)?.into_iter().map(str::to_owned).collect();
            Some((formula.holds_some(bytes), Lacking { rule: rule.id.clone(), words }))
        };
        let rated: Vec<(bool, Lacking)> = rules.iter().zip(&formulas).filter_map(lacking).collect();
        let (with_words, without): (Vec<_>, Vec<_>) = rated.into_iter().partition(|(_, one)| one.words.is_empty());
        let with_words: Vec<String> = with_words.into_iter().map(|(_, one)| one.rule).collect();
        let mut nearest: Vec<Lacking> = Vec::new();
        if with_words.is_empty() {
            nearest.extend(without.into_iter().filter(|(holds_some, _)| *holds_some).map(|(_, one)| one));
            nearest.sort_by_key(|lacking| lacking.words.len());
            nearest.truncate(MAX_RULES);
        }
        Prefiltered {
            language: language.name().to_owned(),
            rules: rules.len() as u64,
            with_words: with_words.len() as u64,
            first: with_words.into_iter().take(MAX_RULES).collect(),
            nearest,
            parsed: false,
            links: Vec::new(),
        }
    }
}

impl Found {
    /// Adds a file that the walk does not hand out.
    fn add(&mut self, path: &Path, grammar: Grammar, bytes: &[u8], has_words: bool) {
        let path = path.to_path_buf();
        if has_words {
            let size = bytes.len() as u64;
            self.hits.push(Hit { path, grammar, size, bytes: Some(bytes.to_vec()), max_size: MAX_READ });
        } else {
            self.others.push(Other { path, grammar, max_size: MAX_READ });
        }
    }
}

impl Why {
    /// Takes in what was seen on the line and what the scan found there.
    fn take(&mut self, look: Look, scan: Scan, selection: &Selection) {
        self.text = look.text;
        self.names = look.names;
        self.misses = look.misses;
        self.calls = look.calls;
        if let Some(prefilter) = &mut self.prefilter {
            prefilter.parsed = look.parsed;
            prefilter.links = look.links;
        }
        let is_here = |location: &Location| {
            location.path == self.path && (location.start.line..=location.end.line).contains(&self.line)
        };
        let findings = scan.findings.into_iter().filter(|finding| is_here(&finding.location));
        self.findings = findings
            .map(|finding| Told { dropped: selection.drops(&finding).map(|dropped| dropped.to_string()), finding })
            .collect();
        let aside = scan.suppressed.into_iter().filter(|suppressed| is_here(&suppressed.finding.location));
        self.findings.extend(aside.map(|Suppressed { finding, justification, .. }| {
            let reason = justification.map(|reason| format!(": {reason}")).unwrap_or_default();
            Told { dropped: Some(format!("a comment sets it aside{reason}")), finding }
        }));
        for call in &mut self.calls {
            let has_call = |unit: &&crate::unit::Unit| {
                unit.calls.iter().any(|known| known.location == call.location && known.api == call.api)
            };
            call.units = scan.units.iter().filter(has_call).map(|unit| unit.id.clone()).collect();
        }
        let findings = self.findings.iter().flat_map(|told| &told.finding.units);
        let named: BTreeSet<&String> = findings.chain(self.calls.iter().flat_map(|call| &call.units)).collect();
        let units = scan.units.into_iter().filter(|unit| named.contains(&unit.id));
        self.units = units.map(|unit| UnitHere { id: unit.id, symbol: unit.symbol, location: unit.location }).collect();
        // The scan tells of the first place in the file; what is nearer says more.
        let is_known =
            |one: &Diagnostic| look.diagnostics.iter().any(|near| (near.kind, near.line) == (one.kind, one.line));
        let is_of_file = |one: &Diagnostic| one.path.as_deref() == Some(self.path.as_str()) && !is_known(one);
        self.diagnostics = scan.diagnostics.into_iter().filter(is_of_file).collect();
        self.diagnostics.extend(look.diagnostics);
        self.diagnostics.sort();
        self.diagnostics.dedup();
    }
}

/// The path under which the walk handed a file out.
fn walked(found: &Found, file: &Path) -> Option<PathBuf> {
    let real = file.canonicalize().ok()?;
    let paths = found.hits.iter().map(|hit| &hit.path).chain(found.others.iter().map(|other| &other.path));
    let same_name = paths.filter(|path| path.file_name() == file.file_name() || path.is_symlink());
    let mut same = same_name.filter(|path| path.canonicalize().is_ok_and(|path| path == real));
    same.next().cloned()
}

fn load(path: &Path) -> Result<Vec<u8>, Unanswerable> {
    let mut bytes = Vec::new();
    let file = FoundFile { path: path.to_path_buf(), explicit: true, max_size: MAX_READ };
    file.read(&mut bytes).map_err(|error| Unanswerable::Unreadable(error.to_string()))?;
    Ok(bytes)
}

/// Says when a text has no such line. What is not parsed has none to count.
fn check_line(bytes: &[u8], question: &Question<'_>) -> Result<(), Unanswerable> {
    if !question.options.minified && is_minified(bytes) {
        return Ok(());
    }
    let Decoded::Text(mut text) = decode(bytes.to_vec()) else { return Ok(()) };
    text.unify_line_ends();
    let ends_open = text.text.is_empty() || !text.text.ends_with('\n');
    let count = LineIndex::new(&text.text).line_count();
    // What follows the last line end is a line only when something stands there.
    let lines = if ends_open { count } else { count.saturating_sub(1) };
    if question.line > lines { Err(Unanswerable::NoSuchLine { lines }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
