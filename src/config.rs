//! Settings from a file: `unmoor.toml`, `.unmoor.toml`, or `[tool.unmoor]` in `pyproject.toml`.
//!
//! The nearest such file counts, looked for from the current directory up to the root of the repository; files are never
//! merged. Keys are read by hand rather than through `serde`, so that every mistake is told at its place with a cure,
//! and all mistakes at once. What the words in the settings mean (which rules, which format) is for the command to check;
//! each keeps its place for that.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use crate::{
    rules::model::Severity,
    suggest::{listed, nearest},
};

/// The files that hold nothing but settings, the first of which counts.
const OWN_FILES: &[&str] = &["unmoor.toml", ".unmoor.toml"];
/// The file of a Python project that can hold them in a table.
const PROJECT_FILE: &str = "pyproject.toml";
/// Where they stand in it.
const PROJECT_TABLE: [&str; 2] = ["tool", "unmoor"];

/// The keys, sorted.
pub const KEYS: &[&str] = &["exclude", "format", "ignore", "include", "min-severity", "rules", "select"];

/// The settings of a file; the default is that there is none.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The file they come from.
    pub file: Option<PathBuf>,
    /// The directory that globs and folders in it are relative to. Empty: the current directory.
    pub base: PathBuf,
    /// Globs of files and directories to pass over.
    pub exclude: Vec<Located>,
    /// Globs of the only files to look at.
    pub include: Vec<Located>,
    /// Rules and classes to report.
    pub select: Vec<Located>,
    /// Rules and classes not to report.
    pub ignore: Vec<Located>,
    /// The least severity to report.
    pub min_severity: Option<Severity>,
    /// Folders of more rule packs.
    pub rules: Vec<Located>,
    /// The format of the report.
    pub format: Option<Located>,
}

/// A word in a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The word.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A place in a settings file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 for the whole file.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// A mistake in a settings file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConfigError {
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub cure: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if self.cure.is_empty() { Ok(()) } else { write!(f, "\n  help: {}", self.cure) }
    }
}

/// Finds and reads the settings for a directory (given as an absolute path).
pub fn find(directory: &Path) -> Result<Config, Vec<ConfigError>> {
    for folder in directory.ancestors() {
        for name in OWN_FILES {
            let file = folder.join(name);
            if file.is_file() {
                return load(&file, folder);
            }
        }
        if let Some(config) = find_in_project(folder)? {
            return Ok(config);
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(Config::default())
}

/// Reads a settings file. Globs and folders in it are relative to `base`.
pub fn load(file: &Path, base: &Path) -> Result<Config, Vec<ConfigError>> {
    let text = read(file).map_err(|error| vec![error])?;
    let is_project = file.file_name().is_some_and(|name| name == PROJECT_FILE);
    parse(&text, file, base, is_project).map(Option::unwrap_or_default)
}

fn find_in_project(folder: &Path) -> Result<Option<Config>, Vec<ConfigError>> {
    let file = folder.join(PROJECT_FILE);
    if !file.is_file() {
        return Ok(None);
    }
    let text = read(&file).map_err(|error| vec![error])?;
    // Whether the rest of a project file is sound is not for us to say.
    if text.contains(PROJECT_TABLE[1]) { parse(&text, &file, folder, true) } else { Ok(None) }
}

fn read(file: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(file).map_err(|error| {
        let message = match error.kind() {
            io::ErrorKind::NotFound => "no such file".to_owned(),
            io::ErrorKind::InvalidData => "is not UTF-8 text".to_owned(),
            _ => error.to_string(),
        };
        let place = Place { path: shown(file), line: 0, column: 0 };
        ConfigError { place, message, cure: "name a readable TOML file, or use --no-config".to_owned() }
    })
}

/// A path as messages show it: from the current directory, where it lies below that.
fn shown(file: &Path) -> PathBuf {
    let below = std::env::current_dir().ok().and_then(|here| file.strip_prefix(here).ok().map(Path::to_path_buf));
    below.unwrap_or_else(|| file.to_path_buf())
}

fn parse(text: &str, file: &Path, base: &Path, is_project: bool) -> Result<Option<Config>, Vec<ConfigError>> {
    let mut reader = Reader { file: shown(file), text, errors: Vec::new() };
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            reader.error(start, error.message().to_owned(), "mend the TOML");
            return Err(reader.errors);
        }
    };
    let table = if is_project { subtable(document.get_ref()) } else { Some(document.get_ref()) };
    let Some(table) = table else { return Ok(None) };
    let mut config = Config { file: Some(reader.file.clone()), base: base.to_path_buf(), ..Config::default() };
    for (key, value) in table {
        reader.key(key, value, &mut config);
    }
    reader.errors.sort();
    if reader.errors.is_empty() { Ok(Some(config)) } else { Err(reader.errors) }
}

fn subtable<'t, 'i>(document: &'t DeTable<'i>) -> Option<&'t DeTable<'i>> {
    PROJECT_TABLE.iter().try_fold(document, |table, name| table.get(*name)?.get_ref().as_table())
}

