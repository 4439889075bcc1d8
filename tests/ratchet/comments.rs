//! `unmoor scan --add-ignores` and `--prune-ignores`.

use std::fs;

use crate::tree::{CLIENT, Tree};

#[test]
fn comments_are_written_counted_and_pruned() {
    let tree = Tree::new();
    let ran = tree.run(&["scan", "--add-ignores=moves in spring"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "6 findings set aside in 1 file\n"));
    let text = tree.read("app/llm.py");
    assert_eq!(text.matches("# unmoor: ignore[").count(), 5, "{text}");
    assert_eq!(text.matches("moves in spring").count(), 5);
    let ran = tree.run(&["scan"]);
    assert!(ran.code == 0 && ran.err.contains("nothing found; not shown: 6 ignored by comments"), "{ran:?}");
    assert_eq!(tree.run(&["scan", "--no-ignore-comments"]).code, 1);

    tree.write("app/llm.py", &text.replace("AzureOpenAI", "OpenAI"));
    let ran = tree.run(&["scan"]);
    assert!(ran.err.contains("app/llm.py:3: `import-openai` sets nothing aside here"), "{}", ran.err);
    let ran = tree.run(&["scan", "--prune-ignores"]);
    assert!(ran.out.contains("taken out or shortened in 1 file"), "{ran:?}");
    assert!(!tree.run(&["scan"]).err.contains("sets nothing aside"));
}

#[test]
fn adding_and_taking_out_gives_the_same_bytes() {
    for text in [CLIENT.to_owned(), CLIENT.replace('\n', "\r\n"), format!("\u{feff}{CLIENT}")] {
        let tree = Tree::new();
        tree.write("app/llm.py", &text);
        assert_eq!(tree.run(&["scan", "--add-ignores"]).code, 0);
        let noted = tree.read("app/llm.py");
        let expired = noted.replace(']', "] until=2026-01-01");
        let expired = expired.replace("\"AZURE_OPENAI_ENDPOINT\"] until=2026-01-01", "\"AZURE_OPENAI_ENDPOINT\"]");
        let expired = expired.replace("\"AZURE_OPENAI_API_KEY\"] until=2026-01-01", "\"AZURE_OPENAI_API_KEY\"]");
        tree.write("app/llm.py", &expired);
        assert!(tree.run(&["scan"]).err.contains("this ignore held until 2026-01-01"));
        assert_eq!(tree.run(&["scan", "--prune-ignores"]).code, 0);
        assert_eq!(tree.read("app/llm.py"), text);
    }
}

#[test]
fn what_cannot_be_written_is_told() {
    let tree = Tree::new();
    fs::write(tree.path("app/latin.py"), b"from openai import AzureOpenAI  # \xe9\n").unwrap();
    let mut permissions = fs::metadata(tree.path("app/llm.py")).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(tree.path("app/llm.py"), permissions).unwrap();
    let ran = tree.run(&["scan", "--add-ignores"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, "0 findings set aside in 0 files\n"));
    assert!(ran.err.contains("app/latin.py: is not UTF-8; the file was left as it is"), "{}", ran.err);
    assert!(ran.err.contains("app/llm.py: is write-protected"), "{}", ran.err);
    assert_eq!(tree.read("app/llm.py"), CLIENT);
}

#[test]
fn a_reason_stays_in_its_comment() {
    let tree = Tree::new();
    tree.write("app/a.ts", "import { AzureOpenAI } from \"openai\";\n");
    assert_eq!(tree.run(&["scan", "--add-ignores=one\ntwo */ three"]).code, 0);
    assert!(tree.read("app/a.ts").ends_with("// unmoor: ignore[import-openai] one two * / three\n"));
    assert!(tree.places(&[]).is_empty());
}

#[test]
fn the_answer_to_why_names_the_comment() {
    let tree = Tree::new();
    tree.run(&["scan", "--add-ignores=moves in spring"]);
    let ran = tree.run(&["why", "app/llm.py:3"]);
    assert!(ran.out.contains("found here but not reported: a comment sets it aside: moves in spring"), "{}", ran.out);
}

#[test]
fn standard_input_is_no_file_to_write_to() {
    let tree = Tree::new();
    let ran = tree.run(&["scan", "-", "--stdin-filename", "app/llm.py", "--add-ignores"]);
    assert_eq!((ran.code, tree.read("app/llm.py").as_str()), (2, CLIENT));
    assert!(ran.err.contains("standard input has no file to write comments to"), "{}", ran.err);
}
