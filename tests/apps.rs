//! The applications in `fixtures/apps`: `tests/apps/NAME.yaml` says which units there are, and nothing else may be found.
//!
//! What is written there is what reading the code says, by these rules:
//!
//! - A unit lies at the line of what is called to make it, of the type that declares it, of the store that sets the
//!   module's type to the vendor's, or of the call that sends the request.
//! - Its settings are the environment variables whose values flow into making it, wherever they are read; a variable that
//!   only decides whether it is made is none, and neither is one that only names the deployment of a call.
//! - Its deployments are the names that reach it or its calls; `$` marks a variable that holds one.
//! - A call is listed under each unit that can reach it. Parts that give the same client (`with_options`) are not in its
//!   method. Of a request the method is what sends it.
//! - `*` stands for what is left open: the deployment of a call that gets it from whoever calls the function around it, the
//!   API of a call that depends on versions that no manifest tells.
//! - Test doubles, portable clients and other SDKs belong to no unit.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use unmoor::{
    finding::Location,
    migrate::assess::{Assessment, VerdictCounts},
    rules::load,
    scan::{Scan, ScanOptions, Scanner},
    unit::{Call, DeploymentUse, Unit},
};

/// The folder of the files that say what is true of applications, for messages too.
const EXPECTED: &str = "tests/apps";
/// Stands for a word that reading the code leaves open.
const ANY: &str = "*";

/// What is true of an application.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    units: Vec<ExpectedUnit>,
    /// By target: its calls by verdict.
    #[serde(default)]
    verdicts: BTreeMap<String, VerdictCounts>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedUnit {
    at: String,
    symbol: String,
    kind: String,
    settings: BTreeSet<String>,
    deployments: BTreeSet<String>,
    calls: Vec<ExpectedCall>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedCall {
    at: String,
    api: String,
    method: String,
    needs: BTreeSet<String>,
    #[serde(default)]
    deployment: Option<String>,
}

/// All that is wrong, in the order found.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn add(&mut self, at: &str, message: impl fmt::Display) {
        self.0.push(format!("{at}: {message}"));
    }

    /// Compares two words; [`ANY`] leaves it open.
    fn same(&mut self, at: &str, what: &str, expected: &str, found: &str) {
        if expected != found && expected != ANY {
            self.add(at, format_args!("the {what} is `{found}`, not `{expected}`"));
        }
    }

    /// Compares two sets of names.
    fn names(&mut self, at: &str, what: &str, expected: &BTreeSet<String>, found: &BTreeSet<String>) {
        for name in expected.difference(found) {
            self.add(at, format_args!("{what} `{name}` is missing"));
        }
        for name in found.difference(expected) {
            self.add(at, format_args!("{what} `{name}` is not expected"));
        }
    }

    /// Pairs what is expected with what is found, by key. Tells what has no partner, and what is there twice.
    fn pairs<'a, E, F>(
        &mut self,
        what: &str,
        expected: Vec<(String, &'a E)>,
        found: Vec<(String, &'a F)>,
    ) -> Vec<(&'a E, &'a F)> {
        let mut left = BTreeMap::new();
        for (key, item) in found {
            if left.insert(key.clone(), item).is_some() {
                self.add(&key, format_args!("{what} is found twice"));
            }
        }
        let mut pairs = Vec::new();
        for (key, item) in expected {
            match left.remove(&key) {
                Some(found) => pairs.push((item, found)),
                None => self.add(&key, format_args!("{what} is missing")),
            }
        }
        for key in left.into_keys() {
            self.add(&key, format_args!("{what} is not expected"));
        }
        pairs
    }

    fn units(&mut self, expected: &[ExpectedUnit], found: &[Unit], app: &Path) {
        let wanted = expected.iter().map(|unit| (unit.at.clone(), unit)).collect();
        let units = found.iter().map(|unit| (place(&unit.location, app), unit)).collect();
        for (wanted, unit) in self.pairs("the unit", wanted, units) {
            self.unit(wanted, unit, app);
        }
    }

    fn unit(&mut self, expected: &ExpectedUnit, found: &Unit, app: &Path) {
        let at = &expected.at;
        self.same(at, "kind", &expected.kind, &word(found.kind));
        self.same(at, "symbol", &expected.symbol, found.symbol.as_deref().unwrap_or_default());
        let settings = found.settings.iter().map(|setting| setting.name.clone()).collect();
        self.names(at, "setting", &expected.settings, &settings);
        self.names(at, "deployment", &expected.deployments, &found.deployments.iter().map(deployment).collect());

        let key = |call: &str, method: &str| format!("{call}: {method}");
        let wanted = expected.calls.iter().map(|call| (key(&call.at, &call.method), call)).collect();
        let calls = found.calls.iter().map(|call| (key(&place(&call.location, app), &call.method), call)).collect();
        for (wanted, call) in self.pairs(&format!("the call on the unit at {at}"), wanted, calls) {
            self.call(wanted, call);
        }
    }

    fn call(&mut self, expected: &ExpectedCall, found: &Call) {
        let at = &expected.at;
        self.same(at, "API", &expected.api, &found.api);
        self.names(at, "need", &expected.needs, &found.needs.iter().cloned().collect());
        let named = found.deployment.as_ref().map(deployment);
        self.same(
            at,
            "deployment",
            expected.deployment.as_deref().unwrap_or("none"),
            named.as_deref().unwrap_or("none"),
        );
    }

    fn assert_none(self) {
        assert!(self.0.is_empty(), "{} differences:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// A place by path and line, with the path relative to the application.
fn place(location: &Location, app: &Path) -> String {
    format!("{}:{}", relative(&location.path, app), location.start.line)
}

fn relative(path: &str, app: &Path) -> String {
    let path = Path::new(path);
    let path = path.strip_prefix(app).unwrap_or(path).to_string_lossy().replace('\\', "/");
    path.trim_start_matches("./").to_owned()
}

fn deployment(used: &DeploymentUse) -> String {
    format!("{}{}", if used.variable { "$" } else { "" }, used.name)
}

/// A value as it is serialised.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

fn apps_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps")
}

/// The applications with what is true of them, by name.
fn apps() -> Vec<(PathBuf, Expected)> {
    let mut folders: Vec<PathBuf> = fs::read_dir(apps_folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let name = folder.file_name().unwrap().to_string_lossy();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXPECTED).join(format!("{name}.yaml"));
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let expected = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        (folder, expected)
    };
    folders.into_iter().map(read).collect()
}

fn scan(folder: &Path, threads: usize) -> Scan {
    let mut options = ScanOptions::of_any_file();
    options.walk.threads = threads;
    Scanner::new(load::built_in().unwrap()).scan(&[folder.to_owned()], &options).unwrap()
}

/// The units that the command finds, with paths relative to the application.
fn units_by_command(directory: &Path, path: &Path, app: &Path) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_unmoor"))
        .current_dir(directory)
        .args(["scan", "--no-config", "-q", "--format", "json"])
        .arg(path)
        .output()
        .unwrap();
    let report = serde_json::from_slice::<Value>(&output.stdout);
    let mut report = report.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let mut units = report["units"].take();
    shorten(&mut units, app);
    units
}

