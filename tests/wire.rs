//! A rewrite sends the same request: programs run before and after the change with the real SDKs, against a loopback
//! server that records paths, headers and bodies. `tests/wire/cases.toml` lists them and says how to read it;
//! `scripts/test.sh` installs the SDKs. `WIRE_ONLY=javascript/client-langchain` runs the cases whose path contains that.
//!
//! Without the SDKs the tests are skipped, loudly, and fail when `CI` is set.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may")]

#[path = "wire/programs.rs"]
mod programs;
#[path = "wire/server.rs"]
mod server;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use programs::{Workplace, run};
use serde::Deserialize;
use serde_json::Value;
use server::{Recorded, Server};
use unmoor::rules::{load, model::FixLevel};

/// Programs that run at the same time, each with a server of its own. Importing the SDKs takes most of the time.
const WORKERS: usize = 2;

/// A program, the change to it, and what it sends.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    name: String,
    before: PathBuf,
    level: String,
    environments: Vec<String>,
    #[serde(default)]
    proves: Vec<String>,
    #[serde(default)]
    requests: Vec<Request>,
    #[serde(default = "key")]
    token: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    settings: BTreeMap<String, String>,
    #[serde(default)]
    parallel: bool,
    #[serde(default)]
    unchanged: bool,
}

/// One request before and after the change, as `METHOD path?query`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    before: String,
    after: String,
    /// The model in the body afterwards, where the change alters it.
    model: Option<String>,
    /// Other entries that the body has afterwards, or has with another value.
    #[serde(default)]
    adds: BTreeMap<String, Value>,
    /// Entries that the body has no more.
    #[serde(default)]
    drops: Vec<String>,
}

