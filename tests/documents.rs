//! What lies beside the code, as users meet it: settings are tied to the clients that read them and to the resources that
//! give them, notebooks and pages have true positions and are fixed in place, broken files are told and cost nothing
//! else, and no key is ever shown.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn unmoor(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unmoor")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scan(folder: &Path) -> Value {
    let output = unmoor(folder, &["scan", ".", "--format", "json"]);
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `rule path:line:column` of all findings.
fn places(scan: &Value) -> Vec<String> {
    let place = |finding: &Value| {
        let location = &finding["location"];
        let rule = finding["rule"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        let path = location["path"].as_str().unwrap();
        format!("{rule} {path}:{}:{}", location["start"]["line"], location["start"]["column"])
    };
    scan["findings"].as_array().unwrap().iter().map(place).collect()
}

const CLIENT: &str = r#"import os
from openai import AzureOpenAI
client = AzureOpenAI(
    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"], api_key=os.environ["AZURE_OPENAI_KEY"], api_version="2024-10-21"
)
client.chat.completions.create(model=os.environ["AZURE_OPENAI_DEPLOYMENT"], messages=[])
"#;

const TEMPLATE: &str = r"param chatName string = 'chat'
resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' = {
  name: 'models'
  kind: 'OpenAI'
}
resource chat 'Microsoft.CognitiveServices/accounts/deployments@2024-10-01' = {
  parent: account
  name: chatName
  sku: { name: 'GlobalStandard', capacity: 10 }
  properties: { model: { format: 'OpenAI', name: 'gpt-4o', version: '2024-08-06' } }
}
output AZURE_OPENAI_ENDPOINT string = account.properties.endpoint
";

const TERRAFORM: &str = r#"resource "azurerm_cognitive_account" "main" {
  kind = "OpenAI"
}
resource "azurerm_linux_web_app" "api" {
  app_settings = {
    AZURE_OPENAI_KEY        = azurerm_cognitive_account.main.primary_access_key
    AZURE_OPENAI_DEPLOYMENT = "chat"
  }
}
"#;

