//! The manifests of JavaScript: `package.json`, `tsconfig.json` and `jsconfig.json`, read once each and put right where
//! the rest of the tree can be understood without the part that is wrong.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use oxc_resolver::TsConfig;
use serde_json::{Map, Value, json};

use super::Memo;
use super::tree::{Tree, within};
use crate::input::versions::json::without_extras;
use crate::input::versions::text_of;

pub(super) const PACKAGE: &str = "package.json";
pub(super) const CONFIG: &str = "tsconfig.json";
/// Stands in for [`CONFIG`] where there is none.
const CONFIG_OF_JAVASCRIPT: &str = "jsconfig.json";

/// A `package.json`.
#[derive(Debug, Clone, Default)]
pub(super) struct Package {
    pub(super) text: String,
    pub(super) fields: Map<String, Value>,
}

impl Package {
    pub(super) fn name(&self) -> Option<&str> {
        self.fields.get("name").and_then(Value::as_str).filter(|name| !name.is_empty())
    }
}

/// What has been read so far.
#[derive(Debug)]
pub(super) struct Manifests {
    tree: Arc<Tree>,
    packages: Memo<Option<Arc<Package>>>,
    configs: Memo<Option<Arc<str>>>,
    problems: Mutex<BTreeSet<(PathBuf, String)>>,
}

impl Manifests {
    pub(super) fn new(tree: &Arc<Tree>) -> Self {
        Self { tree: Arc::clone(tree), packages: Memo::default(), configs: Memo::default(), problems: Mutex::default() }
    }

