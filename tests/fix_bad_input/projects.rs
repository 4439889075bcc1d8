//! What is decided beyond one file: versions in manifests, names that other files import, deployments and their models,
//! clients that stay as they are beside those that move.

use std::fmt::Write as _;

use serde_json::Value;

use crate::tree::{AFTER, BEFORE, Tree, WITH_PROVIDER, changed};

/// Two deployments in two languages, one of them twice.
fn with_models() -> Tree {
    let python = format!(
        "{BEFORE}\n\ndef ask(text):\n    return client.chat.completions.create(model=\"chat-prod\", messages=[])\n\n\n\
         def embed(text):\n    return client.embeddings.create(model=\"gpt-4.1\", input=text)\n"
    );
    let tree = Tree::with("app.py", python);
    tree.add(
        "web/app.ts",
        "import { AzureOpenAI } from \"openai\";\n\nconst client = new AzureOpenAI({\n  endpoint: process.env.AZURE_OPENAI_ENDPOINT,\n  \
         apiKey: process.env.AZURE_OPENAI_API_KEY,\n  apiVersion: \"2024-10-21\",\n  deployment: \"chat-prod\",\n});\n\
         await client.chat.completions.create({ model: \"chat-prod\", messages: [] });\n",
    );
    tree
}

fn models(tree: &Tree) -> Vec<(String, Option<String>, usize)> {
    let ran = tree.run(&["models", "--format", "json"]);
    let list: Value = serde_json::from_str(&ran.out).unwrap();
    let entry = |one: &Value| {
        let places = one["places"].as_array().unwrap().len();
        (one["name"].as_str().unwrap().to_owned(), one["model"].as_str().map(str::to_owned), places)
    };
    list["deployments"].as_array().unwrap().iter().map(entry).collect()
}

#[test]
fn models_are_listed_written_and_filled_in() {
    let tree = with_models();
    let name = |name: &str, model: Option<&str>, places| (name.to_owned(), model.map(str::to_owned), places);
    assert_eq!(models(&tree), [name("chat-prod", None, 2), name("gpt-4.1", None, 1)]);
    tree.run(&["models"]).says(0, &["app.py:13, web/app.ts:7", "2 deployment names, 2 without a model", "--write"]);
    assert_eq!(tree.names(), ["app.py", "web/app.ts"]);

    tree.run(&["models", "--write"]).says(0, &["unmoor.toml: 2 entries added; fill in their models"]);
    let settings = tree.text("unmoor.toml");
    assert_eq!(settings, "[models]\nchat-prod = \"\" # app.py:13, web/app.ts:7\n\"gpt-4.1\" = \"\" # app.py:17\n");
    assert_eq!(models(&tree), [name("chat-prod", Some(""), 2), name("gpt-4.1", Some(""), 1)]);
    tree.run(&["models", "--write"]).says(0, &["unmoor.toml: nothing to add", "2 without a model"]);
    assert_eq!(tree.text("unmoor.toml"), settings);

    tree.add("unmoor.toml", settings.replace("chat-prod = \"\"", "chat-prod = \"gpt-5.4\""));
    assert_eq!(models(&tree), [name("chat-prod", Some("gpt-5.4"), 2), name("gpt-4.1", Some(""), 1)]);
    tree.run(&["models", "--write"]).says(0, &["nothing to add", "1 without a model"]);

    // From elsewhere in the tree the same settings count.
    let plan = tree.plan(&["--target", "openai"]);
    assert_eq!(plan["unmapped_models"], serde_json::json!(["gpt-4.1"]));
    let setting = |model: &str| {
        let settings = plan["settings"].as_array().unwrap().iter();
        let found = settings.clone().find(|one| one["instead_of"].as_array().unwrap().iter().any(|text| text == model));
        found.unwrap_or_else(|| panic!("{model}: {plan}")).clone()
    };
    assert_eq!(setting("chat-prod")["value"], "gpt-5.4");
    assert_eq!(setting("gpt-4.1")["value"], "");
    assert_ne!(setting("gpt-4.1")["name"], setting("chat-prod")["name"]);
    tree.fix(&["--target", "openai"])
        .says(1, &["gpt-5.4", "Deployments without a model", "gpt-4.1", "unmoor models --write"]);
    tree.write(&["--target", "openai"]).says(0, &["Deployments without a model"]);
    for (name, model) in [("app.py", "chat-prod"), ("app.py", "gpt-4.1"), ("web/app.ts", "chat-prod")] {
        let text = tree.text(name);
        assert!(!text.contains(&format!("\"{model}\"")), "{text}");
        assert!(text.contains(setting(model)["name"].as_str().unwrap()), "{text}");
    }
    tree.fix(&["--target", "openai"]).says(0, &["nothing to change"]);
}