#[test]
fn settings_lead_from_the_resource_to_the_calls() {
    let folder = tree(&[
        ("app/main.py", CLIENT),
        ("infra/main.bicep", TEMPLATE),
        ("infra/main.tf", TERRAFORM),
        (".env.sample", "AZURE_OPENAI_ENDPOINT=\nAZURE_OPENAI_TEMPERATURE=0\n"),
    ]);
    let scan = scan(folder.path());
    let source = |source: &Value| {
        let place = |at: &Value| format!("{}:{}", at["path"].as_str().unwrap(), at["start"]["line"]);
        let resource = source.get("resource").map(|resource| {
            format!(" from {} at {}", resource["kind"].as_str().unwrap(), place(&resource["location"]))
        });
        format!("{} {}{}", source["name"].as_str().unwrap(), place(&source["location"]), resource.unwrap_or_default())
    };
    let sources: Vec<String> = scan["units"][0]["sources"].as_array().unwrap().iter().map(source).collect();
    assert_eq!(
        sources,
        [
            "AZURE_OPENAI_DEPLOYMENT infra/main.tf:7",
            "AZURE_OPENAI_ENDPOINT .env.sample:1",
            "AZURE_OPENAI_ENDPOINT infra/main.bicep:12 from Microsoft.CognitiveServices/accounts at infra/main.bicep:2",
            "AZURE_OPENAI_KEY infra/main.tf:6 from azurerm_cognitive_account at infra/main.tf:1",
        ]
    );
    let tied = scan["findings"].as_array().unwrap().iter().filter(|finding| finding["units"] == json!(["unit-1"]));
    let paths: Vec<&str> = tied.map(|finding| finding["location"]["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&".env.sample") && paths.contains(&"infra/main.tf"), "{paths:?}");
    let deployed = &scan["deployments"][0];
    assert_eq!((&deployed["name"], &deployed["model"]), (&json!("chat"), &json!("gpt-4o")));
    assert_eq!((&deployed["version"], &deployed["sku"]), (&json!("2024-08-06"), &json!("GlobalStandard")));

    let report = unmoor(folder.path(), &["report", ".", "--format", "json"]);
    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(report["deployments"][0]["model"], json!("gpt-4o"), "{}", report["deployments"]);
    let configuration = report["configuration"].as_array().unwrap();
    let key = configuration.iter().find(|entry| entry["old"] == json!(["AZURE_OPENAI_KEY"])).unwrap();
    assert!(key["places"].to_string().contains("infra/main.tf"), "{key}");

    let models = unmoor(folder.path(), &["models", "--write"]);
    assert!(models.status.success(), "{}", text(&models.stderr));
    let table = fs::read_to_string(folder.path().join("unmoor.toml")).unwrap();
    assert!(table.contains("AZURE_OPENAI_DEPLOYMENT = \"gpt-4o\" # "), "{table}");
    assert!(table.contains("deployed as gpt-4o 2024-08-06 at infra/main.bicep:6"), "{table}");
}

fn notebook() -> String {
    let cell = |source: Value| json!({"cell_type": "code", "metadata": {}, "outputs": [], "source": source});
    let cells = [
        json!({"cell_type": "markdown", "metadata": {}, "source": ["AzureOpenAI\n"]}),
        cell(json!(["%pip install openai\n", "import os\n", "from openai import AzureOpenAI  # é 😀\n"])),
        cell(json!([
            "x = \"é\"; client = AzureOpenAI(api_version=\"2024-10-21\",\n",
            "  azure_endpoint=os.environ[\"AZURE_OPENAI_ENDPOINT\"], api_key=os.environ[\"AZURE_OPENAI_API_KEY\"])"
        ])),
    ];
    let notebook =
        json!({"cells": cells, "metadata": {"kernelspec": {"language": "python"}}, "nbformat": 4, "nbformat_minor": 5});
    serde_json::to_string_pretty(&notebook).unwrap() + "\n"
}

#[test]
fn places_in_notebooks_are_those_of_the_file() {
    let folder = tree(&[("lab.ipynb", &notebook())]);
    let scan = scan(folder.path());
    let file = notebook();
    assert!(places(&scan).len() > 4, "{:?}", places(&scan));
    for finding in scan["findings"].as_array().unwrap() {
        let byte = |end: &str| usize::try_from(finding["location"][end]["byte"].as_u64().unwrap()).unwrap();
        let written = file[byte("start")..byte("end")].replace("\\\"", "\"");
        assert!(written.contains(finding["local"].as_str().unwrap()), "{written} {finding}");
        let line = finding["location"]["start"]["line"].as_u64().unwrap();
        let before = &file[..byte("start")];
        assert_eq!(before.matches('\n').count() as u64 + 1, line);
        let column = before.rsplit('\n').next().unwrap().chars().count() as u64 + 1;
        assert_eq!(finding["location"]["start"]["column"].as_u64().unwrap(), column);
    }
    let cells: Vec<u64> =
        scan["findings"].as_array().unwrap().iter().map(|finding| finding["cell"].as_u64().unwrap()).collect();
    assert_eq!((cells.first(), cells.last()), (Some(&2), Some(&3)));
    let shown = text(&unmoor(folder.path(), &["scan", "."]).stdout);
    assert!(shown.contains("in cell 3 of the notebook"), "{shown}");
}

#[test]
fn comments_in_cells_set_findings_aside() {
    let notebook = notebook().replace("  # é 😀", "  # unmoor: ignore[import] é");
    let folder = tree(&[("lab.ipynb", &notebook)]);
    let found = places(&scan(folder.path()));
    assert!(!found.iter().any(|place| place.starts_with("import-openai")), "{found:?}");
    assert!(found.iter().any(|place| place.starts_with("client-openai")), "{found:?}");
    let added = unmoor(folder.path(), &["scan", ".", "--add-ignores"]);
    assert_eq!(fs::read_to_string(folder.path().join("lab.ipynb")).unwrap(), notebook, "{}", text(&added.stderr));
}

#[test]
fn a_fix_of_a_notebook_changes_lines_of_code_and_nothing_else() {
    let folder = tree(&[("lab.ipynb", &notebook())]);
    let fixed = unmoor(folder.path(), &["fix", ".", "--write", "--allow-dirty"]);
    assert!(fixed.status.success(), "{}", text(&fixed.stderr));
    let after = fs::read_to_string(folder.path().join("lab.ipynb")).unwrap();
    let before = notebook();
    let without_code = |text: &str| -> Value {
        let mut notebook: Value = serde_json::from_str(text).unwrap();
        notebook["cells"].as_array_mut().unwrap().iter_mut().skip(1).for_each(|cell| cell["source"] = Value::Null);
        notebook
    };
    assert_eq!(without_code(&before), without_code(&after));
    let first = before.find("from openai").unwrap();
    assert_eq!(before[..first], after[..first]);
    let last = before.find("\"metadata\": {\n    \"kernelspec").unwrap();
    assert!(after.ends_with(&before[last..]), "{after}");
    assert!(after.contains("from openai import OpenAI  # é 😀\\n"), "{after}");
    assert!(serde_json::from_str::<Value>(&after).is_ok() && after.ends_with("}\n"));
}

#[test]
fn notebooks_of_other_kinds() {
    let script = r#"{"cells": [{"cell_type": "code", "source": "import { AzureOpenAI } from \"npm:openai\";\nnew AzureOpenAI();"}],
"metadata": {"kernelspec": {"language": "typescript"}}, "nbformat": 4}"#;
    let old = r#"{"nbformat": 3, "worksheets": [{"cells": [
{"cell_type": "code", "input": ["from openai import AzureOpenAI\n"], "language": "python"}]}]}"#;
    let other = r#"{"cells": [{"cell_type": "code", "source": "from openai import AzureOpenAI"}],
