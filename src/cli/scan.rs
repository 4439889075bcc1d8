//! `unmoor scan [PATHS]...`: finds sites and reports them.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    path::PathBuf,
};

use clap::Args;

use super::{
    Exit,
    comments::Comments,
    common::{Common, Failure, Packs, Streams, error, names_of, selection, warning, with_help},
    files::{Files, STANDARD_INPUT, bad_glob},
    output::Output,
    progress::Line,
    ratchet::{Ratchet, Scope},
};
use crate::{
    config::Config,
    finding::Finding,
    input::walk::MAX_READ,
    lang::Grammar,
    migrate::options::FixOptions,
    report::{Format, Report, edits::Edits, summary, words::count},
    rules::{
        Rule,
        model::{FixLevel, Severity},
        select::Selection,
    },
    scan::{Scan, ScanOptions, Scanner},
    suggest::listed,
};

/// Arguments of `unmoor scan`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files and directories to scan; `-` is standard input
    #[arg(value_name = "PATHS", default_value = ".")]
    paths: Vec<PathBuf>,

    #[command(flatten)]
    output: Output,
    /// Show no progress on the terminal
    #[arg(long, help_heading = "Output")]
    no_progress: bool,
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
    #[arg(long, value_enum, value_name = "SEVERITY", env = "UNMOOR_MIN_SEVERITY", help_heading = "Rules")]
    min_severity: Option<Severity>,
    #[command(flatten)]
    packs: Packs,

    #[command(flatten)]
    ratchet: Ratchet,
    #[command(flatten)]
    comments: Comments,

    #[command(flatten)]
    files: Files,
    /// Look at each file by itself: names are not followed into other files, and there are no units
    #[arg(long, help_heading = "Files")]
    no_link: bool,
    /// The name that the text on standard input goes by; its ending tells the language
    #[arg(long, value_name = "NAME", help_heading = "Files")]
    stdin_filename: Option<String>,
}

/// Scans and reports.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let outputs = arguments.output.outputs(&settings)?;
    let set = arguments.packs.load_with_symbols(&settings)?;
    let selection = arguments.selection(&settings, &set.rules)?;
    let number = set.rules.len();
    // What is selected must not change what belongs together.
    let scanner = if arguments.no_link { Scanner::narrowed(set, &selection) } else { Scanner::new(set) };
    let known = arguments.ratchet.file.load(&settings)?;
    if common.verbose {
        let file = settings.file.as_ref().map_or_else(|| "none".to_owned(), |file| file.display().to_string());
        let running = scanner.rules().len();
        writeln!(streams.err, "settings: {file}; {}, {running} of them needed", count(number as u64, "rule"))?;
    }
    let options = ScanOptions { line_hashes: outputs.holds_rules(), ..arguments.options(&settings)? };
    let wanted = streams.watched && !common.quiet && !arguments.no_progress;
    let line = Line::watching(&options.progress, wanted);
    let done = arguments.scan(&scanner, &options, &settings, streams.input);
    drop(line);
    let mut scan = done?;
    scan.keep(|finding| selection.keeps(finding));
    let mut remarks = Vec::new();
    if let Some(known) = &known {
        let reports = |rule: &str| scanner.rules().iter().all(|known| known.id != rule || selection.reports(known));
        let gone = known.set_aside(&mut scan, &Scope { paths: &arguments.paths, reports: &reports });
        remarks.extend(gone.remark());
    }
    remarks.extend(arguments.ratchet.keep_new(&scanner, &mut scan, &arguments.paths, &options)?);
    if arguments.comments.writes() {
        if arguments.stdin_filename.is_some() {
            return Err(Failure::usage(
                "standard input has no file to write comments to",
                "name files and directories",
            ));
        }
        return arguments.comments.write(&mut scan, streams);
    }
    let edits = if outputs.tells_changes() {
        arguments.edits(&scanner, &scan, &options, &settings, &selection)?
    } else {
        Edits::default()
    };
    let fails = arguments.ratchet.fails(&scan, &settings);
    if !outputs.include_suppressed {
        scan.suppressed.clear();
    }
    let is_listed = |rule: &&Rule| outputs.holds_rules() && selection.reports(rule);
    let rules: Vec<Rule> = scanner.rules().iter().filter(is_listed).cloned().collect();
    let report = Report { scan: &scan, rules: &rules, edits: &edits, options: outputs.options() };
    remarks.extend(outputs.write(&report, streams)?);
    show_rest(&scan, outputs.main.0, common, streams)?;
    if !common.quiet {
        remarks.iter().try_for_each(|remark| warning(remark, streams.err))?;
    }
    Ok(arguments.exit(&scan, fails, streams)?)
}

