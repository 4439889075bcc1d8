//! What is chosen to be changed, what two rules disagree on, what is shown of keys, and the plan as data.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::tree::{AFTER, BEFORE, Ran, Tree, changed, edited};

/// Two clients of different rules.
const TWO: &str = r#"import os

from langchain_openai import AzureChatOpenAI
from openai import AzureOpenAI

client = AzureOpenAI(
    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"],
    api_key=os.environ["AZURE_OPENAI_API_KEY"],
    api_version="2024-10-21",
)
chat = AzureChatOpenAI(
    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"],
    api_key=os.environ["AZURE_OPENAI_API_KEY"],
    azure_deployment="chat-prod",
    api_version="2024-10-21",
)
"#;

/// A client that only an unsafe fix changes: its key is looked up where the program runs.
const UNSAFE: &str = "from openai import AzureOpenAI\n\nclient = AzureOpenAI(azure_endpoint=\"https://demo.openai.azure.com\", api_version=\"2024-10-21\")\n";

/// The rules that a plan's changes are of.
fn rules(plan: &Value) -> Vec<&str> {
    let files = plan["files"].as_array().unwrap().iter();
    let changes = files.flat_map(|file| file["fixes"].as_array().unwrap());
    changes.map(|fix| fix["rule"].as_str().unwrap().rsplit('/').next().unwrap()).collect()
}

