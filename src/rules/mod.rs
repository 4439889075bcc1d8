//! Rules: the format ([`model`]), reading and checking rule files ([`load`]), what a file must contain for a rule to
//! have a chance ([`formula`]), matching resolved facts ([`index`], [`matching`]), and which calls are calls of the API
//! ([`calls`]).
//!
//! Nothing here names a vendor; that is what rule files are for.

pub mod calls;
pub mod formula;
pub mod index;
pub mod load;
pub mod matching;
pub mod message;
pub mod model;
pub mod pattern;
pub mod rewrite;
pub mod secrets;
pub mod select;
pub mod target;
mod text;
pub mod values;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::{lang::Language, rules::model::RuleFile};

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
    /// Where code can go, sorted by id. They belong to no pack.
    pub targets: Vec<target::Target>,
}
