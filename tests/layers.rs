//! Keeps the modules' imports one way: each uses only modules that stand before it. A use of a later module is the first
//! step to a knot, so it fails here with file and line.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use walkdir::WalkDir;

/// The modules in the order of the flow. Those of one entry may use each other.
const ORDER: &[&[&str]] = &[
    &["suggest"],
    &["input"],
    &["facts"],
    &["lang"],
    &["resolve"],
    &["finding", "rules"],
    &["unit"],
    &["migrate"],
    &["config"],
    &["suppress"],
    &["scan"],
    &["fixtures"],
    &["report"],
    &["cli"],
];

fn level(module: &str) -> Option<usize> {
    ORDER.iter().position(|level| level.contains(&module))
}

/// The modules that a line of code names after `crate::`, also in a group of imports.
fn named(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices("crate::") {
        let line = text[..start].matches('\n').count() + 1;
        let code = text[..start].rsplit('\n').next().unwrap_or_default();
        if code.contains("//") {
            continue;
        }
        let rest = &text[start + "crate::".len()..];
        if rest.starts_with('{') {
            found.extend(group(rest).into_iter().map(|name| (line, name)));
        } else {
            found.push((line, word(rest)));
        }
    }
    found
}

/// The first words of the entries of `{a::b, c::{d, e}}`.
fn group(text: &str) -> Vec<String> {
    let mut depth = 0;
    let mut names = Vec::new();
    for (position, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && (c == '{' || c == ',') {
            names.push(word(text[position + 1..].trim_start()));
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn modules_use_only_what_stands_before_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for entry in WalkDir::new(&source).sort_by_file_name() {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        let module = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if !entry.file_type().is_file()
            || entry.path().extension().is_none_or(|extension| extension != "rs")
            || module == "lib"
            || module == "main"
        {
            continue;
        }
        let own = level(&module).unwrap_or_else(|| panic!("src/{path}: give `{module}` a place in tests/layers.rs"));
        for (line, used) in named(&fs::read_to_string(entry.path()).unwrap()) {
            match level(&used) {
                Some(other) if other <= own => {}
                Some(_) => wrong.push(format!("src/{path}:{line}: `{module}` uses `{used}`, which stands after it")),
                None => wrong.push(format!("src/{path}:{line}: `crate::{used}` is no module of the flow")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A finding is plain data: of the rules it knows the words, nothing else.
#[test]
fn a_finding_knows_only_the_words_of_rules() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/finding.rs")).unwrap();
    for (start, _) in text.match_indices("crate::") {
        assert!(text[start..].starts_with("crate::rules::model::"), "{}", text[start..].lines().next().unwrap());
    }
}

/// Vendors are named in rule files; the engine knows none. (Comments may give examples.)
#[test]
fn no_code_names_a_vendor() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in WalkDir::new(&source) {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() || entry.path().ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(entry.path()).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in code.lines().enumerate() {
            // A CI system of that name is none of the vendors that code is tied to.
            let code = line.split("//").next().unwrap().to_lowercase().replace("azurepipelines", "");
            let named = code.contains("azure") || code.contains("openai");
            assert!(!named, "{}:{}: {line}", entry.path().display(), number + 1);
        }
    }
}

#[test]
fn the_reader_of_imports_reads_them() {
    let text =
        "use crate::input::x;\nuse crate::{facts::{A, B}, lang, scan};\n// crate::cli\nlet a = crate::rules::b();\n";
    let names: Vec<String> = named(text).into_iter().map(|(line, name)| format!("{line} {name}")).collect();
    assert_eq!(names, ["1 input", "2 facts", "2 lang", "2 scan", "4 rules"]);
}
