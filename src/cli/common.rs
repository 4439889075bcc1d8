//! What all commands share: the streams, the arguments that choose settings and rules, and how mistakes are told.

use std::{
    fmt::Display,
    io::{self, Read, Write},
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::{ArgAction, Args, ValueEnum, builder::FalseyValueParser};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    config::{self, Config, Located},
    migrate::options::PortableNames,
    report::style::{ERROR, HELP, WARNING},
    rules::{
        Rule, RuleSet, load,
        model::Severity,
        select::{Selection, UnknownRule},
    },
};

/// What a command reads from and writes to.
pub struct Streams<'s> {
    /// Standard input.
    pub input: &'s mut dyn Read,
    /// Standard output: what was asked for.
    pub out: &'s mut dyn Write,
    /// Standard error: everything else.
    pub err: &'s mut dyn Write,
    /// True when somebody may watch standard error.
    pub watched: bool,
}

/// Why a command did not do what it was asked to.
#[derive(Debug)]
pub(super) enum Failure {
    /// Arguments, settings or rule files are wrong. Each message may have a `help:` of its own.
    Usage(Vec<String>),
    /// A stream broke.
    Stream(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Stream(error)
    }
}

impl Failure {
    /// A mistake with its cure.
    pub(super) fn usage(message: impl Display, cure: impl Display) -> Self {
        Self::Usage(vec![with_help(message, cure)])
    }

    /// All of several mistakes.
    pub(super) fn all<E: Display>(errors: impl IntoIterator<Item = E>) -> Self {
        Self::Usage(errors.into_iter().map(|error| error.to_string()).collect())
    }
}

/// A message with its cure on a line of its own.
pub(super) fn with_help(message: impl Display, cure: impl Display) -> String {
    format!("{message}\n  help: {cure}")
}

/// Writes a mistake. Its `help:` lines get their colour here, so that errors can be plain text everywhere else.
pub(super) fn error(message: &str, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "{ERROR}error{ERROR:#}: {}", coloured(message))
}

/// Writes a warning.
pub(super) fn warning(message: &str, err: &mut dyn Write) -> io::Result<()> {
    writeln!(err, "{WARNING}warning{WARNING:#}: {}", coloured(message))
}

fn coloured(message: &str) -> String {
    message.replace("\n  help:", &format!("\n  {HELP}help{HELP:#}:"))
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On terminals, unless NO_COLOR is set; everywhere if CLICOLOR_FORCE is
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Arguments of all commands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of all commands")]
pub(super) struct Common {
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        env = "UNMOOR_COLOR",
        default_value_t,
        hide_possible_values = true
    )]
    pub(super) color: Color,
    /// Leave summaries and hints out
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub(super) quiet: bool,
    /// Say more: all warnings, the settings file, the number of rules
    #[arg(short, long, global = true, action = ArgAction::SetTrue, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Settings file, instead of the nearest unmoor.toml, .unmoor.toml or pyproject.toml with [tool.unmoor];
    /// what it names is then relative to the current directory
    #[arg(long, global = true, value_name = "FILE", env = "UNMOOR_CONFIG")]
    config: Option<PathBuf>,
    /// Use no settings file
    // No conflict with `config`: a variable that sets it everywhere can then be overruled.
    #[arg(long, global = true, env = "UNMOOR_NO_CONFIG", value_parser = FalseyValueParser::new())]
    no_config: bool,
}

impl Common {
    /// The settings.
    pub(super) fn settings(&self) -> Result<Config, Failure> {
        if self.no_config {
            return Ok(Config::default());
        }
        let here = std::env::current_dir().unwrap_or_default();
        let found = match &self.config {
            Some(file) => config::load(file, &here),
            None => config::find(&here),
        };
        found.map_err(Failure::all)
    }
}

/// Arguments that choose rule packs.
#[derive(Debug, Clone, Args)]
pub(super) struct Packs {
    /// Folder of more rule packs, laid out as PACK/LANGUAGE/rule.yaml (can be given several times)
    #[arg(long, value_name = "DIR", help_heading = "Rules")]
    pub(super) rules: Vec<PathBuf>,
    /// Leave the built-in rules out
    #[arg(long, help_heading = "Rules")]
    pub(super) no_built_in_rules: bool,
}

impl Packs {
    /// The rules that the arguments and settings name.
    pub(super) fn load(&self, settings: &Config) -> Result<RuleSet, Failure> {
        let mut folders: Vec<PathBuf> = settings.rules.iter().map(|folder| settings.base.join(&folder.text)).collect();
        folders.extend(self.rules.iter().cloned());
        if self.no_built_in_rules && folders.is_empty() {
            return Err(Failure::usage("there are no rules without the built-in ones", "name a folder with --rules"));
        }
        if let Some(missing) = folders.iter().find(|folder| !folder.is_dir()) {
            let message = format!("{}: no such folder", missing.display());
            return Err(Failure::usage(message, "name a folder that holds rules in PACK/LANGUAGE/rule.yaml"));
        }
        let set = load::with_folders(&folders, !self.no_built_in_rules).map_err(Failure::all)?;
        for folder in &folders {
            if !set.sources().any(|source| source.starts_with(folder)) {
                let message = format!("{}: the folder holds no rules", folder.display());
                return Err(Failure::usage(message, "put rules into PACK/LANGUAGE/rule.yaml below it"));
            }
        }
        Ok(set)
    }

