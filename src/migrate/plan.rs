//! A plan: what a fix would change, what it leaves alone and why, and what has to hold in the world, as plain
//! serialisable data. Reports are made from it and never look at source text again.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    finding::Location,
    rules::model::{Class, FixLevel},
};

/// The version of the serialised form of a [`Plan`].
pub const SCHEMA_VERSION: u32 = 1;

/// What a fix would do to a tree.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The version of this form; it changes when a field changes its meaning or goes.
    pub schema_version: u32,
    /// The version of the program that made it.
    pub version: Cow<'static, str>,
    /// The target that the code is made ready for; none: the same resource.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// The level up to which changes are in `files`.
    pub level: FixLevel,
    /// The files that change, by path.
    pub files: Vec<FilePlan>,
    /// Changes that are known but not in `files`, and why, by place.
    pub held: Vec<Held>,
    /// What must hold in the world for the changes to be right; nothing in the code can show it.
    pub preconditions: Vec<Precondition>,
    /// What has to be configured, for a fix for a target.
    pub settings: Vec<Setting>,
    /// Deployment names without a model for the target.
    pub unmapped_models: Vec<String>,
    /// Deployment names that the changed files still have, for a fix for a target.
    pub left_models: Vec<DeploymentName>,
    /// What could not be looked at as it should.
    pub diagnostics: Vec<Problem>,
    /// How many files were read.
    pub files_read: u64,
    /// How many sites there are, by rule, for which no mechanical change is known.
    pub manual: Vec<ManualSites>,
}

/// What changes in one file.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FilePlan {
    /// The file, relative to where the scan was started, with forward slashes.
    pub path: String,
    /// The changes by unit: what belongs together.
    pub fixes: Vec<Fix>,
    /// The edits of all of them, sorted, not overlapping.
    pub edits: Vec<Edit>,
    /// SHA-256 of the content that the edits are for, in hexadecimal.
    pub sha256: String,
    /// The content that was scanned.
    #[serde(skip)]
    pub before: Vec<u8>,
    /// The content after the edits.
    #[serde(skip)]
    pub after: Vec<u8>,
}

/// The change of one unit: a client and what is tied to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// The rule whose rewrite it is.
    pub rule: String,
    /// The class of the rule.
    pub class: Class,
    /// Where the unit stands.
    pub location: Location,
    /// Its level.
    pub level: FixLevel,
    /// What happens, in a sentence.
    pub title: String,
    /// Facts that must hold for it to be right, beyond the plan's preconditions.
    pub facts: Vec<String>,
    /// The places of findings that it deals with: rule and line.
    pub covers: Vec<Covered>,
}

/// A finding that a fix deals with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Covered {
    /// The rule's id.
    pub rule: String,
    /// The line, from 1.
    pub line: u32,
}

/// One replacement of bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// The offset of the first byte that goes.
    pub start: u32,
    /// The offset after the last byte that goes.
    pub end: u32,
    /// What comes in their place.
    pub text: String,
}

/// A change that is known and not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// The rule.
    pub rule: String,
    /// Its class.
    pub class: Class,
    /// Where.
    pub location: Location,
    /// The level at which it would be made; `manual`: it is not made at all.
    pub level: FixLevel,
    /// What is in the way, or which facts would have to hold.
    pub reasons: Vec<String>,
    /// What to do by hand, where the rule says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recipe: Option<String>,
}

/// A fact about the world.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Precondition {
    /// The fact, as a sentence.
    pub says: String,
    /// A command that checks it before deploying; keys come from the environment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<String>,
    /// The files that depend on it.
    pub files: Vec<String>,
}

/// A setting that the changed code reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value or the shape of its value for the target.
    pub value: String,
    /// What it stands in the place of, as written in the code.
    pub instead_of: Vec<String>,
    /// True when the value is a secret, which is never shown.
    pub secret: bool,
}

/// Sites of a rule that has no mechanical change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ManualSites {
    /// The rule.
    pub rule: String,
    /// How many sites.
    pub count: u32,
    /// What to do by hand, where the rule says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recipe: Option<String>,
}

/// Something that could not be done as it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The file.
    pub path: String,
    /// The line, from 1, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub line: Option<u32>,
    /// What happened and what it means.
    pub message: String,
}

/// The name of a deployment in code, or of the variable that holds it, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentName {
    /// The name: `chat-prod`, or the variable's name such as `CHAT_DEPLOYMENT`.
    pub name: String,
    /// True when the code reads the deployment's name from this environment variable.
    pub variable: bool,
    /// Where it stands, in order.
    pub places: Vec<Location>,
}
