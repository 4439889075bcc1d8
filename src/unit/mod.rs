//! Units: a client and everything tied to it in any file, as plain serialisable data. Findings name the units they belong
//! to ([`crate::finding::Finding::units`]); calls lie in their unit. Like findings, units hold all that a report may show,
//! with secrets already masked.

pub mod assemble;
mod calls;
pub mod documents;
mod passes;
mod requests;
mod ties;
pub mod uses;

use documents::Source;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::{EvidenceKind, Location};

/// A client and what is tied to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unit {
    /// Names it within the scan: `unit-1`, counted by location.
    pub id: String,
    /// What kind of thing it is.
    pub kind: UnitKind,
    /// What it stands for (`openai.AzureOpenAI`), where that is a symbol.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symbol: Option<String>,
    /// The text that makes it (`AOAIClient`).
    pub local: String,
    /// Where it is made.
    pub location: Location,
    /// The environment variables that it is configured by, sorted by name, also those read in other files.
    pub settings: Vec<SettingRead>,
    /// The names of deployments that reach it or its calls, sorted.
    pub deployments: Vec<DeploymentUse>,
    /// The places in documents that set its settings or pass them on, by name and location.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sources: Vec<Source>,
    /// The calls made on it, by location, in any file.
    pub calls: Vec<Call>,
}

/// Kinds of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnitKind {
    /// A client that the code constructs.
    Client,
    /// A client that is given to the code from outside what was scanned, known by its declared type.
    Declared,
    /// The SDK's module itself, configured for the vendor and used without a client.
    Module,
    /// A request that is put together by hand.
    Request,
}

/// An environment variable that is read for a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SettingRead {
    /// The variable's name.
    pub name: String,
    /// Where it is read.
    pub location: Location,
}

/// The name of a deployment, or of the variable that holds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct DeploymentUse {
    /// `chat-prod`, or the variable's name such as `CHAT_DEPLOYMENT`.
    pub name: String,
    /// True when the code reads the deployment's name from this environment variable.
    pub variable: bool,
}

/// One call of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Call {
    /// Which part of the API it uses: `chat-completions`, `embeddings`, …; `other` for a part that no pack names.
    pub api: String,
    /// What is called, without the client: `chat.completions.create`.
    pub method: String,
    /// Where the call is written: the method's name.
    pub location: Location,
    /// The function or method around it, outermost first, joined by dots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub function: Option<String>,
    /// The names of the arguments that are given, sorted, also those that reach it through an object.
    pub parameters: Vec<String>,
    /// What it needs beyond the API itself, sorted: `streaming`, `tools`, `structured-outputs`, …
    pub needs: Vec<String>,
    /// The deployment that it names itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment: Option<DeploymentUse>,
    /// The fingerprints of the findings at this call.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<String>,
    /// How the client came here: construction, names it is given, imports in other files; last the call itself.
    pub chain: Vec<Step>,
}

/// One step of how a client came to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What the step is.
    pub kind: EvidenceKind,
    /// Where it stands.
    pub location: Location,
    /// What stands there, secrets masked.
    pub text: String,
}