/// Makes all paths in a value relative to the application.
fn shorten(value: &mut Value, app: &Path) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                match value {
                    Value::String(path) if name == "path" => *path = relative(path, app),
                    _ => shorten(value, app),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, app)),
        _ => {}
    }
}

/// Compares one application with what is true of it.
fn check(name: &str) {
    let (folder, expected) = apps().into_iter().find(|(folder, _)| folder.ends_with(name)).unwrap();
    let mut wrong = Wrong::default();
    wrong.units(&expected.units, &scan(&folder, 0).units, &folder);
    let found = verdicts(&folder, &expected.verdicts.keys().map(String::as_str).collect::<Vec<_>>());
    for (target, counts) in &expected.verdicts {
        if found.get(target) != Some(counts) {
            wrong.add(EXPECTED, format_args!("the verdicts for {target} are {:?}", found.get(target)));
        }
    }
    wrong.assert_none();
}

/// The calls of an application by verdict, for each of the targets.
fn verdicts(folder: &Path, targets: &[&str]) -> BTreeMap<String, VerdictCounts> {
    assert!(!targets.is_empty(), "{}: no verdicts are expected", folder.display());
    let output = Command::new(env!("CARGO_BIN_EXE_unmoor"))
        .args(["report", ".", "--no-config", "--format", "json", "--target", &targets.join(",")])
        .current_dir(folder)
        .output()
        .unwrap();
    let report: Assessment = serde_json::from_slice(&output.stdout).unwrap();
    report.targets.into_iter().map(|target| (target.id, target.calls)).collect()
}

/// So that no application is left out below.
const NAMES: &[&str] = &["helpdesk", "meeting-notes", "odd-imports", "storefront", "ticket-triage"];

#[test]
fn every_application_is_checked() {
    let names: Vec<String> =
        apps().iter().map(|(folder, _)| folder.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, NAMES);
}

