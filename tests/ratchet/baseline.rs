//! `unmoor baseline`, and scans with what it wrote.

use std::fs;

use crate::tree::{CLIENT, MORE, Tree};

const FILE: &str = "unmoor-baseline.txt";

fn with_baseline() -> Tree {
    let tree = Tree::new();
    let ran = tree.run(&["baseline"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "unmoor-baseline.txt written: 6 findings (6 new, 0 gone)\n"));
    tree
}

#[test]
fn scans_report_only_what_is_new() {
    let tree = with_baseline();
    let ran = tree.run(&["scan"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert!(ran.err.contains("nothing found; not shown: 6 in the baseline"), "{}", ran.err);
    tree.write("app/llm.py", &format!("\n\n{CLIENT}{MORE}"));
    tree.git(&["mv", "app/llm.py", "app/renamed.py"]);
    assert_eq!(tree.places(&[]), ["app/renamed.py:12"]);
    assert_eq!(tree.run(&["scan"]).code, 1);
    assert_eq!(tree.places(&["--no-baseline"]).len(), 7);
}

#[test]
fn the_exit_code_is_what_is_asked_for() {
    let tree = with_baseline();
    let code = |arguments: &[&str]| tree.run(&[&["scan"], arguments].concat()).code;
    assert_eq!(code(&["--fail-on", "any"]), 1);
    assert_eq!(code(&["--fail-on", "any", "--fail-severity", "error"]), 0);
    tree.write("app/more.py", &format!("from openai import AzureOpenAI\n{MORE}"));
    assert_eq!(code(&[]), 1);
    assert_eq!(code(&["--fail-on", "none"]), 0);
    assert_eq!(code(&["--exit-zero"]), 0);
    assert_eq!(code(&["--fail-severity", "error"]), 0);
    assert_eq!(code(&["--exit-zero", "--fail-on", "any"]), 2);
}

#[test]
fn what_is_gone_is_told_and_pruned() {
    let tree = with_baseline();
    tree.write("app/llm.py", &CLIENT.replace("    api_version=\"2024-10-21\",\n", ""));
    let ran = tree.run(&["scan"]);
    let told = "1 entry of unmoor-baseline.txt is no longer found; `unmoor baseline --prune` takes them out";
    // The call reads differently, so its other sites are named anew.
    assert!(ran.err.contains("no longer found; `unmoor baseline --prune` takes"), "{told}: {}", ran.err);
    let before = tree.read(FILE);
    assert_eq!(tree.run(&["baseline", "--check"]).code, 1);
    assert_eq!(tree.read(FILE), before);
    tree.write("app/llm.py", "x = 1\n");
    let ran = tree.run(&["baseline", "--prune"]);
    assert_eq!(ran.err, "unmoor-baseline.txt written: 0 findings (0 new, 6 gone)\n");
    assert_eq!(tree.run(&["baseline", "--check"]).code, 0);
}

#[test]
fn pruning_accepts_nothing() {
    let tree = with_baseline();
    tree.write("app/more.py", "from openai import AzureOpenAI\n");
    assert_eq!(
        tree.run(&["baseline", "--prune"]).err,
        "unmoor-baseline.txt is up to date: 6 findings (0 new, 0 gone)\n"
    );
    assert_eq!(tree.places(&[]), ["app/more.py:1"]);
    assert_eq!(tree.run(&["baseline"]).err, "unmoor-baseline.txt written: 7 findings (1 new, 0 gone)\n");
    assert!(tree.places(&[]).is_empty());
}

#[test]
fn a_part_of_the_tree_says_nothing_of_the_rest() {
    let tree = with_baseline();
    tree.write("lib/llm.py", "from openai import AsyncAzureOpenAI\n");
    let ran = tree.run(&["scan", "lib"]);
    assert!(!ran.err.contains("no longer"), "{}", ran.err);
    assert_eq!(tree.run(&["baseline", "lib"]).err, "unmoor-baseline.txt written: 7 findings (1 new, 0 gone)\n");
    assert!(!tree.run(&["scan", "--select", "client"]).err.contains("no longer"));
    assert_eq!(tree.run(&["baseline", "--prune", "lib"]).code, 0);
    assert!(tree.places(&[]).is_empty());
}

#[test]
fn it_is_found_from_any_folder_and_beside_the_settings() {
    let tree = with_baseline();
    assert_eq!(tree.run_in("app", &["scan"]).code, 0);
    let other = tree.read(FILE);
    fs::remove_file(tree.path(FILE)).unwrap();
    assert_eq!(tree.run(&["scan"]).code, 1);
    tree.write("kept/known.txt", &other.replace("app/llm.py", "gone/llm.py"));
    assert_eq!(tree.run(&["scan", "--baseline", "kept/known.txt"]).code, 0);
    tree.write("unmoor.toml", "baseline = \"kept/known.txt\"\n");
    assert_eq!(tree.run_in("app", &["scan"]).code, 0);
    assert_eq!(tree.run_in("app", &["scan", "--no-baseline"]).code, 1);
}

#[test]
fn its_paths_are_those_of_the_repository_wherever_it_lies() {
    let tree = Tree::new();
    for (folder, file) in [("", "ci/known.txt"), ("app", "known.txt")] {
        std::fs::create_dir_all(tree.path("ci")).unwrap();
        assert_eq!(tree.run_in(folder, &["baseline", "--baseline", file]).code, 0);
        let text = tree.read(&format!("{folder}{}{file}", if folder.is_empty() { "" } else { "/" }));
        let paths: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).map(|line| &line[33..]).collect();
        assert!(paths.len() == 6 && paths.iter().all(|path| path.ends_with(" app/llm.py")), "{text}");
        assert_eq!(tree.run_in(folder, &["scan", "--baseline", file]).code, 0);
    }
    assert_eq!(tree.run(&["baseline", "--check", "--baseline", "ci/known.txt"]).code, 0);
}

#[test]
fn branches_that_both_add_merge_without_conflict() {
    let tree = with_baseline();
    tree.write(".gitattributes", "unmoor-baseline.txt merge=union\n");
    tree.commit();
    tree.git(&["checkout", "--quiet", "-b", "one"]);
    tree.write("app/one.py", "from openai import AzureOpenAI\n");
    tree.run(&["baseline"]);
    tree.commit();
    tree.git(&["checkout", "--quiet", "main"]);
    tree.write("app/two.py", "from openai import AsyncAzureOpenAI\n");
    tree.run(&["baseline"]);
    tree.commit();
    tree.git(&["merge", "--quiet", "--no-edit", "one"]);
    assert!(tree.places(&[]).is_empty());
}

#[test]
fn broken_and_missing_files_are_told_with_place_and_cure() {
    let tree = with_baseline();
    let told = |arguments: &[&str]| {
        let ran = tree.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("help:"), "{ran:?}");
        ran.err
    };
    assert!(told(&["scan", "--baseline", "no.txt"]).contains("the baseline no.txt cannot be read"));
    tree.write("unmoor.toml", "baseline = \"no.txt\"\n");
    assert!(told(&["scan"]).contains("unmoor.toml:1:12: the baseline"));
    fs::remove_file(tree.path("unmoor.toml")).unwrap();
    let text = tree.read(FILE);
    tree.write(FILE, &text.replace("version 1", "version 9"));
    assert!(told(&["scan"]).contains("unmoor-baseline.txt:1: is a baseline of version 9"));
    assert!(told(&["baseline"]).contains("version 9"));
    tree.write(FILE, &format!("{text}oh no\n"));
    assert!(told(&["scan"]).contains("unmoor-baseline.txt:10: this line is not"));
    assert!(told(&["baseline", "--prune", "--baseline", "none.txt"]).contains("there is no baseline none.txt"));
    assert!(told(&["baseline", "--baseline", "no/such/folder.txt"]).contains("no/such/folder.txt"));
}