#[test]
fn rules_and_classes_narrow_the_changes() {
    let tree = Tree::with("app.py", TWO);
    let chosen = |more: &[&str]| {
        let plan = tree.plan(&[&["--level", "unsafe"], more].concat());
        rules(&plan).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(chosen(&[]), ["client-openai", "client-langchain"]);
    assert_eq!(chosen(&["--rule", "client-openai"]), ["client-openai"]);
    assert_eq!(chosen(&["--rule", "azure-openai/python/client-langchain"]), ["client-langchain"]);
    assert_eq!(
        chosen(&["--rule", "client-openai", "--rule", "client-langchain"]),
        ["client-openai", "client-langchain"]
    );
    assert_eq!(chosen(&["--class", "client"]), ["client-openai", "client-langchain"]);
    assert_eq!(chosen(&["--class", "infra,dependency"]), [""; 0]);
    // A client and what is tied to it change together.
    assert_eq!(chosen(&["--class", "config"]), ["client-openai", "client-langchain"]);

    tree.write(&["--rule", "client-openai"]).says(0, &["(1 change)"]);
    let text = tree.text("app.py");
    assert!(text.contains("client = OpenAI(") && text.contains("chat = AzureChatOpenAI("), "{text}");
    assert!(text.contains("from langchain_openai import AzureChatOpenAI\nfrom openai import OpenAI\n"), "{text}");
    tree.write(&["--level", "unsafe"]).says(0, &["(1 change)"]);
    assert!(!tree.text("app.py").contains("Azure"), "{}", tree.text("app.py"));
}

/// What is not chosen is neither changed nor told as held back.
#[test]
fn paths_narrow_the_changes() {
    let tree = Tree::usual();
    tree.add("src/one.py", BEFORE);
    tree.add("src/two.py", BEFORE);
    tree.write(&["src/two.py"]).says(0, &["changed src/two.py", "1 change in 1 file"]);
    assert_eq!((tree.text("app.py"), tree.text("src/one.py")), (BEFORE.to_owned(), BEFORE.to_owned()));
    tree.write(&[".", "--exclude", "src"]).says(0, &["changed app.py"]);
    assert_eq!(tree.text("src/one.py"), BEFORE);
}

#[test]
fn what_is_held_back_is_told_with_its_fact() {
    let tree = Tree::with("app.py", UNSAFE);
    tree.fix(&[]).says(
        0,
        &["nothing to change at this level", "app.py:3:", "`--level unsafe` would change it", "right only if"],
    );
    let plan = tree.plan(&[]);
    assert_eq!((plan["held"][0]["level"].as_str(), changed(&plan).len()), (Some("unsafe"), 0));
    tree.fix(&["--level", "unsafe"]).says(1, &["Changes that are right only if", "1 unsafe"]);
    tree.write(&[]).says(0, &["would change it"]);
    assert_eq!(tree.text("app.py"), UNSAFE);
    tree.write(&["--level", "unsafe"]).says(0, &["changed app.py"]);
    assert!(tree.text("app.py").contains("client = OpenAI("));
}

#[test]
fn exit_codes_are_the_documented_ones() {
    let tree = Tree::usual();
    tree.add("plain.py", AFTER);
    for (code, arguments) in [
        (1, &["app.py"][..]),
        (1, &["--format", "json", "app.py"]),
        (1, &["-q", "app.py"]),
        (0, &["plain.py"]),
        (0, &["--format", "json", "plain.py"]),
        (0, &["--write", "plain.py"]),
        (2, &["nowhere.py"]),
        (2, &["--target", "nowhere", "app.py"]),
        (2, &["--rule", "nothing", "app.py"]),
        (2, &["--level", "manual", "app.py"]),
        (2, &["--config", "nowhere.toml", "app.py"]),
        (0, &["--write", "app.py"]),
        (0, &["app.py"]),
    ] {
        let ran = tree.fix(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        assert_eq!(code == 2, ran.err.contains("error: "), "{arguments:?}: {ran:?}");
    }
}

/// A pack with two rules, each for calls of `symbol`, whose arguments `region` get different names.
fn pack(tree: &Tree, symbols: [&str; 2]) {
    let portable = "portable: {path: /v1/, deployment-path: /deployments/, hosts: [.example.invalid], base-url: DEMO_URL, \
                    key: DEMO_KEY, model: DEMO_MODEL, noise: [], preconditions: []}";
    tree.add("pack/demo/pack.yaml", format!("name: Demo\ndescription: Two rules.\n{portable}\n"));
    for (symbol, name) in symbols.into_iter().zip(["one", "two"]) {
        let rule = format!(
            "title: Hosted client constructed\nclass: client\nseverity: warning\nmatch:\n  call: [demo_sdk.{symbol}]\n\
             message: '`{{local}}` is `{{symbol}}`'\nportable: PlainClient()\nwhy: It talks to one host only.\n\
             before: before\nafter: after\nfix:\n  level: unsafe\n  holds-if: [The host serves it.]\n  rewrite:\n    \
             - symbols: {{demo_sdk.{symbol}: demo_sdk.Plain{name}}}\n      arguments:\n        region: {{to: {name}}}\n\
             checked: {{demo-sdk: 1.2.3}}\nlinks: ['https://example.invalid/clients']\n"
        );
        tree.add(&format!("pack/demo/python/client-{name}.yaml"), rule);
    }
}

const PACK: [&str; 5] = ["--no-built-in-rules", "--rules", "pack", "--level", "unsafe"];

fn with_pack<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&PACK[..], more].concat()
}

#[test]
fn rules_that_change_one_call_differently_change_nothing() {
    let text = "import demo_sdk\n\nclient = demo_sdk.Hosted(region=\"north\")\n";
    let tree = Tree::with("app.py", text);
    pack(&tree, ["Hosted", "Hosted"]);
    let ran = tree.write(&with_pack(&["app.py"]));
    assert_eq!(tree.text("app.py"), text, "{ran:?}");
    ran.says(0, &["app.py:3", "client-one", "client-two"]);
    // Whoever names one of them has decided.
    tree.write(&with_pack(&["app.py", "--rule", "client-two"])).says(0, &["changed app.py"]);
    assert_eq!(tree.text("app.py"), text.replace("Hosted(region", "Plaintwo(two"));
}