/// A mistyped line would otherwise pass for a miss of the scan.
#[test]
fn expected_places_are_places_in_the_code() {
    let mut wrong = Wrong::default();
    for (folder, expected) in apps() {
        for unit in &expected.units {
            let sign = match unit.kind.as_str() {
                "client" | "request" => '(',
                "declared" => ':',
                "module" => '=',
                other => panic!("{}: there is no kind `{other}`", unit.at),
            };
            let line = line_at(&folder, &unit.at);
            if !line.contains(sign) {
                wrong.add(&unit.at, format_args!("`{line}` makes no unit of the kind `{}`", unit.kind));
            }
            for call in &unit.calls {
                let method = call.method.rsplit('.').next().unwrap_or_default();
                let line = line_at(&folder, &call.at);
                if !line.contains(method) {
                    wrong.add(&call.at, format_args!("`{line}` does not call `{method}`"));
                }
            }
        }
    }
    wrong.assert_none();
}

fn line_at(folder: &Path, at: &str) -> String {
    let (path, line) = at.rsplit_once(':').unwrap_or_else(|| panic!("{at} is no place"));
    let text = fs::read_to_string(folder.join(path)).unwrap_or_else(|error| panic!("{at}: {error}"));
    let line = text.lines().nth(line.parse::<usize>().unwrap() - 1).unwrap_or_else(|| panic!("{at} is beyond the end"));
    line.trim().to_owned()
}

const TWO_UNITS: &str = r"
units:
  - at: a.py:1
    symbol: openai.AzureOpenAI
    kind: client
    settings: [KEY]
    deployments: [$CHAT]
    calls:
      - {at: 'b.py:2', api: files, method: files.create, needs: []}
      - {at: 'b.py:3', api: responses, method: responses.create, needs: [tools], deployment: $CHAT}
  - {at: 'a.py:9', symbol: openai, kind: module, settings: [], deployments: [], calls: []}
";

fn location(path: &str, line: u32) -> Value {
    let point = json!({"line": line, "column": 1, "column_utf16": 1, "byte": 0});
    json!({"path": format!("app/{path}"), "start": point, "end": point})
}

fn call(path: &str, line: u32, method: &str, more: &Value) -> Value {
    let api = method.split('.').next();
    let mut call = json!({"api": api, "method": method, "location": location(path, line), "parameters": [], "needs": [],
        "chain": []});
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call
}

fn unit(path: &str, line: u32, more: &Value) -> Unit {
    let mut unit = json!({"id": "unit-1", "kind": "client", "symbol": "openai.AzureOpenAI", "local": "AzureOpenAI",
        "location": location(path, line), "settings": [{"name": "KEY", "location": location(path, 5)}],
        "deployments": [{"name": "CHAT", "variable": true}], "calls": []});
    unit.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(unit).unwrap()
}

/// The differences of some units from [`TWO_UNITS`].
fn differences(found: &[Unit]) -> Vec<String> {
    let expected: Expected = serde_saphyr::from_str(TWO_UNITS).unwrap();
    let mut wrong = Wrong::default();
    wrong.units(&expected.units, found, Path::new("app"));
    wrong.0
}

#[test]
fn the_comparison_finds_no_difference_where_there_is_none() {
    let tools = json!({"needs": ["tools"], "deployment": {"name": "CHAT", "variable": true}});
    let calls = [call("b.py", 2, "files.create", &json!({})), call("b.py", 3, "responses.create", &tools)];
    let module = json!({"kind": "module", "symbol": "openai", "settings": [], "deployments": []});
    let found = [unit("a.py", 1, &json!({ "calls": calls })), unit("a.py", 9, &module)];
    assert_eq!(differences(&found), Vec::<String>::new());
}

