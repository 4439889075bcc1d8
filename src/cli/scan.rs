//! `unmoor scan [PATHS]...`: finds sites and reports them.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams, at, error, with_help},
};
use crate::{
    config::{Config, Located},
    input::walk::{MAX_READ, WalkOptions},
    lang::Grammar,
    report::{self, Format, summary, words::count},
    rules::{
        Rule,
        model::Severity,
        select::{Selection, UnknownRule},
    },
    scan::{Scan, ScanOptions, Scanner},
    suggest::{listed, nearest},
};

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Arguments of `unmoor scan`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Arguments {
    /// Files and directories to scan; `-` is standard input
    #[arg(value_name = "PATHS", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The form of the report [default: text]
    #[arg(
        long,
        alias = "output-format",
        value_enum,
        value_name = "FORMAT",
        env = "UNMOOR_FORMAT",
        help_heading = "Output"
    )]
    format: Option<Format>,
    /// Write the report to a file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Write how often each rule found something, instead of the findings
    #[arg(long, help_heading = "Output")]
    statistics: bool,
    /// Exit with 0 also when something was found
    #[arg(long, help_heading = "Output")]
    exit_zero: bool,
    /// Exit with 2 when a file could not be scanned as it should
    #[arg(long, help_heading = "Output")]
    strict: bool,

    /// Report only this rule or class (several: again, or separated by commas)
    #[arg(long, value_name = "RULE-OR-CLASS", value_delimiter = ',', help_heading = "Rules")]
    select: Vec<String>,
    /// Don't report this rule or class (several: again, or separated by commas)
    #[arg(long, value_name = "RULE-OR-CLASS", value_delimiter = ',', help_heading = "Rules")]
    ignore: Vec<String>,
    /// Report only what is at least as severe
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = "Rules")]
    min_severity: Option<Severity>,
    #[command(flatten)]
    packs: Packs,

    /// Pass over files and directories that match (can be given several times)
    #[arg(long, value_name = "GLOB", help_heading = "Files")]
    exclude: Vec<String>,
    /// Look only at files that match, or lie in directories that do (can be given several times)
    #[arg(long, value_name = "GLOB", help_heading = "Files")]
    include: Vec<String>,
    /// Pass over excluded files also when they are named
    #[arg(long, help_heading = "Files")]
    force_exclude: bool,
    /// Look also into directories of installed packages, caches and build output
    #[arg(long, help_heading = "Files")]
    no_default_excludes: bool,
    /// Don't honour .gitignore and .ignore
    #[arg(long, help_heading = "Files")]
    no_ignore: bool,
    /// Follow symbolic links
    #[arg(long, help_heading = "Files")]
    follow_links: bool,
    /// Pass over larger files, unless named; such as 500k or 16M
    #[arg(long, value_name = "BYTES", value_parser = size, default_value = "16M", help_heading = "Files")]
    max_size: u64,
    /// Scan minified files too
    #[arg(long, help_heading = "Files")]
    minified: bool,
    /// The name that the text on standard input goes by; its ending tells the language
    #[arg(long, value_name = "NAME", help_heading = "Files")]
    stdin_filename: Option<String>,
    /// How many threads to use; 0 is one per core
    #[arg(short = 'j', long, value_name = "N", env = "UNMOOR_THREADS", default_value_t = 0, help_heading = "Files")]
    threads: usize,
    /// Parse every file, whatever the prefilter says
    #[arg(long, hide = true)]
    no_prefilter: bool,
}

/// Scans and reports.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let format = arguments.format(&settings)?;
    let set = arguments.packs.load(&settings)?;
    let selection = arguments.selection(&settings, &set.rules)?;
    let number = set.rules.len();
    let scanner = Scanner::new(selection.needed(set));
    if common.verbose {
        let file = settings.file.as_ref().map_or_else(|| "none".to_owned(), |file| file.display().to_string());
        let running = scanner.rules().len();
        writeln!(streams.err, "settings: {file}; {}, {running} of them needed", count(number as u64, "rule"))?;
    }
    let mut scan = arguments.scan(&scanner, &settings, streams.input)?;
    scan.findings.retain(|finding| selection.keeps(finding));
    arguments.write(&scan, format, streams)?;
    show_rest(&scan, format, common, streams)?;
    Ok(arguments.exit(&scan, streams)?)
}

impl Arguments {
    fn format(&self, settings: &Config) -> Result<Format, Failure> {
        let format = match (self.format, &settings.format) {
            (Some(format), _) => format,
            (None, Some(named)) => format_named(named)?,
            (None, None) => Format::default(),
        };
        if self.statistics && format.is_data() {
            return Err(Failure::usage("--statistics is a text of its own", "leave --statistics or --format out"));
        }
        Ok(format)
    }

