//! The forms in which Python projects state dependencies, apart from requirements files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::Files;
use super::super::json::{Key, offset_in};
use super::super::permitted::{self, Dialect, Permitted};
use super::super::requirements::{Force, Statement, normalised, requirement};
use crate::input::text::LineIndex;

/// Why a file cannot be read.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) line: Option<u32>,
    pub(super) message: String,
}

/// A file while it is read.
pub(super) struct Reading<'t> {
    files: &'t Files,
    path: &'t Path,
    lines: LineIndex<'t>,
    pub(super) statements: Vec<Statement>,
    pub(super) members: Vec<String>,
}

impl<'t> Reading<'t> {
    pub(super) fn new(files: &'t Files, path: &'t Path, text: &'t str) -> Self {
        Self { files, path, lines: LineIndex::new(text), statements: Vec::new(), members: Vec::new() }
    }

    fn text(&self) -> &'t str {
        self.lines.text()
    }

    fn line(&self, offset: usize) -> u32 {
        self.lines.position(offset).line
    }

    fn add(&mut self, name: &str, permitted: Permitted, force: Force, line: Option<u32>) {
        let source = self.files.shown(self.path);
        self.statements.push(Statement { name: normalised(name), permitted, force, source, line });
    }

    /// Notes a statement that is not valid; the package is known all the same, its version not.
    fn or_unknown(&self, permitted: Option<Permitted>, text: &str, line: Option<u32>) -> Permitted {
        permitted.unwrap_or_else(|| {
            self.files.problem(self.path, line, &format!("`{}` states no version that can be read", text.trim()));
            Permitted::Unknown
        })
    }

    fn add_requirement(&mut self, text: &str, force: Force, line: Option<u32>) {
        let Some(read) = requirement(text) else { return };
        let permitted = self.or_unknown(read.valid.then_some(read.permitted), text, line);
        let force = if read.has_marker && force == Force::Always { Force::Sometimes } else { force };
        self.add(&read.name, permitted, force, line);
    }

    fn toml(&self) -> Result<Value<'t>, Broken> {
        match DeTable::parse(self.text()) {
            Ok(table) => {
                let span = table.span();
                Ok(Spanned::new(span, DeValue::Table(table.into_inner())))
            }
            Err(error) => Err(Broken {
                line: error.span().map(|span| self.line(span.start)),
                message: format!("is no valid TOML: {}", error.message()),
            }),
        }
    }

    /// The requirements (PEP 508) in an array of strings.
    fn add_array(&mut self, array: Option<&Value<'_>>, force: Force) {
        for item in array.and_then(|array| array.get_ref().as_array()).into_iter().flatten() {
            if let Some(text) = item.get_ref().as_str() {
                self.add_requirement(text, force, Some(self.line(item.span().start)));
            }
        }
    }

    /// The requirements in each array of a table.
    fn add_arrays(&mut self, table: Option<&Value<'_>>, force: Force) {
        for (_, array) in entries(table) {
            self.add_array(Some(array), force);
        }
    }
}

type Value<'t> = Spanned<DeValue<'t>>;

fn at<'v, 't>(value: &'v Value<'t>, path: &[&str]) -> Option<&'v Value<'t>> {
    path.iter().try_fold(value, |value, key| value.get_ref().as_table()?.get(*key))
}

fn entries<'v, 't>(table: Option<&'v Value<'t>>) -> impl Iterator<Item = (&'v str, &'v Value<'t>)> {
    let table = table.and_then(|table| table.get_ref().as_table());
    table.into_iter().flatten().map(|(key, value)| (key.get_ref().as_ref(), value))
}

