//! Which files a command looks at: the arguments for it, together with what the settings say.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;

use super::common::{Failure, at};
use crate::{
    config::{Config, Located},
    facts::MAX_DEPTH,
    input::walk::{MAX_READ, WalkOptions},
    lang::{Grammar, Limits, scripts::is_markdown},
    scan::{MAX_FINDINGS, ScanOptions},
    suggest::listed,
};

/// How deep code can be looked into at most: the stack of the threads that do it holds so much.
const DEEPEST: usize = 2_000;

/// The path that stands for standard input.
pub(super) const STANDARD_INPUT: &str = "-";

/// Arguments that choose files.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Files {
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
    /// Spend no longer on a file than this
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "60", help_heading = "Files")]
    max_time: Duration,
    /// Look no deeper into nested code than this
    #[arg(long, value_name = "LEVELS", value_parser = levels, default_value_t = MAX_DEPTH, help_heading = "Files")]
    max_nesting: usize,
    /// Report no more findings of one file than this
    #[arg(long, value_name = "N", default_value_t = MAX_FINDINGS, help_heading = "Files")]
    max_findings: usize,
    /// Look at minified files too
    #[arg(long, help_heading = "Files")]
    minified: bool,
    /// Look also at the code in fences of Markdown files
    #[arg(long, help_heading = "Files")]
    markdown: bool,
    /// How many threads to use; 0 is one per core
    #[arg(short = 'j', long, value_name = "N", env = "UNMOOR_THREADS", default_value_t = 0, help_heading = "Files")]
    threads: usize,
    /// Parse every file, whatever the prefilter says
    #[arg(long, hide = true)]
    no_prefilter: bool,
}

impl Files {
    /// What to look at and how, by the arguments and the settings.
    pub(super) fn options(&self, settings: &Config) -> ScanOptions {
        let texts = |list: &[Located]| list.iter().map(|entry| entry.text.clone()).collect::<Vec<_>>();
        let here = |globs: &[String]| globs.iter().map(|glob| rebased(glob, &settings.base)).collect::<Vec<_>>();
        let mut exclude = texts(&settings.exclude);
        exclude.extend(here(&self.exclude));
        let include = if self.include.is_empty() { texts(&settings.include) } else { here(&self.include) };
        let wanted: fn(&str) -> bool = if self.markdown {
            |name| Grammar::of(name).is_some() || is_markdown(name)
        } else {
            |name| Grammar::of(name).is_some()
        };
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
            ..WalkOptions::new(wanted)
        };
        ScanOptions {
            walk,
            without_prefilter: self.no_prefilter,
            limits: Limits { depth: self.max_nesting, time: self.max_time },
            max_findings: self.max_findings,
            minified: self.minified,
            markdown: self.markdown,
            ..ScanOptions::of_any_file()
        }
    }
}

/// Says when a path is not there, or is standard input; for commands that need real files, and all of them.
pub(super) fn check_paths(paths: &[PathBuf]) -> Result<(), Failure> {
    if paths.iter().any(|path| path.as_os_str() == STANDARD_INPUT) {
        return Err(Failure::usage("standard input is not read by this command", "name files and directories"));
    }
    let missing: Vec<String> =
        paths.iter().filter(|path| !path.exists()).map(|path| path.display().to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("no such file or directory: {}", listed(missing.iter().map(String::as_str)));
    Err(Failure::usage(message, "check the spelling; nothing was done"))
}

/// A glob that cannot be read, told where it is written.
pub(super) fn bad_glob(glob: &str, message: &str, settings: &Config) -> Failure {
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

/// Reads a number of seconds, which may have a fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.trim().parse().map_err(|_| "write a number of seconds such as 60 or 0.5".to_owned())?;
    match Duration::try_from_secs_f64(number) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err("write a number of seconds above 0".to_owned()),
    }
}

/// Reads how deep code may nest.
fn levels(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(levels @ 1..=DEEPEST) => Ok(levels),
        _ => Err(format!("write a number from 1 to {DEEPEST}: deeper code could exhaust the stack")),
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
    fn limits_are_numbers_in_range() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert!(seconds("0").is_err() && seconds("-1").is_err() && seconds("1h").is_err() && seconds("NaN").is_err());
        assert_eq!(levels("2000"), Ok(2000));
        assert!(levels("0").is_err() && levels("2001").unwrap_err().contains("2000"));
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
