//! `unmoor models [PATHS]...`: the deployment names in code, and the table that maps them to models.

use std::{
    fs,
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams},
    files::{Files, bad_glob, check_paths},
};
use crate::{
    config::{
        Config,
        models::{NewName, add},
    },
    migrate::apply::{Change, Outcome, apply},
    report::{
        models::{self, Entry, Models, found},
        style::{DIM, HELP},
        words::count,
    },
    scan::{ScanOptions, Scanner},
};

/// The settings file that is made where there is none.
const NEW_FILE: &str = "unmoor.toml";

/// Arguments of `unmoor models`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files and directories to look at
    #[arg(value_name = "PATHS", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Add the names to the table [models] of the settings file, with their models left to fill in
    #[arg(long)]
    write: bool,
    /// The form of the list
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, alias = "output-format")]
    format: ListFormat,
    #[command(flatten)]
    packs: Packs,
    #[command(flatten)]
    files: Files,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ListFormat {
    #[default]
    Text,
    Json,
}

/// Lists the names, and writes those into the settings file that it does not have.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    check_paths(&arguments.paths)?;
    let scanner = Scanner::new(arguments.packs.load(&settings)?);
    let options = arguments.files.options(&settings);
    let deployments = scanner.deployments(&arguments.paths, &options);
    let deployments = deployments.map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), &settings))?;
    // What templates deploy stands in documents.
    let alone = ScanOptions { link: false, ..options };
    let scan = scanner.scan(&arguments.paths, &alone);
    let scan = scan.map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), &settings))?;
    let entry = |deployment: crate::migrate::plan::DeploymentName| {
        let model = settings.models.get(&deployment.name).map(|model| model.text.clone());
        Entry::of(deployment, model, &scan)
    };
    let models =
        Models { schema_version: models::SCHEMA_VERSION, deployments: deployments.into_iter().map(entry).collect() };
    finish(arguments, &models, &settings, common.quiet, streams)
}

fn finish(
    arguments: &Arguments,
    models: &Models,
    settings: &Config,
    quiet: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Failure> {
    let missing = missing(models);
    let file = settings.file.clone().unwrap_or_else(|| PathBuf::from(NEW_FILE));
    match arguments.format {
        ListFormat::Json => models::json(models, streams.out)?,
        ListFormat::Text => {
            models::text(models, streams.out)?;
            if !arguments.write && !missing.is_empty() {
                let table = add("", Path::new(NEW_FILE), &missing).map_err(|error| unwritable(&file, error))?;
                write!(streams.out, "\n{DIM}# {}{DIM:#}\n{table}", file.display())?;
            }
        }
    }
    streams.out.flush()?;
    let done = if arguments.write { Some(write(&file, &missing)?) } else { None };
    if !quiet {
        tell(models, &missing, &file, done, streams.err)?;
    }
    Ok(Exit::Clean)
}

/// The names that the settings do not have.
fn missing(models: &Models) -> Vec<NewName> {
    let without = models.deployments.iter().filter(|entry| entry.model.is_none());
    without
        .map(|entry| NewName {
            name: entry.deployment.name.clone(),
            model: entry.deployed.as_ref().map(|deployed| deployed.model.clone()).unwrap_or_default(),
            comment: found(entry),
        })
        .collect()
}

/// Adds names to a settings file, which is made if it is not there. True when it changed.
fn write(file: &Path, names: &[NewName]) -> Result<bool, Failure> {
    let there = match fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(unwritable(file, error)),
    };
    let before = there.as_deref().unwrap_or_default();
    let after = add(before, file, names).map_err(|error| unwritable(file, error))?;
    if names.is_empty() || before == after {
        return Ok(false);
    }
    if there.is_none() {
        create(file, &after).map_err(|error| unwritable(file, error))?;
        return Ok(true);
    }
    let root = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match apply(&Change { path: file, before: before.as_bytes(), after: after.as_bytes() }, root) {
        Outcome::Written => Ok(true),
        Outcome::Unchanged => Ok(false),
        Outcome::Refused(reason) => Err(Failure::usage(format_args!("{}: {reason}", file.display()), reason.cure())),
    }
}

/// Makes a file that is not there; one that has come in between is not overwritten.
fn create(file: &Path, text: &str) -> io::Result<()> {
    fs::File::create_new(file)?.write_all(text.as_bytes())
}

