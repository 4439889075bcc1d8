//! A temporary directory in which the program runs, and what it says there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// A client, and what the safe fix makes of it.
pub(crate) const BEFORE: &str = r#"import os

from openai import AzureOpenAI

client = AzureOpenAI(
    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"],
    api_key=os.environ["AZURE_OPENAI_API_KEY"],
    api_version="2024-10-21",
)
"#;
pub(crate) const AFTER: &str = r#"import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ["AZURE_OPENAI_ENDPOINT"].rstrip("/") + "/openai/v1/",
    api_key=os.environ["AZURE_OPENAI_API_KEY"],
)
"#;

/// A client whose safe fix needs the openai package in version 5.18 or later.
pub(crate) const WITH_PROVIDER: &str = r#"import { AzureOpenAI } from "openai";
import { DefaultAzureCredential, getBearerTokenProvider } from "@azure/identity";

const azureADTokenProvider = getBearerTokenProvider(
  new DefaultAzureCredential(),
  "https://cognitiveservices.azure.com/.default",
);

export const client = new AzureOpenAI({
  endpoint: "https://demo.openai.azure.com",
  azureADTokenProvider,
  apiVersion: "2024-10-21",
});
"#;

/// A directory, which is the current one of what is run.
pub(crate) struct Tree(TempDir);

/// What a command wrote and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tree {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn with(name: &str, content: impl AsRef<[u8]>) -> Self {
        let tree = Self::new();
        tree.add(name, content);
        tree
    }

    /// The tree with the file of most tests.
    pub(crate) fn usual() -> Self {
        Self::with("app.py", BEFORE)
    }

    pub(crate) fn add(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// The names of all files, sorted; Git's own are left out.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = walkdir::WalkDir::new(self.root()).into_iter().filter_entry(|entry| entry.file_name() != ".git");
        let files = files.map(Result::unwrap).filter(|entry| !entry.file_type().is_dir());
        let mut names: Vec<String> = files
            .map(|entry| entry.path().strip_prefix(self.root()).unwrap().to_string_lossy().replace('\\', "/"))
            .collect();
        names.sort();
        names
    }

    /// The command, in an environment that does not depend on who runs the test.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root()).env("NO_COLOR", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        for name in ["CLICOLOR_FORCE", "UNMOOR_CONFIG", "UNMOOR_FORMAT", "UNMOOR_THREADS", "GIT_DIR"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(Path::new(env!("CARGO_BIN_EXE_unmoor"))).args(arguments).output().unwrap())
    }

    pub(crate) fn fix(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["fix"], arguments].concat())
    }

    /// Makes the changes to files that Git may not know.
    pub(crate) fn write(&self, arguments: &[&str]) -> Ran {
        self.fix(&[&["--write", "--allow-dirty"], arguments].concat())
    }

    /// The plan as data.
    pub(crate) fn plan(&self, arguments: &[&str]) -> Value {
        let ran = self.fix(&[&["--format", "json"], arguments].concat());
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let mut command = self.command(Path::new("git"));
        command.args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]);
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes it a Git work tree in which all is committed.
    pub(crate) fn committed(self) -> Self {
        self.git(&["init", "-q"]);
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "-m", "first"]);
        self
    }
}

impl Ran {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Sees that the command ended with `code` and said each of `words`.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, words: &[&str]) {
        let said = format!("{}{}", self.out, self.err);
        // Lines are wrapped at words.
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(self.code, code, "{said}");
        for word in words {
            assert!(said.contains(word) || flat.contains(word), "`{word}` is not said: {said}");
        }
    }
}

/// The paths of the files that a plan changes.
pub(crate) fn changed(plan: &Value) -> Vec<&str> {
    plan["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect()
}

/// The bytes after the edits of one file of a plan.
pub(crate) fn edited(before: &[u8], file: &Value) -> Vec<u8> {
    let mut after = Vec::new();
    let mut at = 0;
    for edit in file["edits"].as_array().unwrap() {
        let place = |name: &str| usize::try_from(edit[name].as_u64().unwrap()).unwrap();
        assert!(at <= place("start") && place("start") <= place("end"), "{file}");
        after.extend_from_slice(&before[at..place("start")]);
        after.extend_from_slice(edit["text"].as_str().unwrap().as_bytes());
        at = place("end");
    }
    after.extend_from_slice(&before[at..]);
    after
}
