//! The parts of the API that code can call and what calls can need beyond them, as `apis.yaml` lists them. Calls, targets
//! and reports use their ids; what a target has of them is told in [`support`](super::support).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    check::{self, Named},
    source::{RuleError, SourceFile},
};

/// The id of a call whose part of the API nothing names. It is no entry of `apis.yaml`.
pub const OTHER: &str = "other";

/// The title for [`OTHER`].
const OTHER_TITLE: &str = "Other calls";

/// What `apis.yaml` says.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApisFile {
    /// The parts of the API, in the order of reports.
    #[serde(default)]
    pub apis: Vec<Api>,
    /// What calls can need, in the order of reports.
    #[serde(default)]
    pub needs: Vec<Need>,
}

/// A part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Its id: `chat-completions`.
    pub id: String,
    /// Its name as readers know it.
    pub title: String,
    /// Given when it is switched off everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Retired>,
}

/// The end of a part of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The day: `2026-08-26`.
    pub since: String,
    /// What happened and what takes its place, in a sentence or two.
    pub says: String,
    /// The address of the source.
    pub source: String,
}

/// Something that a call needs beyond the part of the API that it calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its id: `streaming`.
    pub id: String,
    /// Its name as readers know it.
    pub title: String,
}

impl Named for Api {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Named for Need {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The name of a part of the API as readers know it; the id itself where nothing names it.
pub fn title<'a>(id: &'a str, apis: &'a [Api]) -> &'a str {
    match apis.iter().find(|api| api.id == id) {
        Some(api) => &api.title,
        None if id == OTHER => OTHER_TITLE,
        None => id,
    }
}

/// Checks what the format alone cannot.
pub(super) fn check(file: &ApisFile, source: &SourceFile) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let mut add = |near: &str, message: String, cure: &str| errors.push(source.error_at(near, message, cure));
    let ids = file.apis.iter().map(|api| &api.id).chain(file.needs.iter().map(|need| &need.id));
    for id in ids.filter(|id| !check::is_id(id)) {
        add(id, format!("`{id}` is no id"), "write lower-case words joined by hyphens");
    }
    for api in file.apis.iter().filter(|api| api.id == OTHER) {
        add(&api.id, format!("`{OTHER}` is built in"), "it stands for calls that no entry names; leave it out");
    }
    for retired in file.apis.iter().filter_map(|api| api.retired.as_ref()) {
        if !check::is_date(&retired.since) {
            add(&retired.since, format!("`{}` is no date", retired.since), check::DATE_CURE);
        }
        if !check::is_url(&retired.source) {
            add(&retired.source, format!("`{}` is no URL", retired.source), check::URL_CURE);
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_called_by_their_titles() {
        let apis = [Api { id: "tides".to_owned(), title: "Tide tables".to_owned(), retired: None }];
        assert_eq!(title("tides", &apis), "Tide tables");
        assert_eq!(title(OTHER, &apis), "Other calls");
        assert_eq!(title("winds", &apis), "winds");
    }
}
