//! What comments set aside, what they do not, and what is told about them.

use unmoor::{
    finding::Suppressed,
    lang::{Grammar, Lowering},
    scan::Scan,
    suppress::{apply::Stale, writing},
};

use super::scan;

const CLIENT: &str = "from openai import AzureOpenAI\n";

/// The lines and short rules of what is reported.
fn left(scan: &Scan) -> Vec<(u32, &str)> {
    scan.findings.iter().map(|finding| (finding.location.start.line, finding.short_rule())).collect()
}

fn aside(scan: &Scan) -> Vec<(u32, &str, Option<&str>)> {
    fn one(suppressed: &Suppressed) -> (u32, &str, Option<&str>) {
        let Suppressed { finding, justification, .. } = suppressed;
        (finding.location.start.line, finding.short_rule(), justification.as_deref())
    }
    scan.suppressed.iter().map(one).collect()
}

fn told(scan: &Scan) -> Vec<String> {
    scan.diagnostics.iter().map(|one| format!("{}: {}", one.line.unwrap_or_default(), one.message)).collect()
}

#[test]
fn a_comment_beside_code_speaks_for_its_line() {
    let text = format!("{CLIENT}a = AzureOpenAI()  # unmoor: ignore[client] for now\nb = AzureOpenAI()\n");
    let scan = scan("a.py", &text);
    assert_eq!(left(&scan), [(1, "import-openai"), (3, "client-openai")]);
    assert_eq!(aside(&scan), [(2, "client-openai", Some("for now"))]);
    assert_eq!(scan.stats.ignored, 1);
    assert!(told(&scan).is_empty());
}

#[test]
fn it_speaks_for_the_whole_of_what_goes_over_its_line() {
    let call = "a = AzureOpenAI(\n    api_version='2024-10-21',\n    azure_endpoint='x',\n)";
    let named = "client, config-azure-endpoint";
    for text in [
        format!("{CLIENT}{call}  # unmoor: ignore[{named}]\n"),
        format!("{CLIENT}# unmoor: ignore[{named}]\n{call}\n"),
        format!("{CLIENT}# unmoor: ignore-next-line[{named}]\n\n# more\n{call}\n"),
        format!("{CLIENT}{}\n", call.replacen('\n', "  # unmoor: ignore[client, config-azure-endpoint]\n", 1)),
    ] {
        let scan = scan("a.py", &text);
        let rules: Vec<&str> = left(&scan).iter().map(|(_, rule)| *rule).collect();
        assert_eq!(rules, ["import-openai", "config-api-version"], "{text}");
        assert!(told(&scan).is_empty(), "{text}");
    }
}

#[test]
fn it_speaks_for_nothing_on_other_lines() {
    let text = format!(
        "{CLIENT}# unmoor: ignore[client]\nx = 1\na = AzureOpenAI(\n    api_version='1',  # unmoor: ignore[config]\n    \
         azure_endpoint='x',\n)\n"
    );
    let scan = scan("a.py", &text);
    assert_eq!(left(&scan), [(1, "import-openai"), (4, "client-openai"), (6, "config-azure-endpoint")]);
    assert_eq!(told(&scan), ["2: `client` sets nothing aside here; `unmoor scan --prune-ignores` takes it out"]);
}

#[test]
fn a_comment_can_speak_for_the_file() {
    let text =
        format!("{CLIENT}a = AzureOpenAI()\nb = AzureOpenAI()\n# unmoor: ignore-file[client, import-openai] old\n");
    let scan = scan("a.py", &text);
    assert!(left(&scan).is_empty());
    assert_eq!(scan.stats.ignored, 3);
}

#[test]
fn strings_are_no_comments_and_all_kinds_of_comments_are() {
    let python = format!("{CLIENT}a = AzureOpenAI('# unmoor: ignore[client]')\n");
    assert_eq!(left(&scan("a.py", &python)).len(), 2);
    let head = "import { AzureOpenAI } from 'openai';\n";
    for line in [
        "const a = new AzureOpenAI(); // unmoor: ignore[client]",
        "const a = new AzureOpenAI(); /* unmoor: ignore[client] */",
        "/* unmoor: ignore[client] */ const a = new AzureOpenAI();",
        "// unmoor: ignore-next-line[client]\nconst a = new AzureOpenAI();",
        "/**\n * Makes it.\n * unmoor: ignore[client] why not\n */\nconst a = new AzureOpenAI();",
    ] {
        let scan = scan("a.ts", &format!("{head}{line}\n"));
        assert_eq!(left(&scan), [(1, "import-openai")], "{line}");
    }
    let jsx =
        format!("{head}const C = () => <p>\n  {{/* unmoor: ignore[client] */}}\n  {{new AzureOpenAI()}}\n</p>;\n");
    assert_eq!(left(&scan("a.tsx", &jsx)), [(1, "import-openai")]);
    let template = format!("{head}const a = `// unmoor: ignore[client] ${{new AzureOpenAI()}}`;\n");
    assert_eq!(left(&scan("a.ts", &template)).len(), 2);
}

#[test]
fn unknown_words_and_wrong_forms_are_told() {
    let text = format!("{CLIENT}a = AzureOpenAI()  # unmoor: ignore[clent, import]\nb = 1  # unmoor: ignore\n");
    let scan = scan("a.py", &text);
    assert_eq!(left(&scan).len(), 2);
    assert_eq!(
        told(&scan),
        [
            "2: `import` sets nothing aside here; `unmoor scan --prune-ignores` takes it out",
            "2: there is no rule or class `clent`, so nothing is set aside for it; did you mean `client`?",
            "3: `ignore` names nothing; write `ignore[RULE]` or `ignore[CLASS]`",
        ]
    );
}

#[test]
fn a_day_ends_it() {
    let text = |day: &str| format!("{CLIENT}a = AzureOpenAI()  # unmoor: ignore[client] until={day}\n");
    assert_eq!(left(&scan("a.py", &text("2026-06-15"))).len(), 1);
    let over = scan("a.py", &text("2026-06-14"));
    assert_eq!(left(&over).len(), 2);
    assert_eq!(told(&over), ["2: this ignore held until 2026-06-14; settle what it set aside, or give it another day"]);
}

#[test]
fn files_without_anything_else_are_told_too() {
    let scan = scan("a.py", "x = 1  # unmoor: ignore[client]\n");
    assert_eq!(told(&scan).len(), 1);
}

#[test]
fn pruning_leaves_what_is_used() {
    let text = format!(
        "{CLIENT}a = AzureOpenAI()  # noqa: E501 # unmoor: ignore[client, auth] yes\n# unmoor: ignore[model]\nb = 1  # \
         unmoor: ignore[model] gone\nc = 2  # keep # unmoor: ignore[model]\n\td = 3\n"
    );
    let scan = scan("a.py", &text);
    let stale: Vec<Stale> = scan.stale.into_iter().map(|(_, stale)| stale).collect();
    let pruned = writing::prune(&text, &stale);
    assert_eq!(
        pruned,
        format!(
            "{CLIENT}a = AzureOpenAI()  # noqa: E501 # unmoor: ignore[client] yes\nb = 1\nc = 2  # keep\n\td = 3\n"
        )
    );
    let again = super::scan("a.py", &pruned);
    assert!(told(&again).is_empty() && again.stats.ignored == 1);
}

#[test]
fn comments_are_where_the_grammar_has_them() {
    let text = "a = '# no'  # yes\n# also\n";
    let spans = Lowering::default().comments(Grammar::Python, text);
    let texts: Vec<&str> = spans.iter().map(|span| span.text(text)).collect();
    assert_eq!(texts, ["# yes", "# also"]);
}
