//! How much work things are, as `effort.yaml` says. These are judgements, which users replace with their own; nothing here
//! adds them up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    check::Named,
    model::Class,
    source::{RuleError, SourceFile},
};

/// What `effort.yaml` says.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EffortFile {
    /// One entry for each kind of work; a user's file may have some of them.
    pub weights: Vec<Weight>,
}

/// How much one thing of a kind is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// The kind of work.
    pub id: Work,
    /// What is done, as a noun phrase.
    pub says: String,
    /// Minutes for one, at best.
    pub low: u64,
    /// Minutes for one, at worst.
    pub high: u64,
    /// Why this range, in a sentence.
    pub because: String,
}

/// Kinds of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Reading a change that keeps the request the same.
    SafeChange,
    /// Reading a change and checking the facts that it rests on.
    UnsafeChange,
    /// Making a change that is known but held back.
    HeldChange,
    /// An import by hand.
    ManualImport,
    /// A client by hand.
    ManualClient,
    /// Credentials by hand.
    ManualAuth,
    /// A setting's use by hand.
    ManualConfig,
    /// The name of a model by hand.
    ManualModel,
    /// An address by hand.
    ManualEndpoint,
    /// The use of an answer by hand.
    ManualResponse,
    /// A feature of the vendor's by hand.
    ManualFeature,
    /// A dependency by hand.
    ManualDependency,
    /// Infrastructure by hand.
    ManualInfra,
    /// A new setting in each environment.
    Setting,
    /// Finding the model behind a deployment.
    DeploymentModel,
    /// Checking a call that tests reach.
    CallTested,
    /// Checking a call by hand.
    CallUntested,
    /// Building a call anew whose part of the API the target does not have.
    ApiGone,
    /// Finding out whether the target has something.
    UnknownCheck,
}

impl Work {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 19] = [
        Self::SafeChange,
        Self::UnsafeChange,
        Self::HeldChange,
        Self::ManualImport,
        Self::ManualClient,
        Self::ManualAuth,
        Self::ManualConfig,
        Self::ManualModel,
        Self::ManualEndpoint,
        Self::ManualResponse,
        Self::ManualFeature,
        Self::ManualDependency,
        Self::ManualInfra,
        Self::Setting,
        Self::DeploymentModel,
        Self::CallTested,
        Self::CallUntested,
        Self::ApiGone,
        Self::UnknownCheck,
    ];

    /// The id in files and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SafeChange => "safe-change",
            Self::UnsafeChange => "unsafe-change",
            Self::HeldChange => "held-change",
            Self::ManualImport => "manual-import",
            Self::ManualClient => "manual-client",
            Self::ManualAuth => "manual-auth",
            Self::ManualConfig => "manual-config",
            Self::ManualModel => "manual-model",
            Self::ManualEndpoint => "manual-endpoint",
            Self::ManualResponse => "manual-response",
            Self::ManualFeature => "manual-feature",
            Self::ManualDependency => "manual-dependency",
            Self::ManualInfra => "manual-infra",
            Self::Setting => "setting",
            Self::DeploymentModel => "deployment-model",
            Self::CallTested => "call-tested",
            Self::CallUntested => "call-untested",
            Self::ApiGone => "api-gone",
            Self::UnknownCheck => "unknown-check",
        }
    }

    /// The work of a site of this class by hand.
    pub fn by_hand(class: Class) -> Self {
        match class {
            Class::Import => Self::ManualImport,
            Class::Client => Self::ManualClient,
            Class::Auth => Self::ManualAuth,
            Class::Config => Self::ManualConfig,
            Class::Model => Self::ManualModel,
            Class::Endpoint => Self::ManualEndpoint,
            Class::Response => Self::ManualResponse,
            Class::Feature => Self::ManualFeature,
            Class::Dependency => Self::ManualDependency,
            Class::Infra => Self::ManualInfra,
        }
    }
}

impl Named for Weight {
    fn id(&self) -> &str {
        self.id.name()
    }
}

/// Checks what the format alone cannot.
pub(super) fn check(file: &EffortFile, source: &SourceFile) -> Vec<RuleError> {
    let mut errors = Vec::new();
    for weight in &file.weights {
        let (id, low, high) = (weight.id.name(), weight.low, weight.high);
        if high == 0 {
            let message = format!("`{id}` would be no work at all");
            errors.push(source.error_at_entry(id, message, "give `high` in minutes, at least 1"));
        } else if low > high {
            let message = format!("`{id}`: `low` is {low}, more than `high`, {high}");
            errors.push(source.error_at_entry(id, message, "exchange them"));
        }
    }
    errors
}

/// The kinds of work that no weight is for.
pub(super) fn missing(weights: &[Weight]) -> impl Iterator<Item = Work> {
    Work::ALL.into_iter().filter(|work| !weights.iter().any(|weight| weight.id == *work))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_has_the_same_name_in_files_and_in_code() {
        for work in Work::ALL {
            assert_eq!(serde_json::to_value(work).unwrap(), work.name());
        }
    }
}