fn unwritable(file: &Path, error: impl std::fmt::Display) -> Failure {
    let cure = "make it a settings file that can be read and written, or name another with --config";
    Failure::usage(format_args!("{}: {error}", file.display()), cure)
}

fn tell(
    models: &Models,
    missing: &[NewName],
    file: &Path,
    written: Option<bool>,
    err: &mut dyn io::Write,
) -> io::Result<()> {
    let file = file.display();
    let new = missing.len() as u64;
    let open = models.deployments.iter().filter(|entry| entry.model.as_deref().is_none_or(str::is_empty)).count();
    writeln!(err, "{}, {open} without a model", count(models.deployments.len() as u64, "deployment name"))?;
    match written {
        Some(true) => writeln!(err, "{file}: {} added; fill in their models", count(new, "entry")),
        Some(false) => writeln!(err, "{file}: nothing to add"),
        None if new > 0 => writeln!(err, "{HELP}help{HELP:#}: --write adds {} to {file}", count(new, "entry")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arguments as All, Command};
    use super::*;
    use crate::{
        config::load,
        finding::{Location, Point},
        migrate::plan::DeploymentName,
    };

    fn run(file: &Path, more: &[&str]) -> (String, String) {
        let settings = if file.exists() { load(file, Path::new("")).unwrap() } else { Config::default() };
        let settings = Config { file: Some(file.to_owned()), ..settings };
        let entry = |name: &str| {
            let start = Point { line: 3, column: 1, column_utf16: 1, byte: 0 };
            let place = Location { path: "app.py".to_owned(), start, end: start };
            Entry {
                deployment: DeploymentName { name: name.to_owned(), variable: false, places: vec![place] },
                model: settings.models.get(name).map(|model| model.text.clone()),
                deployed: None,
            }
        };
        let models =
            Models { schema_version: models::SCHEMA_VERSION, deployments: vec![entry("chat"), entry("embed")] };
        let all = All::parse_from(["unmoor", "models"].iter().chain(more).map(Into::into)).unwrap();
        let Command::Models(arguments) = &all.command else { panic!("another command") };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut streams = Streams { input: &mut std::io::empty(), out: &mut out, err: &mut err, watched: false };
        assert_eq!(finish(arguments, &models, &settings, false, &mut streams).unwrap(), Exit::Clean);
        let folder = file.parent().unwrap().to_str().unwrap();
        let text = |bytes: Vec<u8>| {
            anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string().replace(folder, "FOLDER")
        };
        (text(out), text(err))
    }

    #[test]
    fn shows_the_table_and_writes_it_when_asked_to() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("unmoor.toml");
        let table = "[models]\nchat = \"\" # app.py:3\nembed = \"\" # app.py:3\n";
        let (out, err) = run(&file, &[]);
        assert!(out.ends_with(&format!("\n\n# FOLDER/unmoor.toml\n{table}")), "{out}");
        assert!(err.ends_with("help: --write adds 2 entries to FOLDER/unmoor.toml\n"), "{err}");
        assert!(!file.exists());

        let (_, err) = run(&file, &["--write"]);
        assert!(err.ends_with("FOLDER/unmoor.toml: 2 entries added; fill in their models\n"), "{err}");
        assert_eq!(fs::read_to_string(&file).unwrap(), table);
        let (out, err) = run(&file, &["--write"]);
        assert!(!out.contains("[models]") && err.ends_with("FOLDER/unmoor.toml: nothing to add\n"), "{out}{err}");
        assert_eq!(fs::read_to_string(&file).unwrap(), table);
    }

    #[test]
    fn entries_that_are_there_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("unmoor.toml");
        fs::write(&file, "# ours\nmodels.chat = 'gpt-5'\n").unwrap();
        let (out, err) = run(&file, &["--write", "--format", "json"]);
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "# ours\nmodels.chat = 'gpt-5'\nmodels.embed = \"\" # app.py:3\n"
        );
        assert!(err.starts_with("2 deployment names, 1 without a model\n"), "{err}");
        let models: Models = serde_json::from_str(&out).unwrap();
        assert_eq!(models.deployments[0].model.as_deref(), Some("gpt-5"));
    }
}
