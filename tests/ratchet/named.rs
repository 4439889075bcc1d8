//! Files that are named one by one, as commit hooks do.

use crate::tree::{CLIENT, Tree};

/// A wrapper, what imports it, and a call in a third file.
fn tree() -> Tree {
    let tree = Tree::new();
    tree.write("app/__init__.py", "");
    tree.write("app/shared.py", "from app.llm import client as shared\n");
    tree.write(
        "app/use.py",
        "from app.shared import shared\n\nshared.images.generate(model=\"dalle\", prompt=\"x\")\n",
    );
    tree.write("web/llm.ts", "import { AzureOpenAI } from \"openai\";\nexport const llm = new AzureOpenAI();\n");
    tree.write(
        "web/use.ts",
        "import { llm } from \"./llm\";\nllm.chat.completions.create({ model: \"m\", messages: [] });\n",
    );
    tree
}

#[test]
fn what_they_import_is_known_and_only_they_are_reported() {
    let tree = tree();
    for name in ["app/use.py", "app/llm.py", "web/use.ts", "web/llm.ts"] {
        let all: Vec<String> = tree.places(&[]).into_iter().filter(|place| place.starts_with(name)).collect();
        assert_eq!(tree.places(&[name]), all, "{name}");
    }
    let json = tree.run(&["scan", "--format", "json", "app/use.py"]).out;
    let scan: serde_json::Value = serde_json::from_str(&json).unwrap();
    let whole: serde_json::Value = serde_json::from_str(&tree.run(&["scan", "--format", "json"]).out).unwrap();
    let calls = |scan: &serde_json::Value| {
        let units = scan["units"].as_array().unwrap().iter();
        units
            .flat_map(|unit| unit["calls"].as_array().unwrap().clone())
            .map(|call| call["location"]["path"].clone())
            .collect::<Vec<_>>()
    };
    assert!(calls(&whole).contains(&"app/use.py".into()));
    assert!(calls(&scan).contains(&"app/use.py".into()), "{scan:#}");
}

#[test]
fn a_rule_that_needs_another_file_still_finds_its_site() {
    let tree = tree();
    tree.write(
        "app/keys.py",
        "from openai import AzureOpenAI\n\ndef make(**options):\n    return AzureOpenAI(**options)\n",
    );
    tree.write(
        "app/made.py",
        "from app.keys import make\n\nclient = make(azure_endpoint=\"x\", api_version=\"2024-10-21\")\n",
    );
    let all: Vec<String> = tree.places(&[]).into_iter().filter(|place| place.starts_with("app/made.py")).collect();
    assert_eq!(tree.places(&["app/made.py"]), all);
}

#[test]
fn excluded_files_can_be_passed_over_and_folders_are_no_named_files() {
    let tree = tree();
    tree.write("unmoor.toml", "exclude = [\"app\"]\n");
    assert!(tree.places(&["--force-exclude", "app/llm.py", "web/use.ts"]).iter().all(|place| place.starts_with("web")));
    assert_eq!(tree.places(&["app/llm.py"]).len(), 6);
    let ran = tree.run(&["scan", "--force-exclude", "app/llm.py"]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn it_works_from_a_folder_and_outside_a_repository() {
    let tree = tree();
    let ran = tree.run_in("app", &["scan", "--format", "concise", "llm.py"]);
    assert_eq!(ran.out.lines().count(), 6, "{ran:?}");
    let ran = tree.run_in("web", &["scan", "--format", "concise", "../app/llm.py", "use.ts"]);
    assert!(ran.out.lines().any(|line| line.starts_with("../app/llm.py:")), "{ran:?}");
    let outside = Tree::outside_git();
    outside.write("app/llm.py", CLIENT);
    assert_eq!(outside.places(&["app/llm.py"]).len(), 6);
}

#[test]
fn unused_comments_are_not_judged_without_the_rest() {
    let tree = tree();
    tree.write("app/llm.py", &format!("{CLIENT}x = 1  # unmoor: ignore[client]\n"));
    assert!(tree.run(&["scan"]).err.contains("sets nothing aside"));
    assert!(!tree.run(&["scan", "app/llm.py"]).err.contains("sets nothing aside"));
}