/// `pyproject.toml`.
pub(super) fn pyproject(reading: &mut Reading<'_>) -> Result<(), Broken> {
    let file = reading.toml()?;
    reading.add_array(at(&file, &["project", "dependencies"]), Force::Always);
    reading.add_arrays(at(&file, &["project", "optional-dependencies"]), Force::Sometimes);
    reading.add_arrays(at(&file, &["dependency-groups"]), Force::Sometimes);
    reading.add_arrays(at(&file, &["tool", "pdm", "dev-dependencies"]), Force::Sometimes);
    reading.add_array(at(&file, &["tool", "uv", "dev-dependencies"]), Force::Sometimes);
    reading.add_array(at(&file, &["tool", "uv", "constraint-dependencies"]), Force::Always);
    reading.add_array(at(&file, &["tool", "uv", "override-dependencies"]), Force::Instead);
    for (_, environment) in entries(at(&file, &["tool", "hatch", "envs"])) {
        reading.add_array(at(environment, &["dependencies"]), Force::Sometimes);
        reading.add_array(at(environment, &["extra-dependencies"]), Force::Sometimes);
    }
    add_named(reading, at(&file, &["tool", "poetry", "dependencies"]), Force::Always, Some(Dialect::Poetry));
    add_named(reading, at(&file, &["tool", "poetry", "dev-dependencies"]), Force::Sometimes, Some(Dialect::Poetry));
    for (_, group) in entries(at(&file, &["tool", "poetry", "group"])) {
        add_named(reading, at(group, &["dependencies"]), Force::Sometimes, Some(Dialect::Poetry));
    }
    // A source other than an index decides on the version, and does not say which.
    for (name, source) in entries(at(&file, &["tool", "uv", "sources"])) {
        if ["git", "path", "url", "workspace"].iter().any(|kind| at(source, &[kind]).is_some()) {
            let line = reading.line(source.span().start);
            reading.add(name, Permitted::Unknown, Force::Instead, Some(line));
        }
    }
    Ok(())
}

/// `Pipfile`.
pub(super) fn pipfile(reading: &mut Reading<'_>) -> Result<(), Broken> {
    let file = reading.toml()?;
    for (section, packages) in entries(Some(&file)) {
        let force = if section == "packages" { Force::Always } else { Force::Sometimes };
        if !matches!(section, "source" | "requires" | "scripts" | "pipenv") {
            add_named(reading, Some(packages), force, None);
        }
    }
    Ok(())
}

/// A table of `name = "version"` or `name = {version = "version", ...}`, or of arrays of the latter.
fn add_named(reading: &mut Reading<'_>, table: Option<&Value<'_>>, force: Force, dialect: Option<Dialect>) {
    for (name, value) in entries(table) {
        if let Some(alternatives) = value.get_ref().as_array() {
            for alternative in alternatives {
                add_one(reading, name, alternative, Force::Sometimes, dialect);
            }
        } else {
            add_one(reading, name, value, force, dialect);
        }
    }
}

fn add_one(reading: &mut Reading<'_>, name: &str, value: &Value<'_>, force: Force, dialect: Option<Dialect>) {
    let line = Some(reading.line(value.span().start));
    let is_sometimes = ["optional", "markers", "python", "platform"].iter().any(|key| at(value, &[key]).is_some());
    let force = if is_sometimes { Force::Sometimes } else { force };
    let version = value.get_ref().as_str().or_else(|| at(value, &["version"])?.get_ref().as_str());
    let Some(version) = version.filter(|version| *version != "*") else {
        return reading.add(name, Permitted::Unknown, force, line);
    };
    let read = match dialect {
        Some(dialect) => permitted::dialect(version, dialect),
        None => permitted::pep440(version),
    };
    let permitted = reading.or_unknown(read, &format!("{name} {version}"), line);
    reading.add(name, permitted, force, line);
}

/// `setup.cfg`. Lines that mean nothing are passed over, so there is none that cannot be read.
#[expect(clippy::unnecessary_wraps, reason = "has the form of the other readers")]
pub(super) fn setup_cfg(reading: &mut Reading<'_>) -> Result<(), Broken> {
    let (mut section, mut key) = ("", "");
    for (index, line) in reading.text().lines().enumerate() {
        let text = line.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        let mut value = text;
        if let Some(name) = text.strip_prefix('[').filter(|_| !line.starts_with(char::is_whitespace)) {
            (section, key) = (name.trim_end_matches(']'), "");
            continue;
        } else if !line.starts_with(char::is_whitespace) {
            let Some((name, rest)) = text.split_once(['=', ':']) else { continue };
            (key, value) = (name.trim(), rest.trim());
        }
        let force = match section {
            "options" if key == "install_requires" => Force::Always,
            "options.extras_require" => Force::Sometimes,
            _ => continue,
        };
        reading.add_requirement(value, force, Some(index as u32 + 1));
    }
    Ok(())
}

