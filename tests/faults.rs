//! What happens around the program: it is killed while it writes, interrupted, runs out of disk, memory or files, meets
//! files that change under it and input that was made to harm. Nothing is torn, nothing panics, and what could not be done
//! is said.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may")]

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{fs::symlink, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Code that every fix changes.
const CODE: &str = "\
import os
from openai import AzureOpenAI

client = AzureOpenAI(
    azure_endpoint=os.environ[\"AZURE_OPENAI_ENDPOINT\"],
    api_key=os.environ[\"AZURE_OPENAI_API_KEY\"],
    api_version=\"2024-10-21\",
)
client.chat.completions.create(model=\"gpt-4o\", messages=[])
";

/// How often the program is killed where nothing says otherwise: often enough to find what is plainly wrong.
const KILLS: usize = 40;
/// The same where tests run for good.
const KILLS_IN_CI: usize = 500;

fn tree(files: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..files {
        fs::write(folder.path().join(format!("app{number}.py")), CODE).unwrap();
    }
    fs::write(folder.path().join("requirements.txt"), "openai>=1.120,<2\n").unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmoor"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn unmoor(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Runs a line of shell with the program as `$UNMOOR`.
fn shell(folder: &Path, line: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", line]).env("UNMOOR", env!("CARGO_BIN_EXE_unmoor")).current_dir(folder).stdin(Stdio::null());
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An end that is none of a bug, whatever else it is.
fn sound(output: &Output) {
    let told = text(&output.stderr);
    assert_ne!(output.status.code(), Some(3), "{told}");
    assert!(!told.contains("panicked") && !told.contains("report it as a bug"), "{told}");
}

/// The contents of all files, and the names of temporary ones.
fn contents(folder: &Path) -> (BTreeMap<PathBuf, String>, Vec<String>) {
    let (mut files, mut temporary) = (BTreeMap::new(), Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(".unmoor-") {
            temporary.push(name);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.insert(entry.path(), text);
        }
    }
    (files, temporary)
}

/// What the code becomes.
fn fixed() -> String {
    let folder = tree(1);
    assert!(unmoor(folder.path(), &["fix", "--write"]).status.success());
    let after = fs::read_to_string(folder.path().join("app0.py")).unwrap();
    assert_ne!(after, CODE);
    after
}

/// A number that differs each time, from the clock.
fn some(below: u128) -> u64 {
    (Instant::now().elapsed().as_nanos().wrapping_mul(7919)
        + std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() / 97) as u64
        % below.max(1) as u64
}

/// Waits until the first file has changed, or the program has ended.
fn until_it_writes(folder: &Path, child: &mut Child) {
    while child.try_wait().unwrap().is_none() {
        let changed =
            |number: usize| fs::read_to_string(folder.join(format!("app{number}.py"))).is_ok_and(|text| text != CODE);
        if changed(0) {
            return;
        }
        thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn a_killed_fix_leaves_every_file_old_or_new() {
    const FILES: usize = 25;
    let after = fixed();
    let kills = std::env::var("UNMOOR_KILLS").ok().and_then(|number| number.parse().ok());
    let kills = kills.unwrap_or(if std::env::var_os("CI").is_some() { KILLS_IN_CI } else { KILLS });
    let folder = tree(FILES);
    // The time that a run takes, and that from its first change on.
    let started = Instant::now();
    let mut child = command(folder.path(), &["fix", "--write", "-q"]).spawn().unwrap();
    until_it_writes(folder.path(), &mut child);
    let first = started.elapsed();
    child.wait().unwrap();
    let writing = started.elapsed().saturating_sub(first);
    let (mut torn, mut halfway) = (0, 0);
    for number in 0..kills {
        for file in 0..FILES {
            fs::write(folder.path().join(format!("app{file}.py")), CODE).unwrap();
        }
        let mut child = command(folder.path(), &["fix", "--write", "-q"]).spawn().unwrap();
        // Most kills fall into the time in which files are written.
        if number % 5 == 0 {
            thread::sleep(Duration::from_nanos(some((first + writing).as_nanos())));
        } else {
            until_it_writes(folder.path(), &mut child);
            thread::sleep(Duration::from_nanos(some(writing.as_nanos())));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let (files, temporary) = contents(folder.path());
        let new = files.values().filter(|text| **text == after).count();
        torn += files
            .iter()
            .filter(|(path, text)| path.extension().unwrap() == "py" && **text != after && *text != CODE)
            .count();
        halfway += usize::from(new > 0 && new < FILES);
        for name in temporary {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
    assert_eq!(torn, 0, "files that are neither old nor new, of {kills} kills");
    assert!(halfway * 10 >= kills, "only {halfway} of {kills} kills fell between the first and the last file");
}

#[test]
fn an_interrupt_waits_for_the_file_at_hand() {
    for signal in ["INT", "TERM", "HUP"] {
        let after = fixed();
        let folder = tree(60);
        let mut child = command(folder.path(), &["fix", "--write"]).spawn().unwrap();
        until_it_writes(folder.path(), &mut child);
        Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 130)), "{signal}: {:?}", output.status);
        sound(&output);
        let (files, temporary) = contents(folder.path());
        assert_eq!(temporary, Vec::<String>::new(), "{signal}");
        let whole = |path: &Path, text: &String| path.ends_with("requirements.txt") || *text == after || text == CODE;
        assert!(files.iter().all(|(path, text)| whole(path, text)));
    }
}

#[test]
fn a_scan_ends_at_once_when_interrupted() {
    let folder = tree(400);
    let mut child = command(folder.path(), &["scan", "--format", "json"]).spawn().unwrap();
    thread::sleep(Duration::from_millis(30));
    Command::new("kill").args(["-INT".to_owned(), child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    assert!(matches!(status.code(), Some(0 | 1 | 130)) || status.signal() == Some(2), "{status:?}");
}

#[test]
fn who_stops_reading_has_seen_enough() {
    let folder = tree(300);
    for format in ["text", "json", "jsonl", "sarif", "csv", "junit", "gitlab", "markdown", "github", "rdjson"] {
        let output = shell(folder.path(), &format!("\"$UNMOOR\" scan --format {format} | head -c 10"));
        sound(&output);
        assert!(!text(&output.stderr).contains("error"), "{}", text(&output.stderr));
    }
}

#[test]
fn a_full_disk_is_told() {
    let folder = tree(2);
    let output = shell(folder.path(), "\"$UNMOOR\" scan --format json > /dev/full");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot be written"), "{}", text(&output.stderr));
    let output = unmoor(folder.path(), &["scan", "--output", "json=/dev/full"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/dev/full"), "{}", text(&output.stderr));
}

/// Runs a line of shell where `small` is a disk of 64 KiB. None where this user may not make one.
fn on_a_small_disk(line: &str) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("small")).unwrap();
    let mount = "mount -t tmpfs -o size=64k none small";
    let may = Command::new("unshare").args(["-rm", "sh", "-c", mount]).current_dir(folder.path()).output();
    if !may.is_ok_and(|output| output.status.success()) {
        let message = "SKIPPED: this user may not mount a small disk (`unshare -rm`)";
        assert!(std::env::var_os("CI").is_none(), "{message}");
        eprintln!("{message}");
        return None;
    }
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &format!("{mount}; {line}")]).env("UNMOOR", env!("CARGO_BIN_EXE_unmoor"));
    Some(command.env("CODE", CODE).current_dir(folder.path()).output().unwrap())
}

#[test]
fn a_fix_on_a_full_or_read_only_disk_changes_nothing() {
    let fill = "cd small; printf %s \"$CODE\" > a.py; cp a.py b.py; cat /dev/zero > filler 2> /dev/null; \
                \"$UNMOOR\" fix --write; code=$?; cmp a.py b.py; ls -A; exit $code";
    let Some(output) = on_a_small_disk(fill) else { return };
    sound(&output);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("cannot be replaced"), "{}", text(&output.stderr));
    assert!(text(&output.stdout).ends_with("a.py\nb.py\nfiller\n"), "{}", text(&output.stdout));
    let lock = "cd small; printf %s \"$CODE\" > a.py; cd ..; mount -o remount,ro small; cd small; \"$UNMOOR\" fix --write; \
                code=$?; printf %s \"$CODE\" | cmp - a.py && exit $code";
    let output = on_a_small_disk(lock).unwrap();
    sound(&output);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("write"), "{}", text(&output.stderr));
}

#[test]
fn files_may_change_and_vanish_while_they_are_scanned() {
    let folder = tree(60);
    let stop = Arc::new(AtomicBool::new(false));
    let churn = {
        let (stop, folder) = (Arc::clone(&stop), folder.path().to_owned());
        thread::spawn(move || {
            for number in (0..60).cycle() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let path = folder.join(format!("app{number}.py"));
                match number % 3 {
                    0 => drop(fs::remove_file(&path)),
                    1 => drop(fs::write(&path, &CODE[..CODE.len() / 2])),
                    _ => drop(fs::write(&path, CODE.repeat(3))),
                }
                drop(fs::write(&path, CODE));
            }
        })
    };
    for _ in 0..6 {
        for arguments in [&["scan", "--format", "json"][..], &["fix", "--level", "unsafe"], &["scan", "--no-link"]] {
            sound(&unmoor(folder.path(), arguments));
        }
    }
    stop.store(true, Ordering::Relaxed);
    churn.join().unwrap();
}

#[test]
fn no_home_no_terminal_no_variables() {
    let folder = tree(1);
    for arguments in [&["scan"][..], &["fix"], &["rules"], &["config"]] {
        let output = command(folder.path(), arguments).env_clear().output().unwrap();
        sound(&output);
        assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn few_files_and_little_memory_are_enough_or_told() {
    let folder = tree(40);
    let plain = unmoor(folder.path(), &["scan", "--format", "json"]);
    let few = shell(folder.path(), "ulimit -n 24; \"$UNMOOR\" scan --format json");
    sound(&few);
    assert_eq!(few.status.code(), plain.status.code(), "{}", text(&few.stderr));
    // Address space, which threads take much of: 2 GiB is little.
    let little = shell(folder.path(), "ulimit -v 2000000; \"$UNMOOR\" scan --format json");
    sound(&little);
    assert_eq!(little.status.code(), plain.status.code(), "{}", text(&little.stderr));
    // Where there is too little, nothing is torn.
    let none = shell(folder.path(), "ulimit -v 60000; \"$UNMOOR\" fix --write");
    sound(&none);
    let after = fixed();
    let (files, _) = contents(folder.path());
    let whole = |path: &Path, text: &String| path.ends_with("requirements.txt") || *text == after || text == CODE;
    assert!(files.iter().all(|(path, text)| whole(path, text)));
}

#[test]
fn links_lead_no_change_out_of_the_root() {
    let folder = tempfile::tempdir().unwrap();
    let (root, outside) = (folder.path().join("root"), folder.path().join("outside"));
    fs::create_dir_all(&root).unwrap();
    fs::create_dir_all(&outside).unwrap();
    fs::write(outside.join("a.py"), CODE).unwrap();
    symlink(&outside, root.join("folder")).unwrap();
    symlink(outside.join("a.py"), root.join("file.py")).unwrap();
    for arguments in [
        &["fix", "--write"][..],
        &["fix", "--write", "folder"],
        &["fix", "--write", "file.py"],
        &["fix", "--write", "folder/a.py"],
    ] {
        fs::write(outside.join("a.py"), CODE).unwrap();
        let output = unmoor(&root, arguments);
        sound(&output);
        if arguments.len() == 2 || arguments[2] == "file.py" {
            assert_eq!(fs::read_to_string(outside.join("a.py")).unwrap(), CODE, "{arguments:?}");
        }
    }
    assert!(root.join("file.py").is_symlink() && root.join("folder").is_symlink());
}

#[test]
fn hostile_ignore_rules_and_settings_are_told() {
    let folder = tree(1);
    fs::write(
        folder.path().join(".gitignore"),
        format!("{}\n[\n{}\n\u{0}\n**{}\n", "a*".repeat(5000), "**/".repeat(3000), "*?".repeat(3000)),
    )
    .unwrap();
    let output = unmoor(folder.path(), &["scan"]);
    sound(&output);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let settings = [
        format!("exclude = [{}\"a\"{}]\n", "[".repeat(20_000), "]".repeat(20_000)),
        format!("select = [\"{}\"]\n", "x".repeat(1 << 20)),
        format!("exclude = [\"{}\"]\n", "{a,b}".repeat(3000)),
        "extend = \"unmoor.toml\"\n".to_owned(),
        "extend = \"/dev/zero\"\n".to_owned(),
    ];
    for text_of in settings {
        fs::write(folder.path().join("unmoor.toml"), &text_of).unwrap();
        let output = unmoor(folder.path(), &["scan"]);
        sound(&output);
        assert!(output.status.code().is_some(), "{}", &text_of[..60.min(text_of.len())]);
    }
}

#[test]
fn hostile_rules_are_told() {
    let rule = |matches: &str| {
        format!("title: T\nclass: config\nmatch:\n  {matches}\nmessage: m\nportable: p\nwhy: w\nbefore: a\nafter: b\n")
    };
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n\
                d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n\
                g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n";
    let rules = [
        rule("text: '((a{1,1000}){1,1000}){1,1000}needle'"),
        rule(&format!("text: '{}needle'", "(".repeat(50_000))),
        rule("text: '(a|aa)+needle$'"),
        rule(&format!("text: '{}'", "needle|".repeat(50_000))),
        rule(&format!("call: {}x.y", "a.".repeat(20_000))),
        rule(&format!("call: '{}x'", "*.".repeat(2000))),
        format!("{bomb}{}", rule("text: needle")),
        format!("title: {}\n", "[".repeat(50_000)),
    ];
    let folder = tree(1);
    fs::write(folder.path().join("b.py"), format!("x = '{}'\n", "a".repeat(50_000))).unwrap();
    for text_of in rules {
        let pack = tempfile::tempdir().unwrap();
        fs::create_dir_all(pack.path().join("acme/python")).unwrap();
        fs::write(pack.path().join("acme/python/x.yaml"), &text_of).unwrap();
        let started = Instant::now();
        let output = unmoor(folder.path(), &["scan", "--rules", pack.path().to_str().unwrap()]);
        sound(&output);
        assert!(output.status.code().is_some(), "{}", &text_of[..100.min(text_of.len())]);
        assert!(started.elapsed() < Duration::from_secs(60), "{}", &text_of[..100.min(text_of.len())]);
    }
}

#[test]
fn a_file_may_hold_very_many_sites() {
    let folder = tempfile::tempdir().unwrap();
    let many = if cfg!(debug_assertions) { 20_000 } else { 100_000 };
    let code = format!("from openai import AzureOpenAI\n{}", "AzureOpenAI()\n".repeat(many));
    fs::write(folder.path().join("a.py"), code).unwrap();
    let all = ["scan", "--format", "csv", "--no-config", "--max-findings", "1000000"];
    let output = unmoor(folder.path(), &all);
    sound(&output);
    assert!(text(&output.stdout).lines().count() > many, "{}", text(&output.stderr));
}
