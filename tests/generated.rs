//! Files that are made from the code: schemas and reference pages. They fail here when they are stale;
//! `UPDATE=1 cargo test --test generated` rewrites them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{collections::BTreeSet, fmt::Write, fs, path::Path, process::Command};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;
use unmoor::{
    cli,
    config::keys,
    migrate::{assess::Assessment, plan::Plan},
    report::{json::Line, list, models::Models},
    rules::{
        apis::ApisFile,
        effort::EffortFile,
        load,
        model::{PackFile, RuleFile},
        target::TargetFile,
    },
    scan::{Scan, why::Why},
};

fn check(path: &str, wanted: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, wanted).unwrap();
        return;
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    let line = there.lines().zip(wanted.lines()).position(|(a, b)| a != b);
    assert!(
        there == wanted,
        "{path} is stale (first at line {}); run `UPDATE=1 cargo test --test generated`",
        line.unwrap_or_else(|| there.lines().count().min(wanted.lines().count())) + 1,
    );
}

/// The schema of what is written, or of what is read.
fn schema<T: JsonSchema>(settings: SchemaSettings) -> String {
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    // Whether objects keep the order they were written in is up to other crates: one that asks for it changes all.
    schema.sort_all_objects();
    serde_json::to_string_pretty(&schemars::Schema::try_from(schema).unwrap()).unwrap() + "\n"
}

