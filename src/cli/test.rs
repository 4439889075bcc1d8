//! `unmoor test [DIR]...`: checks rules against their fixtures, for the authors of rules.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams, error, warning},
};
use crate::{
    config::Config,
    fixtures::{self, FOLDER, Outcome},
    report::{
        style::{BOLD, ERROR, NOTE, WARNING},
        summary,
        words::count,
    },
    scan::Scanner,
};

/// The name of the folder of rules in a pack.
const RULES: &str = "rules";

/// How many mistakes are shown unless all are asked for.
const MAX_MISTAKES: usize = 20;

/// Arguments of `unmoor test`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of fixtures, or folder that holds `rules` and `fixtures`, whose rules are then the only ones
    /// [default: the folder `fixtures` beside the rules]
    #[arg(value_name = "DIR")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    packs: Packs,
}

/// Fixtures, with the rules they are for.
struct Job {
    packs: Packs,
    tree: PathBuf,
    /// True when the rules beside the fixtures are the only ones.
    alone: bool,
}

/// Checks all fixtures.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let mut exit = Exit::Clean;
    for job in jobs(arguments)? {
        let settings = if job.alone { Config::default() } else { settings.clone() };
        let scanner = Scanner::new(job.packs.load(&settings)?);
        let outcome = fixtures::check(&scanner, &job.tree);
        exit = exit.max(show(&outcome, &job.tree, common, streams)?);
    }
    Ok(exit)
}

fn jobs(arguments: &Arguments) -> Result<Vec<Job>, Failure> {
    let trees = if arguments.folders.is_empty() { default_trees(&arguments.packs) } else { arguments.folders.clone() };
    trees.into_iter().map(|folder| job(folder, &arguments.packs)).collect()
}

fn default_trees(packs: &Packs) -> Vec<PathBuf> {
    if packs.rules.is_empty() {
        return vec![PathBuf::from(FOLDER)];
    }
    packs.rules.iter().map(|rules| rules.parent().unwrap_or(Path::new("")).join(FOLDER)).collect()
}

fn job(folder: PathBuf, packs: &Packs) -> Result<Job, Failure> {
    if !folder.exists() {
        let cure = "name a folder of fixtures, or one that holds `rules` and `fixtures`";
        return Err(Failure::usage(format_args!("{}: no such folder", folder.display()), cure));
    }
    let (rules, tree) = (folder.join(RULES), folder.join(FOLDER));
    if !rules.is_dir() {
        return Ok(Job { packs: packs.clone(), tree: folder, alone: false });
    }
    if !tree.is_dir() {
        let message = format!("{}: holds `{RULES}` but no `{FOLDER}`", folder.display());
        return Err(Failure::usage(message, format_args!("add the folder {}", tree.display())));
    }
    let mut packs = packs.clone();
    packs.no_built_in_rules = true;
    packs.rules.push(rules);
    Ok(Job { packs, tree, alone: true })
}

fn show(outcome: &Outcome, tree: &Path, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let most = if common.verbose { usize::MAX } else { MAX_MISTAKES };
    for remark in outcome.mistakes.iter().take(most) {
        error(&remark.to_string(), streams.err)?;
    }
    let more = outcome.mistakes.len().saturating_sub(most);
    if more > 0 {
        error(&format!("and {more} more; -v shows all"), streams.err)?;
    }
    summary::diagnostics(&outcome.diagnostics, usize::MAX, streams.err)?;
    for remark in &outcome.mismatches {
        writeln!(streams.out, "{remark}")?;
    }
    streams.out.flush()?;
    if !common.quiet {
        for remark in &outcome.now_found {
            warning(&remark.to_string(), streams.err)?;
        }
        writeln!(streams.err, "{}", line(outcome, tree))?;
    }
    Ok(if !outcome.mistakes.is_empty() {
        Exit::Usage
    } else if outcome.mismatches.is_empty() {
        Exit::Clean
    } else {
        Exit::Findings
    })
}

fn line(outcome: &Outcome, tree: &Path) -> String {
    let total = |list: &[fixtures::Remark]| list.len() as u64;
    let mut line = format!(
        "{BOLD}{}{BOLD:#}: {} in {}, {NOTE}{} met{NOTE:#}",
        tree.display(),
        count(outcome.rules as u64, "rule"),
        count(outcome.files as u64, "file"),
        count(outcome.met as u64, "mark"),
    );
    if outcome.fixes > 0 {
        let _ = write!(line, ", {} of fixes compared", count(outcome.fixes as u64, "result"));
    }
    if !outcome.mismatches.is_empty() {
        let _ = write!(line, ", {ERROR}{}{ERROR:#}", count(total(&outcome.mismatches), "mismatch"));
    }
    if !outcome.mistakes.is_empty() {
        let _ = write!(line, ", {ERROR}{}{ERROR:#}", count(total(&outcome.mistakes), "mistake"));
    }
    if outcome.missed > 0 {
        let _ = write!(line, ", {}", count(outcome.missed as u64, "known miss"));
    }
    if !outcome.now_found.is_empty() {
        let _ = write!(line, ", {WARNING}{} found now{WARNING:#}", count(total(&outcome.now_found), "known miss"));
    }
    line
}