"metadata": {"kernelspec": {"language": "R"}}, "nbformat": 4}"#;
    let folder = tree(&[("a.ipynb", script), ("b.ipynb", old), ("c.ipynb", other)]);
    let found = places(&scan(folder.path()));
    assert!(found.iter().any(|place| place.starts_with("client-openai a.ipynb:1:")), "{found:?}");
    assert!(found.contains(&"import-openai b.ipynb:2:53".to_owned()), "{found:?}");
    assert!(!found.iter().any(|place| place.contains("c.ipynb")), "{found:?}");
}

#[test]
fn scripts_in_pages_are_one_module_and_are_fixed_in_place() {
    let vue = "<template>\n  <p>new AzureOpenAI()</p>\n</template>\n<script lang=\"ts\">\nimport { AzureOpenAI } from \"openai\";\n\
               </script>\n<script setup lang=\"ts\">\nconst client = new AzureOpenAI({\n  endpoint: process.env.AZURE_OPENAI_ENDPOINT,\n\
               \x20 apiKey: process.env.AZURE_OPENAI_API_KEY,\n  apiVersion: \"2024-10-21\",\n});\n</script>\n<style>p { color: red }</style>\n";
    let svelte = "<script>\n  import { AzureOpenAI } from 'openai';\n  let c = new AzureOpenAI();\n</script>\n{#if c}<p/>{/if}\n";
    let astro = "---\nimport { AzureOpenAI } from 'openai';\nconst c = new AzureOpenAI();\n---\n<h1>AzureOpenAI</h1>\n";
    let html = "<!doctype html>\n<script type=\"module\">\nimport { AzureOpenAI } from \"https://esm.sh/openai\";\n</script>\n\
                <script type=\"application/json\">{\"AzureOpenAI\": 1}</script>\n<!-- <script>new AzureOpenAI()</script> -->\n";
    let folder = tree(&[("a.vue", vue), ("b.svelte", svelte), ("c.astro", astro), ("d.html", html)]);
    let found = places(&scan(folder.path()));
    assert!(found.contains(&"client-openai a.vue:8:20".to_owned()), "{found:?}");
    assert!(found.contains(&"client-openai b.svelte:3:15".to_owned()), "{found:?}");
    assert!(found.contains(&"client-openai c.astro:3:15".to_owned()), "{found:?}");
    assert!(!found.iter().any(|place| place.contains("a.vue:2") || place.contains("c.astro:5")), "{found:?}");
    assert!(!found.iter().any(|place| place.contains("d.html:5") || place.contains("d.html:6")), "{found:?}");
    let fixed = unmoor(folder.path(), &["fix", "a.vue", "--write", "--allow-dirty"]);
    assert!(fixed.status.success(), "{}", text(&fixed.stderr));
    let after = fs::read_to_string(folder.path().join("a.vue")).unwrap();
    assert!(after.contains("import { OpenAI } from \"openai\";") && after.contains("new OpenAI({"), "{after}");
    assert!(after.contains("<p>new AzureOpenAI()</p>") && after.ends_with("</style>\n"), "{after}");
}

