//! The GitHub action, run as GitHub would: inputs become the environment of its steps, steps run in bash, and conditions
//! decide. The upload alone is not run. What looks at the files themselves (actionlint, zizmor, shellcheck) comes from
//! `scripts/test.sh`; without it that is skipped, loudly, and fails when `CI` is set.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize;

const CLIENT: &str = "from openai import AzureOpenAI\nclient = AzureOpenAI()\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[derive(Debug, Deserialize)]
struct Action {
    inputs: BTreeMap<String, Input>,
    outputs: BTreeMap<String, Output>,
    runs: Runs,
}

#[derive(Debug, Deserialize)]
struct Input {
    default: String,
}

#[derive(Debug, Deserialize)]
struct Output {
    value: String,
}

#[derive(Debug, Deserialize)]
struct Runs {
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
struct Step {
    id: String,
    #[serde(default, rename = "if")]
    condition: Option<String>,
    #[serde(default)]
    run: Option<String>,
    #[serde(default)]
    uses: Option<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

fn action() -> Action {
    serde_saphyr::from_str(&fs::read_to_string(root().join("action.yml")).unwrap()).unwrap()
}

/// A job with one use of the action.
struct Job {
    folder: tempfile::TempDir,
    inputs: BTreeMap<String, String>,
    /// What the upload comes to; none: it is not allowed to run at all.
    upload: &'static str,
}

/// How a job went.
#[derive(Debug)]
struct Went {
    failed: Option<String>,
    ran: Vec<String>,
    log: String,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Job {
    fn new(files: &[(&str, &str)], inputs: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join("code").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir_all(folder.path().join("code/.git")).unwrap();
        let mut all: BTreeMap<String, String> =
            action().inputs.into_iter().map(|(name, input)| (name, input.default)).collect();
        all.insert("version".to_owned(), "installed".to_owned());
        for (name, value) in inputs {
            assert!(all.insert((*name).to_owned(), (*value).to_owned()).is_some(), "there is no input {name}");
        }
        Self { folder, inputs: all, upload: "success" }
    }

    fn run(&self) -> Went {
        let action = action();
        let mut steps: BTreeMap<String, String> = BTreeMap::new();
        let mut went =
            Went { failed: None, ran: vec![], log: String::new(), outputs: BTreeMap::new(), summary: String::new() };
        for step in &action.runs.steps {
            let wanted = step.condition.as_deref().is_none_or(|condition| self.holds(condition, &steps));
            let outcome = format!("{}.outcome", step.id);
            if went.failed.is_some() || !wanted {
                steps.insert(outcome, "skipped".to_owned());
                continue;
            }
            went.ran.push(step.id.clone());
            if step.uses.is_some() {
                steps.insert(outcome, self.upload.to_owned());
                continue;
            }
            let succeeds = self.step(step, &mut steps, &mut went);
            steps.insert(outcome, if succeeds { "success" } else { "failure" }.to_owned());
            if !succeeds {
                went.failed = Some(step.id.clone());
            }
        }
        went.outputs =
            action.outputs.iter().map(|(name, output)| (name.clone(), self.filled(&output.value, &steps))).collect();
        went.summary = fs::read_to_string(self.folder.path().join("summary")).unwrap_or_default();
        went
    }

    fn step(&self, step: &Step, steps: &mut BTreeMap<String, String>, went: &mut Went) -> bool {
        let place = |name: &str| self.folder.path().join(name);
        fs::create_dir_all(place("temp")).unwrap();
        fs::write(place("output"), "").unwrap();
        let script = step.run.as_ref().unwrap();
        assert!(!script.contains("${{"), "an input in a script could be code: {script}");
        fs::write(place("step.sh"), script).unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_unmoor")).parent().unwrap().display().to_string();
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail"])
            .arg(place("step.sh"))
            .current_dir(place("code"));
        command.env_clear().env("PATH", format!("{binary}:{}", std::env::var("PATH").unwrap()));
        command.env("GITHUB_ACTIONS", "true").env("CI", "true").env("GITHUB_ACTION_PATH", root());
        command.env("GITHUB_WORKSPACE", place("code")).env("RUNNER_TEMP", place("temp"));
        command.env("GITHUB_OUTPUT", place("output")).env("GITHUB_STEP_SUMMARY", place("summary"));
        for (name, value) in &step.env {
            command.env(name, self.filled(value, steps));
        }
        let output = command.output().unwrap();
        went.log.push_str(&String::from_utf8_lossy(&output.stdout));
        went.log.push_str(&String::from_utf8_lossy(&output.stderr));
        for line in fs::read_to_string(place("output")).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            steps.insert(format!("{}.outputs.{name}", step.id), value.to_owned());
        }
        output.status.success()
    }

