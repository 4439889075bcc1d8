//! How the program behaves on a terminal and in a pipe: progress, colours, quiet and verbose, misspelt words.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may")]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

const CLIENT: &str = "from openai import AzureOpenAI\nclient = AzureOpenAI()\n";

fn tree(files: usize) -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    for number in 0..files {
        fs::write(tree.path().join(format!("file{number}.py")), CLIENT.repeat(10)).unwrap();
    }
    tree
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmoor"));
    for name in ["CI", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "UNMOOR_FORMAT", "UNMOOR_COLOR"] {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(folder);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the program on a terminal of its own, which Python makes. None without Python.
fn on_a_terminal(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Option<Output> {
    let script =
        "import os, pty, sys; os.environ.pop('CI', None); sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    let mut command = Command::new("python3");
    command.args(["-c", script, env!("CARGO_BIN_EXE_unmoor")]).args(arguments).current_dir(folder);
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "UNMOOR_FORMAT", "UNMOOR_COLOR"] {
        command.env_remove(name);
    }
    // The terminal has no name there, and one without a name takes no colours.
    command.stdin(Stdio::null()).env("TERM", "xterm-256color").envs(variables.iter().copied());
    let output = command.output();
    if output.is_err() {
        eprintln!("SKIPPED: there is no python3 to make a terminal with");
        assert!(std::env::var("CI").is_err(), "python3 is needed");
    }
    output.ok()
}

#[test]
fn progress_is_for_terminals_and_long_scans() {
    let large = tree(1_000);
    let arguments = ["scan", "--statistics", "--threads", "1"];
    let Some(shown) = on_a_terminal(large.path(), &arguments, &[]) else { return };
    let shown = text(&shown.stdout);
    assert!(shown.contains(" files read, "), "{shown}");
    // The line goes away: nothing of it is left behind the last time that it is wiped.
    let (_, after) = shown.rsplit_once(" files read, ").unwrap();
    assert!(after.contains("\u{1b}[2K"), "{after:?}");
    for quiet in [&["--no-progress"][..], &["--quiet"]] {
        let shown = on_a_terminal(large.path(), &[&arguments[..], quiet].concat(), &[]).unwrap();
        assert!(!text(&shown.stdout).contains(" files read, "), "{quiet:?}");
    }
    let piped = command(large.path(), &arguments).output().unwrap();
    assert!(!text(&piped.stderr).contains(" files read, "));
    let small = tree(2);
    let shown = on_a_terminal(small.path(), &["scan"], &[]).unwrap();
    assert!(!text(&shown.stdout).contains(" files read, "));
}

#[test]
fn colours_are_for_terminals_unless_somebody_asks() {
    let tree = tree(1);
    let coloured = |output: &Output| text(&output.stdout).contains("\u{1b}[");
    assert!(!coloured(&command(tree.path(), &["scan"]).output().unwrap()));
    assert!(coloured(&command(tree.path(), &["scan", "--color", "always"]).output().unwrap()));
    assert!(coloured(&command(tree.path(), &["scan"]).env("CLICOLOR_FORCE", "1").output().unwrap()));
    assert!(coloured(&command(tree.path(), &["scan"]).env("UNMOOR_COLOR", "always").output().unwrap()));
    let Some(shown) = on_a_terminal(tree.path(), &["scan"], &[]) else { return };
    assert!(coloured(&shown));
    assert!(!coloured(&on_a_terminal(tree.path(), &["scan"], &[("NO_COLOR", "1")]).unwrap()));
    let never = on_a_terminal(tree.path(), &["scan", "--color", "never"], &[("CLICOLOR_FORCE", "1")]).unwrap();
    assert!(!coloured(&never));
}

#[test]
fn misspelt_words_get_a_suggestion() {
    let tree = tree(1);
    let told = |arguments: &[&str]| {
        let output = command(tree.path(), arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        text(&output.stderr)
    };
    assert!(told(&["scan", "--fromat", "json"]).contains("'--format'"));
    assert!(told(&["scna"]).contains("'scan'"));
    assert!(told(&["scan", "--format", "jsonn"]).contains("'json'"));
    assert!(told(&["scan", "--select", "client-opnai"]).contains("`client-openai`"));
}

#[test]
fn quiet_says_less_and_verbose_more() {
    let tree = tree(1);
    let said = |arguments: &[&str]| text(&command(tree.path(), arguments).output().unwrap().stderr);
    assert_eq!(said(&["scan", "--quiet"]), "");
    assert!(said(&["scan"]).contains("findings in 1 file"));
    assert!(said(&["scan", "--verbose"]).contains("settings: none"));
}
