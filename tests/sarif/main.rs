//! SARIF files: what the standard's schema and GitHub's rules say of them, and what those do not look at.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may panic")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use unmoor::{
    report::{self, Format, MAX_RESULTS, Options, Report, edits::Edits},
    rules::load,
    scan::{Scan, ScanOptions, Scanner},
};

const CLIENT: &str = "import os\nfrom openai import AzureOpenAI\n\nclient = AzureOpenAI(\n    \
                      azure_endpoint=os.environ[\"AZURE_OPENAI_ENDPOINT\"],\n    \
                      api_key=os.environ[\"AZURE_OPENAI_API_KEY\"],\n    api_version=\"2024-10-21\",\n)\n";

/// A repository with files of all sorts: names that need escapes, wide characters, a byte order mark, line ends of
/// Windows, a broken file, names from other files, and comments that set findings aside.
fn tree() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = tree.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    fs::create_dir(tree.path().join(".git")).unwrap();
    write("app/llm.py", CLIENT);
    write(
        "app/use.py",
        "from app.llm import client\n\nclient.chat.completions.create(model=\"m\", messages=[], extra_body={\"data_sources\": []})\n",
    );
    write("a b/c#d%e?[f].py", CLIENT);
    write("c:d/x.py", CLIENT);
    write("-rf.py", CLIENT);
    write("ü/new\nline.py", CLIENT);
    write("wide.py", &CLIENT.replace("client = ", "\"\u{1f600}\u{fc}\"; client = "));
    write("marked.py", &format!("\u{feff}{}", CLIENT.replace('\n', "\r\n")));
    write("broken.py", "from openai import AzureOpenAI\ndef (\n");
    write("noted.py", "from openai import AzureOpenAI  # unmoor: ignore[import] stays [for] now\n");
    write(
        "web/llm.ts",
        "import { AzureOpenAI } from \"openai\";\n\nexport const llm = new AzureOpenAI({ apiVersion: \"2024-10-21\" });\n",
    );
    tree
}

/// The file that the program writes for a tree.
fn written(tree: &Path, folder: &str, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmoor"));
    command.current_dir(tree.join(folder)).args(["scan", "--quiet", "--format", "sarif"]).args(arguments);
    let output = command.env_remove("UNMOOR_FORMAT").output().unwrap();
    assert!(output.status.code() <= Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

fn uri(result: &Value) -> &str {
    result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap()
}

fn of_file<'l>(log: &'l Value, file: &str) -> Vec<&'l Value> {
    results(log).iter().filter(|result| uri(result) == file).collect()
}

#[test]
fn paths_are_references_from_the_root_of_the_repository() {
    let tree = tree();
    let log = written(tree.path(), "", &[]);
    let uris: BTreeSet<&str> = results(&log).iter().map(uri).collect();
    let expected = [
        "-rf.py",
        "a%20b/c%23d%25e%3F%5Bf%5D.py",
        "app/llm.py",
        "app/use.py",
        "broken.py",
        "c%3Ad/x.py",
        "marked.py",
        "web/llm.ts",
        "wide.py",
        "%C3%BC/new%0Aline.py",
    ];
    assert_eq!(uris, BTreeSet::from(expected));
    let part = written(tree.path(), "app", &[]);
    assert_eq!(results(&part).iter().map(uri).collect::<BTreeSet<_>>(), BTreeSet::from(["app/llm.py", "app/use.py"]));
    assert_eq!(of_file(&part, "app/llm.py"), of_file(&log, "app/llm.py"), "whatever the current directory is");
    let absolute = written(tree.path(), "", &[&tree.path().join("app").display().to_string()]);
    assert_eq!(of_file(&absolute, "app/llm.py").len(), 6);
}

#[test]
fn columns_count_utf16_and_hashes_are_githubs() {
    let tree = tree();
    let log = written(tree.path(), "", &[]);
    let client = |file: &str| {
        let all = of_file(&log, file);
        let is_client = |result: &&&Value| result["ruleId"].as_str().unwrap().ends_with("client-openai");
        (*all.iter().find(is_client).unwrap()).clone()
    };
    let region = |result: &Value| result["locations"][0]["physicalLocation"]["region"].clone();
    // Six units: two quotes, two for the face, one for the letter, and the blank after the semicolon.
    assert_eq!(region(&client("wide.py"))["startColumn"], 17);
    assert_eq!(region(&client("app/llm.py"))["startColumn"], 10);
    assert_eq!(log["runs"][0]["columnKind"], "utf16CodeUnits");
    let hash = |file: &str| client(file)["partialFingerprints"]["primaryLocationLineHash"].clone();
    assert_eq!(hash("app/llm.py"), hash("c%3Ad/x.py"));
    // The hash covers what follows the line, too, but neither blanks nor what ends lines.
    assert_eq!(hash("marked.py"), hash("app/llm.py"));
    let site = |file: &str| client(file)["partialFingerprints"]["unmoorSite/v1"].clone();
    assert_eq!(site("app/llm.py"), site("marked.py"));
}