#[test]
fn rules_that_change_one_value_differently_are_withdrawn() {
    let text = "import demo_sdk\n\noptions = {\"region\": \"north\"}\nfirst = demo_sdk.First(**options)\n\
                second = demo_sdk.Second(**options)\nthird = demo_sdk.Second(region=\"south\")\n";
    let tree = Tree::with("app.py", text);
    pack(&tree, ["First", "Second"]);
    let words = ["withdrawn: two changes of line 3 do not go together", "app.py:4", "app.py:5"];
    tree.fix(&with_pack(&["app.py"])).says(1, &words);
    tree.write(&with_pack(&["app.py"])).says(0, &words);
    // What has nothing to do with it is changed.
    assert_eq!(tree.text("app.py"), text.replace("Second(region", "Plaintwo(two"));
    let plan = tree.plan(&with_pack(&["app.py"]));
    assert_eq!((changed(&plan).len(), plan["held"].as_array().unwrap().len()), (0, 2), "{plan}");
}

const SECRET: &str = "0f8e1c5ab7d94c3f9a1de27b60c4583d";
const OTHER_SECRET: &str = "sk-proj-Zq8Rk2LmT5vXw1Yb7Nc4";

#[test]
fn keys_are_never_shown() {
    let python = format!(
        "import os\nfrom openai import AzureOpenAI, OpenAI\n\nKEY = \"{SECRET}\"  # was {OTHER_SECRET}\n\
         client = AzureOpenAI(azure_endpoint=\"https://demo.openai.azure.com\", api_key=KEY, api_version=\"1\")\n\
         other = AzureOpenAI(azure_endpoint=E, api_key=\"{SECRET}\", api_version=\"1\", azure_deployment=\"chat\")\n\
         third = AzureOpenAI(azure_endpoint=E, api_key=os.getenv(\"KEY\", \"{SECRET}\"), api_version=\"1\")\n\
         held = AzureOpenAI(azure_endpoint=E, api_key=\"{SECRET}\", api_version=\"1\", default_headers={{\"api-key\": \"{SECRET}\"}}, http_client=c)\n\
         options = {{\"azure_endpoint\": E, \"api_key\": \"{SECRET}\", \"api_version\": \"1\"}}\nfourth = AzureOpenAI(**options)\n\
         other.chat.completions.create(model=\"m\", messages=[], extra_headers={{\"api-key\": \"{OTHER_SECRET}\"}})\n"
    );
    let script = format!(
        "import {{ AzureOpenAI }} from 'openai';\nconst apiKey = '{SECRET}'; // {OTHER_SECRET}\n\
         const a = new AzureOpenAI({{ endpoint: 'https://demo.openai.azure.com', apiKey, apiVersion: '1' }});\n\
         const b = new AzureOpenAI({{ endpoint: e, apiKey: process.env.KEY ?? '{SECRET}', apiVersion: '1', deployment: 'chat' }});\n\
         const c = new AzureOpenAI({{ endpoint: e, apiKey: `{SECRET}`, apiVersion: '1', defaultHeaders: {{ 'api-key': '{SECRET}' }} }});\n\
         await fetch(`https://demo.openai.azure.com/openai/deployments/chat/chat/completions?api-version=1`, {{ headers: {{ 'api-key': '{SECRET}' }}, body: '{{}}' }});\n"
    );
    let tree = Tree::with("app.py", &python);
    tree.add("app.ts", &script);
    let mut ran: Vec<(String, Ran)> = Vec::new();
    for target in
        [&[][..], &["--target", "openai"], &["--target", "azure-v1", "--keep-key-header"], &["--keep-key-header"]]
    {
        for level in ["safe", "unsafe"] {
            for format in ["text", "json"] {
                let arguments = [target, &["--level", level, "--format", format, "-v"]].concat();
                ran.push((format!("{arguments:?}"), tree.fix(&arguments)));
            }
        }
    }
    for arguments in [&["models"][..], &["models", "--format", "json"], &["models", "--write"]] {
        ran.push((format!("{arguments:?}"), tree.run(arguments)));
    }
    ran.push(("write".to_owned(), tree.write(&["--level", "unsafe"])));
    tree.add("app.py", &python);
    tree.add("app.ts", &script);
    ran.push(("write json".to_owned(), tree.write(&["--level", "unsafe", "--target", "openai", "--format", "json"])));
    for (arguments, ran) in ran {
        for secret in [SECRET, OTHER_SECRET] {
            let shown = format!("{}{}", ran.out, ran.err);
            assert!(!shown.contains(secret), "{arguments}: {shown}");
        }
    }
    assert!(!tree.text("unmoor.toml").contains(SECRET));
    // What is written is the key itself, not its mask.
    let text = format!("{}{}", tree.text("app.py"), tree.text("app.ts"));
    assert!(!text.contains("***"), "{text}");
}

