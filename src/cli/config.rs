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

/// The environment variables that stand for arguments.
const VARIABLES: &[(&str, &str)] = &[
    ("UNMOOR_BASELINE", "--baseline"),
    ("UNMOOR_COLOR", "--color"),
    ("UNMOOR_CONFIG", "--config"),
    ("UNMOOR_FORMAT", "--format"),
    ("UNMOOR_MIN_SEVERITY", "--min-severity"),
    ("UNMOOR_NO_CONFIG", "--no-config"),
    ("UNMOOR_OUTPUT", "--output"),
    ("UNMOOR_THREADS", "--threads"),
];

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
    environment: BTreeMap<&'static str, String>,
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
        environment: VARIABLES.iter().filter_map(|(name, _)| Some((*name, std::env::var(name).ok()?))).collect(),
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
        for (name, value) in &self.environment {
            let argument = VARIABLES.iter().find(|(known, _)| known == name).map_or("", |(_, argument)| argument);
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
    add("fail-on", text(&settings.fail_on));
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