    /// What `--select` names sets aside what the settings select and ignore; `--ignore` adds to them.
    fn selection(&self, settings: &Config, rules: &[Rule]) -> Result<Selection, Failure> {
        let severity = self.min_severity.or(settings.min_severity).unwrap_or(Severity::Note);
        let mut selection = Selection::from(severity);
        let mut errors = Vec::new();
        let mut told = |place: String, result: Result<(), UnknownRule>| {
            errors.extend(result.err().map(|unknown| with_help(format_args!("{place}{unknown}"), &unknown.cure)));
        };
        for word in &self.select {
            told("--select: ".to_owned(), selection.select(word, rules));
        }
        if self.select.is_empty() {
            for Located { text, place } in &settings.select {
                told(format!("{place}: "), selection.select(text, rules));
            }
            for Located { text, place } in &settings.ignore {
                told(format!("{place}: "), selection.ignore(text, rules));
            }
        }
        for word in &self.ignore {
            told("--ignore: ".to_owned(), selection.ignore(word, rules));
        }
        if errors.is_empty() { Ok(selection) } else { Err(Failure::Usage(errors)) }
    }

    fn scan(&self, scanner: &Scanner, settings: &Config, input: &mut dyn Read) -> Result<Scan, Failure> {
        let options = self.options(settings);
        let reads_input = self.paths.iter().any(|path| path.as_os_str() == STANDARD_INPUT);
        match &self.stdin_filename {
            Some(_) if !reads_input => {
                Err(Failure::usage("--stdin-filename is given but standard input is not read", "add the path `-`"))
            }
            Some(name) => self.scan_input(scanner, name, input, &options),
            None if reads_input => {
                let cure = "add --stdin-filename NAME, such as --stdin-filename app.py";
                Err(Failure::usage("cannot tell the language of standard input", cure))
            }
            None => scanner.scan(&self.paths, &options).map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), settings)),
        }
    }

    fn scan_input(
        &self,
        scanner: &Scanner,
        name: &str,
        input: &mut dyn Read,
        options: &ScanOptions,
    ) -> Result<Scan, Failure> {
        if self.paths.len() > 1 {
            return Err(Failure::usage("`-` is given beside other paths", "scan standard input by itself"));
        }
        if Grammar::of(name).is_none() {
            let message = format!("--stdin-filename: `{name}` is not of a kind that is scanned");
            return Err(Failure::usage(message, "use .py .pyi .js .jsx .mjs .cjs .ts .tsx .mts or .cts"));
        }
        let mut bytes = Vec::new();
        input.take(MAX_READ + 1).read_to_end(&mut bytes).map_err(|error| {
            Failure::usage(format_args!("standard input cannot be read: {error}"), "check what is piped into it")
        })?;
        if bytes.len() as u64 > MAX_READ {
            let message = format!("standard input is larger than {MAX_READ} bytes");
            return Err(Failure::usage(message, "scan it in parts"));
        }
        Ok(scanner.scan_text(name, bytes, options))
    }

    fn options(&self, settings: &Config) -> ScanOptions {
        let texts = |list: &[Located]| list.iter().map(|entry| entry.text.clone()).collect::<Vec<_>>();
        let here = |globs: &[String]| globs.iter().map(|glob| rebased(glob, &settings.base)).collect::<Vec<_>>();
        let mut exclude = texts(&settings.exclude);
        exclude.extend(here(&self.exclude));
        let include = if self.include.is_empty() { texts(&settings.include) } else { here(&self.include) };
        let walk = WalkOptions {
            ignore_files: !self.no_ignore,
            default_excludes: !self.no_default_excludes,
            exclude,
            include,
            base: settings.base.clone(),
            force_exclude: self.force_exclude,
            follow_links: self.follow_links,
            max_file_size: self.max_size,
            threads: self.threads,
            ..WalkOptions::new(|name| Grammar::of(name).is_some())
        };
        ScanOptions { walk, without_prefilter: self.no_prefilter, minified: self.minified, unreported: false }
    }

    fn write(&self, scan: &Scan, format: Format, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let write = |out: &mut dyn io::Write| {
            if self.statistics { summary::statistics(scan, out) } else { report::write(scan, format, out) }
        };
        let Some(file) = &self.output else {
            write(streams.out)?;
            // What follows goes to the other stream and belongs below this.
            return Ok(streams.out.flush()?);
        };
        let mut text = anstream::StripStream::new(Vec::new());
        write(&mut text)?;
        fs::write(file, text.into_inner()).map_err(|error| {
            let cure = "name a file in a folder that exists and can be written to";
            Failure::usage(format_args!("--output: {}: {error}", file.display()), cure)
        })
    }

    fn missing(&self) -> impl Iterator<Item = &PathBuf> {
        self.paths.iter().filter(|path| path.as_os_str() != STANDARD_INPUT && !path.exists())
    }

    fn exit(&self, scan: &Scan, streams: &mut Streams<'_>) -> io::Result<Exit> {
        // A path that was named and is not there is a mistake on the command line, though the others were scanned.
        let missing: Vec<String> = self.missing().map(|path| path.display().to_string()).collect();
        let failures = scan.diagnostics.iter().filter(|diagnostic| diagnostic.kind.is_failure()).count() as u64;
        if !missing.is_empty() {
            let message = format!("no such file or directory: {}", listed(missing.iter().map(String::as_str)));
            error(&with_help(message, "check the spelling; everything else was scanned"), streams.err)?;
            Ok(Exit::Usage)
        } else if self.strict && failures > 0 {
            error(&format!("{} with --strict", count(failures, "failure")), streams.err)?;
            Ok(Exit::Usage)
        } else if scan.findings.is_empty() || self.exit_zero {
            Ok(Exit::Clean)
        } else {
            Ok(Exit::Findings)
        }
    }
}

