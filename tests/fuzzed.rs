//! What fuzzing has found, run again: `fuzz/regressions/TARGET/` holds the inputs, `fuzz/checks.rs` what must hold. Some
//! inputs that are odd in a known way are made here, so that every target runs on something.

#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs, unreachable_pub, reason = "a test may")]

#[path = "../fuzz/checks.rs"]
mod checks;

use std::{fs, path::Path};

use walkdir::WalkDir;

/// Inputs for every target: nothing, marks of encodings, halves of characters, and much nesting.
fn odd() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> =
        ["", "\u{feff}", "\u{feff}\u{feff}x", "\r", "\n\r\n", "a\u{0}b", "\u{1F600}", "\\", "\"", "'''"]
            .iter()
            .map(|text| text.as_bytes().to_vec())
            .collect();
    all.extend([vec![0xFF, 0xFE, 0x00], vec![0xFE, 0xFF, 0xD8, 0x00], vec![0xC3], vec![0xF0, 0x9F, 0x98]]);
    all.extend("([{<".chars().map(|open| open.to_string().repeat(2000).into_bytes()));
    all
}

#[test]
fn odd_inputs_do_no_harm() {
    for (name, check) in checks::ALL {
        for bytes in odd() {
            eprintln!("{name}: {:?}", &bytes[..bytes.len().min(8)]);
            check(&bytes);
        }
    }
    for kind in 0..checks::DOCUMENTS.len() {
        for bytes in odd() {
            checks::document(&[&[kind as u8], bytes.as_slice()].concat());
        }
    }
}

#[test]
fn what_was_found_stays_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions");
    let files = WalkDir::new(&folder).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    for file in files {
        let target = file.path().parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
        let (_, check) = checks::ALL.iter().find(|(name, _)| *name == target).unwrap();
        eprintln!("{}", file.path().display());
        check(&fs::read(file.path()).unwrap());
    }
}

/// Every target is one that can be run, and has a function.
#[test]
fn targets_and_checks_agree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table = fs::read_to_string(root.join("fuzz/Cargo.toml")).unwrap().parse().unwrap();
    let targets: Vec<&str> =
        manifest["bin"].as_array().unwrap().iter().map(|target| target["name"].as_str().unwrap()).collect();
    let checks: Vec<&str> = checks::ALL.iter().map(|(name, _)| *name).collect();
    assert_eq!(targets, checks);
}
