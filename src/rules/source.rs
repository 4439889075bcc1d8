//! The files that rules and what belongs to them are read from: the built-in ones, which are part of the program, and
//! those in folders that users add. Here they are found and parsed, and mistakes get their place; what they mean is for
//! [`load`](super::load) and [`reference`](super::reference).

use std::{
    borrow::Cow,
    fmt,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;
use walkdir::WalkDir;

use crate::suggest::nearest;

/// The folder of files about targets, instead of rules.
const TARGETS: &str = "targets";

/// The file that says which calls are calls of the API.
const CALLS: &str = "calls";

/// The built-in rule files: the path below `rules/`, what is written, and the same as JSON.
static BUILT_IN: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));

/// A mistake in a rule file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 when the mistake concerns the whole file.
    pub line: u64,
    /// The column, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub cure: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.cure.is_empty() {
            write!(f, "\n  help: {}", self.cure)?;
        }
        Ok(())
    }
}

/// What a file is about, by where it lies below the rules folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `PACK/LANGUAGE/rule.yaml`.
    Rule,
    /// `PACK/pack.yaml`.
    Pack,
    /// `PACK/calls.yaml`.
    Calls,
    /// `targets/target.yaml`.
    Target,
    /// `apis.yaml`.
    Apis,
    /// `effort.yaml`.
    Effort,
}

impl Kind {
    /// True for what belongs to no pack: it is there without the built-in rules, too.
    pub(super) fn is_reference(self) -> bool {
        matches!(self, Self::Target | Self::Apis | Self::Effort)
    }

    /// What to do about a file that does not have the form it should.
    fn cure(self, message: &str) -> &'static str {
        let missing = message.contains("missing field");
        if !missing && !message.contains("unknown field") {
            return "";
        }
        match self {
            Self::Rule if missing => "add the field; docs/writing-rules.md says what belongs into it",
            Self::Rule => "the fields of a rule are described in docs/writing-rules.md and schemas/rule.schema.json",
            Self::Pack => "the fields of a pack are described in schemas/pack.schema.json",
            Self::Calls => "the fields of this file are described in schemas/calls.schema.json",
            Self::Target => "the fields of a target are described in schemas/target.schema.json",
            Self::Apis => "the fields of apis.yaml are described in schemas/apis.schema.json",
            Self::Effort => "the fields of effort.yaml are described in schemas/effort.schema.json",
        }
    }
}

/// A file before it is read.
pub(super) struct SourceFile {
    /// The path below the rules folder, with forward slashes.
    pub(super) name: String,
    /// Where it really lies; none for built-in files.
    pub(super) path: Option<PathBuf>,
    /// What it holds.
    pub(super) text: Cow<'static, str>,
    /// The same as JSON, for built-in files.
    pub(super) json: Option<&'static str>,
    /// True for built-in files at run time: a test has checked them, so only their form is read.
    pub(super) checked: bool,
}

/// The built-in files of the kinds that are wanted.
pub(super) fn built_in(checked: bool, wanted: impl Fn(Kind) -> bool) -> Vec<SourceFile> {
    let source = |&(name, text, json): &(&str, &'static str, &'static str)| SourceFile {
        name: name.to_owned(),
        path: None,
        text: text.into(),
        json: Some(json),
        checked,
    };
    BUILT_IN.iter().filter(|(name, ..)| wanted(kind_of(name))).map(source).collect()
}

/// Reads the files of a user's folder.
pub(super) fn collect(folder: &Path, sources: &mut Vec<SourceFile>, errors: &mut Vec<RuleError>) {
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                errors.push(whole_file(&path, error.to_string(), "name a folder that holds packs"));
                continue;
            }
        };
        let path = entry.path();
        let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if !entry.file_type().is_file() || !is_yaml {
            continue;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
                sources.push(SourceFile {
                    name,
                    path: Some(path.to_owned()),
                    text: text.into(),
                    json: None,
                    checked: false,
                });
            }
            Err(error) => errors.push(whole_file(path, error.to_string(), "make the file readable UTF-8 text")),
        }
    }
}

/// An error that concerns a whole file.
pub(super) fn whole_file(path: &Path, message: String, cure: &str) -> RuleError {
    RuleError { path: path.to_owned(), line: 0, column: 0, message, cure: cure.to_owned() }
}

fn kind_of(name: &str) -> Kind {
    let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
    if name.split('/').rev().skip(1).any(|folder| folder == TARGETS) {
        Kind::Target
    } else if stem == "apis" {
        Kind::Apis
    } else if stem == "effort" {
        Kind::Effort
    } else if name.ends_with("pack.yaml") {
        Kind::Pack
    } else if stem.rsplit('/').next() == Some(CALLS) && stem.matches('/').count() < 2 {
        // A rule may have that name; it lies in a language's folder.
        Kind::Calls
    } else {
        Kind::Rule
    }
}