#[test]
fn the_comparison_tells_every_difference() {
    let streaming = json!({"api": "other", "needs": ["streaming"], "deployment": {"name": "CHAT", "variable": false}});
    let file = call("b.py", 4, "files.create", &json!({}));
    let calls = [call("b.py", 3, "responses.create", &streaming), file.clone(), file];
    let wrong = json!({"kind": "declared", "symbol": "openai.OpenAI", "settings": [], "calls": calls,
        "deployments": [{"name": "CHAT", "variable": false}]});
    assert_eq!(
        differences(&[unit("a.py", 1, &wrong), unit("c.py", 1, &json!({}))]),
        [
            "a.py:9: the unit is missing",
            "c.py:1: the unit is not expected",
            "a.py:1: the kind is `declared`, not `client`",
            "a.py:1: the symbol is `openai.OpenAI`, not `openai.AzureOpenAI`",
            "a.py:1: setting `KEY` is missing",
            "a.py:1: deployment `$CHAT` is missing",
            "a.py:1: deployment `CHAT` is not expected",
            "b.py:4: files.create: the call on the unit at a.py:1 is found twice",
            "b.py:2: files.create: the call on the unit at a.py:1 is missing",
            "b.py:4: files.create: the call on the unit at a.py:1 is not expected",
            "b.py:3: the API is `other`, not `responses`",
            "b.py:3: need `tools` is missing",
            "b.py:3: need `streaming` is not expected",
            "b.py:3: the deployment is `CHAT`, not `$CHAT`",
        ]
    );
}

#[test]
fn helpdesk() {
    check("helpdesk");
}

#[test]
fn a_mixed_repository() {
    check("meeting-notes");
}

#[test]
fn imports_that_go_in_circles_or_nowhere() {
    check("odd-imports");
}

#[test]
fn a_typescript_monorepo() {
    check("storefront");
}

#[test]
fn a_python_package() {
    check("ticket-triage");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    for (folder, _) in apps() {
        let [one, four] = [1, 4].map(|threads| serde_json::to_string_pretty(&scan(&folder, threads)).unwrap());
        assert!(one == four, "{}", folder.display());
    }
}

#[test]
fn where_the_scan_is_started_changes_no_unit() {
    let elsewhere = tempfile::tempdir().unwrap();
    for (folder, expected) in apps() {
        let name = Path::new(folder.file_name().unwrap());
        let inside = units_by_command(&folder, Path::new("."), Path::new(""));
        let above = units_by_command(&apps_folder(), name, name);
        let far = units_by_command(elsewhere.path(), &folder, &folder);
        assert_eq!(inside, above, "{name:?}");
        assert_eq!(inside, far, "{name:?}");
        assert_eq!(inside.as_array().unwrap().len(), expected.units.len(), "{name:?}");
    }
}

/// A directory to be scanned.
struct Tree(TempDir);

