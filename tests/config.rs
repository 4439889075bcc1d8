//! Settings files: what is read is what the published schema takes, files extend files, and what is set has its effect.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use unmoor::config::{self, keys};

struct Ran {
    code: i32,
    out: String,
    err: String,
}

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        fs::create_dir(tree.0.path().join(".git")).unwrap();
        for (name, text) in files {
            tree.write(name, text);
        }
        tree
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unmoor"));
        for name in ["UNMOOR_FORMAT", "UNMOOR_CONFIG", "UNMOOR_NO_CONFIG", "UNMOOR_MIN_SEVERITY"] {
            command.env_remove(name);
        }
        let output = command.args(arguments).current_dir(self.0.path().join(folder)).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What a scan reports, as `path:line rule`.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        let ran = self.run(&[&["scan", "--format", "json", "-q"], arguments].concat());
        let scan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.err));
        let line = |finding: &Value| {
            let rule = finding["rule"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            let place = &finding["location"];
            format!("{}:{} {rule}", place["path"].as_str().unwrap(), place["start"]["line"])
        };
        scan["findings"].as_array().unwrap().iter().map(line).collect()
    }

    fn told(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains("help:"), "{}", ran.err);
        ran.err
    }
}

const CLIENT: &str = "from openai import AzureOpenAI\nclient = AzureOpenAI(api_version=\"2024-10-21\")\n";

/// Documents with whether they are sound.
const DOCUMENTS: &[(&str, bool)] = &[
    ("", true),
    ("select = ['client']\nignore = []\nexclude = ['a']\ninclude = ['b']\nextend-ignore = ['auth']\n", true),
    ("extend-exclude = ['x']\nformat = 'json'\nmin-severity = 'note'\nrules = []\ntargets = ['openai']\n", true),
    ("baseline = 'b.txt'\nfail-on = 'any'\nfail-severity = 'error'\n", true),
    (
        "[models]\nchat = ''\n'gpt-4.1' = 'x'\n[portable]\nkey = '_K1'\n[fix]\nlevel = 'unsafe'\nkeep-key-header = true\n",
        true,
    ),
    (
        "[[per-path]]\npaths = ['a']\nselect = ['client']\nmin-severity = 'error'\n[symbols]\n'a.B' = 'openai.AzureOpenAI'\n",
        true,
    ),
    ("selct = []\n", false),
    ("select = 'client'\n", false),
    ("select = [1]\n", false),
    ("min-severity = 'high'\n", false),
    ("fail-on = 'all'\n", false),
    ("fail-on = true\n", false),
    ("fail-severity = 'low'\n", false),
    ("baseline = ['x']\n", false),
    ("extend = 3\n", false),
    ("targets = 'openai'\n", false),
    ("[portable]\nkey = 'A-B'\n", false),
    ("[portable]\nurl = 'A'\n", false),
    ("[fix]\nlevel = 'manual'\n", false),
    ("[fix]\nkeep-key-header = 'yes'\n", false),
    ("[models]\nchat = 3\n", false),
    ("[symbols]\n'a.B' = 3\n", false),
    ("[[per-path]]\nignore = ['auth']\n", false),
    ("[[per-path]]\npaths = ['a']\nlevel = 1\n", false),
    ("per-path = 'a'\n", false),
    ("[[per-path]]\npaths = []\n", false),
    ("[[per-path]]\npaths = [' ']\n", false),
    ("[symbols]\nB = 'openai.AzureOpenAI'\n", false),
    ("[symbols]\n'a b.C' = 'openai.AzureOpenAI'\n", false),
    ("[symbols]\n'a..B' = 'openai.AzureOpenAI'\n", false),
    ("[symbols]\n'@acme/llm.B' = 'openai.AzureOpenAI'\n", true),
    ("[models]\n' ' = 'x'\n", false),
];

