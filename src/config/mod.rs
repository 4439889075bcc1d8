//! Settings from a file: `unmoor.toml`, `.unmoor.toml`, or `[tool.unmoor]` in `pyproject.toml`.
//!
//! The nearest such file counts, looked for from the current directory up to the root of the repository; it can name
//! others that it extends (`extend`). Keys are read by hand rather than through `serde`, so that every mistake is told at its place with a cure,
//! and all mistakes at once. What the words in the settings mean (which rules, which format) is for the command to check;
//! each keeps its place for that.

mod extend;
pub mod keys;
pub mod models;
mod reader;

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use toml::de::DeTable;

use crate::rules::model::{FixLevel, Severity};
use reader::Reader;

/// The files that hold nothing but settings, the first of which counts.
const OWN_FILES: &[&str] = &["unmoor.toml", ".unmoor.toml"];
/// The file of a Python project that can hold them in a table.
const PROJECT_FILE: &str = "pyproject.toml";
/// Where they stand in it.
const PROJECT_TABLE: [&str; 2] = ["tool", "unmoor"];

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
    /// The models that take the place of deployments, by the name of the deployment or of the variable that holds it.
    /// Empty: not filled in yet.
    pub models: BTreeMap<String, Located>,
    /// Names for what portable code reads from its environment.
    pub portable: NameSettings,
    /// What fixes are made unless the command line says otherwise.
    pub fix: FixSettings,
    /// The file that lists the findings that were there before.
    pub baseline: Option<Located>,
    /// Which findings make the exit code 1.
    pub fail_on: Option<FailOn>,
    /// The least severity of such findings.
    pub fail_severity: Option<Severity>,
    /// The targets that reports answer for.
    pub targets: Vec<Located>,
    /// Symbols of the user's own, and what each stands for.
    pub symbols: Vec<(Located, Located)>,
    /// What is reported of some files only.
    pub per_path: Vec<PerPath>,
    /// The keys that are there, each with its place, those of tables as `table.key`.
    pub keys: BTreeMap<String, Place>,
    /// The files that were extended, the nearest first.
    pub files: Vec<PathBuf>,
    /// The files to extend, before they are.
    pub(crate) extend: Vec<Located>,
    /// Globs beside those of extended files.
    pub(crate) extend_exclude: Vec<Located>,
    /// Rules and classes not to report beside those of extended files.
    pub(crate) extend_ignore: Vec<Located>,
}

/// Which findings make the exit code 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Those that are reported
    #[default]
    New,
    /// Those that the baseline sets aside, too
    Any,
    /// None
    None,
}

impl FailOn {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Any => "any",
            Self::None => "none",
        }
    }
}

/// What is reported of some files, from `[[per-path]]`.
#[derive(Debug, Clone, Default)]
pub struct PerPath {
    /// Globs of the files.
    pub paths: Vec<Located>,
    /// The only rules and classes to report of them.
    pub select: Vec<Located>,
    /// Rules and classes not to report of them.
    pub ignore: Vec<Located>,
    /// The least severity to report of them.
    pub min_severity: Option<Severity>,
}

/// Names of environment variables, from `[portable]`. Those that are absent are as the rules have them.
#[derive(Debug, Clone, Default)]
pub struct NameSettings {
    /// The variable that holds the base URL.
    pub base_url: Option<Located>,
    /// The variable that holds the key.
    pub key: Option<Located>,
    /// The variable that names the model.
    pub model: Option<Located>,
}

