//! `unmoor baseline [PATHS]...`: writes down the findings that are there, so that scans report only new ones.

use std::{fs, path::PathBuf};

use clap::Args;

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams, selection},
    files::{Files, bad_glob, check_paths},
    ratchet::{BaselineFile, Known, Scope},
};
use crate::{
    config::Config,
    finding::SuppressedBy,
    report::{style::PATH, words::count},
    rules::model::Severity,
    scan::{Scan, ScanOptions, Scanner},
    suppress::baseline::Baseline,
};

/// Arguments of `unmoor baseline`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(super) struct Arguments {
    /// Files and directories whose findings are written down; what the file says of others stays
    #[arg(value_name = "PATHS", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Take out what is no longer found, and add nothing
    #[arg(long, help_heading = "Baseline")]
    prune: bool,
    /// Write nothing; exit with 1 when the file is not what it would be
    #[arg(long, help_heading = "Baseline")]
    check: bool,
    #[command(flatten, next_help_heading = "Baseline")]
    file: BaselineFile,

    #[command(flatten)]
    packs: Packs,
    #[command(flatten)]
    files: Files,
}

const EXIT_CODES: &str = "\
Exit codes: 0 the file is as it should be, 1 with --check: it is not, 2 wrong arguments or settings, 3 the program failed \
(a bug).";

/// What becomes of the file.
struct Update {
    next: Baseline,
    new: usize,
    gone: usize,
}

/// Scans, and writes the file.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    check_paths(&arguments.paths)?;
    let (file, _) = arguments.file.path(&settings);
    let known = match file.exists() {
        true => arguments.file.load(&settings)?,
        false if arguments.prune || arguments.check => {
            let message = format!("there is no baseline {}", file.display());
            return Err(Failure::usage(message, "write it with `unmoor baseline`"));
        }
        false => None,
    };
    let known = known.unwrap_or_else(|| Known { file: file.clone(), baseline: Baseline::default() });
    let update = arguments.update(&known, &settings)?;
    let changed = update.next.entries() != known.baseline.entries() || !file.exists();
    if changed && !arguments.check {
        fs::write(&file, update.next.text()).map_err(|error| {
            let cure = "name a file in a folder that exists and can be written to, with --baseline";
            Failure::usage(format_args!("{}: {error}", file.display()), cure)
        })?;
    }
    if !common.quiet {
        arguments.tell(&update, &file, changed, streams)?;
    }
    Ok(if changed && arguments.check { Exit::Findings } else { Exit::Clean })
}

impl Arguments {
    fn update(&self, known: &Known, settings: &Config) -> Result<Update, Failure> {
        let set = self.packs.load_with_symbols(settings)?;
        let severity = settings.min_severity.unwrap_or(Severity::Note);
        let selection = selection(severity, &[], &[], settings, &set.rules)?;
        let scanner = Scanner::new(set);
        let options = ScanOptions { ignores: Some(super::common::today()?), ..self.files.options(settings) };
        let mut scan: Scan =
            scanner.scan(&self.paths, &options).map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), settings))?;
        scan.findings.retain(|finding| selection.keeps(finding));
        let reports = |rule: &str| scanner.rules().iter().all(|known| known.id != rule || selection.reports(known));
        let gone = known.set_aside(&mut scan, &Scope { paths: &self.paths, reports: &reports });
        // What was found keeps its entry, with the name that its file has now.
        let found = scan.suppressed.iter().filter(|one| one.by == SuppressedBy::Baseline).map(|one| &one.finding);
        let new = if self.prune { &[] } else { scan.findings.as_slice() };
        let current = Baseline::of(found.chain(new), |path| known.place(path));
        let mut entries = gone.beyond;
        entries.extend(current.entries().iter().cloned());
        Ok(Update { next: Baseline::from_entries(entries), new: new.len(), gone: gone.entries.len() })
    }

    fn tell(
        &self,
        update: &Update,
        file: &std::path::Path,
        changed: bool,
        streams: &mut Streams<'_>,
    ) -> Result<(), Failure> {
        let verb = match (changed, self.check) {
            (false, _) => "is up to date",
            (true, false) => "written",
            (true, true) => "is not up to date",
        };
        let total = count(update.next.entries().len() as u64, "finding");
        writeln!(
            streams.err,
            "{PATH}{}{PATH:#} {verb}: {total} ({} new, {} gone)",
            file.display(),
            update.new,
            update.gone
        )?;
        Ok(())
    }
}
