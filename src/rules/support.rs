//! What a target has of the API: for a part of it, or for what a call needs. What nobody has looked up is unknown, and
//! unknown is never taken for a yes or a no.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    apis::{Api, Need},
    check,
    source::{RuleError, SourceFile},
    target::TargetFile,
};

/// Whether a target has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It has it.
    Yes,
    /// It has some of it, or under a condition.
    Partial,
    /// It does not have it.
    No,
    /// No source says.
    #[default]
    Unknown,
}

impl Status {
    /// The word for it in reports and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Partial => "partial",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known about whether a target has something.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Support {
    /// Whether it has it.
    pub status: Status,
    /// What to know about it, in a sentence or two; needed for `partial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// The address of the source; needed for all but `unknown`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The day on which that was checked; the file's day where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
}

/// The more special of two keys that may tell whether a call of `api` gets what it needs.
pub(super) fn special_key(api: &str, need: &str) -> String {
    format!("{api}/{need}")
}

/// Checks what the format alone cannot, with the parts of the API and the needs that there are.
pub(super) fn check(file: &TargetFile, apis: &[Api], needs: &[Need], source: &SourceFile) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let api_ids = || apis.iter().map(|api| api.id.as_str());
    let need_ids = || needs.iter().map(|need| need.id.as_str());
    let api_known = |id: &str| api_ids().any(|known| known == id);
    let need_known = |id: &str| need_ids().any(|known| known == id);
    for key in file.apis.keys().filter(|key| !api_known(key)) {
        let message = format!("there is no part of the API `{key}`");
        errors.push(source.error_at_key("apis", key, message, &check::instead(key, api_ids(), "the parts")));
    }
    for key in file.needs.keys() {
        let (api, need) = key.split_once('/').map_or((None, key.as_str()), |(api, need)| (Some(api), need));
        if let Some(api) = api.filter(|api| !api_known(api)) {
            let message = format!("there is no part of the API `{api}`");
            errors.push(source.error_at_key("needs", key, message, &check::instead(api, api_ids(), "the parts")));
        }
        if !need_known(need) {
            let message = format!("there is no need `{need}`");
            errors.push(source.error_at_key("needs", key, message, &check::instead(need, need_ids(), "the needs")));
        }
    }
    check_entries("apis", &file.apis, source, &mut errors);
    check_entries("needs", &file.needs, source, &mut errors);
    errors
}

fn check_entries(section: &str, entries: &BTreeMap<String, Support>, source: &SourceFile, errors: &mut Vec<RuleError>) {
    for (key, support) in entries {
        let status = support.status.name();
        if support.status == Status::Partial && support.says.is_none() {
            let message = format!("`{key}` is `{status}`, but nothing says in what way");
            errors.push(source.error_at_key(section, key, message, "add `says`, a sentence"));
        }
        if support.status != Status::Unknown && support.source.is_none() {
            let message = format!("`{key}` is `{status}` without a source");
            errors.push(source.error_at_key(section, key, message, "add `source`, or write `unknown`"));
        }
        if let Some(url) = support.source.as_ref().filter(|url| !check::is_url(url)) {
            errors.push(source.error_at_key(section, key, format!("`{url}` is no URL"), check::URL_CURE));
        }
        if let Some(date) = support.checked.as_ref().filter(|date| !check::is_date(date)) {
            errors.push(source.error_at_key(section, key, format!("`{date}` is no date"), check::DATE_CURE));
        }
    }
}
