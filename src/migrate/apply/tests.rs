use std::env;
use std::ffi::OsStr;
use std::process::Command;

use tempfile::TempDir;

use super::dirty::dirty_by;
use super::*;

const BEFORE: &[u8] = b"a = 1\r\n";
const AFTER: &[u8] = b"\xef\xbb\xbfa = 2\n\0";

/// A directory with `file.py`.
fn scanned() -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file.py");
    fs::write(&path, BEFORE).unwrap();
    (root, path)
}

fn change(path: &Path) -> Change<'_> {
    Change { path, before: BEFORE, after: AFTER }
}

/// Applies the usual change and sees that it is refused, that the file still is `left`, and that nothing else is there.
fn refused(path: &Path, root: &Path, left: Option<&[u8]>) -> Refusal {
    let names = |directory: &Path| -> Vec<_> {
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    let directory = path.parent().unwrap();
    let before = names(directory);
    let outcome = apply(&change(path), root);
    assert_eq!(fs::read(path).ok().as_deref(), left);
    assert_eq!(names(directory), before);
    match outcome {
        Outcome::Refused(refusal) => {
            assert!(!refusal.to_string().is_empty() && !refusal.cure().is_empty());
            refusal
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_file_is_replaced_and_nothing_else_is_left() {
    let (root, path) = scanned();
    assert!(matches!(apply(&change(&path), root.path()), Outcome::Written));
    assert_eq!(fs::read(&path).unwrap(), AFTER);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    // Through a path that goes up and down again, and to the empty file.
    let around = root.path().join("../").join(root.path().file_name().unwrap()).join("file.py");
    let change = Change { path: &around, before: AFTER, after: b"" };
    assert!(matches!(apply(&change, root.path()), Outcome::Written));
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn nothing_to_change_is_nothing_to_do() {
    let (root, path) = scanned();
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let change = Change { path: &path, before: BEFORE, after: BEFORE };
    assert!(matches!(apply(&change, root.path()), Outcome::Unchanged));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified);
}

#[test]
fn a_file_that_has_changed_is_left_alone() {
    let (root, path) = scanned();
    for now in [&b"a = 3\r\n"[..], b"a = 1\r\n ", b"a = 1", b""] {
        fs::write(&path, now).unwrap();
        assert!(matches!(refused(&path, root.path(), Some(now)), Refusal::ChangedSinceScanned));
    }
}

#[test]
fn a_file_that_is_gone_is_not_made_anew() {
    let (root, path) = scanned();
    fs::remove_file(&path).unwrap();
    assert!(matches!(refused(&path, root.path(), None), Refusal::Vanished));
    let below = root.path().join("gone/file.py");
    assert!(matches!(apply(&change(&below), root.path()), Outcome::Refused(Refusal::Vanished)));
    assert!(!root.path().join("gone").exists());
}

#[test]
fn a_directory_is_no_file() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file.py");
    fs::create_dir(&path).unwrap();
    assert!(matches!(refused(&path, root.path(), None), Refusal::NotAFile));
    assert!(matches!(apply(&change(Path::new("..")), root.path()), Outcome::Refused(Refusal::NotAFile)));
}

#[test]
fn a_protected_file_is_left_alone_whoever_asks() {
    let (root, path) = scanned();
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    assert!(matches!(refused(&path, root.path(), Some(BEFORE)), Refusal::ReadOnly));
}

#[test]
fn a_file_outside_of_the_root_is_left_alone() {
    let (root, path) = scanned();
    let inner = root.path().join("inner");
    fs::create_dir(&inner).unwrap();
    assert!(matches!(refused(&path, &inner, Some(BEFORE)), Refusal::OutsideRoot));
    assert!(matches!(refused(&inner.join("../file.py"), &inner, Some(BEFORE)), Refusal::OutsideRoot));
    // A name that only starts like the root's.
    let beside = root.path().join("inner2/file.py");
    fs::create_dir(beside.parent().unwrap()).unwrap();
    fs::write(&beside, BEFORE).unwrap();
    assert!(matches!(refused(&beside, &inner, Some(BEFORE)), Refusal::OutsideRoot));
}

/// What is left when the program ends between writing and renaming.
#[test]
fn an_interruption_before_the_rename_leaves_the_old_content() {
    let (root, path) = scanned();
    let metadata = fs::metadata(&path).unwrap();
    let prepared = prepare(&path, AFTER, &metadata).unwrap();
    assert_eq!(fs::read(prepared.path()).unwrap(), AFTER);
    assert_eq!(prepared.path().parent(), path.parent());
    assert_eq!(fs::read(&path).unwrap(), BEFORE);
    drop(prepared);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    // Killed, it cannot clean up; what stays must not be taken for a source file.
    let (_file, left) = prepare(&path, AFTER, &metadata).unwrap().keep().unwrap();
    assert_eq!(fs::read(&path).unwrap(), BEFORE);
    assert_eq!(left.extension(), Some(OsStr::new("tmp")));
    assert!(matches!(apply(&change(&path), root.path()), Outcome::Written));
}

#[test]
fn a_rename_that_fails_leaves_no_temporary_file() {
    let (root, path) = scanned();
    let prepared = prepare(&path, AFTER, &fs::metadata(&path).unwrap()).unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(replace(prepared, &path), Err(Refusal::Failed(_))));
    assert!(path.is_dir());
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::os::unix::process::CommandExt;

    use super::*;

    /// Names the directory in which a test that runs itself again shall do its work.
    const CHILD: &str = "UNMOOR_TEST_CHILD";

    /// When this process is a test run again: the file to change. The root is its directory.
    fn as_child() -> Option<PathBuf> {
        env::var_os(CHILD).map(|directory| PathBuf::from(directory).join("file.py"))
    }

    #[test]
    fn permissions_and_owner_are_kept() {
        let (root, path) = scanned();
        for mode in [0o755, 0o600, 0o664, 0o200 | 0o444] {
            fs::write(&path, BEFORE).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(apply(&change(&path), root.path()), Outcome::Written));
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
        }
        fs::write(&path, BEFORE).unwrap();
        if std::os::unix::fs::chown(&path, Some(65534), Some(65534)).is_ok() {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            assert!(matches!(apply(&change(&path), root.path()), Outcome::Written));
            let metadata = fs::metadata(&path).unwrap();
            assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (65534, 65534, 0o755));
        }
    }

    #[test]
    fn a_link_is_not_written_through() {
        let (root, path) = scanned();
        let link = root.path().join("link.py");
        symlink("file.py", &link).unwrap();
        assert!(matches!(refused(&link, root.path(), Some(BEFORE)), Refusal::SymbolicLink));
        let dangling = root.path().join("dangling.py");
        symlink("nothing", &dangling).unwrap();
        assert!(matches!(refused(&dangling, root.path(), None), Refusal::SymbolicLink));
        assert_eq!(fs::read(path).unwrap(), BEFORE);
    }

    #[test]
    fn a_linked_directory_may_not_lead_out() {
        let (outside, path) = scanned();
        let root = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("out")).unwrap();
        assert!(matches!(refused(&root.path().join("out/file.py"), root.path(), Some(BEFORE)), Refusal::OutsideRoot));
        assert_eq!(fs::read(path).unwrap(), BEFORE);
        // Inside, and when the root itself is a link, it may.
        fs::create_dir(root.path().join("real")).unwrap();
        fs::write(root.path().join("real/file.py"), BEFORE).unwrap();
        symlink("real", root.path().join("in")).unwrap();
        assert!(matches!(apply(&change(&root.path().join("in/file.py")), root.path()), Outcome::Written));
        assert!(matches!(apply(&change(&root.path().join("out/file.py")), &root.path().join("out")), Outcome::Written));
    }

    #[test]
    fn hard_links_keep_the_old_content() {
        let (root, path) = scanned();
        let other = root.path().join("other.py");
        fs::hard_link(&path, &other).unwrap();
        assert!(matches!(apply(&change(&path), root.path()), Outcome::Written));
        assert_eq!(fs::read(other).unwrap(), BEFORE);
    }

    /// A limit on the size of files stands for a full disk: writing fails when part of the content is there.
    #[test]
    fn a_full_disk_leaves_the_old_content() {
        if let Some(path) = as_child() {
            let large = vec![b'x'; 1 << 20];
            let change = Change { path: &path, before: BEFORE, after: &large };
            assert!(matches!(apply(&change, path.parent().unwrap()), Outcome::Refused(Refusal::Failed(_))));
            return;
        }
        let (root, path) = scanned();
        let script = "trap '' XFSZ; ulimit -f 16; exec \"$0\" --exact --nocapture \"$1\"";
        let name = "migrate::apply::tests::unix::a_full_disk_leaves_the_old_content";
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(env::current_exe().unwrap()).arg(name).env(CHILD, root.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the child ran no test");
        assert_eq!(fs::read(path).unwrap(), BEFORE);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    /// Permissions mean nothing to an administrator, so the test then runs itself as somebody else.
    #[test]
    fn without_permission_nothing_happens() {
        if let Some(path) = as_child() {
            let root = path.parent().unwrap();
            assert!(matches!(refused(&path, root, Some(BEFORE)), Refusal::ReadOnlyDirectory));
            assert!(matches!(refused(&root.join("theirs.py"), root, Some(BEFORE)), Refusal::ReadOnly));
            return;
        }
        let (root, path) = scanned();
        let theirs = root.path().join("theirs.py");
        fs::write(&theirs, BEFORE).unwrap();
        // For the user himself neither is writable, for others only the first is.
        let is_administrator = fs::metadata(&path).unwrap().uid() == 0;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        fs::set_permissions(&theirs, fs::Permissions::from_mode(if is_administrator { 0o644 } else { 0o444 })).unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o555)).unwrap();
        // Others cannot always reach the place where tests are built.
        let copies = tempfile::tempdir().unwrap();
        fs::set_permissions(copies.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let program = copies.path().join("test");
        fs::copy(env::current_exe().unwrap(), &program).unwrap();
        let name = "migrate::apply::tests::unix::without_permission_nothing_happens";
        let mut command = Command::new(&program);
        command.args(["--exact", "--nocapture", name]).env(CHILD, root.path()).current_dir("/");
        if is_administrator {
            command.uid(65534).gid(65534);
        }
        let output = command.output().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "the child ran no test");
        assert_eq!(fs::read(path).unwrap(), BEFORE);
    }
}

