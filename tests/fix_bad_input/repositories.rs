//! Files with changes that Git does not hold are not written, unless that is asked for.

use std::{fs, path::Path};

use crate::tree::{AFTER, BEFORE, Ran, Tree};

#[test]
fn a_committed_file_is_written() {
    let tree = Tree::usual().committed();
    tree.fix(&["--write"]).says(0, &["changed app.py"]);
    assert_eq!(tree.text("app.py"), AFTER);
}

#[test]
fn a_changed_file_is_written_only_when_allowed() {
    let tree = Tree::usual().committed();
    tree.add("app.py", format!("{BEFORE}# mine\n"));
    let refused = tree.fix(&["--write"]);
    refused.says(2, &["1 file with changes that are not committed:", "app.py", "--allow-dirty", "nothing was written"]);
    assert_eq!(tree.text("app.py"), format!("{BEFORE}# mine\n"));
    // Looking is always allowed.
    tree.fix(&[]).says(1, &[]);
    tree.fix(&["--write", "--allow-dirty"]).says(0, &["changed app.py"]);
    assert_eq!(tree.text("app.py"), format!("{AFTER}# mine\n"));
}

#[test]
fn one_changed_file_keeps_all_from_being_written() {
    let tree = Tree::usual();
    tree.add("other.py", BEFORE);
    let tree = tree.committed();
    tree.add("other.py", format!("{BEFORE}# mine\n"));
    let ran = tree.fix(&["--write", "--format", "json"]);
    ran.says(2, &["other.py"]);
    assert_eq!((tree.text("app.py"), tree.text("other.py")), (BEFORE.to_owned(), format!("{BEFORE}# mine\n")));
    tree.fix(&["--write", "app.py"]).says(0, &[]);
    assert_eq!(tree.text("app.py"), AFTER);
}

#[test]
fn changes_of_other_files_do_not_matter() {
    let tree = Tree::usual();
    tree.add("notes.py", "a = 1\n");
    let tree = tree.committed();
    tree.add("notes.py", "a = 2\n");
    tree.add("new.txt", "new");
    tree.fix(&["--write"]).says(0, &[]);
    assert_eq!(tree.text("app.py"), AFTER);
}

#[test]
fn git_has_never_seen_an_untracked_file() {
    let tree = Tree::with("notes.txt", "notes").committed();
    tree.add("app.py", BEFORE);
    tree.fix(&["--write"]).says(2, &["app.py", "--allow-dirty"]);
    assert_eq!(tree.text("app.py"), BEFORE);
    // What is staged can be had back.
    tree.git(&["add", "app.py"]);
    tree.fix(&["--write"]).says(0, &[]);
    assert_eq!(tree.text("app.py"), AFTER);
}

#[test]
fn a_second_fix_after_the_first_is_a_change_that_is_not_committed() {
    let tree = Tree::usual().committed();
    tree.fix(&["--write"]).says(0, &[]);
    // There is nothing to write, so nothing is in the way.
    tree.fix(&["--write"]).says(0, &["nothing to change"]);
    tree.fix(&["--write", "--level", "unsafe", "--target", "openai"]).says(2, &["app.py", "--allow-dirty"]);
    assert_eq!(tree.text("app.py"), AFTER);
}

#[test]
fn a_subdirectory_and_a_work_tree_from_outside_are_asked_too() {
    let tree = Tree::with("deep/er/app.py", BEFORE).committed();
    tree.add("deep/er/app.py", format!("{BEFORE}# mine\n"));
    let outside = Tree::new();
    let file = tree.path("deep/er/app.py");
    outside.fix(&["--write", file.to_str().unwrap()]).says(2, &["app.py"]);
    let mut command = tree.command(Path::new(env!("CARGO_BIN_EXE_unmoor")));
    let ran = Ran::of(&command.current_dir(tree.path("deep")).args(["fix", "--write"]).output().unwrap());
    ran.says(2, &["er/app.py"]);
    assert_eq!(fs::read_to_string(file).unwrap(), format!("{BEFORE}# mine\n"));
}

#[test]
fn outside_of_git_nothing_is_asked() {
    let tree = Tree::usual();
    let mut command = tree.command(Path::new(env!("CARGO_BIN_EXE_unmoor")));
    Ran::of(&command.env("PATH", "").args(["fix", "--write"]).output().unwrap()).says(0, &["changed app.py"]);
}

#[test]
fn a_work_tree_without_git_is_not_taken_for_a_clean_one() {
    let tree = Tree::usual().committed();
    let mut command = tree.command(Path::new(env!("CARGO_BIN_EXE_unmoor")));
    let ran = Ran::of(&command.env("PATH", "").args(["fix", "--write"]).output().unwrap());
    ran.says(2, &["git", "--allow-dirty"]);
    assert_eq!(tree.text("app.py"), BEFORE);
}