/// Reads values and gathers mistakes.
struct Reader<'t> {
    file: PathBuf,
    text: &'t str,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn key(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>, config: &mut Config) {
        match key.get_ref().as_ref() {
            "exclude" => config.exclude = self.strings(value),
            "include" => config.include = self.strings(value),
            "select" => config.select = self.strings(value),
            "ignore" => config.ignore = self.strings(value),
            "rules" => config.rules = self.strings(value),
            "format" => config.format = self.string(value),
            "min-severity" => config.min_severity = self.severity(value),
            unknown => {
                let cure = nearest(unknown, KEYS.iter().copied())
                    .map_or_else(|| format!("the keys are {}", listed(KEYS.iter().copied())), did_you_mean);
                self.error(key.span().start, format!("unknown key `{unknown}`"), &cure);
            }
        }
    }

    fn strings(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Located> {
        if let Some(array) = value.get_ref().as_array() {
            return array.iter().filter_map(|entry| self.string(entry)).collect();
        }
        self.wrong_type(value, "a list of strings");
        Vec::new()
    }

    fn string(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Located> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(value, "a string");
            return None;
        };
        Some(Located { text: text.to_owned(), place: self.place(value.span().start) })
    }

    fn severity(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Severity> {
        let given = self.string(value)?;
        let known = Severity::value_variants();
        let found = known.iter().copied().find(|severity| severity.name() == given.text);
        if found.is_none() {
            let cure = format!("use one of {}", listed(known.iter().map(|severity| severity.name())));
            self.error(value.span().start, format!("`{}` is not a severity", given.text), &cure);
        }
        found
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, wanted: &str) {
        let message = format!("{wanted} belongs here, not {}", with_article(value.get_ref().type_str()));
        self.error(value.span().start, message, &format!("write {wanted}"));
    }

    fn error(&mut self, offset: usize, message: String, cure: &str) {
        let place = self.place(offset);
        self.errors.push(ConfigError { place, message, cure: cure.to_owned() });
    }

    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Place { path: self.file.clone(), line: line as u32, column: column as u32 }
    }
}

fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str, name: &str) -> Result<Option<Config>, Vec<ConfigError>> {
        parse(text, Path::new(name), Path::new("base"), name == PROJECT_FILE)
    }

    fn told(text: &str, name: &str) -> Vec<String> {
        read_text(text, name).unwrap_err().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn reads_all_keys() {
        let text = "exclude = ['a']\ninclude = ['b']\nselect = ['client']\nignore = ['auth']\nrules = ['packs']\n\
                    format = 'json'\nmin-severity = 'error'\n";
        let config = read_text(text, "unmoor.toml").unwrap().unwrap();
        assert_eq!(config.exclude[0].text, "a");
        assert_eq!(config.include[0].text, "b");
        assert_eq!(config.select[0].place.to_string(), "unmoor.toml:3:11");
        assert_eq!(config.ignore[0].text, "auth");
        assert_eq!(config.rules[0].text, "packs");
        assert_eq!(config.format.unwrap().text, "json");
        assert_eq!(config.min_severity, Some(Severity::Error));
    }

    #[test]
    fn a_project_file_counts_only_with_the_table() {
        assert!(read_text("[tool.other]\nselect = 1\n", PROJECT_FILE).unwrap().is_none());
        let config = read_text("[tool.unmoor]\nselect = ['auth']\n", PROJECT_FILE).unwrap().unwrap();
        assert_eq!(config.select[0].text, "auth");
    }

    #[test]
    fn tells_every_mistake_with_place_and_cure() {
        assert_eq!(
            told("selct = ['a']\nexclude = 'x'\nmin-severity = 'high'\n", "unmoor.toml"),
            [
                "unmoor.toml:1:1: unknown key `selct`\n  help: did you mean `select`?",
                "unmoor.toml:2:11: a list of strings belongs here, not a string\n  help: write a list of strings",
                "unmoor.toml:3:16: `high` is not a severity\n  help: use one of `note`, `warning`, `error`",
            ]
        );
        assert_eq!(
            told("[tool.unmoor]\nthreads = 3\n", PROJECT_FILE),
            ["pyproject.toml:2:1: unknown key `threads`\n  help: the keys are `exclude`, `format`, `ignore`, \
              `include`, `min-severity`, `rules`, `select`"]
        );
        assert!(told("select = [", "unmoor.toml")[0].starts_with("unmoor.toml:1:"));
    }

    #[test]
    fn the_nearest_file_counts_and_the_repository_ends_the_search() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("repository/package");
        fs::create_dir_all(&inner).unwrap();
        fs::write(root.path().join("unmoor.toml"), "select = ['auth']\n").unwrap();
        assert_eq!(find(&inner).unwrap().select[0].text, "auth");
        fs::create_dir(root.path().join("repository/.git")).unwrap();
        assert!(find(&inner).unwrap().file.is_none());
        fs::write(inner.join("pyproject.toml"), "[project]\nname = 'x'\n").unwrap();
        fs::write(root.path().join("repository/.unmoor.toml"), "select = ['client']\n").unwrap();
        assert_eq!(find(&inner).unwrap().select[0].text, "client");
        fs::write(inner.join("pyproject.toml"), "[tool.unmoor]\nselect = ['model']\n").unwrap();
        assert_eq!(find(&inner).unwrap().select[0].text, "model");
    }
}