/// `environment.yml` of Conda.
pub(super) fn conda(reading: &mut Reading<'_>) -> Result<(), Broken> {
    #[derive(Deserialize)]
    struct Environment {
        #[serde(default)]
        dependencies: Vec<serde_json::Value>,
    }
    let file: Environment = serde_saphyr::from_str(reading.text()).map_err(|error| Broken {
        line: error.location().map(|place| place.line() as u32),
        message: "is no valid Conda environment".to_owned(),
    })?;
    for dependency in &file.dependencies {
        if let Some(text) = dependency.as_str() {
            add_conda(reading, text);
        }
        let pip = dependency.get("pip").and_then(serde_json::Value::as_array);
        for text in pip.into_iter().flatten().filter_map(serde_json::Value::as_str) {
            let line = line_with(reading.text(), text);
            reading.add_requirement(text, Force::Always, line);
        }
    }
    Ok(())
}

/// `channel::name=version=build`, `name >=1.2`, `name`.
fn add_conda(reading: &mut Reading<'_>, text: &str) {
    let line = line_with(reading.text(), text);
    let spec = text.rsplit_once("::").map_or(text, |(_, spec)| spec).trim();
    let end = spec.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(spec.len());
    let (name, version) = spec.split_at(end);
    // The build follows the version behind a single `=`.
    let version = version.trim();
    let built = version.strip_prefix('=').filter(|version| !version.starts_with('=')).and_then(|it| it.split_once('='));
    let version = built.map_or(version.to_owned(), |(version, _)| format!("=={version}"));
    let read = permitted::dialect(&version, Dialect::Conda);
    let permitted = reading.or_unknown(read, text, line);
    reading.add(name, permitted, Force::Always, line);
}

fn line_with(text: &str, needle: &str) -> Option<u32> {
    text.lines().position(|line| line.contains(needle)).map(|index| index as u32 + 1)
}

/// The lock files that are TOML: `[[package]]` (uv, Poetry, PDM) or `[[packages]]` (PEP 751) with a name and a version.
pub(super) fn toml_lock(reading: &mut Reading<'_>) -> Result<(), Broken> {
    let file = reading.toml()?;
    let packages = at(&file, &["package"]).or_else(|| at(&file, &["packages"]));
    for package in packages.and_then(|packages| packages.get_ref().as_array()).into_iter().flatten() {
        for kind in ["editable", "virtual", "directory"] {
            let member = at(package, &["source", kind]).and_then(|path| path.get_ref().as_str());
            reading.members.extend(member.map(|path| path.trim_start_matches("./").replace('\\', "/")));
        }
        let Some(name) = at(package, &["name"]) else { continue };
        let Some(text) = name.get_ref().as_str() else { continue };
        let version = at(package, &["version"]).and_then(|version| version.get_ref().as_str());
        let permitted = version.map_or(Permitted::Unknown, permitted::python_version);
        let line = reading.line(name.span().start);
        // One of several entries is in force, depending on markers.
        reading.add(text, permitted, Force::Sometimes, Some(line));
    }
    Ok(())
}

/// `Pipfile.lock`.
pub(super) fn pipfile_lock(reading: &mut Reading<'_>) -> Result<(), Broken> {
    #[derive(Deserialize)]
    struct Package<'t> {
        #[serde(borrow)]
        version: Option<Cow<'t, str>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Section<'t> {
        Packages(#[serde(borrow)] BTreeMap<Key<'t>, Package<'t>>),
        Other(serde::de::IgnoredAny),
    }
    let text = reading.text();
    let file: BTreeMap<Key<'_>, Section<'_>> = serde_json::from_str(text)
        .map_err(|error| Broken { line: Some(error.line() as u32), message: format!("is no valid JSON: {error}") })?;
    for (section, packages) in &file {
        let Section::Packages(packages) = packages else { continue };
        if section.0 == "_meta" {
            continue;
        }
        for (name, package) in packages {
            let version = package.version.as_deref().and_then(permitted::pep440);
            let line = offset_in(text, &name.0).map(|offset| reading.line(offset));
            reading.add(&name.0, version.unwrap_or(Permitted::Unknown), Force::Sometimes, line);
        }
    }
    Ok(())
}
