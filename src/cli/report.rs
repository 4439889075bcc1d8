//! `unmoor report [PATHS]...`: whether code can go elsewhere, what breaks, how much work it is, and in which order.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams, at, names_of, today},
    files::{Files, bad_glob, check_paths},
};
use crate::{
    config::Config,
    migrate::{assess::Assessment, plan::FilePlan, view::View},
    report::{assessment, diff, html, markdown},
    rules::target::{self, Target},
    scan::{Scan, Scanner, assess::Asked},
};

/// How many bytes of a file's diff a report shows.
const MAX_DIFF: usize = 24_000;

/// Arguments of `unmoor report`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files and directories to report on
    #[arg(value_name = "PATHS", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The form of the report [default: html for a FILE that ends in .html, json for .json, else markdown]
    #[arg(long, value_enum, value_name = "FORMAT", alias = "output-format", help_heading = "Output")]
    format: Option<Form>,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// How many bytes a report in Markdown may have
    #[arg(long, value_name = "BYTES", default_value_t = markdown::BUDGET, help_heading = "Output")]
    budget: usize,
    /// The targets to answer for (several: again, or separated by commas) [default: all]
    #[arg(long, value_name = "TARGET", value_delimiter = ',', help_heading = "Targets")]
    target: Vec<String>,
    #[command(flatten)]
    packs: Packs,
    #[command(flatten)]
    files: Files,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One page for a browser, complete in itself
    Html,
    /// For a comment on a pull request, or the summary of a CI job
    Markdown,
    /// For programs; see schemas/report.schema.json
    Json,
}

/// Assesses and reports.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let set = arguments.packs.load_with_symbols(&settings)?;
    check_paths(&arguments.paths)?;
    let scanner = Scanner::new(set);
    let targets = arguments.targets(scanner.targets(), &settings)?;
    let filled = settings.models.iter().filter(|(_, model)| !model.text.is_empty());
    let asked = Asked {
        name: name_of(&arguments.paths),
        date: today()?.to_string(),
        targets,
        names: names_of(&settings),
        models: filled.map(|(deployment, model)| (deployment.clone(), model.text.clone())).collect(),
        diff: &hunks,
    };
    let options = arguments.files.options(&settings);
    let (scan, assessment) = scanner
        .assess(&arguments.paths, &options, &asked)
        .map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), &settings))?;
    arguments.write(&assessment, streams)?;
    tell(arguments, &scan, &assessment, common, streams)?;
    Ok(Exit::Clean)
}

impl Arguments {
    /// The targets in the order named, on the command line or else in the settings; all of them when none is.
    fn targets<'t>(&self, targets: &'t [Target], settings: &Config) -> Result<Vec<&'t Target>, Failure> {
        let mut found: Vec<&Target> = Vec::new();
        let mut add = |target: &'t Target| {
            if found.iter().all(|known| known.id != target.id) {
                found.push(target);
            }
        };
        for word in &self.target {
            let known = target::find(word, targets).map_err(|unknown| {
                Failure::usage(format_args!("--target: there is no target `{word}`"), &unknown.cure)
            })?;
            add(known);
        }
        for named in settings.targets.iter().filter(|_| self.target.is_empty()) {
            let message = format!("there is no target `{}`", named.text);
            add(target::find(&named.text, targets).map_err(|unknown| at(named, message, unknown.cure))?);
        }
        Ok(if found.is_empty() { in_order(targets) } else { found })
    }

    fn form(&self) -> Form {
        let by_name = || match self.output.as_deref().and_then(Path::extension)?.to_str()? {
            "html" | "htm" => Some(Form::Html),
            "json" => Some(Form::Json),
            _ => None,
        };
        self.format.or_else(by_name).unwrap_or(Form::Markdown)
    }

    fn write(&self, assessment: &Assessment, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let mut text = Vec::new();
        match self.form() {
            Form::Html => html::write(assessment, &mut text)?,
            Form::Markdown => markdown::write(assessment, self.budget, &mut text)?,
            Form::Json => assessment::write(assessment, &mut text)?,
        }
        let Some(file) = &self.output else {
            streams.out.write_all(&text)?;
            return Ok(streams.out.flush()?);
        };
        fs::write(file, text).map_err(|error| {
            let cure = "name a file in a folder that exists and can be written to";
            Failure::usage(format_args!("--output: {}: {error}", file.display()), cure)
        })
    }
}

/// The same resource comes first, because it is the step that costs least.
fn in_order(targets: &[Target]) -> Vec<&Target> {
    let mut order: Vec<&Target> = targets.iter().collect();
    order.sort_by_key(|target| !target.file.same_resource);
    order
}

/// The hunks of a file's diff, without colours.
fn hunks(file: &FilePlan) -> (String, bool) {
    let mut text = anstream::StripStream::new(Vec::new());
    if diff::write(&[View::of(file)], &mut text).is_err() {
        return (String::new(), true);
    }
    let text = String::from_utf8_lossy(&text.into_inner()).into_owned();
    let hunks: String = text.split_inclusive('\n').skip(2).collect();
    if hunks.len() <= MAX_DIFF {
        return (hunks, false);
    }
    let mut shown = String::new();
    for line in hunks.split_inclusive('\n') {
        if shown.len() + line.len() > MAX_DIFF {
            break;
        }
        shown.push_str(line);
    }
    (shown, true)
}

/// What was scanned, by the name of its directory.
fn name_of(paths: &[PathBuf]) -> String {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    let real = fs::canonicalize(first).unwrap_or_else(|_| first.to_owned());
    let name = real.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned());
    match paths.len() {
        0 | 1 => name,
        more => format!("{name} and {} more", more - 1),
    }
}

fn tell(
    arguments: &Arguments,
    scan: &Scan,
    assessment: &Assessment,
    common: &Common,
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    use crate::report::summary;
    let most = if common.verbose { usize::MAX } else { summary::MAX_DIAGNOSTICS };
    if !common.quiet || arguments.output.is_some() {
        summary::diagnostics(&scan.diagnostics, most, streams.err)?;
    }
    if let (Some(file), false) = (&arguments.output, common.quiet) {
        for target in &assessment.targets {
            writeln!(streams.out, "{}: {}", target.title, target.answer)?;
        }
        writeln!(streams.out, "written to {}", file.display())?;
        streams.out.flush()?;
    }
    Ok(())
}