#[test]
fn the_way_to_a_site_is_linked_also_into_other_files() {
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps/meeting-notes");
    let log = written(&app, "", &[]);
    let found = results(&log).iter().find(|result| uri(result).ends_with("notes/minutes.py")).unwrap();
    let made = &found["relatedLocations"][0];
    let place = &made["physicalLocation"];
    assert!(place["artifactLocation"]["uri"].as_str().unwrap().ends_with("notes/llm_setup.py"), "{found:#}");
    assert_eq!((&place["region"]["startLine"], &made["id"]), (&11.into(), &1.into()));
    for result in results(&log) {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(text.ends_with('.'));
        let ids: Vec<u64> = result["relatedLocations"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|place| place["id"].as_u64().unwrap())
            .collect();
        let linked = ids.iter().filter(|id| text.contains(&format!("]({id})"))).count();
        assert_eq!(linked, ids.len(), "{text}");
        assert_eq!(text.matches("](").count(), ids.len(), "{text}");
        let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
        assert_eq!(flow.as_array().map_or(0, |flow| flow.len().saturating_sub(1)), ids.len());
    }
}

#[test]
fn changes_fit_the_file() {
    let tree = tree();
    for file in ["app/llm.py", "wide.py", "marked.py"] {
        let log = written(tree.path(), "", &[]);
        let of_file = of_file(&log, file);
        let fixes: Vec<&Value> = of_file.iter().filter_map(|one| one["fixes"].as_array()).flatten().collect();
        assert_eq!(fixes.len(), 1, "{file}");
        let text = fs::read_to_string(tree.path().join(file)).unwrap();
        let after = replaced(&text, &fixes[0]["artifactChanges"][0]["replacements"]);
        let other = tempfile::tempdir().unwrap();
        fs::write(other.path().join("x.py"), &text).unwrap();
        let done = Command::new(env!("CARGO_BIN_EXE_unmoor"))
            .args(["fix", "--write", "--allow-dirty", "x.py"])
            .current_dir(other.path())
            .output()
            .unwrap();
        assert!(done.status.success());
        assert_eq!(after, fs::read_to_string(other.path().join("x.py")).unwrap(), "{file}");
    }
}

/// The text after replacements, which are given in lines and UTF-16 columns.
fn replaced(text: &str, replacements: &Value) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mark = usize::from(units.first() == Some(&0xFEFF));
    let mut starts = vec![mark];
    starts.extend(units.iter().enumerate().filter(|(_, unit)| **unit == 10).map(|(at, _)| at + 1));
    let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
    let offset = |line: &Value, column: &Value| starts[number(line) - 1] + number(column) - 1;
    let mut after = units.clone();
    for replacement in replacements.as_array().unwrap().iter().rev() {
        let region = &replacement["deletedRegion"];
        let from = offset(&region["startLine"], &region["startColumn"]);
        let to = offset(&region["endLine"], &region["endColumn"]);
        let new = replacement["insertedContent"]["text"].as_str().unwrap().encode_utf16();
        after.splice(from..to, new);
    }
    String::from_utf16(&after).unwrap()
}

