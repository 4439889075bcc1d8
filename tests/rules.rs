//! The built-in rules: their files are sound, and their fixtures hold.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use unmoor::{
    cli::{self, Arguments, Exit, Streams},
    rules::load,
};
use walkdir::WalkDir;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a command and gives its exit code and what it wrote to both streams.
fn run(arguments: &[&str]) -> (Exit, String) {
    let arguments = Arguments::parse_from(arguments.iter().map(Into::into)).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut streams = Streams { input: &mut std::io::empty(), out: &mut out, err: &mut err, watched: false };
    let exit = cli::run(&arguments, &mut streams).unwrap();
    out.extend(err);
    (exit, String::from_utf8(out).unwrap())
}

#[test]
fn built_in_rules_are_sound() {
    let set = load::built_in().unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"));
    });
    assert!(!set.rules.is_empty());
}

#[test]
fn fixtures_hold() {
    let (exit, shown) = run(&["unmoor", "test", "-v", "--no-config", root().join("fixtures").to_str().unwrap()]);
    assert_eq!(exit, Exit::Clean, "{shown}");
}

/// Rules that lean on others give the same findings whether all rules run or only those they need.
#[test]
fn selecting_loses_no_finding() {
    let lines = |more: &[&str]| {
        let fixtures = root().join("fixtures");
        let mut arguments = vec!["unmoor", "scan", "--no-config", "-q", "--format", "jsonl"];
        arguments.extend(more);
        arguments.push(fixtures.to_str().unwrap());
        let (_, shown) = run(&arguments);
        let findings = shown.lines().filter(|line| line.contains(r#""type":"finding""#));
        findings.map(str::to_owned).collect::<Vec<String>>()
    };
    let all = lines(&[]);
    for class in ["import", "client", "auth", "config", "model", "endpoint", "response", "feature"] {
        let of_class = |line: &&String| line.contains(&format!(r#""class":"{class}""#));
        let wanted: Vec<&String> = all.iter().filter(of_class).collect();
        let selected = lines(&["--select", class]);
        assert_eq!(wanted, selected.iter().collect::<Vec<_>>(), "{class}");
    }
}

/// The schema for a file of the built-in rules, as editors would choose it.
fn schema_for(path: &Path) -> &'static str {
    match path.file_name().and_then(|name| name.to_str()) {
        _ if path.components().any(|part| part.as_os_str() == "targets") => "target",
        Some("pack.yaml") => "pack",
        Some("calls.yaml") => "calls",
        Some("apis.yaml") => "apis",
        Some("effort.yaml") => "effort",
        _ => "rule",
    }
}

#[test]
fn built_in_files_fit_the_published_schemas() {
    let validator = |name: &str| {
        let text = fs::read_to_string(root().join(format!("schemas/{name}.schema.json"))).unwrap();
        jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
    };
    let validators: BTreeMap<&str, _> =
        ["rule", "pack", "calls", "target", "apis", "effort"].into_iter().map(|name| (name, validator(name))).collect();
    let mut seen = BTreeSet::new();
    for entry in WalkDir::new(root().join("rules")) {
        let entry = entry.unwrap();
        let path = entry.path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let name = schema_for(path);
        let file: serde_json::Value = serde_saphyr::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let wrong: Vec<String> = validators[name].iter_errors(&file).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{}: {}", path.display(), wrong.join("; "));
        seen.insert(name);
    }
    assert_eq!(seen.len(), validators.len(), "{seen:?}");
}
