use std::fs;

use tempfile::TempDir;

use super::*;
use crate::input::exclude::{DIRECTORIES, FILE_ENDINGS};

/// A directory with the given files (and, for names that end in a slash, directories).
fn tree(files: &[&str]) -> TempDir {
    let tree = tempfile::tempdir().unwrap();
    for file in files {
        let path = tree.path().join(file);
        if file.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x = 1\n").unwrap();
        }
    }
    tree
}

fn options() -> WalkOptions {
    WalkOptions { threads: 2, ..WalkOptions::new(|name| matches!(name.rsplit_once('.'), Some((_, "py" | "js")))) }
}

/// The files visited, below the tree and in order, and the report.
fn visit(tree: &TempDir, given: &[&str], options: &WalkOptions) -> (Vec<String>, WalkReport) {
    let paths: Vec<_> = given.iter().map(|path| tree.path().join(path)).collect();
    let options = WalkOptions { base: tree.path().join(&options.base), ..options.clone() };
    let walked = walk(&paths, &options, Vec::new, |files: &mut Vec<FoundFile>, file| {
        files.push(file);
    })
    .unwrap();
    let mut files: Vec<_> = walked.states.into_iter().flatten().map(|file| below(tree, &file.path)).collect();
    files.sort();
    (files, walked.report)
}

fn below(tree: &TempDir, path: &Path) -> String {
    path.strip_prefix(tree.path()).unwrap().to_string_lossy().replace('\\', "/")
}

fn count(report: &WalkReport, reason: SkipReason) -> u64 {
    report.skipped.get(&reason).map_or(0, |skipped| skipped.count)
}

#[test]
fn wanted_files_are_found_and_everything_is_counted() {
    let tree = tree(&["a.py", "b/c.js", "b/d.txt", "b/.hidden/e.py", "empty/", ".git/hook.py"]);
    let (files, report) = visit(&tree, &[""], &options());
    assert_eq!(files, ["a.py", "b/.hidden/e.py", "b/c.js"]);
    assert_eq!((report.directories, report.files, report.unwanted, report.visited), (4, 4, 1, 3));
    assert!(report.skipped.is_empty() && report.errors.is_empty(), "{report:?}");
}

#[test]
fn hidden_files_can_be_left_out() {
    let tree = tree(&["a.py", ".b.py", ".c/d.py"]);
    assert_eq!(visit(&tree, &[""], &WalkOptions { hidden: false, ..options() }).0, ["a.py"]);
}

#[test]
fn ignore_files_are_honoured_unless_told_otherwise() {
    let tree = tree(&[".git/", "a.py", "b.py", "c/d.py"]);
    fs::write(tree.path().join(".gitignore"), "b.py\n").unwrap();
    fs::write(tree.path().join(".ignore"), "c/\n").unwrap();
    assert_eq!(visit(&tree, &[""], &options()).0, ["a.py"]);
    assert_eq!(visit(&tree, &["", "b.py", "c"], &options()).0, ["a.py", "b.py", "c/d.py"], "what is named is visited");
    assert_eq!(visit(&tree, &[""], &WalkOptions { ignore_files: false, ..options() }).0, ["a.py", "b.py", "c/d.py"]);
}

#[test]
fn packages_caches_and_bundles_are_passed_over() {
    let tree = tree(&["a.py", "node_modules/p/i.js", "lib/site-packages/p.py", "app.min.js", "x.chunk.js"]);
    let (files, report) = visit(&tree, &[""], &options());
    assert_eq!(files, ["a.py"]);
    assert_eq!(count(&report, SkipReason::DefaultDirectory), 2);
    assert_eq!(count(&report, SkipReason::DefaultFile), 2);
    assert_eq!(visit(&tree, &[""], &WalkOptions { default_excludes: false, ..options() }).0.len(), 5);
}

