//! Programs of the wire cases: the folders they run in, and running them with Python or Node.

use std::{
    collections::BTreeMap,
    fs,
    os::unix,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// After this a program hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder of its own for the programs of one environment.
pub(crate) struct Workplace {
    folder: TempDir,
    /// Where the environment is installed.
    pub(crate) packages: PathBuf,
    python: bool,
    tools: PathBuf,
}

impl Workplace {
    /// `environment` is a folder below `installed`: `python/<name>` or `node/<name>`.
    pub(crate) fn new(installed: &Path, environment: &str) -> Self {
        let packages = installed.join(environment);
        assert!(packages.is_dir(), "there is no environment {environment}; scripts/test.sh installs them");
        let folder = tempfile::tempdir().unwrap();
        let python = environment.starts_with("python/");
        if !python {
            unix::fs::symlink(packages.join("node_modules"), folder.path().join("node_modules")).unwrap();
        }
        Self { folder, packages, python, tools: installed.join("node/tools/node_modules") }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a program under its path in the fixtures, and the environment's manifest beside it.
    pub(crate) fn write(&self, path: &Path, text: &str) -> PathBuf {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let manifest = if self.python { "requirements.txt" } else { "package.json" };
        fs::copy(self.packages.join(".pins"), path.with_file_name(manifest)).unwrap();
        path
    }

    /// What runs a program of this environment; TypeScript is turned into JavaScript first.
    fn command(&self, program: &Path) -> Command {
        if self.python {
            let mut command = Command::new(self.packages.join("bin/python"));
            command.arg(program);
            return command;
        }
        let mut command = Command::new("node");
        if program.extension().is_some_and(|extension| extension == "ts") {
            let script = program.with_extension("mjs");
            let output = Command::new(self.tools.join(".bin/esbuild"))
                .arg(program)
                .args(["--format=esm", "--log-level=error"])
                .arg(format!("--outfile={}", script.display()))
                .output()
                .expect("esbuild runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            command.arg(script);
        } else {
            command.arg(program);
        }
        command
    }
}

/// Runs a program with these environment variables and gives what it printed, or how it failed.
pub(crate) fn run(place: &Workplace, program: &Path, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let shown = |name: &str| place.folder().join(name);
    let file = |name: &str| Stdio::from(fs::File::create(shown(name)).unwrap());
    let mut child = place
        .command(program)
        .current_dir(place.folder())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", place.folder())
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(file("stdout"))
        .stderr(file("stderr"))
        .spawn()
        .unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let output = fs::read_to_string(shown("stdout")).unwrap();
    if status.success() {
        return Ok(output);
    }
    Err(format!("{status}\n{output}{}", fs::read_to_string(shown("stderr")).unwrap()))
}
