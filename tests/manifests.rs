//! Manifests that follow the code: `unmoor fix` raises the lower bound of a package of which the changed code needs more,
//! and swaps a package that no code uses any more. Each case is a small application, before and after.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// Code that needs a newer SDK afterwards than the first one that has the client.
const PROVIDER: &str = "\
from azure.identity import DefaultAzureCredential, get_bearer_token_provider
from openai import AzureOpenAI

provider = get_bearer_token_provider(DefaultAzureCredential(), \"https://cognitiveservices.azure.com/.default\")
client = AzureOpenAI(azure_endpoint=\"https://r.openai.azure.com\", azure_ad_token_provider=provider, api_version=\"2024-10-21\")
client.chat.completions.create(model=\"gpt-4o\", messages=[])
";

/// Code that moves from one package to another.
const INFERENCE: &str = "\
from azure.ai.inference import ChatCompletionsClient
from azure.core.credentials import AzureKeyCredential
import os

client = ChatCompletionsClient(
    endpoint=\"https://x.services.ai.azure.com/models\",
    credential=AzureKeyCredential(os.environ[\"K\"]),
)
client.complete(model=\"gpt-4o\", messages=[{\"role\": \"user\", \"content\": \"a\"}])
";

const PROVIDER_OF_AI_SDK: &str = "\
import { createAzure } from '@ai-sdk/azure';

const azure = createAzure({ resourceName: 'r', apiKey: process.env.AZURE_API_KEY });
export const model = azure('gpt-4o');
";

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn unmoor(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unmoor")).args(arguments).current_dir(folder).output().unwrap()
}

fn fix(folder: &Path, more: &[&str]) -> String {
    let output = unmoor(folder, &[&["fix", "--level", "unsafe", "--write", "-v"], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The manifest after a fix of code beside it, which a second fix leaves alone.
fn after(code: (&str, &str), name: &str, manifest: &str) -> String {
    let folder = tree(&[code, (name, manifest)]);
    fix(folder.path(), &[]);
    let after = read(folder.path(), name);
    fix(folder.path(), &[]);
    assert_eq!(read(folder.path(), name), after, "a second fix");
    after
}

#[test]
fn lower_bounds_become_what_the_code_needs() {
    let cases = [
        ("requirements.txt", "x\nopenai>=1.0,<2  # why\n", "x\nopenai>=1.106.0,<2  # why\n"),
        ("requirements.txt", "openai\r\nx\r\n", "openai>=1.106.0\r\nx\r\n"),
        (
            "requirements.txt",
            "openai[a,b] ~= 1.3 ; python_version<'4'\n",
            "openai[a,b] ~= 1.106 ; python_version<'4'\n",
        ),
        (
            "pyproject.toml",
            "[project]\ndependencies = ['openai (>1.0)']\n",
            "[project]\ndependencies = ['openai (>=1.106.0)']\n",
        ),
        (
            "pyproject.toml",
            "[tool.poetry.dependencies]\nopenai = {version = \"^1.3\", extras = [\"a\"]}\n",
            "[tool.poetry.dependencies]\nopenai = {version = \"^1.106.0\", extras = [\"a\"]}\n",
        ),
        ("Pipfile", "[packages]\nopenai = \"*\"\n", "[packages]\nopenai = \">=1.106.0\"\n"),
        (
            "setup.cfg",
            "[options]\ninstall_requires =\n  openai>=1\n  x\n",
            "[options]\ninstall_requires =\n  openai>=1.106.0\n  x\n",
        ),
        (
            "environment.yml",
            "dependencies:\n  - pip:\n    - openai>=1\n",
            "dependencies:\n  - pip:\n    - openai>=1.106.0\n",
        ),
        // New enough, or no business of the code.
        ("requirements.txt", "openai>=1.107\nopenai-whisper>=1\n", "openai>=1.107\nopenai-whisper>=1\n"),
        // A pin is its owner's decision.
        ("requirements.txt", "openai==1.50.0\n", "openai==1.50.0\n"),
    ];
    for (name, before, expected) in cases {
        assert_eq!(after(("app/a.py", PROVIDER), name, before), expected, "{name}: {before}");
    }
}

#[test]
fn a_lower_bound_that_cannot_be_raised_is_told() {
    let folder =
        tree(&[("a.py", PROVIDER), ("pyproject.toml", "[tool.poetry.dependencies]\nopenai = \"^1.3 || ^2\"\n")]);
    let told = fix(folder.path(), &[]);
    assert!(told.contains("needs `openai` 1.106.0 or newer, and `^1.3 || ^2` cannot be raised"), "{told}");
}

#[test]
fn manifests_answer_for_the_code_below_them() {
    let folder = tree(&[
        ("a/src/x.py", PROVIDER),
        ("a/requirements/base.txt", "openai>=1\n"),
        ("b/y.py", "import openai\n"),
        ("b/requirements.txt", "openai>=1\n"),
        ("requirements.txt", "openai>=1\n"),
    ]);
    fix(folder.path(), &[]);
    assert_eq!(read(folder.path(), "a/requirements/base.txt"), "openai>=1.106.0\n");
    assert_eq!(read(folder.path(), "b/requirements.txt"), "openai>=1\n");
    assert_eq!(read(folder.path(), "requirements.txt"), "openai>=1\n");
}

#[test]
fn what_was_not_named_is_not_changed() {
    let files = [("src/a.py", PROVIDER), ("requirements.txt", "openai>=1\n")];
    let folder = tree(&files);
    fix(folder.path(), &["src"]);
    assert_ne!(read(folder.path(), "src/a.py"), PROVIDER);
    assert_eq!(read(folder.path(), "requirements.txt"), "openai>=1\n");
    let folder = tree(&files);
    assert!(unmoor(folder.path(), &["fix", "--level", "safe", "--write"]).status.success());
    assert_eq!(read(folder.path(), "requirements.txt"), "openai>=1\n");
}

#[test]
fn a_package_that_no_code_uses_any_more_is_swapped() {
    let cases = [
        ("requirements.txt", "a\nazure-ai-inference==1.0.0b9 # x\n", "a\nopenai==3.57.0 # x\n"),
        ("requirements.txt", "Azure_AI.inference ; python_version<'4'\n", "openai>=3.57.0 ; python_version<'4'\n"),
        // It is listed already.
        ("requirements.txt", "a\nazure-ai-inference==1.0.0b9 # x\nopenai>=1\n", "a\nopenai>=1\n"),
        ("requirements.txt", "openai>=1\nazure-ai-inference", "openai>=1\n"),
        (
            "pyproject.toml",
            "[project]\ndependencies = [\"azure-ai-inference>=1\", \"openai>=1\"]\n[project.optional-dependencies]\nx = ['azure-ai-inference']\n",
            "[project]\ndependencies = [\"openai>=1\"]\n[project.optional-dependencies]\nx = ['openai>=3.57.0']\n",
        ),
        (
            "pyproject.toml",
            "[project]\ndependencies = [\n  \"openai>=1\",\n  \"azure-ai-inference>=1\", # why\n]\n",
            "[project]\ndependencies = [\n  \"openai>=1\",\n]\n",
        ),
        (
            "pyproject.toml",
            "[tool.poetry.dependencies]\nopenai = \"^1\"\nazure-ai-inference = \"^1.0.0b3\"\n",
            "[tool.poetry.dependencies]\nopenai = \"^1\"\n",
        ),
        (
            "environment.yml",
            "dependencies:\n  - python=3.11\n  - pip:\n    - azure-ai-inference\n    - b\n",
            "dependencies:\n  - python=3.11\n  - pip:\n    - openai>=3.57.0\n    - b\n",
        ),
        // What is more than a name and versions is for somebody to look at.
        ("requirements.txt", "azure-ai-inference[opentelemetry]>=1\n", "azure-ai-inference[opentelemetry]>=1\n"),
        (
            "requirements.txt",
            "azure-ai-inference @ https://example.org/a.whl\n",
            "azure-ai-inference @ https://example.org/a.whl\n",
        ),
        (
            "requirements.txt",
            "# autogenerated by pip-compile\nazure-ai-inference==1.0.0b9\n",
            "# autogenerated by pip-compile\nazure-ai-inference==1.0.0b9\n",
        ),
    ];
    for (name, before, expected) in cases {
        assert_eq!(after(("app/a.py", INFERENCE), name, before), expected, "{name}: {before}");
    }
}

#[test]
fn packages_of_npm_are_swapped() {
    let cases = [
        (
            "{\"dependencies\": {\"@ai-sdk/azure\": \"^2.0.1\"}}\n",
            "{\"dependencies\": {\"@ai-sdk/openai\": \"^2.0.131\"}}\n",
        ),
        (
            "{\n  \"dependencies\": {\n    \"@ai-sdk/openai\": \"^4.0.0\",\n    \"@ai-sdk/azure\": \"^4.0.0\"\n  }\n}\n",
            "{\n  \"dependencies\": {\n    \"@ai-sdk/openai\": \"^4.0.0\"\n  }\n}\n",
        ),
        (
            "{\n  \"dependencies\": {\n    \"@ai-sdk/azure\": \"^4.0.0\",\n    \"@ai-sdk/openai\": \"^4.0.0\"\n  }\n}\n",
            "{\n  \"dependencies\": {\n    \"@ai-sdk/openai\": \"^4.0.0\"\n  }\n}\n",
        ),
        // No version of the other package is known for it.
        (
            "{\"dependencies\": {\"@ai-sdk/azure\": \"^9.0.0\"}}\n",
            "{\"dependencies\": {\"@ai-sdk/azure\": \"^9.0.0\"}}\n",
        ),
        ("{\"overrides\": {\"@ai-sdk/azure\": \"^4.0.0\"}}\n", "{\"overrides\": {\"@ai-sdk/azure\": \"^4.0.0\"}}\n"),
        (
            "{\"dependencies\": {\"@ai-sdk/azure\": \"workspace:*\"}}\n",
            "{\"dependencies\": {\"@ai-sdk/azure\": \"workspace:*\"}}\n",
        ),
    ];
    for (before, expected) in cases {
        assert_eq!(after(("src/a.ts", PROVIDER_OF_AI_SDK), "package.json", before), expected, "{before}");
    }
}

#[test]
fn a_package_that_code_still_uses_stays() {
    let manifest = ("requirements.txt", "azure-ai-inference==1.0.0b9\n");
    let uses = [
        "from azure.ai.inference.models import EvaluatedThing\n",
        "from azure.ai import inference\n",
        "import azure.ai.inference as i\n",
        "from unittest import mock\nmock.patch('azure.ai.inference.X')\n",
        "azure.ai.inference (\n",
    ];
    for code in uses {
        let folder = tree(&[("app/a.py", INFERENCE), ("tests/b.py", code), manifest]);
        let told = fix(folder.path(), &[]);
        assert_eq!(read(folder.path(), manifest.0), manifest.1, "{code}");
        assert!(told.contains("tests/b.py:") && told.contains("still uses it"), "{code}: {told}");
    }
    // A comment uses nothing; a longer name is another module.
    for code in ["# azure.ai.inference\n", "import azure.ai.inference_x\n", "x = 'my.azure.ai.inference'\n"] {
        let folder = tree(&[("app/a.py", INFERENCE), ("tests/b.py", code), manifest]);
        fix(folder.path(), &[]);
        assert_eq!(read(folder.path(), manifest.0), "openai==3.57.0\n", "{code}");
    }
}

#[test]
fn settings_and_packages_of_one_file_change_together() {
    let manifest = "{\n  \"dependencies\": {\"@ai-sdk/azure\": \"^4.0.0\"},\n  \"scripts\": {\"start\": \"AZURE_API_KEY=$KEY node a.js\"}\n}\n";
    let folder = tree(&[("src/a.ts", PROVIDER_OF_AI_SDK), ("package.json", manifest)]);
    fix(folder.path(), &["--target", "openai"]);
    let after = read(folder.path(), "package.json");
    assert!(after.contains("\"@ai-sdk/openai\": \"^4.0.118\""), "{after}");
}