#[test]
fn ambiguous_names_need_evidence() {
    let tree = tree(&[
        "own/dist/a.py",
        "own/build/lib/a.py",
        "own/env/a.py",
        "own/out/a.js",
        "own/coverage/a.py",
        "py/pyproject.toml",
        "py/dist/a.py",
        "py/build/lib/a.py",
        "py/env/pyvenv.cfg",
        "py/env/bin/a.py",
        "js/package.json",
        "js/build/task.js",
        "js/dist/a.js",
        "js/out/index.html",
        "js/out/a.js",
        "js/coverage/lcov.info",
        "js/coverage/block.js",
    ]);
    let expected = [
        "js/build/task.js",
        "own/build/lib/a.py",
        "own/coverage/a.py",
        "own/dist/a.py",
        "own/env/a.py",
        "own/out/a.js",
    ];
    assert_eq!(visit(&tree, &[""], &options()).0, expected);
}

#[test]
fn the_table_is_in_good_order() {
    for rule in DIRECTORIES {
        assert_eq!(DIRECTORIES.iter().filter(|other| *other == rule).count(), 1, "{}", rule.name);
        assert!(!rule.name.contains('/') && !rule.name.is_empty());
    }
    assert!(FILE_ENDINGS.iter().all(|ending| ending.contains('.')));
}

#[test]
fn what_is_named_is_visited_though_excluded() {
    let tree = tree(&["node_modules/p/i.js", "a.min.js", "b.py", "notes.txt"]);
    let given = ["node_modules", "a.min.js", "b.py", "notes.txt"];
    let exclude = WalkOptions { exclude: vec!["b.py".to_owned()], ..options() };
    let (files, report) = visit(&tree, &given, &exclude);
    assert_eq!(files, ["a.min.js", "b.py", "node_modules/p/i.js", "notes.txt"]);
    assert_eq!((report.visited, report.skipped.len()), (4, 0));
}

#[test]
fn names_do_not_protect_when_exclusion_is_forced() {
    let tree = tree(&["node_modules/p/i.js", "a.min.js", "b/c/d.py", "e.py", "f/g.py"]);
    let forced = WalkOptions { force_exclude: true, exclude: vec!["b".to_owned(), "f/".to_owned()], ..options() };
    let given = ["node_modules/p/i.js", "node_modules/p", "a.min.js", "b/c/d.py", "e.py", "f"];
    let (files, report) = visit(&tree, &given, &forced);
    assert_eq!(files, ["e.py"]);
    assert_eq!(count(&report, SkipReason::DefaultDirectory), 2);
    assert_eq!(count(&report, SkipReason::DefaultFile), 1);
    assert_eq!(count(&report, SkipReason::Excluded), 2);
}

#[test]
fn globs_match_names_anywhere_and_paths_from_the_base() {
    let tree = tree(&["a/test.py", "test/b.py", "c/d/e.py", "d/e.py", "f/test/g.js"]);
    let excluding = |glob: &str| visit(&tree, &[""], &WalkOptions { exclude: vec![glob.to_owned()], ..options() }).0;
    assert_eq!(excluding("test"), ["a/test.py", "c/d/e.py", "d/e.py"]);
    assert_eq!(excluding("test*"), ["c/d/e.py", "d/e.py"]);
    assert_eq!(excluding("test.py/").len(), 5);
    assert_eq!(excluding("test/"), excluding("test"));
    assert_eq!(excluding("/test").len(), 4);
    assert_eq!(excluding("./d/e.py").len(), 4);
    assert_eq!(excluding("d/*").len(), 4);
    assert_eq!(excluding("**/d/*"), ["a/test.py", "f/test/g.js", "test/b.py"]);
    assert_eq!(excluding("*.{js,ts}").len(), 4);
    let (_, report) = visit(&tree, &[""], &WalkOptions { exclude: vec!["test".to_owned()], ..options() });
    let samples: Vec<_> = report.skipped[&SkipReason::Excluded].samples.iter().map(|path| below(&tree, path)).collect();
    assert_eq!(samples, ["f/test", "test"]);
}

#[test]
fn globs_to_include_leave_everything_else_out() {
    let tree = tree(&["a/b.py", "a/c.js", "d/e.py"]);
    let including = |glob: &str| visit(&tree, &[""], &WalkOptions { include: vec![glob.to_owned()], ..options() });
    assert_eq!(including("a").0, ["a/b.py", "a/c.js"]);
    assert_eq!(including("a/").0, ["a/b.py", "a/c.js"]);
    assert_eq!(including("*.js").0, ["a/c.js"]);
    assert_eq!(count(&including("*.js").1, SkipReason::NotIncluded), 2);
}

