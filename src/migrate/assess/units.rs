//! Units in an assessment: what a reader needs of them, with places as short as elsewhere in it. All that is known of a unit
//! stands in the scan's own data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Place;
use crate::{
    finding::EvidenceKind,
    unit::{Call, DeploymentUse, SettingRead, Step, Unit, UnitKind},
};

/// A unit with its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitAnswer {
    /// Names it within the report: `unit-1`, counted by location.
    pub id: String,
    /// What kind of thing it is.
    pub kind: UnitKind,
    /// What it stands for (`openai.AzureOpenAI`), where that is a symbol.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symbol: Option<String>,
    /// The text that makes it (`AOAIClient`).
    pub local: String,
    /// Where it is made.
    #[serde(flatten)]
    pub place: Place,
    /// The environment variables that it is configured by, sorted by name, also those read in other files.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub settings: Vec<SettingAnswer>,
    /// The names of deployments that reach it or its calls, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deployments: Vec<DeploymentUse>,
    /// The calls made on it, by location, in any file.
    pub calls: Vec<CallAnswer>,
    /// The work package that it belongs to.
    pub package: String,
    /// How many sites belong to it.
    pub sites: u64,
    /// True when a file of tests reaches one of its files.
    pub tested: bool,
    /// By target id: whether it can go there with all its calls, as a position among the report's judgements.
    pub judgements: BTreeMap<String, u32>,
    /// By target id: the same for each of the unit's calls, in their order, each with its deciding reasons.
    pub call_judgements: BTreeMap<String, Vec<u32>>,
}

/// An environment variable that is read for a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SettingAnswer {
    /// The variable's name.
    pub name: String,
    /// Where it is read.
    #[serde(flatten)]
    pub place: Place,
}

/// One call of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallAnswer {
    /// Which part of the API it uses: `chat-completions`, `embeddings`, …; `other` for a part that no pack names.
    pub api: String,
    /// What is called, without the client: `chat.completions.create`.
    pub method: String,
    /// Where the call is written: the method's name.
    #[serde(flatten)]
    pub place: Place,
    /// The function or method around it, outermost first, joined by dots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub function: Option<String>,
    /// What it needs beyond the API itself, sorted: `streaming`, `tools`, `structured-outputs`, …
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub needs: Vec<String>,
    /// The deployment that it names itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub deployment: Option<DeploymentUse>,
    /// How the client came here: what lies between the place where it is made and the call, which stand above.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub chain: Vec<StepAnswer>,
}

/// One step of how a client came to a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepAnswer {
    /// What the step is.
    pub kind: EvidenceKind,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// What stands there, secrets masked.
    pub text: String,
}

impl From<&SettingRead> for SettingAnswer {
    fn from(setting: &SettingRead) -> Self {
        Self { name: setting.name.clone(), place: Place::from(&setting.location) }
    }
}

impl From<&Step> for StepAnswer {
    fn from(step: &Step) -> Self {
        Self { kind: step.kind, place: Place::from(&step.location), text: step.text.clone() }
    }
}

impl CallAnswer {
    /// What a reader needs of a unit's call.
    pub(super) fn new(call: &Call, unit: &Unit) -> Self {
        let between = call.chain.iter().filter(|step| {
            let is_unit = step.kind == EvidenceKind::Construction && step.location == unit.location;
            !is_unit && step.location != call.location
        });
        Self {
            api: call.api.clone(),
            method: call.method.clone(),
            place: Place::from(&call.location),
            function: call.function.clone(),
            needs: call.needs.clone(),
            deployment: call.deployment.clone(),
            chain: between.map(StepAnswer::from).collect(),
        }
    }
}
