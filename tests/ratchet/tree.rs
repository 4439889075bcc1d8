//! A temporary repository in which the program runs, and what it says there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A module that makes a client, with six findings.
pub(crate) const CLIENT: &str = r#"import os

from openai import AzureOpenAI

client = AzureOpenAI(
    azure_endpoint=os.environ["AZURE_OPENAI_ENDPOINT"],
    api_key=os.environ["AZURE_OPENAI_API_KEY"],
    api_version="2024-10-21",
)
"#;
/// One more client, with one finding.
pub(crate) const MORE: &str = "other = AzureOpenAI(timeout=5)\n";

/// A repository; the current directory of what is run.
pub(crate) struct Tree(TempDir);

/// What a command wrote and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tree {
    /// A repository with a module `app/llm.py` that is committed.
    pub(crate) fn new() -> Self {
        let tree = Self::outside_git();
        tree.git(&["init", "--quiet", "--initial-branch=main"]);
        tree.commit();
        tree
    }

    /// The same files in no repository.
    pub(crate) fn outside_git() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("app/llm.py", CLIENT);
        tree
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn git(&self, arguments: &[&str]) {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]);
        let output = command.args(arguments).current_dir(self.0.path()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    pub(crate) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=more"]);
    }

    /// Runs the program in the tree's directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in("", arguments)
    }

    /// Runs the program in a folder of the tree.
    pub(crate) fn run_in(&self, folder: &str, arguments: &[&str]) -> Ran {
        run(&self.path(folder), arguments)
    }

    /// The places of what `scan` reports, as `path:line`.
    pub(crate) fn places(&self, arguments: &[&str]) -> Vec<String> {
        let all = [&["scan", "--format", "concise"], arguments].concat();
        let ran = self.run(&all);
        assert!(ran.code <= 1, "{ran:?}");
        let place = |line: &str| line.splitn(3, ':').take(2).collect::<Vec<_>>().join(":");
        ran.out.lines().map(place).collect()
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmoor"));
    for name in ["UNMOOR_FORMAT", "UNMOOR_CONFIG", "UNMOOR_BASELINE", "GIT_DIR", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("SOURCE_DATE_EPOCH", "1781481600").args(arguments).current_dir(folder);
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}
