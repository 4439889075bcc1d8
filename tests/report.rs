//! `unmoor report` as users meet it: its forms, its answers, and what it does with wrong arguments.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use unmoor::migrate::assess::{Assessment, Verdict};

/// 2026-11-25.
const DAY: &str = "1795650000";

fn report(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_unmoor"))
        .arg("report")
        .args(arguments)
        .args(["--no-config", "--color", "never"])
        .env("SOURCE_DATE_EPOCH", DAY)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/apps"))
        .output()
        .unwrap()
}

fn shown(arguments: &[&str]) -> String {
    let output = report(arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn assessed(arguments: &[&str]) -> Assessment {
    let mut all = arguments.to_vec();
    all.extend(["--format", "json"]);
    serde_json::from_str(&shown(&all)).unwrap()
}

#[test]
fn markdown_reads_well() {
    insta::assert_snapshot!(shown(&["meeting-notes", "--target", "azure-v1,openai,bedrock"]));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for form in ["html", "markdown", "json"] {
        let once = shown(&["ticket-triage", "--format", form]);
        assert!(once.contains("2026-11-25"), "{form}");
        assert_eq!(once, shown(&["ticket-triage", "--format", form]), "{form}");
    }
}

#[test]
fn markdown_stays_within_its_budget() {
    for budget in [500, 2_000, 10_000] {
        let text = shown(&["ticket-triage", "--budget", &budget.to_string()]);
        assert!(text.len() <= budget, "{budget}: {}", text.len());
        assert!(text.contains("Left out to stay short"), "{budget}");
    }
}

#[test]
fn the_name_of_the_file_tells_the_form() {
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in [("a.html", "<!DOCTYPE html>"), ("a.json", "{"), ("a.md", "# ")] {
        let file = folder.path().join(name);
        let answers = shown(&["helpdesk", "--target", "openai", "-o", file.to_str().unwrap()]);
        assert!(answers.starts_with("OpenAI: "), "{answers}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.trim_start().to_lowercase().starts_with(&start.to_lowercase()), "{name}");
    }
}

/// Each call has one verdict for each target, and what is not known is not guessed.
#[test]
fn answers_cover_all_calls() {
    let all = assessed(&["."]);
    assert_eq!(all.targets.len(), 8);
    let calls: u64 = all.units.iter().map(|unit| unit.calls.len() as u64).sum();
    assert!(calls > 50, "{calls}");
    for target in &all.targets {
        assert_eq!(target.calls.total(), calls, "{}", target.id);
        assert_eq!(target.units.total(), all.units.len() as u64, "{}", target.id);
        for api in target.apis.iter().filter(|api| api.support == "unknown") {
            let known = api.calls.total() - api.calls.unknown;
            assert_eq!(known, 0, "{}: calls of {} that nothing is known about", target.id, api.api);
        }
        let gone = target.apis.iter().find(|api| api.api == "assistants").unwrap();
        assert_eq!(gone.calls.unsupported, gone.calls.total(), "{}", target.id);
    }
    assert_eq!(all.targets[0].id, "azure-v1");
    assert!(all.sites.iter().all(|site| all.packages.iter().any(|package| package.files.contains(&site.place.path))));
}

/// On the vendor's own resource a plain change is enough where the fix can make it.
#[test]
fn verdicts_follow_the_fix() {
    let all = assessed(&["odd-imports", "--target", "azure-v1,ollama"]);
    let unit = all.units.iter().find(|unit| unit.place.path.ends_with("python/itself.py")).unwrap();
    let judged = |target: &str| &all.judgements[unit.judgements[target] as usize];
    assert_eq!(judged("azure-v1").verdict, Verdict::AfterFix);
    let reasons = judged("azure-v1").reasons.iter().map(|at| all.reasons[*at as usize].says.as_str());
    assert!(reasons.clone().any(|says| says.contains("openai.OpenAI")), "{:?}", reasons.collect::<Vec<_>>());
}

#[test]
fn wrong_arguments_are_told_with_a_cure() {
    for (arguments, message) in [
        (vec!["helpdesk", "--target", "opnai"], "did you mean `openai`?"),
        (vec!["nowhere"], "nowhere"),
        (vec!["helpdesk", "-o", "no/such/folder/a.html"], "name a file in a folder that exists"),
    ] {
        let output = report(&arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
        assert!(text.contains(message), "{arguments:?}: {text}");
    }
}