    /// Notes what is wrong with a manifest, with what helps.
    pub(super) fn problem(&self, path: &Path, message: String) {
        let problem = (self.tree.shown(path), message);
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).insert(problem);
    }

    pub(super) fn problems(&self) -> Vec<(PathBuf, String)> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The `package.json` in a directory. One that cannot be read still says that a package starts here.
    pub(super) fn package(&self, directory: &Path) -> Option<Arc<Package>> {
        self.packages.get(directory, || {
            let path = directory.join(PACKAGE);
            let read = text(&path)?.and_then(|text| Ok((object(&text)?, text)));
            Some(Arc::new(match read {
                Ok((fields, text)) => Package { text, fields },
                Err(error) => {
                    let cure = "correct it: until then, imports by the package's name lead nowhere";
                    self.problem(&path, format!("{error}; {cure}"));
                    Package { text: "{}".to_owned(), fields: Map::new() }
                }
            }))
        })
    }

    /// The compiler's settings at a path, as JSON without anything that leads nowhere. `base` gives the directory of
    /// the package of a name, if the tree has it.
    pub(super) fn config(&self, path: &Path, base: impl Fn(&str) -> Option<PathBuf>) -> Option<Arc<str>> {
        self.configs.get(path, || {
            let (path, of_javascript) = self.config_file(path)?;
            let read = text(&path)?.and_then(|text| self.understood(&path, &text, of_javascript, base));
            Some(read.unwrap_or_else(|error| {
                let cure = "correct it: until then, imports through the aliases that it defines lead nowhere";
                self.problem(&path, format!("{error}; {cure}"));
                Arc::from("{}")
            }))
        })
    }

    /// Whether there are settings at a path.
    pub(super) fn has_config(&self, path: &Path) -> bool {
        self.config_file(path).is_some()
    }

    /// The file that holds the settings at a path; true when it is the one that is meant for JavaScript.
    fn config_file(&self, path: &Path) -> Option<(PathBuf, bool)> {
        if !path.ends_with(CONFIG) {
            return is_file(path).then(|| (path.to_owned(), false));
        }
        if path.parent().is_some_and(|directory| self.tree.is_above(directory)) {
            return None;
        }
        let other = path.with_file_name(CONFIG_OF_JAVASCRIPT);
        if is_file(path) { Some((path.to_owned(), false)) } else { is_file(&other).then_some((other, true)) }
    }

    fn understood(
        &self,
        path: &Path,
        text: &str,
        of_javascript: bool,
        base: impl Fn(&str) -> Option<PathBuf>,
    ) -> Result<Arc<str>, String> {
        let text = without_extras(text);
        let mut fields = if text.trim().is_empty() { Map::new() } else { object(&text)? };
        // Before anything is changed, so that the error tells the right place.
        let parsed = TsConfig::parse(true, path, path, text.clone());
        parsed.map_err(|error| format!("has a wrong value: {error}"))?;
        self.keep_found(path, &mut fields, base);
        if of_javascript {
            let options = fields.entry("compilerOptions").or_insert_with(|| json!({}));
            if let Some(options) = options.as_object_mut() {
                options.insert("allowJs".to_owned(), Value::Bool(true));
            }
        }
        Ok(Value::Object(fields).to_string().into())
    }

    /// Leaves of the other settings that are extended or referred to those that there are, under their full path.
    fn keep_found(&self, path: &Path, fields: &mut Map<String, Value>, base: impl Fn(&str) -> Option<PathBuf>) {
        let directory = path.parent().unwrap_or(path);
        if let Some(extends) = fields.get_mut("extends") {
            let named = match extends {
                Value::String(one) => vec![one.clone()],
                Value::Array(many) => many.iter().filter_map(|one| Some(one.as_str()?.to_owned())).collect(),
                _ => return,
            };
            let found = named.iter().filter_map(|name| self.extended(path, name, &base)).collect();
            *extends = Value::Array(found);
        }
        if let Some(Value::Array(references)) = fields.get_mut("references") {
            references.retain_mut(|reference| {
                let Some(target) = reference.get_mut("path") else { return true };
                let Some(named) = target.as_str() else { return true };
                let found = config_at(&within(directory, Path::new(named))).filter(|found| found != path);
                found.and_then(|found| found.to_str().map(|found| *target = json!(found))).is_some()
            });
        }
    }

    /// The path of settings that others extend. Those of packages that are not in the tree are of no use here: they
    /// know nothing of its files.
    fn extended(&self, path: &Path, name: &str, base: impl Fn(&str) -> Option<PathBuf>) -> Option<Value> {
        let directory = path.parent()?;
        let relative = name.starts_with('.') || Path::new(name).is_absolute();
        let found = if relative {
            config_at(&within(directory, Path::new(name)))
        } else {
            let (package, rest) = split(name);
            base(package).and_then(|package| config_at(&within(&package, Path::new(rest))))
        };
        if found.is_none() && relative {
            let cure = "create it, perhaps by a build step, or take the entry out: until then, imports through the aliases that it defines lead nowhere";
            self.problem(path, format!("extends `{name}`, which is not there; {cure}"));
        }
        let found = found?;
        // On Windows a full path would be taken for a package.
        let text = if found.to_str()?.starts_with('/') { found.to_str()? } else { name };
        Some(json!(text))
    }
}

/// The text of a file; None when there is none.
fn text(path: &Path) -> Option<Result<String, String>> {
    text_of(path).transpose().filter(|text| text.is_ok() || path.exists())
}

/// Splits the import of something in a package: the package's name, and what in it.
pub(super) fn split(specifier: &str) -> (&str, &str) {
    let slashes = usize::from(specifier.starts_with('@'));
    match specifier.match_indices('/').nth(slashes) {
        Some((end, _)) => (&specifier[..end], &specifier[end + 1..]),
        None => (specifier, ""),
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("is not a JSON object".to_owned()),
        Err(error) => Err(format!("is not valid JSON: {error}")),
    }
}

/// The file with the settings that a path means: itself, without its extension, or the directory they are in.
fn config_at(path: &Path) -> Option<PathBuf> {
    let mut with_extension = path.to_owned().into_os_string();
    with_extension.push(".json");
    let ways = [path.to_owned(), PathBuf::from(with_extension), path.join(CONFIG)];
    ways.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "json") && is_file(path))
}

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}