#[test]
fn globs_are_relative_to_their_base() {
    let tree = tree(&["p/a/b.py", "p/c.py"]);
    let options = WalkOptions { base: "p".into(), exclude: vec!["a/b.py".to_owned()], ..options() };
    assert_eq!(visit(&tree, &["p"], &options).0, ["p/c.py"]);
    assert_eq!(visit(&tree, &["p/../p/a"], &options).0, [""; 0]);
}

#[test]
fn a_broken_glob_is_an_error_that_names_it() {
    for glob in ["a[", "", "/", "./"] {
        let options = WalkOptions { exclude: vec![glob.to_owned()], ..options() };
        let error = walk(&[], &options, || (), |(), _| ()).unwrap_err();
        assert_eq!(error.glob, glob);
        assert!(error.to_string().contains(&format!("`{glob}`")));
    }
}

#[test]
fn missing_paths_are_errors_and_do_not_stop_the_walk() {
    let tree = tree(&["a.py"]);
    let (files, report) = visit(&tree, &["none", "a.py"], &options());
    assert_eq!(files, ["a.py"]);
    let missing = WalkError { path: Some(tree.path().join("none")), message: "no such file or directory".to_owned() };
    assert_eq!(report.errors, [missing]);
}

#[test]
fn nothing_is_visited_twice() {
    let tree = tree(&["a/b.py", "a/c/d.py", "e.py"]);
    let all = ["a/b.py", "a/c/d.py", "e.py"];
    assert_eq!(visit(&tree, &["", "", "a", "a/c", "a/b.py", "a/../a/b.py"], &options()).0, all);
    assert_eq!(visit(&tree, &["a/c/d.py", "a/c", "a", ""], &options()).0, all);
}

#[test]
fn a_file_that_is_named_is_explicit_wherever_else_it_is_found() {
    let tree = tree(&["a.py", "b.py"]);
    let paths = [tree.path().to_path_buf(), tree.path().join("b.py")];
    let walked = walk(&paths, &options(), Vec::new, |files: &mut Vec<FoundFile>, file| {
        files.push(file);
    })
    .unwrap();
    let mut files: Vec<_> = walked.states.into_iter().flatten().collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(files.iter().map(|file| file.explicit).collect::<Vec<_>>(), [false, true]);
    assert_eq!(files.iter().map(|file| file.max_size).collect::<Vec<_>>(), [DEFAULT_MAX_FILE_SIZE, MAX_READ]);
}

#[test]
fn paths_are_shown_as_they_were_given() {
    // The package's own directory is the current one in tests.
    let shown = |given: &str| {
        let options = WalkOptions { ignore_files: false, ..WalkOptions::new(|name| name.ends_with("/mod.rs")) };
        let paths = [PathBuf::from(given)];
        let walked = walk(&paths, &options, Vec::new, |files: &mut Vec<PathBuf>, file| {
            files.push(file.path);
        })
        .unwrap();
        walked.states.into_iter().flatten().filter(|path| path.ends_with("input/mod.rs")).collect::<Vec<_>>()
    };
    assert_eq!(shown("./src/input/"), [PathBuf::from("src/input/mod.rs")]);
    assert_eq!(shown("src/input/mod.rs"), [PathBuf::from("src/input/mod.rs")]);
    assert_eq!(shown("src/../src/input"), [PathBuf::from("src/../src/input/mod.rs")]);
}

