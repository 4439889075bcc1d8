//! `unmoor scan --since COMMIT`.

use std::process::Command;

use crate::tree::{CLIENT, MORE, Tree};

#[test]
fn only_what_changes_brought_in_is_reported() {
    let tree = Tree::new();
    tree.write("lib/old.py", CLIENT);
    tree.commit();
    assert!(tree.places(&["--since", "HEAD"]).is_empty());
    tree.write("app/llm.py", &format!("{CLIENT}{MORE}"));
    tree.write("app/a new#file.py", "from openai import AzureOpenAI\n");
    let expected = ["app/a new#file.py:1", "app/llm.py:10"];
    assert_eq!(tree.places(&["--since", "HEAD"]), expected);
    tree.commit();
    assert!(tree.places(&["--since", "HEAD"]).is_empty());
    assert_eq!(tree.places(&["--since", "HEAD~1"]), expected);
    let ran = tree.run(&["scan", "--since", "HEAD~1"]);
    assert!(ran.err.contains("not shown: 12 from before"), "{}", ran.err);
    assert_eq!(ran.code, 1);
}

#[test]
fn moved_and_reformatted_code_is_not_brought_in() {
    let tree = Tree::new();
    tree.write("app/llm.py", &CLIENT.replace("    ", "        ").replace("(\n", "(\n\n"));
    assert!(tree.places(&["--since", "HEAD"]).is_empty());
    tree.git(&["mv", "app/llm.py", "app/other.py"]);
    tree.commit();
    assert!(tree.places(&["--since", "HEAD~1"]).is_empty());
}

#[test]
fn a_file_that_another_change_makes_worse_is_not_blamed() {
    let tree = Tree::new();
    tree.write("app/llm.py", &CLIENT.replace("Azure", "").replace("azure_endpoint", "base_url"));
    tree.write(
        "app/use.py",
        "from app.llm import client\n\nclient.chat.completions.create(model=\"m\", messages=[])\n",
    );
    tree.commit();
    tree.write("app/llm.py", CLIENT);
    let places = tree.places(&["--since", "HEAD"]);
    assert!(!places.is_empty() && places.iter().all(|place| place.starts_with("app/llm.py")), "{places:?}");
}

#[test]
fn it_works_with_a_baseline_and_from_a_folder() {
    let tree = Tree::new();
    tree.write("app/llm.py", &format!("{CLIENT}{MORE}"));
    tree.run(&["baseline"]);
    tree.write("app/more.py", "from openai import AzureOpenAI\n");
    assert_eq!(tree.places(&["--since", "HEAD"]), ["app/more.py:1"]);
    let ran = tree.run_in("app", &["scan", "--format", "concise", "--since", "HEAD"]);
    assert!(ran.out.starts_with("more.py:1:") && ran.out.lines().count() == 1, "{}", ran.out);
}

#[test]
fn what_git_cannot_tell_is_said_with_a_cure() {
    let tree = Tree::new();
    let told = |tree: &Tree, commit: &str| {
        let ran = tree.run(&["scan", &format!("--since={commit}")]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{ran:?}");
        assert!(ran.err.contains("help:"), "{}", ran.err);
        ran.err
    };
    assert!(told(&tree, "nowhere").contains("--since: the repository has no commit `nowhere`"));
    assert!(told(&tree, "--upload-pack=x").contains("no commit"));
    assert!(told(&Tree::outside_git(), "main").contains("is in no Git repository"));
}

#[test]
fn shallow_clones_say_what_they_compare_with() {
    let tree = Tree::new();
    tree.git(&["branch", "base"]);
    tree.write("app/llm.py", &format!("{CLIENT}{MORE}"));
    tree.commit();
    let clone = Tree::outside_git();
    std::fs::remove_dir_all(clone.path("app")).unwrap();
    let from = format!("file://{}", tree.path("").display());
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(clone.path("")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    git(&["clone", "--quiet", "--depth=1", &from, "."]);
    let ran = clone.run(&["scan", "--since", "origin/base"]);
    assert!(ran.code == 2 && ran.err.contains("this clone is shallow: fetch the commit with"), "{ran:?}");
    git(&["fetch", "--quiet", "--depth=1", "origin", "base:refs/remotes/origin/base"]);
    let ran = clone.run(&["scan", "--format", "concise", "--since", "origin/base"]);
    assert!(ran.out.starts_with("app/llm.py:10:") && ran.out.lines().count() == 1, "{ran:?}");
    assert!(ran.err.contains("compared with `origin/base` itself"), "{}", ran.err);
}