#[test]
fn models_that_are_all_there_are_not_asked_for() {
    let tree = with_models();
    tree.add("unmoor.toml", "[models]\nchat-prod = 'gpt-5.4'\n\"gpt-4.1\" = 'text-embedding-3-small'\n");
    let ran = tree.fix(&["--target", "openai"]);
    ran.says(1, &["gpt-5.4", "text-embedding-3-small"]);
    assert!(!ran.err.contains("without a model"), "{ran:?}");
}

/// The settings say what they are at the target.
#[test]
fn settings_for_a_target_have_their_values() {
    let tree = Tree::usual();
    let plan = tree.plan(&["--target", "openai"]);
    let settings = plan["settings"].as_array().unwrap();
    let value = |name: &str| {
        let setting = settings.iter().find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("{plan}"));
        (setting["value"].as_str().unwrap(), setting["secret"].as_bool().unwrap())
    };
    assert_eq!(value("OPENAI_BASE_URL"), ("https://api.openai.com/v1", false));
    assert!(value("OPENAI_API_KEY").1);
    tree.add("unmoor.toml", "[portable]\nbase-url = \"LLM_URL\"\nkey = \"LLM_KEY\"\n\n[fix]\ntarget = \"openai\"\n");
    tree.write(&[]).says(0, &["LLM_URL", "LLM_KEY"]);
    let text = tree.text("app.py");
    assert!(
        text.contains("base_url=os.environ[\"LLM_URL\"]") && text.contains("api_key=os.environ[\"LLM_KEY\"]"),
        "{text}"
    );
    assert!(!text.contains("AZURE"), "{text}");
}

/// In place, then for a target, is the same as for a target at once.
#[test]
fn two_steps_lead_where_one_does() {
    for level in ["safe", "unsafe"] {
        let (one, two) = (with_models(), with_models());
        for tree in [&one, &two] {
            tree.add("unmoor.toml", "[models]\nchat-prod = 'a'\n\"gpt-4.1\" = 'b'\n");
        }
        two.write(&["--level", level]).says(0, &["2 files"]);
        one.write(&["--level", level, "--target", "openai"]).says(0, &["2 files"]);
        two.write(&["--level", level, "--target", "openai"]).says(0, &["2 files"]);
        for name in ["app.py", "web/app.ts"] {
            assert_eq!(one.text(name), two.text(name), "{name} at {level}");
        }
    }
}

#[test]
fn names_of_every_kind_go_into_the_settings_and_come_back() {
    let names = ["a b", "ü-😀", "it's", "x.y", "back\\\\slash", "[models]", "# no comment"];
    let mut text = BEFORE.to_owned();
    for name in names {
        writeln!(text, "client.chat.completions.create(model=\"{name}\", messages=[])").unwrap();
    }
    let tree = Tree::with("app.py", text);
    let count = names.len();
    tree.run(&["models", "--write"]).says(0, &[&format!("{count} entries added")]);
    let settings = tree.text("unmoor.toml");
    tree.run(&["models", "--write"]).says(0, &["nothing to add"]);
    assert_eq!(tree.text("unmoor.toml"), settings);
    tree.add("unmoor.toml", settings.replace("\"\" #", "\"gpt-5.4\" #"));
    assert!(models(&tree).iter().all(|(_, model, _)| model.as_deref() == Some("gpt-5.4")), "{settings}");
    let plan = tree.plan(&["--target", "openai"]);
    assert_eq!(plan["unmapped_models"], serde_json::json!([]), "{settings}");
}

#[test]
fn settings_that_cannot_be_written_are_told() {
    let tree = with_models();
    tree.add("unmoor.toml", "[models\n");
    let ran = tree.run(&["models", "--write"]);
    ran.says(2, &["unmoor.toml:1"]);
    tree.add("unmoor.toml", "# ours\n");
    let mut permissions = std::fs::metadata(tree.path("unmoor.toml")).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(tree.path("unmoor.toml"), permissions).unwrap();
    tree.run(&["models", "--write"]).says(2, &["unmoor.toml: is write-protected", "help: "]);
    assert_eq!(tree.text("unmoor.toml"), "# ours\n");
}

fn level_with(manifest: &str, content: &str) -> (String, String) {
    let tree = Tree::with("app.ts", WITH_PROVIDER);
    if !manifest.is_empty() {
        tree.add(manifest, content);
    }
    let plan = tree.plan(&[]);
    if !changed(&plan).is_empty() {
        return ("safe".to_owned(), String::new());
    }
    let held = &plan["held"][0];
    (held["level"].as_str().unwrap().to_owned(), held["reasons"].to_string())
}

