//! Comments that are written into sources, which the next scan must read.

use unmoor::{
    finding::Finding,
    lang::Grammar,
    suppress::writing::{Added, add},
};

use super::scan;

/// The text with all findings ignored, which must leave none but those on the lines that are told.
fn added(path: &str, text: &str) -> Added {
    let found = scan(path, text);
    let findings: Vec<&Finding> = found.findings.iter().collect();
    let added = add(text, Grammar::of(path).unwrap(), &findings, Some("later"));
    let after = scan(path, &added.text);
    assert!(after.diagnostics.is_empty(), "{:?}", after.diagnostics);
    assert_eq!(after.suppressed.len(), added.covered, "{}", added.text);
    assert_eq!(after.findings.len(), findings.len() - added.covered, "{}", added.text);
    if after.findings.is_empty() {
        assert!(added.impossible.is_empty());
    }
    added
}

#[test]
fn python_gets_comments_at_the_ends_of_lines() {
    let text = "from openai import AzureOpenAI  # noqa\r\na = AzureOpenAI(\r\n    azure_endpoint=\"x\",\r\n)\r\n";
    assert_eq!(
        added("a.py", text).text,
        "from openai import AzureOpenAI  # noqa  # unmoor: ignore[import-openai] later\r\na = AzureOpenAI(  # unmoor: \
         ignore[client-openai] later\r\n    azure_endpoint=\"x\",  # unmoor: ignore[config-azure-endpoint] later\r\n)\r\n"
    );
}

#[test]
fn a_line_that_takes_no_comment_gets_it_above() {
    let text = "from openai import AzureOpenAI\n\nclient = AzureOpenAI(azure_endpoint=\"\"\"\nx\n\"\"\")\n";
    let text = added("a.py", text).text;
    assert!(text.contains("\n# unmoor: ignore[client-openai, config-azure-endpoint] later\nclient = "), "{text}");
}

#[test]
fn javascript_and_jsx_work_too() {
    let text = "import { AzureOpenAI } from \"openai\";\nconst a = new AzureOpenAI({ deployment: \"x\" });\n";
    assert!(added("a.ts", text).text.contains("}); // unmoor: ignore[client-openai"));
    let text = "import { AzureOpenAI } from \"openai\";\nconst C = () => <p>\n  text {new AzureOpenAI()} text\n</p>;\n";
    let text = added("a.tsx", text).text;
    assert!(text.contains("\n  {/* unmoor: ignore[client-openai] later */}\n  text"), "{text}");
}

#[test]
fn what_no_comment_can_reach_is_told() {
    let text = "from openai import AzureOpenAI\nx = 1, \\\n    AzureOpenAI(), \\\n    2\n";
    let added = added("a.py", text);
    assert_eq!(added.impossible, [3]);
    assert!(added.text.contains("import-openai] later\nx = 1, \\\n    AzureOpenAI(), \\\n"));
}
