//! A finding: one rule matched at one site, as plain serialisable data. Reports are made from these and never look at
//! source text or syntax trees again; so everything a report may show is in here, with secrets already masked.

use serde::{Deserialize, Serialize};

use crate::rules::model::{Class, Confidence, FixLevel, Severity};

/// One rule matched at one site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// The rule's id, such as `azure-openai/python/client-construction`.
    pub rule: String,
    /// What kind of site it is.
    pub class: Class,
    /// How serious it is.
    pub severity: Severity,
    /// How sure the match is.
    pub confidence: Confidence,
    /// What the site is, in a sentence.
    pub message: String,
    /// Where it is.
    pub location: Location,
    /// What the site stands for (`openai.AzureOpenAI`), where that is a symbol.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symbol: Option<String>,
    /// The text at the site (`AOAIClient`), unless it could be a secret.
    pub local: String,
    /// How the site was resolved: import, binding, ... up to the site itself.
    pub evidence: Vec<Evidence>,
    /// The portable call or setting.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub portable: Option<String>,
    /// The best level a mechanical change of this kind of site can have.
    pub fix_level: FixLevel,
    /// The ids of the units it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub units: Vec<String>,
    /// Names the site by its content: the same after lines move or the file is renamed or re-indented.
    pub fingerprint: String,
    /// GitHub's hash of the line that the site begins on, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line_hash: Option<String>,
    /// The cell of a notebook that it is in, counted from 1 over all cells.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cell: Option<u32>,
    /// The source lines of the site, secrets masked. Of a notebook the lines of code.
    pub excerpt: Excerpt,
    /// The first and last line of the whole that the site heads, such as a call with all its arguments.
    #[serde(skip)]
    pub extent: (u32, u32),
    /// The columns of start and end in bytes of UTF-8 within their lines, from 1.
    #[serde(skip)]
    pub byte_columns: (u32, u32),
}

impl Finding {
    /// The rule's id without pack and language: `client-construction`.
    pub fn short_rule(&self) -> &str {
        self.rule.rsplit('/').next().unwrap_or(&self.rule)
    }
}

/// A finding that is set aside: it does not count and is shown only on request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Suppressed {
    /// What was found.
    pub finding: Finding,
    /// What sets it aside.
    pub by: SuppressedBy,
    /// The reason that people gave, where they did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub justification: Option<String>,
}

/// What sets a finding aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressedBy {
    /// A comment in the source.
    InSource,
    /// An entry of the baseline.
    Baseline,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Location {
    /// The file, relative to where the scan was started, with forward slashes.
    pub path: String,
    /// Where it starts.
    pub start: Point,
    /// Where it ends (exclusive).
    pub end: Point,
}

/// A point in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Point {
    /// Line, from 1.
    pub line: u32,
    /// Column in Unicode code points, from 1.
    pub column: u32,
    /// Column in UTF-16 code units, from 1.
    pub column_utf16: u32,
    /// Offset in bytes from the start of the file, from 0. (In a UTF-16 file: of its text as UTF-8.)
    pub byte: u32,
}

/// One step of how a site was resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// What the step is.
    pub kind: EvidenceKind,
    /// The file it stands in, where that is another one than the site's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Where it stands.
    pub start: Point,
    /// Where it ends (exclusive).
    pub end: Point,
    /// What stands there, secrets masked.
    pub text: String,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceKind {
    /// A name is imported.
    Import,
    /// A name is given to something.
    Binding,
    /// A type is declared.
    Annotation,
    /// A class is derived.
    Base,
    /// The call that the site is an argument of.
    Call,
    /// The site flows into this one.
    Flow,
    /// The finding that stands beside the site.
    Beside,
    /// The client that the site belongs to is made there.
    Construction,
    /// The site itself.
    Site,
}

/// Source lines for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Excerpt {
    /// The number of the first line, from 1.
    pub first_line: u32,
    /// The lines without their ends, secrets masked, long lines cut.
    pub lines: Vec<String>,
    /// The site within the joined lines: byte offset and length.
    pub highlight: (u32, u32),
}