#[test]
fn versions_in_manifests_decide() {
    let depends = |version: &str| format!("{{\"dependencies\": {{\"openai\": \"{version}\"}}}}");
    let level = |version: &str| level_with("package.json", &depends(version));
    assert_eq!(level("5.18.0").0, "safe");
    assert_eq!(level("^6.2.0").0, "safe");
    assert_eq!(level("^4.104.0").0, "manual");
    let (level, reasons) = level("4.20.0");
    assert_eq!(level, "manual");
    assert!(reasons.contains("5.18.0") && reasons.contains("4.20.0") && reasons.contains("package.json"), "{reasons}");
    // What is not known is not safe.
    for (manifest, content) in [("", String::new()), ("package.json", depends("*")), ("package.json", depends(">=5"))] {
        let (level, reasons) = level_with(manifest, &content);
        assert_eq!(level, "unsafe", "{content}");
        assert!(reasons.contains("5.18.0"), "{reasons}");
    }
    assert_eq!(level_with("package.json", "{ broken").0, "unsafe");
}

#[test]
fn a_manifest_that_cannot_be_read_is_told() {
    let tree = Tree::with("app.ts", WITH_PROVIDER);
    tree.add("package.json", "{ broken");
    tree.fix(&[]).says(0, &["package.json:1", "versions that it would tell are unknown"]);
}

/// Where there is no Git, the given paths say how far up manifests are looked for.
#[test]
fn a_manifest_above_the_file_decides_too() {
    for git in [true, false] {
        let tree = Tree::with("packages/web/src/app.ts", WITH_PROVIDER);
        tree.add("packages/web/package.json", "{\"dependencies\": {\"openai\": \"5.20.0\"}}");
        tree.add("package.json", "{\"dependencies\": {\"openai\": \"4.20.0\"}}");
        let tree = if git { tree.committed() } else { tree };
        let plan = tree.plan(&[]);
        assert_eq!(changed(&plan), ["packages/web/src/app.ts"], "in Git: {git}: {plan}");
    }
}

/// A module with a constant that only its client uses.
fn with_constant(client: &str) -> String {
    let text = client.replace("client = ", "API_VERSION = \"2024-10-21\"\n\nclient = ");
    text.replace("api_version=\"2024-10-21\"", "api_version=API_VERSION")
}

/// Fixes `module`, while `other.py` holds `import`, and gives what it then is.
fn fixed_beside(module: &str, content: &str, import: &str) -> String {
    let tree = Tree::with(module, content);
    tree.add("app/other.py", import);
    tree.write(&[]).says(0, &[&format!("changed {module}")]);
    assert_eq!(tree.text("app/other.py"), import);
    tree.text(module)
}

#[test]
fn a_constant_that_another_file_imports_stays() {
    for import in [
        "from settings import API_VERSION\n",
        "from .settings import (\n    client,\n    API_VERSION as V,  # the version\n)\n",
        "import settings\n\nprint(settings.API_VERSION)\n",
        "from app import settings\n\nprint(settings.API_VERSION)\n",
        "patch('app.settings.API_VERSION', '1')\n",
    ] {
        assert_eq!(fixed_beside("app/settings.py", &with_constant(BEFORE), import), with_constant(AFTER), "{import}");
    }
    // Without anybody who takes it, it goes.
    let text = fixed_beside("app/settings.py", &with_constant(BEFORE), "from settings import client\n");
    assert!(!text.contains("API_VERSION"), "{text}");
}

#[test]
fn a_constant_of_a_module_that_is_known_by_another_name_stays() {
    for import in [
        "import app.settings as s\n\nprint(s.API_VERSION)\n",
        "from app import settings as s\n\nprint(s.API_VERSION)\n",
        "import settings as s\n\nprint(s.API_VERSION)\n",
        "from . import settings as s\n\nprint(getattr(s, \"API_VERSION\"))\n",
    ] {
        assert_eq!(fixed_beside("app/settings.py", &with_constant(BEFORE), import), with_constant(AFTER), "{import}");
    }
}

#[test]
fn a_constant_of_a_module_that_is_taken_as_a_whole_stays() {
    for import in ["from settings import *\n", "from app.settings import *  # noqa\n", "from .settings import *\n"] {
        // What the module itself imports is taken with it.
        let both = with_constant(AFTER).replace("import OpenAI", "import AzureOpenAI, OpenAI");
        assert_eq!(fixed_beside("app/settings.py", &with_constant(BEFORE), import), both, "{import}");
    }
}

/// Who imports it need not be among the files that are to be changed.
#[test]
fn a_constant_that_a_file_beyond_the_given_paths_imports_stays() {
    for arguments in [&["app/settings.py"][..], &["app"], &[".", "--exclude", "tests"], &[".", "--include", "app/*.py"]]
    {
        let tree = Tree::with("app/settings.py", with_constant(BEFORE));
        tree.add("tests/test_settings.py", "from app.settings import API_VERSION\n");
        let tree = tree.committed();
        tree.write(arguments).says(0, &["changed app/settings.py"]);
        assert_eq!(tree.text("app/settings.py"), with_constant(AFTER), "{arguments:?}");
    }
}