/// A Git work tree; its settings do not depend on the user's.
fn work_tree() -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    git(tree.path(), &["init", "-q"]);
    fs::write(tree.path().join(".gitignore"), "ignored.py\n").unwrap();
    fs::create_dir(tree.path().join("sub [dir]")).unwrap();
    for name in ["clean.py", "staged.py", "modified.py", "both.py", "gone.py", "sub [dir]/ü*.py"] {
        fs::write(tree.path().join(name), "a = 1\n").unwrap();
    }
    git(tree.path(), &["add", "."]);
    git(tree.path(), &["commit", "-q", "-m", "first"]);
    tree
}

fn git(tree: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(tree).args(["-c", "user.name=Test", "-c", "user.email=test@example.com"]);
    command.args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]).args(arguments);
    let output = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn found(tree: &Path, names: &[&str]) -> Vec<String> {
    let paths: Vec<_> = names.iter().map(|name| tree.join(name)).collect();
    let dirty = dirty(&paths).unwrap();
    dirty.iter().map(|path| path.strip_prefix(tree).unwrap().to_string_lossy().replace('\\', "/")).collect()
}

#[test]
fn files_that_git_could_not_bring_back_are_dirty() {
    let tree = work_tree();
    let names = [
        "clean.py",
        "staged.py",
        "modified.py",
        "both.py",
        "gone.py",
        "sub [dir]/ü*.py",
        "new.py",
        "new/dir/a.py",
        "ignored.py",
        "missing.py",
    ];
    assert!(found(tree.path(), &names).is_empty());
    fs::create_dir_all(tree.path().join("new/dir")).unwrap();
    for name in ["staged.py", "both.py", "added.py"] {
        fs::write(tree.path().join(name), "a = 2\n").unwrap();
    }
    git(tree.path(), &["add", "staged.py", "both.py", "added.py"]);
    for name in ["modified.py", "both.py", "sub [dir]/ü*.py", "new.py", "new/dir/a.py", "ignored.py"] {
        fs::write(tree.path().join(name), "a = 3\n").unwrap();
    }
    let dirty = ["both.py", "modified.py", "new/dir/a.py", "new.py", "sub [dir]/ü*.py"];
    assert_eq!(found(tree.path(), &names), dirty);
    // Only what is asked about.
    assert!(found(tree.path(), &["clean.py", "added.py", "staged.py"]).is_empty());
    assert_eq!(found(tree.path(), &["new.py", "new.py"]), ["new.py"]);
}

