//! `unmoor fix [PATHS]...`: shows the changes that free code from one vendor's edition, and makes them when asked to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

use super::{
    Exit,
    common::{Common, Failure, Packs, Streams, at, error, names_of, selection, warning, with_help},
    files::{Files, bad_glob, check_paths},
};
use crate::{
    config::Config,
    migrate::{
        apply::{Change, Outcome, apply, dirty},
        options::FixOptions,
        plan::{FilePlan, Plan},
        view::{View, redact},
    },
    report::{
        diff,
        plan::{self as report, Telling},
        style::PATH,
        summary::MAX_DIAGNOSTICS,
        targets,
        words::{count, printable},
    },
    rules::{
        Rule,
        model::{Class, FixLevel, Severity},
        select::Selection,
        target::{self, Target},
    },
    scan::Scanner,
};

/// Arguments of `unmoor fix`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Arguments {
    /// Files and directories to change
    #[arg(value_name = "PATHS", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Make the changes, instead of showing them
    #[arg(long, help_heading = "Changes")]
    write: bool,
    /// The changes to make: `safe` ones, or also those that are right only if a stated fact holds [default: safe]
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = "Changes")]
    level: Option<Level>,
    /// Make endpoint, key and model into configuration for this target; --list-targets lists them
    #[arg(long, value_name = "TARGET", help_heading = "Changes")]
    target: Option<String>,
    /// List the targets, and change nothing
    #[arg(long, help_heading = "Changes")]
    list_targets: bool,
    /// Keep sending the key header of the vendor's edition too, for gateways that look at no other
    #[arg(long, help_heading = "Changes")]
    keep_key_header: bool,
    /// Write also files with changes that are not committed to Git
    #[arg(long, help_heading = "Changes")]
    allow_dirty: bool,

    /// The form of what is shown: the diff, or the plan as JSON (schemas/plan.schema.json)
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t, alias = "output-format", help_heading = "Output")]
    format: PlanFormat,

    /// Change only sites of this class (several: again, or separated by commas)
    #[arg(long, value_enum, value_name = "CLASS", value_delimiter = ',', help_heading = "Rules")]
    class: Vec<Class>,
    /// Change only sites that this rule finds; with --class, those too (several: again, or separated by commas)
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    rule: Vec<String>,
    #[command(flatten)]
    packs: Packs,

    #[command(flatten)]
    files: Files,
}

const EXIT_CODES: &str = "\
Exit codes: 0 nothing to change (with --write: all of it was written), 1 something to change (with --write: some of it \
could not be written), 2 wrong arguments or settings, or uncommitted changes in the way, 3 the program failed (a bug).";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    Safe,
    Unsafe,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    #[default]
    Text,
    Json,
}

/// Plans, and shows or makes the changes.
pub(super) fn run(arguments: &Arguments, common: &Common, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let settings = common.settings()?;
    let set = arguments.packs.load(&settings)?;
    if arguments.list_targets {
        match arguments.format {
            PlanFormat::Text => targets::text(set.targets(), streams.out)?,
            PlanFormat::Json => targets::json(set.targets(), streams.out)?,
        }
        return Ok(Exit::Clean);
    }
    let options = arguments.fix_options(&settings, set.targets())?;
    let selection = arguments.selection(&settings, &set.rules)?;
    check_paths(&arguments.paths)?;
    let files = arguments.files.options(&settings);
    let plan = Scanner::new(set).plan(&arguments.paths, &files, &options, &|finding| selection.keeps(finding));
    let plan = plan.map_err(|bad| bad_glob(&bad.glob, &bad.to_string(), &settings))?;
    Job { arguments, common, target: options.target.as_ref() }.finish(plan, streams)
}

impl Arguments {
    fn fix_options(&self, settings: &Config, targets: &[Target]) -> Result<FixOptions, Failure> {
        let level = match self.level {
            Some(Level::Safe) => Some(FixLevel::Safe),
            Some(Level::Unsafe) => Some(FixLevel::Unsafe),
            None => settings.fix.level,
        };
        let filled = settings.models.iter().filter(|(_, model)| !model.text.is_empty());
        Ok(FixOptions {
            level: level.unwrap_or(FixLevel::Safe),
            target: self.target(settings, targets)?.cloned(),
            names: names_of(settings),
            models: filled.map(|(deployment, model)| (deployment.clone(), model.text.clone())).collect(),
            keep_key_header: self.keep_key_header || settings.fix.keep_key_header.unwrap_or_default(),
        })
    }