#[test]
fn each_thread_hands_its_state_back() {
    let files: Vec<_> = (0..200).map(|number| format!("d{}/f{number}.py", number % 17)).collect();
    let tree = tree(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let walked = walk(&[tree.path().to_path_buf()], &options(), || 0, |seen, _| *seen += 1).unwrap();
    assert_eq!(walked.states.iter().sum::<i32>(), 200);
    assert!(walked.states.len() <= 2);
    let named: Vec<_> = files.iter().map(|file| tree.path().join(file)).collect();
    let walked = walk(&named, &options(), || 0, |seen, _| *seen += 1).unwrap();
    assert_eq!(walked.states.iter().sum::<i32>(), 200);
}

#[test]
fn samples_are_the_first_in_order() {
    let files: Vec<_> = (0..30).map(|number| format!("{number:02}.min.js")).collect();
    let tree = tree(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let skipped = visit(&tree, &[""], &options()).1.skipped.remove(&SkipReason::DefaultFile).unwrap();
    let samples: Vec<_> = skipped.samples.iter().map(|path| below(&tree, path)).collect();
    assert_eq!((skipped.count, samples), (30, files[..5].to_vec()));
}

fn found(path: PathBuf, max_size: u64) -> FoundFile {
    FoundFile { path, explicit: false, max_size }
}

#[test]
fn files_are_read_up_to_their_limit() {
    let tree = tree(&["a.py"]);
    let path = tree.path().join("a.py");
    let mut buffer = b"old".to_vec();
    found(path.clone(), 6).read(&mut buffer).unwrap();
    assert_eq!(buffer, b"x = 1\n");
    let error = found(path.clone(), 5).read(&mut buffer).unwrap_err();
    assert_eq!(error.to_string(), "6 bytes are more than the limit of 5");
    let mut report = WalkReport::default();
    report.add_unread(&path, &error);
    assert_eq!((count(&report, SkipReason::TooLarge), report.errors.len()), (1, 0));
    let error = found(tree.path().join("none"), 5).read(&mut buffer).unwrap_err();
    report.add_unread(&path, &error);
    assert_eq!(report.errors.len(), 1);
    assert!(found(tree.path().to_path_buf(), 5).read(&mut buffer).is_err(), "a directory");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_not_followed_unless_named() {
        let tree = tree(&["a/b.py", "c/"]);
        symlink(tree.path().join("a"), tree.path().join("c/dir")).unwrap();
        symlink(tree.path().join("a/b.py"), tree.path().join("c/file.py")).unwrap();
        let (files, report) = visit(&tree, &["c"], &options());
        assert_eq!((files.len(), count(&report, SkipReason::SymbolicLink)), (0, 2));
        assert_eq!(visit(&tree, &["c/file.py"], &options()).0, ["c/file.py"]);
        assert_eq!(visit(&tree, &["c/dir"], &options()).0, ["c/dir/b.py"]);
        assert_eq!(visit(&tree, &["c/file.py", "a"], &options()).0, ["c/file.py"], "one file under two names");
        let follow = WalkOptions { follow_links: true, ..options() };
        assert_eq!(visit(&tree, &["c"], &follow).0, ["c/dir/b.py", "c/file.py"]);
        let both = visit(&tree, &["c", "a"], &follow).0;
        assert_eq!(both, ["a/b.py", "c/file.py"], "directories once, linked files under each name");
    }

    #[test]
    fn loops_of_links_are_errors() {
        let tree = tree(&["a/b.py"]);
        symlink(tree.path().join("a"), tree.path().join("a/again")).unwrap();
        symlink("self.py", tree.path().join("self.py")).unwrap();
        assert_eq!(visit(&tree, &[""], &options()).0, ["a/b.py"]);
        let (files, report) = visit(&tree, &[""], &WalkOptions { follow_links: true, ..options() });
        assert_eq!((files, report.errors.len()), (vec!["a/b.py".to_owned()], 2));
        assert!(report.errors[0].message.starts_with("a symbolic link to"), "{:?}", report.errors);
        assert_eq!(report.errors[0].path, Some(tree.path().join("a/again")));
    }

    #[test]
    fn devices_and_pipes_are_not_read_by_chance() {
        let mut buffer = Vec::new();
        assert!(matches!(found("/dev/null".into(), 9).read(&mut buffer), Err(ReadError::NotAFile)));
        let endless = FoundFile { path: "/dev/zero".into(), explicit: true, max_size: 1000 };
        assert!(matches!(endless.read(&mut buffer), Err(ReadError::TooLarge { limit: 1000, .. })));
    }

    #[test]
    fn names_that_are_no_text_are_names() {
        use std::os::unix::ffi::OsStrExt;
        let tree = tree(&[]);
        let path = tree.path().join(std::ffi::OsStr::from_bytes(b"\xFFname.py"));
        if fs::write(&path, "x").is_ok() {
            assert_eq!(visit(&tree, &[""], &options()).1.visited, 1);
        }
    }
}
