//! Packages, built by the scripts of the repository and installed where nothing else is. What builds them comes from
//! `scripts/test.sh`; without it they are skipped, loudly, and fail when `CI` is set.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn extras() -> Option<PathBuf> {
    let Some(extras) = std::env::var_os("UNMOOR_EXTRAS") else {
        let skip = "SKIPPED: what builds packages is not there; scripts/test.sh provisions it";
        assert!(std::env::var("CI").is_err(), "{skip}");
        eprintln!("{skip}");
        return None;
    };
    Some(PathBuf::from(extras))
}

fn run(program: impl AsRef<Path>, arguments: &[&str], folder: &Path) -> Output {
    let output = Command::new(program.as_ref())
        .args(arguments)
        .current_dir(folder)
        .env_remove("CARGO_TARGET_DIR")
        .env(
            "UNMOOR_PACKAGING",
            std::env::var_os("UNMOOR_EXTRAS").map(|extras| Path::new(&extras).join("packaging")).unwrap_or_default(),
        )
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", program.as_ref().display()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {said}", program.as_ref().display());
    output
}

/// Sees that an installed program says its version and scans.
fn works(program: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let version = run(program, &["--version"], folder.path());
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), concat!("unmoor ", env!("CARGO_PKG_VERSION")));
    fs::write(folder.path().join("a.py"), "from openai import AzureOpenAI\n").unwrap();
    let scan =
        Command::new(program).args(["scan", "-q", "--format", "concise"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(scan.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&scan.stdout).starts_with("a.py:1:20: import[import-openai]"));
}

#[test]
fn the_wheel_and_the_npm_packages_install_and_run() {
    if extras().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let text = |path: &Path| path.display().to_string();
    run(root().join("packaging/wheel.sh"), &[&text(&place("wheels")), "packaging-test"], root());
    let wheel = fs::read_dir(place("wheels")).unwrap().next().unwrap().unwrap().path();
    let name = wheel.file_name().unwrap().to_string_lossy().into_owned();
    assert!(
        name.starts_with(concat!("unmoor-", env!("CARGO_PKG_VERSION"), "-py3-none-manylinux2014_x86_64")),
        "{name}"
    );

    run("python3", &["-m", "venv", &text(&place("venv"))], folder.path());
    run(place("venv/bin/pip"), &["install", "--quiet", "--no-index", &text(&wheel)], folder.path());
    works(&place("venv/bin/unmoor"));

    let binary = text(&place("venv/bin/unmoor"));
    run(root().join("packaging/npm.sh"), &[&text(&place("npm")), &format!("linux-x64={binary}")], root());
    let mut packages: Vec<String> =
        fs::read_dir(place("npm")).unwrap().map(|entry| text(&entry.unwrap().path())).collect();
    packages.sort();
    assert_eq!(packages.len(), 2, "{packages:?}");
    fs::create_dir(place("project")).unwrap();
    fs::write(place("project/package.json"), "{\"private\": true}").unwrap();
    let install = ["install", "--silent", "--offline", "--no-audit", "--no-fund", &packages[0], &packages[1]];
    run("npm", &install, &place("project"));
    works(&place("project/node_modules/.bin/unmoor"));
    fs::remove_dir_all(place("project/node_modules/@unmoor")).unwrap();
    let without = Command::new(place("project/node_modules/.bin/unmoor")).arg("--version").output().unwrap();
    assert_eq!(without.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&without.stderr).contains("--omit=optional"));
}

#[test]
fn the_crate_holds_what_it_is_built_from() {
    let listed = run("cargo", &["package", "--locked", "--allow-dirty", "--list"], root());
    let listed = String::from_utf8(listed.stdout).unwrap();
    let files: Vec<&str> = listed.lines().collect();
    for needed in [
        "Cargo.lock",
        "build.rs",
        "askama.toml",
        "src/main.rs",
        "rules/azure-openai/pack.yaml",
        "LICENSE-MIT",
        "docs/rules.md",
    ] {
        assert!(files.contains(&needed), "{needed}");
    }
    assert!(!files.iter().any(|file| file.starts_with("fixtures/") || file.starts_with("tests/")));

    if extras().is_none() {
        return;
    }
    // Built from a copy of only these files, with the dependencies that the tests were built with.
    let copy = tempfile::tempdir().unwrap();
    for file in files.iter().filter(|file| !file.starts_with(".cargo") && **file != "Cargo.toml.orig") {
        let target = copy.path().join(file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(root().join(file), &target).unwrap_or_else(|error| panic!("{file}: {error}"));
    }
    // The benches are not part of it.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (before, rest) = manifest.split_once("[[bench]]").unwrap();
    let (_, after) = rest.split_once("\n[dependencies]").unwrap();
    fs::write(copy.path().join("Cargo.toml"), format!("{before}[dependencies]{after}")).unwrap();
    let place = copy.path().join("installed");
    let (to, target) = (place.display().to_string(), root().join("target/packaging/install").display().to_string());
    let arguments = ["install", "--quiet", "--locked", "--offline", "--profile", "packaging-test", "--path", "."];
    run("cargo", &[&arguments[..], &["--root", &to, "--target-dir", &target]].concat(), copy.path());
    works(&place.join("bin/unmoor"));
}

/// There is no engine to build it with here: what it copies must at least be there, and not be ignored.
#[test]
fn the_container_copies_what_is_there() {
    let docker = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let kept: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    for needed in [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
        "askama.toml",
        "src",
        "rules",
        "schemas",
        "docs",
        "README.md",
        "benches",
    ] {
        assert!(kept.contains(&needed) && root().join(needed).exists(), "{needed}");
    }
    let copied =
        docker.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--from"));
    for file in copied.flat_map(|line| line.split(' ').rev().skip(1).collect::<Vec<_>>()).filter(|file| *file != ".") {
        assert!(root().join(file).exists(), "{file}");
    }
    let version = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let version =
        version.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap().trim_end_matches('"');
    assert!(docker.contains(&format!("FROM rust:{version}-slim")), "the image's Rust is the oldest that is supported");
    assert!(docker.contains("\nUSER 65534") && docker.contains("ENTRYPOINT [\"unmoor\"]"));
}

#[test]
fn shells_and_manuals_get_what_they_need() {
    let program = env!("CARGO_BIN_EXE_unmoor");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(program, &["completions", shell], root());
        assert!(String::from_utf8_lossy(&script.stdout).contains("fail-on"), "{shell}");
    }
    // The completion as bash uses it.
    let script = "source <(\"$0\" completions bash); COMP_WORDS=(unmoor scan --fail-o); COMP_CWORD=2; COMP_LINE='unmoor scan --fail-o'; _unmoor unmoor --fail-o scan; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let done = run("bash", &["-c", script, program], root());
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "--fail-on");
    let cut = Command::new("bash")
        .args(["-c", "set -o pipefail; \"$0\" completions zsh | head -n 1", program])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&cut.stderr).is_empty(), "{cut:?}");
    let folder = tempfile::tempdir().unwrap();
    run(program, &["man", "--out", &folder.path().display().to_string()], root());
    let page = fs::read_to_string(folder.path().join("unmoor-scan.1")).unwrap();
    assert!(page.contains(".TH") && page.contains("fail"), "{page}");
    let first = run(program, &["man"], root());
    assert!(String::from_utf8_lossy(&first.stdout).contains(".TH unmoor 1"));
    let wrong = Command::new(program).args(["man", "--out", "no/such/folder"]).output().unwrap();
    assert!(wrong.status.code() == Some(2) && String::from_utf8_lossy(&wrong.stderr).contains("--out: no/such/folder"));
}