/// Reads YAML of one form; where it is checked and there as JSON, that.
pub(super) fn parse<T: DeserializeOwned>(source: &SourceFile) -> Result<T, Box<RuleError>> {
    if let Some(value) = source.json.filter(|_| source.checked).and_then(|json| serde_json::from_str(json).ok()) {
        return Ok(value);
    }
    serde_saphyr::from_str(&source.text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
        let message = error.without_snippet().to_string();
        // The place stands before the message already.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        let cure = instead(&message).unwrap_or_else(|| source.kind().cure(&message).to_owned());
        Box::new(RuleError { path: source.shown(), line, column, cure, message })
    })
}

/// The nearest of the words that could stand where another one does.
fn instead(message: &str) -> Option<String> {
    let (word, known) = message.strip_prefix("unknown variant ")?.split_once(", expected one of ")?;
    let bare = |word| str::trim_matches(word, '`');
    nearest(bare(word), known.split(", ").map(bare)).map(|near| format!("did you mean `{near}`?"))
}

impl SourceFile {
    /// What it is about.
    pub(super) fn kind(&self) -> Kind {
        kind_of(&self.name)
    }

    /// The path below the rules folder without the extension.
    pub(super) fn id(&self) -> &str {
        self.name.trim_end_matches(".yaml").trim_end_matches(".yml")
    }

    /// The path to show: the real one, or the one below `rules/`.
    pub(super) fn shown(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| Path::new("rules").join(&self.name))
    }

    /// An error at the first place where `text` is written in the file.
    pub(super) fn error_at(&self, text: &str, message: String, cure: &str) -> RuleError {
        let needle = text.lines().next().unwrap_or_default();
        self.error(|line| line.find(needle), 0, message, cure)
    }

    /// An error at the entry `key` of the block that begins with `section` at the margin.
    pub(super) fn error_at_key(&self, section: &str, key: &str, message: String, cure: &str) -> RuleError {
        let head = format!("{section}:");
        let first = self.text.lines().position(|line| line.starts_with(&head)).unwrap_or_default();
        let is_entry = |line: &str| {
            let bare = line.trim_start().trim_start_matches(['"', '\'']);
            let after = bare.strip_prefix(key)?.trim_start_matches(['"', '\'']);
            after.starts_with(':').then(|| line.len() - bare.len())
        };
        let error = self.error(is_entry, first, message, cure);
        if error.line > 0 { error } else { self.error_at(key, error.message, cure) }
    }

    /// An error at the entry of a list that begins with this id.
    pub(super) fn error_at_entry(&self, id: &str, message: String, cure: &str) -> RuleError {
        let error = self.error(|line| line.find(&format!("id: {id}")), 0, message, cure);
        if error.line > 0 { error } else { self.error_at(id, error.message, cure) }
    }

    /// An error at the first place that is found in a line from `first` on, or for the whole file.
    fn error(&self, find: impl Fn(&str) -> Option<usize>, first: usize, message: String, cure: &str) -> RuleError {
        let mut lines = self.text.lines().enumerate().skip(first);
        let place = lines.find_map(|(line, text)| Some((line as u64 + 1, find(text)? as u64 + 1)));
        let (line, column) = place.unwrap_or((0, 0));
        RuleError { path: self.shown(), line, column, message, cure: cure.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::*;
    use crate::rules::{
        apis::ApisFile, calls::file::CallsFile, effort::EffortFile, model::PackFile, model::RuleFile,
        target::TargetFile,
    };

    fn same<T: DeserializeOwned + Debug>(source: &SourceFile) {
        let yaml: T = serde_saphyr::from_str(&source.text).unwrap();
        let json: T = serde_json::from_str(source.json.unwrap()).unwrap();
        assert_eq!(format!("{yaml:?}"), format!("{json:?}"), "{}", source.name);
    }

    #[test]
    fn the_json_of_built_in_files_says_the_same() {
        let sources = built_in(true, |_| true);
        assert!(sources.len() > 200);
        for source in &sources {
            match source.kind() {
                Kind::Rule => same::<RuleFile>(source),
                Kind::Pack => same::<PackFile>(source),
                Kind::Calls => same::<CallsFile>(source),
                Kind::Target => same::<TargetFile>(source),
                Kind::Apis => same::<ApisFile>(source),
                Kind::Effort => same::<EffortFile>(source),
            }
        }
    }
}