/// What `[fix]` says.
#[derive(Debug, Clone, Default)]
pub struct FixSettings {
    /// The level up to which changes are made.
    pub level: Option<FixLevel>,
    /// The target.
    pub target: Option<Located>,
    /// True when the key header of the vendor's edition is to be sent too.
    pub keep_key_header: Option<bool>,
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
            // A directory of that name is told as one, not passed over.
            if file.exists() {
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
    let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    load_in(file, base, &[real])
}

fn load_in(file: &Path, base: &Path, chain: &[PathBuf]) -> Result<Config, Vec<ConfigError>> {
    let text = read(file).map_err(|error| vec![error])?;
    let is_project = file.file_name().is_some_and(|name| name == PROJECT_FILE);
    match parse(&text, file, base, is_project)? {
        Some(config) => extend::extended(config, chain),
        None => Ok(Config::default()),
    }
}

fn find_in_project(folder: &Path) -> Result<Option<Config>, Vec<ConfigError>> {
    let file = folder.join(PROJECT_FILE);
    if !file.is_file() {
        return Ok(None);
    }
    let text = read(&file).map_err(|error| vec![error])?;
    // Whether the rest of a project file is sound is not for us to say.
    if !text.contains(PROJECT_TABLE[1]) {
        return Ok(None);
    }
    let real = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
    parse(&text, &file, folder, true)?.map(|config| extend::extended(config, &[real])).transpose()
}

fn read(file: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(file).map_err(|error| {
        let message = match error.kind() {
            _ if file.is_dir() => "is a directory".to_owned(),
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
        reader.note(key, value, &mut config);
        reader.key(key, value, &mut config);
    }
    reader.errors.sort();
    if reader.errors.is_empty() { Ok(Some(config)) } else { Err(reader.errors) }
}

fn subtable<'t, 'i>(document: &'t DeTable<'i>) -> Option<&'t DeTable<'i>> {
    PROJECT_TABLE.iter().try_fold(document, |table, name| table.get(*name)?.get_ref().as_table())
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
            ["pyproject.toml:2:1: unknown key `threads`\n  help: the keys are `baseline`, `exclude`, `extend`, \
              `extend-exclude`, `extend-ignore`, `fail-on`, `fail-severity`, `fix`, `format`, `ignore`, `include`, \
              `min-severity`, `models`, `per-path`, `portable`, `rules`, `select`, `symbols`, `targets`"]
        );
        assert!(told("select = [", "unmoor.toml")[0].starts_with("unmoor.toml:1:"));
    }

    #[test]
    fn reads_what_fixes_need() {
        let text = "[models]\nchat = 'gpt-5'\n'gpt-4.1' = ''\n[portable]\nbase-url = 'LLM_URL'\nkey = '_KEY2'\n\
                    [fix]\nlevel = 'unsafe'\ntarget = 'here'\nkeep-key-header = true\n";
        let config = read_text(text, "unmoor.toml").unwrap().unwrap();
        assert_eq!(config.models["chat"].text, "gpt-5");
        assert_eq!(config.models["gpt-4.1"].text, "");
        assert_eq!(config.portable.base_url.unwrap().text, "LLM_URL");
        assert_eq!(config.portable.key.unwrap().text, "_KEY2");
        assert!(config.portable.model.is_none());
        assert_eq!(config.fix.level, Some(FixLevel::Unsafe));
        assert_eq!(config.fix.target.unwrap().place.to_string(), "unmoor.toml:9:10");
        assert_eq!(config.fix.keep_key_header, Some(true));
    }

    #[test]
    fn tells_mistakes_in_what_fixes_need() {
        let text = "portable = 'x'\n[models]\ngpt-4.1 = 'a'\nchat = 3\n' ' = 'b'\n[fix]\nlevel = 'manual'\ntarge = 'a'\n\
                    keep-key-header = 'yes'\n";
        assert_eq!(
            told(text, "unmoor.toml"),
            [
                "unmoor.toml:1:12: a table belongs here, not a string\n  help: write a table",
                "unmoor.toml:3:1: `gpt-4` is a table, not a model\n  help: write the name of a model; quote a \
                 deployment whose name holds dots: \"gpt-4.1\" = \"...\"",
                "unmoor.toml:4:8: a string belongs here, not an integer\n  help: write a string",
                "unmoor.toml:5:1: this deployment has no name\n  help: name the deployment as the code does",
                "unmoor.toml:7:9: `manual` is not a level that can be asked for\n  help: use one of `safe`, `unsafe`",
                "unmoor.toml:8:1: unknown key `targe`\n  help: did you mean `target`?",
                "unmoor.toml:9:19: true or false belongs here, not a string\n  help: write true or false",
            ]
        );
        assert_eq!(
            told("[tool.unmoor.portable]\nkey = 'MY-KEY'\nmodel = '1ST'\nurl = 'A'\n", PROJECT_FILE),
            [
                "pyproject.toml:2:7: `MY-KEY` cannot be the name of an environment variable\n  help: use letters, \
                 digits and `_`, and no digit at the start",
                "pyproject.toml:3:9: `1ST` cannot be the name of an environment variable\n  help: use letters, \
                 digits and `_`, and no digit at the start",
                "pyproject.toml:4:1: unknown key `url`\n  help: the keys of [portable] are `base-url`, `key`, `model`",
            ]
        );
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