fn validator() -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/plan.schema.json");
    jsonschema::validator_for(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()).unwrap()
}

/// A tree with all applications of the fixtures, and texts of every kind.
fn applications() -> Tree {
    let tree = Tree::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps");
    for entry in
        walkdir::WalkDir::new(&fixtures).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file())
    {
        let name = entry.path().strip_prefix(&fixtures).unwrap().to_string_lossy().into_owned();
        tree.add(&format!("apps/{name}"), fs::read(entry.path()).unwrap());
    }
    tree.add("texts/crlf.py", BEFORE.replace('\n', "\r\n"));
    tree.add("texts/marked.py", format!("\u{feff}# é😀\n{BEFORE}"));
    tree.add("texts/two.py", TWO);
    tree.add("texts/end.py", BEFORE.trim_end());
    tree
}

/// The SHA-256 of a content in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hex, "{byte:02x}").unwrap();
    }
    hex
}

/// Other tools can make the changes from the plan alone.
#[test]
fn the_edits_of_the_plan_are_what_is_written() {
    for more in [&["--level", "safe"][..], &["--level", "unsafe"], &["--level", "unsafe", "--target", "openai"]] {
        let tree = applications();
        let plan = tree.plan(more);
        validator().validate(&plan).unwrap_or_else(|error| panic!("{more:?}: {error}"));
        assert!(changed(&plan).len() > 4, "{plan}");
        let has_conditions = !plan["preconditions"].as_array().unwrap().is_empty();
        assert_eq!(has_conditions, !more.contains(&"--target"), "{plan}");
        let before: BTreeMap<String, Vec<u8>> =
            tree.names().into_iter().map(|name| (name.clone(), tree.bytes(&name))).collect();
        let written = tree.write(&[more, &["--format", "json"]].concat());
        assert_eq!(serde_json::from_str::<Value>(&written.out).unwrap(), plan, "the plan that is written is another");
        let mut wanted = before.clone();
        for file in plan["files"].as_array().unwrap() {
            let path = file["path"].as_str().unwrap();
            let hex = hex(&before[path]);
            assert_eq!(file["sha256"], hex.as_str(), "{path}");
            wanted.insert(path.to_owned(), edited(&before[path], file));
        }
        for (name, bytes) in wanted {
            assert_eq!(
                String::from_utf8_lossy(&tree.bytes(&name)),
                String::from_utf8_lossy(&bytes),
                "{name} with {more:?}"
            );
        }
        assert_eq!(tree.names().len(), before.len());
    }
}

/// What a plan says it deals with is gone afterwards.
#[test]
fn what_was_covered_is_not_found_again() {
    let tree = applications();
    let places = |tree: &Tree| {
        let scan = tree.run(&["scan", "--format", "json"]);
        let scan: Value = serde_json::from_str(&scan.out).unwrap();
        let mut places: BTreeMap<(String, String), i64> = BTreeMap::new();
        for finding in scan["findings"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            *places.entry((text(&finding["rule"]), text(&finding["location"]["path"]))).or_default() += 1;
        }
        places
    };
    let before = places(&tree);
    let plan = tree.plan(&["--level", "unsafe"]);
    tree.write(&["--level", "unsafe"]).says(0, &[]);
    let after = places(&tree);
    for file in plan["files"].as_array().unwrap() {
        for fix in file["fixes"].as_array().unwrap() {
            let key = (fix["rule"].as_str().unwrap().to_owned(), file["path"].as_str().unwrap().to_owned());
            let (old, new) =
                (before.get(&key).copied().unwrap_or_default(), after.get(&key).copied().unwrap_or_default());
            assert!(new < old || old == 0, "{key:?}: {old} before, {new} after");
        }
    }
}
