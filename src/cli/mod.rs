//! The command line: one file per command, and here what they have in common: arguments, exit codes, dispatch.
//!
//! Nothing here touches the process: commands read and write through [`Streams`], and only `main.rs` owns the real ones.

mod baseline;
mod comments;
mod common;
mod completions;
mod config;
mod explain;
mod files;
mod fix;
mod models;
mod output;
mod progress;
mod ratchet;
pub mod reference;
mod report;
mod rules;
mod scan;
mod test;
mod why;

use std::{
    ffi::OsString,
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand, builder::Styles};

pub use common::{Color, Streams};
use common::{Common, Failure};

use crate::report::style::{BOLD, ERROR, HELP, PATH};

/// What the program's exit code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Nothing was found, or the command did what it was asked to.
    Clean = 0,
    /// Something was found.
    Findings = 1,
    /// The arguments, the settings or a rule file are wrong; or, with `--strict`, a file could not be scanned.
    Usage = 2,
    /// The program failed; that is a bug.
    Internal = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What stands on the command line.
#[derive(Debug, Parser)]
#[command(
    name = "unmoor",
    version,
    about,
    styles = STYLES,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES,
    max_term_width = 100,
)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const STYLES: Styles = Styles::styled().header(BOLD).usage(BOLD).literal(PATH).error(ERROR).valid(HELP);

const EXIT_CODES: &str = "\
Exit codes: 0 nothing found, 1 findings, 2 wrong arguments or settings, 3 the program failed (a bug).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Find the places that tie code to one vendor's edition of the API
    Scan(Box<scan::Arguments>),
    /// Write down the findings that are there, so that scans report only new ones
    Baseline(Box<baseline::Arguments>),
    /// Show, or make, the changes that free code from that edition
    Fix(Box<fix::Arguments>),
    /// Report whether code can go elsewhere, what breaks, how much work it is, and in which order
    Report(report::Arguments),
    /// Tell how a line was found, or why it was not reported
    Why(Box<why::Arguments>),
    /// List the deployment names in code, for mapping them to models
    Models(models::Arguments),
    /// List the rules
    Rules(rules::Arguments),
    /// Explain a rule: what it finds, why it matters, what to write instead
    Explain(explain::Arguments),
    /// Show the settings that apply, and where each comes from
    Config(config::Arguments),
    /// Check rules against their fixtures
    Test(test::Arguments),
    /// Write the script by which a shell completes arguments
    Completions(completions::Arguments),
    /// Write the manual page
    Man(completions::ManArguments),
}

impl Arguments {
    /// Reads the arguments, the first of which is the program's name.
    pub fn parse_from(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(arguments)
    }

    /// When to use colours.
    pub fn color(&self) -> Color {
        self.common.color
    }
}

/// The command line's own description, for help and documentation.
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs a command. The only error is one of the streams.
pub fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let common = &arguments.common;
    let done = match &arguments.command {
        Command::Scan(arguments) => scan::run(arguments, common, streams),
        Command::Baseline(arguments) => baseline::run(arguments, common, streams),
        Command::Fix(arguments) => fix::run(arguments, common, streams),
        Command::Report(arguments) => report::run(arguments, common, streams),
        Command::Why(arguments) => why::run(arguments, common, streams),
        Command::Models(arguments) => models::run(arguments, common, streams),
        Command::Rules(arguments) => rules::run(arguments, common, streams),
        Command::Explain(arguments) => explain::run(arguments, common, streams),
        Command::Config(arguments) => config::run(arguments, common, streams),
        Command::Test(arguments) => test::run(arguments, common, streams),
        Command::Completions(arguments) => completions::run(arguments, streams),
        Command::Man(arguments) => completions::man(arguments, streams),
    };
    match done {
        Ok(exit) => Ok(exit),
        Err(Failure::Stream(error)) => Err(error),
        Err(Failure::Usage(messages)) => {
            messages.iter().try_for_each(|message| common::error(message, streams.err))?;
            Ok(Exit::Usage)
        }
    }
}

/// Shows what is wrong with the arguments, or the help or version that they ask for.
pub fn show(problem: &clap::Error, streams: &mut Streams<'_>) -> io::Result<Exit> {
    let text = problem.render().ansi().to_string();
    if problem.use_stderr() {
        streams.err.write_all(text.as_bytes())?;
        Ok(Exit::Usage)
    } else {
        streams.out.write_all(text.as_bytes())?;
        Ok(Exit::Clean)
    }
}

/// Says that the program failed, and asks for a report.
pub fn show_failure(what: &str, err: &mut dyn Write) -> io::Result<Exit> {
    common::error(&format!("unmoor failed: {what}"), err)?;
    writeln!(err, "  {HELP}help{HELP:#}: this is a bug; please report it with the command and this message at")?;
    writeln!(err, "        {}/issues", env!("CARGO_PKG_REPOSITORY"))?;
    Ok(Exit::Internal)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        super::command().debug_assert();
    }
}