fn key() -> String {
    "KEY".to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

impl Case {
    fn before(&self) -> PathBuf {
        root().join("fixtures/azure-openai").join(&self.before)
    }

    /// Environment variables of the program. A client that is given a token must not find a key as well.
    fn variables(&self, side: Side, folder: &Path, server: &Server) -> BTreeMap<String, String> {
        let mut variables = self.env.clone();
        if side == Side::After {
            variables.extend(self.settings.clone());
        }
        variables.entry("AZURE_OPENAI_ENDPOINT".to_owned()).or_insert("{endpoint}".to_owned());
        if self.token == key() {
            variables.insert("AZURE_OPENAI_API_KEY".to_owned(), key());
        }
        variables.insert("SSL_CERT_FILE".to_owned(), certificate(folder).display().to_string());
        for value in variables.values_mut() {
            *value = value.replace("{endpoint}", &server.endpoint());
            *value = value.replace("{secure-endpoint}", &server.secure_endpoint());
        }
        variables
    }

    /// The bearer token that is to be sent afterwards.
    fn token_after(&self) -> &str {
        self.settings.get("OPENAI_API_KEY").unwrap_or(&self.token)
    }

    fn extension(&self) -> &str {
        self.before.extension().and_then(|extension| extension.to_str()).unwrap()
    }
}

/// The program as the fix makes it of the one before. The manifest of the environment lies beside it.
fn after_file(case: &Case, place: &Workplace) -> String {
    let before = fs::read_to_string(case.before()).unwrap();
    let program = place.write(&case.before, &before);
    let level = match case.level.as_str() {
        level @ ("safe" | "unsafe") => vec!["--level", level],
        target => vec!["--level", "unsafe", "--target", target],
    };
    let done = Command::new(env!("CARGO_BIN_EXE_unmoor"))
        .current_dir(place.folder())
        .args(["fix", "--no-config", "--quiet", "--write"])
        .args(level)
        .arg(".")
        .output()
        .unwrap();
    assert!(done.status.success(), "unmoor fix: {}", String::from_utf8_lossy(&done.stderr));
    let after = fs::read_to_string(&program).unwrap();
    assert_eq!(case.unchanged, after == before, "{}: unmoor fix made\n{after}", case.before.display());
    fs::write(program, before).unwrap();
    after
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> Vec<Case> {
    #[derive(Deserialize)]
    struct Cases {
        case: Vec<Case>,
    }
    let text = fs::read_to_string(root().join("tests/wire/cases.toml")).unwrap();
    toml::from_str::<Cases>(&text).unwrap_or_else(|error| panic!("tests/wire/cases.toml: {error}")).case
}

/// The folder of the environments.
fn environments() -> Option<PathBuf> {
    let folder = std::env::var_os("UNMOOR_EXTRAS").map(|extras| PathBuf::from(extras).join("wire"));
    if folder.is_none() {
        assert!(std::env::var_os("CI").is_none(), "the SDKs are missing; run scripts/test.sh");
        eprintln!("SKIPPED: the SDKs are not installed; scripts/test.sh installs them and runs this test");
    }
    folder
}

/// The server's certificate and its key.
fn certificate(folder: &Path) -> PathBuf {
    folder.join("loopback.pem")
}

#[test]
fn rewritten_programs_send_the_same() {
    let Some(folder) = environments() else { return };
    let cases = cases();
    let only = std::env::var("WIRE_ONLY").unwrap_or_default();
    let runs: Vec<(&Case, &String)> = cases
        .iter()
        .flat_map(|case| case.environments.iter().map(move |environment| (case, environment)))
        .filter(|(case, _)| case.before.to_str().unwrap().contains(&only))
        .collect();
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let server = Server::start(&certificate(&folder));
                while let Some((case, environment)) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let faults = compare(case, &folder, environment, &server);
                    if !faults.is_empty() {
                        let file = case.before.display();
                        let heading = format!("## {}\n{file}, level {}, {environment}", case.name, case.level);
                        failures.lock().unwrap().push(format!("{heading}\n{}\n", faults.join("\n")));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} runs differ\n\n{}", failures.len(), runs.len(), failures.join("\n"));
}

/// What differs between the programs before and after the change, beyond what the case says.
fn compare(case: &Case, folder: &Path, environment: &str, server: &Server) -> Vec<String> {
    let place = Workplace::new(folder, environment);
    let source = fs::read_to_string(case.before()).unwrap();
    let before = place.write(&case.before, &source);
    let changed = after_file(case, &place);
    if case.unchanged {
        return if changed == source { Vec::new() } else { vec!["the file was changed".to_owned()] };
    }
    let mut sent = Vec::new();
    let mut shown = Vec::new();
    for (side, path) in [(Side::Before, before), (Side::After, place.write(&after_name(case), &changed))] {
        match run(&place, &path, &case.variables(side, folder, server)) {
            Ok(output) => shown.push(output),
            Err(fault) => {
                let sent: Vec<String> = server.take().into_iter().map(|request| request.line).collect();
                return vec![format!(
                    "{side:?} the change the program fails:\n{fault}\nsent:\n  {}",
                    sent.join("\n  ")
                )];
            }
        }
        sent.push(server.take());
        if case.parallel {
            sent.last_mut().unwrap().sort_by_key(|request| (request.line.clone(), request.body.to_string()));
        }
    }
    let mut faults = Vec::new();
    if shown[0] != shown[1] {
        faults.push(format!("printed before:\n{}\nprinted after:\n{}", shown[0], shown[1]));
    }
    faults.extend(differences(case, &sent[0], &sent[1]));
    faults
}

fn after_name(case: &Case) -> PathBuf {
    case.before.with_extension(format!("{}.{}", case.level, case.extension()))
}

/// How the requests differ from each other and from those the case states.
fn differences(case: &Case, before: &[Recorded], after: &[Recorded]) -> Vec<String> {
    let mut faults = Vec::new();
    let stated_before: Vec<&str> = case.requests.iter().map(|request| request.before.as_str()).collect();
    let stated_after: Vec<&str> = case.requests.iter().map(|request| request.after.as_str()).collect();
    for (side, stated, sent) in [("before", stated_before, before), ("after", stated_after, after)] {
        let sent: Vec<&str> = sent.iter().map(|request| request.line.as_str()).collect();
        if stated != sent {
            faults.push(format!("{side}, stated:\n  {}\n{side}, sent:\n  {}", stated.join("\n  "), sent.join("\n  ")));
        }
    }
    for ((stated, before), after) in case.requests.iter().zip(before).zip(after) {
        let mut wanted = before.body.clone();
        if let Value::Object(wanted) = &mut wanted {
            wanted.extend(stated.model.iter().map(|model| ("model".to_owned(), Value::from(model.as_str()))));
            wanted.extend(stated.adds.clone());
            wanted.retain(|name, _| !stated.drops.contains(name));
        }
        let mut unlike = Vec::new();
        unlike_parts("body", &wanted, &after.body, &mut unlike);
        if before.header("authorization") != format!("Bearer {}", case.token) && before.header("api-key") != case.token
        {
            unlike.push(format!("key before: {} / {}", before.header("authorization"), before.header("api-key")));
        }
        let bearer = format!("Bearer {}", case.token_after());
        if after.header("authorization") != bearer {
            unlike.push(format!("authorization after: {:?}, not {bearer:?}", after.header("authorization")));
        }
        if after.headers.contains_key("api-key") {
            unlike.push("api-key is still sent".to_owned());
        }
        faults.extend(unlike.into_iter().map(|fault| format!("{}: {fault}", after.line)));
    }
    faults
}

/// Where two JSON values differ, one line for each place.
fn unlike_parts(path: &str, wanted: &Value, found: &Value, faults: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for key in wanted.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
                let path = format!("{path}.{key}");
                match (wanted.get(key), found.get(key)) {
                    (Some(wanted), Some(found)) => unlike_parts(&path, wanted, found, faults),
                    (None, found) => faults.push(format!("{path} is new: {}", found.unwrap_or(&Value::Null))),
                    (wanted, None) => faults.push(format!("{path} is gone: {}", wanted.unwrap_or(&Value::Null))),
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                unlike_parts(&format!("{path}[{index}]"), wanted, found, faults);
            }
        }
        _ if wanted == found => {}
        _ => faults.push(format!("{path} is {found}, not {wanted}")),
    }
}