#[test]
fn what_is_set_aside_is_told_only_on_request() {
    let tree = tree();
    assert!(of_file(&written(tree.path(), "", &[]), "noted.py").is_empty());
    let log = written(tree.path(), "", &["--include-suppressed"]);
    let noted = of_file(&log, "noted.py");
    assert_eq!(noted[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(noted[0]["suppressions"][0]["justification"], "stays [for] now");
}

#[test]
fn all_rules_are_there_and_an_empty_scan_has_an_empty_list() {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("a.py"), "x = 1\n").unwrap();
    let log = written(tree.path(), "", &[]);
    assert_eq!(results(&log).len(), 0);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), load::built_in().unwrap().rules.len());
    for rule in rules {
        let length = |field: &str| rule[field]["text"].as_str().unwrap().chars().count();
        assert!(length("shortDescription") <= 1_024 && length("fullDescription") <= 1_024);
        assert!(rule["name"].as_str().unwrap().len() <= 255);
        assert!(rule["properties"]["tags"].as_array().unwrap().len() <= 10);
        assert!(rule["properties"].get("security-severity").is_none());
        assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("## "));
    }
    let with_code = rules.iter().filter(|rule| rule["help"]["markdown"].as_str().unwrap().contains("\nAfter:\n\n```"));
    assert!(with_code.count() * 2 > rules.len());
    assert_eq!(run["automationDetails"]["id"], "unmoor/");
    let of = |category: &str| {
        written(tree.path(), "", &["--category", category])["runs"][0]["automationDetails"]["id"].clone()
    };
    assert_eq!(of("services/chat"), "unmoor/services/chat/");
    let few = written(tree.path(), "", &["--select", "client"]);
    assert!(few["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len() < rules.len());
}

#[test]
fn what_could_not_be_read_is_notified() {
    let tree = tree();
    let log = written(tree.path(), "", &[]);
    let notes = log["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    let broken = notes.iter().find(|note| note["descriptor"]["id"] == "syntax").unwrap();
    let place = &broken["locations"][0]["physicalLocation"];
    assert_eq!((&place["artifactLocation"]["uri"], &place["region"]["startLine"]), (&"broken.py".into(), &2.into()));
}

#[test]
fn at_most_as_many_results_as_github_takes_are_written() {
    let scanner = Scanner::new(load::built_in().unwrap());
    let mut scan: Scan = scanner.scan_text("a.py", CLIENT.into(), &ScanOptions::of_any_file());
    let one = scan.findings[0].clone();
    scan.findings = (0..MAX_RESULTS as u32 + 3)
        .map(|number| {
            let mut finding = one.clone();
            finding.location.start.line = number + 1;
            finding.location.end.line = number + 1;
            // The least severe come first in the file, and must go.
            let severities = [unmoor::rules::model::Severity::Note, unmoor::rules::model::Severity::Error];
            finding.severity = severities[usize::from(number >= 5)];
            finding
        })
        .collect();
    let rules = scanner.rules();
    let report = Report { scan: &scan, rules, edits: &Edits::default(), options: &Options::default() };
    let mut out = Vec::new();
    let remarks = report::write(&report, Format::Sarif, &mut out).unwrap();
    assert!(remarks[0].contains("3 of the findings are left out"), "{remarks:?}");
    let log: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(results(&log).len(), MAX_RESULTS);
    assert_eq!(results(&log).iter().filter(|result| result["level"] == "note").count(), 2);
    let notes = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert!(notes[0]["message"]["text"].as_str().unwrap().contains("left out"));
}

fn validator() -> Option<PathBuf> {
    let Some(extras) = std::env::var_os("UNMOOR_EXTRAS") else {
        let skip = "SKIPPED: the SARIF validator is not there; scripts/test.sh provisions it";
        assert!(std::env::var("CI").is_err(), "{skip}");
        eprintln!("{skip}");
        return None;
    };
    Some(Path::new(&extras).join("sarif/node_modules/@microsoft/sarif-multitool-linux"))
}

#[test]
fn the_schema_and_githubs_rules_have_nothing_to_say() {
    let Some(folder) = validator() else { return };
    let schema: Value = serde_json::from_slice(&fs::read(folder.join("sarif-2.1.0.json")).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let tree = tree();
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("a.py"), "x = 1\n").unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/azure-openai/python/client-openai");
    let out = tempfile::tempdir().unwrap();
    let cases = [
        ("tree", tree.path(), &["--include-suppressed"][..]),
        ("empty", empty.path(), &[]),
        ("fixtures", &fixtures, &["--category", "python"]),
    ];
    let mut command = Command::new(folder.join("Sarif.Multitool"));
    command.arg("validate").current_dir(out.path());
    for (name, folder, arguments) in cases {
        let log = written(folder, "", arguments);
        let errors: Vec<String> = schema.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        let file = format!("{name}.sarif");
        fs::write(out.path().join(&file), serde_json::to_vec(&log).unwrap()).unwrap();
        command.arg(file);
    }
    command.args(["--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note", "--log", "ForceOverwrite"]);
    let said = command.args(["-o", "said.json"]).output().unwrap();
    let said_text = String::from_utf8_lossy(&said.stdout);
    let log: Value = serde_json::from_slice(&fs::read(out.path().join("said.json")).unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {said_text}"));
    // Whether addresses can be reached is not known here.
    let serious: Vec<&Value> = results(&log)
        .iter()
        .filter(|one| one["ruleId"] != "SARIF2006" && matches!(one["level"].as_str(), None | Some("error" | "warning")))
        .collect();
    assert!(serious.is_empty(), "{serious:#?}");
    let seen: BTreeSet<&str> = results(&log).iter().filter_map(|one| one["ruleId"].as_str()).collect();
    assert!(seen.contains("SARIF2002"), "the validator looked at results: {seen:?}");
}
