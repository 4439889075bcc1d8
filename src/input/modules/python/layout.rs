//! Where a Python project keeps its packages, as its manifests say.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use regex::Regex;
use toml::{Table, Value};

use super::super::Memo;
use super::super::tree::{Tree, within};
use crate::input::versions::text_of;

/// Where packages are by custom, when no manifest says so.
const CUSTOM: &str = "src";

/// What has been read about directories.
#[derive(Debug, Default)]
pub(super) struct Layouts(Memo<Arc<Layout>>);

/// What the manifests in a directory say.
#[derive(Debug)]
pub(super) struct Layout {
    is_project: bool,
    places: Vec<PathBuf>,
}

impl Layouts {
    pub(super) fn of(&self, tree: &Tree, directory: &Path) -> Arc<Layout> {
        self.0.get(directory, || Arc::new(Layout::read(tree, directory)))
    }
}

impl Layout {
    /// True when there is a manifest, so that what is here can be installed.
    pub(super) fn is_project(&self) -> bool {
        self.is_project
    }

    /// The directories below this one from which packages are imported.
    pub(super) fn places(&self) -> &[PathBuf] {
        &self.places
    }

    /// A manifest that cannot be read names no place; [`crate::input::versions`] reports it.
    fn read(tree: &Tree, directory: &Path) -> Self {
        let text = |name: &str| text_of(&directory.join(name)).ok().flatten();
        let script = tree.file(&directory.join("setup.py")).and_then(|_| text("setup.py"));
        let manifests = [
            text("pyproject.toml").map(|text| in_pyproject(&text)),
            text("setup.cfg").map(|text| in_setup_cfg(&text)),
            script.map(|text| in_setup_py(&text)),
        ];
        let is_project = manifests.iter().any(Option::is_some);
        let mut named: Vec<String> = manifests.into_iter().flatten().flatten().collect();
        if named.is_empty() {
            named.push(CUSTOM.to_owned());
        }
        let mut places = Vec::new();
        for place in named.iter().map(|name| within(directory, Path::new(name))) {
            if place != directory && !places.contains(&place) && tree.is_directory(&place) {
                places.push(place);
            }
        }
        Self { is_project, places }
    }
}

/// The value at a dotted path.
fn at<'t>(table: &'t Table, path: &str) -> Option<&'t Value> {
    let mut words = path.split('.');
    let first = table.get(words.next()?)?;
    words.try_fold(first, |value, word| value.get(word))
}

/// The strings of a value that is one or a list of them.
fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(values)) => values.iter().filter_map(|value| Some(value.as_str()?.to_owned())).collect(),
        _ => Vec::new(),
    }
}

fn in_pyproject(text: &str) -> Vec<String> {
    let Ok(table) = text.parse::<Table>() else { return Vec::new() };
    let mut places = Vec::new();
    if let Some(Value::Table(directories)) = at(&table, "tool.setuptools.package-dir") {
        places.extend(directories.iter().filter_map(|(package, place)| base_of(package, place.as_str()?)));
    }
    for key in [
        "tool.setuptools.packages.find.where",
        "tool.hatch.build.sources",
        "tool.hatch.build.targets.wheel.sources",
        "tool.pdm.build.package-dir",
        "tool.uv.build-backend.module-root",
        "tool.maturin.python-source",
        "tool.pytest.ini_options.pythonpath",
    ] {
        places.extend(strings(at(&table, key)));
    }
    for key in
        ["tool.hatch.build.packages", "tool.hatch.build.targets.wheel.packages", "tool.scikit-build.wheel.packages"]
    {
        places.extend(strings(at(&table, key)).iter().filter_map(|package| parent_of(package)));
    }
    if let Some(Value::Array(packages)) = at(&table, "tool.poetry.packages") {
        places.extend(packages.iter().filter_map(|package| Some(package.get("from")?.as_str()?.to_owned())));
    }
    places
}

/// The directory that a package's own directory lies in.
fn parent_of(package: &str) -> Option<String> {
    let parent = Path::new(package).parent()?.to_str()?;
    (!parent.is_empty()).then(|| parent.to_owned())
}

/// The directory from which a package is imported whose directory is `place`; no package means all of them.
fn base_of(package: &str, place: &str) -> Option<String> {
    let words = if package.is_empty() { 0 } else { package.split('.').count() };
    let base = Path::new(place).ancestors().nth(words)?.to_str()?;
    let own = package.split('.').next_back() == Path::new(place).file_name().and_then(|name| name.to_str());
    (!base.is_empty() && (words == 0 || own)).then(|| base.to_owned())
}

fn in_setup_cfg(text: &str) -> Vec<String> {
    static PLACES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?m)^(?:package_dir\s*=\s*(?:\r?\n[ \t]+)?=|where\s*=|pythonpath\s*=)[ \t]*([\w./-]+)").ok()
    });
    captured(PLACES.as_ref(), text)
}

fn in_setup_py(text: &str) -> Vec<String> {
    static PLACES: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"(?x)
            (?: package_dir \s* = \s* \{ \s* (?:""|'') \s* :
              | find_(?:namespace_)?packages \( \s* (?: where \s* = )? ) \s* ["'] ([\w./-]+) ["']"#,
        )
        .ok()
    });
    captured(PLACES.as_ref(), text)
}

fn captured(pattern: Option<&Regex>, text: &str) -> Vec<String> {
    let captures = pattern.into_iter().flat_map(|pattern| pattern.captures_iter(text));
    captures.filter_map(|captures| Some(captures.get(1)?.as_str().to_owned())).collect()
}