impl Tree {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn add(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The only unit.
    fn unit(&self) -> Unit {
        let mut units = scan(self.path(), 0).units;
        let places: Vec<String> = units.iter().map(|unit| place(&unit.location, self.path())).collect();
        assert_eq!(places.len(), 1, "{places:?}");
        units.remove(0)
    }

    /// Where the calls on the only unit are.
    fn calls(&self) -> Vec<String> {
        self.unit().calls.iter().map(|call| place(&call.location, self.path())).collect()
    }
}

const PYTHON_CLIENT: &str = r#"from openai import AzureOpenAI

client = AzureOpenAI(azure_endpoint="https://shared.openai.azure.com", api_version="2024-10-21")
"#;
const SCRIPT_CLIENT: &str = r#"import { AzureOpenAI } from "openai";

export const client = new AzureOpenAI({ endpoint: "https://shared.openai.azure.com", apiVersion: "2024-10-21" });
"#;

#[cfg(unix)]
fn link(to: &str, from: &Path) {
    fs::create_dir_all(from.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(to, from).unwrap();
}

#[cfg(unix)]
#[test]
fn a_linked_python_package_is_the_one_that_it_leads_to() {
    let tree = Tree::new();
    tree.add("libraries/llm/__init__.py", "from .clients import client\n");
    tree.add("libraries/llm/clients.py", PYTHON_CLIENT);
    tree.add("service/app.py", "from llm import client\n\nprint(client.models.list())\n");
    link("../libraries/llm", &tree.path().join("service/llm"));
    assert_eq!(tree.calls(), ["service/app.py:3"]);
}

/// As package managers lay out a workspace, here without a manifest that says which packages belong to it.
#[cfg(unix)]
#[test]
fn a_linked_npm_package_is_the_one_that_it_leads_to() {
    let tree = Tree::new();
    tree.add("packages/llm/package.json", r#"{"name": "@acme/llm", "version": "1.0.0", "main": "index.ts"}"#);
    tree.add("packages/llm/index.ts", SCRIPT_CLIENT);
    tree.add("app/package.json", r#"{"name": "app", "dependencies": {"@acme/llm": "*"}}"#);
    tree.add("app/main.ts", "import { client } from \"@acme/llm\";\n\nconsole.log(await client.models.list());\n");
    link("../../../packages/llm", &tree.path().join("app/node_modules/@acme/llm"));
    assert_eq!(tree.calls(), ["app/main.ts:3"]);
}

#[cfg(unix)]
#[test]
fn links_that_go_in_a_circle_end() {
    let tree = Tree::new();
    tree.add("llm/__init__.py", PYTHON_CLIENT);
    tree.add("app.py", "from llm.llm.llm import client\n\nprint(client.models.list())\n");
    tree.add("plain.py", "from llm import client\n\nprint(client.models.list())\n");
    link(".", &tree.path().join("llm/llm"));
    // Python would run `app.py`; whether such a path is followed is open, but what is certain is found, and once.
    let calls = tree.calls();
    assert!(calls == ["plain.py:3"] || calls == ["app.py:3", "plain.py:3"], "{calls:?}");
}

/// The way of template methods: the base asks, what derives from it says whom.
#[test]
fn a_base_class_uses_the_client_that_a_derived_class_stores() {
    let tree = Tree::new();
    tree.add("llm/__init__.py", "");
    tree.add(
        "llm/base.py",
        "class Base:\n    def ask(self):\n        return self.client.models.list()\n\n    def other(self):\n        \
         return self.server.models.list()\n",
    );
    tree.add(
        "llm/hosted.py",
        "from openai import AzureOpenAI\n\nfrom .base import Base\n\n\nclass Hosted(Base):\n    def __init__(self):\n        \
         self.client = AzureOpenAI(azure_endpoint=\"https://here.openai.azure.com\", api_version=\"2024-10-21\")\n",
    );
    assert_eq!(tree.calls(), ["llm/base.py:3"]);
}

/// A key in the place of a deployment's name is not shown as one.
#[test]
fn a_key_is_no_deployment() {
    let tree = Tree::new();
    let key = format!("sk-{}", "0123456789abcdef".repeat(2));
    tree.add("clients.py", PYTHON_CLIENT);
    tree.add(
        "app.py",
        &format!("from clients import client\n\n\ndef ask(llm, name):\n    return llm.responses.create(model=name)\n\n\nask(client, \"{key}\")\nclient.responses.create(model=\"{key}\")\n"),
    );
    assert_eq!(tree.calls().len(), 2);
    let scan = serde_json::to_string(&scan(tree.path(), 0)).unwrap();
    assert!(!scan.contains(&key), "{scan}");
}

/// The numbers of the files in which a call is found, where each file has one.
fn numbers(unit: &Unit, before: &str) -> BTreeSet<usize> {
    let number = |call: &Call| {
        let name = Path::new(&call.location.path).file_stem().unwrap().to_str().unwrap().to_owned();
        name.strip_prefix(before).unwrap().parse().unwrap()
    };
    unit.calls.iter().map(number).collect()
}

#[test]
fn ten_thousand_modules_can_share_a_client() {
    const MODULES: usize = 10_000;
    let tree = Tree::new();
    tree.add("app/__init__.py", "");
    tree.add("app/clients.py", PYTHON_CLIENT);
    for number in 0..MODULES {
        let text = format!("from .clients import client as llm\n\n\ndef f{number}():\n    return llm.models.list()\n");
        tree.add(&format!("app/m{number}.py"), &text);
    }
    let unit = tree.unit();
    assert_eq!(unit.calls.len(), MODULES);
    assert_eq!(numbers(&unit, "m").len(), MODULES);
}

#[test]
fn thousands_of_scripts_can_share_a_client_through_a_barrel() {
    const MODULES: usize = 2_000;
    let tree = Tree::new();
    tree.add("src/clients.ts", SCRIPT_CLIENT);
    tree.add("src/index.ts", "export * from \"./clients\";\n");
    for number in 0..MODULES {
        let text = format!("import {{ client }} from \".\";\n\nexport const f{number} = () => client.models.list();\n");
        tree.add(&format!("src/m{number}.ts"), &text);
    }
    let unit = tree.unit();
    assert_eq!(unit.calls.len(), MODULES);
    assert_eq!(numbers(&unit, "m").len(), MODULES);
}

/// A chain of modules, each of which imports the client from the one before.
#[test]
fn a_client_can_come_a_long_way() {
    const STEPS: usize = 300;
    let tree = Tree::new();
    tree.add("m0.py", PYTHON_CLIENT);
    for number in 1..=STEPS {
        tree.add(&format!("m{number}.py"), &format!("from m{} import client\n", number - 1));
    }
    tree.add("app.py", &format!("from m{STEPS} import client\n\nprint(client.models.list())\n"));
    assert_eq!(tree.calls(), ["app.py:3"]);
}
