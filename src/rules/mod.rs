//! Rules: the format ([`model`]), reading and checking rule files ([`load`]), what a file must contain for a rule to
//! have a chance ([`formula`]), matching resolved facts ([`index`], [`matching`]), and which calls are calls of the API
//! ([`calls`]). Beside them stands what belongs to
//! no rule: the parts of the API ([`apis`]), what targets have of them ([`target`], [`support`]) and how much work things
//! are ([`effort`]).
//!
//! Nothing here names a vendor; that is what rule files are for.

pub mod apis;
pub mod calls;
mod check;
pub mod effort;
pub mod formula;
pub mod index;
pub mod load;
pub mod matching;
pub mod message;
pub mod model;
pub mod pattern;
mod reference;
pub mod rewrite;
pub mod secrets;
pub mod select;
mod source;
pub mod support;
pub mod swap;
pub mod target;
mod text;
pub mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::{
    lang::Language,
    rules::model::{RuleFile, Stay},
};

/// A rule with its id.
#[derive(Debug, Clone)]
pub struct Rule {
    /// The path below the rules folder, without the extension: `azure-openai/python/client-openai`.
    pub id: String,
    /// The language it is written for.
    pub language: Language,
    /// What it says.
    pub file: RuleFile,
    /// The file it came from; none for the built-in rules.
    pub source: Option<PathBuf>,
}

impl Rule {
    /// The id without pack and language: `client-openai`.
    pub fn short_id(&self) -> &str {
        self.id.rsplit('/').next().unwrap_or(&self.id)
    }
}

/// All rules that apply to a scan, with what their packs say.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// The rules, sorted by id.
    pub rules: Vec<Rule>,
    /// Modules that give the same names as others, as (from, to).
    pub reexports: Vec<(String, String)>,
    /// Those of them that have nothing but the vendor's names.
    pub vendor_only: BTreeSet<String>,
    /// Symbols whose calls pass their arguments on.
    pub carriers: Vec<String>,
    /// Which calls are calls of the API, by pack; see [`calls::Catalogue`].
    pub calls: Vec<calls::file::Source>,
    /// What portable code looks like, by pack.
    pub portable: BTreeMap<String, rewrite::Portable>,
    /// Reasons to stay that code cannot show.
    pub stay: Vec<Stay>,
    /// What belongs to no pack.
    reference: reference::Reference,
}

impl RuleSet {
    /// Whether some rule finds the use of a symbol; if not, what to write instead.
    pub fn knows(&self, symbol: &str) -> Result<(), String> {
        let clauses = || self.rules.iter().flat_map(|rule| rule.file.clauses());
        let lists =
            || clauses().flat_map(|clause| [&clause.import, &clause.call, &clause.reference]).flatten().flatten();
        let all: Vec<String> = lists().cloned().collect();
        if pattern::SymbolSet::of(&all).is_ok_and(|symbols| symbols.contains(symbol)) {
            return Ok(());
        }
        let plain = lists().map(String::as_str).filter(|name| !name.contains(['*', '(']));
        Err(match crate::suggest::nearest(symbol, plain) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name a symbol that rules find, as `unmoor explain RULE` lists them".to_owned(),
        })
    }

    /// Where code can go, sorted by id.
    pub fn targets(&self) -> &[target::Target] {
        &self.reference.data().targets
    }

    /// The parts of the API, in the order of reports.
    pub fn apis(&self) -> &[apis::Api] {
        &self.reference.data().apis
    }

    /// What calls can need, in the order of reports.
    pub fn needs(&self) -> &[apis::Need] {
        &self.reference.data().needs
    }

    /// How much work things are: one weight for each kind of work, in the order of [`effort::Work::ALL`].
    pub fn weights(&self) -> &[effort::Weight] {
        &self.reference.data().weights
    }

    /// The files of users that rules and targets were read from.
    pub fn sources(&self) -> impl Iterator<Item = &PathBuf> {
        self.rules.iter().filter_map(|rule| rule.source.as_ref()).chain(self.reference.sources())
    }
}
