//! The symbols that rules name exist in the pinned packages: a rule states a fact about somebody else's package, and
//! this is where the fact is checked. `scripts/test.sh` installs the packages; without them the test is skipped, loudly,
//! and fails when `CI` is set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may")]

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use unmoor::{lang::Language, rules::load};

fn extras() -> Option<PathBuf> {
    let folder = std::env::var_os("UNMOOR_EXTRAS").map(PathBuf::from);
    if folder.is_none() {
        assert!(std::env::var_os("CI").is_none(), "the pinned packages are missing; run scripts/test.sh");
        eprintln!("SKIPPED: the pinned packages are not installed; scripts/test.sh installs them and runs this test");
    }
    folder
}

/// The symbols that import clauses of a language name exactly, below the given modules.
fn imported_symbols(language: Language, modules: &[&str]) -> BTreeSet<String> {
    let set = load::built_in().expect("the built-in rules load");
    let rules = set.rules.iter().filter(|rule| rule.language == language);
    let symbols = rules.flat_map(|rule| rule.file.clauses()).flat_map(|clause| clause.import.iter().flatten());
    symbols
        .filter(|symbol| !symbol.contains(['*', '(']))
        .filter(|symbol| modules.iter().any(|module| symbol.starts_with(&format!("{module}."))))
        .cloned()
        .collect()
}

fn missing(program: &Path, arguments: &[&Path], lines: &[String]) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} failed", program.display());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn python_symbols_exist() {
    let Some(extras) = extras() else { return };
    let symbols = imported_symbols(Language::Python, &["openai", "azure.identity"]);
    assert!(symbols.contains("openai.AzureOpenAI"), "the rules name no symbol of openai");
    let lines: Vec<String> = symbols.into_iter().collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/check.py");
    assert_eq!(missing(&extras.join("python/bin/python"), &[&script], &lines), "");
}

#[test]
fn javascript_symbols_exist() {
    let Some(extras) = extras() else { return };
    let modules = ["openai", "@azure/identity", "@langchain/openai", "@ai-sdk/azure"];
    let symbols = imported_symbols(Language::JavaScript, &modules);
    assert!(symbols.contains("openai.AzureOpenAI"), "the rules name no symbol of openai");
    let lines: Vec<String> =
        symbols.iter().filter_map(|symbol| symbol.rsplit_once('.')).map(|(m, n)| format!("{m} {n}")).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packages/check.mjs");
    assert_eq!(missing(Path::new("node"), &[&script, &extras.join("node")], &lines), "");
}