#[test]
fn a_conflict_is_dirty() {
    let tree = work_tree();
    git(tree.path(), &["checkout", "-q", "-b", "other"]);
    fs::write(tree.path().join("clean.py"), "a = 2\n").unwrap();
    git(tree.path(), &["commit", "-q", "-a", "-m", "other"]);
    git(tree.path(), &["checkout", "-q", "-b", "third", "HEAD~1"]);
    fs::write(tree.path().join("clean.py"), "a = 3\n").unwrap();
    git(tree.path(), &["commit", "-q", "-a", "-m", "third"]);
    let mut merge = Command::new("git");
    merge.arg("-C").arg(tree.path()).args(["-c", "user.name=T", "-c", "user.email=t@example.com", "merge", "other"]);
    assert!(!merge.output().unwrap().status.success());
    assert_eq!(found(tree.path(), &["clean.py", "staged.py"]), ["clean.py"]);
}

#[test]
fn work_trees_in_one_another_are_asked_each() {
    let outer = work_tree();
    let inner = outer.path().join("inner");
    fs::create_dir(&inner).unwrap();
    git(&inner, &["init", "-q"]);
    fs::write(inner.join("a.py"), "a = 1\n").unwrap();
    fs::write(outer.path().join("clean.py"), "a = 2\n").unwrap();
    assert_eq!(found(outer.path(), &["inner/a.py", "clean.py", "staged.py"]), ["clean.py", "inner/a.py"]);
}