#[test]
fn every_safe_change_is_proven() {
    let proven: BTreeSet<String> = cases().into_iter().flat_map(|case| case.proves).collect();
    let set = load::built_in().expect("the built-in rules load");
    let id = |name: &str| format!("azure-openai/{name}");
    let rules: BTreeMap<&str, FixLevel> =
        set.rules.iter().map(|rule| (rule.id.as_str(), rule.file.fix.level)).collect();
    let unknown: Vec<&String> = proven.iter().filter(|name| !rules.contains_key(id(name).as_str())).collect();
    assert!(unknown.is_empty(), "cases prove rules that do not exist: {unknown:?}");
    let safe = rules.iter().filter(|(_, level)| **level == FixLevel::Safe);
    let unproven: Vec<&str> =
        safe.map(|(rule, _)| *rule).filter(|rule| !proven.iter().any(|name| id(name) == *rule)).collect();
    assert!(unproven.is_empty(), "rules with a safe fix and no case in tests/wire/cases.toml: {unproven:?}");
}

/// Writes the programs of an environment before and after the change, side by side.
fn write_all(folder: &Path, environment: &str, extension: &str) -> (Workplace, Vec<(PathBuf, PathBuf)>) {
    let place = Workplace::new(folder, environment);
    let mut written = Vec::new();
    for case in cases() {
        let elsewhere = !case.environments.iter().any(|name| name == environment);
        if case.unchanged || elsewhere || case.extension() != extension {
            continue;
        }
        let before = place.write(&case.before, &fs::read_to_string(case.before()).unwrap());
        let after = place.write(&after_name(&case), &after_file(&case, &place));
        written.push((before, after));
    }
    (place, written)
}

fn names(kind: &str) -> BTreeSet<String> {
    let of_kind = |name: &String| name.starts_with(&format!("{kind}/"));
    cases().into_iter().flat_map(|case| case.environments).filter(of_kind).collect()
}

/// The messages of errors by file and kind. Their texts name types, which may change with the class.
fn type_errors(report: &Value) -> BTreeMap<PathBuf, BTreeMap<&str, Vec<&str>>> {
    let mut errors: BTreeMap<PathBuf, BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    for entry in report["generalDiagnostics"].as_array().unwrap() {
        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        if text("severity") == "error" {
            let kinds = errors.entry(PathBuf::from(text("file"))).or_default();
            kinds.entry(text("rule")).or_default().push(text("message"));
        }
    }
    errors
}

#[test]
fn rewritten_python_compiles_and_has_no_new_type_errors() {
    let Some(folder) = environments() else { return };
    for environment in names("python") {
        let (place, written) = write_all(&folder, &environment, "py");
        let python = place.packages.join("bin/python");
        let after = written.iter().map(|(_, after)| after);
        let compiled = Command::new(&python).args(["-m", "py_compile"]).args(after).output().unwrap();
        assert!(compiled.status.success(), "{environment}: {}", String::from_utf8_lossy(&compiled.stderr));

        let pyright = folder.join("node/tools/node_modules/.bin/pyright");
        let output = Command::new(pyright)
            .args(["--outputjson", "--pythonpath"])
            .arg(&python)
            .arg(place.folder())
            .output()
            .expect("pyright runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("pyright reports in JSON");
        assert!(report["summary"]["filesAnalyzed"].as_u64().unwrap() >= 2 * written.len() as u64, "{report:#}");
        let errors = type_errors(&report);
        for (before, after) in &written {
            for (kind, messages) in errors.get(after).into_iter().flatten() {
                let known = errors.get(before).and_then(|kinds| kinds.get(kind)).map_or(0, Vec::len);
                assert!(messages.len() <= known, "{environment}: {} has new errors: {messages:#?}", after.display());
            }
        }
    }
}

#[test]
fn rewritten_typescript_has_no_type_errors() {
    let Some(folder) = environments() else { return };
    let tools = folder.join("node/tools/node_modules");
    for environment in names("node") {
        let (place, written) = write_all(&folder, &environment, "ts");
        if written.is_empty() {
            continue;
        }
        let output = Command::new(tools.join(".bin/tsc"))
            .args(["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext"])
            .args(["--moduleResolution", "bundler", "--types", "node", "--typeRoots"])
            .arg(tools.join("@types"))
            .args(written.iter().flat_map(|(before, after)| [before, after]))
            .current_dir(place.folder())
            .output()
            .expect("tsc runs");
        assert!(output.status.success(), "{environment}:\n{}", String::from_utf8_lossy(&output.stdout));
    }
}