#[test]
fn a_class_that_another_file_takes_stays() {
    for (module, import) in [
        ("app/clients/__init__.py", "from clients import AzureOpenAI\n"),
        ("app/clients.py", "from clients import client, AzureOpenAI\n"),
        ("app/clients.py", "import clients\n\nprint(clients.AzureOpenAI)\n"),
        ("app/clients.py", "@patch(\"app.clients.AzureOpenAI\")\ndef test(): pass\n"),
    ] {
        let text = fixed_beside(module, BEFORE, import);
        assert!(text.contains("import AzureOpenAI, OpenAI\n") && text.contains("client = OpenAI("), "{import}: {text}");
    }
}

#[test]
fn a_class_of_a_module_that_is_known_by_another_name_stays() {
    for import in
        ["import app.clients as c\n\nprint(c.AzureOpenAI)\n", "from .clients import *\n\nprint(AzureOpenAI)\n"]
    {
        let text = fixed_beside("app/clients.py", BEFORE, import);
        assert!(text.contains("import AzureOpenAI, OpenAI\n") && text.contains("client = OpenAI("), "{import}: {text}");
    }
}

#[test]
fn what_a_file_exports_stays() {
    let listed = format!("{}\n__all__ = [\"AzureOpenAI\", \"API_VERSION\", \"client\"]\n", with_constant(BEFORE));
    let tree = Tree::with("clients.py", listed);
    tree.write(&[]).says(0, &[]);
    let text = tree.text("clients.py");
    assert!(text.contains("import AzureOpenAI, OpenAI\n") && text.contains("API_VERSION = "), "{text}");

    let script = "import { AzureOpenAI } from \"openai\";\nexport { AzureOpenAI };\nexport const apiVersion = \"1\";\n\
                  export const client = new AzureOpenAI({ endpoint: \"https://demo.openai.azure.com\", apiKey: key(), apiVersion });\n";
    let tree = Tree::with("client.js", script);
    tree.write(&["--level", "unsafe"]).says(0, &[]);
    let text = tree.text("client.js");
    assert!(text.contains("export { AzureOpenAI };") && text.contains("export const apiVersion = \"1\";"), "{text}");
    assert!(text.contains("AzureOpenAI, OpenAI }") && text.contains("client = new OpenAI("), "{text}");

    let script = "const { AzureOpenAI } = require(\"openai\");\nconst apiVersion = \"1\";\n\
                  const client = new AzureOpenAI({ endpoint: \"https://demo.openai.azure.com\", apiKey: key(), apiVersion });\n\
                  module.exports = { AzureOpenAI, apiVersion, client };\n";
    let tree = Tree::with("client.cjs", script);
    tree.write(&["--level", "unsafe"]).says(0, &[]);
    let text = tree.text("client.cjs");
    assert!(text.contains("module.exports = { AzureOpenAI, apiVersion, client };"), "{text}");
    assert!(text.contains("const apiVersion = \"1\";") && text.contains("client = new OpenAI("), "{text}");
}

/// One client moves, the other does not; once `OPENAI_BASE_URL` is set, the constructor of the other fails.
#[test]
fn a_client_that_stays_makes_the_others_unsafe_for_a_target() {
    let tree = Tree::with(
        "moves.ts",
        "import { AzureOpenAI } from \"openai\";\n\nexport const client = new AzureOpenAI({\n  \
         endpoint: process.env.AZURE_OPENAI_ENDPOINT,\n  apiKey: process.env.AZURE_OPENAI_API_KEY,\n  apiVersion: \"2024-10-21\",\n});\n",
    );
    assert_eq!(changed(&tree.plan(&["--target", "openai"])), ["moves.ts"]);
    tree.add(
        "stays.ts",
        "import { AzureOpenAI } from \"openai\";\n\nexport function make(options: any) {\n  \
         return new AzureOpenAI({ ...options, apiVersion: \"2024-10-21\" });\n}\n",
    );
    // In place nothing of the kind is set.
    assert_eq!(changed(&tree.plan(&[])), ["moves.ts"]);
    let plan = tree.plan(&["--target", "openai"]);
    assert!(changed(&plan).is_empty(), "{plan}");
    tree.fix(&["--target", "openai"]).says(0, &["moves.ts:3", "OPENAI_BASE_URL", "stays.ts"]);
    tree.fix(&["--target", "openai", "--level", "unsafe"]).says(1, &["stays.ts", "OPENAI_BASE_URL"]);
}
