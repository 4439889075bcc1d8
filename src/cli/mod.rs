//! The command line.

use std::{io::Write, path::PathBuf};

use crate::{input::walk::WalkOptions, lang::Grammar, rules::load, scan::{ScanOptions, Scanner}};

/// Runs the program.
pub fn run(arguments: &[String], out: &mut dyn Write, err: &mut dyn Write) -> i32 {
    let paths: Vec<PathBuf> = arguments.iter().skip(1).filter(|a| !a.starts_with("--")).map(PathBuf::from).collect();
    let set = match load::with_folders(&[], true) {
        Ok(set) => set,
        Err(errors) => {
            for error in errors { let _ = writeln!(err, "error: {error}"); }
            return 2;
        }
    };
    let scanner = Scanner::new(set);
    let options = ScanOptions {
        walk: WalkOptions::new(|name| Grammar::of(name).is_some()),
        without_prefilter: arguments.iter().any(|a| a == "--no-prefilter"),
        minified: false,
    };
    match scanner.scan(&paths, &options) {
        Ok(scan) => {
            if arguments.iter().any(|a| a == "--format=json") {
                let _ = crate::report::json(&scan, out);
            } else {
                for f in &scan.findings {
                    let _ = writeln!(out, "{}:{}:{}: {} [{}] {}", f.location.path, f.location.start.line, f.location.start.column, f.class.name(), f.rule, f.message);
                }
            }
            for d in &scan.diagnostics { let _ = writeln!(err, "{d:?}"); }
            let _ = writeln!(err, "{:?} {:?}", scan.stats, scan.elapsed);
            i32::from(!scan.findings.is_empty())
        }
        Err(error) => { let _ = writeln!(err, "error: {error}"); 2 }
    }
}