fn show_rest(scan: &Scan, format: Format, common: &Common, streams: &mut Streams<'_>) -> io::Result<()> {
    let most = if common.verbose { usize::MAX } else { summary::MAX_DIAGNOSTICS };
    // The formats for machines hold the diagnostics themselves.
    if !(common.quiet && format.is_data()) {
        summary::diagnostics(&scan.diagnostics, most, streams.err)?;
    }
    if common.quiet { Ok(()) } else { summary::counts(scan, streams.err) }
}

fn format_named(named: &Located) -> Result<Format, Failure> {
    let known = <Format as clap::ValueEnum>::value_variants();
    let name = |format: &Format| clap::ValueEnum::to_possible_value(format).map(|value| value.get_name().to_owned());
    if let Some(format) = known.iter().find(|format| name(format).as_deref() == Some(&named.text)) {
        return Ok(*format);
    }
    let all: Vec<String> = known.iter().filter_map(name).collect();
    let cure = match nearest(&named.text, all.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of {}", listed(all.iter().map(String::as_str))),
    };
    Err(at(named, format_args!("there is no format `{}`", named.text), cure))
}

fn bad_glob(glob: &str, message: &str, settings: &Config) -> Failure {
    let cure = "globs know `*`, `**`, `?`, `[ab]` and `{a,b}`";
    let in_settings = settings.exclude.iter().chain(&settings.include).find(|entry| entry.text == glob);
    match in_settings {
        Some(entry) => at(entry, message, cure),
        None => Failure::usage(message, cure),
    }
}

/// A glob of the command line, which is relative to the current directory, as seen from the settings' directory.
fn rebased(glob: &str, base: &Path) -> String {
    let path = glob.trim_end_matches('/');
    let here = std::env::current_dir().unwrap_or_default();
    let Ok(way) = here.strip_prefix(base) else { return glob.to_owned() };
    if base.as_os_str().is_empty() || way.as_os_str().is_empty() || !path.contains('/') {
        return glob.to_owned();
    }
    let way = globset::escape(&way.to_string_lossy().replace('\\', "/"));
    format!("{way}/{}", glob.strip_prefix("./").unwrap_or(glob).trim_start_matches('/'))
}

/// Reads a number of bytes with an optional unit.
fn size(text: &str) -> Result<u64, String> {
    let lower = text.trim().to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match &lower[digits.len()..] {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        other => return Err(format!("`{other}` is not a unit; use k, M or G")),
    };
    let number: u64 = digits.trim().parse().map_err(|_| "write a number such as 500k or 16M".to_owned())?;
    match number.checked_mul(unit) {
        Some(bytes) if bytes <= MAX_READ => Ok(bytes),
        _ => Err(format!("at most {MAX_READ} bytes (1G) are ever read of a file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::walk::DEFAULT_MAX_FILE_SIZE;

    #[test]
    fn sizes_take_units() {
        assert_eq!(size("500k"), Ok(500 << 10));
        assert_eq!(size("16M"), Ok(DEFAULT_MAX_FILE_SIZE));
        assert_eq!(size("1GiB"), Ok(MAX_READ));
        assert_eq!(size("42"), Ok(42));
        assert!(size("16x").unwrap_err().contains("not a unit"));
        assert!(size("2G").unwrap_err().contains("at most"));
        assert!(size("-1").is_err() && size("").is_err());
    }

    #[test]
    fn globs_of_the_command_line_are_seen_from_the_settings() {
        let here = std::env::current_dir().unwrap();
        let parent = here.parent().unwrap();
        let name = here.file_name().unwrap().to_string_lossy();
        assert_eq!(rebased("src/*.py", parent), format!("{name}/src/*.py"));
        assert_eq!(rebased("./src/", parent), format!("{name}/src/"));
        assert_eq!(rebased("*.py", parent), "*.py");
        assert_eq!(rebased("src/*.py", &here), "src/*.py");
        assert_eq!(rebased("src/*.py", Path::new("")), "src/*.py");
    }
}
