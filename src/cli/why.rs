//! `unmoor why FILE:LINE [PATHS]...`: how a line was found, or why it was not reported.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams, selection, today},
    files::{Files, bad_glob, check_paths},
};
use crate::{
    report::why,
    rules::model::Severity,
    scan::{
        ScanOptions, Scanner,
        why::{Question, Unanswerable},
    },
};

/// What a place on the command line looks like.
const EXAMPLE: &str = "write FILE:LINE, such as src/app.py:12";

/// Arguments of `unmoor why`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes: 0 the question was answered, whatever the answer, 2 wrong arguments or settings, 3 the program failed (a bug).")]
pub(super) struct Arguments {
    /// The file and the line, counted from 1; a column after it is passed over
    #[arg(value_name = "FILE:LINE")]
    place: String,
    /// The files and directories whose scan is asked about
    #[arg(value_name = "PATHS", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The form of the answer; for json see schemas/why.schema.json
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, alias = "output-format", help_heading = "Output")]
    format: AnswerFormat,

    /// Ask about a scan with this --select
    #[arg(long, value_name = "RULE-OR-CLASS", value_delimiter = ',', help_heading = "Rules")]
    select: Vec<String>,
    /// Ask about a scan with this --ignore
    #[arg(long, value_name = "RULE-OR-CLASS", value_delimiter = ',', help_heading = "Rules")]
    ignore: Vec<String>,
    /// Ask about a scan with this --min-severity
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Rules")]
    min_severity: Option<Severity>,
    #[command(flatten)]
    packs: Packs,
    #[command(flatten)]
    files: Files,
    /// Ask about a scan with this --no-link
    #[arg(long, help_heading = "Files")]
    no_link: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum AnswerFormat {
    #[default]
    Text,
    Json,
}

/// Answers the question. All rules run, also those that are not reported: what is found and dropped is part of the answer.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let (file, line) = place(&arguments.place)?;
    check_file(&file)?;
    check_paths(&arguments.paths)?;
    let set = arguments.packs.load_with_symbols(&settings)?;
    let severity = arguments.min_severity.or(settings.min_severity).unwrap_or(Severity::Note);
    let (select, ignore) = (("--select", arguments.select.as_slice()), ("--ignore", arguments.ignore.as_slice()));
    let selection = selection(severity, &[select], &[ignore], &settings, &set.rules)?;
    let scanner = Scanner::new(set);
    let ignores = Some(today()?);
    let options = ScanOptions { link: !arguments.no_link, ignores, ..arguments.files.options(&settings) };
    let question = Question { file: &file, line, paths: &arguments.paths, options: &options, selection: &selection };
    let answer = scanner.why(&question).map_err(|problem| match problem {
        Unanswerable::Glob(bad) => bad_glob(&bad.glob, &bad.to_string(), &settings),
        Unanswerable::Unreadable(message) => {
            Failure::usage(format_args!("{}: {message}", file.display()), "name a file that can be read")
        }
        Unanswerable::NoSuchLine { lines } => no_such_line(&file, line, lines),
    })?;
    match arguments.format {
        AnswerFormat::Text => why::text(&answer, streams.out)?,
        AnswerFormat::Json => why::json(&answer, streams.out)?,
    }
    Ok(Exit::Clean)
}

/// Takes `FILE:LINE` or `FILE:LINE:COLUMN` apart.
fn place(text: &str) -> Result<(PathBuf, u32), Failure> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (file, line) = match text.rsplit_once(':') {
        Some((before, last)) if number(last) => match before.rsplit_once(':') {
            Some((file, line)) if number(line) => (file, line),
            _ => (before, last),
        },
        Some((file, line)) if !file.is_empty() && !Path::new(text).exists() => {
            return Err(Failure::usage(format_args!("`{line}` after {file} is not the number of a line"), EXAMPLE));
        }
        _ => return Err(Failure::usage(format_args!("{text} names no line"), EXAMPLE)),
    };
    if file.is_empty() {
        return Err(Failure::usage(format_args!("`{text}` names no file"), EXAMPLE));
    }
    match line.parse() {
        Ok(0) => Err(Failure::usage("there is no line 0", "lines are counted from 1")),
        Ok(line) => Ok((PathBuf::from(file), line)),
        Err(_) => Err(Failure::usage(format_args!("no file has a line {line}"), EXAMPLE)),
    }
}

fn check_file(file: &Path) -> Result<(), Failure> {
    match fs::metadata(file) {
        Ok(data) if data.is_dir() => {
            let message = format!("{} is a directory", file.display());
            Err(Failure::usage(message, "name one file and a line of it"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Failure::usage(format_args!("no such file: {}", file.display()), "check the spelling"))
        }
        Err(error) => Err(Failure::usage(format_args!("{}: {error}", file.display()), "name a file that can be read")),
    }
}

fn no_such_line(file: &Path, line: u32, lines: u32) -> Failure {
    let file = file.display();
    match lines {
        0 => Failure::usage(format_args!("{file} is empty"), "name a file with something in it"),
        1 => Failure::usage(format_args!("{file} has no line {line}"), "it has one line"),
        _ => Failure::usage(format_args!("{file} has no line {line}"), format_args!("name a line from 1 to {lines}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, u32), String> {
        match place(text) {
            Ok((file, line)) => Ok((file.display().to_string(), line)),
            Err(Failure::Usage(messages)) => Err(messages.join("\n")),
            Err(Failure::Stream(error)) => Err(error.to_string()),
        }
    }

    #[test]
    fn places_are_a_file_and_a_line() {
        assert_eq!(read("src/app.py:12"), Ok(("src/app.py".to_owned(), 12)));
        assert_eq!(read("src/app.py:12:3"), Ok(("src/app.py".to_owned(), 12)));
        assert_eq!(read("C:\\app.py:12"), Ok(("C:\\app.py".to_owned(), 12)));
        assert_eq!(read("odd:name.py:7"), Ok(("odd:name.py".to_owned(), 7)));
        assert!(read("src/app.py").unwrap_err().starts_with("src/app.py names no line"));
        assert!(read("src/app.py:x").unwrap_err().starts_with("`x` after src/app.py is not the number of a line"));
        assert!(read("src/app.py:0").unwrap_err().starts_with("there is no line 0"));
        assert!(read("src/app.py:99999999999").unwrap_err().starts_with("no file has a line 99999999999"));
        assert!(read(":3").unwrap_err().starts_with("`:3` names no file"));
    }
}
