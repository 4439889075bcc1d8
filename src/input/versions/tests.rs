use std::sync::Barrier;
use std::thread;

use tempfile::TempDir;

use super::*;

/// A project with the given files.
pub(super) fn project(files: &[(&str, &str)]) -> TempDir {
    let project = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    project
}

/// What is said of a package to a file: the version or the lowest one, the file that says so, and the line.
pub(super) fn said(project: &TempDir, file: &str, package: &str) -> String {
    let path = project.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let extension = path.extension().unwrap().to_owned();
    let ecosystem = if extension == "py" { Ecosystem::Python } else { Ecosystem::JavaScript };
    let versions = Versions::new(project.path());
    let Some(known) = versions.of(&path, ecosystem, package) else { return "nothing".to_owned() };
    let version = match (known.permitted.only(), known.permitted.lowest()) {
        (Some(only), _) => format!("={only}"),
        (None, Some(lowest)) => format!(">={lowest}"),
        (None, None) if known.permitted == Permitted::Unknown => "unknown".to_owned(),
        (None, None) => "no lowest".to_owned(),
    };
    let source = known.source.strip_prefix(project.path()).unwrap().to_string_lossy().replace('\\', "/");
    format!("{version} {source}{}", known.line.map(|line| format!(":{line}")).unwrap_or_default())
}

/// The problems met when a package is looked up for a file.
pub(super) fn problems(project: &TempDir, file: &str) -> Vec<String> {
    let versions = Versions::new(project.path());
    let extension = Path::new(file).extension().unwrap();
    let ecosystem = if extension == "py" { Ecosystem::Python } else { Ecosystem::JavaScript };
    versions.of(&project.path().join(file), ecosystem, "openai");
    versions
        .problems()
        .into_iter()
        .map(|problem| {
            let path = problem.path.strip_prefix(project.path()).unwrap().to_path_buf();
            Problem { path, ..problem }.to_string()
        })
        .collect()
}

#[test]
fn nothing_is_known_without_manifests() {
    let project = project(&[("src/a.py", ""), ("src/pipeline.txt", "openai==1.0\n")]);
    assert_eq!(said(&project, "src/a.py", "openai"), "nothing");
    assert_eq!(said(&project, "src/a.ts", "openai"), "nothing");
    let versions = Versions::new(project.path());
    assert_eq!(versions.of(&project.path().join("gone/a.py"), Ecosystem::Python, "openai"), None);
    assert_eq!(Versions::new(Path::new("/no/such/place")).of(Path::new("a.py"), Ecosystem::Python, "openai"), None);
}

#[test]
fn nothing_above_the_root_is_looked_at() {
    let project = project(&[("requirements.txt", "openai==1.0\n"), ("inner/a.py", ""), ("inner/src/b.py", "")]);
    let versions = Versions::new(&project.path().join("inner"));
    for file in ["inner/a.py", "inner/src/b.py"] {
        assert_eq!(versions.of(&project.path().join(file), Ecosystem::Python, "openai"), None);
    }
    // Nor for a file that is not below it.
    assert_eq!(versions.of(&project.path().join("c.py"), Ecosystem::Python, "openai"), None);
}

#[test]
fn the_nearest_directory_that_says_something_answers() {
    let project = project(&[
        ("requirements.txt", "openai==1.1\nhttpx==0.27\n"),
        ("app/requirements.txt", "openai==1.2\n"),
        ("app/pkg/requirements.txt", "flask\n"),
    ]);
    assert_eq!(said(&project, "app/pkg/deep/a.py", "openai"), "=1.2 app/requirements.txt:1");
    assert_eq!(said(&project, "app/pkg/deep/a.py", "httpx"), "=0.27 requirements.txt:2");
    assert_eq!(said(&project, "app/pkg/deep/a.py", "flask"), "unknown app/pkg/requirements.txt:1");
    assert_eq!(said(&project, "other/a.py", "openai"), "=1.1 requirements.txt:1");
}

#[test]
fn one_name_in_two_ecosystems_is_two_packages() {
    let project = project(&[
        ("requirements.txt", "openai==1.50.0\n"),
        ("package.json", "{\"dependencies\": {\"openai\": \"5.1.0\"}}"),
    ]);
    assert_eq!(said(&project, "a.py", "openai"), "=1.50.0 requirements.txt:1");
    assert_eq!(said(&project, "a.ts", "openai"), "=5.1.0 package.json:1");
}

