//! The limits of what is done for one file: each can be set, and says so when it bites.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::{fs, path::Path, process::Command};

use serde_json::Value;

/// The exit code of `--strict` when a file could not be looked at as it should.
const FAILED: i32 = 2;

fn unmoor(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_unmoor")).args(arguments).current_dir(folder).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let scan = serde_json::from_str(&text).unwrap_or_else(|_| {
        panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), scan)
}

fn scan(code: &str, limit: &[&str]) -> (Option<i32>, Value) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("app.py"), code).unwrap();
    unmoor(folder.path(), &[&["scan", "--format", "json", "app.py"], limit].concat())
}

fn findings(scan: &Value) -> Vec<u64> {
    let findings = scan["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["location"]["start"]["line"].as_u64().unwrap()).collect()
}

fn troubles(scan: &Value) -> Vec<(&str, &str)> {
    let diagnostics = scan["diagnostics"].as_array().unwrap();
    diagnostics.iter().map(|it| (it["kind"].as_str().unwrap(), it["message"].as_str().unwrap())).collect()
}

fn nested(levels: usize) -> String {
    let client = "AzureOpenAI()";
    format!("from openai import AzureOpenAI\nx = {}{client}{}\n", "[".repeat(levels), "]".repeat(levels))
}

#[test]
fn code_is_looked_at_as_deep_as_it_says() {
    let (code, within) = scan(&nested(40), &[]);
    assert_eq!((code, findings(&within), troubles(&within)), (Some(1), vec![1, 2], vec![]));
    let (code, beyond) = scan(&nested(40), &["--max-nesting", "30"]);
    assert_eq!((code, findings(&beyond)), (Some(1), vec![1]));
    assert_eq!(troubles(&beyond)[0].0, "too-deep");
    assert!(troubles(&beyond)[0].1.contains("--max-nesting"));
}

/// The stack holds the deepest that can be asked for, also in a build without optimisation.
#[test]
fn the_deepest_that_can_be_set_is_no_danger() {
    for code in [
        nested(5_000),
        format!("x = {}1\n", "-".repeat(5_000)),
        format!("x = a{}\n", ".b()".repeat(5_000)),
        format!("from openai import AzureOpenAI\nx = {}1\n", "lambda: ".repeat(5_000)),
    ] {
        let (_, scan) = scan(&code, &["--max-nesting", "2000", "--no-prefilter"]);
        assert!(troubles(&scan).iter().all(|(kind, _)| *kind != "internal"), "{:?}", troubles(&scan));
    }
}

#[test]
fn a_file_takes_no_longer_than_it_says() {
    let code = format!("from openai import AzureOpenAI\n{}", "x = f(1)\n".repeat(20_000));
    let (status, late) = scan(&code, &["--max-time", "0.000001", "--strict"]);
    assert_eq!((status, findings(&late)), (Some(FAILED), vec![]));
    assert_eq!(troubles(&late)[0].0, "too-slow");
    assert!(troubles(&late)[0].1.contains("--max-time"));
    let (status, in_time) = scan(&code, &["--max-time", "30"]);
    assert_eq!((status, findings(&in_time), troubles(&in_time)), (Some(1), vec![1], vec![]));
}

#[test]
fn a_file_has_no_more_findings_than_it_says() {
    let code = format!("from openai import AzureOpenAI\n{}", "AzureOpenAI()\n".repeat(30));
    let (status, all) = scan(&code, &[]);
    assert_eq!((status, findings(&all).len()), (Some(1), 31));
    let (status, some) = scan(&code, &["--max-findings", "10"]);
    assert_eq!((status, findings(&some)), (Some(1), (1..=10).collect()));
    let [(kind, message)] = troubles(&some)[..] else { panic!("{some}") };
    assert_eq!((kind, message), ("too-many", "has 31 findings, of which the first 10 are told; see --max-findings"));
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    for arguments in [["--max-time", "0"], ["--max-nesting", "0"], ["--max-nesting", "9999"], ["--max-findings", "x"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_unmoor")).arg("scan").args(arguments).arg(".").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(arguments[0]), "{arguments:?}");
    }
}
