//! The hooks as pre-commit and prek run them, on a repository of their own. `scripts/test.sh` installs both; without them
//! the tests are skipped, loudly, and fail when `CI` is set.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use regex::Regex;
use serde::Deserialize;
use unmoor::lang::Grammar;

const CLIENT: &str = "import os\n\nfrom openai import AzureOpenAI\n\nclient = AzureOpenAI(api_key=os.environ[\"AZURE_OPENAI_API_KEY\"])\n";

fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")
}

#[derive(Debug, Deserialize)]
struct Hook {
    id: String,
    entry: String,
    language: String,
    files: String,
    exclude: String,
    args: Vec<String>,
    require_serial: bool,
}

fn hooks() -> Vec<Hook> {
    serde_saphyr::from_str(&fs::read_to_string(manifest()).unwrap()).unwrap()
}

/// Names of documents and of what only looks like one.
const DOCUMENTS: &str = "\
.env .env.local .env.example prod.env app.env.tpl env env.sample env-example .envrc dotenv environment.ts Dockerfile \
Dockerfile.dev api.dockerfile Makefile rules.mk Procfile Pipfile go.mod go.sum pom.xml other.xml packages.config web.config \
requirements.txt requirements/base.txt Requirements/dev.in dev-requirements.in requirements_test.txt constraints.txt notes.txt App.csproj Directory.Packages.props \
build.gradle build.gradle.kts settings.kts libs.versions.toml package.json package-lock.json pnpm-lock.yaml yarn.lock \
uv.lock values.yaml values.yml chat.prompty appsettings.Development.json settings.jsonc a.code-workspace main.tf prod.tfvars \
terraform.tfvars.example main.bicep main.bicepparam setup.cfg tox.ini a.properties a.conf run.sh run.ps1 run.bat a.vue \
a.svelte a.astro index.html index.htm config.yaml.sample config.json.j2 a.py.sample dotenv.j2 dotenv_test Dockerfile.j2 pom.xml.template requirements.txt.jinja2 LICENSE README image.svg";

#[test]
fn the_hooks_ask_for_the_files_that_are_scanned() {
    let hooks = hooks();
    assert_eq!(
        hooks.iter().map(|hook| hook.id.as_str()).collect::<Vec<_>>(),
        ["unmoor", "unmoor-src", "unmoor-system"]
    );
    assert_eq!(hooks.iter().map(|hook| hook.language.as_str()).collect::<Vec<_>>(), ["python", "rust", "system"]);
    for hook in &hooks {
        let (files, exclude) = (Regex::new(&hook.files).unwrap(), Regex::new(&hook.exclude).unwrap());
        for ending in "py pyi ts mts cts tsx js mjs cjs jsx md json yaml env rs txt ipynb pyc tsv jsonl".split(' ') {
            let name = format!("some folder/a.b.{ending}");
            assert_eq!(files.is_match(&name), Grammar::of(&name).is_some(), "{name}");
        }
        for name in DOCUMENTS.split_whitespace().flat_map(|name| [name.to_owned(), format!("a folder/{name}")]) {
            let is_wanted = files.is_match(&name) && !exclude.is_match(&name);
            assert_eq!(is_wanted, Grammar::of(&name).is_some(), "{name}");
        }
        assert!(hook.entry.contains("--force-exclude") && hook.args.is_empty() && hook.require_serial);
    }
}

/// The repository of the hook has the hook of the wheel alone, for one release.
#[test]
fn the_mirror_asks_for_its_release() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/mirror.sh");
    let done = Command::new(script).arg("1.2.3").arg(folder.path()).status().unwrap();
    assert!(done.success());
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let hooks: Vec<Hook> = serde_saphyr::from_str(&read(".pre-commit-hooks.yaml")).unwrap();
    assert_eq!(
        hooks.iter().map(|hook| (hook.id.as_str(), hook.language.as_str())).collect::<Vec<_>>(),
        [("unmoor", "python")]
    );
    let project: toml::Value = toml::from_str(&read("pyproject.toml")).unwrap();
    assert_eq!(project["project"]["dependencies"][0].as_str(), Some("unmoor==1.2.3"));
    assert!(read("README.md").contains("rev: v1.2.3"));
}

/// The folder with pre-commit and prek.
fn runners() -> Option<PathBuf> {
    let Some(extras) = std::env::var_os("UNMOOR_EXTRAS") else {
        let skip = "SKIPPED: pre-commit and prek are not there; scripts/test.sh provisions them";
        assert!(std::env::var("CI").is_err(), "{skip}");
        eprintln!("{skip}");
        return None;
    };
    Some(Path::new(&extras).join("hooks/bin"))
}

