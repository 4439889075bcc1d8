//! Targets: where code can go once endpoint, key and model are configuration. Each is one file of data; what is said
//! there is shown to the user and filled into settings, and nothing here knows any of them.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    check,
    source::{RuleError, SourceFile},
    support::{self, Status, Support},
};

/// A target with its id.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name of its file without the extension.
    pub id: String,
    /// What it says.
    pub file: TargetFile,
    /// The file it came from; none for the built-in targets.
    pub source: Option<PathBuf>,
}

/// A place that speaks the portable dialect of the API.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetFile {
    /// Its name as readers know it.
    pub title: String,
    /// True for the vendor's own resource by way of the portable API: keys, deployments and answers stay what they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub same_resource: bool,
    /// The base URL.
    pub base_url: BaseUrl,
    /// The key.
    pub key: Key,
    /// How models are named.
    pub model: Model,
    /// What to know before going there, one sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Sources.
    pub links: Vec<String>,
    /// The day on which the facts were checked: `2026-11-22`.
    pub checked: String,
    /// What it has of the parts of the API, by their ids in `apis.yaml`. What is left out is unknown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub apis: BTreeMap<String, Support>,
    /// What it has of the needs of calls, by their ids in `apis.yaml`, for all parts of the API, or for one as in
    /// `responses/streaming`. What is left out is unknown.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<String, Support>,
}

impl Target {
    /// Whether the target has a part of the API.
    pub fn api(&self, id: &str) -> Support {
        self.said(self.file.apis.get(id))
    }

    /// Whether a call of a part of the API gets something that it needs. What is said for that part alone counts before
    /// what is said in general.
    pub fn need(&self, api: &str, need: &str) -> Support {
        let needs = &self.file.needs;
        self.said(needs.get(&support::special_key(api, need)).or_else(|| needs.get(need)))
    }

    /// What is said, with the day of the file where it has none of its own.
    fn said(&self, support: Option<&Support>) -> Support {
        let mut support = support.cloned().unwrap_or_default();
        if support.status != Status::Unknown {
            support.checked.get_or_insert_with(|| self.file.checked.clone());
        }
        support
    }
}

/// The base URL of a target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BaseUrl {
    /// The URL, with `{placeholders}` for what differs from user to user.
    pub value: String,
    /// What to put in the place of each placeholder (of `value` and of `alternatives`).
    #[serde(default)]
    pub fill_in: BTreeMap<String, String>,
    /// Other URLs of the target.
    #[serde(default)]
    pub alternatives: Vec<OtherUrl>,
}

/// Another URL of a target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OtherUrl {
    /// The URL, with `{placeholders}`.
    pub value: String,
    /// For whom it is.
    pub when: String,
}

/// The key of a target.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Key {
    /// What it is, as a noun phrase.
    pub is: String,
    /// Where it comes from, as a sentence.
    pub from: String,
}

/// How a target names models.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Model {
    /// The form of the name, as a noun phrase.
    pub form: String,
    /// A name of that form.
    #[serde(default)]
    pub example: Option<String>,
}

/// A word that names no target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTarget {
    /// The word.
    pub word: String,
    /// What to write instead.
    pub cure: String,
}

/// The target that a word names.
pub fn find<'t>(word: &str, targets: &'t [Target]) -> Result<&'t Target, UnknownTarget> {
    targets.iter().find(|target| target.id == word).ok_or_else(|| {
        let cure = check::instead(word, targets.iter().map(|target| target.id.as_str()), "the targets");
        UnknownTarget { word: word.to_owned(), cure }
    })
}

/// Checks what the format alone cannot.
pub(super) fn check(file: &TargetFile, source: &SourceFile) -> Vec<RuleError> {
    let mut errors = Vec::new();
    let mut add = |near: &str, message: String, cure: &str| errors.push(source.error_at(near, message, cure));
    let urls = || std::iter::once(&file.base_url.value).chain(file.base_url.alternatives.iter().map(|url| &url.value));
    for url in urls() {
        if !check::is_url(url) {
            add(url, format!("`{url}` is no URL"), check::URL_CURE);
        }
        for name in placeholders(url).filter(|name| !file.base_url.fill_in.contains_key(*name)) {
            add(url, format!("nothing says what belongs in the place of `{{{name}}}`"), "add it to `fill-in`");
        }
    }
    for name in file.base_url.fill_in.keys() {
        if !urls().any(|url| placeholders(url).any(|used| used == name)) {
            add(name, format!("no URL has a `{{{name}}}`"), "leave it out of `fill-in`, or use it");
        }
    }
    if !check::is_date(&file.checked) {
        add("checked", format!("`{}` is no date", file.checked), check::DATE_CURE);
    }
    errors
}

/// The names between braces.
fn placeholders(url: &str) -> impl Iterator<Item = &str> {
    url.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "title: Here\nbase-url:\n  value: 'https://{where}.example.invalid/v1'\n  fill-in: {where: the city}\n\
                        key: {is: a key, from: The desk gives it.}\nmodel: {form: a word}\nlinks: []\nchecked: '2026-11-22'\n";

    fn file(text: &str) -> TargetFile {
        serde_saphyr::from_str(text).unwrap()
    }

    fn told(text: &str) -> Vec<String> {
        let source = SourceFile {
            name: "targets/here.yaml".to_owned(),
            path: None,
            text: text.to_owned().into(),
            json: None,
            checked: false,
        };
        check(&file(text), &source).into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn placeholders_and_what_is_said_of_them_agree() {
        assert!(told(FILE).is_empty());
        assert_eq!(
            told(&FILE.replace("{where}", "{place}")),
            ["nothing says what belongs in the place of `{place}`", "no URL has a `{where}`"]
        );
        assert_eq!(told(&FILE.replace("'https://", "'")), ["`{where}.example.invalid/v1` is no URL"]);
        assert_eq!(told(&FILE.replace("2026-11-22", "yesterday")), ["`yesterday` is no date"]);
    }

    #[test]
    fn unknown_targets_get_a_suggestion_and_the_list() {
        let target = |id: &str| Target { id: id.to_owned(), file: file(FILE), source: None };
        let targets = [target("harbour"), target("island")];
        assert_eq!(find("island", &targets).unwrap().id, "island");
        let cure = |word| find(word, &targets).unwrap_err().cure;
        assert_eq!(cure("iland"), "did you mean `island`? the targets are `harbour`, `island`");
        assert_eq!(cure("open-sea"), "the targets are `harbour`, `island`");
    }

    #[test]
    fn what_is_not_said_is_unknown_and_what_is_said_for_one_part_counts_first() {
        let more = "apis:\n  tides: {status: yes, source: 'https://tides.example.invalid', checked: '2026-11-26'}\n\
                    needs:\n  oars: {status: no, source: 'https://oars.example.invalid'}\n  \
                    tides/oars: {status: partial, says: Two of them., source: 'https://two.example.invalid'}\n  \
                    sails: {status: unknown}\n";
        let target = Target { id: "here".to_owned(), file: file(&format!("{FILE}{more}")), source: None };
        assert_eq!(target.api("tides").checked.as_deref(), Some("2026-11-26"));
        assert_eq!(target.api("winds"), Support::default());
        assert_eq!(target.need("tides", "oars").status, Status::Partial);
        assert_eq!(target.need("winds", "oars").status, Status::No);
        assert_eq!(target.need("winds", "oars").checked.as_deref(), Some("2026-11-22"));
        assert_eq!(target.need("winds", "sails"), Support::default());
        assert_eq!(target.need("winds", "keel"), Support::default());
    }
}