impl Arguments {
    /// What `--select` names sets aside what the settings select and ignore; `--ignore` adds to them.
    fn selection(&self, settings: &Config, rules: &[Rule]) -> Result<Selection, Failure> {
        let severity = self.min_severity.or(settings.min_severity).unwrap_or(Severity::Note);
        let (select, ignore) = (("--select", self.select.as_slice()), ("--ignore", self.ignore.as_slice()));
        selection(severity, &[select], &[ignore], settings, rules)
    }

    fn options(&self, settings: &Config) -> Result<ScanOptions, Failure> {
        let link = !self.no_link;
        Ok(ScanOptions { link, context: link, ignores: self.comments.day()?, ..self.files.options(settings) })
    }

    fn scan(
        &self,
        scanner: &Scanner,
        options: &ScanOptions,
        settings: &Config,
        input: &mut dyn Read,
    ) -> Result<Scan, Failure> {
        let reads_input = self.paths.iter().any(|path| path.as_os_str() == STANDARD_INPUT);
        match &self.stdin_filename {
            Some(_) if !reads_input => {
                Err(Failure::usage("--stdin-filename is given but standard input is not read", "add the path `-`"))
            }
            Some(name) => self.scan_input(scanner, name, input, options),
            None if reads_input => {
                let cure = "add --stdin-filename NAME, such as --stdin-filename app.py";
                Err(Failure::usage("cannot tell the language of standard input", cure))
            }
            None => scanner.scan(&self.paths, options).map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), settings)),
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

    /// The changes that formats tell: the safe ones to what is reported.
    fn edits(
        &self,
        scanner: &Scanner,
        scan: &Scan,
        options: &ScanOptions,
        settings: &Config,
        selection: &Selection,
    ) -> Result<Edits, Failure> {
        if self.stdin_filename.is_some() {
            return Ok(Edits::default());
        }
        let fix = FixOptions { level: FixLevel::Safe, names: names_of(settings), ..FixOptions::default() };
        let site = |finding: &Finding| (finding.location.path.clone(), finding.fingerprint.clone());
        let aside: BTreeSet<(String, String)> = scan.suppressed.iter().map(|one| site(&one.finding)).collect();
        let wanted = |finding: &Finding| selection.keeps(finding) && !aside.contains(&site(finding));
        // A change to what the user's own symbols stand for is nothing mechanical.
        let without =
            (!settings.symbols.is_empty()).then(|| self.packs.load(settings).map(Scanner::new)).transpose()?;
        let planner = without.as_ref().unwrap_or(scanner);
        let plan = planner.plan(&self.paths, options, &fix, &wanted);
        Ok(Edits::of(&plan.map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), settings))?))
    }

    fn missing(&self) -> impl Iterator<Item = &PathBuf> {
        self.paths.iter().filter(|path| path.as_os_str() != STANDARD_INPUT && !path.exists())
    }

    fn exit(&self, scan: &Scan, fails: bool, streams: &mut Streams<'_>) -> io::Result<Exit> {
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
        } else if fails {
            Ok(Exit::Findings)
        } else {
            Ok(Exit::Clean)
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