/// A repository that uses the hook `unmoor-system` of another one.
struct Toy {
    folder: tempfile::TempDir,
    runner: PathBuf,
    path: String,
}

impl Toy {
    fn new(runner: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_unmoor")).parent().unwrap();
        let tools = runner.parent().unwrap();
        let path = format!("{}:{}:{}", binary.display(), tools.display(), std::env::var("PATH").unwrap());
        let toy = Self { folder, runner: runner.to_owned(), path };
        toy.write("source/.pre-commit-hooks.yaml", &fs::read_to_string(manifest()).unwrap());
        toy.git("source", &["init", "--quiet"]);
        toy.commit("source");
        toy.git("source", &["tag", "v1.0.0"]);
        let source = toy.folder.path().join("source");
        let config =
            format!("repos:\n- repo: file://{}\n  rev: v1.0.0\n  hooks:\n  - id: unmoor-system\n", source.display());
        toy.write("code/.pre-commit-config.yaml", &config);
        toy.write("code/app/__init__.py", "");
        toy.write("code/app/llm.py", CLIENT);
        toy.git("code", &["init", "--quiet"]);
        toy.commit("code");
        toy
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn command(&self, program: &Path, folder: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path().join(folder)).env("PATH", &self.path);
        let store = self.folder.path().join("store");
        command.env("PRE_COMMIT_HOME", &store).env("PREK_HOME", &store).env("NO_COLOR", "1");
        for (name, value) in [("user.name", "Somebody"), ("user.email", "somebody@example.org")] {
            let number = usize::from(name == "user.email");
            command.env(format!("GIT_CONFIG_KEY_{number}"), name).env(format!("GIT_CONFIG_VALUE_{number}"), value);
        }
        command.env("GIT_CONFIG_COUNT", "2");
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "UNMOOR_FORMAT", "UNMOOR_CONFIG"] {
            command.env_remove(name);
        }
        command
    }

    fn git(&self, folder: &str, arguments: &[&str]) {
        let output = self.command(Path::new("git"), folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn commit(&self, folder: &str) {
        self.git(folder, &["add", "--all"]);
        self.git(folder, &["commit", "--quiet", "--no-verify", "--message=more"]);
    }

    /// What the runner says about what is staged, and whether it let it pass.
    fn run(&self) -> (bool, String) {
        self.git("code", &["add", "--all"]);
        let output = self.command(&self.runner, "code").arg("run").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), text)
    }
}

#[test]
fn pre_commit_and_prek_report_what_a_commit_brings_in() {
    let Some(folder) = runners() else { return };
    for runner in ["pre-commit", "prek"] {
        let runner = folder.join(runner);
        let toy = Toy::new(&runner);
        let valid =
            toy.command(&runner, "source").args(["validate-manifest", ".pre-commit-hooks.yaml"]).output().unwrap();
        assert!(valid.status.success(), "{}", String::from_utf8_lossy(&valid.stdout));

        // Files of no interest, and a file without findings.
        toy.write("code/readme.md", "AzureOpenAI\n");
        toy.write("code/app/clean file.py", "x = 1\n");
        let (passes, said) = toy.run();
        assert!(passes, "{said}");
        toy.commit("code");

        // A new client, in a file whose ending has no name of its own, and with a blank in its path.
        toy.write(
            "code/web app/llm #1.mts",
            "import { AzureOpenAI } from \"openai\";\nexport const llm = new AzureOpenAI();\n",
        );
        let (passes, said) = toy.run();
        assert!(!passes, "{said}");
        assert!(said.contains("web app/llm #1.mts:2:24") && !said.contains("app/llm.py"), "{said}");
        assert!(said.contains("2 findings in 1 file"), "{said}");

        // What is excluded is passed over although it is named.
        toy.write("code/unmoor.toml", "exclude = [\"web app\"]\n");
        let (passes, said) = toy.run();
        assert!(passes, "{said}");
        toy.commit("code");

        // A call on a client that an unchanged file makes.
        toy.write("code/app/use.py", "from app.llm import client\n\nr = client.chat.completions.create(model=\"m\", messages=[], extra_body={\"data_sources\": []})\n");
        let (passes, said) = toy.run();
        assert!(!passes && said.contains("app/use.py:3:"), "{said}");

        // A baseline lets it pass.
        let done = toy.command(Path::new(env!("CARGO_BIN_EXE_unmoor")), "code").arg("baseline").output().unwrap();
        assert!(done.status.success());
        let (passes, said) = toy.run();
        assert!(passes, "{said}");
        toy.write("code/app/more.py", "from openai import AzureOpenAI\n");
        let (passes, said) = toy.run();
        assert!(!passes && said.contains("1 finding in 1 file"), "{said}");
    }
}
