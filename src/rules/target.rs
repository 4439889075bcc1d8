//! Targets: where code can go once endpoint, key and model are configuration. Each is one file of data; what is said
//! there is shown to the user and filled into settings, and nothing here knows any of them.

use std::{collections::BTreeMap, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::suggest::{listed, nearest};

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
        let ids = || targets.iter().map(|target| target.id.as_str());
        let all = format!("the targets are {}", listed(ids()));
        let cure = match nearest(word, ids()) {
            Some(near) => format!("did you mean `{near}`? {all}"),
            None => all,
        };
        UnknownTarget { word: word.to_owned(), cure }
    })
}

/// A mistake in a target file: text near it, what is wrong, what to do.
pub(super) struct Mistake {
    pub(super) near: String,
    pub(super) message: String,
    pub(super) cure: String,
}

/// Checks what the format alone cannot.
pub(super) fn check(file: &TargetFile) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let mut add = |near: &str, message: String, cure: &str| {
        mistakes.push(Mistake { near: near.to_owned(), message, cure: cure.to_owned() });
    };
    let urls = || std::iter::once(&file.base_url.value).chain(file.base_url.alternatives.iter().map(|url| &url.value));
    for url in urls() {
        if !url.starts_with("https://") && !url.starts_with("http://") {
            add(url, format!("`{url}` is no URL"), "begin it with https:// or http://");
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
    if !is_date(&file.checked) {
        add("checked", format!("`{}` is no date", file.checked), "write it as 2026-11-22");
    }
    mistakes
}

/// The names between braces.
fn placeholders(url: &str) -> impl Iterator<Item = &str> {
    url.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name)
}

fn is_date(text: &str) -> bool {
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => digits(year, 4) && digits(month, 2) && digits(day, 2),
        _ => false,
    }
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
        check(&file(text)).into_iter().map(|mistake| mistake.message).collect()
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
}