    fn target<'t>(&self, settings: &Config, targets: &'t [Target]) -> Result<Option<&'t Target>, Failure> {
        let message = |word: &str| format!("there is no target `{word}`");
        match (&self.target, &settings.fix.target) {
            (Some(word), _) => target::find(word, targets)
                .map(Some)
                .map_err(|unknown| Failure::usage(format_args!("--target: {}", message(word)), unknown.cure)),
            (None, Some(named)) => target::find(&named.text, targets)
                .map(Some)
                .map_err(|unknown| at(named, message(&named.text), unknown.cure)),
            (None, None) => Ok(None),
        }
    }

    fn selection(&self, settings: &Config, rules: &[Rule]) -> Result<Selection, Failure> {
        let classes: Vec<String> = self.class.iter().map(|class| class.name().to_owned()).collect();
        let select = [("--class", classes.as_slice()), ("--rule", self.rule.as_slice())];
        // How serious a site is says what to report, not what to change.
        selection(Severity::Note, &select, &[], settings, rules)
    }
}

/// A plan on its way to the user and to the files.
struct Job<'j> {
    arguments: &'j Arguments,
    common: &'j Common,
    target: Option<&'j Target>,
}

impl Job<'_> {
    fn finish(&self, mut plan: Plan, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
        redact(&mut plan);
        if self.arguments.write && !self.arguments.allow_dirty {
            demand_clean(&plan)?;
        }
        let is_data = self.arguments.format == PlanFormat::Json;
        if is_data {
            report::json(&plan, streams.out)?;
        }
        let mut refused = 0;
        if self.arguments.write {
            refused = self.write(&plan, is_data, streams)?;
        } else if !is_data {
            show(&plan, streams)?;
        }
        streams.out.flush()?;
        self.tell(&plan, refused, is_data, streams)?;
        let open = if self.arguments.write { refused > 0 } else { !plan.files.is_empty() };
        Ok(if open { Exit::Findings } else { Exit::Clean })
    }

    /// Writes the files, and says how many were refused.
    fn write(&self, plan: &Plan, is_data: bool, streams: &mut Streams<'_>) -> Result<usize, Failure> {
        let roots = roots(&self.arguments.paths);
        let mut refused = 0;
        for file in &plan.files {
            let change = Change { path: Path::new(&file.path), before: &file.before, after: &file.after };
            let path = printable(&file.path);
            match apply(&change, root_for(Path::new(&file.path), &roots)) {
                Outcome::Written if is_data => {}
                Outcome::Written => writeln!(streams.out, "changed {PATH}{path}{PATH:#} ({})", changes(file))?,
                Outcome::Unchanged => {}
                Outcome::Refused(reason) => {
                    refused += 1;
                    let message = format!("{path}: not written: {reason}");
                    error(&with_help(message, reason.cure()), streams.err)?;
                }
            }
        }
        Ok(refused)
    }

    fn tell(&self, plan: &Plan, refused: usize, is_data: bool, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let most = if self.common.verbose { usize::MAX } else { MAX_DIAGNOSTICS };
        if !(is_data && self.common.quiet) {
            report::problems(&plan.diagnostics, most, streams.err)?;
        }
        if plan.files_read == 0 && plan.diagnostics.is_empty() {
            warning("there was no file to look at", streams.err)?;
        }
        if self.common.quiet || is_data {
            return Ok(());
        }
        let telling =
            Telling { written: self.arguments.write, refused, most, steps: self.common.verbose, target: self.target };
        Ok(report::text(plan, telling, streams.err)?)
    }
}

/// Changes that Git does not hold could not be told from those that are to be made, nor be got back.
fn demand_clean(plan: &Plan) -> Result<(), Failure> {
    let paths: Vec<PathBuf> = plan.files.iter().map(|file| PathBuf::from(&file.path)).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let cure = "commit or stash them, or write all the same with --allow-dirty; nothing was written";
    let found = dirty(&paths).map_err(|error| Failure::usage(&error, error.cure()))?;
    if found.is_empty() {
        return Ok(());
    }
    let mut message = format!("{} with changes that are not committed:", count(found.len() as u64, "file"));
    for path in &found {
        message.push_str("\n  ");
        message.push_str(&printable(&path.to_string_lossy()));
    }
    Err(Failure::Usage(vec![with_help(message, cure)]))
}

/// Shows the diff, and says when it is for reading only.
fn show(plan: &Plan, streams: &mut Streams<'_>) -> Result<(), Failure> {
    let views: Vec<View> = plan.files.iter().map(View::of).collect();
    let differs = diff::write(&views, streams.out)?;
    // What follows goes to the other stream and belongs below this.
    streams.out.flush()?;
    if let Some(reason) = differs.reason() {
        let message = format!("this diff is for reading: {reason}");
        warning(&with_help(message, "make the changes with --write, not with `git apply` or `patch`"), streams.err)?;
    }
    Ok(())
}

fn changes(file: &FilePlan) -> String {
    count(file.fixes.len() as u64, "change")
}

/// The directories that were given, and those of the files that were: nothing outside them is written.
fn roots(paths: &[PathBuf]) -> Vec<PathBuf> {
    let directory = |path: &PathBuf| {
        let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        let folder = folder.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        folder.and_then(|folder| fs::canonicalize(folder).ok())
    };
    paths.iter().filter_map(directory).collect()
}