    /// The same, with the symbols of the settings: code that uses them is looked at as if it used what they stand for.
    pub(super) fn load_with_symbols(&self, settings: &Config) -> Result<RuleSet, Failure> {
        let mut set = self.load(settings)?;
        let mut errors = Vec::new();
        for (own, known) in &settings.symbols {
            if let Err(cure) = set.knows(&known.text) {
                errors.push(with_help(format_args!("{}: no rule knows `{}`", known.place, known.text), cure));
            } else {
                set.reexports.push((own.text.clone(), known.text.clone()));
            }
        }
        if errors.is_empty() { Ok(set) } else { Err(Failure::Usage(errors)) }
    }
}

/// Words of an option that name rules or classes.
pub(super) type Words<'w> = (&'static str, &'w [String]);

/// The findings that the options and settings choose. What `select` names sets aside what the settings select and
/// ignore; `ignore` adds to them.
pub(super) fn selection(
    severity: Severity,
    select: &[Words<'_>],
    ignore: &[Words<'_>],
    settings: &Config,
    rules: &[Rule],
) -> Result<Selection, Failure> {
    let mut selection = Selection::from(severity);
    let (mut errors, mut bad_globs) = (Vec::new(), Vec::new());
    let mut told = |place: &dyn Display, result: Result<(), UnknownRule>| {
        errors.extend(result.err().map(|unknown| with_help(format_args!("{place}: {unknown}"), &unknown.cure)));
    };
    for (option, words) in select {
        words.iter().for_each(|word| told(option, selection.select(word, rules)));
    }
    if select.iter().all(|(_, words)| words.is_empty()) {
        settings.select.iter().for_each(|word| told(&word.place, selection.select(&word.text, rules)));
        settings.ignore.iter().for_each(|word| told(&word.place, selection.ignore(&word.text, rules)));
    }
    for (option, words) in ignore {
        words.iter().for_each(|word| told(option, selection.ignore(word, rules)));
    }
    for part in &settings.per_path {
        let mut own = Selection::from(part.min_severity.unwrap_or(Severity::Note));
        part.select.iter().for_each(|word| told(&word.place, own.select(&word.text, rules)));
        part.ignore.iter().for_each(|word| told(&word.place, own.ignore(&word.text, rules)));
        let globs: Vec<&str> = part.paths.iter().map(|glob| glob.text.as_str()).collect();
        if let Err((position, why)) = selection.of_paths(&globs, &settings.base, own) {
            let Located { text, place } = &part.paths[position];
            bad_globs.push(with_help(
                format_args!("{place}: `{text}` is no glob: {why}"),
                "globs know `*`, `**`, `?`, `[ab]` and `{a,b}`",
            ));
        }
    }
    errors.extend(bad_globs);
    if errors.is_empty() { Ok(selection) } else { Err(Failure::Usage(errors)) }
}

/// The names of the settings that portable code reads, where the settings file has its own.
pub(super) fn names_of(settings: &Config) -> PortableNames {
    let text = |named: &Option<Located>| named.as_ref().map(|named| named.text.clone());
    PortableNames {
        base_url: text(&settings.portable.base_url),
        key: text(&settings.portable.key),
        model: text(&settings.portable.model),
    }
}

/// A mistake in what a settings file names.
pub(super) fn at(located: &Located, message: impl Display, cure: impl Display) -> Failure {
    Failure::usage(format_args!("{}: {message}", located.place), cure)
}

/// The present day: of `SOURCE_DATE_EPOCH` where that is set, so that the same input gives the same bytes.
pub(super) fn today() -> Result<Date, Failure> {
    day(std::env::var("SOURCE_DATE_EPOCH").ok().as_deref())
}

fn day(epoch: Option<&str>) -> Result<Date, Failure> {
    let seconds = match epoch {
        Some(text) => text.parse::<u64>().map_err(|_| {
            let message = format!("SOURCE_DATE_EPOCH: `{text}` is no number of seconds");
            Failure::usage(message, "set it to seconds since 1970-01-01, or unset it")
        })?,
        None => SystemTime::now().duration_since(UNIX_EPOCH).map(|since| since.as_secs()).unwrap_or_default(),
    };
    let time = Timestamp::from_second(i64::try_from(seconds).unwrap_or_default()).unwrap_or_default();
    Ok(time.to_zoned(TimeZone::UTC).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_that_of_the_epoch() {
        let day = |epoch| day(epoch).ok().map(|day| day.to_string());
        assert_eq!(day(Some("0")).as_deref(), Some("1970-01-01"));
        assert_eq!(day(Some("1795650000")).as_deref(), Some("2026-11-25"));
        assert_eq!(day(Some("tomorrow")), None);
    }
}