#[test]
fn the_schema_takes_what_the_program_takes() {
    let schema = jsonschema::validator_for(&keys::schema()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (text, sound) in DOCUMENTS {
        let file = folder.path().join("unmoor.toml");
        fs::write(&file, text).unwrap();
        let read = config::load(&file, folder.path());
        assert_eq!(read.is_ok(), *sound, "{text}: {read:?}");
        let document: toml::Value = toml::from_str(text).unwrap();
        assert_eq!(schema.is_valid(&serde_json::to_value(document).unwrap()), *sound, "{text}");
    }
}

#[test]
fn every_key_is_read_and_documented() {
    let docs = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap();
    let mut examples = String::new();
    for block in docs.split("```toml\n").skip(1) {
        let (text, _) = block.split_once("```").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/unmoor.toml");
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::create_dir(folder.path().join("shared")).unwrap();
        fs::write(folder.path().join("shared/unmoor.toml"), "").unwrap();
        fs::write(&file, text).unwrap();
        config::load(&file, file.parent().unwrap()).unwrap_or_else(|errors| panic!("{text}: {errors:?}"));
        examples.push_str(text);
    }
    for name in keys::names(keys::KEYS).chain(keys::names(keys::FIX)).chain(keys::names(keys::PORTABLE)) {
        let is_there = examples.lines().any(|line| {
            line.starts_with(&format!("{name} =")) || line == format!("[{name}]") || line == format!("[[{name}]]")
        });
        assert!(is_there, "docs/configuration.md has no example of `{name}`");
    }
}

#[test]
fn nearer_settings_count_more_than_extended_ones() {
    let tree = Tree::new(&[
        ("app/a.py", CLIENT),
        ("shared/base.toml", "extend = 'deep.toml'\nignore = ['import']\nexclude = ['old']\n[fix]\nlevel = 'unsafe'\n"),
        (
            "shared/deep.toml",
            "min-severity = 'error'\nexclude = ['older']\nformat = 'json'\n[fix]\nkeep-key-header = true\n",
        ),
        (
            "unmoor.toml",
            "extend = ['shared/base.toml']\nmin-severity = 'note'\nextend-exclude = ['gen']\nextend-ignore = ['model']\nformat = 'concise'\n",
        ),
    ]);
    assert_eq!(tree.found(&[]), ["app/a.py:2 client-openai", "app/a.py:2 config-api-version"]);
    let shown = tree.run_in("app", &["config", "--format", "json"]).out;
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let setting = |key: &str| {
        let all = shown["settings"].as_array().unwrap();
        let one = all.iter().find(|one| one["key"] == key).unwrap_or_else(|| panic!("{key}: {shown:#}"));
        (one["value"].clone(), one["from"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
    };
    assert_eq!(setting("min-severity"), ("note".into(), "unmoor.toml:2:1".to_owned()));
    assert_eq!(setting("exclude").0, serde_json::json!(["old", "gen"]));
    assert_eq!(setting("ignore").0, serde_json::json!(["import", "model"]));
    assert_eq!(setting("fix.level"), ("unsafe".into(), "base.toml:5:1".to_owned()));
    assert_eq!(setting("fix.keep-key-header"), (true.into(), "deep.toml:5:1".to_owned()));
    assert_eq!(shown["files"].as_array().unwrap().len(), 3);
    let text = tree.run(&["config"]);
    assert!(text.out.contains("extends ") && text.out.contains("format"), "{}", text.out);
    assert!(tree.run(&["config", "--no-config"]).out.starts_with("no settings file"));
}

#[test]
fn what_cannot_be_extended_is_told() {
    let tree = Tree::new(&[("a.py", CLIENT), ("unmoor.toml", "\nextend = 'no.toml'\n")]);
    assert!(tree.told(&["scan"]).contains("unmoor.toml:2:10: there is no file `no.toml`"));
    tree.write("unmoor.toml", "extend = 'b.toml'\n");
    tree.write("b.toml", "extend = 'unmoor.toml'\n");
    assert!(tree.told(&["scan"]).contains("b.toml:1:10: `unmoor.toml` extends the file that it is extended by"));
    tree.write("b.toml", "select = [\n");
    assert!(tree.told(&["scan"]).contains("b.toml:"));
    fs::create_dir(tree.0.path().join("folder")).unwrap();
    tree.write("unmoor.toml", "extend = 'folder'\n");
    assert!(tree.told(&["scan"]).contains("there is no file `folder`"));
    assert!(tree.told(&["scan", "--config", "folder"]).contains("folder"));
    tree.write("pyproject.toml", "[project]\nname = 'x'\n");
    tree.write("unmoor.toml", "extend = 'pyproject.toml'\n");
    assert!(tree.told(&["scan"]).contains("unmoor.toml:1:10: `pyproject.toml` has no table [tool.unmoor]"));
    for number in 0..30 {
        tree.write(&format!("chain{number}.toml"), &format!("extend = 'chain{}.toml'\n", number + 1));
    }
    tree.write("unmoor.toml", "extend = 'chain0.toml'\n");
    assert!(tree.told(&["scan"]).contains("is the end of a chain of more than 20 files"));
    fs::create_dir_all(tree.0.path().join("inner/unmoor.toml")).unwrap();
    let inner = tree.run_in("inner", &["scan"]);
    assert!(inner.code == 2 && inner.err.contains("unmoor.toml: is a directory"), "{}", inner.err);
    fs::write(tree.0.path().join("unmoor.toml"), b"a = '\xff'\n").unwrap();
    assert!(tree.told(&["scan"]).contains("is not UTF-8 text"));
}

#[test]
fn settings_for_some_files_hold_for_those() {
    let tree = Tree::new(&[
        ("app/a.py", CLIENT),
        ("tests/a.py", CLIENT),
        ("app/deep/gen.py", CLIENT),
        (
            "unmoor.toml",
            "[[per-path]]\npaths = ['tests/**']\nselect = ['client']\n[[per-path]]\npaths = ['gen.py']\nmin-severity = 'error'\n",
        ),
    ]);
    let all = ["app/a.py:1 import-openai", "app/a.py:2 client-openai", "app/a.py:2 config-api-version"];
    assert_eq!(tree.found(&["app", "tests"]), [&all[..], &["tests/a.py:2 client-openai"]].concat());
    assert_eq!(tree.run_in("tests", &["scan", "-q", "--format", "concise"]).out.lines().count(), 1);
    tree.write("unmoor.toml", "[[per-path]]\npaths = ['a']\nselect = ['clinet']\n");
    assert!(tree.told(&["scan"]).contains("unmoor.toml:3:11: there is no rule or class `clinet`"));
    tree.write("unmoor.toml", "[[per-path]]\npaths = ['a', 'a[']\n");
    assert!(tree.told(&["scan"]).contains("unmoor.toml:2:15: `a[` is no glob: unclosed character class"));
}

#[test]
fn targets_of_reports_come_from_the_settings() {
    let tree = Tree::new(&[("a.py", CLIENT), ("unmoor.toml", "targets = ['openai']\n")]);
    let targets = |arguments: &[&str]| {
        let text = tree.run(&[&["report", "--format", "json"], arguments].concat()).out;
        serde_json::from_str::<Value>(&text).unwrap()["targets"].as_array().unwrap().len()
    };
    assert_eq!(targets(&[]), 1);
    assert!(targets(&["--no-config"]) > 3);
    tree.write("unmoor.toml", "targets = ['opneai']\n");
    let told = tree.told(&["report"]);
    assert!(told.contains("unmoor.toml:1:12: there is no target `opneai`") && told.contains("`openai`"), "{told}");
}

#[test]
fn symbols_of_ones_own_are_followed_like_the_original() {
    let python = "from acme.llm import Client\n\nclient = Client(api_version=\"2024-10-21\")\nclient.chat.completions.create(model=\"m\", messages=[], extra_body={\"data_sources\": []})\n";
    let script = "import { AzureClient as C } from \"@acme/llm\";\nconst c = new C({ apiVersion: \"2024-10-21\" });\nawait c.chat.completions.create({ model: \"m\", messages: [] });\n";
    let tree = Tree::new(&[
        ("a.py", python),
        ("a.ts", script),
        ("local.py", "from acme_local import make\nx = make(api_version=\"v\")\n"),
    ]);
    let before = tree.found(&[]);
    assert!(!before.iter().any(|one| one.contains("client-openai")), "{before:?}");
    tree.write(
        "unmoor.toml",
        "[symbols]\n\"acme.llm.Client\" = \"openai.AzureOpenAI\"\n\"@acme/llm.AzureClient\" = \"openai.AzureOpenAI\"\n",
    );
    let found = tree.found(&[]);
    for expected in [
        "a.py:1 import-openai",
        "a.py:3 client-openai",
        "a.py:3 config-api-version",
        "a.ts:1 import-openai",
        "a.ts:2 client-openai",
        "a.ts:2 config-openai-arguments",
    ] {
        assert!(found.iter().any(|one| one == expected), "{expected}: {found:?}");
    }
    let json = tree.run(&["scan", "-q", "--format", "json"]).out;
    let units = serde_json::from_str::<Value>(&json).unwrap()["units"].clone();
    let calls = units.as_array().unwrap().iter().map(|unit| unit["calls"].as_array().unwrap().len()).sum::<usize>();
    assert_eq!(calls, 2, "{units:#}");
    let fixed = tree.run(&["fix"]);
    assert_eq!((fixed.code, fixed.out.contains("Client")), (0, false), "{}", fixed.out);
    let sarif = tree.run(&["scan", "-q", "--format", "sarif"]).out;
    assert!(!sarif.contains("\"fixes\""));
}

#[test]
fn a_wrapper_in_the_repository_itself_is_followed() {
    let tree = Tree::new(&[
        ("acme/__init__.py", ""),
        ("acme/llm.py", "class Client:\n    def __init__(self, **options):\n        self.options = options\n"),
        ("app.py", "from acme.llm import Client\n\nclient = Client(api_version=\"2024-10-21\")\n"),
        ("unmoor.toml", "[symbols]\n\"acme.llm.Client\" = \"openai.AzureOpenAI\"\n"),
    ]);
    let found = tree.found(&[]);
    assert!(found.contains(&"app.py:3 client-openai".to_owned()), "{found:?}");
}

#[test]
fn symbols_that_no_rule_knows_are_told() {
    let tree = Tree::new(&[("a.py", CLIENT), ("unmoor.toml", "[symbols]\n\"a.B\" = \"openai.AzurOpenAI\"\n")]);
    let told = tree.told(&["scan"]);
    assert!(told.contains("unmoor.toml:2:9: no rule knows `openai.AzurOpenAI`"), "{told}");
    assert!(told.contains("did you mean `openai.AzureOpenAI`?"), "{told}");
    tree.write("unmoor.toml", "[symbols]\nB = \"openai.AzureOpenAI\"\n");
    assert!(tree.told(&["scan"]).contains("unmoor.toml:2:1: `B` is no symbol of a module"));
}

#[test]
fn environment_variables_stand_for_flags() {
    let tree = Tree::new(&[("a.py", CLIENT), ("unmoor.toml", "select = ['auth']\n")]);
    let with = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_unmoor"));
        command.args(["scan", "-q", "--format", "concise"]).env(name, value).current_dir(tree.0.path());
        String::from_utf8(command.output().unwrap().stdout).unwrap().lines().count()
    };
    assert_eq!(with("UNMOOR_NO_CONFIG", "1"), 3);
    assert_eq!(with("UNMOOR_NO_CONFIG", "false"), 0);
    tree.write("other.toml", "select = ['client']\n");
    assert_eq!(with("UNMOOR_CONFIG", "other.toml"), 1);
    tree.write("unmoor.toml", "");
    assert_eq!(with("UNMOOR_MIN_SEVERITY", "error"), 0);
    assert_eq!(with("UNMOOR_COLOR", "never"), 3);
}