/// The directory among the roots that a file lies in; the first where it lies in none.
fn root_for<'r>(file: &Path, roots: &'r [PathBuf]) -> &'r Path {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).unwrap_or_default();
    let own = roots.iter().find(|root| folder.starts_with(root));
    own.or(roots.first()).map_or(Path::new("."), PathBuf::as_path)
}

#[cfg(test)]
mod tests {
    use super::super::{Arguments as All, Command};
    use super::*;

    /// A folder with one file, and a plan to change it.
    struct Case {
        folder: tempfile::TempDir,
        plan: Plan,
    }

    /// What a command wrote and how it ended.
    struct Done {
        exit: Result<Exit, String>,
        out: String,
        err: String,
    }

    impl Case {
        fn new(there: &str, before: &str, after: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("app.py");
            fs::write(&path, there).unwrap();
            let file = FilePlan {
                path: path.to_str().unwrap().to_owned(),
                fixes: Vec::new(),
                edits: Vec::new(),
                sha256: String::new(),
                before: before.into(),
                after: after.into(),
            };
            let plan = Plan { files: vec![file], files_read: 1, level: FixLevel::Safe, ..Plan::default() };
            Self { folder, plan }
        }

        fn run(&self, more: &[&str]) -> Done {
            let path = self.folder.path().to_str().unwrap();
            let all = All::parse_from(["unmoor", "fix", path].iter().chain(more).map(Into::into)).unwrap();
            let Command::Fix(arguments) = &all.command else { panic!("another command") };
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let mut streams = Streams { input: &mut std::io::empty(), out: &mut out, err: &mut err, watched: false };
            let job = Job { arguments, common: &all.common, target: None };
            let exit = job.finish(self.plan.clone(), &mut streams).map_err(|failure| format!("{failure:?}"));
            let text = |bytes: Vec<u8>| {
                anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string().replace(path, "FOLDER")
            };
            Done { exit, out: text(out), err: text(err) }
        }

        fn content(&self) -> String {
            fs::read_to_string(self.folder.path().join("app.py")).unwrap()
        }
    }

    #[test]
    fn shows_and_writes_nothing_unless_asked_to() {
        let case = Case::new("old()\n", "old()\n", "new()\n");
        let done = case.run(&[]);
        assert_eq!(done.exit, Ok(Exit::Findings));
        assert!(done.out.ends_with("@@ -1 +1 @@\n-old()\n+new()\n"), "{}", done.out);
        assert!(done.err.contains("--write makes them"), "{}", done.err);
        assert_eq!(case.content(), "old()\n");
        assert!(case.run(&["-q"]).err.is_empty());
    }

    #[test]
    fn writes_when_asked_to() {
        let case = Case::new("old()\n", "old()\n", "new()\n");
        let done = case.run(&["--write", "--allow-dirty"]);
        assert_eq!(done.exit, Ok(Exit::Clean));
        assert_eq!(done.out, "changed FOLDER/app.py (0 changes)\n");
        assert_eq!(case.content(), "new()\n");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told_with_its_cure() {
        let case = Case::new("someone else was here\n", "old()\n", "new()\n");
        let done = case.run(&["--write", "--allow-dirty"]);
        assert_eq!(done.exit, Ok(Exit::Findings));
        assert!(done.err.starts_with("error: FOLDER/app.py: not written: "), "{}", done.err);
        assert!(done.err.contains("\n  help: "), "{}", done.err);
        assert_eq!(case.content(), "someone else was here\n");
    }

    #[test]
    fn no_form_shows_a_key_but_the_file_keeps_it() {
        let case = Case::new("f(api_key='hush')\n", "f(api_key='hush')\n", "g(api_key='hush')\n");
        let done = case.run(&[]);
        assert!(done.out.ends_with("-f(api_key='****')\n+g(api_key='****')\n"), "{}", done.out);
        assert!(
            done.err.starts_with("warning: this diff is for reading: keys in it are masked\n  help: "),
            "{}",
            done.err
        );
        assert!(!case.run(&["--format", "json"]).out.contains("hush"));
        case.run(&["--write", "--allow-dirty"]);
        assert_eq!(case.content(), "g(api_key='hush')\n");
    }

    #[test]
    fn the_plan_as_data_goes_alone() {
        let done = Case::new("old()\n", "old()\n", "new()\n").run(&["--format", "json"]);
        let plan: Plan = serde_json::from_str(&done.out).unwrap();
        assert_eq!((plan.files.len(), done.err.as_str()), (1, ""));
    }

    #[test]
    fn the_root_holds_all_paths() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        for name in ["a/b", "a/bc"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("a/b/x.py"), "").unwrap();
        let given = roots(&[root.join("a/b/x.py"), root.join("a/bc")]);
        assert_eq!(given, [root.join("a/b"), root.join("a/bc")]);
        assert_eq!(root_for(&root.join("a/bc/y.py"), &given), root.join("a/bc"));
        assert_eq!(root_for(&root.join("z.py"), &given), root.join("a/b"));
    }
}