#[test]
fn fences_of_markdown_are_looked_at_on_request() {
    let text = "# Use\n\n1. Install\n\n   ```python\n   from openai import AzureOpenAI\n   client = AzureOpenAI(\n       azure_endpoint=url, api_key=key,\n       api_version=\"2024-10-21\",\n   )\n   ```\n\nThe class `AzureOpenAI` is for Azure.\n\n```text\nAzureOpenAI()\n```\n";
    let folder = tree(&[("README.md", text)]);
    assert!(places(&scan(folder.path())).is_empty());
    let output = unmoor(folder.path(), &["scan", ".", "--markdown", "--format", "json"]);
    let found = places(&serde_json::from_slice(&output.stdout).unwrap());
    assert!(found.contains(&"import-openai README.md:6:23".to_owned()), "{found:?}");
    assert!(found.contains(&"client-openai README.md:7:13".to_owned()), "{found:?}");
    assert!(!found.iter().any(|place| place.contains("README.md:13") || place.contains("README.md:16")), "{found:?}");
    let fixed = unmoor(folder.path(), &["fix", ".", "--markdown", "--write", "--allow-dirty"]);
    assert!(fixed.status.success(), "{}", text_of(&fixed));
    let after = fs::read_to_string(folder.path().join("README.md")).unwrap();
    assert!(after.contains("   from openai import OpenAI\n   client = OpenAI(\n"), "{after}");
    assert!(after.ends_with("```text\nAzureOpenAI()\n```\n") && !after.contains("api_version"), "{after}");
}

fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn broken_documents_are_told_with_their_line_and_cost_nothing_else() {
    let files = [
        ("a.json", "{\n \"AZURE_OPENAI_ENDPOINT\": \"x\",\n \"b\": [1, 2\n}\n"),
        ("b.yaml", "a: 1\nAZURE_OPENAI_ENDPOINT: x\n  b: [\n"),
        ("c.toml", "a = 1\nAZURE_OPENAI_ENDPOINT = \"x\"\nb = \n"),
        ("d.ipynb", "{\n \"cells\": [\n  {\"cell_type\": \"code\", \"source\": \"AzureOpenAI\"\n"),
        ("e.csproj", "<Project>\n <PackageReference Include=\"Azure.AI.OpenAI\"\n"),
        ("f.tf", "resource \"x\" \"y\" {\n  AZURE_OPENAI_ENDPOINT = \"x\"\n"),
        ("g.env", "AZURE_OPENAI_ENDPOINT=x\n"),
    ];
    let folder = tree(&files);
    let scan = scan(folder.path());
    let told: Vec<(&str, u64)> = scan["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|told| Some((told["path"].as_str()?, told["line"].as_u64()?)))
        .collect();
    for path in ["a.json", "b.yaml", "c.toml", "d.ipynb", "e.csproj", "f.tf"] {
        assert!(told.iter().any(|(other, line)| *other == path && *line > 0), "{path}: {told:?}");
    }
    let found = places(&scan);
    for path in ["a.json", "b.yaml", "c.toml", "f.tf", "g.env"] {
        assert!(found.iter().any(|place| place.contains(&format!("endpoint-setting {path}:"))), "{path}: {found:?}");
    }
}

#[test]
fn odd_documents_are_read() {
    let bomb: String = (0..40).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{}: &a{} [*a{level}, *a{level}]\n", level + 1, level + 1)
    });
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    let files = [
        ("bomb.yaml", format!("{bomb}env: {{AZURE_OPENAI_ENDPOINT: x}}\n")),
        ("deep.json", format!("{{\"AZURE_OPENAI_ENDPOINT\": {deep}}}")),
        ("many.yaml", "a: 1\n---\nAZURE_OPENAI_ENDPOINT: x\n---\nb: 2\n".to_owned()),
        ("twice.json", "{\"AZURE_OPENAI_ENDPOINT\": 1, \"AZURE_OPENAI_ENDPOINT\": 2}".to_owned()),
        ("lines.env", "A=1\r\nexport AZURE_OPENAI_ENDPOINT='x'\r\n".to_owned()),
        ("loop.env", "AZURE_OPENAI_ENDPOINT=${B}\nB=${AZURE_OPENAI_ENDPOINT}\n".to_owned()),
        ("heredoc.tf", "locals {\n  x = <<EOT\nAZURE_OPENAI_ENDPOINT=${var.a}\nEOT\n}\nvariable \"AZURE_OPENAI_ENDPOINT\" {}\n".to_owned()),
        ("missing.bicep", "module m 'gone.bicep' = { name: 'x', params: { kind: 'OpenAI' } }\noutput AZURE_OPENAI_ENDPOINT string = m.outputs.e\n".to_owned()),
        ("bom.env", "\u{feff}AZURE_OPENAI_ENDPOINT=x\n".to_owned()),
        ("quote.env", "X=\"unclosed\nAZURE_OPENAI_ENDPOINT=x\n".to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let folder = tree(&files);
    let scan = scan(folder.path());
    let found = places(&scan);
    for (path, _) in files {
        assert!(found.iter().any(|place| place.contains(&format!("endpoint-setting {path}:"))), "{path}: {found:?}");
    }
    let internal = scan["diagnostics"].as_array().unwrap().iter().any(|told| told["kind"] == "internal");
    assert!(!internal, "{}", scan["diagnostics"]);
}

#[test]
fn requirements_are_told_by_their_folder() {
    let folder =
        tree(&[("requirements/base.txt", "azure-ai-inference==1\n"), ("notes/base.txt", "azure-ai-inference==1\n")]);
    let expected = ["package-retired requirements/base.txt:1:1"];
    assert_eq!(places(&scan(folder.path())), expected);
    let named = unmoor(folder.path(), &["scan", "requirements/base.txt", "--format", "json"]);
    assert_eq!(places(&serde_json::from_slice(&named.stdout).unwrap()), expected);
}

#[test]
fn no_format_shows_a_key() {
    let key = "Zq7hunter2hunter2Zq7";
    // Nothing in its form tells that it is a key.
    let short = "hunter2";
    let files = [
        (".env.example", format!("AZURE_OPENAI_API_KEY={key}\nAZURE_OPENAI_AD_TOKEN=\"a${key}\"\n")),
        ("compose.yaml", format!("environment:\n  - AZURE_OPENAI_KEY={key}\nx:\n  AZURE_OPENAI_API_KEY: {key}\n")),
        ("pod.yaml", format!("env:\n  - name: AZURE_OPENAI_KEY\n    value: {key}\n")),
        ("chart.yaml", format!("{{{{ if x }}}}\nAZURE_OPENAI_KEY: {key}\n{{{{ end }}}}\n")),
        ("a.json", format!("{{\"AZURE_OPENAI_KEY\": \"{key}\"}}")),
        (
            "run.sh",
            format!(
                "export AZURE_OPENAI_API_KEY={key} OTHER=1\ncurl -H 'api-key: {key}' https://x.openai.azure.com/\n\
                 curl --api-key={short} -H api-key:{short} https://x.openai.azure.com/\n\
                 curl --token {short} -H \"Authorization: Bearer {short}\" https://x.openai.azure.com/\n\
                 azd env set AZURE_OPENAI_API_KEY {short}\n"
            ),
        ),
        ("run.ps1", format!("$env:AZURE_OPENAI_API_KEY = \"{short}\"\n$env:AZURE_OPENAI_KEY={short}\n")),
        ("Dockerfile", format!("ENV AZURE_OPENAI_KEY={key}\nENV AZURE_OPENAI_API_KEY {key}\n")),
        ("main.tf", format!("x = {{ AZURE_OPENAI_KEY = \"{key}\" }}\n")),
        ("main.bicep", format!("var s = [{{ name: 'AZURE_OPENAI_KEY', value: '{key}' }}]\n")),
        ("a.toml", format!("AZURE_OPENAI_KEY = \"{key}\"\n")),
        ("a.ini", format!("AZURE_OPENAI_KEY = {key}\n")),
        (
            "a.py",
            "import os\nfrom openai import AzureOpenAI\nAzureOpenAI(azure_endpoint=os.environ['U'], \
                  api_key=os.environ['AZURE_OPENAI_API_KEY'], api_version='1')\n"
                .to_owned(),
        ),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let folder = tree(&files);
    let formats = [
        "text",
        "concise",
        "json",
        "jsonl",
        "sarif",
        "github",
        "gitlab",
        "azure-pipelines",
        "rdjson",
        "rdjsonl",
        "junit",
        "csv",
        "markdown",
    ];
    for format in formats {
        let output = unmoor(folder.path(), &["scan", ".", "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}: {}", text(&output.stderr));
        let shown = text(&output.stdout) + &text(&output.stderr);
        let leaks: Vec<&str> = shown.lines().filter(|line| line.contains("hunter2")).collect();
        assert!(leaks.is_empty(), "{format}: {leaks:#?}");
    }
    for arguments in [&["fix", ".", "--target", "openai", "--level", "unsafe"][..], &["report", "."], &["models", "."]]
    {
        let output = unmoor(folder.path(), arguments);
        let shown = text(&output.stdout) + &text(&output.stderr);
        let leaks: Vec<&str> = shown.lines().filter(|line| line.contains("hunter2")).collect();
        assert!(leaks.is_empty(), "{arguments:?}: {leaks:#?}");
    }
}

#[test]
fn comments_set_findings_in_documents_aside() {
    let folder = tree(&[
        ("a.yaml", "# unmoor: ignore-next-line[endpoint-setting] moves later\nAZURE_OPENAI_ENDPOINT: x\n"),
        ("b.env", "# unmoor: ignore-file[config]\nAZURE_OPENAI_ENDPOINT=x\n"),
        ("c.json", "{\"AZURE_OPENAI_ENDPOINT\": \"x\"}\n"),
        ("d.env", "AZURE_OPENAI_ENDPOINT=x\n"),
    ]);
    assert_eq!(places(&scan(folder.path())), ["endpoint-setting c.json:1:2", "endpoint-setting d.env:1:1"]);
    let added = unmoor(folder.path(), &["scan", ".", "--add-ignores"]);
    assert_eq!(
        fs::read_to_string(folder.path().join("d.env")).unwrap(),
        "# unmoor: ignore[endpoint-setting]\nAZURE_OPENAI_ENDPOINT=x\n",
        "{}",
        text(&added.stderr)
    );
    assert_eq!(fs::read_to_string(folder.path().join("c.json")).unwrap(), "{\"AZURE_OPENAI_ENDPOINT\": \"x\"}\n");
}