    /// The value of what stands between `${{` and `}}`.
    fn value(&self, expression: &str, steps: &BTreeMap<String, String>) -> String {
        let expression = expression.trim();
        match expression.split_once('.').unwrap() {
            ("inputs", name) => self.inputs[name].clone(),
            ("steps", name) => steps.get(name).cloned().unwrap_or_default(),
            other => panic!("{other:?} is not known here"),
        }
    }

    fn filled(&self, text: &str, steps: &BTreeMap<String, String>) -> String {
        let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
        let (expression, after) = rest.split_once("}}").unwrap();
        format!("{before}{}{}", self.value(expression, steps), self.filled(after, steps))
    }

    /// Conditions of comparisons, `&&`, `||` and one level of brackets.
    fn holds(&self, condition: &str, steps: &BTreeMap<String, String>) -> bool {
        let condition = condition.trim();
        if let Some((before, rest)) = condition.split_once('(') {
            let (inner, after) = rest.split_once(')').unwrap();
            let word = if self.holds(inner, steps) { "'x' == 'x'" } else { "'x' == 'y'" };
            return self.holds(&format!("{before}{word}{after}"), steps);
        }
        if let Some((left, right)) = condition.split_once("||") {
            return self.holds(left, steps) || self.holds(right, steps);
        }
        if let Some((left, right)) = condition.split_once("&&") {
            return self.holds(left, steps) && self.holds(right, steps);
        }
        let value = |text: &str| {
            let text = text.trim();
            text.strip_prefix('\'')
                .map_or_else(|| self.value(text, steps), |text| text.trim_end_matches('\'').to_owned())
        };
        match (condition.split_once("=="), condition.split_once("!=")) {
            (Some((left, right)), _) => value(left) == value(right),
            (_, Some((left, right))) => value(left) != value(right),
            _ => panic!("`{condition}` is not known here"),
        }
    }
}

#[test]
fn a_clean_tree_passes_and_still_uploads() {
    let job = Job::new(&[("a.py", "x = 1\n")], &[]);
    let went = job.run();
    assert_eq!((went.failed, went.ran), (None, ["install", "scan", "upload", "result"].map(str::to_owned).to_vec()));
    assert_eq!((went.outputs["findings"].as_str(), went.outputs["exit-code"].as_str()), ("0", "0"));
    assert_eq!(went.outputs["version"], env!("CARGO_PKG_VERSION"));
    assert!(went.summary.contains("Nothing found."));
    assert!(fs::read_to_string(&went.outputs["sarif-file"]).unwrap().contains("\"results\":[]"));
}

#[test]
fn findings_fail_the_job_after_all_is_reported() {
    let job = Job::new(&[("src/a b.py", CLIENT)], &[("paths", "src\r\n\n")]);
    let went = job.run();
    assert_eq!(went.failed.as_deref(), Some("result"));
    assert_eq!(went.ran, ["install", "scan", "upload", "result"]);
    assert_eq!((went.outputs["findings"].as_str(), went.outputs["exit-code"].as_str()), ("2", "1"));
    assert!(went.summary.contains("src/a b.py"));
    assert!(!went.log.contains("::warning file="));
    let sarif = fs::read_to_string(job.folder.path().join("temp/unmoor-reports/unmoor.sarif")).unwrap();
    assert!(sarif.contains("\"uri\":\"src/a%20b.py\""));
}

#[test]
fn annotations_stand_in_for_an_upload_that_is_not_made() {
    let files = [("a.py", CLIENT)];
    let without = Job::new(&files, &[("sarif", "false"), ("summary", "false"), ("fail-on", "none")]).run();
    assert_eq!(
        (without.failed, without.ran),
        (None, ["install", "scan", "annotate", "result"].map(str::to_owned).to_vec())
    );
    assert!(without.log.contains("::warning file=a.py,line=2,") && without.summary.is_empty());
    assert!(!without.log.contains("could not be uploaded"));
    let refused = Job { upload: "failure", ..Job::new(&files, &[]) }.run();
    assert!(refused.log.contains("::warning file=a.py,line=2,") && refused.log.contains("could not be uploaded"));
    let both = Job::new(&files, &[("annotations", "true")]).run();
    assert!(both.ran.contains(&"upload".to_owned()) && both.ran.contains(&"annotate".to_owned()));
}

#[test]
fn inputs_reach_the_scan_and_mistakes_fail_the_job() {
    let files = [("a.py", CLIENT), ("unmoor.toml", "ignore = [\"import\"]\n"), ("other.toml", "")];
    let findings = |inputs: &[(&str, &str)]| Job::new(&files, inputs).run().outputs["findings"].clone();
    assert_eq!(findings(&[]), "1");
    assert_eq!(findings(&[("config", "other.toml")]), "2");
    assert_eq!(findings(&[("select", "import,auth")]), "1");
    assert_eq!(findings(&[("ignore", "client")]), "0");
    assert_eq!(findings(&[("min-severity", "error")]), "0");
    for (name, value) in [("select", "clinet"), ("fail-on", "sometimes"), ("baseline", "no.txt"), ("paths", "nowhere")]
    {
        let went = Job::new(&files, &[(name, value)]).run();
        assert_eq!(went.failed.as_deref(), Some("result"), "{name}={value}: {}", went.log);
        assert_eq!(went.outputs["exit-code"], "2", "{name}={value}");
        assert!(went.log.contains("help:") || went.log.contains("possible values"), "{}", went.log);
    }
}

#[test]
fn hostile_inputs_are_only_words() {
    let values = [
        "; touch owned",
        "$(touch owned)",
        "`touch owned`",
        "a\" --exit-zero \"",
        "'; touch owned; '",
        "--output=owned",
        "a\nb",
    ];
    for value in values {
        for name in ["paths", "config", "select", "ignore", "min-severity", "fail-on", "baseline", "since"] {
            let job = Job::new(&[("a.py", CLIENT)], &[(name, value)]);
            let went = job.run();
            assert_eq!(went.outputs["exit-code"], "2", "{name}={value}: {}", went.log);
            assert!(!job.folder.path().join("code/owned").exists(), "{name}={value}");
        }
        // Any text is a category, and none may be more.
        let job = Job::new(&[("a.py", CLIENT)], &[("category", value)]);
        assert_eq!(job.run().outputs["exit-code"], "1", "category={value}");
        assert!(!job.folder.path().join("code/owned").exists(), "category={value}");
        let went = Job::new(&[], &[("version", value)]).run();
        assert_eq!(went.failed.as_deref(), Some("install"), "{value}");
    }
}

#[test]
fn only_what_a_change_brought_in_can_be_asked_for() {
    let job = Job::new(&[("old.py", CLIENT)], &[("since", "HEAD")]);
    let code = job.folder.path().join("code");
    fs::remove_dir(code.join(".git")).unwrap();
    for arguments in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message=one"]] {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]).args(arguments);
        assert!(git.current_dir(&code).status().unwrap().success());
    }
    fs::write(code.join("new.py"), CLIENT).unwrap();
    let went = job.run();
    assert_eq!(went.outputs["findings"], "2", "{}", went.log);
    assert!(went.summary.contains("new.py") && went.summary.contains("2 more from before."), "{}", went.summary);
}

#[test]
fn names_of_files_are_no_commands() {
    let went = Job::new(&[("::add-mask::a/b\n::error::c.py", CLIENT)], &[("sarif", "false")]).run();
    let (before, rest) = went.log.split_once("::stop-commands::").unwrap();
    let (token, said) = rest.split_once('\n').unwrap();
    let (inside, after) = said.split_once(&format!("\n::{token}::\n")).unwrap();
    assert!(token.len() == 32 && inside.contains("add-mask"), "{}", went.log);
    let commands = before.lines().chain(after.lines()).filter(|line| line.starts_with("::"));
    for command in commands {
        assert!(
            command.starts_with("::warning file=%3A%3Aadd-mask") || command.starts_with("::error title=unmoor::"),
            "{command}"
        );
    }
}

#[test]
fn a_baseline_and_its_ratchet_work() {
    let job = Job::new(&[("a.py", CLIENT)], &[]);
    let made =
        Command::new(env!("CARGO_BIN_EXE_unmoor")).arg("baseline").current_dir(job.folder.path().join("code")).output();
    assert!(made.unwrap().status.success());
    let went = job.run();
    assert_eq!((went.failed.as_deref(), went.outputs["findings"].as_str()), (None, "0"));
    assert!(went.summary.contains("2 more in the baseline."));
    fs::write(job.folder.path().join("code/b.py"), CLIENT).unwrap();
    let went = job.run();
    assert_eq!((went.failed.as_deref(), went.outputs["findings"].as_str()), (Some("result"), "2"));
}

/// The folder with what looks at workflows and scripts.
fn linters() -> Option<PathBuf> {
    let Some(extras) = std::env::var_os("UNMOOR_EXTRAS") else {
        let skip = "SKIPPED: actionlint, zizmor and shellcheck are not there; scripts/test.sh provisions them";
        assert!(std::env::var("CI").is_err(), "{skip}");
        eprintln!("{skip}");
        return None;
    };
    Some(Path::new(&extras).join("action/bin"))
}

#[test]
fn linters_have_nothing_to_say() {
    let Some(folder) = linters() else { return };
    // The workflows of the documentation are workflows, too.
    let documented = tempfile::tempdir().unwrap();
    fs::create_dir_all(documented.path().join(".github/workflows")).unwrap();
    let text = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let mut examples = 0;
    for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        if block.contains("\njobs:") && block.contains("runs-on:") {
            examples += 1;
            fs::write(documented.path().join(format!(".github/workflows/{examples}.yml")), block).unwrap();
        }
    }
    assert!(examples >= 2, "{examples}");
    Command::new("git").args(["init", "--quiet"]).current_dir(documented.path()).status().unwrap();
    let check = |program: &str, arguments: &[&str], place: &Path| {
        let output = Command::new(folder.join(program))
            .args(arguments)
            .current_dir(place)
            .env("PATH", format!("{}:{}", folder.display(), std::env::var("PATH").unwrap()))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {said}");
    };
    let workflows = [".github/workflows/ci.yml", ".github/workflows/release.yml"];
    check("actionlint", &workflows, root());
    let all: Vec<String> = (1..=examples).map(|number| format!(".github/workflows/{number}.yml")).collect();
    check("actionlint", &all.iter().map(String::as_str).collect::<Vec<_>>(), documented.path());
    check("zizmor", &["--offline", "--no-progress", "action.yml", ".github/workflows"], root());
    let mut scripts = vec![".ci/run".to_owned()];
    for folder in ["scripts", "packaging", "packaging/action"] {
        let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
        let scripts_in = files.filter(|file| file.extension().is_some_and(|extension| extension == "sh"));
        scripts.extend(scripts_in.map(|file| file.display().to_string()));
    }
    assert!(scripts.len() >= 9, "{scripts:?}");
    check("shellcheck", &scripts.iter().map(String::as_str).collect::<Vec<_>>(), root());
}