#[test]
fn schemas_are_fresh() {
    let (written, read) = (SchemaSettings::draft2020_12().for_serialize(), SchemaSettings::draft2020_12());
    check("schemas/scan.schema.json", &schema::<Scan>(written.clone()));
    check("schemas/scan-line.schema.json", &schema::<Line<'static>>(written.clone()));
    check("schemas/plan.schema.json", &schema::<Plan>(written.clone()));
    check("schemas/report.schema.json", &schema::<Assessment>(written.clone()));
    check("schemas/why.schema.json", &schema::<Why>(written.clone()));
    check("schemas/models.schema.json", &schema::<Models>(written));
    check("schemas/rule.schema.json", &schema::<RuleFile>(read.clone()));
    check("schemas/pack.schema.json", &schema::<PackFile>(read.clone()));
    check("schemas/target.schema.json", &schema::<TargetFile>(read.clone()));
    check("schemas/apis.schema.json", &schema::<ApisFile>(read.clone()));
    check("schemas/effort.schema.json", &schema::<EffortFile>(read));
    let mut settings = keys::schema();
    settings.sort_all_objects();
    check("schemas/config.schema.json", &(serde_json::to_string_pretty(&settings).unwrap() + "\n"));
}

#[test]
fn the_page_of_rules_is_fresh() {
    let set = load::built_in().unwrap();
    let mut page = Vec::new();
    list::markdown(&set.rules, &mut page).unwrap();
    check("docs/rules.md", &String::from_utf8(page).unwrap());
}

#[test]
fn the_page_of_the_command_line_is_fresh() {
    check("docs/cli.md", &cli::reference::markdown());
}

fn validator(path: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn scan(format: &str) -> String {
    let command = ["scan", "--no-built-in-rules", "--rules", "tests/pack/rules", "--format", format];
    run(&command, &["tests/pack/fixtures", "tests/cmd/scan.in", "nowhere.py"])
}

/// What a command writes to standard output.
fn run(command: &[&str], paths: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_unmoor"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(command)
        .args(["-q", "--no-config"])
        .args(paths)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn real_output_fits_the_published_schemas() {
    let document: Value = serde_json::from_str(&scan("json")).unwrap();
    assert!(!document["findings"].as_array().unwrap().is_empty());
    assert!(!document["diagnostics"].as_array().unwrap().is_empty());
    validator("schemas/scan.schema.json").validate(&document).unwrap();
    serde_json::from_value::<Scan>(document).unwrap();

    let lines = validator("schemas/scan-line.schema.json");
    let shown = scan("jsonl");
    for line in shown.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        lines.validate(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let kinds: Vec<Value> =
        shown.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].clone()).collect();
    assert_eq!((kinds.first().unwrap(), kinds.last().unwrap()), (&Value::from("scan"), &Value::from("stats")));
}

#[test]
fn plans_and_answers_fit_the_published_schemas() {
    for (schema, command) in [
        ("schemas/plan.schema.json", &["fix", "--level", "unsafe", "--target", "openai", "--format", "json"][..]),
        ("schemas/plan.schema.json", &["fix", "--format", "json"][..]),
        ("schemas/models.schema.json", &["models", "--format", "json"][..]),
        (
            "schemas/why.schema.json",
            &["why", "--format", "json", "fixtures/apps/ticket-triage/src/triage/clients.py:18"][..],
        ),
    ] {
        let document: Value = serde_json::from_str(&run(command, &["fixtures/apps"])).unwrap();
        validator(schema).validate(&document).unwrap_or_else(|error| panic!("{command:?}: {error}"));
    }
}

#[test]
fn reports_fit_the_published_schema() {
    let text = run(&["report", "--format", "json"], &["fixtures/apps"]);
    let document: Value = serde_json::from_str(&text).unwrap();
    validator("schemas/report.schema.json").validate(&document).unwrap();

    let report: Assessment = serde_json::from_value(document.clone()).unwrap();
    assert!(!report.units.is_empty() && !report.packages.is_empty() && !report.targets.is_empty());
    assert_eq!(serde_json::to_value(&report).unwrap(), document, "reading it loses something");
    let of_units = report
        .units
        .iter()
        .flat_map(|unit| unit.judgements.values().chain(unit.call_judgements.values().flatten()).collect::<Vec<_>>());
    let of_packages = report.packages.iter().flat_map(|package| package.judgements.values());
    let named: BTreeSet<usize> = of_units.chain(of_packages).map(|at| *at as usize).collect();
    assert_eq!(named, (0..report.judgements.len()).collect(), "each judgement is named, and no other");
    let named: BTreeSet<usize> =
        report.judgements.iter().flat_map(|judgement| &judgement.reasons).map(|at| *at as usize).collect();
    assert_eq!(named, (0..report.reasons.len()).collect(), "each reason is named, and no other");
}

/// A schema for editors refuses what the program refuses.
#[test]
fn targets_fit_their_schema() {
    let targets: Value = serde_json::from_str(&run(&["fix", "--list-targets", "--format", "json"], &[])).unwrap();
    let validator = validator("schemas/target.schema.json");
    assert!(!targets.as_array().unwrap().is_empty());
    for target in targets.as_array().unwrap() {
        let mut file = target.as_object().unwrap().clone();
        assert!(!validator.is_valid(&Value::from(file.clone())), "a target's id is the name of its file");
        file.remove("id");
        validator.validate(&file.into()).unwrap();
    }
}

/// What the README shows behind `$ unmoor …` is what the program says.
#[test]
fn the_output_in_the_readme_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let mut blocks = readme.split("```console\n$ unmoor ");
    let mut fresh = blocks.next().unwrap_or_default().to_owned();
    for block in blocks {
        let (command, rest) = block.split_once('\n').unwrap();
        let (_, after) = rest.split_once("```").unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_unmoor"))
            .args(command.split(' '))
            .current_dir(root)
            .env("UNMOOR_FORMAT", "text")
            .output()
            .unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let shown = shown.trim_end_matches('\n');
        write!(fresh, "```console\n$ unmoor {command}\n{shown}\n```{after}").unwrap();
    }
    check("README.md", &fresh);
}

/// The repository's address stands in Cargo.toml alone and is the same wherever it is repeated.
#[test]
fn the_address_of_the_repository_is_the_same_everywhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "pyproject.toml",
        "action.yml",
        "packaging/npm/main.json",
        "packaging/mirror.sh",
        "docs/ci.md",
        "docs/cli.md",
        "docs/configuration.md",
        "docs/fixing.md",
        "docs/formats.md",
        "docs/getting-started.md",
        "docs/ratchet.md",
        "docs/releasing.md",
        "docs/writing-rules.md",
        "docs/design.md",
    ] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        for at in text.match_indices("github.com/unmoor").map(|(at, _)| at) {
            let address = format!(
                "https://{}",
                text[at..].split([')', '>', ' ', '\n', '/', '"', '`']).take(3).collect::<Vec<_>>().join("/")
            );
            // The hook has a repository of its own beside it.
            let address = address.trim_end_matches(".git").trim_end_matches("-pre-commit");
            assert_eq!(address, env!("CARGO_PKG_REPOSITORY"), "in {file}");
        }
    }
}
