//! `unmoor config`: shows the settings that apply, and where each comes from.

use std::{collections::BTreeMap, path::PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{
    Exit,
    common::{Common, Failure, Streams},
};
use crate::{
    config::{Config, Located, keys},
    report::style::{BOLD, DIM, PATH},
};

/// The environment variables that stand for arguments, with those, sorted.
fn variables() -> BTreeMap<String, String> {
    let program = super::command();
    let scan = program.find_subcommand("scan");
    let arguments = program.get_arguments().chain(scan.into_iter().flat_map(clap::Command::get_arguments));
    let named = |argument: &clap::Arg| {
        let variable = argument.get_env()?.to_str()?.to_owned();
        Some((variable, format!("--{}", argument.get_long()?)))
    };
    arguments.filter_map(named).collect()
}

/// Arguments of `unmoor config`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The form of the answer
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, alias = "output-format")]
    format: ConfigFormat,
    /// Print the JSON Schema of settings files, instead
    #[arg(long)]
    schema: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ConfigFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// The settings that apply.
#[derive(Serialize)]
struct Answer {
    /// The file that was found, and those that it extends.
    files: Vec<PathBuf>,
    settings: Vec<Setting>,
    environment: BTreeMap<String, String>,
}

/// A setting that is there.
#[derive(Serialize)]
struct Setting {
    key: String,
    value: serde_json::Value,
    from: String,
}

/// Shows the settings.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    if arguments.schema {
        serde_json::to_writer_pretty(&mut *streams.out, &keys::schema()).map_err(std::io::Error::from)?;
        writeln!(streams.out)?;
        return Ok(Exit::Clean);
    }
    let settings = common.settings()?;
    let answer = Answer {
        files: settings.file.iter().chain(&settings.files).cloned().collect(),
        settings: all(&settings),
        environment: variables()
            .into_keys()
            .filter_map(|name| std::env::var(&name).ok().map(|it| (name, it)))
            .collect(),
    };
    match arguments.format {
        ConfigFormat::Json => {
            serde_json::to_writer_pretty(&mut *streams.out, &answer).map_err(std::io::Error::from)?;
            writeln!(streams.out)?;
        }
        ConfigFormat::Text => answer.text(streams)?,
    }
    Ok(Exit::Clean)
}

impl Answer {
    fn text(&self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let out = &mut streams.out;
        match self.files.split_first() {
            None => writeln!(out, "{BOLD}no settings file{BOLD:#}: all is as the command line has it")?,
            Some((file, extended)) => {
                writeln!(out, "{BOLD}settings file{BOLD:#}: {PATH}{}{PATH:#}", file.display())?;
                for file in extended {
                    writeln!(out, "  extends {PATH}{}{PATH:#}", file.display())?;
                }
            }
        }
        let width = self.settings.iter().map(|setting| setting.key.len()).max().unwrap_or_default();
        for Setting { key, value, from } in &self.settings {
            writeln!(out, "{key:width$} = {value}  {DIM}({from}){DIM:#}")?;
        }
        let variables = variables();
        for (name, value) in &self.environment {
            let argument = variables.get(name).map_or("", String::as_str);
            writeln!(out, "{name}={value}  {DIM}(environment; as {argument}){DIM:#}")?;
        }
        Ok(())
    }
}

/// The settings that files have, by key.
fn all(settings: &Config) -> Vec<Setting> {
    let mut found = Vec::new();
    let mut add = |key: &str, value: Option<serde_json::Value>| {
        let place = settings.keys.get(key);
        if let (Some(value), Some(place)) = (value, place) {
            found.push(Setting { key: key.to_owned(), value, from: place.to_string() });
        }
    };
    let texts = |list: &[Located]| {
        let texts: Vec<&str> = list.iter().map(|one| one.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.into())
    };
    let text = |one: &Option<Located>| one.as_ref().map(|one| one.text.as_str().into());
    add("select", texts(&settings.select));
    let either = |key: &'static str, other: &'static str| if settings.keys.contains_key(key) { key } else { other };
    add(either("ignore", "extend-ignore"), texts(&settings.ignore));
    add(either("exclude", "extend-exclude"), texts(&settings.exclude));
    add("include", texts(&settings.include));
    add("min-severity", settings.min_severity.map(|severity| severity.name().into()));
    add("rules", texts(&settings.rules));
    add("targets", texts(&settings.targets));
    add("format", text(&settings.format));
    add("baseline", text(&settings.baseline));
    add("fail-on", settings.fail_on.map(|findings| findings.name().into()));
    add("fail-severity", settings.fail_severity.map(|severity| severity.name().into()));
    add("portable.base-url", text(&settings.portable.base_url));
    add("portable.key", text(&settings.portable.key));
    add("portable.model", text(&settings.portable.model));
    add("fix.level", settings.fix.level.map(|level| level.name().into()));
    add("fix.target", text(&settings.fix.target));
    add("fix.keep-key-header", settings.fix.keep_key_header.map(Into::into));
    for (name, model) in &settings.models {
        add(&format!("models.{name}"), Some(model.text.as_str().into()));
    }
    for (own, known) in &settings.symbols {
        add(&format!("symbols.{}", own.text), Some(known.text.as_str().into()));
    }
    for part in &settings.per_path {
        let value = serde_json::json!({
            "paths": texts(&part.paths),
            "select": texts(&part.select),
            "ignore": texts(&part.ignore),
            "min-severity": part.min_severity.map(crate::rules::model::Severity::name),
        });
        let from = part.paths.first().map(|path| path.place.to_string()).unwrap_or_default();
        found.push(Setting { key: "per-path".to_owned(), value, from });
    }
    found
}