#[test]
fn many_files_are_asked_about_in_several_turns() {
    let tree = work_tree();
    let names: Vec<_> = (0..1000).map(|index| format!("a-rather-long-name-{index:04}.py")).collect();
    for name in &names {
        fs::write(tree.path().join(name), "").unwrap();
    }
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(found(tree.path(), &names), names);
}

#[test]
fn files_outside_of_git_are_clean_and_need_no_git() {
    let (root, path) = scanned();
    assert!(dirty_by(OsStr::new("no-such-program"), &[path, root.path().join("gone/a.py")]).unwrap().is_empty());
}

#[test]
fn without_git_the_error_says_what_to_do() {
    let tree = work_tree();
    let error = dirty_by(OsStr::new("no-such-program"), &[tree.path().join("clean.py")]).unwrap_err();
    assert!(matches!(error, GitError::Missing(_)));
    assert!(error.to_string().contains("`git`") && error.cure().contains("--allow-dirty"));
}

#[test]
fn a_broken_repository_is_an_error_not_a_clean_file() {
    let (root, path) = scanned();
    fs::write(root.path().join(".git"), "nonsense").unwrap();
    let error = dirty(&[path]).unwrap_err();
    assert!(matches!(&error, GitError::Failed { message, .. } if message.contains("invalid")), "{error}");
    assert!(error.cure().contains("--allow-dirty"));
}
