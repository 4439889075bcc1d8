//! Where reports go: one on standard output or in a file, and further ones in files of their own.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::common::{Failure, Streams, at};
use crate::{
    config::Config,
    input::roots::repository,
    report::{self, Format, Options, Report, summary},
    scan::Scan,
    suggest::{listed, nearest},
};

/// Arguments about reports.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// The form of the report [default: text]
    #[arg(long, alias = "output-format", value_enum, value_name = "FORMAT", env = "UNMOOR_FORMAT")]
    format: Option<Format>,
    /// Write the report to a file; with FORMAT=FILE a further report, beside the one on standard output (several: again)
    #[arg(id = "output", short, long, value_name = "[FORMAT=]FILE", env = "UNMOOR_OUTPUT")]
    to: Vec<String>,
    /// Write how often each rule found something, instead of the findings
    #[arg(long)]
    statistics: bool,
    /// Tell also what comments and the baseline set aside, in the formats sarif, json, jsonl and csv
    #[arg(long)]
    include_suppressed: bool,
    /// The category of SARIF files: GitHub keeps the alerts of each apart
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
}

/// Where the reports go.
pub(super) struct Outputs {
    /// The form of the main report, and its file if it has one.
    pub(super) main: (Format, Option<PathBuf>),
    /// Further files.
    more: BTreeMap<PathBuf, Format>,
    statistics: bool,
    /// True when what is set aside is told, too.
    pub(super) include_suppressed: bool,
    options: Options,
}

impl Output {
    /// Makes sure of the forms and files, before anything is scanned.
    pub(super) fn outputs(&self, settings: &Config) -> Result<Outputs, Failure> {
        let (mut file, mut more) = (None, BTreeMap::new());
        let mut seen = BTreeSet::new();
        for value in &self.to {
            let (format, path) = named_format(value)?;
            if path.as_os_str().is_empty() {
                return Err(Failure::usage(format_args!("--output: `{value}` names no file"), "write FORMAT=FILE"));
            }
            if !seen.insert(path.clone()) {
                let message = format!("--output: {} is named twice", path.display());
                return Err(Failure::usage(message, "give each report a file of its own"));
            }
            match format {
                Some(format) => drop(more.insert(path, format)),
                None if file.is_none() => file = Some(path),
                None => {
                    let message = format!("--output: {} is a second file for one report", path.display());
                    return Err(Failure::usage(message, "say what it shall hold, as in sarif=FILE"));
                }
            }
        }
        let format = self.main_format(settings)?;
        let here = std::env::current_dir().unwrap_or_default();
        let root = repository(&here).map(Path::to_path_buf);
        let options = Options { category: self.category.clone(), here, root };
        let (statistics, include_suppressed) = (self.statistics, self.include_suppressed);
        Ok(Outputs { main: (format, file), more, statistics, include_suppressed, options })
    }

    fn main_format(&self, settings: &Config) -> Result<Format, Failure> {
        let format = match (self.format, &settings.format) {
            (Some(format), _) => format,
            (None, Some(named)) => find(&named.text).ok_or_else(|| {
                let all = all_forms();
                let cure = near(&named.text, &all)
                    .unwrap_or_else(|| format!("use one of {}", listed(all.iter().map(String::as_str))));
                at(named, format_args!("there is no format `{}`", named.text), cure)
            })?,
            (None, None) => Format::default(),
        };
        if self.statistics && format.is_data() {
            return Err(Failure::usage("--statistics is a text of its own", "leave --statistics or --format out"));
        }
        Ok(format)
    }
}

impl Outputs {
    /// All forms that are written.
    fn formats(&self) -> impl Iterator<Item = Format> {
        self.more.values().copied().chain([self.main.0])
    }

    /// True when some form tells changes.
    pub(super) fn tells_changes(&self) -> bool {
        !self.statistics && self.formats().any(Format::tells_changes)
    }

    /// True when some form lists the rules, and the hashes of lines.
    pub(super) fn holds_rules(&self) -> bool {
        self.formats().any(|format| format == Format::Sarif)
    }

    /// How the reports are written.
    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    /// Writes all of them, and gives what is to be remarked. A file that cannot be written does not keep the others from
    /// being written.
    pub(super) fn write(&self, report: &Report<'_>, streams: &mut Streams<'_>) -> Result<Vec<String>, Failure> {
        let mut remarks = Vec::new();
        let mut failures = Vec::new();
        for (path, format) in &self.more {
            let mut text = Vec::new();
            remarks.extend(report::write(report, *format, &mut anstream::StripStream::new(&mut text))?);
            failures.extend(save(path, &text).err());
        }
        let (format, file) = &self.main;
        if let Some(path) = file {
            let mut text = Vec::new();
            remarks.extend(self.write_main(report, *format, &mut anstream::StripStream::new(&mut text))?);
            failures.extend(save(path, &text).err());
        } else {
            remarks.extend(self.write_main(report, *format, streams.out)?);
            // What follows goes to the other stream and belongs below this.
            streams.out.flush()?;
        }
        remarks.dedup();
        if failures.is_empty() { Ok(remarks) } else { Err(Failure::Usage(failures)) }
    }

    fn write_main(
        &self,
        report: &Report<'_>,
        format: Format,
        out: &mut dyn std::io::Write,
    ) -> Result<Vec<String>, Failure> {
        if self.statistics {
            let scan: &Scan = report.scan;
            summary::statistics(scan, out)?;
            return Ok(Vec::new());
        }
        Ok(report::write(report, format, out)?)
    }
}

fn save(path: &Path, text: &[u8]) -> Result<(), String> {
    fs::write(path, text).map_err(|error| {
        let cure = "name a file in a folder that exists and can be written to";
        super::common::with_help(format_args!("--output: {}: {error}", path.display()), cure)
    })
}

/// The form that stands before the file, if one does. What else stands before a `=` belongs to the file's name, unless it
/// is nearly a form.
fn named_format(value: &str) -> Result<(Option<Format>, PathBuf), Failure> {
    let Some((word, path)) = value.split_once('=') else { return Ok((None, value.into())) };
    match (find(word), near(word, &all_forms())) {
        (Some(format), _) => Ok((Some(format), path.into())),
        (None, Some(cure)) => Err(Failure::usage(format_args!("--output: there is no format `{word}`"), cure)),
        (None, None) => Ok((None, value.into())),
    }
}

/// The form with this name.
fn find(word: &str) -> Option<Format> {
    Format::from_str(word, false).ok()
}

/// The names of all forms.
fn all_forms() -> Vec<String> {
    let known = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    known.map(|value| value.get_name().to_owned()).collect()
}

/// What to write instead of a word that is nearly a name.
fn near(word: &str, names: &[String]) -> Option<String> {
    nearest(word, names.iter().map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
}
