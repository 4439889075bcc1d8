//! What the program is built from: licences that go together with its own, no library twice without a reason, none that
//! needs a newer Rust than is promised, and each direct one with a reason in CONTRIBUTING. `deny.toml` says what is allowed.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// All packages that are built on this machine.
fn packages() -> Vec<Value> {
    let about = output("rustc", &["-vV"]);
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let arguments = ["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(env!("CARGO"), &arguments)).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn allowed() -> toml::Table {
    fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn text<'v>(package: &'v Value, field: &str) -> &'v str {
    package[field].as_str().unwrap_or_default()
}

/// True when one of the alternatives of a licence expression is allowed, and of those joined by `AND` all.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let alternatives = |part: &str| {
        let bare = part.trim().trim_matches(['(', ')']);
        bare.replace('/', " OR ").split(" OR ").any(|one| allowed.contains(one.trim()))
    };
    expression.split(" AND ").all(alternatives)
}

#[test]
fn licences_go_together() {
    let table = allowed();
    let allowed = table["licenses"]["allow"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    for package in packages() {
        let licence = text(&package, "license");
        assert!(is_allowed(licence, &allowed), "{} is under `{licence}`", text(&package, "name"));
    }
    assert!(!is_allowed("GPL-3.0-only", &allowed) && !is_allowed("MIT AND GPL-3.0-only", &allowed));
}

#[test]
fn no_library_is_there_twice_without_a_reason() {
    let table = allowed();
    let skipped = table["bans"]["skip"].as_array().unwrap();
    let skipped: BTreeSet<&str> = skipped.iter().map(|one| one["name"].as_str().unwrap()).collect();
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in packages() {
        versions.entry(text(&package, "name").into()).or_default().insert(text(&package, "version").into());
    }
    let twice: BTreeSet<&str> =
        versions.iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| name.as_str()).collect();
    assert_eq!(twice, skipped, "deny.toml has others");
}

#[test]
fn no_library_needs_a_newer_rust() {
    let numbers = |text: &str| text.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    let own = numbers(env!("CARGO_PKG_RUST_VERSION"));
    for package in packages() {
        if let Some(needed) = package["rust_version"].as_str() {
            assert!(numbers(needed)[..2] <= own[..2], "{} needs Rust {needed}", text(&package, "name"));
        }
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains(&format!("Rust {} or newer", env!("CARGO_PKG_RUST_VERSION"))));
}

#[test]
fn every_dependency_has_a_reason() {
    let contributing = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let section = contributing.split("## Dependencies").nth(1).unwrap();
    let reasons: BTreeSet<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|names| names.split([',', ' ']))
        .collect();
    let manifest: toml::Table = fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        for name in manifest[section].as_table().unwrap().keys() {
            let is_grammar = name.starts_with("tree-sitter-") && reasons.contains("grammars");
            assert!(reasons.contains(name.as_str()) || is_grammar, "CONTRIBUTING.md has no reason for {name}");
        }
    }
}
