//! The forms of reports: each is well formed whatever is in a finding, and says what its readers expect.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::PathBuf, process::Command};

use clap::ValueEnum;
use serde_json::Value;
use unmoor::{
    finding::{Suppressed, SuppressedBy},
    report::{self, Format, Options, Report, edits::Edits},
    rules::load,
    scan::{Diagnostic, DiagnosticKind, Scan, ScanOptions, Scanner},
};

/// Text that means something to some format.
const HOSTILE: &str =
    "=1|2 <b>&amp; \"q\" 'a' `c` ]]> ::error:: %0A %s ##vso[x] \u{1b}[31m\u{0}\u{7f} \r\n, ; ] * _ \u{2028}\u{1f600} ü";

fn scan() -> Scan {
    let scanner = Scanner::new(load::built_in().unwrap());
    let text = "from openai import AzureOpenAI\nclient = AzureOpenAI()\n";
    let mut scan = scanner.scan_text("a.py", text.into(), &ScanOptions::of_any_file());
    let mut hostile = scan.findings[1].clone();
    hostile.location.path = format!("a b/{HOSTILE}.py");
    HOSTILE.clone_into(&mut hostile.message);
    HOSTILE.clone_into(&mut hostile.local);
    hostile.symbol = Some(HOSTILE.to_owned());
    let mut command = hostile.clone();
    "::error::/##vso[x]".clone_into(&mut command.location.path);
    scan.findings.push(command);
    hostile.evidence.iter_mut().for_each(|step| HOSTILE.clone_into(&mut step.text));
    scan.suppressed.push(Suppressed {
        finding: hostile.clone(),
        by: SuppressedBy::InSource,
        justification: Some(HOSTILE.to_owned()),
    });
    scan.findings.push(hostile);
    scan.diagnostics.push(Diagnostic {
        path: Some(HOSTILE.to_owned()),
        line: Some(1),
        kind: DiagnosticKind::Syntax,
        message: HOSTILE.to_owned(),
    });
    scan
}

fn written(scan: &Scan, format: Format) -> String {
    let scanner = Scanner::new(load::built_in().unwrap());
    let options = Options { here: PathBuf::from("/w"), ..Options::default() };
    let report = Report { scan, rules: scanner.rules(), edits: &Edits::default(), options: &options };
    let mut out = Vec::new();
    report::write(&report, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_format_is_well_formed_whatever_a_finding_holds() {
    for scan in [scan(), Scan::default()] {
        let findings = scan.findings.len();
        for format in Format::value_variants() {
            let text = written(&scan, *format);
            let lines = text.lines().count();
            let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            match format {
                Format::Text => {}
                Format::Concise => {
                    assert_eq!(lines, findings);
                    assert!(!text.lines().any(|line| line.starts_with("::")));
                }
                Format::Github | Format::AzurePipelines => {
                    assert_eq!(lines, findings, "{text}");
                    assert!(text.lines().all(|line| line.starts_with("::") || line.starts_with("##vso[task.")));
                }
                Format::Json | Format::Sarif | Format::Gitlab | Format::Rdjson => drop(json(&text)),
                Format::Jsonl | Format::Rdjsonl => text.lines().for_each(|line| drop(json(line))),
                Format::Junit => {
                    let document = quick_junit::Report::deserialize_from_str(&text).unwrap();
                    assert_eq!(document.failures, findings);
                }
                Format::Csv => {
                    let mut table = csv::Reader::from_reader(text.as_bytes());
                    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
                    assert_eq!(rows.len(), findings + scan.suppressed.len());
                    assert!(rows.iter().all(|row| !row[10].starts_with('=')));
                }
                Format::Markdown => {
                    let tags = |tag: &str| text.matches(tag).count();
                    assert_eq!(tags("<details>"), tags("</details>"));
                    assert_eq!(tags("<b>"), 0);
                }
            }
        }
    }
}

#[test]
fn fingerprints_of_code_quality_are_unique_and_severities_are_gitlabs() {
    let mut scan = scan();
    scan.findings.extend(scan.findings.clone());
    let issues: Vec<Value> = serde_json::from_str(&written(&scan, Format::Gitlab)).unwrap();
    let mut prints: Vec<&str> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), issues.len());
    assert!(issues.iter().all(|issue| issue["severity"] == "major"));
}

#[test]
fn a_summary_keeps_its_budget_and_says_so() {
    let mut scan = scan();
    let one = scan.findings[0].clone();
    scan.findings = (0..20_000)
        .map(|number| {
            let mut finding = one.clone();
            finding.location.path = format!("folder/file-{number:05}.py");
            finding
        })
        .collect();
    let text = written(&scan, Format::Markdown);
    assert!(text.len() <= 900 << 10 && text.len() > 800 << 10);
    assert!(text.contains("more files with findings left out to stay short"));
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

fn run(folder: &tempfile::TempDir, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmoor"));
    command.args(arguments).current_dir(folder.path()).env_remove("UNMOOR_FORMAT").env_remove("UNMOOR_OUTPUT");
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("ü.py"), "from openai import AzureOpenAI\nx = \"ü\"; c = AzureOpenAI()\n").unwrap();
    folder
}

#[test]
fn several_reports_are_written_in_one_scan() {
    let folder = tree();
    let arguments =
        ["scan", "--format", "concise", "-o", "sarif=a.sarif", "--output", "csv=b=c.csv", "--output", "junit=j.xml"];
    let ran = run(&folder, &arguments);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 2));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("a.sarif").starts_with("{\"$schema\""));
    assert!(read("b=c.csv").starts_with("path,line"));
    assert!(read("j.xml").starts_with("<?xml"));
    let ran = run(&folder, &["scan", "--format", "json", "--output", "plain.json"]);
    assert_eq!(ran.out, "");
    assert!(read("plain.json").starts_with('{'));
    let ran = run(&folder, &["scan", "-q", "--output", "odd=name.txt"]);
    assert!(ran.out.is_empty() && read("odd=name.txt").contains("AzureOpenAI"), "{}", ran.err);
}

#[test]
fn outputs_that_cannot_be_are_told_and_the_others_are_written() {
    let folder = tree();
    let told = |arguments: &[&str]| {
        let ran = run(&folder, &[&["scan", "-q"], arguments].concat());
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains("help:"), "{}", ran.err);
        ran.err
    };
    let err = told(&["--output", "sarif=no/such.sarif", "--output", "csv=good.csv"]);
    assert!(err.contains("--output: no/such.sarif:"), "{err}");
    assert!(folder.path().join("good.csv").exists());
    assert!(told(&["--output", "sarfi=x"]).contains("did you mean `sarif`?"));
    assert!(told(&["--output", "sarif="]).contains("names no file"));
    assert!(told(&["--output", "sarif=x", "--output", "csv=x"]).contains("x is named twice"));
    assert!(told(&["--output", "x", "--output", "y"]).contains("a second file"));
    assert!(told(&["--statistics", "--format", "csv"]).contains("--statistics is a text of its own"));
}

#[test]
fn suggestions_count_bytes() {
    let folder = tree();
    let document: Value = serde_json::from_str(&run(&folder, &["scan", "-q", "--format", "rdjson"]).out).unwrap();
    let client = &document["diagnostics"][1];
    // The letter has two bytes.
    assert_eq!(client["location"]["range"]["start"]["column"], 15);
}
