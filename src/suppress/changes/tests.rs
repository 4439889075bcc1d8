use std::process::Command;

use super::*;

/// A repository in a folder that goes away with the value.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    fn path(&self) -> PathBuf {
        fs::canonicalize(self.0.path()).unwrap()
    }

    fn git(&self, arguments: &[&str]) {
        let mut command = git::command(OsStr::new("git"), self.0.path());
        command.args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]).args(arguments);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.0.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=more"]);
    }

    fn before(&self, changes: &Changes, name: &str) -> Option<Before> {
        changes.before(&self.path().join(name)).unwrap()
    }
}

fn bytes(text: &str) -> Before {
    Before::Bytes(text.into())
}

#[test]
fn committed_staged_and_unstaged_changes_and_new_files_count() {
    let repository = Repository::new();
    for name in ["same.py", "committed.py", "staged.py", "plain.py", "gone.py", "a/old name.py"] {
        repository.write(name, &format!("{name}\n1\n2\n3\n4\n5\n"));
    }
    repository.write(".gitignore", "ignored.py\n");
    repository.commit();
    repository.git(&["tag", "start"]);
    repository.write("committed.py", "new\n");
    repository.git(&["mv", "a/old name.py", "new ü.py"]);
    repository.commit();
    repository.write("staged.py", "new\n");
    repository.git(&["add", "staged.py"]);
    repository.write("plain.py", "new\n");
    repository.write("sub/fresh\n#.py", "new\n");
    repository.write("ignored.py", "new\n");
    fs::remove_file(repository.path().join("gone.py")).unwrap();
    let changes = Changes::since("start", &repository.path()).unwrap();
    assert!(!changes.direct);
    assert_eq!(repository.before(&changes, "same.py"), None);
    assert_eq!(repository.before(&changes, "gone.py"), None);
    assert_eq!(repository.before(&changes, "ignored.py"), None);
    for name in ["committed.py", "staged.py", "plain.py"] {
        assert_eq!(repository.before(&changes, name), Some(bytes(&format!("{name}\n1\n2\n3\n4\n5\n"))));
    }
    assert_eq!(repository.before(&changes, "new ü.py"), Some(bytes("a/old name.py\n1\n2\n3\n4\n5\n")));
    assert_eq!(repository.before(&changes, "sub/fresh\n#.py"), Some(Before::Nothing));
}

#[test]
fn the_comparison_begins_where_the_branches_parted() {
    let repository = Repository::new();
    repository.write("a.py", "1\n");
    repository.commit();
    repository.git(&["checkout", "--quiet", "-b", "work"]);
    repository.write("b.py", "1\n");
    repository.commit();
    repository.git(&["checkout", "--quiet", "main"]);
    repository.write("a.py", "2\n");
    repository.commit();
    repository.git(&["checkout", "--quiet", "work"]);
    let changes = Changes::since("main", &repository.path()).unwrap();
    assert!(!changes.touches(&repository.path().join("a.py")));
    assert_eq!(repository.before(&changes, "b.py"), Some(Before::Nothing));
}

#[test]
fn a_shallow_clone_compares_with_the_commit_or_says_why_not() {
    let repository = Repository::new();
    repository.write("a.py", "1\n");
    repository.commit();
    repository.git(&["branch", "old"]);
    repository.write("a.py", "2\n");
    repository.commit();
    let clone = tempfile::tempdir().unwrap();
    let from = format!("file://{}", repository.path().display());
    let cloned = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(clone.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    cloned(&["clone", "--quiet", "--depth=1", &from, "."]);
    let error = Changes::since("origin/old", clone.path()).unwrap_err();
    assert!(matches!(error, SinceError::Unknown { shallow: true, .. }));
    assert!(error.cure().contains("this clone is shallow"));
    cloned(&["fetch", "--quiet", "--depth=1", "origin", "old:refs/remotes/origin/old"]);
    let changes = Changes::since("origin/old", clone.path()).unwrap();
    assert!(changes.direct);
    assert_eq!(changes.before(&fs::canonicalize(clone.path()).unwrap().join("a.py")).unwrap(), Some(bytes("1\n")));
}

#[test]
fn unknown_commits_and_other_places_are_told() {
    let repository = Repository::new();
    repository.write("a.py", "1\n");
    repository.commit();
    for commit in ["nowhere", "--help", "", "HEAD:a.py"] {
        let error = Changes::since(commit, &repository.path()).unwrap_err();
        assert!(matches!(error, SinceError::Unknown { shallow: false, .. }), "{commit}: {error}");
    }
    let outside = tempfile::tempdir().unwrap();
    assert!(matches!(Changes::since("main", outside.path()).unwrap_err(), SinceError::NoRepository(_)));
}

#[test]
fn new_lines_are_those_that_were_not_there() {
    assert_eq!(new_lines("a\nb\nc\n", "a\nx\nb\nc\ny\n").into_iter().collect::<Vec<_>>(), [2, 5]);
    assert!(new_lines("a\r\nb\r\n", "a\nb\n").is_empty());
    assert!(new_lines("a\nb\n", "b\n").is_empty());
}