#[test]
fn a_file_that_is_too_large_or_not_text_is_a_problem_and_its_versions_are_unknown() {
    let project = project(&[("uv.lock", "a\0b")]);
    let file = File::create(project.path().join("package-lock.json")).unwrap();
    file.set_len(MAX_SIZE + 1).unwrap();
    assert_eq!(problems(&project, "a.py"), ["uv.lock: is not text"]);
    assert_eq!(problems(&project, "a.ts"), ["package-lock.json: is larger than the limit of 32 MiB"]);
    assert_eq!(said(&project, "a.py", "openai"), "unknown uv.lock");
    assert_eq!(said(&project, "a.ts", "openai"), "unknown package-lock.json");
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_root_only() {
    use std::os::unix::fs::symlink;
    let outside = project(&[("requirements.txt", "openai==1.1\n"), ("reqs/base.txt", "openai==1.2\n")]);
    let project = project(&[("common/requirements.txt", "openai==2.0\n"), ("in/a.py", ""), ("out/a.py", "")]);
    symlink("../common/requirements.txt", project.path().join("in/requirements.txt")).unwrap();
    symlink(outside.path().join("requirements.txt"), project.path().join("out/requirements.txt")).unwrap();
    symlink(outside.path().join("reqs"), project.path().join("out/requirements")).unwrap();
    symlink("loop.json", project.path().join("in/loop.json")).unwrap();
    symlink("loop.json", project.path().join("in/package.json")).unwrap();
    assert_eq!(said(&project, "in/a.py", "openai"), "=2.0 in/requirements.txt:1");
    assert_eq!(said(&project, "out/a.py", "openai"), "nothing");
    let found = problems(&project, "out/a.py");
    assert_eq!(found, ["out/requirements.txt: leads out of the directory that is looked at, so it was not read"]);
    assert!(problems(&project, "in/a.ts")[0].starts_with("in/package.json: cannot be read: "));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_opened() {
    let project = project(&[("a.py", "")]);
    let pipe = project.path().join("requirements.txt");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert_eq!(said(&project, "a.py", "openai"), "nothing");
}

#[test]
fn paths_are_shown_as_the_root_was_given() {
    let project = project(&[("app/requirements.txt", "openai\n"), ("app/a.py", "")]);
    let root = project.path().join("app/../app");
    let known = Versions::new(&root).of(&project.path().join("app/a.py"), Ecosystem::Python, "openai").unwrap();
    assert_eq!(known.source, root.join("requirements.txt"));
}

#[test]
fn threads_share_what_was_read() {
    let project = project(&[("requirements.txt", "openai==1.1\n???\nhttpx==one\n"), ("a/a.py", ""), ("b/b.py", "")]);
    let versions = Versions::new(project.path());
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for index in 0..8 {
            let (versions, barrier, project) = (&versions, &barrier, &project);
            scope.spawn(move || {
                barrier.wait();
                let file = project.path().join(if index % 2 == 0 { "a/a.py" } else { "b/b.py" });
                assert!(versions.of(&file, Ecosystem::Python, "openai").unwrap().exact());
            });
        }
    });
    assert_eq!(versions.problems().len(), 1);
}

#[test]
fn deep_nesting_is_a_problem_not_a_crash() {
    let deep = |open: &str| open.repeat(200_000);
    for (name, text) in [
        ("pyproject.toml", format!("a = {}", deep("["))),
        ("uv.lock", format!("a = {}", deep("{a="))),
        ("environment.yml", format!("dependencies: {}", deep("["))),
        ("Pipfile.lock", format!("{{\"default\": {}", deep("{\"a\":"))),
        ("package.json", format!("{{\"dependencies\": {}", deep("["))),
        ("package-lock.json", deep("{\"packages\":")),
        ("pnpm-lock.yaml", format!("importers: {}", deep("{a: "))),
        ("bun.lock", format!("{{\"packages\": {}", deep("["))),
    ] {
        let project = project(&[(name, &text)]);
        let found = [problems(&project, "a.py"), problems(&project, "a.ts")].concat();
        assert_eq!(found.len(), 1, "{name}: {found:?}");
    }
}
