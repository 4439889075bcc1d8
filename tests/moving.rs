//! Whole applications that move to another host: `unmoor fix --target openai` renames settings in code and in every
//! document beside it, and what it makes runs. Each folder in `tests/moving` has the application before and after; the
//! program is started with its own sample of an environment against a loopback server, with the real SDKs.
//!
//! Without the SDKs the programs are not run, loudly, and the test fails when `CI` is set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may")]

#[path = "wire/programs.rs"]
#[allow(dead_code, reason = "the other test uses the rest")]
mod programs;
#[path = "wire/server.rs"]
#[allow(dead_code, reason = "the other test uses the rest")]
mod server;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use programs::{Workplace, run};
use serde_json::Value;
use server::Server;
use tempfile::TempDir;
use walkdir::WalkDir;

/// An application.
struct App {
    name: &'static str,
    /// What runs it.
    environment: &'static str,
    /// What is run.
    program: &'static str,
    /// The sample of its environment.
    sample: &'static str,
    /// The model that it asks for afterwards.
    model: &'static str,
    /// Settings that the sample does not have.
    more: &'static [(&'static str, &'static str)],
}

const APPS: &[App] = &[
    App {
        name: "press-desk",
        environment: "python/openai-3",
        program: "desk/main.py",
        sample: ".env.example",
        model: "gpt-4o",
        more: &[],
    },
    App {
        name: "quote-api",
        environment: "node/openai-6",
        program: "src/quotes.mjs",
        sample: ".env.sample",
        model: "gpt-4o-mini",
        more: &[],
    },
    App {
        name: "lab",
        environment: "python/openai-2",
        program: "lab.ipynb",
        sample: ".env.template",
        model: "gpt-4o",
        more: &[("OPENAI_MODEL", "gpt-4o")],
    },
];

fn folder(app: &App, side: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/moving").join(app.name).join(side)
}

/// The files of a folder by path.
fn files(folder: &Path) -> BTreeMap<PathBuf, String> {
    let entries = WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let read = |entry: walkdir::DirEntry| {
        let path = entry.path().strip_prefix(folder).unwrap().to_path_buf();
        (path, fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

fn copied(app: &App) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (path, text) in files(&folder(app, "before")) {
        let path = copy.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    copy
}

fn fix(folder: &Path) -> Output {
    let arguments = ["fix", ".", "--target", "openai", "--level", "unsafe", "--write", "--allow-dirty"];
    Command::new(env!("CARGO_BIN_EXE_unmoor")).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn settings_get_their_new_names_everywhere() {
    for app in APPS {
        let copy = copied(app);
        let output = fix(copy.path());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {told}", app.name);
        let (expected, found) = (files(&folder(app, "after")), files(copy.path()));
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{}", app.name);
        for (path, text) in &expected {
            assert_eq!(&found[path], text, "{}/{}\n{told}", app.name, path.display());
        }
        let again = fix(copy.path());
        assert!(again.status.success(), "{}", app.name);
        assert_eq!(files(copy.path()), expected, "{}: the second run changes something", app.name);
    }
}

#[test]
fn what_cannot_be_renamed_is_told() {
    let app = &APPS[0];
    let copy = copied(app);
    let told = String::from_utf8_lossy(&fix(copy.path()).stderr).into_owned();
    assert!(told.contains("stored outside the repository"), "{told}");
    assert!(told.contains("infra/main.bicep"), "{told}");
}

#[test]
fn a_setting_that_something_else_reads_keeps_its_name_everywhere() {
    for (path, text) in [
        ("tools/Check.cs", "var x = Environment.GetEnvironmentVariable(\"AZURE_OPENAI_ENDPOINT\");\n"),
        ("tools/check.py", "import os\nprint(os.environ[\"AZURE_OPENAI_ENDPOINT\"])\n"),
    ] {
        let app = &APPS[0];
        let copy = copied(app);
        let other = copy.path().join(path);
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        fs::write(&other, text).unwrap();
        let told = String::from_utf8_lossy(&fix(copy.path()).stderr).into_owned();
        let found = files(copy.path());
        let before = files(&folder(app, "before"));
        for path in ["desk/main.py", "infra/main.bicep"] {
            assert_eq!(found[Path::new(path)], before[Path::new(path)], "{told}");
        }
        assert!(found[Path::new(".env.example")].contains("AZURE_OPENAI_ENDPOINT"), "{told}");
        assert!(told.contains(path), "{told}");
    }
}

/// The settings of a sample.
fn settings(text: &str) -> BTreeMap<String, String> {
    let assigned = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (name, value) = line.trim_start_matches("export ").split_once('=')?;
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches('"');
        Some((name.to_owned(), value.to_owned()))
    });
    assigned.collect()
}

/// The code of a notebook's cells without magics.
fn code(notebook: &str) -> String {
    let notebook: Value = serde_json::from_str(notebook).unwrap();
    let cells = notebook["cells"].as_array().unwrap().iter().filter(|cell| cell["cell_type"] == "code");
    let source = |cell: &Value| match &cell["source"] {
        Value::Array(lines) => lines.iter().map(|line| line.as_str().unwrap()).collect(),
        text => text.as_str().unwrap().to_owned(),
    };
    let all: Vec<String> = cells.map(source).collect();
    all.join("\n").lines().filter(|line| !line.starts_with('%')).collect::<Vec<_>>().join("\n")
}

#[test]
fn moved_applications_ask_the_new_host_by_the_new_names() {
    let Some(installed) = std::env::var_os("UNMOOR_EXTRAS").map(|extras| PathBuf::from(extras).join("wire")) else {
        assert!(std::env::var_os("CI").is_none(), "the SDKs are not installed; scripts/test.sh installs them");
        eprintln!("SKIPPED: the SDKs are not installed; scripts/test.sh installs them and runs this test");
        return;
    };
    let server = Server::start(&installed.join("loopback.pem"));
    for app in APPS {
        let place = Workplace::new(&installed, app.environment);
        let after = files(&folder(app, "after"));
        let mut program = place.folder().join(app.program);
        for (path, text) in &after {
            let path = place.folder().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        if Path::new(app.program).extension().is_some_and(|extension| extension == "ipynb") {
            program = place.folder().join("lab.py");
            fs::write(&program, code(&after[Path::new(app.program)])).unwrap();
        }
        let mut variables = settings(&after[Path::new(app.sample)]);
        variables.extend(app.more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        assert_eq!(variables["OPENAI_BASE_URL"], "https://api.openai.com/v1", "{}", app.name);
        variables.insert("OPENAI_BASE_URL".to_owned(), format!("{}/v1", server.endpoint()));
        variables.insert("OPENAI_API_KEY".to_owned(), "NEW-KEY".to_owned());
        run(&place, &program, &variables).unwrap_or_else(|error| panic!("{}: {error}", app.name));
        let requests = server.take();
        assert_eq!(requests.len(), 1, "{}", app.name);
        assert_eq!(requests[0].line, "POST /v1/chat/completions", "{}", app.name);
        assert_eq!(requests[0].header("authorization"), "Bearer NEW-KEY", "{}", app.name);
        assert_eq!(requests[0].body["model"], app.model, "{}", app.name);
    }
}
